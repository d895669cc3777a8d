"""Records of children beside what is known of them: laid side by side or looked up, the same is found."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.children.members import members, source_bits, sources_by_child

SOURCES = ("census", "health", "housing")
RECORDS = [f"{source}:{number}" for source in SOURCES for number in range(4)]


def _person(records: list[str]) -> pl.DataFrame:
    sources = [record.split(":")[0] for record in records]
    surnames = [f"N{record}" for record in records]
    schema = {"record_id": pl.String, "dataset": pl.String, "surname": pl.String}
    return pl.DataFrame({"record_id": records, "dataset": sources, "surname": surnames}, schema)


def _child_records(records: list[str], children: list[int]) -> pl.DataFrame:
    mine = [f"CH{child}" for child in children]
    return pl.DataFrame({"record_id": records, "child_id": mine}, {"record_id": pl.String, "child_id": pl.String})


@given(data=st.data(), records=st.lists(st.sampled_from(RECORDS), unique=True))
def test_records_are_found_whatever_their_order_and_whoever_has_more(data: st.DataObject, records: list[str]) -> None:
    """The oracle: a dictionary from record to person."""
    person = _person(data.draw(st.sampled_from([records, sorted(records), sorted(RECORDS)])))
    children = data.draw(st.lists(st.integers(0, 3), min_size=len(records), max_size=len(records)))
    mine = _child_records(data.draw(st.sampled_from([records, sorted(records)])), children)
    found = members(mine, person, "surname", "dataset")
    known = {row["record_id"]: row for row in person.to_dicts()}
    wanted = [{**row, **known[row["record_id"]]} for row in mine.to_dicts() if row["record_id"] in known]
    in_order = pl.DataFrame(wanted, found.schema).select(found.columns)
    assert_frame_equal(found.sort("record_id"), in_order.sort("record_id"))
    of_all = members(mine, person, "surname", how="left").sort("record_id")
    told = [{**row, "surname": known.get(row["record_id"], {}).get("surname")} for row in mine.to_dicts()]
    assert_frame_equal(of_all, pl.DataFrame(told, of_all.schema).sort("record_id"))

    sets: dict[str, int] = {}
    bits = dict(source_bits(person).iter_rows())
    for row in wanted:
        sets[row["child_id"]] = sets.get(row["child_id"], 0) | bits[row["dataset"]]
    assert dict(sources_by_child(found, source_bits(person)).iter_rows()) == sets


@pytest.mark.parametrize("is_twice_in_both", [True, False])
def test_a_record_that_stands_twice_is_refused(is_twice_in_both: bool) -> None:
    """Also where both tables have it twice, and so agree."""
    twice, once = ["census:1", "census:1"], ["census:1"]
    person = _person(twice if is_twice_in_both else once)
    with pytest.raises(pl.exceptions.ComputeError):
        members(_child_records(twice, [1, 2]), person, "surname")
