"""Identities from before an adoption: linked to nothing, listed nowhere, and known again by keyed hashes alone."""

import errno
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.for_readers import store_for_readers
from pipelines.intake.former_identities import (
    FORMER_FILE,
    KEY_FILE,
    FormerIdentities,
    HandedIn,
    hand_in,
    read_former,
    without_former,
)
from pipelines.intake.in_one_form.standardise import Standardised
from pipelines.night import run_night
from pipelines.settings import Settings, SettingsError
from pipelines.steps.ledger import former_records
from pipelines.store import Store
from pipelines.tables import LEAD, PERSON, RENUMBERED, STATEMENT
from tests.conftest import FirstNight

NHS, OTHER_NHS = "9434765919", "9990000018"
UPN, NEW_UPN = "H823432100123", "R681400626001"
NO_KEY_GIVEN_UP = RENUMBERED.to_frame()


def written(folder: Path, text: str) -> Path:
    file = folder / "former.csv"
    file.write_text(text, encoding="utf-8")
    return file


def made(*records: tuple[str, str | None, str | None, str | None]) -> Standardised:
    """Records of (record_id, NHS number, UPN, former UPN), each of which says one thing."""
    rows = [
        {"record_id": record, "dataset": record.partition(":")[0], "nhs_number": nhs, "upn": upn, "former_upn": former}
        for record, nhs, upn, former in records
    ]
    said = [{"record_id": record, "source": record.partition(":")[0], "kind": "seen"} for record, *_ in records]
    return Standardised(pl.DataFrame(rows, schema=PERSON), pl.DataFrame(said, schema=STATEMENT))


@pytest.mark.parametrize(
    ("handed_in", "record", "is_withheld"),
    [
        pytest.param(f"nhs_number\n{NHS}\n", ("health:1", NHS, None, None), True, id="the NHS number"),
        pytest.param("nhs_number\n943 476 5919\n", ("health:1", NHS, None, None), True, id="written with spaces"),
        pytest.param(f"nhs_number\n{NHS}\n", ("health:1", OTHER_NHS, None, None), False, id="another NHS number"),
        pytest.param(f"upn\n{UPN}\n", ("school_census:1", None, UPN, None), True, id="the UPN"),
        pytest.param(
            f"upn\n{UPN}\n",
            ("school_census:1", None, NEW_UPN, UPN),
            False,
            id="a school that keeps the former UPN beside the new one",
        ),
        pytest.param("record\nhealth:1\n", ("health:1", None, None, None), True, id="a record by its key"),
        pytest.param("record\nhealth:1\n", ("health:12", None, None, None), False, id="a longer key"),
        pytest.param('record\n"health:1;2"\n', ("health:1%3B2", None, None, None), True, id="a key with a semicolon"),
        pytest.param(
            f"nhs_number,upn,record\n{NHS},,\n,{UPN},\n",
            ("school_census:1", None, UPN, None),
            True,
            id="several columns",
        ),
    ],
)
def test_which_record_is_of_a_former_identity(
    tmp_path: Path, handed_in: str, record: tuple[str, str | None, str | None, str | None], is_withheld: bool
) -> None:
    hand_in(written(tmp_path, handed_in), tmp_path, "Ann Example")
    other = ("housing:9", None, None, None)
    kept, withheld = without_former(made(record, other), read_former(tmp_path), NO_KEY_GIVEN_UP)
    assert withheld.to_list() == ([record[0]] if is_withheld else [])
    assert kept.person["record_id"].to_list() == ([] if is_withheld else [record[0]]) + ["housing:9"]
    assert kept.statements["record_id"].to_list() == kept.person["record_id"].to_list()
    assert UPN not in kept.person["former_upn"].to_list()


def test_two_who_hand_in_the_first_files_at_once_have_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, yours = tmp_path / "mine.csv", tmp_path / "yours.csv"
    mine.write_text("record\nhealth:1\n", encoding="utf-8")
    yours.write_text("record\nhealth:1\nhealth:2\n", encoding="utf-8")
    others: list[Future[HandedIn]] = []

    def while_another_comes(size: int) -> bytes:
        if not others:
            others.append(pool.submit(hand_in, yours, tmp_path, "Bo Other"))
            wait(others, timeout=0.1)
        return bytes(size)

    monkeypatch.setattr("pipelines.intake.former_identities.secrets.token_bytes", while_another_comes)
    with ThreadPoolExecutor() as pool:
        assert hand_in(mine, tmp_path, "Ann Example").changed == 1
    assert [other.result().changed for other in others] == [1]
    assert len(read_former(tmp_path).hashes) == 2


