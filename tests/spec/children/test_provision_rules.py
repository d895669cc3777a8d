"""Every way of being educated, or of not being here, by its rule: what a source says, and what that does to a lead.

Each row of the tables is one child whom the GP knows as well, and one row of the source that says something about where
the child is educated. *explained*: not on the list, closed by that record. *listed*: on the list, with a lane. *team*: the
team that looks at it, of a listed child its route, of an explained one its row in ``other_teams.csv``.
"""

from dataclasses import dataclass, field
from datetime import date

import polars as pl
import pytest

from data_contracts.contract import names_of, read_contracts
from pipelines.children.provision import SAID_TO_HAVE_ENDED, find_provision
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.other_teams import for_other_teams
from pipelines.listing.rank import Ranked, rank
from pipelines.rank_settings import RankSettings
from pipelines.tables import CHILD_RECORD, RESIDENCE, RIVAL
from tests.spec.contracts.test_contracts import GOOD

AS_AT = date(2026, 11, 20)
CONTRACTS = read_contracts()
ELEVEN, FOUR = "24/03/2015", "02/09/2021"


@dataclass
class Authority:
    """Children, each known by rows of several sources."""

    rows: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    members: list[tuple[str, str, float]] = field(default_factory=list)
    """Record, child, and how sure it is that the record is that child's."""

    def knows(self, source: str, sure: float = 1.0, child: str = "A", **cells: str) -> "Authority":
        """A row of a source that keeps every rule, some of its cells changed."""
        self.members.append((f"{source}:{len(self.rows)}", child, sure))
        self.rows.append((source, GOOD[source] | cells))
        return self

    def judged(self, settings: RankSettings | None = None) -> "Judged":
        """The night as the list has it."""
        raw: dict[str, list[dict[str, object]]] = {}
        for (record_id, _, _), (source, cells) in zip(self.members, self.rows, strict=True):
            named = {column.name: cells[column.header] for column in CONTRACTS[source].columns}
            raw.setdefault(source, []).append(named | {"record_id": record_id, "file_id": "f", "line": 2})
        contracts = {source: CONTRACTS[source] for source in raw}
        made = standardise({source: pl.DataFrame(rows) for source, rows in raw.items()}, contracts, as_at=AS_AT)
        child_records = pl.DataFrame(self.members, schema=CHILD_RECORD, orient="row")
        provision = find_provision(made.statements, child_records, AS_AT)
        inputs = ListInputs(
            person=made.person,
            statements=made.statements,
            child_records=child_records,
            rivals=RIVAL.to_frame(),
            provision=provision,
            residence=RESIDENCE.to_frame(),
            as_at=AS_AT,
            settings=settings or RankSettings(),
            source_names=names_of(CONTRACTS),
        )
        ranked = rank(inputs)
        return Judged(ranked, for_other_teams(inputs, ranked.explained))


@dataclass
class Judged:
    """What became of the child, or of several."""

    ranked: Ranked
    teams: pl.DataFrame

    def of(self, child: str) -> "Judged":
        """What became of one of several children."""
        one = {name: table.filter(child_id=child) for name, table in vars(self.ranked).items()}
        return Judged(Ranked(**one), self.teams.filter(child_id=child))

    @property
    def place(self) -> str:
        """ "listed: lane", "explained: reason", or "nowhere" (not of age)."""
        if self.ranked.candidates.height:
            return f"listed: {self.ranked.candidates['lane'].item()}"
        return f"explained: {self.ranked.explained['reason'].item()}" if self.ranked.explained.height else "nowhere"

    @property
    def team(self) -> str | None:
        """Who looks at it, beside the officers."""
        if self.ranked.candidates.height:
            return self.ranked.candidates["route"].item()  # type: ignore[no-any-return]
        return ", ".join(self.teams["team"]) or None

    @property
    def words(self) -> str:
        """Why, in words."""
        table = self.ranked.candidates if self.ranked.candidates.height else self.ranked.explained
        return str(table["because" if self.ranked.candidates.height else "why"].item())


def of_gp(born: str = "20150324", **cells: str) -> Authority:
    return Authority().knows(
        "health", **{"BirthDate": born, "RegisteredFrom": f"{born[:4]}-{born[4:6]}-{born[6:]}"} | cells
    )


