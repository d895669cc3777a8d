"""What tonight's records say about where a child lives: the evidence on which residence is judged.

A source is a *roll* if any of its statements proves an education, otherwise an *agency*. Nothing here is specific to one
source: a new source takes part through its contract. Ethnicity, language and sex are never read.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from pipelines.age import GROWN_UP, age_in_years, birth_date_by_age, birth_dates_of_age, year_seven_from
from pipelines.children.members import join_by_child, members
from pipelines.residence.entries import LATELY_DAYS, agency_entries, with_shared
from pipelines.residence.homes import relatives, with_a_home
from pipelines.residence.letters import with_letters
from pipelines.residence.records import ChildDates, days_since

ROLLS_SETTLE_DAYS = 91
"""Year 7 rolls may still be incomplete for this many days after Year 6 ends. A child on no roll after that is treated like
any other child off a roll. Also how recently a school must have closed to be recognised."""

TOGETHER_DAYS = 14
"""Brothers and sisters who leave with their family come off their rolls within this many days of each other. So do the
pupils of a school that closes."""

LEAST_SCHOOL = 10
"""A place that fewer children than this left together may be empty by chance: a tutor's, or a class in a hospital."""

LEFT_BEHIND = 0.1
"""Largest share of those who left a school together who may still be on its roll when it has closed: entries are ended
late, or forgotten."""

