"""What each contract takes, and what its rules stop. Each table reads: column, what stands in it, rule, stops."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

import polars as pl
import pytest

from data_contracts.breach import Breach
from data_contracts.check import judge
from data_contracts.contract import Contract, read_contracts
from data_contracts.rules import SHORTENED, source_checks
from matching.canonical.identifiers import nhs_number_is_valid, upn_is_valid
from tests.spec.contracts.further_contract_cases import CHILD, CHILD_RULES, FURTHER_GOOD, FURTHER_RULES

CONTRACTS = read_contracts()
IDENTIFIER_CHECKS = {"upn": upn_is_valid, "nhsNumber": nhs_number_is_valid}
TODAY = date(2026, 11, 20)

GOOD = {
    "school_census": {
        "LEA": "889", "Estab": "2005", "URN": "100005", "SchoolName": "Lantern Primary", "UPN": "H823432100123",
        "FormerUPN": "", "Surname": "Merrick", "Forename": "Isla", "MiddleNames": "", "PreferredSurname": "Merrick",
        "Sex": "F", "BirthDate": "2015-03-24", "NCyearActual": "6", "EnrolStatus": "C", "EntryDate": "2019-09-03",
        "LeavingDate": "", "SAON": "Flat 2", "PAON": "7", "Street": "Lantern Row", "Town": "Exmouth Hill",
        "Postcode": "ZA1 2BD", "UPRN": "100020010780", "RecordId": "CEN0000001", "LeavingGround": "", "FullName": "",
        "HouseName": "",
    },
    "admissions": {
        "ApplicationRef": "AP0000001", "ApplicationType": "In-year", "AppliedOn": "15/12/2025",
        "ChildForename": "Isla", "ChildMiddleName": "", "ChildSurname": "Merrick", "DateOfBirth": "24/03/2015",
        "Gender": "Female", "AddressLine1": "7 Lantern Row", "AddressLine2": "Exmouth Hill", "Postcode": "ZA12BD",
        "ParentName": "Ada Merrick", "ParentPhone": "07700900123", "OfferStatus": "Refused", "OfferedURN": "",
        "OfferedEstab": "8892001", "OfferedSchool": "Elm Park",
        "ExpectedStartDate": "", "FullName": "", "Preference": "",
    },
    "housing": {
        "PersonRef": "HS0000001", "TenancyRef": "T0000001", "Tenure": "Secure", "TenancyStart": "16/09/2018",
        "TenancyEnd": "", "FullName": "MERRICK, Isla", "Surname": "", "Forename": "", "DateOfBirth": "24/03/2015",
        "Relationship": "Child", "Address": "7 Lantern Row, Exmouth Hill", "AddressLine2": "",
        "Postcode": "ZA1 2BD", "UPRN": "", "LastVerified": "06/11/2026", "TenancyStatus": "",
    },
    "health": {
        "RecordId": "H0000001", "NHSNumber": "9434765919", "FamilyName": "MERRICK", "GivenNames": "ISLA ROSE",
        "Gender": "2", "BirthDate": "20150324", "AddressLine1": "7 Lantern Row", "AddressLine2": "", "Postcode": "",
        "GPPractice": "Z10003", "RegisteredFrom": "2015-04-01", "DeductionDate": "", "LastContact": "2026-01-31",
        "Deceased": "N", "FullName": "", "MiddleNames": "", "RegistrationStatus": "", "DateOfDeath": "",
        "DeductionReason": "",
    },
    "ehe_register": CHILD | {
        "FullName": "",
        "NotifiedOn": "10/01/2024", "ClosedOn": "", "Suitability": "Under review", "AssessedOn": "02/03/2026",
        "Status": "",
    },
    "alternative_provision": CHILD | {
        "FullName": "",
        "Provider": "York Centre", "StartDate": "07/05/2026", "EndDate": "31/12/9999", "SettingType": "OOT",
        "Status": "", "PlacementReason": "",
    },
    "independent_schools": CHILD | {
        "FullName": "", "UPN": "", "School": "Burns House", "StartDate": "29/08/2024", "LeavingDate": "",
        "Status": "",
    },
    "other_la": CHILD | {
        "FullName": "", "ConfirmedOn": "01/11/2026", "ConfirmingLA": "352", "SchoolName": "Out of area school",
        "LeavingDate": "", "Status": "", "StartDate": "",
    },
    "social_care": CHILD | {
        "Status": "CIN", "Opened": "23/06/2025", "Closed": "", "AddressProtected": "N", "FullName": "", "CaseState": "",
    },
    "referrals": CHILD | {
        "FullName": "", "ReferredOn": "17/10/2026", "ReferredBy": "Other LA", "Concern": "No school place",
        "Status": "", "ClosedOn": "",
    },
    "lost_pupils": CHILD | {"UploadedOn": "09/07/2026", "LastSchoolURN": "100008"},
    **FURTHER_GOOD,
}  # fmt: skip
GOOD = {source: {"AddressProtected": ""} | row for source, row in GOOD.items()}
"""A row of each source as its layout has it, that keeps every rule."""

RULES = {
    "school_census": """
