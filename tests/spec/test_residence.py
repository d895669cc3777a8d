"""Does the child still live here? A town of known children, and one child at a time laid beside them."""

from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.children.provision import find_provision
from pipelines.residence.living_here import judge_residence
from pipelines.residence.records import listen
from pipelines.tables import CHILD_RECORD, PERSON, RESIDENCE, RIVAL, STATEMENT
from tests.made.children import SOURCE_NAMES

AS_AT = date(2026, 11, 20)
OF_AGE = date(2018, 5, 5)
LEFT_YEAR_SIX = date(2015, 5, 5)
"""Of age too, and of those who left Year 6 in the summer before ``AS_AT``."""
ROLL, GP, HOMES = "school_census", "health", "housing"
NAMES = {**SOURCE_NAMES, HOMES: "Council housing"}


def ago(days: int) -> date:
    return AS_AT - timedelta(days=days)


def say(source: str, kind: str, since: date | None, until: date | None = None) -> dict[str, object]:
    return {"source": source, "kind": kind, "since_on": since, "until_on": until}


def on_roll(entered: int = 400, left: int | None = None) -> list[dict[str, object]]:
    until = None if left is None else ago(left)
    leaving = [] if until is None else [say(ROLL, "seen", until), say(ROLL, "left", until)]
    return [say(ROLL, "provision", ago(entered), until), say(ROLL, "seen", ago(entered)), *leaving]


def at_gp(seen: int, since: int = 2000, deducted: int | None = None) -> list[dict[str, object]]:
    until = None if deducted is None else ago(deducted)
    leaving = [] if until is None else [say(GP, "left", until)]
    return [say(GP, "seen", ago(seen)), say(GP, "seen", ago(since)), say(GP, "lives_here", ago(since), until), *leaving]


def in_home(seen: int, since: int = 900, ended: int | None = None) -> list[dict[str, object]]:
    until = None if ended is None else ago(ended)
    leaving = [] if until is None else [say(HOMES, "left", until)]
    return [say(HOMES, "seen", ago(seen)), say(HOMES, "lives_here", ago(since), until), *leaving]


def town(met_before_leaving: int = 700) -> dict[str, list[dict[str, object]]]:
    """600 children on the roll, whom their GP met in the last two years; 40 without a place who live here, ten of them
    off the roll lately, and 60 who left in the last three years, whom nobody met since, and their GP in the last
    ``met_before_leaving`` days before."""
    children: dict[str, list[dict[str, object]]] = {}
    for n in range(600):
        home = in_home(seen=(n * 31) % 400) if n % 3 == 0 else []
        children[f"roll{n:03}"] = on_roll() + at_gp(seen=(n * 37) % 700, since=800 + n) + home
    for n in range(40):
        home = in_home(seen=(n * 31) % 400) if n % 2 == 0 else []
        roll = on_roll(entered=2000, left=15 + 4 * n) if n % 4 == 0 else []
        children[f"here{n:03}"] = roll + at_gp(seen=(n * 61) % 700, since=800 + n) + home
    for n in range(60):
        left = 20 + 18 * n
        roll = on_roll(entered=3000, left=left - 15) if n % 2 == 0 else []
        children[f"gone{n:03}"] = roll + at_gp(seen=left + (n * 61) % met_before_leaving, since=3600)
    return children


def judge(
    children: dict[str, list[dict[str, object]]],
    people: dict[str, dict[str, object]] | None = None,
    rivals: dict[str, tuple[str, float]] | None = None,
) -> pl.DataFrame:
    """``RESIDENCE`` of made-up children; one record a child and source. ``rivals``: whom else a child may be, how likely."""
    rows = [{**row, "record_id": f"{row['source']}:{child}"} for child, said in children.items() for row in said]
    statements = pl.DataFrame(rows, schema=dict(STATEMENT))
    facts = people or {}
    records = sorted({(str(row["source"]), child) for child, said in children.items() for row in said})
    person = pl.DataFrame(
        [
            {"record_id": f"{source}:{child}", "dataset": source, "date_of_birth": OF_AGE, **facts.get(child, {})}
            for source, child in records
        ],
        schema=dict(PERSON),
    )
    child_records = pl.DataFrame(
        [{"record_id": f"{source}:{child}", "child_id": child, "membership": 1.0} for source, child in records],
        schema=dict(CHILD_RECORD),
    )
    provision = find_provision(statements, child_records, AS_AT)
    may_be = [
        {"child_id": child, "rival_child_id": rival, "probability": chance}
        for child, (rival, chance) in (rivals or {}).items()
    ]
    near = pl.DataFrame(may_be, schema=dict(RIVAL))
    said = listen(statements, AS_AT)
    return judge_residence(said, person, child_records, provision, near, as_at=AS_AT, source_names=NAMES)


