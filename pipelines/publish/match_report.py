"""``match_report.html``: what an analyst needs to trust or doubt tonight, in one file that opens offline."""

import math
from typing import Any

from markupsafe import Markup

from pipelines.listing.masking import Masked
from pipelines.listing.recalibration import answers, reliability_of_leads
from pipelines.publish import charts, error_tables, report_tables
from pipelines.publish.changes_file import masked_changes
from pipelines.publish.outcome_yield import outcome_yield
from pipelines.publish.page import REPORT, page
from pipelines.publish.publication import Publication
from pipelines.publish.report_words import headline, not_known
from pipelines.publish.stands_out import RULES_IN_WORDS, stands_out


def match_report_html(publication: Publication, listed: Masked) -> bytes:
    """The match report: no name, no address, no script, nothing fetched from anywhere. UTF-8."""
    shown = _tables(publication, listed) | _charts(publication, listed)
    return page("match_report.html.j2", styles=REPORT, **shown)


def _tables(publication: Publication, listed: Masked) -> dict[str, Any]:
    files = report_tables.files_in(publication)
    pairs = report_tables.source_pairs(publication)
    lanes = report_tables.by_lane(listed.candidates)
    alike, near, withheld = report_tables.pairs_apart(publication, listed)
    rules = report_tables.broken_rules(publication)
    model = report_tables.model_levels(publication)
    changes = masked_changes(publication.what_changed.changes, listed.protected)
    most = max((abs(row["weight"]) for row in model if math.isfinite(row["weight"] or 0.0)), default=0.0)
    return {
        "as_at": publication.as_at,
        "authority": publication.authority,
        "headline": headline(publication, listed, lanes),
        "changed": publication.what_changed.words,
        "changes": report_tables.changes_by_reason(changes),
        "notices": stands_out(publication, listed, files, pairs),
        "rules_in_words": RULES_IN_WORDS,
        "files": files,
        "broken_rules": [rule for rule in rules if rule["stops"] != "nothing"],
        "counted_rules": [rule for rule in rules if rule["stops"] == "nothing"],
        "reach": report_tables.source_reach(publication),
        "figures": publication.link_report.figures,
        "source_pairs": pairs,
        "model": [row | {"bar": charts.weight_bar(row["weight"] or 0.0, most)} for row in model],
        "groupings": error_tables.groupings(publication),
        "thresholds": error_tables.thresholds(publication),
        "measured": error_tables.measured(publication),
        "reliability": error_tables.reliability(publication),
        "ties": error_tables.ties(publication),
        "calibration_error": error_tables.calibration_error(publication),
        "blocking": report_tables.blocking_cost(publication),
        "alike": alike,
        "near_misses": near,
        "pairs_withheld": withheld,
        "lanes": lanes,
        "factors": report_tables.factors(publication, listed.protected),
        "explained": report_tables.explained_by(listed.explained, publication.source_names),
        "yields": outcome_yield(publication.outcomes, publication.source_names).to_dicts(),
        "said_and_found": reliability_of_leads(answers(publication.outcomes))
        .sort("band_from", descending=True)
        .to_dicts(),
        "settings": publication.settings,
        "settings_approval": publication.settings_approval,
        "not_known": not_known(publication, listed),
    }


def _charts(publication: Publication, listed: Masked) -> dict[str, Markup]:
    """The page's charts; empty markup for a chart with nothing to draw."""
    lanes = [row["lane"] for row in report_tables.by_lane(listed.candidates)]
    blocking = [
        (row["rule"], [row["new_pairs"], max(0, row["pairs"] - row["new_pairs"])])
        for row in report_tables.blocking_cost(publication)
    ]
    bins = [
        charts.Bin(row["weight_from"], row["weight_to"], row["pairs"], row["expected_matches"])
        for row in publication.link_report.weights.to_dicts()
    ]
    by_source = report_tables.lanes_by_source(listed.candidates, publication.source_names, lanes)
    return {
        "weights_chart": charts.weight_histogram("weights", bins, report_tables.weight_at_threshold(publication)),
        "blocking_chart": charts.stacked_bars(
            "blocking", "Pairs by blocking rule", ("new pairs", "found by an earlier rule too"), blocking, "pairs"
        ),
        "band_chart": _list_chart("likelihood", report_tables.lanes_by_band(listed.candidates, lanes), lanes),
        "age_chart": _list_chart("age", report_tables.lanes_by(listed.candidates, "age", lanes), lanes),
        "source_chart": _list_chart("source", by_source, lanes),
        "groups_chart": error_tables.groups_chart(publication),
        "thresholds_chart": error_tables.thresholds_chart(publication),
        "reliability_chart": error_tables.reliability_chart(publication),
    }


def _list_chart(what: str, rows: list[report_tables.Bars], lanes: list[str]) -> Markup:
    return charts.stacked_bars(f"list-{what}", f"The list by {what} and lane", lanes, rows, "children")
