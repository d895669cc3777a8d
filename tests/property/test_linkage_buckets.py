"""Scoring cut into buckets of Parquet gives what scoring in one piece gives, in whatever order and however often."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.blocking import CHILD_BLOCKING_RULES, CHILD_TRAINING_RULES, BlockingRule, plan
from matching.canonical.keys import with_keys
from matching.comparisons import CHILD_COMPARISONS, Comparison, Level, columns_read, exact, missing, otherwise
from matching.in_numbers import blocks
from matching.in_numbers.encode import encode
from matching.linkage import link_records, prepare
from matching.pair_tests.similarity import SharesAny
from matching.pair_tests.word_similarity import WithinEdits
from matching.scoring.buckets import Buckets, gathered, score_bucket, write_buckets
from matching.scoring.score import Scored, Scorer, score_pairs
from matching.weights.model import Model, Weights, read_model
from pipelines.linking.link import APPROVED_MODEL
from tests.made.alike import children_alike

STEADY = settings(max_examples=60, deadline=None, derandomize=True)
WORD = st.sampled_from(["AMIRA", "AMIRAH", "A", "", "RIMA", "CHEN", "שרה", "OKAFOR"])
ROW = st.fixed_dictionaries(
    {
        "one": WORD | st.none(),
        "many": st.lists(WORD, max_size=3) | st.none(),
        "born": st.dates() | st.none(),
        "block": st.sampled_from(["x", "x", "y", None]),
        "side": st.sampled_from(["x", None]),
    }
)
SCHEMA = {"one": pl.String, "many": pl.List(pl.String), "born": pl.Date, "block": pl.String, "side": pl.String}
COMPARISONS = (
    Comparison("one", (missing("one"), exact("one"), Level("slip", WithinEdits("one", 1)), otherwise())),
    Comparison("many", (missing("many"), Level("shares", SharesAny("many")), otherwise())),
    Comparison("born", (missing("born"), exact("born"), otherwise())),
)
RULES = st.lists(
    st.builds(
        lambda columns, split, side: BlockingRule("a rule", tuple(columns), split, one_side=side),
        st.lists(st.sampled_from(["block", "one", "many"]), min_size=1, max_size=2, unique=True),
        st.sampled_from([(), ("one",)]),
        st.sampled_from([None, None, "side"]),
    ),
    min_size=1,
    max_size=3,
)


def _model() -> Model:
    def weights(comparison: Comparison) -> Weights:
        m, u = (np.r_[np.nan, shares / shares.sum()] for shares in _shares(len(comparison.levels) - 1))
        return Weights(m, u, u, u)

    return Model(COMPARISONS, {c.name: weights(c) for c in COMPARISONS}, 1e-3, 0.1, 1e-3, {})


def _shares(levels: int) -> tuple[np.ndarray, np.ndarray]:
    falling = 0.1 ** np.arange(levels)
    return falling, falling[::-1]


def _told(scored: Scored) -> dict[str, tuple[np.dtype, list[float]]]:
    """Every column of scored pairs, by name: its type and its values."""
    columns = {name: getattr(scored, name) for name in ("left", "right", "pattern", "weight", "rule", "pairs_compared")}
    return {name: (column.dtype, column.tolist()) for name, column in columns.items()}


def _in_any_order(comparisons):
    def run(folder: Path, names):
        for name in Random(1).sample([*names, *names[:2]], len(names) + len(names[:2])):  # some twice
            score_bucket(folder, name, comparisons)

    return run


@given(st.lists(ROW, max_size=24), RULES, st.sampled_from([None, 2]), st.data())
@STEADY
def test_buckets_give_the_same_pairs_weights_and_counts(rows, rules, tables, data):
    frame = pl.DataFrame(rows, schema=SCHEMA)
    table, model, floor = encode(frame, list(SCHEMA)), _model(), data.draw(st.floats(-8, 8))
    number = st.lists(st.integers(0, (tables or 1) - 1), min_size=len(rows), max_size=len(rows))
    between = None if tables is None else np.array(data.draw(number), np.int32)
    largest, piece = data.draw(st.sampled_from([(3_000, 60), (3, 2)]))
    with patch.multiple(blocks, LARGEST_BLOCK=largest, PIECE=piece):
        pairs = plan(rules, table, between)
    scorer = Scorer.of(model, table)
    with TemporaryDirectory() as folder:
        cut = Buckets(Path(folder), _in_any_order(COMPARISONS), pairs=data.draw(st.sampled_from([1, 7, 1_000])))
        assert _told(cut.scored(frame, scorer, pairs, floor)) == _told(score_pairs(scorer, pairs, floor))


@pytest.fixture
def children() -> pl.DataFrame:
    return with_keys(children_alike(150).sort("record_id"))


def test_children_are_linked_alike_in_buckets_and_in_one_piece(children: pl.DataFrame, tmp_path: Path) -> None:
    how = {
        "comparisons": CHILD_COMPARISONS,
        "rules": CHILD_BLOCKING_RULES,
        "training_rules": CHILD_TRAINING_RULES,
        "dataset": "dataset",
        "model": read_model(APPROVED_MODEL, CHILD_COMPARISONS),
    }
    whole = link_records(children, **how)
    cut = link_records(children, **how, buckets=Buckets(tmp_path, _in_any_order(CHILD_COMPARISONS), pairs=500))
    assert len(list(tmp_path.glob("rule-*.scored.parquet"))) > len(whole.plan.blocks)
    assert _told(cut.scored) == _told(whole.scored)
    assert cut.labels.tolist() == whole.labels.tolist()
    assert cut.membership.tolist() == whole.membership.tolist()


def test_a_bucket_that_nobody_scored_is_missed(children: pl.DataFrame, tmp_path: Path) -> None:
    table = prepare(children, CHILD_COMPARISONS, CHILD_BLOCKING_RULES)
    scorer, pairs = Scorer.of(read_model(APPROVED_MODEL, CHILD_COMPARISONS), table), plan(CHILD_BLOCKING_RULES, table)
    names = write_buckets(tmp_path, children, scorer, pairs, floor=0.0, pairs=500)
    for name in names[1:]:
        score_bucket(tmp_path, name, CHILD_COMPARISONS)
    with pytest.raises(FileNotFoundError):
        gathered(tmp_path, names, pairs, table.height)


def test_a_bucket_holds_the_columns_that_comparing_reads_and_no_other(children: pl.DataFrame, tmp_path: Path) -> None:
    table = prepare(children, CHILD_COMPARISONS, CHILD_BLOCKING_RULES)
    scorer, pairs = Scorer.of(read_model(APPROVED_MODEL, CHILD_COMPARISONS), table), plan(CHILD_BLOCKING_RULES, table)
    name, *_ = write_buckets(tmp_path, children, scorer, pairs, floor=0.0, pairs=500)
    held = [column for column in pl.read_parquet(tmp_path / f"{name}.parquet").columns if "bucket: " not in column]
    assert set(held) == {*columns_read(CHILD_COMPARISONS), *scorer.frequencies}
