"""Lists without a column for each name, or without a key of their rows."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.files.read import read_bytes
from pipelines.files.rows import FileRows
from pipelines.intake.in_one_form.standardise import persons_of
from pipelines.intake.receipt.receive import check_files
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        pytest.param(("RecordId", "Pupil Name"), "MERRICK, Isla Rose", id="surname first"),
        pytest.param(("RecordId", "Pupil Name"), "Isla Rose Merrick", id="forename first"),
        pytest.param(("Ref", "Child"), "MERRICK, Isla Rose", id="headed by whose it is"),
    ],
)
@pytest.mark.parametrize("source", ["ehe_register", "alternative_provision", "independent_schools", "other_la"])
def test_a_list_kept_by_hand_may_have_each_name_in_one_column(
    source: str, headers: tuple[str, str], name: str, tmp_path: Path
) -> None:
    key, header = headers
    apart = ("RecordId", "Surname", "Forename", "MiddleNames", "FullName")
    row = {k: v for k, v in GOOD[source].items() if k not in apart} | {key: GOOD[source]["RecordId"]}
    pl.DataFrame([row | {header: name}]).write_csv(tmp_path / f"{source}.csv")
    contract = CONTRACTS[source]
    (found,) = check_files(tmp_path, CONTRACTS)
    assert (found.is_refused, found.breaches) == (False, ())
    read = read_bytes(f"{source}.csv", (tmp_path / f"{source}.csv").read_bytes(), contract)
    rows = read.rows.with_columns(pl.lit("one").alias("record_id"))
    (person,) = persons_of({source: rows}, CONTRACTS, as_at=date(2026, 11, 20)).to_dicts()
    assert (person["forename_shown"], person["surname_shown"]) == ("Isla Rose", "Merrick")


def test_a_column_headed_pupil_is_no_name_beside_surname_and_forename(tmp_path: Path) -> None:
    pl.DataFrame([GOOD["ehe_register"] | {"Pupil": "Y"}]).write_csv(tmp_path / "ehe_register.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert [(b.rule, b.column) for b in found.breaches] == [("extra column", "Pupil")]


def test_a_list_without_surnames_is_refused_where_it_has_no_whole_names(tmp_path: Path) -> None:
    pl.DataFrame([GOOD["ehe_register"]]).drop("Surname", "FullName").write_csv(tmp_path / "ehe_register.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert found.is_refused
    assert [(b.rule, b.column) for b in found.breaches] == [("missing column", "Surname")]


def test_surnames_under_a_wrong_header_are_not_passed_over_for_a_column_of_whole_names(tmp_path: Path) -> None:
    row = pl.DataFrame([GOOD["ehe_register"]]).rename({"Surname": "Sur_naem"})
    row.write_csv(tmp_path / "ehe_register.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert found.is_refused
    assert [(b.rule, b.column) for b in found.breaches] == [("renamed column", "Sur_naem")]


def _without_keys(source: str, *rows: dict[str, str]) -> FileRows:
    """The good row of a source under the pupil's number as a school's system knows it, each with other cells."""
    written = [{"Pupil ID": "77"} | GOOD[source] | row for row in rows]
    csv = pl.DataFrame(written).drop(CONTRACTS[source].key.header).write_csv()
    return read_bytes(f"{source}.csv", csv.encode(), CONTRACTS[source])


def test_where_a_file_has_a_number_of_the_child_and_no_key_a_row_is_told_from_the_childs_others_by_how_it_began() -> (
    None
):
    schools = {"Estab": "2001", "EntryDate": "03 Sep 2019"}, {"Estab": "4001", "EntryDate": "04/09/2026"}
    read = _without_keys("school_census", *schools)
    assert read.rows["record_id"].to_list() == ["77|2001|03Sep2019", "77|4001|04/09/2026"]
    assert not read.is_refused
    (told,) = [breach for breach in read.breaches if breach.rule == "key of the child"]
    assert (told.column, told.stops) == ("Pupil ID", "nothing")
    assert "Pupil ID with Estab and EntryDate behind it" in told.why


def test_a_child_without_the_number_that_a_file_knows_children_by_is_not_set_aside() -> None:
    """Children new to the country have no UPN and no NHS number yet."""
    new = {"Pupil ID": " ", "UPN": ""}
    keys = _without_keys("school_census", {}, new, new | {"Forename": "Rose"}).rows["record_id"]
    assert (keys.n_unique(), "" in keys) == (3, False)


def test_a_key_of_the_row_outweighs_a_number_of_the_child() -> None:
    csv = pl.DataFrame([GOOD["social_care"] | {"Person ID": "77"}]).write_csv()
    read = read_bytes("social_care.csv", csv.encode(), CONTRACTS["social_care"])
    assert read.rows["record_id"].to_list() == [GOOD["social_care"]["RecordId"]]
    assert "key of the child" not in {breach.rule for breach in read.breaches}


def test_the_preferences_of_an_application_are_rows_of_their_own() -> None:
    """Under one number they contradicted each other: an export of preferences was set aside nearly whole."""
    first, second = {"Pref No": "1", "OfferStatus": "Refused"}, {"Pref No": "2", "OfferStatus": "Accepted"}
    good = {header: cell for header, cell in GOOD["admissions"].items() if header != "Preference"}
    csv = pl.DataFrame([good | first, good | second]).write_csv()
    read = read_bytes("admissions.csv", csv.encode(), CONTRACTS["admissions"])
    assert read.rows[CONTRACTS["admissions"].key.name].to_list() == ["AP0000001|1", "AP0000001|2"]
    assert not read.breaches


def _by_hand(*rows: dict[str, str]) -> FileRows:
    """A home-education register kept by hand, without any number."""
    own = {k: v for k, v in GOOD["ehe_register"].items() if k not in ("RecordId", "UPN")}
    csv = pl.DataFrame([own | row for row in rows]).write_csv()
    return read_bytes("ehe_register.csv", csv.encode(), CONTRACTS["ehe_register"])


def test_a_list_without_keys_and_numbers_is_read_and_each_row_is_known_again_by_its_child() -> None:
    isla, rose = {"Forename": "Isla"}, {"Forename": "Rose"}
    before, after = _by_hand(isla, rose), _by_hand(rose, isla | {"Forename": " ISLA", "ClosedOn": "01/11/2026"})
    assert not before.is_refused
    assert before.rows["record_id"].to_list() == after.rows["record_id"].reverse().to_list()
    assert before.rows["record_id"].n_unique() == 2
    (told,) = [breach for breach in before.breaches if breach.rule == "key of the child"]
    assert (told.column, told.stops) == ("RecordId", "nothing")


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param({"Forename": "Rose"}, id="a brother or sister"),
        pytest.param({"DateOfBirth": "24/03/2013"}, id="a namesake"),
        pytest.param({"Postcode": "ZA9 9ZZ"}, id="a namesake with the same birthday, at another home"),
        pytest.param({"NotifiedOn": "01/02/2024"}, id="the child, once more"),
    ],
)
def test_rows_without_keys_that_may_not_be_one_are_kept_apart(cells: dict[str, str]) -> None:
    assert _by_hand({}, cells).rows["record_id"].n_unique() == 2


def test_a_row_that_names_nobody_has_no_key_of_its_own() -> None:
    nobody = dict.fromkeys(GOOD["ehe_register"], "") | {"Suitability": "Suitable"}
    assert _by_hand({}, nobody).rows["record_id"].to_list()[1] == ""


def test_a_key_says_nothing_of_its_child() -> None:
    (key,) = _by_hand({}).rows["record_id"]
    assert not any(cell.lower() in key for cell in GOOD["ehe_register"].values() if len(cell) > 1)


def test_a_key_under_a_header_like_its_own_is_not_passed_over(tmp_path: Path) -> None:
    pl.DataFrame([GOOD["ehe_register"]]).rename({"RecordId": "Record_Ident"}).write_csv(tmp_path / "ehe_register.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert found.is_refused
    assert [(b.rule, b.column) for b in found.breaches if b.stops == "file"] == [("renamed column", "Record_Ident")]


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        pytest.param({"FullName": "Tenant"}, True, id="under another name: no row says whom it is about"),
        pytest.param({"FullName": "Name"}, False, id="under a name that the contract knows"),
        pytest.param({"FullName": "Surname"}, False, id="in part: a surname"),
    ],
)
def test_a_list_without_any_column_of_names_is_refused_whole(
    tmp_path: Path, headers: dict[str, str], is_refused: bool
) -> None:
    """Else each of its rows would be set aside, and nothing would stand in for the source."""
    row = {k: v for k, v in GOOD["housing"].items() if k not in ("Surname", "Forename")}
    pl.DataFrame([row]).rename(headers).write_csv(tmp_path / "housing.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    refusing = [(breach.rule, breach.column) for breach in found.breaches if breach.stops == "file"]
    assert refusing == ([("missing column", "FullName")] if is_refused else [])
    assert found.is_refused == is_refused


def test_a_list_that_lacks_one_column_of_its_layout_is_told_that_one(tmp_path: Path) -> None:
    """Not that it has no header, as by the columns of another layout."""
    kept = {"Child": "Isla Merrick", "DOB": "24/03/2015", "Address": "1 High Street", "Closed": "", "Suitable?": "Yes"}
    pl.DataFrame([kept]).write_csv(tmp_path / "ehe_register.csv")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert [(b.rule, b.column) for b in found.breaches if b.stops == "file"] == [("missing column", "NotifiedOn")]
