"""On the first night: a column that slipped, was sorted by itself, or stands under another's header."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from apps.made_up.authority import make_authority
from data_contracts.contract import read_contracts
from matching.person import PERSON_RECORD
from pipelines.intake.across_sources.at_odds import (
    ENOUGH_CHILDREN,
    ENOUGH_ENDED,
    SWAPPED,
    at_odds_in_words,
    columns_at_odds,
    ends_before_begin,
)
from pipelines.night import run_night
from pipelines.settings import Settings
from pipelines.tables import STATEMENT

CONTRACTS = read_contracts()
CHILDREN = 90
FORENAMES = (
    "AMY",
    "BEN",
    "CARA",
    "DAN",
    "EVE",
    "FINN",
    "GWEN",
    "HAL",
    "IDA",
    "JOE",
    "KIT",
    "LIV",
    "MAX",
    "NIA",
    "OLLIE",
)
SURNAMES = (
    "SHAW",
    "TODD",
    "UNWIN",
    "VALE",
    "WEST",
    "YATES",
    "ABBOT",
    "BOND",
    "CLEGG",
    "DREW",
    "ELLIS",
    "FROST",
    "GRAY",
)


def _rows(source: str, count: int = CHILDREN) -> pl.DataFrame:
    """The same children in each source, in the same words."""
    who = range(count)
    return pl.DataFrame(
        {
            "record_id": [f"{source}:{n}" for n in who],
            "dataset": source,
            "forename": [FORENAMES[n % len(FORENAMES)] for n in who],
            "surname": [SURNAMES[n % len(SURNAMES)] for n in who],
            "date_of_birth": [date(2012, 1, 1) + timedelta(days=17 * n) for n in who],
            "postcode": [f"ZA{n % 9 + 1}{n % 7 + 1}AB" for n in who],
        }
    )


def _person(*sources: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([PERSON_RECORD.to_frame(), *sources], how="diagonal_relaxed")


def _moved_down(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda rows: rows.with_columns(pl.concat([rows[column].tail(1), rows[column].head(-1)]))


def _sorted(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda rows: rows.with_columns(rows[column].sort(descending=True))


def _of_some(share: int, fault: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The fault in every so-manieth row."""
    return lambda rows: pl.concat(
        [fault(rows.gather_every(share)), *(rows.gather_every(share, n) for n in range(1, share))]
    )


