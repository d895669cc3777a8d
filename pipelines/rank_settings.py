"""What the authority decides about its list: the cut-off, the lanes, and the points of each priority factor.

Frozen, with defaults; an unknown key is an error. ``config/example.toml`` shows every key under ``[ranking]``.
"""

from datetime import date
from typing import Annotated

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

LEAST_SLOPE = 0.05
"""With a flatter line, the likelihood would no longer say anything about a child."""

PointsOf = Annotated[int, Field(ge=0, le=1000)]
"""Points of one finding: at most 1,000, which make a child eleven times as urgent."""

Days = Annotated[int, Field(ge=0, le=36500)]
"""Number of days in a setting: at most a hundred years."""

DaysAfter = Annotated[Days, Field(ge=1)]
"""Number of days after which something counts; at least one."""

ROUNDING = 1e-9
"""A likelihood below the cut-off by no more than this still reaches it: 0.25 x 0.8 must not fail 0.2 for the last bit."""


def reaches(likelihood: pl.Expr, cut_off: float) -> pl.Expr:
    """Whether a likelihood is at or above a cut-off."""
    return likelihood >= cut_off - ROUNDING


class Group(BaseModel):
    """Base of every group of settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        """Otherwise ``true`` would be taken for the number 1, and ``false`` for 0."""
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError(f"{str(value).lower()} is not allowed here. config/example.toml shows what is")
        return value


class Points(Group):
    """Points by finding: 0 switches a finding off, 100 double a child's urgency (:mod:`pipelines.listing.rank`)."""

    child_protection: PointsOf = 60
    """Open on a child protection plan."""
    looked_after: PointsOf = 50
    """Looked after by an authority."""
    child_in_need: PointsOf = 30
    """Open to social care in any other way."""
    referral: PointsOf = 30
    """Somebody has raised a concern about the child's education or whereabouts that is still open."""
    exploitation: PointsOf = 60
    """A concern of exploitation, trafficking, forced marriage or the like."""
    missing_from_home: PointsOf = 50
    """Reported missing from home or care."""
    harm: PointsOf = 40
    """A concern of abuse or neglect, or the police had to protect the child."""
    youth_justice: PointsOf = 30
    """Known to youth justice."""
    referral_waiting: PointsOf = 10
    """Added to ``referral`` if such a concern has waited for ``referral_waiting_days``."""
    referral_waiting_days: DaysAfter = 28
    """Days (not points) after which an open concern counts as waiting long."""
    exclusion: PointsOf = 40
    """Excluded, and past the sixth school day without a known place."""
    left_unsettled: PointsOf = 40
    """Taken off a roll after an absence, for home education that no register shows, or with no known destination."""
    unregistered_setting: PointsOf = 40
    """Said to attend a school or setting that is not registered."""
    unclaimed_transfer: PointsOf = 30
    """A school sent the child's transfer file, and no school has claimed it."""
    vanished_from_roll: PointsOf = 30
    """A roll stopped naming the child, and gave no leaving date."""
    no_place: PointsOf = 20
    """A place was refused, withdrawn or not offered, or an offer was not taken up."""
    out_4_weeks: PointsOf = 5
    """Last known education ended four weeks ago or longer (and less than the next step)."""
    out_12_weeks: PointsOf = 10
    """The same, 12 weeks."""
    out_26_weeks: PointsOf = 20
    """The same, 26 weeks."""
    out_52_weeks: PointsOf = 30
    """The same, 52 weeks or longer."""
    other_education_ended: PointsOf = 20
    """Home education, or a place at an alternative provider, ended and nothing followed."""
    in_and_out: PointsOf = 10
    """Home educated more than once, or three places left, within two years."""
    newly_arrived: PointsOf = 15
    """Newly arrived from abroad, or moved in from another authority."""
    unaccompanied: PointsOf = 50
    """Unaccompanied and seeking asylum."""
    never_on_a_roll: PointsOf = 15
    """No extract shows that the child has ever been in education."""
    transition: PointsOf = 10
    """At the age of starting school, or of moving to secondary school."""
    long_unseen: PointsOf = 10
    """Nobody has had contact with the child for ``long_unseen_days``."""
    long_unseen_days: DaysAfter = 365
    """Days (not points) without contact, after which a child counts as long unseen."""
    temporary_accommodation: PointsOf = 15
    """Lives in temporary accommodation, a hostel or a refuge."""
    place_to_come: int = Field(20, ge=0, le=90)
    """Subtracted, not added: a place starts within ``place_to_come_days``, or started so recently that no roll may show it."""
    border: int = Field(10, ge=0, le=10)
    """Subtracted, not added: lives near the border, and may be on a roll next door that no extract shows."""
    place_to_come_days: Days = 28
    """Days (not points) before its start from which a place moves the child down."""
    not_arrived_after_days: Days = 15
    """Days (not points) after the start of an accepted place from which a child on no roll counts as not having taken it
    up."""


