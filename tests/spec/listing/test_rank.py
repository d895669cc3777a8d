"""The list: who is on it, in which lane and order, and why each other child is not. Drawn tables of children."""

from datetime import date

import pytest

from pipelines.rank_settings import Points, RankSettings
from pipelines.tables import CANDIDATE, EXPLAINED, FINDING
from tests.made.children import THREE, Drawn, explained, known_to_gp, listed


def test_a_child_known_to_the_gp_and_on_no_roll_is_listed_for_follow_up() -> None:
    row = listed(known_to_gp().lives("CH1", 0.95))
    assert (row["rank"], row["lane"], row["restricted"]) == (1, "follow up", False)
    assert (row["likelihood"], row["on_no_roll"], row["living_here"]) == (0.95, 1.0, 0.95)
    assert (row["age"], row["records"]) == (11, "health:CH1")
    assert (row["last_seen_on"], row["last_seen_by"]) == (date(2026, 10, 3), "GP registrations")


@pytest.mark.parametrize(
    ("sure", "on_no_roll", "lane"),
    [
        pytest.param(1.0, None, None, id="certain: explained"),
        pytest.param(0.9, None, None, id="nine in ten: explained"),
        pytest.param(0.6, 0.4, "doubtful link", id="six in ten: an analyst first"),
        pytest.param(0.1, 0.9, "follow up", id="one in ten: hardly this child's"),
    ],
)
def test_a_roll_entry_explains_a_child_as_far_as_the_record_is_the_childs(
    sure: float, on_no_roll: float | None, lane: str | None
) -> None:
    drawn = known_to_gp().record("school_census:1", "CH1", sure=sure).on_roll("school_census:1", date(2020, 9, 1))
    if lane is None:
        assert explained(drawn)["reason"] == "provision"
    else:
        row = listed(drawn)
        assert row["lane"] == lane
        assert row["on_no_roll"] == pytest.approx(on_no_roll)
        assert "Record school_census:1 shows a current education (state school, Keats Primary School)" in str(
            row["because"]
        )
        assert "No other child in education is a close match." in str(row["because"])


def test_two_entries_each_doubtful_leave_less_doubt_together() -> None:
    drawn = known_to_gp().record("school_census:1", "CH1", sure=0.5).on_roll("school_census:1")
    drawn.record("ehe_register:1", "CH1", sure=0.5).says("ehe_register:1", "provision", "home education")
    assert listed(drawn)["on_no_roll"] == pytest.approx(0.25)


def test_of_two_entries_as_sure_the_one_that_began_last_is_told_and_one_without_a_date_never_before_it() -> None:
    drawn = known_to_gp()
    for number, since in enumerate((None, date(2020, 9, 1), date(2024, 9, 2)), start=1):
        drawn.record(f"school_census:{number}", "CH1").on_roll(f"school_census:{number}", since)
    assert explained(drawn)["record_id"] == "school_census:3"


def test_an_explained_child_names_record_school_validity_and_probability() -> None:
    drawn = known_to_gp().record("school_census:1", "CH1", sure=0.97).on_roll("school_census:1", date(2020, 9, 1))
    row = explained(drawn)
    assert row["why"] == (
        "In education: state school, Keats Primary School since 1 September 2020 "
        "(School census, record school_census:1): there is a 97 in 100 chance that the record is this child's."
    )
    assert (row["record_id"], row["source"], row["what"]) == ("school_census:1", "school_census", "state school")
    assert (row["since_on"], row["until_on"], row["link_probability"]) == (date(2020, 9, 1), None, 0.97)
    assert (row["likelihood"], row["records"]) == (None, "health:CH1;school_census:1")


@pytest.mark.parametrize(
    ("until", "told"), [(date(2027, 7, 20), " until 20 July 2027"), (date(2032, 9, 1), "")], ids=["named", "far off"]
)
def test_how_long_a_word_is_taken_is_no_end_of_an_education(until: date, told: str) -> None:
    drawn = known_to_gp().record("other_la:1", "CH1")
    drawn.says("other_la:1", "provision", "school in another authority", date(2020, 9, 1), until)
    assert f"school in another authority since 1 September 2020{told} (" in str(explained(drawn)["why"])


def test_of_several_entries_the_surest_is_told() -> None:
    drawn = Drawn().record("school_census:1", "CH1").on_roll("school_census:1")
    drawn.record("independent_schools:1", "CH1", sure=0.6).says(
        "independent_schools:1", "provision", "independent school"
    )
    assert explained(drawn)["record_id"] == "school_census:1"


