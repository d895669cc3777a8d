"""Small tables with any columns, and comparisons for them: the engine also links tables other than children's records."""

import numpy as np
import polars as pl
from hypothesis import strategies as st

from matching.comparisons import Comparison, Level, exact, missing, otherwise
from matching.pair_tests.date_similarity import OneDigitApart
from matching.pair_tests.similarity import Equal, SharesAny
from matching.pair_tests.word_similarity import JaroWinklerAtLeast, WithinEdits
from matching.weights.model import Model, Weights

WORD = st.sampled_from(["AMIRA", "AMIRAH", "A", "", "AMIR", "RIMA", "CHEN", "CHEN LI", "שרה", "👶", "OKAFOR", "OKAFRO"])
ROW = st.fixed_dictionaries(
    {
        "one": WORD | st.none(),
        "two": WORD | st.none(),
        "many": st.lists(WORD, max_size=3) | st.none(),
        "born": st.dates() | st.sampled_from([None]),
        "block": st.sampled_from(["x", "x", "y", None]),
        "other": st.sampled_from(["x", "y", None]),
        "side": st.sampled_from(["x", None]),
    }
)
SCHEMA = {
    "one": pl.String,
    "two": pl.String,
    "many": pl.List(pl.String),
    "born": pl.Date,
    "block": pl.String,
    "other": pl.String,
    "side": pl.String,
}
COMPARISONS = (
    Comparison("one", (missing("one"), exact("one"), Level("alike", JaroWinklerAtLeast("one", 0.85)), otherwise())),
    Comparison("two", (missing("two"), exact("two"), Level("slip", WithinEdits("two", 1)), otherwise())),
    Comparison("many", (missing("many"), Level("shares", SharesAny("many")), otherwise())),
    Comparison(
        "born", (missing("born"), Level("same", Equal("born")), Level("near", OneDigitApart("born")), otherwise())
    ),
)


def plain_model(records: int) -> Model:
    """Weights for the comparisons: better levels are worth more."""
    weights = {}
    for comparison in COMPARISONS:
        many = len(comparison.levels) - 1
        m, u = np.linspace(4, 1, many), np.linspace(1, 6, many)
        weights[comparison.name] = Weights(*(np.r_[np.nan, each / each.sum()] for each in (m, u, u, u)))
    return Model(COMPARISONS, weights, 1e-3, 0.1, 1e-2, {"records learnt from": records})
