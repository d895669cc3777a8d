"""The linkage as a library on tables as people have them: Arrow, odd names, nothing at all; and what it refuses."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest

from matching.blocking import CHILD_BLOCKING_RULES, CHILD_TRAINING_RULES, BlockingRule
from matching.canonical.keys import with_keys
from matching.clustering.judge import Settings
from matching.comparisons import CHILD_COMPARISONS, Comparison, exact, missing, otherwise
from matching.in_numbers import blocks
from matching.linkage import Linkage, link_records, prepare
from matching.weights.model import Model, ModelError, read_model
from matching.weights.train import TrainingError
from pipelines.linking.link import APPROVED_MODEL
from tests.made.records import born, person_records

RULES = {"rules": CHILD_BLOCKING_RULES, "training_rules": CHILD_TRAINING_RULES}
AMIRA = {"given": "Amira", "surname": "Okafor", "born": born("03/11/2015"), "sex": "F", "postcode": "ZA1 9AN"}
PIERS = {"given": "Piers", "surname": "Whitby", "born": born("14/06/2012"), "sex": "M", "postcode": "ZA2 1BP"}


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model(APPROVED_MODEL, CHILD_COMPARISONS)


SAME = {"given": "Amira", "surname": "Okafor", "born": born("03/11/2015")}
SYLLABLES = [a + b for a in "BDFGKLMNPRSTVZ" for b in ("AR", "EL", "IN", "OM", "UST")]
CROWD = [
    {
        "given": SYLLABLES[n] + SYLLABLES[n - 9],
        "surname": SYLLABLES[n - 3] + SYLLABLES[n - 21],
        "sex": "FM"[n % 2],
        "born": born(f"{1 + n % 28}/{1 + n % 12}/{2010 + n % 9}"),
        "postcode": f"ZA{1 + n % 9} {1 + n % 7}BP",
    }
    for n in range(70)
]
"""Other children: without them no value is rare, and agreement proves little."""


def _table(*children: dict[str, object]) -> pl.DataFrame:
    """Each child once on the roll and once with the GP; rows in that order, a crowd after them."""
    rows = [
        {"record_id": f"{where}:{n:04d}", **child}
        for n, child in enumerate([*children, *CROWD])
        for where in ("census", "gp")
    ]
    return with_keys(person_records(rows))


def _linked(table: object, model: Model, **more: object) -> Linkage:
    return link_records(table, comparisons=CHILD_COMPARISONS, dataset="dataset", model=model, **RULES, **more)


def test_an_arrow_table_is_linked_as_a_polars_table_is(model: Model) -> None:
    table = _table(AMIRA, PIERS)
    ours, theirs = _linked(table, model), _linked(table.to_arrow(), model)
    assert ours.labels.tolist() == theirs.labels.tolist()
    assert ours.labels[:4].tolist() == [0, 0, 2, 2]
    assert ours.scored.weight.tolist() == theirs.scored.weight.tolist()


def test_a_file_read_column_by_column_is_linked_as_a_table_in_memory_is(model: Model, tmp_path: Path) -> None:
    table = _table(AMIRA, PIERS)
    table.write_parquet(tmp_path / "records.parquet")
    whole, lazy = _linked(table, model), _linked(pl.scan_parquet(tmp_path / "records.parquet"), model)
    assert lazy.table.vocabulary.equals(whole.table.vocabulary)
    assert lazy.labels.tolist() == whole.labels.tolist()
    assert lazy.scored.weight.tolist() == whole.scored.weight.tolist()


def test_a_file_that_lacks_a_column_says_which(model: Model, tmp_path: Path) -> None:
    _table(AMIRA).drop("surname_key").write_parquet(tmp_path / "records.parquet")
    with pytest.raises(KeyError, match="surname_key"):
        _linked(pl.scan_parquet(tmp_path / "records.parquet"), model)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"given": "🦄🦄", "surname": "😀"}, id="emoji"),
        pytest.param({"given": "محمد", "surname": "الحسن"}, id="right to left"),
        pytest.param({"given": "A" * 10_000, "surname": "B" * 10_000}, id="10,000 letters"),
        pytest.param({"given": None, "surname": None}, id="no name"),
        pytest.param({"given": None, "surname": None, "born": None, "postcode": None, "sex": None}, id="nothing said"),
    ],
)
def test_an_odd_child_spoils_nothing(model: Model, odd: dict[str, object]) -> None:
    found = _linked(_table(AMIRA, {**PIERS, **odd}), model)
    assert found.labels[:2].tolist() == [0, 0]
    assert not set(found.labels[2:].tolist()) & {0}
    assert np.isfinite(found.odds).all()
    assert ((found.probability >= 0) & (found.probability <= 1)).all()


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_of_no_pair_is_linked_to_nobody(model: Model, rows: int) -> None:
    assert _linked(_table(AMIRA)[:rows], model).labels.tolist() == list(range(rows))


def test_many_of_the_same_names_and_birth_date_are_no_reason_to_hang(model: Model) -> None:
    """600 rows that say the same: pairs stay within the budget, and every figure is a number."""
    table = _table(*[AMIRA] * 300)
    found = _linked(table, model)
    assert int(found.scored.pairs_compared.sum()) <= 60 * table.height
    assert np.isfinite(found.odds).all()


def test_a_crowd_of_the_same_names_and_birth_date_costs_no_more_for_each_row_the_larger_it_is(model: Model) -> None:
    """Blocks of more than 100 rows are cut: twice the rows are twice the pairs, and what is left out is counted."""
    with patch.multiple(blocks, LARGEST_BLOCK=100, PIECE=20):
        small, large = (_linked(_table(*[SAME] * many), model) for many in (600, 1200))
    for found, rows in ((small, 1200), (large, 2400)):
        looked_at, left_out = int(found.scored.pairs_compared.sum()), sum(b.left_out for b in found.plan.blocks)
        assert rows * 5 <= looked_at <= rows * 20
        assert left_out > rows * rows / 8
        assert len(set(found.labels[:rows].tolist())) == rows, (
            "that all say the same is no reason to call them one child"
        )
    assert large.scored.pairs_compared.sum() == pytest.approx(2 * small.scored.pairs_compared.sum(), rel=0.1)


def test_a_null_in_a_key_is_equal_to_nothing(model: Model) -> None:
    """Two children of whom a key says nothing are not alike in it: they meet only by what is said of both."""
    unsaid = _table(*[{"given": name, "sex": "F"} for name in ("Amira", "Amira", "Piers")])
    for rule in CHILD_BLOCKING_RULES:
        assert blocks.blocks_of(rule, prepare(unsaid[:6], (), (rule,))).pairs == 0
    found = _linked(unsaid, model)
    assert found.labels[:6].tolist() == list(range(6))
    assert np.isfinite(found.odds).all()


def test_a_missing_column_is_named(model: Model) -> None:
    with pytest.raises(KeyError, match="surname"):
        _linked(_table(AMIRA).drop("surname"), model)


def test_a_record_without_a_dataset_is_refused(model: Model) -> None:
    table = _table(AMIRA).with_columns(dataset=pl.when(pl.col("dataset") == "gp").then("dataset"))
    with pytest.raises(ValueError, match="dataset"):
        _linked(table, model)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.2, 1.5, float("nan")])
def test_a_link_probability_outside_0_to_1_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Settings(link_probability=probability)


def test_weights_for_other_comparisons_are_refused() -> None:
    town = Comparison("town", (missing("town"), exact("town"), otherwise()))
    with pytest.raises(ModelError):
        read_model(APPROVED_MODEL, (town,))


def test_a_constant_column_gives_nothing_to_learn_from() -> None:
    town = Comparison("town", (missing("town"), exact("town"), otherwise()))
    table, rule = pl.DataFrame({"town": ["Zedborough"] * 20}), BlockingRule("town", ("town",))
    with pytest.raises(TrainingError, match="keep the approved model"):
        link_records(table, comparisons=(town,), rules=(rule,), training_rules=(rule,))
