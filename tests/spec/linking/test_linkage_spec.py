"""Which records are one child: literal children among a made crowd, with the approved weights."""

from dataclasses import replace

import numpy as np
import pytest

from matching.blocking import CHILD_BLOCKING_RULES
from matching.canonical.keys import with_keys
from matching.clustering.cluster import NEVER
from matching.clustering.judge import PairJudgements
from matching.comparisons import CHILD_COMPARISONS
from matching.linkage import link_records
from matching.weights.model import read_model
from pipelines.linking.link import APPROVED_MODEL, CHILD_SETTINGS
from tests.made.records import born, nhs_number_of, person_records, upn_of

SYLLABLES = [a + b for a in "BDFGKLMNPRSTVZ" for b in ("AR", "EL", "IN", "OM", "UST")]


def _crowd(many=300):
    """Other children, most of them on the roll and with the GP: they tell the linkage how many lists share."""
    draw = np.random.default_rng(42)
    rows = []
    for n in range(many):
        first, last = ("".join(SYLLABLES[k] for k in draw.integers(0, len(SYLLABLES), 2)) for _ in range(2))
        child = {
            "given": first,
            "surname": last,
            "sex": "FM"[n % 2],
            "postcode": f"ZA{1 + n % 9} {1 + n % 7}BP",
            "born": born(f"{1 + n % 28}/{1 + n % 12}/{2010 + n % 11}"),
            "address": f"{100 + n} {SYLLABLES[n % 70]} Road",
        }
        if n % 3:
            rows.append({"record_id": f"census:c{n}", "upn": upn_of(100 + n), **child})
        if n % 4:
            rows.append({"record_id": f"gp:c{n}", "nhs": nhs_number_of(100 + n), **child})
    return rows


CROWD = _crowd()


@pytest.fixture(scope="module")
def approved():
    """The weights that stand in where a night teaches too little."""
    return read_model(APPROVED_MODEL, CHILD_COMPARISONS)


AMIRA = {
    "given": "Amira",
    "surname": "Okafor",
    "born": born("03/11/2015"),
    "sex": "F",
    "address": "1 Mill Lane",
    "postcode": "ZA1 9AN",
}


@pytest.fixture
def linked_records(approved):
    """A function: the linkage of drawn records among the crowd, and the ids of its rows."""

    def linked_up(*rows, same=(), different=()):
        table = with_keys(person_records([*CROWD, *rows]).sort("record_id"))
        ids = table["record_id"].to_list()
        judged = [(ids.index(a), ids.index(b), True) for a, b in same]
        judged += [(ids.index(a), ids.index(b), False) for a, b in different]
        found = link_records(
            table,
            comparisons=CHILD_COMPARISONS,
            rules=CHILD_BLOCKING_RULES,
            training_rules=(),
            dataset="dataset",
            model=approved,
            settings=replace(CHILD_SETTINGS, stratum=None),
            judged=PairJudgements(*(np.array(column) for column in zip(*judged, strict=True))) if judged else None,
        )
        assert np.isfinite(found.odds).all()
        assert ((found.membership >= 0) & (found.membership <= 1)).all()
        return found, ids

    return linked_up


@pytest.fixture
def linked_children(linked_records):
    """A function: groups of the drawn records (by their ids) that end as one child."""

    def children_of(*rows, **judged):
        found, ids = linked_records(*rows, **judged)
        children = {}
        for record_id, label in zip(ids, found.labels.tolist(), strict=True):
            if record_id in {row["record_id"] for row in rows}:
                children.setdefault(label, set()).add(record_id)
        return sorted(map(sorted, children.values()))

    return children_of


def on_roll(key="1", **changes):
    return {"record_id": f"census:{key}", **AMIRA, **changes}


def with_gp(key="1", **changes):
    return {"record_id": f"gp:{key}", **AMIRA, **changes}


ONE = [["census:1", "gp:1"]]
TWO = [["census:1"], ["gp:1"]]


TOWER = [
    {**CROWD[n], "record_id": f"housing:t{n}", "address": f"Flat {20 + n}, 67 Highfield Road", "postcode": "ZA1 9AN"}
    for n in range(60)
]
"""Sixty others, who live in one tower."""


