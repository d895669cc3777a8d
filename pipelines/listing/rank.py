"""All that the night has found, turned into the list: who is possibly missing education, in what order, and why.

likelihood = on no roll x living here x of age, for every child whom any extract knows; where officers' outcomes have
taught better, recalibrated (:mod:`pipelines.listing.recalibration`). On no roll: no record found shows a place, whether it
is the child's or a rival's, and none was missed (:mod:`pipelines.children.missed_links`). A child of compulsory school age
is either listed (``CANDIDATE``) or explained (``EXPLAINED``): never in both, never in neither.

The order of the list is one order over all lanes, by *urgency* = likelihood x (1 + points / 100): a child at .5 with
100 points comes beside one at 1.0 with none. A lane by itself is therefore in descending urgency too, and a restricted
child keeps the place that the danger gives it. Ties go by likelihood, then points, then child id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines import reasons
from pipelines.children.age_slips import with_age_slips
from pipelines.children.died import CERTAIN, died
from pipelines.children.facts import child_ages, described, protected_by_source, records_of
from pipelines.children.members import with_told
from pipelines.decisions.outcomes import OUTCOME
from pipelines.listing.closed import closed_children, in_hand
from pipelines.listing.gone_quiet import kept, only_residence
from pipelines.listing.household import households
from pipelines.listing.not_yet import NOT_YET, OVER_HOLIDAYS, not_yet
from pipelines.listing.roll_to_come import Rolls, roll_to_come
from pipelines.listing.route import routes
from pipelines.listing.standing import standing
from pipelines.priority import Evidence, findings
from pipelines.priority.no_place import FACTOR as NO_PLACE
from pipelines.rank_settings import ROUNDING, RankSettings
from pipelines.residence.area import HOME, homes
from pipelines.residence.contact import without_letters
from pipelines.residence.records import hear, listen
from pipelines.tables import CANDIDATE, EXPLAINED, SCHOOL

FOLLOW_UP = "follow up"
DOUBTFUL_LINK = "doubtful link"
MOVED_AWAY = "probably moved away"
DATA_PROBLEM = "data problem"
RESTRICTED = "restricted"
LANES = (FOLLOW_UP, DOUBTFUL_LINK, MOVED_AWAY, DATA_PROBLEM, RESTRICTED)
"""What a team does next: visit; let an analyst look; check the residence; ask the sender; leave it to a named role."""

IN_EDUCATION = "provision"
SAME_AS_RIVAL = "probably the same child as one in education"
NOT_OF_AGE = "not of compulsory school age"
CLOSED = "closed by an officer"
DIED = "died"
REASONS = (IN_EDUCATION, SAME_AS_RIVAL, MOVED_AWAY, NOT_OF_AGE, CLOSED, DIED, NOT_YET, OVER_HOLIDAYS)
"""Why a child is not listed (``EXPLAINED.reason``)."""

TOGETHER = ("household", "also_here")
"""Columns of ``CANDIDATE`` that need the ranks."""

PROTECTED_RIVAL = 0.1
"""From this probability of being the same child on, a rival's protection covers the child too: the strictest wins."""


@dataclass(frozen=True)
class Ranked:
    """The list of one night."""

    candidates: pl.DataFrame
    """``CANDIDATE``, by rank, unmasked."""
    explained: pl.DataFrame
    """``EXPLAINED``, by child."""
    findings: pl.DataFrame
    """``FINDING`` about the candidates, weightiest first."""


