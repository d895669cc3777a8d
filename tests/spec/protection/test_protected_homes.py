"""Spec: who shares a home with a protected child is protected too, by whatever name either record knows that home."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.rules import WITHHELD
from pipelines.listing.masking import (
    protected_children,
)
from pipelines.tables import CANDIDATE, CHILD_RECORD, PERSON, RIVAL, STATEMENT
from tests.made.publication import made_publication, mask, protect
from tests.spec.protection.test_masking import ALSO_LISTED, LISTED, row


@pytest.mark.parametrize(
    "shared",
    [
        pytest.param({"uprn": "100020015897"}, id="one UPRN"),
        pytest.param({"household": "housing:T0001254"}, id="one tenancy"),
        pytest.param({"house": "7", "street": "ELM ROAD", "postcode": "ZA11AA"}, id="one address"),
        pytest.param({"address_shown": "Flat 2, 7 Elm Rd.", "postcode_shown": "za1 1aa"}, id="one address as shown"),
    ],
)
def test_a_child_in_the_same_home_is_withheld_too(shared: dict[str, str]) -> None:
    night = made_publication()
    homes = night.child_records.filter(pl.col("child_id").is_in([LISTED, ALSO_LISTED]))["record_id"]
    in_it = pl.col("record_id").is_in(homes.implode())
    person = night.person.with_columns(
        **{name: pl.when(in_it).then(pl.lit(value)).otherwise(pl.col(name)) for name, value in shared.items()}
    )
    after = mask(protect(replace(night, person=person), LISTED))
    assert after.protected.to_list() == [LISTED, ALSO_LISTED]
    assert row(after.candidates, ALSO_LISTED)["address"] == WITHHELD


def test_a_child_whom_the_list_shows_at_the_home_of_a_protected_child_is_withheld_too() -> None:
    """Whatever its records say, as the list may hold an address in another spelling than they do."""
    night = made_publication()
    in_it = pl.col("child_id").is_in([LISTED, ALSO_LISTED])
    together = night.candidates.with_columns(
        address=pl.when(in_it).then(pl.lit("7 Elm Rd, Zanmere")).otherwise("address"),
        postcode=pl.when(in_it).then(pl.lit("ZA1 1AA")).otherwise("postcode"),
    )
    after = mask(protect(replace(night, candidates=together), LISTED))
    assert after.protected.to_list() == [LISTED, ALSO_LISTED]


def test_a_child_whom_the_list_puts_in_the_household_of_a_protected_child_is_withheld_too() -> None:
    night, in_it = made_publication(), pl.col("child_id").is_in([LISTED, ALSO_LISTED])
    together = night.candidates.with_columns(
        household=pl.when(in_it).then(pl.lit("HH0000000003")).otherwise(pl.lit("HH0000000004")),
        also_here=pl.lit("the other one"),
    )
    after = mask(protect(replace(night, candidates=together), LISTED))
    assert after.protected.to_list() == [LISTED, ALSO_LISTED]
    shown = row(after.candidates, ALSO_LISTED)
    assert (shown["address"], shown["household"], shown["also_here"]) == (WITHHELD, None, None)
    assert after.restricted["child_id"].sort().to_list() == [LISTED, ALSO_LISTED]


PART = st.sampled_from(
    [None, "", "1 High St", "1 high-st.", "Élm Row 4", "AB1 2CD", "ab12cd", "1 High St AB1", "2CD", "-"]
)


KEY = st.sampled_from([None, "1", "2", "A|B"])


HOMES = st.fixed_dictionaries(
    {
        "uprn": KEY,
        "household": KEY,
        "flat": KEY,
        "house": KEY,
        "street": PART,
        "postcode": PART,
        "address_shown": PART,
        "postcode_shown": PART,
    }
)


def names_of(home: dict[str, str | None]) -> set[tuple[str, ...]]:
    """Every name by which one record knows its home, read aloud."""
    names: set[tuple[str, ...]] = {(key, home[key]) for key in ("uprn", "household") if home[key] is not None}
    if home["house"] is not None and home["street"] is not None and home["postcode"] is not None:
        names.add((home["flat"] or "", home["house"], home["street"], home["postcode"]))
    if home["address_shown"] is not None and home["postcode_shown"] is not None:
        shown = "".join(
            letter for letter in (home["address_shown"] + home["postcode_shown"]).upper() if letter.isalnum()
        )
        names |= {("shown", shown)} if len(shown) > 8 else set()
    return names


@settings(max_examples=60, deadline=None)
@given(homes=st.lists(HOMES, min_size=2, max_size=8), flagged=st.integers(1, 3))
def test_who_shares_any_home_with_a_protected_child_is_protected(
    homes: list[dict[str, str | None]], flagged: int
) -> None:
    records, children = [f"health:{n}" for n in range(len(homes))], [f"CH{n}" for n in range(len(homes))]
    person = pl.DataFrame([{**home, "record_id": record} for home, record in zip(homes, records, strict=True)], PERSON)
    protections = [{"record_id": record, "source": "health", "kind": "protected"} for record in records[:flagged]]
    members = pl.DataFrame({"record_id": records, "child_id": children, "membership": 1.0}, CHILD_RECORD)
    found = protected_children(
        CANDIDATE.to_frame(), person, pl.DataFrame(protections, STATEMENT), members, RIVAL.to_frame()
    )
    theirs = set().union(*(names_of(home) for home in homes[:flagged]))
    sharing = [child for child, home in zip(children, homes, strict=True) if names_of(home) & theirs]
    assert found.to_list() == sorted({*children[:flagged], *sharing})


@pytest.mark.parametrize("families", [2, 30, 210])
def test_a_hotel_may_be_a_refuge_and_is_withheld_whole(families: int) -> None:
    """Decision 22: of one address with many surnames nobody can tell which it is."""
    records, children = ([f"{of}{n:03}" for n in range(families)] for of in ("health:", "CH"))
    place = {"uprn": "100020015897", "house": "7", "street": "ELM ROAD", "postcode": "ZA11AA"}
    person = pl.DataFrame([{**place, "record_id": record, "surname": f"NAME{record}"} for record in records], PERSON)
    protections = pl.DataFrame([{"record_id": records[0], "source": "health", "kind": "protected"}], STATEMENT)
    members = pl.DataFrame({"record_id": records, "child_id": children, "membership": 1.0}, CHILD_RECORD)
    assert (
        protected_children(CANDIDATE.to_frame(), person, protections, members, RIVAL.to_frame()).to_list() == children
    )


def test_a_record_without_any_address_shares_a_home_with_nobody() -> None:
    night = made_publication()
    homes = ("uprn", "household", "house", "street", "postcode", "address_shown", "postcode_shown")
    blank = night.person.with_columns(pl.lit(None, pl.String).alias(name) for name in homes)
    candidates = night.candidates.with_columns(address=pl.lit(None, pl.String), postcode=pl.lit(None, pl.String))
    assert mask(protect(replace(night, person=blank, candidates=candidates), LISTED)).protected.to_list() == [LISTED]
