"""Many nights of deliveries: nobody leaves the list for a reason that is not true, ids stay, and the store does not grow.

``benchmarks/many_nights.py`` lives through sixty; here are fewer, with files judged by their layout only.
"""

from itertools import pairwise

import pytest

from benchmarks.many_nights import Lived, Plan, live
from data_contracts.contract import read_contracts
from pipelines.failure import HELD
from pipelines.ledger.list_changes import GONE, KEPT_IN_VIEW, NEW, RETURNED

NIGHTS = 10
PLAN = Plan(
    {2: {"late": ("health",)}, 4: {"bad": ("housing",)}, 6: {"bad": ("school_census",)}, 7: {"missing": ("health",)}},
    opens_on=2,
    closes_on=9,
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """The nights of a small authority in which much happens."""
    with pytest.MonkeyPatch.context() as patch:
        contracts = read_contracts()
        patch.setattr("data_contracts.check.judge", lambda *_, **__: [])
        patch.setattr("pipelines.night.read_contracts", lambda **_: contracts)
        return live(tmp_path_factory.mktemp("nights"), children=250, nights=NIGHTS, seed=4, share=0.1, plan=PLAN)


def test_all_that_can_befall_a_delivery_was_among_them(lived: Lived) -> None:
    assert {"arrived", "left the roll", "corrected", "merged by the agency", "merge undone", "came back"} <= set(
        lived.events
    )
    assert lived.failed == [(6, HELD)], "a roll cut off is held; the last list stays"
    assert lived.published == NIGHTS - 1


def test_every_child_that_left_has_a_true_reason(lived: Lived) -> None:
    assert lived.reasons["left"].sum() > 10
    assert lived.reasons["off_because"].null_count() == 0
    assert lived.false_facts.select("off_because", "off_on", "is_true").is_empty()


def test_what_has_changed_leads_from_each_list_to_the_next(lived: Lived) -> None:
    for (before, after), changed in zip(pairwise(lived.listed), lived.changed[1:], strict=True):
        came, went = changed[NEW] + changed[RETURNED], changed[GONE] + changed[KEPT_IN_VIEW]
        assert after == before + came - went
    assert sum(changed[GONE] for changed in lived.changed) > 10


def test_children_whose_records_stay_keep_their_id(lived: Lived) -> None:
    assert lived.renamed == 0


def test_what_an_officer_has_opened_was_in_view_every_night(lived: Lived) -> None:
    assert len(lived.opened) == 3
    assert lived.still_in_hand
    assert all(lived.still_in_hand)


def test_the_store_does_not_grow(lived: Lived) -> None:
    assert max(lived.sizes[-3:]) < 1.5 * max(lived.sizes[3:6])
