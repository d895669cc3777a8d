"""Which files stand as they did last night, so that nothing of them is read again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from data_contracts.rules import NOT_IN_FUTURE
from pipelines.intake.receipt.last_intake import LastIntake
from pipelines.intake.receipt.receive import Received, receive
from tests.made.library_cards import OKAFOR, SMITH, as_csv, library_contract

CONTRACTS = {"library_cards": library_contract()}
LAST, TONIGHT = date(2026, 11, 20), date(2026, 11, 21)
BAD_DATE = ("LC000009", "Jones", "Mo", "31/02/2015", "F", "", "", "")
NORTH, SOUTH = "library_cards_north.csv", "library_cards_south.csv"


def _received(folder: Path, on: date, last: LastIntake | None = None) -> Received:
    at = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return receive(folder, CONTRACTS, received_at=at, as_at=on, last=last)


def _last(night: Received) -> LastIntake:
    return LastIntake(
        night.raw,
        night.judged,
        night.flawed,
        delivered=night.deliveries,
        breaches=night.breaches,
        set_aside=night.set_aside,
        stood_on=LAST,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two branches of the library; one row is set aside."""
    (tmp_path / NORTH).write_text(as_csv(SMITH, BAD_DATE))
    (tmp_path / SOUTH).write_text(as_csv(OKAFOR))
    return tmp_path


def test_the_same_files_again_are_not_read_and_all_that_was_said_of_them_stands(folder: Path) -> None:
    first = _received(folder, LAST)
    with patch("pipelines.intake.receipt.delivery.read_bytes", side_effect=AssertionError("a file was read")):
        again = _received(folder, TONIGHT, _last(first))
    assert again.unchanged_sources == {"library_cards": 2}
    assert again.raw == {}
    afresh = _received(folder, TONIGHT)
    for said in ("breaches", "set_aside", "deliveries", "rules", "judged"):
        assert getattr(again, said).equals(getattr(afresh, said)), said
    assert again.set_aside.height == 1


def _rewritten(folder: Path) -> None:
    (folder / SOUTH).write_text(as_csv(("LC000003", "Okafor", "Chidi", "30/12/2012", *OKAFOR[4:])))


def _renamed(folder: Path) -> None:
    (folder / NORTH).rename(folder / "library_cards_west.csv")


def _swapped(folder: Path) -> None:
    north, south = ((folder / name).read_bytes() for name in (NORTH, SOUTH))
    (folder / NORTH).write_bytes(south)
    (folder / SOUTH).write_bytes(north)


def _twice(folder: Path) -> None:
    (folder / "library_cards_west.csv").write_bytes((folder / NORTH).read_bytes())


def _left_out(folder: Path) -> None:
    (folder / SOUTH).unlink()


@pytest.mark.parametrize("change", [_rewritten, _renamed, _swapped, _twice, _left_out])
def test_a_source_is_read_where_any_of_its_files(folder: Path, change: Callable[[Path], None]) -> None:
    last = _last(_received(folder, LAST))
    change(folder)
    assert _received(folder, TONIGHT, last).unchanged_sources == {}


def _read_otherwise(last: LastIntake) -> LastIntake:
    return replace(last, judged=last.judged.with_columns(read_by=pl.lit("another contract, or other software")))


def _held(last: LastIntake) -> LastIntake:
    return replace(last, delivered=last.delivered.with_columns(sha256=pl.lit("of the night that was held")))


def _refused(last: LastIntake) -> LastIntake:
    return replace(last, delivered=last.delivered.with_columns(verdict=pl.lit("refused")))


def _of_a_later_day(last: LastIntake) -> LastIntake:
    return replace(last, judged=last.judged.with_columns(judged_on=pl.lit(date(2026, 11, 22))))


def _hangs_on_the_day(last: LastIntake) -> LastIntake:
    return replace(last, breaches=last.breaches.with_columns(rule=pl.lit(NOT_IN_FUTURE)))


def _of_the_past(last: LastIntake) -> LastIntake:
    return replace(last, stood_on=None)


@pytest.mark.parametrize("change", [_read_otherwise, _held, _refused, _of_a_later_day, _hangs_on_the_day, _of_the_past])
def test_the_same_files_are_read_where_last_night(folder: Path, change: Callable[[LastIntake], LastIntake]) -> None:
    assert _received(folder, TONIGHT, change(_last(_received(folder, LAST)))).unchanged_sources == {}
