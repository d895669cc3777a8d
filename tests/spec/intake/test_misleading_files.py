"""Files that are not what their names say, and two deliveries of one extract."""

from pathlib import Path

import polars as pl
import pytest
from xlsxwriter import Workbook

from data_contracts.contract import read_contracts
from pipelines.intake.receipt.anothers_list import ANOTHERS_LIST
from pipelines.intake.receipt.misleading_files import OTHER_AGES
from pipelines.intake.receipt.receive import CheckedFile, check_files
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()


def test_two_lists_under_each_others_names_are_told_whose_columns_they_have(tmp_path: Path) -> None:
    for name, source in {"health": "housing", "housing": "health"}.items():
        pl.DataFrame([GOOD[source]]).write_csv(tmp_path / f"{name}.csv")
    breaches = {found.source: found.breaches[0] for found in check_files(tmp_path, CONTRACTS)}
    assert [breach.stops for breach in breaches.values()] == ["file", "file"]
    assert "those of Council housing and benefits (housing)" in breaches["health"].why
    assert "with health. If not: Send" in breaches["housing"].fix


UNDER_ANOTHER_NAME = {
    "alternative_provision": {
        "Address": "PAON", "AddressLine2": "Street", "StartDate": "PlacementStartDate", "EndDate": "PlacementEndDate",
        "Provider": "UKPRN",
    },
    "social_care": {"Surname": "Known as", "FullName": "Person Name", "Forename": "Initials"},
    "referrals": {"ReferredOn": "Date"},
}  # fmt: skip


@pytest.mark.parametrize("source", UNDER_ANOTHER_NAME)
def test_a_file_under_a_name_that_nobody_knows_is_told_whose_columns_it_has_in_whatever_layout(
    source: str, tmp_path: Path
) -> None:
    row = {UNDER_ANOTHER_NAME[source].get(header, header): cell for header, cell in GOOD[source].items()}
    pl.DataFrame([row]).write_csv(tmp_path / "Export_20261120.csv")
    ((breach,),) = (found.breaches for found in check_files(tmp_path, CONTRACTS))
    assert f"({source})." in breach.why
    assert f"start the file's name with {source}." in breach.fix


