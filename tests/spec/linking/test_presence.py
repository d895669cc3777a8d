"""Which lists know a child, and what that says: one child in two pieces, or two children?"""

import numpy as np
import pytest

from matching.clustering.assign import coverage_of
from matching.clustering.parting import parted
from matching.clustering.presence import MOST, MOST_AT_HOME, PossibleMerges, Presence, counted, seen_alone
from matching.clustering.rivals import ChildPairs, Margins
from tests.made.child_pairs import weighing_all

ROLL, HEALTH, HOUSING = range(3)
NONE = np.zeros(0, np.int64)


def _lists(*names: int) -> np.ndarray:
    return np.isin(np.arange(3), names)[None, :]


def _children() -> tuple[np.ndarray, np.ndarray]:
    """1,000 children of one year: 940 on the roll and the health list, 300 of them in housing; few on one list alone."""
    kinds = [((ROLL, HEALTH), 640), ((ROLL, HEALTH, HOUSING), 300), ((HEALTH,), 30), ((ROLL,), 20), ((HOUSING,), 10)]
    present = np.concatenate([np.repeat(_lists(*names), many, axis=0) for names, many in kinds])
    return present, np.zeros(len(present), np.int32)


@pytest.fixture(scope="module")
def presence() -> Presence:
    return counted(_children(), 1, PossibleMerges(NONE, NONE, np.zeros(0)), np.zeros(3))


def bits(presence: Presence, ours: np.ndarray, theirs: np.ndarray) -> float:
    year = np.zeros(1, np.int32)
    return float(presence.bits(ours, theirs, (year, year))[0])


def test_a_child_of_the_roll_alone_and_one_of_the_health_list_alone_are_likely_one(presence: Presence) -> None:
    """640 in 1,000 are on both; 20 and 30 on one alone: log2(.64 / (.02 x .03)), about 10 bits."""
    assert bits(presence, _lists(ROLL), _lists(HEALTH)) == pytest.approx(np.log2(0.64 / 0.0006), abs=0.5)


def test_two_children_whom_both_lists_know_whole_lack_nothing(presence: Presence) -> None:
    """Namesakes, each with a school place and a doctor: that adds nothing worth the name."""
    whole = _lists(ROLL, HEALTH)
    assert bits(presence, whole, whole) == pytest.approx(-np.log2(0.64), abs=0.1)


def test_a_record_without_a_birth_date_is_of_any_year(presence: Presence) -> None:
    """Records without one are hard to link: counted among themselves, hardly a child would be on two lists."""
    present, _ = _children()
    alone = np.repeat(_lists(HEALTH), 40, axis=0)
    years = np.concatenate([np.ones(len(present), np.int32), np.zeros(40, np.int32)])
    known = np.concatenate([present, alone]), years
    found = counted(known, 2, PossibleMerges(NONE, NONE, np.zeros(0)), np.zeros(3))
    unknown, year = np.zeros(1, np.int32), np.ones(1, np.int32)
    undated = float(found.bits(_lists(HEALTH), _lists(ROLL), (unknown, year))[0])
    assert undated == pytest.approx(float(found.bits(_lists(ROLL), _lists(HEALTH), (year, unknown))[0]))
    # A child alone with the doctor is commoner than in that year, by the forty of no year.
    assert undated == pytest.approx(bits(presence, _lists(HEALTH), _lists(ROLL)) - np.log2(70 / 30), abs=0.2)


def test_presence_is_the_same_from_either_side_and_bounded(presence: Presence) -> None:
    for ours in (_lists(ROLL), _lists(HEALTH, HOUSING), _lists(HOUSING), _lists(ROLL, HEALTH, HOUSING)):
        for theirs in (_lists(ROLL), _lists(HEALTH), _lists(HOUSING)):
            assert bits(presence, ours, theirs) == pytest.approx(bits(presence, theirs, ours))
            assert bits(presence, ours, theirs) <= MOST


def test_a_list_that_few_are_on_says_little_of_who_is_not(presence: Presence) -> None:
    """Housing knows three in ten: that a child of the roll and the health list is not there proves nothing by itself."""
    known_to_two = bits(presence, _lists(HOUSING), _lists(ROLL, HEALTH))
    assert 3 < known_to_two < bits(presence, _lists(ROLL), _lists(HEALTH))


def test_what_may_be_one_child_in_two_pieces_is_no_proof_that_such_children_exist() -> None:
    present, stratum = _children()
    roll, health = (np.flatnonzero((present == _lists(name)).all(axis=1)) for name in (ROLL, HEALTH))
    pieces = PossibleMerges(roll[:15], health[:15], np.full(15, 0.9))
    again = counted((present, stratum), 1, pieces, np.zeros(3))
    before = counted((present, stratum), 1, PossibleMerges(NONE, NONE, np.zeros(0)), np.zeros(3))
    assert again.counts.sum() == pytest.approx(1000 - 15 * 0.9)
    assert bits(again, _lists(HOUSING), _lists(HEALTH)) > bits(before, _lists(HOUSING), _lists(HEALTH))


