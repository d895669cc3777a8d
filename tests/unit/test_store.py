"""The store keeps what it is given, whole or not at all, and lets only one night in."""

import json
import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from threading import Timer

import duckdb
import polars as pl
import pytest
from filelock import FileLock

from pipelines.lock import HOLDER_FILE, LOCK_FILE, NightRunningError, is_locked, lock
from pipelines.store import Store
from pipelines.tables import CHILD_RECORD, DELIVERY, PERSON, SNAPSHOT, TABLES
from pipelines.workspace import SPILL_FOLDER, STORE_FILE, DiskFullError, StoreError

MEMBERS = pl.DataFrame(
    {"record_id": ["housing:1", "housing:2"], "child_id": ["CH0000000001"] * 2, "membership": [0.25, 1.0]},
    schema=CHILD_RECORD,
)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_comes_back_with_its_very_schema(tmp_path: Path, table: str) -> None:
    empty = TABLES[table].to_frame()
    with Store(tmp_path) as store:
        assert store.read_or_empty(table).equals(empty)
        store.write(table, empty)
        assert store.read(table).schema == TABLES[table]


def test_rows_come_back_as_they_were_and_in_their_order(tmp_path: Path) -> None:
    person = (
        PERSON.to_frame()
        .clear(2)
        .with_columns(
            pl.Series("record_id", ["housing:1", "housing:2"]),
            pl.Series("surname_parts", [["AL", "HASSAN"], []], dtype=pl.List(pl.String)),
            pl.Series("date_of_birth", [date(2015, 2, 28), None], dtype=pl.Date),
        )
    )
    with Store(tmp_path) as store:
        store.write("person_record", person)
    with Store(tmp_path, read_only=True) as store:
        assert store.read("person_record").equals(person)


def test_what_is_committed_is_brought_into_the_file_beside_other_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.LARGEST_LOG", 0)
    log = tmp_path / f"{STORE_FILE}.wal"
    with Store(tmp_path) as store:
        with store.transaction():
            store.write("child_record", MEMBERS.head(1))
            store.change("child_record", MEMBERS.clear(), MEMBERS.tail(1))
        assert log.stat().st_size
        store.checkpoint_aside()
        store.read_ahead("child_record")  # by the same thread: once it is read, all is in the file
        assert store.read("child_record").equals(MEMBERS)
        assert not log.exists()
    with Store(tmp_path, read_only=True) as store:
        assert store.read("child_record").equals(MEMBERS)


def test_bringing_in_what_is_committed_disturbs_nobody_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.LARGEST_LOG", 0)
    with Store(tmp_path) as store:
        store.write("child_record", MEMBERS.head(1))
        with store.transaction():
            store.change("child_record", MEMBERS.clear(), MEMBERS.tail(1))
            store.checkpoint_aside()
            store.read_ahead("child_record")  # by the same thread, which gives up by itself
            assert store.read("child_record").height == 1  # as they are committed by now
    with Store(tmp_path, read_only=True) as store:
        assert store.read("child_record").equals(MEMBERS)


def test_a_night_loads_nothing_heavy_that_it_does_not_use(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import polars as pl; import pipelines.night;"
        "from pipelines.store import Store; from pipelines.tables import CHILD_RECORD;"
        "members = pl.DataFrame({'record_id': ['housing:1'], 'child_id': ['CH0000000001'], 'membership': [1.0]});"
        "store = Store(Path(sys.argv[1])).__enter__(); store.write('child_record', members.cast(CHILD_RECORD));"
        "assert store.read_where('child_record', members.select('record_id')).equals(members);"
        "loaded = [name for name in ('pandas', 'pyarrow', 'scipy.stats') if name in sys.modules];"
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_times_come_back_in_utc(tmp_path: Path) -> None:
    row = (
        DELIVERY.to_frame()
        .clear(1)
        .with_columns(pl.Series("received_at", [1_795_000_000_000_000]).cast(pl.Datetime("us", "UTC")))
    )
    with Store(tmp_path) as store:
        store.write("delivery", row)
        assert store.read("delivery").equals(row)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        pytest.param(MEMBERS.drop("membership"), "membership is missing", id="a column is missing"),
        pytest.param(MEMBERS.with_columns(score=1), "score should not be there", id="a column too many"),
        pytest.param(MEMBERS.with_columns(pl.col("membership").cast(pl.Float32)), "membership is Float32", id="a type"),
        pytest.param(MEMBERS.select(reversed(MEMBERS.columns)), "another order", id="the order of the columns"),
    ],
)
def test_a_frame_of_another_shape_is_refused(tmp_path: Path, frame: pl.DataFrame, told: str) -> None:
    with Store(tmp_path) as store:
        store.write("child_record", MEMBERS)
        with pytest.raises(StoreError, match=told):
            store.write("child_record", frame)
        assert store.read("child_record").equals(MEMBERS)