def test_an_entry_with_a_doubt_explains_and_says_its_doubt() -> None:
    drawn = Drawn().record("ehe_register:1", "CH1")
    drawn.says("ehe_register:1", "provision", "home education", doubt="the home education is not yet assessed")
    assert str(explained(drawn)["why"]).endswith("Doubt: the home education is not yet assessed.")
    strict = RankSettings(doubtful_provision=0.5)
    assert drawn.ranked(strict).candidates["lane"].to_list() == ["data problem"], (
        "its sender can settle that, and no analyst"
    )
    drawn.members = [{**row, "membership": 0.6} for row in drawn.members]
    assert drawn.ranked(strict).candidates["lane"].to_list() == ["doubtful link"], "it may be another child's entry"


@pytest.mark.parametrize(
    ("probability", "place"),
    [
        pytest.param(0.9, "explained", id="most probably the child on the roll"),
        pytest.param(0.5, "doubtful link", id="one of two"),
        pytest.param(0.02, "follow up", id="a twin on the roll is another child"),
    ],
)
def test_a_rival_in_education_makes_a_child_doubtful(probability: float, place: str) -> None:
    drawn = known_to_gp().record("school_census:9", "CH9").on_roll("school_census:9")
    drawn.rivalry(("CH1", "health:CH1"), ("CH9", "school_census:9"), probability)
    if place == "explained":
        row = explained(drawn)
        assert row["reason"] == "probably the same child as one in education"
        assert (row["record_id"], row["link_probability"]) == ("school_census:9", 0.9)
        assert row["likelihood"] == pytest.approx(0.1)
        assert "there is a 90 in 100 chance that they are one child" in str(row["why"])
    else:
        row = listed(drawn)
        assert row["lane"] == place
        assert "The closest match in education is the child of record school_census:9," in str(row["because"])
        assert "(names: alike)" in str(row["because"])


def test_of_several_rivals_the_one_most_surely_in_education_is_named_and_all_count() -> None:
    """CH9 is likelier to be the child than CH8, but its place is only half sure to be its own."""
    drawn = known_to_gp().record("school_census:8", "CH8").on_roll("school_census:8")
    drawn.record("school_census:9", "CH9", sure=0.5).on_roll("school_census:9")
    for rival, probability in (("8", 0.3), ("9", 0.4)):
        drawn.rivalry(("CH1", "health:CH1"), (f"CH{rival}", f"school_census:{rival}"), probability)
    (row,) = drawn.ranked().candidates.filter(child_id="CH1").to_dicts()
    assert row["on_no_roll"] == pytest.approx((1 - 0.3) * (1 - 0.4 * 0.5))
    assert "The closest match in education is the child of record school_census:8," in str(row["because"])


def test_a_rival_that_is_in_no_education_explains_nothing() -> None:
    drawn = known_to_gp().record("housing:2", "CH2")
    drawn.rivalry(("CH1", "health:CH1"), ("CH2", "housing:2"), 0.9)
    assert drawn.ranked().candidates["on_no_roll"].to_list() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("living_here", "lane"),
    [
        pytest.param(0.9, "follow up", id="seen lately"),
        pytest.param(0.4, "probably moved away", id="four in ten: check the residence"),
        pytest.param(0.12, "probably moved away", id="above the cut-off: one in nine is worth an enquiry"),
        pytest.param(0.05, "probably moved away", id="below it: one in 21 is worth a check at a desk"),
        pytest.param(0.04, None, id="not worth a check"),
    ],
)
def test_living_here_moves_a_child_down_and_out(living_here: float, lane: str | None) -> None:
    drawn = known_to_gp().lives("CH1", living_here, "no agency has seen the child since 2024")
    if lane:
        assert listed(drawn)["lane"] == lane
    else:
        row = explained(drawn)
        assert (row["reason"], row["record_id"], row["likelihood"]) == ("probably moved away", None, living_here)
        assert row["why"] == (
            "Probably moved away: there is a 4 in 100 chance that the child still lives here. No agency has seen the child "
            "since 2024."
        )


def test_a_protected_child_is_in_the_restricted_lane_and_no_sentence_tells_the_school() -> None:
    drawn = known_to_gp().record("social_care:1", "CH1").says("social_care:1", "protected")
    drawn.record("school_census:1", "CH1").on_roll("school_census:1", date(2020, 9, 1), date(2026, 7, 17))
    row = listed(drawn)
    assert (row["lane"], row["restricted"]) == ("restricted", True)
    assert "state school, ended on 17 July 2026" in str(row["because"])
    assert "Keats" not in str(row["because"])
    drawn.on_roll("school_census:1", date(2026, 9, 1))
    assert "Keats" not in str(explained(drawn)["why"])


@pytest.mark.parametrize(
    ("probability", "restricted"), [pytest.param(0.1, True, id="one in ten"), pytest.param(0.09, False, id="less")]
)
def test_a_child_who_may_be_a_protected_one_is_restricted_too(probability: float, restricted: bool) -> None:
    drawn = known_to_gp().record("social_care:2", "CH2").says("social_care:2", "protected")
    drawn.rivalry(("CH1", "health:CH1"), ("CH2", "social_care:2"), probability)
    assert listed(drawn)["restricted"] is restricted


