"""Words in place of the day on which a place ended: ``Left`` says that a pupil is on the roll no longer, if not since when."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from data_contracts.rules import LEFT_WITHOUT_DAY, NO_DATE
from data_contracts.values import is_empty, is_ended_in_words
from pipelines.intake.at_the_gate.completeness import STAMPING
from pipelines.intake.in_figures.figures import has_ended, place_dates
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.ends_in_words import ENDS_NOT_KNOWN, MOST_LEFT
from pipelines.intake.receipt.receive import Received, receive
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
AS_AT = date(2026, 11, 20)
NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC)

WORDS = """
cell                              | says
Left                              | has ended
left school                       | has ended
Did not return                    | has ended
didn't come back                  | has ended
left July                         | has ended
17/7/26 - did not return          | has ended
moved away                        | has ended
Left, not known where             | has ended
whereabouts unknown               | has ended
date unknown                      | has ended
No longer on roll                 | has ended
Closed                            | has ended
Y                                 | has ended
Wedi gadael                       | has ended
heb ddychwelyd                    | has ended
dyddiad gadael anhysbys           | has ended
N                                 | goes on
No                                | goes on
-                                 | goes on
n/a                               | goes on
current                           | goes on
Not left                          | goes on
still here                        | goes on
FALSE                             | goes on
tbc                               | goes on
Unknown                           | goes on
Anhysbys                          | goes on
heb adael                         | goes on
ar y gofrestr                     | goes on
left?                             | nobody can say
has not left                      | nobody can say
leaving in July                   | nobody can say
Will have left by Easter          | nobody can say
expected to have left             | nobody can say
left, but is back                 | nobody can say
left for the holidays             | nobody can say
moved in 2019                     | nobody can say
3 weeks left                      | nobody can say
not known if left                 | nobody can say
July                              | nobody can say
see notes                         | nobody can say
"""


@pytest.mark.parametrize("case", WORDS.strip().splitlines()[1:])
def test_what_words_in_place_of_an_end_say(case: str) -> None:
    """``Unknown`` in a single cell says nothing: the rows beside it do."""
    cell, says = (part.strip() for part in case.split("|"))
    for source in ("school_census", "housing"):
        column = CONTRACTS[source].column_named["leaving_date" if source == "school_census" else "tenancy_end"]
        frame = pl.DataFrame({column.name: [cell]})
        found = frame.select(ended=is_ended_in_words(column), empty=is_empty(column)).row(0)
        assert found == (says == "has ended", says == "goes on")


def received(folder: Path, **files: list[dict[str, str]]) -> Received:
    """The files of a night: by source, its rows, each beside a good one."""
    for source, rows in {"school_census": [GOOD["school_census"]], **files}.items():
        key = CONTRACTS[source].key.header
        numbered = [GOOD[source] | row | {key: f"K{number}"} for number, row in enumerate(rows)]
        pl.DataFrame(numbered).write_csv(folder / f"{source}.csv")
    return receive(folder, CONTRACTS, received_at=NIGHT, as_at=AS_AT)


def said(night: Received, source: str) -> list[list[str]]:
    """For each row of a source that is used, the kinds of what it says, without when it was seen."""
    made = standardise(night.raw, CONTRACTS, as_at=AS_AT)
    kinds = made.statements.filter(pl.col("kind") != "seen").group_by("record_id").agg(pl.col("kind").unique().sort())
    keyed = night.raw[source].select("record_id").join(kinds, on="record_id", how="left", maintain_order="left")
    return [kind or [] for kind in keyed["kind"].to_list()]


def broken(night: Received, source: str) -> list[tuple[str, str]]:
    """Rules broken in a source's file and what they stop, without repeats."""
    return night.breaches.filter(source=source).select("rule", "stops").unique(maintain_order=True).rows()


PLACES = """
source                | column      | nothing there   | Left            | told
school_census         | LeavingDate | provision       | left            | nothing
independent_schools   | LeavingDate | provision       |                 | nothing
other_la              | LeavingDate | provision       |                 | nothing
alternative_provision | EndDate     | provision       |                 | nothing
ehe_register          | ClosedOn    | provision       |                 | nothing
post_16               | EndDate     | provision       | left            | nothing
housing               | TenancyEnd  | lives_here      | left            | nothing
health                | DeductionDate | lives_here    | left            | nothing
social_care           | Closed      | concern lives_here |              | nothing
"""


@pytest.mark.parametrize("case", PLACES.strip().splitlines()[1:])
def test_a_row_whose_end_is_a_word_is_used_and_shows_no_place_or_home(case: str, tmp_path: Path) -> None:
    """Set aside, it said nothing: a child whom only this list knows was on no list at all."""
    source, column, open_row, ended, told = (part.strip() for part in case.split("|"))
    night = received(tmp_path, **{source: [{column: ""}, {column: "Left"}]})
    kinds = [[kind for kind in row if kind != "protected"] for row in said(night, source)]
    assert kinds == [open_row.split(), ended.split()]
    assert broken(night, source) == [(LEFT_WITHOUT_DAY, told)]


def test_a_place_to_end_in_a_year_still_to_come_has_not_ended(tmp_path: Path) -> None:
    night = received(tmp_path, school_census=[{}, {"LeavingDate": "Left 2027"}, {"LeavingDate": "left Summer 2027"}])
    assert broken(night, "school_census") == [(NO_DATE, "row")]
    assert said(night, "school_census") == [["provision"], ["provision"]]


def pupils(cells: dict[str, int], school: str = "2001") -> list[dict[str, str]]:
    """So many pupils of a school with each text in place of the day on which they left."""
    return [{"Estab": school, "LeavingDate": cell} for cell, count in cells.items() for _ in range(count)]


