"""Children who are not listed yet, as hardly a day of school has been missed: an enquiry would find them in a holiday.

Three things let a child wait. An authority may let some weeks pass after an education has ended
(:attr:`pipelines.rank_settings.RankSettings.weeks_before_listed`; none by default). Over the long holidays a child waits
for a place that is settled: else each Year 6 that leaves in July would fill the list until September, the pupils of a school
that closes at Christmas until January, and who comes of age on 31 March until the end of the Easter holidays.
And where a place is accepted that has begun, and the roll of its school was last told before (an academy that sends the termly
census alone), the child waits for nine weeks at most, and admissions are told (:mod:`pipelines.listing.other_teams`): no roll
can show whether it came.
A child at high risk never waits.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from pipelines.children.age import starts_on
from pipelines.children.died import CERTAIN
from pipelines.children.promised_places import ACCEPTED, promised_places
from pipelines.children.silent_schools import is_silent, last_told
from pipelines.formatted import formatted
from pipelines.priority import HIGH_RISK, Evidence
from pipelines.rank_settings import RankSettings
from pipelines.reasons import day

NOT_YET = "not yet listed, by the authority's own threshold"
OVER_HOLIDAYS = "over the holidays, with a place to come"
ROLL_TO_COME = "with a place at a school whose roll is still to come"

HOLIDAYS = (((3, 20), (4, 25)), ((7, 1), (9, 15)), ((12, 12), (1, 12)))
"""Easter, summer and Christmas: (month, day) of the first day on which a term ends and of the last on which the next begins,
wherever in England and Wales: schools set their own terms, Easter moves, and some take in the new Year 7 some days after the
others."""

ROLL_IS_IN = timedelta(weeks=9)
"""How long a child waits for a roll to come: of places from 2 September until 4 November, when the returns of the autumn
census are due (department's termly guide, 2022). A school that has told nothing by then is asked by name, child by child."""


@dataclass(frozen=True)
class Rolls:
    """What shows whether the roll of a school has been told, of all children."""

    provision: pl.DataFrame
    """``PROVISION``."""
    person: pl.DataFrame
    """``PERSON``."""
    schools: pl.DataFrame
    """``SCHOOL``."""


WAITING = pl.Schema({"child_id": pl.String, "waits": pl.String, "listed_from": pl.Date, "waits_why": pl.String})


def not_yet(
    evidence: Evidence, found: pl.DataFrame, child_records: pl.DataFrame, settings: RankSettings, rolls: Rolls
) -> pl.DataFrame:
    """``WAITING``: one row is one child who waits; ``waits``: :data:`NOT_YET`, :data:`OVER_HOLIDAYS` or :data:`ROLL_TO_COME`.

    ``listed_from``: the day from which it waits no longer; ``waits_why``: a sentence. ``found``: ``FINDING``.
    """
    risky = found.filter(pl.col("factor").is_in(HIGH_RISK)).select("child_id")
    ended = evidence.last_ended().select("child_id", began_on="since_on", ended_on="until_on")
    places = _that_follow(_owed(evidence, ended), _settled_places(evidence, child_records, rolls))
    both = pl.concat(
        [
            _over_holidays(places, evidence.as_at, settings),
            _for_a_roll(places, evidence.as_at),
            _within_threshold(ended, settings.weeks_before_listed),
        ]
    )
    waiting = both.join(risky, on="child_id", how="anti").filter(pl.col("listed_from") > evidence.as_at)
    return waiting.unique("child_id", keep="first", maintain_order=True).sort("child_id")


def _within_threshold(ended: pl.DataFrame, weeks: int) -> pl.DataFrame:
    due = pl.col("ended_on") + pl.duration(weeks=weeks)
    told = formatted("Education ended lately: listed from {}, as the authority has it.", day(due))
    return ended.select("child_id", waits=pl.lit(NOT_YET), listed_from=due, waits_why=told).cast(WAITING)


def _owed(evidence: Evidence, ended: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``owed_on``, ``owed_why``: since when a child without a place ought to have one; null: not known.

    It is the day on which the last education ended or the child came of compulsory school age, whichever is later.
    ``began_on``: when that education began; null: not known, or there was none.
    """
    of_age_on, ended_on = starts_on(pl.col("date_of_birth")), pl.col("ended_on")
    is_first = ended_on.is_null() | (of_age_on > ended_on)
    return evidence.births.join(ended, on="child_id", how="left", validate="1:1").select(
        "child_id",
        "began_on",
        owed_on=pl.max_horizontal(of_age_on, ended_on),
        owed_why=pl.when(is_first)
        .then(pl.lit("On no roll so far: of compulsory school age from"))
        .otherwise(pl.lit("Between two schools: the last education ended on")),
    )


def _over_holidays(places: pl.DataFrame, as_at: date, settings: RankSettings) -> pl.DataFrame:
    """Who ought to have a place since one of the ``HOLIDAYS`` and has one from its end; as long as no roll may show it yet.

    A place that is only offered is none: that it was not taken up is a reason of its own to look.
    """
    starts, owed_on = pl.col("since_on"), pl.col("owed_on")
    within = [(owed_on >= first) & (starts <= last) for first, last in _holidays(as_at)]
    due = starts + pl.duration(days=settings.points.not_arrived_after_days)
    told = formatted("{}. Listed from {} unless a roll shows the child by then.", _known(), day(due))
    return _waits(places.filter(pl.any_horizontal(within)), OVER_HOLIDAYS, due, told)


def _for_a_roll(places: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Whose accepted place has begun, at a school whose roll was last told before; until that roll should be in."""
    starts = pl.col("since_on")
    due = starts + ROLL_IS_IN
    silent = (starts <= as_at) & is_silent(starts, pl.col("told_on"))
    return _waits(places.filter(silent), ROLL_TO_COME, due, _told_of_silence(_known(), due))


def _that_follow(owed: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """``owed`` with each place of the child's that follows its last education, in the order in which they begin.

    An entry that began with the place and ended on that day is of one who did not come.
    """
    starts, began_on = pl.col("since_on"), pl.col("began_on")
    follows = (starts >= pl.col("owed_on")) & (began_on < starts).fill_null(value=True)
    return owed.join(places, on="child_id", how="inner").filter(follows).sort("child_id", "since_on")


def _waits(places: pl.DataFrame, waits: str, due: pl.Expr, told: pl.Expr) -> pl.DataFrame:
    """``WAITING`` of the first place of each child."""
    first = places.unique("child_id", keep="first", maintain_order=True)
    return first.select("child_id", waits=pl.lit(waits), listed_from=due, waits_why=told).cast(WAITING)


def _known() -> pl.Expr:
    """Since when a child ought to have a place, and from when it has one."""
    starts, owed_on = day(pl.col("since_on")), day(pl.col("owed_on"))
    return formatted("{} {}, and a place is accepted from {}", pl.col("owed_why"), owed_on, starts)


def _told_of_silence(known: pl.Expr, due: pl.Expr) -> pl.Expr:
    """Whose roll is to come, what it told last, and whom to ask meanwhile."""
    school, told_on = pl.col("school"), day(pl.col("told_on"))
    until = formatted("Listed from {}, or once that roll has come without the child.", day(due))
    named = formatted(
        "{} at {}, whose roll shows nobody who began after {}: ask the school whether the child came. {}",
        known, school, told_on, until,
    )  # fmt: skip
    unnamed = formatted(
        "{}; no school is named, and the rolls of most schools for this age show nobody who began after {}: ask admissions "
        "which school it is, and the school whether the child came. Listed from {}, or once the rolls have come without it.",
        known, told_on, day(due),
    )  # fmt: skip
    return pl.when(school.is_null()).then(unnamed).otherwise(named)


def _holidays(as_at: date) -> list[tuple[date, date]]:
    """First and last day of each of the ``HOLIDAYS`` that began in the year of ``as_at`` or the one before."""
    return [
        (date(year, *first), date(year + (last < first), *last))
        for year in (as_at.year - 1, as_at.year)
        for first, last in HOLIDAYS
    ]


def _settled_places(evidence: Evidence, child_records: pl.DataFrame, rolls: Rolls) -> pl.DataFrame:
    """``child_id``, ``since_on``, ``school``, ``told_on``: places on a roll, and those accepted, by records that are surely
    the child's. The last two, as :func:`~pipelines.children.silent_schools.last_told` has them, of the latter."""
    columns = ("child_id", "record_id", "since_on")
    surely = child_records.filter(pl.col("membership") >= CERTAIN).select("record_id")
    promised = promised_places(evidence.statements, evidence.as_at, [ACCEPTED]).select(*columns, "place")
    asked = promised.join(evidence.births, on="child_id", how="left", validate="m:1")
    accepted = last_told(asked, rolls.provision, rolls.person, rolls.schools, evidence.as_at)
    said = pl.concat([evidence.provision.select(columns), accepted], how="diagonal")
    known = said.join(surely, on="record_id", how="semi")
    return known.select("child_id", "since_on", "school", "told_on")
