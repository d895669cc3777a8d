"""Names of files and sheets, and headings, that say that what is in them has ended (Leavers, Closed cases), or has not begun
(Pre-admission, Waiting list)."""

import re

from data_contracts.contract import Contract
from data_contracts.ended import LEFT, NOT_BEGUN

_ENDED = (
    r"closed|leavers?|ended|ceased|inactive|former (?:tenan|pupil|student|patient)\w*|no longer|off roll|deregistered"
    "|(?:have|has) left|wedi gadael|wedi ymadael|wedi cau|ymadawyr"
)
_GOES_ON = r"open|current|active|on roll|ar y gofrestr|cyfredol|agored"
_NOT_BEGUN = (
    r"pre[- ]?admissions?|applicants?|waiting list|reserve list|prospective|future (?:pupil|student|starter)s?"
    "|rhestr aros|ymgeiswyr"
)
_SAYS_NOT_BEGUN = re.compile(rf"(?<![a-z])(?:{_NOT_BEGUN})(?![a-z])", re.IGNORECASE)
_SAYS_ENDED = re.compile(rf"(?<![a-z])(?:{_ENDED})(?![a-z])", re.IGNORECASE)
_SAYS_IT_GOES_ON = re.compile(rf"(?<![a-z])(?:{_GOES_ON})(?![a-z])", re.IGNORECASE)
_MAY_BE_OF_BOTH = re.compile(rf"(?<![a-z])(?:{_GOES_ON}|all|and|pob)(?![a-z])", re.IGNORECASE)


def kind_by_name(contract: Contract, file: str) -> str | None:
    """What the name of a file, or of the sheet that is read of it, says of what is in it: that it has ended (``LEFT``) or has
    not begun (``NOT_BEGUN``); null: nothing, or it may be of several kinds."""
    return _kind_of(re.sub(r"[\W_]+", " ", f"{file.rpartition('.')[0]} {contract.files.sheet or ''}"))


def status_of(kind: str | None, contract: Contract) -> dict[str, str]:
    """The column for the status of an entry -> its code for one that has ended, or has not begun (``kind``: ``LEFT`` or
    ``NOT_BEGUN``); empty if the contract has none."""
    status = next((column for column, _ in contract.ends_in_words), None)
    code = next((code for code, means in status.codes.items() if means == kind), None) if status else None
    return {status.name: code} if status and code else {}


def kind_of_heading(text: str) -> str | None:
    """What a heading says of what is below it: that it has ended (``LEFT``), has not begun (``NOT_BEGUN``) or goes on (empty
    text); null: nothing."""
    kind = _kind_of(text)
    return "" if kind is None and _SAYS_IT_GOES_ON.search(text) and not _SAYS_ENDED.search(text) else kind


def _kind_of(name: str) -> str | None:
    """``LEFT`` or ``NOT_BEGUN``, if a name says that and speaks of nothing else; null: it does not."""
    said = [kind for kind, words in ((LEFT, _SAYS_ENDED), (NOT_BEGUN, _SAYS_NOT_BEGUN)) if words.search(name)]
    return said[0] if len(said) == 1 and not _MAY_BE_OF_BOTH.search(name) else None
