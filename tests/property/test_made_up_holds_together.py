"""Whatever the seed, the size and the day: an authority comes out, and its truth covers its files."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.made_up.authority import make_authority
from apps.made_up.error_rates import ErrorRates

PRESETS = st.sampled_from([ErrorRates.usual(), ErrorRates.rough(), ErrorRates.other_kinds(), ErrorRates.none()])


@settings(max_examples=12, deadline=None)
@given(
    children=st.integers(1, 250),
    seed=st.integers(0, 2**31),
    as_at=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    errors=PRESETS,
    schools=st.integers(0, 4),
)
def test_any_authority_holds_together(children: int, seed: int, as_at: date, errors: ErrorRates, schools: int) -> None:
    with TemporaryDirectory() as folder:
        made = make_authority(
            Path(folder), children=children, seed=seed, as_at=as_at, errors=errors, write_xml_for_schools=schools
        )
        assert made.children["child_id"].n_unique() == children
        assert made.records.height == sum(made.rows.values())
        assert made.records.select("source", "source_record_id").is_unique().all()
        assert set(made.records["child_id"]) <= set(made.children["child_id"])
        listed = made.children.filter(target=1)
        assert listed.select((pl.col("of_age") * pl.col("resident") == 1).all()).item()
        assert len(list(made.extracts.glob("school_census_*.xml"))) <= schools