def test_a_landlord_who_lists_one_child_of_a_home_lists_the_others() -> None:
    """Housing knows half the children, and of two siblings both or neither: knowing just one of twins would be rare."""
    present = np.zeros((400, 3), dtype=bool)
    present[:, ROLL] = True
    present[:200, HOUSING] = True
    one, other = np.arange(0, 400, 2), np.arange(1, 400, 2)
    alone = seen_alone((present, np.zeros(400, np.int32)), 1, (one, other))
    assert alone[ROLL] == alone[HEALTH] == 0
    assert alone[HOUSING] == pytest.approx(np.log2((100 + 10) / 10))
    shown = counted((present, np.zeros(400, np.int32)), 1, PossibleMerges(NONE, NONE, np.zeros(0)), alone)
    assert shown.at_home(_lists(HOUSING), _lists(ROLL))[0] == pytest.approx(alone[HOUSING])
    assert shown.at_home(_lists(HOUSING, ROLL), _lists(ROLL))[0] == 0, "the roll knows both: they are two"
    assert shown.at_home(_lists(HOUSING), _lists(HEALTH))[0] <= MOST_AT_HOME


def test_siblings_of_whom_nothing_is_known_change_nothing() -> None:
    assert seen_alone(_children(), 1, (NONE, NONE)).tolist() == [0, 0, 0]


def test_a_year_that_nobody_is_of_leans_on_all_years() -> None:
    """Coverage has a stratum for any year that was not there when it was measured."""
    labels, dataset = np.repeat(np.arange(0, 80, 2), 2), np.tile([0, 1], 40).astype(np.int32)
    coverage = coverage_of(labels, dataset, np.zeros(80, np.int32))
    assert coverage.presence.counts.shape == (2, 1)
    pair = np.array([[True, False]]), np.array([[False, True]])
    new_year = np.ones(1, np.int32)
    assert np.isfinite(coverage.presence.bits(*pair, (new_year, new_year))).all()


TWINS = np.array([0, 0, 0, 0])
"""Rows 0 and 1: one twin on the roll and the health list; rows 2 and 3 the other."""
TWO_LISTS = np.array([0, 1, 0, 1], np.int32)


def _margins(dataset: np.ndarray, twice: float = 1.9, of_two: bool = True) -> Margins:
    return Margins(1.9, twice, dataset, lambda left, _: np.full(len(left), of_two))


def _by_name(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Rows of one twin agree; rows of both do not, as long as nothing is said of who else is on which list."""
    return np.where(left // 2 == right // 2, 10.0, -4.0)


@pytest.mark.parametrize(
    ("odds", "children"),
    [(-5.0, [0, 0, 2, 2]), (-0.5, [0, 0, 2, 2]), (0.5, [0, 0, 2, 2]), (3.0, [0, 0, 0, 0])],
    ids=[
        "surely two",
        "rather two",
        "rather one, and no link: whoever is on no roll must not stay unseen",
        "surely one",
    ],
)
def test_twins_run_together_are_parted_unless_they_are_one_by_as_much_as_a_link_must_be(
    odds: float, children: list[int]
) -> None:
    assert parted(TWINS, _by_name, weighing_all(odds), _margins(TWO_LISTS)).tolist() == children


def _more_alike_than_not(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Rows of one twin agree more. Those of both have no link on one list, but do from list to list: no cutting record by
    record comes between them.
    """
    return np.where(left // 2 == right // 2, 10.0, np.where(left % 2 == right % 2, -1.0, 3.0))


@pytest.mark.parametrize(
    ("odds", "children"),
    [(-5.0, [0, 0, 2, 2]), (0.5, [0, 0, 2, 2]), (3.0, [0, 0, 0, 0])],
    ids=["surely two", "rather one, and no link", "surely one"],
)
def test_twins_whom_no_record_parts_are_parted_around_the_two_least_alike_of_one_list(
    odds: float, children: list[int]
) -> None:
    assert parted(TWINS, _more_alike_than_not, weighing_all(odds), _margins(TWO_LISTS)).tolist() == children


def test_triplets_are_parted_two_and_then_one() -> None:
    labels, two_lists = np.zeros(6, dtype=np.int64), np.array([0, 1, 0, 1, 0, 1], np.int32)

    assert parted(labels, _more_alike_than_not, weighing_all(-5.0), _margins(two_lists)).tolist() == [0, 0, 2, 2, 4, 4]


def test_a_pupil_whom_one_list_has_twice_alike_in_all_is_not_weighed_again() -> None:
    """Two entries under one UPN have a link by themselves."""

    def nobody(_: np.ndarray, one: np.ndarray, other: np.ndarray) -> ChildPairs:
        assert not len(one), "nothing to weigh"
        return ChildPairs(one, other, np.zeros(0), one.astype(np.int32), other.astype(np.int32))

    def alike(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.full(len(left), 2.0)

    assert parted(TWINS, alike, nobody, _margins(TWO_LISTS)).tolist() == [0, 0, 0, 0]


def test_a_child_with_one_record_in_each_list_is_not_looked_at_again() -> None:
    def nobody(*_: object) -> ChildPairs:
        raise AssertionError("nothing to weigh")

    labels = np.array([0, 0, 2])
    assert parted(labels, nobody, nobody, _margins(np.array([0, 1, 0], np.int32))).tolist() == [0, 0, 2]


def test_what_is_said_of_two_children_hangs_on_no_others() -> None:
    """A product of matrices would differ in its last bit, and a night by what changed from one on everything."""
    draw = np.random.default_rng(1)
    alone, ours = draw.random(12) / 4, draw.random((2_000, 12)) < 0.4
    presence = Presence(np.zeros((0, 12), dtype=bool), np.zeros((1, 0)), alone)
    together = presence.at_home(ours, np.zeros_like(ours))
    each = [presence.at_home(row[None], np.zeros_like(row[None])).item() for row in ours]
    assert together.tolist() == each
