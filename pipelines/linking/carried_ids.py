"""Ids of children whose last record goes on the very night on which another list first has them.

A child keeps its id through the records that it still has. If none is left, nobody compares the records that went with those
that came: the child would leave the list with "records gone" and come onto it as new, and what an officer has opened would
stay with an id that no record has. So they are compared here, by the weights by which all others are, and only for the id:
what a record that is gone said of places, homes and contacts counts no more.

A wrong id would hide a child behind what an officer found of another, while a missed one is seen: so it must be as sure as
that two names in one list are one child, and nobody else may come near. Within one list only a row that goes on beyond doubt
keeps its id (:mod:`pipelines.intake.since_last_night.renumbered`).
"""

from dataclasses import replace

import numpy as np
import polars as pl

from matching.canonical.keys import with_keys
from matching.clustering.judge import Judge, Settings
from matching.comparisons import CHILD_COMPARISONS
from matching.linkage import prepare
from matching.scoring.score import Scorer
from matching.weights.model import Model
from pipelines.linking.measures_in_force import MeasuresInForce

TO_CARRY = pl.Schema({"record_id": pl.String, "child_id": pl.String, "is_sure": pl.Boolean})
"""One row is one new record that may be of a child whose records are all gone. ``is_sure``: sure enough for its id."""

SHARED = ("date_of_birth", "nhs_number", "upn")
"""Two records that share none of these are not compared: by its name alone no child is known."""


def ids_to_carry(
    gone: pl.DataFrame,
    records: pl.DataFrame,
    before: pl.DataFrame | None,
    *,
    model: Model,
    held: MeasuresInForce,
    settings: Settings,
) -> pl.DataFrame:
    """``TO_CARRY``: every pair that is more likely one child than two.

    ``gone``: GONE_RECORD. ``records``: tonight's, as they are linked. ``before``: CHILD_RECORD of last night under tonight's
    keys; null: none was.
    """
    if before is None or gone.is_empty():
        return TO_CARRY.to_frame()
    here = before["record_id"].is_in(records["record_id"].implode())
    lost = before.filter(~pl.col("child_id").is_in(before.filter(here)["child_id"].implode()))
    weighed = gone.filter(pl.col("dataset").is_in(held.sources))  # of a list that comes no more nothing is measured
    went = weighed.join(lost.select("record_id", "child_id"), on="record_id", how="inner", validate="1:1")
    came = records.filter(~pl.col("record_id").is_in(before["record_id"].implode()))
    pairs = _pairs(went, came)
    if pairs.is_empty():
        return TO_CARRY.to_frame()
    asked = (
        rows.filter(pl.col("record_id").is_in(pairs[side].implode())) for side, rows in (("went", went), ("came", came))
    )
    table = pl.concat(rows.select(gone.columns) for rows in asked)
    judge = _judge(table, model, held, settings)
    rows = dict(table.select("record_id").with_row_index("row").select("record_id", "row").iter_rows())
    left, right = (pairs[side].replace_strict(rows, return_dtype=pl.Int32).to_numpy() for side in ("went", "came"))
    beyond = judge.for_clusters(left, right)
    whose = dict(went.select("record_id", "child_id").iter_rows())
    found = pairs.select(
        record_id="came",
        child_id=pl.col("went").replace_strict(whose, return_dtype=pl.String),
        beyond=pl.Series(beyond),
    ).filter(pl.col("beyond") > -judge.margin)
    sure = found.group_by("record_id", "child_id").agg(is_sure=(pl.col("beyond") >= 0).any())
    return sure.sort("record_id", "child_id").cast(TO_CARRY)


def _pairs(went: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """``went``, ``came``: records of two lists that share something (:data:`SHARED`), each pair once, in order."""
    nothing = pl.DataFrame(schema={"went": pl.String, "came": pl.String})
    found = [nothing]
    for column in SHARED:
        one, other = (rows.select("record_id", "dataset", column).drop_nulls() for rows in (went, came))
        both = one.join(other, on=column, how="inner", suffix="_came")
        found.append(
            both.filter(pl.col("dataset") != pl.col("dataset_came")).select(went="record_id", came="record_id_came")
        )
    return pl.concat(found).unique().sort("went", "came")


def _judge(records: pl.DataFrame, model: Model, held: MeasuresInForce, settings: Settings) -> Judge:
    """What weighs any pair of these records as the night's linkage does, but for who ought to be in which list: that a list
    lacks a child says nothing of one that it has just lost."""
    sure = max(settings.link_probability, settings.twice_probability)
    asked = replace(settings, link_probability=sure, stratum=None)
    table = with_keys(records)
    encoded = prepare(table, CHILD_COMPARISONS, [], *asked.reads)
    numbers = {name: number for number, name in enumerate(held.sources)}
    return Judge(
        scorer=Scorer.of(model.on(held.measures.records), encoded, held.measures.frequencies),
        priors=held.measures.priors,
        dataset=table["dataset"].replace_strict(numbers, return_dtype=pl.Int32).to_numpy(),
        stratum=np.zeros(table.height, dtype=np.int32),
        coverage=None,
        apart=encoded.lists[asked.apart] if asked.apart else None,
        judged={},
        settings=asked,
    )
