"""Officers' outcomes: what closes, what does not, what brings a child back, and what a file may not hold."""

import re
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pipelines.append_only import append_only
from pipelines.outcome_yield import outcome_yield, yield_words
from pipelines.outcomes import CODES, OUTCOME, OUTCOMES_FILE, add_outcomes, kept_open, read_outcomes, standing
from pipelines.publish.masking import masked
from pipelines.publish.match_report import match_report_html
from pipelines.rank import CLOSED, Ranked, rank
from pipelines.rank_settings import RankSettings
from pipelines.settings import SettingsError
from tests.made.children import AS_AT, SOURCE_NAMES, Drawn
from tests.made.publication import made_publication

CLOSED_ON = date(2026, 10, 1)


def outcome(
    code: str, on: date = CLOSED_ON, child: str = "A", records: str = "health:H1", **more: object
) -> pl.DataFrame:
    row = {
        "child_id": child, "outcome": code, "outcome_on": on, "by": "M. Okafor", "at": datetime(2026, 10, 2, tzinfo=UTC),
        "lane": "follow up", "likelihood": 0.95, "records": records, **more,
    }  # fmt: skip
    return pl.DataFrame([row], schema=OUTCOME)


def ranked(drawn: Drawn, outcomes: pl.DataFrame) -> Ranked:
    settings = RankSettings()
    return rank(**drawn.tables(), as_at=AS_AT, settings=settings, source_names=SOURCE_NAMES, outcomes=outcomes)


def lead() -> Drawn:
    return Drawn().record("health:H1", "A").says("health:H1", "seen", since=date(2026, 9, 1)).lives("A", 0.95)


@pytest.mark.parametrize("code", [pytest.param(code, id=code) for code in CODES])
def test_a_closing_outcome_takes_the_child_off_the_list_and_no_other_does(code: str) -> None:
    found = ranked(lead(), outcome(code))
    closes = code not in (
        "UNDER_ENQUIRY", "UNTRACED", "EMIGRATED_UNVERIFIED", "CONFIRMED_CME_NEW", "ALREADY_KNOWN_CME"
    )  # fmt: skip
    assert found.candidates.height == (not closes)
    assert found.explained["reason"].to_list() == ([CLOSED] if closes else [])


def test_the_reason_stands_in_explained() -> None:
    found = ranked(lead(), outcome("INDEPENDENT")).explained
    assert found["why"].item() == (
        "An officer closed this on 1 October 2026: at an independent school. Nothing has changed since."
    )
    assert found["likelihood"].item() == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(lambda d: d.says("health:H1", "seen", since=date(2026, 11, 2)),
                     "seen by GP registrations on 2 November 2026", id="seen since"),
        pytest.param(lambda d: d.record("housing:P1", "A"), "a new record housing:P1", id="a new record"),
        pytest.param(lambda d: d.says("health:H1", "seen", since=CLOSED_ON), None, id="seen on the day itself"),
        pytest.param(lambda d: d.says("health:H1", "seen", since=date(2027, 1, 1)), None, id="a day yet to come"),
        pytest.param(lambda d: d.says("health:H1", "concern", "child in need", date(2024, 1, 1)), None, id="an old concern"),
    ],
)  # fmt: skip
def test_what_brings_a_closed_child_back(change: object, told: str | None) -> None:
    drawn = lead()
    assert callable(change)
    change(drawn)
    found = ranked(drawn, outcome("MOVED_OTHER_LA_CONFIRMED")).candidates
    assert found.height == (told is not None)
    if told:
        assert (
            found["because"]
            .item()
            .startswith(
                "An officer closed this on 1 October 2026: moved, as the receiving authority confirms. "
                f"Back on the list, as since then: {told}."
            )
        )


def test_the_latest_outcome_counts() -> None:
    both = pl.concat([outcome("INDEPENDENT"), outcome("UNTRACED", date(2026, 11, 1))])
    assert ranked(lead(), both).candidates.height == 1
    assert ranked(lead(), both.reverse()).candidates.height == 1


