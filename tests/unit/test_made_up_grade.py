"""A list on a made-up authority is graded by whom it finds, and how soon."""

import polars as pl
import pytest

from apps.made_up.grade import graded, opened_until

RECORDS = pl.DataFrame(
    [
        ("health", "1", "C1"),
        ("housing", "1", "C1"),
        ("health", "2", "C2"),
        ("health", "3", "C3"),
        ("health", "4", "C4"),
    ],
    schema=["source", "source_record_id", "child_id"],
    orient="row",
)
CHILDREN = pl.DataFrame(
    [("C1", 1, 1), ("C2", 1, 1), ("C3", 1, 0), ("C4", 0, 0), ("C5", 1, 1)],
    schema=["child_id", "target", "true_cme"],
    orient="row",
)


def listed(*records: str) -> pl.DataFrame:
    """A list of these rows by rank, handed over in another order."""
    ranked = pl.DataFrame({"rank": range(1, len(records) + 1), "records": records})
    return ranked.sort("rank", descending=True)


@pytest.mark.parametrize(
    ("rows", "half"),
    [
        pytest.param(("health:1", "health:2", "health:3", "health:4"), 1, id="the missing first"),
        pytest.param(("health:4", "health:3", "health:2", "health:1"), 3, id="the missing last"),
        pytest.param(("health:3", "health:1;housing:1"), 2, id="one of them is on no list, and not waited for"),
        pytest.param(("housing:1", "health:1", "health:2"), 1, id="a child in two rows is found by the first"),
        pytest.param(("health:3",), 0, id="none of them is listed"),
    ],
)
def test_how_many_rows_are_opened_until_half_of_the_missing_are_found(rows: tuple[str, ...], half: int) -> None:
    assert graded(listed(*rows), RECORDS, CHILDREN).half_found_at == half


def test_the_grade_in_words() -> None:
    assert str(graded(listed("health:4", "health:1", "health:3"), RECORDS, CHILDREN)).splitlines() == [
        "Of 4 children who should be listed, 2 are (50.0%): 1.50 rows of the list for each.",
        "Of 3 truly missing education, 1 are on it (33.3%): 3.00 rows of the list for each.",
        "From rank 1 on, half of those are found after 2 rows: 2.00 rows of the list for each.",
    ]


@pytest.mark.parametrize(("share", "rows"), [(0.25, 2), (0.5, 3), (0.51, 7), (1.0, 9)])
def test_a_share_of_the_children_is_rounded_up(share: float, rows: int) -> None:
    assert opened_until(pl.Series([9, 3, 7, 2]), share) == rows
