"""The school year turns in a made-up authority: offers in spring, leavers in summer, new pupils in September.

Each school sends its changes in its own time. Some pupils never arrive: their family has moved, taught them at home or found a
school that no extract shows; or nobody looks for them. Schools that send XML take no part: such a file comes once a term.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import numpy as np
import polars as pl

from apps.made_up.books import is_open
from apps.made_up.draws import Texts, either, pick, pick_shares, stream, words
from apps.made_up.identifiers import LA_CODE, issue_upns
from apps.made_up.layouts import ISO, PLAIN, UK
from apps.made_up.night_under_way import ROLL, Night
from apps.made_up.school_age import last_friday_of_june, year_group
from apps.made_up.slips import drop_letter

GOES = {"state": 0.925, "independent": 0.022, "other_la": 0.022, "ehe": 0.006, "gone": 0.012, "cme": 0.013}
"""What becomes of the children who are to begin Reception or Year 7; ``cme``: nobody arranges anything."""
APPLIED = {"state": 0.9, "independent": 0.3, "other_la": 0.6, "ehe": 0.3, "gone": 0.7, "cme": 0.55}
"""Share of each of them for whom an application was made."""
LISTED = {"independent": 0.75, "other_la": 0.6, "ehe": 0.95, "gone": 0.35}
"""Share of each of them of whom a list hears in autumn; of those gone, the practice."""
FEEDER = 0.7
"""Share of a primary school's leavers who go on to the same secondary school."""
REMOVES = 6
"""One school in so many sends its pupils only: leavers vanish from its file."""
ENDS, BEGINS = ((7, 22), 50), ((9, 3), 23)
"""First day (month, day), and number of days, on one of which each school's file shows that the year has ended, has begun."""
LISTED_WITHIN = 35
"""Days, from 15 September, within which other lists hear of those who went elsewhere."""
RETYPED = 0.06
"""Share of the new entries in which the school has typed the forename with a slip."""
SIXTH_FORM = 0.45
"""Share of Year 11 who stay on the roll."""
LEARNS_HERE = (pl.col("resident") == 1) & pl.col("state").is_in(["state", "preschool"])
"""Of a row of children: whoever else has a life of its own already, which the school year does not change."""


@dataclass(frozen=True)
class _Plan:
    """What the summer of one year holds for each child, the same on every night of it."""

    year: int
    children: pl.DataFrame
    """One row is one child: child_id, group (year group in September), goes, URN of the school to come, and draws 0..1."""
    schools: pl.DataFrame
    """One row is one school on the roll: LEA, Estab, URN, SchoolName, is_secondary, and the nights on which its file shows that
    the old school year has ended (ends_on) and that the new one has begun (begins_on)."""

    @property
    def begins(self) -> str:
        """First day of the new school year, as the roll writes it."""
        return f"{self.year}-09-02"

    def of(self, *goes: str) -> pl.DataFrame:
        """Children who begin Reception or Year 7 and become that."""
        return self.children.filter(pl.col("group").is_in([0, 7]), pl.col("goes").is_in(goes))


def _plan(night: Night) -> _Plan:
    """The same draws for each child on every night of a year; who lives elsewhere or already learns otherwise is left out."""
    year, children, roll = night.as_at.year, night.books.children, night.books.rows[ROLL]
    dice = stream(year, "the school year turns")
    count = children.height
    draws = {name: dice.random(count) for name in ("applies", "listed", "retypes", "stays", "feeds", "place")}
    known = children.select(
        "child_id",
        "state",
        "resident",
        group=pl.Series(year_group(children["born_on"].to_numpy(), date(year, 9, 1))),
        goes=pl.Series(pick_shares(dice, GOES, count), dtype=pl.String),
    ).with_columns(**{name: pl.Series(values) for name, values in draws.items()})
    schools = _schools(roll.join(known.select("child_id", "group"), on="child_id", how="left", validate="m:1"), year)
    last = roll.unique("child_id", keep="last", maintain_order=True).select("child_id", came_from="URN")
    own = known.filter(LEARNS_HERE | (pl.col("state").is_in([*GOES]) & (night.as_at.month >= 9)))
    own = own.join(last, on="child_id", how="left", validate="1:1")
    return _Plan(year, own.with_columns(URN=pl.Series(_schools_to_come(own, schools), dtype=pl.String)), schools)


def _schools(roll: pl.DataFrame, year: int) -> pl.DataFrame:
    """``_Plan.schools``; ``roll`` has each pupil's ``group``."""
    by_name = roll.group_by("URN", "LEA", "Estab", "SchoolName").agg(
        is_secondary=pl.col("group").median() >= 7, pupils=pl.len()
    )
    commonest = by_name.sort("pupils", "URN", descending=[True, False]).unique("URN", keep="first", maintain_order=True)
    days = {"ends_on": _a_day_of_its_own(year, ENDS, 7), "begins_on": _a_day_of_its_own(year, BEGINS, 14)}
    return commonest.drop("pupils").sort("URN").with_columns(**days)


