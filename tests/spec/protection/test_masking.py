"""Spec: where a protected child lives, learns and was seen stands in no published file but the restricted list."""

import dataclasses
import io
import json
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.rules import WITHHELD
from pipelines.listing.masking import (
    BECAUSE_WITHHELD,
    masked_list,
)
from pipelines.listing.rank import SAME_AS_RIVAL
from pipelines.publish.changes_file import masked_changes
from pipelines.publish.publication import Publication
from pipelines.reports.explain import explain
from pipelines.reports.life import life_of
from pipelines.tables import FINDING, LEAD, LIST_CHANGE
from tests.made.children import AS_AT, Drawn
from tests.made.publication import made_publication, mask, protect, publish

LISTED, ALSO_LISTED, EXPLAINED = "CH0000000003", "CH0000000004", "CH0000000100"


def row(frame: pl.DataFrame, child_id: str) -> dict[str, object]:
    return frame.row(by_predicate=pl.col("child_id") == child_id, named=True)


def flagged_by_rank(night: Publication, child_id: str) -> Publication:
    is_child = pl.col("child_id") == child_id
    return replace(night, candidates=night.candidates.with_columns(restricted=pl.col("restricted") | is_child))


def protected_long_ago(night: Publication, child_id: str) -> Publication:
    night = protect(night, child_id)
    return replace(night, statements=night.statements.with_columns(until_on=pl.date(2019, 1, 1)))


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param(protect, id="a source says the address is protected"),
        pytest.param(flagged_by_rank, id="the list itself says restricted"),
        pytest.param(protected_long_ago, id="a source said so long ago: still protected"),
    ],
)
def test_a_protected_child_stays_on_the_list_with_the_place_withheld(mark) -> None:
    night = made_publication()
    before = row(night.candidates, LISTED)
    after = row(mask(mark(night, LISTED)).candidates, LISTED)
    numbers = {"estimated", "on_no_roll", "living_here", "priority", "unlisted_school"}
    withheld = {"address", "postcode", "last_seen_on", "last_seen_by", "because", "lane", "restricted", *numbers}
    assert {name: value for name, value in after.items() if name not in withheld} == {
        name: value for name, value in before.items() if name not in withheld
    }
    assert {after[name] for name in ("address", "postcode", "last_seen_by")} == {WITHHELD}
    assert before["last_seen_on"] is not None
    assert {after[name] for name in ("last_seen_on", *numbers)} == {None}
    assert (after["because"], after["lane"], after["restricted"]) == (BECAUSE_WITHHELD, "restricted", True)


def test_the_restricted_list_has_the_full_row_of_protected_children_only() -> None:
    night = made_publication()
    restricted = mask(protect(night, LISTED)).restricted
    assert restricted.select("child_id", "lane", "restricted").rows() == [(LISTED, "restricted", True)]
    full, listed = restricted.row(0, named=True), row(night.candidates, LISTED)
    assert {name: full[name] for name in ("address", "postcode", "because", "last_seen_by")} == {
        name: listed[name] for name in ("address", "postcode", "because", "last_seen_by")
    }


def test_of_an_old_identity_that_is_the_adoption_teams_nobody_else_learns_the_name() -> None:
    night = protect(made_publication(), LISTED)
    is_it = pl.col("child_id") == LISTED
    routed = night.candidates.with_columns(route=pl.when(is_it).then(pl.lit("adoption")).otherwise("route"))
    masked_night = mask(dataclasses.replace(night, candidates=routed))
    after, full = row(masked_night.candidates, LISTED), masked_night.restricted.row(0, named=True)
    assert (after["forename"], after["surname"]) == (WITHHELD, WITHHELD)
    assert (after["date_of_birth"], after["age"], after["sex"], after["route"]) == (None, None, None, None)
    assert full["forename"] == row(night.candidates, LISTED)["forename"]
    assert full["route"] == "adoption"