def rank(
    *,
    person: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    rivals: pl.DataFrame,
    provision: pl.DataFrame,
    residence: pl.DataFrame,
    as_at: date,
    settings: RankSettings,
    source_names: Mapping[str, str] | None = None,
    outcomes: pl.DataFrame | None = None,
    never_met: pl.DataFrame | None = None,
    ages: pl.DataFrame | None = None,
    contact: pl.DataFrame | None = None,
    schools: pl.DataFrame | None = None,
) -> Ranked:
    """Rank the children possibly missing education, and explain all others of compulsory school age.

    Frames as in :mod:`pipelines.tables`. How likely a child is of age, :mod:`pipelines.children.age_slips` says: without any
    birth date as often as the dated children of the same sources without a place. Likely ones are listed in the lane "data
    problem", the others explained. A child without a row in ``residence`` is taken to live here. ``source_names``: source ->
    its name in text for people. A child whom one of ``outcomes`` (``OUTCOME``; null: none) closes is explained by it until
    something changes, a letter to all being nothing that does. ``never_met``: ``LINK_NEVER_MET``, how often records of one
    child never come near each other: a place so missed makes a child less likely, and takes nobody off the list; null: none
    was missed. ``ages``: what :func:`of_age` says of these frames, and ``contact``: what
    :func:`~pipelines.residence.contact.without_letters` does; null: it has not been asked. ``schools``: ``SCHOOL``; null: no
    school is known by another name than its own. Raises :class:`ValueError` where a probability is missing or outside 0..1,
    polars' ComputeError where a key is not unique.
    """
    _check_probabilities(
        membership=child_records, probability=rivals, link_probability=provision, living_here=residence
    )
    statements = without_letters(statements, child_records, residence) if contact is None else contact
    judged = standing(
        of_age(person, statements, child_records, provision, as_at) if ages is None else ages,
        person=person, child_records=child_records, rivals=rivals, provision=provision, residence=residence,
        settings=settings, never_met=never_met,
    )  # fmt: skip
    names, found_out = source_names or {}, OUTCOME.to_frame() if outcomes is None else outcomes
    holds = settings.outcome_holds
    closed = closed_children(found_out, statements, child_records, as_at=as_at, names=names, holds=holds)
    theirs = child_records.join(judged, on="child_id", how="semi")
    opened = in_hand(found_out, child_records, as_at)
    judged = with_told(judged, closed, opened, died(statements, child_records), records_of(theirs))
    is_likely = pl.col("likelihood") >= settings.list_from - ROUNDING
    looked_at = judged.filter(is_likely | only_residence(settings))
    evidence = _evidence(looked_at, statements, child_records, provision, person, as_at=as_at, settings=settings)
    found = findings(evidence, settings.points)
    stay = kept(looked_at.filter(~is_likely), found, statements, child_records, settings)
    rolls = Rolls(provision, person, SCHOOL.to_frame() if schools is None else schools)
    waiting, to_come = not_yet(evidence, found, theirs, settings), roll_to_come(evidence, found, theirs, rolls)
    judged = with_told(judged, stay, waiting, to_come)
    is_listed = is_likely | pl.col("kept_because").is_not_null()
    judged = judged.with_columns(held=_held(is_listed), restricted=_restricted(statements, child_records, rivals))
    listed = judged.filter(is_listed & pl.col("held").is_null())
    # That no roll shows a child is no reason to look sooner where none can yet.
    untold = to_come.select("child_id", factor=pl.lit(NO_PLACE))
    found = found.join(listed, on="child_id", how="semi").join(untold, on=["child_id", "factor"], how="anti")
    return Ranked(
        candidates=_candidates(
            listed, found, evidence, settings, person=person, statements=statements, child_records=child_records
        ),
        explained=_explained(judged.filter(~is_listed | pl.col("held").is_not_null()), names),
        findings=found,
    )


