"""Lists that lack a column whose absence has a safe reading, and what is taken for such a list only by mistake."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from xlsxwriter import Workbook

from data_contracts.contract import read_contracts
from data_contracts.rules import LEFT_WITHOUT_DAY
from pipelines.intake.in_one_form.standardise import persons_of, standardise
from pipelines.intake.receipt.receive import CheckedFile, check_files, receive
from pipelines.intake.receipt.two_places_at_once import TWO_PLACES
from tests.made.records import upn_of
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()


@pytest.mark.parametrize(
    ("source", "absent", "told"),
    [
        ("health", "DeductionDate RegistrationStatus", ["DeductionDate"]),
        ("health", "DeductionDate", ["DeductionDate"]),
        ("health", "DeductionDate RegistrationStatus RegisteredFrom", []),
        ("school_census", "Estab URN LEA", ["Estab"]),
        ("school_census", "LeavingDate LeavingGround EnrolStatus", ["EnrolStatus", "LeavingDate"]),
        ("school_census", "LeavingDate LeavingGround EntryDate", ["EntryDate", "LeavingDate"]),
        ("school_census", "LeavingDate LeavingGround", ["LeavingDate"]),
        ("ehe_register", "ClosedOn Status", ["ClosedOn"]),
        ("ehe_register", "ClosedOn", ["ClosedOn"]),
        ("alternative_provision", "EndDate Status", ["EndDate"]),
        ("other_la", "ConfirmedOn ConfirmingLA", ["ConfirmedOn"]),
        ("housing", "TenancyEnd TenancyStatus", ["TenancyEnd"]),
        ("social_care", "Closed CaseState", ["Closed"]),
        ("social_care", "AddressProtected", ["AddressProtected"]),
        ("asylum", "AddressProtected", ["AddressProtected"]),
        ("moved_in", "AddressProtected", ["AddressProtected"]),
        ("ehe_register", "Suitability", ["Suitability"]),
        ("youth_justice", "CustodyTo", ["CustodyTo"]),
        ("youth_justice", "CustodyTo CustodyFrom", []),
    ],
)
def test_a_list_that_lacks_what_has_a_safe_reading_is_used_and_told(
    source: str, absent: str, told: list[str], tmp_path: Path
) -> None:
    row = {header: value for header, value in GOOD[source].items() if header not in absent.split()}
    pl.DataFrame([row]).write_csv(tmp_path / f"{source}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert not found.is_refused
    assert [(b.column, b.rule, b.stops) for b in found.breaches] == [(c, "missing column", "nothing") for c in told]
    whys = {"EnrolStatus": "of this school alone", "EntryDate": "already", "AddressProtected": "as protected"}
    whys |= {"Suitability": "not yet assessed", "Estab": "by their names"}
    assert all(whys.get(breach.column or "", "to this day") in breach.why for breach in found.breaches)


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        pytest.param(
            {"LeavingDate": "Leaving_Dte"}, "Leaving_Dte", id="the leaving date under a name that nobody knows"
        ),
        pytest.param({"LeavingDate": "Off roll"}, "Off roll", id="a header that speaks of an end"),
        pytest.param(
            {"LeavingDate": "", "LeavingGround": "Reason for Leaving"}, "Reason for Leaving", id="why, not when"
        ),
        pytest.param({"LeavingDate": "", "Town": "Weekend club"}, None, id="a word that only has one in it"),
    ],
)
def test_a_roll_is_taken_for_one_without_leavers_only_if_nothing_in_it_speaks_of_leaving(
    headers: dict[str, str], named: str | None, tmp_path: Path
) -> None:
    """Its leavers would count as pupils, and be on no list."""
    good = {header: value for header, value in GOOD["school_census"].items() if header != "LeavingGround"}
    good |= dict.fromkeys(headers, "")
    row = {headers.get(header, header): value for header, value in good.items() if headers.get(header, header)}
    pl.DataFrame([row]).write_csv(tmp_path / "school_census.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert [b.column for b in found.breaches if b.stops == "file"] == ([named] if named else [])


@pytest.mark.parametrize(
    ("at_two", "of", "refused"),
    [pytest.param(25, 250, True, id="one in ten"), pytest.param(25, 950, False, id="some registered at two")],
)
def test_a_roll_without_leaving_dates_in_which_many_are_at_two_schools_is_refused(
    at_two: int, of: int, refused: bool, tmp_path: Path
) -> None:
    good = {header: value for header, value in GOOD["school_census"].items() if "Leaving" not in header}
    upns = [upn_of(number) for number in range(of)]
    rows = [good | {"RecordId": f"A{n}", "UPN": upn} for n, upn in enumerate(upns)]
    rows += [good | {"RecordId": f"B{n}", "UPN": upn, "SchoolName": "Elm Park"} for n, upn in enumerate(upns[:at_two])]
    pl.DataFrame(rows).write_csv(tmp_path / "school_census.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert [b.column for b in found.breaches if b.rule == TWO_PLACES] == (["LeavingDate"] if refused else [])
    assert found.is_refused == refused


def test_a_care_list_without_marks_of_protection_protects_every_child_in_it(tmp_path: Path) -> None:
    row = {header: value for header, value in GOOD["social_care"].items() if header != "AddressProtected"}
    pl.DataFrame([GOOD["school_census"]]).write_csv(tmp_path / "school_census.csv")
    for marked, kinds in (({}, ["protected"]), ({"AddressProtected": ""}, [])):
        pl.DataFrame([row | marked]).write_csv(tmp_path / "social_care.csv")
        received = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 21, tzinfo=UTC))
        said = standardise(received.raw, CONTRACTS, as_at=date(2026, 11, 20)).statements
        assert said.filter(source="social_care", kind="protected")["kind"].to_list() == kinds


def rows_ended(found: CheckedFile) -> int:
    """How many rows of a file are said to have ended, on no day."""
    return sum(breach.rule == LEFT_WITHOUT_DAY for breach in found.breaches)


@pytest.mark.parametrize(
    ("sheets", "ended"),
    [
        pytest.param(("Open", "Closed"), 1, id="open and closed cases"),
        pytest.param(("Current EHE", "No longer EHE"), 1, id="in other words"),
        pytest.param(("Primary", "Secondary"), 0, id="of neither name"),
        pytest.param(("Open", "Open and closed"), 0, id="both on one sheet"),
    ],
)
def test_a_sheet_named_for_what_has_ended_has_ended(sheets: tuple[str, str], ended: int, tmp_path: Path) -> None:
    good = {header: value for header, value in GOOD["ehe_register"].items() if header not in ("ClosedOn", "Status")}
    with Workbook(str(tmp_path / "ehe_register.xlsx")) as book:
        for number, name in enumerate(sheets):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(good))
            sheet.write_row(1, 0, list((good | {"RecordId": f"EH{number}"}).values()))
    assert [rows_ended(found) for found in check_files(tmp_path, CONTRACTS)] == [0, ended]


@pytest.mark.parametrize(("file", "ended"), [("school_census_leavers.csv", 1), ("school_census_all.csv", 0)])
def test_a_file_named_for_leavers_has_no_pupils(file: str, ended: int, tmp_path: Path) -> None:
    pl.DataFrame([GOOD["school_census"] | {"EnrolStatus": ""}]).write_csv(tmp_path / file)
    (found,) = check_files(tmp_path, CONTRACTS)
    assert rows_ended(found) == ended


@pytest.mark.parametrize(
    ("answer", "aside"), [("On roll", 0), ("Not known to us", 1), ("No", 1), ("Awaiting reply", 1), ("See e-mail", 0)]
)
def test_a_child_whom_the_other_authority_does_not_have_is_not_confirmed(
    answer: str, aside: int, tmp_path: Path
) -> None:
    row = {header: value for header, value in GOOD["other_la"].items() if header != "Status"}
    pl.DataFrame([row | {"Response": answer}]).write_csv(tmp_path / "other_la.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert found.rows_set_aside == aside


def test_a_roll_with_the_postcode_at_the_end_of_the_address_is_read(tmp_path: Path) -> None:
    gone = ("PAON", "Street", "Town", "SAON", "Postcode", "UPRN", "HouseName")
    row = {header: value for header, value in GOOD["school_census"].items() if header not in gone}
    pl.DataFrame([row | {"Address": "7 Lantern Row, Exmouth Hill, ZA1 2BD"}]).write_csv(tmp_path / "school_census.csv")
    received = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 21, tzinfo=UTC))
    persons = persons_of(received.raw, CONTRACTS, as_at=date(2026, 11, 20))
    assert persons.select("address_shown", "postcode_shown").rows() == [("7 Lantern Row, Exmouth Hill", "ZA1 2BD")]


def test_schools_without_numbers_go_by_their_names(tmp_path: Path) -> None:
    """A trust's system exports the names of its schools alone."""
    good = {header: value for header, value in GOOD["school_census"].items() if header not in ("Estab", "URN", "LEA")}
    rows = [good, good | {"RecordId": "CEN2", "UPN": "", "SchoolName": "Elm Park"}]
    pl.DataFrame(rows).rename({"SchoolName": "Institution"}).write_csv(tmp_path / "school_census.csv")
    rolls = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 21, tzinfo=UTC)).raw["school_census"]
    assert rolls.select("estab", "school_name").rows() == [
        ("Lantern Primary", "Lantern Primary"),
        ("Elm Park", "Elm Park"),
    ]


@pytest.mark.parametrize(
    ("header", "is_told"),
    [
        pytest.param("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB", True, id="SSDA903"),
        pytest.param("Child Unique ID,Gender,Date of Birth,CIN Start Date,CIN Closure Date,Case Status", True, id="Annex A"),
        pytest.param("Person ID,Surname,Date of Birth,CIN Start Date,Case Status", False, id="a list that has names"),
    ],
)  # fmt: skip
def test_a_return_that_names_no_child_is_told_which_list_to_ask_for(header: str, is_told: bool, tmp_path: Path) -> None:
    (tmp_path / "social_care.csv").write_text(f"{header}\n")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert any("ask for the list of cases" in breach.fix for breach in found.breaches) is is_told
