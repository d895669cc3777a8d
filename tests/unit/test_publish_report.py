"""The match report: one file, nothing from outside, no name or address, and right with empty tables too."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from matching.quality.thresholds import measured_by_threshold, reliability, sample_of_known_pairs
from pipelines.linking.link_report import NOT_LEARNT
from pipelines.publish import charts, match_report
from pipelines.publish.publication import Publication
from pipelines.publish.report_tables import weight_at_threshold
from tests.made.publication import made_publication, mask, nothing_published, protect

VOID = {"meta", "br", "rect", "line", "path", "circle"}


class Page(HTMLParser):
    """The page as a browser would take it apart; notes tags left open."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def html_of(night: Publication) -> str:
    listed = mask(night)
    return match_report.match_report_html(night, listed).decode()


NIGHTS = [
    pytest.param(made_publication(), id="an ordinary night"),
    pytest.param(nothing_published(), id="a night of empty tables"),
    pytest.param(made_publication(authority=None, settings={}, source_names={}), id="nothing said about the authority"),
]


@pytest.mark.parametrize("night", NIGHTS)
def test_nothing_is_fetched_and_nothing_runs(night: Publication) -> None:
    html = html_of(night)
    page = Page(html)
    assert page.open == []
    assert not {"script", "link", "iframe", "img", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}
    attributes = [(name, value or "") for _, found in page.tags for name, value in found.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    assert all(value.startswith("#") for name, value in attributes if name.endswith("href"))
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", html)


def test_the_policy_allows_this_style_sheet_and_nothing_else() -> None:
    html = html_of(made_publication())
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    policy = next(tag["content"] for tag in Page(html).named("meta") if tag.get("http-equiv"))
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize("night", NIGHTS)
def test_ids_are_unique_and_every_link_and_label_leads_somewhere(night: Publication) -> None:
    page = Page(html_of(night))
    ids = [found["id"] for _, found in page.tags if "id" in found]
    assert len(ids) == len(set(ids))
    targets = [str(found["href"])[1:] for found in page.named("a")]
    labels = [name for found in page.named("svg") for name in str(found.get("aria-labelledby") or "").split()]
    assert {*targets, *labels} <= set(ids)


def test_every_chart_says_in_words_what_it_shows() -> None:
    page = Page(html_of(made_publication()))
    drawn = [found for found in page.named("svg") if found.get("role") == "img"]
    assert len(drawn) == 7
    assert all(len(str(found["aria-labelledby"]).split()) == 2 for found in drawn)
    assert "329" in page.text
    assert "the longest is" in page.text


def test_no_name_no_address_no_school_and_no_birth_date_is_on_the_page() -> None:
    night = made_publication()
    text = Page(html_of(night)).text
    for column in ("forename_shown", "surname_shown", "address_shown", "postcode_shown", "postcode"):
        assert not [value for value in night.person[column].unique() if value in text], column
    assert not [place for place in night.statements["place"].drop_nulls() if place in text]
    assert not [born for born in night.person["date_of_birth"].unique() if str(born) in text]


def test_text_from_files_and_settings_cannot_become_markup() -> None:
    evil = "<b onclick=alert(1)>evil</b>"
    night = made_publication(authority=evil, settings={evil: evil}, source_names={"health": evil})
    night = replace(night, deliveries=night.deliveries.with_columns(file=pl.lit(evil)))
    html = html_of(night)
    assert evil not in html
    assert "&lt;b onclick" in html


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("6 files with 616 rows received: 611 loaded, 5 set aside, and 1 file refused.", id="files"),
        pytest.param("210 explained, 30 on the list", id="the list"),
        pytest.param("housing.csv was refused", id="a refused file stands out"),
        pytest.param("health.csv: 4 rows set aside, 1.6% of the file", id="too many rows set aside stand out"),
        pytest.param("No file tonight from: Independent schools", id="a missing source stands out"),
        pytest.param("2.5% of the links are expected to be false", id="doubtful links between two sources stand out"),
        pytest.param(
            "12.5% of the children of compulsory school age known to an agency are on the list",
            id="a long list stands out",
        ),
        pytest.param("Nothing was read tonight from: Housing, Independent schools.", id="what is not known"),
        pytest.param("same postcode and year of birth", id="blocking rules"),
        pytest.param("1 in 5,000", id="the model, readable"),
        pytest.param("Write the date as YYYYMMDD.", id="the remedy of a broken rule"),
        pytest.param("Enquiries one missed child is worth", id="settings in force"),
    ],
)
def test_the_page_says(said: str) -> None:
    assert said in Page(html_of(made_publication())).text


