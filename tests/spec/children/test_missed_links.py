"""A child without a place: how likely has it one, by a record that linking never brought near it?"""

import polars as pl
import pytest

from pipelines.children.missed_links import sources_without_place, with_missed_places
from pipelines.children.provision import find_provision
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import rank
from pipelines.rank_settings import RankSettings
from pipelines.tables import CHILD_RECORD, LINK_NEVER_MET, PERSON, STATEMENT
from tests.made.children import AS_AT, SOURCE_NAMES, Drawn

Sources = tuple[str, ...]
PUPILS: list[tuple[Sources, int]] = [
    (("school_census", "health"), 20_000),
    (("school_census", "health", "housing"), 4_000),
    (("school_census", "health", "housing", "social_care"), 1_600),
]
"""Who knows the pupils of a town. So many, that one link in a thousand missed leaves twenty whom only the GP knows, and three
more whose further records stayed with the place (half of those with any)."""


def met(*counted: tuple[str, str, int, int]) -> pl.DataFrame:
    """Sources, pairs of records of one child that a third one holds together, and those of them that never came near."""
    return pl.DataFrame(counted, schema=LINK_NEVER_MET, orient="row")


ONE_IN_1000 = met(("health", "school_census", 1_000_000, 1_000), ("housing", "school_census", 1_000_000, 1_000))


def missed(
    without: list[tuple[Sources, int]],
    child: Sources,
    *,
    never_met: pl.DataFrame | None = ONE_IN_1000,
    here: float = 1.0,
    found_none: float = 1.0,
) -> float:
    """How likely ``child`` has a place that nobody has found; ``without``: who knows the others (``LEFT``: a roll's entry that
    has ended)."""
    known = [sources for sources, many in [*PUPILS, *without] for _ in range(many)]
    rows = [
        {"record_id": f"{source}:{n}", "dataset": source.split(",")[0], "child_id": f"CH{n:05}", "membership": 1.0}
        for n, sources in enumerate([*known, child])
        for source in sources
    ]
    person, records = (pl.DataFrame(rows, schema=dict(schema)) for schema in (PERSON, CHILD_RECORD))
    said = [
        {**row, "source": row["dataset"], "kind": "provision", "until_on": AS_AT if LEFT in row["record_id"] else None}
        for row in rows
        if row["dataset"] == "school_census"
    ]
    provision = find_provision(pl.DataFrame(said, schema=dict(STATEMENT)), records, AS_AT)
    judged = records.select("child_id").unique().with_columns(of_age=1.0, living_here=here, found_none=found_none)
    found = with_missed_places(judged, sources_without_place(person, records, provision), person, provision, never_met)
    return float(found.filter(child_id=f"CH{len(known):05}")["missed"].item())


GP, HOUSING, GP_HOUSING = ("health",), ("housing",), ("health", "housing")
LEFT = "school_census, left"
FEW = [(GP, 198), (GP_HOUSING, 98)]


@pytest.mark.parametrize(
    ("without", "child", "least", "most"),
    [
        pytest.param(FEW, GP, 0.1135, 0.1145, id="twenty-three missed among two hundred: one in nine"),
        pytest.param([(GP, 1998)], GP, 0.0110, 0.0115, id="among two thousand: one in ninety"),
        pytest.param(FEW, GP_HOUSING, 0.0115, 0.0125, id="of two sources both must have erred: one in four does"),
        pytest.param([(HOUSING, 9)], HOUSING, 0.25, 0.26, id="housing alone: half as often astray from the GP's"),
        pytest.param(FEW, ("health", "housing", "social_care"), 0.0, 0.06, id="of three hardly"),
        pytest.param([], ("police",), 0.0, 0.0, id="no pupil is known to the police alone"),
        pytest.param(FEW, (*GP, "school_census"), 0.0, 0.0, id="a place was found: none is missed"),
        pytest.param([], GP, 0.5, 0.5, id="one child alone: never more than an even chance"),
    ],
)
def test_missed_by_who_knows_the_child(
    without: list[tuple[Sources, int]], child: Sources, least: float, most: float
) -> None:
    assert least <= missed(without, child) <= most


def test_children_who_have_probably_left_are_not_those_who_were_missed() -> None:
    assert missed(FEW, GP, here=0.5) == pytest.approx(2 * missed(FEW, GP), rel=0.02)


