"""Why a child or a record is, or is not, on the list: one page of plain English.

Other children are named by record id only. If a source protects the child or somebody whom it lives with
(:mod:`pipelines.listing.masking`), address, school, carer, who saw the child and all reasons are left out.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

import polars as pl

from pipelines.age import ends_on, starts_on
from pipelines.children.exchanged_births import records_by_age
from pipelines.children.facts import child_facts
from pipelines.counted import counted
from pipelines.listing.clearing import what_would_clear
from pipelines.listing.household_places import household_places
from pipelines.listing.likelihood import with_age
from pipelines.listing.masking import (
    comparison_without_sex,
    marks_in,
    masked_comparison,
    masked_keys,
    masked_list,
    without_marks,
)
from pipelines.listing.rank import CLOSED, DIED, IN_EDUCATION, MOVED_AWAY, NOT_OF_AGE, REASON_IN_WORDS, SAME_AS_RIVAL
from pipelines.listing.waiting import AGE_ENDS, NOT_YET, OVER_HOLIDAYS
from pipelines.reasons import full_name, in_100, in_100_written, named_end, sentences, source_called, with_commas
from pipelines.record_ids import source_of
from pipelines.reports.life import as_typed, child_since, known_to_ledger, life_of
from pipelines.settings import SettingsError
from pipelines.tables.night import judged_on
from pipelines.written_dates import birth_written, day_written

EXPLAIN_READS = (
    "night",
    "person_record",
    "statement",
    "child_record",
    "rival",
    "provision",
    "finding",
    "candidate",
    "explained",
)
"""Tables of the store that :func:`explain` reads."""

WIDTH = 100
NEAREST_TOLD = 5
"""Most records or children shown, the nearest first."""
LIST_IS_NO_FINDING = "Possibly missing education, to be looked into. This says nothing about the family."

WHAT_WOULD_LIST = {
    IN_EDUCATION: "That education ending with no other to follow, or a judgement that the record is not this child's.",
    SAME_AS_RIVAL: "A judgement that the two are different children.",
    MOVED_AWAY: "An agency here seeing the child again.",
    NOT_OF_AGE: "More records with a birth date of compulsory school age.",
    CLOSED: "Something that contradicts the officer's outcome, such as an education ending, another home or a new concern.",
    DIED: "A correction by the source, or a judgement that its record is another child's.",
    NOT_YET: "The date given above, or a reason to look sooner, such as a referral.",
    OVER_HOLIDAYS: "The date given above, or the place being given up.",
    AGE_ENDS: "A later birth date.",
}
"""Reason of ``EXPLAINED`` -> what would bring the child onto the list."""

Row = dict[str, Any]


class UnknownIdentifierError(SettingsError):
    """No child and no record of the night has this id. The message does not repeat the id: it may be a name."""


@dataclass(frozen=True)
class ExplainedChild:
    """One child, and the tables that the page is made from."""

    child_id: str
    tables: Mapping[str, pl.DataFrame]
    names: Mapping[str, str]
    as_at: date
    protected: pl.Series
    """``child_id`` of every protected child."""

    @property
    def marks(self) -> pl.Series:
        """``record_id`` of the records that protect a child."""
        return marks_in(self.tables["statement"])

    @property
    def is_protected(self) -> bool:
        """Whether this child is."""
        return self.child_id in self.protected

    def rows(self, table: str) -> list[Row]:
        """The child's rows of a table."""
        return self.tables[table].filter(pl.col("child_id") == self.child_id).to_dicts()