EXPLAINED, FOLLOW_UP, DOUBTFUL = "explained: provision", "listed: follow up", "listed: doubtful link"
DATA_PROBLEM = "listed: data problem"
CASES = """
 code           | source                | cells                                                | place      | team
 OTH_LA         | other_la              | ConfirmedOn=01/11/2026                               | explained  |
 OTH_LA, old    | other_la              | ConfirmedOn=01/11/2025                               | explained  | other authority
 OTH_LA, older  | other_la              | ConfirmedOn=01/11/2023                               | data problem | other authority
 OTH_LA, oldest | other_la              | ConfirmedOn=01/11/2015                               | data problem | other authority
 OTH_LA, left   | other_la              | ConfirmedOn=01/11/2026 LeavingDate=17/07/2026        | follow up  |
 OTH_LA, leaving | other_la             | ConfirmedOn=01/11/2026 LeavingDate=16/07/2027        | explained  |
 INDEP          | independent_schools   | StartDate=29/08/2024                                 | explained  |
 INDEP, left    | independent_schools   | StartDate=29/08/2024 LeavingDate=17/07/2026          | follow up  |
 INDEP, to be   | independent_schools   | StartDate=29/08/2024 Status=Applicant                | data problem | admissions
 STATE          | school_census         | EnrolStatus=C                                        | explained  |
 STATE, left    | school_census         | EnrolStatus=C LeavingDate=2026-07-17                 | follow up  |
 STATE, to come | school_census         | EnrolStatus=C EntryDate=2027-01-04                   | follow up  | admissions
 STATE, applied | school_census         | EnrolStatus=Applicant                                | data problem | admissions
 DUAL_M         | school_census         | EnrolStatus=M                                        | explained  |
 DUAL_G, guest  | school_census         | EnrolStatus=G                                        | explained  | attendance
 DUAL_G, subs.  | school_census         | EnrolStatus=S                                        | explained  | attendance
 DUAL unknown   | school_census         | EnrolStatus=Z                                        | explained  | attendance
 FE at school   | school_census         | EnrolStatus=F                                        | explained  |
 EHE            | ehe_register          | Suitability=Suitable                                 | explained  |
 EHE, 14 months | ehe_register          | Suitability=Suitable AssessedOn=20/09/2025           | explained  | home-education
 EHE_UNASSESSED | ehe_register          | Suitability=Pending                                  | explained  | home-education
 EHE, review    | ehe_register          | Suitability=Review                                   | explained  | home-education
 EHE unsuitable | ehe_register          | Suitability=Unsuitable                               | follow up  | home-education
 EHE closed     | ehe_register          | Suitability=Suitable ClosedOn=01/09/2026             | follow up  | home-education
 AP_PRU         | alternative_provision | SettingType=PRU                                      | explained  |
 AP_UNREG       | alternative_provision | SettingType=OTH                                      | explained  |
 AP, tuition    | alternative_provision | SettingType=OOT                                      | explained  |
 AP ended       | alternative_provision | EndDate=01/09/2026                                   | follow up  |
 AP, 3 years    | alternative_provision | StartDate=01/09/2023                                 | explained  | attendance
 EOTAS_EHCP     | alternative_provision | SettingType=EOTAS                                    | explained  |
 HOSP           | alternative_provision | SettingType=Hospital                                 | explained  |
 RESID          | alternative_provision | SettingType=Residential                              | explained  |
 NEW_PUPIL      | pupil_returns         | ChangedOn=02/11/2026                                 | explained  |
 NEW_PUPIL, old | pupil_returns         | ChangedOn=01/06/2026                                 | data problem | attendance
 DELETED        | pupil_returns         | ReturnType=Deleted                                   | follow up  |
 FE14_16        | post_16               | Activity=College                                     | explained  |
 SECURE         | youth_justice         | EducationStatus=YOI CustodyFrom=01/10/2026           | explained  |
 SECURE, out    | youth_justice         | EducationStatus=YOI CustodyFrom=01/05/2026 CustodyTo=01/10/2026 | follow up |
 YJS, none      | youth_justice         | EducationStatus=NEET                                 | follow up  |
 DEFERRED       | admissions            | OfferStatus=Deferred ExpectedStartDate=04/01/2027    | follow up  | admissions
 OFFERED        | admissions            | OfferStatus=Accepted ExpectedStartDate=30/11/2026    | follow up  | admissions
 OFFER unused   | admissions            | OfferStatus=Accepted ExpectedStartDate=02/09/2026    | follow up  | admissions
 APPLIED        | admissions            | OfferStatus=Pending                                  | follow up  | admissions
 APPLIED, empty | admissions            | OfferStatus=                                         | follow up  | admissions
 LAPSED         | admissions            | OfferStatus=Lapsed                                   | follow up  | admissions
 REFUSED        | admissions            | OfferStatus=Refused                                  | follow up  | admissions
 WITHDRAWN      | admissions            | OfferStatus=Withdrawn                                | follow up  | admissions
 DECEASED       | health                | Deceased=Y                                           | died       |
 DECEASED, roll | school_census         | LeavingDate=2026-07-17 LeavingGround=Died            | died       |
 ABSENCE        | school_census         | LeavingDate=2026-07-17 LeavingGround=I               | follow up  | attendance
 ADOPTED        | social_care           | Status=Adopted                                       | restricted | adoption
 PROTECTED      | social_care           | AddressProtected=Y                                   | restricted |
 UNREG_SCH      | referrals             | Concern=Unregistered school                          | follow up  |
 ROLL_NOSHOW    | referrals             | Concern=Never attended                               | follow up  | attendance
 UASC_HOTEL     | asylum                | Accommodation=Hotel AddressProtected=N               | follow up  |
 GHOST          | health                | LastContact=2019-01-31                               | follow up  |
"""
PLACES = {"explained": EXPLAINED, "died": "explained: died"}


