"""What a factor of priority finds for drawn children."""

from collections.abc import Callable
from datetime import date

import polars as pl

from pipelines.priority import Circumstances
from pipelines.rank_settings import Points
from pipelines.tables import FINDING
from tests.made.children import Drawn

Finding = Callable[[Circumstances, Points], pl.DataFrame]


def told(finding: Finding, drawn: Drawn) -> list[tuple[int, str]]:
    """Points and words of a factor's findings."""
    found = finding(drawn.circumstances(), Points())
    assert found.schema == FINDING
    return list(found.select("points", "because").iter_rows())


def concern(what: str | None, since: date | None = date(2026, 5, 3), until: date | None = None) -> Drawn:
    """A child of whom an agency has a concern."""
    drawn = Drawn().record("some_agency:1", "CH1")
    return drawn.says("some_agency:1", "concern", what, since, until)
