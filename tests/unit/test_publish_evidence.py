"""A sheet a child: what was searched, who saw the child, why the nearest records are not the child's."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.linking.family_ties import LEVEL
from pipelines.publish.evidence import evidence_sheets
from pipelines.publish.evidence_tables import as_sheets_tell, contradictions, for_and_against, statements_in_words
from pipelines.publish.publication import Publication
from pipelines.publish.timeline import Line, timeline
from pipelines.tables import SCHOOL, STATEMENT
from tests.made.publication import made_publication, mask, protect, publish

AS_AT = date(2026, 11, 20)
PROTECTED = "CH0000000003"


def sheets(night: Publication) -> dict[str, str]:
    listed = mask(night)
    return {path: page.decode() for path, page in evidence_sheets(night, listed).items()}


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return sheets(protect(made_publication(), PROTECTED))


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]))


def test_every_listed_child_has_one_sheet_and_a_protected_child_only_in_the_restricted_folder(
    made: dict[str, str],
) -> None:
    assert len(made) == 30
    guarded = {path for path in made if path.startswith("restricted/")}
    assert f"restricted/evidence/{PROTECTED}.html" in guarded
    assert f"evidence/{PROTECTED}.html" not in made
    assert all("For the named restricted role only" in made[path] for path in guarded)
    assert not any("For the named restricted role only" in made[path] for path in made.keys() - guarded)


def test_only_the_first_by_rank_get_a_sheet_and_the_page_says_so() -> None:
    night = made_publication(evidence_sheets=4)
    found = sheets(night)
    first = night.candidates.sort("rank").head(4)["child_id"]
    assert set(found) == {f"evidence/{child}.html" for child in first}
    assert all("the first 4 children by rank" in text(page) for page in found.values())


def test_every_protected_child_has_a_sheet_whatever_its_rank() -> None:
    night = made_publication(evidence_sheets=4)
    last = night.candidates.sort("rank")["child_id"].to_list()[-1]
    found = sheets(protect(night, last))
    sheet = found[f"restricted/evidence/{last}.html"]
    assert len([path for path in found if path.startswith("evidence/")]) <= 4
    assert "rank 30" in text(sheet).lower()
    assert "for every child in the restricted lane" in text(sheet)


@pytest.mark.parametrize(
    ("of_age", "told"),
    [
        pytest.param(
            0.9, "in no education that a record shows, and still living here: 57 in 100.", id="the likelihood"
        ),
        pytest.param(
            0.9, "That the child is of compulsory school age: 90 in 100.", id="one source alone dates the child"
        ),
        pytest.param(
            1.0, "That the child still lives here: 90 in 100. Why the child", id="surely of age: no word of it"
        ),
    ],
)
def test_every_factor_of_the_likelihood_is_told(of_age: float, told: str) -> None:
    night = made_publication(evidence_sheets=1)
    likelihood = 0.7 * 0.9 * of_age
    made_of = {"on_no_roll": 0.7, "living_here": 0.9, "estimated": likelihood, "likelihood": likelihood}
    listed = night.candidates.with_columns(**{name: pl.lit(value) for name, value in made_of.items()})
    (sheet,) = sheets(replace(night, candidates=listed)).values()
    assert told in text(sheet)


def test_an_offer_is_told_with_the_school_that_its_number_means() -> None:
    """The sheet of a child with an accepted place said "concern since 30 November", and not at which school to ask."""
    night = made_publication(evidence_sheets=1)
    record = night.child_records.join(night.candidates.sort("rank").head(1), on="child_id", how="semi")["record_id"][0]
    offer = {"record_id": record, "source": "admissions", "kind": "concern", "what": "school place accepted",
             "place": "100004", "since_on": date(2026, 11, 30)}  # fmt: skip
    said = pl.concat([night.statements, pl.DataFrame([offer], schema=STATEMENT)])
    named = pl.DataFrame([("100004", "school_census", "Keats Primary School")], schema=SCHOOL, orient="row")
    (sheet,) = sheets(replace(night, statements=said, schools=named)).values()
    assert "school place accepted (Keats Primary School), to start on 30 November 2026" in text(sheet)
    assert "concern since 30 November" not in text(sheet)


def sharing_a_home(night: Publication, *children: str) -> Publication:
    is_one = pl.col("child_id").is_in(children)
    home = pl.when(is_one).then(pl.lit("HH1")).otherwise("household").alias("household")
    return replace(night, candidates=night.candidates.with_columns(home))


def test_others_of_the_household_are_named_and_those_with_a_sheet_are_linked() -> None:
    ranked = made_publication().candidates.sort("rank")
    first, second, last = (ranked.row(n, named=True) for n in (0, 1, ranked.height - 1))
    found = sheets(sharing_a_home(made_publication(evidence_sheets=4), *(c["child_id"] for c in (first, second, last))))
    page = found[f"evidence/{first['child_id']}.html"]
    assert second["surname"] in text(page).partition("Also on the list at this address:")[2].partition("(rank 2)")[0]
    assert f"(rank {ranked.height})." in text(page)
    assert re.findall(r'href="([^"]*)"', page) == [f"{second['child_id']}.html"]
    alone = found[f"evidence/{ranked['child_id'][2]}.html"]
    assert "Also on the list" not in alone


def test_no_sheet_names_a_protected_child_of_the_household() -> None:
    ranked = made_publication().candidates.sort("rank")["child_id"].to_list()
    neighbours = [child for child in ranked if child != PROTECTED][:2]
    found = sheets(sharing_a_home(protect(made_publication(), PROTECTED), PROTECTED, *neighbours))
    for child in neighbours:
        page = found.get(f"evidence/{child}.html", "")
        assert "Also on the list" not in page


def test_a_sheet_opens_offline_under_a_strict_policy(made: dict[str, str]) -> None:
    for page in made.values():
        style = page.partition("<style>")[2].partition("</style>")[0]
        hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"default-src 'none'; style-src 'sha256-{hashed}'" in page
        assert not re.search(r"<script|\sstyle=|https?://|src=|href=", page)


def test_a_sheet_says_what_was_searched_and_that_a_source_was_refused(made: dict[str, str]) -> None:
    page = text(made["evidence/CH0000000005.html"])
    assert "GP registrations (240 rows): 1 record" in page
    assert "Not searched, as no file was received: Independent schools." in page
    assert "Not searched, as its file was refused: Housing." in page
    assert "GP registrations on 1 March 2026" in page


def test_a_file_that_no_contract_names_is_no_source_that_was_not_searched() -> None:
    night = made_publication()
    stray = night.deliveries.filter(source="housing").with_columns(source=pl.lit("unknown"))
    found = sheets(replace(night, deliveries=pl.concat([night.deliveries, stray])))
    assert "Not searched, as its file was refused: Housing." in text(found["evidence/CH0000000005.html"])


def test_a_sheet_escapes_what_a_source_wrote(made: dict[str, str]) -> None:
    assert not any("<b>Bold</b>" in page for page in made.values())
    assert any("&lt;b&gt;Bold&lt;/b&gt;" in page for page in made.values())


def test_the_nearest_roll_record_is_told_by_its_id_and_what_speaks_against_it() -> None:
    page = text(sheets(made_publication())["evidence/CH0000000003.html"])
    assert "school_census:SC000040" in page
    against = page.partition("school_census:SC000040")[2].partition("What was searched")[0]
    assert "postcode: different" in against
    assert "sex:" not in page


def test_a_protected_child_near_another_is_not_named_on_its_sheet() -> None:
    """That a record came near would tell where its child is."""
    open_to_all = made_publication()
    child = open_to_all.child_records.filter(pl.col("record_id") == "school_census:SC000040")["child_id"].item()
    page = sheets(protect(open_to_all, child))["evidence/CH0000000003.html"]
    assert "school_census:SC000040" not in page


def test_a_difference_in_sex_is_told_in_the_restricted_folder_only() -> None:
    night = made_publication()
    records = night.child_records.filter(pl.col("child_id").is_in(["CH0000000002", PROTECTED]))["record_id"]
    sexes = pl.Series(["F", "M"] * records.len()).head(records.len())
    differing = pl.DataFrame({"record_id": records, "said": sexes})
    person = night.person.join(differing, on="record_id", how="left").with_columns(sex=pl.coalesce("said", "sex"))
    night = protect(replace(night, person=person.drop("said")), PROTECTED)
    listed = night.child_records.join(differing, on="record_id").group_by("child_id").agg(pl.col("said").n_unique())
    assert listed.filter(pl.col("said") > 1).height > 0
    found = sheets(night)
    assert not any("Sex differs" in page for path, page in found.items() if path.startswith("evidence/"))


MEMBERS = [
    {
        "dataset": "health",
        "date_of_birth": date(2015, 5, 14),
        "surname_shown": "Al-Hassan",
        "sex": "F",
        "postcode_shown": "ZA1 1AA",
    },
    {
        "dataset": "housing",
        "date_of_birth": date(2015, 5, 4),
        "surname_shown": "Alhassan",
        "sex": "M",
        "postcode_shown": "ZA1 1AB",
    },
    {"dataset": "referrals", "date_of_birth": None, "surname_shown": None, "sex": None, "postcode_shown": "za11ab"},
]


@pytest.mark.parametrize(
    ("is_protected", "told"),
    [
        pytest.param(False, [], id="outside: nothing of sex"),
        pytest.param(True, ["Sex differs: F (health); M (housing)."], id="restricted: sex too"),
    ],
)
def test_what_the_records_contradict(is_protected: bool, told: list[str]) -> None:
    lines = contradictions(MEMBERS, {}, is_protected=is_protected)
    assert lines == [
        "Birth dates differ: 14 May 2015 (health); 4 May 2015 (housing).",
        "Postcodes differ: ZA1 1AA (health); ZA1 1AB (housing, referrals).",
        *told,
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param(
            {"kind": "provision", "what": "state school", "place": "Keats Primary", "since_on": date(2023, 9, 1),
             "until_on": date(2025, 7, 1), "doubt": "a guest"},
            "state school, Keats Primary from 1 September 2023 to 1 July 2025 (doubt: a guest)", id="a roll",
        ),
        pytest.param(
            {"kind": "provision", "what": "school in another authority", "since_on": date(2026, 3, 2),
             "until_on": date(2038, 3, 2)},
            "school in another authority from 2 March 2026", id="a word that is taken for years, and no end of a place",
        ),
        pytest.param({"kind": "lives_here", "since_on": date(2023, 9, 1)}, "entry open since 1 September 2023",
                     id="registered then, wherever it lived: the address is tonight's"),
        pytest.param({"kind": "lives_here", "since_on": date(2010, 9, 1), "until_on": date(2026, 3, 2)},
                     "entry from 1 September 2010 to 2 March 2026", id="an entry of many years"),
        pytest.param({"kind": "left", "since_on": date(2023, 9, 1)}, "entry closed on 1 September 2023", id="closed"),
        pytest.param({"kind": "concern", "what": "child in need"}, "concern: child in need", id="a concern, undated"),
        pytest.param({"kind": "concern", "what": "child in need", "since_on": date(2026, 3, 5)},
                     "concern since 5 March 2026: child in need", id="a concern that is open"),
        pytest.param({"kind": "concern", "what": "child in need", "since_on": date(2026, 3, 5), "until_on": date(2026, 5, 1)},
                     "concern from 5 March 2026 to 1 May 2026: child in need", id="a concern that has ended"),
        pytest.param({"kind": "concern", "what": "school place accepted", "place": "Keats Primary",
                      "since_on": date(2026, 11, 30)},
                     "school place accepted (Keats Primary), to start on 30 November 2026", id="a place to come: no concern"),
        pytest.param({"kind": "concern", "what": "school place offered"}, "school place offered", id="an offer of none"),
        pytest.param({"kind": "concern", "what": "no offer of a school place", "since_on": date(2026, 3, 5)},
                     "concern since 5 March 2026: no offer of a school place", id="no offer"),
        pytest.param({"kind": "seen", "since_on": date(2026, 3, 2)},
                     "in contact with the child or family on 2 March 2026", id="seen"),
        pytest.param({"kind": "seen"}, "dealt with the child or family on a day that cannot be read", id="seen, no day read"),
        pytest.param({"kind": "vanished", "since_on": date(2026, 3, 2)},
                     "vanished from the roll with no readable leaving date, last there on 2 March 2026", id="vanished"),
    ],
)  # fmt: skip
def test_a_statement_in_words(said: dict[str, object], words: str) -> None:
    assert statements_in_words(as_sheets_tell(pl.DataFrame([said], schema=STATEMENT)).to_dicts()) == [words]


def test_levels_are_told_apart_by_the_weights_of_tonight() -> None:
    weights = {"forename: exact": 7.0, "postcode: different": -4.0}
    levels = "forename: exact; postcode: different; phone: missing"
    assert for_and_against(levels, weights) == ("forename: the same", "postcode: different")
    assert for_and_against("", weights) == ("nothing", "too little in common")
    assert for_and_against(f"postcode: different; {LEVEL}", weights) == (LEVEL, "postcode: different")


def test_a_timeline_draws_a_line_a_source_and_says_it_in_words() -> None:
    lines = [
        Line("Health", days=[date(2026, 3, 1), date(2025, 3, 1)]),
        Line("School census", spans=[(date(2022, 9, 1), date(2025, 7, 1), "provision")]),
        Line("Nobody"),
    ]
    drawn = timeline(lines, AS_AT)
    assert drawn.count("<circle") == 2
    assert drawn.count('class="provision"') == 1
    assert "Health: last date 1 March 2026; School census: education from 1 September 2022 to 1 July 2025" in drawn
    assert "Nobody" not in drawn


@pytest.mark.parametrize("lines", [pytest.param([], id="no source"), pytest.param([Line("Health")], id="no date")])
def test_no_date_gives_no_timeline(lines: list[Line]) -> None:
    assert timeline(lines, AS_AT) == ""


def test_dates_long_past_or_to_come_stay_within_the_drawing() -> None:
    drawn = timeline([Line("Health", days=[date(1990, 1, 1), date(2030, 1, 1)])], AS_AT)
    places = [float(place) for place in re.findall(r'cx="([\d.]+)"', drawn)]
    assert places == sorted(places)
    assert all(200 <= place <= 720 for place in places)


def test_the_sheets_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    folder = publish(protect(made_publication(), PROTECTED), tmp_path).path
    pages = [*(folder / "evidence").iterdir(), *(folder / "restricted" / "evidence").iterdir()]
    assert len(pages) == 30
    assert {page.stat().st_mode & 0o777 for page in pages} == {0o600}
