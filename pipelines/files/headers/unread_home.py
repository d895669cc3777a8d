"""Which header of a file may be the home that nobody read, so that the list is read with that in mind.

A home that is not read stops no row of most sources, as some lists have none. But without it children are told apart by name
and birth date alone, and a header that looks like a home's says that the sender did give it.
"""

from collections.abc import Collection, Sequence

from data_contracts.contract import Contract, plain_header
from data_contracts.parts import Column
from pipelines.counted import first_of
from pipelines.files.rows import Fault

OF_A_HOME = {
    "address": (
        *("addr", "street", "road", "house", "home", "resid", "reside", "dwelling", "property", "domicile", "location"),
        *("cyfeiriad", "stryd", "cartref"),
    ),
    "postcode": ("postc", "postalc", "pcd", "pcode", "zip", "codpost"),
}
"""Field of a person -> parts of headers that may be it."""

OF_SOMETHING_ELSE = (
    *("phone", "tel", "mobile", "mail", "fax", "lang", "school", "educat", "office", "worker", "landlord", "authority"),
    *("date", "type", "status", "visit", "tuition", "room", "ward", "team"),
)
"""Parts of headers that are not a home's, though they may have a part that is (Home Language)."""


def is_of_a_home(column: Column) -> bool:
    """Whether the column is a part of where a child lives."""
    return column.maps_to in OF_A_HOME


def unread_homes(contract: Contract, found: Collection[str], unknown: Sequence[str], rule: str) -> list[Fault]:
    """A fault if no column of the address is among those ``found`` (our names), or else none of the postcode, and one of the
    ``unknown`` headers (those that may be shown) looks like it."""
    for kind, parts in OF_A_HOME.items():
        columns = [column for column in contract.columns if column.maps_to == kind and not _is_second_line(column)]
        like = [header for header in unknown if _is_like(header, parts)]
        if columns and like and not any(column.name in found for column in columns):
            return [_unread(kind, columns[0], like, rule)]
        if columns and kind == "address" and any(column.name in found for column in columns):
            return []  # a postcode may stand at the end of the address
    return []


def _is_second_line(column: Column) -> bool:
    """Whether the column only goes on with an address: it names no street."""
    return column.name.endswith(("_line_2", "town"))


def _is_like(header: str, parts: Sequence[str]) -> bool:
    plain = plain_header(header)
    return any(part in plain for part in parts) and not any(part in plain for part in OF_SOMETHING_ELSE)


def _unread(kind: str, column: Column, like: Sequence[str], rule: str) -> Fault:
    may_be = f"{first_of(like)} may be it" if len(like) == 1 else f"one of these may be it: {first_of(like)}"
    return Fault(
        rule,
        "nothing",
        f"No {kind} was read from the file, and {may_be}. Without it the children of this source are matched by less, and "
        "brothers, sisters and namesakes are confused more often.",
        f"Rename it to {column.header}, or add it to alsoCalled in the contract. If the file has no {kind}, leave it as it is.",
        column=column.header,
    )