def test_a_key_that_the_disk_had_no_room_for_is_made_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "record\nhealth:1\n")

    def no_room(descriptor: int) -> None:
        os.ftruncate(descriptor, 0)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_room)
        with pytest.raises(SettingsError, match=KEY_FILE):
            hand_in(file, tmp_path, "Ann Example")
    assert hand_in(file, tmp_path, "Ann Example").changed == 1


def test_a_record_that_is_withheld_by_its_key_is_withheld_under_the_key_that_its_system_gives_it_later(
    tmp_path: Path,
) -> None:
    hand_in(written(tmp_path, "record\nhousing:9\n"), tmp_path, "Ann Example")
    on = date(2026, 11, 20)
    given = [("housing:9", "housing:P-71", on, None), ("housing:8", "housing:P-72", on, None)]
    keyed = pl.DataFrame(given, schema=RENUMBERED, orient="row")
    every = made(("housing:P-71", None, None, None), ("housing:P-72", None, None, None))
    kept, withheld = without_former(every, read_former(tmp_path), keyed)
    assert withheld.to_list() == ["housing:P-71"]
    assert kept.person["record_id"].to_list() == ["housing:P-72"]


def test_where_nothing_is_withheld_records_stay_as_they_are(tmp_path: Path) -> None:
    every = made(("health:1", NHS, None, None))
    kept, withheld = without_former(every, read_former(tmp_path), NO_KEY_GIVEN_UP)
    assert kept is every
    assert withheld.is_empty()
    assert not (tmp_path / KEY_FILE).exists()


def test_only_keyed_hashes_are_kept_and_another_workspace_has_others(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        assert hand_in(written(tmp_path, f"nhs_number\n{NHS}\n"), tmp_path / name, "Ann Example").changed == 1
        assert NHS.encode() not in (tmp_path / name / FORMER_FILE).read_bytes()
        assert (tmp_path / name / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert not read_former(tmp_path / "one").hashes & read_former(tmp_path / "other").hashes
    assert read_former(tmp_path / "one").mark != read_former(tmp_path / "other").mark
    assert FormerIdentities(b"", frozenset()).mark == ""


def test_a_file_may_have_semicolons_and_empty_lines_as_spreadsheets_save_it(tmp_path: Path) -> None:
    file = written(tmp_path, f"Child;NHS number;UPN\r\n;;\r\nJack;{NHS};\r\n;;{UPN}\r\n")
    assert hand_in(file, tmp_path, "Ann Example").changed == 2


def test_an_identifier_that_no_record_bears_is_counted_as_it_may_be_mistyped(tmp_path: Path) -> None:
    person = made(("a:1", NHS, None, None), ("a:2", None, None, None)).person
    done = hand_in(written(tmp_path, f"nhs_number,record\n{NHS},a:22\n"), tmp_path, "Ann Example", person=person)
    assert (done.changed, done.named, done.borne) == (2, 2, 1)


def test_a_slip_is_taken_back_and_handed_in_twice_counts_once(tmp_path: Path) -> None:
    file = written(tmp_path, f"nhs_number\n{NHS}\n{OTHER_NHS}\n")
    assert hand_in(file, tmp_path, "Ann Example").changed == 2
    assert hand_in(file, tmp_path, "Ann Example").changed == 0
    assert hand_in(written(tmp_path, f"nhs_number\n{NHS}\n"), tmp_path, "Ann Example", release=True).changed == 1
    every = made(("a:1", NHS, None, None), ("a:2", OTHER_NHS, None, None))
    kept, _ = without_former(every, read_former(tmp_path), NO_KEY_GIVEN_UP)
    assert kept.person["record_id"].to_list() == ["a:1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("name\nJack\n", "line 1: no column nhs_number, upn, record", id="names are no key"),
        pytest.param("nhs_number\n9434765918\n", "line 2, nhs_number: not in the form", id="a wrong check digit"),
        pytest.param(f"upn,record\n{UPN},\n,1234\n", "line 3, record: not in the form", id="a key without its source"),
        pytest.param(f"upn,note\n{UPN},\n,who\n", "line 3: no identifier", id="a line without one"),
    ],
)
def test_a_file_with_a_fault_is_refused_by_line_and_tells_no_value(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as refused:
        hand_in(written(tmp_path, text), tmp_path, "Ann Example")
    assert not read_former(tmp_path).hashes
    assert not {"9434765918", "1234", "Jack"} & set(str(refused.value).split())


def test_the_command_says_what_is_new_and_what_no_record_bears(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with store_for_readers(workspace) as store:
        record = store.read("person_record")["record_id"][0]
    file = written(tmp_path, f"record\n{record}\n{record}0000\n")
    asked = ["adoption", str(file), "--workspace", str(workspace), "--by", "Ann Example"]
    for told in (
        "2 identifiers are withheld from the next night on; only keyed hashes are kept.\nOf 2 that the file names, 1 are on "
        "records of last night. Compare the others",
        f"Nothing changed: what {file.name} names is withheld already.\nShred",
    ):
        assert main(asked) == 0
        out = capsys.readouterr().out
        assert out.startswith(told)
        assert record not in out


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lambda key: key.unlink(), "cannot be used", id="lost"),
        pytest.param(lambda key: key.write_bytes(b"short"), "is not the key that it was", id="cut off"),
        pytest.param(lambda key: key.write_bytes(bytes(32)), "is not the key that it was", id="of another workspace"),
    ],
)
def test_without_its_key_no_night_may_run(tmp_path: Path, spoil: Callable[[Path], object], told: str) -> None:
    """Under another key no hash is found again: each child would be listed, and linked, as before the adoption."""
    file = written(tmp_path, f"nhs_number\n{NHS}\n")
    hand_in(file, tmp_path, "Ann Example")
    spoil(tmp_path / KEY_FILE)
    for use in (lambda: read_former(tmp_path), lambda: hand_in(file, tmp_path, "Ann Example")):
        with pytest.raises(SettingsError, match=f"{told}.*Restore it from the backup"):
            use()


