"""What officers' enquiries have yielded, as tables of plain text that a manager reads at a glance."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipelines.counted import counted
from pipelines.listing.recalibration import reliability_of_leads
from pipelines.reasons import percent_written

NONE_YET = "No outcomes have been handed in yet. To hand them in: rollcall outcomes FILE --workspace DIR --by NAME"
UNLISTED = "unlisted_school"
PARTS = (
    ("lane", "By lane"),
    ("likelihood", "By likelihood"),
    (UNLISTED, "By unlisted school"),
    ("source", "By source"),
)
"""``YIELD.by`` -> the heading of its rows."""

MEANINGS = (
    (
        "Children",
        "looked into by an officer, grouped as when that began. A child known to several sources counts in each.",
    ),
    ("Missing", "found to be missing education, also if in education since; the share is of the children looked into."),
    ("Known", "of the missing, those who were already known to be: the list did not find them."),
    ("Closed", "closed, and never found missing: in education all along, say, or the family gone."),
    ("Open", "not decided yet."),
    ("Again", "closed before, and looked into again on a later day."),
    ("Hours", "of officers, as far as handed in; each: for each child found missing among those with hours."),
    (
        "Unlisted school",
        "how far down the list such children come. If no fewer of those at the bottom are missing, set "
        "unlisted_school_weighs to 0.",
    ),
    ("Said", "the likelihood on the list; found: the share that officers found missing, with a 95% interval."),
)

ENOUGH = 10
"""Fewest answered leads of a band from which a likelihood is said to hold."""

Row = dict[str, Any]


def yield_words(by_group: pl.DataFrame, answered: pl.DataFrame) -> str:
    """``YIELD`` as a table, then likelihoods against what was found, then what the columns mean.

    ``answered``: :func:`~pipelines.listing.recalibration.answers`.
    """
    if by_group.is_empty():
        return NONE_YET
    titles = [title for title in TITLES if title not in UNLESS_GIVEN or by_group[UNLESS_GIVEN[title]].sum()]
    whole = by_group.row(by_predicate=pl.col("by") == "all", named=True)
    rows = [["All", *_cells(whole, titles)]]
    for by, heading in PARTS:
        groups = by_group.filter(by=by).to_dicts()
        rows += [[heading], *([f"  {row['group']}", *_cells(row, titles)] for row in groups)] if groups else []
    said = _said_and_found(answered)
    tables = [_aligned(["", *titles], rows), *([_aligned(SAID_TITLES, said)] if said else [])]
    shown = {*titles, *(["Said"] if said else []), *(["Unlisted school"] if by_group["by"].eq(UNLISTED).any() else [])}
    meanings = [f"{word}: {meaning}" for word, meaning in MEANINGS if word in shown]
    return "\n\n".join([_headline(whole), *tables, "\n".join(meanings)])


def _headline(whole: Row) -> str:
    """The whole in one line."""
    each, each_new = whole["hours_per_child_found"], whole["hours_per_child_new"]
    known = f", of whom {whole['already_known']:,} already known" if whole["already_known"] else ""
    new = f"; each not already known, {each_new:,.1f}" if known and each_new is not None else ""
    cost = "" if each is None else f" Each child found took {each:,.1f} hours{new}."
    looked_into = counted(whole["looked_into"], "child")
    return f"Of {looked_into} looked into, {whole['missing']:,} missing education ({whole['share_missing']:.0%}){known}.{cost}"


TITLES = ("Children", "Missing", "Known", "Share", "Closed", "Open", "Again", "Hours", "Each")
UNLESS_GIVEN = {"Known": "already_known", "Again": "opened_again", "Hours": "hours", "Each": "hours"}
"""Columns left out where there is nothing in them -> the column of ``YIELD`` that says so."""
SAID_TITLES = ("Likelihoods against what was found", "Answered", "Said", "Found", "95% interval", "")


def _cells(row: Row, titles: Sequence[str]) -> list[str]:
    cells = {
        "Children": f"{row['looked_into']:,}",
        "Missing": f"{row['missing']:,}",
        "Known": f"{row['already_known']:,}",
        "Share": f"{row['share_missing']:.0%}",
        "Closed": f"{row['closed']:,}",
        "Open": f"{row['open']:,}",
        "Again": f"{row['opened_again']:,}",
        "Hours": "–" if row["hours"] is None else f"{row['hours']:,.1f}",
        "Each": "–" if row["hours_per_child_found"] is None else f"{row['hours_per_child_found']:,.1f}",
    }
    return [cells[title] for title in titles]


def _said_and_found(answered: pl.DataFrame) -> list[list[str]]:
    """One row for each band of likelihood, the likeliest first."""
    bands = reliability_of_leads(answered).sort("band_from", descending=True)
    return [
        [
            f"  {row['band_from']:.0%} to {row['band_to']:.0%}",
            f"{row['judged']:,}",
            percent_written(row["said"]),
            f"{row['right']:.0%}",
            f"{row['right_low']:.0%} to {row['right_high']:.0%}",
            _verdict(row),
        ]
        for row in bands.iter_rows(named=True)
    ]


def _verdict(row: Row) -> str:
    """Whether what was said lies within the interval of what was found. Within a wide one it says little."""
    if row["said"] > row["right_high"]:
        return "said too much"
    if row["said"] < row["right_low"]:
        return "said too little"
    return "holds" if row["judged"] >= ENOUGH else "too few to say"


def _aligned(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines of a table: the first column to the left, the others to the right. A row of one cell is a heading."""
    whole = [titles, *(row for row in rows if len(row) == len(titles))]
    widths = [max(len(row[place]) for row in whole) for place in range(len(titles))]
    return "\n".join(
        "  ".join(
            [f"{row[0]:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=False))]
        ).rstrip()
        for row in [titles, *rows]
    )
