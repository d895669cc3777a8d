"""The estimate of who lives here, on made-up readings whose truth is known, and on readings of every shape."""

from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from pipelines.children.provision import find_provision
from pipelines.rank_settings import Area
from pipelines.residence.departures import EXPECTED_DEPARTURES, departures, entry_states_by_departure, season_of
from pipelines.residence.family import (
    Families,
    likelier_beside_those_here,
    log_likelihood_from_others,
    own_and_household,
)
from pipelines.residence.homes import with_homes
from pipelines.residence.letters import gaps_between
from pipelines.residence.levels import share_passed
from pipelines.residence.living_here import judge_residence
from pipelines.residence.mixture import Mixture, fitted
from pipelines.residence.reading import DEPARTED, DEPARTURES
from pipelines.residence.records import record_dates
from pipelines.tables import CHILD_RECORD, PERSON, STATEMENT

AS_AT = date(2026, 11, 20)
DAYS = st.one_of(st.none(), st.integers(min_value=-30, max_value=5000))

Row = tuple[int, str, str, int | None, int | None]
"""Child, source, kind, days ago it began, days ago it ended."""

ROWS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=9),
        st.sampled_from(["health", "library", "housing"]),
        st.sampled_from(["seen", "lives_here", "left", "concern"]),
        DAYS,
        DAYS,
    )
    | st.tuples(st.integers(min_value=0, max_value=9), st.just("roll"), st.just("provision"), DAYS, DAYS),
    max_size=40,
)


def judge(rows: list[Row]) -> pl.DataFrame:
    def ago(days: int | None) -> date | None:
        return None if days is None else AS_AT - timedelta(days=days)

    said = [
        {
            "record_id": f"{source}:{child}",
            "source": source,
            "kind": kind,
            "since_on": ago(since),
            "until_on": ago(until),
        }
        for child, source, kind, since, until in rows
        if kind not in {"seen", "left"} or since is not None
    ]
    records = sorted({(source, child) for child, source, *_ in rows})
    person = [{"record_id": f"{s}:{c}", "dataset": s, "date_of_birth": date(2014, 3, 1)} for s, c in records]
    links = [{"record_id": f"{s}:{c}", "child_id": f"CH{c:04}", "membership": 1.0} for s, c in records]
    statements = pl.DataFrame(said, schema=dict(STATEMENT))
    child_records = pl.DataFrame(links, schema=dict(CHILD_RECORD))
    provision = find_provision(statements, child_records, AS_AT)
    records = pl.DataFrame(person, schema=dict(PERSON))
    return judge_residence(
        record_dates(statements, AS_AT),
        records,
        child_records,
        provision,
        with_homes(records),
        as_at=AS_AT,
        source_names={},
        area=Area(),
    )


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_every_child_has_a_probability_and_a_reason(rows: list[Row]) -> None:
    found = judge(rows)
    assert found["child_id"].n_unique() == found.height == len({child for child, *_ in rows})
    assert found["living_here"].is_between(0.0, 1.0).all()
    assert found["because"].str.len_chars().gt(0).all()
    assert (found["last_seen_on"].is_null() == found["last_seen_by"].is_null()).all()
    assert found.filter(pl.col("last_seen_on") > AS_AT).is_empty()


