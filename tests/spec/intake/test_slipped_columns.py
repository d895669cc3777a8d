"""Other children under the keys of the last delivery: a column slipped against the others, or keys given anew."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.intake.at_the_gate.acceptance import accept
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, Rows, census


def _slipped(rows: Rows, column: str, first: int = 0, last: int | None = None) -> Rows:
    """A cell of the column deleted, and those below moved up."""
    last = len(rows) - 1 if last is None else last
    return [{**row, column: rows[n + 1][column]} if first <= n < last else row for n, row in enumerate(rows)]


CHILDREN = [
    {
        "record_id": f"H{n}",
        "nhs_number": f"4{n:09}",
        "surname": f"O'Näme{n:02}",
        "given_names": f"Jo{n:02}",
        "date_of_birth": f"201{n % 9}0{n % 9 + 1}{n % 18 + 10}",
        "postcode": f"ZA{n % 9} 1AA",
    }
    for n in range(100)
]


@pytest.fixture(scope="module")
def last_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace to which the children came once: to be copied."""
    workspace = tmp_path_factory.mktemp("last_night")
    Deliveries(workspace).night(0, school_census=census(), health=CHILDREN)
    return workspace


@pytest.mark.parametrize(
    ("tonight", "changed"),
    [
        pytest.param(_slipped(CHILDREN, "date_of_birth"), "BirthDate in 99", id="birth dates slipped by a row"),
        pytest.param(_slipped(CHILDREN, "date_of_birth", 80), "BirthDate in 19", id="from a row near the end on"),
        pytest.param(_slipped(CHILDREN, "surname"), "FamilyName in 99", id="surnames slipped"),
        pytest.param(_slipped(CHILDREN, "nhs_number"), "NHSNumber in 99", id="numbers slipped"),
        pytest.param(
            [{**CHILDREN[99 - n], "record_id": row["record_id"], "postcode": "ZA9 9ZZ"} for n, row in enumerate(CHILDREN)],
            "NHSNumber in 100, FamilyName in 100, GivenNames in 100, BirthDate in 100",
            id="keys given to other children, and something else told of each",
        ),
        pytest.param(_slipped(CHILDREN, "date_of_birth", 90), None, id="one value in ten: children are put right"),
        pytest.param([{**row, "postcode": "ZA9 9ZZ"} for row in CHILDREN], None, id="all have moved"),
        pytest.param([{**row, "surname": row["surname"].upper()} for row in CHILDREN], None, id="in capitals now"),
        pytest.param(
            [{**row, "surname": row["surname"].replace("ä", "a").replace("'", "")} for row in CHILDREN], None,
            id="without accents and apostrophes now",
        ),
        pytest.param([{**row, "given_names": row["given_names"] + " Ann"} for row in CHILDREN], None, id="middle names now"),
        pytest.param([{**row, "given_names": ""} for row in CHILDREN], None, id="a column that came empty is told as such"),
        pytest.param(
            [{**row, "date_of_birth": f"{row['date_of_birth'][6:]}/{row['date_of_birth'][4:6]}/{row['date_of_birth'][:4]}"}
             for row in CHILDREN], None, id="dates in another form",
        ),
    ],
)  # fmt: skip
def test_other_children_under_the_keys_of_the_last_delivery_hold_the_list(
    last_night: Path, tonight: Rows, changed: str | None
) -> None:
    judged = Deliveries(last_night).judged(1, school_census=census(), health=tonight)
    words = (
        "health.csv: of 100 rows whose keys came again, many are about a different child from last time ({}). A column may "
        "have shifted against the others, keys may have been given to other children, or a spreadsheet may have changed how "
        "dates or numbers are written. If a new system counts from one again, accept it, or give it a contract of its own: no "
        "id or decision follows a key to a child whose forename and birth date are both different."
    )
    assert judged.held == (() if changed is None else (words.format(changed),))