def of_age(
    person: pl.DataFrame, statements: pl.DataFrame, child_records: pl.DataFrame, provision: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """The children who may be of compulsory school age, with how likely they are: a row each, in the order of their ids."""
    ages = child_ages(person, statements, child_records, as_at)
    ages = with_age_slips(ages, person, child_records, provision, as_at)
    return ages.filter(pl.col("of_age") > 0).sort("child_id")


def _candidates(
    listed: pl.DataFrame,
    found: pl.DataFrame,
    evidence: Evidence,
    settings: RankSettings,
    *,
    person: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
) -> pl.DataFrame:
    """``CANDIDATE``: the listed children in their order, with what officers read of each and who lives together."""
    as_at, theirs = evidence.as_at, child_records.join(listed, on="child_id", how="semi")
    facts = described(person, statements, theirs, as_at)
    told = with_told(_with_history(listed, evidence), facts, routes(evidence))
    ranked = _in_order(told, found, as_at, person["dataset"].n_unique(), settings)
    together = households(ranked, person, statements, child_records, as_at)
    return with_told(ranked, together).select(CANDIDATE.names())


def _held(is_listed: pl.Expr) -> pl.Expr:
    """Why a child stays off the list whatever the likelihood, as a reason of ``EXPLAINED``; null: it does not."""
    return (
        pl.when(pl.col("died_sure") >= CERTAIN)
        .then(pl.lit(DIED))
        .when(is_listed & pl.col("closed_why").is_not_null())
        .then(pl.lit(CLOSED))
        .when(is_listed)
        .then(pl.col("waits"))
    )


def _check_probabilities(**frames: pl.DataFrame) -> None:
    """Stop at a number that is no probability, before it spoils the list. Counts only: no id, no value.

    ``frames``: the column of probabilities -> the frame that has it.
    """
    for column, frame in frames.items():
        value = pl.col(column)
        wrong = frame.filter(value.is_null() | value.is_nan() | ~value.is_between(0, 1)).height
        if wrong:
            raise ValueError(
                f"{column}: {wrong} of {frame.height} rows hold no number from 0 to 1. Mend the step that writes {column}."
            )


def _restricted(statements: pl.DataFrame, child_records: pl.DataFrame, rivals: pl.DataFrame) -> pl.Expr:
    """True for a child whom a source protects, and for one who may well be such a child."""
    guarded = protected_by_source(statements, child_records)
    near = rivals.filter((pl.col("probability") >= PROTECTED_RIVAL) & pl.col("rival_child_id").is_in(guarded.implode()))
    return pl.col("child_id").is_in(pl.concat([guarded, near["child_id"]]).unique().implode())


def _evidence(
    listed: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    provision: pl.DataFrame,
    person: pl.DataFrame,
    *,
    as_at: date,
    settings: RankSettings,
) -> Evidence:
    """What the priority factors may read, about the listed children only."""
    births = listed.select("child_id", "date_of_birth")
    records = child_records.join(births, on="child_id", how="semi")
    said = records.select("child_id", "record_id").join(statements, on="record_id", how="inner", validate="1:m")
    is_asked = bool(settings.area.postcodes)
    return Evidence(
        statements=said,
        provision=provision.join(births, on="child_id", how="semi"),
        births=births,
        as_at=as_at,
        closures=settings.school_closures,
        homes=homes(hear(listen(said, as_at), records), person, settings.area) if is_asked else HOME.to_frame(),
    )


def _with_history(listed: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """``listed`` with the education that ended last, and the one that starts next."""
    begun, last, coming = evidence.begun_provision(), evidence.last_ended(), evidence.places_to_come()
    upcoming = coming.unique("child_id", keep="first", maintain_order=True)
    told = with_told(
        listed,
        last.select("child_id", last_what="what", last_place="place", last_until_on="until_on"),
        upcoming.select("child_id", next_what="what", next_place="place", next_since_on="since_on"),
    )
    return told.with_columns(ever=pl.col("child_id").is_in(begun["child_id"].unique().implode()))


def _lane(settings: RankSettings) -> pl.Expr:
    """The first lane that fits: the narrower circle of readers, then the doubt that is cheapest to settle."""
    return (
        pl.when("restricted")
        .then(pl.lit(RESTRICTED))
        .when(pl.col("date_of_birth").is_null() | (pl.col("of_age") < settings.doubtful_age_below))
        .then(pl.lit(DATA_PROBLEM))
        .when(pl.col("roll_to_come").is_not_null())
        .then(pl.lit(DATA_PROBLEM))
        .when((pl.col("found_none") < settings.doubtful_link_below) & ~_is_own_doubt(settings))
        .then(pl.lit(DOUBTFUL_LINK))
        .when(pl.col("found_none") < settings.doubtful_link_below)
        .then(pl.lit(DATA_PROBLEM))
        .when(pl.col("died_sure").is_not_null())
        .then(pl.lit(DOUBTFUL_LINK))
        .when(pl.col("living_here") < settings.moved_away_below)
        .then(pl.lit(MOVED_AWAY))
        .otherwise(pl.lit(FOLLOW_UP))
    )


def _is_own_doubt(settings: RankSettings) -> pl.Expr:
    """True where the child's own entry is what leaves doubt, and no link: its sender can settle that, and no analyst."""
    is_own = pl.col("own_doubt").is_not_null() & (pl.col("own_link_probability") >= settings.doubtful_link_below)
    return is_own & (pl.col("rival_none").fill_null(1.0) >= settings.doubtful_link_below)


def _in_order(
    listed: pl.DataFrame, found: pl.DataFrame, as_at: date, sources: int, settings: RankSettings
) -> pl.DataFrame:
    """``CANDIDATE`` without who lives together: lane, order and reasons of the listed children."""
    points = found.group_by("child_id").agg(priority=pl.col("points").sum())
    told = reasons.told_findings(found)
    urgency = (pl.col("likelihood") * (1 + pl.col("priority") / 100)).round(9)
    return (
        with_told(listed, points, told)
        .with_columns(pl.col("priority").fill_null(0))
        .with_columns(
            lane=_lane(settings), because=reasons.because(as_at, sources, settings.recalibration), urgency=urgency
        )
        .sort("urgency", "likelihood", "priority", "child_id", descending=[True, True, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        .select(name for name in CANDIDATE.names() if name not in TOGETHER)
    )


def _explained(unlisted: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """``EXPLAINED``: what ``held`` the child, or else the smallest of the three factors is the reason.

    Of two factors alike, the link comes first, then the residence.
    """
    smallest = pl.min_horizontal("found_none", "living_here", "of_age")
    own = pl.col("own_none").fill_null(1.0) <= pl.col("rival_none").fill_null(1.0)
    reason = (
        pl.when(pl.col("held").is_not_null())
        .then(pl.col("held"))
        .when((pl.col("found_none") == smallest) & own)
        .then(pl.lit(IN_EDUCATION))
        .when(pl.col("found_none") == smallest)
        .then(pl.lit(SAME_AS_RIVAL))
        .when(pl.col("living_here") == smallest)
        .then(pl.lit(MOVED_AWAY))
        .otherwise(pl.lit(NOT_OF_AGE))
    )
    is_own, is_rival = pl.col("reason") == IN_EDUCATION, pl.col("reason") == SAME_AS_RIVAL
    return (
        _with_why(unlisted.with_columns(reason=reason), names)
        .with_columns(
            likelihood=pl.when(~is_own).then(pl.col("likelihood")),
            record_id=_of_whom(is_own, is_rival, "own_record_id", "rival_provision_record_id"),
            source=_of_whom(is_own, is_rival, "own_source", "rival_source"),
            what=_of_whom(is_own, is_rival, "own_what", "rival_what"),
            since_on=_of_whom(is_own, is_rival, "own_since_on", "rival_since_on"),
            until_on=_of_whom(is_own, is_rival, "own_until_on", "rival_until_on"),
            link_probability=_of_whom(is_own, is_rival, "own_link_probability", "rival_certainty"),
        )
        .select(EXPLAINED.names())
        .cast(EXPLAINED)
        .sort("child_id")
    )


def _with_why(explained: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """``explained`` with ``why``, in a sentence; each sentence is put together for its own children alone."""
    why = {
        IN_EDUCATION: reasons.why_in_education(names),
        SAME_AS_RIVAL: reasons.why_same_as_rival(names),
        MOVED_AWAY: reasons.why_moved(),
        CLOSED: pl.col("closed_why"),
        DIED: reasons.why_died(names),
        **dict.fromkeys((NOT_YET, OVER_HOLIDAYS), pl.col("waits_why")),
        NOT_OF_AGE: reasons.why_not_of_age(),
    }
    return pl.concat([explained.filter(reason=reason).with_columns(why=told) for reason, told in why.items()])


def _of_whom(is_own: pl.Expr, is_rival: pl.Expr, own: str, rival: str) -> pl.Expr:
    """The child's own column, or its rival's, or null: by the reason."""
    return pl.when(is_own).then(pl.col(own)).when(is_rival).then(pl.col(rival))