def judged(child: list[dict[str, object]], **others: list[dict[str, object]]) -> dict[str, object]:
    """The row of one child laid beside the town."""
    return judge(town() | {"child": child} | others).row(by_predicate=pl.col("child_id") == "child", named=True)


CASES = [
    pytest.param(on_roll(), 0.99, 1.0, id="has a current place: lives here"),
    pytest.param(at_gp(seen=20), 0.8, 1.0, id="met by the GP three weeks ago"),
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
        "seen by GP registrations 3 weeks ago; the entry of GP registrations has been open since 2023",
        id="seen lately",
    ),
    pytest.param(
        on_roll(1500, 980) + at_gp(seen=990, since=3000),
        "not seen by anyone since March 2024; the entry of School census ended in March 2024; "
        "the entry of GP registrations has been open since 2018",
        id="not seen for long",
    ),
    pytest.param([say("lost_pupils", "concern", ago(90))], "never seen with a date", id="nobody ever saw the child"),
    pytest.param(
        at_gp(seen=0, since=500) + in_home(seen=0, since=200),
        "seen by Council housing and GP registrations today; the entry of Council housing has been open since 2026; "
        "known to 2 agencies",
        id="seen by two on one day",
    ),
    pytest.param(on_roll() + at_gp(seen=21), "has a current place", id="nobody asks where a child at school lives"),
    pytest.param(
        [say(ROLL, "provision", ago(400)) | {"doubt": "a placeholder", "proves": 0.5}, say(ROLL, "seen", ago(60))],
        "has an entry in education that is in doubt; seen by School census 8 weeks ago",
        id="the place is in doubt",
    ),
]


@pytest.mark.parametrize(("said", "because"), WORDS)
def test_because_in_plain_english(said: list[dict[str, object]], because: str) -> None:
    assert judged(said)["because"] == because


def test_last_seen_is_the_latest_sighting_not_after_the_date_judged() -> None:
    row = judged([*at_gp(seen=50), say(HOMES, "seen", ago(8)), say(HOMES, "seen", AS_AT + timedelta(days=3))])
    assert (row["last_seen_on"], row["last_seen_by"]) == (ago(8), "Council housing")


def test_a_child_whom_nobody_saw_with_a_date_has_no_last_sighting() -> None:
    row = judged([say("lost_pupils", "concern", ago(90))])
    assert (row["last_seen_on"], row["last_seen_by"]) == (None, None)


def test_every_known_child_is_judged_once() -> None:
    found = judge(town())
    assert found.schema == RESIDENCE
    assert found["child_id"].to_list() == sorted(town())
    assert found["living_here"].is_between(0.0, 1.0).all()


def test_a_sister_on_the_roll_speaks_for_the_family() -> None:
    family = {"surname": "ASHE", "house": "1", "street": "ELM ROAD", "postcode": "ZA11AA"}
    said = at_gp(seen=690)
    alone = judge(town() | {"child": said}, {"child": family})
    with_sister = judge(town() | {"child": said, "sister": on_roll()}, {"child": family, "sister": family})
    chance = [frame.filter(child_id="child")["living_here"].item() for frame in (alone, with_sister)]
    assert chance[1] > chance[0]
    assert "another child of the household has a place here" in with_sister.filter(child_id="child")["because"].item()


FAMILY = {"surname": "ASHE", "house": "1", "street": "ELM ROAD", "postcode": "ZA11AA"}


@pytest.mark.parametrize(
    ("others", "least", "most"),
    [
        pytest.param([], 0.2, 0.4, id="nobody else of the household is known"),
        pytest.param([on_roll()] * 3, 0.4, 0.9, id="three others are on the roll: yet one may have gone alone"),
        pytest.param([at_gp(seen=5)], 0.2, 0.9, id="another without a place was met by the GP this week"),
        pytest.param([at_gp(seen=1500)], 0.0, 0.1, id="another without a place was met by nobody for four years"),
        pytest.param([at_gp(seen=900, deducted=100)], 0.0, 0.1, id="another was taken off the GP's list"),
    ],
)
def test_a_child_met_long_ago_fares_as_its_household(
    others: list[list[dict[str, object]]], least: float, most: float
) -> None:
    household = {f"other{n}": said for n, said in enumerate(others)} | {"child": at_gp(seen=560)}
    found = judge(town() | household, dict.fromkeys(household, FAMILY))
    assert least <= found.filter(child_id="child")["living_here"].item() <= most


def test_where_families_are_met_more_before_they_leave_a_child_long_unmet_is_likelier_here() -> None:
    """Off the roll since spring and last met the year before: had it left, it would have been met in between."""
    child = on_roll(entered=2500, left=200) + at_gp(seen=650)
    met_often, as_usual = (
        judge(town(met_before_leaving=days) | {"child": child}).filter(child_id="child")["living_here"].item()
        for days in (200, 700)
    )
    assert met_often > 1.2 * as_usual


