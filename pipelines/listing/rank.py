"""The list, made from all that the night has found: who is possibly missing education, in what order, and why.

likelihood = on no roll x living here x of age, for every child whom any extract knows. Where officers' outcomes have taught
better, it is recalibrated (:mod:`pipelines.listing.recalibration`). *On no roll*: no record found shows a place, neither
the child's own nor a rival's (a child who is here is likelier to be its rival: :mod:`pipelines.children.pupils_are_here`),
and none was missed (:mod:`pipelines.children.missed_links`). Every child of compulsory school age is either listed
(``CANDIDATE``) or explained (``EXPLAINED``), never both and never neither.

The list has one order over all lanes, by *urgency* = likelihood x (1 + points / 100): a child at .5 with 100 points comes
beside one at 1.0 with none. A child known as pupils of unlisted schools are comes further down, unless at high risk
(:mod:`pipelines.listing.unlisted_school`). So each lane is in descending urgency too, and a restricted child keeps the place
that its risk gives it. Ties go by likelihood, then points, then child id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipelines import reasons
from pipelines.children.age_slips import with_age_slips
from pipelines.children.died import CERTAIN, died
from pipelines.children.facts import described, may_be_protected, without_first_of_month
from pipelines.children.members import join_by_child
from pipelines.intake.schools import as_rolls_name_them
from pipelines.listing.closed import closed_children, in_hand
from pipelines.listing.gone_quiet import kept_for_check, only_residence
from pipelines.listing.household import households
from pipelines.listing.likelihood import with_likelihood
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.roll_to_come import TO_COME, roll_to_come
from pipelines.listing.route import routes
from pipelines.listing.study_leave import ON_LEAVE, study_leave
from pipelines.listing.trial_rows import trial_rows
from pipelines.listing.unlisted_school import unlisted_school
from pipelines.listing.waiting import AGE_ENDS, NOT_YET, OVER_HOLIDAYS, waiting_children
from pipelines.priority import Circumstances, findings
from pipelines.priority.no_place import FACTOR as NO_PLACE
from pipelines.rank_settings import RankSettings, reaches
from pipelines.record_ids import record_ids_by_child
from pipelines.residence.area import HOME, homes
from pipelines.residence.records import child_dates, record_dates
from pipelines.tables import CANDIDATE, EXPLAINED

FOLLOW_UP = "follow up"
DOUBTFUL_LINK = "doubtful link"
MOVED_AWAY = "probably moved away"
DATA_PROBLEM = "data problem"
RESTRICTED = "restricted"
LANES = (FOLLOW_UP, DOUBTFUL_LINK, MOVED_AWAY, DATA_PROBLEM, RESTRICTED)
"""What a team does next: visit; let an analyst look; check the residence; ask the sender; leave it to the named role."""

IN_EDUCATION = "provision"
SAME_AS_RIVAL = "probably the same child as one in education"
NOT_OF_AGE = "not of compulsory school age"
CLOSED = "closed by an officer"
DIED = "died"
REASON_IN_WORDS = {IN_EDUCATION: "in education"}
"""Reason of ``EXPLAINED`` -> how people read it, where it is not the reason itself."""
REASONS = (IN_EDUCATION, SAME_AS_RIVAL, MOVED_AWAY, NOT_OF_AGE, CLOSED, DIED, NOT_YET, OVER_HOLIDAYS, AGE_ENDS)
"""Why a child is not listed (``EXPLAINED.reason``)."""

TOGETHER = ("household", "also_here")
"""Columns of ``CANDIDATE`` that depend on the ranks."""


@dataclass(frozen=True)
class Ranked:
    """The list of one night."""

    candidates: pl.DataFrame
    """``CANDIDATE``, by rank, unmasked."""
    explained: pl.DataFrame
    """``EXPLAINED``, by child."""
    findings: pl.DataFrame
    """``FINDING`` about the candidates, highest points first."""
    to_come: pl.DataFrame = field(default_factory=TO_COME.to_frame)
    """``TO_COME`` of unprotected candidates whose schools can tell more than a visit."""
    on_leave: pl.DataFrame = field(default_factory=ON_LEAVE.to_frame)
    """``ON_LEAVE`` of unprotected candidates."""


def lanes_of(candidates: pl.DataFrame) -> list[str]:
    """The lanes that have a child on a list, and always *follow up*, in their order."""
    found = set(candidates["lane"].unique()) | {FOLLOW_UP}
    return [lane for lane in LANES if lane in found] + sorted(found - set(LANES))


def rank(inputs: ListInputs) -> Ranked:
    """Rank the children possibly missing education, and explain all others of compulsory school age.

    :mod:`pipelines.children.age_slips` says how likely a child is of age. A child without any birth date is as likely of
    age as the dated children without a place whom the same sources know, and for as long; those likely enough are listed in
    the lane "data problem", the others explained.

    Raises :class:`ValueError` where a probability is missing or outside 0..1, polars' ComputeError where a key is not
    unique.
    """
    _check_probabilities(
        membership=inputs.child_records,
        probability=inputs.rivals,
        link_probability=inputs.provision,
        living_here=inputs.residence,
    )
    everyone = _judged(inputs)
    is_likely = reaches(pl.col("likelihood"), inputs.settings.list_from)
    looked_at = everyone.filter(is_likely | only_residence(inputs.settings))
    circumstances = _circumstances(looked_at, inputs)
    found = findings(circumstances, inputs.settings.points)
    to_come, on_leave = roll_to_come(circumstances, found, inputs), study_leave(circumstances, found, inputs)
    made_up = trial_rows(looked_at, found, inputs)
    asked = pl.concat([frame.select("child_id", "ask_school") for frame in (made_up, to_come, on_leave)])
    asked = asked.unique("child_id", keep="first", maintain_order=True)
    judged = join_by_child(
        everyone,
        kept_for_check(looked_at.filter(~is_likely), found, inputs),
        waiting_children(circumstances, found, inputs),
        asked,
    )
    is_meant = is_likely | pl.col("kept_because").is_not_null()
    judged = judged.with_columns(held=_held(is_meant), restricted=_restricted(inputs))
    is_listed = is_meant & pl.col("held").is_null()
    listed = judged.filter(is_listed)
    # Where no roll can show the child yet, being on none is no reason to look sooner.
    not_owed = to_come.select("child_id", factor=pl.lit(NO_PLACE))
    found = found.join(listed, on="child_id", how="semi").join(not_owed, on=["child_id", "factor"], how="anti")
    listed = join_by_child(listed, unlisted_school(listed, everyone, found, inputs))
    candidates = _candidates(listed, found, circumstances, inputs)
    shown = candidates.filter(~pl.col("restricted"))
    to_come, on_leave = (frame.join(shown, on="child_id", how="semi") for frame in (to_come, on_leave))
    return Ranked(candidates, _explained(judged.filter(~is_listed), inputs.source_names), found, to_come, on_leave)


def _judged(inputs: ListInputs) -> pl.DataFrame:
    """Each child who may be of age: its likelihood, officers' outcomes, whether it has died, and its records."""
    statements, child_records, as_at = inputs.contact, inputs.child_records, inputs.as_at
    ages = with_age_slips(inputs.birth_dates, inputs.residence)
    judged = with_likelihood(ages.filter(pl.col("of_age") > 0).sort("child_id"), inputs)
    closed = closed_children(
        inputs.outcomes,
        statements,
        child_records,
        as_at=as_at,
        names=inputs.source_names,
        holds=inputs.settings.outcome_holds,
    )
    theirs = record_ids_by_child(child_records.join(judged, on="child_id", how="semi"))
    opened = in_hand(inputs.outcomes, child_records, as_at)
    return join_by_child(judged, closed, opened, died(statements, child_records), theirs)


