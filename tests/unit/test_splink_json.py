"""The model in Splink: the same weights there, the same conditions in its SQL, and back again."""

import json
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import duckdb
import numpy as np
import polars as pl
import pytest
import sqlglot
from splink import DuckDBAPI, Linker

from matching.canonical.keys import with_keys
from matching.comparisons import CHILD_COMPARISONS, Comparison, Level, columns_read, exact, missing, otherwise
from matching.in_numbers.encode import encode
from matching.pair_tests.date_similarity import (
    ADayApart,
    DayAndMonthSwapped,
    DigitsTransposed,
    FirstOfJanuary,
    OneDigitApart,
    SameDayAndMonth,
    SameYear,
    SameYearAndDay,
    SameYearAndMonth,
)
from matching.pair_tests.similarity import (
    Equal,
    EqualAcross,
    Missing,
    SharesAny,
    SharesCrosswise,
    Swapped,
    Unequal,
    both,
    either,
    none_of,
)
from matching.pair_tests.word_similarity import CrosswiseAlike, InitialOf, JaroWinklerAtLeast, Unlike, WithinEdits
from matching.scoring.score import Scorer
from matching.weights.model import Model, ModelError, Weights
from matching.weights.patterns import patterns_of
from matching.weights.splink_json import MATCH, NOT_TOLD, from_splink, to_splink
from tests.made.records import born, nhs_number_of, person_records, upn_of


def _model(comparisons, seed=11):
    draw = np.random.default_rng(seed)

    def drawn(comparison):
        says = np.array([not level.says_nothing for level in comparison.levels])
        chances = np.where(says, draw.random(len(says)) + 0.02, np.nan)
        return chances / np.nansum(chances)

    weights = {c.name: Weights(*(drawn(c) for _ in range(4))) for c in comparisons}
    return Model(tuple(comparisons), weights, 0.0, 0.0, 1e-3, {})


def _children(many=45):
    draw = np.random.default_rng(2026)
    choices = {
        "given": [
            "Amira",
            "Amirah",
            "A",
            "Mary-Jane",
            "MaryJane",
            "Mary Jane Ann",
            "William",
            "Bill",
            "Okafor",
            "Ann",
            None,
        ],
        "surname": ["Okafor", "Okafro", "Smith-Okafor", "Al-Hassan", "Hassan", "Amira", "Thompson", None],
        "also": ["Okafor", None, None],
        "born": [
            born("03/11/2015"),
            born("11/03/2015"),
            born("03/11/2016"),
            born("01/01/2015"),
            born("21/05/2014"),
            None,
        ],
        "sex": ["F", "M", None],
        "address": ["Flat 7, 67 High Road", "67 High Road", "1 Mill Lane", None],
        "postcode": ["ZA1 9AN", "ZA1 9AP", "ZA1 4BP", "ZB2 1AA", None],
        "uprn": ["10012345", None, None],
        "upn": [upn_of(1), upn_of(2), None],
        "former_upn": [upn_of(1), None, None],
        "nhs": [nhs_number_of(1), nhs_number_of(2), None],
        "carer": ["Grace Okafor", "Grace Okafro", "Mrs Chen", None],
        "phone": ["07281 235108", None],
    }
    rows = [{field: values[draw.integers(len(values))] for field, values in choices.items()} for _ in range(many)]
    return with_keys(person_records(rows)).select("record_id", *columns_read(CHILD_COMPARISONS))


def _without_frequencies(comparison):
    return replace(comparison, levels=tuple(replace(level, frequency_of=None) for level in comparison.levels))


def _frequency_table(column, scorer, table):
    frequencies = scorer.frequencies[column]
    if frequencies.values is None:
        values = table.vocabulary
    else:
        values = pl.Series(frequencies.values).cast(pl.String).str.to_date("%Y%m%d")
    return pl.DataFrame({column: values, f"tf_{column}": np.exp2(frequencies.of_code)}).to_arrow()


@pytest.mark.parametrize(
    "with_frequencies", [False, True], ids=["without frequencies", "with our frequencies as its tables"]
)
def test_splink_predicts_the_same_weights(with_frequencies):
    comparisons = CHILD_COMPARISONS if with_frequencies else tuple(map(_without_frequencies, CHILD_COMPARISONS))
    model, children = _model(comparisons), _children()
    table = encode(children, columns_read(CHILD_COMPARISONS))
    scorer = Scorer.of(model, table)
    left, right = (side.astype(np.int32) for side in np.triu_indices(table.height, 1))
    ours = scorer.weights(patterns_of(comparisons, table, left, right), left, right)
    ours += np.log2(model.match / (1 - model.match))

    settings = json.loads(to_splink(model))
    settings["blocking_rules_to_generate_predictions"] = ["1=1"]
    database = DuckDBAPI()
    linker = Linker(database.register(children.to_arrow()), settings, log_level=None)
    for column in scorer.frequencies:
        linker.table_management.register_term_frequency_lookup(
            database.register(_frequency_table(column, scorer, table)), column
        )
    predicted = linker.inference.predict().as_record_list()
    theirs = {frozenset((row["record_id_l"], row["record_id_r"])): row["match_weight"] for row in predicted}
    ids = children["record_id"]
    found = [theirs[frozenset((ids[a], ids[b]))] for a, b in zip(left.tolist(), right.tolist(), strict=True)]
    assert len(found) == len(theirs) == 45 * 44 // 2
    np.testing.assert_allclose(found, ours, atol=1e-6)


