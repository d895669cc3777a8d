"""What is learnt of each agency: whom it sees, how often, and how long it keeps those who have left."""

from datetime import date, timedelta

import polars as pl
import pytest

from tests.made.town import GP, ago, at_gp, in_home, judge, on_roll, say, town

EHE = "ehe_register"


@pytest.mark.parametrize(
    ("at_home", "unmet", "least", "most"),
    [
        pytest.param(
            0, 0, 0.0, 0.1, id="only pupils, whom a nurse meets every term: one unmet for ten months has gone"
        ),
        pytest.param(120, 120, 0.3, 0.9, id="she meets no home-educated child: nor one without a place"),
        pytest.param(
            60, 16, 0.0, 0.01, id="she meets most of sixty as pupils: that she has not met some may be chance"
        ),
    ],
)
def test_where_an_agency_comes_to_schools_children_without_a_place_are_seen_as_the_home_educated(
    at_home: int, unmet: int, least: float, most: float
) -> None:
    children = town()
    for n in range(600):
        children[f"roll{n:03}"] = on_roll() + at_gp(seen=(n * 7) % 90, since=800 + n)
    for n in range(at_home):
        seen = (n * 37) % 700 if n < unmet else (n * 7) % 90
        children[f"home{n:03}"] = [say(EHE, "provision", ago(700)), *at_gp(seen=seen)]
    found = judge(children | {"child": at_gp(seen=300)})
    assert least <= found.filter(child_id="child")["living_here"].item() <= most


def test_what_is_usual_among_pupils_is_no_proof_of_having_left_where_the_home_educated_are_of_another_year() -> None:
    """Admissions date each year's pupils by their application, and so a child of an earlier year two years ago."""
    children = town()
    for n in range(600):
        children[f"roll{n:03}"] += [say("admissions", "seen", ago(700 if n % 2 else 390))]
    for n in range(120):
        home = [say(EHE, "provision", ago(700)), say("admissions", "seen", ago(390))]
        children[f"home{n:03}"] = [*home, *at_gp(seen=(n * 37) % 700)]

    def odds(days: int) -> float:
        found = judge(children | {"child": [*at_gp(seen=60), say("admissions", "seen", ago(days))]})
        chance = float(found.filter(child_id="child")["living_here"].item())
        return chance / (1.0 - chance)

    assert odds(700) > odds(390) / 5.0


def test_that_many_who_live_here_are_off_a_roll_for_long_speaks_for_those_off_for_less_long_as_well() -> None:
    """Sixty came off their rolls about two years ago and were seen since; hardly any did fourteen months ago."""
    children = town()
    for n in range(60):
        children[f"off{n:03}"] = on_roll(entered=2000, left=670 + n % 40) + at_gp(seen=(n * 7) % 90)
    found = judge(children | {"child": on_roll(entered=2000, left=420) + at_gp(seen=250)})
    assert found.filter(child_id="child")["living_here"].item() > 0.94


def test_those_who_left_do_not_teach_how_those_who_live_here_are_known_however_many_they_are() -> None:
    """Everybody here is with a doctor, and one in eight of the 1,600 who came off their rolls as they left."""
    children = town()
    for n in range(1600):
        left = 20 + n % 1000
        seen = at_gp(seen=left + (n * 61) % 700, since=3600) if n % 8 == 0 else [say("nurse", "seen", ago(left + 40))]
        children[f"left{n:04}"] = on_roll(3000, left) + seen
    found = judge(children | {"child": on_roll(2000, 200) + in_home(seen=300)})
    assert found.filter(child_id="child")["living_here"].item() < 0.1


def test_that_children_off_a_roll_have_applied_for_places_says_nothing_of_one_never_on_a_roll() -> None:
    """Within two years two hundred come off their rolls, most with an application; one educated elsewhere from the first made
    none."""

    def applied(n: int) -> list[dict[str, object]]:
        return [say("admissions", "seen", ago(n * 53 % 1000))]

    def odds(one_in: int) -> float:
        children = town()
        for n in range(0, 600, 3):
            children[f"roll{n:03}"] += applied(n)
        for n in range(3, 40, 3):
            children[f"here{n:03}"] += applied(n) if n % 4 else []
        for n in range(200):
            off_roll = on_roll(entered=2000, left=15 + 3 * n) + at_gp(seen=n * 37 % 300)
            children[f"off{n:03}"] = [*off_roll, *(applied(n) if n % one_in == 0 else [])]
        found = judge(children | {"child": at_gp(seen=500)})
        chance = float(found.filter(child_id="child")["living_here"].item())
        return chance / (1 - chance)

    assert odds(one_in=1) == pytest.approx(odds(one_in=3), rel=0.1)


