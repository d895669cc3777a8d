"""How closely 1 January and a forename go together: it is put down where birthdays are not recorded, for most of some
communities and for hardly anybody else. Two namesakes of one of them share it as well, so that it says little.
"""

from dataclasses import replace

import numpy as np
import pytest

from matching.canonical.keys import with_keys
from matching.commonness.association import MOST, association_of
from matching.commonness.frequencies import HeldFrequencies
from matching.comparisons import CHILD_COMPARISONS, DATE_OF_BIRTH, columns_read
from matching.in_numbers.encode import encode
from matching.linkage import prepare
from matching.scoring.score import Scorer
from matching.weights.model import read_model
from matching.weights.patterns import patterns_of
from pipelines.linking.link import APPROVED_MODEL
from tests.made.records import born, person_records

Rows = list[dict[str, object]]


def child(given: str, birthday: str, surname: str = "Karimi") -> dict[str, object]:
    return {"given": given, "surname": surname, "born": born(birthday)}


def children(given: str, first_of_january: int, other_days: int) -> Rows:
    """So many of one forename, each born in another year or on another day."""
    unknown = [child(given, f"01/01/{1980 + year}") for year in range(first_of_january)]
    return unknown + [child(given, f"{2 + day % 27:02}/{1 + day // 27:02}/2015") for day in range(other_days)]


AUTHORITY = children("Omid", 20, 0) + children("Amina", 10, 30) + children("Olivia", 1, 150) + children("Ava", 0, 180)
"""391 children: 31 are said to be born on 1 January, one in 12.6."""
USUAL = 31 / 391


def bits(rows: Rows) -> dict[str, float]:
    """Bits by forename, of a child born on 1 January."""
    goes_with = DATE_OF_BIRTH.goes_with
    assert goes_with is not None
    table = encode(with_keys(person_records(rows)), goes_with.reads)
    found = np.nan_to_num(association_of(goes_with, table).bits(table.column("forename_on_1_january")))
    return dict(zip(table.vocabulary.gather(table.column("forename")), found.tolist(), strict=True))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            "Omid", np.log2((19 + 3 * USUAL) / 22 / USUAL), id="all who bear the name: nearly all there can be"
        ),
        pytest.param("Amina", np.log2((9 + 3 * USUAL) / 42 / USUAL), id="a quarter of them: less than half of that"),
        pytest.param("Olivia", 0.0, id="a child with a name of others who really was born on that day"),
    ],
)
def test_1_january_is_commoner_among_some_names(given: str, expected: float) -> None:
    assert bits([*reversed(AUTHORITY)])[given.upper()] == pytest.approx(expected, abs=0.001)


def test_a_child_shows_nothing_of_itself_however_many_agencies_know_it() -> None:
    assert bits([*AUTHORITY, *[child("Xanthe", "01/01/2014")] * 9])["XANTHE"] == 0.0
    assert bits(AUTHORITY * 3) == bits(AUTHORITY)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([child("Ava", "03/04/2015")], id="nobody was born on 1 January"),
        pytest.param(children("Omid", 20, 0), id="everybody was"),
        pytest.param([child("Omid", "01/01/2014")] * 2, id="only two records"),
        pytest.param([{**child("Omid", "01/01/2014"), "given": None}] * 5, id="no forenames"),
    ],
)
def test_where_nothing_shows_it_1_january_goes_with_no_name(rows: Rows) -> None:
    goes_with = DATE_OF_BIRTH.goes_with
    assert goes_with is not None
    assert not association_of(goes_with, encode(with_keys(person_records(rows)), goes_with.reads)).of_code.any()


def test_bits_are_bounded() -> None:
    rare = children("Omid", 20, 0) + [
        row for name in ("Ava", "Isla", "Lily", "Leo", "Zoe") for row in children(name, 0, 320)
    ]
    assert 5.0 < bits(rare)["OMID"] <= MOST


MODEL = read_model(APPROVED_MODEL, CHILD_COMPARISONS)


@pytest.mark.parametrize(
    ("one", "other", "is_less"),
    [
        pytest.param(("Omid", "01/01/2014"), ("Omid", "01/01/2014"), True, id="namesakes with one unknown birthday"),
        pytest.param(("Omid", "01/01/2014"), ("Omidd", "01/01/2014"), True, id="the name misspelt on one side"),
        pytest.param(("Omid", "01/01/2014"), ("Omid", "17/05/2014"), True, id="unknown to one of the two lists"),
        pytest.param(("Omid", "17/05/2014"), ("Omid", "17/05/2014"), False, id="a birthday that is known"),
        pytest.param(
            ("Omid", "01/01/2014"), ("Reza", "01/01/2014"), False, id="brothers: what they share is of the home"
        ),
        pytest.param(("Ava", "01/01/2014"), ("Ava", "01/01/2014"), False, id="of a name that does not go with it"),
    ],
)
def test_agreement_is_worth_less_where_1_january_goes_with_the_name(
    one: tuple[str, str], other: tuple[str, str], is_less: bool
) -> None:
    pair = [child(*one, surname="Karimi"), child(*other, surname="Rasul")]
    table = prepare(with_keys(person_records([*pair, *AUTHORITY, *AUTHORITY])), CHILD_COMPARISONS, [])
    without = tuple(
        replace(each, goes_with=None) if each.name == "date of birth" else each for each in CHILD_COMPARISONS
    )
    left, right = np.array([0], np.int32), np.array([1], np.int32)
    patterns = patterns_of(CHILD_COMPARISONS, table, left, right)
    weight = Scorer.of(MODEL, table).weights(patterns, left, right)[0]
    before = Scorer.of(replace(MODEL, comparisons=without), table).weights(patterns, left, right)[0]
    assert weight == pytest.approx(before - (3.3 if is_less else 0.0), abs=0.6)
    assert Scorer.of(MODEL, table).weights(patterns, right, left)[0] == pytest.approx(weight)


def test_measures_taken_before_it_was_counted_still_serve() -> None:
    """As when somebody asks for an explanation after a new version came and before its first night."""
    rows = [child("Omid", "01/01/2014"), child("Omid", "01/01/2014"), *AUTHORITY]
    table = prepare(with_keys(person_records(rows)), CHILD_COMPARISONS, [])
    whole = Scorer.of(MODEL, table)
    held = {name: HeldFrequencies.of(each, table) for name, each in whole.frequencies.items()}
    del held["forename_on_1_january"]
    left, right = np.array([0], np.int32), np.array([1], np.int32)
    patterns = patterns_of(CHILD_COMPARISONS, table, left, right)
    earlier = Scorer.of(MODEL, table, held).weights(patterns, left, right)[0]
    assert earlier > whole.weights(patterns, left, right)[0] + 2


def test_every_column_is_read_that_it_is_told_by() -> None:
    assert DATE_OF_BIRTH.goes_with is not None
    assert set(DATE_OF_BIRTH.goes_with.reads) <= set(columns_read(CHILD_COMPARISONS))
