"""Children who are not listed yet because hardly a day of school has been missed, or who have a place after the holidays.

Two thresholds let a child wait. An authority may let some weeks pass after an education has ended
(:attr:`pipelines.rank_settings.RankSettings.weeks_before_listed`; none by default). Over the long holidays a child with an
accepted place waits for it to begin. Otherwise every Year 6 leaver of July would fill the list until September, the pupils
of a school that closes at Christmas until January, and children who become of age on 31 March until the end of the Easter
holidays. A child who leaves in the last fortnight of compulsory school age waits until it is over. A child at high risk
never waits.
"""

from datetime import date, timedelta

import polars as pl

from pipelines.age import ends_on, starts_on, without_education_since
from pipelines.children.died import CERTAIN
from pipelines.children.promised_places import ACCEPTED, promised_places
from pipelines.formatted import formatted
from pipelines.listing.list_inputs import ListInputs
from pipelines.priority import HIGH_RISK, Circumstances
from pipelines.rank_settings import RankSettings
from pipelines.written_dates import day

NOT_YET = "not yet listed, by the authority's own threshold"
OVER_HOLIDAYS = "over the holidays, with a place to come"
AGE_ENDS = "left school as compulsory school age ends"

HOLIDAYS = (((3, 20), (4, 25)), ((7, 1), (9, 15)), ((12, 12), (1, 12)))
"""Easter, summer and Christmas: (month, day) of the first day on which a term ends and the last on which the next begins,
anywhere in England and Wales. Schools set their own terms, Easter moves, and some schools take in Year 7 some days
later."""

LAST_DAYS = timedelta(weeks=2)
"""Before the school leaving date. Examinations are over, and an enquiry would find a child who no longer needs to go to
school."""

WAITING = pl.Schema({"child_id": pl.String, "waits": pl.String, "listed_from": pl.Date, "waits_why": pl.String})