def test_an_explained_protected_child_shows_no_source_and_no_school() -> None:
    night = made_publication()
    after = row(mask(protect(night, EXPLAINED)).explained, EXPLAINED)
    assert (after["source"], after["what"]) == (WITHHELD, WITHHELD)
    assert (after["since_on"], after["until_on"]) == (None, None)
    assert "roll" not in str(after["why"])
    assert after["records"] == row(night.explained, EXPLAINED)["records"]


def test_a_protected_child_s_row_shows_no_key_with_a_school_in_it_and_none_of_its_household() -> None:
    key, shown, is_it = "school_census:9012001|A1", f"school_census:{WITHHELD}", pl.col("child_id") == LISTED
    homes = {name: pl.when(is_it).then(pl.lit("HH0000000001")) for name in ("household", "also_here", "route")}
    night = made_publication()
    listed = night.candidates.with_columns(records=pl.lit(key), **homes)
    explained = night.explained.with_columns(records=pl.lit(key), record_id=pl.lit(key))
    keyed = replace(night, candidates=listed, explained=explained)
    after = mask(protect(protect(keyed, LISTED), EXPLAINED))
    told = row(after.candidates, LISTED)
    assert (told["records"], told["household"], told["also_here"], told["route"]) == (shown, None, None, None)
    assert row(after.candidates, ALSO_LISTED)["records"] == key
    assert (row(after.explained, EXPLAINED)["record_id"], row(after.explained, EXPLAINED)["records"]) == (
        WITHHELD,
        shown,
    )


def test_other_children_are_not_touched() -> None:
    night = made_publication()
    after = mask(protect(night, LISTED))
    assert after.candidates.filter(pl.col("child_id") != LISTED).equals(
        night.candidates.filter(pl.col("child_id") != LISTED)
    )
    assert after.explained.equals(night.explained)


def test_who_is_probably_a_protected_child_does_not_tell_that_childs_school() -> None:
    """A key of an XML census holds the school's number. The child itself is protected by no source."""
    rival = Drawn().record("school_census:9012001|A1", "CH2").on_roll("school_census:9012001|A1", place="Keats Primary")
    drawn = rival.says("school_census:9012001|A1", "protected").record("health:H1", "CH1").lives("CH1", 0.9)
    tables = drawn.rivalry(("CH1", "health:H1"), ("CH2", "school_census:9012001|A1"), 0.97).night()
    assert "9012001" in str(row(tables["explained"], "CH1"))
    shown = row(masked_list(tables).explained, "CH1")
    assert (shown["reason"], shown["record_id"], shown["source"], shown["what"]) == (WITHHELD,) * 4
    assert "9012001" not in str(shown)
    gone = pl.DataFrame(
        {
            "child_id": "CH1",
            "because": SAME_AS_RIVAL,
            "why": tables["explained"]["why"][0],
            "record_id": tables["explained"]["record_id"][0],
            "restricted": False,
        }
    )
    changes = pl.concat([LIST_CHANGE.to_frame(), gone], how="diagonal")
    assert "9012001" not in str(row(masked_changes(changes, pl.Series([], dtype=pl.String)), "CH1"))
    spell = {
        "child_id": "CH1",
        "off_because": SAME_AS_RIVAL,
        "off_why": gone["why"].item(),
        "state": "left",
        "off_on": AS_AT,
        "left_on": AS_AT,
        "restricted": False,
    }
    lead = pl.concat([LEAD.to_frame(), pl.DataFrame([spell])], how="diagonal")
    assert "9012001" not in str(life_of("CH1", tables | {"lead": lead}, is_protected=False))


def in_a_refuge(drawn: Drawn, child_id: str) -> Drawn:
    """The child has come to a refuge, whose list marks whom it has taken in."""
    drawn = drawn.record("refuge:R1", child_id).says("refuge:R1", "protected")
    return drawn.says("refuge:R1", "concern", "lives in a refuge", date(2026, 10, 1))


