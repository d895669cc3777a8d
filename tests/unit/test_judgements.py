"""What people judged is kept for good, and the blind share measures honestly."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from time import sleep

import polars as pl
import pytest

from matching.quality.thresholds import measured_by_threshold
from pipelines.decisions.append_only import RecordsError, append_only, read_rows
from pipelines.decisions.judgements import (
    BLIND,
    DRAWN,
    FOR_LIST,
    JUDGEMENT,
    JUDGEMENTS_FILE,
    TABLES,
    add_drawn,
    add_judgements,
    blind_sample,
    judgements_for_linkage,
    measured_errors,
    measured_reliability,
    read_drawn,
    read_judgements,
)
from pipelines.workspace import DiskFullError

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def judgement(left_id: str, right_id: str, answer: str, sample: str = "S1") -> dict[str, object]:
    return {"left_id": left_id, "right_id": right_id, "answer": answer, "by": "Ann Example", "at": AT, "sample": sample}


def judgements(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=JUDGEMENT)


def drawn(*rows: tuple[str, str, str, float, float], sample: str = "S1") -> pl.DataFrame:
    """Rows of (pair, part, stratum, stratum_weight, match_probability); the pair's records are named after it."""
    return pl.DataFrame(
        [
            {
                "sample": sample,
                "pair": f"{sample}-{pair}",
                "left_id": f"a:{pair}",
                "right_id": f"b:{pair}",
                "part": part,
                "stratum": stratum,
                "stratum_weight": weight,
                "match_weight": 10.0,
                "match_probability": probability,
                "facts": "f",
            }
            for pair, part, stratum, weight, probability in rows
        ],
        schema=DRAWN,
    )


def test_a_workspace_in_which_nobody_judged_has_no_file(tmp_path: Path) -> None:
    assert read_judgements(tmp_path).schema == JUDGEMENT
    assert read_drawn(tmp_path).is_empty()
    assert measured_errors(tmp_path).is_empty()
    assert measured_reliability(tmp_path).is_empty()
    assert list(tmp_path.iterdir()) == []


def test_judgements_come_back_as_they_were_kept_and_stay_private(tmp_path: Path) -> None:
    first, second = judgements(judgement("a:1", "b:1", "same")), judgements(judgement("a:1", "b:1", "different"))
    add_judgements(tmp_path, lambda _: first)
    add_judgements(tmp_path, lambda _: second)
    assert read_judgements(tmp_path).equals(pl.concat([first, second]))
    assert judgements_for_linkage(read_judgements(tmp_path)).rows() == [("a:1", "b:1", False)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    with sqlite3.connect(tmp_path / JUDGEMENTS_FILE) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("statement", ["delete from judgement", "update judgement set answer = 'same'"])
def test_no_judgement_is_ever_changed_or_taken_out(tmp_path: Path, statement: str) -> None:
    add_judgements(tmp_path, lambda _: judgements(judgement("a:1", "b:1", "different")))
    connection = sqlite3.connect(tmp_path / JUDGEMENTS_FILE)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()
    assert judgements_for_linkage(read_judgements(tmp_path)).rows() == [("a:1", "b:1", False)]


def test_of_two_who_contradict_each_other_at_once_the_second_is_told_what_the_first_said(tmp_path: Path) -> None:
    answers, at_once = ("same", "different"), Barrier(2)

    def judge(answer: str) -> int:
        def unless_there_is_one(earlier: pl.DataFrame) -> pl.DataFrame:
            sleep(0.02)
            return judgements(judgement("a:1", "b:1", answer)).head(0 if earlier.height else 1)

        at_once.wait()
        return add_judgements(tmp_path, unless_there_is_one).height

    with ThreadPoolExecutor(2) as people:
        assert sorted(people.map(judge, answers)) == [0, 1]
    assert read_judgements(tmp_path).height == 1


@pytest.mark.parametrize(
    ("waits", "kept"),
    [pytest.param(30.0, 1, id="let go of in time"), pytest.param(0.01, None, id="not in time")],
)
def test_who_makes_the_file_first_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: float, kept: int | None
) -> None:
    monkeypatch.setattr("pipelines.decisions.append_only.WAITS", waits)
    first = sqlite3.connect(tmp_path / JUDGEMENTS_FILE, isolation_level=None)
    first.execute("begin immediate")
    with ThreadPoolExecutor(1) as people, closing(first):
        second = people.submit(add_judgements, tmp_path, lambda _: judgements(judgement("a:1", "b:1", "same")))
        sleep(0.1)
        if kept is None:
            with pytest.raises(RecordsError, match=r"judgements\.sqlite cannot be used"):
                second.result()
        else:
            assert not second.done()
            first.rollback()
            assert second.result().height == kept


