"""``WARNINGS.txt``: what the list must be read with, beside the list's tables, which have no room for sentences."""

HEADING = "Read this before the list. Children may be listed, or not listed, for these reasons alone:"


def warnings_txt(warnings: tuple[str, ...]) -> dict[str, bytes]:
    """The file by its path in the publication; empty if there is nothing to warn of."""
    if not warnings:
        return {}
    return {"WARNINGS.txt": "\n".join([HEADING, *(f"- {warning}" for warning in warnings), ""]).encode()}
