"""Files and sheets whose names say that what is in them has ended: Leavers, Closed cases."""

import re

from data_contracts.contract import Contract
from data_contracts.ended import LEFT

_ENDED = (
    r"closed|leavers?|ended|ceased|inactive|former (?:tenan|pupil|student|patient)\w*|no longer|off roll|deregistered"
    "|wedi gadael|wedi cau"
)
_GOES_ON = r"open|current|active|all|and|on roll"
_SAYS_ENDED = re.compile(rf"(?<![a-z])(?:{_ENDED})(?![a-z])", re.IGNORECASE)
_SAYS_OTHERWISE = re.compile(rf"(?<![a-z])(?:{_GOES_ON})(?![a-z])", re.IGNORECASE)


def ended_by_name(contract: Contract, file: str) -> dict[str, str]:
    """Column -> what the name of a file, or of the sheet that is read of it, says of every row that leaves it empty: that its
    entry has ended. Empty if it says nothing of it, or may be of both kinds, or the contract has no column for it."""
    name = re.sub(r"[\W_]+", " ", f"{file.rpartition('.')[0]} {contract.files.sheet or ''}")
    status = next((column for column, _ in contract.ends_in_words), None)
    if status is None or not _SAYS_ENDED.search(name) or _SAYS_OTHERWISE.search(name):
        return {}
    return {status.name: next(code for code, means in status.codes.items() if means == LEFT)}
