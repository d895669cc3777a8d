"""Headers that say what ours say in other words, in two languages or mistyped, and headers that only look like ours."""

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.files.headers.names import columns_of, known_columns
from pipelines.files.read import read_bytes
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()


HEADERS = """
D.O.B.                        | date_of_birth
Date_of_Birth                 | date_of_birth
Child's DOB                   | date_of_birth
Dyddiad geni                  | date_of_birth
Date of Birth / Dyddiad geni  | date_of_birth
Forename(s)                   | forename
Given name(s)                 | forename
Enw cyntaf                    | forename
Family name                   | surname
Legal last name               | surname
Legal first name              | forename
Sex (Legal)                   | sex
Surname / Cyfenw              | surname
Surname / Enw cyntaf          |
Sex / Town                    |
Surname, Forename             | full_name
First name and last name      | full_name
Surname & Postcode            |
Main Address                  | address
ADDRESS_POSTCODE              | postcode
Primary Language              |
Cod post                      | postcode
Address 1                     | address
Address_Line_2                | address_line_2
"""


@pytest.mark.parametrize("line", HEADERS.strip().splitlines())
def test_a_header_is_known_by_its_letters_and_in_two_languages(line: str) -> None:
    header, column = (part.strip() for part in line.split("|"))
    assert known_columns([header], CONTRACTS["other_la"]) == ({column} if column else set())


@pytest.mark.parametrize(
    ("header", "known"),
    [
        pytest.param("Dyddiad y sgwrs / Confirmed On", {"surname", "confirmed_on"}, id="of one half a name we know"),
        pytest.param("Surname / Postcode", {"surname"}, id="two columns are no one column"),
        pytest.param("Parent / Carer / Postcode", {"surname"}, id="in more than two parts"),
        pytest.param("Rhif / Nodyn", {"surname"}, id="of neither half"),
    ],
)
def test_where_one_header_is_in_two_languages_the_half_of_another_that_we_know_will_do(
    header: str, known: set[str]
) -> None:
    assert known_columns([header], CONTRACTS["other_la"]) == set()
    assert known_columns(["Cyfenw / Surname", header], CONTRACTS["other_la"]) == known


def test_of_two_headers_of_a_day_the_one_that_asks_does_not_name_it() -> None:
    other_la = CONTRACTS["other_la"]
    named = columns_of(["Confirmed?", "Date confirmed"], other_la)
    assert [column.name if column else None for column in named] == [None, "confirmed_on"]
    assert known_columns(["Confirmed?"], other_la) == {"confirmed_on"}


@pytest.mark.parametrize(
    ("source", "column", "header"),
    [
        pytest.param("school_census", "EntryDate", "Enrolment Dte", id="cut short"),
        pytest.param("alternative_provision", "StartDate", "Placement Strt", id="mistyped"),
    ],
)
def test_a_column_under_a_like_header_is_named(source: str, column: str, header: str) -> None:
    csv = pl.DataFrame([GOOD[source]]).rename({column: header}).write_csv()
    breaches = read_bytes(f"{source}.csv", csv.encode(), CONTRACTS[source]).breaches
    assert [(b.rule, b.column) for b in breaches] == [("renamed column", header)]


@pytest.mark.parametrize(
    ("source", "column", "header"),
    [
        pytest.param("school_census", "EntryDate", "Enrolment End Date", id="an end for a beginning"),
        pytest.param("school_census", "PreferredSurname", "House Name", id="a house for a surname"),
        pytest.param("school_census", "PreferredSurname", "Preferred Name", id="what a child is called for a surname"),
        pytest.param("early_years", "Surname", "Pupil Name", id="a whole name for a surname"),
        pytest.param("alternative_provision", "Provider", "Placement Id", id="a key for a provider"),
        pytest.param("social_care", "Opened", "Case End", id="a close for an opening"),
    ],
)
def test_no_sender_is_told_to_head_a_column_as_what_its_words_say_it_is_not(
    source: str, column: str, header: str
) -> None:
    csv = pl.DataFrame([GOOD[source]]).rename({column: header}).write_csv()
    breaches = read_bytes(f"{source}.csv", csv.encode(), CONTRACTS[source]).breaches
    assert breaches
    assert "renamed column" not in {breach.rule for breach in breaches}