def _number(urn: pl.Expr) -> pl.Expr:
    """The school's number in the authority; 0: none."""
    return urn.str.slice(-3).cast(pl.Int64, strict=False).fill_null(0)


def _a_day_of_its_own(year: int, days: tuple[tuple[int, int], int], step: int) -> pl.Expr:
    """For each school one of so many days from the first on; ``step``: days between those of two neighbouring numbers."""
    (month, first), count = days
    return pl.date(year, month, first) + pl.duration(days=_number(pl.col("URN")) * step % count)


def _schools_to_come(children: pl.DataFrame, schools: pl.DataFrame) -> Texts:
    secondary, primary = (
        schools.filter(pl.col("is_secondary") == kind)["URN"].to_numpy().astype(object) for kind in (True, False)
    )
    feeds = children.select(_number(pl.col("came_from")))["came_from"].to_numpy()
    place = children["place"].to_numpy()
    at = np.where(children["feeds"].to_numpy() < FEEDER, feeds, (place * 1000).astype(np.int64))
    to_secondary = secondary[at % len(secondary)]
    to_primary = primary[(place * len(primary)).astype(np.int64)]
    return either(children["group"].to_numpy() >= 7, to_secondary, to_primary)


def in_session(night: Night) -> pl.Series:
    """For each row of the roll, whether its school is open: over the summer, only once its file shows that the new year has
    begun."""
    roll, year = night.books.rows[ROLL], night.as_at.year
    begun = _a_day_of_its_own(year, BEGINS, 14) < night.as_at
    is_summer = date(year, *ENDS[0]) <= night.as_at <= date(year, *BEGINS[0]) + timedelta(BEGINS[1])
    return roll.select(in_session=begun | pl.lit(not is_summer))["in_session"]


def turn_school_year(night: Night) -> None:
    """What the calendar brings on this night; call it for every night, in order."""
    if not date(night.as_at.year, 4, 16) <= night.as_at <= date(night.as_at.year, 10, 31):
        return
    plan = _plan(night)
    for night.event, happen in EVENTS:
        happen(night, plan)


def _offer(night: Night, plan: _Plan) -> None:
    """Each application for September gets an answer; most are accepted."""
    if night.as_at.isoformat() >= plan.begins:
        return
    admissions = night.books.rows["admissions"]
    applied = admissions["AppliedOn"].str.to_date(UK, strict=False) >= date(plan.year - 1, 9, 1)
    has_one = admissions.filter(applied & admissions["ApplicationType"].is_in(["Reception", "Year 7"]))["child_id"]
    share = pl.col("goes").replace_strict(APPLIED, default=0.0)
    asked = plan.of(*GOES).filter(
        pl.col("applies") < share, pl.col("resident") == 1, ~pl.col("child_id").is_in(has_one.implode())
    )
    night.add("admissions", _as_applications(_written(night, asked), plan))


def _as_applications(people: pl.DataFrame, plan: _Plan) -> pl.DataFrame:
    """Rows of the admissions team, written before the round's deadline."""
    is_seven, refused = pl.col("group") == 7, pl.col("stays") > 0.93
    placed, none = pl.when(~refused), pl.lit(None, pl.String)
    due = pl.when(is_seven).then(pl.date(plan.year - 1, 10, 31)).otherwise(pl.date(plan.year, 1, 15))
    return people.select(
        "child_id",
        ApplicationType=pl.when(is_seven).then(pl.lit("Year 7")).otherwise(pl.lit("Reception")),
        AppliedOn=(due - pl.duration(days=pl.col("retypes") * 40)).dt.strftime(UK),
        ChildForename="forename",
        ChildMiddleName="middle",
        ChildSurname="surname",
        DateOfBirth=pl.col("born").dt.strftime(UK),
        Gender=pl.col("sex").replace_strict({"F": "Female", "M": "Male"}, default="Not stated"),
        AddressLine1="line",
        AddressLine2="town",
        Postcode="postcode",
        ParentName=none,
        ParentPhone=none,
        OfferStatus=pl.when(refused).then(pl.lit("Refused")).otherwise(pl.lit("Accepted")),
        OfferedURN=placed.then("URN"),
        ExpectedStartDate=placed.then(pl.lit(date(plan.year, 9, 2).strftime(UK))),
    )


