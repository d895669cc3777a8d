"""Numbers, dates and names in code, as the pages write them for people. Each function is a filter of the templates."""

import math
from datetime import date

from pipelines.reasons import percent_written
from pipelines.written_dates import day_written


def count(value: float | None) -> str:
    """A count, such as 1,234; with one decimal if it is not whole, as an expectation may be; a dash for null."""
    if value is None or not math.isfinite(value):
        return "–"
    written = f"{value:,.1f}" if isinstance(value, float) and value != round(value) else f"{value:,.0f}"
    return written.replace("-", "−")


def day(value: date | None) -> str:
    """A date as people write it; "not known" for null."""
    return "not known" if value is None else day_written(value)


def share(value: float | None) -> str:
    """A share between 0 and 1 as a percentage; a dash for null."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.1%}"


def likely(value: float | None) -> str:
    """A likelihood as a percentage, never as certain; a dash for null."""
    return "–" if value is None or not math.isfinite(value) else percent_written(value)


def fine_share(value: float | None) -> str:
    """A share between 0 and 1 as a percentage with two decimals, for shares close to 1; a dash for null."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.2%}"


def difference(value: float | None) -> str:
    """A standardised difference with its sign and two decimals; a dash for null."""
    return "–" if value is None or not math.isfinite(value) else f"{value:+.2f}".replace("-", "−")


def bits(value: float | None) -> str:
    """A match weight with its sign; a dash for null."""
    return "–" if value is None or math.isnan(value) else f"{value:+.1f}".replace("-", "−")


def odds(value: float | None) -> str:
    """A probability of the model: a percentage, or *1 in 5,000* (three digits) below 1%; a dash for null."""
    if value is None or not math.isfinite(value):
        return "–"
    if value >= 0.01 or value <= 0:
        return f"{value:.1%}"
    one_in = 1 / value
    return f"1 in {round(one_in, 2 - math.floor(math.log10(one_in))):,.0f}"


def figure(value: object) -> str:
    """A figure of the linkage or a setting, of any type; one close to 0 as *1 in 15,400*, as nobody reads 6.5e-05."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if 0 < value < 0.01:
            return odds(value)
        return f"{value:,.0f}" if value == round(value) and abs(value) >= 1000 else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def plain(name: object) -> str:
    """A name in code as words: ``ranking.doubtful_link_below`` -> ``ranking: doubtful link below``."""
    return str(name).replace("_", " ").replace(".", ": ")
