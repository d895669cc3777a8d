"""A folder of extracts that stops the night: none, an empty one, one that may not be read, or one without a roll."""

import errno
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from pipelines.files.folder import ExtractsError
from pipelines.files.rows import KnownLines
from pipelines.intake.receipt import delivery
from pipelines.intake.receipt.receive import receive
from tests.made.library_cards import (
    FORTY_CARDS,
    GOOD,
    SENTINEL,
    as_csv,
    library_contract,
    put,
)

CONTRACTS = {"library_cards": library_contract(), "reading_clubs": library_contract("reading_clubs")}


def stopped(folder: Path) -> ExtractsError:
    with pytest.raises(ExtractsError) as caught:
        receive(folder, CONTRACTS, received_at=datetime(2026, 11, 20, 2, 30, tzinfo=UTC))
    assert not [value for value in SENTINEL if value in str(caught.value)]
    return caught.value


def test_the_folders_of_two_nights_stop_the_night_by_the_roll(tmp_path: Path) -> None:
    years = {
        "2026__slash__library_cards__csv": as_csv(*FORTY_CARDS),
        "2025__slash__library_cards__csv": as_csv(*FORTY_CARDS[5:]),
    }
    message = str(stopped(put(tmp_path, **years)))
    assert "two deliveries" in message
    assert "give tonight's" in message


def test_a_missing_folder_stops_the_night(tmp_path: Path) -> None:
    assert "there is no such folder" in str(stopped(tmp_path / "nowhere"))


def test_a_file_in_place_of_the_folder_stops_the_night(tmp_path: Path) -> None:
    assert "is a file, not a folder" in str(stopped(put(tmp_path, library_cards__csv=GOOD) / "library_cards.csv"))


def test_an_empty_folder_stops_the_night(tmp_path: Path) -> None:
    assert "the folder is empty" in str(stopped(tmp_path))


@pytest.mark.parametrize("place", [".", "trust_b"], ids=["the folder", "a folder in it"])
def test_a_folder_that_may_not_be_read_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    put(tmp_path, library_cards__csv=GOOD, trust_b__slash__library_cards__csv=as_csv(*FORTY_CARDS))
    closed, listed = tmp_path / place, Path.iterdir

    def listed_if_open(folder: Path) -> Iterator[Path]:
        if folder == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", listed_if_open)
    assert str(stopped(tmp_path)).startswith(f"{closed}: this folder may not be read.")


def test_no_roll_stops_the_night_with_the_names_that_are_wanted(tmp_path: Path) -> None:
    message = str(stopped(put(tmp_path, reading_clubs__csv=GOOD)))
    assert "without a roll every child would look missing" in message
    assert "library_cards*.csv" in message


def test_a_refused_roll_stops_the_night_and_says_why(tmp_path: Path) -> None:
    error = stopped(put(tmp_path, library_cards__csv=GOOD + 'LC9,"Jones,Mo\n'))
    assert "library_cards.csv, line 5: unclosed quote" in str(error)
    assert [breach.rule for breach in error.breaches] == ["unclosed quote"]


def test_a_roll_whose_rows_are_all_set_aside_stops_the_night(tmp_path: Path) -> None:
    assert "line 2, column BirthDate: date" in str(
        stopped(put(tmp_path, library_cards__csv=as_csv(("LC000009", "Jones", "Mo", "31/02/2015", "F", "", "", ""))))
    )


def test_a_rule_of_the_row_that_names_no_line_lets_nothing_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(rows: pl.DataFrame, contract: Contract, file: str, *_: object, **__: object) -> Iterable[Breach]:
        return [Breach(contract.id, file, None, None, "odd", "row", "Why.", "Fix.")]

    monkeypatch.setattr("data_contracts.check.judge", judge)
    assert "odd" in str(stopped(put(tmp_path, library_cards__csv=GOOD)))


def test_a_lost_row_stops_the_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = delivery.read_bytes

    def lossy(file: str, data: bytes, contract: Contract, known: KnownLines) -> object:
        found = whole(file, data, contract, known)
        return type(found)(found.rows.head(2), found.headers, found.rows_read, found.breaches, found.bad_lines)

    monkeypatch.setattr(delivery, "read_bytes", lossy)
    assert "3 rows were read, but 2 are loaded and 0 set aside" in str(stopped(put(tmp_path, library_cards__csv=GOOD)))
