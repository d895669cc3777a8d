"""What reports, databases and people write around the same columns: whose they are, closing lines, codes with their words."""

from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from data_contracts.values import as_codes, is_known_code
from pipelines.files.headers.names import columns_of, known_columns
from pipelines.files.read import read_bytes
from pipelines.files.rows import FileRows
from pipelines.intake.receipt.receive import CheckedFile, check_files
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()

OTHERWISE_SAID = """
Pupil Address            | address
Child's Postcode         | postcode
child_surname            | surname
StudentForename          | forename
STUD_FORENAME            | forename
Last Names               | surname
Current Address          | address
The Young Person's DOB   | date_of_birth
DOB (dd/mm/yyyy)         | date_of_birth
Date of Birth (DOB)      | date_of_birth
confirmation_dt          | confirmed_on
Maintaining LA Desc      | confirming_la
Surname (Mother)         |
Address (previous)       |
Parent Surname           |
Former Surname           |
Child                    |
Pupil ID                 |
Pupil No                 |
"""


@pytest.mark.parametrize("line", OTHERWISE_SAID.strip().splitlines())
def test_a_header_may_say_whose_it_is_and_how_it_is_filled_in(line: str) -> None:
    header, column = (part.strip() for part in line.split("|"))
    assert known_columns([header], CONTRACTS["other_la"]) == ({column} if column else set())


OF_SYSTEMS = """
social_care         | Status, Opened                   | Classification, Referral Date
school_census       | SchoolName, EntryDate            | Establishment, Date From
school_census       | LeavingDate                      | Date To
independent_schools | StartDate, LeavingDate           | From, To
independent_schools | LeavingDate                      | Finish Date
health              | AddressLine1, AddressLine2       | House Name, House Number and Road
housing             | TenancyStart, TenancyEnd         | Placement Start Date, Placement End Date
housing             | Address, Postcode, TenancyRef    | TA Address, TA Postcode, Case Reference
lost_pupils         | UploadedOn                       | Date Loaded
ehe_register        | Suitability                      | Suitable Education (Yes/No/Unknown)
ehe_register        | NotifiedOn, AssessedOn           | Date Dereg, Date of last visit
ehe_register        | NotifiedOn, ClosedOn             | Date LA notified, Date case closed
health              | LastContact                      | Contact Date
admissions          | AppliedOn                        | App Date
alternative_provision | StartDate, EndDate             | Admitted, Discharged
referrals           | ReferredOn                       | Date Ref Rec\u2019d
social_care         | Opened, Closed                   | Date into Care, Date left Care
"""


@pytest.mark.parametrize("line", OF_SYSTEMS.strip().splitlines())
def test_a_list_is_read_under_the_headers_of_the_system_that_keeps_it(line: str) -> None:
    """Refused for its headers, each of these stayed away for a term; unread, an end kept those who had left at their school."""
    source, ours, theirs = ([part.strip() for part in cell.split(",")] for cell in line.split("|"))
    contract, renamed = CONTRACTS[source[0]], dict(zip(ours, theirs, strict=True))
    good = {renamed.get(header, header): cell for header, cell in GOOD[source[0]].items()}
    found = read_bytes(f"{source[0]}.csv", pl.DataFrame([good]).write_csv().encode(), contract)
    read = {name for name in contract.column_named if contract.column_named[name].header in ours}
    assert not found.is_refused
    assert {found.headers[name] for name in read} == set(theirs)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        pytest.param("admissions", "AddressLine1", id="a log of applications"),
        pytest.param("health", "AddressLine1", id="a doctors' list"),
        pytest.param("housing", "Address", id="tenancies"),
        pytest.param("benefits", "Address", id="benefits"),
        pytest.param("asylum", "Address", id="families in hotels"),
        pytest.param("moved_in", "Address", id="families who moved in"),
    ],
)
def test_a_list_may_have_the_postcode_in_the_address(source: str, address: str) -> None:
    """A doctors' list was refused for it, and of 101 children 35 were on no list."""
    good = GOOD[source] | {address: "7 Lantern Row, Exmouth Hill ZA1 2BD"}
    without = pl.DataFrame([good]).drop("Postcode")
    found = read_bytes(f"{source}.csv", without.write_csv().encode(), CONTRACTS[source])
    assert not found.is_refused
    assert "Postcode" in {breach.column for breach in found.breaches if breach.rule == "missing column"}
    homeless = without.drop(*(name for name in without.columns if name.startswith("Address")))
    assert read_bytes(f"{source}.csv", homeless.write_csv().encode(), CONTRACTS[source]).is_refused