def explain(identifier: str, tables: Mapping[str, pl.DataFrame], source_names: Mapping[str, str] | None = None) -> str:
    """A page about one child, given by child id ("CH…") or by the id of one of its records ("source:key").

    ``tables``, of one night: those named in ``EXPLAIN_READS`` and :data:`pipelines.reports.life.LIFE_READS`. An id that a
    child had earlier leads to that child. If no record of the child came tonight, the page is made from the ledger alone.
    Raises :class:`UnknownIdentifierError`.
    """
    asked = as_typed(identifier)
    child_id = _child_asked(asked, tables)
    if child_id is None:
        return _past_child(asked, tables)
    safe = masked_list(tables)
    child = ExplainedChild(
        child_id=child_id,
        tables={**tables, "candidate": safe.candidates, "explained": safe.explained},
        names=source_names or {},
        as_at=judged_on(tables),
        protected=safe.protected,
    )
    facts = _facts(child)
    opening = [f"Child {child_id}, as at {day_written(child.as_at)}", _who(facts)]
    is_record = asked in child.tables["child_record"]["record_id"]
    if asked != child_id:
        now = f"Child {asked} is now child {child_id}."
        opening.append("The record asked for is one of this child's." if is_record else now)
    if child.is_protected:
        opening.append(
            "A source protects this child: address, school, carer, who saw the child and every reason are withheld."
        )
    life = life_of(child_id, tables, is_protected=child.is_protected)
    if asked != child_id and not is_record:
        life += life_of(asked, tables, is_protected=child.is_protected)[:1]
    sections = [("", opening), *_verdict(child, facts), *life, *_evidence(child)]
    return "\n\n".join(_section(title, lines) for title, lines in sections if lines) + "\n"


def _past_child(child_id: str, tables: Mapping[str, pl.DataFrame]) -> str:
    """The page of a child of whom no record came tonight, from the ledger alone."""
    leads = tables["lead"]
    lead = leads.filter(child_id=known_to_ledger(child_id, leads)).sort("spell").to_dicts()[-1]
    opening = [
        f"Child {child_id}, as at {day_written(judged_on(tables))}",
        _who(lead | {"age": None}),
        "None of the child's records came tonight.",
    ]
    sections = [("", opening), *life_of(child_id, tables, is_protected=False)]
    return "\n\n".join(_section(title, lines) for title, lines in sections if lines) + "\n"


def _child_asked(asked: str, tables: Mapping[str, pl.DataFrame]) -> str | None:
    """Tonight's child that an id means, even if it had that id only earlier; null: only the ledger still knows it.

    Raises :class:`UnknownIdentifierError`.
    """
    records = tables["child_record"]
    if asked not in records["child_id"] and asked not in records["record_id"]:
        if (here := child_since(asked, tables)) is not None:
            return here
        if known_to_ledger(asked, tables["lead"]):
            return None
    return child_of(asked, records)


def child_of(identifier: str, child_records: pl.DataFrame) -> str:
    """The child that an id means: a child's id or a record's. Raises :class:`UnknownIdentifierError`."""
    asked = as_typed(identifier)
    is_child, is_record = pl.col("child_id") == asked, pl.col("record_id") == asked
    found = child_records.filter(is_child | is_record)["child_id"].unique()
    if found.len() != 1:
        raise UnknownIdentifierError(
            f"No child and no record of this night has that id. {_perhaps_of(asked, child_records)}Give a child's id as "
            "shown on the list (CH and ten letters or digits), or a record as source:key, such as health:H0000001, with the "
            "key as in the extract. To search by name and birth date: rollcall find."
        )
    return str(found.item())


def _perhaps_of(asked: str, child_records: pl.DataFrame) -> str:
    """Which source of tonight's is perhaps meant by the first part of an id of a record; empty: it is one, or none is near."""
    source, colon, _ = asked.partition(":")
    known = child_records.select(source_of(pl.col("record_id"))).to_series().unique().to_list()
    near = get_close_matches(source, known, n=1) if colon and source not in known else []
    return f"Perhaps the source {near[0]} is meant. " if near else ""


def _facts(child: ExplainedChild) -> Row:
    """The child's own facts, and when it is of compulsory school age."""
    members = child.tables["child_record"].filter(pl.col("child_id") == child.child_id)
    person = records_by_age(child.tables["person_record"])
    person = person.join(members.select("record_id"), on="record_id", how="semi")
    born = pl.col("date_of_birth")
    facts = child_facts(person, child.tables["statement"], members, child.as_at)
    return facts.with_columns(starts_on=starts_on(born), ends_on=ends_on(born)).row(0, named=True)


