"""Lists that write the surname first, without a comma or in the forename's column: learnt from names that other lists give."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from matching.canonical.names import with_comma_behind_surname
from pipelines.intake.across_sources.name_order import (
    ENOUGH_CHILDREN,
    read_the_other_way,
    surname_first_in_words,
    with_surname_first,
)
from pipelines.intake.in_one_form.standardise import persons_of
from pipelines.intake.receipt.receive import receive
from pipelines.night import run_night
from pipelines.settings import Settings
from pipelines.store import Store
from tests.conftest import FirstNight
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
AS_AT = date(2026, 11, 20)
FORENAMES = ["Olivia", "Amelia", "Isla", "Harry", "Jack", "Noah", "Aisha", "Ibrahim"]
SURNAMES = ["Merrick", "Okonkwo", "Hadland", "Brzozowski", "Thwaite", "Rahmani"]
CHILDREN = [(first, last) for first in FORENAMES for last in SURNAMES]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Smith John Paul", "Smith, John Paul"),
        ("SMITH JOHN", "SMITH, JOHN"),
        ("Mr Smith John", "Smith, John"),
        ("De Souza Maria Ana", "De Souza, Maria Ana"),
        ("Al Hassan Omar", "Al Hassan, Omar"),
        ("Jones-Barnett Ella", "Jones-Barnett, Ella"),
        ("SMITH JONES Ann", "SMITH JONES Ann"),  # the capitals say it
        ("Smith, John", "Smith, John"),
        ("Olivia", "Olivia"),
        ("Miss Khan", "Miss Khan"),
        (None, None),
    ],
)
def test_in_a_list_with_the_surname_first_the_first_word_is_the_surname(written: str | None, read: str | None) -> None:
    name = pl.DataFrame({"name": [written]}, schema={"name": pl.String})
    assert name.select(with_comma_behind_surname(pl.col("name"))).item() == read


def housing(*names: str) -> list[dict[str, str]]:
    return [GOOD["housing"] | {"FullName": name, "PersonRef": f"HS{n:07}"} for n, name in enumerate(names)]


def referrals(*names: tuple[str, str]) -> list[dict[str, str]]:
    rows = [GOOD["referrals"] | {"Surname": last, "Forename": first, "MiddleNames": ""} for first, last in names]
    return [row | {"RecordId": f"RF{n:06}"} for n, row in enumerate(rows)]


def persons(folder: Path, lists: dict[str, list[dict[str, str]]], surname_first: tuple[str, ...] = ()) -> pl.DataFrame:
    """The person records of some lists. Each child has a home of its own."""
    for source, rows in lists.items():
        pl.DataFrame(rows).write_csv(folder / f"{source}.csv")
    as_rolls = {source: CONTRACTS[source].model_copy(update={"is_roll": True}) for source in lists}
    known = with_surname_first(as_rolls, surname_first)
    received = receive(folder, known, received_at=datetime(2026, 11, 20, 2, 30), as_at=AS_AT)
    assert set(received.deliveries["verdict"]) == {"loaded"}
    return persons_of(received.raw, known, as_at=AS_AT)


def test_names_are_read_the_other_way_in_one_cell_and_in_two(tmp_path: Path) -> None:
    lists = {
        "housing": housing("Thwaite Olivia Rose", "Thwaite, Noah"),
        "referrals": referrals(("Thwaite", "Isla May")),
    }
    read = persons(tmp_path, lists, ("housing", "referrals"))
    assert read.select("forename", "middle_names", "surname", "forename_shown", "surname_shown").rows() == [
        ("OLIVIA", "ROSE", "THWAITE", "Olivia Rose", "Thwaite"),
        ("NOAH", None, "THWAITE", "Noah", "Thwaite"),
        ("ISLA", "MAY", "THWAITE", "Isla May", "Thwaite"),
    ]


def people(source: str, children: list[tuple[str, str]], written: str) -> list[dict[str, object]]:
    """Children of a source as they were read. ``written``: forename and surname "straight"; "turned"; or "in one cell", as
    Thwaite Olivia Rose is read where the forename is expected first."""
    rows: list[dict[str, object]] = []
    for number, (first, last) in enumerate((first.upper(), last.upper()) for first, last in children):
        forename, middle, surname = {
            "straight": (first, None, last),
            "turned": (last, None, first),
            "in one cell": (last, first, "ROSE"),
            "in one cell, read the other way": ("ROSE", last, first) if number % 2 else (last, None, first),
        }[written]
        home = {"postcode": f"ZA1 {number}", "date_of_birth": date(2015, 3, 24)}
        name = {"forename": forename, "middle_names": middle, "surname": surname, "surname_parts": [surname]}
        rows.append({"record_id": f"{source}:{number}", "dataset": source, **home, **name})
    return rows


HALF = len(CHILDREN) // 2
RIGHT = [("school_census", CHILDREN, "straight"), ("health", CHILDREN, "straight")]


@pytest.mark.parametrize(
    ("lists", "so_far", "other_way"),
    [
        pytest.param(RIGHT, [], [], id="lists that are right"),
        pytest.param([*RIGHT, ("housing", CHILDREN, "in one cell")], [], ["housing"], id="one list in one cell"),
        pytest.param([*RIGHT, ("housing", CHILDREN, "turned")], [], ["housing"], id="one with exchanged columns"),
        pytest.param(
            [*RIGHT, ("housing", CHILDREN, "turned"), ("benefits", CHILDREN, "in one cell")],
            [],
            ["benefits", "housing"],
            id="two lists",
        ),
        pytest.param(
            [RIGHT[0], ("housing", CHILDREN, "turned"), ("benefits", CHILDREN, "turned")],
            [],
            ["benefits", "housing"],
            id="two lists against one: what stands for forenames are none",
        ),
        pytest.param(
            [*RIGHT, ("housing", CHILDREN[:HALF], "turned"), ("housing", CHILDREN[HALF:], "straight")],
            [],
            [],
            id="a mixed list",
        ),
        pytest.param(
            [*RIGHT, ("housing", CHILDREN[: ENOUGH_CHILDREN - 1], "turned")], [], [], id="too few children to say"
        ),
        pytest.param([*RIGHT, ("housing", CHILDREN, "straight")], ["housing"], [], id="read the other way: goes on"),
        pytest.param(
            [*RIGHT, ("housing", CHILDREN, "in one cell, read the other way")],
            ["housing"],
            ["housing"],
            id="read the other way, and right again",
        ),
    ],
)
def test_sources_are_read_the_other_way_if_others_have_nearly_all_their_children_so(
    lists: list[tuple[str, list[tuple[str, str]], str]], so_far: list[str], other_way: list[str]
) -> None:
    rows = [
        row | {"record_id": f"{row['record_id']}:{number}"}
        for number, (source, children, written) in enumerate(lists)
        for row in people(source, children, written)
    ]
    if len({source for source, _, _ in lists}) < len(lists):  # a mixed list: its second half has homes of its own
        second = len(CHILDREN) - HALF
        rows[-second:] = [row | {"postcode": f"ZA1 {HALF + number}"} for number, row in enumerate(rows[-second:])]
    schema = {"middle_names": pl.String, "date_of_birth": pl.Date}
    assert read_the_other_way(pl.DataFrame(rows, schema_overrides=schema), so_far) == other_way


def test_a_warning_names_the_source() -> None:
    (words,) = surname_first_in_words(with_surname_first(CONTRACTS, {"housing"}))
    assert words.startswith(f"{CONTRACTS['housing'].name}: this source has surnames where forenames should be")


def exchanged(extracts: Path) -> None:
    """Let the doctors' list have surnames for forenames and forenames for surnames."""
    rows = pl.read_csv(extracts / "health.csv", infer_schema=False)
    rows.with_columns(FamilyName="GivenNames", GivenNames="FamilyName").write_csv(extracts / "health.csv")