def waiting_children(circumstances: Circumstances, finding_rows: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``WAITING``: one row is one child who waits. ``waits``: :data:`NOT_YET`, :data:`OVER_HOLIDAYS` or :data:`AGE_ENDS`.

    ``listed_from``: the day from which the child no longer waits. ``waits_why``: a sentence. ``finding_rows``: ``FINDING``. A
    child who was at school to the end of compulsory school age is not listed even at high risk.
    """
    places = places_that_follow(_settled_places(circumstances, inputs.child_records), circumstances)
    over_holidays = _over_holidays(places, circumstances.as_at, inputs.settings)
    within_threshold = _within_threshold(circumstances, inputs.settings.weeks_before_listed)
    leavers = _leavers(circumstances, inputs.child_records)
    risky, to_the_end = at_high_risk(finding_rows), leavers.filter("to_the_end").select(WAITING.names())
    some = pl.concat([leavers.select(WAITING.names()), over_holidays, within_threshold])
    waiting = pl.concat([to_the_end, some.join(risky, on="child_id", how="anti")]).filter(
        pl.col("listed_from") > circumstances.as_at
    )
    return waiting.unique("child_id", keep="first", maintain_order=True).sort("child_id")


def at_high_risk(finding_rows: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` of children at high risk, who never wait. ``finding_rows``: ``FINDING``."""
    return finding_rows.filter(pl.col("factor").is_in(HIGH_RISK)).select("child_id")


def places_that_follow(places: pl.DataFrame, circumstances: Circumstances) -> pl.DataFrame:
    """The rows of ``places`` (``child_id``, ``since_on``) that follow the child's last education, with the columns of
    :func:`_owed`; by child, then day.

    An entry that began when the place did and has ended belongs to a child who did not come, so that the place does not
    follow it.
    """
    starts, began_on = pl.col("since_on"), pl.col("began_on")
    follows = (starts >= pl.col("owed_on")) & (began_on < starts).fill_null(value=True)
    return _owed(circumstances).join(places, on="child_id", how="inner").filter(follows).sort("child_id", "since_on")


def wait_in_words() -> pl.Expr:
    """In words: since when a child ought to have a place, and from when one is accepted. Reads columns of
    :func:`places_that_follow`."""
    starts, owed_on = day(pl.col("since_on")), day(pl.col("owed_on"))
    return formatted("{} {}, with a place accepted from {}", pl.col("owed_why"), owed_on, starts)


def of_certain_records(rows: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """The ``rows`` whose record (``record_id``) is certainly its child's (``CERTAIN``)."""
    surely = child_records.filter(pl.col("membership") >= CERTAIN).select("record_id")
    return rows.join(surely, on="record_id", how="semi")


def _within_threshold(circumstances: Circumstances, weeks: int) -> pl.DataFrame:
    ended = circumstances.last_ended.select("child_id", ended_on="until_on")
    due = pl.col("ended_on") + pl.duration(weeks=weeks)
    words = formatted("Education ended recently: by the authority's own threshold, to be listed from {}.", day(due))
    return ended.select("child_id", waits=pl.lit(NOT_YET), listed_from=due, waits_why=words).cast(WAITING)


def _leavers(circumstances: Circumstances, child_records: pl.DataFrame) -> pl.DataFrame:
    """``WAITING`` of children whose education ended in the ``LAST_DAYS`` of compulsory school age, with ``to_the_end``: it
    lasted to the last day. Only by records that are certainly the child's."""
    last = of_certain_records(circumstances.last_ended, child_records).select("child_id", ended_on="until_on")
    dated = circumstances.births.join(last, on="child_id", how="inner", validate="1:1")
    over_on, ended_on = ends_on(pl.col("date_of_birth")), pl.col("ended_on")
    words = formatted("Education ended on {}. Compulsory school age ends on {}.", day(ended_on), day(over_on))
    left = dated.filter(ended_on >= over_on - LAST_DAYS)
    return left.select(
        "child_id",
        waits=pl.lit(AGE_ENDS),
        listed_from=over_on + timedelta(days=1),
        waits_why=words,
        to_the_end=ended_on >= over_on,
    )


def _owed(circumstances: Circumstances) -> pl.DataFrame:
    """``child_id``, ``owed_on``, ``owed_why``, ``began_on`` for children without a place.

    ``owed_on``: the day since when the child ought to have one: when the last education ended or the child became of
    compulsory school age, whichever is later; null: not known. ``began_on``: when that education began; null: not known, or
    there was none.
    """
    ended = circumstances.last_ended.select("child_id", began_on="since_on", ended_on="until_on")
    of_age_on, ended_on = starts_on(pl.col("date_of_birth")), pl.col("ended_on")
    is_first = ended_on.is_null() | (of_age_on > ended_on)
    return circumstances.births.join(ended, on="child_id", how="left", validate="1:1").select(
        "child_id",
        "began_on",
        owed_on=without_education_since(ended_on, pl.col("date_of_birth")),
        owed_why=pl.when(is_first)
        .then(pl.lit("Not on a roll yet: of compulsory school age from"))
        .otherwise(pl.lit("Between two schools: the last education ended on")),
    )


def _over_holidays(places: pl.DataFrame, as_at: date, settings: RankSettings) -> pl.DataFrame:
    """Children who ought to have a place since one of the ``HOLIDAYS`` and have one by its end, while no roll may show it
    yet.

    A place only offered does not count: that it was not taken up is itself a reason to look.
    """
    starts, owed_on = pl.col("since_on"), pl.col("owed_on")
    within = [(owed_on >= first) & (starts <= last) for first, last in _holidays(as_at)]
    due = starts + pl.duration(days=settings.points.not_arrived_after_days)
    words = formatted("{}. To be listed from {} unless a roll shows the child by then.", wait_in_words(), day(due))
    first_of_each = places.filter(pl.any_horizontal(within)).unique("child_id", keep="first", maintain_order=True)
    return first_of_each.select("child_id", waits=pl.lit(OVER_HOLIDAYS), listed_from=due, waits_why=words).cast(WAITING)


def _holidays(as_at: date) -> list[tuple[date, date]]:
    """First and last day of each of the ``HOLIDAYS`` that began in the year of ``as_at`` or the one before."""
    return [
        (date(year, *first), date(year + (last < first), *last))
        for year in (as_at.year - 1, as_at.year)
        for first, last in HOLIDAYS
    ]


def _settled_places(circumstances: Circumstances, child_records: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``since_on``: places on a roll and accepted places, by records that are certainly the child's."""
    columns = ("child_id", "record_id", "since_on")
    promised = promised_places(circumstances.statements, circumstances.as_at, [ACCEPTED])
    both = pl.concat([circumstances.provision.select(columns), promised.select(columns)])
    return of_certain_records(both, child_records).select("child_id", "since_on")
