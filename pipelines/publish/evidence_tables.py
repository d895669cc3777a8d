"""What an evidence sheet says of each child, put together from the night's tables, for a few hundred children at most."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pipelines.children.promised_places import promises_place
from pipelines.children.provision import find_provision
from pipelines.formatted import in_small_letters
from pipelines.intake.schools import as_rolls_name_them
from pipelines.linking.family_ties import LEVEL
from pipelines.listing.household_places import household_places
from pipelines.listing.masking import masked_keys
from pipelines.publish.numbers import day
from pipelines.publish.publication import Publication
from pipelines.publish.timeline import Line
from pipelines.reasons import EXACT_IN_WORDS, in_100, named_end, source_called, with_commas

Row = dict[str, Any]
ByChild = Mapping[str, Sequence[Row]]

PROMISE = "promise"
NEAREST_TOLD = 5
DATES_TOLD = 6
"""Most dates of contact shown of one record, the latest; the timeline has them all."""


@dataclass(frozen=True, slots=True)
class SheetRows:
    """Rows about the chosen children, by child id."""

    members: ByChild
    """The child's records: person columns, ``membership``, and ``sure``, the same in words."""
    statements: ByChild
    """What they say: ``STATEMENT`` of every kind, as from :func:`as_sheets_tell`; letters to everybody are not contact."""
    findings: ByChild
    nearest: ByChild
    """Records in education that came near but are another child's, the nearest first."""
    household: ByChild
    """``HOUSEHOLD_PLACE``."""


def sheet_rows_of(publication: Publication, chosen: pl.DataFrame, protected: pl.Series) -> SheetRows:
    """The rows for the sheets of the children in ``chosen`` (``child_id``); ``protected``: ids of the protected."""
    mine = publication.child_records.join(chosen.select("child_id"), on="child_id", how="semi")
    members = mine.join(publication.person, on="record_id", how="inner", validate="1:1")
    said = mine.select("child_id", "record_id").join(publication.statements, on="record_id", how="inner")
    statements = as_rolls_name_them(said, publication.schools)
    return SheetRows(
        members=_by_child(members.with_columns(sure=in_100(pl.col("membership"))).sort("child_id", "record_id")),
        statements=_by_child(
            as_sheets_tell(statements.sort("child_id", "record_id", "kind", "since_on", "until_on", "what"))
        ),
        findings=_by_child(publication.findings.join(chosen.select("child_id"), on="child_id", how="semi")),
        nearest=_by_child(_nearest(publication, mine, protected)),
        household=_by_child(_household_places(publication, chosen, protected)),
    )


def as_sheets_tell(statements: pl.DataFrame) -> pl.DataFrame:
    """Statements in which an education has no end unless somebody named it, and a promised school place is of a kind of its
    own (``PROMISE``): it is no concern, and an officer asks at that school."""
    kind = pl.col("kind")
    is_promise = (kind == "concern") & promises_place(in_small_letters(pl.col("what")))
    return statements.with_columns(
        kind=pl.when(is_promise).then(pl.lit(PROMISE)).otherwise(kind),
        until_on=pl.when(kind == "provision").then(named_end()).otherwise("until_on"),
    )


def _by_child(frame: pl.DataFrame) -> ByChild:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        rows[row["child_id"]].append(row)
    return rows


