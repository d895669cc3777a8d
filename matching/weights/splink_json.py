"""The model as Splink settings (JSON), and back: for teams that run the same weights in Splink, on DuckDB or Spark.

Splink has no counterpart for the household class (each comparison's description says so, as Splink keeps no other remark), for
the prior by pair of datasets, or for what a large table takes off (``Model.crowd``). With ``household = 0``, and in a table of
the size that the weights were measured on, the weights are the same except that Splink takes a value's frequency from all
rows where we leave one person out; registering our frequencies as Splink's term-frequency tables removes that difference too.
How two values go together (forename and surname) is a comparison of its own, worth nothing until those frequencies are
registered. In SQL two edits may overlap (one edit is the same), letters outside A-Z count by their bytes, and words are
compared at any length.
"""

import json
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from matching.comparisons import Comparison
from matching.pair_tests import date_similarity as date_tests
from matching.pair_tests import similarity as tests
from matching.pair_tests import word_similarity as word_tests
from matching.weights.model import Model, ModelError, Together, Weights, probability

MATCH = "probability_two_random_records_match"
SETTINGS = "Splink settings"
"""What errors call the settings; also the origin recorded in a model made from them."""
SPARK_NAMES = {"jaro_winkler_similarity": "jaro_winkler", "list_has_any": "arrays_overlap", "len": "size"}


NOT_TOLD = (
    "Splink has no class for two children of one household: brothers, sisters and twins weigh more here than under the "
    "model that these settings were made from."
)
"""The description of every comparison of a model with a household class."""


@singledispatch
def _condition(test: object) -> str:
    raise ModelError(f"{type(test).__name__} has no form in SQL: leave the comparison out, or run the model here")


@_condition.register
def _(test: tests.Missing) -> str:
    return f"{test.column}_l IS NULL OR {test.column}_r IS NULL"


@_condition.register
def _(test: tests.Equal) -> str:
    return f"{test.column}_l = {test.column}_r"


@_condition.register
def _(test: tests.Unequal) -> str:
    return f"{test.column}_l <> {test.column}_r"


@_condition.register
def _(test: tests.EqualAcross) -> str:
    return f"{test.first}_l = {test.second}_r OR {test.second}_l = {test.first}_r"


@_condition.register
def _(test: tests.Swapped) -> str:
    a, b = test.first, test.second
    return f"{a}_l = {b}_r AND {b}_l = {a}_r AND {a}_l <> {a}_r"


@_condition.register
def _(test: tests.SharesAny) -> str:
    if test.other is None:
        return f"list_has_any({test.column}_l, {test.column}_r)"
    return " OR ".join(
        f"list_has_any({test.column}_{one}, array({test.other}_{two}))" for one, two in (("l", "r"), ("r", "l"))
    )


@_condition.register
def _(test: tests.SharesCrosswise) -> str:
    one, other = (f"list_has_any({test.column}_{a}, array({test.other}_{b}))" for a, b in (("l", "r"), ("r", "l")))
    return f"{one} AND {other}"


@_condition.register
def _(test: word_tests.InitialOf) -> str:
    a, b = f"{test.column}_l", f"{test.column}_r"
    return f"(length({a}) = 1) <> (length({b}) = 1) AND substr({a}, 1, 1) = substr({b}, 1, 1)"


@_condition.register
def _(test: word_tests.JaroWinklerAtLeast) -> str:
    return f"jaro_winkler_similarity({test.column}_l, {test.column}_r) >= {test.threshold}"


@_condition.register
def _(test: word_tests.Unlike) -> str:
    a, b = f"{test.column}_l", f"{test.column}_r"
    long_enough = f"least(length({a}), length({b})) >= {test.shortest}"
    return f"{long_enough} and jaro_winkler_similarity({a}, {b}) < {test.threshold}"


@_condition.register
def _(test: word_tests.WithinEdits) -> str:
    a, b = f"{test.column}_l", f"{test.column}_r"
    close = f"damerau_levenshtein({a}, {b}) <= {test.edits}"
    if test.shortest <= 1:
        return close
    return f"{a} = {b} OR (least(length({a}), length({b})) >= {test.shortest} AND {close})"


@_condition.register
def _(test: word_tests.CrosswiseAlike) -> str:
    sides = []
    for one, other in (("l", "r"), ("r", "l")):
        given, surname = f"{test.given}_{one}", f"{test.surname}_{other}"
        begins = f"(length({surname}) > 1 AND substr({given}, 1, length({surname})) = {surname})"
        alike = f"jaro_winkler_similarity({given}, {surname}) >= {test.threshold}"
        sides.append(f"substr({given}, 1, 1) = substr({surname}, 1, 1) AND ({begins} OR {alike})")
    return " AND ".join(sides)


@_condition.register
def _(test: tests.Either) -> str:
    return " OR ".join(f"({_condition(part)})" for part in test.tests)


@_condition.register
def _(test: tests.Both) -> str:
    return " AND ".join(f"({_condition(part)})" for part in test.tests)


@_condition.register
def _(test: tests.NoneOf) -> str:
    return " AND ".join(f"NOT coalesce({_condition(part)}, FALSE)" for part in test.tests)