NEVER = "never on a roll"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one night, for every child that any source knows."""

    children: pl.DataFrame
    """One row is one child, in the order of ``child_id``; ``child`` is its row number.

    - ``age_group``: under, of or over compulsory school age; unknown without a birth date. ``grown up`` for a tenant, of whom
      no agency for children hears: among those just over school age they would make these look gone.
    - ``place_probability``: 0..1, of the most certain current provision; null: none. ``undoubted_place``: the same, of
      provision without a doubt. ``place_source``: the source that shows the former; null: none.
    - ``is_known_here``: has a current place on the largest roll, whose pupils certainly live here.
    - ``last_roll``: source of the provision that ended last, or of a roll left on no known day; ``never on a roll`` if
      there is none; null: has a place.
    - ``roll_ended_days``: days since that provision ended; null: none did, or has a place.
    - ``left_with_all``: no place, and the last one ended recently with Year 6 or when the school closed. Every child's
      place there ended, so it is no sign of a move. ``left_with_school``: the school closed, whatever place the child has
      had since.
    - ``said_moved``: whether the roll left last says that the family moved away; null: it gives no reason, or has a place.
    - ``known_days``: days since anybody first saw the child; null: a record has no date.
    - ``left_together``: whether another child of the household came off its last roll within ``TOGETHER_DAYS`` of this one;
      null: no other child came off one, or this one did not.
    - ``household``: 0 another child of the household has a current place, 1 none has but one was seen recently, 2 neither;
      null: no other child known.
    - ``gives_home``: whether any of its records says which home is its own, so that others of its household could be known.
    """
    agencies: pl.DataFrame
    """One row is one agency that has a record of one child, in the order of ``source`` and ``child`` (row in ``children``).

    - ``state``: 1 open, 2 ended.
    - ``sighted_days``: days since the agency last saw the child; null: no date. ``is_start``: that was the day on which its
      entry began. ``is_letter``: nobody met the child that day (:mod:`pipelines.residence.letters`).
    - ``begun_days``: days since its open entry began; null: no date. ``ended_days``: days since its last entry ended; null:
      one is open, or no date.
    - ``is_shared``: open, and another child of the household has an open record there with the same dates. It therefore
      says something of the household, not of either child.
    - ``membership``: 0..1, that the most certain record is this child's.

    Of the agency's extract, and so the same in each of its rows:

    - ``unsighted_days``: days since it last saw any child. ``untold_days``: days since it knew anything new of any child;
      0: up to tonight.
    - ``tells_events``: the agency sees a child once, when there is something to report, and has no routine of seeing it
      again.
    """
    families: pl.DataFrame
    """One row is a child and another child of its household: ``child`` and ``other``, rows of ``children``. Grown-ups, and
    whoever has neither a birth date nor been at a school, are neither: on no roll and on no list of children, a tenant who is
    here looks like a child who has gone."""

    @property
    def without_school(self) -> pl.Series:
        """Whether each of ``children`` has been at no other school since its own closed."""
        return self.children["left_with_all"] & self.children["left_with_school"]


def gather_evidence(dates: ChildDates, homes: pl.DataFrame, provision: pl.DataFrame, *, as_at: date) -> Evidence:
    """The evidence for each child of ``dates``. Homes (:func:`with_homes`) and provision of any other child are left out."""
    mine = members(dates.records.select("record_id", "child", "membership"), homes, *homes.columns[1:])
    entries = provision.join(dates.children, on="child_id", how="inner", validate="m:1")
    with ThreadPoolExecutor(1) as aside:
        related = aside.submit(relatives, mine)
        children = join_by_child(
            dates.children,
            _age_groups(mine, as_at),
            _places(entries),
            _ended_places(entries, as_at),
            _said_moved(dates),
            _left_on_no_day(dates),
            _first_known(dates, as_at),
            with_a_home(mine),
            by="child",
        )
        agencies = agency_entries(dates, as_at)
        grown_ups = _grown_ups(children, dates, as_at)
        families = _of_children(related.result(), pl.concat([grown_ups, _of_no_known_age(children)]))
    has_place = pl.col("place_probability").is_not_null()
    is_grown_up = pl.col("child").is_in(grown_ups.implode())
    children = children.with_columns(
        pl.when(is_grown_up)
        .then(pl.lit("grown up"))
        .otherwise(pl.col("age_group").fill_null("unknown"))
        .alias("age_group"),
        pl.col("is_known_here", "gives_home").fill_null(value=False),
        last_roll=pl.when(has_place).then(None).otherwise(pl.coalesce("last_roll", "left_roll", pl.lit(NEVER))),
        roll_ended_days=pl.when(has_place).then(None).otherwise(pl.col("roll_ended_days")),
        said_moved=pl.when(~has_place).then("said_moved"),
        left_with_all=~has_place & (_left_year_six(as_at) | pl.col("left_with_school")).fill_null(value=False),
        left_with_school=pl.col("left_with_school").fill_null(value=False),
    )
    agencies = with_letters(with_shared(agencies, families).sort("source", "child"), children, as_at)
    signs = _household_signs(families, with_last_contact(dates, agencies.filter("is_letter"), as_at), children, as_at)
    return Evidence(
        children=join_by_child(children, signs, _left_together(families, children), by="child"),
        agencies=agencies,
        families=families.sort("child", "other"),
    )


def with_last_contact(dates: ChildDates, letters: pl.DataFrame, as_at: date) -> ChildDates:
    """``dates``, with ``seen_on`` changed to the last day of contact.

    ``letters``: rows of ``Evidence.agencies`` whose date is a letter's. For such a record, contact is the day on which it
    first saw the child; null if that is the letter's day.
    """
    letter_on = pl.lit(as_at) - pl.duration(days="sighted_days")
    written = letters.select("child", "source", letter_on=letter_on)
    records = dates.records.join(written, on=["child", "source"], how="left", validate="m:1", maintain_order="left")
    first = pl.when(pl.col("first_on") < pl.col("letter_on")).then("first_on")
    is_letter = (pl.col("seen_on") == pl.col("letter_on")).fill_null(value=False)
    seen_on = pl.when(is_letter).then(first).otherwise("seen_on")
    return replace(dates, records=records.with_columns(seen_on=seen_on).drop("letter_on"))


def _age_groups(mine: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``age_group`` and ``born_on``, by the birth date that most records give; on a tie the later date. Where records give the
    month of birth alone: by its first day."""
    birth = pl.col("date_of_birth")
    dated = mine.select("child", "date_of_birth", "membership").drop_nulls("date_of_birth")
    months = mine.select(
        "child", "membership", date_of_birth=birth_date_by_age(pl.lit(None, pl.Date), pl.col("born_in"))
    ).drop_nulls("date_of_birth")
    dated = pl.concat([dated, months.join(dated, on="child", how="anti").select(dated.columns)])
    dates = dated.group_by("child").agg(birth.max(), earliest=birth.min())
    agreed = dates.filter(birth == pl.col("earliest")).select("child", "date_of_birth")
    voted = (
        dated.join(dates.filter(birth != pl.col("earliest")), on="child", how="semi")
        .group_by("child", "date_of_birth")
        .agg(votes=pl.col("membership").sum().round(6))
        .sort("child", "votes", "date_of_birth", descending=[False, True, True])
        .unique("child", keep="first", maintain_order=True)
        .select("child", "date_of_birth")
    )
    first, last = birth_dates_of_age(as_at)
    group = pl.when(birth > last).then(pl.lit("under")).when(birth < first).then(pl.lit("over")).otherwise(pl.lit("of"))
    return pl.concat([agreed, voted]).select("child", age_group=group, born_on=birth)


