"""How a number is said with what it counts."""

_MANY = {"child": "children"}


def counted(count: float, thing: str) -> str:
    """ "1 row", "1,200 rows", "2 children"; one decimal, where there is a part: "2.5 hours"."""
    many = _MANY.get(thing, f"{thing}s")
    return f"1 {thing}" if count == 1 else f"{count:,.{0 if count == round(count) else 1}f} {many}"