def test_the_record_that_protects_a_child_is_named_to_nobody_as_it_may_be_a_refuges() -> None:
    tables = in_a_refuge(Drawn().record("health:H1", "CH1"), "CH1").lives("CH1", 0.9).night()
    masked = masked_list(tables)
    assert row(masked.candidates, "CH1")["records"] == "health:H1;withheld:withheld"
    assert row(masked.restricted, "CH1")["records"] == "health:H1;refuge:R1"
    page = explain("CH1", tables, {"refuge": "Refuge notifications"})
    assert "health:H1 (health)" in page
    assert "Withheld: 1 record with the mark that protects the child." in page
    for told in (str(masked.candidates.rows()), page):
        assert "refuge" not in told.casefold()


def test_nor_is_that_record_named_beside_another_child_whom_it_comes_near() -> None:
    drawn = in_a_refuge(Drawn().record("school_census:C2", "CH2").on_roll("school_census:C2"), "CH2")
    drawn.record("health:H1", "CH1").lives("CH1", 0.9).rivalry(("CH1", "health:H1"), ("CH2", "refuge:R1"), 0.05)
    tables = drawn.night()
    assert "record refuge:R1" in str(row(tables["candidate"], "CH1")["because"])
    for told in (str(row(masked_list(tables).candidates, "CH1")), explain("CH1", tables)):
        assert "withheld:withheld" in told
        assert "refuge" not in told


def test_a_protected_child_who_comes_near_another_does_not_tell_where_it_lives_by_how_the_two_compare() -> None:
    near, other = (Drawn().record("health:H1", "CH1").lives("CH1", 0.9) for _ in range(2))
    for drawn in (near, other):
        drawn.record("school_census:A1", "CH2").on_roll("school_census:A1", place="Keats Primary")
        drawn.rivalry(("CH1", "health:H1"), ("CH2", "school_census:A1"), 0.05)
        drawn.rivals = [rival | {"levels": "forename: exact; address: same postcode"} for rival in drawn.rivals]
    tables = near.says("school_census:A1", "protected").night()
    for told in (row(masked_list(tables).candidates, "CH1")["because"], explain("CH1", tables)):
        assert "school_census:A1" in str(told)
        assert "same postcode" not in str(told)
    assert "same postcode" in str(row(masked_list(other.night()).candidates, "CH1")["because"])
    assert "same postcode" in explain("CH1", other.night())


def test_nor_does_a_list_kept_from_an_earlier_version_which_says_it_in_other_words() -> None:
    drawn = Drawn().record("health:H1", "CH1").lives("CH1", 0.9).record("school_census:A1", "CH2")
    tables = drawn.on_roll("school_census:A1").says("school_census:A1", "protected").night()
    near = "Nearest child in education, by record school_census:A1: more than 5 in 100 to be this child"
    kept = tables["candidate"].with_columns(because=pl.lit(f"{near} (address: same postcode). The GP saw the child."))
    listed = row(masked_list(tables | {"candidate": kept}).candidates, "CH1")
    assert listed["because"] == f"{near}. The GP saw the child."


@pytest.mark.parametrize(("probability", "is_withheld"), [(0.1, True), (0.09, False)])
def test_who_may_well_be_a_protected_child_is_protected_also_where_it_is_not_listed(
    probability: float, is_withheld: bool
) -> None:
    drawn = Drawn().record("social_care:1", "CH2").says("social_care:1", "protected").lives("CH2", 0.9)
    drawn.record("school_census:9012001|A1", "CH1").on_roll("school_census:9012001|A1", place="Keats Primary")
    tables = drawn.rivalry(("CH1", "school_census:9012001|A1"), ("CH2", "social_care:1"), probability).night()
    for told in (row(masked_list(tables).explained, "CH1"), explain("CH1", tables)):
        assert ("9012001" not in str(told)) is is_withheld


