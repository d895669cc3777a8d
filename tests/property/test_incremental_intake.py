"""Whatever is delivered from night to night, a night that works out what changed keeps what one that starts anew keeps.

Two workspaces get the same deliveries. One is run as every night is, the other with everything worked out again. After
each night, also one that is held, every table that the intake writes must be the same in both.
"""

import csv
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.contract import Contract, read_contracts
from data_contracts.marks import Outcome, read_marks
from data_contracts.parts import Column
from data_contracts.rules import Check
from pipelines.failure import NightFailed
from pipelines.night import STEPS, SilentProgress, open_night, perform
from pipelines.settings import Settings
from pipelines.store import Store
from pipelines.tables import TABLES
from tests.spec.contracts.test_contracts import GOOD

FIRST = date(2026, 9, 1)
CONTRACTS = read_contracts()
SOURCES = ("school_census", "housing", "social_care", "other_la")
INTAKE = ("receive", "completeness", "snapshot", "standardise")
NOT_COMPARED = {"night", "dated_cell"}
"""One holds when it was, the other also dates that no row has any more."""

Row = dict[str, str]
Files = dict[str, list[Row]]


DAYS_GONE = (-4000, -1500, -365, -364, -30)
DAYS = (*DAYS_GONE, 1, 2, 3, 400)
"""Days after FIRST that stand in dates: of some histories none is still to come."""


def cell(column: Column, chance: random.Random, days_from: Sequence[int]) -> str:
    """A cell as it may come: right, empty, wrong, perhaps a day still to come, or with spaces around it."""
    if column.logical_type == "date":
        days = [FIRST + timedelta(days=chance.choice(days_from)), date(1907, 1, 1)]
        written = [day.strftime(column.date_formats[0]) for day in days]
        return chance.choice([*written, written[0], "31/02/2015", "", "Left", "Unknown"])
    if column.codes:
        return chance.choice([*column.codes, *column.codes, "ZZ9"])
    texts = ["SMITH", "Jo", " Amal ", "O'Neil", "ZA1 1AA", "12 High Street", "", "1.23E+12", "Flat 1\n12 High Street"]
    return chance.choice(texts)


def row(contract: Contract, key: str, chance: random.Random, days_from: Sequence[int]) -> Row:
    """A row of a source, under a key."""
    cells = {column.header: cell(column, chance, days_from) for column in contract.columns}
    return cells | {contract.key.header: key}


def delivered(before: Files, chance: random.Random, days_from: Sequence[int]) -> Files:
    """The next night's files: rows change, come, go, move, come twice or without a key; a column is left out."""
    after: Files = {}
    for source in SOURCES:
        contract, rows = CONTRACTS[source], [dict(each) for each in before.get(source, [])]
        for _ in range(chance.choice([0, 1, 3]) if rows else 12):
            key = chance.choice(["", *(f"K{chance.randrange(40)}" for _ in range(12))])
            rows.append(row(contract, key, chance, days_from))
        for _ in range(chance.choice([0, 0, 1, 2])):
            changing = chance.choice(rows)
            column = chance.choice(contract.columns)
            if column.header in changing:
                cells = changing if column.primary_key else {column.header: cell(column, chance, days_from)}
                changing[column.header] = cells[column.header]
        if chance.random() < 0.2:
            rows.append(dict(chance.choice(rows)))
        if chance.random() < 0.5:
            rows.pop(chance.randrange(len(rows)))
        if chance.random() < 0.2:
            chance.shuffle(rows)
        if chance.random() < 0.2:
            optional = [column.header for column in contract.columns if column.may_be_absent]
            left_out = chance.choice(optional) if optional else ""
            rows = [{name: text for name, text in each.items() if name != left_out} for each in rows]
        headers = list(dict.fromkeys(name for each in rows for name in each))
        after[source] = [{name: each.get(name, "") for name in headers} for each in rows]
    return after


def put(files: Files, folder: Path, chance: random.Random) -> None:
    """Write a night's files; now and then in two parts, now and then without one that is no roll.

    A source often comes as it did: its files stay as they are, whatever ``files`` has.
    """
    again = {source for source in SOURCES if chance.random() < 0.5 and [*folder.glob(f"{source}*.csv")]}
    for source, rows in files.items():
        if source in again:
            continue
        for old in folder.glob(f"{source}*.csv"):
            old.unlink()
        if source != "school_census" and chance.random() < 0.15:
            continue
        parts = [rows[:5], rows[5:]] if chance.random() < 0.2 and len(rows) > 6 else [rows]
        for number, part in enumerate(parts):
            quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])  # other lines, same rows
            written(part, folder / f"{source}{number or ''}.csv", quoting)


def written(rows: list[Row], file: Path, quoting: int) -> None:
    """Write the rows of one file; without any, there is no file."""
    if not rows:
        file.unlink(missing_ok=True)
        return
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, list(rows[0]), quoting=quoting)
        writer.writeheader()
        writer.writerows(rows)


