"""How long a night's results are kept. What is older is removed, and the removal certified in counts and dates.

The newest list and the newest backup always stay. What people decided (judgements, outcomes, approvals) and the store are
not affected: they are the record, and a night needs them.
"""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from data_contracts.today import day_of
from pipelines.atomic_folder import folder_lock, staging_pattern, write_private
from pipelines.counted import counted
from pipelines.failure import FAILURE_FOLDER
from pipelines.lock import lock
from pipelines.migrations import BACKUPS_FOLDER
from pipelines.reports.handover import HANDOVERS_FOLDER
from pipelines.reports.weekly import WEEKLY_FOLDER
from pipelines.settings import Retention
from pipelines.tuning.comparison import TUNING_FOLDER
from pipelines.upkeep.backup import BACKUP_NAME
from pipelines.workspace import PUBLISHED_FOLDER, StoreError, must_be_there

RETENTION_FOLDER = "retention"
LIST, FAILURE, BACKUP, EXTRACT = "list", "failure", "backup", "extract"
EARLIER_STORE = "earlier store"
"""A copy of the store from before a migration. It is no backup, as it holds nothing of what people decided."""
WEEKLY, TUNING, HANDOVER = "weekly page", "tuning page", "handover"
NEWEST_STAYS = (LIST, BACKUP)

KEPT = pl.Schema({"kind": pl.String, "path": pl.String, "dated_on": pl.Date, "bytes": pl.Int64})
"""One row is one thing that is kept. ``dated_on``: the date in its name; for an extract, the day on which it was written."""


@dataclass(frozen=True)
class KeptFolders:
    """Where things are kept."""

    workspace: Path
    backups: Path | None = None
    """Folder of the backups; null: no backup is removed."""
    extracts: Path | None = None
    """Folder of the extracts; null: no extract is removed."""


def expired(kept: pl.DataFrame, rules: Retention, as_at: date) -> pl.DataFrame:
    """The rows of ``KEPT`` that are older on ``as_at`` than the rules allow (0 days: no limit), by kind and date."""
    days = {
        LIST: rules.lists_days,
        FAILURE: rules.failures_days,
        BACKUP: rules.backups_days,
        EARLIER_STORE: rules.backups_days,
        EXTRACT: rules.extracts_days,
        WEEKLY: rules.lists_days,
        TUNING: rules.lists_days,
        HANDOVER: rules.handovers_days,
    }
    age = (pl.lit(as_at) - pl.col("dated_on")).dt.total_days()
    allowed = pl.col("kind").replace_strict(days, return_dtype=pl.Int64)
    is_newest = pl.col("kind").is_in(NEWEST_STAYS) & (pl.col("dated_on") == pl.col("dated_on").max().over("kind"))
    return kept.filter((allowed > 0) & (age > allowed) & ~is_newest).sort("kind", "dated_on", "path")


def certificate(kept: pl.DataFrame, removed: pl.DataFrame) -> pl.DataFrame:
    """What was removed and what stays, one row for each kind: counts, dates and bytes, but no name of a file."""
    stays = (
        kept.join(removed, on="path", how="anti").group_by("kind").agg(stays=pl.len(), oldest=pl.col("dated_on").min())
    )
    gone = removed.group_by("kind").agg(
        removed=pl.len(),
        first_on=pl.col("dated_on").min(),
        last_on=pl.col("dated_on").max(),
        bytes=pl.col("bytes").sum(),
    )
    return (
        kept.select("kind")
        .unique()
        .join(gone, on="kind", how="left", validate="1:1")
        .join(stays, on="kind", how="left", validate="1:1")
        .with_columns(pl.col("removed", "stays", "bytes").fill_null(0))
        .sort("kind")
    )


