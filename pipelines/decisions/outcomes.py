"""``WORKSPACE/outcomes.sqlite``: what officers found when they looked. Rows are added, never changed or removed.

A closing outcome takes a child off the list until something contradicts it, or the time is over for which it holds
(``pipelines/listing/closed.py``). Notes are ignored and never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from data_contracts.empty_cells import EXPORTED_EMPTY
from data_contracts.parts import EXCEL_DAYS
from data_contracts.today import today
from data_contracts.values import as_days
from matching.person import Columns
from pipelines.decisions.append_only import add_rows, read_rows
from pipelines.files.handed_in import cells_handed_in, listed_faults
from pipelines.record_ids import one_row_a_record
from pipelines.settings import SettingsError
from pipelines.tables.night import begun_at

OUTCOMES_FILE = "outcomes.sqlite"


@dataclass(frozen=True, slots=True)
class Code:
    """One outcome."""

    closes: bool
    """Whether it takes the child off the list."""
    words: str


CODES = {
    "ON_ROLL_OWN": Code(True, "on the roll of a school of this authority"),
    "ON_ROLL_OTHER_LA": Code(True, "on the roll of a school in another authority"),
    "INDEPENDENT": Code(True, "at an independent school"),
    "EHE_SUITABLE": Code(True, "in suitable home education"),
    "AP_EOTAS": Code(True, "in alternative provision or a package of education otherwise than at school"),
    "MOVED_OTHER_LA_CONFIRMED": Code(True, "moved, confirmed by the receiving authority"),
    "EMIGRATED_VERIFIED": Code(True, "moved abroad, verified"),
    "EMIGRATED_UNVERIFIED": Code(False, "said to have moved abroad, not verified"),
    "NOT_CSA": Code(True, "not of compulsory school age"),
    "DECEASED": Code(True, "died"),
    "DUPLICATE": Code(True, "the same child as another on the list"),
    "DATA_ERROR": Code(True, "an error in the data"),
    "ALREADY_KNOWN_CME": Code(False, "missing education, already known"),
    "CONFIRMED_CME_NEW": Code(False, "missing education, found by this list"),
    "UNTRACED": Code(False, "not traced yet"),
    "UNDER_ENQUIRY": Code(False, "being looked into"),
}
"""Outcome -> what it says and whether it closes. A child leaves only after robust enquiries or confirmed education. No
national code set was found: the department publishes reasons, not outcomes."""

CLOSING = tuple(code for code, meaning in CODES.items() if meaning.closes)
OPENING = tuple(code for code, meaning in CODES.items() if not meaning.closes)
"""Outcomes that take a child off the list, and those that leave the child on it, in an officer's hands."""

DUPLICATE = "DUPLICATE"
"""Says only that the child is another child. It does not close the child who has the records tonight."""

KNOWN_BEFORE = "ALREADY_KNOWN_CME"
MISSING = (KNOWN_BEFORE, "CONFIRMED_CME_NEW")
"""Outcomes that say that the child is missing education; the first says that the list did not find it."""

DFE_REASONS = (
    "Believed to have moved to another country",
    "Believed to have moved to another local authority",
    "Challenging school attendance order",
    "Did not apply for school place at compulsory school age",
    "Did not get school preference",
    "Difficulty accessing suitable school place",
    "Mental health",
    "Moved in from another country",
    "Moved in from another local authority",
    "Not recorded",
    "Offered school place but not yet accepted",
    "Other",
    "Parental decision not to register at school",
    "Physical health",
    "School application awaiting outcome",
    "School dissatisfaction SEND",
    "School dissatisfaction general",
    "Unknown",
    "Unsuitable elective home education",
    "Waiting school start",
)
"""Primary reasons in the department's termly collection on children missing education, with labels as published."""

OUTCOME = pl.Schema(
    Columns(
        {
            "child_id": pl.String,
            "outcome": pl.String,  # one of CODES
            "outcome_on": pl.Date,  # the day on which the officer found it
            "reason": pl.String,  # one of DFE_REASONS; null: none given
            "by": pl.String,  # name of the person who handed the file in
            "at": pl.Datetime("us", "UTC"),  # when it was read in
            "lane": pl.String,  # on the list of that day; null: the child was not on it
            "likelihood": pl.Float64,  # as published; null with lane
            "estimated": pl.Float64,  # before recalibration; null with lane, and where there was no recalibration yet
            "unlisted_school": pl.Float64,  # as published; null with lane, and before it was kept
            "records": pl.String,  # record ids of the child then, separated by ";"
            "hours": pl.Float64,  # 0 or more: the officer's time on it since the previous outcome; null: not given
            "night_at": pl.Datetime(
                "us", "UTC"
            ),  # when the night began whose child and records these are; null: not kept
        }
    )
)
"""One row is one outcome of one child, in the order in which they were read in."""