def _part(column: str, side: str, unit: str) -> str:
    return f"extract({unit} FROM {column}_{side})"


def _same(column: str, *units: str) -> str:
    return " AND ".join(f"{_part(column, 'l', unit)} = {_part(column, 'r', unit)}" for unit in units)


@_condition.register
def _(test: date_tests.DayAndMonthSwapped) -> str:
    c = test.column
    crosswise = (
        f"{_part(c, 'l', 'day')} = {_part(c, 'r', 'month')} AND {_part(c, 'l', 'month')} = {_part(c, 'r', 'day')}"
    )
    return f"{c}_l <> {c}_r AND {_same(c, 'year')} AND {crosswise}"


def _digit(column: str, side: str, place: int) -> str:
    return f"substr(replace(cast({column}_{side} AS VARCHAR), '-', ''), {place}, 1)"


def _digits_apart(column: str) -> str:
    return " + ".join(f"cast({_digit(column, 'l', p)} <> {_digit(column, 'r', p)} AS INT)" for p in range(1, 9))


@_condition.register
def _(test: date_tests.OneDigitApart) -> str:
    return f"({_digits_apart(test.column)}) = 1"


@_condition.register
def _(test: date_tests.ADayApart) -> str:
    left, right = (f"cast({test.column}_{side} AS DATE)" for side in ("l", "r"))
    return f"{left} = {right} + INTERVAL 1 DAY OR {right} = {left} + INTERVAL 1 DAY"


@_condition.register
def _(test: date_tests.DigitsTransposed) -> str:
    c = test.column
    crosswise = [
        f"({_digit(c, 'l', p)} = {_digit(c, 'r', p + 1)} AND {_digit(c, 'l', p + 1)} = {_digit(c, 'r', p)}"
        f" AND {_digit(c, 'l', p)} <> {_digit(c, 'r', p)})"
        for p in (1, 2, 3, 5, 7)
    ]
    return f"({_digits_apart(c)}) = 2 AND ({' OR '.join(crosswise)})"


@_condition.register
def _(test: date_tests.FirstOfJanuary) -> str:
    c = test.column
    firsts = [f"({_part(c, side, 'month')} = 1 AND {_part(c, side, 'day')} = 1)" for side in ("l", "r")]
    near = "" if test.years is None else f" AND abs({_part(c, 'l', 'year')} - {_part(c, 'r', 'year')}) <= {test.years}"
    return f"{c}_l <> {c}_r AND ({' OR '.join(firsts)}){near}"


@_condition.register
def _(test: date_tests.SameDayAndMonth) -> str:
    return f"{test.column}_l <> {test.column}_r AND {_same(test.column, 'month', 'day')}"


@_condition.register
def _(test: date_tests.SameYearAndMonth) -> str:
    return f"{test.column}_l <> {test.column}_r AND {_same(test.column, 'year', 'month')}"


@_condition.register
def _(test: date_tests.SameYearAndDay) -> str:
    return f"{test.column}_l <> {test.column}_r AND {_same(test.column, 'year', 'day')}"


@_condition.register
def _(test: date_tests.SameYear) -> str:
    return f"{test.column}_l <> {test.column}_r AND {_same(test.column, 'year')}"


def _in_dialect(condition: str, dialect: str) -> str:
    if dialect == "duckdb":
        return condition.replace("array(", "list_value(")
    for ours, theirs in SPARK_NAMES.items():
        condition = condition.replace(f"{ours}(", f"{theirs}(")
    return condition.replace("AS VARCHAR", "AS STRING")


def _condition_in(comparison: Comparison, test: tests.Test) -> str:
    """The test in SQL. An empty list counts as missing, as a null does."""
    lists = {level.test.column for level in comparison.levels if isinstance(level.test, tests.SharesAny)}
    if isinstance(test, tests.Missing) and test.column in lists:
        empty = " OR ".join(f"len({test.column}_{side}) = 0" for side in ("l", "r"))
        return f"{_condition(test)} OR {empty}"
    return _condition(test)


def _level(comparison: Comparison, number: int, weights: Weights, dialect: str) -> dict[str, Any]:
    level = comparison.levels[number]
    condition = "ELSE" if level.test is None else _in_dialect(_condition_in(comparison, level.test), dialect)
    entry: dict[str, Any] = {"sql_condition": condition, "label_for_charts": level.label}
    if level.says_nothing:
        return {**entry, "is_null_level": True}
    entry |= {"m_probability": float(weights.m[number]), "u_probability": float(weights.u[number])}
    if level.frequency_of is not None:
        # Our frequencies replace the level's own u, whether or not Splink would call the level an exact match.
        entry |= {"tf_adjustment_column": level.frequency_of, "tf_adjustment_weight": 1.0}
        entry |= {"disable_tf_exact_match_detection": True}
    return entry