def apply_retention(rules: Retention, places: KeptFolders, as_at: date, *, wait_seconds: float = 0) -> pl.DataFrame:
    """Remove what is older than the rules allow, and return the certificate. If anything was removed, the certificate is
    also kept in the workspace.

    Raises :class:`~pipelines.workspace.StoreError` if something cannot be removed; all else is removed and certified.
    """
    must_be_there(places.workspace)
    with lock(places.workspace, wait_seconds=wait_seconds), ExitStack() as held:
        folders = [(folder, of) for _, folder, of in _dated(places) if folder.is_dir()]
        for folder, of in folders:
            held.enter_context(folder_lock(folder, of=of))  # this also removes what an earlier run had begun to remove
        kept = pl.DataFrame(list(_kept_things(places)), schema=KEPT, orient="row")
        wanted = expired(kept, rules, as_at)
        removed = wanted.filter([_removed(Path(path)) for path in wanted["path"]])
        certified = certificate(kept, removed)
        if removed.height:
            _certify(certified, rules, places.workspace, as_at)
        half = sum(len(list(folder.glob(staging_pattern(of)))) for folder, of in folders)
    if stuck := half + sum(Path(path).exists() for path in wanted["path"]):
        raise StoreError(
            f"{counted(stuck, 'thing')} due for removal could not be removed, or not completely, from {places.workspace} or "
            "the folders of backups and extracts. Check who may write there, close programs that have it open, and run it "
            "again."
        )
    return certified


def _dated(places: KeptFolders) -> list[tuple[str, Path, str]]:
    """Things with their date in their name: kind, folder, and the pattern of those names there that are ours."""
    dated = [
        (LIST, places.workspace / PUBLISHED_FOLDER, "*"),
        (FAILURE, places.workspace / FAILURE_FOLDER, "*"),
        (EARLIER_STORE, places.workspace / BACKUPS_FOLDER, "*"),
        (WEEKLY, places.workspace / WEEKLY_FOLDER, "*"),
        (TUNING, places.workspace / TUNING_FOLDER, "*"),
        (HANDOVER, places.workspace / HANDOVERS_FOLDER, "*"),
    ]
    return dated if places.backups is None else [*dated, (BACKUP, places.backups, f"{BACKUP_NAME}*")]


def _kept_things(places: KeptFolders) -> Iterator[tuple[str, str, date, int]]:
    """Everything that the rules apply to: kind, path, date, bytes."""
    for kind, folder, of in _dated(places):
        for path in _inside(folder, of):
            if (day := _date_in(path.name)) is not None:
                yield kind, str(path), day, _size(path)
    for path in (file for each in _inside(places.extracts) for file in (_inside(each) if each.is_dir() else [each])):
        if path.is_file():  # a night reads the folders in the folder, and no deeper
            yield EXTRACT, str(path), day_of(datetime.fromtimestamp(path.stat().st_mtime, UTC)), path.stat().st_size


def _inside(folder: Path | None, of: str = "*") -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.glob(of) if not path.is_symlink() and not path.name.startswith("."))


def _date_in(name: str) -> date | None:
    """The first date YYYY-MM-DD in a name; null: there is none, and the thing is left alone."""
    for start in range(len(name) - 9):
        try:
            return date.fromisoformat(name[start : start + 10])
        except ValueError:
            continue
    return None


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, *path.rglob("*")) if each.is_file())


def _removed(path: Path) -> bool:
    """Remove a file or folder; false if it cannot be. A folder is first moved out of sight, so that nobody reads half of
    it."""
    try:
        if not path.is_dir():
            path.unlink()
            return True
        going = path.parent / f".{path.name}.tmp-{secrets.token_hex(4)}"
        path.rename(going)
        shutil.rmtree(going)
    except OSError:
        return False
    return True


def _certify(certified: pl.DataFrame, rules: Retention, workspace: Path, as_at: date) -> None:
    done_at = datetime.now(UTC)
    words = {
        "as_at": as_at,
        "done_at": done_at.isoformat(timespec="seconds"),
        "rules": rules.model_dump(),
        "kinds": certified.to_dicts(),
    }
    path = workspace / RETENTION_FOLDER / f"removed-{done_at:%Y-%m-%dT%H-%M-%S-%f}Z.json"
    write_private(path, (json.dumps(words, indent=2, default=str) + "\n").encode())
