"""The linkage report of a made-up night."""

import math
from typing import Any

import polars as pl

from matching.quality.fairness import BY_GROUP
from matching.quality.thresholds import expected_by_threshold
from matching.quality.ties import by_size, ties
from pipelines.linking.link_report import LinkReport


def made_groups() -> pl.DataFrame:
    """Expected errors for girls, boys, and two sources, one of them with too few children."""
    measured = [
        ("sex", "boys", 110, 240, 150, 0.7, -0.16, 170, 0.4, 0.0, 1.6, 1.2, 0.0, 3.1),
        ("sex", "girls", 114, 250, 152, 0.78, 0.16, 181, 0.2, 0.0, 1.1, 0.3, 0.0, 1.2),
        ("source", "health", 190, 190, 190, 0.75, 0.02, 250, 0.5, 0.0, 1.9, 1.4, 0.0, 3.5),
        ("source", "social_care", *[None] * 12),
    ]
    return pl.DataFrame(measured, schema=BY_GROUP, orient="row")


def _weights() -> pl.DataFrame:
    """Candidate pairs by match weight: unlike ones around -18, pairs of one child around 24."""
    steps = [
        (low, 4000 * math.exp(-(((low + 18) / 7) ** 2)) + 90 * math.exp(-(((low - 24) / 5) ** 2)))
        for low in range(-30, 40, 2)
    ]
    return pl.DataFrame(
        [
            {
                "weight_from": float(low),
                "weight_to": float(low + 2),
                "pairs": round(pairs),
                "expected_matches": pairs * (1 / (1 + 2.0 ** (8 - low))),
            }
            for low, pairs in steps
        ]
    )


def _model() -> pl.DataFrame:
    """Levels of three comparisons with their weights."""
    levels = [
        ("forename", "exact", 0.86, 0.006),
        ("forename", "similar", 0.1, 0.004),
        ("forename", "different", 0.04, 0.99),
        ("date of birth", "exact", 0.955, 0.0002),
        ("date of birth", "day and month swapped", 0.012, 0.00003),
        ("date of birth", "different", 0.033, 0.9997),
        ("postcode", "exact", 0.78, 0.001),
        ("postcode", "different", 0.22, 0.999),
    ]
    return pl.DataFrame(
        [
            {"comparison": name, "level": level, "m": m, "u": u, "h": min(1, 4 * u), "weight": math.log2(m / u)}
            for name, level, m, u in levels
        ]
    )


def made_link_report(people: list[dict[str, Any]]) -> LinkReport:
    """The linkage report."""
    return LinkReport(
        blocking=pl.DataFrame(
            {
                "rule": ["same UPN", "same birth date and surname", "same postcode and year of birth"],
                "pairs": [310, 1250, 9120],
                "new_pairs": [310, 1100, 7900],
                "largest_block": [2, 6, 31],
                "left_out": [0, 0, 0],
            }
        ),
        weights=_weights(),
        model=_model(),
        source_pairs=pl.DataFrame(
            {
                "left_source": ["health", "admissions", "health"],
                "right_source": ["school_census", "health", "social_care"],
                "links": [188, 77, 64],
                "expected_false_links": [0.42, 1.9, 0.1],
                "expected_missed_links": [1.3, 0.4, 0.2],
            }
        ),
        groups=made_groups(),
        ties=by_size(
            ties(
                pl.Series([0, 0, 1, 1, 1]),
                pl.DataFrame({"left": [0, 2, 3], "right": [1, 3, 4], "probability": [0.99, 0.999, 0.7]}),
            )
        ),
        thresholds=expected_by_threshold(pl.Series([0.999] * 320 + [0.93] * 9 + [0.41, 0.22])),
        figures={
            "children": len(people),
            "links": 329,
            "candidate pairs": 9310,
            "estimated blocking recall": 0.993,
            "link threshold (probability)": 0.5,
            "iterations": 14,
        },
    )