@pytest.mark.parametrize("others", [pytest.param([], id="a house in flats"), pytest.param(TOWER, id="a tower")])
def test_a_flat_left_out_is_no_other_home_however_many_live_in_the_building(linked_children, others):
    roll = on_roll(address="Flat 7, 67 Highfield Road")
    gp = with_gp(surname="Bello", born=born("03/11/2016"), address="67 Highfield Road")
    found = linked_children(roll, gp, *others)
    assert ["census:1", "gp:1"] in found


@pytest.mark.parametrize(
    ("roll", "gp", "children"),
    [
        pytest.param({}, {}, ONE, id="the same on both lists"),
        pytest.param({}, {"given": "Ameerah"}, ONE, id="forename in another spelling"),
        pytest.param({}, {"born": born("11/03/2015")}, ONE, id="day and month swapped"),
        pytest.param({}, {"given": "Okafor", "surname": "Amira"}, ONE, id="names swapped"),
        pytest.param({}, {"given": "Okafor", "surname": "Amira", "born": born("07/11/2015")}, ONE,
                     id="names swapped, a slip in the day"),
        pytest.param({}, {"given": "Okafor", "surname": "Amira", "born": born("01/01/2015")}, ONE,
                     id="names swapped, and no day known"),
        pytest.param({}, {"surname": "Okafir", "born": born("23/11/2015")}, ONE,
                     id="slips in the surname and the day"),
        pytest.param({}, {"given": "Amura", "surname": "Okafo", "born": born("03/11/2016")}, ONE,
                     id="slips in both names and the year, one home"),
        pytest.param({}, {"surname": "Okafor-Whitby", "born": born("03/11/2016")}, ONE, id="half a surname, another year"),
        pytest.param({}, {"born": None}, ONE, id="no birth date"),
        pytest.param({}, {"given": "Tremayne", "sex": "M", "born": born("20/02/2018")}, TWO, id="a brother"),
        pytest.param({}, {"given": "Zainab"}, TWO, id="a twin sister"),
        pytest.param({}, {"given": "Tremayne", "sex": "M"}, TWO, id="a twin brother"),
        pytest.param({}, {"given": "Okafor", "surname": "Zainab", "born": born("01/01/2016")}, TWO,
                     id="a sister, names swapped, and no day known"),
        pytest.param(
            {"upn": upn_of(1)}, {"given": "Tremayne", "sex": "M", "born": born("20/02/2018"), "upn": upn_of(1)}, TWO,
            id="a brother with her UPN copied",
        ),
        pytest.param({}, {"given": "Zoe", "surname": "Whitby", "sex": "F"}, TWO, id="a neighbour's child born that day"),
        pytest.param({}, {"given": None, "surname": None, "born": None, "address": None, "postcode": None, "sex": None}, TWO,
                     id="nothing said"),
    ],
)  # fmt: skip
def test_a_child_on_the_roll_and_a_child_with_the_gp(linked_children, roll, gp, children):
    assert linked_children(on_roll(**roll), with_gp(**gp)) == children


def test_of_twins_with_the_gp_only_the_one_on_the_roll_islinked_children(linked_children):
    found = linked_children(on_roll(upn=upn_of(1)), with_gp(), with_gp("2", given="Zainab"))
    assert found == [["census:1", "gp:1"], ["gp:2"]]


@pytest.mark.parametrize(
    ("one", "other", "surname"),
    [
        pytest.param("Muhammad Ali", "Muhammad Hassan", "Okafor", id="the first name shared, called by the second"),
        pytest.param("Ka Ho", "Ka Yin", "Li", id="a syllable shared"),
    ],
)
def test_a_twin_who_shares_the_first_of_several_names_stays_a_child(linked_children, one, other, surname):
    ours, theirs = ({"given": given, "surname": surname, "sex": "M"} for given in (one, other))
    found = linked_children(on_roll(upn=upn_of(1), **ours), with_gp(**ours), with_gp("2", **theirs))
    assert found == [["census:1", "gp:1"], ["gp:2"]]


