"""Officers' outcomes as files: how they come, what is kept of them, and what a file may not hold."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import polars as pl
import pytest
import xlsxwriter

from data_contracts.today import day_of
from pipelines.decisions.append_only import append_only
from pipelines.decisions.outcomes import OUTCOMES_FILE, add_outcomes, read_outcomes, standing_outcomes
from pipelines.settings import SettingsError

LISTED_AT = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
TABLES = {
    "child_record": pl.DataFrame({"record_id": ["health:H1", "housing:P1", "health:H2"], "child_id": ["A", "A", "B"]}),
    "candidate": pl.DataFrame({"child_id": ["A"], "lane": ["follow up"], "likelihood": [0.93], "estimated": [0.97]}),
    "lead": pl.DataFrame(
        {
            "child_id": ["A", "C", "D", "D"],
            "spell": [1, 1, 2, 1],
            "former_ids": [None, "E;F", None, "G"],
            "records": ["health:H1", "health:H2;housing:P3", "housing:P5", "housing:P4"],
        }
    ),
    "night": pl.DataFrame({"started_at": [LISTED_AT]}),
}
HEADER = "child_id,outcome,date,reason,note\n"
WITH_HOURS = "child_id,outcome,date,hours\n"


def written(folder: Path, lines: str, header: str = HEADER) -> Path:
    file = folder / "outcomes.csv"
    file.write_text(header + lines, encoding="utf-8")
    return file


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
            "2026-07-01", HALF_PAST_MIDNIGHT - timedelta(hours=1), "it is yet to come", id="the evening before"
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


def test_outcomes_come_as_a_workbook_too(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "outcomes.xlsx") as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate((("Child id", "Outcome", "Date"), ("A", "INDEPENDENT", "2026-11-02"))):
            sheet.write_row(row, 0, cells)
    new = add_outcomes(tmp_path / "outcomes.xlsx", tmp_path, TABLES, "M. Okafor")
    assert new.select("child_id", "outcome", "outcome_on").rows() == [("A", "INDEPENDENT", date(2026, 11, 2))]


def sheets_of(path: Path, *sheets: Sequence[tuple[str, ...]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for row, cells in enumerate(rows):
                sheet.write_row(row, 0, cells)
    return path


LANE = ("Rank", "Surname", "Child id", "Outcome", "Date", "Hours")
READ_ME = [("Possibly missing education",), ("Rank", "The order proposed for looking")]


def test_the_list_itself_may_come_back_with_outcomes_beside_its_children(tmp_path: Path) -> None:
    follow_up = [LANE, ("1", "Smith", "A", "Untraced", "2026-11-02", "1.5"), (), ("2", "Okafor", "B", "", "", "")]
    moved = [LANE, ("3", "Jones", "C", "EMIGRATED_VERIFIED", "46328", "")]
    file = sheets_of(tmp_path / "candidates.xlsx", READ_ME, follow_up, moved)
    new = add_outcomes(file, tmp_path, TABLES, "M. Okafor")
    assert new.select("child_id", "outcome", "outcome_on", "hours").rows() == [
        ("A", "UNTRACED", date(2026, 11, 2), 1.5),
        ("C", "EMIGRATED_VERIFIED", date(2026, 11, 2), None),
    ]


@pytest.mark.parametrize(
    ("sheets", "told"),
    [
        pytest.param(
            [READ_ME, [LANE, (), ("1", "Smith", "A", "FOUND", "2026-11-02", "")]],
            "sheet 2, line 3: outcome: none",
            id="a fault is told with its sheet",
        ),
        pytest.param(
            [READ_ME, [LANE[:4], ("1", "Smith", "A", "UNTRACED")]],
            "none of its 2 sheets has them all: no column date. Head the columns with these names",
            id="no sheet with the columns",
        ),
        pytest.param([[], []], "there is nothing in it", id="empty sheets"),
        pytest.param(
            [
                READ_ME,
                [LANE],
                [("Taken", "over"), (*LANE, "Date"), ("1", "Smith", "A", "UNTRACED", "2026-11-02", "1", "")],
            ],
            "sheet 3, line 2: nothing was kept. The column date stands there twice",
            id="a column twice in one of the sheets",
        ),
    ],
)
def test_a_workbook_of_several_sheets_with_a_fault(
    tmp_path: Path, sheets: list[list[tuple[str, ...]]], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        add_outcomes(sheets_of(tmp_path / "found.xlsx", *sheets), tmp_path, TABLES, "M. Okafor")
    assert read_outcomes(tmp_path).is_empty()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param(
            "child_id;outcome;date;name\r\nA;On roll own;02/11/2026;Zoë\r\n", "cp1252", id="Windows, semicolons"
        ),
        pytest.param(
            "child_id\toutcome\tdate\tname\r\nA\ton roll own\t02/11/2026\tŁucja\r\n", "utf-16", id="Unicode text"
        ),
        pytest.param(
            "child_id\toutcome\tdate\tname\nA\ton-roll-own\t2026-11-02\tZoë\n", "utf-8-sig", id="tabs, with a mark"
        ),
        pytest.param("child_id,outcome,date,name\nA,ON_ROLL_OWN,02.11.2026,Zoë\n", "utf-8", id="UTF-8, commas"),
        pytest.param(
            "child_id,outcome,date\nA,ON_ROLL_OWN,02.11.2026,, \n", "utf-8", id="empty cells at the end of a line"
        ),
    ],
)
def test_outcomes_come_as_spreadsheets_save_them(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "found.csv").write_bytes(text.encode(encoding))
    new = add_outcomes(tmp_path / "found.csv", tmp_path, TABLES, "M. Okafor")
    assert new.select("child_id", "outcome", "outcome_on").rows() == [("A", "ON_ROLL_OWN", date(2026, 11, 2))]


@pytest.mark.parametrize(
    "day",
    [
        "2/11/2026",
        "02/11/26",
        "2-Nov-26",
        "02-Nov-2026",
        "2 Nov 2026",
        "2 November 2026",
        "2026-11-02 00:00:00",
        "2026/11/02",
        "02/11/2026 9:15",
        "46328",
    ],
)
def test_a_day_is_read_in_the_forms_in_which_spreadsheets_save_it(tmp_path: Path, day: str) -> None:
    new = add_outcomes(written(tmp_path, f"A,UNTRACED,{day},,\n"), tmp_path, TABLES, "M. Okafor")
    assert new["outcome_on"].to_list() == [date(2026, 11, 2)]


@pytest.mark.parametrize("day", ["2/11/202", "2 Novembre 2026", "11/26", "2026", "31/02/26", "02/11/26 or so"])
def test_what_is_no_day_in_those_forms_is_told_by_its_line(tmp_path: Path, day: str) -> None:
    with pytest.raises(SettingsError, match="line 2: date: none, or no day of the calendar"):
        add_outcomes(written(tmp_path, f"A,UNTRACED,{day},,\n"), tmp_path, TABLES, "M. Okafor")


def test_ids_and_reasons_may_be_typed_by_hand(tmp_path: Path) -> None:
    new = add_outcomes(written(tmp_path, "a,CONFIRMED CME new,2026-11-02,mental  HEALTH,\n"), tmp_path, TABLES, "M. O.")
    assert new.select("child_id", "outcome", "reason").rows() == [("A", "CONFIRMED_CME_NEW", "Mental health")]


def test_a_line_that_is_not_filled_in_yet_is_read_past(tmp_path: Path) -> None:
    file = written(tmp_path, "A,UNTRACED,2026-11-02,,\nB,,,,to do on Friday\nA, , ,,\n")
    assert add_outcomes(file, tmp_path, TABLES, "M. Okafor")["child_id"].to_list() == ["A"]


LINE = "A,UNTRACED,2026-11-02,,1"
LONG = f";;;{99 * 'x'}\n" * 1400


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(f"Week 45,,,,\n\nM. Okafor,,,,\n{{}}\n{LINE}\n", ["A"], id="a title and a name above the headers"),
        pytest.param("Week 45, all of it\nchild_id;outcome;date\nA;UNTRACED;2/11/26\n", ["A"], id="a title with commas"),
        pytest.param(f"{{}}\n{LINE}\nB,,,,\nTotal,,,,1\n,,,Sum,1\n", ["A"], id="sums under the last line"),
        pytest.param(f"{{}}\n{LINE}\n,,,,1\n", ["A"], id="a sum of hours without a word"),
        pytest.param("{}\nTotal,,,,0\n", [], id="nothing but a sum"),
        pytest.param("date,outcome,child_id\n2/11/26,UNTRACED,A\nTotal,1\n", ["A"], id="a sum that ends before the id"),
        pytest.param("child_id;outcome;date;note\nA;UNTRACED;2/11/26;so,\"no\n" + LONG, ["A"], id="a quote in a note"),
        pytest.param(f"{{}}\n{LINE}\n,,,,\n\nB,UNTRACED,2026-11-02,,\n", ["A", "B"], id="empty lines between"),
        pytest.param(f"{{}}\n{LINE}\nB,-,n/a,NULL,-\n", ["A"], id="dashes where nothing is filled in"),
        pytest.param("Child-ID,OUTCOME:,Date*,note\nA,Untraced,2/11/26,x\n", ["A"], id="headers by their letters"),
        pytest.param("{}\n a\u00a0,UNTRACED,2026-11-02,,1\n", ["A"], id="a space that nobody sees beside the id"),
        pytest.param(f"{LINE}\n{{}}\nB,UNTRACED,2026-11-02,,\n", "line 1: no column", id="headers sorted in below a child"),
        pytest.param(f"{{}}\nTotal,,,,1\n{LINE}\n", "line 2: child_id", id="a sum above a child is told"),
        pytest.param("{}\nSummer,UNTRACED,2026-11-02,,1\n", "line 2: child_id", id="a name is no sum"),
        pytest.param(
            "child_id,date,outcome,Date\nA,2026-11-02,UNTRACED,2026-11-03\n",
            "line 1: nothing was kept. The column date stands there twice",
            id="a column twice",
        ),
    ],
)  # fmt: skip
def test_a_sheet_kept_by_hand_is_read_as_people_keep_it(tmp_path: Path, text: str, read: list[str] | str) -> None:
    (tmp_path / "found.csv").write_text(text.format("child_id,outcome,date,reason,hours"), encoding="utf-8")
    if isinstance(read, str):
        with pytest.raises(SettingsError, match=read):
            add_outcomes(tmp_path / "found.csv", tmp_path, TABLES, "M. Okafor")
    else:
        assert add_outcomes(tmp_path / "found.csv", tmp_path, TABLES, "M. Okafor")["child_id"].to_list() == read


def test_a_workbook_is_one_under_another_ending_too(tmp_path: Path) -> None:
    file = sheets_of(tmp_path / "found.xlsx", [LANE, ("1", "Smith", "A", "Untraced", "2026-11-02", "1.5")])
    assert add_outcomes(file.rename(tmp_path / "found.xls"), tmp_path, TABLES, "M. Okafor")["hours"].to_list() == [1.5]


def test_the_outcomes_are_told_once_however_many_lines_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        add_outcomes(written(tmp_path, "A,FOUND,2026-11-02,,\nB,LOST,2026-11-02,,\n"), tmp_path, TABLES, "M. Okafor")
    assert str(caught.value).count("ON_ROLL_OWN") == 1
    assert "FOUND" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param("A,UNTRACED,2026-11-02,,\nX,UNTRACED,2026-11-02,,\n", "line 3: child_id: no child", id="no child"),
        pytest.param(
            "A,FOUND,2026-11-02,,\n",
            r"line 2: outcome: none, or none of.*\nThe outcomes:\n  ON_ROLL_OWN: on the roll of a school of this authority\n",
            id="no code",
        ),
        pytest.param(
            'A,UNTRACED,2026-11-02,,"a\nb"\n\nA,UNTRACED,31/11/2026,,"c\nd"\n',
            "line 5: date",
            id="line breaks in a note",
        ),
        pytest.param("A,UNTRACED,31/11/2026,,\n", "line 2: date: none, or no day of the calendar", id="no day"),
        pytest.param("A,UNTRACED,,,\n", "line 2: date: none, or no day", id="no date"),
        pytest.param("A,UNTRACED,2999-01-01,,\n", "line 2: date: it is yet to come", id="a day to come"),
        pytest.param("A,UNTRACED,02/11/1926,,\n", "line 2: date: no child of school age", id="a slip in the century"),
        pytest.param("A,UNTRACED,2026-11-02,,\nA,,2026-11-03,,\n", "line 3: outcome: none", id="a day alone"),
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
            "A,UNTRACED,2026-11-02,,\nA,DECEASED,2026-11-02,,\n", "line 3: two lines of one child", id="contradiction"
        ),
        pytest.param(
            "A,UNTRACED,2026-11-02,Unknown,\nA,UNTRACED,2026-11-02,,\nA,UNTRACED,2026-11-03,,\n",
            "line 3: two lines of one child on one day",
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
        pytest.param("%PDF-1.7 and so on", "no text but a PDF", id="a PDF called csv"),
        pytest.param("PAR1", "no text but a parquet file. Hand it in as CSV or as an Excel workbook", id="parquet"),
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
    with pytest.raises(SettingsError, match="line 2: hours: no number from 0 to 500"):
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