class OutcomeHolds(Group):
    """Days for which an officer's closing outcome holds, if nothing contradicts it sooner; 0: for good."""

    on_roll_own: Days = 90
    """A roll of our own should show the child by then."""
    on_roll_other_la: Days = 365
    independent: Days = 365
    ehe_suitable: Days = 365
    """Home education is reviewed once a year."""
    ap_eotas: Days = 182
    moved_other_la_confirmed: Days = 0
    emigrated_verified: Days = 0
    not_csa: Days = 365
    data_error: Days = 0


Postcodes = tuple[Annotated[str, Field(pattern=r"^[A-Z]{1,2}(\d[A-Z\d]?( \d)?)?$")], ...]
"""Postcode areas (SY), districts (SY15) or sectors (SY15 6), in capitals."""


class Area(Group):
    """Where the authority ends (:mod:`pipelines.residence.area`)."""

    postcodes: Postcodes = ()
    """The authority's own. Empty: not given, and only what tonight's lists show to be next door or far away counts as
    outside (:mod:`pipelines.residence.next_door`, :mod:`pipelines.residence.far_away`)."""
    living_here_outside: float = Field(0.2, ge=0, le=1)
    """Factor for the likelihood of living here of a child whose last known home lies outside: a postcode may be a slip, or
    old."""
    neighbours: dict[str, Postcodes] = {}
    """Neighbouring authority -> its postcodes. It is asked first about a child whose home lies there."""
    border: dict[str, Postcodes] = {}
    """Neighbouring authority -> the authority's *own* postcodes whose children often go to school there, if no extract
    shows those schools' rolls."""


class Recalibration(Group):
    """A line in the log odds of the estimated likelihood, from officers' outcomes (``listing/recalibration.py``)."""

    slope: float = Field(1.0, ge=LEAST_SLOPE, le=5)
    """Below 1: likelihoods were too certain, both ways."""
    shift: float = Field(0.0, ge=-5, le=5)
    """Added to the log odds. Below 0: fewer children were found missing than predicted."""
    answered_from: float = Field(0.0, ge=0, lt=1)
    """The least estimate that the outcomes reach. Lower estimates change in the proportion in which this one does, so that
    a child whom a record shows in school does not come onto the list by a line drawn through others."""

    @property
    def changes_nothing(self) -> bool:
        """Whether the likelihood is published as it is estimated."""
        return (self.slope, self.shift) == (1.0, 0.0)


class RankSettings(Group):
    """How the list is cut and laid out in lanes."""

    wasted_enquiries_per_missed_child: float = Field(8.0, ge=0)
    """How many enquiries that find nothing are worth making so as not to miss one child? Sets the cut-off: 8 gives 1 in 9."""
    check_costs: float = Field(0.4, gt=0, le=1)
    """Cost of a desk check of whether a child still lives here, as a share of an enquiry's. Where only silence says that a
    child has left, correspondingly more of them are worth making (:mod:`pipelines.listing.gone_quiet`)."""
    doubtful_link_below: float = Field(0.8, ge=0, le=1)
    """Lane "doubtful link": being on no roll is less likely than this, because a record in education may be the child's. If
    the record is the child's and only whether its entry still holds is in doubt: lane "data problem"."""
    moved_away_below: float = Field(0.5, ge=0, le=1)
    """Lane "probably moved away": living here is less likely than this."""
    doubtful_age_below: float = Field(0.8, ge=0, le=1)
    """Lane "data problem": being of compulsory school age is less likely than this, because of the birth dates."""
    doubtful_provision: float = Field(0.9, ge=0, le=1)
    """How far an entry with a doubt (a guest registration, home education not yet assessed) proves an education."""
    unlisted_school_weighs: float = Field(0.9, ge=0, le=0.95)
    """How much of its urgency a child loses at most, as a share, if agencies know it as they know pupils of schools that no
    roll here shows, so that such a school may have it (:mod:`pipelines.listing.unlisted_school`). 0: none."""
    weeks_before_listed: int = Field(0, ge=0, le=52)
    """Weeks after the end of a known education before a child is listed; 0 in England, 4 in some policies. A child at high
    risk (:data:`pipelines.priority.HIGH_RISK`) never waits."""
    school_closures: tuple[tuple[date, date], ...] = ()
    """First and last day of each period in which schools are closed: no school days, and rolls need not change in it."""
    area: Area = Area()
    recalibration: Recalibration = Recalibration()
    points: Points = Points()
    outcome_holds: OutcomeHolds = OutcomeHolds()

    @field_validator("school_closures")
    @classmethod
    def _begins_before_it_ends(cls, closures: tuple[tuple[date, date], ...]) -> tuple[tuple[date, date], ...]:
        for first, last in closures:
            if first > last:
                raise ValueError(f"{first} is after {last}. Write the first day before the last")
        return closures

    @property
    def list_from(self) -> float:
        """Least likelihood with which a child is listed, 0..1: from it on, a missed child outweighs the wasted enquiries."""
        return 1 / (1 + self.wasted_enquiries_per_missed_child)

    @property
    def check_from(self) -> float:
        """Least likelihood, 0..1, with which a child who has gone quiet stays on the list to be checked."""
        return 1 / (1 + self.wasted_enquiries_per_missed_child / self.check_costs)