def test_of_two_headers_that_name_a_column_by_other_words_neither_is_taken() -> None:
    assert known_columns(["Pupil Address", "Current Address"], CONTRACTS["other_la"]) == set()
    assert known_columns(["Pupil Address", "Address"], CONTRACTS["other_la"]) == {"address"}


def test_a_name_beside_the_childs_name_may_be_anybodys() -> None:
    good = {name: value for name, value in GOOD["other_la"].items() if name not in ("Surname", "Forename", "FullName")}
    rows = [good | {"Name": "The Bridge", "Child Name": "Isla Merrick"}]
    found = read_bytes("other_la.csv", pl.DataFrame(rows).write_csv().encode(), CONTRACTS["other_la"])
    assert ("duplicated column", "Child Name") in {(b.rule, b.column) for b in found.breaches if b.stops == "file"}


@pytest.mark.parametrize(
    ("headers", "other"),
    [
        (("Surname", "Legal Surname"), "Legal Surname"),
        (("legal_surname", "surname"), "legal_surname"),
        (("Legal Surname", "Preferred Surname"), "Preferred Surname"),
    ],
)
def test_a_legal_surname_beside_the_one_a_child_goes_by_is_the_other_surname(
    headers: tuple[str, str], other: str
) -> None:
    named = columns_of(headers, CONTRACTS["school_census"])
    assert {header: c.name for header, c in zip(headers, named, strict=True) if c} == {
        header: "preferred_surname" if header == other else "surname" for header in headers
    }


def test_accents_make_no_other_header() -> None:
    assert known_columns(["Côd Post", "Rhif y Ty"], CONTRACTS["school_census"]) == {"postcode", "paon"}


def written(source: str, rows: list[dict[str, str]], *below: str) -> FileRows:
    text = pl.DataFrame(rows).write_csv() + "".join(f"{line}\n" for line in below)
    return read_bytes(f"{source}.csv", text.encode(), CONTRACTS[source])


CLOSINGS = """
(3 rows affected)
(1 row)
3 rows selected.
Number of pupils: 3
TRL,3
Total,3
Grand Total
Applied filters: Active is 1
"""


@pytest.mark.parametrize("line", CLOSINGS.strip().splitlines())
def test_a_line_by_which_a_report_or_a_database_closes_a_file_is_no_row(line: str) -> None:
    found = written("lost_pupils", [GOOD["lost_pupils"] | {"RecordId": f"L{n}"} for n in range(3)], "", line)
    assert found.rows["record_id"].to_list() == ["L0", "L1", "L2"]
    assert [(breach.rule, breach.stops) for breach in found.breaches] == [("row of totals", "nothing")]


@pytest.mark.parametrize(
    "line",
    ["L9,Total", "L9,,Total,Ann,,24/03/2015,,,,,", "Total,,Total,Ann,,24/03/2015,,,,,", "Miss Total, Ann"],
)
def test_a_row_about_a_child_is_no_closing_line(line: str) -> None:
    found = written("lost_pupils", [GOOD["lost_pupils"]], line)
    assert found.rows_read == 2


def test_a_closing_line_is_none_above_other_rows() -> None:
    good = GOOD["lost_pupils"]
    found = written("lost_pupils", [good], "Total," + "," * (len(good) - 2), ",".join(["L2", *list(good.values())[1:]]))
    assert found.rows_read == 3