@settings(max_examples=20, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[Row], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judge(rows).equals(judge(shuffled))


def town(
    seed: int, *, children: int, gap_days: float, leaves: float, stays_on_list: float
) -> tuple[list[Row], list[bool]]:
    """Rows of a made-up town, and who lives here: each agency meets a child at its own pace until the child leaves."""
    draw = np.random.default_rng(seed)
    rows: list[Row] = []
    truth = []
    for child in range(children):
        has_place = draw.random() < 0.9
        is_here = has_place or draw.random() > leaves
        gone = 0 if is_here else int(draw.integers(60, 1200))
        rows += [(child, "roll", "provision", 3000, None)] if has_place else []
        rows += [(child, "roll", "provision", 3000, gone + 30)] if not has_place and draw.random() < 0.5 else []
        for source, reach in (("health", 0.95), ("housing", 0.4), ("library", 0.2)):
            if draw.random() < reach and (is_here or draw.random() < stays_on_list):
                rows += [(child, source, "seen", gone + int(draw.exponential(gap_days)), None)]
        truth.append(is_here)
    return rows, truth


@settings(max_examples=10, deadline=None)
@given(
    source=st.sampled_from(["health", "housing", "library"]),
    days=st.tuples(st.integers(min_value=0, max_value=2500), st.integers(min_value=0, max_value=2500)),
    off_roll=st.none() | st.integers(min_value=5, max_value=1500),
)
def test_a_later_sighting_never_speaks_for_having_left(
    source: str, days: tuple[int, int], off_roll: int | None
) -> None:
    rows, _ = town(4, children=400, gap_days=200.0, leaves=0.4, stays_on_list=0.8)
    child = [(9999, "roll", "provision", 3000, off_roll)] if off_roll is not None else []
    chance = [
        judge([*rows, *child, (9999, source, "seen", ago, None)]).filter(child_id="CH9999")["living_here"].item()
        for ago in sorted(days)
    ]
    assert chance[0] >= chance[1] - 1e-3


TIMES = st.integers(min_value=0, max_value=DEPARTURES - 1)

LEAVERS = st.tuples(
    st.integers(min_value=0, max_value=DEPARTURES - 1), st.booleans(), st.floats(min_value=0, max_value=1e4)
)
"""Time of departure, whether never on a roll, and how far it is believed."""


@given(st.lists(LEAVERS, min_size=1, max_size=40))
def test_no_day_has_fewer_leavers_off_a_roll_than_one_before_it(leavers: list[tuple[int, bool, float]]) -> None:
    """Rolls forget those who left long ago, not those who left lately, however few of these are told from the others."""
    gone = np.zeros((DEPARTURES, len(leavers)))
    for child, (departure, _, believed) in enumerate(leavers):
        gone[departure, child] = believed
    shares = departures(gone, np.array([is_never for _, is_never, _ in leavers]), np.ones(DEPARTURES))
    assert (np.diff(shares[:, 0] / np.diff(DEPARTED)) <= 1e-12).all()
    assert np.abs(shares.sum(axis=0) - 1).max() < 1e-9


@given(gone=st.integers(min_value=0, max_value=25), time=TIMES)
def test_the_few_who_left_a_small_authority_do_not_show_when_families_leave(gone: int, time: int) -> None:
    """At most 25 children taken to have left in one time of departure leave at least half of what is expected of the others."""
    left = np.zeros((DEPARTURES, gone))
    left[time] = 1.0
    shares = departures(left, np.zeros(gone, dtype=bool), np.ones(DEPARTURES))[:, 0]
    assert (shares >= EXPECTED_DEPARTURES / 2).all()


@given(each_day=st.integers(min_value=0, max_value=3), together=st.integers(min_value=20, max_value=200), time=TIMES)
def test_where_many_come_off_their_rolls_together_rolls_end_more_often_than_usual(
    each_day: int, together: int, time: int
) -> None:
    """Rolls that end at one pace have no season; a crowd is one in its own time, and the times about it seem the emptier."""
    evenly = np.repeat(np.arange(DEPARTED[-1]) + 0.5, each_day)
    crowd = np.full(together, DEPARTED[time] + 1.0)
    assert np.abs(season_of(np.append(evenly, np.nan)) - 1.0).max() < 1e-9
    season = season_of(np.concatenate([evenly, crowd]))
    assert season[time] > 1.0 > np.delete(season, time).max()


SHARES = st.tuples(*[st.floats(min_value=1e-3, max_value=1.0)] * 3).map(lambda each: np.array(each) / sum(each))


@given(SHARES, SHARES, st.lists(st.tuples(*[st.floats(0, 1e4)] * 3), min_size=DEPARTURES, max_size=DEPARTURES))
def test_the_longer_ago_a_child_left_the_fewer_lists_have_it(
    here: np.ndarray, gone: np.ndarray, found: list[tuple[float, ...]]
) -> None:
    levels = entry_states_by_departure(here, gone, np.array(found))
    assert np.abs(levels.sum(axis=1) - 1).max() < 1e-9
    assert levels.min() > 0
    assert (np.diff(levels[:, 1]) <= 1e-12).all()
    assert levels[:, 1].max() <= here[1] + 1e-12


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=60), st.integers(0, 1000))
def test_gaps_between_meetings_are_those_met_where_no_letter_stands_between(
    dates: list[tuple[int, bool]], met_on: int
) -> None:
    """A letter can only lengthen what is held of a gap: whoever has one was met that long ago or longer."""
    days = np.array([met_on, *(day for day, _ in dates)], dtype=np.float64)
    is_letter = np.array([False, *(letter for _, letter in dates)])
    gaps = gaps_between(days, is_letter)
    assert (np.diff(gaps) >= 0).all()
    met = gaps_between(days, np.zeros(len(days), dtype=bool))
    assert (gaps >= met - 1e-9).all()
    assert set(met) <= set(days)


