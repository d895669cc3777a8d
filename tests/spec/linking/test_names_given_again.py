"""How often a family gives one name to several of its children, drawn as the families of a school; and what it says of twins.

Some families call all their sons Muhammad, and by the name behind it; no family calls two sons Oliver. Of a Muhammad a record
without the second name may be a twin brother's, of an Oliver it is the child's own.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from matching.blocking import CHILD_BLOCKING_RULES
from matching.canonical.keys import with_keys
from matching.clustering.judge import Settings
from matching.clustering.together import weigh_together
from matching.commonness.frequencies import HeldFrequencies
from matching.commonness.given_again import NO_CUSTOM, given_again
from matching.comparisons import CHILD_COMPARISONS, FORENAME, LISTED_BESIDE, columns_read
from matching.in_numbers.encode import encode
from matching.linkage import link_records, prepare
from matching.scoring.score import Scorer
from matching.weights.model import read_model
from matching.weights.patterns import patterns_of
from pipelines.linking.link import APPROVED_MODEL, HOUSEHOLDS
from tests.made.records import born, nhs_number_of, person_records, upn_of

GIVEN = FORENAME.given_again
assert GIVEN is not None
MODEL = read_model(APPROVED_MODEL, CHILD_COMPARISONS)
Row = dict[str, object]


def family(number: int, *children: str, sex: str = "M") -> list[Row]:
    """Brothers (or sisters), a year apart, on one roll. A girl among brothers is written with a star: *Amina."""
    return [
        {
            "record_id": f"census:{number}-{place}",
            "given": given.lstrip("*"),
            "surname": f"Malik{'abcdefghij'[number % 10]}",
            "sex": "F" if given.startswith("*") else sex,
            "born": born(f"{1 + number % 28:02}/03/{2008 + place}"),
            "address": f"{number} Mill Lane",
            "postcode": "ZA1 9AN",
            "upn": upn_of(10 * number + place),
        }
        for place, given in enumerate(children)
    ]


def families(many: int, *children: str, begin: int = 0, sex: str = "M") -> list[Row]:
    return [row for number in range(begin, begin + many) for row in family(number, *children, sex=sex)]


OTHERS = families(60, "Oliver", "Jack", "Noah", begin=30)
"""180 pairs of brothers without a name given again."""


def share_of(name: str, rows: Sequence[Row]) -> float:
    """Of the brothers of those called so, how many are as well; 0 where it counts for nothing."""
    table = encode(
        with_keys(person_records(rows)).sort("record_id"),
        list(dict.fromkeys([*GIVEN.reads, "forename", *HOUSEHOLDS.reads])),
    )
    bits = given_again(GIVEN, table, HOUSEHOLDS).bits(table.column(GIVEN.column))
    row = table.column("forename").tolist().index(table.vocabulary.to_list().index(name.upper()))
    return 0.0 if bits[row] == NO_CUSTOM else float(np.exp2(bits[row]))


@pytest.mark.parametrize(
    ("name", "rows", "least", "most"),
    [
        pytest.param("Muhammad", families(30, "Muhammad Ali", "Muhammad Hassan"), 0.7, 0.85, id="all sons of 30 families"),
        pytest.param("Muhammad", families(30, "Muhammad Ali", "Mohammed Hassan"), 0.7, 0.85, id="each son spelled otherwise"),
        pytest.param("Muhammad", families(30, "Muhammad Ali", "Muhammad Hassan", "*Amina"), 0.7, 0.85,
                     id="their sisters are not asked"),
        pytest.param("Muhammad", families(15, "Muhammad Ali", "Muhammad Hassan")
                     + families(15, "Muhammad Ali", "Yusuf", begin=15), 0.4, 0.65, id="of half the families"),
        pytest.param("Muhammad", families(2, "Muhammad Ali", "Muhammad Hassan"), 0.1, 0.25,
                     id="of two families, and no more is known of the name"),
        pytest.param("Amina", families(30, "Amina Noor", "Amina Sara", sex="F"), 0.7, 0.85, id="a girl's name"),
        pytest.param("Muhammad", [], 0.0, 0.0, id="a name that no roll has"),
        pytest.param("Oliver", families(30, "Muhammad Ali", "Muhammad Hassan"), 0.0, 0.0, id="a name that nobody gives again"),
        pytest.param("Oliver", family(1, "Oliver", "Oliver"), 0.0, 0.0,
                     id="once in many families: perhaps a child numbered twice, with a slip in a birth date"),
    ],
)  # fmt: skip
def test_how_often_brothers_share_a_name_is_learnt_name_by_name(
    name: str, rows: list[Row], least: float, most: float
) -> None:
    asked = {"record_id": "gp:asked", "given": name, "surname": "Whitby"}
    assert least <= share_of(name, [*OTHERS, *rows, asked]) <= most


TWINS: Row = {
    "surname": "Maliki",
    "sex": "M",
    "born": born("03/11/2015"),
    "address": "1 Mill Road",
    "postcode": "ZA1 9BN",
}
CUSTOM = families(30, "Muhammad Ali", "Muhammad Hassan")


def children(crowd: Sequence[Row], *rows: Row) -> list[list[str]]:
    """Which of the records drawn (by their ids) are one child, among the crowd, each of whom the doctor knows, too."""
    by_doctors = [
        {**row, "record_id": f"gp:{number}", "upn": None, "nhs": nhs_number_of(100 + number)}
        for number, row in enumerate(crowd)
    ]
    table = with_keys(person_records([*crowd, *by_doctors, *({**TWINS, **row} for row in rows)])).sort("record_id")
    found = link_records(
        table,
        comparisons=CHILD_COMPARISONS,
        rules=CHILD_BLOCKING_RULES,
        training_rules=(),
        dataset="dataset",
        model=MODEL,
        households=HOUSEHOLDS,
        settings=Settings(apart="permanent_upns", beside=LISTED_BESIDE),
    )
    drawn, together = {str(row["record_id"]) for row in rows}, dict[int, list[str]]()
    for record_id, label in zip(table["record_id"].to_list(), found.labels.tolist(), strict=True):
        if record_id in drawn:
            together.setdefault(label, []).append(record_id)
    return sorted(map(sorted, together.values()))


TWO, ONE = [["census:ali", "gp:ali"], ["gp:hassan"]], [["census:ali", "gp:ali", "gp:hassan"]]


@pytest.mark.parametrize(
    ("crowd", "first", "written", "expected"),
    [
        pytest.param([*OTHERS, *CUSTOM], "Muhammad", "Muhammad", TWO, id="a name given again"),
        pytest.param([*OTHERS, *CUSTOM], "Muhammad", "Mohammed", TWO, id="in another spelling"),
        pytest.param(OTHERS, "Muhammad", "Muhammad", ONE, id="here nobody gives it again: a child registered twice"),
        pytest.param([*OTHERS, *CUSTOM], "Oliver", "Oliver", ONE, id="another name: a child registered twice"),
    ],
)
def test_a_twin_on_no_roll_stays_a_child_where_a_doctor_has_lost_his_brothers_second_name(
    crowd: list[Row], first: str, written: str, expected: list[list[str]]
) -> None:
    found = children(
        crowd,
        {"record_id": "census:ali", "given": f"{first} Ali", "upn": upn_of(990)},
        {"record_id": "gp:ali", "given": written, "nhs": nhs_number_of(1)},
        {"record_id": "gp:hassan", "given": f"{written} Hassan", "nhs": nhs_number_of(2)},
    )
    assert found == expected


PAIRS = [
    pytest.param("Muhammad Ali", "Muhammad", True, id="one second name lost"),
    pytest.param("Muhammad", "Mohammed", True, id="two spellings"),
    pytest.param("Muhammad Ali", "Oliver", False, id="another name"),
    pytest.param("Oliver", "Oliver", False, id="a name that nobody gives again"),
]


@pytest.mark.parametrize(("one", "other", "is_less"), PAIRS)
def test_two_records_of_one_home_say_less_of_one_child_where_the_name_is_given_again(
    one: str, other: str, is_less: bool
) -> None:
    pair = [{**TWINS, "record_id": f"a:{n}", "given": given} for n, given in enumerate((one, other))]
    rows = [*pair, *OTHERS, *CUSTOM]
    table = prepare(with_keys(person_records(rows)), CHILD_COMPARISONS, [], *HOUSEHOLDS.reads)
    left, right = np.array([0], np.int32), np.array([1], np.int32)
    patterns = patterns_of(CHILD_COMPARISONS, table, left, right)
    scorer, before = Scorer.of(MODEL, table, households=HOUSEHOLDS), Scorer.of(MODEL, table)
    weight = scorer.weights(patterns, left, right)[0]
    if is_less:
        assert weight < before.weights(patterns, left, right)[0] - 0.5
    else:
        assert weight == before.weights(patterns, left, right)[0]
    assert scorer.weights(patterns, right, left)[0] == weight
    of_one_question = weigh_together(scorer, patterns, (left, right), np.zeros(1, np.int64), np.zeros(1))
    assert of_one_question[0] == pytest.approx(weight)
    held = {column: HeldFrequencies.of(found, table) for column, found in scorer.frequencies.items()}
    assert Scorer.of(MODEL, table, held).weights(patterns, left, right)[0] == weight
    no_homes = replace(MODEL, household=0.0)
    of_anybody = [Scorer.of(no_homes, table, households=homes) for homes in (HOUSEHOLDS, None)]
    assert of_anybody[0].weights(patterns, left, right)[0] == of_anybody[1].weights(patterns, left, right)[0]


def test_every_column_is_read_that_tells_a_name_given_again() -> None:
    assert set(GIVEN.reads) <= set(columns_read(CHILD_COMPARISONS))