WORD_TESTS = [
    Missing("one"),
    Missing("many"),
    Equal("one"),
    Unequal("one"),
    EqualAcross("one", "two"),
    Swapped("one", "two"),
    SharesAny("many"),
    SharesAny("many", "one"),
    SharesCrosswise("many", "one"),
    InitialOf("one"),
    JaroWinklerAtLeast("one", 0.84),
    JaroWinklerAtLeast("one", 0.94),
    WithinEdits("one", 1),
    WithinEdits("one", 1, shortest=4),
    CrosswiseAlike("one", "two"),
    Unlike("one", 0.6, shortest=3),
    either(InitialOf("one"), WithinEdits("two", 1)),
    both(Equal("one"), Unequal("two")),
    either(both(Missing("one"), Missing("two")), both(Equal("one"), SharesAny("many"))),
    both(Equal("one"), none_of(Missing("two"), SharesAny("many"), JaroWinklerAtLeast("two", 0.84))),
]
DATE_TESTS = [
    test("born")
    for test in (
        ADayApart,
        DayAndMonthSwapped,
        OneDigitApart,
        DigitsTransposed,
        FirstOfJanuary,
        SameDayAndMonth,
        SameYearAndMonth,
        SameYearAndDay,
        SameYear,
        partial(FirstOfJanuary, years=3),
    )
]


def _rows(many=90):
    draw = np.random.default_rng(7)
    words = [
        "AMIRA",
        "AMIRAH",
        "AMIAR",
        "A",
        "AM",
        "CHEN",
        "CHENWEI",
        "CHNE",
        "OKAFOR",
        "OKAFRO",
        "MARTHA",
        "MARHTA",
        None,
    ]
    days = [date(y, m, d) for y in (2012, 2015, 2021, 2051) for m in (1, 3, 11, 12) for d in (1, 3, 11, 12, 21, 30)]
    return pl.DataFrame(
        {
            "one": [words[n] for n in draw.integers(0, len(words), many)],
            "two": [words[n] for n in draw.integers(0, len(words), many)],
            "many": [[words[n] for n in draw.integers(0, len(words) - 1, k)] for k in draw.integers(0, 3, many)],
            "born": [(*days, None)[n] for n in draw.integers(0, len(days) + 1, many)],
        },
        schema_overrides={"many": pl.List(pl.String)},
    ).with_row_index("row")


def _of(test):
    """A comparison of the one test, and of one that shows which columns are lists."""
    return Comparison("x", (Level("held", test), Level("shares", SharesAny("many")), otherwise()))


@pytest.mark.parametrize("test", [*WORD_TESTS, *DATE_TESTS], ids=repr)
def test_the_condition_in_sql_holds_where_the_test_holds(test):
    rows = _rows()
    levels = json.loads(to_splink(_model([_of(test)])))["comparisons"][0]["comparison_levels"]
    sides = ", ".join(f"{s}.{c} as {c}_{s}" for c in rows.columns for s in "lr")
    with duckdb.connect() as database:
        database.register("rows", rows.to_arrow())
        held = database.execute(
            f"select coalesce({levels[0]['sql_condition']}, false) "
            f"from (select {sides} from rows l join rows r on l.row < r.row) order by row_l, row_r"
        ).fetchall()
    left, right = (side.astype(np.int32) for side in np.triu_indices(rows.height, 1))
    ours = test.holds(encode(rows, test.reads), left, right)
    assert [row[0] for row in held] == ours.tolist()
    assert 0 < ours.sum() < len(ours)


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_every_condition_of_the_child_comparisons_reads_as_sql(dialect):
    settings = json.loads(to_splink(_model(CHILD_COMPARISONS), dialect=dialect, link_type="link_only", unique_id="id"))
    assert (settings["sql_dialect"], settings["link_type"], settings["unique_id_column_name"]) == (
        dialect,
        "link_only",
        "id",
    )
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level["sql_condition"] != "ELSE":
                assert sqlglot.parse_one(level["sql_condition"], read=dialect)
    text = json.dumps(settings)
    assert ("list_has_any" in text) is (dialect == "duckdb")
    assert ("arrays_overlap" in text) is (dialect == "spark")


