"""Which header of a file may mark addresses that must not be shown, though it is not the header of such a mark."""

import re
from collections.abc import Collection, Sequence

from data_contracts.contract import Contract
from pipelines.counted import first_of
from pipelines.files.rows import Fault

SPEAKS_OF_A_MARK = re.compile(
    "sensitiv|restrict|protected|confidential|withh[eo]ld|disclos|redact|secre[ct]|refuge|gwarchod|cyfrinach|cyfyng",
    re.IGNORECASE,
)
OF_SOMETHING_ELSE = re.compile(
    "characteristic|consent|notes?|comment|diet|growth|movement|need|date|reason|gdpr|since|from|until|agreement|contact",
    re.IGNORECASE,
)
"""Found in headers that speak of protection and mark no address (Protected Characteristics, Confidential Notes)."""


def may_be_mark(headers: Sequence[str]) -> list[str]:
    """Those headers that may be such a mark."""
    return [each for each in headers if SPEAKS_OF_A_MARK.search(each) and not OF_SOMETHING_ELSE.search(each)]


def unread_marks(contract: Contract, found: Collection[str], unknown: Sequence[str], rule: str) -> list[Fault]:
    """A fault if no mark of protection is among the columns ``found`` (our names), and one of the ``unknown`` headers (those
    that may be shown) may be it. Unless the children of such a file count as protected anyway."""
    marks = [
        contract.column_named[name]
        for statement in contract.says
        if statement.kind == "protected"
        for name in statement.when
        if contract.column_named[name].codes
    ]
    if not marks or any(mark.name in found or mark.absent_as for mark in marks) or not (like := may_be_mark(unknown)):
        return []
    return [
        Fault(
            rule,
            "nothing",
            f"{first_of(like)} may say whose address must not be shown, and was not read: such a child is shown like any "
            "other.",
            f"Rename it to {marks[0].header}, or add it to alsoCalled in a contract of your own. If it says something else, "
            "give it another name.",
            column=marks[0].header,
        )
    ]
