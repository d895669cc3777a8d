"""A number with the thing it counts, and a list of names cut short, as text."""

from collections.abc import Sequence

_MANY = {"child": "children"}
NAMED = 12


def counted(count: float, thing: str) -> str:
    """ "1 row", "1,200 rows", "2 children"; one decimal if the number is not whole: "2.5 hours"."""
    many = _MANY.get(thing, f"{thing}s")
    return f"1 {thing}" if count == 1 else f"{count:,.{0 if count == round(count) else 1}f} {many}"


def first_of(names: Sequence[str]) -> str:
    """The first ``NAMED`` names and how many more there are: "A, B and 3 more"."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
