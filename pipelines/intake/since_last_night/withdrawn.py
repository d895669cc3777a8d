"""What had happened, and is no longer said: an end that had passed, a day on which a child was met, a mark of protection.

For one child a clerk puts it right. For many overnight, a column came empty, has slipped against the others, or is an older
one; and no other rule breaks, as most cells of such a column are empty anyway. Entries that had ended would then go on, and
hide children who have lost their place. If marks of protection are gone, addresses would be shown that must not be.
Conversely, ends that many entries gain overnight were filled in for a whole year group by mistake, or are the end of a
term.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from data_contracts.completeness import Check
from data_contracts.contract import Contract
from data_contracts.values import is_empty, parse_dates
from pipelines.decisions.keys_tonight import key_now
from pipelines.intake.in_figures.earlier_nights import History
from pipelines.intake.in_one_form.cells import has_ended_by, has_left_by_status
from pipelines.intake.in_one_form.statements import makes_statement
from pipelines.intake.since_last_night.other_children import rows_of_another_child

MANY, FEWEST = 0.1, 5
"""More than one in ten of those that had it, and more than five rows."""

ALL = 3
"""That every end of a list is gone overnight, of three or more, is no clerk's work on one child and another."""

TAKEN_BACK: Check = "taken back"
"""Many entries that had ended no longer have an end."""

ENDED = 0.05
"""More than one in twenty of all rows: less than one year group of eleven or twelve."""

MARKS, FEWEST_MARKS = 0.5, 2
"""Of a few marks one or another may end. That more than half of them do in one night is not a decision about children."""


@dataclass(frozen=True)
class _Both:
    """The rows of a source whose keys came again, then and now in the same order, and those that are the same."""

    then: pl.DataFrame
    now: pl.DataFrame
    same: pl.LazyFrame
    """Most of the rows: only what is asked of them is read."""
    is_moved: pl.Series
    """Of ``then`` and ``now``: whether the row goes on under another key."""

    def had(self, test: pl.Expr) -> int:
        """For how many it held last time: asked only if something is gone, and once of rows with the same cells."""
        names = [*dict.fromkeys(test.meta.root_names())]
        cells = pl.concat([self.then.lazy().select(names), self.same.select(names)]).group_by(names).len("_rows")
        return int(cells.filter(test).select(pl.col("_rows").sum()).collect().item())

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.then.height + int(self.same.select(pl.len()).collect().item())