def test_a_table_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        with pytest.raises(StoreError, match="is no table"):
            store.write("children", MEMBERS)
        with pytest.raises(StoreError, match="is no table"):
            store.read("children")
        with pytest.raises(StoreError, match="has no link yet"):
            store.read("link")


def test_a_transaction_keeps_all_or_nothing(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        with store.transaction():
            store.write("child_record", MEMBERS)
        with pytest.raises(RuntimeError, match="halfway"), store.transaction():
            store.write("child_record", MEMBERS.clear())
            store.write_raw("housing", pl.DataFrame({"record_id": ["housing:1"]}))
            raise RuntimeError("halfway")
        assert store.read("child_record").equals(MEMBERS)
        assert not store.raw_sources()


def test_what_a_full_disk_keeps_from_being_committed_is_not_taken_for_kept(tmp_path: Path) -> None:
    many = pl.DataFrame({"record_id": [str(number) for number in range(40_000)]})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store(tmp_path) as store:
        store.write("child_record", MEMBERS)
        try:
            with pytest.raises(StoreError, match="could not be used"), store.transaction():
                store.write("child_record", MEMBERS.clear())
                store.write_raw("housing", many)
                resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, before[1]))  # no file may grow beyond
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert store.read("child_record").equals(MEMBERS)
        assert not store.raw_sources()


def test_what_a_process_may_not_have_of_memory_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is polars that reports it, of what DuckDB is about to hand over."""

    def refused(_store: Store, _statement: str) -> pl.DataFrame:
        raise pl.exceptions.ComputeError("got external error: Out of Memory Error: ArrowBuffer: failed to allocate")

    with Store(tmp_path) as store:
        store.write("child_record", MEMBERS)
        monkeypatch.setattr(Store, "_fetched", refused)
        with pytest.raises(
            StoreError, match="share of memory is too small, or the machine lets this process have no more"
        ):
            store.read_raw("housing")


class _DiesOfIt:
    """A connection to a database that an error has ended: it cannot even be rolled back."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def rollback(self) -> None:
        raise duckdb.FatalException("FATAL Error: database has been invalidated")


def test_what_failed_first_is_told_where_the_database_dies_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect
    with Store(tmp_path) as store:
        store.write("child_record", MEMBERS)
    monkeypatch.setattr(duckdb, "connect", lambda *args, **kwargs: _DiesOfIt(connect(*args, **kwargs)))
    with Store(tmp_path) as store, pytest.raises(DiskFullError, match="Free some space"), store.transaction():
        store.write("child_record", MEMBERS.clear())
        raise DiskFullError("The disk is full. Free some space.")
    monkeypatch.undo()
    with Store(tmp_path) as store:
        assert store.read("child_record").equals(MEMBERS)


def _write_and_wait(workspace: Path, ready: Path) -> None:
    with Store(workspace) as store, store.transaction():
        store.write("child_record", MEMBERS.clear())
        ready.touch()
        time.sleep(60)