def _cases() -> list[tuple[str, str, dict[str, str], str, str | None]]:
    """Code, source, cells, place and team of each row of the table."""
    rows = [[cell.strip() for cell in line.split("|")] for line in CASES.strip().splitlines()[1:]]
    return [
        (
            code,
            source,
            dict(cell.split("=", 1) for cell in _cells(cells)),
            PLACES.get(place, f"listed: {place}"),
            team or None,
        )
        for code, source, cells, place, team in rows
    ]


def _cells(text: str) -> list[str]:
    """Cells apart by spaces; a word without "=" belongs to the cell before it."""
    cells: list[str] = []
    for word in text.split():
        if "=" in word:
            cells.append(word)
        else:
            cells[-1] += f" {word}"
    return cells


@pytest.fixture(scope="module")
def every_way() -> Judged:
    """One night with a child of each row of the table, whose name is the row's code."""
    authority = Authority()
    for code, source, cells, _, _ in _cases():
        authority.knows("health", child=code).knows(source, child=code, **cells)
    return authority.judged()


@pytest.mark.parametrize(
    ("code", "place", "team"), [pytest.param(code, place, team, id=code) for code, _, _, place, team in _cases()]
)
def test_each_way_of_being_educated(every_way: Judged, code: str, place: str, team: str | None) -> None:
    judged = every_way.of(code)
    assert (judged.place, judged.team) == (place, team)


@pytest.mark.parametrize(
    ("born", "place"),
    [
        pytest.param("20210902", "nowhere", id="PRESCHOOL: of age from 31 December 2026"),
        pytest.param("20100831", "nowhere", id="POST16: left in June 2026"),
        pytest.param("20210831", FOLLOW_UP, id="of age since 31 August 2026"),
    ],
)
def test_a_child_outside_compulsory_school_age_is_nowhere(born: str, place: str) -> None:
    assert of_gp(born).judged().place == place


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        pytest.param({"Relationship": "Tenant", "DateOfBirth": ""}, "nowhere", id="the tenant, no birth date"),
        pytest.param({"Relationship": "joint tenant", "DateOfBirth": ""}, "nowhere", id="in small letters"),
        pytest.param({"Relationship": "Lodger", "DateOfBirth": ""}, "nowhere", id="a lodger"),
        pytest.param({"Relationship": "Non-dependant", "DateOfBirth": ""}, "nowhere", id="a grown-up son"),
        pytest.param(
            {"Relationship": "Tenant", "DateOfBirth": ELEVEN}, FOLLOW_UP, id="a child whom a slip made the tenant"
        ),
        pytest.param(
            {"Relationship": "Daughter", "DateOfBirth": ""}, "listed: data problem", id="a child, no birth date"
        ),
        pytest.param(
            {"Relationship": "Niece", "DateOfBirth": ""}, "listed: data problem", id="no word of the contract's"
        ),
        pytest.param({"Relationship": "", "DateOfBirth": ""}, "listed: data problem", id="not said"),
        pytest.param({"Relationship": "", "DateOfBirth": "14/03/1988"}, "nowhere", id="not said of the tenant"),
        pytest.param(
            {"Relationship": "", "DateOfBirth": "24/03/1915"}, "listed: data problem", id="a child, a century early"
        ),
    ],
)
def test_of_a_household_the_grown_ups_are_nowhere(cells: dict[str, str], place: str) -> None:
    assert Authority().knows("housing", **cells).judged().place == place