def test_a_file_from_before_keys_were_noted_notes_its_key_when_it_is_read(tmp_path: Path) -> None:
    hand_in(written(tmp_path, f"nhs_number\n{NHS}\n"), tmp_path, "Ann Example")
    with closing(sqlite3.connect(tmp_path / FORMER_FILE)) as earlier:
        earlier.execute("drop table key_mark")
    assert read_former(tmp_path).hashes
    (tmp_path / KEY_FILE).write_bytes(bytes(32))
    with pytest.raises(SettingsError, match="is not the key that it was"):
        read_former(tmp_path)


def test_a_lead_of_a_former_identity_is_known_by_its_key_though_its_sender_has_closed_it(tmp_path: Path) -> None:
    hand_in(written(tmp_path, "record\nhealth:2\n"), tmp_path, "Ann Example")
    leads = [
        {"child_id": "A", "spell": 1, "records": "health:2;housing:3"},
        {"child_id": "B", "spell": 1, "records": "gp:2"},
    ]
    with Store(tmp_path) as store:
        assert former_records(store, tmp_path).is_empty()
        store.write("former_record", pl.DataFrame({"record_id": ["housing:9"]}))
        store.write("lead", pl.DataFrame(leads, schema=LEAD))
        assert former_records(store, tmp_path).sort().to_list() == ["health:2", "housing:9"]


def test_a_listed_child_s_former_identity_is_gone_from_everything_but_the_adoption_team_s_file(
    quick_night: FirstNight, workspace: Path, tmp_path: Path
) -> None:
    asked = quick_night.settings

    def night(days: int, *, full: bool = False) -> Path:
        on = asked.as_at + timedelta(days=days)
        return run_night(Settings(extracts=asked.extracts, workspace=workspace, as_at=on, full=full)).published

    before = pl.read_parquet(workspace / "published" / "latest" / "candidates.parquet")
    child = before.filter(pl.col("records").str.contains("health:"), ~pl.col("records").str.contains(";")).row(
        0, named=True
    )
    file = written(tmp_path, f"record\n{child['records']}\n")
    assert main(["adoption", str(file), "--workspace", str(workspace), "--by", "Ann Example"]) == 0
    folder = night(1)
    with Store(workspace, read_only=True) as store:
        for table in ("person_record", "statement", "child_record"):
            assert child["records"] not in store.read(table)["record_id"]
        links = store.read("link")
        assert child["records"] not in pl.concat([links["left_id"], links["right_id"]])
        lead = store.read("lead").filter(pl.col("records") == child["records"]).row(0, named=True)
    assert (lead["state"], lead["forename"], lead["surname"], lead["date_of_birth"]) == ("left", None, None, None)
    holding = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.suffix in (".csv", ".html", ".json", ".txt") and child["records"] in path.read_text("utf-8")
    }
    assert holding == {"restricted/former_identities.csv"}
    assert child["child_id"] not in pl.read_parquet(folder / "candidates.parquet")["child_id"]
    assert child["child_id"] not in pl.read_parquet(folder / "explained.parquet")["child_id"]
    changed = pl.read_csv(folder / "changes.csv").filter(pl.col("child_id") == child["child_id"]).row(0, named=True)
    assert (changed["forename"], changed["surname"], changed["date_of_birth"]) == (None, None, None)
    slow = night(1, full=True)
    assert (slow / "restricted" / "former_identities.csv").exists()
    assert main(["adoption", str(file), "--workspace", str(workspace), "--by", "Ann Example", "--release"]) == 0
    back = pl.read_parquet(night(2) / "candidates.parquet")
    assert child["records"] in back["records"]
