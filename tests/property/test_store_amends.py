"""A table that is amended holds what it would hold if it were written anew."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.amendment import LARGEST_AMENDMENT, Amendment
from pipelines.store import Store
from pipelines.tables import STATEMENT

RECORDS = st.dictionaries(st.sampled_from([f"housing:{n:02}" for n in range(40)]), st.integers(0, 3), max_size=40)


def statements(says: dict[str, int]) -> pl.DataFrame:
    """Statements of each record: as many as its number says."""
    rows = [(record, f"word {n} of {count}") for record, count in sorted(says.items()) for n in range(count)]
    return pl.DataFrame(rows, schema=["record_id", "what"], orient="row").select(
        pl.col(name).cast(kind) if name in ("record_id", "what") else pl.lit(None, kind).alias(name)
        for name, kind in STATEMENT.items()
    )


@settings(max_examples=30, deadline=None)
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
