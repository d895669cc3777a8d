"""A source that gives children a grown-up's birth date, and a list of households that has grown-ups in it."""

from datetime import date

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from matching.person import PERSON_RECORD
from pipelines.children.exchanged_births import records_by_age
from pipelines.intake.across_sources.at_odds import at_odds_in_words
from pipelines.intake.across_sources.grown_up_dates import GrownUpDates, grown_up_dates
from pipelines.tables import STATEMENT

CHILDS, TENANTS, PUPILS = date(2014, 5, 3), date(1985, 2, 7), range(40)
Rows = list[tuple[str, str, date | None]]


def rows(source: str, names: range, born: date | None, *, prefix: str = "CHILD") -> Rows:
    """So many people of a source: (source, forename, birth date)."""
    return [(source, f"{prefix}{number}", born) for number in names]


def people(*made: tuple[str, str, date | None]) -> pl.DataFrame:
    records = [
        {"record_id": f"{source}:{number:04}", "dataset": source, "forename": name, "date_of_birth": born}
        for number, (source, name, born) in enumerate(made)
    ]
    shared = {"surname": "SHAW", "postcode": "ZA1 1AA"}
    frame = pl.DataFrame(records, schema_overrides={"date_of_birth": pl.Date})
    return pl.concat(
        [PERSON_RECORD.to_frame(), frame.with_columns(**{k: pl.lit(v) for k, v in shared.items()})], how="diagonal"
    )


ROLL = rows("school_census", PUPILS, CHILDS)


@pytest.mark.parametrize(
    ("housing", "found"),
    [
        pytest.param(rows("housing", PUPILS, TENANTS), (40, 40), id="each child has the tenant's date"),
        pytest.param(
            rows("housing", range(8), TENANTS) + rows("housing", range(8, 40), CHILDS), (40, 8), id="one in five has it"
        ),
        pytest.param(rows("housing", PUPILS, CHILDS), None, id="children's dates"),
        pytest.param(
            rows("housing", PUPILS, CHILDS) + rows("housing", PUPILS, TENANTS, prefix="PARENT"),
            None,
            id="the tenants are rows of their own",
        ),
        pytest.param(
            rows("housing", PUPILS, CHILDS) + rows("housing", range(6), TENANTS),
            None,
            id="fathers with their sons' names, and the sons",
        ),
        pytest.param(
            rows("housing", range(6, 40), CHILDS)
            + rows("housing", range(6), TENANTS)
            + rows("housing", PUPILS, TENANTS, prefix="PARENT"),
            None,
            id="fathers with their sons' names, the sons left out, among many tenants",
        ),
        pytest.param(
            rows("housing", range(4), TENANTS) + rows("housing", range(4, 40), CHILDS), None, id="too few to say"
        ),
        pytest.param(rows("housing", PUPILS, None), None, id="no dates at all"),
        pytest.param(rows("housing", PUPILS, TENANTS, prefix="PARENT"), None, id="nobody in common"),
    ],
)
def test_a_source_gives_children_a_grown_ups_date_if_they_have_it_about_as_often_as_all_of_its_people(
    housing: Rows, found: tuple[int, int] | None
) -> None:
    assert grown_up_dates(people(*ROLL, *housing)) == ([] if found is None else [GrownUpDates("housing", *found)])


def test_such_dates_are_left_out_of_links_and_ages_and_the_children_of_that_list_keep_their_own() -> None:
    only_housing = [("housing", "LONE", TENANTS), ("housing", "OTHER", CHILDS)]
    person = people(*ROLL, *rows("housing", PUPILS, TENANTS), *only_housing)
    by_age = records_by_age(person).filter(pl.col("dataset") == "housing")
    assert by_age.drop_nulls("date_of_birth").rows_by_key("forename").keys() == {"OTHER"}


def test_a_warning_says_so_in_place_of_that_of_a_column_that_shifted() -> None:
    person = people(*ROLL, *rows("housing", PUPILS, TENANTS))
    (told,) = at_odds_in_words(person, STATEMENT.to_frame(), read_contracts())
    assert told == (
        "Council housing and benefits: of 40 children whom other sources have, too, by names and postcode, 40 have a "
        "grown-up's date in DateOfBirth. Tonight such dates of this source are left out. Have the file sent again with the "
        "children's own birth dates."
    )


def test_without_any_birth_date_there_is_nothing_to_find() -> None:
    assert grown_up_dates(people(*rows("housing", PUPILS, None))) == []
