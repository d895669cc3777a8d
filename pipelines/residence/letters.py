"""Which sightings are letters: dates that an agency gives to everybody on its list, including those who have left.

A practice that writes to each child after its birthday, or to all in one week of the year, and records that as a contact,
dates those who left like those who live here. Such dates stand out: far more of them fall in one week after the birthday,
or in one week of the last year, than in other weeks, and for children without a place as often as for pupils. (A nurse who
visits the schools meets only pupils.) A letter's date says only that the child has not been met since.

Whoever meets families often met most of them lately: so many dates of the last weeks are no letters. A week of the year, or a
day, stands out from those about it, by how many of those not met since then have their date in it.

The same is true of a day on which a whole list is dated, as when a landlord reviews all rents on the first Monday of April,
or a part of it, as when one practice of many goes through its own list and dates everybody on it.

An agency that reports events writes no letters: families who have just come apply for a place in the same weeks of August,
and those who had one before applied long ago.
"""

from datetime import date

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from pipelines.residence.reading import ENDED, Codes, Flags, Floats

YEAR_DAYS = 365.25
WEEK_DAYS, WEEKS = 7.0, 53

MUCH_MORE, LEAST_SHARE = 4.0, 0.02
"""Weeks stand out if they hold this many times the usual number of dates, and at least this share of the year's dates."""

ABOUT = 9
"""Number of weeks or days, the nearest ones, that show what is usual at a time of the year. Fewer than half may be letters'."""

ENOUGH_LETTERS = 0.2
"""Least share of the dates of children without a place that are letters. Fewer may be a campaign, in which they were met."""

AS_MANY = 0.9
"""Least ratio of the share of children without a place who have such a date to the share of pupils who do."""

ENOUGH_ON_A_DAY = 10
"""Least number of children without a place dated on one day for the day to be judged."""

ENOUGH_OF_A_PART = 30
"""Least number of children without a place dated on one day for it to be a day on which only a part of a list was dated. In a
real campaign, too, they are dated less often than pupils; how much less depends on how many of them have left."""

MORE_OFTEN = 2.0
"""Where children without a place are dated on a day this many times as often as pupils, it is a place where they live, such as
a hotel that counts its guests."""

ENOUGH_DATED = 100
"""Least number of pupils for an agency's dates to be judged; for judging by weeks, also of children without a place."""

PARTS = 1000
"""Number of equal parts into which the gaps between meetings are cut."""


