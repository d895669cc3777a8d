"""Whatever the night finds, every child who may be of age is in exactly one place, and every number is sound."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.children.age_slips import birth_date_evidence
from pipelines.children.exchanged_births import records_by_age
from pipelines.children.facts import child_facts
from pipelines.listing.gone_quiet import OPEN, QUIET
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import LANES, REASONS, Ranked, rank
from pipelines.rank_settings import RankSettings
from tests.made.children import AS_AT, Drawn

SHARE = st.floats(0, 1, allow_nan=False)
BIRTHS = st.none() | st.dates(date(2004, 1, 1), date(2026, 1, 1))
DATES = st.none() | st.dates(AS_AT - timedelta(days=4000), AS_AT + timedelta(days=400))
KINDS = st.sampled_from(["provision", "seen", "lives_here", "left", "concern", "protected"])
SOURCES = st.sampled_from(["health", "housing", "school_census", "ehe_register"])


@st.composite
def nights(draw: st.DrawFn) -> Drawn:
    """A few children with records, statements, rivals and residences of any kind."""
    drawn = Drawn()
    children = [f"CH{number}" for number in range(draw(st.integers(0, 6)))]
    for child in children:
        for number in range(draw(st.integers(1, 3))):
            record = f"{draw(SOURCES)}:{child}-{number}"
            drawn.record(record, child, draw(BIRTHS), draw(SHARE))
            for _ in range(draw(st.integers(0, 3))):
                drawn.says(
                    record, draw(KINDS), draw(st.sampled_from(["CIN", "state school", None])), draw(DATES), draw(DATES)
                )
        if draw(st.booleans()):
            drawn.lives(child, draw(SHARE))
    for left, right in pairwise(children):
        if draw(st.booleans()):
            drawn.rivalry((left, f"{left}-0"), (right, f"{right}-0"), draw(SHARE))
    return drawn


def of(drawn: Drawn, shuffle: int | None = None) -> Ranked:
    """The list; with ``shuffle``, from tables whose rows stand in another order."""
    tables = drawn.tables()
    if shuffle is not None:
        tables = {name: table.sample(fraction=1, shuffle=True, seed=shuffle) for name, table in tables.items()}
    return rank(ListInputs(**tables, as_at=AS_AT, settings=RankSettings()))


@settings(max_examples=12, deadline=None)
@given(drawn=nights())
def test_what_birth_dates_say_may_be_worked_out_beforehand(drawn: Drawn) -> None:
    tables = drawn.tables()
    asked = {name: tables[name] for name in ("person", "statements", "child_records", "provision")}
    dates = birth_date_evidence(**asked, by_age=records_by_age(tables["person"]), as_at=AS_AT)
    ahead = rank(ListInputs(**tables, as_at=AS_AT, settings=RankSettings(), known_birth_dates=dates))
    for name, table in vars(of(drawn)).items():
        assert getattr(ahead, name).equals(table), name


@settings(max_examples=12, deadline=None)
@given(drawn=nights())
def test_every_child_who_may_be_of_age_is_either_listed_or_explained(drawn: Drawn) -> None:
    ranked, tables = of(drawn), drawn.tables()
    facts = child_facts(tables["person"], tables["statements"], tables["child_records"], AS_AT)
    may_be_of_age = set(facts.filter(pl.col("of_age") > 0)["child_id"])
    on_list, not_on_list = ranked.candidates["child_id"].to_list(), ranked.explained["child_id"].to_list()
    assert len(on_list) + len(not_on_list) == len(may_be_of_age)
    assert set(on_list) | set(not_on_list) == may_be_of_age


@settings(max_examples=12, deadline=None)
@given(drawn=nights())
def test_every_number_is_sound_and_every_row_says_why(drawn: Drawn) -> None:
    ranked = of(drawn)
    candidates, others = ranked.candidates, ranked.explained
    for column in ("likelihood", "on_no_roll", "living_here"):
        assert candidates[column].is_between(0, 1).all()
    faint = candidates.filter(pl.col("likelihood") < RankSettings().list_from - 1e-9)
    assert faint["because"].str.contains_any([QUIET, OPEN]).all()
    assert (others["likelihood"].drop_nulls() < RankSettings().list_from).all()
    assert candidates["rank"].to_list() == list(range(1, candidates.height + 1))
    assert set(candidates["lane"]) <= set(LANES)
    assert set(others["reason"]) <= set(REASONS)
    assert (candidates["because"].str.len_chars() > 20).all()
    assert (others["why"].str.len_chars() > 20).all()
    assert set(ranked.findings["child_id"]) <= set(candidates["child_id"])
    counted = ranked.findings.group_by("child_id").agg(pl.col("points").sum())
    assert sorted(counted["points"]) == sorted(candidates["priority"].filter(candidates["priority"] > 0))


@settings(max_examples=12, deadline=None)
@given(drawn=nights(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(drawn: Drawn, seed: int) -> None:
    straight, shuffled = of(drawn), of(drawn, shuffle=seed)
    assert_frame_equal(straight.candidates, shuffled.candidates)
    assert_frame_equal(straight.explained, shuffled.explained)
    assert_frame_equal(straight.findings, shuffled.findings)


@settings(max_examples=12, deadline=None)
@given(drawn=nights(), sure=SHARE)
def test_a_further_record_on_a_roll_never_makes_its_child_likelier_to_be_on_none(drawn: Drawn, sure: float) -> None:
    """However sure it is. Of this child alone: what is known of all who have no place changes with it; and not of its age, of
    which a further record may say something."""
    if not drawn.members:
        return
    child = str(drawn.members[0]["child_id"])
    before = on_no_roll(drawn, child)
    drawn.record("school_census:further", child, None, sure).on_roll("school_census:further", date(2020, 9, 1))
    assert on_no_roll(drawn, child) <= before + 1e-12


def on_no_roll(drawn: Drawn, child: str) -> float:
    """0..1; of a child who is surely not of age, 1."""
    ranked = of(drawn)
    both = (table.filter(pl.col("child_id") == child)["on_no_roll"] for table in (ranked.candidates, ranked.explained))
    return float(next(iter(pl.concat(both).drop_nulls()), 1.0))
