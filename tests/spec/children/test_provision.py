"""Provision: which entries prove an education on the date judged. Drawn tables of literal children."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.children.provision import ENDED_PROVES, ROLLS_ARE_TOLD, SAID_TO_HAVE_ENDED, find_provision
from pipelines.tables import CHILD_RECORD, PROVISION, STATEMENT

AS_AT = date(2026, 11, 20)


def statement(
    record_id: str = "school_census:1",
    kind: str = "provision",
    since_on: date | None = None,
    until_on: date | None = None,
    **more: object,
) -> dict[str, object]:
    said = {"record_id": record_id, "source": record_id.partition(":")[0], "kind": kind, "what": "state school"}
    return {**said, "place": "Keats Primary School", "since_on": since_on, "until_on": until_on, "doubt": None, **more}


def statements(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=STATEMENT)


def child_records(**child_of: tuple[str, float]) -> pl.DataFrame:
    rows = [(record.replace("_1", ":1").replace("_2", ":2"), *child) for record, child in child_of.items()]
    return pl.DataFrame(rows, schema=CHILD_RECORD, orient="row")


@pytest.mark.parametrize(
    ("since_on", "until_on", "is_current"),
    [
        pytest.param(date(2024, 9, 2), None, True, id="on the roll since long, no leaving date"),
        pytest.param(None, None, True, id="no dates at all: taken as always"),
        pytest.param(date(2026, 11, 20), None, True, id="entered on the date judged"),
        pytest.param(date(2026, 11, 21), None, False, id="enters tomorrow: a place expected is no place yet"),
        pytest.param(date(2024, 9, 2), date(2026, 11, 21), True, id="leaves tomorrow"),
        pytest.param(date(2024, 9, 2), date(2026, 11, 20), False, id="left on the date judged"),
        pytest.param(date(2024, 9, 2), date(2026, 7, 17), False, id="left in July"),
        pytest.param(None, date(2027, 7, 17), True, id="start unknown, ends next summer"),
        pytest.param(date(2026, 12, 1), date(2026, 11, 30), False, id="ends before it starts, and has not started"),
    ],
)
def test_an_entry_is_current_from_its_first_day_to_the_day_before_its_last(
    since_on: date | None, until_on: date | None, is_current: bool
) -> None:
    found = find_provision(
        statements(statement(since_on=since_on, until_on=until_on)), child_records(school_census_1=("CH1", 1.0)), AS_AT
    )
    assert found["is_current"].to_list() == [is_current]


def test_each_provision_statement_of_a_child_is_one_row_with_the_doubt_of_its_link() -> None:
    found = find_provision(
        statements(
            statement(since_on=date(2020, 9, 1), until_on=date(2025, 7, 20)),
            statement(
                "ehe_register:1",
                since_on=date(2025, 9, 1),
                what="home education",
                place=None,
                doubt="unsuitable",
                proves=0.2,
            ),
            statement("health:1", kind="seen", what=None, place=None, since_on=date(2026, 1, 1)),
        ),
        child_records(school_census_1=("CH1", 1.0), ehe_register_1=("CH1", 0.9), health_1=("CH1", 0.99)),
        AS_AT,
    )
    expected = pl.DataFrame(
        [
            ("CH1", "ehe_register:1", "ehe_register", "home education", None,
             date(2025, 9, 1), None, True, "unsuitable", 0.2, 0.9),
            ("CH1", "school_census:1", "school_census", "state school", "Keats Primary School",
             date(2020, 9, 1), date(2025, 7, 20), False, None, None, 1.0),
        ],
        schema=PROVISION,
        orient="row",
    )  # fmt: skip
    assert_frame_equal(found, expected)


def test_two_entries_of_one_record_stay_two_rows() -> None:
    found = find_provision(
        statements(statement(until_on=date(2026, 1, 1)), statement(since_on=date(2026, 2, 1))),
        child_records(school_census_1=("CH1", 1.0)),
        AS_AT,
    )
    assert found["is_current"].to_list() == [False, True]


def test_no_provision_gives_an_empty_table_of_the_right_shape() -> None:
    found = find_provision(statements(statement(kind="seen")), child_records(school_census_1=("CH1", 1.0)), AS_AT)
    assert found.schema == PROVISION
    assert found.is_empty()


@pytest.mark.parametrize(
    ("renewed", "proves"),
    [
        pytest.param(0, 0.95, id="no other is renewed: as the contract has it"),
        pytest.param(89, 0.95 * 0.11 / (0.95 * 0.11 + 0.05), id="89 of 90 are, and ten more count as if not"),
    ],
)
def test_an_entry_in_doubt_proves_less_where_others_like_it_are_renewed(renewed: int, proves: float) -> None:
    old = {"since_on": date(2024, 9, 1), "doubt": "old", "proves": 0.95}
    said, whose = [statement("other_la:0", **old)], [("other_la:0", "CH0", 1.0)]
    for n in range(1, renewed + 1):
        said += [statement(f"other_la:{n}", **old), statement(f"other_la:{n}b", since_on=date(2026, 9, 1))]
        whose += [(f"other_la:{n}", f"CH{n}", 1.0), (f"other_la:{n}b", f"CH{n}", 1.0)]
    found = find_provision(statements(*said), pl.DataFrame(whose, schema=CHILD_RECORD, orient="row"), AS_AT)
    assert found.filter(child_id="CH0")["proves"].item() == pytest.approx(proves)


def test_nobody_is_renewed_by_another_entry_in_doubt_and_an_ended_entry_says_nothing() -> None:
    old = {"doubt": "old", "proves": 0.95}
    said, whose = [statement("other_la:0", since_on=date(2024, 9, 1), **old)], [("other_la:0", "CH0", 1.0)]
    for n in range(1, 10):
        said += [statement(f"other_la:{n}", since_on=date(on, 9, 1), **old) for on in (2023, 2024)]
        said.append(statement(f"other_la:{n}", since_on=date(2021, 9, 1), until_on=date(2023, 7, 20), **old))
        whose.append((f"other_la:{n}", f"CH{n}", 1.0))
    found = find_provision(statements(*said), pl.DataFrame(whose, schema=CHILD_RECORD, orient="row"), AS_AT)
    assert found.filter(child_id="CH0")["proves"].item() == pytest.approx(0.95)
    gone = [row | {"until_on": date(2025, 7, 20)} for row in said if row["since_on"] == date(2023, 9, 1)]
    renewed = [row | {"doubt": None, "proves": None} for row in said if row["since_on"] == date(2024, 9, 1)][1:]
    found = find_provision(
        statements(said[0], *gone, *renewed), pl.DataFrame(whose, schema=CHILD_RECORD, orient="row"), AS_AT
    )
    assert found.filter(child_id="CH0")["proves"].item() == pytest.approx(0.95), "theirs had ended before"


def test_a_statement_without_a_child_stops_the_night_and_names_no_record() -> None:
    with pytest.raises(ValueError, match="1 of 2 provision statements") as error:
        find_provision(
            statements(statement(), statement("school_census:2")), child_records(school_census_1=("CH1", 1.0)), AS_AT
        )
    assert "school_census:2" not in str(error.value)


@pytest.mark.parametrize(
    ("began", "ended", "at", "doubt"),
    [
        pytest.param(
            date(2024, 9, 2), date(2026, 11, 6), "keats primary", SAID_TO_HAVE_ENDED, id="deleted since the census"
        ),
        pytest.param(date(2024, 9, 2), date(2026, 11, 20), "Keats Primary", SAID_TO_HAVE_ENDED, id="today"),
        pytest.param(date(2024, 9, 2), date(2026, 11, 21), "Keats Primary", None, id="it will be tomorrow"),
        pytest.param(date(2024, 9, 2), date(2026, 11, 6), "Shelley Primary", None, id="by another school"),
        pytest.param(date(2024, 9, 2), date(2026, 11, 6), None, None, id="nobody knows by which"),
        pytest.param(date(2026, 11, 6), date(2026, 11, 6), "Keats Primary", None, id="and added again on that day"),
        pytest.param(None, date(2026, 11, 6), "Keats Primary", None, id="nobody knows when the entry began"),
        pytest.param(
            date(2024, 9, 2), AS_AT - ROLLS_ARE_TOLD, "Keats Primary", None, id="all rolls have been told since"
        ),
    ],
)
def test_an_entry_is_in_doubt_where_a_newer_return_says_that_the_place_has_ended(
    began: date | None, ended: date, at: str | None, doubt: str | None
) -> None:
    rolls = statement("school_census:1", since_on=began)
    deleted = statement("pupil_returns:1", until_on=ended, what="school, by its return of a deletion", place=at)
    other = statement("school_census:2", since_on=date(2024, 9, 2))
    known = child_records(school_census_1=("CH1", 1.0), pupil_returns_1=("CH1", 1.0), school_census_2=("CH2", 1.0))
    found = find_provision(statements(rolls, deleted, other), known, AS_AT).filter(source="school_census")
    proves = None if doubt is None else ENDED_PROVES
    assert found.select("child_id", "is_current", "doubt", "proves").rows() == [
        ("CH1", True, doubt, proves),
        ("CH2", True, None, None),
    ]


def test_the_least_that_an_entry_in_several_doubts_proves_holds() -> None:
    rolls = statement("school_census:1", since_on=date(2024, 9, 2), doubt="a guest", proves=0.05)
    deleted = statement("pupil_returns:1", until_on=date(2026, 11, 6))
    known = child_records(school_census_1=("CH1", 1.0), pupil_returns_1=("CH1", 1.0))
    found = find_provision(statements(rolls, deleted), known, AS_AT).filter("is_current")
    assert found.select("doubt", "proves").rows() == [(f"a guest; {SAID_TO_HAVE_ENDED}", 0.05)]