def test_what_is_said_of_the_list_counts_each_child_in_the_lane_that_is_published(tmp_path: Path) -> None:
    stands = publish(protect(made_publication(), LISTED), tmp_path / "published")
    counted = pl.read_parquet(stands.path / "candidates.parquet")["lane"].value_counts()
    assert stands.lanes == dict(counted.iter_rows())
    assert stands.lanes["restricted"] == 1
    assert json.loads((stands.path / "run.json").read_text(encoding="utf-8"))["lanes"] == stands.lanes


def texts_outside_restricted(folder: Path) -> str:
    """Everything that a person can read in the publication, the restricted list left out."""
    texts = []
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            texts.append(pl.read_parquet(path).write_csv())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as book:
                texts += [book.read(name).decode() for name in book.namelist()]
        elif path.is_file() and "restricted" not in path.relative_to(folder).parts:
            texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)


def test_no_open_file_depends_on_why_a_protected_child_is_listed_or_not(tmp_path: Path) -> None:
    """Rank and likelihood are open (decision 22); what they are made of, points and reasons may be anything."""
    night = protect(protect(made_publication(), LISTED), EXPLAINED)
    is_it, is_off = (pl.col("child_id") == child_id for child_id in (LISTED, EXPLAINED))
    parts = {"estimated": 0.1, "on_no_roll": 0.2, "living_here": 0.5, "priority": 90, "unlisted_school": 0.7}
    other = replace(
        night,
        candidates=night.candidates.with_columns(
            because=pl.when(is_it).then(pl.lit("Lives in a refuge.")).otherwise("because"),
            **{name: pl.when(is_it).then(pl.lit(value)).otherwise(name) for name, value in parts.items()},
        ),
        explained=night.explained.with_columns(
            reason=pl.when(is_off).then(pl.lit("died")).otherwise("reason"),
            record_id=pl.when(~is_off).then("record_id"),
            link_probability=pl.when(~is_off).then("link_probability"),
            living_here=pl.when(is_off).then(0.01).otherwise("living_here"),
        ),
        findings=pl.concat(
            [
                night.findings,
                pl.DataFrame([(LISTED, "social_care", 90, "a child in need")], schema=FINDING, orient="row"),
            ]
        ),
    )
    assert row(mask(other).restricted, LISTED)["priority"] == 90
    folders = [publish(one, tmp_path / name).path for name, one in (("so", night), ("otherwise", other))]
    contents = [
        {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "run.json" and "restricted" not in path.relative_to(folder).parts
        }
        for folder in folders
    ]
    assert len(contents[0]) > 20
    assert {name for name in contents[0] | contents[1] if contents[0].get(name) != contents[1].get(name)} == set()


def test_why_a_protected_child_is_off_the_list_is_in_a_file_of_the_restricted_role(tmp_path: Path) -> None:
    folder = publish(protect(made_publication(), EXPLAINED), tmp_path / "published").path
    full = pl.read_csv(folder / "restricted" / "explained_restricted.csv")
    assert full.select("child_id", "reason").rows() == [(EXPLAINED, "provision")]
    assert "On the roll of" in full["why"].item()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.sets(st.integers(0, 119), min_size=1, max_size=20))
def test_no_place_of_a_protected_child_stands_outside_the_restricted_list(tmp_path: Path, numbers: set[int]) -> None:
    night = made_publication(children=120)
    protected = [f"CH{number:010d}" for number in numbers]
    for child_id in protected:
        night = protect(night, child_id)
    theirs = night.child_records.filter(pl.col("child_id").is_in(protected)).select("record_id")
    people = night.person.join(theirs, on="record_id", how="semi")
    schools = night.statements.join(theirs, on="record_id", how="semi")["place"].drop_nulls()
    folder = publish(night, tmp_path / "published").path
    read = texts_outside_restricted(folder)
    for place in {*people["address_shown"], *people["postcode_shown"], *people["postcode"], *schools}:
        assert place not in read
    on_list = night.candidates.filter(pl.col("child_id").is_in(protected))
    full = (folder / "restricted" / "candidates_restricted.csv").read_text(encoding="utf-8-sig")
    assert all(address in full for address in on_list["address"])
