"""Does the child still live here? A town of known children, and one child at a time laid beside them."""

from datetime import timedelta

import pytest

from pipelines.tables import RESIDENCE
from tests.made.town import (
    AS_AT,
    GP,
    HOMES,
    ROLL,
    ago,
    at_gp,
    in_home,
    judge,
    judged,
    on_roll,
    say,
    town,
)

CASES = [
    pytest.param(on_roll(), 0.99, 1.0, id="has a current place: lives here"),
    pytest.param(at_gp(seen=20), 0.75, 1.0, id="met by the GP three weeks ago"),
    pytest.param(at_gp(seen=20) + in_home(seen=30), 0.97, 1.0, id="met by two agencies this month"),
    pytest.param(at_gp(seen=1500), 0.0, 0.1, id="on a GP's list, met by nobody for four years"),
    pytest.param(on_roll(1500, 900) + at_gp(seen=1000), 0.0, 0.05, id="off the roll long ago, and no trace since"),
    pytest.param(at_gp(seen=900, deducted=100), 0.0, 0.1, id="taken off the GP's list"),
    pytest.param(on_roll(700, 40) + at_gp(seen=20), 0.8, 1.0, id="off the roll six weeks ago, met since"),
    pytest.param(at_gp(seen=900) + in_home(seen=10), 0.2, 1.0, id="long unseen by one agency, just seen by another"),
]


@pytest.mark.parametrize(("said", "least", "most"), CASES)
def test_living_here(said: list[dict[str, object]], least: float, most: float) -> None:
    assert least <= judged(said)["living_here"] <= most


WORDS = [
    pytest.param(
        at_gp(seen=21, since=1200),
        "last seen 3 weeks ago (GP registrations); the GP registrations entry has been open since 2023",
        id="seen lately",
    ),
    pytest.param(
        on_roll(1500, 980) + at_gp(seen=990, since=3000),
        "not seen by anyone since March 2024, when the School census entry ended; "
        "the GP registrations entry has been open since 2018",
        id="not seen for long",
    ),
    pytest.param(
        at_gp(seen=365, since=2000),
        "last seen 12 months ago (GP registrations); the GP registrations entry has been open since 2021",
        id="seen a year ago to the day",
    ),
    pytest.param(
        at_gp(seen=366, since=2000),
        "not seen by anyone since November 2025; the GP registrations entry has been open since 2021",
        id="not seen for a year and a day",
    ),
    pytest.param(
        on_roll(900, left=2),
        "last seen 2 days ago, when the School census entry ended; known to no agency other than a school or register",
        id="only its school ever knew the child",
    ),
    pytest.param(
        [
            *on_roll(900, left=2),
            say("youth_justice", "lives_here", ago(200)),
            say("youth_justice", "provision", ago(90), ago(60)),
        ],
        "last seen 2 days ago, when the School census entry ended; the youth justice entry has been open since 2026",
        id="only its school and youth justice, which educates in custody, know the child",
    ),
    pytest.param(
        [say("lost_pupils", "concern", ago(90))],
        "no extract says when the child was last seen",
        id="nobody ever saw the child",
    ),
    pytest.param(
        at_gp(seen=0, since=500) + in_home(seen=0, since=200),
        "last seen today (Council housing and GP registrations); the Council housing entry has been open since 2026; "
        "known to 2 agencies besides schools",
        id="seen by two on one day",
    ),
    pytest.param(
        at_gp(seen=21, since=1200) + in_home(seen=366, since=1400),
        "last seen 3 weeks ago (GP registrations), by nobody else since November 2025; "
        "the GP registrations entry has been open since 2023; known to 2 agencies besides schools",
        id="seen by one agency lately, and by no other for more than a year",
    ),
    pytest.param(
        at_gp(seen=21, since=1200) + in_home(seen=365, since=1400),
        "last seen 3 weeks ago (GP registrations); the GP registrations entry has been open since 2023; "
        "known to 2 agencies besides schools",
        id="seen by one agency lately, and by another a year ago to the day",
    ),
    pytest.param(
        [*in_home(seen=20, since=1000), say("housing", "lives_here", ago(2000), ago(1000))],
        "last seen 2 weeks ago (Council housing); one Council housing entry ended in February 2024; "
        "another Council housing entry has been open since 2024",
        id="moved from one home of the council to another",
    ),
    pytest.param(on_roll() + at_gp(seen=21), "has a current place", id="nobody asks where a child at school lives"),
    pytest.param(
        [say(ROLL, "provision", ago(400)) | {"doubt": "a placeholder", "proves": 0.5}, say(ROLL, "seen", ago(60))],
        "has an entry in education that is in doubt; last seen 8 weeks ago (School census); "
        "known to no agency other than a school or register",
        id="the place is in doubt",
    ),
]


