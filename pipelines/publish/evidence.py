"""``evidence/CHILD_ID.html``: one sheet for each child, for whoever knocks at the door. Opens offline, prints on paper.

Sheets of protected children are in ``restricted/evidence`` and nowhere else.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from markupsafe import Markup

from pipelines.counted import counted
from pipelines.files.folder import UNKNOWN
from pipelines.formatted import formatted
from pipelines.listing.clearing import what_would_clear
from pipelines.listing.likelihood import with_age
from pipelines.listing.masking import NOT_SHOWN_OF_A_PAIR, Masked
from pipelines.publish import evidence_tables
from pipelines.publish.evidence_tables import Row, SheetRows
from pipelines.publish.page import page
from pipelines.publish.publication import Publication
from pipelines.publish.timeline import timeline
from pipelines.reasons import full_name, in_100, sentences, source_called, with_commas
from pipelines.written_dates import birth_written, day_written

FOLDER = "evidence"
RESTRICTED_FOLDER = f"restricted/{FOLDER}"
SURELY_OF_AGE = 0.995
"""From this probability on, the sheet does not mention whether the child is of compulsory school age."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one sheet says."""

    candidate: Row
    name: str
    born: str
    address: str
    also_here: Sequence[Row]
    """Others on the list who share a home with the child, by rank: ``name``, ``rank``, ``page`` (null: no sheet)."""
    is_protected: bool
    likelihood: str
    because: Sequence[str]
    findings: Sequence[str]
    clearing: Sequence[str]
    contradictions: Sequence[str]
    timeline: Markup
    sightings: Sequence[str]
    records: Sequence[Row]
    nearest: Sequence[Row]
    searched: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Night:
    """What the sheets of one night share."""

    publication: Publication
    evidence: SheetRows
    weights: dict[str, float]
    likelihoods: dict[str, str]
    sources: Sequence[Row]
    together: Mapping[bool, Mapping[str, Sequence[Row]]]
    """Whether protected -> the listed children by household (:func:`_together`); the two are kept apart."""


def evidence_sheets(publication: Publication, listed: Masked) -> dict[str, bytes]:
    """Sheets of the first children by rank (``publication.evidence_sheets`` of them) and of all protected children on the
    list, about whom ``rollcall explain`` tells nobody more; by path in the publication."""
    is_first = pl.int_range(pl.len()) < publication.evidence_sheets
    is_protected = pl.col("child_id").is_in(listed.protected.implode())
    first = listed.candidates.sort("rank").filter(is_first | is_protected)
    protected = set(listed.protected)
    full = {row["child_id"]: row for row in listed.restricted.iter_rows(named=True)}
    evidence = evidence_tables.sheet_rows_of(publication, first, listed.protected)
    shared = {
        "as_at": publication.as_at,
        "authority": publication.authority,
        "listed": f"{listed.candidates.height:,}",
        "limit": f"{publication.evidence_sheets:,}",
    }
    night = _Night(
        publication,
        evidence,
        evidence_tables.level_weights(publication.link_report.model),
        _likelihoods(publication.candidates.join(first, on="child_id", how="semi")),
        _sources(publication),
        {True: _together(listed.restricted, first), False: _together(listed.candidates, first)},
    )
    files = {}
    for row in first.iter_rows(named=True):
        child = row["child_id"]
        sheet = _sheet(night, full.get(child, row), child in protected)
        path = _path(child, is_protected=child in protected)
        files[path] = page("evidence.html.j2", styles=("evidence.css",), sheet=sheet, **shared)
    return files


def _path(child_id: str, *, is_protected: bool) -> str:
    return f"{RESTRICTED_FOLDER if is_protected else FOLDER}/{_page(child_id)}"