def test_the_order_is_urgency_over_all_lanes() -> None:
    drawn = Drawn()
    for child, living_here in (("CA", 0.9), ("CB", 0.7), ("CC", 0.45), ("CD", 0.45), ("CE", 0.9)):
        drawn.record(f"health:{child}", child).says(f"health:{child}", "seen", since=date(2026, 10, 3))
        drawn.lives(child, living_here)
    drawn.says("health:CB", "concern", "child protection plan")
    drawn.says("health:CD", "concern", "child in need")
    settings = RankSettings(points=Points(never_on_a_roll=0, transition=0))
    candidates = drawn.ranked(settings).candidates
    assert candidates.select("rank", "child_id", "priority").rows() == [
        (1, "CB", 60),  # 0.7 x 1.6 = 1.12
        (2, "CA", 0),  # 0.9
        (3, "CE", 0),  # 0.9, by child id
        (4, "CD", 30),  # 0.45 x 1.3 = 0.585
        (5, "CC", 0),  # 0.45
    ]


def test_a_hundred_points_double_a_likelihood_and_of_two_as_urgent_the_likelier_comes_first() -> None:
    drawn = Drawn()
    for child, living_here in (("CA", 0.999), ("CB", 0.5), ("CC", 1.0)):
        drawn.record(f"health:{child}", child).says(f"health:{child}", "seen", since=date(2026, 10, 3))
        drawn.lives(child, living_here)
    drawn.says("health:CB", "concern", "child in need")
    settings = RankSettings(points=Points(never_on_a_roll=0, transition=0, child_in_need=100))
    assert drawn.ranked(settings).candidates["child_id"].to_list() == ["CC", "CB", "CA"]


def test_name_sex_and_address_come_from_the_records_that_know_them_best() -> None:
    drawn = Drawn()
    drawn.record(
        "health:1",
        "CH1",
        forename_shown="Amira Zahra Maria",
        surname_shown="Al-Haddad",
        sex="F",
        address_shown="1 Old Road",
        postcode_shown="ZA1 1AA",
    )
    drawn.record("school_census:1", "CH1", forename_shown="Amira", surname_shown="Haddad", sex="M")
    drawn.record(
        "housing:1",
        "CH1",
        forename_shown=None,
        surname_shown="Hadad",
        sex="F",
        address_shown="2 New Road",
        postcode_shown="ZA2 2BB",
    )
    drawn.on_roll("school_census:1", date(2020, 9, 1), date(2026, 7, 17))
    drawn.says("health:1", "seen", since=date(2024, 5, 5)).says("housing:1", "lives_here", since=date(2025, 5, 5))
    row = listed(drawn)
    assert (row["forename"], row["surname"], row["sex"]) == ("Amira", "Haddad", "F")
    assert (row["address"], row["postcode"]) == ("2 New Road", "ZA2 2BB")


def test_a_name_that_lost_letters_on_its_way_is_shown_only_where_there_is_no_other() -> None:
    drawn = Drawn()
    drawn.record("school_census:1", "CH1", forename_shown="Th?", surname_shown="Nguy?n")
    drawn.on_roll("school_census:1", date(2020, 9, 1), date(2026, 7, 17))
    row = listed(drawn)
    assert (row["forename"], row["surname"]) == ("Th?", "Nguy?n")
    drawn.record("health:1", "CH1", forename_shown="Thi", surname_shown="Nguyen")
    row = listed(drawn)
    assert (row["forename"], row["surname"]) == ("Thi", "Nguyen")


def test_an_address_that_the_child_has_left_gives_way() -> None:
    drawn = (
        Drawn()
        .record("health:1", "CH1", address_shown="1 Old Road")
        .record("housing:1", "CH1", address_shown="2 New Road")
    )
    drawn.says("health:1", "seen", since=date(2019, 5, 5))
    drawn.says("housing:1", "lives_here", since=date(2025, 5, 5), until=date(2026, 3, 3))
    assert listed(drawn)["address"] == "1 Old Road"


def test_the_because_reads_as_plain_sentences() -> None:
    drawn = (
        known_to_gp().record("school_census:1", "CH1").record("admissions:1", "CH1").record("housing:1", "CH1", THREE)
    )
    drawn.on_roll("school_census:1", date(2020, 9, 1), date(2026, 7, 17)).lives("CH1", 0.95)
    drawn.on_roll("school_census:1", date(2027, 1, 4), None, place="Forge Primary School")
    drawn.says("admissions:1", "concern", "refused a school place", date(2026, 9, 9))
    assert listed(drawn)["because"] == (
        "No current education was found in the 4 sources searched. "
        "Last known education: state school, Keats Primary School, ended on 17 July 2026 (18 weeks ago). "
        "A place is due to start on 4 January 2027 (state school, Forge Primary School): make sure that the child takes it up. "
        "No child in education is a close match. "
        "The GP saw the child in October 2026. "
        "Look sooner: refused a school place on 9 September 2026; "
        "of the age to start secondary school (Year 7). "
        "The records give different birth dates (14 May 2015, 14 May 2023): there is more than a 99 in 100 chance that the "
        "child is of "
        "compulsory school age."
    )


