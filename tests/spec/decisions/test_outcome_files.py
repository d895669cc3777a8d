"""Officers' outcomes as files: how they come, what is kept of them, and what a file may not hold."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from data_contracts.today import day_of
from pipelines.decisions.append_only import append_only
from pipelines.decisions.outcomes import OUTCOMES_FILE, add_outcomes, read_outcomes, standing_outcomes
from pipelines.settings import SettingsError
from tests.made.outcome_files import LISTED_AT, TABLES, written

WITH_HOURS = "child_id,outcome,date,hours\n"


def test_outcomes_are_kept_without_their_notes_and_read_twice_only_once(tmp_path: Path) -> None:
    file = written(tmp_path, "A,on_roll_own,02/11/2026,,the aunt said so\nB,UNTRACED,2026-11-03,Mental health,\n")
    assert add_outcomes(file, tmp_path, TABLES, "M. Okafor").height == 2
    assert add_outcomes(file, tmp_path, TABLES, "M. Okafor").is_empty()
    kept = read_outcomes(tmp_path)
    assert kept.drop("at").rows() == [
        (
            "A",
            "ON_ROLL_OWN",
            date(2026, 11, 2),
            None,
            "M. Okafor",
            "follow up",
            0.93,
            0.97,
            0.45,
            "health:H1;housing:P1",
            None,
            LISTED_AT,
        ),
        (
            "B",
            "UNTRACED",
            date(2026, 11, 3),
            "Mental health",
            "M. Okafor",
            None,
            None,
            None,
            None,
            "health:H2",
            None,
            LISTED_AT,
        ),
    ]
    stored = (tmp_path / OUTCOMES_FILE).read_bytes()
    assert b"aunt" not in stored
    assert (tmp_path / OUTCOMES_FILE).stat().st_mode & 0o777 == 0o600


def test_a_file_handed_in_many_times_at_once_is_kept_once(tmp_path: Path) -> None:
    file = written(tmp_path, "A,UNTRACED,2026-11-02,,\nB,UNTRACED,2026-11-03,Mental health,\n")
    at_once = Barrier(8)

    def hand_in(_: int) -> int:
        at_once.wait()
        return add_outcomes(file, tmp_path, TABLES, "M. Okafor").height

    with ThreadPoolExecutor(8) as people:
        assert sorted(people.map(hand_in, range(8))) == [0] * 7 + [2]
    assert read_outcomes(tmp_path)["child_id"].to_list() == ["A", "B"]


HALF_PAST_MIDNIGHT = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
"""On 1 July, in summer time."""


@pytest.mark.parametrize(
    ("found_on", "now", "told"),
    [
        pytest.param("2026-07-01", HALF_PAST_MIDNIGHT, None, id="today"),
        pytest.param(
            "2026-07-01", HALF_PAST_MIDNIGHT - timedelta(hours=1), "it is in the future", id="the evening before"
        ),
        pytest.param("2008-07-01", HALF_PAST_MIDNIGHT, None, id="eighteen years ago"),
        pytest.param("2008-06-30", HALF_PAST_MIDNIGHT, "no child of school age was born", id="a day more"),
    ],
)
def test_an_outcome_is_of_the_last_eighteen_years_and_today_is_not_to_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found_on: str, now: datetime, told: str | None
) -> None:
    monkeypatch.setattr("pipelines.decisions.outcomes.today", lambda: day_of(now))
    file = written(tmp_path, f"A,UNTRACED,{found_on},,\n")
    if told is None:
        assert add_outcomes(file, tmp_path, TABLES, "M. Okafor").height == 1
    else:
        with pytest.raises(SettingsError, match=f"date: {told}"):
            add_outcomes(file, tmp_path, TABLES, "M. Okafor")


@pytest.mark.parametrize(
    ("child", "records"),
    [
        pytest.param("A", "health:H1;housing:P1", id="of the last night: the records it has"),
        pytest.param("C", "health:H2;housing:P3", id="gone from every extract: the records it had when it was listed"),
        pytest.param("F", "health:H2;housing:P3", id="by another id since: the records of its lead"),
        pytest.param("D", "housing:P5", id="listed twice: the records of the last time"),
        pytest.param("G", "housing:P4", id="by another id since the first time"),
    ],
)
def test_a_child_that_was_on_the_list_may_be_told_by_the_id_it_had(tmp_path: Path, child: str, records: str) -> None:
    new = add_outcomes(written(tmp_path, f"{child},UNTRACED,2026-11-02,,\n"), tmp_path, TABLES, "M. Okafor")
    assert new.select("child_id", "records").rows() == [(child, records)]


def test_the_outcomes_are_told_once_however_many_lines_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        add_outcomes(written(tmp_path, "A,FOUND,2026-11-02,,\nB,LOST,2026-11-02,,\n"), tmp_path, TABLES, "M. Okafor")
    assert str(caught.value).count("ON_ROLL_OWN") == 1
    assert "FOUND" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(
            "A,UNTRACED,2026-11-02,,\nX,UNTRACED,2026-11-02,,\n", "line 3: child_id: no such child", id="no child"
        ),
        pytest.param(
            "A,FOUND,2026-11-02,,\n",
            r"line 2: outcome: empty, or not one of.*\nThe outcomes:\n  ON_ROLL_OWN: on the roll of a school of this "
            r"authority\n",
            id="no code",
        ),
        pytest.param(
            'A,UNTRACED,2026-11-02,,"a\nb"\n\nA,UNTRACED,31/11/2026,,"c\nd"\n',
            "line 5: date",
            id="line breaks in a note",
        ),
        pytest.param("A,UNTRACED,31/11/2026,,\n", "line 2: date: empty, or not a real date", id="no day"),
        pytest.param("A,UNTRACED,,,\n", "line 2: date: empty, or not a real date", id="no date"),
        pytest.param("A,UNTRACED,2999-01-01,,\n", "line 2: date: it is in the future", id="a day to come"),
        pytest.param("A,UNTRACED,02/11/1926,,\n", "line 2: date: no child of school age", id="a slip in the century"),
        pytest.param("A,UNTRACED,2026-11-02,,\nA,,2026-11-03,,\n", "line 3: outcome: empty", id="a day alone"),
        pytest.param(
            "A,on roll,2026-11-02,,\n",
            r"line 2: .*outcomes\. Perhaps (ON_ROLL_OWN or ON_ROLL_OTHER_LA|ON_ROLL_OTHER_LA or ON_ROLL_OWN) is meant\.",
            id="half an outcome",
        ),
        pytest.param(
            "A,Quackenbush,2026-11-02,,\n", r"one of the known outcomes\.\nThe", id="no outcome at all, not repeated"
        ),
        pytest.param(
            "A,UNTRACED,2026-11-02,,\nA,UNTRACED,2026-11-03,1,5,no\n",
            "line 3: it has 6 cells, and the line of headers 5",
            id="a comma without quotes",
        ),
        pytest.param(
            "A,UNTRACED,2026-11-02,,\n" + "A,UNTRACED,2026-11-03,1,5,no\n" * 33,
            r"line 32: it has 6 cells, and the line of headers 5\.\n  and 3 more$",
            id="more of them than are told",
        ),
        pytest.param("A,UNTRACED,2026-11-02,bored,\n", "line 2: reason: not one of the department's", id="own reason"),
        pytest.param(
            "A,UNTRACED,2026-11-02,,\nA,DECEASED,2026-11-02,,\n", "line 3: two lines for one child", id="contradiction"
        ),
        pytest.param(
            "A,UNTRACED,2026-11-02,Unknown,\nA,UNTRACED,2026-11-02,,\nA,UNTRACED,2026-11-03,,\n",
            "line 3: two lines for one child on one day",
            id="a reason in one line and not in the other",
        ),
    ],
)
def test_a_file_with_a_fault_is_refused_by_line_and_nothing_is_kept(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        add_outcomes(written(tmp_path, lines), tmp_path, TABLES, "M. Okafor")
    assert read_outcomes(tmp_path).is_empty()
    assert "bored" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        pytest.param("child_id,outcome\nA,UNTRACED\n", "no column date", id="no date column"),
        pytest.param("\x00\xffA,UNTRACED\n", "nothing was kept. The file holds NUL characters", id="no text at all"),
        pytest.param('child_id,outcome,date\nA,"' + 140_000 * "x", "A quote in it is never closed", id="an open quote"),
        pytest.param("A,UNTRACED,2026-11-02\n", "line 1: no column child_id", id="no headers"),
        pytest.param("", "there is nothing in it", id="an empty file"),
        pytest.param("%PDF-1.7 and so on", "not text but a PDF", id="a PDF called csv"),
        pytest.param("PAR1", "not text but a parquet file. Hand it in as CSV or as an Excel workbook", id="parquet"),
    ],
)
def test_a_file_that_is_no_list_of_outcomes(tmp_path: Path, header: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        add_outcomes(written(tmp_path, "", header), tmp_path, TABLES, "M. Okafor")


@pytest.mark.parametrize(("written_as", "hours"), [("2.5", 2.5), ('"1,5"', 1.5), ("0", 0.0), ("", None)])
def test_hours_are_kept_where_they_are_said(tmp_path: Path, written_as: str, hours: float | None) -> None:
    add_outcomes(written(tmp_path, f"A,UNTRACED,2026-11-02,{written_as}\n", WITH_HOURS), tmp_path, TABLES, "M. Okafor")
    assert read_outcomes(tmp_path)["hours"].to_list() == [hours]


@pytest.mark.parametrize("hours", ["-1", "a lot", "501", "1:30", "inf"])
def test_hours_that_cannot_be_are_refused_by_line(tmp_path: Path, hours: str) -> None:
    with pytest.raises(SettingsError, match="line 2: hours: not a number from 0 to 500"):
        add_outcomes(written(tmp_path, f"A,UNTRACED,2026-11-02,{hours}\n", WITH_HOURS), tmp_path, TABLES, "M. Okafor")


def test_a_line_handed_in_again_with_its_hours_is_kept_and_stands(tmp_path: Path) -> None:
    add_outcomes(written(tmp_path, "A,UNTRACED,2026-11-02,\n", WITH_HOURS), tmp_path, TABLES, "M. Okafor")
    again = written(tmp_path, "A,UNTRACED,2026-11-02,3\nA,UNTRACED,2026-11-02,3\n", WITH_HOURS)
    assert add_outcomes(again, tmp_path, TABLES, "M. Okafor").height == 1
    assert standing_outcomes(read_outcomes(tmp_path))["hours"].to_list() == [3.0]


def test_outcomes_that_an_earlier_version_kept_are_read_on(tmp_path: Path) -> None:
    before = (
        "child_id text not null, outcome text not null, outcome_on text not null, reason text, by text not null, "
        "at text not null, lane text, likelihood real, records text not null"
    )
    with append_only(tmp_path / OUTCOMES_FILE, {"outcome": before}) as connection:
        connection.execute(
            "insert into outcome values ('A', 'UNTRACED', '2026-09-01', null, 'M. Okafor', "
            "'2026-09-02T08:00:00.000000+00:00', 'follow up', 0.9, 'health:H1')"
        )
    add_outcomes(written(tmp_path, "A,INDEPENDENT,2026-11-02,1\n", WITH_HOURS), tmp_path, TABLES, "M. Okafor")
    assert read_outcomes(tmp_path).select("outcome", "hours").rows() == [("UNTRACED", None), ("INDEPENDENT", 1.0)]


def test_who_hands_them_in_must_be_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--by"):
        add_outcomes(written(tmp_path, "A,UNTRACED,2026-11-02,,\n"), tmp_path, TABLES, "  ")


def test_what_was_kept_cannot_be_changed(tmp_path: Path) -> None:
    add_outcomes(written(tmp_path, "A,UNTRACED,2026-11-02,,\n"), tmp_path, TABLES, "M. Okafor")
    connection = sqlite3.connect(tmp_path / OUTCOMES_FILE)
    for change in ("update outcome set outcome = 'DECEASED'", "delete from outcome"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(change)
    connection.close()
