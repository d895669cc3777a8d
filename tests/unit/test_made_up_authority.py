"""The made-up authority: its files, its truth, and that nobody real can be met in it."""

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import fastexcel
import pytest

from apps.made_up.authority import MadeUp, make_authority
from apps.made_up.error_rates import ErrorRates
from apps.made_up.people import DRAMA_PHONES

AS_AT = date(2026, 11, 20)
CHILDREN = 2500
KEYS = {"admissions": "ApplicationRef", "housing": "PersonRef"}
LIST = ["RecordId", "UPN", "Surname", "Forename", "MiddleNames", "DateOfBirth", "Sex", "Address", "Postcode"]
HEADERS = {
    "school_census": ["LEA", "Estab", "URN", "SchoolName", "UPN", "FormerUPN", "Surname", "Forename", "MiddleNames",
                      "PreferredSurname",
                      "Sex", "BirthDate", "NCyearActual", "EnrolStatus", "EntryDate", "LeavingDate", "SAON", "PAON",
                      "Street", "Town",
                      "Postcode", "UPRN", "RecordId"],
    "admissions": ["ApplicationRef", "ApplicationType", "AppliedOn", "ChildForename", "ChildMiddleName",
                   "ChildSurname", "DateOfBirth",
                   "Gender", "AddressLine1", "AddressLine2", "Postcode", "ParentName", "ParentPhone", "OfferStatus",
                   "OfferedURN",
                   "ExpectedStartDate"],
    "housing": ["PersonRef", "TenancyRef", "Tenure", "TenancyStart", "TenancyEnd", "FullName", "DateOfBirth",
                "Relationship", "Address",
                "Postcode", "UPRN", "LastVerified"],
    "health": ["RecordId", "NHSNumber", "FamilyName", "GivenNames", "Gender", "BirthDate", "AddressLine1",
               "AddressLine2", "Postcode",
               "GPPractice", "RegisteredFrom", "DeductionDate", "LastContact"],
    "ehe_register": [*LIST, "NotifiedOn", "ClosedOn", "Suitability"],
    "alternative_provision": [*LIST, "Provider", "StartDate", "EndDate"],
    "independent_schools": [*LIST, "School", "StartDate"],
    "other_la": [*LIST, "ConfirmedOn", "ConfirmingLA", "SchoolName"],
    "social_care": [*LIST, "Status", "Opened", "Closed", "AddressProtected"],
    "referrals": [*LIST, "ReferredOn", "ReferredBy", "Concern"],
    "lost_pupils": [*LIST, "UploadedOn", "LastSchoolURN"],
}  # fmt: skip
CODES = [
    pytest.param("school_census", "Sex", {"M", "F", "U"}, id="census sex"),
    pytest.param("school_census", "EnrolStatus", {"C", "M", "S", "G", "F", "O"}, id="enrolment status"),
    pytest.param("admissions", "ApplicationType", {"Reception", "Year 7", "In-year"}, id="application type"),
    pytest.param("admissions", "Gender", {"Male", "Female", "Not stated"}, id="gender of applicants"),
    pytest.param("admissions", "OfferStatus", {"Accepted", "Offered", "Refused", "Withdrawn", "No offer"}, id="offers"),
    pytest.param("health", "Gender", {"1", "2", "9"}, id="gender on GP lists"),
    pytest.param("housing", "Relationship", {"Son", "Daughter", "Child"}, id="relationship to the tenant"),
    pytest.param("social_care", "Status", {"CIN", "CP", "CLA"}, id="social care status"),
    pytest.param("social_care", "AddressProtected", {"Y", "N"}, id="protected addresses"),
    pytest.param(
        "ehe_register", "Suitability", {"Suitable", "Not yet assessed", "Under review", "Unsuitable"}, id="suitability"
    ),
]
Rows = list[dict[str, str]]