def _end(night: Night, plan: _Plan) -> None:
    """Schools take Year 6, Year 11 and Year 13 off the roll: most with the last day, some out of their file."""
    roll = night.books.rows[ROLL]
    left = (pl.col("group") == 7) | (pl.col("group") >= 14) | ((pl.col("group") == 12) & (pl.col("stays") > SIXTH_FORM))
    leavers = plan.children.filter(left).select("child_id", "group")
    theirs = roll.select("child_id", "URN").join(leavers, on="child_id", how="left", maintain_order="left")
    ends = plan.schools.filter(ends_on=night.as_at)["URN"]
    stands = is_open(roll, ROLL, night.as_at) & (roll["EntryDate"].fill_null("") < plan.begins)
    at = np.flatnonzero((stands & theirs["group"].is_not_null() & roll["URN"].is_in(ends.implode())).to_numpy())
    removes = theirs[at].select(_number(pl.col("URN")) % REMOVES == 0)["URN"].to_numpy()
    summer, june = date(plan.year, 7, 21).isoformat(), last_friday_of_june(plan.year).isoformat()
    dated = at[~removes]
    night.edit(ROLL, dated, {"LeavingDate": [june if group == 12 else summer for group in theirs["group"][dated]]})
    night.take(ROLL, at[removes], "end of the school year")


def _begin(night: Night, plan: _Plan) -> None:
    """Schools move every pupil up a year, and put the new ones on the roll."""
    roll = night.books.rows[ROLL]
    begins = plan.schools.filter(begins_on=night.as_at)["URN"]
    groups = roll.select("child_id").join(
        plan.children.select("child_id", "group"), on="child_id", how="left", maintain_order="left"
    )["group"]
    is_here = is_open(roll, ROLL, night.as_at)
    up = is_here & roll["URN"].is_in(begins.implode()) & groups.is_between(0, 13)
    at = np.flatnonzero(up.fill_null(value=False).to_numpy())
    night.edit(ROLL, at, {"NCyearActual": ["R" if group == 0 else str(group) for group in groups[at]]})
    began, on_roll = (roll.filter(mine)["child_id"] for mine in (roll["EntryDate"] >= plan.begins, is_here))
    is_seven = pl.col("group") == 7  # whose last school may not have said yet that they left
    stands = (
        pl.when(is_seven)
        .then(pl.col("child_id").is_in(began.implode()))
        .otherwise(pl.col("child_id").is_in(on_roll.implode()))
    )
    new = plan.of("state").filter(pl.col("URN").is_in(begins.implode()), LEARNS_HERE, ~stands)
    _enrol(night, plan, new)


def _enrol(night: Night, plan: _Plan, new: pl.DataFrame) -> None:
    """Write entries at the school to come: as the last school wrote the child or, of the youngest, as the practice does."""
    places = new.select("child_id", "group", "URN", "retypes").join(
        plan.schools.drop("is_secondary"), on="URN", how="inner", validate="m:1", maintain_order="left"
    )
    roll = night.books.rows[ROLL]
    held = night.books.held[ROLL].select(roll.columns)
    last = pl.concat([held, roll]).unique("child_id", keep="last", maintain_order=True)
    base = last.drop("LEA", "Estab", "URN", "SchoolName", "RecordId")
    before = places.join(base, on="child_id", how="inner", validate="1:1", maintain_order="left")
    fresh = _as_pupils(night, _written(night, places.join(base, on="child_id", how="anti", maintain_order="left")))
    random = Random(int(night.dice.integers(2**62)))
    for rows in (before, fresh):
        typed = [
            drop_letter(name, random) if name and slip < RETYPED else name
            for name, slip in rows.select("Forename", "retypes").iter_rows()
        ]
        group = pl.when(pl.col("group") == 0).then(pl.lit("R")).otherwise(pl.lit("7"))
        open_row = {
            "EntryDate": pl.lit(plan.begins),
            "LeavingDate": pl.lit(None, pl.String),
            "EnrolStatus": pl.lit("C"),
        }
        names = pl.Series("Forename", typed, dtype=pl.String)
        night.add(ROLL, rows.with_columns(names, NCyearActual=group, **open_row))
    night.tell(new["child_id"], state="state", reason=None)


def _settle(night: Night, plan: _Plan) -> None:
    """Those who do not arrive: what has become of them."""
    if night.as_at.isoformat() != plan.begins:
        return
    due = plan.of(*GOES).filter(LEARNS_HERE)
    for goes in ("independent", "other_la", "ehe"):
        night.tell(due.filter(goes=goes)["child_id"], state=goes, reason=None)
    gone = due.filter(goes="gone")
    night.tell(gone["child_id"], state="gone", reason=None, resident=0)
    for group, reason in ((7, "failed_transition"), (0, "never_started")):
        night.tell(due.filter(goes="cme", group=group)["child_id"], state="cme", reason=reason)
    health = night.books.rows["health"]
    told = gone.filter(pl.col("listed") < LISTED["gone"])["child_id"]
    at = np.flatnonzero((health["child_id"].is_in(told.implode()) & health["DeductionDate"].is_null()).to_numpy())
    night.edit("health", at, {"DeductionDate": [night.iso] * len(at)})


