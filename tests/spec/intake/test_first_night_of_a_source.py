"""What the first night of a source is told by, as nothing shows yet what is usual."""

from pathlib import Path

import pytest

from data_contracts.breach import Breach
from pipelines.intake.at_the_gate.acceptance import accept
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, Rows, census, health


@pytest.mark.parametrize(
    ("sent", "check"),
    [
        pytest.param({"health": health(4)}, ["few rows"], id="a file with hardly a row stamps"),
        pytest.param({"health": health(5)}, [], id="nothing to compare with"),
        pytest.param({"school_census": census(1, 2)}, ["few rows"], id="a roll with hardly a row stamps too"),
    ],
)
def test_on_the_first_night_only_what_cannot_be_true_is_told(
    tmp_path: Path, sent: dict[str, Rows], check: list[str]
) -> None:
    judged = Deliveries(tmp_path).judged(0, **({"school_census": census()} | sent))
    assert judged.completeness["check"].to_list() == check
    assert not judged.held


def test_a_roll_of_which_a_file_was_refused_holds_the_first_night(tmp_path: Path) -> None:
    words = "1 file of 2 came and could not be used, and no earlier night shows how many rows are usual."
    delivered = Deliveries(tmp_path)
    judged = delivered.night(0, school_census=census(), health=health(), refused=("school_census", "health"))
    assert judged.held == (f"school_census.csv, school_census.csv: {words}",)
    assert judged.warnings == (f"health.csv, health.csv: {words}",)
    accept(delivered.workspace, CONTRACTS, Path("school_census"), why="the other is old", by="A. Lee", as_at=FIRST)
    judged = delivered.night(0, school_census=census(), health=health(), refused=("school_census", "health"))
    assert not judged.held


@pytest.mark.parametrize("source", ["school_census", "health"])
@pytest.mark.parametrize(("kept_out", "is_told"), [(30, False), (31, True)])
def test_a_roll_of_which_a_fifth_of_the_rows_is_set_aside_holds_the_first_night_and_another_source_stamps_it(
    tmp_path: Path, source: str, kept_out: int, is_told: bool
) -> None:
    end = Breach(source, f"{source}.csv", 2, "LeavingDate", "date", "row", "Why.", "Fix.")
    aside = tuple(f"{source}:X{row}" for row in range(kept_out))
    judged = Deliveries(tmp_path).judged(
        0, school_census=census(), health=health(120), set_aside=aside, breaches=(end,) * kept_out
    )
    children = "what they say about their children is not known."
    words = f"{source}.csv: 31 of its 151 rows were set aside (LeavingDate: date): {children}"
    assert (judged.held if source == "school_census" else judged.warnings) == ((words,) if is_told else ())
    assert (judged.warnings if source == "school_census" else judged.held) == ()


def test_a_file_that_has_every_row_twice_loses_nothing_on_the_first_night(tmp_path: Path) -> None:
    again = tuple(f"school_census:{row['record_id']}" for row in census())
    judged = Deliveries(tmp_path).judged(0, school_census=census(), set_aside=again)
    assert judged.held == judged.warnings == ()


def test_a_source_of_which_nothing_could_be_used_stamps_the_first_night_and_says_why(tmp_path: Path) -> None:
    why = Breach("health", "health.csv", None, "BirthDate", "form of dates", "file", "Why.", "Fix.")
    judged = Deliveries(tmp_path).judged(0, school_census=census(), refused=("health",), breaches=(why,))
    (warning,) = judged.warnings
    assert warning.startswith(
        "health.csv: no rows were received tonight (1 file came and could not be used because of BirthDate: form of dates), "
    )
    assert judged.held == ()


def test_a_source_of_which_every_row_was_set_aside_stamps_the_first_night_and_says_why(tmp_path: Path) -> None:
    undated = Breach("ehe_register", "ehe_register.csv", 2, "StartDate", "required", "row", "Why.", "Fix.")
    aside = ("ehe_register:X1", "ehe_register:X2")
    judged = Deliveries(tmp_path).judged(
        0, school_census=census(), ehe_register=[], set_aside=aside, breaches=(undated,) * 2
    )
    (warning,) = judged.warnings
    assert warning.endswith(
        "no rows were received tonight (2 rows came and every one was set aside: StartDate: required), and no earlier night "
        "shows how "
        "many are usual."
    )
    assert judged.held == ()


def test_what_is_no_fault_of_a_column_stamps_the_night_once_without_its_lines(tmp_path: Path) -> None:
    noted = [
        Breach("health", "health.csv", line, None, "note of leaving", "nothing", "Why.", "Fix.") for line in (3, 9)
    ]
    judged = Deliveries(tmp_path).judged(0, school_census=census(), health=health(), breaches=tuple(noted))
    assert (judged.held, judged.warnings) == ((), ("health.csv: Why. Fix.",))


@pytest.mark.parametrize("rule", ["form of dates", "missing column"])
def test_a_column_that_says_nothing_of_many_children_stamps_the_night(tmp_path: Path, rule: str) -> None:
    unsaid = Breach("health", "health.csv", None, "LastContact", rule, "nothing", "18 of its 100 dates.", "Fix.")
    judged = Deliveries(tmp_path).judged(0, school_census=census(), health=health(), breaches=(unsaid,))
    assert (judged.held, judged.warnings) == ((), ("health.csv: LastContact: 18 of its 100 dates. Fix.",))
