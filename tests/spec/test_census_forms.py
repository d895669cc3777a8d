"""The census as a school sends it (XML) and as a system exports it (CSV) tell the same of the same pupils."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree  # files of our own making

import polars as pl
import pytest

from apps.made_up.authority import make_authority
from apps.made_up.error_rates import ErrorRates
from data_contracts.contract import read_contracts
from pipelines.intake.receive import receive
from pipelines.intake.standardise import Standardised, standardise

AS_AT = date(2026, 11, 20)


def _as_xml(rows: list[dict[str, str]]) -> bytes:
    """The rows of one school as its census message."""
    message = ElementTree.Element("Message")
    source = ElementTree.SubElement(ElementTree.SubElement(message, "Header"), "Source")
    for name in ("LEA", "Estab", "URN", "SchoolName"):
        ElementTree.SubElement(source, name).text = rows[0][name]
    pupils = ElementTree.SubElement(message, "Pupils")
    on_roll = ElementTree.SubElement(pupils, "PupilsOnRoll")
    no_longer = ElementTree.SubElement(pupils, "PupilsNoLongerOnRoll")
    for row in rows:
        part, element = (no_longer, "PupilNoLongerOnRoll") if row["LeavingDate"] else (on_roll, "PupilOnRoll")
        pupil = ElementTree.SubElement(part, element)
        for name, value in row.items():
            if value and name not in ("LEA", "Estab", "URN", "SchoolName", "RecordId"):
                ElementTree.SubElement(pupil, name).text = value
    return ElementTree.tostring(message, encoding="utf-8", xml_declaration=True)


def _standardised(folder: Path) -> Standardised:
    contracts = read_contracts()
    received = receive(folder, contracts, received_at=datetime(2026, 11, 21, tzinfo=UTC), as_at=AS_AT)
    assert received.deliveries["rows_set_aside"].sum() == 0
    return standardise(received.raw, contracts, as_at=AS_AT)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Standardised, Standardised]:
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
    (folder / "xml/school_census_school.xml").write_bytes(_as_xml(rows))
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
