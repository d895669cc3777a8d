"""Judgements must hold together: what *same* joins, no *different* parts; and of one pair the last word stands."""

from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.judgement import ANSWERS, DIFFERENT, SAME, UNSURE, contradictions, standing_judgements

Told = list[tuple[str, str, str]]


def judged(rows: Told) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"left_id": pl.String, "right_id": pl.String, "answer": pl.String}, orient="row")


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param([], [], id="nothing judged"),
        pytest.param([("A", "B", SAME), ("B", "C", SAME)], [], id="a chain alone"),
        pytest.param([("A", "B", SAME), ("C", "D", DIFFERENT)], [], id="about other records"),
        pytest.param([("A", "B", SAME), ("B", "C", UNSURE), ("A", "C", DIFFERENT)], [], id="unsure joins nothing"),
        pytest.param([("A", "B", SAME), ("B", "C", SAME), ("A", "C", DIFFERENT)], [(2, (0, 1))], id="a chain of two"),
        pytest.param([("C", "A", DIFFERENT), ("B", "A", SAME), ("C", "B", SAME)], [(0, (2, 1))], id="in any order"),
        pytest.param(
            [("A", "B", SAME), ("B", "C", SAME), ("C", "D", SAME), ("B", "D", SAME), ("A", "D", DIFFERENT)],
            [(4, (0, 3))],
            id="the shortest chain is named",
        ),
        pytest.param(
            [("A", "B", SAME), ("B", "C", SAME), ("A", "C", DIFFERENT), ("A", "B", DIFFERENT)],
            [(2, (0, 1)), (3, (0,))],
            id="every contradiction is named",
        ),
    ],
)
def test_what_cannot_all_be_true(rows: Told, found: list[tuple[int, tuple[int, ...]]]) -> None:
    assert [(told.different, told.same) for told in contradictions(judged(rows))] == found


records = st.sampled_from("ABCDEF")
judgement = st.tuples(records, records, st.sampled_from(ANSWERS)).filter(lambda row: row[0] != row[1])


@given(st.lists(judgement, max_size=15))
def test_contradictions_are_those_of_plain_reasoning(rows: Told) -> None:
    reached = {(a, a) for a in "ABCDEF"} | {
        (a, b) for x, y, answer in rows if answer == SAME for a, b in [(x, y), (y, x)]
    }
    for middle, a, b in product("ABCDEF", repeat=3):
        if {(a, middle), (middle, b)} <= reached:
            reached.add((a, b))
    faults = contradictions(judged(rows))
    assert [one.different for one in faults] == [
        n for n, (a, b, w) in enumerate(rows) if w == DIFFERENT and (a, b) in reached
    ]
    for one in faults:
        at, end = rows[one.different][:2]
        for row in one.same:
            assert rows[row][2] == SAME
            at = next(other for other, near in [rows[row][:2], rows[row][1::-1]] if near == at)
        assert at == end


def test_of_one_pair_the_last_word_stands_whichever_record_is_named_first() -> None:
    kept = standing_judgements(judged([("A", "B", SAME), ("C", "D", SAME), ("B", "A", DIFFERENT), ("C", "D", UNSURE)]))
    assert kept.rows() == [("B", "A", DIFFERENT), ("C", "D", UNSURE)]
