"""What the authority decides about its list: the cut-off, the lanes, and the points of each priority factor.

Frozen, with defaults; an unknown key is an error. ``config/example.toml`` shows every key under ``[ranking]``.
"""

from pydantic import BaseModel, ConfigDict, Field


class Points(BaseModel):
    """Points by finding: 0 switches a finding off, 100 double a child's urgency (:mod:`pipelines.rank`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    child_protection: int = Field(60, ge=0)
    """Open on a child protection plan."""
    looked_after: int = Field(50, ge=0)
    """Looked after by an authority."""
    child_in_need: int = Field(30, ge=0)
    """Open to social care in any other way."""
    referral: int = Field(30, ge=0)
    """Somebody has raised a concern about the child's education or whereabouts that is still open."""
    exploitation: int = Field(60, ge=0)
    """A concern of exploitation, trafficking, forced marriage or the like."""
    unclaimed_transfer: int = Field(30, ge=0)
    """A school sent the child's transfer file, and no school has claimed it."""
    vanished_from_roll: int = Field(30, ge=0)
    """A roll stopped naming the child, and gave no leaving date."""
    no_place: int = Field(20, ge=0)
    """A place was refused, withdrawn or not offered, or an offer was not taken up."""
    out_4_weeks: int = Field(5, ge=0)
    """Last known education ended four weeks ago or longer (and less than the next step)."""
    out_12_weeks: int = Field(10, ge=0)
    """The same, 12 weeks."""
    out_26_weeks: int = Field(20, ge=0)
    """The same, 26 weeks."""
    out_52_weeks: int = Field(30, ge=0)
    """The same, 52 weeks or longer."""
    other_education_ended: int = Field(20, ge=0)
    """Home education, or a place at an alternative provider, ended and nothing followed."""
    never_on_a_roll: int = Field(15, ge=0)
    """No extract shows that the child has ever been in education."""
    transition: int = Field(10, ge=0)
    """At the age of starting school, or of moving to secondary school."""
    long_unseen: int = Field(10, ge=0)
    """Nobody has had contact with the child for ``long_unseen_days``."""
    long_unseen_days: int = Field(365, ge=1)
    """Days (not points) without contact, after which a child counts as long unseen."""
    temporary_accommodation: int = Field(15, ge=0)
    """Lives in temporary accommodation, a hostel or a refuge."""


class OutcomeHolds(BaseModel):
    """Days for which an officer's closing outcome holds, if nothing contradicts it sooner; 0: for good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on_roll_own: int = Field(90, ge=0)
    """A roll of our own should show the child by then."""
    on_roll_other_la: int = Field(365, ge=0)
    independent: int = Field(365, ge=0)
    ehe_suitable: int = Field(365, ge=0)
    """Home education is looked at once a year."""
    ap_eotas: int = Field(182, ge=0)
    moved_other_la_confirmed: int = Field(0, ge=0)
    emigrated_verified: int = Field(0, ge=0)
    not_csa: int = Field(365, ge=0)
    data_error: int = Field(0, ge=0)


class RankSettings(BaseModel):
    """How the list is cut and laid out in lanes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wasted_enquiries_per_missed_child: float = Field(8.0, ge=0)
    """How many enquiries that find nothing is it worth not to miss one child? Sets the cut-off: 8 gives 1 in 9."""
    doubtful_link_below: float = Field(0.8, ge=0, le=1)
    """Lane "doubtful link": being on no roll is less likely than this, as a record in education may be the child's."""
    moved_away_below: float = Field(0.5, ge=0, le=1)
    """Lane "probably moved away": living here is less likely than this."""
    doubtful_age_below: float = Field(0.8, ge=0, le=1)
    """Lane "data problem": being of compulsory school age is less likely than this, as birth dates differ."""
    doubtful_provision: float = Field(0.9, ge=0, le=1)
    """How far an entry with a doubt (a guest registration, home education not yet assessed) proves an education."""
    points: Points = Points()
    outcome_holds: OutcomeHolds = OutcomeHolds()

    @property
    def list_from(self) -> float:
        """Least likelihood with which a child is listed, 0..1: where a missed child outweighs the wasted enquiries."""
        return 1 / (1 + self.wasted_enquiries_per_missed_child)
