"""Brings a store written by an earlier version up to this one; its history, ids and decisions stay.

A night makes most tables anew. What it carries on (ids of children, history of deliveries, what left the list and why) must
not be lost to a new version. Before anything is changed, the store is copied to ``WORKSPACE/backups``.
"""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines.file_system import move
from pipelines.for_readers import delete_reader_copy
from pipelines.store import Store
from pipelines.tables import SCHEMA_VERSION, TABLES
from pipelines.workspace import STORE_FILE, StoreError, log_of, private_files

BACKUPS_FOLDER = "backups"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward. A table not named gets its new columns empty and loses the columns that no longer exist."""

    to: int
    why: str
    fills: Mapping[tuple[str, str], object] = field(default_factory=dict)
    """(table, new column) -> its value in rows written before, a value or an expression; not named: null."""
    drops: tuple[str, ...] = ()
    """Tables that no longer exist."""
    makes: tuple[str, ...] = ()
    """Tables, new or to be made anew, that are read before the next night writes them: empty until then."""


MIGRATIONS: tuple[Migration, ...] = (
    Migration(to=2, why="the first version that is kept count of"),
    Migration(to=3, why="statements and provision say how far an entry in doubt proves an education"),
    Migration(to=4, why="the ledger; explained children with the factors of their likelihood"),
    Migration(to=5, why="the linkage counts which sets of sources know how many children; it measures anew"),
    Migration(
        to=6,
        why="the list says what was estimated, and what officers' outcomes make of it",
        fills={("candidate", "estimated"): pl.col("likelihood"), ("list_night", "estimate_from"): pl.col("list_from")},
    ),
    Migration(to=7, why="a file that comes again as it was is told by its name, its columns and its contract"),
    Migration(
        to=8, why="pairs of records keep what they weigh by themselves, for the report of a night without changes"
    ),
    Migration(to=9, why="how often two records of one child never come near each other is measured; it measures anew"),
    Migration(to=10, why="only raw tables say where a record stands in its file", drops=("moved_source",)),
    Migration(to=11, why="residence says which sources' dates are letters to everybody"),
    Migration(to=12, why="by which numbers and names others speak of the schools of a roll", makes=("school",)),
    Migration(to=13, why="a key may have been given to another child: what was decided before is known by the hour"),
    Migration(
        to=14,
        why="how often records of one child never meet is measured of each pair of sources; the linkage measures anew",
        makes=("link_measured", "link_never_met"),
    ),
    Migration(
        to=15,
        why="the list says how far a school that sent no list may have a child",
        fills={("candidate", "unlisted_school"): 0.0},
    ),
    Migration(to=16, why="a month or year of birth is kept where no day is given"),
    Migration(to=17, why="which sources write the surname first is held from night to night"),
)
"""In order; the last one leads to SCHEMA_VERSION."""


def bring_forward(workspace: Path) -> int:
    """Bring the store of a workspace up to this version; returns the version that it had. Call it under the lock.

    All of it is done, or nothing. A store of a later version is left as it is; whoever opens it is refused.
    """
    path = workspace / STORE_FILE
    if not path.exists():
        return SCHEMA_VERSION
    with Store(workspace, read_only=True, any_version=True) as store:
        version = store.version
    if version < SCHEMA_VERSION:
        _copy(path, version)
        with Store(workspace, any_version=True) as store, store.transaction():
            _migrate(store, version)
        delete_reader_copy(workspace)
    return version


def _migrate(store: Store, version: int) -> None:
    fills = {place: value for step in MIGRATIONS if step.to > version for place, value in step.fills.items()}
    for table, schema in TABLES.items():
        if store.has(table):
            kept = store.read_as_kept(table)
            if kept.schema != schema:
                store.write(table, _fitted(kept, schema, table, fills))
    for table in (table for step in MIGRATIONS if step.to > version for table in step.drops if store.has(table)):
        store.drop(table)
    for table in (table for step in MIGRATIONS if step.to > version for table in step.makes):
        store.write(table, TABLES[table].to_frame())
    store.stamp(SCHEMA_VERSION)


def _fitted(kept: pl.DataFrame, schema: pl.Schema, table: str, fills: Mapping[tuple[str, str], object]) -> pl.DataFrame:
    missing = {name: fills.get((table, name)) for name in schema if name not in kept.columns}
    new = {name: fill if isinstance(fill, pl.Expr) else pl.lit(fill, schema[name]) for name, fill in missing.items()}
    return kept.with_columns(**new).select(pl.col(name).cast(kind) for name, kind in schema.items())


def _copy(path: Path, version: int) -> None:
    """Copy the store into a folder of its own, with its log if a killed night has left one; whole or not at all."""
    name = f"before-version-{SCHEMA_VERSION}-from-{version}-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    folder = path.parent / BACKUPS_FOLDER
    made = folder / f".{name}.tmp-{secrets.token_hex(4)}"
    try:
        with private_files():
            made.mkdir(mode=0o700, parents=True)
            for file in filter(Path.exists, (path, log_of(path))):
                shutil.copy2(file, made / file.name)
            move(made, folder / name)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        raise StoreError(
            f"{path} is of an earlier version and must be copied to {folder} before it is brought forward: "
            f"{error.strerror}. Free some space, or correct the permissions, and run again. Nothing was changed."
        ) from None