SCHOOLS = """
of 100 pupils, in place of the end       | on roll | left | set aside
nothing: 100                             | 100     | 0    | 0
nothing: 97, Unknown: 3                  | 97      | 3    | 0
nothing: 80, n/k: 10, Anhysbys: 5, ?: 5  | 80      | 20   | 0
nothing: 60, Unknown: 40                 | 100     | 0    | 0
Unknown: 100                             | 100     | 0    | 0
Unknown: 90, Left: 10                    | 90      | 10   | 0
Unknown: 95, n/k: 5                      | 95      | 5    | 0
N: 95, unknown: 5                        | 95      | 5    | 0
No: 60, Yes: 40                          | 60      | 40   | 0
-: 95, didn't come back: 5               | 95      | 5    | 0
current: 90, left July: 10               | 90      | 10   | 0
n/a: 100                                 | 100     | 0    | 0
Not left: 99, Left: 1                    | 99      | 1    | 0
still here: 100                          | 100     | 0    | 0
nothing: 51, Left: 49                    | 51      | 49   | 0
nothing: 49, Left: 51                    | 49      | 0    | 51
Left: 100                                | 0       | 0    | 100
"""


@pytest.mark.parametrize("case", SCHOOLS.strip().splitlines()[1:])
def test_a_word_that_most_pupils_have_does_not_say_that_they_left(case: str, tmp_path: Path) -> None:
    """Each is beside a school that gives no ends: its pupils do not count for the other's."""
    cells, on_roll, left, aside = (part.strip() for part in case.split("|"))
    texts = {text.strip().replace("nothing", ""): int(n) for text, n in (c.rsplit(":", 1) for c in cells.split(","))}
    night = received(tmp_path, school_census=[*pupils({"": 200}, "2002"), *pupils(texts)])
    kinds = said(night, "school_census")
    assert kinds.count(["provision"]) == 200 + int(on_roll)
    assert kinds.count(["left"]) == int(left)
    assert night.deliveries["rows_set_aside"].item() == int(aside)


def test_of_a_school_in_which_unknown_stands_for_those_who_stay_the_sender_is_told(tmp_path: Path) -> None:
    night = received(tmp_path, school_census=[*pupils({"": 50}, "2002"), *pupils({"Unknown": 50})])
    (told,) = night.breaches.filter(rule=ENDS_NOT_KNOWN).to_dicts()
    assert (told["stops"], told["line"], told["column"]) == ("nothing", None, "LeavingDate")
    assert told["why"].startswith("50 cells")


@pytest.mark.parametrize(("left", "told"), [(51, ["51 rows of School 2001"]), (49, [])])
def test_a_school_of_which_most_rows_are_set_aside_for_that_is_named_above_the_list(
    left: int, told: list[str], tmp_path: Path
) -> None:
    """On a first night nothing stands in for them: a whole school was listed, and the warning was of some rows."""
    school = [row | {"SchoolName": "School 2001"} for row in pupils({"": 100 - left, "Left": left})]
    night = received(tmp_path, school_census=[*pupils({"": 200}, "2002"), *school])
    found = night.breaches.filter(rule=MOST_LEFT, stops="nothing")["why"].to_list()
    assert [why.split(" are set aside")[0] for why in found] == told
    assert MOST_LEFT in STAMPING


@pytest.mark.parametrize(("leavers", "aside"), [pytest.param(9, 0, id="some"), pytest.param(21, 21, id="most")])
def test_a_status_that_most_pupils_have_does_not_say_that_they_left(leavers: int, aside: int, tmp_path: Path) -> None:
    left = [{"EnrolStatus": "Leaver"}] * leavers
    night = received(tmp_path, school_census=[*left, *pupils({"": 40 - leavers})])
    assert night.deliveries["rows_set_aside"].item() == aside
    assert said(night, "school_census").count(["left"]) == leavers - aside
    assert night.ended_without_day.is_empty()  # those on the roll last night stand as they were read then


ENDED = """
EnrolStatus | LeavingDate | has ended
C           |             | no
C           | 2026-07-17  | yes
C           | 2027-07-17  | no
C           | Left        | yes
C           | Unknown     | no
Leaver      |             | yes
"""


def test_the_places_of_a_school_are_counted_without_those_that_ended_on_no_day() -> None:
    """Whether too many places are gone is asked of that count."""
    rows = [[cell.strip() for cell in line.split("|")] for line in ENDED.strip().splitlines()[1:]]
    frame = pl.DataFrame(rows, schema=["enrol_status", "leaving_date", "ended"], orient="row")
    found = frame.select(has_ended(CONTRACTS["school_census"], AS_AT)).to_series()
    assert found.to_list() == (frame["ended"] == "yes").to_list()


def test_where_ends_are_often_planned_or_prove_a_home_unknown_ends_nothing(tmp_path: Path) -> None:
    """The end of a placement is often not known yet; and that a child still lives here, at worst an enquiry will show."""
    for source, column in (("alternative_provision", "EndDate"), ("housing", "TenancyEnd"), ("post_16", "EndDate")):
        night = received(tmp_path, **{source: [{column: ""}] * 9 + [{column: "Unknown"}]})
        assert said(night, source)[9] == said(night, source)[0]
        assert broken(night, source) == []


def test_every_end_of_a_place_that_unknown_may_mean_is_counted_when_places_are(tmp_path: Path) -> None:
    for contract in CONTRACTS.values():
        flagged = {column.name for column in contract.columns if column.ended_if_not_known}
        assert flagged <= {*(place_dates(contract) or ())[:1]}