RecordId     |               | required                | row
UPN          | H823432100124 | UPN check letter        | nothing
FormerUPN    | 823           | UPN check letter        | nothing
Sex          | Q             | known code              | nothing
BirthDate    |               | required                | nothing
BirthDate    | 2015-02-31    | date                    | nothing
BirthDate    | ??/03/2015    | birth date without a day | nothing
BirthDate    | 1900-01-01    | not before 1990         | nothing
BirthDate    | 2051-03-24    | not in the future       | nothing
NCyearActual | 15            | form                    | nothing
NCyearActual | Year 15       | form                    | nothing
EnrolStatus  | Z             | known code              | nothing
EntryDate    |               | required                | nothing
EntryDate    | soon          | date                    | nothing
LeavingDate  | 2026-02-30    | date                    | row
LeavingDate  | 1900-01-01    | not before 1990         | row
Postcode     | ZA1 CC1       | form                    | nothing
UPRN         | 1.0002E+11    | form                    | nothing
LeavingGround | Z            | known code              | nothing
""",
    "admissions": """
ApplicationRef    |               | required          | row
AppliedOn         | 15/13/2025    | date              | nothing
AppliedOn         | 15/12/2052    | not in the future | nothing
DateOfBirth       |               | required          | nothing
DateOfBirth       | 31/02/2015    | date              | nothing
DateOfBirth       | ??/03/2015    | birth date without a day | nothing
DateOfBirth       | 01/01/1900    | not before 1990   | nothing
DateOfBirth       | 24/03/2051    | not in the future | nothing
Gender            | Q             | known code        | nothing
Postcode          | nowhere       | form              | nothing
OfferStatus       | Maybe         | known code        | nothing
ExpectedStartDate | September     | date              | nothing
""",
    "housing": """
PersonRef    |               | required                | row
TenancyStart | 2018          | date                    | nothing
TenancyEnd   | 31/11/2025    | date                    | nothing
TenancyEnd   | 01/01/1900    | not before 1990         | nothing
DateOfBirth  |               | required                | nothing
DateOfBirth  | 31/02/2015    | date                    | nothing
DateOfBirth  | ??/03/2015    | birth date without a day | nothing
DateOfBirth  | 01/01/1900    | not before 1925         | nothing
DateOfBirth  | 24/03/2051    | not in the future       | nothing
Postcode     | ZA1 CC1       | form                    | nothing
UPRN         | 1.0002E+11    | form                    | nothing
LastVerified | 32/01/2026    | date                    | nothing
LastVerified | 06/11/2062    | not in the future       | nothing
""",
    "health": """
RecordId       |               | required               | row
NHSNumber      | 9434765918    | NHS number check digit | nothing
Gender         | Q             | known code             | nothing
BirthDate      |               | required               | nothing
BirthDate      | 20150231      | date                   | nothing
BirthDate      | 20150300      | birth date without a day | nothing
BirthDate      | 19000101      | not before 1925        | nothing
BirthDate      | 20510324      | not in the future      | nothing
Postcode       | ZA1 CC1       | form                   | nothing
RegisteredFrom | 2015-04-31    | date                   | nothing
RegisteredFrom | 2051-04-01    | not in the future      | nothing
DeductionDate  | see notes     | date                   | nothing
DeductionDate  | 1900-01-01    | not before 1990        | nothing
LastContact    | 2026-13-01    | date                   | nothing
LastContact    | 2062-01-31    | not in the future      | nothing
Deceased       | Perhaps       | known code             | nothing
DateOfDeath    | spring        | date                   | nothing
DateOfDeath    | 1900-01-01    | not before 1990        | nothing
""",
    "ehe_register": CHILD_RULES
    + """
NotifiedOn   |               | required                | nothing
NotifiedOn   | 10/2024       | date                    | nothing
NotifiedOn   | 10/01/2042    | not in the future       | nothing
ClosedOn     | last term     | date                    | row
ClosedOn     | 01/01/1900    | not before 1990         | row
Suitability  | Fine          | known code              | nothing
AssessedOn   | 02/13/2026    | date                    | nothing
AssessedOn   | 02/03/2062    | not in the future       | nothing
""",
    "alternative_provision": CHILD_RULES
    + """
StartDate    |               | required                | nothing
StartDate    | 07/05         | date                    | nothing
EndDate      | 31/06/2026    | date                    | row
EndDate      | 01/01/1900    | not before 1990         | row
SettingType  | Elsewhere     | known code              | nothing
""",
    "independent_schools": CHILD_RULES
    + """
