"""Charts of estimates with their intervals, as inline SVG in the style of :mod:`pipelines.publish.charts`."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.publish.charts import WIDTH, drawing, text_at

MARKS = ("part0", "part3")
"""Classes of the marks, dark and pale: no more than two can be told apart in one row."""
LINE = 17
LEFT_MOST = 330
LETTER = 7.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, 0 <= low <= value <= high. If both ends equal the value, it has none."""

    value: float
    low: float
    high: float


def estimates(name: str, title: str, parts: Sequence[str], rows: Sequence[tuple[str, Sequence[Estimate]]]) -> Markup:
    """Marks on horizontal intervals: one row for each label, in it one line for each estimate, in the order of ``parts``.

    ``parts`` (at most two) name the estimates of a row. ``name`` must be unique on the page. Empty markup if nothing is
    above 0.
    """
    most = max((estimate.high for _, row in rows for estimate in row), default=0.0)
    if most <= 0:
        return Markup("")
    left = min(LEFT_MOST, 20 + LETTER * max(len(label) for label, _ in rows))
    scale = (WIDTH - left - 150) / most
    drawn, top = [_legend(parts)], 30.0
    for label, row in rows:
        drawn.append(text_at(left - 10, top + LINE * len(row) / 2 + 4, label, "end"))
        for mark, estimate in zip(MARKS, row, strict=False):
            drawn.append(_mark(estimate, left, top + LINE / 2, scale, mark))
            top += LINE
        top += 5
    in_words = "; ".join(
        f"{label}: {', '.join(_worded(p, e) for p, e in zip(parts, row, strict=False))}" for label, row in rows
    )
    return drawing(name, title, in_words, top + 4, drawn)


def _mark(estimate: Estimate, left: float, middle: float, scale: float, mark: str) -> Markup:
    low, value, high = (left + scale * end for end in (estimate.low, estimate.value, estimate.high))
    line = Markup('<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" class="axis"/>').format(
        low, high, middle, middle
    )
    dot = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4.5" class="{}"/>').format(value, middle, mark)
    return line + dot + text_at(high + 10, middle + 4, _figures(estimate), "start")


def _legend(parts: Sequence[str]) -> Markup:
    drawn, start = [], 9.0
    for mark, part in zip(MARKS, parts, strict=False):
        drawn.append(Markup('<circle cx="{:.0f}" cy="11" r="4.5" class="{}"/>').format(start, mark))
        drawn.append(text_at(start + 12, 15, part, "start"))
        start += 40 + LETTER * len(part)
    return Markup("").join(drawn)


def _worded(part: str, estimate: Estimate) -> str:
    return f"{part} {_figures(estimate)}"


def _figures(estimate: Estimate) -> str:
    if estimate.low == estimate.high:
        return _number(estimate.value)
    return f"{_number(estimate.value)} ({_number(estimate.low)} to {_number(estimate.high)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.1f}"
