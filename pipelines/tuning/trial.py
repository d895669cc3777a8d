"""The last night judged again with other settings, without publishing: who would come onto the list, and who would leave.

Everything comes from the store. The weights are those of the night, and only what people had judged or found by then
counts. So nothing differs but the settings: with the night's own settings the list comes out as it was.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from matching.clustering.cluster import id_moves
from matching.person import Columns
from matching.weights.model import Model
from pipelines.children.provision import find_provision
from pipelines.decisions.judgements import judgements_for_linkage
from pipelines.formatted import formatted
from pipelines.linking.link import CHILD_SETTINGS, link, records_to_link
from pipelines.linking.measures_in_force import MEASURED_TABLES, MeasuresInForce, read_measures
from pipelines.linking.model_file import ModelInUse
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.masking import BECAUSE_WITHHELD, masked_list
from pipelines.listing.rank import LANES, RESTRICTED, rank
from pipelines.rank_settings import RankSettings
from pipelines.residence.homes import with_homes
from pipelines.residence.living_here import judge_residence
from pipelines.residence.records import record_dates
from pipelines.settings import LinkSettings, Settings, settings_by_key
from pipelines.tables.night import judged_on

TUNING_READS = (
    "night",
    "person_record",
    "statement",
    "link",
    "child_record",
    "rival",
    "provision",
    "candidate",
    "explained",
    "school",
    *MEASURED_TABLES,
)
"""Tables of the store that :func:`last_night` and :func:`judge_night_again` read."""

LINKS = ("link", "child_record", "rival")
"""Those of them that depend on the settings of the linkage."""

COMES, LEAVES = "comes", "leaves"

FIRST = 50
"""Length of the top of the list in which newcomers are counted: what a team can look into within weeks. Points alone bring
nobody onto the list, but change who is at its top."""

CHANGE = pl.Schema(
    Columns(
        {
            "child_id": pl.String,  # key
            "what": pl.String,  # comes, leaves
            "lane": pl.String,  # where the child is listed: after, for one that comes; before, for one that leaves
            "rank": pl.Int64,  # likewise
            "before": pl.Float64,  # likelihood before, 0..1; null: education explains the child, or no such child
            "after": pl.Float64,  # likelihood after, likewise
            "because": pl.String,  # plain English; withheld for a protected child
        }
    )
)
"""One row is one child who is on only one of two lists."""

LANE = pl.Schema(
    Columns(
        {
            "lane": pl.String,  # "all lanes" last
            "before": pl.Int64,  # children listed: enquiries to make
            "after": pl.Int64,
            "expected_before": pl.Float64,  # how many of them are truly missing and here, by their likelihoods
            "expected_after": pl.Float64,
        }
    )
)
"""One row is one lane of two lists."""


@dataclass(frozen=True)
class JudgedNight:
    """A night as judged with one set of settings."""

    settings: Settings
    links: pl.DataFrame
    child_records: pl.DataFrame
    candidates: pl.DataFrame
    """CANDIDATE, masked as for publication."""
    explained: pl.DataFrame
    """EXPLAINED, masked as for publication."""
    protected: pl.Series


def last_night(tables: Mapping[str, pl.DataFrame], settings: Settings) -> JudgedNight:
    """The last night as it was judged. ``settings``: those it ran with."""
    return _listed(settings, tables)


def judge_night_again(
    tables: Mapping[str, pl.DataFrame],
    settings: Settings,
    *,
    model: Model,
    judgements: pl.DataFrame,
    outcomes: pl.DataFrame,
    source_names: Mapping[str, str],
    links_stand: bool,
) -> JudgedNight:
    """The last night judged with other settings. ``model``: its weights. ``judgements``, ``outcomes``: all there are; later
    ones than the night are left out. ``links_stand``: no setting of the linkage differs, so the night's links are taken
    as they are."""
    by_then = pl.col("at") < tables["night"]["started_at"].item()
    links, held = {name: tables[name] for name in LINKS}, read_measures(tables)
    if held is None or not links_stand:
        links, held = _linked(tables, settings, model, judgements.filter(by_then), held)
    inputs = _inputs_by_links(
        tables, links, settings, held, outcomes=outcomes.filter(by_then), source_names=source_names
    )
    ranked = rank(inputs)
    return _listed(settings, {**tables, **links, "candidate": ranked.candidates, "explained": ranked.explained})


def _inputs_by_links(
    tables: Mapping[str, pl.DataFrame],
    links: Mapping[str, pl.DataFrame],
    settings: Settings,
    held: MeasuresInForce,
    *,
    outcomes: pl.DataFrame,
    source_names: Mapping[str, str],
) -> ListInputs:
    """What is known of the night's children, by these ``LINKS``, the measures used for them, and these settings."""
    as_at = judged_on(tables)
    person, statements, child_records = tables["person_record"], tables["statement"], links["child_record"]
    provision = find_provision(statements, child_records, as_at)
    residence = judge_residence(
        record_dates(statements, as_at),
        person,
        child_records,
        provision,
        with_homes(person),
        as_at=as_at,
        source_names=source_names,
        area=settings.ranking.area,
    )
    return ListInputs(
        person=person,
        statements=statements,
        child_records=child_records,
        rivals=links["rival"],
        provision=provision,
        residence=residence,
        as_at=as_at,
        settings=settings.ranking,
        source_names=source_names,
        outcomes=outcomes,
        never_met=held.never_met,
        schools=tables["school"],
    )


