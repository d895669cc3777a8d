"""A table that is amended holds what it would hold if it were written anew."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.amendment import LARGEST_AMENDMENT, Amendment
from pipelines.store import Store
from pipelines.tables import PROVISION, STATEMENT

RECORDS = st.dictionaries(st.sampled_from([f"housing:{n:02}" for n in range(40)]), st.integers(0, 3), max_size=40)


def statements(says: dict[str, int]) -> pl.DataFrame:
    """Statements of each record: as many as its number says."""
    rows = [(record, f"word {n} of {count}") for record, count in sorted(says.items()) for n in range(count)]
    return pl.DataFrame(rows, schema=["record_id", "what"], orient="row").select(
        pl.col(name).cast(kind) if name in ("record_id", "what") else pl.lit(None, kind).alias(name)
        for name, kind in STATEMENT.items()
    )


@settings(max_examples=15, deadline=None)
@given(nights=st.lists(RECORDS, min_size=2, max_size=4))
def test_nights_of_amendments_leave_what_the_last_night_says(nights: list[dict[str, int]]) -> None:
    with TemporaryDirectory() as workspace:
        for night, (before, now) in enumerate(zip([{}, *nights], nights, strict=False)):
            changed = {record: count for record, count in now.items() if before.get(record) != count}
            gone = pl.Series(sorted(set(before) - set(now)), dtype=pl.String)
            with Store(Path(workspace)) as store:
                amendment = Amendment(statements(changed), pl.concat([gone, pl.Series(list(changed), dtype=pl.String)]))
                if night:
                    store.amend("statement", statements(now), amendment)
                else:
                    store.write("statement", statements(now))
                assert store.read("statement").equals(statements(now)), "as the night goes on"
            with Store(Path(workspace), read_only=True) as store:
                assert store.read("statement").equals(statements(now)), "as the next night finds it"


@settings(max_examples=15, deadline=None)
@given(before=RECORDS, now=RECORDS, is_read_ahead=st.booleans())
def test_a_table_read_ahead_stands_as_the_rows_amended_meanwhile_leave_it(
    before: dict[str, int], now: dict[str, int], *, is_read_ahead: bool
) -> None:
    changed = {record: count for record, count in now.items() if before.get(record) != count}
    stale = pl.Series(sorted((set(before) - set(now)) | set(changed)), dtype=pl.String)
    with TemporaryDirectory() as workspace:
        with Store(Path(workspace)) as store:
            store.write("statement", statements(before))
        with Store(Path(workspace)) as store:
            if is_read_ahead:
                store.read_ahead("statement", "provision")  # of which there is none yet
            with store.transaction():
                store.amend_rows("statement", Amendment(statements(changed), stale))
            promised = store.reader("statement")
            assert store.read("statement").equals(statements(now)), "as the night goes on"
            assert promised().equals(statements(now)), "as another thread has it"
        with Store(Path(workspace), read_only=True) as store:
            assert store.read("statement").equals(statements(now)), "as the next night finds it"


def provision(places: dict[str, list[int]]) -> pl.DataFrame:
    """Entries of each child: one a place, of which it may have the same one twice."""
    rows = [(child, f"place {place}") for child, theirs in sorted(places.items()) for place in sorted(theirs)]
    return pl.DataFrame(rows, schema=["child_id", "place"], orient="row").select(
        pl.col(name).cast(kind) if name in ("child_id", "place") else pl.lit(None, kind).alias(name)
        for name, kind in PROVISION.items()
    )


CHILDREN = st.dictionaries(
    st.sampled_from([f"CH{n:02}" for n in range(20)]), st.lists(st.integers(0, 2), max_size=3), max_size=20
)


@settings(max_examples=15, deadline=None)
@given(usual=CHILDREN, otherwise=st.lists(CHILDREN.map(lambda few: dict(list(few.items())[:3])), max_size=3))
def test_children_written_where_they_changed_leave_what_the_last_night_says(
    usual: dict[str, list[int]], otherwise: list[dict[str, list[int]]]
) -> None:
    with TemporaryDirectory() as workspace:
        for night in ({}, *otherwise):
            tonight = provision(usual | night)
            with Store(Path(workspace)) as store:
                store.write_children("provision", tonight)
                assert store.read("provision").equals(tonight), "as the night goes on"
            with Store(Path(workspace), read_only=True) as store:
                assert store.read("provision").equals(tonight), "as the next night finds it"


def test_what_is_read_ahead_is_forgotten_with_a_transaction_that_fails(tmp_path: Path) -> None:
    kept = statements({"housing:01": 2, "housing:02": 1})
    with Store(tmp_path) as store:
        store.write("statement", kept)
    with Store(tmp_path) as store:
        store.read_ahead("statement")
        with pytest.raises(ValueError, match="stop"), store.transaction():
            store.amend_rows("statement", Amendment(statements({"housing:03": 1}), pl.Series(["housing:01"])))
            raise ValueError("stop")
        assert store.read("statement").equals(kept)


def test_a_table_written_anew_stands_whatever_was_read_ahead_of_it(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.write("statement", statements({"housing:01": 2}))
    now = statements({"housing:02": 3})
    with Store(tmp_path) as store:
        store.read_ahead("statement")
        store.write("statement", now)
        assert store.read("statement").equals(now)
        store.change("statement", now.select("record_id").head(1), now.clear())
        assert store.read("statement").is_empty()


def test_rows_of_a_source_are_amended_by_what_came_changed_went_and_moved(tmp_path: Path) -> None:
    def rows(**lines: tuple[str, int, str]) -> pl.DataFrame:
        cells = [(f"h:{record}", *row) for record, row in lines.items()]
        return pl.DataFrame(cells, schema=["record_id", "file_id", "line", "name"], orient="row")

    before = rows(**{f"k{n}": ("f1", n, "Mo") for n in range(100)})
    tonight = rows(**{f"k{n}": ("f2", n + 1, "Jo" if n == 7 else "Mo") for n in range(100) if n != 3})
    with Store(tmp_path) as store:
        store.write_raw("h", before)
        put = tonight.filter(record_id="h:k7")
        amendment = Amendment(put, pl.Series(["h:k3"]), tonight.select("record_id", "file_id", "line"))
        assert amendment.size < tonight.height * LARGEST_AMENDMENT, "else all of it would be written"
        store.amend_raw("h", tonight, amendment)
    with Store(tmp_path, read_only=True) as store:
        assert store.read_raw("h").sort("line").equals(tonight)
        assert store.read_raw("h", pl.Series(["h:k7", "h:k3"])).equals(put)
        assert sorted(store.read_raw_columns("h", "line")["line"]) == [n for n in range(1, 101) if n != 4]
