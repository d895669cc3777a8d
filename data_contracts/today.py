"""What day it is where the children live: in British Summer Time, from March to October, an hour ahead of UTC."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

HOME = "Europe/London"


def today() -> date:
    """The date in England and Wales."""
    return day_of(datetime.now(UTC))


def day_of(moment: datetime) -> date:
    """The date in England and Wales at a moment. ``moment`` must have a time zone."""
    return moment.astimezone(ZoneInfo(HOME)).date()
