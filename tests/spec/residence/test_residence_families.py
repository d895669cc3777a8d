"""What a child's household tells of whether it still lives here."""

from datetime import date, timedelta

import polars as pl
import pytest

from tests.made.town import AS_AT, FAMILY, LEFT_YEAR_SIX, ago, at_gp, in_home, judge, on_roll, say, town


def test_a_sister_on_the_roll_speaks_for_the_family() -> None:
    said = at_gp(seen=690)
    alone = judge(town() | {"child": said}, {"child": FAMILY})
    with_sister = judge(town() | {"child": said, "sister": on_roll()}, {"child": FAMILY, "sister": FAMILY})
    chance = [frame.filter(child_id="child")["living_here"].item() for frame in (alone, with_sister)]
    assert chance[1] > chance[0]
    assert "another child in the household has a place" in with_sister.filter(child_id="child")["because"].item()


@pytest.mark.parametrize(
    ("sister", "least", "most"),
    [
        pytest.param(at_gp(seen=20), 0.75, 1.0, id="whom her doctor here met this month"),
        pytest.param(at_gp(seen=690), 0.5, 0.75, id="whom nobody has met for as long: hardly anything"),
        pytest.param(at_gp(seen=1000, deducted=400), 0.0, 0.3, id="who is off the doctor's list: she has moved there"),
        pytest.param([], 0.0, 0.3, id="whom no doctor here knows"),
    ],
)
def test_a_sister_at_school_in_another_authority_speaks_for_what_her_own_records_say(
    sister: list[dict[str, object]], least: float, most: float
) -> None:
    confirmed = [say("other_la", "provision", ago(60), AS_AT + timedelta(days=3000)), *sister]
    neighbours = {f"border{n:02}": [confirmed[0], *at_gp(seen=(n * 37) % 700)] for n in range(40)}
    moved = {f"moved{n:02}": [confirmed[0], *at_gp(seen=800 + n, deducted=300 + n)] for n in range(40)}
    household = {"child": at_gp(seen=690), "sister": confirmed}
    found = judge(town() | neighbours | moved | household, dict.fromkeys(household, FAMILY))
    alone = judge(town() | neighbours | moved | {"child": at_gp(seen=690)}, {"child": FAMILY})
    chance, by_itself = (frame.filter(child_id="child")["living_here"].item() for frame in (found, alone))
    assert least <= chance <= most
    assert 0.6 < by_itself < 0.75


@pytest.mark.parametrize(
    ("others", "least", "most"),
    [
        pytest.param([], 0.4, 0.6, id="nobody else of the household is known"),
        pytest.param([on_roll()] * 3, 0.7, 0.9, id="three others are on the roll: yet one may have gone alone"),
        pytest.param([at_gp(seen=5)], 0.6, 0.9, id="another without a place was met by the GP this week"),
        pytest.param([at_gp(seen=1500)], 0.0, 0.2, id="another without a place was met by nobody for four years"),
        pytest.param([at_gp(seen=900, deducted=100)], 0.0, 0.1, id="another was taken off the GP's list"),
    ],
)
def test_a_child_met_long_ago_fares_as_its_household(
    others: list[list[dict[str, object]]], least: float, most: float
) -> None:
    household = {f"other{n}": said for n, said in enumerate(others)} | {"child": at_gp(seen=560)}
    found = judge(town() | household, dict.fromkeys(household, FAMILY))
    assert least <= found.filter(child_id="child")["living_here"].item() <= most


def test_a_brother_still_on_the_roll_says_less_of_a_child_just_off_it() -> None:
    def odds(left: int, **brother: list[dict[str, object]]) -> float:
        household = {"child": on_roll(3000, left) + at_gp(seen=left + 200), **brother}
        found = judge(town() | household, dict.fromkeys(household, FAMILY))
        chance = float(found.filter(child_id="child")["living_here"].item())
        return chance / (1 - chance)

    lately, long_ago = (odds(left, brother=on_roll()) / odds(left) for left in (30, 330))
    assert 1 < lately < long_ago


