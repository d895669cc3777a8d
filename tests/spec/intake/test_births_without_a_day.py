"""Birth dates of which a list gives the month or the year alone: they say how old a child is, and are never taken for a day."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.births import born_in
from data_contracts.contract import read_contracts
from matching.person import PERSON_RECORD
from pipelines.children.exchanged_births import records_by_age, records_linked_and_by_age
from pipelines.children.facts import child_ages
from pipelines.intake.across_sources.at_odds import at_odds_in_words
from pipelines.intake.across_sources.stand_in_days import stand_in_days, without_days_that_stand_in
from pipelines.intake.in_one_form.restandardise import rows_changed_by_date
from pipelines.intake.in_one_form.standardise import persons_of, statements_of
from pipelines.intake.receipt.receive import receive
from pipelines.tables import STATEMENT
from pipelines.written_dates import birth_written
from tests.made.children import AS_AT, ELEVEN, Drawn, known_to_gp, listed
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
REFERRALS = CONTRACTS["referrals"]

MONTHS = [
    "03/2014",
    "3/2014",
    "3 / 2014",
    "Mar 2014",
    "March 2014",
    "Mar-14",
    "Maw 2014",
    "2014-03",
    "2014/03",
    "201403",
]
MONTHS += [
    "??/03/2014",
    "00/03/2014",
    "xx/03/2014",
    "--/03/2014",
    "__/03/2014",
    "?? Mar 2014",
    "2014-03-00",
    "20140300",
]
YEARS = ["2014", "00/00/2014", "??/??/2014", "00/2014", "2014-00-00", "20140000"]
NEITHER = [
    "14/03/2014",
    "13/2014",
    "2013/14",
    "31/02/2014",
    "Mar 14",
    "14",
    "aged 9",
    "Year 5",
    "??/??/????",
    "03/1900",
    "",
]
CELLS = [
    *((cell, "2014-03") for cell in MONTHS),
    *((cell, "2014") for cell in YEARS),
    *((cell, None) for cell in NEITHER),
]


@pytest.mark.parametrize(("cell", "said"), CELLS)
def test_a_cell_without_a_day_says_the_month_or_the_year(cell: str, said: str | None) -> None:
    column = REFERRALS.column_named["date_of_birth"]
    assert pl.DataFrame({column.name: [cell]}).select(born_in(column)).item() == said


def sent(folder: Path, cells: list[str]) -> tuple[pl.DataFrame, pl.DataFrame, str]:
    """The person records of a list of referrals with these birth dates, what broke a rule, and the verdict on the file."""
    rows = [GOOD["referrals"] | {"RecordId": f"RF{n:06}", "DateOfBirth": cell} for n, cell in enumerate(cells)]
    pl.DataFrame(rows).write_csv(folder / "referrals.csv")
    known = {"referrals": REFERRALS.model_copy(update={"is_roll": True})}
    received = receive(folder, known, received_at=datetime(2026, 11, 20, 2, 30), as_at=AS_AT)
    (verdict,) = received.deliveries["verdict"]
    person = persons_of(received.raw, known, as_at=AS_AT) if received.raw else pl.DataFrame()
    return person, received.breaches, verdict


def test_what_is_known_is_kept_apart_from_the_date(tmp_path: Path) -> None:
    person, breaches, verdict = sent(tmp_path, ["14/05/2015", "05/2015", "2015", "12/2026", "31/02/2015"])
    assert verdict == "loaded"
    assert person.select("date_of_birth", "born_in").rows() == [
        (date(2015, 5, 14), None),
        (None, "2015-05"),
        (None, "2015"),
        (None, None),  # nobody is born in a month still to come
        (None, None),
    ]
    of_day = breaches.filter(rule="birth date without a day")
    assert of_day.select("line", "stops").rows() == [(3, "nothing"), (4, "nothing"), (5, "nothing")]


def test_a_list_that_gives_months_alone_is_used(tmp_path: Path) -> None:
    person, _, verdict = sent(tmp_path, [f"{1 + n % 12:02}/2014" for n in range(60)])
    assert verdict == "loaded"
    assert person["born_in"].n_unique() == 12


@pytest.mark.parametrize(
    ("said", "place", "age", "written"),
    [
        pytest.param("2015-05", "follow up", 11, "May 2015 (day not known)", id="of age whatever the day"),
        pytest.param("2015-11", "follow up", None, "November 2015 (day not known)", id="this month: ten, or eleven"),
        pytest.param("2021-08", "follow up", 5, "August 2021 (day not known)", id="the youngest of age"),
        pytest.param("2021-09", None, None, None, id="not of age before January"),
        pytest.param("2010-09", "follow up", 16, "September 2010 (day not known)", id="the oldest of age"),
        pytest.param("2010-08", None, None, None, id="of age until June"),
        pytest.param("2015", "follow up", None, "2015 (day and month not known)", id="of age whenever in the year"),
        pytest.param(
            "2021", "data problem", None, "2021 (day and month not known)", id="two in three born then are of age"
        ),
        pytest.param("2024", None, None, None, id="too young whenever in the year"),
    ],
)
def test_a_child_known_by_month_or_year_is_as_old_as_that_says(
    said: str, place: str | None, age: int | None, written: str | None
) -> None:
    ranked = Drawn().record("health:1", "CH1", None, born_in=said).ranked()
    rows = ranked.candidates.select("lane", "age", "date_of_birth", "born_in").rows()
    assert rows == ([] if place is None else [(place, age, None, said)])
    assert written is None or birth_written(None, said) == written


def test_of_a_year_across_the_edge_it_is_said_how_likely_the_child_is_of_age() -> None:
    row = listed(Drawn().record("health:1", "CH1", None, born_in="2021"))
    assert row["likelihood"] == pytest.approx(243 / 365)  # born by August
    assert "Of the birth date only the year is known (2021): there is a 67 in 100 chance" in str(row["because"])


@pytest.mark.parametrize(
    ("given", "best"),
    [
        pytest.param(
            [("health", ELEVEN, None), ("housing", None, "2012-01")], (ELEVEN, None), id="a day goes before any month"
        ),
        pytest.param(
            [("health", None, "2015"), ("housing", None, "2015-05")], (None, "2015-05"), id="a month before a year"
        ),
        pytest.param(
            [("health", None, "2014-01"), ("housing", None, "2014-01"), ("benefits", None, "2014-02")],
            (None, "2014-01"),
            id="January is no stand-in for an unknown month",
        ),
        pytest.param(
            [("health", None, "2015"), ("housing", None, "2014"), ("benefits", None, "2014")],
            (None, "2014"),
            id="the year that most lists give",
        ),
    ],
)
def test_what_says_most_of_a_birth_is_taken(
    given: list[tuple[str, date | None, str | None]], best: tuple[date | None, str | None]
) -> None:
    drawn = Drawn()
    for source, born, said in given:
        drawn.record(f"{source}:1", "CH1", born, born_in=said)
    assert drawn.ranked().candidates.select("date_of_birth", "born_in").rows() == [best]


def test_months_and_years_change_nothing_of_a_child_whose_birth_date_another_list_has() -> None:
    whole = known_to_gp(born=ELEVEN)
    both = known_to_gp(born=ELEVEN).record("housing:1", "CH1", None)
    said = known_to_gp(born=ELEVEN).record("housing:1", "CH1", None, born_in="2023")
    ages = [
        child_ages(t["person"], t["statements"], t["child_records"], AS_AT).rows()
        for t in (drawn.tables() for drawn in (whole, both, said))
    ]
    assert ages[0] == ages[1] == ages[2]


@pytest.mark.parametrize(("cell", "turns"), [("12/2026", True), ("11/2026", False), ("2027", False), ("2026", False)])
def test_a_row_is_read_again_when_its_month_of_birth_begins(cell: str, turns: bool) -> None:
    columns = dict.fromkeys((name for name in REFERRALS.column_named if name != "record_id"), "")
    row = pl.DataFrame([{"record_id": "referrals:1", "file_id": "f", "line": 2} | columns | {"date_of_birth": cell}])
    before, after = date(2026, 11, 30), date(2026, 12, 1)
    assert rows_changed_by_date(row, REFERRALS, before, after).len() == turns
    read = [persons_of({"referrals": row}, CONTRACTS, as_at=day)["born_in"].item() for day in (before, after)]
    assert (read[0] != read[1]) is turns, "as the reading of the whole row has it"


def on_days(source: str, *days: date) -> pl.DataFrame:
    """A source's person records with these birth dates."""
    rows = [{"record_id": f"{source}:{n}", "dataset": source, "date_of_birth": day} for n, day in enumerate(days)]
    return pl.concat([PERSON_RECORD.to_frame(), pl.DataFrame(rows)], how="diagonal")