def test_it_is_held_from_night_to_night_and_a_full_night_reads_the_same(
    quick_night: FirstNight, extracts: Path, tmp_path: Path
) -> None:
    workspaces = {full: tmp_path / f"full_{full}" for full in (False, True)}
    exchanged(extracts)
    run_night(Settings(extracts=extracts, workspace=workspaces[False], as_at=AS_AT))
    shutil.copytree(workspaces[False], workspaces[True], symlinks=True)
    rows = pl.read_csv(extracts / "health.csv", infer_schema=False)
    rows.with_columns(
        Postcode=pl.when(pl.int_range(pl.len()) > 2).then("Postcode").otherwise(pl.lit("ZA1 1AA"))
    ).write_csv(extracts / "health.csv")
    names = ["record_id", "forename", "surname", "forename_shown", "surname_shown"]
    read, links = {}, {}
    for full, workspace in workspaces.items():
        run_night(Settings(extracts=extracts, workspace=workspace, as_at=AS_AT + timedelta(days=1), full=full))
        with Store(workspace, read_only=True) as store:
            read[full], links[full] = store.read("person_record"), store.read("child_record")
            assert store.read("standardised")["surname_first"].to_list() == [["health"]]
    assert read[False].equals(read[True])
    assert links[False].equals(links[True])
    with Store(quick_night.settings.workspace, read_only=True) as store:
        as_sent_right = store.read("person_record")
    assert read[False].select(names).equals(as_sent_right.select(names))
