"""Lists of a council in Wales, in Welsh or in both languages."""

from datetime import date

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from data_contracts.values import as_codes, as_days
from pipelines.files.headers.names import columns_of, is_number_of_child
from pipelines.files.headers.unread_mark import may_be_mark
from pipelines.files.read import read_bytes
from pipelines.intake.in_one_form.standardise import WITHHELD

CONTRACTS = read_contracts()

HEADERS = """
school_census | Rhif yr Ysgol; Enw'r Ysgol; UPN; Cyfenw Cyfreithiol; Enw Cyntaf Cyfreithiol; Dyddiad Geni; Rhywedd; Statws Cofrestru | estab school_name upn surname forename date_of_birth sex enrol_status
school_census | Cyfenw / Surname; Enw cyntaf / Forename; Blwyddyn / Year; Dyddiad gadael / Leaving date | surname forename nc_year_actual leaving_date
ehe_register  | Cyfenw'r plentyn; Enw'r plentyn; Dyddiad geni; Dyddiad hysbysu; Dyddiad cau; Addasrwydd | surname forename date_of_birth notified_on closed_on suitability
ehe_register  | Enw'r plentyn; Dyddiad geni; Cyfeiriad y plentyn | full_name date_of_birth address
ehe_register  | Surname; Name; DOB | surname forename date_of_birth
ehe_register  | Surname; Full Name; DOB | surname full_name date_of_birth
admissions    | Cyf Cais; Math o Gais; Enw Cyntaf y Plentyn; Cyfenw'r Plentyn; Enw'r Rhiant; Statws y Cynnig | application_ref application_type forename surname parent_name offer_status
housing       | Enw Llawn; Perthynas; Dechrau Tenantiaeth; Diwedd Tenantiaeth | full_name relationship tenancy_start tenancy_end
other_la      | Cyfenw; Enw; Awdurdod; Ysgol; Cadarnhawyd ar | surname forename confirming_la school_name confirmed_on
health        | Rhif GIG / NHS Number; Cyfenw / Surname; Enwau Cyntaf / Forenames; Practis Meddyg Teulu / GP Practice | nhs_number surname given_names gp_practice
social_care   | Enw; Cyfenw; Cyfeiriad Cyfrinachol | forename surname address_protected
alternative_provision | Darparwr; Dyddiad Dechrau; Dyddiad Gorffen | provider start_date end_date
"""  # noqa: E501 - one list on a line


@pytest.mark.parametrize("line", HEADERS.strip().splitlines())
def test_headers_in_welsh_name_the_columns(line: str) -> None:
    source, headers, expected = (part.strip() for part in line.split("|"))
    named = columns_of(headers.split("; "), CONTRACTS[source])
    assert [column.name if column else None for column in named] == expected.split()


@pytest.mark.parametrize("header", ["Rhif y Disgybl", "Rhif Person", "Cyfeirnod y plentyn"])
def test_the_number_of_a_pupil_is_known_in_welsh(header: str) -> None:
    assert is_number_of_child(header)


CODES = """
school_census | enrol_status   | Wedi gadael ar 12/07/2026   | Left
school_census | enrol_status   | Wedi gadael 12/07/2026      | Left
school_census | enrol_status   | Ddim wedi gadael            | Unknown
school_census | enrol_status   | Cyfredol - un ysgol         | C
school_census | leaving_ground | Addysg gartref              | Home education
social_care   | status         | Plentyn sy'n derbyn gofal   | CLA
social_care   | status         | Amddiffyn Plant             | CP
ehe_register  | status         | Wedi dod i ben              | Left
ehe_register  | suitability    | Heb ei asesu eto            | Not yet assessed
social_care   | address_protected | Nac ydy                  | N
health        | address_protected | Naddo                    | N
health        | address_protected | Ydy                      | Y
health        | address_protected | Cyfrinachol              | Y
"""


@pytest.mark.parametrize("line", CODES.strip().splitlines())
def test_words_in_welsh_mean_what_they_mean_in_english(line: str) -> None:
    source, column, cell, meaning = (part.strip() for part in line.split("|"))
    code = as_codes(CONTRACTS[source].column_named[column])
    assert pl.DataFrame({column: [cell]}).select(code).item() == meaning


@pytest.mark.parametrize("text", ["Cyfrinachol", "CYFEIRIAD CYFRINACHOL", "Gwarchodedig", "(cyfyngedig)"])
def test_a_home_that_is_said_to_be_secret_is_a_mark_of_protection(text: str) -> None:
    assert pl.Series([text, "3 Stryd Gwarchod"]).str.contains(WITHHELD).to_list() == [True, False]


def test_a_header_that_speaks_of_secrecy_in_welsh_is_not_passed_over() -> None:
    assert may_be_mark(["Plentyn cyfrinachol", "Cyfenw"]) == ["Plentyn cyfrinachol"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12 Tachwedd 2026", date(2026, 11, 12)),
        ("1 Mai 2015", date(2015, 5, 1)),
        ("3 Gorff 2016", date(2016, 7, 3)),
        ("30-Medi-2014", date(2014, 9, 30)),
        ("12 Nofember 2026", None),
    ],
)
def test_days_with_the_month_in_welsh_are_read(text: str, day: date | None) -> None:
    written = CONTRACTS["ehe_register"].column_named["date_of_birth"].dates_written
    assert pl.DataFrame({"day": [text]}).select(as_days(pl.col("day"), written)).item() == day


def test_a_roll_as_teacher_centre_writes_it_is_read() -> None:
    header = "Rhif yr Ysgol;Enw'r Ysgol;UPN;Cyfenw Cyfreithiol;Enw Cyntaf Cyfreithiol;Dyddiad Geni;Rhywedd;Grŵp Blwyddyn;Dyddiad Derbyn;Dyddiad Gadael;Statws Cofrestru;Cyfeiriad;Tref;Cod Post"  # noqa: E501
    row = "6712101;Ysgol Maes-y-Coed;;ap Gwilym;Llŷr;24/03/2015;Gwryw;Bl. 6;01/09/2020;;Cyfredol - un ysgol;Tŷ Gwyn, 7 Lôn Tŷ'r Ysgol;Rhydaman;SA18 4XW"  # noqa: E501
    found = read_bytes(
        "school_census Teacher Centre.csv", f"{header}\n{row}\n".encode("utf-8-sig"), CONTRACTS["school_census"]
    )
    assert not found.is_refused
    assert found.rows.select("surname", "forename", "nc_year_actual", "postcode").row(0) == (
        "ap Gwilym", "Llŷr", "Bl. 6", "SA18 4XW",
    )  # fmt: skip