MONTHS_OF_2014 = [date(2014, 1 + n % 12, 15) for n in range(36)]
OTHER_DAYS = [date(2014, 1 + n % 12, 1 + n % 14) for n in range(36)]


NEW_YEARS_DAYS = [date(2010 + n % 9, 1, 1) for n in range(36)]
SAME_DAY = "have the same day of the month"


@pytest.mark.parametrize(
    ("days", "first", "left_out", "warned"),
    [
        pytest.param(OTHER_DAYS, (date(2014, 1, 1), None), 0, None, id="many days"),
        pytest.param(MONTHS_OF_2014, (None, "2014-01"), 36, f"36 of its 36 birth dates {SAME_DAY}", id="the 15th"),
        pytest.param(NEW_YEARS_DAYS, (None, "2010"), 36, "have the same day and month", id="1 January"),
        pytest.param([date(2014, 5, 14)] * 36, (date(2014, 5, 14), None), 0, None, id="one date in every row"),
        pytest.param([*MONTHS_OF_2014, *OTHER_DAYS[:6]], (None, "2014-01"), 36, "36 of its 42", id="nearly all: these"),
        pytest.param([*MONTHS_OF_2014, *OTHER_DAYS[:12]], (date(2014, 1, 15), None), 0, None, id="three in four"),
        pytest.param(MONTHS_OF_2014[:29], (date(2014, 1, 15), None), 0, None, id="too few to say"),
    ],
)
def test_a_day_that_stands_for_all_days_of_a_list_is_no_birthday(
    days: list[date], first: tuple[date | None, str | None], left_out: int, warned: str | None
) -> None:
    person = pl.concat([on_days("housing", *days), on_days("school_census", *OTHER_DAYS)])
    read = without_days_that_stand_in(person, stand_in_days(person))
    assert read.select("date_of_birth", "born_in").row(0) == first
    assert read["date_of_birth"].null_count() == read["born_in"].count() == left_out
    assert read.filter(dataset="school_census").equals(person.filter(dataset="school_census"))
    told = at_odds_in_words(person, STATEMENT.to_frame(), CONTRACTS)
    assert len(told) == (warned is not None) and all(str(warned) in words for words in told)


