"""Who stays on the list although it has probably moved away: one child at a time, with what is known of it."""

from datetime import date

import pytest

from pipelines.listing.gone_quiet import OPEN, QUIET
from pipelines.listing.rank import CLOSED, MOVED_AWAY
from pipelines.rank_settings import Points, RankSettings
from tests.made.beside import AtOnce
from tests.made.children import AS_AT, THREE, Drawn
from tests.made.nights import Nights

SEPTEMBER = date(2026, 9, 1)


def unseen(living_here: float = 0.01) -> Drawn:
    """On a GP's list since 2019 and on no roll; ``living_here`` by how long ago anybody saw the child."""
    return (
        Drawn()
        .record("health:1", "CH1")
        .says("health:1", "lives_here", since=date(2019, 3, 1))
        .lives("CH1", living_here)
    )


def reported(what: str, until: date | None = None, living_here: float = 0.01) -> Drawn:
    drawn = unseen(living_here).record("referrals:1", "CH1")
    return drawn.says("referrals:1", "concern", what, SEPTEMBER, until)


STAYS = [
    # what is known of the child, and why it stays on the list
    pytest.param(unseen(0.06), QUIET, id="unseen for two years, and nobody says that it has left"),
    pytest.param(unseen(1 / 21), QUIET, id="just worth a check: twenty for nothing, and one child"),
    pytest.param(unseen(0.04), None, id="unseen for four years: not worth a check"),
    pytest.param(unseen(0.2), "", id="likely enough by itself: nothing is to be said"),
    pytest.param(unseen(0.06).says("health:1", "left", since=SEPTEMBER), None, id="taken off the GP's list in September"),
    pytest.param(
        unseen(0.06).says("health:1", "left", since=date(2024, 5, 2)).record("health:2", "CH1")
        .says("health:2", "lives_here", since=date(2024, 5, 9)), QUIET,
        id="taken off one GP's list in 2024, and on another's since",
    ),
    pytest.param(
        unseen(0.06).says("health:1", "left", since=SEPTEMBER).record("health:2", "CH1")
        .says("health:2", "lives_here", since=date(2024, 5, 9)), None,
        id="taken off one GP's list in September, and on another's since before that",
    ),
    pytest.param(
        unseen(0.06).says("health:1", "left", since=date(2024, 5, 2)).record("admissions:1", "CH1")
        .says("admissions:1", "seen", since=SEPTEMBER), QUIET,
        id="taken off the GP's list in 2024, and applied for a school since",
    ),
    pytest.param(
        unseen(0.06).says("health:1", "left", since=date(2024, 5, 2)).record("admissions:1", "CH1")
        .says("admissions:1", "seen", since=date(2025, 3, 3)).record("health:2", "CH1")
        .says("health:2", "left", since=SEPTEMBER), None,
        id="taken off one GP's list in 2024, applied for a school since, and taken off another's in September",
    ),
    pytest.param(
        unseen(0.06).says("health:1", "left", since=SEPTEMBER).record("admissions:1", "CH1")
        .says("admissions:1", "seen", since=SEPTEMBER), None,
        id="taken off the GP's list on the day on which it was seen last",
    ),
    pytest.param(
        unseen(0.06).says("health:1", "left", since=SEPTEMBER).record("admissions:1", "CH1")
        .says("admissions:1", "seen", since=date(2027, 1, 5)), None,
        id="taken off the GP's list, and to be seen by a school in January",
    ),
    pytest.param(
        unseen(0.06).says("health:1", "left", since=SEPTEMBER).record("school_census:1", "CH1")
        .on_roll("school_census:1", date(2020, 9, 1), date(2026, 9, 20))
        .says("school_census:1", "seen", since=date(2026, 9, 20)), None,
        id="taken off the GP's list in September, and off its roll three weeks later",
    ),
    pytest.param(
        unseen(0.06).record("lost_pupils:1", "CH1").says("lost_pupils:1", "left", since=SEPTEMBER), QUIET,
        id="has left a school: that is no home",
    ),
    pytest.param(reported("not attending"), OPEN, id="a neighbour reported it in September"),
    pytest.param(reported("whereabouts unknown"), OPEN, id="an authority asks where it is"),
    pytest.param(reported("not attending", until=SEPTEMBER), None, id="reported, and answered since"),
    pytest.param(
        reported("not attending").says("health:1", "left", since=SEPTEMBER), OPEN,
        id="reported: what its GP says is looked into, but no answer",
    ),
    pytest.param(
        unseen().record("social_care:1", "CH1").says("social_care:1", "concern", "child protection plan", SEPTEMBER), None,
        id="an open case: its social worker knows the child",
    ),
    pytest.param(reported("exploitation risk"), OPEN, id="thought to be exploited"),
    pytest.param(
        unseen().record("admissions:1", "CH1").says("admissions:1", "concern", "refused a school place", date(2023, 1, 9)),
        None, id="refused a place three years ago",
    ),
    pytest.param(
        unseen(0.16).record("school_census:1", "CH1", sure=0.6).on_roll("school_census:1"), None,
        id="as likely as the first, and one of two whom a roll shows",
    ),
    pytest.param(
        Drawn().record("health:1", "CH1", born=None).lives("CH1", 0.16), None,
        id="as likely as the first, and of no known age",
    ),
    pytest.param(
        Drawn().record("health:1", "CH1", born=None).lives("CH1", 0.06).record("health:2", "CH2").on_roll("health:2"), None,
        id="as likely as the first, without a birth date, where the GP's others are of age",
    ),
    pytest.param(
        unseen(0.16).record("housing:1", "CH1", THREE), None, id="as likely as the first, and of age by one of two birth dates",
    ),
]  # fmt: skip