def established_rows(history: History, source: str, before: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``before``, without those that only the source's last delivery said in this form, if it had sent any
    before that.

    The next file corrects what a wrong file said of many, and must not be held for it.
    """
    nights = history.nights.filter(source=source)["as_at"].unique()
    if len(nights) < 2:
        return before
    fresh = history.snapshot.filter(pl.col("source") == source, pl.col("first_seen_on") == nights.max())["record_id"]
    return before.filter(~pl.col("record_id").is_in(fresh.implode()))


def may_lose_with_keys(contract: Contract, before: pl.DataFrame, tonight: pl.DataFrame, as_at: date) -> bool:
    """Whether rows whose keys are gone may have lost, under others, what they had: only then is it worth the time to work out
    which row goes on as which. ``before``, ``tonight``: rows that may differ, and all rows."""
    gone = before.join(tonight, on="record_id", how="anti")
    if gone.height > MANY * tonight.height:
        return True
    ends = _ends(contract)
    ended = gone.select(has_ended_by(contract, name, as_at).sum().alias(name) for name in ends)
    return any(count >= ALL for count in ended.row(0)) if ends else False


def _ends(contract: Contract) -> list[str]:
    return list(filter(None, dict.fromkeys(statement.until for statement in contract.says)))


def withdrawn_checks(
    contract: Contract,
    before: pl.DataFrame,
    rows: pl.DataFrame,
    same: pl.LazyFrame,
    *,
    left: pl.DataFrame,
    as_at: date,
) -> Iterator[tuple[Check, str]]:
    """Every check that a source does not pass because of what it has taken back, and why in words.

    ``before``: the rows of the last delivery, all or those that may differ. ``rows``: tonight's rows that may differ from
    it. ``same``: those that came again unchanged. ``left``: rows that are no longer under their keys, from
    :func:`pipelines.intake.since_last_night.renumbered.keys_left`: they are compared with the rows as which they go on.
    """
    before = before.with_columns(key_now(pl.col("record_id"), left))
    # A row whose key now has another child takes nothing back.
    others = rows_of_another_child(contract, before, rows)
    same_child = (
        before.select("record_id").join(rows, on="record_id", how="semi").join(others, on="record_id", how="anti")
    )
    again = [frame.join(same_child, on="record_id", how="semi").sort("record_id") for frame in (before, rows)]
    both = _Both(again[0], again[1], same, again[1]["record_id"].is_in(left["now_id"].implode()))
    yield from _marks_taken_back(contract, both)
    ends = [name for name in _ends(contract) if name in before.columns]
    for name in ends:
        yield from _ends_changed(contract, name, both, as_at)
    begin = {statement.since for statement in contract.says}
    met = dict.fromkeys(name for statement in contract.says if statement.kind == "seen" for name in statement.on)
    for name in met:
        # The day on which a child left is only ever moved on.
        if name in before.columns and name not in {*ends, *begin}:
            yield from _days_moved_back(contract, name, both)


def _ends_changed(contract: Contract, name: str, both: _Both, as_at: date) -> Iterator[tuple[Check, str]]:
    column = contract.column_named[name]
    had_ended = has_ended_by(contract, name, as_at)
    goes_on = is_empty(column) & ~has_left_by_status(contract, name)
    was, is_now = both.then.select(had_ended).to_series(), both.now.select(goes_on).to_series()
    has_gone, has_ended = was & is_now, ~was & both.now.select(had_ended).to_series()
    # Of a child's two entries, whose keys both changed, each may have been taken for the other.
    exchanged = min(int((each & both.is_moved).sum()) for each in (has_gone, has_ended))
    gone, ended = (int(each.sum()) - exchanged for each in (has_gone, has_ended))
    if ended > FEWEST and ended > ENDED * (rows := both.rows):
        words = (
            f"{ended:,} of {rows:,} rows have ended, by {column.header} or a status, that had not last time. It may have been "
            "filled in for many by mistake; at the end of a term it may be right."
        )
        yield "ended at once", words
    if gone >= ALL and _is_many(gone, had := both.had(had_ended)):
        words = (
            f"of {had:,} rows that had ended by {column.header}, its words or a status, {gone:,} no longer have: what had "
            "ended would seem to go on. The column may have been sent empty, or have shifted against the others. If last "
            "time's were wrong, accept it."
        )
        yield TAKEN_BACK, words


def _is_many(gone: int, had: int) -> bool:
    """Whether so many have lost what they had that it is no correction of one row and another."""
    return gone == had or (gone > FEWEST and gone > MANY * had)


def _days_moved_back(contract: Contract, name: str, both: _Both) -> Iterator[tuple[Check, str]]:
    column = contract.column_named[name]
    days = [frame.select(parse_dates(column)).to_series() for frame in (both.now, both.then)]
    earlier = int((days[0] < days[1]).sum())
    if earlier > FEWEST and earlier > MANY * (had := both.had(~is_empty(column))):
        words = (
            f"in {earlier:,} of {had:,} rows {column.header} is earlier than last time. This file or the last one may be an "
            "older one, or may have the column shifted against the others."
        )
        yield "stale", words


def _marks_taken_back(contract: Contract, both: _Both) -> Iterator[tuple[Check, str]]:
    marks = [statement.when for statement in contract.says if statement.kind == "protected"]
    if not marks:
        return
    was, is_now = (makes_statement(frame, contract, "protected") for frame in (both.then, both.now))
    gone = int((was & ~is_now).sum())
    if gone < FEWEST_MARKS:
        return
    had = int(was.sum()) + int(makes_statement(both.same.collect(), contract, "protected").sum())
    if gone > MARKS * had:
        headers = " and ".join(dict.fromkeys(contract.column_named[name].header for when in marks for name in when))
        words = (
            f"of {had:,} rows that said not to show the address, {gone:,} no longer say so ({headers}): those addresses would "
            "be shown. Ask the sender before you accept it."
        )
        yield "protection", words
