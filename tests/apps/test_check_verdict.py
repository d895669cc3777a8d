"""``rollcall check`` before delivery: the same verdict in words, as JSON and as JUnit XML, and its exit code."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from defusedxml.ElementTree import fromstring

from apps.cli.main import main
from apps.cli.verdict import as_json, as_junit
from data_contracts.breach import Breach
from data_contracts.check import COULD_NOT_RUN
from data_contracts.contract import read_contracts
from pipelines.intake.receipt.receive import CheckedFile

SENTINEL = "Quillfeather"
HEADER = "RecordId,UPN,Surname,Forename,DateOfBirth,Sex,Address,Postcode,ReferredOn,ReferredBy,Concern\n"
GOOD = f"R1,,{SENTINEL},Ann,24/03/2015,F,1 High Street,ZA1 2BD,01/09/2026,Police,Not attending\n"
BAD = f",,{SENTINEL},Bo,{SENTINEL},F,1 High Street,ZA1 2BD,01/09/2026,Police,Not attending\n"


def asked(folder: Path, text: str, name: str = "referrals.csv") -> tuple[int, dict[str, Any], ET.Element]:
    """Check one file; gives the exit code, the JSON and the JUnit XML."""
    path, told, junit = folder / name, folder / "out" / "verdict.json", folder / "out" / "verdict.xml"
    told.parent.mkdir()
    path.write_text(text)
    code = main(["check", str(path), "--json", str(told), "--junit", str(junit)])
    return code, json.loads(told.read_text()), fromstring(junit.read_bytes())


def test_a_good_file_passes_every_rule(tmp_path: Path) -> None:
    code, told, junit = asked(tmp_path, HEADER + GOOD)
    assert code == 0
    assert told["stops"] is False
    assert [(f["file"], f["source"], f["verdict"], f["rows_loaded"]) for f in told["files"]] == [
        ("referrals.csv", "referrals", "loaded", 1)
    ]
    (suite,) = junit
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert int(suite.get("tests", "0")) == len(suite) > 5
    assert {"required: RecordId", "date: DateOfBirth", "row count"} <= {case.get("name") for case in suite}


def test_a_row_that_would_be_set_aside_fails_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told, junit = asked(tmp_path, HEADER + GOOD + BAD)
    assert code == 1
    (file,) = told["files"]
    assert (file["rows_read"], file["rows_loaded"], file["rows_set_aside"]) == (2, 1, 1)
    stopping = [breach for breach in file["breaches"] if breach["stops"] != "nothing"]
    assert [(b["line"], b["column"], b["rule"]) for b in stopping] == [(3, "RecordId", "required")]
    failure = junit.find(".//testcase[@name='required: RecordId']/failure")
    assert failure is not None
    assert failure.text is not None and failure.text.startswith("1 place: line 3.")
    noted = junit.find(".//testcase[@name='date: DateOfBirth']/system-out")
    assert noted is not None
    printed = capsys.readouterr().out
    assert "referrals.csv, line 3, column RecordId: required." in printed
    assert "1 row would be set aside" in printed


def test_no_form_of_the_verdict_tells_a_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, told, junit = asked(tmp_path, HEADER + GOOD + BAD)
    assert SENTINEL not in json.dumps(told) + ET.tostring(junit, encoding="unicode") + capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        pytest.param("referrals.csv", HEADER, "row count", id="no row"),
        pytest.param("referrals.csv", "", "empty file", id="nothing"),
        pytest.param("mystery.csv", HEADER + GOOD, "unknown source", id="of no source"),
    ],
)
def test_a_file_that_would_be_refused_fails(tmp_path: Path, name: str, text: str, rule: str) -> None:
    code, told, junit = asked(tmp_path, text, name)
    assert code == 1
    assert told["files"][0]["verdict"] == "refused"
    assert {failure.get("type") for failure in junit.iter("failure")} == {rule}


def test_what_cannot_be_checked_is_another_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.csv")]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_a_verdict_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "referrals.csv").write_text(HEADER + GOOD)
    assert main(["check", str(tmp_path / "referrals.csv"), "--json", str(tmp_path / "no" / "v.json")]) == 2
    assert "could not be written" in capsys.readouterr().err


def test_names_of_files_are_escaped_whatever_they_hold() -> None:
    odd = 'a<b>&"\x01\udce9\u2028.csv'
    breach = Breach("health", odd, None, "<&>]]>", COULD_NOT_RUN, "file", "It's <b> & \x00.", "Tell.")
    file = CheckedFile("health", odd, 0, 0, is_refused=True, headers={}, breaches=(breach,))
    (suite,) = fromstring(as_junit([file], read_contracts()))
    assert suite.get("name") == 'a<b>&"\ufffd\ufffd\u2028.csv'
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")
    assert json.loads(as_json([file]).encode())["files"][0]["file"] == odd


def test_a_rule_broken_on_many_lines_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "referrals.csv").write_text(HEADER + BAD * 14 + GOOD)
    assert main(["check", str(tmp_path / "referrals.csv")]) == 1
    printed = capsys.readouterr().out.splitlines()
    first = "referrals.csv, column RecordId: required, on 14 lines (2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 4 more). "
    assert (printed[0], printed[2:4]) == ("A row is set aside because of:", ["", "Noted only, and stops nothing:"])
    assert printed[1].startswith(first)
    assert sum("column DateOfBirth" in line for line in printed) == 1


def test_what_stops_nothing_but_warns_of_the_list_stands_before_what_is_only_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "referrals.csv").write_text(HEADER.replace("Address", "Dwelling") + GOOD)
    assert main(["check", str(tmp_path / "referrals.csv")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "Stops nothing, but the list would carry a warning of:"
    assert printed[1].startswith("referrals.csv, column Address: missing column. No address was read from the file")
    assert printed[3] == "Noted only, and stops nothing:"


def test_dates_in_a_form_that_nobody_agreed_are_told_once_and_how_to_write_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "referrals.csv").write_text(HEADER + GOOD * 20 + GOOD.replace("24/03/2015", "March 24 15") * 30)
    assert main(["check", str(tmp_path / "referrals.csv")]) == 1
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "column DateOfBirth" in line]
    assert "form of dates. 30 of its 50 dates (the first on line 22) are not in any form" in said
    assert "such as 24/03/2015 or 2015-03-24, with the year in four digits" in said


def test_what_is_wrong_with_several_files_alike_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "referrals.csv").write_text(HEADER + GOOD)
    for name in ("libraries.csv", "sports_clubs.csv"):
        (tmp_path / name).write_text(f"Card\n{name}\n")
    assert main(["check", str(tmp_path)]) == 1
    (said,) = (line for line in capsys.readouterr().out.splitlines() if "No contract names this file" in line)
    assert said.startswith("l….csv, s…_c….csv: unknown source. ")


def test_files_that_hold_the_same_again_are_told_by_their_own_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("referrals.csv", "referrals_2.csv", "referrals_3.csv"):
        (tmp_path / name).write_text(HEADER + GOOD)
    assert main(["check", str(tmp_path)]) == 0
    (said,) = (line for line in capsys.readouterr().out.splitlines() if "same file twice" in line)
    assert said.startswith(
        "referrals_2.csv, referrals_3.csv: same file twice. The file holds exactly what referrals.csv"
    )


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        (
            "2026-11-20_housing.csv",
            "If it is one of housing, let its name begin with housing, and put the rest behind. Name",
        ),
        ("Anytown Social Care.xlsx", "If it is one of social_care, let its name begin with social_care"),
        ("for health and housing.csv", "Name it after its source"),
        ("libraries.csv", "Name it after its source"),
    ],
)
def test_a_source_that_stands_in_a_name_behind_a_date_or_a_sender_is_told(
    tmp_path: Path, name: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "referrals.csv").write_text(HEADER + GOOD)
    (tmp_path / name).write_text("Card\nx\n")
    assert main(["check", str(tmp_path)]) == 1
    (said,) = (line for line in capsys.readouterr().out.splitlines() if "No contract names this file" in line)
    assert f"No contract names this file. {fix}" in said
    assert "A contract of your own counts once its status is active and its folder is given (--contracts)." in said


@pytest.mark.parametrize("given", ["folder", "file"])
def test_a_folder_without_a_roll_is_told_so(tmp_path: Path, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "referrals.csv").write_text(HEADER + GOOD)
    assert main(["check", str(tmp_path if given == "folder" else tmp_path / "referrals.csv")]) == 0
    printed = capsys.readouterr().out
    assert ("is a roll (school_census*.csv, school_census*.xml, school_census*.xlsx)" in printed) is (given == "folder")
