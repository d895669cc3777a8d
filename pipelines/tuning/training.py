"""Weights learnt from the last night. Training proposes them, a named person approves them, and the night only reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from matching.weights.model import Model
from pipelines.decisions.in_force import threshold_of
from pipelines.decisions.judgements import judgements_for_linkage, read_judgements
from pipelines.decisions.keys_tonight import judgements_now
from pipelines.for_readers import store_for_readers
from pipelines.linking.link import CHILD_SETTINGS, link, records_to_link
from pipelines.settings import SettingsError

TRAINING_READS = ("night", "person_record", "link", "child_record")
"""Tables of the store that :func:`learn_weights` reads."""


@dataclass(frozen=True)
class LearntWeights:
    """Weights, and what they would have done on the last night."""

    model: Model
    figures: dict[str, float | int | str | None]


def learn_from_workspace(workspace: Path) -> LearntWeights:
    """What a workspace's last night and all judgements teach. Raises as :func:`learn_weights`, and StoreError."""
    with store_for_readers(workspace) as store:
        tables = {table: store.read(table) for table in TRAINING_READS}
        judgements = judgements_now(read_judgements(workspace), store.read_or_empty("renumbered"))
    return learn_weights(tables, judgements, threshold_of(workspace))


def learn_weights(tables: Mapping[str, pl.DataFrame], judgements: pl.DataFrame, link_threshold: float) -> LearntWeights:
    """Learn from the last night's records and all judgements, then link the records with the result to say what it does.

    Raises :class:`~pipelines.settings.SettingsError` if there is too little to learn from.
    """
    linked = link(
        records_to_link(tables["person_record"]),
        before=tables["child_record"],
        judgements=judgements_for_linkage(judgements),
        settings=replace(CHILD_SETTINGS, link_probability=link_threshold),
    )
    if linked.weights.stands_in:
        raise SettingsError(f"Nothing was learnt. The night would use {linked.weights.origin}.")
    expected = linked.report.thresholds.filter(threshold=0.5).row(0, named=True)
    before, after = (_links(frame) for frame in (tables["link"], linked.links))
    figures: dict[str, float | int | str | None] = {
        **linked.weights.model.figures,
        "judgements": judgements_for_linkage(judgements).height,
        "expected precision from 0.5": _rounded(expected["precision"]),
        "expected recall from 0.5": _rounded(expected["recall"]),
        "links of the night": before.height,
        "links with these weights": after.height,
        "of these, not links of the night": after.join(before, on=["left_id", "right_id"], how="anti").height,
    }
    return LearntWeights(linked.weights.model, figures)


def _links(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter("is_same_child").select("left_id", "right_id")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
