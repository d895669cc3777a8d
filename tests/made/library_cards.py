"""A made-up source for tests of reading and receiving: library cards, with contract, good files, and a sentinel child."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from pipelines.files.rows import FileRows
from pipelines.intake.receipt.receive import Received, check_files, receive

SENTINEL = ("Quillfeather", "Zebedee", "13/02/2015", "Flat 9, Sentinel Wharf", "ZA9 9ZQ", "LC777777")
"""Values of a child who is in every bad file and must not be found in any message."""

HEADERS = ("CardNo", "Surname", "Forename", "BirthDate", "Sex", "Address", "Postcode", "LastLoan")
SMITH = ("LC000001", "Smith", "Ann", "01/05/2014", "F", "1 High Street", "ZA1 1AA", "02/09/2026")
QUILLFEATHER = ("LC777777", "Quillfeather", "Zebedee", "13/02/2015", "M", "Flat 9, Sentinel Wharf", "ZA9 9ZQ", "")
OKAFOR = ("LC000003", "Okafor", "Chidi", "31/12/2012", "M", '2 "The Elms"', "ZA2 2BB", "")
NAMES = ("card_no", "surname", "forename", "born_on", "sex", "address", "postcode", "last_loan_on")
"""Our names of those columns."""

ROWS = (SMITH, QUILLFEATHER, OKAFOR)
"""The rows of a file of library cards."""
FORTY_CARDS = [(f"LC1{n:05}", "Smith", f"Ann {n}", "01/05/2014", "F", "", "", "") for n in range(40)]

_UNIQUE = {
    "metric": "duplicateValues",
    "mustBe": 0,
    "businessImpact": "Two cards with one number cannot be told apart.",
    "customProperties": [{"property": "stops", "value": "row"}, {"property": "fix", "value": "Number each card."}],
}


def _column(name: str, header: str, **more: Any) -> dict[str, Any]:
    extra = {"classification": "personal", "description": f"{header} on the card."}
    return {"name": name, "physicalName": header, **extra, **more}


def _required(stops: str = "row") -> dict[str, Any]:
    return {"required": True, "requiredStops": stops, "requiredWhy": "A card without it is nobody's."}


def library_contract(source: str = "library_cards", *, key: str = "card_no", **changes: Any) -> Contract:
    """The contract. Every such source is a roll unless it is named ``reading_clubs``.

    ``key`` is our name for CardNo; ``changes`` replace keys of its ``files`` part.
    """
    date = {
        "logicalType": "date",
        "logicalTypeOptions": {"format": "dd/MM/yyyy"},
        "alsoWritten": ["yyyy-MM-dd"],
        "badTypeStops": "row",
        "badTypeWhy": "A day that is in no calendar says nothing about a child.",
    }
    columns = [
        _column(key, "CardNo", primaryKey=True, quality=[_UNIQUE], **_required()),
        _column("surname", "Surname", mapsTo="surname", alsoCalled=["Family name"], **_required()),
        _column("forename", "Forename", mapsTo="forename"),
        _column("born_on", "BirthDate", mapsTo="date_of_birth", **date),
        _column("sex", "Sex", mapsTo="sex", codes={"F": "F", "M": "M", "": ""}, quality=[_known_code()]),
        _column("address", "Address", mapsTo="address"),
        _column("postcode", "Postcode", mapsTo="postcode"),
        _column("last_loan_on", "LastLoan", mayBeAbsent=True, **date),
        _column("branch", "Branch", mayBeAbsent=True, notUsed="Read only to show the header of an XML file."),
    ]
    files = {
        "names": [f"{source}*.csv", f"{source}*.xml", f"{source}*.xlsx"],
        "encodings": ["utf-8", "windows-1252"],
        "xml": {
            "root": "Library",
            "rows": ["Cards/Card", "Closed/Card"],
            "header": {"branch": "Header/Branch"},
            "key": ["surname", "born_on", "branch"],
        },
    } | changes
    properties = {
        "files": {key: value for key, value in files.items() if value is not None},
        "says": [{"kind": "seen", "on": ["last_loan_on"]}],
        "is_roll": source != "reading_clubs",
    }
    return Contract.model_validate(
        {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": source,
            "name": source.replace("_", " ").capitalize(),
            "version": "1.0.0",
            "status": "active",
            "description": {"purpose": "Who holds a card."},
            "customProperties": [{"property": key, "value": value} for key, value in properties.items()],
            "schema": [
                {
                    "name": source,
                    "physicalName": f"raw_{source}",
                    "description": "One row is one card.",
                    "properties": columns,
                }
            ],
        }
    )


def _known_code() -> dict[str, Any]:
    return {
        "metric": "invalidValues",
        "mustBe": 0,
        "businessImpact": "A code outside the list means nothing to us.",
        "customProperties": [{"property": "stops", "value": "row"}, {"property": "fix", "value": "Use F or M."}],
    }


def as_csv(*rows: Sequence[str], headers: Sequence[str] = HEADERS, delimiter: str = ",", end: str = "\n") -> str:
    """A well-formed delimited file; values are quoted where necessary."""

    def written(value: str) -> str:
        has_special = any(mark in value for mark in (delimiter, '"', "\n", "\r"))
        return '"' + value.replace('"', '""') + '"' if has_special else value

    return "".join(delimiter.join(map(written, row)) + end for row in (headers, *rows))


GOOD = as_csv(SMITH, QUILLFEATHER, OKAFOR)
"""A good file of three cards, on lines 2 to 4."""


def as_xml(*rows: Sequence[str], headers: Sequence[str] = HEADERS, branch: str = "Central") -> str:
    """The same cards as XML. Empty values are left out, and each card is on its own line."""
    escape = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<Library><Header><Branch>{branch}</Branch></Header>",
        "<Cards>",
    ]
    for row in rows:
        values = [
            f"<{header}>{''.join(escape.get(letter, letter) for letter in value)}</{header}>"
            for header, value in zip(headers, row, strict=True)
            if value and header != "CardNo"
        ]
        lines.append("<Card>" + "".join(values) + "</Card>")
    return "\n".join([*lines, "</Cards></Library>"])


def as_xlsx(*rows: Sequence[str], headers: Sequence[str] = HEADERS, sheet: str = "Cards", skip: int = 0) -> bytes:
    """A workbook of text cells with its header on line ``skip`` + 1."""

    def fill(page: Any) -> None:
        for line, row in enumerate((headers, *rows), start=skip):
            for position, value in enumerate(row):
                page.write_string(line, position, value)

    return workbook(fill, sheet)


def workbook(fill: Callable[[Any], None], sheet: str = "Cards") -> bytes:
    """A workbook with one sheet that ``fill`` writes."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        fill(book.add_worksheet(sheet))
    return kept.getvalue()