@pytest.mark.parametrize(
    ("start", "place"),
    [
        pytest.param("01/09/2018", FOLLOW_UP, id="nursery at three"),
        pytest.param("01/09/2020", FOLLOW_UP, id="nursery at five"),
        pytest.param("25/03/2026", "nowhere", id="nursery at eleven"),
    ],
)
def test_an_age_rests_on_no_birth_date_that_its_own_row_contradicts(start: str, place: str) -> None:
    """Of the other children with a nursery place none is of age."""
    authority = Authority().knows("early_years", DateOfBirth=ELEVEN, StartDate=start)
    for child, born in (("B", FOUR), ("C", "02/09/2022")):
        authority.knows("early_years", child=child, DateOfBirth=born, StartDate="01/09/2025")
    assert authority.judged().of("A").place == place


def test_a_registration_before_the_birth_hides_no_child_of_age() -> None:
    """One of the two years is a slip, mostly by one, and the child is of age by either."""
    authority = Authority().knows("health", BirthDate="20120821", RegisteredFrom="2011-09-01")
    assert authority.judged().place == FOLLOW_UP


def test_another_records_birth_date_stands_for_one_that_its_row_contradicts() -> None:
    authority = Authority().knows("early_years", DateOfBirth="24/03/2010", StartDate="01/09/2023")
    assert authority.knows("housing", DateOfBirth=ELEVEN).judged().place == FOLLOW_UP, (
        "one date is left, without a doubt"
    )


def test_a_guest_with_a_main_registration_needs_no_look() -> None:
    judged = of_gp().knows("school_census", EnrolStatus="G").knows("school_census", EnrolStatus="M").judged()
    assert (judged.place, judged.team) == (EXPLAINED, None)


@pytest.mark.parametrize(
    ("rolls", "place"),
    [
        pytest.param({}, FOLLOW_UP, id="the roll is that of the last census"),
        pytest.param({"SchoolName": "Another Primary"}, EXPLAINED, id="another school has the child"),
    ],
)
def test_a_child_whose_name_a_school_has_deleted_since_its_roll_came(rolls: dict[str, str], place: str) -> None:
    authority = of_gp().knows("school_census", **{"SchoolName": "Lantern Primary"} | rolls)
    judged = authority.knows("pupil_returns", ReturnType="Deleted", LeavingGround="Unknown").judged()
    assert judged.place == place
    assert (SAID_TO_HAVE_ENDED in judged.words) == (place == FOLLOW_UP)


def test_a_child_on_a_roll_who_is_said_never_to_attend_is_the_attendance_teams() -> None:
    judged = of_gp().knows("school_census").knows("referrals", Concern="Never attended").judged()
    assert (judged.place, judged.team) == (EXPLAINED, "attendance")
    assert judged.teams["because"].to_list() == ["On a roll, with an open concern (never attended)."]


def test_unsuitable_home_education_counts_as_missing_education() -> None:
    judged = of_gp().knows("ehe_register", Suitability="Unsuitable").judged()
    assert judged.ranked.candidates["likelihood"].item() == pytest.approx(0.8)
    assert "the home education was assessed as unsuitable" in judged.words


def test_a_death_hides_no_child_by_an_unsure_link() -> None:
    judged = of_gp().knows("school_census", 0.6, LeavingDate="2026-07-17", LeavingGround="Died").judged()
    assert judged.place == DOUBTFUL
    assert judged.words.startswith(
        "Record school_census:1 says that a child has died, and there is a 60 in 100 chance that the record is this child's: "
        "settle this before any"
    )


def test_of_a_child_who_died_the_reason_asks_nobody() -> None:
    judged = of_gp(Deceased="Y").knows("school_census", LeavingDate="2026-07-17").judged()
    assert judged.words == (
        "A source says that the child has died (Health registrations, record health:0). Do not contact the family; if in "
        "doubt, ask the source."
    )
