"""``WARNINGS.txt``: what the list must be read with, beside the list's tables, which have no room for sentences."""

HEADING = (
    "Read this before the list. If a file is late or incomplete, children may be listed, or not, for that reason alone."
)


def warnings_txt(warnings: tuple[str, ...]) -> dict[str, bytes]:
    """The file by its path in the publication; empty if there is nothing to warn of."""
    if not warnings:
        return {}
    return {"WARNINGS.txt": "\n".join([HEADING, *(f"- {warning}" for warning in warnings), ""]).encode()}