TABLES = {
    "outcome": "child_id text not null, outcome text not null, outcome_on text not null, reason text, by text not null, "
    "at text not null, lane text, likelihood real, estimated real, unlisted_school real, records text not null, "
    "hours real, night_at text"
}
SAME_LINE = ("child_id", "outcome", "outcome_on", "reason", "hours")
ASKED = ("child_record", "candidate", "lead", "night")
"""Tables of the store that show which child an outcome is about, and what the list said of the child."""

COLUMNS = (("child_id", "outcome", "date"), ("reason", "hours"))
"""Columns of a file of outcomes: those that it must have, and those that it may have."""
SAID_IN = ("outcome", "date", "reason", "hours")
"""Columns of what was found: a line in which all of them are empty is not filled in yet."""
NOTHING = ("-", "–", "n/a", "N/A", *EXPORTED_EMPTY)
"""What people and spreadsheets write in those columns for an empty cell."""
NO_CODE = "outcome: empty, or not one of the known outcomes"
ALIKE = 0.6
"""How alike (0..1, :mod:`difflib`) what is written and an outcome must be for that outcome to be named as perhaps meant."""
MOST_HOURS = 500.0
"""More hours than this on one outcome are a slip of the pen."""
OLDEST_YEARS = 18
"""Years. Whatever was found longer ago concerns nobody who is of compulsory school age now."""
WRITTEN = (
    *("yyyy-MM-dd", "yyyy/MM/dd"),
    *("dd/MM/yyyy", "dd.MM.yyyy", "dd-MM-yyyy", "dd MMMM yyyy", "dd-MMMM-yyyy", EXCEL_DAYS),
    *("dd/MM/yy", "dd.MM.yy", "dd-MM-yy", "dd MMMM yy", "dd-MMMM-yy"),
)
"""Forms in which officers and their spreadsheets write a day. Two digits of a year are enough here, as outcomes are of the
last ``OLDEST_YEARS`` years."""


def read_outcomes(workspace: Path) -> pl.DataFrame:
    """All outcomes ever read in (``OUTCOME``); empty if there are none."""
    return read_rows(workspace / OUTCOMES_FILE, TABLES, "outcome", OUTCOME)


def add_outcomes(file: Path, workspace: Path, tables: Mapping[str, pl.DataFrame], by: str) -> pl.DataFrame:
    """Read officers' outcomes from a CSV or workbook and keep them, all or none; returns the new ``OUTCOME`` rows.

    Columns: ``child_id``, ``outcome`` and ``date``; also ``reason`` and ``hours`` if given. Any other, such as a note, is
    ignored. A line is ignored if it has no outcome, date, reason or hours (not filled in yet), or neither child nor outcome
    nor date (such as a sum of hours). A line read in before, with the same reason and hours, is not kept again.

    ``tables``: ``ASKED`` of the last night. A child who has left the list, or has another id since, may be given under the
    id on its sheet. Raises :class:`SettingsError` naming each faulty line and its remedy, and no value.
    """
    if not by.strip():
        raise SettingsError("--by: give the name of the person who hands these outcomes in.")
    given = _typed(cells_handed_in(file, *COLUMNS))
    members = _records_of_each(tables["child_record"], tables["lead"])
    if faults := _faults(given, members["child_id"], today()):
        each = "".join(f"\n  {code}: {meaning.words}" for code, meaning in CODES.items())
        codes = f"\nThe outcomes:{each}" if any(NO_CODE in fault for fault in faults) else ""
        raise SettingsError(
            f"{file.name}: nothing was kept. Correct these lines and hand it in again.{listed_faults(faults)}{codes}"
        )
    on_list = tables["candidate"].select("child_id", "lane", "likelihood", "estimated", "unlisted_school")
    read = (
        given.unique(SAME_LINE, keep="first", maintain_order=True)
        .join(members, on="child_id", how="left", validate="m:1")
        .join(on_list, on="child_id", how="left", validate="m:1")
        .with_columns(by=pl.lit(by.strip()), at=pl.lit(datetime.now(UTC)), night_at=pl.lit(begun_at(tables)))
    )

    def not_there(there: pl.DataFrame) -> pl.DataFrame:
        return read.join(there, on=SAME_LINE, how="anti", nulls_equal=True, maintain_order="left")

    return add_rows(workspace / OUTCOMES_FILE, TABLES, "outcome", OUTCOME, not_there)


