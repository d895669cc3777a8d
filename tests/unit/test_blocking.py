"""Blocking on drawn tables: costs told beforehand, blocks of any size."""

import numpy as np
import polars as pl
import pytest

from matching.blocking import (
    CHILD_BLOCKING_RULES,
    CHILD_TRAINING_RULES,
    CHUNK,
    BlockingRule,
    columns_blocked,
    plan,
)
from matching.budget import choose_rules
from matching.canonical.keys import with_keys
from matching.comparisons import CHILD_COMPARISONS, columns_read
from matching.in_numbers.blocks import LARGEST_BLOCK
from matching.in_numbers.encode import encode
from tests.made.plain_tables import COMPARISONS, SCHEMA, plain_model
from tests.made.records import born, person_records, upn_of

PLACE = BlockingRule("place", ("place",))


def _pairs(pairs):
    return {(a, b) for _, left, right in pairs.chunks() for a, b in zip(left.tolist(), right.tolist(), strict=True)}


def test_a_rule_of_a_missing_column_names_it():
    with pytest.raises(KeyError, match="no column place; the table has name"):
        plan([PLACE], encode(pl.DataFrame({"name": ["AMIRA"]}), ["name"]))


@pytest.mark.parametrize("height", [0, 1])
def test_a_table_too_small_for_pairs(height):
    pairs = plan([PLACE], encode(pl.DataFrame({"place": ["a"] * height}), ["place"]))
    assert _pairs(pairs) == set()
    assert pairs.pairs == 0


def test_nulls_meet_nobody():
    assert _pairs(plan([PLACE], encode(pl.DataFrame({"place": [None, None, "a"]}), ["place"]))) == set()


def test_a_block_of_100_000_rows_that_nothing_can_split_is_cut_and_says_what_it_leaves_out():
    rows = 100_000
    table = encode(pl.DataFrame({"place": ["hostel"] * rows, "side": ["x"] * rows}), ["place", "side"])
    pairs = plan([BlockingRule("place", ("place",), ("side",))], table)
    (cost,) = pairs.costs
    sizes = [len(left) for _, left, _ in pairs.chunks()]
    assert cost.largest_block == rows
    assert cost.pairs + cost.left_out == rows * (rows - 1) // 2
    assert sum(sizes) == cost.pairs < 40 * rows
    assert max(sizes) <= CHUNK


def test_an_over_large_block_is_split_by_a_further_key_and_by_no_more_keys_than_it_needs():
    rows = LARGEST_BLOCK + 1
    table = pl.DataFrame(
        {"place": ["hostel"] * rows, "year": [str(n % 2) for n in range(rows)], "door": [str(n) for n in range(rows)]}
    )
    (cost,) = plan([BlockingRule("place", ("place",), ("year", "door"))], encode(table, table.columns)).costs
    odd, even = rows // 2, rows - rows // 2
    assert cost.pairs == (odd * (odd - 1) + even * (even - 1)) // 2
    assert cost.left_out == 0


@pytest.mark.parametrize(
    ("budget", "chosen"),
    [
        pytest.param(900, ["everybody", "both names", "one name"], id="all fit: in the order given"),
        pytest.param(100, ["both names"], id="the one with most matches a pair; the other finds nothing new"),
        pytest.param(10, [], id="none fits"),
    ],
)
def test_of_rules_beyond_the_budget_those_stay_that_find_most_for_their_pairs(budget, chosen):
    people = [f"{a}{b}" for a in "ABCD" for b in "EFGHI"] * 2
    table = pl.DataFrame({"one": people, "two": people, "block": "x"}).with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in SCHEMA.items() if name not in ("one", "two", "block")
    )
    rules = [
        BlockingRule("everybody", ("block",)),
        BlockingRule("both names", ("one", "two")),
        BlockingRule("one name", ("one",)),
    ]
    encoded = encode(table, [*columns_read(COMPARISONS), *columns_blocked(rules)])
    found = choose_rules(rules, encoded, plain_model(len(people)), budget=budget)
    assert [cost.rule for cost in found.costs] == chosen
    assert found.pairs <= budget


def test_chunks_are_bounded_and_pairs_come_once_in_any_chunking():
    table = encode(pl.DataFrame({"place": [str(n % 7) for n in range(300)]}), ["place"])
    pairs = plan([PLACE], table)
    sizes = [len(left) for _, left, _ in pairs.chunks(500)]
    assert max(sizes) <= 500
    assert sum(sizes) == len(_pairs(pairs)) == pairs.pairs


def test_every_comparison_is_left_open_by_some_training_rule():
    for comparison in CHILD_COMPARISONS:
        assert any(
            comparison.name not in rule.settles and not set(comparison.reads) & set(rule.columns)
            for rule in CHILD_TRAINING_RULES
        ), comparison.name


def test_where_pairs_of_one_forename_leave_the_birth_date_open_the_sex_tells_nothing_more():
    for rule in CHILD_TRAINING_RULES:
        if "forename_key" in rule.columns and "date of birth" not in rule.settles:
            assert "sex" in rule.settles, rule.name


def test_comparisons_that_training_rules_settle_exist():
    names = {comparison.name for comparison in CHILD_COMPARISONS}
    assert {name for rule in CHILD_TRAINING_RULES for name in rule.settles} <= names


AMIRA = {
    "given": "Amira",
    "surname": "Okafor",
    "born": born("03/11/2015"),
    "address": "1 Mill Lane",
    "postcode": "ZA1 9AN",
}
ELSEWHERE = {"address": "67 High Road", "postcode": "ZB2 1AA"}