def _who(facts: Row) -> str:
    name = full_name(facts)
    old = "" if facts["age"] is None else f", {counted(facts['age'], 'year')} old"
    return f"{name}, {_born(facts) or 'birth date unknown'}{old}"


def _born(facts: Row) -> str:
    """When a child was born, as far as it is known; empty: it is not."""
    written = birth_written(facts["date_of_birth"], facts["born_in"])
    return written and f"born {'in' if facts['born_in'] else 'on'} {written}"


def _verdict(child: ExplainedChild, facts: Row) -> list[tuple[str, list[str]]]:
    """On the list, explained, or not of age; and why."""
    if candidate := next(iter(child.rows("candidate")), None):
        return _listed(child, candidate)
    if explained := next(iter(child.rows("explained")), None):
        if child.is_protected:
            return [("Not on the list", [explained["why"]])]
        return [
            (
                "Not on the list",
                [f"Reason: {REASON_IN_WORDS.get(explained['reason'], explained['reason'])}.", explained["why"]],
            ),
            ("What would bring the child onto the list", [WHAT_WOULD_LIST[explained["reason"]]]),
        ]
    lines = ["The child is not of compulsory school age on this date."]
    if facts["date_of_birth"] is not None:
        lines.append(
            f"The child is of that age from {day_written(facts['starts_on'])} to {day_written(facts['ends_on'])}."
        )
    return [("Not on the list", lines)]


def _listed(child: ExplainedChild, candidate: Row) -> list[tuple[str, list[str]]]:
    """Place on the list, the reasons for it, and what would clear the lead."""
    place = f'Rank {candidate["rank"]} of {child.tables["candidate"].height}, lane "{candidate["lane"]}".'
    findings = [] if child.is_protected else list(child.rows("finding"))
    points = [f"{row['points']:>3} points: {row['because']}" for row in findings]
    clearing = what_would_clear(
        candidate,
        has_rival=bool(child.rows("rival")),
        household=_household(child),
        factors={row["factor"] for row in findings},
    )
    return [
        ("On the list", [place, _likelihood(child, candidate), *_comes_later(candidate), LIST_IS_NO_FINDING]),
        ("Why", sentences(candidate["because"])),
        (f"Reasons to look sooner: {candidate['priority']} points", points),
        ("What would clear it", clearing),
    ]


def _likelihood(child: ExplainedChild, candidate: Row) -> str:
    """How likely the lead is and, unless the child is protected, what that is made of."""
    if child.is_protected:
        return f"Likelihood {in_100_written(candidate['likelihood'])}. What it is made of is withheld."
    made_of = with_age(child.tables["candidate"].filter(child_id=candidate["child_id"])).row(0, named=True)
    estimated, on_no_roll, living_here, of_age = (
        in_100_written(made_of[name]) for name in ("estimated", "on_no_roll", "living_here", "of_age")
    )
    likelihood = (
        f"Likelihood {estimated} = on no roll {on_no_roll} x living here {living_here} "
        f"x of compulsory school age {of_age}"
    )
    moved = f"; allowing for what officers found on earlier leads, {in_100_written(candidate['likelihood'])}"
    return likelihood + ("." if candidate["likelihood"] == candidate["estimated"] else f"{moved}.")


def _comes_later(candidate: Row) -> list[str]:
    """How far a school that sent no list moves the child down; empty if not at all, or if the child is protected."""
    share = candidate["unlisted_school"]
    if not share:
        return []
    return [
        f"In the order of the list it has lost {in_100_written(share)} of its urgency (likelihood x points), as a school that "
        "sent no list may have it."
    ]


def _household(child: ExplainedChild) -> list[Row]:
    """Where unprotected other children of the household are educated; empty if this child is protected."""
    if child.is_protected:
        return []
    tables = (child.tables[name] for name in ("person_record", "statement", "child_record"))
    places = household_places(pl.Series([child.child_id]), *tables, protected=child.protected, as_at=child.as_at)
    return places.filter("is_open_to_all").to_dicts()


def _evidence(child: ExplainedChild) -> list[tuple[str, list[str]]]:
    """Records, education and nearest other children."""
    return [
        ("Records that make this child", _records(child)),
        ("Education that the extracts show", _education(child)),
        ("Nearest other children", _rivals(child)),
    ]