@pytest.mark.parametrize(
    ("brother", "is_less"),
    [
        pytest.param(60, True, id="on the same day: as families do that move"),
        pytest.param(72, True, id="within two weeks"),
        pytest.param(300, False, id="eight months before: says nothing of the child"),
    ],
)
def test_brothers_who_came_off_their_rolls_together_have_more_likely_left(brother: int, is_less: bool) -> None:
    household = {"child": on_roll(900, 60) + at_gp(seen=100), "brother": on_roll(1500, brother) + at_gp(seen=330)}
    row = judge(town() | household, dict.fromkeys(household, FAMILY)).row(
        by_predicate=pl.col("child_id") == "child", named=True
    )
    found = row["living_here"]
    apart = household | {"brother": on_roll(1500, 75) + at_gp(seen=330)}
    without = judge(town() | apart, dict.fromkeys(apart, FAMILY)).filter(child_id="child")["living_here"].item()
    assert (found < without - 0.02) is is_less
    assert ("another child in the household came off a roll within two weeks of this one" in row["because"]) is is_less


def test_the_day_on_which_a_family_came_off_its_rolls_is_said_once_however_many_came_off() -> None:
    def chance(brothers: int) -> float:
        family = {f"brother{n}": on_roll(2000 - n, 25) + at_gp(seen=30 + n) for n in range(brothers)}
        household = family | {"child": on_roll(2000, 25) + at_gp(seen=30)}
        found = judge(town() | household, dict.fromkeys(household, FAMILY))
        return float(found.filter(child_id="child")["living_here"].item())

    assert 0.1 < chance(2) < chance(1) < 0.5 < chance(0)


def test_a_child_out_of_year_six_whose_brother_came_off_a_roll_as_well_has_more_likely_left() -> None:
    """That Year 6 ended says nothing of a move; that its brother left another year of school in those days does."""

    def chance(brother: int) -> float:
        household = {"child": on_roll(2400, 86) + at_gp(seen=100), "brother": on_roll(1000, brother) + at_gp(seen=330)}
        people = {"child": FAMILY | {"date_of_birth": LEFT_YEAR_SIX}, "brother": FAMILY}
        return float(judge(town() | household, people).filter(child_id="child")["living_here"].item())

    assert chance(86) < chance(101) - 0.02


def test_that_a_brothers_school_closed_in_those_days_does_not_make_the_child_one_of_a_family_that_moves() -> None:
    def elm_park(entered: int) -> list[dict[str, object]]:
        return [row | {"place": "Elm Park"} for row in on_roll(entered, left=4)]

    pupils = {f"elm{n:02}": elm_park(1000) + at_gp(seen=5 + (n * 37) % 700) for n in range(60)}
    household = {"child": on_roll(900, 9) + at_gp(seen=100), "brother": elm_park(1500) + at_gp(seen=330)}
    found = judge(town() | pupils | household, dict.fromkeys(household, FAMILY))
    assert found.filter(child_id="child")["living_here"].item() > 0.3


FLAT = FAMILY | {"flat": "3"}
OLDER = {"date_of_birth": date(2016, 2, 2)}


@pytest.mark.parametrize(
    ("child", "others", "is_household"),
    [
        pytest.param(FAMILY, [FAMILY | {"street": "ELM RAOD"}], True, id="a slip in the street"),
        pytest.param(FAMILY, [FAMILY | {"postcode": "ZA11AB"}], True, id="a slip in the postcode"),
        pytest.param(FAMILY, [FAMILY | {"postcode": "ZB91AA"}], False, id="the same street and number of another town"),
        pytest.param(FAMILY, [FAMILY | {"house": "2"}], False, id="next door"),
        pytest.param(FLAT, [FAMILY | {"house": "1", "flat": "4"}], False, id="another flat"),
        pytest.param(FLAT, [FAMILY], True, id="the flat is not said, and the surname has one in the building"),
        pytest.param(
            FLAT, [FAMILY, FAMILY | {"flat": "4"}], False, id="the flat is not said, and the surname has two there"
        ),
        pytest.param(FAMILY, [FLAT], True, id="the child's own flat is not said"),
        pytest.param(
            FLAT, [FAMILY | {"house": "1A", "flat": None}, FAMILY | {"surname": "BIRCH"}], False, id="1A is flat A"
        ),
    ],
)
def test_who_is_of_the_childs_household_by_surname_and_home(
    child: dict[str, object], others: list[dict[str, object]], is_household: bool
) -> None:
    people = {"child": child} | {f"other{n}": OLDER | told for n, told in enumerate(others)}
    found = judge(town() | {"child": at_gp(seen=500)} | {name: on_roll() for name in people if name != "child"}, people)
    because = found.filter(child_id="child")["because"].item()
    assert ("another child in the household has a place" in because) == is_household


def test_neighbours_of_another_name_are_no_household() -> None:
    people = {"child": FAMILY, "other": FAMILY | OLDER | {"surname": "BIRCH"}}
    found = judge(town() | {"child": at_gp(seen=500), "other": on_roll()}, people)
    assert "household" not in found.filter(child_id="child")["because"].item()


