"""A list of another authority, laid into the folder by mistake: each of its children would look like one without a place."""

from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.elsewhere import ELSEWHERE
from pipelines.intake.receive import check_files
from tests.spec.test_contracts import GOOD

CONTRACTS = read_contracts()
HERE, THERE = ("ZA1 2BD", "za21bd", "ZA10 3AB"), ("ZB4 1AA", "ZB5 2BB")


def send(folder: Path, source: str, homes: list[str]) -> None:
    key = CONTRACTS[source].key.header
    postcode = next(column.header for column in CONTRACTS[source].columns if column.maps_to == "postcode")
    rows = [GOOD[source] | {key: f"{source}{n}", postcode: home} for n, home in enumerate(homes)]
    pl.DataFrame(rows).write_csv(folder / f"{source}.csv")


def refused(folder: Path) -> set[str]:
    return {
        file.source for file in check_files(folder, CONTRACTS) for breach in file.breaches if breach.rule == ELSEWHERE
    }


@pytest.mark.parametrize(
    ("source", "homes", "is_refused"),
    [
        pytest.param("health", [*THERE] * 60, True, id="nobody of it lives where the pupils live"),
        pytest.param("health", [*THERE] * 60 + ["ZA1 1AA"] * 4, True, id="three in a hundred may have moved"),
        pytest.param("health", [*THERE] * 60 + ["ZA1 1AA"] * 12, False, id="a list for a region that was not cut down"),
        pytest.param("health", [*THERE] * 40, False, id="so few that it says nothing"),
        pytest.param("health", [*THERE] * 40 + [""] * 60, False, id="homes without a postcode say nothing"),
        pytest.param("housing", [*THERE] * 60, True, id="a landlord of elsewhere"),
        pytest.param("independent_schools", [*THERE] * 60, False, id="boarders have their homes elsewhere"),
        pytest.param("school_census", [*THERE] * 60, False, id="the rolls say where the pupils live"),
    ],
)
def test_a_list_of_which_hardly_a_home_is_where_the_pupils_live_is_refused(
    source: str, homes: list[str], is_refused: bool, tmp_path: Path
) -> None:
    send(tmp_path, "school_census", [*HERE] * 50)
    send(tmp_path, source, homes)
    assert refused(tmp_path) == ({source} if is_refused else set())


def test_a_district_in_which_a_single_pupil_lives_is_not_where_the_pupils_live(tmp_path: Path) -> None:
    send(tmp_path, "school_census", [*HERE] * 200 + [THERE[0]])
    send(tmp_path, "health", [THERE[0]] * 120)
    assert refused(tmp_path) == {"health"}


def test_without_a_roll_nobody_can_say_where_the_pupils_live(tmp_path: Path) -> None:
    send(tmp_path, "health", [*THERE] * 60)
    assert refused(tmp_path) == set()