StartDate    |               | required                | nothing
StartDate    | 29/08         | date                    | nothing
LeavingDate  | July          | date                    | row
LeavingDate  | 01/01/1900    | not before 1990         | row
Status       | Elsewhere     | known code              | nothing
""",
    "other_la": CHILD_RULES
    + """
StartDate     | 07/05        | date                    | nothing
ConfirmedOn  |               | required                | nothing
ConfirmedOn  | by phone      | date                    | row
ConfirmedOn  | 01/11/2062    | not in the future       | nothing
LeavingDate  | July          | date                    | row
LeavingDate  | 01/01/1900    | not before 1990         | row
""",
    "social_care": CHILD_RULES
    + """
Status           | XX         | known code             | nothing
Opened           | 23/06      | date                   | nothing
Opened           | 23/06/2052 | not in the future      | nothing
Closed           | spring     | date                   | nothing
Closed           | 01/01/1900 | not before 1990        | nothing
""",
    "referrals": CHILD_RULES
    + """
ReferredOn   | Monday        | date                    | nothing
ReferredOn   | 17/10/2062    | not in the future       | nothing
Concern      | see my e-mail | known code              | nothing
ClosedOn     | July          | date                    | nothing
ClosedOn     | 01/01/1900    | not before 1990         | nothing
""",
    "lost_pupils": CHILD_RULES
    + """