def test_a_table_is_there_from_when_it_is_made_until_it_is_dropped_or_its_transaction_fails(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert not store.has("child_record")
        store.write("child_record", MEMBERS)
        assert store.has("child_record")
        with pytest.raises(KeyError), store.transaction():
            store.write("delivery", DELIVERY.to_frame())
            store.drop("child_record")
            assert store.has("delivery") and not store.has("child_record")
            raise KeyError
        assert store.has("child_record") and not store.has("delivery")


def test_a_process_killed_in_a_transaction_leaves_the_tables_of_before(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.write("child_record", MEMBERS)
    _kill_when_ready(_write_and_wait, tmp_path)
    with Store(tmp_path) as store:
        assert store.read("child_record").equals(MEMBERS)


def test_what_a_killed_process_has_spilled_is_gone_with_the_next(tmp_path: Path) -> None:
    spilled = tmp_path / SPILL_FOLDER / "duckdb_temp_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir()
    spilled.write_text("rows")
    with Store(tmp_path):
        assert not spilled.exists()


def test_raw_rows_keep_their_text_and_last_nights_are_forgotten(tmp_path: Path) -> None:
    rows = pl.DataFrame({"record_id": ["housing:007"], "Full Name": ["=O'Neill, Seán "], 'odd"header': [""]})
    with Store(tmp_path) as store:
        store.write_raw("housing", rows)
        assert store.raw_sources() == ("housing",)
        assert store.read_raw("housing").equals(rows)
        store.forget_raw()
        assert store.raw_sources() == ()


def test_rows_of_a_source_are_found_by_their_cells_and_each_cell_once(tmp_path: Path) -> None:
    rows = pl.DataFrame({"record_id": ["housing:1", "housing:2", "housing:3"], "born": ["a", "b", "a"]})
    with Store(tmp_path) as store:
        store.write_raw("housing", rows)
        assert sorted(store.raw_cells("housing", "born")["born"]) == ["a", "b"]
        assert sorted(store.raw_where("housing", "born", pl.Series(["a", None]))) == ["housing:1", "housing:3"]


def test_a_day_is_set_in_some_rows_and_every_row_stays_where_it_stands(tmp_path: Path) -> None:
    days = [date(2026, 11, day) for day in (1, 2, 2, 2)]
    ids = ["health:9", "health:3", "health:1", "housing:2"]
    rows = pl.DataFrame(
        {
            "source": [each.split(":")[0] for each in ids],
            "record_id": ids,
            "row_hash": [1, 2, 3, 4],
            "first_seen_on": days,
            "last_seen_on": days,
        },
        schema=SNAPSHOT,
    )
    came = pl.DataFrame({"source": ["health"], "last_seen_on": [days[1]]})
    with Store(tmp_path) as store:
        store.write("snapshot", rows)
        store.set_where("snapshot", "last_seen_on", date(2026, 11, 3), among=came, but=pl.Series(["health:1"]))
        assert [day.day for day in store.read("snapshot")["last_seen_on"]] == [1, 3, 2, 2]
        store.forget_before("snapshot", "last_seen_on", date(2026, 11, 2))
        assert store.read("snapshot")["record_id"].to_list() == ids[1:]
        assert store.count("snapshot") == 3


def test_everything_is_private_to_its_owner(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    with lock(workspace), Store(workspace) as store:
        store.write("child_record", MEMBERS)
        for path in workspace.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name
    assert stat.S_IMODE(workspace.stat().st_mode) == 0o700


def test_sql_reaches_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n")
    with Store(tmp_path) as store, pytest.raises(StoreError):
        store.count(f"{tmp_path}/other.csv")


def test_a_file_that_is_no_store_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_text("Zzyzxsentinel" * 1000)
    with pytest.raises(StoreError, match="not a DuckDB file") as refused, Store(tmp_path):
        pass
    assert "Zzyzxsentinel" not in str(refused.value)


def test_reading_before_any_night_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Run a night first"), Store(tmp_path, read_only=True):
        pass


def _hold(workspace: Path, ready: Path) -> None:
    with lock(workspace):
        ready.touch()
        time.sleep(60)


def _kill_when_ready(work: object, workspace: Path) -> None:
    ready = workspace / "ready"
    process = multiprocessing.get_context("spawn").Process(target=work, args=(workspace, ready))
    process.start()
    while not ready.exists():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    process.close()


def test_a_second_night_is_told_who_holds_the_workspace_and_since_when(tmp_path: Path) -> None:
    holder = rf"process {os.getpid()}, since \d+ [A-Z][a-z]+ 20\d\d at \d\d:\d\d UTC"
    with lock(tmp_path), pytest.raises(NightRunningError, match=holder), lock(tmp_path):
        pass
    with lock(tmp_path):
        assert json.loads((tmp_path / HOLDER_FILE).read_text())["pid"] == os.getpid()


def test_who_looks_whether_a_night_is_running_stops_none(tmp_path: Path) -> None:
    looks = FileLock(tmp_path / LOCK_FILE, thread_local=False)
    looks.acquire()
    Timer(0.1, looks.release).start()
    with lock(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)
    (tmp_path / LOCK_FILE).unlink(missing_ok=True)
    assert not is_locked(tmp_path)


def test_a_killed_night_lets_go(tmp_path: Path) -> None:
    _kill_when_ready(_hold, tmp_path)
    with lock(tmp_path):
        assert (tmp_path / HOLDER_FILE).exists()