def test_another_forename_that_is_a_name_speaks_for_a_twin_and_one_that_is_none_for_a_slip(linked_records):
    found, ids = linked_records(on_roll(given="Faith"), with_gp(given="Ava"), with_gp("2", given="Fqtj"))
    ava, slip = found.judge.evidence(
        *(
            np.array([ids.index(name) for name in pair], dtype=np.int32)
            for pair in (("census:1", "census:1"), ("gp:1", "gp:2"))
        )
    )
    assert ava < slip - 1


def test_twins_on_both_lists_stay_two_children(linked_children):
    twin = {"given": "Zainab"}
    found = linked_children(
        on_roll(upn=upn_of(1)), on_roll("2", upn=upn_of(2), **twin), with_gp(), with_gp("2", **twin)
    )
    assert found == [["census:1", "gp:1"], ["census:2", "gp:2"]]


def test_two_verified_upns_of_one_roll_are_two_children_however_alike(linked_children):
    found = linked_children(on_roll(upn=upn_of(1)), on_roll("2", upn=upn_of(2)), with_gp())
    assert len(found) == 2
    assert not any({"census:1", "census:2"} <= set(child) for child in found)


@pytest.mark.parametrize(
    ("other", "judged", "least", "most"),
    [
        pytest.param({}, {}, 0.79, 0.8, id="alike in all: four in five, and no more"),
        pytest.param({"given": "Zainab"}, {}, 0.0, 0.02, id="a twin: another forename"),
        pytest.param({"born": born("20/07/2018")}, {}, 0.0, 0.01, id="a sister of the same name"),
        pytest.param({}, {"different": [("census:2", "gp:1")]}, 0.0, 1e-9, id="judged to be two"),
    ],
)
def test_two_verified_upns_of_one_roll_may_be_one_child_numbered_twice(linked_records, other, judged, least, most):
    """A child who changes school under a new number: the old entry has left, and the new one must not stay unseen."""
    found, ids = linked_records(on_roll(upn=upn_of(1)), on_roll("2", upn=upn_of(2), **other), with_gp(), **judged)
    one, two = (found.labels[ids.index(f"census:{n}")] for n in (1, 2))
    assert one != two
    chance = found.rivals.probability[(found.rivals.child == one) & (found.rivals.rival == two)].sum()
    assert least <= chance <= most


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        pytest.param({}, 0.79, 0.8, id="alike in all: four in five, and no more"),
        pytest.param({"given": "Zainab"}, 0.0, 0.02, id="a twin: another forename"),
        pytest.param({"born": born("20/07/2018")}, 0.0, 0.01, id="a sister of the same name"),
    ],
)
def test_a_pupil_whom_only_rolls_know_may_be_one_child_numbered_twice(linked_records, other, least, most):
    """A pupil from next door has no doctor here whose record could lie near both entries."""
    found, ids = linked_records(on_roll(upn=upn_of(1)), on_roll("2", upn=upn_of(2), **other))
    one, two = (found.labels[ids.index(f"census:{n}")] for n in (1, 2))
    assert one != two
    chance = found.rivals.probability[(found.rivals.child == one) & (found.rivals.rival == two)].sum()
    assert least <= chance <= most


TEMPORARY, OTHER_TEMPORARY = "U37040001950A", "J82343210501B"


@pytest.mark.parametrize(
    ("upn", "other", "are_one"),
    [
        pytest.param(TEMPORARY, {"upn": upn_of(1)}, True, id="until the new school learns the child's own"),
        pytest.param(TEMPORARY, {"upn": OTHER_TEMPORARY}, True, id="at two schools that did not know it"),
        pytest.param(
            upn_of(1),
            {"upn": TEMPORARY, "address": "12 High Street", "postcode": "ZA7 4BP"},
            True,
            id="after a move to another home and school",
        ),
        pytest.param(TEMPORARY, {"upn": upn_of(1), "given": "Zainab"}, False, id="a twin: another forename"),
        pytest.param(TEMPORARY, {"upn": upn_of(1), "born": born("20/07/2018")}, False, id="a sister of the same name"),
        pytest.param(
            upn_of(1), {"upn": upn_of(2), "former_upn": TEMPORARY}, False, id="in whose place is another of its own"
        ),
    ],
)
def test_a_temporary_upn_keeps_no_two_rows_of_one_roll_apart(linked_children, upn, other, are_one):
    """A school gives one where it does not know the pupil's own: it says nothing of another school's number."""
    found = linked_children(on_roll(upn=upn), on_roll("2", **other), with_gp())
    assert any({"census:1", "census:2"} <= set(child) for child in found) == are_one


