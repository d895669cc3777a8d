"""Who will be without education at the next term: a birth date, a day, what is known, and whether it warns."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.children.provision import find_provision
from pipelines.listing.early_warning import COMES_OF_AGE, MOVES_UP, EarlyWarning, early_warning
from pipelines.listing.list_inputs import ListInputs
from pipelines.rank_settings import RankSettings
from pipelines.tables import EARLY_WARNING
from tests.made.children import Drawn
from tests.made.publication import made_publication, protect, publish

AUTUMN, MAY = date(2026, 11, 20), date(2027, 5, 10)
FIVE_IN_OCTOBER = date(2021, 10, 5)
YEAR_6 = date(2016, 2, 3)


def warned(drawn: Drawn, as_at: date) -> EarlyWarning:
    tables = drawn.tables()
    tables["provision"] = find_provision(tables["statements"], tables["child_records"], as_at)
    return early_warning(ListInputs(**tables, as_at=as_at, settings=RankSettings()))


def test_a_child_on_the_very_cut_off_is_warned_of_as_it_would_be_listed() -> None:
    """1 - .9 is a little less than .1 to a computer."""
    drawn = Drawn().record("health:H1", "A", FIVE_IN_OCTOBER).record("school_census:S1", "B", FIVE_IN_OCTOBER)
    drawn.on_roll("school_census:S1").rivalry(("A", "health:H1"), ("B", "school_census:S1"), 0.9)
    settings = RankSettings(wasted_enquiries_per_missed_child=9)
    inputs = ListInputs(**drawn.tables(), as_at=AUTUMN, settings=settings)
    assert early_warning(inputs).children["child_id"].to_list() == ["A"]


def test_a_name_is_that_of_a_roll_whoever_is_on_it() -> None:
    """As on the list: a roll has the name from papers, also where it shows no place of this child."""
    drawn = Drawn().record("health:H1", "A", FIVE_IN_OCTOBER, forename_shown="Bo")
    drawn.record("school_census:S1", "A", FIVE_IN_OCTOBER, forename_shown="Al")
    drawn.record("school_census:S2", "B", YEAR_6).on_roll("school_census:S2")
    assert warned(drawn, AUTUMN).children["forename"].to_list() == ["Al"]


@pytest.mark.parametrize(
    ("born", "as_at", "due_on"),
    [
        pytest.param(FIVE_IN_OCTOBER, AUTUMN, date(2027, 1, 1), id="five in October: from January"),
        pytest.param(date(2021, 12, 31), AUTUMN, date(2027, 1, 1), id="five on 31 December: that day, so January"),
        pytest.param(date(2022, 1, 1), AUTUMN, None, id="five on 1 January: the term after next"),
        pytest.param(date(2021, 8, 31), AUTUMN, None, id="of age already: the list's business"),
        pytest.param(date(2022, 2, 1), date(2027, 2, 15), date(2027, 4, 1), id="five in February: after Easter"),
        pytest.param(date(2022, 6, 1), date(2027, 7, 15), date(2027, 9, 1), id="five in June: from September"),
    ],
)
def test_who_comes_of_age_with_the_next_term(born: date, as_at: date, due_on: date | None) -> None:
    found = warned(Drawn().record("health:H1", "A", born), as_at).children
    assert found["due_on"].to_list() == ([due_on] if due_on else [])
    assert set(found["warning"]) <= {COMES_OF_AGE}


@pytest.mark.parametrize(
    ("said", "is_warned"),
    [
        pytest.param(("provision", "state school", {"since": date(2026, 9, 1)}), False, id="in Reception already"),
        pytest.param(("provision", "state school", {"until": date(2026, 12, 18)}), True, id="a place that ends before"),
        pytest.param(("provision", "state school", {"since": date(2027, 1, 5)}), False, id="a place from January"),
        pytest.param(("provision", "state school", {"since": date(2027, 2, 1)}), False, id="a place within 31 days of it"),
        pytest.param(("provision", "state school", {"since": date(2027, 2, 2)}), True, id="a place from February only"),
        pytest.param(("provision", "state school", {"until": date(2027, 1, 1)}), True, id="ends on the first day of term"),
        pytest.param(("concern", "school place accepted", {"since": date(2027, 1, 5)}), False, id="offer accepted"),
        pytest.param(("concern", "school place accepted", {"since": date(2026, 9, 1)}), True,
                     id="accepted for September, and not taken up"),
        pytest.param(("concern", "school place accepted", {"since": date(2027, 1, 5), "until": AUTUMN}), False,
                     id="accepted, and open until tonight"),
        pytest.param(("concern", "school place accepted", {"since": date(2027, 1, 5), "until": date(2026, 11, 19)}), True,
                     id="accepted, and withdrawn yesterday"),
        pytest.param(("concern", "school place offered", {"since": date(2027, 1, 5)}), True, id="offered, not accepted"),
        pytest.param(("concern", "no offer of a school place", {}), True, id="no offer"),
        pytest.param(("died", None, {}), False, id="has died"),
    ],
)  # fmt: skip
def test_what_counts_as_a_place(said: tuple[str, str | None, dict[str, Any]], is_warned: bool) -> None:
    kind, what, more = said
    drawn = Drawn().record("health:H1", "A", FIVE_IN_OCTOBER).says("health:H1", kind, what, **more)
    assert warned(drawn, AUTUMN).children.height == is_warned


@pytest.mark.parametrize(
    ("sure", "is_warned"), [pytest.param(0.9, False, id="surely its own"), pytest.param(0.89, True, id="perhaps not")]
)
def test_a_death_hides_nobody_whose_record_may_be_anothers(sure: float, is_warned: bool) -> None:
    drawn = Drawn().record("health:H1", "A", FIVE_IN_OCTOBER).record("health:H2", "A", FIVE_IN_OCTOBER, sure=sure)
    assert warned(drawn.says("health:H2", "died"), AUTUMN).children.height == is_warned


def test_the_reason_is_told_in_words() -> None:
    drawn = (
        Drawn()
        .record("health:H1", "A", FIVE_IN_OCTOBER)
        .says("health:H1", "provision", "nursery", until=date(2026, 12, 18), place="Keats Nursery")
        .says("health:H1", "provision", "nursery", until=date(2026, 7, 17), place="Byron Nursery")
    )
    assert warned(drawn, AUTUMN).children["because"].item() == (
        "Of compulsory school age from 31 December 2026; education is due on 1 January 2027, and no place or accepted "
        "offer is known. Now: nursery, Keats Nursery, until 18 December 2026."
    )


def test_who_left_the_last_nursery_is_nowhere_now_and_it_is_said_since_when() -> None:
    drawn = Drawn().record("health:H1", "A", FIVE_IN_OCTOBER)
    drawn.says("health:H1", "provision", "nursery", until=date(2026, 7, 17), place="Byron Nursery")
    assert (
        warned(drawn, AUTUMN)
        .children["because"]
        .item()
        .endswith("no place or accepted offer is known. Until 17 July 2026: nursery, Byron Nursery.")
    )


def test_of_a_child_who_was_never_anywhere_no_place_is_told() -> None:
    because = warned(Drawn().record("health:H1", "A", FIVE_IN_OCTOBER), AUTUMN).children["because"].item()
    assert because.endswith("no place or accepted offer is known.")


def test_those_come_first_who_are_likelier_to_be_without_a_place() -> None:
    drawn = Drawn()
    for child, living_here in (("A", 0.5), ("B", 0.9), ("C", 0.7), ("D", 0.9)):
        drawn.record(f"health:{child}", child, FIVE_IN_OCTOBER).lives(child, living_here)
    assert warned(drawn, AUTUMN).children["child_id"].to_list() == ["B", "D", "C", "A"]


@pytest.mark.parametrize(
    ("living_here", "height"), [pytest.param(0.9, 1, id="lives here"), pytest.param(0.1, 0, id="has moved away")]
)
def test_who_has_moved_away_is_not_warned_of(living_here: float, height: int) -> None:
    drawn = Drawn().record("health:H1", "A", FIVE_IN_OCTOBER).lives("A", living_here)
    assert warned(drawn, AUTUMN).children.height == height


def test_a_child_who_is_most_probably_one_with_a_place_is_not_warned_of() -> None:
    drawn = Drawn().record("health:H1", "A", FIVE_IN_OCTOBER).record("school_census:C1", "B", FIVE_IN_OCTOBER)
    drawn.on_roll("school_census:C1", date(2026, 9, 1)).rivalry(("A", "health:H1"), ("B", "school_census:C1"), 0.95)
    assert warned(drawn, AUTUMN).children.is_empty()


@pytest.mark.parametrize(
    ("drawn", "likelihood"),
    [
        pytest.param(Drawn(), 0.9, id="nothing else is known: as likely as it lives here"),
        pytest.param(Drawn().record("school_census:C1", "A", FIVE_IN_OCTOBER, sure=0.6).on_roll("school_census:C1"), 0.36,
                     id="a roll record that is its own with 60 in 100"),
        pytest.param(Drawn().record("school_census:C1", "B", FIVE_IN_OCTOBER).on_roll("school_census:C1")
                     .rivalry(("A", "health:H1"), ("B", "school_census:C1"), 0.3), 0.63,
                     id="one with a child on a roll with 30 in 100"),
        pytest.param(Drawn().record("school_census:C1", "B", FIVE_IN_OCTOBER, sure=0.5).on_roll("school_census:C1")
                     .rivalry(("A", "health:H1"), ("B", "school_census:C1"), 0.3), 0.765,
                     id="the same, and half sure that the roll record is that child's"),
        pytest.param(Drawn().record("housing:B", "B", FIVE_IN_OCTOBER)
                     .rivalry(("A", "health:H1"), ("B", "housing:B"), 0.3), 0.9, id="one with a child without a place"),
    ],
)  # fmt: skip
def test_how_likely_a_child_will_be_without_a_place(drawn: Drawn, likelihood: float) -> None:
    found = warned(drawn.record("health:H1", "A", FIVE_IN_OCTOBER).lives("A", 0.9), AUTUMN).children
    assert found.filter(child_id="A")["likelihood"].item() == pytest.approx(likelihood)


def year_six(offers: int, others: int) -> Drawn:
    """Children of Year 6 on the roll of a primary school; some have an offer for Year 7."""
    drawn = Drawn()
    for number in range(offers + others):
        drawn.record(f"school_census:C{number}", f"CH{number}", YEAR_6).on_roll(
            f"school_census:C{number}", date(2020, 9, 1), date(2027, 7, 21)
        )
        if number < offers:
            drawn.says(f"school_census:C{number}", "concern", "school place offered", date(2027, 9, 1))
    return drawn


@pytest.mark.parametrize(
    "as_at",
    [
        pytest.param(date(2027, 3, 1), id="on the day when offers are made"),
        pytest.param(MAY, id="in May"),
        pytest.param(date(2027, 8, 31), id="on the last day before Year 7"),
    ],
)
def test_year_six_without_an_offer_is_told_once_offers_are_out(as_at: date) -> None:
    found = warned(year_six(offers=3, others=1), as_at)
    assert found.children.select("child_id", "warning", "due_on", "school_year").rows() == [
        ("CH3", MOVES_UP, date(2027, 9, 1), 6)
    ]
    assert found.notes == ()


@pytest.mark.parametrize(
    "as_at",
    [
        pytest.param(date(2026, 11, 20), id="in autumn"),
        pytest.param(date(2027, 2, 28), id="the day before offers are due"),
    ],
)
def test_year_six_is_not_judged_before_offers_are_out(as_at: date) -> None:
    assert warned(year_six(offers=0, others=2), as_at).children.is_empty()


def test_nor_once_it_has_begun_and_next_years_offers_are_far_off() -> None:
    found = warned(Drawn().record("health:H1", "A", YEAR_6), date(2026, 9, 10))
    assert (found.children.height, found.notes) == (0, ())


@pytest.mark.parametrize(
    ("others", "older", "place", "is_warned"),
    [
        pytest.param(10, 0, "Keats Primary School", True, id="a school that has nobody older: it ends with Year 6"),
        pytest.param(19, 1, "Keats Primary School", False, id="one in twenty is older: it goes on"),
        pytest.param(39, 1, "Keats Primary School", True, id="one in forty by birth date: a slip"),
        pytest.param(5, 0, "Keats Primary School", False, id="too few to tell"),
        pytest.param(20, 0, None, False, id="at a school that nobody names"),
    ],
)
def test_an_open_entry_of_year_six_is_no_place_where_the_school_ends_with_it(
    others: int, older: int, place: str | None, is_warned: bool
) -> None:
    drawn = Drawn().record("school_census:C", "A", YEAR_6).on_roll("school_census:C", date(2020, 9, 1), place=place)
    for n in range(others):
        born = date(2014, 2, 3) if n < older else date(2018, 2, 3)
        drawn.record(f"school_census:C{n}", f"CH{n}", born).on_roll(
            f"school_census:C{n}", date(2023, 9, 1), place=place
        )
    for n in range(2):  # of whom the round of admissions is known
        drawn.record(f"admissions:{n}", f"Y{n}", YEAR_6)
        drawn.says(f"admissions:{n}", "concern", "school place offered", date(2027, 9, 1))
    assert ("A" in warned(drawn, MAY).children["child_id"]) == is_warned


def test_year_six_is_judged_where_half_of_it_has_an_offer() -> None:
    assert warned(year_six(offers=2, others=2), MAY).children.height == 2


def test_year_six_is_not_judged_from_extracts_without_the_round_of_admissions() -> None:
    found = warned(year_six(offers=1, others=5), MAY)
    assert found.children.is_empty()
    assert "Year 6 was not checked" in found.notes[0]


def test_the_file_and_the_sheet_withhold_where_a_protected_child_is(tmp_path: Path) -> None:
    night = made_publication()
    person = night.person.filter(pl.col("record_id").str.starts_with("health")).head(6)
    rows = person.join(night.child_records, on="record_id").select(
        "child_id", warning=pl.lit(COMES_OF_AGE), due_on=pl.lit(date(2027, 1, 1)), likelihood=pl.lit(0.9),
        no_place=pl.lit(1.0), living_here=pl.lit(0.9), because=pl.lit("No place."), forename="forename_shown",
        surname="surname_shown", date_of_birth="date_of_birth", born_in=pl.lit(None, pl.String),
        school_year=pl.lit(-1, pl.Int64), sex="sex",
        address="address_shown", postcode="postcode_shown", records="record_id", restricted=pl.lit(value=False),
    )  # fmt: skip
    warning = EarlyWarning(rows.cast(EARLY_WARNING), ("Year 6 was not checked.",))
    guarded = str(rows["child_id"][2])
    folder = publish(protect(made_publication(early_warning=warning), guarded), tmp_path).path
    shown = pl.read_csv(folder / "early_warning.csv")
    assert shown.filter(child_id=guarded)["address"].item() == "withheld"
    assert shown.filter(pl.col("child_id") != guarded)["address"].to_list() != ["withheld"] * 5
    full = pl.read_csv(folder / "restricted" / "early_warning_restricted.csv")
    assert full.filter(child_id=guarded)["address"].item() == rows["address"][2]
    sheet = pl.read_excel(folder / "candidates.xlsx", sheet_name="Early warning")
    assert sheet["Address"].to_list() == shown["address"].to_list()
    assert sheet["Year by age"].to_list() == [-1] * 6, "a number, so that it sorts"
    with zipfile.ZipFile(folder / "candidates.xlsx") as book:
        assert "&quot;Year &quot;0;&quot;Nursery&quot;;&quot;Reception&quot;" in book.read("xl/styles.xml").decode()