@pytest.mark.parametrize(("aside", "stands_out"), [(2, False), (3, True)])
def test_a_slip_or_two_in_a_short_list_do_not_stand_out(aside: int, stands_out: bool) -> None:
    night = made_publication()
    counts = {"rows_read": 50, "rows_loaded": 50 - aside, "rows_set_aside": aside}
    of_health = pl.col("source") == "health"
    few = night.deliveries.with_columns(
        pl.when(of_health).then(count).otherwise(name).alias(name) for name, count in counts.items()
    )
    words = f"health.csv: {aside} rows set aside"
    assert (words in Page(html_of(replace(night, deliveries=few))).text) is stands_out


def test_a_near_miss_shows_initials_ids_and_bits() -> None:
    text = Page(html_of(made_publication())).text
    assert "health:HE000003 J. S." in text
    assert "school_census:SC000040" in text
    assert "forename: similar +4.6" in text


def test_groups_of_fewer_than_ten_children_are_not_shown_and_the_others_are_with_their_intervals() -> None:
    text = Page(html_of(made_publication())).text
    assert "social_care under 10 not shown" in text or "Social care under 10 not shown" in text
    assert re.search(r"boys 110 240 70\.0% −0\.16 170 0\.4 0 to 1\.6 1\.2 0 to 3\.1", text)


def test_every_threshold_has_its_expected_errors() -> None:
    text = Page(html_of(made_publication())).text
    assert re.search(r"95\.0% 320 0\.3 0 to 1\.4 9(\.0)? ", text)


def test_a_difference_in_sex_is_never_printed() -> None:
    night = made_publication()
    assert night.links["levels"].str.contains("sex: different").any()
    assert "sex:" not in Page(html_of(night)).text


def test_a_pair_that_looks_alike_and_is_kept_apart_stands_by_itself() -> None:
    text = Page(html_of(made_publication())).text
    near, alike = text.index("health:HE000003"), text.index("health:HE000060")
    assert near < text.index("Alike, but kept apart") < alike


def test_a_near_miss_that_touches_a_protected_child_is_left_out_and_counted() -> None:
    text = Page(html_of(protect(made_publication(), "CH0000000003"))).text
    assert "health:HE000003" not in text
    assert "Left out because they involve a protected child: 1." in text


def test_a_night_of_empty_tables_says_so() -> None:
    text = Page(html_of(nothing_published())).text
    for said in ("The list is empty.", "No file was received.", "No pair was scored.", "No child was explained."):
        assert said in text


def test_a_file_whose_rows_do_not_add_up_comes_first() -> None:
    night = made_publication()
    short = night.deliveries.with_columns(rows_loaded=pl.col("rows_loaded") - (pl.col("source") == "health"))
    page = html_of(replace(night, deliveries=short))
    assert "health.csv: the rows loaded and set aside do not add up to the rows read." in page
    assert "does not add up" in page


def test_a_file_that_no_contract_names_is_told_as_such() -> None:
    night = made_publication()
    stray = night.deliveries.with_columns(source=pl.when(source="housing").then(pl.lit("unknown")).otherwise("source"))
    assert "no contract housing.csv" in Page(html_of(replace(night, deliveries=stray))).text


def test_weights_that_did_not_settle_stand_out() -> None:
    night = made_publication()
    report = replace(night.link_report, figures={"model": f"{NOT_LEARNT}: too few", "estimated blocking recall": 0.9})
    text = Page(html_of(replace(night, link_report=report))).text
    assert "No weights could be learnt from the records. The model is the approved one: too few." in text
    assert "Blocking is estimated to reach 90.0% of the true pairs" in text


