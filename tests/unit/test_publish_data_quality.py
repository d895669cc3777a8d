"""The data quality page: every rule and file, the nights before, what is absent; one file, and no child's value."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from data_contracts.breach import Breach
from data_contracts.check import COULD_NOT_RUN
from data_contracts.contract import read_contracts
from pipelines.intake.at_the_gate.standing_in import STANDS_IN
from pipelines.intake.receipt.rule_history import NIGHTS_KEPT, JudgedFile, contract_rules, history_with, rules_tonight
from pipelines.publish import charts
from pipelines.publish.data_quality import data_quality_html
from pipelines.publish.publication import Publication
from pipelines.publish.quality_tables import source_sections, worse_rules
from pipelines.tables import BREACH, RULE_HISTORY
from tests.made.publication import made_publication, nothing_published
from tests.unit.test_publish_report import Page

CONTRACTS = read_contracts()
HEALTH = CONTRACTS["health"]
HEADERS = {column.name: column.header for column in HEALTH.columns}
POSTCODE = ("form", "Postcode")


def breaches(count: int, rule: str = "form", column: str = "Postcode", why: str = "Why.") -> list[Breach]:
    return [Breach("health", "health.csv", line, column, rule, "nothing", why, "Fix.") for line in range(2, 2 + count)]


def night(as_at: date, broken: int = 0, rows: int = 1000, **headers: str) -> pl.DataFrame:
    file = JudgedFile("health", rows, HEADERS | headers, breaches(broken, column=headers.get("postcode", "Postcode")))
    return rules_tonight([file], CONTRACTS, as_at)


def count_of(counts: pl.DataFrame, rule: str, column: str | None) -> int | None:
    found = counts.filter(pl.col("rule") == rule, pl.col("column").eq_missing(pl.lit(column)))
    return found["broken"].item() if found.height else None


def with_nights(publication: Publication, *broken: int) -> Publication:
    """The same publication with a history: how often the health postcode broke, tonight last."""
    first = publication.as_at - timedelta(days=len(broken) - 1)
    history = RULE_HISTORY.to_frame()
    for number, count in enumerate(broken):
        history = history_with(history, night(first + timedelta(days=number), count))
    told = [(b.source, "f", b.file, b.line, b.column, b.rule, b.stops, b.why, b.fix) for b in breaches(broken[-1])]
    table = pl.concat([publication.breaches, pl.DataFrame(told, schema=BREACH, orient="row")])
    return replace(publication, contracts=CONTRACTS, rule_history=history, breaches=table)


@pytest.fixture(scope="module")
def publication() -> Publication:
    return with_nights(made_publication(), 1, 2, 1, 60)


@pytest.fixture(scope="module")
def html(publication: Publication) -> str:
    return data_quality_html(publication).decode()


def test_every_rule_that_was_asked_is_counted_also_those_that_are_kept() -> None:
    counts = night(date(2026, 11, 20), 3)
    assert counts.schema == RULE_HISTORY
    asked = {(check.rule, HEADERS[check.column] if check.column else None) for check in contract_rules(HEALTH)}
    assert set(counts.select("rule", "column").iter_rows()) == asked
    assert counts.filter(pl.col("broken") > 0).select("rule", "column", "broken", "rows").rows() == [
        ("form", "Postcode", 3, 1000)
    ]


def test_a_column_is_counted_by_its_own_name_whatever_the_file_calls_it() -> None:
    assert count_of(night(date(2026, 11, 20), 4, postcode="Post Code"), *POSTCODE) == 4


def test_a_column_that_the_file_lacks_is_not_counted_as_kept() -> None:
    fewer = {name: header for name, header in HEADERS.items() if name != "nhs_number"}
    counts = rules_tonight([JudgedFile("health", 5, fewer, [])], CONTRACTS, date(2026, 11, 20))
    assert count_of(counts, "NHS number check digit", "NHSNumber") is None
    assert count_of(counts, *POSTCODE) == 0


def test_a_check_that_failed_is_not_counted_as_kept() -> None:
    failed = breaches(1, COULD_NOT_RUN, why="The check 'form' failed in itself (ValueError).")
    counts = rules_tonight([JudgedFile("health", 5, HEADERS, failed)], CONTRACTS, date(2026, 11, 20))
    assert count_of(counts, *POSTCODE) is None
    assert count_of(counts, COULD_NOT_RUN, "Postcode") == 1


def test_files_of_one_source_are_counted_together_and_files_of_none_are_not() -> None:
    files = [JudgedFile("health", 10, HEADERS, breaches(2)), JudgedFile("health", 5, HEADERS, breaches(1))]
    unknown = JudgedFile("unknown", 0, {}, breaches(1))
    counts = rules_tonight([*files, unknown], CONTRACTS, date(2026, 11, 20))
    assert count_of(counts, *POSTCODE) == 3
    assert set(counts["rows"]) == {15}
    assert set(counts["source"]) == {"health"}


def test_a_night_run_again_counts_once_and_only_the_last_nights_are_kept() -> None:
    history = RULE_HISTORY.to_frame()
    for number in range(NIGHTS_KEPT + 5):
        history = history_with(history, night(date(2026, 1, 1) + timedelta(days=number), number))
    last = history["as_at"].max()
    history = history_with(history, night(date(2026, 1, 1) + timedelta(days=NIGHTS_KEPT + 4), 7))
    assert history["as_at"].n_unique() == NIGHTS_KEPT
    assert history["as_at"].max() == last
    assert count_of(history.filter(as_at=last), *POSTCODE) == 7


def test_the_page_is_one_file_that_takes_nothing_from_outside(html: str) -> None:
    page = Page(html)
    assert not page.open
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", html)
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "img", "iframe", "form", "object")]
    assert not [name for _, given in page.tags for name in given if name == "style" or name.startswith("on")]
    style = html.partition("<style>")[2].partition("</style>")[0]
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(given["content"] for tag, given in page.tags if tag == "meta" and "http-equiv" in given)
    assert policy == f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"


def test_every_rule_of_every_source_that_came_stands_on_the_page(publication: Publication, html: str) -> None:
    text = Page(html).text
    for source in ("health", "school_census"):
        for check in contract_rules(CONTRACTS[source]):
            for sentence in (check.rule, check.why, check.fix):
                assert re.sub(r"\s+", " ", sentence.strip()) in text
    for file in publication.deliveries["file"]:
        assert file in text


def test_files_refused_sources_absent_and_failed_checks_are_said_first(publication: Publication) -> None:
    failed = Breach("health", "health.csv", None, "UPRN", COULD_NOT_RUN, "file", "The check failed in itself.", "Tell.")
    row = (failed.source, "f", failed.file, None, failed.column, failed.rule, failed.stops, failed.why, failed.fix)
    told = pl.concat([publication.breaches, pl.DataFrame([row], schema=BREACH, orient="row")])
    html = data_quality_html(replace(publication, breaches=told)).decode()
    first = Page(html.partition('id="first"')[2].partition("</section>")[0].join(["<div ", "</div>"])).text
    assert "Refused housing.csv" in first
    assert "No verdict health.csv, column UPRN: The check failed in itself. Tell." in first
    assert "Absent" not in first
    assert "Alternative provision" in first.partition("Never sent")[2]


def test_a_source_that_came_before_and_not_tonight_stands_by_itself(publication: Publication) -> None:
    gone = publication.deliveries.filter(pl.col("source") != "health")
    html = data_quality_html(replace(publication, deliveries=gone)).decode()
    first = Page(html.partition('id="first"')[2].partition("</section>")[0].join(["<div ", "</div>"])).text
    (absent,) = re.findall(
        r"Absent Health registrations: no file was received\. .*? Tonight's list has nothing from it\.", first
    )
    assert "stand in" not in absent
    assert "Health registrations" not in first.partition("Never sent")[2]


@pytest.mark.parametrize(
    ("source", "said"), [("health", "Absent Health registrations: "), ("housing", "Refused housing")]
)
def test_rows_that_stand_in_are_said_where_the_source_is(publication: Publication, source: str, said: str) -> None:
    gone = publication.deliveries.filter(pl.col("source") != "health")
    stand = pl.DataFrame([(source, date(2026, 11, 19), date(2026, 12, 24), 1_200)], schema=STANDS_IN, orient="row")
    html = data_quality_html(replace(publication, deliveries=gone, stands_in=stand)).decode()
    shown = Page(html.partition('id="first"')[2].partition("</section>")[0].join(["<div ", "</div>"])).text
    assert "Its 1,200 rows from 19 November 2026 stand in until 24 December 2026." in shown.partition(said)[2][:400]
    assert shown.count("stand in until") == 1


def test_a_rule_that_breaks_more_than_on_the_nights_before_is_said(publication: Publication) -> None:
    (found,) = worse_rules(source_sections(publication))
    assert (found[0].source, found[1].rule, found[1].column) == ("health", *POSTCODE)
    assert (found[1].before, found[1].share) == (0.001, 0.06)


@pytest.mark.parametrize("broken", [(60,), (50, 55, 60), (0, 0, 0, 1)])
def test_a_rule_that_breaks_as_ever_or_hardly_at_all_is_not_said(broken: tuple[int, ...]) -> None:
    assert worse_rules(source_sections(with_nights(made_publication(), *broken))) == []


def test_the_page_stands_with_nothing_to_say() -> None:
    html = data_quality_html(replace(nothing_published(), contracts=CONTRACTS)).decode()
    page = Page(html)
    assert not page.open
    assert "No file was received." in page.text


def test_a_sparkline_has_a_bar_a_night_and_a_gap_where_nothing_is_known() -> None:
    drawn = charts.sparkline([0.0, None, 0.5, 1.0], "four nights")
    assert drawn.count("<rect") == 3
    assert drawn.count('class="tonight"') == 1
    heights = [float(height) for height in re.findall(r'rect [^>]*height="([0-9.]+)"', drawn)]
    assert heights == [1.0, 10.0, 20.0]
    assert not charts.sparkline([], "no night")
    assert charts.sparkline([0.1] * 100, "many").count("<rect") == charts.NIGHTS_DRAWN