def test_a_source_that_nobody_foresaw_has_its_say() -> None:
    children = town()
    for n in range(600):
        children[f"roll{n:03}"] += [say("library", "seen", ago((n * 7) % 90))]
    alone = judge(children | {"child": at_gp(seen=699)})
    reader = judge(children | {"child": [*at_gp(seen=699), say("library", "seen", ago(5))]})
    chance = [frame.filter(child_id="child")["living_here"].item() for frame in (alone, reader)]
    assert chance[1] > chance[0]


def test_a_source_that_works_through_schools_does_not_send_the_others_away() -> None:
    children = town() | {"child": at_gp(seen=20)}
    for n in range(600):
        children[f"roll{n:03}"] += [say("school_meals", "seen", ago((n * 7) % 90))]
    assert judge(children).filter(child_id="child")["living_here"].item() > 0.7


def with_old_gp_file(days: int, said: list[dict[str, object]], slips: int = 0) -> dict[str, object]:
    """The row of a child off the roll for 30 days, in the town as a GPs' file of ``days`` ago tells of it; ``slips``: dates
    in the file that lie after the day on which it was made."""

    def then(row: dict[str, object]) -> dict[str, object]:
        seen = row["since_on"]
        is_sighting = row["source"] == GP and row["kind"] == "seen" and isinstance(seen, date)
        return row | {"since_on": seen - timedelta(days=days)} if is_sighting and isinstance(seen, date) else row

    told = {child: [then(row) for row in rows] for child, rows in (town() | {"child": said}).items()}
    for n in range(slips):
        told[f"roll{n:03}"].append(say(GP, "seen", ago(n)))
    return judge(told).row(by_predicate=pl.col("child_id") == "child", named=True)


def test_a_file_made_two_months_ago_cannot_show_that_a_child_has_not_left_since() -> None:
    said = on_roll(entered=1500, left=30) + at_gp(seen=10, since=1200)
    fresh, old = with_old_gp_file(0, said), with_old_gp_file(60, said)
    assert float(str(fresh["living_here"])) > float(str(old["living_here"])) + 0.1
    assert "GP registrations shows nobody seen since September 2026" in str(old["because"])
    assert "has seen nobody" not in str(fresh["because"])


def test_one_slip_in_three_hundred_dates_does_not_make_an_old_file_new() -> None:
    said = on_roll(entered=1500, left=30) + at_gp(seen=10, since=1200)
    old, slipped = with_old_gp_file(60, said), with_old_gp_file(60, said, slips=1)
    assert float(str(slipped["living_here"])) == pytest.approx(float(str(old["living_here"])), abs=0.03)


def test_a_list_that_is_never_weeded_does_not_teach_how_children_who_live_here_are_known() -> None:
    """The doctors write to everyone on their list each autumn, long gone or not, and count that as a contact. Of those who
    left, who are more than the pupils, few are in another file, while half of the pupils are in one and a third in another:
    whoever is known to nobody but the doctor has most likely gone, and a toddler too: how a doctor dates those who left does
    not hang on their age. So the home-educated are known too."""

    def known(n: int) -> list[dict[str, object]]:
        home = in_home(seen=(n * 31) % 400) if n % 2 == 0 else []
        claim = [row | {"source": "benefits"} for row in in_home(seen=(n * 17) % 300)] if n % 3 == 0 else []
        return at_gp(seen=40 + n % 20, since=800 + n) + home + claim

    children = town() | {f"roll{n:03}": on_roll() + known(n) for n in range(600)}
    children |= {f"here{n:03}": known(7 * n) for n in range(40)}
    children |= {f"home{n:03}": [say(EHE, "provision", ago(700)), *known(5 * n)] for n in range(120)}
    for n in range(700):
        closed = in_home(seen=n + 80, since=2000, ended=n + 30) if n % 50 == 0 else []
        children[f"left{n:03}"] = at_gp(seen=40 + n % 20, since=1500 + n) + closed
    children |= {"child": at_gp(seen=50, since=1600) + in_home(seen=60), "toddler": at_gp(seen=45, since=700)}
    found = judge(children, {"toddler": {"date_of_birth": ago(750)}})
    chance = dict(found.select("child_id", "living_here").iter_rows())
    assert chance["left101"] < 0.2
    assert chance["toddler"] < 0.25
    assert chance["child"] > 0.9


