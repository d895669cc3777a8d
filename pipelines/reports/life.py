"""A child's life on the list, from the ledger; also for a child no longer on it, no longer known, or merged into another."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from data_contracts.today import day_of
from pipelines.counted import counted
from pipelines.decisions.outcomes import CODES
from pipelines.intake.receipt.last_intake import in_record_id
from pipelines.ledger.left_list import IN_VIEW, LISTED, RECORDS_GONE
from pipelines.ledger.unconfirmed import is_unconfirmed
from pipelines.listing.masking import comparison_without_sex, masked_keys_of_others
from pipelines.listing.rank import REASON_IN_WORDS
from pipelines.publish.changes_file import WHY_WITHHELD
from pipelines.reasons import in_100_written
from pipelines.written_dates import day_written

LIFE_READS = ("lead", "lead_night", "child_move")
"""Tables of the store that :func:`life_of` reads; empty before the first night that kept them."""

NIGHTS_TOLD = 12
"""Most nights shown one by one: the latest whose likelihood or lane differs from the night before."""

STILL_IN_HAND = "Still in view, until the officer who has it in hand closes it."
STILL_WAITS = "Still in view, until an officer closes it, a complete file is sent or something new is told."

Row = dict[str, Any]

CHILD_ID = re.compile(r"CH[0-9A-Z]{10}")
"""Form of a child's id."""


def as_typed(identifier: str) -> str:
    """An id that a person typed or pasted, as it is kept: without spaces around it; a child's in capitals; a record's with
    its key as in record ids, whether it was copied from the extract or the list."""
    text = str(pl.select(in_record_id(pl.lit(identifier.strip()))).item())
    return text.upper() if CHILD_ID.fullmatch(text.upper()) else text


def life_of(child_id: str, tables: Mapping[str, pl.DataFrame], *, is_protected: bool) -> list[tuple[str, list[str]]]:
    """Sections of a page: spells on the list with why they began and ended, nights, and merges. A section may have no line.

    ``tables``: ``LIFE_READS`` and, where outcomes have been handed in, ``OUTCOME`` as "outcome". For a child who is
    protected now, or was on any night that the ledger knows, no reason and no outcome is given, nor how rank and likelihood
    moved.
    """
    leads, nights, moves = (tables[name] for name in LIFE_READS)
    own = leads.filter(_is_under(child_id)).sort("first_listed_on", "off_on", nulls_last=True)
    withheld = is_protected or bool(own["restricted"].any())
    ids = {child_id, *(former for text in own["former_ids"].drop_nulls() for former in text.split(";"))}
    off_why = masked_keys_of_others(comparison_without_sex(pl.col("off_why")), pl.col("off_because"))
    shown = own.with_columns(off_why, comparison_without_sex(pl.col("came_why")))
    return [
        (
            "The child's time on the list",
            [line for lead in shown.to_dicts() for line in _spell(lead, withheld=withheld)],
        ),
        ("What officers said", [] if withheld or "outcome" not in tables else _said(tables["outcome"], ids)),
        ("Night by night", [] if withheld else _nights(nights.filter(pl.col("child_id").is_in(list(ids))))),
        ("Records that moved from, or to, other children", _moves(moves, ids)),
    ]


def child_since(child_id: str, tables: Mapping[str, pl.DataFrame]) -> str | None:
    """Tonight's child that an earlier child goes on as, by its lead or by recorded merges; null: none."""
    here = set(tables["child_record"]["child_id"].unique())
    known = known_to_ledger(child_id, tables["lead"])
    if known in here:
        return known
    into = tables["child_move"].filter(kind="merged").sort("as_at", "records").select("child_id", "other_child_id")
    merges, seen, now = dict(into.iter_rows()), set[str](), child_id
    while now not in here and now in merges and now not in seen:
        seen.add(now)
        now = merges[now]
    return now if now in here else None