def _page(child_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", child_id) + ".html"


def _together(listed: pl.DataFrame, with_sheet: pl.DataFrame) -> dict[str, list[Row]]:
    """Household -> the listed children who share it, by rank: ``child_id``, ``name``, ``rank``, ``page`` (null: no sheet)."""
    pages = {child: _page(child) for child in with_sheet["child_id"]}
    together: dict[str, list[Row]] = {}
    for row in listed.filter(pl.col("household").is_not_null()).sort("rank").iter_rows(named=True):
        child = row["child_id"]
        member = {"child_id": child, "name": full_name(row), "rank": row["rank"], "page": pages.get(child)}
        together.setdefault(row["household"], []).append(member)
    return together


def _sheet(night: _Night, candidate: Row, is_protected: bool) -> Sheet:
    publication, evidence = night.publication, night.evidence
    child, names, as_at = candidate["child_id"], publication.source_names, publication.as_at
    members, statements = evidence.members.get(child, []), evidence.statements.get(child, [])
    near, homes = evidence.nearest.get(child, []), night.together[is_protected]
    address = with_commas(candidate["address"], candidate["postcode"])
    return Sheet(
        candidate=candidate,
        name=full_name(candidate),
        born=birth_written(candidate["date_of_birth"], candidate["born_in"]) or "not known",
        address=address or "none known",
        also_here=[row for row in homes.get(candidate["household"], []) if row["child_id"] != child],
        is_protected=is_protected,
        likelihood=night.likelihoods[child],
        because=sentences(candidate["because"]),
        findings=[f"{row['points']} points: {row['because']}" for row in evidence.findings.get(child, [])],
        clearing=what_would_clear(
            candidate,
            has_rival=any(row["is_current"] for row in near),
            factors={row["factor"] for row in evidence.findings.get(child, [])},
            household=(row for row in evidence.household.get(child, []) if is_protected or row["is_open_to_all"]),
        ),
        contradictions=evidence_tables.contradictions(members, names, is_protected=is_protected),
        timeline=timeline(evidence_tables.timeline_lines(statements, names), as_at),
        sightings=evidence_tables.last_sightings(statements, names, as_at),
        records=[_record(row, statements, names) for row in members],
        nearest=[_near_record(row, names, night.weights, is_protected=is_protected) for row in near],
        searched=_searched(night.sources, members),
    )


def _likelihoods(candidates: pl.DataFrame) -> dict[str, str]:
    """Child id -> how likely the lead is, and what that is made of, in sentences."""
    words = formatted(
        "How likely it is that the child is of school age, in no education that a record shows, and still living here: {}. "
        "That no roll or register has the child: {}. That the child still lives here: {}.",
        *(in_100(pl.col(name)) for name in ("likelihood", "on_no_roll", "living_here")),
    )
    age = formatted(" That the child is of compulsory school age: {}.", in_100(pl.col("of_age")))
    doubtful = pl.when(pl.col("of_age") < SURELY_OF_AGE).then(age).otherwise(pl.lit(""))
    return dict(with_age(candidates).select("child_id", words + doubtful).iter_rows())


def _record(row: Row, statements: Sequence[Row], names: Any) -> Row:
    address = with_commas(row["address_shown"], row["postcode_shown"])
    return {
        "source": source_called(row["dataset"], names),
        "record_id": row["record_id"],
        "sure": row["sure"],
        "address": address or "none",
        "says": evidence_tables.statements_in_words(one for one in statements if one["record_id"] == row["record_id"]),
    }


def _near_record(row: Row, names: Any, weights: dict[str, float], *, is_protected: bool) -> Row:
    """One record in education that came near; how its sex compares is shown in the restricted folder only."""
    parts = (row["levels"] or "").split("; ")
    shown = [part for part in parts if is_protected or part.split(": ")[0] != NOT_SHOWN_OF_A_PAIR]
    speaks_for, against = evidence_tables.for_and_against("; ".join(shown), weights)
    return {**row, "source": source_called(row["source"], names), "speaks_for": speaks_for, "against": against}


def _sources(publication: Publication) -> list[Row]:
    """Every source that came or should have come, by name: ``rows`` searched (null: not searched), and why not.

    ``of``: the day of the rows, if older ones stand in for tonight's; null: tonight's. A file that no contract names
    belongs to no source.
    """
    loaded = publication.deliveries.group_by("source").agg(
        rows=pl.col("rows_loaded").sum(), is_loaded=(pl.col("verdict") == "loaded").any()
    )
    came = {row["source"]: row for row in loaded.iter_rows(named=True)}
    stand = {source: (on, rows) for source, on, _, rows in publication.stands_in.iter_rows()}
    names = publication.source_names
    named = {source: source_called(source, names) for source in {*came, *names} - {UNKNOWN}}
    return [
        {
            "source": source,
            "name": name,
            "rows": _rows_searched(came.get(source), stand.get(source)),
            "of": stand[source][0] if source in stand else None,
            "why_not": "its file was refused" if source in came else "no file was received",
        }
        for source, name in sorted(named.items(), key=lambda one: one[1])
    ]


def _rows_searched(came: Row | None, stand: tuple[date, int] | None) -> int | None:
    if stand:
        return stand[1]
    return came["rows"] if came and came["is_loaded"] else None


def _searched(sources: Sequence[Row], members: Sequence[Row]) -> list[str]:
    """What was found about the child in each source that was read; then, a sentence for each reason, the sources not read."""
    records = Counter(row["dataset"] for row in members)
    read = [
        f"{source['name']} ({counted(source['rows'], 'row')}{_as_of(source['of'])}): {_found(records[source['source']])}"
        for source in sources
        if source["rows"] is not None
    ]
    missing = [source for source in sources if source["rows"] is None]
    return [
        f"{'; '.join(read)}.",
        *(
            f"Not searched, as {why}: {', '.join(source['name'] for source in missing if source['why_not'] == why)}."
            for why in sorted({source["why_not"] for source in missing}, reverse=True)
        ),
    ]


def _as_of(day: date | None) -> str:
    return f" from {day_written(day)}, as none came tonight" if day else ""


def _found(records: int) -> str:
    return counted(records, "record") if records else "nothing"