def _linked(
    tables: Mapping[str, pl.DataFrame],
    settings: Settings,
    model: Model,
    judgements: pl.DataFrame,
    held: MeasuresInForce | None,
) -> tuple[dict[str, pl.DataFrame], MeasuresInForce]:
    """``LINKS`` of the night's records with other settings, and the measures used for them."""
    linked = link(
        records_to_link(tables["person_record"]),
        before=tables["child_record"],
        judgements=judgements_for_linkage(judgements),
        in_force=ModelInUse(model, "in force"),
        settings=replace(CHILD_SETTINGS, link_probability=settings.linkage.link_threshold),
        held=held,
    )
    return dict(zip(LINKS, (linked.links, linked.child_records, linked.rivals), strict=True)), linked.held


def _listed(settings: Settings, tables: Mapping[str, pl.DataFrame]) -> JudgedNight:
    safe = masked_list(tables)
    return JudgedNight(
        settings, tables["link"], tables["child_record"], safe.candidates, safe.explained, safe.protected
    )


def changes(before: JudgedNight, after: JudgedNight) -> pl.DataFrame:
    """``CHANGE``: who comes and who leaves, each in the order of its list. A child protected on either side is masked."""
    protected = pl.concat([before.protected, after.protected]).implode()
    moves = id_moves(before.child_records, after.child_records)
    merged = _moves_in_words(moves, "child_id", "other_child_id", "the records now belong to child {}")
    split = _moves_in_words(moves, "other_child_id", "child_id", "some of the records belonged to child {} before")
    comes = _only(after, before, COMES, split).rename({"here": "after", "there": "before"})
    leaves = _only(before, after, LEAVES, merged).rename({"here": "before", "there": "after"})
    frame = pl.concat([comes.select(CHANGE.names()).cast(CHANGE), leaves.select(CHANGE.names()).cast(CHANGE)])
    is_protected = pl.col("child_id").is_in(protected)
    return frame.with_columns(
        lane=pl.when(is_protected).then(pl.lit(RESTRICTED)).otherwise("lane"),
        because=pl.when(is_protected).then(pl.lit(BECAUSE_WITHHELD)).otherwise("because"),
    )


def _moves_in_words(moves: pl.DataFrame, child: str, other: str, words: str) -> pl.DataFrame:
    """``child_id``, ``moved``: in words, with which children it shares records between the two."""
    shared = moves.group_by(pl.col(child).alias("child_id")).agg(
        others=pl.col(other).sort().unique(maintain_order=True)
    )
    return shared.select("child_id", moved=formatted(words, pl.col("others").list.join(", ")))


def _only(listed: JudgedNight, other: JudgedNight, what: str, moves: pl.DataFrame) -> pl.DataFrame:
    """Children on one list but not on the other: their likelihood ``here`` and ``there``, and why."""
    only = listed.candidates.join(other.candidates, on="child_id", how="anti")
    beside = other.explained.select("child_id", "why", there="likelihood")
    joined = only.join(beside, on="child_id", how="left", validate="1:1", maintain_order="left")
    joined = joined.join(moves, on="child_id", how="left", validate="1:1", maintain_order="left")
    known = pl.col("child_id").is_in(other.child_records["child_id"].unique().implode())
    no_child, not_of_age = pl.lit("The linkage then has no such child"), pl.lit("Then not of compulsory school age")
    gone = pl.when(known).then(not_of_age).otherwise(no_child)
    reason = pl.col("because") if what == COMES else pl.coalesce("why", pl.when(pl.col("moved").is_null()).then(gone))
    moved = pl.col("moved").str.replace("^(.)(.*)$", "${1}${2}.")
    capital = moved.str.slice(0, 1).str.to_uppercase() + moved.str.slice(1)
    because = pl.concat_str(capital, reason, separator=" ", ignore_nulls=True)
    return joined.with_columns(what=pl.lit(what), here=pl.col("likelihood"), because=because)


