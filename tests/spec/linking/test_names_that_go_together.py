"""How closely a forename and a surname go together, drawn as the families of a small town.

Two lists of names, each with its own forenames and surnames, and families of a third, large one; nobody is told which is
which. A forename that one in so many children bears is commoner among those who bear such a surname: so many bits.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from matching.canonical.keys import with_keys
from matching.clustering.assign import Priors
from matching.clustering.judge import Judge, Settings
from matching.clustering.together import weigh_together
from matching.commonness.association import MOST, association_of
from matching.comparisons import CHILD_COMPARISONS, FORENAME, columns_read
from matching.explain import waterfall
from matching.in_numbers.encode import encode
from matching.linkage import prepare
from matching.scoring.score import Scorer
from matching.weights.model import read_model
from matching.weights.patterns import patterns_of
from pipelines.linking.link import APPROVED_MODEL
from pipelines.reports.explain_pair import lines_of
from tests.made.records import born, person_records

RIVER = (("Ama", "Kofi", "Esi", "Kwame", "Abena", "Yaw"), ("Mensah", "Owusu", "Boateng", "Asante"))
HILL = (("Jan", "Ola", "Ewa", "Piotr", "Zofia", "Adam"), ("Nowak", "Wrona", "Duda", "Zając"))
TOWN = (
    ("Olivia", "Amelia", "Lily", "Isla", "Ava", "Oliver", "George", "Arthur", "Noah", "Leo"),
    ("Smith", "Jones", "Taylor", "Brown", "Walker", "Wright", "Hall", "Green", "Baker", "Clarke"),
)


def child(given: str, surname: str, day: int) -> dict[str, object]:
    return {"given": given, "surname": surname, "born": born(f"{1 + day % 28:02}/{1 + day // 28 % 12:02}/2015")}


def families(*lists: tuple[tuple[str, ...], tuple[str, ...]], each: int = 10) -> list[dict[str, object]]:
    """So many children of every forename and surname of a list, each born on another day."""
    names = [pair for forenames, surnames in lists for pair in product(forenames, surnames) for _ in range(each)]
    return [child(given, surname, number) for number, (given, surname) in enumerate(names)]


def closeness(rows: list[dict[str, object]]) -> dict[tuple[str, str], float]:
    """Bits by forename and surname."""
    goes_with = FORENAME.goes_with
    assert goes_with is not None
    table = encode(with_keys(person_records(rows)), goes_with.reads)
    found = association_of(goes_with, table)
    names = zip(*(table.vocabulary.gather(table.column(name)) for name in ("forename", "surname")), strict=True)
    return dict(zip(names, found.bits(table.column("name_in_full")).tolist(), strict=True))


CHILDREN = families(RIVER, HILL) + families(TOWN, each=19)
"""240 children of either small list, 1,900 of the town: one in ten is of the river's."""
ONE_IN_TEN = np.log2(2380 / 240)


@pytest.mark.parametrize(
    ("given", "surname", "bits"),
    [
        pytest.param(
            "Ama", "Mensah", ONE_IN_TEN, id="of one list: commoner there by as much as the list is a part of all"
        ),
        pytest.param("Zofia", "Nowak", ONE_IN_TEN, id="of the other"),
        pytest.param("Olivia", "Smith", np.log2(2380 / 1900), id="of the large list: hardly commoner than among all"),
        pytest.param(
            "Ama", "Smith", 0.0, id="a forename of one, a surname of another: no closer than chance, and no less"
        ),
        pytest.param("Zofia", "Mensah", 0.0, id="of the two small ones"),
    ],
)
def test_names_of_one_list_go_together(given: str, surname: str, bits: float) -> None:
    rows = [*CHILDREN, child(given, surname, 300)]
    assert closeness(rows)[given.upper(), surname.upper()] == pytest.approx(bits, abs=0.7)


def test_a_rare_surname_borrows_from_those_whose_forenames_its_bearers_bear() -> None:
    rare = [child(given, "Agyeman", 200 + day) for day, given in enumerate(("Kofi", "Esi", "Yaw"))]
    found = closeness([*CHILDREN, *rare, *[child("Ama", "Agyeman", 204)] * 3])
    assert 1.0 < found["AMA", "AGYEMAN"] < found["AMA", "MENSAH"], "less sure than of a surname often heard"


@pytest.mark.parametrize("records", [1, 12])
def test_a_child_shows_nothing_of_itself(records: int) -> None:
    """However many agencies know the child, and however often they mistype the birth date."""
    alone = [child("Xanthe", "Quorra", 30 + number) for number in range(records)]
    assert closeness([*CHILDREN, *alone])["XANTHE", "QUORRA"] == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize(("records", "is_held"), [(2, False), (3, True)])
def test_of_names_that_few_records_bear_nothing_is_held(records: int, is_held: bool) -> None:
    rows = [row for row in CHILDREN if (row["given"], row["surname"]) != ("Ama", "Mensah")]
    found = closeness([*rows, *[child("Ama", "Mensah", 7)] * records])
    assert (found["AMA", "MENSAH"] > 1) is is_held


def test_records_of_a_child_in_many_sources_count_once() -> None:
    assert closeness([*CHILDREN, *CHILDREN, *CHILDREN]) == closeness(CHILDREN)


