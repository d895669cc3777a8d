"""What all contracts know alike: the words for a code, the headers of a field, the forms of a day."""

import polars as pl
import pytest

from data_contracts.contract import Contract, plain_header, read_contracts
from data_contracts.parts import MONTHS_ALONE, YEAR_ALONE, Column
from data_contracts.values import as_codes
from pipelines.intake.draft import ALIKE, WHOSE

CONTRACTS = read_contracts()

WORDS = """
school_census | enrol_status | Current (Single Registration at this school) | C
school_census | enrol_status | Main - Dual Registration                     | M
school_census | enrol_status | Dual Registration (Main)                     | M
school_census | enrol_status | Dual Registered - Subsidiary                 | S
school_census | enrol_status | Single Registered                            | C
school_census | enrol_status | Pre-Admission                                | Applicant
school_census | enrol_status | Previous                                     | Unknown
social_care   | status       | Looked After Child                           | CLA
social_care   | status       | s17                                          | CIN
social_care   | status       | Early help                                   | Other
admissions    | offer_status | Place Offered                                | Offered
admissions    | offer_status | Waiting List                                 | No offer
admissions    | offer_status | Accepted by Parent                           | Accepted
admissions    | offer_status | No Longer Required                           | Withdrawn
admissions    | offer_status | Refused by LA                                | Refused
ehe_register  | suitability  | To be assessed                               | Not yet assessed
school_census | enrol_status | C - Current (single registration at this school) | C
school_census | enrol_status | Main registration                            | M
school_census | leaving_ground | Moved to another school                    | Other school
pupil_returns | leaving_ground | Moved abroad                               | Moved
pupil_returns | leaving_ground | In-Year Transfer                           | Other school
school_census | leaving_ground | Whereabouts Unknown                        | Not known
school_census | leaving_ground | CME                                        | Not known
admissions    | offer_status | No Offer Made                                | No offer
referrals     | concern      | Non-attendance                               | Not attending
referrals     | concern      | Awaiting school place                        | No school place
post_16       | activity     | Seeking employment, education or training    | None
ehe_register  | suitability  | Education not suitable                       | Unsuitable
ehe_register  | suitability  | Yes                                          | Not known
admissions    | offer_status | Declined by parent                           | Refused
admissions    | offer_status | Awaiting Decision                            | Pending
admissions    | offer_status | Offer expired                                | Lapsed
admissions    | offer_status | Closed                                       | Not known
ehe_register  | suitability  | Unsatisfactory                               | Unsuitable
ehe_register  | suitability  | Appears suitable                             | Suitable
ehe_register  | suitability  | Amber                                        | Not known
asylum        | accommodation | Contingency Hotel                           | Hotel
asylum        | accommodation | Host family                                 | Hosts
exclusions    | exclusion_type | PEX                                        | Permanent
exclusions    | exclusion_type | Fixed Term Exclusion                       | Suspension
pupil_returns | return_type  | Admission                                    | Added
pupil_returns | return_type  | Taken off roll                               | Deleted
school_census | enrol_status | Not on roll                                  | Left
school_census | enrol_status | Alumni                                       | Left
school_census | enrol_status | Future Pupil                                 | Applicant
school_census | leaving_ground | Relocated                                  | Moved
school_census | leaving_ground | Never attended                             | Absence
pupil_returns | leaving_ground | Managed move                               | Other school
social_care   | status       | Interim Care Order                           | CLA
"""


@pytest.mark.parametrize("line", WORDS.strip().splitlines())
def test_a_code_is_known_by_the_words_that_systems_write_for_it_and_no_other_is_guessed(line: str) -> None:
    source, column, cell, meaning = (part.strip() for part in line.split("|"))
    code = as_codes(CONTRACTS[source].column_named[column])
    assert pl.DataFrame({column: [cell]}).select(code).item() == meaning


ENDS = {
    "Open": ["", "open", "Active", "LIVE", "Something that no list has"],
    "Left": ["Left", "closed", "Not active", "Terminated", "Historic", "Wedi gadael", "Closed - moved to Wales"],
}
ASKED = [
    (contract, column) for contract in CONTRACTS.values() for column in contract.columns if column.says_whether_ended
]


@pytest.mark.parametrize(("contract", "column"), [pytest.param(*each, id=each[0].id) for each in ASKED])
def test_whether_an_entry_has_ended_is_known_by_the_same_words_in_every_list(
    contract: Contract, column: Column
) -> None:
    cells = [(cell, means) for means, known in ENDS.items() for cell in known]
    read = pl.DataFrame({column.name: [cell for cell, _ in cells]}).select(as_codes(column)).to_series()
    assert read.to_list() == [means for _, means in cells]
    assert any(rule.metric == "leftWithoutDay" and rule.columns[0] == column.name for rule in contract.table.quality)


OF_HOUSING = {
    "tapostcode",
    "temporaryaccommodationpostcode",
    "accommodationpostcode",
    "placementpostcode",
    "householdmembername",
}
"""Headers that say of a housing list where the family lives and who it is, and of another list who provides a place."""


@pytest.mark.parametrize("field", ALIKE)
def test_each_contract_is_whole_by_itself_and_knows_what_the_others_know_of_a_field(field: str) -> None:
    columns = {
        (c.id, column.name): column for c in CONTRACTS.values() for column in c.columns if column.maps_to == field
    }
    headers = {
        where: {header for header in map(plain_header, column.headers) if not header.startswith(WHOSE)}
        for where, column in columns.items()
    }
    known = set().union(*headers.values()) - OF_HOUSING
    assert {where: known - own for where, own in headers.items() if known - own} == {}, "to be added to alsoCalled"
    empty = {word for column in columns.values() for word in column.not_a_value}
    lacking = {where: empty.difference(column.not_a_value) for where, column in columns.items()}
    assert {where: words for where, words in lacking.items() if words} == {}, "to be added to notAValue"
    assert len({frozenset(column.codes.items()) for column in columns.values()}) == 1


def test_a_day_is_read_in_the_same_forms_wherever_people_may_write_it() -> None:
    others = [contract for contract in CONTRACTS.values() if contract.id != "ctf"]
    written = {(c.id, column.name): column for c in others for column in c.columns if column.date_formats}
    known = {form for column in written.values() for form in column.dates_written} - {YEAR_ALONE, *MONTHS_ALONE}
    lacking = {where: known.difference(column.dates_written) for where, column in written.items()}
    assert {where: forms for where, forms in lacking.items() if forms} == {}, "to be added to alsoWritten"
    assert {column.maps_to for column in written.values() if YEAR_ALONE in column.dates_written} == {"date_of_birth"}


def test_a_month_alone_is_read_of_every_end_and_of_no_other_day() -> None:
    for contract in CONTRACTS.values():
        begins = {said.since for said in contract.says if said.kind == "provision"}
        ends = {said.until for said in contract.says if said.until} - begins
        written = {column.name for column in contract.columns if {*MONTHS_ALONE}.intersection(column.dates_written)}
        assert written == ends