def run(workspace: Path, extracts: Path, as_at: date, *, full: bool) -> str:
    """The steps of the intake; returns why the night failed, where it did."""
    try:
        with open_night(Settings(extracts=extracts, workspace=workspace, as_at=as_at, full=full)) as night:
            for step in STEPS:
                if step.name in INTAKE:
                    perform(night, step, SilentProgress())
    except NightFailed as failed:
        return str(failed).replace(str(workspace), "")
    return ""


def marks_speak(marks: pl.DataFrame, _: int, checks: Mapping[int, Check]) -> dict[int, Outcome]:
    """What Great Expectations says of marks, without its seconds; tests of its own hold it to that."""
    return read_marks(marks, checks)


def kept(workspace: Path) -> dict[str, pl.DataFrame]:
    """Every table of a workspace, and the rows of every source."""
    with Store(workspace, read_only=True) as store:
        tables = {name: store.read(name) for name in TABLES if name not in NOT_COMPARED and store.has(name)}
        if "delivery" in tables:  # there is none where no row of the first night's roll could be loaded
            tables["delivery"] = tables["delivery"].drop("received_at")
        return tables | {source: store.read_raw(source).sort("record_id") for source in store.raw_sources()}


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from([1, 1, 2, 0, -1, 370]), min_size=3, max_size=4))
def test_a_night_of_what_changed_keeps_what_a_night_that_starts_anew_keeps(seed: int, steps: list[int]) -> None:
    chance = random.Random(seed)
    files: Files = {}
    earlier: list[Files] = []
    days_from = chance.choice([DAYS, DAYS_GONE, DAYS_GONE])
    as_at = FIRST
    with TemporaryDirectory() as folder:
        extracts, changed, anew = (Path(folder) / name for name in ("extracts", "changed", "anew"))
        extracts.mkdir()
        for days in (0, *steps):
            as_at += timedelta(days=days)
            files = chance.choice(earlier) if earlier and chance.random() < 0.2 else delivered(files, chance, days_from)
            earlier.append(files)
            put(files, extracts, chance)
            version = chance.choice("1112")
            with (
                patch("pipelines.software.software_fingerprint", lambda of=version: of),
                patch("data_contracts.check.ask_great_expectations", marks_speak),
            ):
                told = [run(changed, extracts, as_at, full=False), run(anew, extracts, as_at, full=True)]
            assert told[0] == told[1]
            left, right = kept(changed), kept(anew)
            assert left.keys() == right.keys()
            assert [name for name in left if not left[name].equals(right[name])] == []


def test_rows_that_stay_in_the_store_while_a_night_is_run_again_without_their_file_are_dated_by_what_they_say_now(
    tmp_path: Path,
) -> None:
    chance = random.Random(1)
    pupil, tenant = (
        row(CONTRACTS[source], "K1", chance, DAYS_GONE) | {"DateOfBirth": "06/05/2014", "BirthDate": "06/05/2014"}
        for source in ("school_census", "housing")
    )
    before, changed = (
        {"school_census": [pupil | {"EntryDate": "2026-08-28"}], "housing": [tenant | {"Address": home}]}
        for home in ("12 High Street", "9 Low Road")
    )
    extracts, kept_on, anew = (tmp_path / name for name in ("extracts", "kept", "anew"))
    extracts.mkdir()
    without = {"school_census": changed["school_census"], "housing": []}
    for days, files in ((0, before), (1, changed), (1, without), (1, changed)):
        for source, rows in files.items():
            written(rows, extracts / f"{source}.csv", csv.QUOTE_MINIMAL)
        for workspace, full in ((kept_on, False), (anew, True)):
            assert run(workspace, extracts, FIRST + timedelta(days=days), full=full) == ""
    with Store(kept_on, read_only=True) as left, Store(anew, read_only=True) as right:
        assert left.read("snapshot").equals(right.read("snapshot"))
        assert left.read("snapshot").filter(source="housing").height == 2


def test_how_unknown_ends_are_read_is_asked_anew_each_night_of_all_rows_of_a_school(tmp_path: Path) -> None:
    """Few of them say that pupils have left, and many say nothing; and most rows of either night are known from the last."""
    extracts, kept_on, anew = (tmp_path / name for name in ("extracts", "kept", "anew"))
    extracts.mkdir()
    for day, without in enumerate((30, 12, 13, 28)):
        ends = [*[""] * without, *["2030-07-19"] * (30 - without), *["Unknown"] * 5, "N", "2026-07-17", "2025-07-18"]
        sent = [
            GOOD["school_census"] | {"RecordId": f"K{number:03}", "LeavingDate": end} for number, end in enumerate(ends)
        ]
        written(sent, extracts / "school_census.csv", csv.QUOTE_MINIMAL)
        told = [run(space, extracts, FIRST + timedelta(days=day), full=space == anew) for space in (kept_on, anew)]
        assert told == ["", ""]
        left, right = kept(kept_on), kept(anew)
        assert [name for name in left if not left[name].equals(right[name])] == []
        of_no_day = left["statement"].filter(pl.col("since_on").is_null(), kind="left")
        assert of_no_day["record_id"].n_unique() == (5 if without > 20 else 0)