def _grown_ups(children: pl.DataFrame, dates: ChildDates, as_at: date) -> pl.Series:
    """``child`` of each grown-up: by the birth date, or without one, as a record says."""
    called = dates.records.filter("is_of_grown_up")["child"].unique()
    is_old = age_in_years(pl.col("born_on"), as_at) >= GROWN_UP
    is_called = pl.col("born_on").is_null() & pl.col("child").is_in(called.implode())
    return children.filter(is_old.fill_null(value=False) | is_called)["child"]


def _of_no_known_age(children: pl.DataFrame) -> pl.Series:
    """``child`` of each of whom no record gives the birth date, nor a place in education, now or before. Hardly any child is
    without both, and a tenant often is, whom the list does not call one."""
    was_placed = pl.any_horizontal(pl.col("place_probability", "last_roll", "left_roll").is_not_null())
    return children.filter(pl.col("born_on").is_null() & ~was_placed)["child"]


def _of_children(families: pl.DataFrame, no_children: pl.Series) -> pl.DataFrame:
    return families.filter(~pl.any_horizontal(pl.col("child", "other").is_in(no_children.implode())))


def _places(entries: pl.DataFrame) -> pl.DataFrame:
    """Each child's most certain current place, and whether one of its places is on the largest roll."""
    current = entries.filter("is_current")
    sizes = current.group_by("source").agg(children=pl.col("child").n_unique())
    largest = sizes.sort("children", "source", descending=[True, False])["source"].head(1)
    sure = pl.col("source").is_in(largest.implode()) & (pl.col("link_probability") >= 0.5) & pl.col("doubt").is_null()
    likely = pl.col("link_probability")
    return (
        current.select(
            "child",
            place_probability=likely,
            place_source=pl.when(likely == likely.max().over("child")).then("source"),
            undoubted_place=pl.when(pl.col("doubt").is_null()).then(likely),
            is_known_here=sure,
        )
        .group_by("child")
        .agg(
            pl.col("place_probability", "undoubted_place").max(),
            pl.col("place_source").min(),
            pl.col("is_known_here").any(),
        )
    )