@pytest.mark.parametrize(
    ("doubt", "told"),
    [
        pytest.param(
            {"doubt": "the home education was assessed as unsuitable", "proves": 0.2},
            "home education, ended on 17 July 2026 (18 weeks ago); the home education was assessed as unsuitable. ",
            id="it was no suitable education: a child missing education by law",
        ),
        pytest.param(
            {"doubt": "the home education is under review"},
            "home education, ended on 17 July 2026 (18 weeks ago). ",
            id="a review that the end has overtaken",
        ),
    ],
)
def test_home_education_that_was_assessed_as_unsuitable_and_has_ended_is_told_as_that(
    doubt: dict[str, object], told: str
) -> None:
    drawn = known_to_gp().record("ehe_register:1", "CH1").lives("CH1", 0.95)
    drawn.says("ehe_register:1", "provision", "home education", date(2025, 9, 1), date(2026, 7, 17), **doubt)
    assert f"Last known education: {told}" in listed(drawn)["because"]


@pytest.mark.parametrize(
    ("offered", "told"),
    [
        pytest.param("900007", "Forge Primary School", id="a number that the rolls know"),
        pytest.param("900099", "900099", id="a school with no roll here"),
    ],
)
def test_the_school_of_a_place_to_come_is_named_as_its_roll_names_it(offered: str, told: str) -> None:
    drawn = known_to_gp().record("admissions:1", "CH1").lives("CH1", 0.95)
    drawn.schools.append(("900007", "school_census", "Forge Primary School"))
    drawn.says("admissions:1", "concern", "school place offered", date(2027, 1, 4), place=offered)
    assert f"A place is due to start on 4 January 2027 (school place offered, {told}):" in listed(drawn)["because"]


def test_no_text_names_a_child() -> None:
    drawn = known_to_gp(forename_shown="Quorra").record("school_census:9", "CH9", surname_shown="Zyxwv")
    drawn.on_roll("school_census:9").rivalry(("CH1", "health:CH1"), ("CH9", "school_census:9"), 0.4)
    ranked = drawn.ranked()
    texts = [*ranked.candidates["because"], *ranked.explained["why"], *ranked.findings["because"]]
    assert len(texts) > 2
    assert not any(name in text for text in texts for name in ("Quorra", "Zyxwv", "Amira", "Haddad"))


def test_an_empty_night_gives_empty_tables_of_the_right_shape() -> None:
    ranked = Drawn().ranked()
    for frame, schema in ((ranked.candidates, CANDIDATE), (ranked.explained, EXPLAINED), (ranked.findings, FINDING)):
        assert frame.schema == schema
        assert frame.is_empty()


@pytest.mark.parametrize("wrong", [None, float("nan"), -0.1, 1.1], ids=["missing", "NaN", "below 0", "above 1"])
def test_a_number_that_is_no_probability_stops_the_night(wrong: float | None) -> None:
    with pytest.raises(ValueError, match="living_here: 1 of 1 rows"):
        known_to_gp().lives("CH1", wrong).ranked()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "theirs", "probability", "is_told"),
    [
        pytest.param("A1", ("B2", None), 0.8, True, id="another UPN, and likely the same child"),
        pytest.param("A1", ("A1", None), 0.8, False, id="the same UPN"),
        pytest.param("A1", ("B2", "A1"), 0.8, False, id="another UPN, and this one before it"),
        pytest.param(None, ("B2", None), 0.8, False, id="no UPN of its own"),
        pytest.param("A1", ("B2", None), 0.05, False, id="another UPN, but hardly the same child"),
    ],
)
def test_a_child_that_may_have_two_upns_is_told_so(
    own: str | None, theirs: tuple[str, str | None], probability: float, is_told: bool
) -> None:
    drawn = known_to_gp().record("school_census:1", "CH1", upn=own)
    drawn.on_roll("school_census:1", date(2020, 9, 1), date(2026, 7, 21))
    upn, former = theirs
    drawn.record("school_census:9", "CH9", upn=upn, former_upn=former).on_roll("school_census:9", date(2026, 9, 1))
    drawn.rivalry(("CH1", "health:CH1"), ("CH9", "school_census:9"), probability)
    words = "Their UPN is different: ask the schools whether one child was given two."
    assert (words in str(listed(drawn)["because"])) == is_told
