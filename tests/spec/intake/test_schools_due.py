"""Schools that the settings say are due, and whose roll nobody sent."""

from pathlib import Path

import pytest

from pipelines.failure import NightFailed
from pipelines.intake.at_the_gate.acceptance import accept
from pipelines.night import run_night
from pipelines.settings import Settings
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, census

DUE = {"school_census": ("2000", "2009", "2010", "2011")}
"""Schools 2000 to 2009 send their rolls; 2010 and 2011, of a trust, do not."""


def test_schools_that_are_due_hold_the_first_night_where_nobody_sent_their_roll(tmp_path: Path) -> None:
    delivered = Deliveries(tmp_path)
    words = (
        "school_census.csv: 2 of 4 schools that are due have no rows: 2010, 2011. If one has closed or has another number now, "
        "correct [schools] due in the settings: accepting the roll counts for one night only."
    )
    assert delivered.night(0, school_census=census(), schools_due=DUE).held == (words,)
    assert not delivered.night(0, school_census=census(schools=12), schools_due=DUE).held


def test_the_night_goes_on_without_schools_that_are_due_where_a_person_accepts_it(tmp_path: Path) -> None:
    delivered = Deliveries(tmp_path)
    delivered.night(0, school_census=census(), schools_due=DUE)
    accept(
        delivered.workspace, CONTRACTS, Path("school_census"), why="the trust sends from May", by="A. Lee", as_at=FIRST
    )
    judged = delivered.night(0, school_census=census(), schools_due=DUE)
    assert not judged.held
    assert "2010, 2011" in judged.warnings[0]


def test_a_school_that_is_due_and_gone_is_told_once(tmp_path: Path) -> None:
    delivered = Deliveries(tmp_path)
    delivered.night(0, school_census=census())
    gone = [{**row, "nc_year_actual": "1"} for row in census() if row["estab"] != "2009"]
    judged = delivered.night(1, school_census=gone, schools_due={"school_census": ("2009",)})
    (words,) = judged.completeness.filter(source="school_census")["words"]
    assert words.startswith("1 of 1 schools that are due have no rows: 2009. ")


def test_a_school_that_is_due_and_became_an_academy_holds_no_night_and_its_old_number_is_named_until_corrected(
    tmp_path: Path,
) -> None:
    nights, due = Deliveries(tmp_path), {"school_census": ("2000", "2009")}
    nights.night(0, school_census=census())
    academy = [{**row, "estab": "4009"} if row["estab"] == "2009" else row for row in census()]
    for after in (1, 2, 3):
        roll = [{**row, "nc_year_actual": str(after)} for row in academy]
        judged = nights.night(after, school_census=roll, schools_due=due)
        assert not judged.held
        (warning,) = judged.warnings
        assert "1 school named in [schools] due, in the settings, closed or got another number: 2009." in warning
    gone = nights.night(4, school_census=census(schools=9), schools_due={"school_census": ("2000", "4009")}).held
    assert any("1 of 2 schools that are due have no rows: 4009." in words for words in gone)


def test_a_school_that_is_due_again_after_it_closed_is_missed_once_it_has_sent_rows(tmp_path: Path) -> None:
    nights, due = Deliveries(tmp_path), {"school_census": ("2009",)}
    academy = [{**row, "estab": "4009"} if row["estab"] == "2009" else row for row in census()]
    for after, roll in enumerate((census(), academy, census())):
        nights.night(after, school_census=roll, schools_due=due)
    (held,) = nights.night(3, school_census=census(schools=9), schools_due=due).held
    assert "1 of 1 schools that are due have no rows: 2009." in held


@pytest.mark.parametrize("named", ["housing", "school_cenus"])
def test_schools_can_be_due_only_of_a_source_that_tells_them_apart_and_that_is_said_before_a_file_is_read(
    tmp_path: Path, named: str
) -> None:
    settings = Settings(
        extracts=tmp_path / "none", workspace=tmp_path / "w", as_at=FIRST, schools={"due": {named: ["1"]}}
    )
    with pytest.raises(
        NightFailed, match=rf"\[schools\] due, in the settings, names {named}, .* instead: .*school_census"
    ):
        run_night(settings)