@pytest.mark.parametrize(
    ("weeded", "least", "most"),
    [
        pytest.param(0, 0.9, 1.0, id="weeded every night: whoever had left would be off it"),
        pytest.param(300, 0.0, 0.75, id="weeded once a year, last ten months ago: it has those who left since, too"),
    ],
)
def test_until_a_list_is_weeded_it_says_little_that_a_child_is_on_it(weeded: int, least: float, most: float) -> None:
    """Off the roll for five months, and met a year ago, as one in two pupils were: still on the GPs' list."""
    children = {f"roll{n:03}": on_roll() + at_gp(seen=(n * 37) % 700, since=800 + n) for n in range(600)}
    children |= {f"here{n:03}": on_roll(2000, 20 + 15 * n) + at_gp(seen=(n * 61) % 700) for n in range(40)}
    for n in range(300):
        left = 10 + 2 * n
        deducted = None if left < weeded else max(weeded, left - 9)
        children[f"gone{n:03}"] = on_roll(3000, left) + at_gp(left + (n * 61) % 700, since=3600, deducted=deducted)
    child = judge(children | {"child": on_roll(2000, 150) + at_gp(seen=365)}).filter(child_id="child")
    assert least <= child["living_here"].item() <= most


def test_a_letter_after_each_birthday_is_no_meeting() -> None:
    """The doctors write to everyone on a list that nobody weeds, after each birthday, and count it as a contact. They have met
    every third of the pupils since, and of the children without a place every third of those who live here. Half of the
    pupils are tenants, and hardly one of those who left."""
    children, people = {}, {}

    def known(name: str, n: int, *, is_met: bool) -> list[dict[str, object]]:
        birthday = 1 + (n * 41) % 365
        people[name] = {"date_of_birth": ago(365 * 8 + 2 + birthday)}
        home = in_home(seen=(n * 31) % 400) if n % 2 == 0 and not name.startswith("left") else []
        return at_gp(seen=(n * 7) % birthday if is_met else birthday, since=1500 + n) + home

    for n in range(600):
        children[f"roll{n:03}"] = on_roll() + known(f"roll{n:03}", n, is_met=n % 3 == 0)
    for n in range(60):
        children[f"here{n:03}"] = known(f"here{n:03}", n, is_met=n % 3 == 0)
    for n in range(400):
        closed = in_home(seen=n + 80, since=2000, ended=n + 30) if n % 20 == 0 else []
        children[f"left{n:03}"] = known(f"left{n:03}", n, is_met=False) + closed
    children["met"], children["written to"] = known("met", 7, is_met=True), known("written to", 7, is_met=False)
    found = {row["child_id"]: row for row in judge(children, people).iter_rows(named=True)}
    met, written_to = found["met"], found["written to"]
    assert met["living_here"] > written_to["living_here"] + 0.4
    assert "last seen 7 weeks ago (GP registrations)" in met["because"]
    assert (
        "GP registrations gives a date in February 2026, which does not show that anyone met the child"
        in written_to["because"]
    )
    assert (written_to["letters_of"], met["letters_of"]) == (GP, None)
    assert written_to["last_seen_on"] == ago(1507), "the day of registering, in person"


HOTEL = "asylum"