def test_a_child_with_another_id_is_found_by_its_records() -> None:
    assert ranked(lead(), outcome("INDEPENDENT", child="OLD")).candidates.is_empty()


def test_a_child_in_education_is_explained_by_that_and_not_by_an_old_outcome() -> None:
    drawn = lead().record("school_census:C1", "A").on_roll("school_census:C1", date(2026, 11, 3))
    assert ranked(drawn, outcome("INDEPENDENT")).explained["reason"].to_list() == ["provision"]


TABLES = {
    "child_record": pl.DataFrame({"record_id": ["health:H1", "housing:P1", "health:H2"], "child_id": ["A", "A", "B"]}),
    "candidate": pl.DataFrame({"child_id": ["A"], "lane": ["follow up"], "likelihood": [0.93]}),
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
        ("A", "ON_ROLL_OWN", date(2026, 11, 2), None, "M. Okafor", "follow up", 0.93, "health:H1;housing:P1", None),
        ("B", "UNTRACED", date(2026, 11, 3), "Mental health", "M. Okafor", None, None, "health:H2", None),
    ]
    stored = (tmp_path / OUTCOMES_FILE).read_bytes()
    assert b"aunt" not in stored
    assert (tmp_path / OUTCOMES_FILE).stat().st_mode & 0o777 == 0o600