def test_an_unsure_takes_an_earlier_judgement_back() -> None:
    judged = judgements(judgement("a:1", "b:1", "same"), judgement("a:1", "b:1", "unsure"))
    assert judgements_for_linkage(judged).is_empty()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / JUDGEMENTS_FILE).write_text("not a database, " * 100)
    with pytest.raises(RecordsError, match=JUDGEMENTS_FILE):
        read_judgements(tmp_path)


def test_without_room_nothing_is_kept_and_it_is_said_that_the_disk_is_full(tmp_path: Path) -> None:
    path, tables = tmp_path / JUDGEMENTS_FILE, {"said": "by text not null"}

    def say(words: int) -> None:
        with append_only(path, tables) as connection:
            connection.execute("pragma max_page_count = 3").fetchall()
            connection.execute("insert into said values (?)", ["A. Lee " * words])

    say(1)
    with pytest.raises(DiskFullError, match=r"judgements\.sqlite is full, and nothing was kept"):
        say(10_000)
    with append_only(path, tables) as connection:
        assert connection.execute("select count(*) from said").fetchone() == (1,)


def test_a_column_that_no_table_has_is_an_error_and_its_name_no_value(tmp_path: Path) -> None:
    add_drawn(tmp_path, lambda there: there)  # makes the file
    with pytest.raises(RecordsError, match=JUDGEMENTS_FILE):
        read_rows(
            tmp_path / JUDGEMENTS_FILE, TABLES, "judgement", pl.Schema({"left_id": pl.String, "judged_by": pl.String})
        )


def test_only_the_blind_share_measures_and_a_decided_pair_stands_for_those_left_open() -> None:
    asked = drawn(
        ("1", BLIND, "low", 10.0, 0.3),
        ("2", BLIND, "low", 10.0, 0.3),
        ("3", BLIND, "high", 100.0, 0.99),
        ("4", FOR_LIST, None, None, 0.6),  # type: ignore[arg-type]
    )
    judged = judgements(
        *(
            judgement(f"a:{n}", f"b:{n}", answer)
            for n, answer in (("1", "different"), ("2", "unsure"), ("3", "same"), ("4", "different"))
        )
    )
    sample = blind_sample(judged, asked).sort("stratum")
    assert sample.select("is_same", "stratum", "weight").rows() == [(True, "S1: high", 100.0), (False, "S1: low", 20.0)]
    row = measured_by_threshold(sample, (0.5,)).row(0, named=True)
    assert row["precision"] == row["recall"] == 1.0
    assert row["precision_low"] < 1 < row["links"]


def test_a_sample_with_a_stratum_that_nobody_decided_measures_nothing() -> None:
    asked = drawn(("1", BLIND, "low", 10.0, 0.3), ("2", BLIND, "high", 100.0, 0.99))
    assert blind_sample(judgements(judgement("a:2", "b:2", "same")), asked).is_empty()


def test_two_samples_count_as_one() -> None:
    asked = pl.concat([drawn(("1", BLIND, "all", 50.0, 0.9)), drawn(("2", BLIND, "all", 50.0, 0.9), sample="S2")])
    judged = judgements(judgement("a:1", "b:1", "same"), judgement("a:2", "b:2", "same", "S2"))
    assert blind_sample(judged, asked)["weight"].to_list() == [25.0, 25.0]
    assert len(set(blind_sample(judged, asked)["stratum"])) == 2


def test_what_was_drawn_comes_back(tmp_path: Path) -> None:
    asked = drawn(("1", BLIND, "low", 10.0, 0.3))
    add_drawn(tmp_path, lambda _: asked)
    assert read_drawn(tmp_path).equals(asked)
    with pytest.raises(RecordsError):
        add_drawn(tmp_path, lambda _: asked)