@pytest.mark.parametrize(("said", "because"), WORDS)
def test_because_in_plain_english(said: list[dict[str, object]], because: str) -> None:
    assert judged(said)["because"] == because


def test_who_left_a_roll_on_no_known_day_is_one_of_those_who_were_on_one() -> None:
    """Of the children without a place whom a GP has, fewer of those once on a roll live here still than of the others."""
    met = at_gp(seen=400)
    left = [say(ROLL, "seen", ago(900)), say(ROLL, "left", None)]
    assert judged([*left, *met])["living_here"] < judged(met)["living_here"] - 0.03


def test_last_seen_is_the_latest_sighting_not_after_the_date_judged() -> None:
    row = judged([*at_gp(seen=50), say(HOMES, "seen", ago(8)), say(HOMES, "seen", AS_AT + timedelta(days=3))])
    assert (row["last_seen_on"], row["last_seen_by"]) == (ago(8), "Council housing")


@pytest.mark.parametrize(
    ("met", "least", "most"),
    [
        pytest.param([say(GP, "seen", None)], 0.25, 0.6, id="on a day that cannot be read: it may have been yesterday"),
        pytest.param([say(GP, "seen", ago(1900))], 0.0, 0.1, id="more than five years ago"),
        pytest.param([], 0.0, 0.1, id="never since it was registered"),
        pytest.param([say(GP, "seen", ago(9)), say(GP, "seen", None)], 0.8, 1.0, id="last week, and on such a day"),
    ],
)
def test_a_day_of_contact_that_cannot_be_read_makes_nobody_unseen(
    met: list[dict[str, object]], least: float, most: float
) -> None:
    registered = [say(GP, "seen", ago(2000)), say(GP, "lives_here", ago(2000))]
    assert least <= judged([*registered, *met])["living_here"] <= most


def test_a_child_whom_nobody_saw_with_a_date_has_no_last_sighting() -> None:
    row = judged([say("lost_pupils", "concern", ago(90))])
    assert (row["last_seen_on"], row["last_seen_by"]) == (None, None)


def test_every_known_child_is_judged_once() -> None:
    found = judge(town())
    assert found.schema == RESIDENCE
    assert found["child_id"].to_list() == sorted(town())
    assert found["living_here"].is_between(0.0, 1.0).all()


def test_where_families_are_met_more_before_they_leave_a_child_long_unmet_is_likelier_here() -> None:
    """Off the roll since spring and last met the year before: had it left, it would have been met in between."""
    child = on_roll(entered=2500, left=200) + at_gp(seen=650)
    met_often, as_usual = (
        judge(town(met_before_leaving=days) | {"child": child}).filter(child_id="child")["living_here"].item()
        for days in (200, 700)
    )
    assert met_often > 1.2 * as_usual


@pytest.mark.parametrize(
    ("at_the_gp", "least", "most"),
    [
        pytest.param(
            at_gp(seen=800, since=3000), 0.0, 0.05, id="met two years ago, and all others of whom a day is noted since"
        ),
        pytest.param(at_gp(seen=3000, since=3000), 0.2, 0.6, id="no meeting noted, as of many pupils"),
    ],
)
@pytest.mark.parametrize("number", [300, 1200])
def test_that_no_meeting_is_noted_is_not_that_there_was_none(
    at_the_gp: list[dict[str, object]], number: int, least: float, most: float
) -> None:
    """Of every third pupil, or of two in three, the doctors note no more than the day of registration, years ago."""
    unnoted = {
        f"unnoted{n}": on_roll() + at_gp(seen=1500 + 5 * (n % 300), since=1500 + 5 * (n % 300)) for n in range(number)
    }
    found = judge(town() | unnoted | {"child": at_the_gp}).filter(child_id="child")
    assert least <= found["living_here"].item() <= most