def test_outcomes_come_as_a_workbook_too(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "outcomes.xlsx") as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate((("Child id", "Outcome", "Date"), ("A", "INDEPENDENT", "2026-11-02"))):
            sheet.write_row(row, 0, cells)
    new = add_outcomes(tmp_path / "outcomes.xlsx", tmp_path, TABLES, "M. Okafor")
    assert new.select("child_id", "outcome", "outcome_on").rows() == [("A", "INDEPENDENT", date(2026, 11, 2))]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param("A,UNTRACED,2026-11-02,,\nX,UNTRACED,2026-11-02,,\n", "line 3: child_id: no child", id="no child"),
        pytest.param("A,FOUND,2026-11-02,,\n", "line 2: outcome: no code. Use one of ON_ROLL_OWN", id="no code"),
        pytest.param("A,UNTRACED,31/11/2026,,\n", "line 2: date: no day of the calendar", id="no day"),
        pytest.param("A,UNTRACED,,,\n", "line 2: date: no day of the calendar", id="no date"),
        pytest.param("A,UNTRACED,2999-01-01,,\n", "line 2: date: it is yet to come", id="a day to come"),
        pytest.param("A,UNTRACED,2026-11-02,bored,\n", "line 2: reason: not one of the department's", id="own reason"),
        pytest.param("A,UNTRACED,2026-11-02,,\nA,DECEASED,2026-11-02,,\n", "line 3: two outcomes", id="contradiction"),
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
        pytest.param("child_id,outcome\n", "no column date", id="no date column"),
        pytest.param("\x00\xff", "no column", id="no table at all"),
    ],
)
def test_a_file_that_is_no_list_of_outcomes(tmp_path: Path, header: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        add_outcomes(written(tmp_path, "A,UNTRACED\n", header), tmp_path, TABLES, "M. Okafor")


@pytest.mark.parametrize(
    ("written_as", "hours"),
    [
        pytest.param("2.5", 2.5, id="two and a half"),
        pytest.param('"1,5"', 1.5, id="a comma for the point"),
        pytest.param("0", 0.0, id="none"),
        pytest.param("", None, id="not said"),
    ],
)
def test_hours_are_kept_where_they_are_said(tmp_path: Path, written_as: str, hours: float | None) -> None:
    add_outcomes(written(tmp_path, f"A,UNTRACED,2026-11-02,{written_as}\n", WITH_HOURS), tmp_path, TABLES, "M. Okafor")
    assert read_outcomes(tmp_path)["hours"].to_list() == [hours]


@pytest.mark.parametrize("hours", ["-1", "a lot", "501", "nan"])
def test_hours_that_cannot_be_are_refused_by_line(tmp_path: Path, hours: str) -> None:
    with pytest.raises(SettingsError, match="line 2: hours: no number from 0 to 500"):
        add_outcomes(written(tmp_path, f"A,UNTRACED,2026-11-02,{hours}\n", WITH_HOURS), tmp_path, TABLES, "M. Okafor")


def test_a_line_handed_in_again_with_its_hours_is_kept_and_stands(tmp_path: Path) -> None:
    add_outcomes(written(tmp_path, "A,UNTRACED,2026-11-02,\n", WITH_HOURS), tmp_path, TABLES, "M. Okafor")
    again = written(tmp_path, "A,UNTRACED,2026-11-02,3\nA,UNTRACED,2026-11-02,3\n", WITH_HOURS)
    assert add_outcomes(again, tmp_path, TABLES, "M. Okafor").height == 1
    assert standing(read_outcomes(tmp_path))["hours"].to_list() == [3.0]


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


@pytest.mark.parametrize(
    ("outcomes", "in_hand"),
    [
        pytest.param([("UNDER_ENQUIRY", CLOSED_ON)], ["UNDER_ENQUIRY"], id="being looked into"),
        pytest.param([("UNTRACED", CLOSED_ON)], ["UNTRACED"], id="not traced yet"),
        pytest.param([("CONFIRMED_CME_NEW", CLOSED_ON)], ["CONFIRMED_CME_NEW"], id="missing education"),
        pytest.param(
            [("UNDER_ENQUIRY", CLOSED_ON), ("EHE_SUITABLE", date(2026, 10, 9))], [], id="closed by what was found"
        ),
        pytest.param([("UNDER_ENQUIRY", date(2026, 12, 1))], [], id="a day yet to come"),
        pytest.param([], [], id="nobody has looked"),
    ],
)
def test_a_child_in_an_officers_hand_until_an_outcome_closes(
    outcomes: list[tuple[str, date]], in_hand: list[str]
) -> None:
    given = pl.concat([OUTCOME.to_frame(), *(outcome(code, on, child="OLD") for code, on in outcomes)])
    found = kept_open(given, lead().tables()["child_records"], AS_AT)
    assert found["outcome"].to_list() == in_hand
    assert found["child_id"].to_list() == ["A"] * len(in_hand)


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


def test_the_yield_by_lane_band_and_source() -> None:
    found = outcome_yield(
        pl.concat(
            [
                outcome("CONFIRMED_CME_NEW", records="health:H1;housing:P1"),
                outcome("INDEPENDENT", child="B", likelihood=0.6, records="health:H2"),
                outcome("UNTRACED", child="C", lane=None, likelihood=None, records="housing:P3;housing:P4"),
                outcome("UNTRACED", date(2026, 9, 1)),
            ]
        )
    )
    counted = {(row[0], row[1]): row[2:6] for row in found.rows()}
    assert counted == {
        ("all", "all"): (3, 1, 1, 1),
        ("lane", "follow up"): (2, 1, 1, 0),
        ("lane", "not on the list"): (1, 0, 0, 1),
        ("likelihood", "90% and more"): (1, 1, 0, 0),
        ("likelihood", "50 to 70%"): (1, 0, 1, 0),
        ("likelihood", "not on the list"): (1, 0, 0, 1),
        ("source", "health"): (2, 1, 1, 0),
        ("source", "housing"): (2, 1, 0, 1),
    }
    words = yield_words(found)
    assert (
        "All children looked into: 3 looked into, 1 missing education (33%), 1 closed otherwise, 1 not decided" in words
    )


def test_no_outcome_is_told_as_such() -> None:
    assert "No outcome has been handed in yet" in yield_words(outcome_yield(OUTCOME.to_frame()))


def test_the_match_report_tells_the_yield() -> None:
    night = made_publication(outcomes=outcome("CONFIRMED_CME_NEW"))
    listed = masked(night.candidates, night.explained, night.person, night.statements, night.child_records)
    page = match_report_html(night, listed).decode()
    section = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('id="yield"')[2].partition("</section>")[0]))
    assert "lane follow up 1 1 100.0% 0 0" in section