@pytest.mark.parametrize(
    ("left", "least", "most"),
    [
        pytest.param(None, 0.94, 1.0, id="still a guest"),
        pytest.param(200, 0.0, 0.75, id="left half a year ago: the hotel saw it that day, and the GP a month before"),
    ],
)
def test_who_has_left_a_hotel_has_more_likely_left(left: int | None, least: float, most: float) -> None:
    """Hotels know families because they have no place: sixty guests without one, of whom forty have left, and sixty pupils, of
    whom two have moved out."""

    def guest(came: int, left: int | None = None) -> list[dict[str, object]]:
        went = [] if left is None else [say(HOTEL, "left", ago(left)), say(HOTEL, "seen", ago(left))]
        stay = say(HOTEL, "lives_here", ago(came), None if left is None else ago(left))
        return [say(HOTEL, "seen", ago(came)), stay, *went]

    children = town()
    for n in range(60):
        children[f"roll{n:03}"] += guest(60 + 11 * n, 10 if n % 30 == 0 else None)
    children |= {f"guest{n:02}": at_gp(seen=(n * 61) % 250, since=250) + guest(250) for n in range(20)}
    for n in range(40):
        gone = 30 + 18 * n
        children[f"moved{n:02}"] = at_gp(seen=gone + (n * 61) % 700, since=3600) + guest(3000, gone)
    found = judge(children | {"child": at_gp(seen=230, since=300) + guest(300, left)}).filter(child_id="child")
    assert least <= found["living_here"].item() <= most


@pytest.mark.parametrize(
    ("known_for", "least", "most"),
    [
        pytest.param(20, 0.5, 1.0, id="known to nobody before: the doctor has not registered it yet"),
        pytest.param(200, 0.0, 0.2, id="known for half a year, and to no doctor: the family went on"),
    ],
)
def test_a_family_that_has_just_come_is_not_yet_known_to_all(known_for: int, least: float, most: float) -> None:
    """Everybody here is with a doctor, and one in three asks for a school place at some time."""
    children = town()
    for n in range(0, 600, 3):
        children[f"roll{n:03}"] += [say("admissions", "seen", ago((n * 37) % 700))]
    for n in range(0, 60, 3):
        children[f"gone{n:03}"] += [say("admissions", "seen", ago(20 + 18 * n + (n * 37) % 700))]
    child = judge(children | {"child": [say("admissions", "seen", ago(known_for))]}).filter(child_id="child")
    assert least <= child["living_here"].item() <= most


def applied(when: int, refused: bool = False) -> list[dict[str, object]]:
    return [say("admissions", "seen", ago(when)), *([say("admissions", "concern", ago(when))] if refused else [])]


def test_that_an_application_was_two_years_ago_is_hardly_a_sign_of_having_left() -> None:
    pupils = {f"roll{n:03}": applied(300 + n % 60, refused=n % 20 == 0) for n in range(400)}
    children = {name: said + pupils.get(name, []) for name, said in town().items()}
    silent = on_roll(2000, 200) + at_gp(seen=150)
    told = judge(children | {"silent": silent, "last year": silent + applied(330), "long ago": silent + applied(730)})
    here = dict(told.select("child_id", "living_here").iter_rows())
    assert here["silent"] - 0.2 < here["long ago"] < here["last year"]


@pytest.mark.parametrize(
    ("here", "gone", "least", "most"),
    [
        pytest.param(60, 0, 1.3, 20.0, id="known to it are none of those who have gone: rather here"),
        pytest.param(60, 60, 1.0, 1.2, id="those here and those gone alike: it says nothing"),
        pytest.param(0, 60, 0.9, 1.1, id="only those who have gone: being known is never a sign of it"),
        pytest.param(0, 0, 1.0, 1.0, id="nobody but the child: it says nothing"),
    ],
)
def test_an_agency_that_works_off_the_roll_shows_whom_it_knows(here: int, gone: int, least: float, most: float) -> None:
    """Files of pupils whom no school has claimed: by how much likelier is a child here of whom one tells? Half of all children
    without a place have gone, and were not seen since."""
    unclaimed = [say("lost_pupils", "note", ago(30))]
    children = {f"roll{n:03}": on_roll() + at_gp(seen=(n * 61) % 700) for n in range(600)}
    for n in range(150):
        off = on_roll(2000, 150 + n)
        children[f"here{n:03}"] = off + at_gp(seen=(n * 61) % 700 // 4) + unclaimed * (n < here)
        children[f"gone{n:03}"] = off + at_gp(seen=150 + n + (n * 61) % 700) + unclaimed * (n < gone)
    child = on_roll(2000, 200) + at_gp(seen=300)
    found = dict(
        judge(children | {"told of": child + unclaimed, "child": child}).select("child_id", "living_here").iter_rows()
    )
    told, untold = (found[name] / (1 - found[name]) for name in ("told of", "child"))
    assert least <= told / untold <= most
