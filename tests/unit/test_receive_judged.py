"""Receiving with the true judge: Great Expectations and the checks of identifiers that the night uses."""

from datetime import UTC, datetime
from pathlib import Path

from pipelines.receive import check_path, receive
from tests.made.library_cards import GOOD, OKAFOR, SMITH, as_csv, library_contract

CONTRACTS = {"library_cards": library_contract()}


def test_the_judge_of_the_night_sets_rows_aside(tmp_path: Path) -> None:
    rows = (SMITH, ("LC000002", *SMITH[1:3], "31/02/2015", "X", *SMITH[5:]), OKAFOR, OKAFOR)
    (tmp_path / "library_cards.csv").write_text(as_csv(*rows))
    night = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert night.raw["library_cards"]["line"].to_list() == [2, 4]
    assert night.set_aside.select("line", "rules").rows() == [(3, "date; known code"), (5, "unique key")]


def test_a_good_file_passes_the_judge_of_the_night(tmp_path: Path) -> None:
    (tmp_path / "library_cards.csv").write_text(GOOD)
    assert check_path(tmp_path, CONTRACTS) == []