def test_pupils_who_have_not_been_met_since_they_registered_show_how_long_children_go_unmet() -> None:
    """The doctors note every meeting, and there was none yet with 300 pupils who registered within the year."""
    new = {f"new{n:03}": on_roll() + at_gp(seen=20 + n, since=20 + n) for n in range(300)}
    child = {"child": at_gp(seen=600, since=3000)}
    among_new, without = (
        judge(others | child).filter(child_id="child")["living_here"].item() for others in (town() | new, town())
    )
    assert among_new < 0.7 * without


@pytest.mark.parametrize(
    ("at_the_gp", "least", "most"),
    [
        pytest.param(
            at_gp(2, since=1600), 0.1, 0.6, id="the GP met it the day before yesterday: it may have come back"
        ),
        pytest.param(at_gp(720, since=1600), 0.0, 0.01, id="nobody has met it since it came off the roll"),
        pytest.param(at_gp(2, since=1600, deducted=2), 0.0, 0.01, id="the GP closed its entry that day: no meeting"),
    ],
)
def test_a_family_that_left_may_come_back(at_the_gp: list[dict[str, object]], least: float, most: float) -> None:
    """Off the roll for two years, and long unmet where it had its home."""
    child = on_roll(1500, left=700) + in_home(seen=1200, since=1400) + at_the_gp
    assert least <= judged(child)["living_here"] <= most


def test_that_a_list_dates_many_who_left_as_if_they_were_here_is_no_coming_back() -> None:
    """Every fifth of those who left has a date of this year, in another month each, though nobody met it."""
    child = on_roll(1500, left=700) + in_home(seen=1200, since=1400) + at_gp(2, since=1600)
    children = town() | {"child": child}
    for n in range(0, 60, 5):
        left = 400 + 18 * n
        children[f"gone{n:03}"] = on_roll(3000, left=left) + at_gp(seen=5 + 7 * n, since=3600) + in_home(left, 3000)
    found = judge(children).filter(child_id="child")["living_here"].item()
    assert found < judged(child)["living_here"] / 2


def test_pupils_whose_entries_are_in_doubt_do_not_teach_how_those_who_live_here_are_met() -> None:
    """600 of the roll whom nobody has met for four years: where their entries hold, such a child may well live here."""

    def chance(doubt: str | None) -> float:
        entries = [row | ({"doubt": doubt} if row["kind"] == "provision" else {}) for row in on_roll()]
        others = {f"odd{n:03}": entries + at_gp(seen=1500 + (n * 37) % 700, since=2600) for n in range(600)}
        return float(str(judged(at_gp(seen=900), **others)["living_here"]))

    assert chance(None) > chance("nobody has renewed it") + 0.2


@pytest.mark.parametrize(("days", "is_new"), [(30, True), (85, True), (120, False)])
def test_a_child_is_newly_known_for_a_term_where_every_record_says_since_when(days: int, is_new: bool) -> None:
    """That no doctor has it tells nothing of a child first seen a month ago; of one who may be known for years it does."""
    lately = [say(HOMES, "seen", ago(days)), say(HOMES, "lives_here", ago(days))]
    undated = say("admissions", "concern", None) | {"what": "applied"}
    newly, perhaps_not = (float(str(judged(said)["living_here"])) for said in (lately, [*lately, undated]))
    assert (newly > perhaps_not + 0.02) is is_new


def test_how_long_newcomers_take_to_register_the_pupils_show() -> None:
    """Everybody who left is off the doctors' lists, and so are a hundred pupils. If these came five months ago, that no doctor
    has a child who came then says nothing; if they have been at school for years, it says much."""

    def chance(came: int) -> float:
        pupils = {f"no_gp{number:02}": on_roll(came) for number in range(100)}
        others = pupils | {f"left{number:03}": on_roll(1500, 200 + 2 * number) for number in range(150)}
        recently = [say(HOMES, "seen", ago(140)), say(HOMES, "lives_here", ago(150))]
        return float(str(judged(recently, **others)["living_here"]))

    assert chance(came=150) > chance(came=900) + 0.02