def test_rounds_that_are_foreseen_come_to_rest_where_those_taken_one_by_one_do() -> None:
    rows, _ = town(5, children=2000, gap_days=200.0, leaves=0.4, stays_on_list=0.8)
    foreseen = judge(rows)["living_here"]
    one_by_one = {"FURTHEST_AHEAD": 1.0, "CLOSE_ENOUGH": 1e-8, "ROUNDS": 3000}
    with patch.multiple("pipelines.residence.mixture", **one_by_one):
        taken = judge(rows)["living_here"]
    assert (foreseen - taken).abs().max() < 2e-4  # type: ignore[operator]  # there are rows


@pytest.mark.parametrize("rounds", [1, 2, 3, 4, 5, 8])
def test_an_estimate_cut_short_is_one_that_rounds_found_and_none_that_was_extrapolated(rounds: int) -> None:
    rows, _ = town(7, children=400, gap_days=200.0, leaves=0.4, stays_on_list=0.8)
    found = []

    def fit(*asked: Any) -> Mixture:
        found.append(fitted(*asked))
        return found[-1]

    with patch.multiple("pipelines.residence.mixture", ROUNDS=rounds, fitted=fit):
        judge(rows)
    for shares in (*found[0].departures.T, *found[0].ways):
        assert shares.sum() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("begun", [0.7, 0.95, 0.99])
def test_where_the_estimate_begins_does_not_decide_where_it_comes_to_rest(begun: float) -> None:
    rows, _ = town(6, children=600, gap_days=200.0, leaves=0.4, stays_on_list=0.8)
    with patch("pipelines.residence.mixture._share_here_at_start", return_value=begun):
        other = judge(rows)["living_here"]
    assert (judge(rows)["living_here"] - other).abs().max() < 1e-3  # type: ignore[operator]  # there are rows


def test_the_estimate_is_calibrated_and_finds_those_who_left() -> None:
    for seed, gap_days, leaves, stays in ((1, 200.0, 0.3, 0.8), (2, 90.0, 0.6, 0.9), (3, 350.0, 0.1, 0.5)):
        rows, truth = town(seed, children=3000, gap_days=gap_days, leaves=leaves, stays_on_list=stays)
        on_roll = {child for child, source, _, _, until in rows if source == "roll" and until is None}
        known = {child for child, *_ in rows}
        chance = dict(judge(rows).select("child_id", "living_here").iter_rows())
        listed = [(chance[f"CH{child:04}"], truth[child]) for child in sorted(known - on_roll)]
        said = np.array([p for p, _ in listed])
        here = np.array([is_here for _, is_here in listed])
        assert abs(said.mean() - here.mean()) < 0.06
        assert said[here].mean() - said[~here].mean() > 0.45


@given(
    st.lists(st.floats(min_value=0, max_value=4000), min_size=1, max_size=40),
    st.lists(st.tuples(st.floats(min_value=-2000, max_value=4000), st.floats(min_value=1, max_value=800)), min_size=1),
)
def test_days_that_lie_before_some_day_of_a_time_count_by_how_much_of_it_follows_them(
    days: list[float], times: list[tuple[float, float]]
) -> None:
    """Against each day held against each time by itself."""
    first, length = np.array(times).T
    expected = [np.clip((begin + long - np.array(days)) / long, 0, 1).mean() for begin, long in times]
    assert share_passed(np.sort(days), first, first + length) == pytest.approx(np.array(expected), abs=1e-9)