def _list(night: Night, plan: _Plan) -> None:
    """Other schools, other authorities and the home-education team put those who went there on their lists."""
    today = night.as_at.strftime(UK)
    own: dict[str, tuple[str, dict[str, str | None]]] = {
        "ehe_register": ("ehe", {"NotifiedOn": today, "ClosedOn": None, "Suitability": "Not yet assessed"}),
        "independent_schools": ("independent", {"StartDate": f"02/09/{plan.year}"}),
        "other_la": ("other_la", {"ConfirmedOn": today, "ConfirmingLA": "997"}),
    }
    for source, (goes, columns) in own.items():
        known = night.books.rows[source]["child_id"]
        after = (pl.col("listed") / LISTED[goes] * LISTED_WITHIN).floor().cast(pl.Int64)
        due = pl.col("listed") < LISTED[goes], pl.date(plan.year, 9, 15) + pl.duration(days=after) == night.as_at
        is_new = pl.col("state") == goes, ~pl.col("child_id").is_in(known.implode())
        people = _written(night, plan.of(goes).filter(*due, *is_new))
        schools = {
            "independent_schools": {"School": pick(night.dice, words("independent"), people.height) + " School"},
            "other_la": {"SchoolName": pick(night.dice, words("far_town"), people.height) + " Academy"},
        }.get(source, {})
        told = {name: pl.lit(value, pl.String) for name, value in columns.items()}
        named = {name: pl.Series(values, dtype=pl.String) for name, values in schools.items()}
        night.add(source, _as_listed(people).with_columns(**told, **named))


def _as_listed(people: pl.DataFrame) -> pl.DataFrame:
    """Rows of one of the smaller lists, without its own columns."""
    return people.select(
        "child_id",
        UPN=pl.lit(None, pl.String),
        Surname="surname",
        Forename="forename",
        MiddleNames="middle",
        DateOfBirth=pl.col("born").dt.strftime(UK),
        Sex="sex",
        Address=pl.concat_str("line", "town", separator=", ", ignore_nulls=True),
        Postcode="postcode",
    )


def _written(night: Night, children: pl.DataFrame) -> pl.DataFrame:
    """``children`` as their practice writes them: surname, forename, middle, born, sex, line, town, postcode; those without a
    readable registration are left out."""
    health = night.books.rows["health"].filter(pl.col("GivenNames").is_not_null() & pl.col("FamilyName").is_not_null())
    one = health.unique("child_id", keep="last", maintain_order=True).select(
        "child_id",
        surname=pl.col("FamilyName").str.to_titlecase(),
        forename=pl.col("GivenNames").str.to_titlecase().str.extract(r"^(\S+)"),
        middle=pl.col("GivenNames").str.to_titlecase().str.extract(r"^\S+ (.+)$"),
        born=pl.col("BirthDate").str.to_date(PLAIN, strict=False),
        sex=pl.col("Gender").replace_strict({"2": "F", "1": "M"}, default="U"),
        line="AddressLine1",
        town="AddressLine2",
        postcode="Postcode",
    )
    return children.join(one.drop_nulls("born"), on="child_id", how="inner", validate="1:1", maintain_order="left")


def _as_pupils(night: Night, people: pl.DataFrame) -> pl.DataFrame:
    """Rows of the roll, without what the entry itself says; each with a number of its school, if that is free."""
    estab = people["Estab"].cast(pl.Int64).to_numpy()
    upns = issue_upns(estab, np.full(len(estab), night.as_at.year % 100), np.full(len(estab), LA_CODE))
    upn, used = pl.Series(upns, dtype=pl.String), night.books.rows[ROLL]["UPN"]
    house = r"^(?:(Flat \w+),? )?(\d+\w?) (.+)$"
    none = pl.lit(None, pl.String)
    return people.with_columns(
        UPN=pl.when(~upn.is_in(used.implode())).then(upn),
        FormerUPN=none,
        Surname="surname",
        Forename="forename",
        MiddleNames="middle",
        PreferredSurname="surname",
        Sex="sex",
        BirthDate=pl.col("born").dt.strftime(ISO),
        SAON=pl.col("line").str.extract(house, 1),
        PAON=pl.col("line").str.extract(house, 2),
        Street=pl.coalesce(pl.col("line").str.extract(house, 3), "line"),
        Town="town",
        Postcode="postcode",
        UPRN=none,
    )


EVENTS: tuple[tuple[str, Callable[[Night, _Plan], None]], ...] = (
    ("offered a place", _offer),
    ("left with the school year", _end),
    ("settled elsewhere", _settle),
    ("began the school year", _begin),
    ("listed elsewhere", _list),
)
