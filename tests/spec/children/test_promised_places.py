"""A place that is promised: what a source says of it, and what all who ask make of the same words on the same day.

A child left primary school in July and is to begin Year 7 in September; the day is 10 August.
"""

from datetime import date

import pytest

from pipelines.children.provision import find_provision
from pipelines.listing.early_warning import early_warning
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import rank
from pipelines.rank_settings import RankSettings
from tests.made.children import SOURCE_NAMES, Drawn

YEAR_6 = date(2015, 5, 14)
BEGAN, ENDED, AUGUST, TERM = date(2019, 9, 2), date(2026, 7, 21), date(2026, 8, 10), date(2026, 9, 2)


def leaver(what: str, since: date | None = TERM, until: date | None = None, sure: float = 1.0) -> Drawn:
    """Such a child with a place so promised, by a record that is so surely its own; and one whose place nobody doubts."""
    drawn = Drawn().record("school_census:1", "CH1", YEAR_6).on_roll("school_census:1", BEGAN, ENDED)
    drawn.record("health:1", "CH1", YEAR_6).lives("CH1", 0.95)
    drawn.record("admissions:1", "CH1", YEAR_6, sure=sure).says("admissions:1", "concern", what, since, until)
    return drawn.record("school_census:2", "CH2", YEAR_6).on_roll("school_census:2", BEGAN)


@pytest.mark.parametrize(
    ("drawn", "waits", "is_warned", "is_next"),
    [
        pytest.param(leaver("school place accepted"), True, False, True, id="accepted"),
        pytest.param(leaver("School Place Accepted"), True, False, True, id="in capitals"),
        pytest.param(leaver("SCHOOL_PLACE_ACCEPTED"), True, False, True, id="as a code"),
        pytest.param(leaver("school place offered"), False, False, True, id="offered: to be taken up yet"),
        pytest.param(leaver("offered a place, not accepted yet"), False, False, True, id="offered, not accepted yet"),
        pytest.param(leaver("entry deferred"), False, True, True, id="deferred: no place of this term"),
        pytest.param(leaver("not offered a place"), False, True, False, id="not offered"),
        pytest.param(leaver("no place accepted"), False, True, False, id="none accepted"),
        pytest.param(leaver("accepted place withdrawn"), False, True, False, id="accepted, and withdrawn by its words"),
        pytest.param(leaver("school place accepted", until=AUGUST), True, False, True, id="open until tonight"),
        pytest.param(leaver("school place accepted", until=date(2026, 8, 9)), False, True, False, id="withdrawn yesterday"),
        pytest.param(leaver("school place accepted", since=None), False, False, False, id="from no day that is said"),
        pytest.param(leaver("school place accepted", since=AUGUST), True, False, False, id="from today"),
        pytest.param(leaver("school place accepted", since=date(2026, 7, 27)), True, False, False,
                     id="from a fortnight ago: a roll may not show it yet"),
        pytest.param(leaver("school place accepted", since=date(2026, 7, 26)), False, True, False,
                     id="from fifteen days ago, and not taken up"),
        pytest.param(leaver("school place accepted", sure=0.9), True, False, True, id="surely the child's"),
        pytest.param(leaver("school place accepted", sure=0.6), False, True, True, id="perhaps another child's"),
    ],
)  # fmt: skip
def test_all_who_ask_read_one_promise_alike(drawn: Drawn, waits: bool, is_warned: bool, is_next: bool) -> None:
    """``waits``: between two schools, not listed; ``is_warned``: of Year 7; ``is_next``: moved down for it, where listed."""
    tables = drawn.tables()
    tables["provision"] = find_provision(tables["statements"], tables["child_records"], AUGUST)
    listed = rank(ListInputs(**tables, as_at=AUGUST, settings=RankSettings(), source_names=SOURCE_NAMES))
    assert listed.candidates.filter(child_id="CH1").is_empty() == waits
    warned = early_warning(ListInputs(**tables, as_at=AUGUST, settings=RankSettings()))
    assert ("CH1" in warned.children["child_id"]) == is_warned
    if not waits:
        assert ("place_to_come" in listed.findings.filter(child_id="CH1")["factor"]) == is_next
