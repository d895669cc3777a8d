"""What is measured once and held: it comes out of the store as it went in, and holds until it no longer fits."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from apps.made_up.authority import MadeUp
from data_contracts.contract import read_contracts
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.receive import receive
from pipelines.linking.link import CHILD_SETTINGS, Linked, fingerprint, link, records_by_source, records_to_link
from pipelines.linking.link_groups import GroupInputs
from pipelines.linking.measures_in_force import (
    A_TERM,
    MeasuresInForce,
    measure_tables,
    read_measures,
    reason_to_measure,
)
from pipelines.tables import TABLES
from tests.golden.authority import AS_AT

NIGHT = GroupInputs(as_at=AS_AT)


@pytest.fixture(scope="session")
def records(made_up: MadeUp) -> pl.DataFrame:
    """The records of one night, as they are linked."""
    contracts = read_contracts()
    received = receive(made_up.extracts, contracts, received_at=datetime(2026, 11, 21, 2, tzinfo=UTC))
    return records_to_link(standardise(received.raw, contracts, as_at=AS_AT).person)


@pytest.fixture(scope="session")
def first(records: pl.DataFrame) -> Linked:
    """The first night's links."""
    return link(records, groups=NIGHT)


def test_measures_come_out_of_the_store_as_they_went_in(first: Linked) -> None:
    tables = measure_tables(first.held)
    assert all(frame.schema == TABLES[table] for table, frame in tables.items())
    again = read_measures(tables)
    assert again is not None
    for table, frame in measure_tables(again).items():
        assert frame.equals(tables[table]), table
    went, came = first.held.measures.coverage.presence, again.measures.coverage.presence
    assert np.array_equal(went.sets, came.sets)
    assert np.array_equal(went.counts, came.counts)
    assert went.counts.strides == came.counts.strides  # sums hang in their last bit on how numbers lie


@pytest.mark.parametrize("source", ["school_census", "housing"])
@pytest.mark.parametrize("count", [1, 12, 300])
def test_the_measures_of_one_source_by_itself_come_out_as_they_went_in(
    records: pl.DataFrame, source: str, count: int
) -> None:
    alone = records.filter(pl.col("dataset") == source).head(count)
    night = link(alone, groups=NIGHT)
    held = read_measures(measure_tables(night.held))
    assert held is not None
    assert held.measures.strata == night.held.measures.strata
    again = link(alone, in_force=night.weights, groups=NIGHT, held=held)
    assert again.held is held
    for table in ("links", "child_records", "rivals"):
        assert getattr(again, table).equals(getattr(night, table)), table


def test_held_measures_change_nothing_on_the_records_that_they_were_measured_on(
    records: pl.DataFrame, first: Linked
) -> None:
    held = read_measures(measure_tables(first.held))
    again = link(records, in_force=first.weights, groups=NIGHT, held=held)
    for table in ("links", "child_records", "rivals"):
        assert getattr(again, table).equals(getattr(first, table)), table
    assert again.report.figures == first.report.figures


def test_while_measures_are_held_a_pair_weighs_the_same_whoever_comes_or_goes(
    records: pl.DataFrame, first: Linked
) -> None:
    fewer = records.filter(pl.int_range(pl.len()) % 10 != 3)
    again = link(fewer, in_force=first.weights, groups=NIGHT, held=first.held)
    assert again.held is first.held
    pair = ["left_id", "right_id"]
    both = again.links.join(first.links, on=pair, validate="1:1")
    assert both.height > 0.7 * first.links.height
    assert (both["match_weight"] == both["match_weight_right"]).all()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        pytest.param({}, None, id="nothing changed"),
        pytest.param({"as_at": AS_AT + A_TERM}, None, id="a term, to the day"),
        pytest.param({"as_at": AS_AT + A_TERM + timedelta(1)}, "a school term had passed", id="a day more"),
        pytest.param({"as_at": AS_AT - timedelta(9)}, None, id="an earlier date judged"),
        pytest.param({"found": "other"}, "weights, comparisons or settings had changed", id="other weights"),
        pytest.param({"health": 1200}, None, id="a fifth more records"),
        pytest.param({"health": 1201}, "many more or fewer records than before: health", id="more than that"),
        pytest.param({"health": 799}, "many more or fewer records than before: health", id="as many fewer"),
        pytest.param({"census": 150}, None, id="a hundred more of a small source"),
        pytest.param({"census": 151}, "many more or fewer records than before: census", id="more than a hundred"),
        pytest.param({"health": None}, "the sources are not the same", id="a source is missing"),
        pytest.param({"library_cards": 1}, "the sources are not the same", id="a source is new"),
    ],
)
def test_when_measures_are_due(first: Linked, changed: dict[str, object], why: str | None) -> None:
    was = first.held
    held = MeasuresInForce(was.measures, ("census", "health"), (50, 1000), AS_AT, "same", "", was.blocking, 1.0, 0.0)
    counts = {"census": 50, "health": 1000, **changed}
    as_at, found = counts.pop("as_at", AS_AT), counts.pop("found", "same")
    tonight = {name: int(many) for name, many in counts.items() if many is not None}  # type: ignore[call-overload]
    assert isinstance(as_at, date)
    assert reason_to_measure(held, str(found), tonight, as_at) == why
    assert reason_to_measure(None, str(found), tonight, as_at) == "none were in force"


def test_the_fingerprint_is_of_weights_settings_and_sources(records: pl.DataFrame, first: Linked) -> None:
    sources = tuple(records_by_source(records["dataset"]))
    assert first.held.fingerprint == fingerprint(first.weights.model, CHILD_SETTINGS, sources)
    assert first.held.fingerprint != fingerprint(first.weights.model, CHILD_SETTINGS, sources[1:])