HOME = Families(
    child=np.array([0, 0, 1, 1, 2, 2]),
    other=np.array([1, 2, 0, 2, 0, 1]),
    place=np.zeros(6),
    near=csr_matrix(np.array([[0.0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]])),
    has_others=np.array([True, True, True, False]),
    paired=np.arange(3),
    near_paired=csr_matrix(np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 0]])),
)
"""A household of three children without a place; and a fourth child, of whom no other is known."""


@given(
    st.floats(min_value=0.05, max_value=0.95),
    st.floats(min_value=0.01, max_value=1),
    st.floats(min_value=0.01, max_value=1),
)
def test_others_without_a_place_are_weighed_as_is_usual_of_children_once_on_a_roll_or_never(
    follows: float, once: float, never: float
) -> None:
    """Against the sum written out: what each other child tells of a household that is here, or gone."""
    likelihood, parts = np.array([[1.0, 1, 1, 1], [0.5, 2, 4, 1]]), np.array([[0.8] * 4, [0.2] * 4])
    is_never = np.array([True, False, False, False])
    no_place = np.array([[once] * 4, [never] * 4])
    log_likelihood = log_likelihood_from_others(
        HOME,
        np.vstack([likelihood, *[likelihood[1:]] * (DEPARTURES - 1)]),
        no_place,
        np.vstack([parts, *[np.zeros((1, 4))] * (DEPARTURES - 1)]),
        follows,
        is_never=is_never,
    )
    for child in range(4):
        share, expected = (never if is_never[child] else once), np.zeros(2)
        for other in HOME.other[HOME.child == child]:
            says = likelihood[:, other] * [share, 1]
            expected += np.log(1 - follows + follows * says / (parts[:, other] @ says))
        assert np.abs(log_likelihood[:2, child] - expected).max() < 1e-9


def pairs(here: int, gone: int, *, first: int) -> list[tuple[int, int, bool]]:
    """``first`` and the numbers after it: a child without a place and another of its household; and whether both are here."""
    return [(first + 2 * n, first + 2 * n + 1, n < here) for n in range(here + gone)]


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_brothers_placed_elsewhere_are_weighed_by_how_many_there_are_beside_those_here_and_those_gone(
    here: int, gone: int, elsewhere_here: int, elsewhere_gone: int
) -> None:
    """Here is a share of the pairs without a place, and of those with a brother placed elsewhere."""
    without = pairs(here, gone, first=0)
    away = pairs(elsewhere_here, elsewhere_gone, first=2 * len(without))
    count = 2 * (len(without) + len(away))
    lives, group = np.zeros(count), np.full(count, -1)
    for child, other, is_here in without + away:
        lives[[child, other]] = is_here
    group[[other for _, other, _ in away]] = 3
    child, other = (np.array([pair[n] for pair in without + away], dtype=np.int64) for n in (0, 1))
    nobody = csr_matrix((count, count))
    households = Families(child, other, np.zeros(len(child)), nobody, np.ones(count, dtype=bool), child, nobody)
    likelier = likelier_beside_those_here(households, lives, group < 0, group)[group == 3]
    all_here, all_gone = here + elsewhere_here + 1, gone + elsewhere_gone + 1
    usual = all_here / (all_here + all_gone)
    of_all = (elsewhere_here + 10 * usual) / (elsewhere_here + elsewhere_gone + 10)
    share = (elsewhere_here + 10 * of_all) / (elsewhere_here + elsewhere_gone + 10)
    assert likelier == pytest.approx(share / (1 - share) * all_gone / all_here)


def test_what_a_household_has_in_common_is_said_once_and_of_a_child_without_others_by_itself() -> None:
    """Two of three children stand in one tenancy; so does the fourth, by itself."""
    tenancy = csr_matrix(np.array([[1.0], [1], [0], [1]]))
    alone, together = own_and_household(HOME, tenancy)
    assert together.toarray().ravel().tolist() == [1.0, 1.0, 1.0, 0.0]
    assert alone.toarray().ravel().tolist() == [0.0, 0.0, 0.0, 1.0]
