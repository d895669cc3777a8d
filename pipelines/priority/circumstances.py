"""What a priority factor may read: statements, provision and birth dates, as at a date.

A factor sees no name, no ethnicity, and of an address only on which side of a border it lies. Nor does it see which source
is which: a new source works through its contract.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from pipelines.children.promised_places import promised_places
from pipelines.children.statement_dates import has_begun, has_not_ended
from pipelines.formatted import formatted, in_small_letters
from pipelines.intake.school_holidays import ALL_SHUT, days_shut
from pipelines.residence.area import HOME
from pipelines.residence.contact import SEEN
from pipelines.tables import FINDING, SCHOOL
from pipelines.written_dates import day

OUT_OF_SCHOOL = r"home|elective|\behe\b|alternative|\bap\b|tuition|hospital|pupil referral"
"""Matches ways of being educated, in lower case, that are not at a school."""

WENT_ON_FOR = timedelta(days=30)
"""An education that lasted this long had been taken up: rolls keep children who never came for some weeks."""


@dataclass(frozen=True)
class Circumstances:
    """What is known of the children to be judged."""

    statements: pl.DataFrame
    """``STATEMENT`` with ``child_id`` in front: one row is one statement about one child."""
    provision: pl.DataFrame
    """``PROVISION``."""
    births: pl.DataFrame
    """One row is one child: ``child_id``, ``date_of_birth`` (null: unknown)."""
    as_at: date
    """The date judged."""
    closures: tuple[tuple[date, date], ...] = ()
    """First and last days of periods in which schools are closed, besides weekends and holidays common to all."""
    homes: pl.DataFrame = field(default_factory=HOME.to_frame)
    """``HOME``: children whose home lies outside the authority or near its border."""
    schools: pl.DataFrame = field(default_factory=SCHOOL.to_frame)
    """``SCHOOL``; without rows, every school has only the name its source gives it."""

    def school_days_since(self, days: pl.Series) -> pl.Series:
        """School days after each day, up to and including the date judged; null for null.

        Weekends, ``closures`` and days on which all schools are shut do not count.
        """
        closed = [first + timedelta(days=n) for first, last in self.closures for n in range((last - first).days + 1)]
        shut = closed + days_shut(min(days.drop_nulls(), default=self.as_at), self.as_at, ALL_SHUT)
        until = np.datetime64(self.as_at + timedelta(days=1), "D")
        known = days.drop_nulls()
        counted = np.busday_count(
            (known + timedelta(days=1)).to_numpy().astype("datetime64[D]"),
            until,
            holidays=np.array(shut, dtype="datetime64[D]"),
        )
        after = dict(zip(known.to_list(), counted.tolist(), strict=True))
        return pl.Series("school_days", [after.get(day) for day in days], dtype=pl.Int64)

    def open_concerns(self, named: str = "") -> pl.DataFrame:
        """Statements of concern in force on the date judged, with ``what`` in lower case (an empty text for null).

        ``named``: only those whose ``what`` contains this regular expression.
        """
        return self._open_concerns.filter(pl.col("what").str.contains(named))

    @cached_property
    def _open_concerns(self) -> pl.DataFrame:
        in_force = has_begun(self.as_at) & has_not_ended(self.as_at)
        concerns = self.statements.filter((pl.col("kind") == "concern") & in_force)
        return concerns.with_columns(what=in_small_letters(pl.col("what")))

    @cached_property
    def places_to_come(self) -> pl.DataFrame:
        """Places that start after the date judged: on a roll already, or offered, accepted or deferred.

        ``child_id``, ``record_id``, ``what``, ``place`` (null: not given), ``since_on``; by child, then day.
        """
        columns = ("child_id", "record_id", "what", "place", "since_on")
        both = (self.provision, promised_places(self.statements, self.as_at))
        found = pl.concat([places.select(columns) for places in both]).filter(pl.col("since_on") > self.as_at)
        return found.sort("child_id", "since_on", "record_id", "what")

    def unanswered(self, concerns: pl.DataFrame, taken_up_within: timedelta = timedelta(days=-1)) -> pl.DataFrame:
        """Those of ``concerns`` that no education of the child has answered by the date judged.

        An education that began on or after the day of the concern answers it. A school still does if the child has left it
        since, unless the child never came (``WENT_ON_FOR``): why it left is another question. Home education or a placement
        that has ended leaves the child as before. A concern without a day (an offer that names none) takes the day on which
        its record last saw the child. ``taken_up_within``: for a concern about a place, an education that began at most
        this long before it counts too.
        """
        is_school = ~in_small_letters(pl.col("what")).str.contains(OUT_OF_SCHOOL)
        went_on = pl.col("until_on") >= pl.col("since_on") + WENT_ON_FOR
        answers = self.begun_provision().filter(pl.col("is_current") | (is_school & went_on))
        last = answers.group_by("child_id").agg(began_on=pl.col("since_on").max())
        seen = self.statements.filter(pl.col("kind") == SEEN, has_begun(self.as_at)).group_by("record_id")
        asked = concerns.join(last, on="child_id", how="left", validate="m:1", maintain_order="left").join(
            seen.agg(seen_on=pl.col("since_on").max()),
            on="record_id",
            how="left",
            validate="m:1",
            maintain_order="left",
        )
        raised_on = pl.coalesce("since_on", "seen_on")
        answered = pl.col("began_on") >= raised_on - taken_up_within
        return asked.filter(~answered.fill_null(value=False)).drop("began_on", "seen_on")

    def begun_provision(self) -> pl.DataFrame:
        """Provision that had begun by the date judged, or has no first day."""
        return self.provision.filter(has_begun(self.as_at))

    @cached_property
    def ended_provision(self) -> pl.DataFrame:
        """Provision that had ended by the date judged, and has a last day."""
        return self.provision.filter(~pl.col("is_current") & (pl.col("until_on") <= self.as_at))

    @cached_property
    def last_ended(self) -> pl.DataFrame:
        """For each child, the provision that ended last; of several that ended on one day, the first by record. By child."""
        by = ["child_id", "until_on", "record_id", "what"]
        ordered = self.ended_provision.sort(by, descending=[False, True, False, False], nulls_last=True)
        return ordered.unique("child_id", keep="first", maintain_order=True)


def earliest_open(
    concerns: pl.DataFrame, factor: str, points: int | pl.Expr, because: str | pl.Expr, dated: str = "since"
) -> pl.DataFrame:
    """One ``FINDING`` a child, from the concern with the most points and, among those, the longest open.

    ``because`` is followed by ``dated`` ("since", or "on" for something that happened once) and the date, if there is one.
    """
    since = formatted(" {} {}", pl.lit(dated), day(pl.col("since_on"))).fill_null("")
    stated = concerns.with_columns(points=points, because=because + since)
    by = ["child_id", "points", "since_on", "because", "record_id"]
    ordered = stated.sort(by, descending=[False, True, False, False, False], nulls_last=True)
    first = ordered.unique("child_id", keep="first", maintain_order=True)
    return as_findings(first, factor, pl.col("points"), pl.col("because"))


def as_findings(about: pl.DataFrame, factor: str, points: int | pl.Expr, because: pl.Expr) -> pl.DataFrame:
    """``FINDING`` rows of a factor, one for each row of ``about``."""
    return about.select("child_id", factor=pl.lit(factor), points=points, because=because).cast(FINDING)
