"""What is kept of every delivery: what came, changed and went, and the pupils who vanish from a roll."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.intake.in_figures.earlier_nights import History
from pipelines.intake.in_figures.figures import KEPT_DAYS, Intake
from pipelines.intake.in_figures.snapshot import history_after_tonight
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.since_last_night.vanished import SET_ASIDE_DOUBT, WORDS, Rolls, keep_vanished, with_still_known
from pipelines.tables import (
    RENUMBERED,
    SET_ASIDE,
    SNAPSHOT,
    SOURCE_MEASURE,
    SOURCE_NIGHT,
    STATEMENT,
    VANISHED,
)
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, Rows, census

Delivery = dict[str, int]
"""Key -> content of a small register."""


def _intake(rows: Delivery, as_at: date) -> Intake:
    """A delivery of one source called health."""
    night = pl.DataFrame([{"as_at": as_at, "source": "health", "files": 1, "rows": len(rows)}], schema=SOURCE_NIGHT)
    prints = pl.DataFrame(
        {"source": ["health"] * len(rows), "record_id": [f"health:{key}" for key in rows], "row_hash": rows.values()},
        schema={"source": pl.String, "record_id": pl.String, "row_hash": pl.UInt64},
    )
    return Intake(night if rows else night.clear(), SOURCE_MEASURE.to_frame(), prints)


def _day(night: int) -> date:
    return FIRST + timedelta(days=night)


def _after(nights: list[Delivery]) -> History:
    kept = History()
    for night, rows in enumerate(nights):
        kept = history_after_tonight(kept, _intake(rows, _day(night)), _day(night))
    return kept


def _changes(kept: History) -> list[tuple[int, ...]]:
    return list(kept.changes.select("came", "changed", "went", "same").iter_rows())


def test_what_came_changed_and_went_is_counted_and_dated() -> None:
    kept = _after([{"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "d": 1}])
    assert _changes(kept) == [(3, 0, 0, 0), (1, 1, 1, 1)]
    rows = kept.snapshot.sort("record_id", "first_seen_on").select("record_id", "first_seen_on", "last_seen_on").rows()
    assert rows == [
        ("health:a", _day(0), _day(1)),
        ("health:b", _day(0), _day(0)),
        ("health:b", _day(1), _day(1)),
        ("health:c", _day(0), _day(0)),
        ("health:d", _day(1), _day(1)),
    ]


def test_the_same_file_twice_is_no_change() -> None:
    kept = _after([{"a": 1, "b": 1}] * 5)
    assert _changes(kept)[1:] == [(0, 0, 0, 2)] * 4
    assert kept.snapshot.height == 2


def test_a_night_without_a_file_changes_nothing_and_the_next_delivery_goes_on() -> None:
    kept = _after([{"a": 1}, {}, {"a": 1}])
    assert _changes(kept) == [(1, 0, 0, 0), (0, 0, 0, 1)]
    assert kept.snapshot.height == 1


def test_a_night_for_a_day_gone_by_leaves_history_as_it_is() -> None:
    kept = _after([{"a": 1}, {"a": 1, "b": 1}])
    again = history_after_tonight(kept, _intake({"z": 9}, _day(0)), _day(0))
    assert again.snapshot.equals(kept.snapshot)


def test_what_nobody_has_sent_for_two_years_is_let_go() -> None:
    kept = _after([{"a": 1}])
    late = _day(KEPT_DAYS + 1)
    assert history_after_tonight(kept, _intake({"b": 1}, late), late).snapshot["record_id"].to_list() == ["health:b"]


deliveries = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2), min_size=1), min_size=1, max_size=5)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(deliveries, deliveries.map(lambda nights: nights[0]))
def test_the_history_gives_back_every_delivery_and_a_night_run_again_replaces_itself(
    nights: list[Delivery], wrong: Delivery
) -> None:
    kept = _after(nights)
    for night, rows in enumerate(nights):
        day = _day(night)
        stood = kept.snapshot.filter((pl.col("first_seen_on") <= day) & (pl.col("last_seen_on") >= day))
        assert dict(stood.select("record_id", "row_hash").iter_rows()) == {f"health:{k}": v for k, v in rows.items()}
    last = _day(len(nights) - 1)
    before = _after(nights[:-1])
    twice = history_after_tonight(
        history_after_tonight(before, _intake(wrong, last), last), _intake(nights[-1], last), last
    )
    by = ["record_id", "first_seen_on"]
    assert twice.snapshot.sort(by).equals(kept.snapshot.sort(by))
    assert twice.changes.equals(kept.changes)


# Pupils who vanish ---------------------------------------------------------------------------------------------------

GONE = "C3-4"


def _without(rows: Rows, key: str = GONE) -> Rows:
    return [row for row in rows if row["record_id"] != key]


def _changed(rows: Rows, **columns: str) -> Rows:
    return [{**row, **columns} if row["record_id"] == GONE else row for row in rows]


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace to which the roll came once: to be copied."""
    workspace = tmp_path_factory.mktemp("first_night")
    Deliveries(workspace).night(0, school_census=census())
    return workspace


