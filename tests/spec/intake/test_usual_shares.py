"""Columns that say less than usual: against which of a source's nights the share of empty values is held."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
import pytest

from pipelines.intake.in_figures.usual import shares_risen
from tests.made.deliveries import FIRST

WHOLE, BLANK = 0.02, 1.0
"""Share of a column that is empty on most nights, and after its export failed."""
NO_END, PRACTICE_CLOSED = 0.99, 0.87
"""Share of registrations without an end, and while the ended ones of a practice that closed are still sent."""


@pytest.mark.parametrize(
    ("nights", "tonight", "told"),
    [
        pytest.param([WHOLE] * 6, BLANK, True, id="a column comes empty"),
        pytest.param([WHOLE] * 6 + [BLANK] * 30, BLANK, True, id="it is told until it is whole, however long"),
        pytest.param([BLANK] + [WHOLE] * 6, BLANK, True, id="empty on the first night too: that night was bad"),
        pytest.param([BLANK] + [WHOLE] * 2, BLANK, True, id="of three nights one was bad"),
        pytest.param(
            [NO_END] * 20 + [PRACTICE_CLOSED] * 22, NO_END, False, id="as few ends as before a practice closed"
        ),
        pytest.param(
            [NO_END] * 5 + [PRACTICE_CLOSED] * 40, NO_END, True, id="as few as only a few nights had, weeks ago"
        ),
    ],
)
def test_a_share_is_told_that_few_of_the_usual_nights_had(nights: Sequence[float], tonight: float, told: bool) -> None:
    values = [*nights, tonight]
    shares = pl.DataFrame(
        {"as_at": [FIRST + timedelta(days=n) for n in range(len(values))], "of": "deduction_date", "value": values}
    )
    found = list(shares_risen(shares, FIRST + timedelta(days=len(nights)), None))
    assert [(of, share) for of, _, share in found] == ([("deduction_date", tonight)] if told else [])