def test_pairs_left_out_of_a_block_stand_out() -> None:
    night = made_publication()
    blocking = night.link_report.blocking.with_columns(left_out=pl.Series([0, 0, 1200]))
    page = html_of(replace(night, link_report=replace(night.link_report, blocking=blocking)))
    assert "1,200 pairs never compared" in page


def test_the_line_of_joining_is_found_from_the_pairs_themselves() -> None:
    night = made_publication()
    assert weight_at_threshold(night) == pytest.approx(12)
    surer = replace(night.link_report, figures={"link threshold (probability)": 0.8})
    assert weight_at_threshold(replace(night, link_report=surer)) == pytest.approx(14)
    assert weight_at_threshold(replace(night, links=night.links.clear())) is None


def test_a_quiet_night_is_not_made_to_look_alarming() -> None:
    night = made_publication(children=600, listed=20, source_names={})
    quiet = night.deliveries.filter(pl.col("verdict") == "loaded").with_columns(
        rows_read=pl.col("rows_loaded"), rows_set_aside=pl.lit(0, pl.Int64)
    )
    pairs = night.link_report.source_pairs.with_columns(expected_false_links=pl.lit(0.1))
    report = replace(night.link_report, source_pairs=pairs)
    page = html_of(replace(night, deliveries=quiet, link_report=report))
    assert "Look first" not in page


def test_a_bar_is_as_long_as_its_number() -> None:
    drawn = charts.stacked_bars("x", "X", ("a", "b"), [("one", (10, 30)), ("two", (20, 0))], "children")
    widths = [float(width) for width in re.findall(r'y="\d+\.\d" width="([\d.]+)" height="16"', drawn)]
    assert widths == pytest.approx([widths[2] / 2, widths[2] * 1.5, widths[2]], abs=0.2)
    assert "two: 20" in drawn


def test_a_chart_of_nothing_is_no_chart() -> None:
    assert charts.stacked_bars("x", "X", ("a",), [], "children") == ""
    assert charts.stacked_bars("x", "X", ("a",), [("one", (0,))], "children") == ""
    assert charts.weight_histogram("x", [], None) == ""


@pytest.mark.parametrize(
    ("threshold", "is_drawn"),
    [(8.0, True), (-20.0, True), (None, False), (99.0, False)],
    ids=["within", "at the left edge", "not known", "outside the weights"],
)
def test_the_threshold_is_a_line_where_it_is_known(threshold: float | None, is_drawn: bool) -> None:
    bins = [charts.Bin(-20, 0, 5000, 0.4), charts.Bin(0, 20, 90, 88.0)]
    assert ("joined from" in charts.weight_histogram("x", bins, threshold)) == is_drawn


def test_no_number_in_a_chart_is_left_undefined() -> None:
    bins = [charts.Bin(-1e-9, 1e-9, 1, 0.0)]
    drawn = (
        charts.weight_histogram("x", bins, 0.0) + charts.weight_bar(float("-inf"), 12.0) + charts.weight_bar(0.0, 0.0)
    )
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_what_holds_children_together_is_told_by_their_size() -> None:
    row = '<tr><th scope="row">3</th><td class="n">1</td><td class="n">66.7%</td>' + '<td class="n">1</td>' * 2
    html = html_of(made_publication())
    assert row + '<td class="n">0</td></tr>' in html
    assert (
        '<th scope="row">2</th><td class="n">1</td><td class="n">100.0%</td><td class="n">0</td><td class="n">–</td>'
        in html
    )


def test_a_band_in_which_the_probabilities_do_not_hold_is_marked() -> None:
    said = pl.Series([0.97] * 40 + [0.6] * 10)
    judged = sample_of_known_pairs(said, pl.Series([n % 4 > 0 for n in range(40)] + [n < 6 for n in range(10)]))
    told = replace(made_publication(), measured=measured_by_threshold(judged), reliability=reliability(judged))
    html = html_of(told)
    assert '<tr class="look"><th scope="row">95.0% to 99.0%</th><td class="n">40</td>' in html
    assert '<tr><th scope="row">50.0% to 80.0%</th><td class="n">10</td>' in html
    assert "Mean gap between said and found: 17.60%" in html
    assert "95.0% to 99.0%: said 97, found 75 (" in html
    assert "Do the probabilities hold?" not in html_of(made_publication())