def test_nor_are_children_who_may_be_one_in_education() -> None:
    assert missed(FEW, GP, found_none=0.5) == pytest.approx(2 * missed(FEW, GP), rel=0.02)


def test_two_rows_of_one_roll_never_meet_as_often_as_was_measured_of_its_own() -> None:
    moved_school = [(("school_census", LEFT), 3_000)]
    never_met = met(("school_census", "school_census", 1_000_000, 1_000), ("health", "school_census", 1_000_000, 9_000))
    assert missed([*moved_school, ((LEFT,), 9)], (LEFT,), never_met=never_met) == pytest.approx(3 / 11, rel=0.01)


def test_nothing_is_missed_where_nothing_was_measured() -> None:
    assert missed(FEW, GP, never_met=None) == 0.0


HOUSING_OFTENER = met(("health", "school_census", 9_000, 9), ("housing", "school_census", 9_000, 81))
"""Housing's records miss a place nine times as often as the GP's; either is believed as if a thousand pairs were as any."""


@pytest.mark.parametrize(
    ("never_met", "child", "as_many"),
    [
        pytest.param(HOUSING_OFTENER, GP, 1.33, id="the GP's: one in a thousand, by the others a little more"),
        pytest.param(HOUSING_OFTENER, GP_HOUSING, 1.33, id="known to both: as the one that is missed least"),
        pytest.param(
            met(("health", "housing", 9_000, 81)), GP, 7.45, id="pairs with no place tell what is usual alone"
        ),
        pytest.param(
            met(("school_census", "school_census", 9_000, 0)),
            GP,
            0.5,
            id="how a roll's own rows meet tells nothing of others",
        ),
        pytest.param(
            met(("health", "school_census", 200, 0)), GP, 0.38, id="few pairs hardly tell the source from any other"
        ),
    ],
)
def test_a_source_is_missed_as_often_as_its_own_records_are(
    never_met: pl.DataFrame, child: Sources, as_many: float
) -> None:
    """``as_many``: times as many as where all are missed once in a thousand."""
    many = [(GP, 5_000), (GP_HOUSING, 5_000)]  # so that no chance is large
    assert missed(many, child, never_met=never_met) == pytest.approx(as_many * missed(many, child), rel=0.02)


def _listed(living_here: float) -> dict[str, object] | None:
    """A child of the GP alone in a town of pupils, some of whom the linkage must have missed; null: not listed."""
    drawn = Drawn().record("health:CH1", "CH1").lives("CH1", living_here)
    for n in range(1_000):
        drawn.record(f"health:{n}", f"P{n}").record(f"school_census:{n}", f"P{n}").on_roll(f"school_census:{n}")
    settings = RankSettings(wasted_enquiries_per_missed_child=8)
    never_met = met(("health", "school_census", 1_000_000, 200))
    ranked = rank(
        ListInputs(**drawn.tables(), as_at=AS_AT, settings=settings, source_names=SOURCE_NAMES, never_met=never_met)
    )
    return next(iter(ranked.candidates.filter(child_id="CH1").to_dicts()), None)


def test_a_place_missed_makes_a_child_less_likely_and_is_told() -> None:
    row = _listed(0.95)
    assert row is not None
    assert row["on_no_roll"] == pytest.approx(0.897, abs=0.01)
    assert row["likelihood"] == pytest.approx(0.95 * 0.897, abs=0.01)
    assert row["lane"] == "follow up", "no analyst has anything to compare"
    assert str(row["because"]).startswith(
        "No current education was found in the 2 sources searched. Few records show the child: there is a 10 in 100 chance "
        "that "
        "they are on a roll under a name or birth date too different to be found. Search the rolls by hand first."
    )


@pytest.mark.parametrize(
    "least",
    [
        pytest.param(RankSettings(wasted_enquiries_per_missed_child=8).list_from, id="worth an enquiry"),
        pytest.param(
            RankSettings(wasted_enquiries_per_missed_child=8).check_from, id="worth a check of where it lives"
        ),
    ],
)
def test_a_place_that_nobody_has_found_takes_no_child_off_the_list(least: float) -> None:
    """Nor one who is on the line itself."""
    row = _listed(least)
    assert row is not None
    assert row["on_no_roll"] == 1.0
