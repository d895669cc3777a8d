"""Spec: a mark that an address must not be shown counts in every list that has one; one that nobody can read is a warning."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.at_the_gate.completeness import STAMPING
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.receive import check_files, receive
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()

MARKS = """
health        | SENSITIVITY_FLAG        | S            | protected
health        | Restricted Patient      | R            | protected
health        | Confidentiality         | U            |
school_census | Address to be withheld? | yes          | protected
housing       | Do not disclose address | by the court | protected
admissions    | Sensitive               | No           |
ehe_register  | Confidential Address    |              |
school_census | Restricted              | None         |
social_care   | Restricted Record       | Yes          | protected
"""


@pytest.mark.parametrize("line", MARKS.strip().splitlines())
def test_a_mark_counts_in_every_list_that_has_one(line: str, tmp_path: Path) -> None:
    source, header, mark, kind = (part.strip() for part in line.split("|"))
    row = {name: cell for name, cell in GOOD[source].items() if name != "AddressProtected"}
    pl.DataFrame([GOOD["school_census"]]).write_csv(tmp_path / "school_census.csv")
    pl.DataFrame([row | {header: mark}]).write_csv(tmp_path / f"{source}.csv")
    received = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 21, tzinfo=UTC))
    said = standardise(received.raw, CONTRACTS, as_at=date(2026, 11, 20)).statements
    assert said.filter(source=source, kind="protected").height == (kind == "protected")


@pytest.mark.parametrize(
    ("source", "header", "is_told"),
    [
        pytest.param("health", "No disclosure to father", True, id="a header that no contract has"),
        pytest.param(
            "social_care", "Address kept secret", True, id="where all count as protected: which header it may be"
        ),
        pytest.param("school_census", "Protected characteristics", False, id="not an address"),
        pytest.param("school_census", "Confidential notes", False, id="notes"),
    ],
)
def test_a_header_that_may_be_such_a_mark_is_a_warning_with_its_remedy(
    source: str, header: str, is_told: bool, tmp_path: Path
) -> None:
    row = {name: cell for name, cell in GOOD[source].items() if name != "AddressProtected"}
    pl.DataFrame([row | {header: "Y"}]).write_csv(tmp_path / f"{source}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    told = [breach for breach in found.breaches if breach.rule in STAMPING and header in breach.why]
    assert [(breach.column, f"Rename {header}" in breach.fix or "Rename it" in breach.fix) for breach in told] == (
        [("AddressProtected", True)] if is_told else []
    )


@pytest.mark.parametrize(
    ("address", "is_mark"),
    [
        ("Restricted", True),
        ("ADDRESS WITHHELD", True),
        ("** Confidential address **", True),
        ("Not to be disclosed", True),
        ("Restricted Byway, Lane End", False),
        ("2 Sensitive Plant Lodge", False),
    ],
)
def test_words_in_place_of_an_address_are_a_mark_and_no_home(address: str, is_mark: bool, tmp_path: Path) -> None:
    pl.DataFrame([GOOD["school_census"]]).write_csv(tmp_path / "school_census.csv")
    pl.DataFrame([GOOD["referrals"] | {"Address": address}]).write_csv(tmp_path / "referrals.csv")
    received = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 21, tzinfo=UTC))
    read = standardise(received.raw, CONTRACTS, as_at=date(2026, 11, 20))
    assert read.statements.filter(source="referrals", kind="protected").height == is_mark
    assert (read.person.filter(dataset="referrals")["address_shown"].item() is None) == is_mark
