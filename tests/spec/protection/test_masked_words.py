"""Spec: what the words and keys of a published row withhold of a protected child, and of how two records compare."""

from dataclasses import replace

import polars as pl
import pytest

from pipelines.linking.family_ties import LEVEL
from pipelines.listing.masking import masked_comparison, masked_keys
from tests.made.publication import made_publication, mask


@pytest.mark.parametrize(
    ("records", "shown"),
    [
        pytest.param("health:H1;housing:HS2", "health:H1;housing:HS2", id="keys stay"),
        pytest.param(
            "health:H1;school_census:C88|2001|2024-07-28;housing:HS2",
            "health:H1;school_census:withheld;housing:HS2",
            id="a key with a school's number in it goes",
        ),
        pytest.param(None, None, id="no record"),
    ],
)
def test_record_keys_of_a_protected_child(records: str | None, shown: str | None) -> None:
    frame = pl.DataFrame({"records": [records]}, schema={"records": pl.String})
    assert frame.select(masked_keys(pl.col("records"))).item() == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        pytest.param(
            "(forename: exact; sex: different; address: same)", "(forename: exact; address: same)", id="between"
        ),
        pytest.param("(sex: different; address: same)", "(address: same)", id="first"),
        pytest.param("(forename: exact; sex: same)", "(forename: exact)", id="last"),
        pytest.param("Seen in Sussex: 3 months ago.", "Seen in Sussex: 3 months ago.", id="another word: untouched"),
    ],
)
def test_how_the_sex_of_two_records_compares_is_not_printed(words: str, shown: str) -> None:
    night = made_publication()
    listed = mask(
        replace(
            night,
            candidates=night.candidates.with_columns(because=pl.lit(words)),
            explained=night.explained.with_columns(why=pl.lit(words)),
        )
    )
    assert set(listed.candidates["because"]) == set(listed.explained["why"]) == {shown}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        pytest.param(
            "forename: exact; address: same dwelling; sex: same", "forename: exact; sex: same", id="amid others"
        ),
        pytest.param("address: same dwelling; forename: exact", "forename: exact", id="first"),
        pytest.param("carer: same name; phone: same", "", id="nothing else"),
        pytest.param(f"forename: exact; {LEVEL}", "forename: exact", id="a brother's homes"),
        pytest.param("surname: the carer's surname", "surname: the carer's surname", id="a name is no place"),
    ],
)
def test_how_places_compare_is_withheld(words: str, shown: str) -> None:
    assert pl.DataFrame({"words": [words]}).select(masked_comparison(pl.col("words"))).item() == shown