def test_links_and_ages_are_judged_without_a_day_that_stands_in() -> None:
    person = pl.concat([on_days("housing", *MONTHS_OF_2014), on_days("school_census", *OTHER_DAYS)])
    linked, by_age = records_linked_and_by_age(person, person)
    row = ["date_of_birth", "born_in"]
    assert linked.select(row).row(2) == (None, "2014-03")
    assert by_age.select(row).row(2) == (date(2014, 3, 1), "2014-03")
    assert by_age.equals(records_by_age(person))


@pytest.mark.parametrize(
    ("born", "doubt"),
    [
        pytest.param("14/10/2014", True, id="in Year 7 since September"),
        pytest.param("10/2014", True, id="the same, by the month"),
        pytest.param("10/2015", False, id="in Year 6"),
        pytest.param("2014", False, id="in Year 7, or in Year 8: the year does not say"),
    ],
)
def test_a_place_at_a_primary_school_is_doubted_by_the_month_of_birth_too(born: str, doubt: bool) -> None:
    contract = CONTRACTS["other_la"]
    columns = dict.fromkeys((name for name in contract.column_named if name != "record_id"), "")
    cells = {"date_of_birth": born, "confirmed_on": "02/03/2026", "school": "Beck Primary"}
    row = pl.DataFrame([{"record_id": "other_la:1", "file_id": "f", "line": 2} | columns | cells])
    said = statements_of({"other_la": row}, CONTRACTS, as_at=AS_AT).filter(kind="provision")
    assert (said["doubt"].item() is not None) is doubt
