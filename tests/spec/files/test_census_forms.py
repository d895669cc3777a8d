"""The census as a school sends it (XML), plain or in the department's groups with all else that it holds of a pupil, and as a
system exports it (CSV) tell the same of the same pupils."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree  # files of our own making

import polars as pl
import pytest

from apps.made_up.authority import make_authority
from apps.made_up.error_rates import ErrorRates
from data_contracts.contract import read_contracts
from pipelines.intake.in_one_form.standardise import Standardised, standardise
from pipelines.intake.receipt.receive import receive
from tests.spec.contracts.test_contracts import GOOD

AS_AT = date(2026, 11, 20)


PLAIN: dict[str, tuple[str, ...]] = {}
GROUPED = (
    dict.fromkeys(("EnrolStatus", "EntryDate", "LeavingDate", "NCyearActual"), ("PupilStatus",))
    | dict.fromkeys(("SAON", "PAON", "Street", "Town", "UPRN"), ("HomeInformation", "Address", "BS7666Address"))
    | {"Postcode": ("HomeInformation", "Address")}
)
"""Where an element stands; all others in ``PupilIdentifiers``. As schools' systems write it (DfE, School census: business and
technical specification)."""

BESIDE = {
    ("Exclusions", "TermlyExclusion"): {"Category": "SUSP", "StartDate": "2026-03-03", "Reason1": "PP"},
    ("Attendance", "TermlyAttendance", "SessionDetails"): {"AttendanceReason": "C", "AbsenceSessions": "4"},
    ("SpecialEducationalNeeds", "SENneeds"): {"SENtype": "SEMH", "StartDate": "2025-01-07"},
    ("LearningAims", "LearningAim"): {"LearningStartDate": "2026-09-03", "Status": "1"},
    ("SchoolArrangedAP", "SchoolArrangedAPDetail"): {
        "URN": "999999",
        "EntryDate": "2026-01-10",
        "LeavingDate": "2026-05-01",
        "AttendancePattern": "PT",
    },
    ("OfNextYear", "Placements", "Placement"): {
        "EntryDate": "2025-01-10",
        "LeavingDate": "2025-05-01",
        "SchoolName": "Elm",
    },
}
"""What else a pupil may have, with begins and ends of its own; twice each."""


def _as_xml(rows: list[dict[str, str]], groups: dict[str, tuple[str, ...]]) -> bytes:
    """The rows of one school as its census message."""
    message = ElementTree.Element("Message")
    source = ElementTree.SubElement(ElementTree.SubElement(message, "Header"), "Source")
    about = ElementTree.SubElement(ElementTree.SubElement(message, "School"), "SchoolCharacteristics")
    for name in ("LEA", "Estab", "URN", "SchoolName"):
        ElementTree.SubElement(about if groups and name == "SchoolName" else source, name).text = rows[0][name]
    pupils = ElementTree.SubElement(message, "Pupils")
    on_roll = ElementTree.SubElement(pupils, "PupilsOnRoll")
    no_longer = ElementTree.SubElement(pupils, "PupilsNoLongerOnRoll")
    for row in rows:
        part, element = (no_longer, "PupilNoLongerOnRoll") if row["LeavingDate"] else (on_roll, "PupilOnRoll")
        pupil = ElementTree.SubElement(part, element)
        for name, value in row.items():
            if value and name not in ("LEA", "Estab", "URN", "SchoolName", "RecordId"):
                place = groups.get(name, ("PupilIdentifiers",)) if groups else ()
                ElementTree.SubElement(_group(pupil, place), name).text = value
        for place, things in BESIDE.items() if groups else ():
            for days_later in ("", "1"):
                thing = ElementTree.SubElement(_group(pupil, place[:-1]), place[-1])
                for name, value in things.items():
                    ElementTree.SubElement(thing, name).text = value[: -len(days_later) or None] + days_later
    return ElementTree.tostring(message, encoding="utf-8", xml_declaration=True)


def _group(pupil: ElementTree.Element, place: tuple[str, ...]) -> ElementTree.Element:
    """The element within a pupil at a place, made where it is not there yet."""
    for name in place:
        found = pupil.find(name)
        pupil = ElementTree.SubElement(pupil, name) if found is None else found
    return pupil


def _standardised(folder: Path) -> Standardised:
    contracts = read_contracts()
    received = receive(folder, contracts, received_at=datetime(2026, 11, 21, tzinfo=UTC), as_at=AS_AT)
    assert received.deliveries["rows_set_aside"].sum() == 0
    return standardise(received.raw, contracts, as_at=AS_AT)


@pytest.fixture(scope="module", params=[PLAIN, GROUPED], ids=["plain", "in the department's groups"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Standardised, Standardised]:
    """The largest school of a made-up authority, from its CSV rows and from the XML made of them."""
    folder = tmp_path_factory.mktemp("census")
    errors = ErrorRates.usual().scaled(0.0, names=("broken_rows",))
    make_authority(folder / "made", children=1500, seed=5, as_at=AS_AT, errors=errors, write_xml_for_schools=0)
    with (folder / "made/extracts/school_census.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["UPN"]]
    schools = [row["URN"] for row in rows]
    rows = [row for row in rows if row["URN"] == max(set(schools), key=schools.count)]
    for form in ("csv", "xml"):
        (folder / form).mkdir()
    with (folder / "csv/school_census.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "xml/school_census_school.xml").write_bytes(_as_xml(rows, request.param))
    return _standardised(folder / "csv"), _standardised(folder / "xml")


def test_the_same_person_records(both: tuple[Standardised, Standardised]) -> None:
    of_csv, of_xml = (made.person.drop("record_id") for made in both)
    assert of_csv.height > 100
    order = [name for name, kind in of_csv.schema.items() if not kind.is_nested()]
    assert of_csv.sort(order, nulls_last=True).equals(of_xml.sort(order, nulls_last=True))


def test_the_same_statements(both: tuple[Standardised, Standardised]) -> None:
    def told(made: Standardised) -> pl.DataFrame:
        whose = made.person.select("record_id", "upn")
        said = made.statements.join(whose, on="record_id", validate="m:1").drop("record_id")
        return said.sort(said.columns, nulls_last=True)

    assert told(both[0]).equals(told(both[1]))


@pytest.mark.parametrize(
    ("ended", "aside"),
    [
        pytest.param({}, [], id="on no day: the row is used"),
        *(pytest.param({"LeavingDate": cell}, [], id=f"on {cell}") for cell in ("N/A", "-", "Unknown", "9999-12-31")),
        pytest.param({"LeavingDate": "did not return"}, [], id="in words"),
        pytest.param({"LeavingDate": "Easter"}, ["leaver"], id="on no day that can be read: it is set aside"),
        pytest.param({"LeavingDate": "2026-10-09"}, [], id="on a day"),
    ],
)
def test_a_pupil_among_those_no_longer_on_roll_has_left(
    ended: dict[str, str], aside: list[str], tmp_path: Path
) -> None:
    message = ElementTree.Element("Message")
    source = ElementTree.SubElement(ElementTree.SubElement(message, "Header"), "Source")
    for name in ("LEA", "Estab", "URN", "SchoolName"):
        ElementTree.SubElement(source, name).text = GOOD["school_census"][name]
    pupils = ElementTree.SubElement(message, "Pupils")
    for key, place, more in (("pupil", "OnRoll", {}), ("leaver", "NoLongerOnRoll", ended)):
        pupil = ElementTree.SubElement(ElementTree.SubElement(pupils, f"Pupils{place}"), f"Pupil{place}")
        for name, value in (GOOD["school_census"] | {"RecordId": key, "UPN": "", "LeavingDate": ""} | more).items():
            if value and name not in ("LEA", "Estab", "URN", "SchoolName"):
                ElementTree.SubElement(pupil, name).text = value
    (tmp_path / "school_census.xml").write_bytes(ElementTree.tostring(message))
    received = receive(tmp_path, read_contracts(), received_at=datetime(2026, 11, 21, tzinfo=UTC), as_at=AS_AT)
    assert received.ended_without_day.to_list() == [f"school_census:{key}" for key in aside]
    assert received.raw["school_census"].height == 2 - len(aside)
    made = standardise(received.raw, read_contracts(), as_at=AS_AT).statements
    on_roll = made.filter(pl.col("until_on").is_null(), kind="provision")["record_id"]
    assert on_roll.to_list() == ["school_census:pupil"]
