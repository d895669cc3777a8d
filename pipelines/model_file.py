"""The weights of the last night, as a text file beside the store: to read, to review, and to explain a pair with."""

from pathlib import Path

from matching.comparisons import CHILD_COMPARISONS
from matching.model import Model, ModelError, read_model, write_model
from pipelines.store import StoreError

MODEL_FILE = "model.toml"


def keep_model(model: Model, workspace: Path) -> None:
    """Write ``workspace/model.toml``, whole or not at all. Raises OSError where the workspace cannot be written."""
    new = workspace / f"{MODEL_FILE}.new"
    write_model(model, new)
    new.replace(workspace / MODEL_FILE)


def kept_model(workspace: Path) -> Model:
    """The weights of the last night. Raises :class:`~pipelines.store.StoreError` where there are none to be read."""
    path = workspace / MODEL_FILE
    if not path.exists():
        raise StoreError(f"There is no {MODEL_FILE} in {workspace}. Run a night first: rollcall night --help.")
    try:
        return read_model(path, CHILD_COMPARISONS)
    except ModelError as error:
        raise StoreError(f"{error} Or run the night again: it writes {path} anew.") from None
