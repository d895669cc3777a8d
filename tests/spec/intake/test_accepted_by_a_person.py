"""A named person takes a file as complete: for one file and one night, with a name and a reason."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.intake.at_the_gate.acceptance import accept
from pipelines.settings import SettingsError
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, health, roll_on, sent_tonight


def _accepts(nights: Deliveries, given: str, **said: str) -> str:
    as_at = FIRST + timedelta(days=3)
    return accept(nights.workspace, CONTRACTS, Path(given), as_at=as_at, **({"why": "2 closed", "by": "A. Lee"} | said))


@pytest.mark.parametrize("given", ["school_census.csv", "school_census"])
def test_a_named_person_overrules_for_one_file_and_one_night(nights: Deliveries, given: str) -> None:
    eight = [row for row in roll_on(3) if row["estab"] > "2001"]
    assert nights.night(3, **sent_tonight(school_census=eight)).held
    assert _accepts(nights, given) == "school_census"
    judged = nights.night(3, **sent_tonight(school_census=eight))
    assert judged.held == ()
    assert any(warning.startswith("school_census.csv: 2 of 10 schools") for warning in judged.warnings)
    assert all(warning.endswith("Accepted by A. Lee.") for warning in judged.warnings)
    assert nights.table("acceptance").select("source", "why", "by").rows() == [("school_census", "2 closed", "A. Lee")]
    tomorrow = [{**row, "nc_year_actual": "4"} for row in eight]
    assert not nights.night(4, **sent_tonight(school_census=tomorrow)).held, "what was accepted is the new usual"
    assert nights.night(5, **sent_tonight(school_census=tomorrow[:60])).held


def test_a_file_is_accepted_as_it_is_and_no_other(nights: Deliveries, tmp_path: Path) -> None:
    (tmp_path / "school_census.csv").write_text("another file", "utf-8")
    _accepts(nights, str(tmp_path / "school_census.csv"))
    assert nights.night(3, **sent_tonight(school_census=roll_on(3)[:60])).held


@pytest.mark.parametrize(
    ("given", "said", "told"),
    [
        pytest.param("school_census.csv", {"why": " "}, "needs --why", id="without a reason"),
        pytest.param("school_census.csv", {"by": ""}, "--by", id="without a name"),
        pytest.param("nonsense.csv", {}, "No contract names this file", id="a file that nobody knows"),
        pytest.param("scool_census", {}, "did you mean school_census", id="a source with a slip"),
    ],
)
def test_nobody_overrules_without_a_name_and_a_reason(
    nights: Deliveries, given: str, said: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        _accepts(nights, given, **said)


def test_what_is_accepted_of_a_shorter_list_is_the_usual_from_then_on(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    for after in range(3):
        nights.night(after, school_census=roll_on(after), health=health(300))
    accept(nights.workspace, CONTRACTS, Path("health"), why="weeded", by="A. Lee", as_at=FIRST + timedelta(days=3))
    for after in (3, 4):
        judged = nights.night(after, school_census=roll_on(after), health=health(260))
    assert "rows gone" not in judged.completeness["check"].to_list()
