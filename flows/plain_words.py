"""What a flow says when it fails: Prefect writes the words of exceptions into its database, its events and its logs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.failure import UNFORESEEN, NightFailed, as_night_failed


@contextmanager
def in_plain_words(step: str, workspace: Path) -> Iterator[None]:
    """Turn any error into :class:`~pipelines.failure.NightFailed`, which holds no child's value."""
    failed: NightFailed | None = None
    try:
        yield
    except UNFORESEEN as error:
        failed = as_night_failed(step, error, workspace)
    if failed is not None:
        raise failed