def headed(headers: dict[str, str], *, but: str) -> FileRows:
    good = {headers.get(name, name): value for name, value in GOOD["social_care"].items() if name not in but.split()}
    return read_bytes("social_care.csv", pl.DataFrame([good]).write_csv().encode(), CONTRACTS["social_care"])


def test_a_header_that_nobody_knows_is_named_in_a_file_that_is_refused_for_it() -> None:
    found = headed({"Status": "Kind of help", "Opened": "Since"}, but="")
    assert found.is_refused
    assert [b.column for b in found.breaches if b.rule == "extra column"] == ["Kind of help", "Since"]


def test_what_may_be_a_row_that_was_run_together_with_the_header_is_not_named() -> None:
    good = GOOD["social_care"]
    line = ",".join([*good, *(value or "Isla" for value in good.values())])
    found = read_bytes("social_care.csv", f"{line}\nSC1,,Merrick\n".encode(), CONTRACTS["social_care"])
    assert found.is_refused
    assert {b.column for b in found.breaches if b.rule == "extra column"} == {None}


SAID_TWICE = """
Sex         | 1 - Male                    | M
Sex         | Gwryw / Male                | M
Sex         | F (Female)                  | F
Sex         | F: Female                   | F
Sex         | Male / Female               |
Sex         | Female - as her mother says |
Sex         | a) Male                     | M
Sex         | c) Neither                  |
Status      | CIN - Child in Need         | CIN
Status      | (a) Looked after child      | CLA
Status      | e) Closed episode           | Left
Status      | CP (closed)                 | Left
AddressProtected | N - No                 | N
AddressProtected | No - ask first         | Y
"""


@pytest.mark.parametrize("line", SAID_TWICE.strip().splitlines())
def test_a_code_that_stands_beside_its_word_is_known_where_both_mean_the_same(line: str) -> None:
    header, cell, meaning = (part.strip() for part in line.split("|"))
    column = next(column for column in CONTRACTS["social_care"].columns if column.header == header)
    cells = pl.DataFrame({column.name: [cell]})
    assert cells.select(as_codes(column)).item() == (meaning or None)
    is_guessed = meaning in ("", column.unknown_code)
    assert cells.select(is_known_code(column)).item() is not is_guessed


CODED = """
admissions    | offer_status | A - Accepted            | Accepted
admissions    | offer_status | 12: Offered             | Offered
admissions    | offer_status | NO - Accepted           | Not known
admissions    | offer_status | Never - Accepted        | Not known
admissions    | offer_status | A - Accepted, then left | Not known
school_census | enrol_status | L - Leaver              | Left
school_census | enrol_status | S - Single registration | Unknown
"""


@pytest.mark.parametrize("line", CODED.strip().splitlines())
def test_a_systems_own_code_before_a_word_that_is_known_does_not_hide_it(line: str) -> None:
    """Unless the code means something else here: then nobody can tell which of the two holds."""
    source, name, cell, meaning = (part.strip() for part in line.split("|"))
    column = CONTRACTS[source].column_named[name]
    assert pl.DataFrame({name: [cell]}).select(as_codes(column)).item() == meaning


def checked(rows: list[dict[str, str]], tmp_path: Path, source: str = "ehe_register") -> CheckedFile:
    numbered = [row | {"RecordId": f"K{n}"} for n, row in enumerate(rows)]
    pl.DataFrame(numbered).write_csv(tmp_path / f"{source}.csv")
    (file,) = check_files(tmp_path, CONTRACTS)
    return file


def test_the_codes_of_another_system_are_told_at_once_and_what_they_count_as(tmp_path: Path) -> None:
    file = checked([GOOD["ehe_register"] | {"Suitability": "Yes"}] * 24, tmp_path)
    (told,) = [breach for breach in file.breaches if breach.rule == "codes of another system"]
    assert (told.column, told.stops, told.line) == ("Suitability", "nothing", None)
    assert told.why.startswith("24 of its 24 codes are not in this source's contract.")


