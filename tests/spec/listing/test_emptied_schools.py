"""Which schools are named above the list because by their roll nearly everybody has left, to no other school."""

from datetime import date

import pytest

from pipelines.listing.emptied_schools import emptied_schools
from tests.made.children import Drawn

LEFT, LONG_AGO, BORN, TERM = date(2026, 10, 9), date(2025, 10, 9), date(2014, 5, 14), date(2021, 9, 2)
PRIORY, RIDGE = "Priory Academy", "Ridge High School"


def school(left: int, stay: int = 0, moved: int = 0, ended: date = LEFT) -> Drawn:
    """Of so many pupils of Priory Academy who left, the last ``moved`` are at Ridge High School."""
    drawn = Drawn(schools=[("104001", "school_census", PRIORY), ("104002", "school_census", RIDGE)])
    for number in range(1, left + stay + 1):
        record, child = f"school_census:{number}", f"CH{number}"
        drawn.record(record, child, BORN).lives(child, 0.95)
        drawn.on_roll(record, TERM, ended if number <= left else None, place=PRIORY)
        if left - moved < number <= left:
            drawn.record(f"{record}b", child, BORN).on_roll(f"{record}b", ended, place=RIDGE)
    return drawn


@pytest.mark.parametrize(
    ("drawn", "named"),
    [
        pytest.param(school(12), "Priory Academy (12 children on the list)", id="all have left"),
        pytest.param(school(20, stay=2), "Priory Academy (20 children on the list)", id="nearly all"),
        pytest.param(school(20, stay=3), None, id="a class is still there"),
        pytest.param(school(9), None, id="nine: each row tells"),
        pytest.param(school(22, moved=10), "Priory Academy (12 children on the list)", id="some are at another school"),
        pytest.param(school(24, moved=12), None, id="half are at another school: it has closed"),
        pytest.param(school(12, ended=LONG_AGO), None, id="more than a year ago"),
        pytest.param(school(10).says("school_census:1", "protected"), None, id="one of ten is protected"),
    ],
)
def test_a_school_that_all_have_left_for_no_other_is_named(drawn: Drawn, named: str | None) -> None:
    inputs = drawn.inputs()
    warnings = emptied_schools(drawn.ranked().candidates, inputs)
    assert len(warnings) == (named is not None)
    assert named is None or named in warnings[0]


def test_its_pupils_stay_where_they_are_on_the_list() -> None:
    """A school may have closed and nobody placed them: then they are the first to look for."""
    assert set(school(12).ranked().candidates["lane"]) == {"follow up"}
