"""The weights that nights use: learnt once and kept; and those of the list in use, as a text file to read and review."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from matching.comparisons import CHILD_COMPARISONS
from matching.weights.model import Model, ModelError, model_of, model_toml, read_model
from pipelines.atomic_folder import replace_private
from pipelines.tables import LINK_MODEL
from pipelines.workspace import StoreError

MODEL_FILE = "model.toml"


@dataclass(frozen=True)
class ModelInUse:
    """The weights that a night uses: approved, learnt, or standing in."""

    model: Model
    origin: str
    """Where they come from, in words for the match report."""
    stands_in: bool = False
    """They are the approved ones, used as records were too few to learn from: tried again when measures are due."""


def model_in_use(kept: pl.DataFrame) -> ModelInUse | None:
    """The weights kept in LINK_MODEL; null: none, or they were learnt for other comparisons."""
    if kept.is_empty():
        return None
    row = kept.row(0, named=True)
    try:
        model = model_of(row["weights"], CHILD_COMPARISONS, "link_model")
    except ModelError:
        return None
    return ModelInUse(model, row["origin"], row["learnt_on"] is None)


def model_row(weights: ModelInUse, on: date) -> pl.DataFrame:
    """Weights as LINK_MODEL, as learnt on a day."""
    learnt_on = None if weights.stands_in else on
    row = {"learnt_on": [learnt_on], "origin": [weights.origin], "weights": [model_toml(weights.model)]}
    return pl.DataFrame(row, schema=LINK_MODEL)


def keep_model(model: Model, workspace: Path) -> None:
    """Write ``workspace/model.toml``, whole or not at all. Raises OSError where the workspace cannot be written."""
    replace_private(workspace / MODEL_FILE, model_toml(model).encode())


def kept_model(workspace: Path) -> Model:
    """The weights of the list in use. Raises :class:`~pipelines.workspace.StoreError` if there are none or they cannot be
    read."""
    path = workspace / MODEL_FILE
    if not path.exists():
        raise StoreError(f"There is no {MODEL_FILE} in {workspace}. Run a night first: rollcall night --help.")
    try:
        return read_model(path, CHILD_COMPARISONS)
    except ModelError as error:
        raise StoreError(f"{error} Or run the night again, which rewrites {path}.") from None
