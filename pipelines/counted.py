"""How a number is said with what it counts."""

_MANY = {"child": "children"}


def counted(count: int, thing: str) -> str:
    """ "1 row", "1,200 rows", "2 children"."""
    return f"1 {thing}" if count == 1 else f"{count:,} {_MANY.get(thing, f'{thing}s')}"
