"""What is published beside the list withholds of a protected child what could show where it is, and of nobody else."""

import io
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from pipelines.listing.other_teams import OTHER_TEAM
from pipelines.listing.route import ADOPTION
from pipelines.publish.changes_file import masked_changes, masked_in_view
from pipelines.publish.early_warning_file import masked_warning
from pipelines.publish.other_teams_file import other_teams_csvs
from pipelines.publish.restricted_file import restricted_csv
from pipelines.reports.life import life_of
from pipelines.tables import EARLY_WARNING, LEAD, LIST_CHANGE
from tests.made.children import Drawn
from tests.made.leads import lead
from tests.made.nights import Nights

SCHOOL = "9012001"
PROTECTED, OTHER = "CH0000000001", "CH0000000002"


def two(schema: pl.Schema, *, marked: bool = False) -> pl.DataFrame:
    """A protected child and another, of whom every text tells a school, every date a day, and every number something.
    ``marked``: its row says so."""
    values = {pl.String: f"school_census:{SCHOOL}|A1", pl.Date: date(2026, 11, 16), pl.Float64: 0.27, pl.Int64: 27}
    row = {name: values[kind] for name, kind in schema.items() if kind in values}
    rows = [row | {"child_id": PROTECTED, "restricted": marked}, row | {"child_id": OTHER, "restricted": False}]
    return pl.DataFrame(rows, schema=schema)


@pytest.mark.parametrize("marked", [False, True], ids=["known by its id", "marked in its row"])
@pytest.mark.parametrize(
    ("masked", "schema", "withheld"),
    [
        pytest.param(
            masked_warning,
            EARLY_WARNING,
            "because address postcode records no_place living_here",
            id="early warning",
        ),
        pytest.param(
            masked_changes,
            LIST_CHANGE,
            "lane lane_before because why record_id rank_before likelihood_before priority priority_before",
            id="changes",
        ),
        pytest.param(
            masked_in_view,
            LEAD,
            "off_because off_why came_because came_why record_id source since_on until_on link_probability other_child_id "
            "lane rank likelihood on_no_roll living_here of_age priority records",
            id="in view",
        ),
    ],
)
def test_what_is_withheld_of_a_protected_child_and_of_nobody_else(
    masked: Callable[[pl.DataFrame, pl.Series], pl.DataFrame], schema: pl.Schema, withheld: str, marked: bool
) -> None:
    before = two(schema, marked=marked)
    after = masked(before, pl.Series([] if marked else [PROTECTED], dtype=pl.String))
    was, told = (frame.row(0, named=True) for frame in (before, after))
    assert {name for name in schema if told[name] != was[name]} - {"restricted"} == set(withheld.split())
    assert not any(SCHOOL in str(told[name]) for name in withheld.split())
    assert told["restricted"] is True
    assert after.row(1) == before.row(1)


def test_the_full_row_is_the_restricted_role_s() -> None:
    rows = two(LEAD)
    assert restricted_csv("in_view", rows, pl.Series([], dtype=pl.String)) == {}
    (content,) = restricted_csv("in_view", rows, pl.Series([PROTECTED])).values()
    full = pl.read_csv(io.BytesIO(content))
    assert full["child_id"].to_list() == [PROTECTED]
    assert SCHOOL in full["records"].item()


def test_of_children_of_the_adoption_team_nobody_else_learns() -> None:
    adopted = two(OTHER_TEAM).head(1).with_columns(child_id=pl.lit("CH0000000003"), team=pl.lit(ADOPTION))
    files = other_teams_csvs(pl.concat([two(OTHER_TEAM), adopted]), pl.Series([PROTECTED]))
    shown, full = (pl.read_csv(io.BytesIO(content)) for content in files.values())
    assert shown["child_id"].to_list() == [OTHER]
    assert full["child_id"].to_list() == [PROTECTED, "CH0000000003"]
    assert list(files) == ["other_teams.csv", "restricted/other_teams_restricted.csv"]


def test_that_a_team_should_look_at_a_protected_child_tells_that_it_is_educated_and_is_withheld() -> None:
    teams = ("home-education", "other authority")
    both = pl.concat([two(OTHER_TEAM).with_columns(team=pl.lit(team)) for team in teams])
    shown, full = (
        pl.read_csv(io.BytesIO(content)) for content in other_teams_csvs(both, pl.Series([PROTECTED])).values()
    )
    assert list(shown.select("child_id", "team").iter_rows()) == [(OTHER, team) for team in teams]
    assert full["team"].to_list() == [*teams]


KEATS = {"place": "Keats Primary"}
ROLL = f"school_census:{SCHOOL}|C2"


def protected_at_keats() -> Drawn:
    """Another child, whom a source protects, on the roll of a school."""
    return Drawn().record(ROLL, "B").on_roll(ROLL, **KEATS).says(ROLL, "protected").lives("B", 1.0)


def at_keats_as_it_seemed() -> Drawn:
    """The lead, on that roll by a record that was taken for its own."""
    return lead().record(ROLL, "A").on_roll(ROLL, **KEATS)


def lead_beside_the_protected() -> Drawn:
    """The lead, and the other child, whose record that is."""
    drawn = protected_at_keats().record("health:H1", "A").lives("A", 0.95)
    return drawn.says("health:H1", "seen", since=date(2026, 10, 3))


def probably_the_protected() -> Drawn:
    """The lead's record is a third child's now, which is most probably the other one."""
    drawn = protected_at_keats().record("health:H1", "C").lives("C", 0.95)
    return drawn.rivalry(("C", "health:H1"), ("B", ROLL), 0.97)


@pytest.mark.parametrize(
    "nights",
    [
        pytest.param(
            [lead, probably_the_protected], id="a lead's records are those of one who is probably such a child"
        ),
        pytest.param(
            [lead, lambda: protected_at_keats().record("health:H1", "B")],
            id="a lead's records are a protected child's now",
        ),
        pytest.param(
            [lead, at_keats_as_it_seemed, lead_beside_the_protected],
            id="what showed its education is a protected child's",
        ),
    ],
)
def test_a_lead_does_not_tell_where_a_protected_child_goes_to_school(nights: list[Callable[[], Drawn]]) -> None:
    told = Nights()
    for drawn in nights:
        told.night(drawn())
    (change,) = masked_changes(told.ledger.changes.filter(child_id="A"), pl.Series(["B"])).to_dicts()
    tables = {"lead": told.ledger.leads, "lead_night": told.ledger.nights, "child_move": told.moves}
    life = life_of("A", tables, is_protected=False)
    assert not any(place in str([change, life]) for place in (SCHOOL, "Keats"))