def by_lane(before: JudgedNight, after: JudgedNight) -> pl.DataFrame:
    """``LANE``: both lists side by side; every lane that either has."""
    sides = [
        listed.candidates.group_by("lane").agg(
            pl.len().alias(name), pl.col("likelihood").sum().alias(f"expected_{name}")
        )
        for name, listed in (("before", before), ("after", after))
    ]
    frame = sides[0].join(sides[1], on="lane", how="full", coalesce=True, validate="1:1").fill_null(0)
    order = pl.col("lane").replace_strict(
        {lane: n for n, lane in enumerate(LANES)}, default=len(LANES), return_dtype=pl.Int64
    )
    total = frame.select(pl.lit("all lanes").alias("lane"), pl.exclude("lane").sum())
    parts = [part.select(LANE.names()).cast(LANE) for part in (frame.sort(order, "lane"), total)]
    return pl.concat(parts)


def differing_settings(before: Settings, after: Settings) -> list[tuple[str, object, object]]:
    """Settings that differ, as (``group.key``, before, after)."""
    ours, theirs = settings_by_key(before), settings_by_key(after)
    return [(key, ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]]


def settings_unlike_the_night(recorded: Mapping[str, object], settings: Settings) -> list[str]:
    """Keys of the settings that affect the list and differ from the night's. ``recorded``: what its ``run.json`` has.

    A setting that it does not mention, as on a night of an earlier version, counts as being at its default.
    """
    by_default = settings.model_copy(update={"linkage": LinkSettings(), "ranking": RankSettings()})
    ours, plain = (json.loads(json.dumps(settings_by_key(one), default=str)) for one in (settings, by_default))
    theirs = {key: value for key, value in recorded.items() if key.startswith(("linkage.", "ranking."))}
    return sorted(
        key for key in ours.keys() | theirs if ours.get(key, plain.get(key)) != theirs.get(key, plain.get(key))
    )


def largest_moves(before: JudgedNight, after: JudgedNight, most: int) -> pl.DataFrame:
    """Children on both lists whose rank changes most, at most ``most``: child_id, lane, rank_before, rank_after. Without
    protected children: which settings move a child says what is known of it."""
    both = before.candidates.select("child_id", rank_before="rank").join(
        after.candidates.select("child_id", "lane", rank_after="rank"), on="child_id", validate="1:1"
    )
    both = both.filter(~pl.col("child_id").is_in(pl.concat([before.protected, after.protected]).implode()))
    moved = both.filter(pl.col("rank_before") != pl.col("rank_after"))
    size = (pl.col("rank_before") - pl.col("rank_after")).abs()
    return moved.sort(size, "rank_after", descending=[True, False]).head(most).sort("rank_after")


def figures(before: JudgedNight, after: JudgedNight) -> dict[str, float | int | str | None]:
    """The figures that go with a proposal: enquiries, children expected to be found, and how many come and leave."""
    total = by_lane(before, after).row(-1, named=True)
    counted = dict(changes(before, after).group_by("what").len().iter_rows())
    return {
        "enquiries before": total["before"],
        "enquiries after": total["after"],
        "expected to be found before": round(total["expected_before"], 1),
        "expected to be found after": round(total["expected_after"], 1),
        "come onto the list": counted.get(COMES, 0),
        "leave the list": counted.get(LEAVES, 0),
        f"others among the first {FIRST}": newcomers_among_first(FIRST, before, after),
        "links before": before.links.filter("is_same_child").height,
        "links after": after.links.filter("is_same_child").height,
    }


def newcomers_among_first(first: int, before: JudgedNight, after: JudgedNight) -> int:
    """How many of the ``first`` children by rank after are not among the ``first`` before."""
    ours, theirs = (listed.candidates.filter(pl.col("rank") <= first)["child_id"] for listed in (before, after))
    return len(set(theirs) - set(ours))
