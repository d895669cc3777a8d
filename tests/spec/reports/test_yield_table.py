"""Spec: what the leads have yielded, as a manager reads it from `rollcall yield`."""

from datetime import date

import polars as pl
import pytest

from pipelines.decisions.outcomes import OUTCOME
from pipelines.listing.recalibration import answers
from pipelines.publish.outcome_yield import outcome_yield
from pipelines.reports.yield_table import NONE_YET, yield_words
from tests.spec.listing.test_outcomes import outcome

TABLE = """\
Of 14 children looked into, 3 missing education (21%). Each child found took 6.5 hours.

                        Children  Missing  Share  Closed  Open  Again  Hours  Each
All                           14        3    21%      10     1      1   13.0   6.5
By lane
  follow up                   13        3    23%      10     0      1   13.0   6.5
  not on the list              1        0     0%       0     1      0      –     –
By likelihood
  90% and more                12        2    17%      10     0      1   13.0   6.5
  50 to 70%                    1        1   100%       0     0      0      –     –
  not on the list              1        0     0%       0     1      0      –     –
By source
  Health registrations        13        3    23%      10     0      1   13.0   6.5
  housing                      1        0     0%       0     1      0      –     –

Likelihoods against what was found  Answered  Said  Found  95% interval
  90% to 100%                             13   95%    15%     3% to 41%   said too much
  50% to 70%                               1   60%   100%   16% to 100%  too few to say

Children: looked into by an officer, grouped as when that began. A child known to several sources counts in each.
Missing: found to be missing education, also if in education since; the share is of the children looked into.
Closed: closed, and never found missing: in education all along, say, or the family gone.
Open: not decided yet.
Again: closed before, and looked into again on a later day.
Hours: of officers, as far as handed in; each: for each child found missing among those with hours.
Said: the likelihood on the list; found: the share that officers found missing, with a 95% interval."""


def found() -> pl.DataFrame:
    """Ten leads closed otherwise, three children found (one of whom had been closed), and one looked for who was not listed."""
    closed = [outcome("INDEPENDENT", child=f"C{number}") for number in range(10)]
    return pl.concat(
        [
            *closed,
            outcome("INDEPENDENT", date(2026, 9, 1), child="A", hours=1.0),
            outcome("CONFIRMED_CME_NEW", child="A", hours=4.0),
            outcome("CONFIRMED_CME_NEW", child="B", hours=8.0),
            outcome("CONFIRMED_CME_NEW", child="D", likelihood=0.6),
            outcome("UNTRACED", child="E", lane=None, likelihood=None, records="housing:P3"),
        ]
    )


def table(outcomes: pl.DataFrame) -> str:
    return yield_words(outcome_yield(outcomes, {"health": "Health registrations"}), answers(outcomes))


def test_what_the_leads_have_yielded_is_a_table_with_its_words_below() -> None:
    assert table(found()) == TABLE


@pytest.mark.parametrize(
    ("outcomes", "title"),
    [
        pytest.param(outcome("CONFIRMED_CME_NEW"), "Hours", id="nobody gave hours"),
        pytest.param(outcome("CONFIRMED_CME_NEW", hours=2.0), "Again", id="nobody was closed and opened again"),
        pytest.param(outcome("UNTRACED", lane=None, likelihood=None), "Said", id="no lead is answered"),
    ],
)
def test_a_column_with_nothing_in_it_is_neither_shown_nor_explained(outcomes: pl.DataFrame, title: str) -> None:
    assert title in table(found())
    assert title not in table(outcomes)


def test_those_already_known_to_be_missing_are_told_apart_from_those_whom_the_list_found() -> None:
    """Else an authority that knows most of them pays, by what it reads, half of what each child found has cost."""
    known = outcome("ALREADY_KNOWN_CME", child="K", hours=7.0)
    since = outcome("ALREADY_KNOWN_CME", date(2026, 11, 18), child="B")
    shown = table(pl.concat([found(), known, since]))
    assert shown.startswith(
        "Of 15 children looked into, 4 missing education (27%), of whom 1 already known. Each child found took 6.7 hours; "
        "each not already known, 10.0.\n"
    )
    assert "                        Children  Missing  Known  Share  Closed" in shown
    assert "All                           15        4      1    27%      10" in shown
    assert "Known: of the missing, those who were already known to be" in shown


