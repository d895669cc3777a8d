"""How the same source comes from other councils and other suppliers: headers, addresses, names and dates."""

from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

import polars as pl
import pytest

from data_contracts.contract import Contract, read_contracts
from pipelines.files import read
from pipelines.files.folder import contract_for
from pipelines.files.headers.match import match_headers
from pipelines.files.read import read_bytes
from pipelines.files.rows import KnownLines, ReadTable
from pipelines.intake.in_one_form.standardise import persons_of
from pipelines.intake.receipt.receive import check_files, receive
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()


LAYOUTS = {
    "health: name, address and birth date alone (WSI 2025/440)": (
        "health", {}, "NHSNumber Gender GPPractice RegisteredFrom DeductionDate LastContact Deceased",
    ),
    "rolls: the address in lines": (
        "school_census", {"PAON": "Address Line 1", "Street": "Address Line 2", "Town": "Address Line 3"}, "SAON",
    ),
    "rolls: the address in one line": ("school_census", {"Street": "Address"}, "SAON PAON Town"),
    "rolls: as a hosted system heads its columns": (
        "school_census",
        {"Forename": "Legal first name", "Surname": "Legal last name", "Sex": "Sex (Legal)", "EntryDate": "Enrolment date"},
        "",
    ),
    "rolls: as a council's pupil database heads its columns": (
        "school_census",
        {"Estab": "DfE No", "SchoolName": "Base Name", "UPN": "Current UPN", "Forename": "Forename 1",
         "MiddleNames": "Forename 2", "BirthDate": "Date of Birth", "NCyearActual": "NCY",
         "EnrolStatus": "Reg Status", "EntryDate": "Base Start Date",
         "LeavingDate": "Base End Date", "PAON": "House No", "SAON": "Flat No", "Town": "Town/City"},
        "",
    ),
    "health: as a practice system heads its columns": (
        "health",
        {"FamilyName": "Patient Surname", "GivenNames": "Patient Forenames", "BirthDate": "Patient DOB",
         "Gender": "Administrative Gender", "GPPractice": "ODS Code", "RegisteredFrom": "Date of Registration",
         "DeductionDate": "Date of Deduction", "LastContact": "Last Consultation"},
        "",
    ),
    "housing: as a landlord's system heads its columns": (
        "housing",
        {"PersonRef": "Household Member Ref", "TenancyRef": "Tenancy Number", "TenancyStart": "Start Date",
         "TenancyEnd": "End Date", "FullName": "Occupant Name", "Address": "Property Address", "LastVerified": "Last Visit"},
        "",
    ),
    "rolls: as another hosted system exports enrolments": (
        "school_census",
        {"Estab": "LAESTAB", "UPN": "Unique Pupil Number", "Forename": "Legal First Name", "MiddleNames": "Legal Middle Name",
         "Surname": "Legal Last Name", "PreferredSurname": "Preferred Last Name", "NCyearActual": "Year Group",
         "EnrolStatus": "Enrolment Mode", "EntryDate": "Enrolment Start Date", "LeavingDate": "Enrolment End Date",
         "PAON": "Address Line 1", "LeavingGround": "Leaving Destination Reason"},
        "LEA SAON Street",
    ),
    "rolls: as a school's own system lists its pupils": (
        "school_census", {"Estab": "School DfE No", "NCyearActual": "Year Taught In", "PAON": "House No"}, "LEA SAON",
    ),
    "rolls: houses by name alone": ("school_census", {"HouseName": "House Name"}, "SAON PAON"),
    "rolls: names and numbers of houses apart": (
        "school_census",
        {"SAON": "Apartment", "HouseName": "House Name", "PAON": "House Number", "EntryDate": "DOA", "LeavingDate": "DOL",
         "LeavingGround": "Removal Ground"},
        "LEA",
    ),
    "independent schools: as a hosted system exports enrolments": (
        "independent_schools", {"StartDate": "Enrolment Start Date", "LeavingDate": "Enrolment End Date"}, "",
    ),
    "independent schools: as their own system lists pupils": ("independent_schools", {"StartDate": "Enrolment Date"}, ""),
    "alternative provision: as the department's census names its items": (
        "alternative_provision", {"StartDate": "EntryDate", "EndDate": "LeavingDate"}, "",
    ),
    "housing: as members of a household are headed": (
        "housing", {"FullName": "Member Name", "DateOfBirth": "Member DOB"}, "",
    ),
    "health: as a practice system searches its list": (
        "health",
        {"GPPractice": "Organisation", "FamilyName": "Family Name", "GivenNames": "Given Name",
         "AddressLine1": "House Name/Flat Number", "AddressLine2": "Number and Street",
         "RegisteredFrom": "GMS registration start", "DeductionDate": "GMS registration end"},
        "LastContact Deceased",
    ),
    "admissions: house and street apart": (
        "admissions",
        {"AddressLine1": "House", "AddressLine2": "Street", "ParentPhone": "Carer Phone",
         "OfferedEstab": "Offered School DfE No"},
        "",
    ),
    "housing: as tables of a database are headed": (
        "housing", {"TenancyRef": "TCY_REFNO", "TenancyStart": "TENANCY_START_DATE", "TenancyEnd": "TENANCY_END_DATE"},
        "FullName LastVerified",
    ),
    "housing: as a landlord's database joins its tables": (
        "housing",
        {"TenancyRef": "TCY_REFNO", "Surname": "PAR_PER_SURNAME", "Forename": "PAR_PER_FORENAME",
         "DateOfBirth": "PAR_PER_DATE_OF_BIRTH", "TenancyStart": "TCY_ACT_START_DATE", "TenancyEnd": "TCY_ACT_END_DATE",
         "Tenure": "TCY_TYPE", "Relationship": "HOP_RELATIONSHIP", "Postcode": "ADR_POSTCODE"},
        "FullName LastVerified",
    ),
    "housing: as a benefit system lists who is in a claim": (
        "housing",
        {"TenancyRef": "Claim Number", "TenancyStart": "Effective From",
         "TenancyEnd": "Effective To", "Relationship": "Relationship to Claimant"},
        "LastVerified",
    ),
    "social care: as the sector's data set names its items": (
        "social_care",
        {"Forename": "pers_forename", "Surname": "pers_surname", "Sex": "pers_sex",
         "DateOfBirth": "pers_dob", "UPN": "pers_upn", "Address": "addr_address_full", "Postcode": "addr_address_postcode",
         "Opened": "cine_referral_date", "Closed": "cine_close_date"},
        "",
    ),
    "benefits: as a list of dependants is headed": (
        "benefits", {"FullName": "Dependant Name", "DateOfBirth": "Dependant DOB", "Address": "Property Address"}, "",
    ),
    "home education: as a case system heads its columns": (
        "ehe_register", {"NotifiedOn": "EHE Start Date", "ClosedOn": "EHE End Date", "Suitability": "Suitability Status"}, "",
    ),
    "alternative provision: as a placement system heads its columns": (
        "alternative_provision", {"RecordId": "Placement ID", "Provider": "AP Provider"}, "",
    ),
    "another authority: as a pupil database heads its columns": (
        "other_la", {"ConfirmingLA": "Maintaining LA", "SchoolName": "Base Name"}, "",
    ),
    "post-16: as a tracking system heads its columns": (
        "post_16",
        {"Provider": "Establishment", "StartDate": "Activity Start Date", "EndDate": "Activity End Date",
         "LastContact": "Date of Last Contact"},
        "",
    ),
    "social care: as a case system heads its columns": (
        "social_care", {"Status": "Case Type", "Opened": "Case Start Date", "Closed": "Case End Date"}, "",
    ),
    "home education: as a list kept by hand heads its columns": (
        "ehe_register", {"NotifiedOn": "Start Date", "ClosedOn": "End Date", "Suitability": "Suitable"}, "",
    ),
    "health: as a doctors' register heads its columns": (
        "health", {"RecordId": "PATIENT_ID", "RegisteredFrom": "REG_DATE", "LastContact": "LAST_SEEN_DATE"}, "",
    ),
    "rolls: authority and school in one number": ("school_census", {"Estab": "LAESTAB"}, "LEA"),
    "housing: surname and forename apart": ("housing", {}, "FullName"),
    "housing: no reference of the household": ("housing", {}, "TenancyRef Surname Forename"),
    "independent schools: the child alone": ("independent_schools", {}, "UPN Sex MiddleNames StartDate LeavingDate"),
    "referrals: as a list kept by hand heads its columns": (
        "referrals", {"ReferredOn": "Date", "FullName": "Child", "ClosedOn": "Date closed"}, "Surname Forename MiddleNames",
    ),
    "another authority: the address in two lines": ("other_la", {"Address": "Address 1", "AddressLine2": "Address 2"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYOUTS)
def test_a_file_in_another_layout_is_read_whole(case: str, tmp_path: Path) -> None:
    source, renamed, absent = LAYOUTS[case]
    cells = {"Surname": "Merrick", "Forename": "Isla"} if source == "housing" and "FullName" in absent else {}
    cells |= {"FullName": "Isla Merrick"} if source == "referrals" else {}
    row = {renamed.get(k, k): v for k, v in (GOOD[source] | cells).items() if k not in absent.split()}
    pl.DataFrame([row]).write_csv(tmp_path / f"{source}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert (found.is_refused, found.rows_read, found.rows_set_aside) == (False, 1, 0)
    assert [breach.rule for breach in found.breaches] == []


def test_the_name_of_a_house_is_of_the_address_beside_its_number(tmp_path: Path) -> None:
    row = GOOD["school_census"] | {"SAON": "", "Town": ""}
    rows = [
        row | {"HouseName": "Rose Cottage", "PAON": ""},
        row | {"RecordId": "CEN2", "UPN": "", "HouseName": "Rose Cottage"},
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "school_census.csv")
    received = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 21, tzinfo=UTC))
    persons = persons_of(received.raw, CONTRACTS, as_at=date(2026, 11, 20))
    assert persons.select("address_shown", "house").rows() == [
        ("Rose Cottage, Lantern Row", "ROSE COTTAGE"),
        ("Rose Cottage, 7 Lantern Row", "7"),
    ]


@pytest.mark.parametrize(
    ("header", "layouts"),
    [("RecordId", 1), ("House points", 1), ("Address Line 3", 2)],
    ids=["its own columns", "and one that nobody knows", "and one of another layout"],
)
def test_a_file_is_read_once_more_only_for_a_layout_that_knows_more_of_it(
    header: str, layouts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, as_ever = list[str](), read._read

    def counted(file: str, data: bytes, contract: Contract, known: KnownLines) -> ReadTable:
        tried.append(file)
        return as_ever(file, data, contract, known)

    monkeypatch.setattr(read, "_read", counted)
    row = {name: text for name, text in GOOD["school_census"].items() if name != "Town"} | {header: "12"}
    found = read_bytes("school_census.csv", pl.DataFrame([row]).write_csv().encode(), CONTRACTS["school_census"])
    assert (len(tried), found.rows.height, found.is_refused) == (layouts, 1, False)


@pytest.mark.parametrize(
    ("header", "column", "words"),
    [
        ("Deduction_Dte", "DeductionDate", "Deduction_Dte looks like it under another name"),
        ("Remarks", "DeductionDate", "The file has no column of that name. Nobody can say who has left"),
    ],
)
def test_an_end_under_another_name_is_told_once(header: str, column: str, words: str, tmp_path: Path) -> None:
    good = {name: value for name, value in GOOD["health"].items() if name != "RegistrationStatus"}
    row = {header if name == column else name: value for name, value in good.items()}
    pl.DataFrame([row]).write_csv(tmp_path / "health.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    (missing,) = [breach for breach in found.breaches if breach.rule != "extra column"]
    assert (missing.rule, missing.column, missing.stops) == ("missing column", column, "nothing")
    assert words in missing.why and "to this day" in missing.why


NAMES = {"apart": ["Surname", "Forename"], "in one": ["Name"], "in one, legal": ["Legal Name"]}
HOMES = {
    "in parts": {"PAON": "7", "Street": "High Street", "Postcode": "LL11 1AA"},
    "in lines": {"Address 1": "7 High Street", "Address 2": "Wrexham", "Post Code": "LL11 1AA"},
    "in one line": {"Home Address": "7 High Street, Wrexham", "Postcode": "LL11 1AA"},
    "in one line with the postcode": {"Address and Postcode": "7 High Street, Wrexham, LL11 1AA"},
}


@pytest.mark.parametrize("homes", HOMES.values(), ids=HOMES)
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_a_roll_may_write_names_in_one_way_and_homes_in_another(
    names: list[str], homes: dict[str, str], tmp_path: Path
) -> None:
    roll = CONTRACTS["school_census"]
    told = {c.header for c in roll.columns if c.maps_to in ("full_name", "surname", "forename", "address", "postcode")}
    row = {header: value for header, value in GOOD["school_census"].items() if header not in told}
    name = {"Name": "MERRICK, Isla", "Legal Name": "MERRICK, Isla", "Surname": "Merrick", "Forename": "Isla"}
    pl.DataFrame([row | {header: name[header] for header in names} | homes]).write_csv(tmp_path / "school_census.csv")
    received = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 21, tzinfo=UTC))
    persons = persons_of(received.raw, CONTRACTS, as_at=date(2026, 11, 20))
    assert persons.select("forename", "surname", "house", "street", "postcode").rows() == [
        ("ISLA", "MERRICK", "7", "HIGH STREET", "LL111AA")
    ]


WITHOUT_HOMES = (
    "alternative_provision", "early_years", "ehe_register", "exclusions", "independent_schools", "lost_pupils", "other_la",
    "police", "post_16", "pupil_returns", "referrals", "social_care", "youth_justice",
)  # fmt: skip
"""Lists whose senders may know no home: their children are matched by name, birth date and UPN."""


@pytest.mark.parametrize("source", WITHOUT_HOMES)
def test_a_list_that_gives_nobodys_home_is_used(source: str, tmp_path: Path) -> None:
    homes = {column.header for column in CONTRACTS[source].columns if column.maps_to in ("address", "postcode")}
    row = {header: value for header, value in GOOD[source].items() if header not in homes}
    pl.DataFrame([row]).write_csv(tmp_path / f"{source}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert (found.is_refused, found.breaches) == (False, ())


@pytest.mark.parametrize(
    ("homes", "told", "is_refused"),
    [
        ("Postcode", [("missing column", "PAON")], False),
        ("PAON Postcode", [("missing column", "Street")], False),
        ("PAON Street Postcode", [], False),
        ("PAON Streett Postcode", [("renamed column", "Streett")], True),
        ("PAON Street", [("missing column", "Postcode")], True),
    ],
)
def test_a_roll_that_gives_homes_by_postcode_alone_is_used_and_told(
    homes: str, told: list[tuple[str, str]], is_refused: bool, tmp_path: Path
) -> None:
    address = [column.header for column in CONTRACTS["school_census"].columns if column.maps_to == "address"]
    row = {header: value for header, value in GOOD["school_census"].items() if header not in (*address, "Postcode")}
    pl.DataFrame([row | dict.fromkeys(homes.split(), "LL11 1AA")]).write_csv(tmp_path / "school_census.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert [(breach.rule, breach.column) for breach in found.breaches] == told
    assert found.is_refused == is_refused
    assert is_refused or all("told apart less surely" in breach.why for breach in found.breaches)


def test_an_element_that_no_row_of_xml_has_says_of_nothing_that_it_never_ends() -> None:
    health = CONTRACTS["health"]
    headers = [column.header for column in health.columns if column.name != "deduction_date"]
    faults = match_headers(headers, health, optional=frozenset(health.column_named)).faults
    assert [fault for fault in faults if fault.column == "DeductionDate"] == []


def test_ends_in_no_form_that_is_read_are_told_to_set_their_rows_aside(tmp_path: Path) -> None:
    rows = [GOOD["school_census"] | {"RecordId": f"CEN{n:07}", "LeavingDate": "until July"} for n in range(24)]
    pl.DataFrame(rows).write_csv(tmp_path / "school_census.csv")
    (file,) = check_files(tmp_path, CONTRACTS)
    breaches = [breach.why for breach in file.breaches if breach.rule == "form of dates"]
    (why,) = breaches
    assert why.startswith("24 of its 24 dates (the first on line 2)")
    assert why.endswith("not in any form that this source's contract knows, and their rows are set aside.")


def test_a_number_wrapped_in_a_formula_to_keep_its_noughts_is_the_number() -> None:
    row = GOOD["ehe_register"] | {"RecordId": '="000123"', "Surname": '="O\'Neil"', "Address": '="1 ""High"" Street'}
    read = read_bytes("ehe_register.csv", pl.DataFrame([row]).write_csv().encode(), CONTRACTS["ehe_register"]).rows
    assert read.select("record_id", "surname", "address").row(0) == ("000123", "O'Neil", row["Address"])


def test_of_two_lists_put_together_in_two_encodings_every_name_is_read_as_it_was_written() -> None:
    names = [("Siân", "utf-8"), ("Zoë", "utf-8"), ("Renée", "windows-1252"), ("Chloë", "utf-8"), ("Ann", "utf-8")]
    header, *_ = pl.DataFrame([GOOD["health"]]).write_csv().splitlines(keepends=True)
    rows = [pl.DataFrame([GOOD["health"] | {"GivenNames": name}]).write_csv(include_header=False) for name, _ in names]
    data = header.encode() + b"".join(row.encode(encoding) for row, (_, encoding) in zip(rows, names, strict=True))
    read = read_bytes("health.csv", data, CONTRACTS["health"])
    assert read.rows["given_names"].to_list() == [name for name, _ in names]
    assert [(b.rule, b.stops, b.line) for b in read.breaches] == [("encoding", "nothing", 4)]


def test_a_column_that_is_used_for_nothing_may_stand_twice() -> None:
    row = GOOD["health"] | {"Practice": "Hill Surgery", "Practice Code": "Z10003"}
    csv = pl.DataFrame([row]).drop("GPPractice").write_csv()
    read = read_bytes("health.csv", csv.encode(), CONTRACTS["health"])
    assert (read.is_refused, read.rows["gp_practice"].to_list()) == (False, ["Hill Surgery"])
    (told,) = read.breaches
    assert (told.rule, told.stops, told.column) == ("extra column", "nothing", "Practice Code")
    assert "The file also has Practice" in told.why


@pytest.mark.parametrize(
    ("source", "renamed", "absent", "why"),
    [
        pytest.param(
            "alternative_provision",
            {
                "Address": "PAON",
                "AddressLine2": "Street",
                "StartDate": "PlacementStartDate",
                "EndDate": "PlacementEndDate",
            },
            "Provider",
            "names no provider",
            id="the census of alternative provision",
        ),
        pytest.param(
            "asylum",
            {"Address": "Hotel", "ArrivedOn": "Arrived", "LeftOn": "Departed"},
            "Accommodation",
            "in a kind not known",
            id="families in hotels",
        ),
    ],
)
def test_a_list_that_says_less_is_read_with_a_warning_of_what_is_not_known(
    source: str, renamed: dict[str, str], absent: str, why: str, tmp_path: Path
) -> None:
    row = {renamed.get(k, k): v for k, v in GOOD[source].items() if k != absent}
    pl.DataFrame([row]).write_csv(tmp_path / f"{source}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert (found.is_refused, found.rows_read, found.rows_set_aside) == (False, 1, 0)
    assert [why in breach.why for breach in found.breaches if breach.rule == "missing column"] == [True]


@pytest.mark.parametrize("name", ["3842001_SC3_384LL26_001.xml", "6612001_PLASC_661LL27_001.XML"])
def test_a_census_is_known_by_the_name_under_which_schools_send_it_to_the_department(name: str) -> None:
    contract, wrong = contract_for(PurePosixPath(name), CONTRACTS)
    assert (contract and contract.id, wrong) == ("school_census", None)


@pytest.mark.parametrize("name", ["health.csv.part", "School Census 2026.xlsx.filepart", "housing.csv.CRDOWNLOAD"])
def test_a_file_that_was_still_on_its_way_is_waited_for_and_not_renamed(name: str) -> None:
    """The remedy was to send it as health*.csv: whoever renames it has half a list read as a whole one."""
    contract, wrong = contract_for(PurePosixPath(name), CONTRACTS)
    assert contract
    assert wrong
    assert "still on its way" in wrong.why
    assert "Wait until it has come whole" in wrong.fix
    assert "Do not rename it" in wrong.fix
