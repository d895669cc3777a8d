"""Spec: a header that may be the home, which nobody read, is a warning with its remedy: such a source costs the list much."""

from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.at_the_gate.completeness import STAMPING
from pipelines.intake.receipt.receive import check_files
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()


def warned(tmp_path: Path, source: str, renamed: dict[str, str | None]) -> list[tuple[str | None, str, str]]:
    """Column, reason and remedy of what the list would be stamped with, if a file has these headers instead (null: not)."""
    row = {renamed.get(header, header): value for header, value in GOOD[source].items()}
    row.pop(None, None)
    pl.DataFrame([row]).write_csv(tmp_path / f"{source}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert not found.is_refused
    assert all(breach.stops == "nothing" for breach in found.breaches)
    return [(breach.column, breach.why, breach.fix) for breach in found.breaches if breach.rule in STAMPING]


@pytest.mark.parametrize(
    ("source", "renamed", "column", "why"),
    [
        pytest.param(
            "health",
            {"AddressLine1": "Home Locn"},
            "AddressLine1",
            "No address was read from the file, and Home Locn may be it.",
            id="the doctors' list: only the second line has the agreed header",
        ),
        pytest.param(
            "referrals",
            {"Address": "Dwelling", "Postcode": "Pst PCDE"},
            "Address",
            "No address was read from the file, and Dwelling may be it.",
            id="address and postcode: told of the address",
        ),
        pytest.param(
            "referrals",
            {"Address": None, "Postcode": "Pst PCDE"},
            "Postcode",
            "No postcode was read from the file, and Pst PCDE may be it.",
            id="a list that gives homes by postcode",
        ),
        pytest.param(
            "referrals",
            {"Address": "Addressess", "Postcode": None},
            "Address",
            "No address was read from the file, and Addressess may be it.",
            id="a header like the agreed one is told once",
        ),
    ],
)
def test_a_home_under_a_header_that_nobody_knows_is_a_warning_with_the_remedy(
    tmp_path: Path, source: str, renamed: dict[str, str | None], column: str, why: str
) -> None:
    ((told, reason, remedy),) = warned(tmp_path, source, renamed)
    assert (told, reason.startswith(why)) == (column, True)
    assert remedy.startswith(f"Rename it to {column}, or add it to alsoCalled in the contract.")


@pytest.mark.parametrize(
    "renamed",
    [
        pytest.param({}, id="the address is there"),
        pytest.param({"Address": None, "Postcode": None}, id="the sender knows no home"),
        pytest.param({"Address": "Home Language", "Postcode": None}, id="a header of something else"),
        pytest.param({"Address": "Notes", "Postcode": None}, id="a header that is like no home"),
        pytest.param({"ReferredBy": "House Visit Type"}, id="the address is there, besides a like header"),
    ],
)
def test_nothing_is_said_of_a_file_that_gives_no_home_or_whose_home_was_read(
    tmp_path: Path, renamed: dict[str, str | None]
) -> None:
    assert warned(tmp_path, "referrals", renamed) == []


def test_a_row_in_the_place_of_the_header_line_is_not_shown(tmp_path: Path) -> None:
    """Behind the known headers whatever comes may be a child's details."""
    row = {header: value for header, value in GOOD["referrals"].items() if header not in ("Address", "Postcode")}
    details = {"7 Elm Street": "", "Merrick": "", "Isla": "", "24/03/2015": "", "F": "", "12 House Lane": "", "x": ""}
    details |= {f"y{n}": "" for n in range(12)}
    pl.DataFrame([row | details]).write_csv(tmp_path / "referrals.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert "Elm Street" not in str(found.breaches)
    assert "House Lane" not in str(found.breaches)


@pytest.mark.parametrize("header", ["PCD", "pcds", "P Code"])
@pytest.mark.parametrize("source", ["health", "housing", "school_census", "referrals"])
def test_a_postcode_under_the_short_names_of_the_statisticians_is_read(
    tmp_path: Path, source: str, header: str
) -> None:
    row = {header if name == "Postcode" else name: value for name, value in GOOD[source].items()}
    pl.DataFrame([row]).write_csv(tmp_path / f"{source}.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert found.headers["postcode"] == header
