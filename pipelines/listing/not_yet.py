"""Children who are not listed yet, as hardly a day of school has been missed: an enquiry would find them in a holiday.

Three things let a child wait. An authority may let some weeks pass after an education has ended
(:attr:`pipelines.rank_settings.RankSettings.weeks_before_listed`; none by default). Over the long holidays a child waits
for a place that is settled: else each Year 6 that leaves in July would fill the list until September, the pupils of a school
that closes at Christmas until January, and who comes of age on 31 March until the end of the Easter holidays.
And where the roll of its school has been told of nobody who began in September (an academy that sends the termly census alone),
the child waits until the autumn census ought to be in: no roll can show whether it came.
A child at high risk never waits.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.children.age import starts_on
from pipelines.children.died import CERTAIN
from pipelines.children.promised_places import ACCEPTED, promised_places
from pipelines.children.silent_schools import begun_last, is_silent
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

SUMMER = HOLIDAYS[1]
CENSUS_IS_IN = (11, 4)
"""(month, day) by which the rolls of the autumn census are due (department's termly guide: 4 November of 2022): a school that
has told nothing by then is asked by name, child by child."""


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
    ended = evidence.last_ended().select("child_id", ended_on="until_on")
    both = pl.concat(
        [
            _over_holidays(
                _owed(evidence, ended), _settled_places(evidence, child_records, rolls), evidence.as_at, settings
            ),
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
    """
    of_age_on, ended_on = starts_on(pl.col("date_of_birth")), pl.col("ended_on")
    is_first = ended_on.is_null() | (of_age_on > ended_on)
    return evidence.births.join(ended, on="child_id", how="left", validate="1:1").select(
        "child_id",
        owed_on=pl.max_horizontal(of_age_on, ended_on),
        owed_why=pl.when(is_first)
        .then(pl.lit("Not at school yet: of compulsory school age from"))
        .otherwise(pl.lit("Between two schools: the last education ended on")),
    )


def _over_holidays(owed: pl.DataFrame, places: pl.DataFrame, as_at: date, settings: RankSettings) -> pl.DataFrame:
    """Who ought to have a place since one of the ``HOLIDAYS`` and has one from its end; as long as no roll may show it yet.

    A place that is only offered is none: that it was not taken up is a reason of its own to look.
    """
    starts, owed_on = pl.col("since_on"), pl.col("owed_on")
    soon = starts + pl.duration(days=settings.points.not_arrived_after_days)
    is_silent_now = (soon <= as_at) & _is_summer(owed_on, starts) & is_silent(starts, pl.col("begun_on"))
    due = pl.when(is_silent_now).then(pl.date(starts.dt.year(), *CENSUS_IS_IN)).otherwise(soon)
    known = formatted("{} {}, and a place is accepted from {}", pl.col("owed_why"), day(owed_on), day(starts))
    told = pl.when(is_silent_now).then(_told_of_silence(known, due)).otherwise(_told_of_holidays(known, due))
    within = [(owed_on >= first) & (starts <= last) for first, last in _holidays(as_at)]
    return (
        owed.join(places, on="child_id", how="inner")
        .filter((starts > owed_on) & pl.any_horizontal(within))
        .sort("child_id", "since_on")
        .unique("child_id", keep="first", maintain_order=True)
        .select(
            "child_id",
            waits=pl.when(is_silent_now).then(pl.lit(ROLL_TO_COME)).otherwise(pl.lit(OVER_HOLIDAYS)),
            listed_from=due,
            waits_why=told,
        )
        .cast(WAITING)
    )


def _is_summer(owed_on: pl.Expr, starts: pl.Expr) -> pl.Expr:
    """True where a child waits over the summer: at no other time does each school take in children, and a roll without a
    new one may be one that has been told."""
    first, last = (pl.date(starts.dt.year(), *day_of_year) for day_of_year in SUMMER)
    return (owed_on >= first) & (starts <= last)


def _told_of_holidays(known: pl.Expr, due: pl.Expr) -> pl.Expr:
    return formatted("{}. Listed from {} unless a roll shows the child by then.", known, day(due))


def _told_of_silence(known: pl.Expr, due: pl.Expr) -> pl.Expr:
    """Whose roll is to come, what it told last, and whom to ask meanwhile."""
    school, begun_on = pl.col("school"), day(pl.col("begun_on"))
    until = formatted("Listed from {}, or once that roll has come without the child.", day(due))
    named = formatted(
        "{} at {}, whose roll shows nobody who began after {}: ask the school whether the child came. {}",
        known, school, begun_on, until,
    )  # fmt: skip
    unnamed = formatted(
        "{}; no school is named, and the rolls of most schools for this age show nobody who began after {}: ask admissions "
        "which school it is, and the school whether the child came. Listed from {}, or once the rolls have come without it.",
        known, begun_on, day(due),
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
    """``child_id``, ``since_on``, ``school``, ``begun_on``: places on a roll, and those accepted, by records that are surely
    the child's. The last two, as :func:`~pipelines.children.silent_schools.begun_last` has them, of the latter."""
    columns = ("child_id", "record_id", "since_on")
    surely = child_records.filter(pl.col("membership") >= CERTAIN).select("record_id")
    promised = promised_places(evidence.statements, evidence.as_at, [ACCEPTED]).select(*columns, "place")
    asked = promised.join(evidence.births, on="child_id", how="left", validate="m:1")
    accepted = begun_last(asked, rolls.provision, rolls.person, rolls.schools, evidence.as_at)
    said = pl.concat([evidence.provision.select(columns), accepted], how="diagonal")
    known = said.join(surely, on="record_id", how="semi")
    return known.select("child_id", "since_on", "school", "begun_on")