def _records_of_each(child_records: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``records``: every id that an outcome may name, with its records, separated by ";".

    For an id of the last night: the child's records. For an id that only the ledger knows: the records that its lead had
    last.
    """
    here = child_records.sort("record_id").group_by("child_id").agg(records=pl.col("record_id").str.join(";"))
    ids = pl.concat_list("child_id", pl.col("former_ids").str.split(";").fill_null([]))
    known = leads.sort("spell").select(ids.alias("child_id"), "records").explode("child_id", empty_as_null=True)
    gone = known.join(here, on="child_id", how="anti", maintain_order="left")
    return pl.concat([here, gone.unique("child_id", keep="last", maintain_order=True)])


def _typed(cells: pl.DataFrame) -> pl.DataFrame:
    """``place``, ``child_id``, ``outcome``, ``outcome_on`` (null: no date), ``reason``, ``hours``, ``hours_written``.

    ``hours_written`` is the text given for hours, which shows that unreadable hours are not simply missing. Lines that are
    to be ignored (see :func:`add_outcomes`) are left out.
    """
    label = pl.col("reason").str.replace_all(r"\s+", " ").str.to_lowercase()
    hours = pl.col("hours").str.replace(",", ".", literal=True)
    cells = cells.with_columns(pl.col(SAID_IN).replace(dict.fromkeys(NOTHING)))
    is_filled_in = pl.any_horizontal(pl.col(SAID_IN).is_not_null())
    is_of_something = pl.any_horizontal(pl.col("child_id", "outcome", "date").is_not_null())
    return cells.filter(is_filled_in & is_of_something).select(
        "place",
        pl.col("child_id").str.replace_all(r"\s+", "").str.to_uppercase(),
        pl.col("outcome").str.to_uppercase().str.replace_all(r"[\s-]+", "_"),
        outcome_on=as_days(pl.col("date"), WRITTEN),
        reason=label.replace({name.lower(): name for name in DFE_REASONS}),
        hours=hours.cast(pl.Float64, strict=False),
        hours_written=hours,
    )


def _faults(given: pl.DataFrame, known: pl.Series, on_day: date) -> list[str]:
    """Every fault of a line, in the order of the lines. ``known``: every child id that a line may name. ``on_day``: today."""
    child, code, on = pl.col("child_id"), pl.col("outcome"), pl.col("outcome_on")
    rules = (
        (
            child.is_null() | ~child.is_in(known.implode()),
            "child_id: no such child on the list or last night. Copy the id from the list",
        ),
        (code.is_null() | ~code.is_in(list(CODES)), pl.lit(NO_CODE) + _perhaps_meant(given["outcome"])),
        (on.is_null(), "date: empty, or not a real date. Write it as YYYY-MM-DD"),
        (on > on_day, "date: it is in the future"),
        (
            on < pl.lit(on_day).dt.offset_by(f"-{OLDEST_YEARS}y"),
            "date: no child of school age was born by then. Write the year in four digits",
        ),
        (
            ~pl.col("reason").is_in(DFE_REASONS),
            "reason: not one of the department's. Copy its label, or leave it empty",
        ),
        (
            pl.col("hours_written").is_not_null() & ~pl.col("hours").is_between(0, MOST_HOURS).fill_null(value=False),
            f"hours: not a number from 0 to {MOST_HOURS:g}. Write hours as 2.5, or leave it empty",
        ),
        (
            pl.struct(code, "reason", "hours").n_unique().over("child_id", "outcome_on") > 1,
            "two lines for one child on one day that disagree. Keep one",
        ),
    )
    numbered = given.with_row_index("number")
    found = [
        numbered.filter(rule).select("number", "place", fault=pl.lit(fault) if isinstance(fault, str) else fault)
        for rule, fault in rules
    ]
    ordered = pl.concat(found).sort("number", "place", "fault")
    return [f"{place}: {fault}." for _, place, fault in ordered.iter_rows()]


def _perhaps_meant(written: pl.Series) -> pl.Expr:
    """The outcomes nearest to what is written in a line, as words that follow ``NO_CODE``; empty where none is near."""
    near = {text: get_close_matches(text, CODES, n=2, cutoff=ALIKE) for text in written.unique().drop_nulls()}
    words = {text: f". Perhaps {' or '.join(codes)} is meant" for text, codes in near.items() if codes}
    return pl.col("outcome").replace_strict(words, default="", return_dtype=pl.String).fill_null("")


def outcome_in_words(outcome: pl.Expr) -> pl.Expr:
    """An outcome in words, as in ``CODES``."""
    return outcome.replace_strict({code: meaning.words for code, meaning in CODES.items()}, return_dtype=pl.String)


def standing_outcomes(outcomes: pl.DataFrame) -> pl.DataFrame:
    """For each child the outcome that counts: the latest by its day; of one day, the one read in last."""
    ordered = outcomes.with_row_index("order").sort("outcome_on", "order")
    return ordered.unique("child_id", keep="last", maintain_order=True).drop("order")


def by_lead(outcomes: pl.DataFrame) -> pl.DataFrame:
    """``outcomes`` by child and day, with ``lead``: 0 for a child's first lead, one more after each outcome that closes.

    Of two outcomes of one day, the one read in last counts.
    """
    ordered = (
        outcomes.with_row_index("order")
        .unique(["child_id", "outcome_on"], keep="last", maintain_order=True)
        .sort("child_id", "outcome_on", "order")
        .drop("order")
    )
    closes = pl.col("outcome").is_in(CLOSING).cast(pl.Int64)
    return ordered.with_columns(lead=closes.cum_sum().over("child_id") - closes)


def first_found_missing(outcomes: pl.DataFrame) -> pl.DataFrame:
    """For each child ever found missing education the first ``OUTCOME`` that says so, by day.

    A child that has a place since was found all the same. One that turned out to be another child listed twice was not.
    """
    twice = standing_outcomes(outcomes).filter(pl.col("outcome") == DUPLICATE)
    found = by_lead(outcomes).filter(pl.col("outcome").is_in(MISSING)).drop("lead").sort("outcome_on", "child_id")
    return found.unique("child_id", keep="first", maintain_order=True).join(
        twice.select("child_id"), on="child_id", how="anti", maintain_order="left"
    )


def newly_found_missing(outcomes: pl.DataFrame) -> pl.DataFrame:
    """The rows of :func:`first_found_missing` about children of whom nobody knew before."""
    return first_found_missing(outcomes).filter(pl.col("outcome") != KNOWN_BEFORE)


def outcomes_by_current_child(outcomes: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """``outcomes`` under tonight's child ids, the latest of each child. Children of whom no record is left are dropped.

    Where the records of a child whose id is gone now lie in several children, an outcome that closes goes to the one with
    most of them (on a tie, the first by id): the officer's answer was about one child, and it must not hide a second one.
    One that does not close goes to all of them.

    A ``DUPLICATE`` is dropped once its child's id is gone, and any other outcome outranks it: otherwise a child into which
    its duplicate was merged would be closed as a duplicate of itself.
    """
    if outcomes.is_empty():
        return outcomes
    here = outcomes.join(child_records.select("child_id").unique(), on="child_id", how="semi")
    moved = _of_children_gone(
        outcomes.filter(pl.col("outcome") != DUPLICATE).join(here.select("child_id"), on="child_id", how="anti"),
        child_records,
    )
    both = pl.concat([here, moved.select(here.columns)])
    ordered = both.sort(pl.col("outcome") != DUPLICATE, "outcome_on", "at", maintain_order=True)
    return ordered.unique("child_id", keep="last", maintain_order=True)


def _of_children_gone(outcomes: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """``outcomes`` under the ids of the children who have the records now: of one that closes, the child with most."""
    numbered = outcomes.with_row_index("number")
    holders = (
        one_row_a_record(numbered, "number")
        .join(child_records.select("record_id", "child_id"), on="record_id", how="inner")
        .group_by("number", "child_id")
        .len()
        .sort("number", "len", "child_id", descending=[False, True, False])
    )
    moved = numbered.drop("child_id").join(holders, on="number", how="inner", maintain_order="right")
    is_most = pl.col("number").is_first_distinct()
    return moved.filter(is_most | pl.col("outcome").is_in(OPENING)).drop("number", "len")


def open_enquiries(outcomes: pl.DataFrame, child_records: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Tonight's children whom an officer has in hand: one row for each child whose latest outcome by ``as_at`` does not
    close.

    ``OUTCOME`` under tonight's child ids, in their order. Such a child stays in view until an outcome closes it, whatever
    becomes of its likelihood.
    """
    last = standing_outcomes(outcomes.filter(pl.col("outcome_on") <= as_at))
    return outcomes_by_current_child(last, child_records).filter(pl.col("outcome").is_in(OPENING)).sort("child_id")