EHE = "ehe_register"


@pytest.mark.parametrize(
    ("at_home", "least", "most"),
    [
        pytest.param(0, 0.0, 0.1, id="only pupils, whom a nurse meets every term: one unmet for ten months has gone"),
        pytest.param(120, 0.3, 0.9, id="she meets no home-educated child: nor one without a place"),
    ],
)
def test_where_an_agency_comes_to_schools_children_without_a_place_are_seen_as_the_home_educated(
    at_home: int, least: float, most: float
) -> None:
    children = town()
    for n in range(600):
        children[f"roll{n:03}"] = on_roll() + at_gp(seen=(n * 7) % 90, since=800 + n)
    for n in range(at_home):
        children[f"home{n:03}"] = [say(EHE, "provision", ago(700)), *at_gp(seen=(n * 37) % 700)]
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
    found = judge(children | {"child": [*at_gp(seen=60), say("admissions", "seen", ago(700))]})
    assert found.filter(child_id="child")["living_here"].item() > 0.3


def test_that_children_off_a_roll_have_applied_for_places_says_nothing_of_one_never_on_a_roll() -> None:
    """In September hundreds come off their rolls with an application; one educated elsewhere from the first made none."""

    def applied(n: int) -> list[dict[str, object]]:
        return [say("admissions", "seen", ago(n * 53 % 1000))]

    def odds(one_in: int) -> float:
        children = town()
        for n in range(0, 600, 3):
            children[f"roll{n:03}"] += applied(n)
        for n in range(3, 40, 3):
            children[f"here{n:03}"] += applied(n) if n % 4 else []
        for n in range(200):
            off_roll = on_roll(entered=2000, left=15 + n) + at_gp(seen=n * 37 % 300)
            children[f"off{n:03}"] = [*off_roll, *(applied(n) if n % one_in == 0 else [])]
        found = judge(children | {"child": at_gp(seen=500)})
        chance = float(found.filter(child_id="child")["living_here"].item())
        return chance / (1 - chance)

    assert odds(one_in=1) == pytest.approx(odds(one_in=3), rel=0.1)


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
    found = judge(town() | household, dict.fromkeys(household, FAMILY)).filter(child_id="child")["living_here"].item()
    apart = household | {"brother": on_roll(1500, 75) + at_gp(seen=330)}
    without = judge(town() | apart, dict.fromkeys(apart, FAMILY)).filter(child_id="child")["living_here"].item()
    assert (found < without - 0.02) is is_less


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


FLAT = FAMILY | {"flat": "3"}


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
    people = {"child": child} | {f"other{n}": told for n, told in enumerate(others)}
    found = judge(town() | {"child": at_gp(seen=500)} | {name: on_roll() for name in people if name != "child"}, people)
    because = found.filter(child_id="child")["because"].item()
    assert ("another child of the household has a place here" in because) == is_household


def test_neighbours_of_another_name_are_no_household() -> None:
    home = {"house": "1", "street": "ELM ROAD", "postcode": "ZA11AA"}
    people = {"child": {**home, "surname": "ASHE"}, "other": {**home, "surname": "BIRCH"}}
    found = judge(town() | {"child": at_gp(seen=500), "other": on_roll()}, people)
    assert "household" not in found.filter(child_id="child")["because"].item()


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
    assert "GP registrations has seen nobody since September 2026" in str(old["because"])
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
    assert chance["toddler"] < 0.05
    assert chance["child"] > 0.9


