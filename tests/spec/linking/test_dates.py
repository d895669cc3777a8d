"""Which birth dates count: a drawn table, as at 20 November 2026."""

from datetime import date

import polars as pl
import pytest

from matching.canonical.dates import plausible_birth_date

AS_AT = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("born_on", "kept"),
    [
        pytest.param(date(2015, 5, 22), True, id="a pupil"),
        pytest.param(date(2015, 1, 1), True, id="1 January of a plausible year may be true"),
        pytest.param(date(2000, 1, 1), True, id="1 January 2000 as well: the linkage weighs it"),
        pytest.param(AS_AT, True, id="born on the date judged"),
        pytest.param(date(2026, 11, 21), False, id="born tomorrow"),
        pytest.param(date(1900, 1, 1), False, id="stand-in 01/01/1900"),
        pytest.param(date(1901, 1, 1), False, id="stand-in 01/01/1901"),
        pytest.param(date(1905, 12, 31), False, id="more than 120 years old"),
        pytest.param(date(1940, 6, 1), True, id="a grandparent"),
        pytest.param(None, False, id="absent"),
    ],
)
def test_plausible_birth_date(born_on, kept):
    column = pl.DataFrame({"born_on": [born_on]}, schema={"born_on": pl.Date})
    found = column.select(plausible_birth_date(pl.col("born_on"), AS_AT))["born_on"][0]
    assert found == (born_on if kept else None)
