"""Every table of the store: its grain, key, columns and only writer.

Names of times end in ``_at`` (UTC), names of dates in ``_on``. A comment beside a column gives its unit or range and what
null means.

The tables ``raw_<source>`` are made from their contracts by :mod:`pipelines.intake.receipt.receive`. One row is one row of a
file, with every column of the contract as unchanged text. In front are ``record_id`` (``source:key``), ``file_id``, ``line``
(as a spreadsheet numbers it) and ``line_hash`` (a fingerprint by which the next night recognises the line).
"""

from pathlib import Path

import polars as pl

from pipelines.tables.held import (
    LINK_BLOCKING,
    LINK_FREQUENCY,
    LINK_MEASURED,
    LINK_MODEL,
    LINK_NEVER_MET,
    LINK_PRESENCE,
    LINK_SOURCE,
)
from pipelines.tables.kept import BLOCK_SIGN, LINK_KEPT, LINKED_RECORD, SCORED_PAIR, WEIGHED_CHILDREN
from pipelines.tables.ledger import LEAD, LEAD_NIGHT, LIST_CHANGE, LIST_NIGHT, WHY_OFF
from pipelines.tables.linked import (
    CHILD_MOVE,
    CHILD_RECORD,
    DATED_CELL,
    FORMER_RECORD,
    GONE_RECORD,
    LINK,
    LINK_COVERAGE,
    LINK_PRIOR,
    PERSON,
    RIVAL,
    SCHOOL,
    SHOWN,
    STANDARDISED,
    STATEMENT,
)
from pipelines.tables.listed import CANDIDATE, EARLY_WARNING, EXPLAINED, FINDING, PROVISION, RESIDENCE
from pipelines.tables.night import NIGHT
from pipelines.tables.received import (
    ACCEPTANCE,
    BREACH,
    CHANGED_ROW,
    COMPLETENESS,
    DELIVERY,
    DELIVERY_CHANGE,
    FLAWED_ROW,
    JUDGED_FILE,
    RENUMBERED,
    RULE_HISTORY,
    SET_ASIDE,
    SNAPSHOT,
    SOURCE_MEASURE,
    SOURCE_NIGHT,
    VANISHED,
)

SCHEMA_VERSION = 17
"""Raise it, and add a migration (:mod:`pipelines.migrations`), whenever a table of existing stores changes."""

TABLES: dict[str, pl.Schema] = {
    "night": NIGHT,
    "delivery": DELIVERY,
    "breach": BREACH,
    "set_aside": SET_ASIDE,
    "rule_history": RULE_HISTORY,
    "completeness": COMPLETENESS,
    "acceptance": ACCEPTANCE,
    "source_night": SOURCE_NIGHT,
    "source_measure": SOURCE_MEASURE,
    "snapshot": SNAPSHOT,
    "delivery_change": DELIVERY_CHANGE,
    "vanished": VANISHED,
    "judged_file": JUDGED_FILE,
    "flawed_row": FLAWED_ROW,
    "changed_row": CHANGED_ROW,
    "renumbered": RENUMBERED,
    "person_record": PERSON,
    "gone_record": GONE_RECORD,
    "statement": STATEMENT,
    "school": SCHOOL,
    "standardised": STANDARDISED,
    "dated_cell": DATED_CELL,
    "former_record": FORMER_RECORD,
    "link": LINK,
    "child_record": CHILD_RECORD,
    "child_move": CHILD_MOVE,
    "rival": RIVAL,
    "link_prior": LINK_PRIOR,
    "link_coverage": LINK_COVERAGE,
    "link_model": LINK_MODEL,
    "link_measured": LINK_MEASURED,
    "link_never_met": LINK_NEVER_MET,
    "link_source": LINK_SOURCE,
    "link_presence": LINK_PRESENCE,
    "link_frequency": LINK_FREQUENCY,
    "link_blocking": LINK_BLOCKING,
    "link_kept": LINK_KEPT,
    "linked_record": LINKED_RECORD,
    "scored_pair": SCORED_PAIR,
    "block_sign": BLOCK_SIGN,
    "weighed_children": WEIGHED_CHILDREN,
    "provision": PROVISION,
    "residence": RESIDENCE,
    "finding": FINDING,
    "candidate": CANDIDATE,
    "explained": EXPLAINED,
    "lead": LEAD,
    "lead_before": LEAD,
    "lead_night": LEAD_NIGHT,
    "list_night": LIST_NIGHT,
    "list_change": LIST_CHANGE,
}
"""Every table of the store except ``raw_*``, by name, in the order in which a night writes them."""


def differences(wanted: pl.Schema, kept: pl.Schema) -> str:
    """How two schemas differ, in words; empty if they are the same."""
    words = [f"{name} is missing" for name in wanted if name not in kept]
    words += [f"{name} should not be there" for name in kept if name not in wanted]
    words += [
        f"{name} is {kept[name]}, not {kind}" for name, kind in wanted.items() if name in kept and kept[name] != kind
    ]
    if not words and list(wanted) != list(kept):
        words = ["the columns stand in another order"]
    return ", ".join(words)


def other_version(path: Path, version: int) -> str:
    """The message about a store whose tables have another version."""
    if version > SCHEMA_VERSION:
        return (
            f"{path} was written by a later version of Rollcall (its tables are of version {version}, this one knows "
            f"{SCHEMA_VERSION}). Install that version, or restore a backup from before: rollcall restore --help."
        )
    return (
        f"{path} was written by an earlier version of Rollcall. The next night brings it forward; to do so now: "
        f"rollcall migrate --workspace {path.parent}"
    )