@pytest.fixture
def nights(first_night: Path, tmp_path: Path) -> Deliveries:
    return Deliveries(shutil.copytree(first_night, tmp_path / "workspace"))


def _vanished(nights: Deliveries) -> list[tuple[object, ...]]:
    return list(nights.table("vanished").select("record_id", "last_seen_on", "vanished_on").iter_rows())


def test_a_pupil_who_vanishes_without_a_leaving_date_is_an_event_of_its_own(nights: Deliveries) -> None:
    nights.night(1, school_census=_without(census()))
    assert _vanished(nights) == [(f"school_census:{GONE}", _day(0), _day(1))]
    nights.night(2, school_census=_without(census()))
    assert _vanished(nights) == [(f"school_census:{GONE}", _day(0), _day(1))], "kept from night to night"
    nights.night(3, school_census=census())
    assert _vanished(nights) == [], "until the entry comes again"


def test_who_has_vanished_stays_known_after_a_night_of_the_past_was_run_once_more(nights: Deliveries) -> None:
    nights.night(2, school_census=_without(census()))
    nights.night(1, school_census=census())
    nights.night(3, school_census=_without(census()))
    assert _vanished(nights) == [(f"school_census:{GONE}", _day(0), _day(3))]


@pytest.mark.parametrize(
    ("before", "tonight"),
    [
        pytest.param(census(), census(), id="nobody"),
        pytest.param(
            [{**row, "surname": f"S{n}"} for n, row in enumerate(census())],
            [{**row, "surname": f"S{n}", "record_id": f"N{n}"} for n, row in enumerate(census())],
            id="every row under a new key",
        ),
        pytest.param(
            _changed(census(), upn="X82343211234A"),
            _changed(census(), upn="H823432112345", record_id="C3-40"),
            id="an entry whose key holds the UPN, which was a temporary one",
        ),
        pytest.param(
            census(),
            [
                {**row, "estab": "2050", "record_id": f"N{row['record_id']}"}
                if row["estab"] in ("2003", "2004")
                else row
                for row in census()
            ],
            id="pupils of two schools that were amalgamated",
        ),
    ],
)
def test_nobody_has_vanished_who(tmp_path: Path, before: Rows, tonight: Rows) -> None:
    delivered = Deliveries(tmp_path)
    delivered.night(0, school_census=before)
    delivered.night(1, school_census=tonight)
    assert _vanished(delivered) == []


LAST_LOADED = _day(1)
GONE_ENTRIES = {
    "began long before": ({}, True),
    "began on the day on which it was last loaded": ({"entry_date": str(LAST_LOADED)}, True),
    "was to begin a day later": ({"entry_date": str(_day(2))}, False),
    "does not say when it began": ({"entry_date": ""}, True),
    "was to end a day later": ({"leaving_date": str(_day(2))}, True),
    "ended before it was last loaded": ({"leaving_date": "2026-10-23"}, False),
    "ended on the day on which it was last loaded": ({"leaving_date": str(LAST_LOADED)}, False),
}
"""An entry that is there no more -> what it said when it was last loaded, and whether the pupil has vanished."""


def test_whose_entry_was_open_when_it_was_last_loaded_has_vanished_and_was_on_the_roll_until_then(
    nights: Deliveries,
) -> None:
    entries = {f"C{n}-4": said for n, (said, _) in enumerate(GONE_ENTRIES.values())}
    nights.night(1, school_census=[row | entries.get(row["record_id"], {}) for row in census(postcode="ZA2 2BB")])
    nights.night(2, school_census=[row for row in census(postcode="ZA2 2BB") if row["record_id"] not in entries])
    found = [f"school_census:C{n}-4" for n, (_, has_vanished) in enumerate(GONE_ENTRIES.values()) if has_vanished]
    assert _vanished(nights) == [(record, LAST_LOADED, _day(2)) for record in found]
    said = with_still_known({}, nights.table("vanished"), CONTRACTS, _day(2)).statements.filter(kind="provision")
    assert said.select("record_id", "until_on").rows() == [(record, LAST_LOADED) for record in found]


@pytest.mark.parametrize(
    ("as_at", "is_known"),
    [
        pytest.param(date(2037, 6, 25), True, id="a child of five who vanished is of compulsory school age still"),
        pytest.param(date(2038, 1, 1), False, id="after eleven years no pupil of then is of age"),
    ],
)
def test_how_long_a_vanished_pupil_stays_known(as_at: date, is_known: bool) -> None:
    row = {
        "record_id": f"school_census:{GONE}",
        "source": "school_census",
        "last_seen_on": FIRST,
        "vanished_on": _day(1),
    }
    later = keep_vanished(
        pl.DataFrame([row], schema=VANISHED),
        Rolls({}, {}),
        CONTRACTS,
        snapshot=SNAPSHOT.to_frame(),
        doubtful=SET_ASIDE.to_frame()["record_id"],
        renumbered=RENUMBERED.to_frame(),
        as_at=as_at,
    )
    assert later.is_empty() != is_known