def test_the_order_of_the_rows_changes_nothing() -> None:
    shuffled = [CHILDREN[row] for row in np.random.default_rng(7).permutation(len(CHILDREN))]
    assert closeness(shuffled) == closeness(CHILDREN)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="nobody"),
        pytest.param([child("Ama", "Mensah", 1)], id="one child"),
        pytest.param(families(RIVER, each=1)[:9], id="no surname borne by ten"),
        pytest.param([{**child("Ama", "Mensah", day), "surname": None} for day in range(40)], id="no surnames"),
        pytest.param([child("Ama", "Mensah", day) for day in range(300)], id="all of one name"),
        pytest.param(families(RIVER, each=10), id="all of one list"),
    ],
)
def test_where_nothing_shows_it_no_names_go_together(rows: list[dict[str, object]]) -> None:
    empty = person_records([child("Ama", "Mensah", 1)]).clear()
    goes_with = FORENAME.goes_with
    assert goes_with is not None
    table = encode(with_keys(person_records(rows) if rows else empty), goes_with.reads)
    assert association_of(goes_with, table).of_code == pytest.approx(0.0, abs=0.2)


def test_bits_are_bounded() -> None:
    few = families((("Wen", "Li", "Hua"), ("Quach", "Lam", "Tran")), each=8)
    found = closeness([*few, *families(TOWN, each=330)])
    assert found["WEN", "QUACH"] == MOST
    assert min(found.values()) >= 0


MODEL = read_model(APPROVED_MODEL, CHILD_COMPARISONS)


@pytest.mark.parametrize(
    ("one", "other", "is_less"),
    [
        pytest.param(("Ama", "Mensah"), ("Ama", "Mensah"), True, id="both names the same"),
        pytest.param(("Kwame", "Owusu"), ("Kwane", "Owusu"), True, id="one of them misspelt on one side"),
        pytest.param(
            ("Ama", "Mensah"), ("Mensah", "Ama"), True, id="both in each other's place, or the family's name first"
        ),
        pytest.param(
            ("Ama", "Mensah"), ("Ama", "Owusu"), False, id="the forename alone: a surname changed within one list"
        ),
        pytest.param(("Ama", "Mensah"), ("Kofi", "Mensah"), False, id="the surname alone: perhaps brother and sister"),
        pytest.param(("Ama", "Mensah"), ("Ama", None), False, id="one side without a surname"),
        pytest.param(("Ama", "Smith"), ("Ama", "Smith"), False, id="two names that do not go together"),
    ],
)
def test_agreement_in_both_is_worth_less_where_the_names_go_together(
    one: tuple[str, str], other: tuple[str, str | None], is_less: bool
) -> None:
    pair = [{**child("Ama", "Mensah", 300), "given": given, "surname": surname} for given, surname in (one, other)]
    table = prepare(with_keys(person_records([*pair, *CHILDREN])), CHILD_COMPARISONS, [])
    without = tuple(replace(comparison, goes_with=None) for comparison in CHILD_COMPARISONS)
    left, right = np.array([0], np.int32), np.array([1], np.int32)
    patterns = patterns_of(CHILD_COMPARISONS, table, left, right)
    weight = Scorer.of(MODEL, table).weights(patterns, left, right)[0]
    before = Scorer.of(replace(MODEL, comparisons=without), table).weights(patterns, left, right)[0]
    assert weight == (pytest.approx(before - ONE_IN_TEN, abs=0.8) if is_less else pytest.approx(before, abs=0.05))
    assert Scorer.of(MODEL, table).weights(patterns, right, left)[0] == pytest.approx(weight)
    of_one_question = weigh_together(
        Scorer.of(MODEL, table), patterns, (left, right), np.zeros(1, np.int64), np.zeros(1)
    )
    assert of_one_question[0] == pytest.approx(weight)


def test_an_explanation_tells_it_in_a_line_of_its_own() -> None:
    pair = [{**child("Ama", "Mensah", day), "dataset": "roll"} for day in (300, 301)]
    table = prepare(with_keys(person_records([*pair, *CHILDREN])), CHILD_COMPARISONS, [])
    nobody, no_prior = np.zeros(table.height, np.int32), Priors(np.zeros((1, 1)), np.zeros((1, 1)))
    judge = Judge(Scorer.of(MODEL, table), no_prior, nobody, nobody, None, None, {}, Settings())
    bars = waterfall(judge, np.array([0], np.int32), np.array([1], np.int32))
    assert bars["bits"].sum() == pytest.approx(judge.evidence(np.array([0]), np.array([1]))[0])
    lines = dict(lines_of(bars, is_protected=False))
    assert lines["forename: commoner than usual among those with this surname"] == pytest.approx(-ONE_IN_TEN, abs=0.8)


def test_every_column_is_read_that_closeness_is_told_by() -> None:
    assert FORENAME.goes_with is not None
    assert set(FORENAME.goes_with.reads) <= set(columns_read(CHILD_COMPARISONS))
    assert "date_of_birth" not in FORENAME.reads, (
        "a rule that reads the birth date may still teach the forename's weights"
    )
