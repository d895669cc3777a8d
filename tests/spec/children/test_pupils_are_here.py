"""A child without a place that may be one with a pupil: what it says that the child lives here, or has gone."""

import polars as pl
import pytest

from matching.person import Columns
from pipelines.children.missed_links import sources_without_place
from pipelines.children.pupils_are_here import odds_of_being_a_pupil
from pipelines.tables import CHILD_RECORD, PERSON, PROVISION
from tests.made.children import Drawn

LIVES = pl.Schema(
    Columns({"child_id": pl.String, "living_here": pl.Float64, "of_age": pl.Float64, "own_none": pl.Float64})
)
GP, LANDLORD = "health", "housing"
SEEN, SILENT = 0.9, 0.1


def likelier(children: list[tuple[str, float, int]], own_none: float = 1.0) -> list[float]:
    """What each of ``children`` (who knows it, how likely it lives here, how many such) has its odds multiplied by.
    ``own_none``: that it has no place of its own."""
    drawn = [(source, here) for source, here, many in children for _ in range(many)]
    rows = [
        {"record_id": f"{source}:{n:05}", "dataset": source, "child_id": f"CH{n:05}", "membership": 1.0}
        for n, (source, _) in enumerate(drawn)
    ]
    person, records = (pl.DataFrame(rows, schema=dict(schema)) for schema in (PERSON, CHILD_RECORD))
    known = sources_without_place(person, records, PROVISION.to_frame())
    lives = pl.DataFrame(
        [
            {"child_id": row["child_id"], "living_here": here, "of_age": 1.0, "own_none": own_none}
            for row, (_, here) in zip(rows, drawn, strict=True)
        ],
        schema=LIVES,
    )
    found = dict(odds_of_being_a_pupil(lives, known).iter_rows())
    places = [sum(many for *_, many in children[:n]) for n in range(len(children))]
    return [found[f"CH{place:05}"] for place in places]


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        pytest.param(
            [(GP, SEEN, 100), (GP, SILENT, 300)], [3.0, 1 / 3], id="three in four gone: whoever is seen stands out"
        ),
        pytest.param([(GP, SEEN, 300), (GP, SILENT, 100)], [9 / 7, 1 / 7], id="most are here: being seen says little"),
        pytest.param([(GP, SEEN, 1)], [1.0], id="with nobody to be compared with"),
        pytest.param([(GP, SEEN, 50)], [1.0], id="all alike"),
        pytest.param([(GP, 0.0, 50)], [1.0], id="all surely gone: nothing is divided by naught"),
        pytest.param(
            [(GP, SILENT, 9000), (LANDLORD, SEEN, 9000)],
            [1.0, 1.0],
            id="a landlord's tenants are held against a landlord's tenants",
        ),
        pytest.param(
            [(GP, SILENT, 1990), (LANDLORD, SEEN, 10)],
            [1.0, 2.4],
            id="of ten tenants it is hardly known: all children stand behind them",
        ),
    ],
)
def test_it_is_held_against_those_whom_the_same_sources_know(
    children: list[tuple[str, float, int]], expected: list[float]
) -> None:
    assert likelier(children) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("own_none", "expected"),
    [
        pytest.param(1.0, [1.87, 0.207], id="none has a place: forty stand behind each"),
        pytest.param(0.5, [1.57, 0.175], id="each has a doubtful one: as many as twenty do"),
        pytest.param(0.0, [1.0, 1.0], id="each surely has one: nobody to be compared with"),
    ],
)
def test_a_child_counts_as_far_as_it_has_no_place(own_none: float, expected: list[float]) -> None:
    assert likelier([(GP, SEEN, 10), (GP, SILENT, 30), (LANDLORD, SEEN, 400)], own_none)[:2] == pytest.approx(
        expected, rel=0.02
    )


PUPILS, WITHOUT, GONE = 40, 2000, 5000
"""A town's children without a place of their own, in truth: pupils in two pieces, on no roll, moved away."""
IS_SEEN = {True: (0.9, 0.9, 0.1), False: (0.1, 0.1, 0.9)}
"""How often each of the three was seen lately, and was not: pupils as often as whoever lives here."""


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("near", [20, 200])
def test_what_comes_out_is_how_many_there_are(seen: bool, near: int) -> None:
    """Of all children without a place ``near`` bear nearly the name of some pupil: 40 are that pupil, the others are by chance,
    here or gone as all are. The share of each kind among those seen, counted, is what the list says."""
    without, gone = (near * many / (WITHOUT + GONE) for many in (WITHOUT, GONE))
    here = {
        said: WITHOUT * is_here / (WITHOUT * is_here + GONE * is_gone)
        for said, (_, is_here, is_gone) in IS_SEEN.items()
    }
    linked = PUPILS / (PUPILS + near)
    many = {said: round((WITHOUT * is_here + GONE * is_gone) / 10) for said, (_, is_here, is_gone) in IS_SEEN.items()}
    factor = dict(zip(many, likelier([(GP, here[said], many[said]) for said in many]), strict=True))[seen]
    odds = linked / (1 - linked) * factor
    as_pupil, as_without, as_gone = (
        kind * share for kind, share in zip((PUPILS, without, gone), IS_SEEN[seen], strict=True)
    )
    assert here[seen] / (1 + odds) == pytest.approx(as_without / (as_pupil + as_without + as_gone), rel=0.02)


@pytest.mark.parametrize(
    ("living_here", "linked", "on_no_roll", "lane"),
    [
        pytest.param(0.9, 0.3, 0.52, "doubtful link", id="seen lately: rather the pupil than linking says"),
        pytest.param(
            0.2, 0.3, 0.83, "probably moved away", id="silent for years: rather gone, and nobody's second record"
        ),
        pytest.param(0.9, 0.0, 1.0, "follow up", id="no pupil comes near"),
        pytest.param(0.2, 1.0, None, None, id="what is certain stays"),
    ],
)
def test_the_list_asks_who_has_gone(
    living_here: float, linked: float, on_no_roll: float | None, lane: str | None
) -> None:
    drawn = Drawn().record("health:CH1", "CH1").lives("CH1", living_here)
    drawn.record("school_census:9", "CH9").on_roll("school_census:9")
    drawn.rivalry(("CH1", "health:CH1"), ("CH9", "school_census:9"), linked)
    for n in range(100):
        drawn.record(f"health:X{n}", f"X{n}").lives(f"X{n}", 0.9 if n < 30 else 0.21)
    candidates = drawn.ranked().candidates.filter(child_id="CH1")
    assert candidates["lane"].to_list() == ([lane] if lane else [])
    if lane:
        assert candidates["on_no_roll"].to_list() == [pytest.approx(on_no_roll, abs=0.02)]
    else:
        assert drawn.ranked().explained.filter(child_id="CH1")["link_probability"].to_list() == [1.0]
