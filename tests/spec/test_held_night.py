"""Nights on files that are not complete: held or stamped, overruled by a named person, and the pupils who vanish."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.failure import HELD, NightFailed
from pipelines.night import RunReport, run_night
from pipelines.store import Store
from pipelines.written_dates import day_written
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT

MONDAY = 3
"""Days after ``AS_AT``, a Friday."""

Row = dict[str, str]


def _rows(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def _rewritten(path: Path, change: Callable[[list[Row]], list[Row]]) -> None:
    rows = _rows(path)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(change(rows))
    path.write_text(text.getvalue(), "utf-8")


def _half_of_the_schools(rows: list[Row]) -> list[Row]:
    schools = sorted({row["Estab"] for row in rows})
    return [row for row in rows if row["Estab"] in schools[::2]]


def _with_other_children(rows: list[Row]) -> list[Row]:
    """Every name under the key of another child, as where a new system counts from one again."""
    return [{**row, "FamilyName": other["FamilyName"]} for row, other in zip(rows, rows[1:] + rows[:1], strict=True)]


@pytest.fixture
def night(quick_night: FirstNight, workspace: Path, extracts: Path) -> Callable[[int], RunReport]:
    """Runs the night so many days after the one that has published, on the spoilt extracts."""

    def run(after: int) -> RunReport:
        changed = {"workspace": workspace, "extracts": extracts, "as_at": AS_AT + timedelta(days=after)}
        return run_night(quick_night.settings.model_copy(update=changed))

    return run


def _listed(report: RunReport) -> pl.DataFrame:
    return pl.read_parquet(report.published / "candidates.parquet")


def test_half_of_the_schools_missing_holds_the_night_until_the_file_is_whole(
    night: Callable[[int], RunReport], quick_night: FirstNight, workspace: Path, extracts: Path
) -> None:
    published, before = workspace / "published", quick_night.published.name
    stood = (published / before / "candidates.csv").read_bytes()
    _rewritten(extracts / "school_census.csv", _half_of_the_schools)
    with pytest.raises(NightFailed, match=r"school_census\.csv: .* schools or other units .* are gone") as failed:
        night(MONDAY)
    assert failed.value.exit_code == HELD
    assert f"The list of {day_written(AS_AT)} stays in use, marked as stale." in str(failed.value)
    assert (published / "latest").resolve().name == before
    assert (published / before / "candidates.csv").read_bytes() == stood
    mark = json.loads((published / "stale.json").read_text("utf-8"))
    assert (mark["stale"], mark["list"], mark["since"]) == (True, before, str(AS_AT + timedelta(days=MONDAY)))
    assert mark["reasons"][0] in (published / "STALE.txt").read_text("utf-8")
    assert {(published / name).stat().st_mode & 0o777 for name in ("stale.json", "STALE.txt")} == {0o600}
    with Store(workspace, read_only=True) as store:
        assert "holds" in store.read("completeness")["outcome"].to_list(), "what was found is kept"

    shutil.copy(quick_night.settings.extracts / "school_census.csv", extracts)
    report = night(MONDAY)
    assert not (published / "stale.json").exists()
    assert not (published / "STALE.txt").exists()
    text = (report.published / "WARNINGS.txt").read_text("utf-8")
    assert "health.csv: this is the file of 20 November 2026 again" in text
    run = json.loads((report.published / "run.json").read_text("utf-8"))
    assert list(report.warnings) == run["warnings"] == [line[2:] for line in text.splitlines()[1:]]
    assert "health.csv: this is the file of" in (report.published / "match_report.html").read_text("utf-8")


def test_a_named_person_overrules_from_the_command_line(
    night: Callable[[int], RunReport], workspace: Path, extracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _rewritten(extracts / "school_census.csv", lambda rows: rows[: len(rows) // 2])
    tonight = ["night", "--plain", "--extracts", str(extracts), "--workspace", str(workspace), "--as-at", "2026-11-21"]
    _rewritten(extracts / "health.csv", _with_other_children)
    assert main(tonight) == HELD
    assert "--accept health --accept school_census --why" in capsys.readouterr().err
    one, other = ["--accept", "school_census.csv"], ["--accept", "health"]
    assert main([*tonight, *one, "--why", "half has left", "--by", "A. Lee"]) == HELD, "the other holds it still"
    accepted = [*one, *other, "--why", "half of the schools have left us", "--by", "A. Lee"]
    assert main([*tonight, *accepted]) == 0
    assert "Accepted by A. Lee." in capsys.readouterr().out
    run = json.loads((workspace / "published" / "2026-11-21" / "run.json").read_text("utf-8"))
    told = {(given["file"], given["by"], given["why"]) for given in run["acceptances"]}
    why = ("A. Lee", "half of the schools have left us")
    assert told == {("school_census.csv", *why), ("health", *why)}
    assert main([*tonight, "--why", "no file"]) != 0


def test_a_pupil_who_vanishes_from_the_roll_is_listed_until_the_entry_comes_again(
    night: Callable[[int], RunReport], quick_night: FirstNight, extracts: Path
) -> None:
    explained = pl.read_parquet(quick_night.published / "explained.parquet").filter(reason="provision")
    key = explained.filter(~pl.col("records").str.contains(";")).sort("record_id")["record_id"][0].split(":")[1]
    record = f"school_census:{key}"
    _rewritten(extracts / "school_census.csv", lambda rows: [row for row in rows if row["RecordId"] != key])
    report = night(1)
    assert report.counts["snapshot"]["went"] == report.counts["snapshot"]["vanished"] == 1
    (found,) = _listed(report).filter(pl.col("records").str.contains(record, literal=True)).to_dicts()
    assert found["last_seen_on"] == AS_AT
    assert "vanished from the roll with no readable leaving date, last there on 20 November 2026" in found["because"]
    assert "ended on 20 November 2026 (yesterday)" in found["because"]

    shutil.copy(quick_night.settings.extracts / "school_census.csv", extracts)
    again = night(2)
    assert again.counts["snapshot"]["vanished"] == 0
    assert _listed(again).filter(pl.col("records").str.contains(record, literal=True)).is_empty()


def test_a_row_set_aside_is_told_by_sender_goes_on_as_last_read_and_comes_in_when_it_is_mended(
    night: Callable[[int], RunReport], quick_night: FirstNight, workspace: Path, extracts: Path
) -> None:
    key = _rows(extracts / "school_census.csv")[0]["RecordId"]
    _rewritten(
        extracts / "school_census.csv",
        lambda rows: [row | {"Surname": "", "Forename": ""} if row["RecordId"] == key else row for row in rows],
    )
    report = night(1)
    assert report.counts["receive"]["rows_set_aside"] == report.counts["snapshot"]["standing_in"] == 1
    page = (report.published / "match_report.html").read_text("utf-8")
    assert "1 row set aside: School census 1." in page
    assert (report.published / "set_aside" / "school_census.csv").exists()
    with Store(workspace, read_only=True) as store:
        assert f"school_census:{key}" in store.read("person_record")["record_id"].to_list()

    shutil.copy(quick_night.settings.extracts / "school_census.csv", extracts)
    mended = night(2)
    assert mended.counts["receive"]["rows_set_aside"] == mended.counts["snapshot"]["standing_in"] == 0
    assert not (mended.published / "set_aside").exists()
