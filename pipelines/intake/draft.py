"""Drafts a contract from a sample file, for a person to finish: its headers, types, codes, and what they may map to.

No value of the sample gets into the draft, except the codes in columns whose header says that they hold codes. What the
contracts shipped know alike of a field (other headers, forms of a day, placeholders) is in it too, as a sender may write any
of it next time.
"""

import re
from collections.abc import Mapping
from typing import Any

import polars as pl
import yaml

from data_contracts.contract import CONTRACT_FOLDER, Contract, ContractError, plain_header, read_contracts
from data_contracts.parts import MONTHS_ALONE, YEAR_ALONE, Column
from data_contracts.values import parse_dates
from pipelines.files.headers.faults import EXTRA, MISSING, RENAMED
from pipelines.files.read import read_bytes, sniff_headers
from pipelines.files.rows import UnreadableFileError

DECIDE = "Please decide"

FIELDS: tuple[tuple[str, str], ...] = (
    ("former_upn", r"formerupn"),
    ("upn", r"upn|uniquepupil"),
    ("nhs_number", r"nhs"),
    ("uprn", r"uprn"),
    ("date_of_birth", r"birth|dob|born"),
    ("parent_name", r"parent|carer|guardian|applicant"),
    ("other_surname", r"preferredsurname|formersurname"),
    ("surname", r"surname|lastname|familyname"),
    ("middle_names", r"middle|secondname"),
    ("forename", r"forename|firstname|givenname"),
    ("full_name", r"fullname|^name$|childname|pupilname"),
    ("sex", r"^sex|gender"),
    ("postcode", r"post_?code"),
    ("address", r"addr|street|^town$|saon|paon"),
    ("phone", r"phone|mobile|tel"),
    ("household", r"household|tenancyref|claimref|family(?:ref|id)"),
)
"""Field of a person record -> regular expression found in the header of its column, ignoring case and spaces. The first
counts."""

FORMS: tuple[tuple[str, str], ...] = (
    ("upn", r"^[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]$"),
    ("nhs_number", r"^\d{3}[ -]?\d{3}[ -]?\d{4}$"),
    ("postcode", r"^[A-Za-z]{1,2}\d[0-9A-Za-z]? *\d[A-Za-z]{2}$"),
)
"""Field -> form of nearly every cell of its column, used if the header says nothing."""

DATES = ("dd/MM/yyyy", "yyyy-MM-dd", "yyyyMMdd", "dd-MM-yyyy", "dd.MM.yyyy", "dd MMM yyyy", "dd-MMM-yyyy", "MM/dd/yyyy")

ALIKE = (
    *("surname", "forename", "middle_names", "full_name", "date_of_birth", "sex"),
    *("postcode", "upn", "former_upn", "uprn"),
)
"""Fields that the senders of many sources write in the same words. Every contract shipped knows the same of them."""

WHOSE = ("child", "pupil", "student", "dependant", "patient", "person")
"""How a header begins that says what the child is to its sender: each contract has its own."""

MONTH_FIRST = "MM/dd"
"""How a form begins in which the others would read another day."""

CODES = re.compile(r"status|type|code|category|outcome|flag|mode|tenure|group|phase|protected|sensitive")
"""Headers of columns that hold codes, not words about a child."""

MOST_CODES = 12


