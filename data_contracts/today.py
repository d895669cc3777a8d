"""What day it is where the children live: an hour ahead of UTC from March to October."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

HOME = "Europe/London"


def today() -> date:
    """The date in England and Wales."""
    return day_of(datetime.now(UTC))


def day_of(moment: datetime) -> date:
    """The date in England and Wales at a moment, which knows its time zone."""
    return moment.astimezone(ZoneInfo(HOME)).date()
