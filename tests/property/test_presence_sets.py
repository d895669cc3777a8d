"""Sets of datasets counted off, by a table and by numbers, against a plain look at each row."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.clustering import presence
from matching.clustering.presence import sets_in

STEADY = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize(("tabled", "few"), [(16, 16), (0, 16), (0, 1)])
@given(
    st.integers(1, 5).flatmap(lambda many: st.lists(st.lists(st.booleans(), min_size=many, max_size=many), min_size=1))
)
@STEADY
def test_each_row_has_its_set_and_each_set_comes_once(tabled, few, rows):
    with patch.multiple(presence, TABLED=tabled, FEW_SETS=few):
        sets, place = sets_in(np.array(rows, dtype=bool))
    assert sets[place].tolist() == rows
    assert sorted(sets.tolist()) == sorted({tuple(row): row for row in rows}.values())
    by_table, again = sets_in(np.array(rows, dtype=bool))
    assert (sets.tolist(), place.tolist()) == (by_table.tolist(), again.tolist())