def _together(model: Model, two: Together, dialect: str) -> dict[str, Any]:
    """A comparison with two levels, for how much less agreement in both of two comparisons is worth than the sum of the two.

    Its levels are worth nothing by themselves. For pairs that agree in both, our "frequency" of the column replaces u, and is 1
    or more; a frequency that Splink itself computes is below 1 and counts as 1.
    """
    one, other = model.comparisons[two.one], model.comparisons[two.other]
    both = f"{_first_level_is(one, two.one_agrees)} AND {_first_level_is(other, two.other_agrees)}"
    nothing = {"m_probability": 1.0, "u_probability": 1.0}
    agree = {
        "sql_condition": _in_dialect(both, dialect),
        "label_for_charts": "both agree",
        "tf_adjustment_column": two.goes_with.column,
        "tf_adjustment_weight": 1.0,
        "tf_minimum_u_value": 1.0,
        "disable_tf_exact_match_detection": True,
    }
    return {
        "output_column_name": f"{one.name}_with_{other.name}".replace(" ", "_"),
        "comparison_levels": [
            {**agree, **nothing},
            {"sql_condition": "ELSE", "label_for_charts": "not both", **nothing},
        ],
    }


def _first_level_is(comparison: Comparison, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    """In SQL: whether the first level that holds is one of those wanted."""
    *tested, (_, otherwise) = zip(comparison.levels, wanted.tolist(), strict=True)
    cases = [f"WHEN {_condition_in(comparison, level.test)} THEN {is_one}" for level, is_one in tested if level.test]
    return f"(CASE {' '.join(cases)} ELSE {otherwise} END)"


def to_splink(
    model: Model, *, unique_id: str = "record_id", link_type: str = "dedupe_only", dialect: str = "duckdb"
) -> str:
    """The model as Splink 5 settings. ``dialect``: duckdb or spark.

    Raises ModelError for a test without a form in SQL.
    """
    described = {"comparison_description": NOT_TOLD} if model.household > 0 else {}
    comparisons = [
        {
            "output_column_name": comparison.name.replace(" ", "_"),
            "comparison_levels": [
                _level(comparison, number, model.weights[comparison.name], dialect)
                for number in range(len(comparison.levels))
            ],
            **described,
        }
        for comparison in model.comparisons
    ]
    comparisons += [_together(model, two, dialect) | described for two in model.going_together()]
    settings = {
        "link_type": link_type,
        "unique_id_column_name": unique_id,
        MATCH: model.match,
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [],
        "sql_dialect": dialect,
    }
    return json.dumps(settings, indent=1)


def from_splink(text: str, comparisons: Sequence[Comparison]) -> Model:
    """Take m, u and the prior of these comparisons from Splink settings whose levels have the same labels in the same order.

    Settings saved by Splink itself also work. Raises :class:`ModelError` if a comparison or a level is missing, if a number is
    no probability, or if a level is a null level, or is adjusted for frequency, in only one of the two.
    """
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise ModelError(f"the settings are no readable JSON: {error}") from None
    for key in ("comparisons", MATCH):
        if not isinstance(settings, dict) or key not in settings:
            raise ModelError(f"the settings have no {key}: save them from Splink once the model is trained")
    given = {entry.get("output_column_name"): entry.get("comparison_levels") for entry in settings["comparisons"]}
    weights = {}
    for comparison in comparisons:
        levels = given.get(comparison.name.replace(" ", "_"))
        labels = [level.label for level in comparison.levels]
        if levels is None or [entry.get("label_for_charts") for entry in levels] != labels:
            raise ModelError(f"the settings have no comparison '{comparison.name}' with the levels {', '.join(labels)}")
        m, u = (_column(comparison, levels, key) for key in ("m_probability", "u_probability"))
        weights[comparison.name] = Weights(m, u, u, u)
        _refuse_other_frequencies(comparison, levels)
    match = probability(SETTINGS, MATCH, settings[MATCH])
    return Model(tuple(comparisons), weights, 0.0, 0.0, match, {"from": SETTINGS})


def _refuse_other_frequencies(comparison: Comparison, levels: list[dict[str, Any]]) -> None:
    """Raise ModelError if a value's frequency replaces u at a level in only one of the two: they are not the same model."""
    for level, entry in zip(comparison.levels, levels, strict=True):
        theirs, share = entry.get("tf_adjustment_column"), entry.get("tf_adjustment_weight", 1.0)
        if theirs != level.frequency_of or (theirs is not None and share != 1.0):
            raise ModelError(
                f"'{level.label}' of '{comparison.name}' counts how common the value of {level.frequency_of or 'nothing'} "
                f"is, in the settings that of {theirs or 'nothing'} with weight {share}: make them the same"
            )


def _column(
    comparison: Comparison, levels: list[dict[str, Any]], key: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = np.full(len(levels), np.nan)
    for number, (level, entry) in enumerate(zip(comparison.levels, levels, strict=True)):
        place, is_null = f"'{level.label}' of '{comparison.name}'", bool(entry.get("is_null_level"))
        if is_null != level.says_nothing:
            raise ModelError(f"{place} says nothing in one of the two only: make it a null level in both or in neither")
        if not is_null:
            values[number] = probability(SETTINGS, f"{key} of {place}", entry.get(key))
    return values
