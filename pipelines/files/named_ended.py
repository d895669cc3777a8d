"""Names of files and sheets, and headings, that say that what is in them has ended: Leavers, Closed cases."""

import re

from data_contracts.contract import Contract
from data_contracts.ended import LEFT

_ENDED = (
    r"closed|leavers?|ended|ceased|inactive|former (?:tenan|pupil|student|patient)\w*|no longer|off roll|deregistered"
    "|(?:have|has) left|wedi gadael|wedi ymadael|wedi cau|ymadawyr"
)
_GOES_ON = r"open|current|active|on roll|ar y gofrestr|cyfredol|agored"
_SAYS_ENDED = re.compile(rf"(?<![a-z])(?:{_ENDED})(?![a-z])", re.IGNORECASE)
_SAYS_IT_GOES_ON = re.compile(rf"(?<![a-z])(?:{_GOES_ON})(?![a-z])", re.IGNORECASE)
_MAY_BE_OF_BOTH = re.compile(rf"(?<![a-z])(?:{_GOES_ON}|all|and|pob)(?![a-z])", re.IGNORECASE)


def ended_by_name(contract: Contract, file: str) -> dict[str, str]:
    """Column -> what the name of a file, or of the sheet that is read of it, says of every row that leaves it empty: that its
    entry has ended. Empty if it says nothing of it, or may be of both kinds, or the contract has no column for it."""
    name = re.sub(r"[\W_]+", " ", f"{file.rpartition('.')[0]} {contract.files.sheet or ''}")
    return what_has_ended(contract) if says_ended(name) else {}


def says_ended(name: str) -> bool:
    """Whether a name or heading says that what is in it has ended, and speaks of nothing else."""
    return bool(_SAYS_ENDED.search(name)) and not _MAY_BE_OF_BOTH.search(name)


def says_it_goes_on(name: str) -> bool:
    """Whether a name or heading says that what is in it goes on."""
    return bool(_SAYS_IT_GOES_ON.search(name)) and not _SAYS_ENDED.search(name)


def what_has_ended(contract: Contract) -> dict[str, str]:
    """The column for the status of an entry -> its code for one that has ended; empty if the contract has none."""
    status = next((column for column, _ in contract.ends_in_words), None)
    if status is None:
        return {}
    return {status.name: next(code for code, means in status.codes.items() if means == LEFT)}