@pytest.mark.parametrize(
    ("met", "least", "most"),
    [
        pytest.param(20, 0.7, 1.0, id="met by the GP this month"),
        pytest.param(1500, 0.0, 0.2, id="met by nobody for four years"),
    ],
)
def test_a_place_in_doubt_is_no_proof_of_living_here(met: int, least: float, most: float) -> None:
    """A school next door had the child three years ago, and nobody has asked since: the family may have moved."""
    old = say("other_la", "provision", ago(1200), AS_AT + timedelta(days=3000)) | {"doubt": "nobody has renewed it"}
    child = judged([old, *at_gp(seen=met)])
    assert least <= child["living_here"] <= most
    assert "has an entry in education that is in doubt" in child["because"]


@pytest.mark.parametrize(
    "children",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"one": at_gp(seen=30)}, id="one child, one source"),
        pytest.param({"one": on_roll()}, id="only a roll"),
        pytest.param({"one": [say(GP, "lives_here", None)], "two": on_roll()}, id="no dates at all"),
        pytest.param({"one": at_gp(seen=30), "two": at_gp(seen=1800)}, id="no roll to learn from"),
    ],
)
def test_tiny_data_is_judged_by_the_priors(children: dict[str, list[dict[str, object]]]) -> None:
    chance = judge(children)["living_here"]
    assert len(chance) == len(children)
    assert chance.is_between(0.0, 1.0).all()


def test_without_any_roll_the_later_seen_is_the_likelier_here() -> None:
    chance = judge({"lately": at_gp(seen=30), "long ago": at_gp(seen=1800)})["living_here"]
    assert chance[0] > 0.5 > chance[1]


@pytest.mark.parametrize(
    ("met", "least", "most"),
    [
        pytest.param(66, 0.8, 1.0, id="the GP has met it since: it left later than that, or not at all"),
        pytest.param(330, 0.0, 0.5, id="nobody has met it since: it left as the others did"),
    ],
)
def test_a_home_that_a_child_left_before_it_was_last_met_is_no_sign_of_leaving_the_town(
    met: int, least: float, most: float
) -> None:
    """The council's home ended of one pupil in fifteen, and of those who left within two weeks of that. A family is housed
    in a hotel, and then in the town."""
    children = town()
    for n in range(0, 600, 15):
        children[f"roll{n:03}"] += in_home(seen=400 + n, since=2000, ended=380 + n)
    for n in range(60):
        left = 20 + 18 * n
        children[f"gone{n:03}"] += in_home(seen=left, since=3600, ended=max(1, left - n % 14))
    child = at_gp(seen=met) + in_home(seen=330, since=420, ended=300)
    found = judge(children | {"child": child}).filter(child_id="child")
    assert least <= found["living_here"].item() <= most


def test_that_an_entry_has_ended_with_an_agency_that_all_leave_tells_nothing_of_a_move() -> None:
    """Every second pupil was at a nursery once, of those without a place every tenth: they are older. Whether one of them was
    says how old it is, and nothing of where it lives."""

    def at_nursery(said: list[dict[str, object]]) -> list[dict[str, object]]:
        return [*said, say("early_years", "lives_here", ago(1500), ago(1200))]

    children = town()
    for number, (child, said) in enumerate(children.items()):
        if number % (2 if child.startswith("roll") else 10) == 0:
            children[child] = at_nursery(said)
    child = at_gp(seen=330)
    alike = {"never at one": child, "was at one": at_nursery(child)}
    chance = dict(judge(children | alike).select("child_id", "living_here").iter_rows())
    assert chance["was at one"] == pytest.approx(chance["never at one"])


def test_that_a_family_came_lately_does_not_say_that_it_stays() -> None:
    """Forty families came in spring, most of their children to no school, and left in autumn: nobody has met them since. One
    more, and one that came at the same time and was met last week."""
    children = town()
    for n in range(120):
        came, left = 200 + n % 20, 45 + n % 15
        roll = on_roll(entered=came - 20, left=left) if n % 3 == 0 else []
        children[f"season{n:03}"] = at_gp(seen=left + n % 90, since=came) + roll
    found = judge(children | {"unmet": at_gp(seen=120, since=210), "met": at_gp(seen=6, since=210)})
    chance = dict(found.select("child_id", "living_here").iter_rows())
    assert chance["unmet"] < 0.95 < chance["met"]