def _candidates(
    listed: pl.DataFrame, found: pl.DataFrame, circumstances: Circumstances, inputs: ListInputs
) -> pl.DataFrame:
    """``CANDIDATE``: the listed children in order, with what officers read about each and who lives together."""
    theirs = inputs.child_records.join(listed, on="child_id", how="semi")
    facts = described(inputs.person, inputs.contact, theirs, inputs.as_at)
    described_listed = join_by_child(_with_history(listed, circumstances), facts, routes(circumstances))
    ranked = _in_order(described_listed, found, inputs)
    together = households(ranked, inputs.person, inputs.contact, inputs.child_records, inputs.as_at)
    return join_by_child(without_first_of_month(ranked), together).select(CANDIDATE.names())


def _held(is_listed: pl.Expr) -> pl.Expr:
    """Why a child stays off the list whatever the likelihood, as a reason of ``EXPLAINED``; null: nothing keeps it off."""
    return (
        pl.when(pl.col("died_sure") >= CERTAIN)
        .then(pl.lit(DIED))
        .when(is_listed & pl.col("closed_why").is_not_null())
        .then(pl.lit(CLOSED))
        .when(is_listed)
        .then(pl.col("waits"))
    )


def _check_probabilities(**frames: pl.DataFrame) -> None:
    """Stop at a number that is no probability, before it spoils the list. Raises ValueError with counts only: no id, no
    value.

    ``frames``: name of the column of probabilities -> the frame that has it.
    """
    for column, frame in frames.items():
        value = pl.col(column)
        wrong = frame.filter(value.is_null() | value.is_nan() | ~value.is_between(0, 1)).height
        if wrong:
            raise ValueError(
                f"{column}: {wrong} of {frame.height} rows hold no number from 0 to 1. Mend the step that writes {column}."
            )


def _restricted(inputs: ListInputs) -> pl.Expr:
    """True for a child whom a source protects, and for one who may well be the same child."""
    return pl.col("child_id").is_in(may_be_protected(inputs.contact, inputs.child_records, inputs.rivals).implode())