OFF_THE_LIST = {"lane": None, "likelihood": None, "records": "health:H1;school_census:C1"}
"""What the list says of a child who has left it by the time of the outcome: the new school's record took the child off."""


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        pytest.param(
            [("UNDER_ENQUIRY", 1, {}), ("ON_ROLL_OWN", 8, OFF_THE_LIST)],
            [("all", (0, 1, 0)), ("follow up", (0, 1, 0)), ("90% and more", (0, 1, 0)), ("health", (0, 1, 0))],
            id="off the list by the time of the answer: the lead was of the lane all the same",
        ),
        pytest.param(
            [("UNDER_ENQUIRY", 1, {}), ("UNTRACED", 8, {"lane": "probably moved away", "likelihood": 0.2})],
            [("all", (0, 0, 1)), ("follow up", (0, 0, 1)), ("90% and more", (0, 0, 1)), ("health", (0, 0, 1))],
            id="in another lane by then",
        ),
        pytest.param(
            [("CONFIRMED_CME_NEW", 1, {}), ("ON_ROLL_OWN", 30, OFF_THE_LIST)],
            [("all", (1, 0, 0)), ("follow up", (1, 0, 0)), ("90% and more", (1, 0, 0)), ("health", (1, 0, 0))],
            id="found missing and at school since: found all the same",
        ),
        pytest.param(
            [("INDEPENDENT", 1, {"likelihood": 0.6}), ("CONFIRMED_CME_NEW", 20, {})],
            [("all", (1, 0, 0)), ("follow up", (1, 0, 0)), ("90% and more", (1, 0, 0)), ("health", (1, 0, 0))],
            id="closed, listed again and found missing: as when looked into again",
        ),
        pytest.param(
            [("CONFIRMED_CME_NEW", 1, {}), ("DUPLICATE", 2, {})],
            [("all", (0, 1, 0)), ("follow up", (0, 1, 0)), ("90% and more", (0, 1, 0)), ("health", (0, 1, 0))],
            id="another child listed twice",
        ),
        pytest.param(
            [("CONFIRMED_CME_NEW", 1, {}), ("INDEPENDENT", 1, {})],
            [("all", (0, 1, 0)), ("follow up", (0, 1, 0)), ("90% and more", (0, 1, 0)), ("health", (0, 1, 0))],
            id="a line put right on the same day",
        ),
    ],
)
def test_a_lead_counts_as_when_it_was_opened_and_whoever_was_found_stays_found(
    lines: list[tuple[str, int, dict[str, object]]], counted: list[tuple[str, tuple[int, int, int]]]
) -> None:
    """Missing, closed and open by group. Else the lane would seem the better the more of its leads turn out to be at school,
    and the children found would become fewer as they are found places."""
    found = outcome_yield(pl.concat([outcome(code, date(2026, 10, day), **more) for code, day, more in lines]))
    assert [(row["group"], (row["missing"], row["closed"], row["open"])) for row in found.to_dicts()] == counted


def test_no_outcome_is_told_as_such() -> None:
    assert table(OUTCOME.to_frame()) == NONE_YET


def test_whether_those_who_came_late_on_the_list_were_missing_less_often_can_be_read() -> None:
    """That schools which send no list have pupils like those of schools which send one is an assumption: outcomes test it."""
    alike = [outcome("INDEPENDENT", child=f"L{number}", unlisted_school=0.9) for number in range(9)]
    apart = [outcome("CONFIRMED_CME_NEW", child=f"E{number}", unlisted_school=0.1) for number in range(4)]
    late = outcome("CONFIRMED_CME_NEW", child="L9", unlisted_school=0.9)
    before = [outcome("INDEPENDENT", child=f"B{number}") for number in range(3)]
    shown = table(pl.concat([*alike, *apart, late, *before]))
    assert (
        "By unlisted school\n"
        "  90% and more                10        1    10%       9     0\n"
        "  below 30%                    4        4   100%       0     0\n"
        "By source"
    ) in shown
    assert "Unlisted school: how far down the list such children come." in shown
    assert "nlisted school" not in table(pl.concat(before)), "outcomes from before it was kept"
