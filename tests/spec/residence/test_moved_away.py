"""Children who moved away, and stand on a GP's list still and nowhere else, fall below four in five of the true targets."""

from pathlib import Path

import polars as pl

from apps.made_up.authority import make_authority
from pipelines.night import run_night
from pipelines.settings import Settings
from tests.golden.authority import AS_AT


def test_children_who_moved_away_fall_below_four_in_five_of_the_targets(tmp_path: Path) -> None:
    made = make_authority(tmp_path, children=1500, seed=12, as_at=AS_AT)
    report = run_night(Settings(extracts=made.extracts, workspace=tmp_path / "workspace", as_at=AS_AT))
    names = ("likelihood", "records")
    said = pl.concat(
        pl.read_parquet(report.published / file).select(names) for file in ("candidates.parquet", "explained.parquet")
    )
    whose = made.records.select(
        pl.concat_str("source", "source_record_id", separator=":").alias("record_id"), "source", truth="child_id"
    )
    reached = said.with_columns(record_id=pl.col("records").str.split(";")).explode("record_id", empty_as_null=False)
    by_child = (
        whose.join(reached, on="record_id", how="left")
        .group_by("truth")
        .agg(pl.col("likelihood").max().fill_null(0.0), gp_only=(pl.col("source") == "health").all())
    )
    children = made.children.join(by_child, left_on="child_id", right_on="truth")
    targets = children.filter(pl.col("target") == 1)["likelihood"]
    gone = children.filter((pl.col("state") == "gone") & (pl.col("of_age") == 1) & pl.col("gp_only"))["likelihood"]
    assert len(targets) >= 25
    assert len(gone) >= 5
    assert all((targets > likelihood).mean() >= 0.8 for likelihood in gone)