FAULTS = {
    "nothing": (lambda rows: rows, None),
    "forenames a row too low": (_moved_down("forename"), "forename"),
    "surnames a row too low": (_moved_down("surname"), "surname"),
    "birth dates sorted by themselves": (_sorted("date_of_birth"), "date_of_birth"),
    "birth dates a day early": (
        lambda rows: rows.with_columns(pl.col("date_of_birth") - timedelta(days=1)),
        "date_of_birth",
    ),
    "forenames and surnames under each other's header": (
        lambda rows: rows.rename({"forename": "surname", "surname": "forename"}),
        SWAPPED,
    ),
    "initials for forenames": (lambda rows: rows.with_columns(pl.col("forename").str.head(1)), None),
    "other homes": (_moved_down("postcode"), None),
    "every third surname another": (_of_some(3, _moved_down("surname")), None),
    "every third name the wrong way round": (
        _of_some(3, lambda rows: rows.rename({"forename": "surname", "surname": "forename"}).select(rows.columns)),
        None,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_column_that_agrees_with_no_other_source_is_told(fault: str) -> None:
    slip, column = FAULTS[fault]
    found = columns_at_odds(_person(_rows("school_census"), slip(_rows("housing")), _rows("health")))
    assert [(odd.source, odd.column) for odd in found] == ([("housing", column)] if column else [])


def test_of_two_sources_nobody_can_tell_which_is_wrong_and_both_are_told() -> None:
    found = columns_at_odds(_person(_rows("school_census"), _sorted("date_of_birth")(_rows("health"))))
    assert [(odd.source, odd.other) for odd in found] == [("health", "school_census"), ("school_census", "health")]


def test_who_shares_children_with_the_wrong_source_alone_is_not_told_with_it() -> None:
    roll, ehe = _rows("school_census"), _rows("ehe_register", 2 * CHILDREN).tail(CHILDREN)
    doctors = _sorted("date_of_birth")(_rows("health", 2 * CHILDREN))
    found = columns_at_odds(_person(roll, doctors, ehe, _rows("housing")))
    assert [(odd.source, odd.other) for odd in found] == [("health", "ehe_register")]


def test_a_few_common_children_tell_nothing() -> None:
    few = _sorted("date_of_birth")(_rows("housing", ENOUGH_CHILDREN - 1))
    assert columns_at_odds(_person(_rows("school_census"), few, _rows("health"))) == []


def test_it_is_said_in_counts_and_headers_and_no_value() -> None:
    person = _person(_rows("school_census"), _sorted("date_of_birth")(_rows("housing")), _rows("health"))
    (told,) = at_odds_in_words(person, STATEMENT.to_frame(), CONTRACTS)
    assert told.startswith(
        "Council housing and benefits: of 90 children whom Health registrations has, too, by all else that says who they are, "
        "only 0 agree in DateOfBirth."
    )
    swapped = _rows("housing").rename({"forename": "surname", "surname": "forename"})
    (told,) = at_odds_in_words(
        _person(_rows("school_census"), swapped, _rows("health")), STATEMENT.to_frame(), CONTRACTS
    )
    assert "90 have Forename and Surname in each other's place" in told


def _entries(ended: int, reversed: int, *, source: str = "school_census", kind: str = "provision") -> pl.DataFrame:
    """Rows of a source that begin, and as many that end; the first few end before they have begun."""
    begun = date(2024, 9, 2)
    days = [begun - timedelta(days=1) if n < reversed else begun + timedelta(days=n) for n in range(ended)]
    rows = {
        "record_id": [f"{source}:{n}" for n in range(2 * ended)],
        "source": source,
        "kind": kind,
        "since_on": begun,
        "until_on": [*days, *[None] * ended],
    }
    return pl.concat([STATEMENT.to_frame(), pl.DataFrame(rows)], how="diagonal_relaxed")


@pytest.mark.parametrize(
    ("ended", "reversed", "is_told"),
    [
        (100, 0, False),
        (100, 20, False),
        (100, 21, True),
        (100, 100, True),
        (ENOUGH_ENDED, 20, True),
        (ENOUGH_ENDED - 1, 19, False),
    ],
)
def test_ends_that_stand_before_their_begin_are_told(ended: int, reversed: int, is_told: bool) -> None:
    assert bool(ends_before_begin(_entries(ended, reversed), CONTRACTS)) is is_told


def test_ends_are_told_once_a_source_in_its_own_headers() -> None:
    said = [
        _entries(50, 30),
        _entries(40, 30, source="housing", kind="concern"),
        _entries(60, 30, source="housing", kind="lives_here"),
    ]
    housing, roll = at_odds_in_words(PERSON_RECORD.to_frame(), pl.concat(said), CONTRACTS)
    assert housing.startswith(
        "Council housing and benefits: of 60 rows with a TenancyEnd, 30 have one before their TenancyStart."
    )
    assert roll.startswith(
        f"{CONTRACTS['school_census'].name}: of 50 rows with a LeavingDate, 30 have one before their EntryDate."
    )


def test_the_first_night_carries_it(tmp_path: Path) -> None:
    made = make_authority(tmp_path / "made", children=400, seed=3, as_at=date(2026, 11, 20))
    health = pl.read_csv(made.extracts / "health.csv", infer_schema=False)
    health.with_columns(pl.col("BirthDate").sort()).write_csv(made.extracts / "health.csv")
    settings = Settings(extracts=made.extracts, workspace=tmp_path / "workspace", as_at=date(2026, 11, 20))
    report = run_night(settings)
    (told,) = [warning for warning in report.warnings if warning.startswith("Health registrations")]
    assert "agree in BirthDate" in told
    assert told in (report.published / "WARNINGS.txt").read_text()