def test_who_is_on_another_schools_roll_of_a_sudden_has_vanished_from_the_first(nights: Deliveries) -> None:
    nights.night(1, school_census=_changed(census(), record_id="C4-40", estab="2004", school_name="School 4"))
    assert _vanished(nights) == [(f"school_census:{GONE}", _day(0), _day(1))]


def test_a_night_run_again_after_the_row_was_mended_forgets_the_event(nights: Deliveries) -> None:
    nights.night(1, school_census=_without(census()))
    nights.night(1, school_census=census())
    assert _vanished(nights) == []


def test_a_row_that_vanishes_between_two_runs_of_one_night_is_kept_too(nights: Deliveries) -> None:
    nights.night(1, school_census=census())
    nights.night(1, school_census=_without(census()))
    assert [record for record, *_ in _vanished(nights)] == [f"school_census:{GONE}"]


def test_a_vanished_pupil_stays_known_as_on_the_roll_until_the_night_last_seen(nights: Deliveries) -> None:
    nights.night(1, school_census=_without(census()))
    known = with_still_known({}, nights.table("vanished"), CONTRACTS, _day(5))
    assert known.person["record_id"].to_list() == [f"school_census:{GONE}"]
    assert known.person["date_of_birth"].to_list() == [date(2014, 5, 6)]
    assert known.statements.schema == STATEMENT
    said = set(known.statements.select("kind", "what", "since_on", "until_on", "doubt").iter_rows())
    assert ("provision", "state school", date(2023, 9, 1), _day(0), None) in said
    assert ("seen", None, _day(0), None, None) in said
    assert ("vanished", WORDS, _day(0), None, None) in said


def test_a_row_that_was_set_aside_has_not_vanished_and_goes_on_as_last_read(nights: Deliveries) -> None:
    nights.night(1, school_census=_without(census()), set_aside=(f"school_census:{GONE}",))
    assert _vanished(nights) == [(f"school_census:{GONE}", _day(0), None)]
    said = with_still_known({}, nights.table("vanished"), CONTRACTS, _day(1)).statements
    assert "vanished" not in said["kind"]
    (provision,) = said.filter(kind="provision").to_dicts()
    assert provision["until_on"] is None
    assert provision["doubt"] == SET_ASIDE_DOUBT
    nights.night(2, school_census=_without(census()))
    assert _vanished(nights) == [(f"school_census:{GONE}", _day(0), _day(2))], "the next night it is gone altogether"


def test_a_row_that_is_set_aside_as_it_says_that_the_pupil_has_left_has_vanished(nights: Deliveries) -> None:
    record = f"school_census:{GONE}"
    for night in (1, 2):
        nights.night(night, school_census=_without(census()), set_aside=(record,), left=(record,))
    assert _vanished(nights) == [(record, _day(0), _day(1))]


def test_a_row_that_is_set_aside_night_after_night_stands_as_last_read_for_a_term(nights: Deliveries) -> None:
    record, last = f"school_census:{GONE}", CONTRACTS["school_census"].stands_in_for_days
    for night in (1, last, last + 1, last + 2):
        nights.night(night, school_census=_without(census()), set_aside=(record,))
        assert _vanished(nights) == [(record, _day(0), None if night <= last else _day(last + 1))]


def test_what_was_seen_after_the_date_judged_says_nothing_yet(nights: Deliveries) -> None:
    nights.night(1, school_census=_without(census()))
    assert with_still_known({}, nights.table("vanished"), CONTRACTS, _day(-1)).person.is_empty()


def test_vanished_entries_stand_beside_tonights(nights: Deliveries) -> None:
    nights.night(1, school_census=_without(census()))
    rows = pl.DataFrame(_without(census())).with_columns(pl.lit("school_census:") + pl.col("record_id"))
    vanished, raw = nights.table("vanished"), {"school_census": rows}
    known, tonight = with_still_known({}, vanished, CONTRACTS, _day(1)), standardise(raw, CONTRACTS, as_at=_day(1))
    both = with_still_known(raw, vanished, CONTRACTS, _day(1))
    for name in ("person", "statements"):
        apart = pl.concat([getattr(tonight, name), getattr(known, name)])
        assert_frame_equal(getattr(both, name), apart, check_row_order=False)
    assert both.person["record_id"].is_sorted()
    assert_frame_equal(with_still_known(raw, vanished.clear(), CONTRACTS, _day(1)).statements, tonight.statements)
