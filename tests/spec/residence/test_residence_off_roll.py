"""What an end on a roll says of whether a family has left: one child who leaves, many at once, a school that closes."""

import numpy as np
import polars as pl
import pytest

from tests.made.town import (
    LEFT_YEAR_SIX,
    ROLL,
    at_gp,
    judge,
    judged,
    on_roll,
    town,
)


def test_a_school_that_says_that_a_family_moved_is_heard() -> None:
    """Of those who left the town two in three are said to have moved; of those off a roll who live there none is."""

    def off_roll(said: list[dict[str, object]], why: str | None) -> list[dict[str, object]]:
        return [row | ({"what": why} if row["kind"] == "left" and row["source"] == ROLL else {}) for row in said]

    children = town()
    for n in range(60):
        children[f"gone{n:03}"] = off_roll(children[f"gone{n:03}"], "Not known" if n % 3 == 0 else "Moved")
        children[f"left{n:02}"] = off_roll(on_roll(900, left=40 + 2 * n) + at_gp(seen=(n * 61) % 700), "Other school")
    child = on_roll(900, left=60) + at_gp(seen=330)
    alike = {f"child {why}": off_roll(child, why) for why in (None, "Moved", "Other school", "Excluded")}
    found = judge(children | alike).filter(pl.col("child_id").str.starts_with("child"))
    here = dict(found.select("child_id", "living_here").iter_rows())
    assert here["child Moved"] < here["child None"] - 0.3
    assert here["child None"] < here["child Other school"] == here["child Excluded"]
    assert found.filter(pl.col("because").str.contains("moved away"))["child_id"].to_list() == ["child Moved"]


def test_that_a_family_moved_here_from_another_school_says_nothing_of_a_later_move() -> None:
    def chance(earlier: str | None, last: str | None) -> float:
        def leaving(source: str, why: str | None, entered: int, left: int) -> list[dict[str, object]]:
            said = on_roll(entered, left)
            return [row | {"source": source} | ({"what": why} if row["kind"] == "left" else {}) for row in said]

        child = leaving("other_la", earlier, 3000, 900) + leaving(ROLL, last, 800, 60) + at_gp(seen=100)
        return float(str(judged(child)["living_here"]))

    assert chance("Moved", None) == chance(None, None) > chance(None, "Moved") + 0.2


@pytest.mark.parametrize(
    ("left_in", "most"),
    [
        pytest.param(range(0, 360, 6), 0.3, id="rolls have ended all the year round until then"),
        pytest.param(range(110, 130), 0.1, id="rolls have ended in July every year"),
    ],
)
def test_that_many_came_off_a_roll_at_once_says_nothing(left_in: range, most: float) -> None:
    """All who came off one in the years before have left. Of 60 children who did this July nobody has met one since, and nobody
    would have: the GPs meet a child once in two years. That they are 60 is no sign that they live here."""
    children = {f"roll{n:03}": on_roll() + at_gp(seen=(n * 37) % 700, since=800 + n) for n in range(600)}
    for n in range(480):
        left = 365 * (1 + n // 120) + left_in[n % len(left_in)]
        children[f"gone{n:03}"] = on_roll(3000, left) + at_gp(left + (n * 61) % 700, since=3600)
    for n in range(60):
        children[f"july{n:02}"] = on_roll(3000, 120) + at_gp(121 + (n * 61) % 700, since=3600)
    chance = judge(children).filter(pl.col("child_id").str.starts_with("july"))["living_here"].to_numpy()
    assert float(chance.mean()) <= most


def test_the_end_of_year_six_tells_nothing_of_a_move() -> None:
    """Off the roll since August, and last met just before: one child as Year 6 ended, one out of Year 3. Of the others out of
    Year 6 as many have been met since as of the pupils; of those out of Year 3 none."""
    children = {f"roll{n:03}": on_roll() + at_gp(seen=(n * 37) % 120, since=800 + n) for n in range(600)}
    for n in range(40):
        children[f"six{n:02}"] = on_roll(2400, left=86) + at_gp(seen=(n * 37) % 120)
        children[f"three{n:02}"] = on_roll(1000, left=86) + at_gp(seen=95 + (n * 37) % 120)
    children |= {child: on_roll(1000, left=86) + at_gp(seen=100) for child in ("six", "three")}
    born = {child: {"date_of_birth": LEFT_YEAR_SIX} for child in children if child.startswith("six")}
    chance = dict(judge(children, born).select("child_id", "living_here").iter_rows())
    assert chance["six"] > chance["three"] + 0.2


@pytest.mark.parametrize(
    ("placed", "least"),
    [
        pytest.param(0, 0.9, id="four days after, when no other school has begun"),
        pytest.param(55, 0.8, id="when all but five are at another"),
    ],
)
def test_that_a_school_closed_tells_nothing_of_a_move(placed: int, least: float) -> None:
    """Of its 60 pupils hardly any is met within days of that. Nor do they make the others of the town likelier to be here. One
    entry nobody has ended yet."""
    children = town() | {"still": [row | {"place": "Elm Park"} for row in on_roll()]}
    for n in range(60):
        elm_park = [row | {"place": "Elm Park"} for row in on_roll(1000, left=4)]
        children[f"elm{n:02}"] = elm_park + at_gp(seen=5 + (n * 37) % 700) + (on_roll(1) if n < placed else [])
    found = judge(children)
    pupils = found.filter(pl.col("child_id").is_in([f"elm{n:02}" for n in range(placed, 60)]))["living_here"]
    of_the_gone = pl.col("living_here").filter(pl.col("child_id").str.starts_with("gone")).mean()
    assert np.mean(pupils.to_list()) > least
    assert found.select(of_the_gone).item() < judge(town()).select(of_the_gone).item() + 0.02


def test_a_school_has_not_closed_where_more_than_one_in_ten_of_those_who_left_are_there_still() -> None:
    def chance(still: int) -> float:
        roll = {f"still{n}": [row | {"place": "Elm Park"} for row in on_roll()] for n in range(still)}
        left = [row | {"place": "Elm Park"} for row in on_roll(1000, left=4)]
        pupils = {f"elm{n:02}": left + at_gp(seen=5 + (n * 37) % 700) for n in range(60)}
        found = judge(town() | roll | pupils).filter(pl.col("child_id").str.starts_with("elm"))
        return float(np.mean(found["living_here"].to_list()))

    assert chance(7) < chance(6) - 0.02