def _records(child: ExplainedChild) -> list[str]:
    """One line for each record: how certain it is, and what it says of birth and place."""
    people = child.tables["person_record"].select("record_id", "dataset", "date_of_birth", "born_in", "postcode_shown")
    mine = child.tables["child_record"].filter(pl.col("child_id") == child.child_id)
    mine = mine.join(people, on="record_id", how="left", validate="1:1").sort("record_id")
    key = masked_keys(pl.col("record_id")) if child.is_protected else pl.col("record_id")
    shown = mine.filter(~pl.col("record_id").is_in(child.marks.implode())).with_columns(
        key=key, sure=in_100(pl.col("membership"))
    )
    withheld = mine.height - shown.height
    lines = [f"Withheld: {counted(withheld, 'record')} with the mark that protects the child."] if withheld else []
    for row in shown.iter_rows(named=True):
        born = _born(row) or "no birth date"
        home = f", {row['postcode_shown']}" if row["postcode_shown"] and not child.is_protected else ""
        lines.append(
            f"{row['key']} ({source_called(row['dataset'], child.names)}): {row['sure']} to be this child's; {born}{home}"
        )
    return lines


def _education(child: ExplainedChild) -> list[str]:
    """One line for each provision entry, current ones first."""
    if child.is_protected:
        return []
    entries = pl.DataFrame(child.rows("provision"), schema=child.tables["provision"].schema)
    shown = entries.sort("is_current", "since_on", descending=True, nulls_last=True).with_columns(
        named_end(), sure=in_100(pl.col("link_probability"))
    )
    lines = []
    for row in shown.iter_rows(named=True):
        place = with_commas(row["what"], row["place"])
        since = f" from {day_written(row['since_on'])}" if row["since_on"] else ""
        until = f" to {day_written(row['until_on'])}" if row["until_on"] else ""
        state = "current" if row["is_current"] else "not current"
        doubt = f"; doubt: {row['doubt']}" if row["doubt"] else ""
        lines.append(
            f"{place}{since}{until}: {state} (record {row['record_id']}, {row['sure']} to be this child's{doubt})"
        )
    return lines or ["None, now or earlier."]


def _rivals(child: ExplainedChild) -> list[str]:
    """The nearest other children, by record id, with the level of agreement in each comparison; empty if this child is
    protected: how near it is to a child in education is a reason of the list."""
    if child.is_protected:
        return []
    current = child.tables["provision"].filter("is_current")["child_id"].unique()
    rivals = pl.DataFrame(child.rows("rival"), schema=child.tables["rival"].schema)
    nearest = rivals.sort("probability", "match_weight", "rival_child_id", descending=[True, True, False])
    shown = nearest.head(NEAREST_TOLD).with_columns(
        is_schooled=pl.col("rival_child_id").is_in(current.implode()),
        key=masked_keys(without_marks(pl.col("rival_record_id"), child.marks)),
        sure=in_100(pl.col("probability")),
        levels=_levels(child),
    )
    lines = []
    for row in shown.iter_rows(named=True):
        schooled = "in education" if row["is_schooled"] else "not in education now"
        levels = f": {row['levels']}" if row["levels"] else ""
        alone = f"{row['sure']} to be the same child, from the records alone ({row['match_weight']:.1f} bits{levels})"
        lines.append(f"{row['key']}, {schooled}: {alone}")
    return lines or ["None is a close match."]


def _levels(child: ExplainedChild) -> pl.Expr:
    """The levels in words. How places compare is withheld if the other child is protected; how sexes compare is always
    withheld."""
    levels = comparison_without_sex(pl.col("levels"))
    is_withheld = pl.col("rival_child_id").is_in(child.protected.implode())
    return pl.when(is_withheld).then(masked_comparison(levels)).otherwise(levels)


def _section(title: str, lines: list[str]) -> str:
    """A title with its lines indented under it; the opening has no title."""
    if not title:
        return "\n".join(lines)
    indented = [textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines]
    return "\n".join([title, *indented])