@pytest.mark.parametrize(
    ("weeded", "least", "most"),
    [
        pytest.param(0, 0.9, 1.0, id="weeded every night: whoever had left would be off it"),
        pytest.param(300, 0.0, 0.65, id="weeded once a year, last ten months ago: it has those who left since, too"),
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


@pytest.mark.parametrize(
    ("met", "least", "most"),
    [
        pytest.param(66, 0.4, 1.0, id="the GP has met it since: it left later than that, or not at all"),
        pytest.param(330, 0.0, 0.1, id="nobody has met it since: it left as the others did"),
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


@pytest.mark.parametrize(
    ("left_in", "least", "most"),
    [
        pytest.param(range(0, 360, 6), 0.6, 1.0, id="rolls end all the year round: so many at once have not all left"),
        pytest.param(range(110, 130), 0.0, 0.1, id="rolls have ended in July every year: most who came off have left"),
    ],
)
def test_that_a_roll_ended_with_the_school_year_says_nothing(left_in: range, least: float, most: float) -> None:
    """Of 60 children who came off a roll this July nobody has met one since, and nobody would have: the GPs meet a child
    once in two years."""
    children = {f"roll{n:03}": on_roll() + at_gp(seen=(n * 37) % 700, since=800 + n) for n in range(600)}
    for n in range(480):
        left = 365 * (1 + n // 120) + left_in[n % len(left_in)]
        children[f"gone{n:03}"] = on_roll(3000, left) + at_gp(left + (n * 61) % 700, since=3600)
    for n in range(60):
        children[f"july{n:02}"] = on_roll(3000, 120) + at_gp(121 + (n * 61) % 700, since=3600)
    chance = judge(children).filter(pl.col("child_id").str.starts_with("july"))["living_here"].to_numpy()
    assert least <= float(chance.mean()) <= most


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
    assert "seen by GP registrations 7 weeks ago" in met["because"]
    assert "GP registrations has a date in February 2026 that tells of no meeting" in written_to["because"]
    assert (written_to["letters_of"], met["letters_of"]) == (GP, None)
    assert written_to["last_seen_on"] == ago(1507), "the day of registering, in person"


HOTEL = "asylum"


@pytest.mark.parametrize(
    ("left", "least", "most"),
    [
        pytest.param(None, 0.95, 1.0, id="still a guest"),
        pytest.param(200, 0.0, 0.7, id="left half a year ago: the hotel saw it that day, and the GP a month before"),
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
    ("guests", "least", "most"),
    [
        pytest.param(3, 0.4, 0.9, id="three brothers at the address are on a roll"),
        pytest.param(40, 0.2, 0.4, id="a hotel: of its forty guests on a roll some have the same surname"),
    ],
)
def test_one_surname_at_a_hotel_is_no_household(guests: int, least: float, most: float) -> None:
    hotel = {f"guest{n:02}": on_roll() + at_gp(seen=n) for n in range(guests)}
    people = {guest: FAMILY | ({} if n < 3 else {"surname": f"ASH{n}"}) for n, guest in enumerate(hotel)}
    child = {"child": at_gp(seen=560)}
    found = judge(town() | hotel | child, people | {"child": FAMILY}).filter(child_id="child")
    assert least <= found["living_here"].item() <= most


def test_children_who_may_be_pupils_do_not_make_others_likelier_to_live_here() -> None:
    """Thirty whose link to a pupil is all but sure, met by their GP of late: they show how pupils live, not these."""
    astray = {f"astray{n:02}": at_gp(seen=n * 7) for n in range(30)}
    pupils = {child: (f"roll{n:03}", 0.9) for n, child in enumerate(astray)}
    children = town() | astray | {"child": at_gp(seen=400)}
    counted, left_aside = judge(children), judge(children, rivals=pupils)
    chance = [frame.filter(child_id="child")["living_here"].item() for frame in (counted, left_aside)]
    assert chance[1] < chance[0] - 0.02


def test_a_child_without_any_other_of_its_household_is_less_surely_here_where_families_left_are_known_in_part() -> None:
    homes = {f"{kind}{n:03}": n for kind, many in (("roll", 600), ("here", 40)) for n in range(many)}
    people = {child: FAMILY | {"house": str(n)} for child, n in homes.items()}
    brothers = {f"brother{n:03}": on_roll() + at_gp(seen=(n * 41) % 700) for n in range(600)}
    people |= {f"brother{n:03}": FAMILY | {"house": str(n)} for n in range(600)}
    lone = {"child": at_gp(seen=500)}
    with_families = judge(town() | brothers | lone, people).filter(child_id="child")["living_here"].item()
    without = judge(town() | brothers | lone).filter(child_id="child")["living_here"].item()
    assert with_families < without


def in_one_home(seen: int, other_seen: int | None = None) -> pl.DataFrame:
    """A child off the roll for half a year, whom no doctor knows, and its brother on the roll, in one open tenancy that was
    confirmed for both ``seen`` days ago; or for the brother on another day."""
    child = on_roll(entered=2000, left=180) + in_home(seen)
    brother = on_roll() + in_home(seen if other_seen is None else other_seen)
    household = {"child": child, "brother": brother}
    return judge(town() | household, dict.fromkeys(household, FAMILY)).filter(child_id="child")


def test_a_tenancy_that_a_household_has_in_common_says_nothing_of_one_child_of_it() -> None:
    """It is confirmed for all whom it names while any of them lives there, and he is known to: so nothing hangs on the day."""
    lately, long_ago, of_its_own = (
        each["living_here"].item() for each in (in_one_home(20), in_one_home(380), in_one_home(20, other_seen=50))
    )
    assert lately == pytest.approx(long_ago, abs=0.03)
    assert of_its_own > 0.9


def test_a_tenancy_that_three_children_have_in_common_is_heard_once() -> None:
    def chance(*days: int) -> float:
        household = {f"child{n}": in_home(seen) for n, seen in enumerate(days)}
        found = judge(town() | household, dict.fromkeys(household, FAMILY))
        return float(found.filter(child_id="child0")["living_here"].item())

    assert chance(20, 20, 20) < chance(20, 21, 22)