def known_to_ledger(identifier: str, leads: pl.DataFrame) -> str | None:
    """The id under which the ledger has a child, given by an id that the child has or had; null: none."""
    of_child = leads.filter(_is_under(identifier)).sort("last_listed_on", "spell", nulls_last=False)
    return None if of_child.is_empty() else str(of_child["child_id"][-1])


def _is_under(child_id: str) -> pl.Expr:
    """True for leads of this child, also under a former id."""
    former = pl.col("former_ids").str.split(";").list.contains(child_id).fill_null(value=False)
    return (pl.col("child_id") == child_id) | former


def _spell(lead: Row, *, withheld: bool) -> list[str]:
    """When a spell began and why, and when it ended and why. ``withheld``: without any reason, also why it is in view."""
    lines = []
    if lead["first_listed_on"]:
        lines.append(f"On the list from {day_written(lead['first_listed_on'])}: {_reason(lead, 'came', withheld)}")
    if lead["former_ids"]:
        lines.append(f"Previously child {lead['former_ids'].replace(';', ', then ')}.")
    if lead["state"] == LISTED:
        return [*lines, f"Still on it: rank {lead['rank']} on {day_written(lead['last_listed_on'])}."]
    lines.append(f"Off the list from {day_written(lead['off_on'])}: {_reason(lead, 'off', withheld)}")
    if lead["state"] == IN_VIEW:
        waits = lead["off_because"] == RECORDS_GONE or is_unconfirmed(lead["off_why"])
        return [*lines, STILL_WAITS if waits or withheld else STILL_IN_HAND]
    if lead["left_on"] != lead["off_on"]:
        lines.append(f"In view until {day_written(lead['left_on'])}.")
    return lines


def _reason(lead: Row, of: str, withheld: bool) -> str:
    """A reason in a few words and then in a sentence."""
    if withheld:
        return WHY_WITHHELD
    because = REASON_IN_WORDS.get(lead[f"{of}_because"], lead[f"{of}_because"])
    return f"{because}. {lead[f'{of}_why']}"


def _said(outcomes: pl.DataFrame, ids: Collection[str]) -> list[str]:
    """One line for each outcome in the order of its day, with who handed it in: an auditor asks who decided."""
    own = outcomes.filter(pl.col("child_id").is_in(list(ids))).sort("outcome_on", maintain_order=True)
    return [
        f"{day_written(row['outcome_on'])}: {CODES[row['outcome']].words} (handed in by {row['by']} on "
        f"{day_written(day_of(row['at']))})"
        for row in own.to_dicts()
    ]


def _nights(nights: pl.DataFrame) -> list[str]:
    """One line for each night whose lane or likelihood differs from the night before, and for the last night; the latest
    only."""
    ordered = nights.sort("as_at")
    state = pl.struct("lane", pl.col("likelihood").round(2))
    is_last = pl.int_range(pl.len()) == pl.len() - 1
    changes = ordered.filter((state != state.shift()).fill_null(value=True) | is_last).tail(NIGHTS_TOLD)
    return [
        f"{day_written(row['as_at'])}: rank {row['rank']}, likelihood {in_100_written(row['likelihood'])}, "
        f'{counted(row["priority"], "point")}, lane "{row["lane"]}"'
        for row in changes.to_dicts()
    ]


def _moves(moves: pl.DataFrame, ids: set[str]) -> list[str]:
    """One line for each move of records between two children on one night."""
    own = moves.filter(pl.col("child_id").is_in(list(ids)) | pl.col("other_child_id").is_in(list(ids)))
    words = {"merged": "was merged into", "split": "gave records to the new", "moved": "gave records to"}
    return [
        f"{day_written(row['as_at'])}: child {row['child_id']} {words[row['kind']]} child {row['other_child_id']} "
        f"({counted(row['records'], 'record')})"
        for row in own.sort("as_at", "child_id", "other_child_id").to_dicts()
    ]