AT_ONCE = AtOnce(*((case.values[0], AS_AT) for case in STAYS))


@pytest.mark.parametrize(("drawn", "because"), STAYS)
def test_who_stays_on_the_list_although_probably_moved_away(drawn: Drawn, because: str | None) -> None:
    candidates = AT_ONCE.of(drawn).candidates
    if because is None:
        assert candidates.is_empty()
        return
    row = candidates.row(0, named=True)
    assert row["lane"] == "probably moved away"
    assert because in row["because"]
    assert (QUIET in row["because"], OPEN in row["because"]) == (because == QUIET, because == OPEN)


@pytest.mark.parametrize(
    ("costs", "is_listed"),
    [
        pytest.param(1.0, False, id="as much as an enquiry: one in nine, as for all"),
        pytest.param(0.4, True, id="two fifths: one in 21"),
    ],
)
def test_what_a_check_costs_says_for_how_long_silence_is_looked_into(costs: float, is_listed: bool) -> None:
    listed = unseen(0.06).ranked(RankSettings(check_costs=costs)).candidates
    assert (listed.height == 1) is is_listed


def test_a_concern_that_the_authority_gives_no_points_keeps_nobody() -> None:
    settings = RankSettings(points=Points(referral=0, referral_waiting=0))
    assert reported("not attending").ranked(settings).candidates.is_empty()


def test_what_an_officer_finds_closes_it() -> None:
    nights = (
        Nights().night(reported("not attending")).officer("MOVED_OTHER_LA_CONFIRMED", "CH1", "health:1;referrals:1")
    )
    nights.night(reported("not attending"))
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["off_because"]) == ("left", CLOSED)


def test_a_child_leaves_once_the_concern_is_answered() -> None:
    nights = Nights().night(reported("not attending")).night(reported("not attending", until=SEPTEMBER))
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["off_because"]) == ("left", MOVED_AWAY)
    assert "a 1 in 100 chance that the child still lives here" in str(nights.lead("CH1")["off_why"])


def test_a_child_kept_comes_behind_all_who_are_likelier() -> None:
    drawn = reported("not attending").record("health:2", "CH2").lives("CH2", 0.9)
    assert drawn.ranked().candidates["child_id"].to_list() == ["CH2", "CH1"]
