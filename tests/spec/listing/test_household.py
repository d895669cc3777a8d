"""Who on the list lives together, so that one visit serves; drawn as children, their homes, and the sentence."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.listing.rank import FOLLOW_UP
from pipelines.publish.workbook import sheets_of
from tests.made.children import AS_AT, Drawn
from tests.made.publication import made_publication, mask, protect, publish

Home = dict[str, Any]

HOME: Home = {"address_shown": "7 Lantern Row", "postcode_shown": "ZA1 2BD"}
OTHER: Home = {"address_shown": "9 Abbey Road", "postcode_shown": "ZA2 3CD"}


def of(*homes: Home) -> list[tuple[str, str | None]]:
    """(rank named in the sentence, household) of children with these homes, by child."""
    drawn = Drawn()
    for number, home in enumerate(homes, start=1):
        drawn.record(f"health:H{number}", f"CH{number:010}", **home).lives(f"CH{number:010}", 1 - number / 100)
    listed = drawn.ranked().candidates.sort("child_id")
    assert listed["rank"].to_list() == list(range(1, len(homes) + 1))
    told = listed["also_here"].fill_null("").str.strip_prefix("Also on the list at this address: ")
    return list(zip(told, listed["household"], strict=True))


@pytest.mark.parametrize(
    ("first", "second", "is_together"),
    [
        pytest.param(HOME, HOME, True, id="one surname, one address"),
        pytest.param(HOME, HOME | {"address_shown": "7, LANTERN ROW"}, True, id="the same, written otherwise"),
        pytest.param(HOME, HOME | {"surname_shown": "Okafor", "date_of_birth": date(2016, 3, 2)}, False,
                     id="another surname at one address: not known"),
        pytest.param(HOME, HOME | {"surname_shown": "Okafor"}, True,
                     id="another surname at one address, born on one day: twins, or one child under two names"),
        pytest.param(HOME, OTHER | {"surname_shown": "Okafor"}, False, id="born on one day, two addresses"),
        pytest.param(HOME, OTHER, False, id="one surname, two addresses"),
        pytest.param(HOME | {"uprn": "1001"}, HOME | {"uprn": "1001", "surname_shown": "Okafor"}, True,
                     id="one dwelling, two surnames"),
        pytest.param(HOME | {"household": "housing:T1"}, OTHER | {"household": "housing:T1", "surname_shown": "Okafor"},
                     True, id="one tenancy"),
        pytest.param({}, {}, False, id="no address at all"),
    ],
)  # fmt: skip
def test_who_lives_together(first: Home, second: Home, is_together: bool) -> None:
    expected = [("rank 2.", "HH0000000001"), ("rank 1.", "HH0000000001")] if is_together else [("", None), ("", None)]
    assert of(first, second) == expected


def test_three_children_name_each_other() -> None:
    told = of(HOME, HOME, HOME, OTHER)
    assert [words for words, _ in told] == ["rank 2, rank 3.", "rank 1, rank 3.", "rank 1, rank 2.", ""]


@pytest.mark.parametrize(
    ("children", "more"), [("ABCDEFG", ""), ("ABCDEFGH", " and 1 more"), ("ABCDEFGHI", " and 2 more")]
)
def test_many_children_of_one_hostel_are_counted(children: str, more: str) -> None:
    told = of(*[HOME | {"uprn": "1001", "surname_shown": f"Name{letter}"} for letter in children])
    assert told[0][0] == f"rank 2, rank 3, rank 4, rank 5, rank 6, rank 7{more}."


@pytest.mark.parametrize(
    ("ended", "household"),
    [
        pytest.param(None, "HH0000000001", id="it goes on"),
        pytest.param(AS_AT, "HH0000000001", id="today is its last day"),
        pytest.param(date(2026, 11, 19), None, id="it ended yesterday"),
    ],
)
def test_a_tenancy_that_has_ended_joins_nobody(ended: date | None, household: str | None) -> None:
    drawn = Drawn()
    for number, until in ((1, None), (2, ended)):
        home = HOME if number == 1 else OTHER
        drawn.record(
            f"housing:P{number}", f"CH{number:010}", household="housing:T1", surname_shown=f"N{number}", **home
        )
        drawn.says(f"housing:P{number}", "lives_here", since=date(2024, 1, 1), until=until)
    assert drawn.ranked().candidates["household"].to_list() == [household, household]


def test_the_dwelling_of_an_earlier_address_joins_nobody() -> None:
    drawn = Drawn().record("health:H1", "CH0000000001", uprn="1001", **HOME)
    drawn.record("health:H2", "CH0000000002", surname_shown="Okafor", **OTHER).says(
        "health:H2", "seen", since=date(2026, 9, 1)
    )
    drawn.record("housing:P2", "CH0000000002", surname_shown="Okafor", uprn="1001", **HOME)
    assert drawn.ranked().candidates["household"].to_list() == [None, None]


def households_of(night_households: dict[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"child_id": child, "household": home, "also_here": "Also on the list at this address: rank 9."}
            for child, home in night_households.items()
        ]
    )


def test_one_protected_child_takes_the_whole_household_off_what_all_may_read() -> None:
    night = protect(made_publication(), "CH0000000003")
    together = households_of(dict.fromkeys(("CH0000000003", "CH0000000004"), "HH0000000003"))
    together = together.vstack(households_of(dict.fromkeys(("CH0000000007", "CH0000000008"), "HH0000000007")))
    candidates = night.candidates.drop("household", "also_here").join(together, on="child_id", how="left")
    candidates = candidates.select(night.candidates.columns)
    listed = mask(replace(night, candidates=candidates))
    shown = listed.candidates.filter(pl.col("household").is_not_null() | pl.col("also_here").is_not_null())
    assert sorted(shown["child_id"]) == ["CH0000000007", "CH0000000008"]
    assert listed.restricted.filter(child_id="CH0000000003")["household"].item() == "HH0000000003"


RANKED = pl.DataFrame(
    {
        "rank": [1, 2, 3, 4, 5, 6],
        "child_id": ["A", "B", "C", "D", "E", "F"],
        "lane": [FOLLOW_UP] * 6,
        "household": [None, "H", None, "H", None, None],
    }
)


@pytest.mark.parametrize(
    ("top", "sheets"),
    [
        pytest.param(0, {"follow up": "ABDCEF"}, id="no limit: siblings at the best rank of the household"),
        pytest.param(4, {"follow up": "ABDC", "later": "EF"}, id="four first, the others later"),
        pytest.param(3, {"follow up": "ABC", "later": "DEF"}, id="a sibling ranked later stands later"),
        pytest.param(6, {"follow up": "ABDCEF"}, id="as many as there are: no further sheet"),
        pytest.param(9, {"follow up": "ABDCEF"}, id="more than there are"),
    ],
)
def test_the_first_stand_on_the_sheet_and_the_others_later(top: int, sheets: dict[str, str]) -> None:
    found = {name: "".join(rows["child_id"]) for name, rows in sheets_of(RANKED, [FOLLOW_UP], top)}
    assert found == sheets


def test_nobody_is_lost_where_the_list_is_cut(tmp_path: Path) -> None:
    night = replace(made_publication(), top=5)
    folder = publish(night, tmp_path).path
    first = pl.read_excel(folder / "candidates.xlsx", sheet_name="Follow up")["Rank"].to_list()
    later = pl.read_excel(folder / "candidates.xlsx", sheet_name="Later")["Rank"].to_list()
    lane = night.candidates.filter(lane=FOLLOW_UP)["rank"].to_list()
    assert first == lane[:5]
    assert later == lane[5:]
    assert pl.read_parquet(folder / "candidates.parquet").height == 30
    words = pl.read_excel(folder / "candidates.xlsx", sheet_name="Read me", has_header=False)
    assert "The sheet 'Follow up' holds the first 5 by rank" in " ".join(
        str(cell) for row in words.rows() for cell in row
    )
