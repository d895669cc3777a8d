"""Two children whom a brother's or sister's records tie: when may they be one?"""

import numpy as np
import polars as pl
import pytest

from matching.clustering.judge import PairJudgements
from pipelines.linking.family_ties import LEVEL, MOST, with_family_ties
from pipelines.tables import CHILD_RECORD, PERSON, RIVAL

Row = dict[str, object]
OLD, NEW = "1", "2"
"""Homes, by their number in one road."""


def row(child: str, source: str, forename: str, home: str, **more: object) -> Row:
    """One record of a child, known by its source and its child."""
    of = {"record_id": f"{source}:{child}", "dataset": source, "postcode": "ZA1 9AN", "membership": 1.0}
    return of | {"child_id": f"CH-{child}", "forename": forename, "surname": "OKAFOR", "house": home} | more


NOAH = [row("noah", "health", "NOAH", OLD), row("noah", "school_census", "NOAH", NEW)]
"""The doctor has his old home, and the school the new one."""
JACK = [*NOAH, row("jack-1", "health", "JACK", OLD), row("jack-2", "school_census", "JACK", NEW)]
"""The same of a brother, whose birth date has slipped in one of the two."""
OTHER_FAMILIES = [
    row(f"{name}{n}", source, name, f"{100 + n}")
    for n in range(100)
    for name in ("AVA", "LEO")
    for source in ("health", "school_census")
]


def rivals_of(rows: list[Row], different: tuple[str, str] | None = None, before: float | None = None) -> pl.DataFrame:
    """Rivals of a town with these records. ``different``: two records judged to be two children's; ``before``: how likely
    jack-1 and jack-2 were one, by their records alone.
    """
    table = pl.DataFrame([*OTHER_FAMILIES, *rows], schema={**PERSON, "membership": pl.Float64, "child_id": pl.String})
    table = table.sort("record_id")
    places = {record: np.array([place], dtype=np.int32) for place, record in enumerate(table["record_id"])}
    judged = None if different is None else PairJudgements(*(places[record] for record in different), np.array([False]))
    known = RIVAL.to_frame()
    if before is not None:
        two = {
            "child_id": "CH-jack-1",
            "rival_child_id": "CH-jack-2",
            "probability": before,
            "levels": "forename: exact",
        }
        known = pl.DataFrame([two], schema=RIVAL)
    return with_family_ties(
        known,
        table.select(PERSON.names()),
        table.select(CHILD_RECORD.names()),
        table["child_id"].rank("dense", descending=True).cast(pl.Int64).to_numpy(),
        judged=judged,
        described=lambda left, right: (pl.Series(["forename: exact"] * len(left)), np.zeros(len(right))),
    )


MANY = [
    {
        **one,
        "child_id": f"CH-{n}-{one['child_id']}",
        "record_id": f"{one['record_id']}-{n}",
        "house": f"{one['house']}{n}",
    }
    for n in "abcdefghij"
    for one in JACK
]


def test_children_of_one_forename_at_homes_that_a_brother_ties_may_be_one() -> None:
    found = rivals_of(JACK)
    assert found.select("child_id", "rival_child_id", "record_id", "rival_record_id").rows() == [
        ("CH-jack-1", "CH-jack-2", "health:jack-1", "school_census:jack-2"),
        ("CH-jack-2", "CH-jack-1", "school_census:jack-2", "health:jack-1"),
    ]
    assert found["levels"].to_list() == [f"forename: exact; {LEVEL}"] * 2
    assert 0.4 < found["probability"][0] < 0.5, "one pair alone proves little"
    assert rivals_of(MANY)["probability"].unique().to_list() == [MOST], "of many such pairs few are by chance"


WITHOUT_NOAH = JACK[2:]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([*NOAH, row("jack-1", "health", "JACK", OLD), row("eve", "school_census", "EVE", NEW)],
                     id="another forename"),
        pytest.param(WITHOUT_NOAH, id="nobody ties the homes"),
        pytest.param([*WITHOUT_NOAH, NOAH[0], {**NOAH[1], "membership": 0.5}], id="a record of the brother's is in doubt"),
        pytest.param([*JACK, row("jack-2", "health", "JACK", NEW)], id="the doctor's list has both"),
        pytest.param([*NOAH, row("jack-1", "health", "JACK", OLD, middle_names="ALI"),
                      row("jack-2", "school_census", "JACK", NEW, middle_names="HASSAN")], id="other names behind it"),
        pytest.param([*NOAH, row("jack-1", "health", "JACK", OLD, upn="A1"),
                      row("jack-2", "school_census", "JACK", NEW, upn="B2")], id="two UPNs"),
        pytest.param([*JACK, *(row(f"{n}", "health", f"CHILD{n}", OLD) for n in "ABCDEFG")], id="a hostel"),
        pytest.param([*JACK, row("jack-3", "health", "JACK", "3"), row("jack-4", "health", "JACK", "3")],
                     id="a forename that one list has twice in a family"),
    ],
)  # fmt: skip
def test_two_children_who_stay_two(rows: list[Row]) -> None:
    assert rivals_of(rows).is_empty()


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [row("jack-1", "health", "JACK", OLD), row("jack-2", "school_census", "JACK", OLD, surname="PAYNE")],
            id="one home, another surname",
        ),
        pytest.param(
            [*NOAH, row("jack-1", "health", "JACK", OLD, middle_names="ALI"), JACK[3]], id="one keeps a further name"
        ),
        pytest.param([*NOAH, row("jack-1", "health", "JACK", OLD, upn="A1"), JACK[3]], id="one has a UPN"),
        pytest.param(
            [
                *NOAH,
                row("jack-1", "health", "JACK", OLD, upn="A1"),
                row("jack-2", "school_census", "JACK", NEW, upn="B2C"),
            ],
            id="the new school's UPN is temporary",
        ),
    ],
)
def test_two_children_who_may_be_one(rows: list[Row]) -> None:
    assert rivals_of(rows)["rival_child_id"].to_list() == ["CH-jack-2", "CH-jack-1"]


def test_what_an_analyst_said_stands() -> None:
    assert rivals_of(JACK, different=("health:jack-1", "school_census:jack-2")).is_empty()


def test_pairs_who_are_known_to_be_two_tell_of_no_other_pair_that_it_is_one() -> None:
    """Ten more such families, in each of which the two have UPNs of their own."""
    numbered = [{**one, "upn": f"{one['record_id']}1"} if "jack" in str(one["record_id"]) else one for one in MANY]
    assert rivals_of([*JACK, *numbered])["probability"].to_list() == pytest.approx([1 / 12] * 2, abs=1e-5)


@pytest.mark.parametrize(("before", "after"), [(0.9, "forename: exact"), (0.01, f"forename: exact; {LEVEL}")])
def test_of_two_ways_in_which_children_are_rivals_the_likelier_stands(before: float, after: str) -> None:
    assert rivals_of(JACK, before=before).filter(child_id="CH-jack-1")["levels"].to_list() == [after]
