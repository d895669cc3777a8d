"""What holds a child's records together, against every link taken away in turn."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.quality.ties import TIES, by_size, ties

STEADY = settings(max_examples=80, deadline=None, derandomize=True)
CHANCES = (0.3, 0.6, 0.8, 0.95, 0.99)


def _pieces(rows, links):
    """How many pieces links leave of some rows, joined one by one."""
    piece = {row: row for row in rows}
    for a, b in links:
        old, new = piece[a], piece[b]
        piece = {row: new if held == old else held for row, held in piece.items()}
    return len(set(piece.values()))


def _frame(links):
    rows = [(a, b, chance) for (a, b), chance in links.items()]
    return pl.DataFrame(rows, schema={"left": pl.Int32, "right": pl.Int32, "probability": pl.Float64}, orient="row")


def _counted(child, links):
    """TIES, counted by hand."""
    for label in sorted(set(child)):
        rows = [row for row, held in enumerate(child) if held == label]
        mine = {pair: chance for pair, chance in links.items() if set(pair) <= set(rows)}
        if len(rows) < 2:
            continue
        whole = _pieces(rows, mine)
        bridges = sum(_pieces(rows, mine.keys() - {pair}) > whole for pair in mine)
        holds = [c for c in CHANCES if _pieces(rows, [pair for pair in mine if mine[pair] >= c]) == 1]
        density = len(mine) / (len(rows) * (len(rows) - 1) / 2)
        yield label, len(rows), len(mine), pytest.approx(density), max(holds, default=0.0), bridges


@st.composite
def _linked(draw):
    child = draw(st.lists(st.integers(0, 2), min_size=1, max_size=11))
    pairs = [(a, b) for b in range(len(child)) for a in range(b)]
    drawn = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=24)) if pairs else []
    return child, {pair: draw(st.sampled_from(CHANCES)) for pair in drawn}


@given(_linked())
@STEADY
def test_every_child_as_counted_by_taking_each_link_away(linked):
    child, links = linked
    found = ties(pl.Series(child, dtype=pl.Int64), _frame(links))
    assert found.schema == TIES
    assert found.rows() == list(_counted(child, links))


@given(_linked())
@STEADY
def test_the_order_of_links_says_nothing(linked):
    child, links = linked
    labels, frame = pl.Series(child, dtype=pl.Int64), _frame(links)
    assert ties(labels, frame).equals(ties(labels, frame.reverse()))


@pytest.mark.parametrize(
    ("links", "told"),
    [
        pytest.param(
            {(0, 1): 0.9, (1, 2): 0.6, (0, 2): 0.8}, (3, 1.0, 0.8, 0), id="a triangle does without its weakest"
        ),
        pytest.param({(0, 1): 0.9, (1, 2): 0.6}, (2, 2 / 3, 0.6, 2), id="a chain hangs on every link"),
        pytest.param({(0, 1): 0.9}, (1, 1 / 3, 0.0, 1), id="a record that no link holds"),
        pytest.param({}, (0, 0.0, 0.0, 0), id="no link at all"),
    ],
)
def test_three_records(links, told):
    (row,) = ties(pl.Series([7, 7, 7]), _frame(links)).rows()
    assert row == (7, 3, told[0], pytest.approx(told[1]), told[2], told[3])


def test_children_by_their_size():
    child = pl.Series([0, 0, 1, 1, 2, 2, 2, *[3] * 7])
    links = _frame({(0, 1): 0.99, (2, 3): 0.6, (4, 5): 0.99, (5, 6): 0.99, (7, 8): 0.99})
    assert by_size(ties(child, links)).rows() == [
        (2, 2, 1.0, 1, None, 0),
        (3, 1, pytest.approx(2 / 3), 0, 1, 0),
        (6, 1, pytest.approx(1 / 21), 0, 1, 1),
    ]