def _circumstances(looked_at: pl.DataFrame, inputs: ListInputs) -> Circumstances:
    """What the priority factors may read, about the children looked at only."""
    births, as_at, area = looked_at.select("child_id", "date_of_birth"), inputs.as_at, inputs.settings.area
    records = inputs.child_records.join(births, on="child_id", how="semi")
    statements = records.select("child_id", "record_id").join(
        inputs.contact, on="record_id", how="inner", validate="1:m"
    )
    return Circumstances(
        statements=statements,
        provision=inputs.provision.join(births, on="child_id", how="semi"),
        births=births,
        as_at=as_at,
        closures=inputs.settings.school_closures,
        homes=homes(child_dates(record_dates(statements, as_at), records), inputs.person, area)
        if area.postcodes
        else HOME.to_frame(),
        schools=inputs.schools,
    )


def _with_history(listed: pl.DataFrame, circumstances: Circumstances) -> pl.DataFrame:
    """``listed`` with the education that ended last and the one that starts next."""
    begun, last, coming = circumstances.begun_provision(), circumstances.last_ended, circumstances.places_to_come
    upcoming = as_rolls_name_them(coming.unique("child_id", keep="first", maintain_order=True), circumstances.schools)
    placed = join_by_child(
        listed,
        last.select(
            "child_id",
            last_what="what",
            last_place="place",
            last_until_on="until_on",
            last_doubt="doubt",
            last_proves="proves",
        ),
        upcoming.select("child_id", next_what="what", next_place="place", next_since_on="since_on"),
    )
    return placed.with_columns(ever=pl.col("child_id").is_in(begun["child_id"].unique().implode()))


def _lane(settings: RankSettings) -> pl.Expr:
    """The first lane that fits: first the one with the fewest readers, then the one with the doubt that is cheapest to
    settle."""
    return (
        pl.when("restricted")
        .then(pl.lit(RESTRICTED))
        .when(pl.all_horizontal(pl.col("date_of_birth", "born_in").is_null()))
        .then(pl.lit(DATA_PROBLEM))
        .when(pl.col("of_age") < settings.doubtful_age_below)
        .then(pl.lit(DATA_PROBLEM))
        .when(pl.col("ask_school").is_not_null())
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
    """True where the doubt is in the child's own entry and not in a link: the sender can settle it, an analyst cannot."""
    is_own = pl.col("own_doubt").is_not_null() & (pl.col("own_link_probability") >= settings.doubtful_link_below)
    return is_own & (pl.col("rival_none").fill_null(1.0) >= settings.doubtful_link_below)


def urgency(likelihood: pl.Expr, points: pl.Expr) -> pl.Expr:
    """What makes a child come before another, besides schools that may have it without saying so."""
    return likelihood * (1 + points / 100)


def _in_order(listed: pl.DataFrame, found: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``CANDIDATE`` without the columns ``TOGETHER``: lane, order and reasons of the listed children."""
    points = found.group_by("child_id").agg(priority=pl.col("points").sum())
    because = reasons.because(inputs.as_at, inputs.person["dataset"].n_unique(), inputs.settings)
    return (
        join_by_child(listed, points, reasons.findings_in_words(found))
        .with_columns(pl.col("priority").fill_null(0))
        .with_columns(
            lane=_lane(inputs.settings),
            because=because,
            urgency=(urgency(pl.col("likelihood"), pl.col("priority")) * (1 - pl.col("unlisted_school"))).round(9),
        )
        .sort("urgency", "likelihood", "priority", "child_id", descending=[True, True, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        .select(name for name in CANDIDATE.names() if name not in TOGETHER)
    )


def _explained(unlisted: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """``EXPLAINED``: the reason is what ``held`` the child, or else the smallest of the three factors.

    If factors are equal, the link comes first, then the residence.
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
    """``explained`` with ``why``, a sentence; each is built only for the children with that reason."""
    why = {
        IN_EDUCATION: reasons.why_in_education(names),
        SAME_AS_RIVAL: reasons.why_same_as_rival(names),
        MOVED_AWAY: reasons.why_moved(),
        CLOSED: pl.col("closed_why"),
        DIED: reasons.why_died(names),
        **dict.fromkeys((NOT_YET, OVER_HOLIDAYS, AGE_ENDS), pl.col("waits_why")),
        NOT_OF_AGE: reasons.why_not_of_age(),
    }
    return pl.concat([explained.filter(reason=reason).with_columns(why=words) for reason, words in why.items()])


def _of_whom(is_own: pl.Expr, is_rival: pl.Expr, own: str, rival: str) -> pl.Expr:
    """The child's own column, or its rival's, or null, by the reason."""
    return pl.when(is_own).then(pl.col(own)).when(is_rival).then(pl.col(rival))