@pytest.mark.parametrize(
    ("other", "is_twin"),
    [
        pytest.param({"surname": "BIRCH"}, True, id="at one home, under the other parent's surname"),
        pytest.param({"postcode": None}, True, id="of one surname in one street, without a postcode"),
        pytest.param({"surname": "BIRCH", "postcode": None}, False, id="of neither one surname nor surely one home"),
        pytest.param({"surname": "BIRCH", "house": "2"}, False, id="next door, under another surname"),
    ],
)
def test_two_born_on_one_day_at_one_home_are_twins(other: dict[str, object], is_twin: bool) -> None:
    found = judge(town() | {"child": at_gp(seen=500), "other": on_roll()}, {"child": FAMILY, "other": FAMILY | other})
    because = found.filter(child_id="child")["because"].item()
    assert ("another child in the household has a place" in because) is is_twin


def test_two_guests_of_a_hotel_born_on_one_day_are_no_twins() -> None:
    guests = {f"guest{n:02}": on_roll() + at_gp(seen=n) for n in range(40)}
    people = {guest: FAMILY | {"surname": f"BIRCH{n}"} for n, guest in enumerate(guests)} | {"child": FAMILY}
    found = judge(town() | guests | {"child": at_gp(seen=500)}, people)
    assert "household" not in found.filter(child_id="child")["because"].item()


@pytest.mark.parametrize(
    ("guests", "least", "most"),
    [
        pytest.param(3, 0.7, 0.9, id="three brothers at the address are on a roll"),
        pytest.param(40, 0.4, 0.6, id="a hotel: of its forty guests on a roll some have the same surname"),
    ],
)
def test_one_surname_at_a_hotel_is_no_household(guests: int, least: float, most: float) -> None:
    hotel = {f"guest{n:02}": on_roll() + at_gp(seen=n) for n in range(guests)}
    people = {guest: FAMILY | ({} if n < 3 else {"surname": f"ASH{n}"}) for n, guest in enumerate(hotel)}
    child = {"child": at_gp(seen=560)}
    found = judge(town() | hotel | child, people | {"child": FAMILY}).filter(child_id="child")
    assert least <= found["living_here"].item() <= most


def families_of_two(**lone: int) -> tuple[dict[str, list[dict[str, object]]], dict[str, dict[str, object]]]:
    """A town in which each of the 600 pupils and of the 40 children here without a place has a brother on the roll, and what
    says so: their homes. ``lone``: how many children of a kind (gone, child) have a home of their own that nobody shares."""
    paired = {
        f"{kind}{n:03}": str(n) for kind, many in (("roll", 600), ("here", 40), ("brother", 600)) for n in range(many)
    }
    alone = {f"{kind}{n:03}": f"{kind}{n}" for kind, many in lone.items() for n in range(many)}
    brothers = {f"brother{n:03}": on_roll() + at_gp(seen=(n * 41) % 700) for n in range(600)}
    people = {child: FAMILY | {"house": house} for child, house in (paired | alone).items()}
    return town() | brothers | {"child000": at_gp(seen=500)}, people


def test_a_child_without_any_other_of_its_household_is_less_surely_here_where_families_left_are_known_in_part() -> None:
    children, people = families_of_two(gone=60, child=1)
    with_families = judge(children, people).filter(child_id="child000")["living_here"].item()
    without = judge(children).filter(child_id="child000")["living_here"].item()
    assert with_families < without


def test_a_child_whose_lists_give_no_home_is_not_taken_for_one_whose_family_is_gone() -> None:
    """A doctors' list by postcode names nobody's brother, of those who live here as little as of those who have left."""
    children, people = families_of_two()
    without_homes = {child: facts for child, facts in people.items() if not child.startswith(("here", "gone"))}
    no_home = judge(children, without_homes).filter(child_id="child000")["living_here"].item()
    assert no_home == pytest.approx(judge(children).filter(child_id="child000")["living_here"].item(), abs=0.02)


def in_one_home(seen: int, other_seen: int | None = None, *, is_dated: bool) -> pl.DataFrame:
    """A child off the roll for half a year, whom no doctor knows, and its brother on the roll, in one open tenancy that was
    confirmed for both ``seen`` days ago; or for the brother on another day."""

    def tenancy(day: int) -> list[dict[str, object]]:
        return [row if is_dated or row["kind"] != "lives_here" else row | {"since_on": None} for row in in_home(day)]

    child = on_roll(entered=2000, left=180) + tenancy(seen)
    brother = on_roll() + tenancy(seen if other_seen is None else other_seen)
    household = {"child": child, "brother": brother}
    return judge(town() | household, dict.fromkeys(household, FAMILY)).filter(child_id="child")