def several_sheets(
    *sheets: Sequence[Sequence[str]], names: Sequence[str | None] = (), hidden: Sequence[int] = ()
) -> bytes:
    """A workbook with several sheets of text cells, called Sheet1, Sheet2 ... unless ``names`` are given."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        for place, rows in enumerate(sheets):
            page = book.add_worksheet(names[place] if names else None)
            if place in hidden:
                page.hide()
            for line, row in enumerate(rows):
                for position, value in enumerate(row):
                    page.write_string(line, position, value)
    return kept.getvalue()


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A zip archive: name -> content."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return kept.getvalue()


def breaches_of(path: Path, *contracts: Contract) -> list[Breach]:
    """Every breach in one file, or in every file of a folder, as the night would find them."""
    known = {contract.id: contract for contract in contracts or (library_contract(),)}
    return [breach for file in check_files(path, known) for breach in file.breaches]


def put(folder: Path, **files: str | bytes) -> Path:
    """Write files into a folder: ``a__csv`` is ``a.csv``, ``north__slash__a__csv`` is ``north/a.csv``."""
    for name, data in files.items():
        path = folder / name.replace("__slash__", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def delivered(folder: Path, *contracts: Contract, **files: bytes | str) -> Received:
    """What a night receives from these files, named as by :func:`put`."""
    put(folder, **files)
    known = {contract.id: contract for contract in contracts or (library_contract(),)}
    return receive(folder, known, received_at=datetime(2026, 11, 20, 2, 30))


def told(found: FileRows) -> list[tuple[str, str, int | None]]:
    """Rule, what it stops, and line of each breach that reading found."""
    return [(breach.rule, breach.stops, breach.line) for breach in found.breaches]


def cards(found: FileRows) -> list[tuple[Any, ...]]:
    """The cells of the cards that were read, in the order of ``HEADERS``."""
    return found.rows.select(NAMES).rows()