def _ended_places(entries: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Each child's provision that ended last, how long ago, and whether it was at a school that closed
    (``left_with_school``)."""
    ended = entries.filter(~pl.col("is_current") & (pl.col("until_on") <= as_at))
    latest = ended.select("child", "until_on", "source", "place").sort(
        "child", "until_on", "source", "place", descending=[False, True, False, False]
    )
    last = latest.unique("child", keep="first", maintain_order=True)
    schools = _closed_schools(ended, entries, as_at)
    apart = (pl.col("until_on") - pl.col("closed_on")).dt.total_days().abs()
    return last.join(schools, on=["source", "place"], how="left", validate="m:1").select(
        "child",
        last_roll="source",
        roll_ended_days=days_since(pl.col("until_on"), as_at),
        left_with_school=apart <= TOGETHER_DAYS,
    )


def _closed_schools(ended: pl.DataFrame, entries: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``source``, ``place`` and ``closed_on`` of schools that many children recently left on one day and that hardly any
    attend now."""
    at_place, ended_on = ["source", "place"], pl.col("until_on")
    lately = ended.filter(days_since(ended_on, as_at) <= ROLLS_SETTLE_DAYS).drop_nulls("place")
    by_day = lately.group_by(*at_place, "until_on").agg(together=pl.col("child").n_unique())
    most = by_day.sort("together", "until_on", descending=True).unique(at_place, keep="first", maintain_order=True)
    still = entries.filter("is_current").group_by(at_place).agg(still=pl.col("child").n_unique())
    known = most.join(still, on=at_place, how="left", validate="1:1").with_columns(pl.col("still").fill_null(0))
    closed = known.filter(pl.col("together") >= LEAST_SCHOOL, pl.col("still") <= LEFT_BEHIND * pl.col("together"))
    return closed.select(*at_place, closed_on="until_on")


def _left_year_six(as_at: date) -> pl.Expr:
    """Whether the last place ended recently, in the summer in which the child finished Year 6."""
    ended_on = pl.lit(as_at) - pl.duration(days=pl.col("roll_ended_days"))
    summer = year_seven_from(pl.col("born_on")).dt.year()
    is_lately = pl.col("roll_ended_days") <= ROLLS_SETTLE_DAYS
    return is_lately & ended_on.is_between(pl.date(summer, 7, 1), pl.date(summer, 9, 30))


def _said_moved(dates: ChildDates) -> pl.DataFrame:
    """``said_moved`` of children whom a roll records as leavers. Of two rolls left on one day, one that says so counts."""
    rolls = dates.records.filter(pl.col("source").is_in(dates.rolls.implode()) & pl.col("left_on").is_not_null())
    is_last = pl.col("left_on") == pl.col("left_on").max()
    return rolls.group_by("child").agg(pl.col("said_moved").filter(is_last).max())


def _left_on_no_day(dates: ChildDates) -> pl.DataFrame:
    """``left_roll``: the roll that says of a child that it has left, and not when."""
    rolls = dates.records.filter(pl.col("source").is_in(dates.rolls.implode()), "is_ended", pl.col("left_on").is_null())
    return rolls.group_by("child").agg(left_roll=pl.col("source").min())


def _first_known(dates: ChildDates, as_at: date) -> pl.DataFrame:
    """``known_days``, for children whose records all say when they first saw the child."""
    first = pl.col("first_on")
    known = dates.records.group_by("child").agg(first.min(), is_dated=first.is_not_null().all())
    return known.filter("is_dated").select("child", known_days=days_since(first, as_at))


def _left_together(families: pl.DataFrame, children: pl.DataFrame) -> pl.DataFrame:
    """``left_together``, for children who came off a roll and have another child in the household who did so too. Another
    child who left as its school closed does not count."""
    off = children.drop_nulls("roll_ended_days").select("child", "roll_ended_days", "left_with_school")
    both = families.join(off, on="child", how="inner", validate="m:1").join(
        off.filter(~pl.col("left_with_school")).select(other="child", other_ended_days="roll_ended_days"),
        on="other",
        how="inner",
        validate="m:1",
    )
    apart = (pl.col("roll_ended_days") - pl.col("other_ended_days")).abs()
    return both.group_by("child").agg(left_together=apart.min() <= TOGETHER_DAYS)


def _household_signs(families: pl.DataFrame, dates: ChildDates, children: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``household``: what the other children of each child's household show at first sight."""
    has_place = pl.col("place_probability").is_not_null()
    asked = children.filter(~has_place).select("child")  # few; nothing else is asked of the other children
    seen = dates.records.join(asked, on="child", how="semi").group_by("child").agg(pl.col("seen_on").max())
    is_seen = days_since(pl.col("seen_on"), as_at) <= LATELY_DAYS
    signs = children.join(seen, on="child", how="left", validate="1:1").select(
        other="child", sign=pl.when(has_place).then(0).when(is_seen).then(1).otherwise(2).cast(pl.Int64)
    )
    of_others = families.join(signs, on="other", how="inner", validate="m:1")
    return of_others.group_by("child").agg(household=pl.col("sign").min())