UploadedOn   | 09-2026       | date                    | nothing
UploadedOn   | 09/07/2062    | not in the future       | nothing
""",
    **FURTHER_RULES,
}
MARKED = "AddressProtected | perhaps | known code | nothing"
"""In every source, whether its contract names the column or not."""
ENDED = "Left | left without a day | nothing"
"""In every column with the ends of places or homes."""
OF_THE_TABLE = {("", "row count"), ("", "not all empty"), ("", "left without a day")}
"""Rules that no single cell can break: they have tests of their own."""
OF_EVERY_SOURCE = {SHORTENED}
"""Rules that no contract states, as they hold in all: they have tests of their own."""


def cases() -> Iterator[tuple[str, str, str, str, str]]:
    """Source, column, what stands in it, rule, stops."""
    for source, table in RULES.items():
        ends = [f"{CONTRACTS[source].column_named[name].header} | {ENDED}" for name in sorted(CONTRACTS[source].ends)]
        for line in (MARKED, *ends, *filter(None, table.splitlines())):
            column, value, rule, stops = (cell.strip() for cell in line.split("|"))
            yield source, column, value, rule, stops


def rows_of(contract: Contract, rows: list[dict[str, str]]) -> pl.DataFrame:
    """Rows by header, as the reader gives them: from line 2 on, our names, text."""
    named = [{column.name: row[column.header] for column in contract.columns} for row in rows]
    schema = dict.fromkeys((column.name for column in contract.columns), pl.String)
    return pl.DataFrame(named, schema=schema).with_columns(line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))


def judged(contract: Contract, rows: list[dict[str, str]]) -> list[Breach]:
    headers = {column.name: column.header for column in contract.columns}
    return judge(
        rows_of(contract, rows), contract, "sent.csv", headers, identifier_checks=IDENTIFIER_CHECKS, today=TODAY
    )


@lru_cache
def breaches_by_case(source: str) -> dict[tuple[str, str], list[tuple[int | None, str | None, str, str]]]:
    """For each case of a source: the breaches of the one row that carries it."""
    contract = CONTRACTS[source]
    own = [(column, value) for case_source, column, value, _, _ in cases() if case_source == source]
    rows = [
        GOOD[source] | {contract.key.header: f"KEY{number:06}"} | {column: value}
        for number, (column, value) in enumerate(own)
    ]
    found = judged(contract, rows)
    return {
        case: [(b.line, b.column, b.rule, b.stops) for b in found if b.line == line]
        for line, case in enumerate(own, start=2)
    }


def test_every_source_has_its_contract() -> None:
    assert set(CONTRACTS) == set(GOOD) == set(RULES)


def test_only_the_school_census_is_a_roll_without_which_the_night_stops() -> None:
    assert [source for source, contract in CONTRACTS.items() if contract.is_roll] == ["school_census"]


@pytest.mark.parametrize("source", GOOD)
def test_a_good_row_breaks_no_rule(source: str) -> None:
    assert judged(CONTRACTS[source], [GOOD[source]]) == []


@pytest.mark.parametrize("source", GOOD)
def test_the_contract_knows_the_columns_of_its_layout(source: str) -> None:
    assert [column.header for column in CONTRACTS[source].columns if column.header not in GOOD[source]] == []
    assert len(CONTRACTS[source].columns) == len(GOOD[source])


@pytest.mark.parametrize(
    ("source", "column", "value", "rule", "stops"),
    [pytest.param(*case, id=f"{case[0]}: {case[1]} '{case[2]}' breaks {case[3]}") for case in cases()],
)
def test_a_bad_cell_breaks_its_rule_and_no_other(source: str, column: str, value: str, rule: str, stops: str) -> None:
    found = breaches_by_case(source)[column, value]
    assert [(header, broken, stopped) for _, header, broken, stopped in found] == [(column, rule, stops)]


@pytest.mark.parametrize("year", ["N2", "R", "Reception", "7", "Year  7", "year 07", "Y10", "14", "X"])
def test_a_year_group_is_known_as_school_systems_write_it(year: str) -> None:
    assert judged(CONTRACTS["school_census"], [GOOD["school_census"] | {"NCyearActual": year}]) == []


@pytest.mark.parametrize("source", GOOD)
def test_every_rule_of_the_contract_has_a_case(source: str) -> None:
    contract = CONTRACTS[source]
    headers = {column.name: column.header for column in contract.columns}
    rules = {(headers.get(c.column or "", ""), c.rule) for c in source_checks(contract, headers, {}, TODAY)}
    covered = {(column, rule) for case_source, column, _, rule, _ in cases() if case_source == source}
    rules = {(column, rule) for column, rule in rules if rule not in OF_EVERY_SOURCE}
    assert rules - OF_THE_TABLE - {(contract.key.header, "unique key")} == covered


@pytest.mark.parametrize("source", GOOD)
def test_a_file_without_rows_is_refused(source: str) -> None:
    assert [(b.line, b.rule, b.stops) for b in judged(CONTRACTS[source], [])] == [(None, "row count", "file")]


@pytest.mark.parametrize("source", GOOD)
def test_a_row_without_any_name_is_set_aside_and_one_name_is_enough(source: str) -> None:
    contract = CONTRACTS[source]
    surname = contract.column_named["surname"].header
    forename = next(column.header for column in contract.columns if column.maps_to == "forename")
    good = GOOD[source] | ({"FullName": "Unknown"} if "FullName" in GOOD[source] else {})
    rows = [
        good | {contract.key.header: "A1", surname: "", forename: "Not known"},
        good | {contract.key.header: "A2", surname: "", forename: "Isla"},
        good | {contract.key.header: "A3", surname: "Merrick", forename: ""},
    ]
    assert [(b.line, b.rule, b.stops) for b in judged(contract, rows)] == [(2, "not all empty", "row")]


@pytest.mark.parametrize("source", GOOD)
def test_rows_that_share_a_key_and_differ_are_all_set_aside_and_of_copies_the_first_stays(source: str) -> None:
    contract, good = CONTRACTS[source], GOOD[source]
    key = contract.key.header
    born = contract.column_named["date_of_birth"].header
    shared, copied = good | {key: "SHARED"}, good | {key: "COPIED"}
    rows = [shared, copied, shared | {born: "2016-03-24"}, copied, good | {key: "OWN"}]
    found = [(b.line, b.column, b.rule, b.stops) for b in judged(contract, rows)]
    assert found == [(line, key, "unique key", "row") for line in (2, 4, 5)]


STANDARD_KEYS = {
    "contract": {"apiVersion", "kind", "id", "name", "version", "status", "domain", "description", "schema",
                 "customProperties"},
    "table": {"name", "physicalName", "description", "properties", "quality", "customProperties"},
    "column": {"name", "physicalName", "logicalType", "logicalTypeOptions", "primaryKey", "required", "classification",
               "description", "examples", "quality", "customProperties"},
    "library rule": {"metric", "mustBe", "mustBeGreaterOrEqualTo", "arguments", "businessImpact", "customProperties"},
    "custom rule": {"type", "engine", "implementation", "businessImpact", "customProperties"},
}  # fmt: skip
"""The keys of the Open Data Contract Standard 3.1 that we use."""


@pytest.mark.parametrize("source", [*GOOD, "candidates"])
def test_the_contract_is_written_in_the_form_of_the_standard(source: str) -> None:
    from data_contracts.contract import CONTRACT_FOLDER
    from data_contracts.yaml_file import read_yaml

    document: dict[str, list[dict[str, list[dict[str, object]]]]] = read_yaml(CONTRACT_FOLDER / f"{source}.yaml").data  # type: ignore[assignment]
    assert set(document) <= STANDARD_KEYS["contract"]
    (table,) = document["schema"]
    assert set(table) <= STANDARD_KEYS["table"]
    rules = list(table["quality"])
    for column in table["properties"]:
        assert set(column) <= STANDARD_KEYS["column"]
        rules += column.get("quality", [])  # type: ignore[arg-type]
    for rule in rules:
        assert set(rule) <= STANDARD_KEYS["custom rule" if "type" in rule else "library rule"]
        assert ("type" in rule) or len({"mustBe", "mustBeGreaterOrEqualTo"} & set(rule)) == 1
