"""Who saw a child when, as a small inline SVG: a line for each source, a dot for a day, a bar for a period. No script, no
font.

Text is beside every line and in the drawing's description, so that nothing is shown by the drawing alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from pipelines.written_dates import day_written

WIDTH = 720
LEFT = 200
ROW = 20
YEARS_DRAWN = 6
"""Anything further back than this many years is drawn at the left edge."""


@dataclass(frozen=True, slots=True)
class Line:
    """One source of the timeline."""

    label: str
    days: Sequence[date] = ()
    """Days on which the source saw the child or closed an entry."""
    spans: Sequence[tuple[date | None, date | None, str]] = ()
    """(first day, last day, kind) of education ("provision") or an entry at an address ("lives_here"); null: not known, or
    open."""


def timeline(lines: Sequence[Line], as_at: date) -> Markup:
    """The drawing; empty markup if no source has a date. Days to come are drawn at the right edge."""
    dated = [line for line in lines if line.days or line.spans]
    known = [day for line in dated for day in (*line.days, *(day for span in line.spans for day in span[:2] if day))]
    if not known:
        return Markup("")
    first = max(min(*known, as_at - timedelta(days=365)), as_at - timedelta(days=round(365.25 * YEARS_DRAWN)))
    scale = (WIDTH - LEFT - 14) / (as_at - first).days
    bottom = 6 + ROW * len(dated)

    def across(day: date) -> float:
        return LEFT + scale * (min(max(day, first), as_at) - first).days

    drawn = [_year(across(date(year, 1, 1)), bottom, year) for year in range(first.year + 1, as_at.year + 1)]
    for number, line in enumerate(dated):
        top = 6 + ROW * number
        drawn.append(_label(line.label, top + 14))
        drawn += [_span(across(since or first), across(until or as_at), top, kind) for since, until, kind in line.spans]
        drawn += [_dot(across(day), top + 10) for day in sorted(set(line.days))]
    in_words = "; ".join(f"{line.label}: {_in_words(line)}" for line in dated)
    return Markup(
        '<svg class="timeline" viewBox="0 0 {width} {height}" role="img" aria-label="{in_words}"><title>{in_words}</title>'
        "{drawn}</svg>"
    ).format(width=WIDTH, height=bottom + 22, in_words=in_words, drawn=Markup("").join(drawn))


def _in_words(line: Line) -> str:
    """A line in words, for people who cannot see the drawing."""
    seen = [f"last date {day_written(max(line.days))}"] if line.days else []
    spans = [
        f"{'education' if kind == 'provision' else 'entry'} from {_day(since, 'an unknown day')} to {_day(until, 'now')}"
        for since, until, kind in line.spans
    ]
    return ", ".join([*seen, *spans])


def _day(day: date | None, unknown: str) -> str:
    return unknown if day is None else day_written(day)


def _year(place: float, bottom: float, year: int) -> Markup:
    return Markup(
        '<line x1="%.1f" x2="%.1f" y1="2" y2="%s" class="grid"/>'
        '<text x="%.1f" y="%s" text-anchor="middle" class="year">%s</text>'
    ) % (place, place, bottom, place, bottom + 14, year)


def _label(label: str, baseline: float) -> Markup:
    shown = label if len(label) <= 27 else f"{label[:26]}…"
    return Markup('<text x="0" y="{y}">{label}</text>').format(y=baseline, label=shown)


def _span(start: float, end: float, top: float, kind: str) -> Markup:
    width = max(end - start, 1.5)
    return Markup('<rect x="%.1f" y="%s" width="%.1f" height="8" class="%s"/>') % (start, top + 6, width, kind)


def _dot(place: float, middle: float) -> Markup:
    return Markup('<circle cx="%.1f" cy="%s" r="4" class="seen"/>') % (place, middle)
