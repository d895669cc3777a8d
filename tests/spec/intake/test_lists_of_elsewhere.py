"""A list of another authority, laid into the folder by mistake: each of its children would look like one without a place."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.breach import Breach
from data_contracts.contract import read_contracts
from pipelines.intake.receipt.elsewhere import ELSEWHERE
from pipelines.intake.receipt.last_intake import LastIntake
from pipelines.intake.receipt.receive import Received, check_files, receive
from pipelines.intake.receipt.schools_of_elsewhere import SCHOOL_ELSEWHERE
from pipelines.store import Store
from tests.made.deliveries import Deliveries, census, health
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
LAST, TONIGHT = date(2026, 11, 20), date(2026, 11, 21)


def homes(count: int, *districts: str) -> list[str]:
    """So many different postcodes, of the districts in turn, written as files write them."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    inward = [f"{n % 9 + 1}{letters[n % 20]}{letters[n // 20]}" for n in range(count)]
    return [
        f"{districts[n % len(districts)]} {code}" if n % 2 else f"{districts[n % len(districts)]}{code}".lower()
        for n, code in enumerate(inward)
    ]


def here(count: int) -> list[str]:
    return homes(count, "ZA1", "ZA2", "ZA10")


def there(count: int) -> list[str]:
    return homes(count, "ZB4", "ZB5")


def send(folder: Path, source: str, postcodes: list[str]) -> None:
    key = CONTRACTS[source].key.header
    postcode = next(column.header for column in CONTRACTS[source].columns if column.maps_to == "postcode")
    rows = [GOOD[source] | {key: f"{source}{n}", postcode: home} for n, home in enumerate(postcodes)]
    pl.DataFrame(rows).write_csv(folder / f"{source}.csv")


def refused(folder: Path) -> set[str]:
    return {
        file.source for file in check_files(folder, CONTRACTS) for breach in file.breaches if breach.rule == ELSEWHERE
    }


@pytest.mark.parametrize(
    ("source", "postcodes", "is_refused"),
    [
        pytest.param("health", there(120), True, id="nobody of it lives where the pupils live"),
        pytest.param("health", there(120) + here(4), True, id="three in a hundred may have moved"),
        pytest.param("health", there(120) + here(12), False, id="a list for a region that was not cut down"),
        pytest.param("health", there(80), False, id="so few that it says nothing"),
        pytest.param("health", there(80) + [""] * 60, False, id="homes without a postcode say nothing"),
        pytest.param("asylum", there(1) * 200, False, id="one hotel, where no pupil lives"),
        pytest.param("housing", there(120), True, id="a landlord of elsewhere"),
        pytest.param("independent_schools", there(120), False, id="boarders have their homes elsewhere"),
        pytest.param("school_census", there(120), False, id="the rolls say where the pupils live"),
    ],
)
def test_a_list_of_which_hardly_a_home_is_where_the_pupils_live_is_refused(
    source: str, postcodes: list[str], is_refused: bool, tmp_path: Path
) -> None:
    send(tmp_path, "school_census", here(150))
    send(tmp_path, source, postcodes)
    assert refused(tmp_path) == ({source} if is_refused else set())


def test_a_district_in_which_a_single_pupil_lives_is_not_where_the_pupils_live(tmp_path: Path) -> None:
    send(tmp_path, "school_census", here(150) * 4 + homes(1, "ZB4"))
    send(tmp_path, "health", homes(120, "ZB4"))
    assert refused(tmp_path) == {"health"}


@pytest.mark.parametrize(
    ("postcodes", "authority", "is_told"),
    [
        pytest.param(there(25), "916", True, id="another authority's school"),
        pytest.param(here(25), "916", False, id="at the edge: its pupils live here"),
        pytest.param(there(25), "823", False, id="our boarding school"),
        pytest.param(there(25), "", False, id="no UPN says whose it is"),
        pytest.param(there(15), "916", False, id="so few homes that they say nothing"),
        pytest.param(there(50), "916", False, id="half of the schools: authorities have merged"),
    ],
)
def test_a_school_of_another_authority_among_the_rolls_is_told_and_read(
    postcodes: list[str], authority: str, is_told: bool, tmp_path: Path
) -> None:
    pupils = [("2005", "823", home) for home in here(380)] + [("2006", authority, home) for home in postcodes]
    rows = [
        GOOD["school_census"]
        | {
            "RecordId": f"C{n}",
            "Estab": school,
            "SchoolName": school,
            "UPN": issued and f"H{issued}432100123",
            "Postcode": home,
        }
        for n, (school, issued, home) in enumerate(pupils)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "school_census.csv")
    (file,) = check_files(tmp_path, CONTRACTS)
    breaches = [breach for breach in file.breaches if breach.rule == SCHOOL_ELSEWHERE]
    assert [(breach.column, breach.stops) for breach in breaches] == [("Estab", "nothing")] * is_told
    assert (file.is_refused, file.rows_set_aside) == (False, 0)
    assert all(
        "2006 is probably a school in another authority. Of its 25 homes, 0" in breach.why for breach in breaches
    )


def test_without_a_roll_nobody_can_say_where_the_pupils_live(tmp_path: Path) -> None:
    send(tmp_path, "health", there(120))
    assert refused(tmp_path) == set()


def received(folder: Path, on: date, last: LastIntake | None = None) -> Received:
    return receive(folder, CONTRACTS, received_at=datetime(on.year, on.month, on.day, tzinfo=UTC), as_at=on, last=last)


@pytest.mark.parametrize(
    ("roll_last_night", "roll_tonight", "is_refused"),
    [
        pytest.param(here(150) + there(150), here(150), True, id="pupils of elsewhere are no longer on the roll"),
        pytest.param(here(90), here(150), True, id="the roll shows for the first time where pupils live"),
        pytest.param(here(150) + there(150), here(140) + there(140), False, id="pupils live where they did"),
    ],
)
def test_a_list_that_is_last_nights_is_asked_again_where_only_the_roll_has_changed(
    roll_last_night: list[str], roll_tonight: list[str], is_refused: bool, tmp_path: Path
) -> None:
    send(tmp_path, "health", there(120))
    send(tmp_path, "school_census", roll_last_night)
    first = received(tmp_path, LAST)
    assert first.deliveries.filter(verdict="refused").is_empty()
    send(tmp_path, "school_census", roll_tonight)
    last = LastIntake(
        first.raw,
        first.judged,
        first.flawed,
        delivered=first.deliveries,
        breaches=first.breaches,
        set_aside=first.set_aside,
        stood_on=LAST,
    )
    again, anew = received(tmp_path, TONIGHT, last), received(tmp_path, TONIGHT)
    assert again.deliveries.filter(source="health")["verdict"].to_list() == ["refused" if is_refused else "loaded"]
    assert again.unchanged_sources == ({} if is_refused else {"health": 120})
    for said in ("breaches", "set_aside", "deliveries", "rules", "judged"):
        assert getattr(again, said).equals(getattr(anew, said)), said


@pytest.mark.parametrize(
    ("loaded_once", "stands"),
    [
        pytest.param(there(120), False, id="a list of elsewhere too, loaded before anybody saw it"),
        pytest.param(here(120), True, id="the right list"),
    ],
)
def test_for_a_refused_list_of_elsewhere_the_last_rows_stand_in_save_where_they_are_of_elsewhere(
    loaded_once: list[str], stands: bool, tmp_path: Path
) -> None:
    nights = Deliveries(tmp_path)
    patients = [{**row, "postcode": home} for row, home in zip(health(120), loaded_once, strict=True)]
    roll = [{**row, "postcode": home} for row, home in zip(census(), here(120), strict=True)]
    nights.night(0, school_census=roll, health=patients)
    refused = Breach("health", "health.csv", None, None, ELSEWHERE, "file", "Why.", "Fix.")
    judged = nights.night(1, school_census=roll, refused=("health",), breaches=(refused,))
    assert judged.stands_in["source"].to_list() == ["health"] * stands
    assert "no rows were received tonight (1 file came and could not be used because of list of elsewhere)" in "".join(
        judged.warnings
    )
    with Store(tmp_path, read_only=True) as store:
        assert ("health" in store.raw_sources()) is stands
