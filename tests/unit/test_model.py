"""The model as a text file: what is written comes back, and what cannot be right is refused with its place."""

from dataclasses import replace

import numpy as np
import pytest

from matching.comparisons import Comparison, Level, exact, missing, otherwise
from matching.pair_tests.similarity import Missing
from matching.weights.model import Model, ModelError, Weights, read_model, write_model

COMPARISONS = tuple(
    Comparison(name, (missing(name), exact(name), otherwise())) for name in ("forename", 'the "odd" \\ one')
)


def _weights(*values):
    return Weights(*(np.array([np.nan, value, 1 - value]) for value in values))


MODEL = Model(
    COMPARISONS,
    {c.name: _weights(0.9, 0.01 / (n + 1), 0.1, 0.2) for n, c in enumerate(COMPARISONS)},
    household=2e-6,
    twins=0.03,
    match=1 / 3 * 1e-5,
    figures={"records learnt from": 1234, "iterations": 17, "from": 'a "night"', "share": 0.1},
)


@pytest.mark.parametrize(
    ("match", "bits"),
    [
        pytest.param(0.5, 0.0, id="few records"),
        pytest.param(2**-15, 0.0, id="as many as it was measured on"),
        pytest.param(2**-16, 1 / 0.65 - 1, id="twice as many"),
        pytest.param(2**-18, 3 * (1 / 0.65 - 1), id="eight times as many"),
        pytest.param(0.0, 3 * (1 / 0.65 - 1), id="more than it was measured on"),
    ],
)
def test_likeness_by_chance_counts_for_more_among_many(match, bits):
    assert replace(MODEL, match=match).crowd == pytest.approx(bits, abs=1e-2)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "model.toml"
    write_model(MODEL, file)
    return file


def _spoilt(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_model_comes_back_to_the_last_bit(path):
    model = read_model(path, COMPARISONS)
    assert (model.household, model.twins, model.match, model.figures) == (2e-6, 0.03, 1 / 3 * 1e-5, MODEL.figures)
    for comparison in COMPARISONS:
        for of in ("m", "u", "h", "t"):
            ours, theirs = (getattr(m.weights[comparison.name], of) for m in (model, MODEL))
            np.testing.assert_array_equal(ours, theirs)


def test_the_file_says_what_each_level_is_worth(path):
    text = path.read_text(encoding="utf-8")
    assert 'comparison = "forename"\nlabel = "exact"\nm = 0.9\nu = 0.01\nh = 0.1\nt = 0.2\nbits = 6.49' in text
    assert 'label = "not said"\nsays_nothing = true' in text


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        pytest.param(
            "m = 0.9", "m = 1.5", "m of 'exact' of 'forename' must be a probability from 0 to 1", id="above 1"
        ),
        pytest.param("u = 0.01", "u = -0.01", "u of 'exact' of 'forename' must be a probability", id="below 0"),
        pytest.param("h = 0.1\n", "h = nan\n", "h of 'exact' of 'forename' must be a probability", id="not a number"),
        pytest.param("t = 0.2\n", "", "t of 'exact' of 'forename' must be a probability", id="left out"),
        pytest.param("m = 0.9", 'm = "high"', "m of 'exact' of 'forename' must be a probability", id="a word"),
        pytest.param("household = 2e-06", "household = 2", "household must be a probability", id="household above 1"),
        pytest.param("twins = 0.03\n", "", "twins must be a probability", id="no share of twins"),
        pytest.param("m = 0.9", "m = = 0.9", "no readable TOML", id="no TOML"),
        pytest.param('label = "exact"\n', "", "a level without", id="a level without its label"),
        pytest.param(
            'label = "exact"', 'label = "close"', "'close' of 'forename' stands only in the model", id="another level"
        ),
    ],
)
def test_a_spoilt_model_is_refused_with_its_place(path, old, new, why):
    with pytest.raises(ModelError, match=f"model.toml: .*{why}"):
        read_model(_spoilt(path, old, new), COMPARISONS)


def test_a_model_trained_for_other_comparisons_is_refused(path):
    surname = Comparison("surname", (missing("surname"), exact("surname"), otherwise()))
    with pytest.raises(ModelError, match=r"trained for other comparisons: .*'surname' stands only in the comparisons"):
        read_model(path, (*COMPARISONS, surname))
    with pytest.raises(ModelError, match=r"trained for other comparisons: .*stands only in the model. Train again"):
        read_model(path, COMPARISONS[:1])


def test_a_model_serves_comparisons_with_another_level_that_says_nothing(path):
    """A version that tells one more kind of silence apart goes on with the weights that a person approved."""
    forename = COMPARISONS[0]
    silent = replace(forename, levels=(Level("initial only", Missing("initial"), says_nothing=True), *forename.levels))
    assert read_model(path, (silent, *COMPARISONS[1:])).match_weights(silent)[0] == 0


def test_bits_of_levels_and_what_says_nothing():
    bits = MODEL.match_weights(COMPARISONS[0])
    assert bits.tolist() == pytest.approx([0, np.log2(90), np.log2(0.1 / 0.99)])


def test_a_model_serves_a_table_of_another_size():
    """Twice the records: four times the pairs, and twice the matches."""
    assert MODEL.on(2468).match == pytest.approx(MODEL.match / 2)
    assert MODEL.on(1234) == MODEL
    assert replace(MODEL, figures={}).on(2468).match == MODEL.match
    assert 0 < MODEL.on(2).match <= 0.5