YEAR_AND = [
    ({"surname": "Whitby", **ELSEWHERE}, "surname and home"),
    ({"given": "Axmira", **ELSEWHERE}, "home and a slip in the forename"),
    ({"given": "Zoe", "surname": "Whitby"}, "forename and surname"),
    (
        {"given": "Zoe", "surname": "Whitby", "postcode": "ZA1 4BP", "address": "1 Mlil Lane"},
        "names, slips in the home",
    ),
]
"""What else is written otherwise where the birth year is."""


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(ELSEWHERE, id="moved away"),
        pytest.param({"surname": "Whitby", **ELSEWHERE}, id="another surname, moved away"),
        pytest.param({"given": "Ameerah", **ELSEWHERE}, id="forename in another spelling, moved away"),
        pytest.param({"born": born("11/03/2015"), **ELSEWHERE}, id="day and month swapped, moved away"),
        pytest.param({"born": born("03/11/2016"), **ELSEWHERE}, id="another year, moved away"),
        pytest.param({"given": "Okafor", "surname": "Amira", **ELSEWHERE}, id="names swapped, moved away"),
        pytest.param(
            {"given": "Zoe", "surname": "Whitby", "born": born("04/11/2015"), "postcode": None},
            id="other names and a day out, no postcode",
        ),
        pytest.param({"born": None, **ELSEWHERE}, id="no birth date, moved away"),
        pytest.param({"surname": "Whitby", "born": None, "postcode": None}, id="another surname, no birth date"),
        pytest.param({"given": None, "born": born("04/11/2015")}, id="no forename, a day out"),
        pytest.param(
            {"given": "Zoe Amira", "surname": "Whitby", **ELSEWHERE}, id="called by the second name, moved away"
        ),
        pytest.param({"given": "Zoe", "surname": "Amira", **ELSEWHERE}, id="the forename for the surname, moved away"),
        pytest.param(
            {"given": "Xmira", "born": None, "born_in": "2015-11", **ELSEWHERE},
            id="a slip, the month of birth alone, moved away",
        ),
        pytest.param(
            {"given": "Xmira", "surname": "Whitby", "postcode": None}, id="a slip, another surname, no postcode"
        ),
        pytest.param(
            {"given": "Xmira", "surname": "Whitby", "born": None}, id="a slip, another surname, no birth date"
        ),
        pytest.param(
            {"given": "Zoe", "surname": "Whitby", "born": None, "upn": upn_of(1), **ELSEWHERE}, id="only the UPN"
        ),
        *(
            pytest.param({**slips, "born": born("03/11/2014")}, id=f"another birth year, {said}")
            for slips, said in YEAR_AND
        ),
    ],
)
def test_child_rules_bring_together(change):
    rows = [{**AMIRA, "upn": upn_of(1)}, {**AMIRA, **change}]
    table = encode(with_keys(person_records(rows)), columns_blocked(CHILD_BLOCKING_RULES))
    assert _pairs(plan(CHILD_BLOCKING_RULES, table)) == {(0, 1)}


def test_child_rules_bring_together_a_chain_of_names_in_any_order_though_the_birthday_has_a_slip():
    one = {**AMIRA, "given": "Duy Son", "surname": "Nguyen"}
    other = {**AMIRA, "given": "Nguyen Duy", "surname": "Son", "born": born("04/11/2015"), **ELSEWHERE}
    table = encode(with_keys(person_records([one, other])), columns_blocked(CHILD_BLOCKING_RULES))
    assert _pairs(plan(CHILD_BLOCKING_RULES, table)) == {(0, 1)}


def test_child_rules_bring_together_a_variant_of_the_forename_though_the_birthday_has_a_slip():
    one = {**AMIRA, "given": "Alexandra"}
    other = {**AMIRA, "given": "Sasha", "born": born("17/06/2015"), **ELSEWHERE}
    table = encode(with_keys(person_records([one, other])), columns_blocked(CHILD_BLOCKING_RULES))
    assert _pairs(plan(CHILD_BLOCKING_RULES, table)) == {(0, 1)}


def test_whole_birth_dates_do_not_meet_by_their_month_and_cost_nothing_there():
    (rule,) = [rule for rule in CHILD_BLOCKING_RULES if rule.one_side == "dayless"]
    whole = [AMIRA | {"born": born(f"{day:02}/11/2015")} for day in range(1, 20)]
    of_the_month = [AMIRA | {"born": None, "born_in": month} for month in ("2015-11", "2015-12", "2015")]
    table = encode(with_keys(person_records([*whole, *of_the_month])), rule.reads)
    assert plan([rule], encode(with_keys(person_records(whole)), rule.reads)).pairs == 0
    assert _pairs(plan([rule], table)) == {(row, len(whole)) for row in range(len(whole))}


def test_a_block_without_a_row_of_the_side_asked_for_makes_no_pairs():
    table = pl.DataFrame({"place": ["a", "a", "b", "b", "b"], "side": [None, None, "x", None, None]})
    rule = BlockingRule("place", ("place",), one_side="side")
    pairs = plan([rule], encode(table, rule.reads))
    assert (pairs.pairs, _pairs(pairs)) == (3, {(2, 3), (2, 4)})


def test_left_is_always_the_lower_row():
    table = encode(pl.DataFrame({"place": [["b", "a"], ["a", "b"], ["b"]]}), ["place"])
    for _, left, right in plan([PLACE], table).chunks():
        assert (left < right).all()
        assert left.dtype == right.dtype == np.int32
