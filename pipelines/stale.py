"""The mark beside a published list that a later night could not replace: ``STALE.txt`` for people, ``stale.json`` for
machines.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.atomic_folder import PublicationFailed, newest_list, replace_private
from pipelines.file_system import remove_file
from pipelines.written_dates import day_written

MARK, WORDS = "stale.json", "STALE.txt"


def mark_stale(published: Path, as_at: date, reasons: Sequence[str]) -> date | None:
    """Mark the list in ``published`` as stale since the night of ``as_at``; returns the date of the list that stays.

    Null, and no mark, if no list was ever published. ``since`` stays that of the first night without a new list. Raises
    :class:`~pipelines.atomic_folder.PublicationFailed` if the mark cannot be written.
    """
    named = newest_list(published)
    if named is None:
        return None
    newest = date.fromisoformat(named)
    before = _read(published)
    since = before["since"] if before else as_at.isoformat()
    mark = {
        "stale": True,
        "list": named,
        "since": since,
        "as_at": as_at.isoformat(),
        "marked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "reasons": list(reasons),
    }
    lines = [
        f"The newest list is that of {day_written(newest)}. It is stale: no list was published for {day_written(as_at)}.",
        "Children who have left a roll since then are not on it. The reasons:",
        *(f"- {reason}" for reason in reasons),
    ]
    try:
        replace_private(published / MARK, (json.dumps(mark, indent=2, ensure_ascii=False) + "\n").encode())
        replace_private(published / WORDS, ("\n".join(lines) + "\n").encode())
    except OSError as error:
        raise PublicationFailed(
            f"The list in {published} is stale and could not be marked as such. Check who may write there, and the disk."
        ) from error
    return newest


def clear_stale(published: Path, as_at: date) -> None:
    """Remove the mark, once there is a list for the night that it was set for, or a later one."""
    mark = _read(published)
    if mark is None or as_at.isoformat() >= mark["as_at"]:
        for name in (WORDS, MARK):
            remove_file(published / name)


def _read(published: Path) -> dict[str, str] | None:
    """The present mark; null if there is none, or none that can be read."""
    try:
        mark: dict[str, str] = json.loads((published / MARK).read_text(encoding="utf-8"))
        return mark if {"since", "as_at"} <= set(mark) else None
    except (OSError, ValueError, TypeError):
        return None