def in_tenancy(key, given, household="housing:T1", **changes):
    return {"record_id": f"housing:{key}", **AMIRA, "given": given, "sex": None, "household": household, **changes}


@pytest.mark.parametrize(
    ("other", "are_two"),
    [
        pytest.param({"given": "Amirra"}, True, id="twins of whom only one is on a roll, their names one letter apart"),
        pytest.param({"given": "Zainab"}, True, id="quite different names"),
        pytest.param({"born": None}, True, id="a mother of the child's name, without a birth date"),
        pytest.param({"born": born("04/11/1990")}, True, id="and with hers"),
        pytest.param({}, False, id="the same row again"),
        pytest.param({"household": "housing:T2"}, False, id="another household"),
    ],
)
def test_a_household_lists_each_of_its_members_once(linked_records, other, are_two):
    rows = [on_roll(), with_gp(), in_tenancy("1", "Amira"), in_tenancy("2", **{"given": "Amira", **other})]
    found, ids = linked_records(*rows)
    places = [ids.index(row["record_id"]) for row in rows[2:]]
    evidence = found.judge.evidence(*(np.array([place], dtype=np.int32) for place in places))
    assert (evidence[0] == NEVER) == are_two
    assert (found.labels[places[0]] != found.labels[places[1]]) or not are_two


def test_a_household_lists_its_members_under_one_name_each(linked_children):
    """A Chinese name and an English one may be one child's, in two lists: in one household's list they are two children's."""
    henry, ka_ho = {"surname": "Li", "given": "Henry"}, {"surname": "Li", "given": "Ka Ho"}
    assert linked_children(on_roll(**henry), with_gp(**ka_ho)) == [["census:1", "gp:1"]]
    both = [in_tenancy("1", **henry), in_tenancy("2", **ka_ho)]
    assert linked_children(on_roll(**henry), with_gp(**ka_ho), *both) == [
        ["census:1", "housing:1"],
        ["gp:1", "housing:2"],
    ]


def test_a_family_that_moved_is_listed_in_two_tenancies(linked_children):
    there = in_tenancy("2", "Ameerah", "housing:T2", address="9 High Road", postcode="ZA1 9AB")
    assert linked_children(on_roll(), in_tenancy("1", "Amira"), there) == [["census:1", "housing:1", "housing:2"]]


def test_a_superseded_upn_is_no_second_upn(linked_children):
    found = linked_children(on_roll(upn=upn_of(1)), on_roll("2", upn=upn_of(2), former_upn=upn_of(1)))
    assert found == [["census:1", "census:2"]]


def test_judged_to_be_one_outranks_every_weight_even_where_no_rule_brings_them_together(linked_children):
    stranger = with_gp(
        given="Tremayne", surname="Whitby", born=born("20/02/2018"), sex="M", address="9 High Road", postcode="ZB2 1AA"
    )
    assert linked_children(on_roll(), stranger) == TWO
    assert linked_children(on_roll(), stranger, same=[("gp:1", "census:1")]) == ONE


def test_judged_to_be_two_outranks_every_weight(linked_children):
    assert linked_children(on_roll(), with_gp(), different=[("gp:1", "census:1")]) == TWO


def test_of_judgements_that_contradict_each_other_the_one_that_keeps_apart_holds(linked_children):
    found = linked_children(
        on_roll(),
        with_gp(),
        with_gp("2"),
        same=[("census:1", "gp:1"), ("gp:1", "gp:2")],
        different=[("gp:2", "census:1")],
    )
    assert len(found) == 2
    assert not any({"census:1", "gp:2"} <= set(child) for child in found)


def test_a_judgement_may_join_two_upns_of_one_roll(linked_children):
    found = linked_children(on_roll(upn=upn_of(1)), on_roll("2", upn=upn_of(2)), same=[("census:1", "census:2")])
    assert found == [["census:1", "census:2"]]