def with_letters(agencies: pl.DataFrame, children: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``agencies`` with ``is_letter``: the date on which the agency last saw the child is a letter's.

    Both as in ``Evidence``; ``children`` also has ``born_on`` (null: unknown).
    """
    child = agencies["child"].to_numpy()
    age_days = (pl.lit(as_at) - pl.col("born_on")).dt.total_days().cast(pl.Float64).fill_null(np.nan)
    without_place = pl.col("place_probability").is_null() & (pl.col("age_group") == "of")
    asked = children.select("is_known_here", age_days=age_days, without_place=without_place)
    is_pupil, age, has_none = (asked[name].to_numpy()[child] for name in ("is_known_here", "age_days", "without_place"))
    is_open = agencies["state"].to_numpy() != ENDED
    meets = ~agencies["is_start"] & ~agencies["tells_events"] & agencies["sighted_days"].is_not_null()
    seen = agencies["sighted_days"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    begun = agencies["begun_days"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    source = agencies["source"].rle_id().cast(pl.Int64).to_numpy()
    is_letter = np.zeros(agencies.height, dtype=bool)
    for number in range(int(source.max(initial=-1)) + 1):
        mine = np.flatnonzero((source == number) & meets.to_numpy())
        by_weeks = are_letters(seen[mine], age[mine], is_pupil[mine], has_none[mine])
        whom = (is_pupil & is_open)[mine], (has_none & is_open)[mine], ~is_open[mine]
        is_letter[mine] = by_weeks | are_of_one_day(seen[mine], *whom, begun[mine])
    return agencies.with_columns(is_letter=pl.Series(is_letter, dtype=pl.Boolean))


def are_letters(seen_days: Floats, age_days: Floats, is_pupil: Flags, without_place: Flags) -> Flags:
    """Whether each sighting by one agency, ``seen_days`` ago, is a letter's date.

    ``age_days``: age of the child tonight; nan: unknown.
    """
    is_letter = np.zeros(len(seen_days), dtype=bool)
    if min(np.count_nonzero(is_pupil), np.count_nonzero(without_place)) < ENOUGH_DATED:
        return is_letter
    since_birthday = np.nan_to_num((age_days - seen_days) % YEAR_DAYS, nan=-WEEK_DAYS)
    this_year = np.where(seen_days < YEAR_DAYS, seen_days, -WEEK_DAYS)
    for days, comes_round in ((since_birthday, True), (this_year, False)):
        week = (days // WEEK_DAYS).astype(np.int64)
        is_apart = _weeks_apart(week[without_place], comes_round=comes_round)[week] & (week >= 0)
        share, of_pupils = is_apart[without_place].mean(), is_apart[is_pupil].mean()
        if share >= max(ENOUGH_LETTERS, AS_MANY * of_pupils):
            is_letter |= is_apart
    return is_letter


def are_of_one_day(
    seen_days: Floats, is_pupil: Flags, without_place: Flags, is_ended: Flags, begun_days: Floats
) -> Flags:
    """Whether each sighting by one agency is of a day on which it dated more children than it can have met: a yearly rent
    review, a new system, a practice that went through its list.

    ``is_pupil``, ``without_place``: only of children whose entry is open, as nobody writes to the others. A day needs fewer
    children to stand out than a week does. Days of the last week do not count, as a hotel counts its guests each morning,
    unless those whose entry has ended (``is_ended``) are dated on it as often as pupils: nobody met these.

    ``begun_days``: days since the child's entry began; nan: unknown. Whoever has come since a day cannot be dated on it, and
    many children without a place have come lately: of a small list, two of them would make a letter a meeting.
    """
    is_of_one_day = np.zeros(len(seen_days), dtype=bool)
    if np.count_nonzero(is_pupil) < ENOUGH_DATED:
        return is_of_one_day
    by_day = np.bincount(seen_days[is_pupil].astype(np.int64), minlength=int(seen_days.max()) + 1)
    many = many_for_its_time(by_day, 0) / by_day.sum()
    days, counts = np.unique(seen_days[without_place], return_counts=True)
    for day, count in zip(days, counts, strict=True):
        if count < ENOUGH_ON_A_DAY:
            continue
        on_it = seen_days == day
        had_come = on_it | ~(begun_days < day)
        share, of_pupils = (_share(on_it, among=whose & had_come) for whose in (without_place, is_pupil))
        if day <= WEEK_DAYS and not _dates_the_gone(on_it, is_ended, of_pupils):
            continue
        is_of_all = min(share, of_pupils) >= ENOUGH_LETTERS and share >= AS_MANY * of_pupils
        if is_of_all or _is_of_a_part(int(count), share, of_pupils, many[int(day)]):
            is_of_one_day |= on_it
    return is_of_one_day


def _dates_the_gone(on_it: Flags, is_ended: Flags, of_pupils: float) -> bool:
    is_enough = np.count_nonzero(on_it & is_ended) >= ENOUGH_ON_A_DAY
    return bool(is_enough and _share(on_it, among=is_ended) >= AS_MANY * of_pupils)


def _share(of: Flags, *, among: Flags) -> float:
    return float((of & among).sum()) / max(1.0, float(among.sum()))


def _is_of_a_part(count: int, share: float, of_pupils: float, many: float) -> bool:
    """Whether an agency dated everybody on a part of its list on one day, met or not.

    ``count``: children without a place dated on the day; ``share``, ``of_pupils``: the shares of their dates, and of pupils'
    dates, that fall on it; ``many``: the share of pupils' dates with which the day stands out. It must stand out, and children
    without a place be dated on it as often as pupils, within what chance makes of so few.
    """
    stands_out = of_pupils >= max(LEAST_SHARE, many)
    fewest = AS_MANY * of_pupils * (1.0 - 1.0 / np.sqrt(count))
    return bool(stands_out and count >= ENOUGH_OF_A_PART and fewest <= share <= MORE_OFTEN * of_pupils)


def _weeks_apart(week: Codes, *, comes_round: bool) -> Flags:
    """Whether each week stands out and has its share of all dates. Week -1: a date of another year, or none.

    ``comes_round``: the weeks are of every year, as those after a birthday are, and so compared with the middle one of all.
    """
    counts = np.bincount(week[week >= 0], minlength=WEEKS)
    in_middle = MUCH_MORE * (np.median(counts) + 1.0)
    many = in_middle if comes_round else many_for_its_time(counts, int(np.count_nonzero(week < 0)))
    return np.asarray(counts > np.maximum(many, LEAST_SHARE * counts.sum()))


def many_for_its_time(counts: Codes, earlier: int) -> Floats:
    """With how many last dates each time would stand out from the ``ABOUT`` times about it.

    ``counts``: last dates in each time, the latest first; ``earlier``: before all of them. A family met since has no last date
    there: so what is compared is how many of those not met since were met (as odds, which have no upper end) and, as that
    grows towards the first dates of all, the number too.
    """
    unmet = counts[::-1].cumsum()[::-1] + earlier
    near = min(ABOUT, len(counts))
    first = np.clip(np.arange(len(counts)) - near // 2, 0, len(counts) - near)
    share, number = (
        np.median(sliding_window_view(each, near), axis=1)[first] for each in (counts / np.maximum(unmet, 1), counts)
    )
    much = MUCH_MORE * share / (1.0 + (MUCH_MORE - 1.0) * share)
    return np.asarray(np.maximum(much * unmet, MUCH_MORE * number), dtype=np.float64) + MUCH_MORE


def gaps_between(seen_days: Floats, is_letter: Flags) -> Floats:
    """Days between meetings at each of ``PARTS`` evenly spaced quantiles; a child with a letter's date was met so long ago
    or longer.

    By the product-limit estimate (Kaplan and Meier 1958); beyond the longest gap, by the mean rate of meetings. At least
    one sighting must not be a letter.
    """
    order = np.lexsort((is_letter, seen_days))
    days, is_met = seen_days[order], ~is_letter[order]
    unmet = np.cumprod(1.0 - is_met / np.arange(len(days), 0, -1))
    chances = (np.arange(PARTS) + 0.5) / PARTS
    place = np.searchsorted(1.0 - unmet, chances)
    usual_gap = max(1.0, days.sum()) / np.count_nonzero(is_met)
    beyond = days[-1] + usual_gap * np.log(np.maximum(unmet[-1], 1.0 / PARTS) / (1.0 - chances))
    return np.asarray(np.where(place < len(days), days[np.minimum(place, len(days) - 1)], beyond), dtype=np.float64)
