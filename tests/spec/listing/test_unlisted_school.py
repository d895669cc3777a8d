"""A school that sent no list may have a child: known by the pupils of schools that did, and moved down for it, never off."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from pipelines.listing.unlisted_school import ALIKE, FEWEST, PRIOR, log_odds_by
from pipelines.rank_settings import RankSettings
from pipelines.reports.explain import EXPLAIN_READS, explain
from pipelines.reports.life import LIFE_READS
from tests.made.children import SOURCE_NAMES, Drawn

LEFT = date(2026, 10, 1)
MOST = RankSettings().unlisted_school_weighs


def town(*, pupils: int = 60, never: int = 45, leavers: int = 15, what: str = "independent school") -> Drawn:
    """Children of a doctor's list: pupils of a school outside the rolls (P...), of whom one in twelve once left a roll;
    children without a place, who were never on a roll (N...) or have left one (L...)."""
    drawn = Drawn()
    for kind, count in (("P", pupils), ("N", never), ("L", leavers)):
        for number in range(count):
            child = f"{kind}{number:03}"
            drawn.record(f"health:{child}", child)
            if kind == "P":
                drawn.record(f"independent_schools:{child}", child)
                drawn.says(f"independent_schools:{child}", "provision", what)
            if kind == "L" or (kind == "P" and number % 12 == 0):
                drawn.record(f"school_census:{child}", child)
                drawn.on_roll(f"school_census:{child}", date(2020, 9, 1), LEFT)
    return drawn


def likeness(drawn: Drawn, child: str) -> float:
    """``unlisted_school`` of a listed child."""
    return float(drawn.ranked().candidates.filter(child_id=child)["unlisted_school"].item())


def told(drawn: Drawn, child: str) -> str:
    return str(drawn.ranked().candidates.filter(child_id=child)["because"].item())


def test_who_left_a_roll_comes_before_who_is_known_as_pupils_of_such_schools_are() -> None:
    order = town().ranked().candidates
    assert order["child_id"].head(15).str.starts_with("L").all()
    assert likeness(town(), "N000") == pytest.approx(MOST)
    assert 0 < likeness(town(), "L000") < ALIKE, "one pupil in twelve has left a roll too"


def test_nobody_is_listed_or_left_out_for_it_and_no_likelihood_moves() -> None:
    with_, without = town().ranked(), town().ranked(RankSettings(unlisted_school_weighs=0))
    columns = ["child_id", "likelihood", "priority", "lane"]
    assert with_.candidates.select(columns).sort("child_id").equals(without.candidates.select(columns).sort("child_id"))
    assert with_.explained.equals(without.explained)
    assert without.candidates["unlisted_school"].eq(0).all()
    assert not without.candidates["because"].str.contains("have sent no list").any()


def test_officers_are_told_to_ask_such_schools_first_where_the_child_is_more_like_their_pupils_than_not() -> None:
    assert (
        "Agencies know this child as they know most pupils of schools outside the authority's rolls (independent schools): "
        "such a school may have the child and have sent no list, so ask before visiting."
    ) in told(town(), "N000")
    assert "have sent no list" not in told(town(), "L000")


@pytest.mark.parametrize(("child", "is_told"), [("N000", True), ("L000", True), ("P000", False)])
def test_the_page_about_a_child_says_how_far_it_came_down(child: str, is_told: bool) -> None:
    night = town().night()
    shown = explain(child, {name: night[name] for name in (*EXPLAIN_READS, *LIFE_READS)}, SOURCE_NAMES)
    assert ("of its urgency (likelihood x points), as a school that sent no" in " ".join(shown.split())) is is_told


@pytest.mark.parametrize(
    ("town_drawn", "why"),
    [
        (town(pupils=FEWEST - 1), "too few pupils"),
        (town(never=10, leavers=FEWEST - 11), "too few on the list"),
        (
            town(what="home education"),
            "home education: most of those registered have left a roll, those unknown never were",
        ),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_no_child_moves_where_nothing_can_be_compared(town_drawn: Drawn, why: str) -> None:
    assert town_drawn.ranked().candidates["unlisted_school"].eq(0).all(), why


@pytest.mark.parametrize("what", ["independent school", "school in another authority", "Independent special school"])
def test_which_schools_no_roll_of_the_authority_shows(what: str) -> None:
    assert likeness(town(what=what), "N000") > ALIKE


@pytest.mark.parametrize(
    ("doubt", "sure"), [("the confirmation is old", 1.0), (None, 0.8)], ids=["old word", "perhaps another's record"]
)
def test_pupils_who_may_be_none_teach_nothing(doubt: str | None, sure: float) -> None:
    drawn = town()
    for row in drawn.statements:
        row["doubt"] = doubt if row["source"] == "independent_schools" else None
    for member in drawn.members:
        member["membership"] = sure if str(member["record_id"]).startswith("independent") else 1.0
    assert drawn.ranked().candidates["unlisted_school"].eq(0).all()


def test_a_child_at_high_risk_keeps_its_place() -> None:
    drawn = town()
    drawn.record("social_care:N000", "N000").says("social_care:N000", "concern", "child protection plan", LEFT)
    assert drawn.ranked().candidates["child_id"].item(0) == "N000"
    assert likeness(drawn, "N000") == 0


def test_an_open_concern_sets_a_child_apart_as_far_as_no_pupil_has_one() -> None:
    drawn = town()
    for number in range(10):
        drawn.says(f"health:N{number:03}", "concern", "no offer of a school place", LEFT)
    assert likeness(drawn, "N000") < ALIKE < likeness(drawn, "N040")
    drawn = town()
    for kind, count in (("P", 60), ("N", 45)):
        for number in range(count):
            drawn.says(f"health:{kind}{number:03}", "concern", "no offer of a school place", LEFT)
    assert likeness(drawn, "N000") > ALIKE, "a concern about all of them says nothing"


def test_who_came_lately_is_set_apart_as_far_as_few_pupils_did() -> None:
    drawn = town()
    for kind, count, lately in (("P", 60, 2), ("N", 45, 10)):
        for number in range(count):
            came = date(2026, 3, 2) if number < lately else date(2019, 5, 6)
            drawn.says(f"health:{kind}{number:03}", "lives_here", since=came)
    assert likeness(drawn, "N000") < ALIKE < likeness(drawn, "N040")
    drawn.says("health:N000", "lives_here", since=date(2019, 5, 6))
    assert likeness(drawn, "N000") > ALIKE, "it has only changed its doctor"


def test_the_same_delivery_in_another_order_gives_the_same_list() -> None:
    drawn = town()
    shuffled = Drawn(drawn.persons, drawn.statements[::-1], drawn.members[::-1])
    assert shuffled.ranked().candidates.equals(drawn.ranked().candidates)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.floats(0, 40), st.floats(0, 40)),
        min_size=2,
        max_size=8,
        unique_by=lambda row: row[0],
    ).filter(lambda rows: sum(row[1] for row in rows) > 1 and sum(row[2] for row in rows) > 1)
)
def test_log_odds_are_those_of_a_library(rows: list[tuple[int, float, float]]) -> None:
    """scikit-learn's logistic regression with the same prior is the oracle."""
    looks, yes, no = (np.array(column) for column in zip(*rows, strict=True))
    known = ((looks[:, None] >> np.arange(3)) & 1).astype(float)
    oracle = LogisticRegression(C=1 / PRIOR, tol=1e-10, max_iter=10_000).fit(
        np.vstack([known, known]), np.repeat([1, 0], len(rows)), sample_weight=np.concatenate([yes, no])
    )
    assert log_odds_by(known, yes, no) == pytest.approx(oracle.decision_function(known), abs=1e-4)
