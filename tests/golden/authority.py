"""The authority whose list is golden: small enough to read, large enough to have twins, movers and slips."""

from datetime import date
from pathlib import Path

from apps.made_up.authority import MadeUp, make_authority

AS_AT = date(2026, 11, 20)

GOLDEN_LIST = Path(__file__).parent / "candidates.csv"


def golden_authority(folder: Path) -> MadeUp:
    """500 children, with ten times as many missing education as in life, so that the list has something to show."""
    return make_authority(folder, children=500, seed=7, as_at=AS_AT, cme_rate=0.05)
