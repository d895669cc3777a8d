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
pers_surname                  | surname
PAR_PER_DATE_OF_BIRTH         | date_of_birth
Student.LegalSurname          | surname
ADR_POSTCODE                  | postcode
addr_address_full             | address
Per cent attendance           |
PAR_SURNAME                   |
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


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        pytest.param(
            "STX_SURNAME STX_FORENAME STX_DOB STX_POSTCODE SEEN",
            "surname forename date_of_birth postcode",
            id="of most",
        ),
        pytest.param("stx.surname stx.forename stx.dob", "surname forename date_of_birth", id="before a point"),
        pytest.param(
            "STX_SURNAME STX_FORENAME STX_DOB FORENAME", "surname forename date_of_birth", id="one as it is too"
        ),
        pytest.param(
            "STX_SURNAME STX_LAST_NAME STX_FORENAME STX_DOB", "forename date_of_birth", id="two of one column: neither"
        ),
        pytest.param(
            "STX_SURNAME STX_FORENAME STX_DOB AB_POSTCODE", "surname forename date_of_birth", id="of another table"
        ),
        pytest.param("STX_SURNAME STX_DOB GP SEEN", "", id="not of most"),
        pytest.param("STX_POSTCODE STX_CONFIRMED_ON STX_SCHOOL", "", id="before nothing that says who"),
        pytest.param("MOTHER_SURNAME MOTHER_FORENAME MOTHER_DOB CHILD", "", id="of another person"),
        pytest.param("PAR_SURNAME PAR_FORENAME PAR_DOB", "", id="perhaps of a parent"),
        pytest.param("PREV_SURNAME PREV_FORENAME PREV_DOB", "", id="of another time"),
    ],
)
def test_what_most_headers_begin_with_tells_nothing_of_a_column(headers: str, known: str) -> None:
    assert known_columns(headers.split(), CONTRACTS["other_la"]) == set(known.split())


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