def draft(name: str, file: str, data: bytes) -> str:
    """A contract (YAML, status draft) for files like this one. Raises :class:`ContractError` if the sample cannot be read."""
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ContractError(f"{name}: give a name in lower case with underscores, such as library_cards.")
    try:
        headers = [header.strip() for header in sniff_headers(file, data)]
    except UnreadableFileError as error:
        raise ContractError(f"{file}: {error}") from None
    if not headers:
        raise ContractError(f"{file}: it does not even have a header line. Give a sample with headers and some rows.")
    if len(set(map(plain_header, headers))) < len(headers) or not all(headers):
        raise ContractError(f"{file}: every column needs a header of its own. Correct the first line and try again.")
    names = _names(headers)
    columns = [_text_column(own, header) for own, header in zip(names, headers, strict=True)]
    sample = read_bytes(file, data, Contract.model_validate(_document(name, file, columns, [])))
    if sample.is_refused:
        raise ContractError(str(next(breach for breach in sample.breaches if breach.stops == "file")))
    taken: set[str] = set()
    drafted = [_column(own, header, sample.rows[own], taken) for own, header in zip(names, headers, strict=True)]
    drafted = [_with_what_is_known_alike(column, headers) for column in drafted]
    key = next((c for c in drafted if sample.rows[c["name"]].is_unique().all() and not _maps(c)), drafted[0])
    key |= {"primaryKey": True, "description": f"{DECIDE}: is this the key of a row, the same from night to night?"}
    days = [c["name"] for c in drafted if c.get("logicalType") == "date" and not _maps(c)]
    for column in drafted:
        if column["name"] in days:
            column["customProperties"] = [p for p in column["customProperties"] if p["property"] != "notUsed"]
    says: list[Mapping[str, Any]] = [{"kind": "seen", "on": days}] if days else []
    return _as_yaml(_document(name, file, drafted, says))


def copied(name: str, shipped: Contract, file: str, data: bytes) -> str:
    """The contract of a source as shipped, to be fitted to one sender's files like this one. Differences are named at its
    head. ``name``: of the contract's file."""
    breaches = read_bytes(file, data, shipped).breaches
    unknown = sorted({b.column for b in breaches if b.column and b.rule in (EXTRA, RENAMED)})
    missing = sorted({b.column for b in breaches if b.column and b.rule == MISSING})
    lines = [
        f"{DECIDE}: which columns are these headers of the sample? Put each under alsoCalled: {', '.join(unknown)}",
        f"{DECIDE}: the sample has no column of these names: {', '.join(missing)}",
    ]
    to_decide = [line for line, names in zip(lines, (unknown, missing), strict=True) if names]
    head = "".join(
        f"# {line}\n" for line in ("Copied from the contract that is shipped, for one sender's files.", *to_decide)
    )
    return head + (CONTRACT_FOLDER / name).read_text(encoding="utf-8")


def _names(headers: list[str]) -> list[str]:
    names: list[str] = []
    for number, header in enumerate(headers, start=1):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header)
        own = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or f"column_{number}"
        own = own if own[0].isalpha() else f"column_{own}"
        names.append(f"{own}_{number}" if own in names else own)
    return names


def _text_column(name: str, header: str) -> dict[str, Any]:
    return {
        "name": name,
        "physicalName": header,
        "primaryKey": False,
        "classification": "personal",
        "description": "-",
        "customProperties": [{"property": "notUsed", "value": "-"}],
    }


def _document(name: str, file: str, columns: list[dict[str, Any]], says: list[Mapping[str, Any]]) -> dict[str, Any]:
    if not any(column["primaryKey"] for column in columns):
        columns = [columns[0] | {"primaryKey": True}, *columns[1:]]
    ending = file.rpartition(".")[2].lower()
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name,
        "name": name.replace("_", " ").capitalize(),
        "version": "0.1.0",
        "status": "draft",
        "description": {"purpose": f"{DECIDE}: what is this file for, and what do its rows prove, and for how long?"},
        "customProperties": [
            {"property": "files", "value": {"names": [f"{name}*.{ending}"], "encodings": ["utf-8", "windows-1252"]}},
            {"property": "says", "value": says},
        ],
        "schema": [
            {
                "name": name,
                "physicalName": f"raw_{name}",
                "description": f"{DECIDE}: what is one row?",
                "properties": columns,
            }
        ],
    }


def _maps(column: Mapping[str, Any]) -> bool:
    return any(entry["property"] == "mapsTo" for entry in column["customProperties"])