def xml_rows(path: Path) -> Rows:
    root = ElementTree.parse(path).getroot()  # noqa: S314 - our own file
    assert root.tag == "Message"
    head = {name: root.findtext(f"Header/Source/{name}") or "" for name in ("LEA", "Estab", "URN", "SchoolName")}
    parts = ("Pupils/PupilsOnRoll/PupilOnRoll", "Pupils/PupilsNoLongerOnRoll/PupilNoLongerOnRoll")
    rows = []
    for part in parts:
        for pupil in root.findall(part):
            row = head | {element.tag: element.text or "" for element in pupil}
            row["RecordId"] = "|".join(row.get(name, "") for name in ("UPN", "LEA", "Estab", "EntryDate"))
            rows.append({name: row.get(name, "") for name in HEADERS["school_census"]})
            assert ("NoLonger" in part) == bool(row.get("LeavingDate", "") and row["LeavingDate"] <= AS_AT.isoformat())
    return rows


def read(folder: Path, source: str) -> Rows:
    """All rows of a source as text, read without any code of the project."""
    if source == "ehe_register":
        sheet = (
            fastexcel.read_excel(folder / "extracts" / "ehe_register.xlsx").load_sheet(0, dtypes="string").to_polars()
        )
        return [{k: v or "" for k, v in row.items()} for row in sheet.iter_rows(named=True)]
    text = (folder / "extracts" / f"{source}.csv").read_bytes().decode("cp1252" if source == "housing" else "utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    for path in sorted((folder / "extracts").glob(f"{source}_*.xml")):
        rows += xml_rows(path)
    return rows


def truth(folder: Path, name: str) -> Rows:
    return list(csv.DictReader(io.StringIO((folder / "truth" / name).read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeUp:
    return make_authority(tmp_path_factory.mktemp("made"), children=CHILDREN, seed=11, as_at=AS_AT)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> MadeUp:
    folder = tmp_path_factory.mktemp("clean")
    return make_authority(folder, children=CHILDREN, seed=11, as_at=AS_AT, errors=ErrorRates.none())


def every_row(made: MadeUp) -> Iterator[tuple[str, dict[str, str]]]:
    for source in HEADERS:
        for row in read(made.folder, source):
            yield source, row


@pytest.mark.parametrize("source", HEADERS)
def test_each_extract_has_the_headers_of_its_layout(made: MadeUp, source: str) -> None:
    rows = read(made.folder, source)
    assert len(rows) == made.rows[source]
    assert all(list(row) == HEADERS[source] for row in rows)


@pytest.mark.parametrize(("source", "column", "codes"), CODES)
def test_codes_are_those_of_the_layout(clean: MadeUp, source: str, column: str, codes: set[str]) -> None:
    assert {row[column] for row in read(clean.folder, source)} <= codes


def test_every_record_has_one_child_and_every_key_is_used_once(made: MadeUp) -> None:
    written = Counter((source, row[KEYS.get(source, "RecordId")]) for source, row in every_row(made))
    told = Counter((row["source"], row["source_record_id"]) for row in truth(made.folder, "records.csv"))
    assert written == told
    assert set(written.values()) == {1}


def test_pupils_of_an_xml_school_are_in_the_xml_only(made: MadeUp) -> None:
    (path,) = (made.folder / "extracts").glob("school_census_*.xml")
    estab = path.stem.rpartition("_")[2]
    in_csv = {r["Estab"] for r in read(made.folder, "school_census") if r["RecordId"].startswith("CEN")}
    assert {row["Estab"] for row in xml_rows(path)} == {estab}
    assert estab not in in_csv


def shows_education(source: str, row: dict[str, str]) -> bool:
    today = AS_AT.isoformat()
    match source:
        case "school_census":
            return not row["LeavingDate"] or row["LeavingDate"] > today
        case "ehe_register":
            return not row["ClosedOn"] and row["Suitability"] != "Unsuitable"
        case "alternative_provision":
            return not row["EndDate"]
        case _:
            return source in ("independent_schools", "other_la")


def test_targets_are_children_of_age_living_here_known_and_without_current_education(made: MadeUp) -> None:
    child_of = {(r["source"], r["source_record_id"]): r["child_id"] for r in truth(made.folder, "records.csv")}
    known: dict[str, bool] = defaultdict(bool)
    for source, row in every_row(made):
        known[child_of[source, row[KEYS.get(source, "RecordId")]]] |= shows_education(source, row)
    children = truth(made.folder, "children.csv")
    wanted = {c for c, educated in known.items() if not educated}
    targets = {r["child_id"] for r in children if r["of_age"] == r["resident"] == "1"} & wanted
    assert {r["child_id"] for r in children if r["target"] == "1"} == targets
    unsuitable = {
        child_of[source, row["RecordId"]]
        for source, row in every_row(made)
        if source == "ehe_register" and row["Suitability"] == "Unsuitable"
    }
    assert {r["child_id"] for r in children if r["true_cme"] == "1"} == {
        r["child_id"]
        for r in children
        if r["target"] == "1" and (r["state"] == "cme" or (r["state"] == "ehe" and r["child_id"] in unsuitable))
    }
    assert made.targets == len(targets) > 0
    assert {r["state"] for r in children if r["target"] == "1"} >= {"cme", "independent", "other_la"}


def test_children_gone_are_not_seen_after_they_left(clean: MadeUp) -> None:
    child_of = {(r["source"], r["source_record_id"]): r["child_id"] for r in truth(clean.folder, "records.csv")}
    gone = {r["child_id"] for r in truth(clean.folder, "children.csv") if r["state"] == "gone"}
    rolls = [r for r in read(clean.folder, "school_census") if child_of["school_census", r["RecordId"]] in gone]
    assert rolls
    assert all(row["LeavingDate"] <= AS_AT.isoformat() for row in rolls)
    lists = read(clean.folder, "health")
    ago = [
        (AS_AT - date.fromisoformat(row["LastContact"])).days
        for row in lists
        if child_of["health", row["RecordId"]] in gone
    ]
    here = [
        (AS_AT - date.fromisoformat(row["LastContact"])).days
        for row in lists
        if child_of["health", row["RecordId"]] not in gone
    ]
    assert sorted(ago)[len(ago) // 2] > sorted(here)[len(here) // 2] + 180
    assert min(ago) < sorted(here)[len(here) // 2] < 500, "the two overlap: a date alone does not tell them apart"


def test_dates_of_clean_extracts_follow_one_another(clean: MadeUp) -> None:
    today = AS_AT.isoformat()
    for row in read(clean.folder, "school_census"):
        assert row["BirthDate"] < row["EntryDate"] <= today
        assert not row["LeavingDate"] or row["EntryDate"] < row["LeavingDate"]
    for row in read(clean.folder, "health"):
        born = f"{row['BirthDate'][:4]}-{row['BirthDate'][4:6]}-{row['BirthDate'][6:]}"
        assert born <= row["RegisteredFrom"] <= row["LastContact"] <= today
    for source, names in {
        "admissions": ("DateOfBirth", "AppliedOn"),
        "housing": ("DateOfBirth", "LastVerified"),
        "ehe_register": ("DateOfBirth", "NotifiedOn", "ClosedOn"),
        "alternative_provision": ("DateOfBirth", "StartDate", "EndDate"),
        "other_la": ("DateOfBirth", "ConfirmedOn"),
        "social_care": ("DateOfBirth", "Opened", "Closed"),
        "lost_pupils": ("DateOfBirth", "UploadedOn"),
    }.items():
        for row in read(clean.folder, source):
            days = [row[name][6:] + row[name][3:5] + row[name][:2] for name in names if row[name]]
            assert days == sorted(days), (source, names)
            assert days[-1] <= today.replace("-", "")


def upn_is_right(upn: str) -> bool:
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    values = [int(c) if c.isdigit() else letters.index(c) for c in upn[1:]]
    return len(upn) == 13 and letters[sum(v * w for v, w in zip(values, range(2, 14), strict=True)) % 23] == upn[0]


def nhs_number_is_right(number: str) -> bool:
    check = 11 - sum(int(d) * w for d, w in zip(number[:9], range(10, 1, -1), strict=True)) % 11
    return len(number) == 10 and check != 10 and int(number[9]) == check % 11


def test_numbers_have_right_check_characters_and_belong_to_one_child(clean: MadeUp) -> None:
    child_of = {(r["source"], r["source_record_id"]): r["child_id"] for r in truth(clean.folder, "records.csv")}
    owners: dict[str, set[str]] = defaultdict(set)
    for source, row in every_row(clean):
        for name in ("UPN", "FormerUPN"):
            if upn := row.get(name):
                assert upn_is_right(upn)
                owners[upn].add(child_of[source, row[KEYS.get(source, "RecordId")]])
        if source == "health":
            assert nhs_number_is_right(row["NHSNumber"])
            owners[row["NHSNumber"]].add(child_of[source, row["RecordId"]])
    assert {len(children) for children in owners.values()} == {1}


def test_no_real_place_person_or_number_can_be_met(clean: MadeUp) -> None:
    areas, phones = set(), set()
    for source, row in every_row(clean):
        areas.add(row["Postcode"][:2])
        assert row.get("UPRN", "999")[:3] in ("999", "")
        assert source != "health" or row["NHSNumber"].startswith("999")
        if row.get("ParentPhone"):
            phones.add(row["ParentPhone"].replace(" ", ""))
    assert areas <= {"ZA", "ZB", "ZC"}, "no place has such a postcode"
    drama = tuple(prefix.replace(" ", "") for prefix in DRAMA_PHONES)
    assert all(phone.startswith(drama) and len(phone) == 11 for phone in phones)
    towns = {row["Town"] for row in read(clean.folder, "school_census")}
    assert all(re.fullmatch(r"Z\w+", town) for town in towns)


def test_families_look_like_families(made: MadeUp) -> None:
    twins = made.children["twin"].mean()
    groups = made.children["group"].n_unique()
    assert isinstance(twins, float)
    assert 0.01 < twins < 0.06
    assert groups >= 14
    states = dict(made.children.group_by("state").len().rows())
    assert set(states) == {"state", "preschool", "post16", "gone", "independent", "other_la", "ehe", "ap", "cme"}
    assert 0.004 < states["cme"] / CHILDREN < 0.016
    hostels = Counter(row["UPRN"] for row in read(made.folder, "housing") if "Lodge" in row["Address"] and row["UPRN"])
    assert max(hostels.values()) >= 8, "many families share the number of a hostel"


def digest(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_one_seed_gives_one_authority_to_the_byte(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        make_authority(tmp_path / name, children=400, seed=seed, as_at=AS_AT)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_an_authority_replaces_the_one_before_it_in_the_folder(tmp_path: Path) -> None:
    make_authority(tmp_path, children=300, seed=1, as_at=AS_AT, write_xml_for_schools=3)
    make_authority(tmp_path, children=300, seed=1, as_at=AS_AT, write_xml_for_schools=0)
    assert not list((tmp_path / "extracts").glob("*.xml"))


def test_the_published_rate_can_be_asked_for(tmp_path: Path) -> None:
    made = make_authority(tmp_path, children=8000, seed=2, as_at=AS_AT, cme_rate=0.004)
    of_age = made.children.filter(of_age=1, resident=1)
    assert 0.002 < of_age.filter(state="cme").height / of_age.height < 0.007


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"children": 0}, "children must lie between", id="no children"),
        pytest.param({"children": 10_000_000}, "children must lie between", id="more than the numbers for tests reach"),
        pytest.param({"cme_rate": 1.5}, "between 0 and 1", id="a rate that is no share"),
    ],
)
def test_numbers_without_sense_are_refused(tmp_path: Path, wrong: dict[str, float], message: str) -> None:
    arguments = {"children": 10, "seed": 1, "as_at": AS_AT} | wrong
    with pytest.raises(ValueError, match=message):
        make_authority(tmp_path, **arguments)  # type: ignore[arg-type]