def _household_places(publication: Publication, chosen: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    known = (publication.person, publication.statements, publication.child_records)
    return household_places(chosen["child_id"], *known, protected=protected, as_at=publication.as_at)


def _nearest(publication: Publication, mine: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """Pairs of a chosen child's record and another child's record in education: the nearest pair for each of the latter,
    current entries first, at most ``NEAREST_TOLD`` for a child.

    A record of a protected child is left out: that it came near would reveal where that child is.
    """
    apart = publication.links.filter(~pl.col("is_same_child")).drop("is_same_child")
    turned = apart.rename({"left_id": "record_id", "right_id": "near_id"})
    both = pl.concat(
        [turned, apart.rename({"right_id": "record_id", "left_id": "near_id"}).select(turned.columns)]
    ).join(mine.select("record_id", "child_id"), on="record_id", how="inner", validate="m:1")
    near_records = publication.child_records.join(both.select(record_id="near_id").unique(), on="record_id", how="semi")
    open_to_all = near_records.filter(~pl.col("child_id").is_in(protected.implode()))
    statements = publication.statements.join(open_to_all, on="record_id", how="semi")
    places = find_provision(statements, open_to_all, publication.as_at)
    schooled = places.group_by(near_id="record_id").agg(pl.col("is_current").any(), pl.col("source").first())
    return (
        both.join(schooled, on="near_id", how="inner", validate="m:1")
        .sort("child_id", "is_current", "match_weight", "near_id", descending=[False, True, True, False])
        .unique(["child_id", "near_id"], keep="first", maintain_order=True)
        .group_by("child_id", maintain_order=True)
        .head(NEAREST_TOLD)
        .with_columns(record_id=masked_keys(pl.col("near_id")), sure=in_100(pl.col("match_probability")))
    )


def level_weights(model: pl.DataFrame) -> dict[str, float]:
    """Weight in bits of each "comparison: level" of tonight's model."""
    return {
        f"{row['comparison']}: {row['level']}": row["weight"]
        for row in model.iter_rows(named=True)
        if row["weight"] is not None
    }


def for_and_against(levels: str, weights: Mapping[str, float]) -> tuple[str, str]:
    """The levels of a pair that speak for one child, and those that speak against it, in words; without levels of no
    weight.

    What the families' records say has no weight in the model, and speaks for one child.
    """
    parts = [part for part in levels.split("; ") if part]
    speaks_for = [part for part in parts if part == LEVEL or weights.get(part, 0.0) > 0]
    against = [part for part in parts if weights.get(part, 0.0) < 0]
    for_it, against_it = ("; ".join(told).replace(*EXACT_IN_WORDS) for told in (speaks_for, against))
    return for_it or "nothing", against_it or "too little in common"


def statements_in_words(statements: Iterable[Row]) -> list[str]:
    """What one record says, one line for each statement; the days of contact are in one line, the latest first."""
    rows = list(statements)
    lines = [line for row in rows if (line := _in_words(row))]
    dates = sorted({row["since_on"] for row in rows if row["kind"] == "seen" and row["since_on"]}, reverse=True)
    if dates:
        more = f" and {len(dates) - DATES_TOLD} earlier" if len(dates) > DATES_TOLD else ""
        lines.append(
            f"in contact with the child or family on {', '.join(day(date) for date in dates[:DATES_TOLD])}{more}"
        )
    return lines


def _in_words(row: Row) -> str:
    """What one statement says; empty for a day of contact, and for a statement that no officer needs."""
    what, since = row["what"] or "education", day(row["since_on"]) if row["since_on"] else ""
    told = {
        "provision": f"{with_commas(what, row['place'])}{_time(row)}{_doubt(row)}",
        "seen": "" if since else "dealt with the child or family on a day that cannot be read",
        "lives_here": f"entry{'' if row['until_on'] else ' open'}{_time(row, 'since')}",  # its home may have changed since
        "left": f"entry closed on {since}" if since else "",
        "concern": f"concern{_time(row, 'since')}: {what.replace('_', ' ')}",
        PROMISE: what + (f" ({row['place']})" if row["place"] else "") + (f", to start on {since}" if since else ""),
        "vanished": "vanished from the roll with no readable leaving date"
        + (f", last there on {since}" if since else ""),
        "protected": "the address must not be shown",
        "grown_up": "an adult in the household",
        "misdated": f"the birth date cannot be right, given {day(row['since_on'])}, so it is not used for the age",
    }
    return told.get(row["kind"], "")


def _time(row: Row, still: str = "from") -> str:
    """When a statement holds. ``still``: the word before the first day while no last day is given."""
    begun = "from" if row["until_on"] else still
    since = f" {begun} {day(row['since_on'])}" if row["since_on"] else ""
    until = f" to {day(row['until_on'])}" if row["until_on"] else ""
    return since + until


def _doubt(row: Row) -> str:
    return f" (doubt: {row['doubt']})" if row["doubt"] else ""


def timeline_lines(statements: Iterable[Row], names: Mapping[str, str]) -> list[Line]:
    """One line for each source with a date, ordered by the sources' names."""
    days: dict[str, list[date]] = defaultdict(list)
    spans: dict[str, list[tuple[date | None, date | None, str]]] = defaultdict(list)
    for row in statements:
        if row["kind"] in ("seen", "left", "vanished") and row["since_on"]:
            days[row["source"]].append(row["since_on"])
        elif row["kind"] in ("provision", "lives_here"):
            spans[row["source"]].append((row["since_on"], row["until_on"], row["kind"]))
    found = sorted({*days, *spans}, key=lambda source: names.get(source, source))
    return [Line(source_called(source, names), days[source], spans[source]) for source in found]


def last_sightings(statements: Iterable[Row], names: Mapping[str, str], as_at: date) -> list[str]:
    """The last day of contact that each source gives, the latest first."""
    last: dict[str, date] = {}
    for row in statements:
        if row["kind"] == "seen" and row["since_on"] and row["since_on"] <= as_at:
            last[row["source"]] = max(row["since_on"], last.get(row["source"], row["since_on"]))
    latest = sorted(last.items(), key=lambda one: (-one[1].toordinal(), one[0]))
    return [f"{source_called(source, names)} on {day(seen_on)}" for source, seen_on in latest]


def contradictions(members: Sequence[Row], names: Mapping[str, str], *, is_protected: bool) -> list[str]:
    """What the records of one child say that cannot all be true.

    A difference in sex is shown in the restricted folder only: it may reveal a gender recognised since (Gender Recognition
    Act 2004, s22). For the same reason forenames are never set side by side.
    """
    compared: list[tuple[str, str, Callable[[Any], str]]] = [
        ("Birth dates differ", "date_of_birth", day),
        ("Surnames differ", "surname_shown", str),
        ("Postcodes differ", "postcode_shown", str),
    ]
    if is_protected:
        compared.append(("Sex differs", "sex", str))
    lines = []
    for title, column, shown in compared:
        given: dict[str, tuple[str, set[str]]] = {}
        for row in members:
            if row[column]:
                words = shown(row[column])
                sources = given.setdefault(re.sub(r"[\W_]", "", words).casefold(), (words, set()))[1]
                sources.add(source_called(row["dataset"], names))
        if len(given) > 1:
            parts = (f"{words} ({', '.join(sorted(sources))})" for words, sources in given.values())
            lines.append(f"{title}: {'; '.join(parts)}.")
    return lines
