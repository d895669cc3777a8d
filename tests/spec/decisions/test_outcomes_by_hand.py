"""Lists of outcomes as people keep them: workbooks, the list itself, sheets kept by hand."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from pipelines.decisions.outcomes import add_outcomes, read_outcomes
from pipelines.settings import SettingsError
from tests.made.outcome_files import TABLES, written


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
            "sheet 2, line 3: outcome: empty",
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
            "sheet 3, line 2: nothing was kept. The column date is there twice",
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
    with pytest.raises(SettingsError, match="line 2: date: empty, or not a real date"):
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
        pytest.param(
            "Week 45, all of it\nchild_id;outcome;date\nA;UNTRACED;2/11/26\n", ["A"], id="a title with commas"
        ),
        pytest.param(f"{{}}\n{LINE}\nB,,,,\nTotal,,,,1\n,,,Sum,1\n", ["A"], id="sums under the last line"),
        pytest.param(f"{{}}\n{LINE}\n,,,,1\n", ["A"], id="a sum of hours without a word"),
        pytest.param("{}\nTotal,,,,0\n", [], id="nothing but a sum"),
        pytest.param("date,outcome,child_id\n2/11/26,UNTRACED,A\nTotal,1\n", ["A"], id="a sum that ends before the id"),
        pytest.param('child_id;outcome;date;note\nA;UNTRACED;2/11/26;so,"no\n' + LONG, ["A"], id="a quote in a note"),
        pytest.param(f"{{}}\n{LINE}\n,,,,\n\nB,UNTRACED,2026-11-02,,\n", ["A", "B"], id="empty lines between"),
        pytest.param(f"{{}}\n{LINE}\nB,-,n/a,NULL,-\n", ["A"], id="dashes where nothing is filled in"),
        pytest.param("Child-ID,OUTCOME:,Date*,note\nA,Untraced,2/11/26,x\n", ["A"], id="headers by their letters"),
        pytest.param("{}\n a\u00a0,UNTRACED,2026-11-02,,1\n", ["A"], id="a space that nobody sees beside the id"),
        pytest.param(
            f"{LINE}\n{{}}\nB,UNTRACED,2026-11-02,,\n", "line 1: no column", id="headers sorted in below a child"
        ),
        pytest.param(f"{{}}\nTotal,,,,1\n{LINE}\n", "line 2: child_id", id="a sum above a child is told"),
        pytest.param("{}\nSummer,UNTRACED,2026-11-02,,1\n", "line 2: child_id", id="a name is no sum"),
        pytest.param(
            "child_id,date,outcome,Date\nA,2026-11-02,UNTRACED,2026-11-03\n",
            "line 1: nothing was kept. The column date is there twice",
            id="a column twice",
        ),
    ],
)
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
