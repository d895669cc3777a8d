"""What a factor of priority finds for drawn children."""

from collections.abc import Callable

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
