"""Days whose year has two digits: read if the whole file shows which number is what, and else refused by their form."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from data_contracts.values import parse_dates
from pipelines.intake.receipt.last_intake import LastIntake
from pipelines.intake.receipt.receive import CheckedFile, Received, check_files, receive
from pipelines.intake.receipt.short_years import SHORT_YEARS
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC)
BORN = [date(2009, 1, 3) + timedelta(days=113 * n) for n in range(40)]
"""Births of children from 2009 to 2021, on days of every part of the month."""


def roll(folder: Path, born: list[str], **cells: str) -> Path:
    rows = [GOOD["school_census"] | {"RecordId": f"K{n}", "BirthDate": cell} | cells for n, cell in enumerate(born)]
    folder.mkdir(exist_ok=True)
    pl.DataFrame(rows).write_csv(folder / "school_census.csv")
    return folder


def checked(folder: Path) -> CheckedFile:
    (file,) = check_files(folder, CONTRACTS)
    return file


def received(folder: Path, last: LastIntake | None = None) -> Received:
    return receive(folder, CONTRACTS, received_at=NIGHT, last=last)


def days(loaded: Received, column: str = "date_of_birth") -> list[date | None]:
    return (
        loaded.raw["school_census"]
        .select(parse_dates(CONTRACTS["school_census"].column_named[column]))
        .to_series()
        .to_list()
    )


@pytest.mark.parametrize(
    "form",
    [
        *("%d/%m/%y", "%d.%m.%y", "%d-%m-%y", "%d/%m/%y 00:00", "%d/%m/%y 00:00:00"),
        *("%d-%b-%y", "%d-%b-%y 12.00.00.000000 AM", "%d %B %y", "%d/%b/%y", "%d.%b.%Y"),
    ],
)
def test_a_list_with_the_day_first_is_read(form: str, tmp_path: Path) -> None:
    loaded = received(roll(tmp_path, [day.strftime(form) for day in BORN]))
    assert days(loaded) == BORN


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("%m/%d/%y", id="an American list"),
        pytest.param("%y-%m-%d", id="the year first"),
        pytest.param("%y/%m/%d", id="the year first, with strokes"),
        pytest.param("%y%m%d", id="without anything between the numbers"),
    ],
)
def test_a_list_in_any_other_order_is_refused(form: str, tmp_path: Path) -> None:
    assert checked(roll(tmp_path, [day.strftime(form) for day in BORN])).is_refused


def test_a_list_of_young_people_with_the_year_first_is_refused(tmp_path: Path) -> None:
    """Each cell is a day with the day first too, and some are no year of a child: but then many would be past ninety."""
    born = [date(2001, 1, 2) + timedelta(days=97 * n) for n in range(95)]
    assert checked(roll(tmp_path, [day.strftime("%y/%m/%d") for day in born])).is_refused


def test_beginnings_with_the_year_first_do_not_show_the_day_first(tmp_path: Path) -> None:
    began = [date(2001, 1, 2) + timedelta(days=97 * n) for n in range(95)]
    rows = [
        GOOD["housing"] | {"PersonRef": f"P{n}", "TenancyStart": day.strftime("%y/%m/%d")}
        for n, day in enumerate(began)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "housing.csv")
    assert SHORT_YEARS not in {breach.rule for breach in checked(tmp_path).breaches}


@pytest.mark.parametrize(
    "born",
    [
        pytest.param([day.replace(day=1 + n % 12) for n, day in enumerate(BORN)], id="no day above 12"),
        pytest.param([day.replace(day=13 + n % 8) for n, day in enumerate(BORN)], id="every day may be a year"),
        pytest.param([date(1960 + n, 1 + n % 12, 1 + n % 7) for n in range(20)], id="grown-ups, and no day above 12"),
        pytest.param(BORN[:4], id="too few"),
    ],
)
def test_a_list_whose_days_show_no_order_is_refused(born: list[date], tmp_path: Path) -> None:
    many = born * (1 if len(born) < 5 else 2)
    file = checked(roll(tmp_path, [day.strftime("%d/%m/%y") for day in many]))
    assert SHORT_YEARS not in {breach.rule for breach in file.breaches}
    assert file.is_refused is (len(born) >= 5)


def test_one_row_in_another_order_contradicts_nothing_and_some_do(tmp_path: Path) -> None:
    cells = [day.strftime("%d/%m/%y") for day in BORN * 2]
    assert days(received(roll(tmp_path, ["03/24/15", *cells[1:]])))[:2] == [None, BORN[1]]
    assert checked(roll(tmp_path, ["03/24/15"] * 4 + cells[4:])).is_refused


def test_the_night_says_that_a_list_was_read_so(tmp_path: Path) -> None:
    born = [day.strftime("%d/%m/%y") for day in BORN]
    (told,) = [b for b in checked(roll(tmp_path, born, EntryDate="01/09/24")).breaches if b.rule == SHORT_YEARS]
    assert (told.stops, told.line) == ("nothing", None)
    assert told.why.startswith("The years in BirthDate and EntryDate have two digits.")


def test_birth_dates_show_how_the_other_days_of_their_file_are_written(tmp_path: Path) -> None:
    born = [day.strftime("%d/%m/%y") for day in BORN]
    loaded = received(roll(tmp_path, born, EntryDate="01/09/24", LeavingDate="03/07/26"))
    assert set(days(loaded, "entry_date")) == {date(2024, 9, 1)}
    assert set(days(loaded, "leaving_date")) == {date(2026, 7, 3)}


def test_years_of_two_and_of_four_digits_may_stand_in_one_column(tmp_path: Path) -> None:
    cells = [day.strftime("%d/%m/%Y" if n % 3 else "%d/%m/%y") for n, day in enumerate(BORN)]
    assert days(received(roll(tmp_path, cells))) == BORN


@pytest.mark.parametrize("form", ["%d/%m/%y", "%d-%b-%y"])
def test_a_tenants_birth_makes_neither_a_child_nor_the_future(form: str, tmp_path: Path) -> None:
    tenants = [date(1931, 3, 14), date(1935, 3, 14), date(1960, 7, 2), date(1988, 12, 30), date(1999, 12, 31)]
    born = [*tenants, *BORN * 3]
    rows = [GOOD["housing"] | {"PersonRef": f"P{n}", "DateOfBirth": day.strftime(form)} for n, day in enumerate(born)]
    pl.DataFrame(rows).write_csv(tmp_path / "housing.csv")
    roll(tmp_path, [day.isoformat() for day in BORN])
    read = received(tmp_path).raw["housing"].select(parse_dates(CONTRACTS["housing"].column_named["date_of_birth"]))
    assert read.to_series().to_list() == born


def test_a_child_not_yet_born_stays_so(tmp_path: Path) -> None:
    born = [day.strftime("%d/%m/%y") for day in BORN]
    assert days(received(roll(tmp_path, [*born, "14/02/27"])))[-1] == date(2027, 2, 14)


@pytest.mark.parametrize("end", ["31-DEC-99", "31/12/99", "31-DEC-99 00:00:00"])
def test_the_last_day_of_all_is_no_end_with_two_digits_either(end: str, tmp_path: Path) -> None:
    """Oracle shows 31 December 9999 so: a whole roll had left in 1999."""
    loaded = received(roll(tmp_path, [day.strftime("%d/%m/%y") for day in BORN], LeavingDate=end))
    assert set(days(loaded, "leaving_date")) == {None}
    assert loaded.set_aside.is_empty()


def test_the_next_night_reads_such_a_list_as_the_first_did(tmp_path: Path) -> None:
    cells = [day.strftime("%d/%m/%y") for day in BORN]
    first = received(roll(tmp_path / "first", cells))
    last = LastIntake(first.raw, first.judged, first.flawed)
    second = received(roll(tmp_path / "second", [*cells[:-1], "24/12/15"]), last)
    whole = received(tmp_path / "second")
    assert second.raw["school_census"].equals(whole.raw["school_census"])
    assert second.is_unchanged("school_census").sum() == len(BORN) - 1
    assert days(second)[-1] == date(2015, 12, 24)