def test_a_model_comes_back_from_splink():
    model = _model(CHILD_COMPARISONS)
    back = from_splink(to_splink(model), CHILD_COMPARISONS)
    assert (back.match, back.household) == (model.match, 0.0)
    for name, weights in model.weights.items():
        np.testing.assert_array_equal(back.weights[name].m, weights.m)
        np.testing.assert_array_equal(back.weights[name].u, weights.u)
    assert from_splink(to_splink(back), CHILD_COMPARISONS).weights.keys() == model.weights.keys()


def test_a_model_that_splink_has_loaded_and_saved_comes_back_whole():
    model = replace(_model(CHILD_COMPARISONS), household=0.001)
    settings = json.loads(to_splink(model))
    assert {entry["comparison_description"] for entry in settings["comparisons"]} == {NOT_TOLD}
    assert "comparison_description" not in to_splink(replace(model, household=0.0))
    linker = Linker(DuckDBAPI().register(_children(5).to_arrow()), settings, log_level=None)
    saved = json.dumps(linker.misc.save_model_to_json())
    back = from_splink(saved, CHILD_COMPARISONS)
    assert (back.match, back.household) == (model.match, 0.0)
    for name, weights in model.weights.items():
        np.testing.assert_array_equal(back.weights[name].m, weights.m)
        np.testing.assert_array_equal(back.weights[name].u, weights.u)
    assert json.loads(to_splink(back)) == json.loads(to_splink(replace(model, household=0.0)))


FORENAME = Comparison("forename", (missing("forename"), exact("forename"), otherwise()))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        pytest.param('"forename"', '"surname"', "no comparison 'forename'", id="another comparison"),
        pytest.param(
            '"different"',
            '"else"',
            "no comparison 'forename' with the levels not said, exact, different",
            id="another level",
        ),
        pytest.param(
            '"m_probability": 0', '"m_probability": 7', "m_probability of 'exact' of 'forename'", id="no probability"
        ),
        pytest.param(
            '"m_probability": 0', '"m_probability": null, "m": 0', "m_probability of 'exact'", id="m not learnt"
        ),
        pytest.param(
            f'"{MATCH}": 0', f'"{MATCH}": "?", "p": 0', f"{MATCH} must be a probability", id="a prior in words"
        ),
        pytest.param('"is_null_level": true', '"m_probability": 1', "'not said' .* says nothing", id="nothing weighs"),
        pytest.param(
            '"tf_adjustment_column"', '"is_null_level": true, "c"', "'exact' .* says nothing", id="says nothing"
        ),
        pytest.param('"label_for_charts": "exact"', '"label": 1', "with the levels not said, exact", id="no label"),
        pytest.param('"output_column_name"', '"name"', "no comparison 'forename'", id="a comparison without a name"),
        pytest.param('"comparison_levels"', '"levels"', "no comparison 'forename'", id="no levels"),
        pytest.param('"u_probability"', '"u"', "u_probability of 'exact' of 'forename'", id="no u"),
        pytest.param("{", "", "no readable JSON", id="no JSON"),
        pytest.param('"comparisons"', '"compared"', "no comparisons", id="no comparisons at all"),
        pytest.param(f'"{MATCH}"', '"prior"', f"no {MATCH}", id="no prior"),
        pytest.param(f'"{MATCH}": 0', f'"{MATCH}": 2', f"{MATCH} must be a probability", id="a prior that is none"),
        pytest.param(
            '"tf_adjustment_column": "forename"',
            '"tf_adjustment_column": null',
            "make them the same",
            id="no frequency",
        ),
        pytest.param(
            '"tf_adjustment_weight": 1.0', '"tf_adjustment_weight": 0.5', "weight 0.5", id="half the frequency"
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_the_place(old, new, why):
    text = to_splink(_model([FORENAME]))
    assert old in text
    with pytest.raises(ModelError, match=why):
        from_splink(text.replace(old, new, 1), [FORENAME])


@pytest.mark.parametrize("text", ["null", "3", "[]"])
def test_what_is_no_settings_is_refused(text):
    with pytest.raises(ModelError, match="no comparisons: save them from Splink"):
        from_splink(text, [FORENAME])


def test_a_test_without_a_form_in_sql_is_named():
    @dataclass(frozen=True)
    class SoundsWelsh:
        reads: tuple[str, ...] = ("forename",)

        def holds(self, _table, left, _right):
            return np.zeros(len(left), dtype=bool)

    comparison = Comparison("forename", (missing("forename"), Level("Welsh", SoundsWelsh()), otherwise()))
    with pytest.raises(ModelError, match="SoundsWelsh has no form in SQL"):
        to_splink(_model([comparison]))
