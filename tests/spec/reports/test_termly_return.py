"""The termly return: the department's labels, and no count under five to be read or worked out."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from pipelines.reports.small_counts import suppressed
from pipelines.reports.termly_return import BANDS, confirmed_missing, termly_return
from pipelines.reports.termly_return_page import return_html
from tests.made.children import AS_AT, Drawn
from tests.spec.listing.test_outcomes import outcome


def counted(drawn: Drawn, *outcomes: pl.DataFrame) -> pl.DataFrame:
    tables = drawn.tables()
    return confirmed_missing(
        tables["person"], tables["statements"], tables["child_records"], pl.concat(outcomes), AS_AT
    )


@pytest.mark.parametrize(
    ("days", "band"),
    [
        pytest.param(0, "Less than 2 weeks", id="today"),
        pytest.param(13, "Less than 2 weeks", id="13 days"),
        pytest.param(14, "2 to 4 weeks", id="14 days"),
        pytest.param(28, "4 to 8 weeks", id="4 weeks"),
        pytest.param(56, "8 to 12 weeks", id="8 weeks"),
        pytest.param(84, "12 to 26 weeks", id="12 weeks"),
        pytest.param(182, "26 to 52 weeks", id="26 weeks"),
        pytest.param(365, "Over 52 weeks", id="a year"),
        pytest.param(None, "Unknown", id="never on a roll"),
    ],
)
def test_the_band_of_a_duration(days: int | None, band: str) -> None:
    drawn = Drawn().record("health:H1", "A", sex="F")
    if days is not None:
        drawn.on_roll("health:H1", date(2020, 9, 1), AS_AT - timedelta(days=days))
    found = counted(drawn, outcome("CONFIRMED_CME_NEW"))
    assert found.drop("child_id").rows() == [("Female", "Year 7", band, "Not recorded")]
    assert band in BANDS


@pytest.mark.parametrize(
    ("born", "left", "band"),
    [
        pytest.param(date(2021, 5, 14), date(2026, 7, 17), "8 to 12 weeks", id="left Reception, of age from 31 August"),
        pytest.param(
            date(2020, 12, 20), date(2024, 7, 17), "26 to 52 weeks", id="left a nursery, of age for ten months"
        ),
        pytest.param(date(2021, 5, 14), date(2026, 10, 30), "2 to 4 weeks", id="left Year 1"),
    ],
)
def test_a_duration_is_no_longer_than_the_child_is_of_compulsory_school_age(born: date, left: date, band: str) -> None:
    drawn = Drawn().record("school_census:1", "A", born).on_roll("school_census:1", date(2023, 9, 1), left)
    assert counted(drawn, outcome("CONFIRMED_CME_NEW", records="school_census:1"))["duration"].to_list() == [band]


@pytest.mark.parametrize(
    ("code", "on", "is_counted"),
    [
        pytest.param("CONFIRMED_CME_NEW", date(2026, 10, 1), True, id="confirmed"),
        pytest.param("ALREADY_KNOWN_CME", date(2026, 10, 1), True, id="known before"),
        pytest.param("CONFIRMED_CME_NEW", date(2026, 11, 21), False, id="confirmed after the day"),
        pytest.param("UNTRACED", date(2026, 10, 1), False, id="not traced"),
        pytest.param("INDEPENDENT", date(2026, 10, 1), False, id="found in education"),
    ],
)
def test_who_is_counted(code: str, on: date, is_counted: bool) -> None:
    assert counted(Drawn().record("health:H1", "A"), outcome(code, on)).height == is_counted


@pytest.mark.parametrize(
    ("born", "is_counted"),
    [
        pytest.param(date(2010, 9, 1), True, id="of age until the last Friday in June 2027"),
        pytest.param(date(2010, 8, 31), False, id="left school age on 26 June 2026: nobody need have closed it"),
        pytest.param(date(2021, 8, 31), True, id="five on 31 August, and of age that day"),
        pytest.param(date(2021, 9, 1), False, id="of age from 31 December"),
        pytest.param(None, True, id="no birth date"),
    ],
)
def test_only_children_of_compulsory_school_age_are_counted(born: date | None, is_counted: bool) -> None:
    drawn = Drawn().record("health:H1", "A", born).record("health:H2", "B")
    assert counted(drawn, outcome("CONFIRMED_CME_NEW")).height == is_counted


def test_a_child_who_has_died_is_not_counted() -> None:
    drawn = Drawn().record("health:H1", "A").says("health:H1", "died")
    assert counted(drawn, outcome("CONFIRMED_CME_NEW")).is_empty()


def test_a_child_on_a_roll_by_the_day_is_not_counted() -> None:
    drawn = (
        Drawn().record("health:H1", "A").record("school_census:C1", "A").on_roll("school_census:C1", date(2026, 11, 2))
    )
    assert counted(drawn, outcome("CONFIRMED_CME_NEW")).is_empty()


def test_the_reason_is_the_officers() -> None:
    found = counted(Drawn().record("health:H1", "A"), outcome("CONFIRMED_CME_NEW", reason="Mental health"))
    assert found["reason"].to_list() == ["Mental health"]


def test_the_table_shows_no_small_count_and_opens_offline() -> None:
    drawn, outcomes = Drawn(), []
    for number in range(12):
        drawn.record(f"health:H{number}", f"C{number}", sex="F" if number < 9 else "M")
        outcomes.append(outcome("CONFIRMED_CME_NEW", child=f"C{number}", records=f"health:H{number}"))
    children = counted(drawn, *outcomes)
    table = termly_return(children)
    total = table.filter(breakdown="Total").row(0, named=True)
    assert (total["Total"], total["Sex: Female"], total["Sex: Male"], total["Sex: Unknown"]) == ("12", "c", "c", "0")
    assert children.height == 12
    page = return_html(table, AS_AT, AS_AT).decode()
    assert "default-src 'none'" in page
    rows, nobody = page.partition("No child in: ")[::2]
    assert "Primary reason: Not recorded" in rows
    assert "Primary reason: School application awaiting outcome" not in rows
    assert "Primary reason: School application awaiting outcome" in nobody


FEW = st.lists(st.lists(st.sampled_from((0, 0, 1, 2, 7)), min_size=3, max_size=3), min_size=3, max_size=3)


def _with_totals(inner: list[list[int]]) -> NDArray[np.int64]:
    parts = np.array(inner, dtype=np.int64)
    grid = np.zeros((4, 4), dtype=np.int64)
    grid[1:, 1:] = parts
    grid[0, 1:], grid[1:, 0], grid[0, 0] = parts.sum(axis=0), parts.sum(axis=1), parts.sum()
    return grid


def _may_be(grid: NDArray[np.int64], hidden: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """The independent oracle: the least and the most that each hidden count may be, by all sums of the table at once.

    A reader who sees noughts in the table, or in its totals, knows that what is hidden there is one at least.
    """
    noughts = hidden & (grid == 0)
    least = np.full(grid.shape, 0 if noughts.any() else 1)
    least[0], least[:, 0] = (0, 0) if noughts[0].any() or noughts[:, 0].any() else (1, 1)
    number = np.arange(grid.size).reshape(grid.shape)
    sums = np.zeros((8, grid.size))
    for at, line in enumerate([*number, *number.T]):
        sums[at, line] = (-1, 1, 1, 1)
    bounds = [
        (low, None) if unseen else (count, count)
        for count, unseen, low in zip(grid.flat, hidden.flat, least.flat, strict=True)
    ]
    ends = []
    for cell in number[hidden]:
        low, high = (
            linprog(sign * np.eye(grid.size)[cell], A_eq=sums, b_eq=np.zeros(8), bounds=bounds) for sign in (1, -1)
        )
        ends.append((low.fun, -high.fun if high.status == 0 else np.inf))
    return ends


@settings(max_examples=10, deadline=None)
@given(FEW)
@example([[1, 0, 0], [0, 1, 0], [0, 0, 5]])
@example([[1, 1, 0], [1, 1, 0], [0, 0, 0]])
@example([[0, 0, 0], [1, 1, 1], [1, 1, 1]])
@example([[1, 1, 1], [1, 1, 1], [1, 1, 1]])
@example([[1, 1, 1], [1, 1, 1], [7, 7, 7]])
def test_no_hidden_child_follows_from_all_sums_together(inner: list[list[int]]) -> None:
    grid = _with_totals(inner)
    hidden = suppressed(grid, (3,), (3,))
    assert not (((grid > 0) & (grid < 5)) & ~hidden).any()
    told = zip(grid[hidden], _may_be(grid, hidden), strict=True)
    assert not [count for count, (low, high) in told if 0 < count < 5 and high - low < 0.5]


def test_the_number_of_all_is_shown_though_a_few_in_the_table_are_not() -> None:
    grid = _with_totals([[9, 12, 9], [9, 3, 14], [12, 9, 9]])
    hidden = suppressed(grid, (3,), (3,))
    assert hidden[2, 2]
    assert not hidden[0].any()


def test_what_is_hidden_does_not_follow_from_a_breakdown_that_shows_the_total() -> None:
    """Of 21 in one breakdown 12 and 9; in the other 16 and five times one, which is all that 5 hidden ones could be."""
    line = np.array([[21, 12, 9, 16, 1, 1, 1, 1, 1]], dtype=np.int64)
    hidden = suppressed(line, (), (2, 6))
    assert hidden[0, 4:].all()
    assert hidden[0, 3]
    assert not hidden[0, :3].any()