@pytest.mark.parametrize(
    "is_dated", [pytest.param(True, id="since a day"), pytest.param(False, id="nobody says since when")]
)
def test_a_tenancy_that_a_household_has_in_common_says_nothing_of_one_child_of_it(is_dated: bool) -> None:
    """It is confirmed for all whom it names while any of them lives there, and he is known to: so nothing hangs on the day."""
    lately, long_ago, of_its_own = (
        in_one_home(*days, is_dated=is_dated)["living_here"].item() for days in ((20,), (380,), (20, 50))
    )
    assert lately == pytest.approx(long_ago, abs=0.03)
    assert of_its_own > 0.9


def test_that_a_tenancy_has_ended_is_heard_of_each_child_of_the_household() -> None:
    def chance(other_seen: int) -> float:
        household = {
            "child": on_roll(2000, 180) + in_home(200, ended=150),
            "brother": on_roll() + in_home(other_seen, ended=150),
        }
        found = judge(town() | household, dict.fromkeys(household, FAMILY))
        return float(found.filter(child_id="child")["living_here"].item())

    assert chance(200) == pytest.approx(chance(210), rel=0.1)


def test_a_tenancy_that_three_children_have_in_common_is_heard_once() -> None:
    def chance(*days: int) -> float:
        household = {f"child{n}": in_home(seen) for n, seen in enumerate(days)}
        found = judge(town() | household, dict.fromkeys(household, FAMILY))
        return float(found.filter(child_id="child0")["living_here"].item())

    assert chance(20, 20, 20) < chance(20, 21, 22)


@pytest.mark.parametrize(
    ("tenant", "called"),
    [
        pytest.param({"date_of_birth": date(1985, 6, 1)}, [], id="with a birth date"),
        pytest.param(
            {"date_of_birth": None}, [say("housing", "grown_up", None)], id="without one, but called a tenant"
        ),
        pytest.param({"date_of_birth": None}, [], id="without either: many lists give neither"),
    ],
)
def test_tenants_in_a_housing_list_are_no_children_of_the_household(
    tenant: dict[str, object], called: list[dict[str, object]]
) -> None:
    """A tenant is on no roll and on no list of children, as a child who has gone. Of 242 children without a place of a made-up
    council 33 were hidden when its housing list came with the tenants."""
    households = {child: {"household": f"T{child}"} for child in town()} | {"child": {"household": "T"}}
    children = town() | {"child": on_roll(2000, left=30) + in_home(seen=90)}
    listed = [child for child, said in children.items() if any(row["source"] == "housing" for row in said)]
    tenants = {f"tenant of {child}": [*called, *in_home(seen=600)] for child in listed}
    people = {f"tenant of {child}": households[child] | tenant for child in listed}
    found = [judge(children, households), judge(children | tenants, households | people)]
    chance, with_tenants = (frame.filter(child_id="child")["living_here"].item() for frame in found)
    assert with_tenants == pytest.approx(chance, abs=0.02)
    assert "another child" not in found[1].filter(child_id="child")["because"].item()


def test_tenants_do_not_make_a_sister_just_over_school_age_look_as_if_she_had_left() -> None:
    """She is on no roll either, and lists of children still have her. No list of children has a tenant."""
    sisters = {f"sister{n:02}": at_gp(seen=(n * 37) % 700) + in_home(seen=200 + n) for n in range(30)}
    children = town() | sisters | {"child": on_roll(2000, left=30) + in_home(seen=90)}
    homes = {child: {"household": f"T{child}"} for child in children} | {"child": {"household": "Tsister00"}}
    ages = {sister: {"date_of_birth": date(2009, 3, 1)} for sister in sisters}
    households = {child: homes[child] | ages.get(child, {}) for child in children}
    tenants = {f"tenant of {child}": in_home(seen=600) for child in children if child != "child"}
    people = {f"tenant of {child}": homes[child] | {"date_of_birth": date(1985, 6, 1)} for child in children}
    found = [judge(children, households), judge(children | tenants, households | people)]
    chance, with_tenants = (frame.filter(child_id="child")["living_here"].item() for frame in found)
    assert with_tenants == pytest.approx(chance, abs=0.04)