def test_a_few_slips_in_codes_are_no_other_system(tmp_path: Path) -> None:
    good = GOOD["ehe_register"]
    file = checked([good | {"Suitability": "Yes"}] * 9 + [good] * 15, tmp_path)
    assert {breach.rule for breach in file.breaches} == {"known code"}


@pytest.mark.parametrize(("source", "number"), [("school_census", "UPN"), ("health", "NHSNumber")])
def test_a_file_with_no_key_but_the_childs_number_takes_that_and_reads_it_too(source: str, number: str) -> None:
    good = {name: value for name, value in GOOD[source].items() if name != "RecordId"}
    found = read_bytes(f"{source}.csv", pl.DataFrame([good]).write_csv().encode(), CONTRACTS[source])
    assert not found.is_refused
    (row,) = found.rows.to_dicts()
    assert row["record_id"].startswith(f"{good[number]}|")
    assert good[number] in (row.get("upn"), row.get("nhs_number"))


def test_a_column_that_is_missing_is_told_with_the_headers_that_nobody_knows() -> None:
    found = headed({"Status": "Kind of help", "Opened": "Since"}, but="")
    breaches = {b.column: b.why for b in found.breaches if b.rule == "missing column"}
    assert breaches["Opened"].endswith("Perhaps it is one of those not in the contract: Kind of help, Since.")


def numbered(count: int) -> list[str]:
    rows = [GOOD["lost_pupils"] | {"RecordId": f"L{n}"} for n in range(count)]
    return pl.DataFrame(rows).write_csv().splitlines()


@pytest.mark.parametrize("below", [[], ["(3 rows)"]])
def test_rows_may_end_with_a_separator_that_the_header_has_not(below: list[str]) -> None:
    header, *lines = numbered(3)
    text = "\n".join([header, *(f"{line}," for line in lines), *below])
    found = read_bytes("lost_pupils.csv", text.encode(), CONTRACTS["lost_pupils"])
    assert (found.is_refused, found.rows.height) == (False, 3)


def test_a_field_too_many_in_single_rows_is_no_such_separator() -> None:
    header, *lines = numbered(3)
    text = "\n".join([header, *(line + beyond for line, beyond in zip(lines, ["", ",", ",x"], strict=True))])
    found = read_bytes("lost_pupils.csv", text.encode(), CONTRACTS["lost_pupils"])
    assert [breach.rule for breach in found.breaches] == ["ragged row", "ragged row"]


def test_a_workbook_with_macros_is_read_as_one_without(tmp_path: Path) -> None:
    pl.DataFrame([GOOD["ehe_register"]]).write_excel(tmp_path / "register.xlsx")
    (tmp_path / "register.xlsx").rename(tmp_path / "ehe_register.xlsm")
    (file,) = check_files(tmp_path, CONTRACTS)
    assert (file.source, file.is_refused, file.rows_read) == ("ehe_register", False, 1)


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        pytest.param(["Learner ID"], "Learner ID", id="the number that a system has for the child"),
        pytest.param(["client_no"], "client_no", id="as a database heads it"),
        pytest.param(
            ["Case ID", "Young Person's Ref"], "Young Person's Ref", id="a case may be of brothers and sisters"
        ),
        pytest.param(["Case ID"], "Case ID", id="a number that the contract names"),
        pytest.param(["Child Category"], "RecordId", id="no number: the key is worked out"),
    ],
)
def test_the_number_of_a_child_says_that_it_is_one(headers: list[str], key: str) -> None:
    good = {name: value for name, value in GOOD["social_care"].items() if name != "RecordId"}
    rows = [good | {header: f"{n}7" for n, header in enumerate(headers)}]
    found = read_bytes("social_care.csv", pl.DataFrame(rows).write_csv().encode(), CONTRACTS["social_care"])
    assert [b.column for b in found.breaches if b.rule == "key of the child"] == [key]
    assert not found.is_refused