def _column(name: str, header: str, cells: pl.Series, taken: set[str]) -> dict[str, Any]:
    """One column for a person to finish; ``taken`` collects the fields that are mapped already."""
    filled = cells.str.strip_chars()
    filled = filled.filter(filled != "")
    column = _text_column(name, header) | {"description": f"{DECIDE}: what is this?"}
    properties: dict[str, Any] = {}
    field = _field(header, filled)
    if field and (field not in taken or field == "address"):
        taken.add(field)
        properties["mapsTo"] = field
        column["description"] = f"{DECIDE}: is this the child's {field.replace('_', ' ')}?"
    else:
        properties["notUsed"] = f"{DECIDE}: what does it say of a child, or why is it not used?"
    if written := _date_format(filled):
        column |= {"logicalType": "date", "logicalTypeOptions": {"format": written}}
        properties |= {"badTypeStops": "nothing", "badTypeWhy": "A value that is not a real date counts as empty."}
    elif field == "sex":
        properties["codes"] = {"F": "F", "M": "M", "Female": "F", "Male": "M", "U": ""}
    elif CODES.search(plain_header(header)) and field is None and 0 < filled.n_unique() <= MOST_CODES:
        properties["codes"] = {code: code for code in sorted(set(filled)) if len(code) <= 30}
    column["customProperties"] = [{"property": key, "value": value} for key, value in properties.items() if value]
    return column


def _with_what_is_known_alike(column: dict[str, Any], headers: list[str]) -> dict[str, Any]:
    """The column with what the contracts shipped know of its field and of days. ``headers``: of the sample, each of which
    names one column only."""
    field = next((entry["value"] for entry in column["customProperties"] if entry["property"] == "mapsTo"), None)
    known = _shipped_columns()
    alike = next((each for each in known if field in ALIKE and each.maps_to == field), None)
    properties: dict[str, Any] = {}
    if alike is not None:
        named = {plain_header(header): header for header in alike.headers}
        taken = set(map(plain_header, headers))
        properties["alsoCalled"] = [h for p, h in named.items() if p not in taken and not p.startswith(WHOSE)]
        properties["notAValue"] = list(alike.not_a_value)
        properties["codes"] = dict(alike.codes)
    written = column.get("logicalTypeOptions", {}).get("format", MONTH_FIRST)
    if not written.startswith(MONTH_FIRST):
        dated = alike or next(each for each in known if each.also_written and not each.maps_to)
        left_out = {written, *MONTHS_ALONE} | ({YEAR_ALONE} if alike is None else set())
        properties["alsoWritten"] = [form for form in dated.dates_written if form not in left_out]
    kept = [entry for entry in column["customProperties"] if entry["property"] not in properties]
    return column | {
        "customProperties": [*kept, *({"property": key, "value": value} for key, value in properties.items() if value)]
    }


def _shipped_columns() -> list[Column]:
    return [column for contract in read_contracts().values() for column in contract.columns]


def _field(header: str, filled: pl.Series) -> str | None:
    plain = plain_header(header)
    by_header = next((field for field, pattern in FIELDS if re.search(pattern, plain)), None)
    if by_header or filled.is_empty():
        return by_header
    return next((field for field, form in FORMS if _share(filled.str.contains(form)) >= 0.9), None)


def _share(holds: pl.Series) -> float:
    return float(holds.sum()) / len(holds)


def _date_format(filled: pl.Series) -> str | None:
    """The one format in which nearly all cells are dates; null: none."""
    for written in DATES if filled.len() else ():
        column = Column.model_validate(
            {
                "name": "day",
                "physicalName": "day",
                "logicalType": "date",
                "logicalTypeOptions": {"format": written},
                "badTypeWhy": "-",
                "classification": "personal",
                "description": "-",
            }
        )
        if filled.alias("day").to_frame().select(parse_dates(column).is_not_null().mean()).item() >= 0.9:
            return written
    return None


def _as_yaml(document: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return f"# Drafted from a sample. Finish every line that says '{DECIDE}', then make the status active.\n" + text
