"""Evidence sheets of the last list, read back as they were published."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.publish.evidence import FOLDER, RESTRICTED_FOLDER
from pipelines.reports.life import CHILD_ID, as_typed
from pipelines.reports.published import published_nights
from pipelines.settings import SettingsError
from pipelines.written_dates import day_written


def read_sheets(published: Path, children: Sequence[str], *, restricted: bool) -> tuple[date, list[str]]:
    """The day of the last list, and the page of each child, in their order. ``restricted``: also protected children.

    Raises :class:`~pipelines.settings.SettingsError` if a child has no sheet. It gives no reason, as the reader may not
    know whether a child is protected.
    """
    nights = published_nights(published)
    if not nights:
        raise SettingsError(f"{published}: no list has been published yet. Run a night first.")
    if not children:
        raise SettingsError("Name the children whose sheets you want, by their ids on the list (CH...).")
    as_at, folder = max(nights.items())
    places = [folder / FOLDER, *([folder / RESTRICTED_FOLDER] if restricted else [])]
    pages = []
    for number, child in enumerate(children, start=1):
        asked = as_typed(child)
        found = [place / f"{asked}.html" for place in places] if CHILD_ID.fullmatch(asked) else []
        there = next((path for path in found if path.is_file()), None)
        if there is None:
            raise SettingsError(
                f"Name {number}: the list of {day_written(as_at)} has no evidence sheet for that child. Copy the id from the "
                "list; sheets are made for the first children by rank (listing.evidence_sheets), and those in the restricted "
                "lane are for the named role only."
            )
        pages.append(there.read_text(encoding="utf-8"))
    return as_at, pages