@pytest.mark.parametrize("name", ["independent_schools", "health"])
@pytest.mark.parametrize("source", ["housing", "social_care", "referrals", "benefits", "lost_pupils"])
def test_a_list_under_anothers_name_that_breaks_no_rule_of_its_rows_is_refused(
    source: str, name: str, tmp_path: Path
) -> None:
    pl.DataFrame([GOOD[source]]).write_csv(tmp_path / f"{name}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert (found.is_refused, found.rows_set_aside) == (True, 1)
    breaches = [breach.why for breach in found.breaches if breach.stops == "file"]
    assert any(f"({source}): perhaps two files have each other's names" in why for why in breaches)


SAVED_AS = """
exclusions            | independent_schools
other_la              | independent_schools
pupil_returns         | independent_schools
post_16               | independent_schools alternative_provision early_years health refuge
early_years           | independent_schools alternative_provision refuge
alternative_provision | independent_schools health refuge
asylum                | refuge
youth_justice         | health
"""
"""A source, and the names under which its list has all that another must have, and more."""


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param(source.strip(), name, id=f"{source.strip()} as {name}")
        for source, names in (line.split("|") for line in SAVED_AS.strip().splitlines())
        for name in names.split()
    ],
)
def test_a_list_that_has_anothers_columns_and_more_of_its_own_is_refused_under_that_name(
    source: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.csv").write_text(f"List of 24 November\n{pl.DataFrame([GOOD[source]]).write_csv()}")
    (found,) = check_files(tmp_path, CONTRACTS)
    (told,) = [breach for breach in found.breaches if breach.stops == "file"]
    assert (told.rule, told.line, f"({source})" in told.why, source in told.fix) == (ANOTHERS_LIST, None, True, True)
    assert any(column.header in told.fix for column in CONTRACTS[source].columns)


@pytest.mark.parametrize(("excluded", "is_refused"), [(1, False), (2, False), (3, True)])
def test_a_column_of_another_list_that_few_rows_fill_in_says_nothing(
    excluded: int, is_refused: bool, tmp_path: Path
) -> None:
    one, only = GOOD["exclusions"], dict.fromkeys(("ExclusionType", "ExcludedOn"), "")
    rows = [one | {"RecordId": f"I{n}"} | ({} if n < excluded else only) for n in range(4)]
    pl.DataFrame(rows).write_csv(tmp_path / "independent_schools.csv")
    assert [found.is_refused for found in check_files(tmp_path, CONTRACTS)] == [is_refused]


@pytest.mark.parametrize(
    ("born", "is_refused"),
    [
        pytest.param(["24/03/2012"] * 13 + ["24/03/2022"] * 12, True, id="most were of an age to be at school"),
        pytest.param(["24/03/2012"] * 12 + ["24/03/2022"] * 13, False, id="most were of an age for a nursery"),
        pytest.param(["24/03/2012"] * 13, False, id="so few that they say nothing"),
    ],
)
def test_a_list_of_nurseries_of_children_at_school_is_another_list(
    born: list[str], is_refused: bool, tmp_path: Path
) -> None:
    """Alternative provision has no column that early years have not."""
    rows = [GOOD["early_years"] | {"RecordId": f"A{n}", "DateOfBirth": day} for n, day in enumerate(born)]
    pl.DataFrame(rows).write_csv(tmp_path / "early_years.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert [(b.rule, b.column) for b in found.breaches if b.stops == "file"] == [(OTHER_AGES, "StartDate")] * is_refused


@pytest.mark.parametrize(
    ("source", "also"),
    [
        pytest.param(
            "alternative_provision", {"Activity": "Forest school"}, id="words that are no code of the other list"
        ),
        pytest.param("alternative_provision", {"Activity": ""}, id="nothing in the column that the other list has"),
        pytest.param("independent_schools", {"Exclusion Type": "Permanent"}, id="one column of a list that needs two"),
        pytest.param("other_la", {"UploadedOn": "09/07/2026"}, id="a day that is told with what only this list has"),
        pytest.param("early_years", {"Entry Date": "01/09/2024"}, id="what it tells already, under another header"),
        pytest.param("early_years", {"Relationship": "Mother"}, id="beside what the other list has not: the provider"),
    ],
)
def test_a_list_with_a_column_as_another_has_it_is_read(source: str, also: dict[str, str], tmp_path: Path) -> None:
    pl.DataFrame([GOOD[source] | also]).write_csv(tmp_path / f"{source}.csv")
    assert [found.is_refused for found in check_files(tmp_path, CONTRACTS)] == [False]


def test_any_list_of_children_under_the_name_of_one_that_shows_places_makes_nobody_look_educated(
    tmp_path: Path,
) -> None:
    rows = pl.DataFrame([GOOD["health"]]).write_csv()
    (tmp_path / "independent_schools.csv").write_text(f"GP list of 24 November\n{rows}")
    assert [found.is_refused for found in check_files(tmp_path, CONTRACTS)] == [True]


@pytest.mark.parametrize(
    ("also", "is_refused"),
    [
        pytest.param({}, True, id="of the child alone, as any list has it"),
        pytest.param({"School": "St Agnes"}, False, id="with the school"),
        pytest.param({"StartDate": "01/09/2024"}, False, id="of one school, with the days of entry"),
    ],
)
def test_a_list_that_shows_places_says_where_or_since_when(
    also: dict[str, str], is_refused: bool, tmp_path: Path
) -> None:
    columns = ("Surname", "Forename", "DateOfBirth", "Address", "Postcode")
    row = {"Pupil ID": "12"} | {name: GOOD["independent_schools"][name] for name in columns} | also
    pl.DataFrame([row]).write_csv(tmp_path / "independent_schools.csv")
    assert [found.is_refused for found in check_files(tmp_path, CONTRACTS)] == [is_refused]


def test_so_is_one_with_titles_above_its_header(tmp_path: Path) -> None:
    header = "Family Name,Given Name,Date of Birth,Gender,Number and Street,Postcode,NHS Number,Date of Registration"
    (tmp_path / "EMIS search.csv").write_text(f"Oakfield Surgery\nRun on,20/11/2026\n\n{header}\n", encoding="utf-8")
    with Workbook(str(tmp_path / "Search.xlsx")) as book:
        book.add_worksheet("Parameters").write_row(0, 0, ("Run by", "A clerk"))
        page = book.add_worksheet("Data")
        for line, row in enumerate((("Oakfield Surgery",), (), header.split(","), ("Merrick", "Isla"))):
            page.write_row(line, 0, row)
    said = [breach.why for file in check_files(tmp_path, CONTRACTS) for breach in file.breaches]
    assert ["Health registrations" in why for why in said] == [True, True]


def test_a_list_under_a_name_that_no_contract_has_is_told_whose_columns_it_has(tmp_path: Path) -> None:
    pl.DataFrame([GOOD["health"]]).write_csv(tmp_path / "GP list.csv")
    (tmp_path / "minutes.csv").write_text("Item,Who\nWelcome,the chair\n")
    breaches = {found.file: found.breaches[0] for found in check_files(tmp_path, CONTRACTS)}
    assert "Its columns are those of Health registrations (health)." in breaches["G… list.csv"].why
    assert breaches["G… list.csv"].fix == (
        "If it is that list, start the file's name with health. If it is not an extract, take it out of the folder."
    )
    assert breaches["m….csv"].why == "No contract names this file."


def _in_two_files(tmp_path: Path, source: str, **second: str) -> list[CheckedFile]:
    """Thirty rows in one file; in another, under keys of its own, the last twenty of them once more and five further."""
    rows = [GOOD[source] | {"RecordId": f"A{n:07}", "Surname": f"Name {n}"} for n in range(30)]
    pl.DataFrame(rows).write_csv(tmp_path / f"{source}_spring.csv")
    again = [row | {"RecordId": f"B{n:07}"} | second for n, row in enumerate([*rows[10:], *rows[:5]])]
    pl.DataFrame(again).write_csv(tmp_path / f"{source}_summer.csv")
    return check_files(tmp_path, {source: CONTRACTS[source]})


def test_two_censuses_that_number_their_rows_anew_are_two_deliveries_and_none_is_loaded(tmp_path: Path) -> None:
    spring, summer = _in_two_files(tmp_path, "school_census")
    assert spring.is_refused
    assert summer.is_refused
    assert "tell, under other keys, of the children and beginnings of rows of school_census_summer" in str(
        spring.breaches
    )


@pytest.mark.parametrize(
    ("source", "second"),
    [
        pytest.param("school_census", {"EntryDate": "2024-09-02"}, id="pupils who have all gone on to another school"),
        pytest.param("school_census", {"BirthDate": "2014-09-02"}, id="children of the same names"),
        pytest.param("early_years", {}, id="two headcounts, which prove no education and hide nobody"),
    ],
)
def test_two_lists_that_name_the_same_children_are_loaded_where_the_older_cannot_hide_who_has_left(
    tmp_path: Path, source: str, second: dict[str, str]
) -> None:
    assert not any(file.is_refused for file in _in_two_files(tmp_path, source, **second))
