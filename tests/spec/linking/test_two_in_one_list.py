"""Two records of one list under two names: one child entered twice, or twins? The doubt must show, as of twins taken for one
child the one without a place is hidden.
"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from matching.canonical.keys import with_keys
from matching.clustering.judge import Settings
from matching.clustering.parting import parted
from matching.clustering.rivals import ChildPairs, Margins
from matching.comparisons import CHILD_COMPARISONS
from matching.in_numbers.encode import encode
from matching.linkage import link_records
from matching.pair_tests.name_similarity import NAMES_OF_TWO
from matching.weights.model import read_model
from pipelines.linking.link import APPROVED_MODEL, CHILD_SETTINGS, OF_CHILDREN, records_to_link
from tests.made.child_pairs import weighing_all
from tests.made.records import born, nhs_number_of, person_records, upn_of
from tests.spec.linking.test_names_given_again import OTHERS

MODEL = read_model(APPROVED_MODEL, CHILD_COMPARISONS)


@pytest.mark.parametrize(
    ("one", "other", "of_two"),
    [
        pytest.param("Chloe", "Orla", True, id="two names"),
        pytest.param("Ella", "Eleanor", True, id="a short form, which may be a sister's name"),
        pytest.param("Zaid", "Zain", True, id="one letter apart, and both are names"),
        pytest.param("Muhammad Ali", "Muhammad Hassan", True, id="brothers who share the first of their names"),
        pytest.param("Kyle George", "George", True, id="a brother's name as a middle name"),
        pytest.param("Rebecca", "Rezbecca", False, id="a slip"),
        pytest.param("Oscar", "Oscar", False, id="one name"),
        pytest.param("Muhammad Ali", "Muhammad", False, id="one name, the further one left out"),
        pytest.param("Oscar", None, False, id="no name"),
    ],
)
def test_names_that_two_children_of_one_home_may_have(one: str, other: str | None, of_two: bool) -> None:
    keyed = with_keys(person_records([{"given": one, "surname": "Malik"}, {"given": other, "surname": "Malik"}]))
    table = encode(keyed, list(NAMES_OF_TWO.reads))
    first, second = np.array([0], np.int32), np.array([1], np.int32)
    assert [bool(NAMES_OF_TWO.holds(table, *pair)[0]) for pair in ((first, second), (second, first))] == [of_two] * 2


@pytest.mark.parametrize(
    ("odds", "lists", "of_two", "children"),
    [
        pytest.param(3.0, [0, 1, 0], True, [0, 0, 2], id="likely one, but not surely: the second row shows as a doubt"),
        pytest.param(3.0, [0, 1, 0], False, [0, 0, 0], id="under one name: a child entered twice"),
        pytest.param(6.0, [0, 1, 0], True, [0, 0, 0], id="surely one"),
        pytest.param(1.0, [0, 1, 0], False, [0, 0, 2], id="no link"),
    ],
)
def test_two_rows_of_one_list_are_one_child_only_if_two_would_not_be_worth_listing(
    odds: float, lists: list[int], of_two: bool, children: list[int]
) -> None:
    def by_records(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.where(right == 2, -4.0, 10.0)

    margins = Margins(1.8, 4.5, np.array(lists, np.int32), lambda left, _: np.full(len(left), of_two))
    assert parted(np.zeros(3, np.int64), by_records, weighing_all(odds), margins).tolist() == children


def test_two_rows_of_two_lists_are_one_child_as_soon_as_a_link_is_likely_enough() -> None:
    one, other = np.array([0, 1]), np.array([1, 2])
    rows = np.zeros(2, np.int32)
    margins = Margins(1.8, 4.5, np.array([0, 1, 1], np.int32), lambda left, _: np.ones(len(left), bool))
    assert margins.of(np.arange(3), ChildPairs(one, other, np.array([3.0, 3.0]), rows, rows)).tolist() == [1.8, 4.5]


HOME: dict[str, object] = {
    "surname": "Smith",
    "sex": "M",
    "born": born("29/03/2020"),
    "address": "1 Mill Road",
    "postcode": "ZA1 9BN",
}


@pytest.mark.parametrize(
    ("pupil", "patient", "settings", "children"),
    [
        pytest.param("Kyle George", "George", CHILD_SETTINGS, [["census:1", "gp:1"], ["gp:2"]], id="perhaps a twin"),
        pytest.param(
            "Kyle George",
            "George",
            replace(CHILD_SETTINGS, names_of_two=None),
            [["census:1", "gp:1", "gp:2"]],
            id="by the usual threshold",
        ),
        pytest.param("Eleanor", "Ella", CHILD_SETTINGS, [["census:1", "gp:1", "gp:2"]], id="surely one"),
    ],
)
def test_a_twin_on_no_roll_is_not_hidden_in_the_twin_at_school_by_a_name_they_share(
    pupil: str, patient: str, settings: Settings, children: list[list[str]]
) -> None:
    """Both are on the doctors' list, each with a number of its own."""
    rows = [
        {**HOME, "record_id": "census:1", "given": pupil, "upn": upn_of(990)},
        {**HOME, "record_id": "gp:1", "given": pupil, "nhs": nhs_number_of(1)},
        {**HOME, "record_id": "gp:2", "given": patient, "nhs": nhs_number_of(2)},
    ]
    by_doctors = [
        {**row, "record_id": f"gp:{3 + number}", "upn": None, "nhs": nhs_number_of(3 + number)}
        for number, row in enumerate(OTHERS)
    ]
    table = with_keys(records_to_link(person_records([*OTHERS, *by_doctors, *rows])))
    found = link_records(table, **OF_CHILDREN, model=MODEL, settings=settings)
    ids = pl.DataFrame({"record_id": table["record_id"], "child": found.labels})
    drawn = ids.filter(pl.col("record_id").is_in([str(row["record_id"]) for row in rows]))
    assert sorted(drawn.group_by("child").agg(pl.col("record_id").sort())["record_id"].to_list()) == children


@pytest.mark.parametrize("chance", [0.0, 1.0, -1.0])
def test_a_probability_outside_0_to_1_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="twice_probability"):
        Settings(twice_probability=chance)
