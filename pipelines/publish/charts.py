"""Charts as inline SVG: no script, no outside font, readable in grey and by a screen reader.

Colours and patterns come from the page's style sheet by class (``part0`` to ``part4``); text is always beside its bar.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH = 760
ROW = 24
NIGHTS_DRAWN = 30
PARTS = 5
"""How many parts of a bar can be told apart in grey; further parts are drawn like the last."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of the histogram: pairs whose match weight is in ``[low, high)`` bits, and how many of them are expected to
    match."""

    low: float
    high: float
    pairs: float
    expected_matches: float


def stacked_bars(
    name: str, title: str, parts: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]], unit: str
) -> Markup:
    """Horizontal bars, one for each row (a label, a number for each part), with a legend and the row's total at its end.

    ``name`` must be unique on the page. Empty markup if no row has anything in it.
    """
    most = max((sum(values) for _, values in rows), default=0)
    if most <= 0:
        return Markup("")
    left = min(280, 20 + 7 * max(len(label) for label, _ in rows))
    scale = (WIDTH - left - 90) / most
    top = 30 if len(parts) > 1 else 6
    drawn = [_legend(parts)] if len(parts) > 1 else []
    for number, (label, values) in enumerate(rows):
        drawn.append(_bar(label, values, (left, top + ROW * number), scale))
    longest = max(rows, key=lambda row: sum(row[1]))
    in_words = f"{len(rows)} bars in {unit}; the longest is {longest[0]} with {_whole(most)}. " + "; ".join(
        f"{label}: {_whole(sum(values))}" for label, values in rows
    )
    return drawing(name, title, in_words, top + ROW * len(rows) + 6, drawn)


def weight_histogram(name: str, bins: Sequence[Bin], threshold: float | None) -> Markup:
    """Columns of match weights of all scored pairs, on a logarithmic scale, with the matches expected among them.

    ``threshold``, in bits, is drawn as a line if it is known. Empty markup if there is no pair.
    """
    most = max((column.pairs for column in bins), default=0)
    if most <= 0:
        return Markup("")
    height, left, bottom = 280, 60, 238
    low, high = min(column.low for column in bins), max(column.high for column in bins)
    across = (WIDTH - left - 16) / (high - low)
    decades = math.ceil(math.log10(1 + most))
    up = (bottom - 34) / decades
    drawn = [_legend(("pairs", "matches expected among them"), first=3, second=0)]
    drawn += [_count_line(power, left, bottom - up * power) for power in range(decades + 1)]
    for column in bins:
        place = (left + across * (column.low - low), across * (column.high - column.low))
        drawn.append(_column(place, bottom, up * math.log10(1 + column.pairs), "part3"))
        drawn.append(_column(place, bottom, up * math.log10(1 + column.expected_matches), "part0"))
    drawn += [_weight_tick(weight, left + across * (weight - low), bottom) for weight in _round_steps(low, high)]
    drawn.append(text_at(left + (WIDTH - left) / 2, height - 6, "match weight in bits", "middle"))
    if threshold is not None and low <= threshold <= high:
        drawn.append(_threshold(left + across * (threshold - low), bottom, threshold))
    pairs = sum(column.pairs for column in bins)
    matches = sum(column.expected_matches for column in bins)
    in_words = (
        f"{_whole(pairs)} pairs between {low:g} and {high:g} bits, of which {_whole(matches)} are expected to match. "
        "The height grows by one step for each tenfold number of pairs."
    )
    return drawing(name, "Distribution of match weights", in_words, height, drawn)


def weight_bar(weight: float, most: float) -> Markup:
    """A small bar for one level of the model: to the right if it speaks for a match, to the left if against."""
    half = 70.0
    length = 0.0 if most <= 0 else min(1.0, abs(weight) / most) * half
    start = half if weight >= 0 else half - length
    kind = "for" if weight >= 0 else "against"
    return Markup(
        '<svg class="small" viewBox="0 0 140 12" aria-hidden="true" focusable="false">'
        '<line x1="{half}" x2="{half}" y1="0" y2="12" class="axis"/>'
        '<rect x="{start:.1f}" y="2" width="{length:.1f}" height="8" class="{kind}"/></svg>'
    ).format(half=half, start=start, length=length, kind=kind)


def sparkline(shares: Sequence[float | None], in_words: str) -> Markup:
    """A small chart of nights, oldest first: one bar for each night, tonight's dark; the highest fills the height.

    ``shares``: null if nothing is known of a night, which leaves a gap. ``in_words`` says the same. Only the last
    ``NIGHTS_DRAWN`` are drawn. Empty markup if there is no night.
    """
    drawn = list(shares)[-NIGHTS_DRAWN:]
    if not drawn:
        return Markup("")
    most = max((share for share in drawn if share is not None), default=0.0)
    bars = [
        _night(NIGHTS_DRAWN - len(drawn) + place, share / most if most > 0 else 0.0, place == len(drawn) - 1)
        for place, share in enumerate(drawn)
        if share is not None
    ]
    return Markup(
        '<svg class="spark" viewBox="0 0 {width} 24" role="img" aria-label="{in_words}"><title>{in_words}</title>'
        '<line x1="0" x2="{width}" y1="22.5" y2="22.5" class="grid"/>{bars}</svg>'
    ).format(width=5 * NIGHTS_DRAWN, in_words=in_words, bars=Markup("").join(bars))


def _night(place: int, share: float, is_tonight: bool) -> Markup:
    """One night of a sparkline; a share of 0 is a line at the bottom."""
    height = max(1.0, 20.0 * share)
    return Markup('<rect x="{}" y="{:.1f}" width="4" height="{:.1f}" class="{}"/>').format(
        5 * place, 22 - height, height, "tonight" if is_tonight else "night"
    )


def drawing(name: str, title: str, in_words: str, height: float, drawn: Sequence[Markup]) -> Markup:
    """A chart put together. ``in_words``: what it shows, in words, for those who cannot see it."""
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height:.0f}" role="img" aria-labelledby="{name}-title {name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{in_words}</desc>{drawn}</svg>'
    ).format(width=WIDTH, height=height, name=name, title=title, in_words=in_words, drawn=Markup("").join(drawn))


def _bar(label: str, values: Sequence[float], place: tuple[float, float], scale: float) -> Markup:
    left, top = place
    drawn = [text_at(left - 8, top + 15, label, "end")]
    start = left
    for part, value in enumerate(values):
        if value > 0:
            drawn.append(
                Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="16" class="part{}"/>').format(
                    start, top + 3, max(value * scale, 0.8), min(part, PARTS - 1)
                )
            )
        start += value * scale
    return Markup("").join([*drawn, text_at(start + 7, top + 15, _whole(sum(values)), "start")])


def _legend(parts: Sequence[str], first: int = 0, second: int | None = None) -> Markup:
    """The names of the parts beside their patterns, in one line above the chart."""
    drawn, start = [], 4.0
    for number, part in enumerate(parts):
        shown = first if number == 0 else second if second is not None else number
        drawn.append(
            Markup('<rect x="{:.0f}" y="5" width="16" height="12" class="part{}"/>').format(
                start, min(shown, PARTS - 1)
            )
        )
        drawn.append(text_at(start + 22, 15, part, "start"))
        start += 46 + 7 * len(part)
    return Markup("").join(drawn)


def text_at(x: float, y: float, text: str, anchor: str) -> Markup:
    """A text of a drawing at a place; ``anchor``: which end of it is there (start, middle, end)."""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, escape(text))


def _column(place: tuple[float, float], bottom: float, height: float, kind: str) -> Markup:
    start, width = place
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
        start + 0.5, bottom - height, max(width - 1, 0.6), height, kind
    )


def _count_line(power: int, left: float, y: float) -> Markup:
    """A gridline of the logarithmic scale. A bar's height is log10(1 + pairs), so the first line is 0."""
    line = Markup('<line x1="{:.0f}" x2="{}" y1="{:.1f}" y2="{:.1f}" class="grid"/>').format(left, WIDTH - 16, y, y)
    return line + text_at(left - 6, y + 4, f"{10**power:,}" if power else "0", "end")


def _weight_tick(weight: float, x: float, bottom: float) -> Markup:
    line = Markup('<line x1="{0:.1f}" x2="{0:.1f}" y1="{1:.0f}" y2="{2:.0f}" class="axis"/>').format(
        x, bottom, bottom + 4
    )
    return line + text_at(x, bottom + 18, f"{weight:+g}".replace("-", "−") if weight else "0", "middle")


def _threshold(x: float, bottom: float, threshold: float) -> Markup:
    line = Markup('<line x1="{0:.1f}" x2="{0:.1f}" y1="26" y2="{1:.0f}" class="threshold"/>').format(x, bottom)
    at_the_edge = x > WIDTH - 170
    return line + text_at(
        x + (-6 if at_the_edge else 6),
        36,
        f"joined from {threshold:+.1f} bits".replace("-", "−"),
        "end" if at_the_edge else "start",
    )


def _round_steps(low: float, high: float) -> list[float]:
    """Round numbers between two weights, about six to twelve."""
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 1000) if (high - low) / size <= 12 or size == 1000)
    first = math.ceil(low / step) * step
    return [first + step * number for number in range(int((high - first) / step) + 1)]


def _whole(value: float) -> str:
    return f"{round(value):,}"