@pytest.mark.parametrize(("slipped", "is_held"), [(5, False), (6, True)])
def test_a_few_names_of_a_short_list_may_be_put_right(tmp_path: Path, slipped: int, is_held: bool) -> None:
    nights, short = Deliveries(tmp_path), CHILDREN[:24]
    nights.night(0, school_census=census(), health=short)
    put_right = [{**row, "given_names": "Mia"} if n < slipped else row for n, row in enumerate(short)]
    held = nights.judged(1, school_census=census(), health=put_right).held
    assert bool(held) is is_held
    assert all(f"GivenNames in {slipped}" in told for told in held)


@pytest.mark.parametrize(
    ("tonight", "is_told"),
    [
        pytest.param(
            {"given_names": "Mia", "date_of_birth": "20150609", "nhs_number": "9434765919"}, True, id="all are others"
        ),
        pytest.param(
            {"given_names": "Mia", "date_of_birth": "20150609", "nhs_number": ""}, True, id="and no number is given"
        ),
        pytest.param(
            {"given_names": "Mia", "date_of_birth": "20150609"}, False, id="the number is the same: put right"
        ),
        pytest.param({"given_names": "Mia", "nhs_number": ""}, False, id="another forename alone"),
        pytest.param({"date_of_birth": "20150609", "nhs_number": ""}, False, id="another birth date alone"),
        pytest.param(
            {"given_names": "Jo07 Ann", "date_of_birth": "20150609", "nhs_number": ""}, False, id="a middle name"
        ),
        pytest.param({"surname": "Okafor", "date_of_birth": "20150609", "nhs_number": ""}, False, id="another surname"),
    ],
)
def test_a_key_that_another_child_has_now_is_told_by_its_line(
    last_night: Path, tonight: dict[str, str], is_told: bool
) -> None:
    judged = Deliveries(last_night).judged(
        1, school_census=census(), health=[*CHILDREN[:7], CHILDREN[7] | tonight, *CHILDREN[8:]]
    )
    told = (
        "health.csv: 1 row (line 9) may be under a key that was another child's last time: forename and birth date are both "
        "different. Nothing known or decided about one is applied to the other. Have each child sent under their own key."
    )
    assert judged.held == ()
    of_health = [words for words in judged.warnings if words.startswith("health")]
    assert of_health == ([told] if is_told else [])


@pytest.mark.parametrize(
    "tonight",
    [
        pytest.param([CHILDREN[99 - n] for n in range(100)], id="sorted the other way round"),
        pytest.param(
            [{**CHILDREN[99], "given_names": "Zoë", "nhs_number": "", "date_of_birth": "20150609"}, *CHILDREN],
            id="one child put in at the top",
        ),
        pytest.param([*CHILDREN[:20], *CHILDREN[21:]], id="one child gone"),
    ],
)
def test_whole_rows_under_other_keys_hold_no_list(last_night: Path, tonight: Rows) -> None:
    """As where the key is a row's place in a sheet: each child is under another, and goes on under it."""
    keyed = [{**row, "record_id": f"H{n}"} for n, row in enumerate(tonight)]
    judged = Deliveries(last_night).judged(1, school_census=census(), health=keyed)
    assert judged.held == ()
    (warning,) = (words for words in judged.warnings if words.startswith("health"))
    assert "may be under a key that was another child's last time" in warning


def test_what_a_person_accepts_is_what_the_next_night_is_held_against(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=census(), health=CHILDREN)
    slipped = _slipped(CHILDREN, "date_of_birth")
    assert nights.night(1, school_census=census(), health=slipped).held
    assert nights.night(2, school_census=census(), health=slipped).held, "what was held is not compared with"
    _accept_health(nights)
    assert not nights.night(2, school_census=census(), health=slipped).held
    assert not nights.night(3, school_census=census(), health=slipped).held


def _accept_health(nights: Deliveries) -> None:
    on = FIRST + timedelta(days=2)
    accept(nights.workspace, CONTRACTS, Path("health"), why="a new system", by="A. Lee", as_at=on)


def test_a_handful_of_rows_may_be_about_others(tmp_path: Path) -> None:
    nights, few = Deliveries(tmp_path), CHILDREN[:19]
    nights.night(0, school_census=census(), health=few)
    assert nights.night(1, school_census=census(), health=_slipped(few, "surname")).held == ()
