"""Receiving with the true judge: Great Expectations and the checks of identifiers that the night uses."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.intake.receipt.receive import check_files, receive
from tests.made.library_cards import GOOD, OKAFOR, SMITH, as_csv, breaches_of, library_contract

CONTRACTS = {"library_cards": library_contract()}


def test_the_judge_of_the_night_sets_rows_aside(tmp_path: Path) -> None:
    rows = (SMITH, ("LC000002", *SMITH[1:3], "31/02/2015", "X", *SMITH[5:]), OKAFOR, OKAFOR)
    (tmp_path / "library_cards.csv").write_text(as_csv(*rows))
    night = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert night.raw["library_cards"]["line"].to_list() == [2, 4]
    assert night.set_aside.select("line", "rules").rows() == [(3, "date; known code"), (5, "unique key")]


def test_a_good_file_passes_the_judge_of_the_night(tmp_path: Path) -> None:
    (tmp_path / "library_cards.csv").write_text(GOOD)
    assert breaches_of(tmp_path, *CONTRACTS.values()) == []


@pytest.mark.parametrize(
    ("column", "other_form", "told"),
    [
        pytest.param("BirthDate", 24, ("file", "24 of its 24 dates"), id="all birth dates"),
        pytest.param("BirthDate", 13, ("file", "13 of its 24 dates"), id="most of them"),
        pytest.param("BirthDate", 12, ("nothing", "12 of its 24 dates"), id="half of them"),
        pytest.param("BirthDate", 2, None, id="slips"),
        pytest.param("LastLoan", 24, ("nothing", "24 of its 24 dates"), id="other dates"),
    ],
)
def test_a_file_whose_birth_dates_are_in_a_form_that_nobody_agreed_is_refused(
    tmp_path: Path, column: str, other_form: int, told: tuple[str, str] | None
) -> None:
    written = [(day, day) for day in ("17 March 2014",) * other_form + ("17/03/2014",) * (24 - other_form)]
    days = [(born, "") if column == "BirthDate" else ("17/03/2014", loan) for born, loan in written]
    rows = [(f"LC2{n:05}", "Smith", f"Ann {n}", born, "F", "", "", loan) for n, (born, loan) in enumerate(days)]
    (tmp_path / "library_cards.csv").write_text(as_csv(*rows))
    (file,) = check_files(tmp_path, CONTRACTS)
    found = [breach for breach in file.breaches if breach.rule == "form of dates"]
    assert file.is_refused is (told is not None and told[0] == "file")
    assert [(b.column, b.stops, b.why.split(" (the first on line")[0]) for b in found] == (
        [(column, *told)] if told else []
    )
    assert "2014" not in str(found)
