"""Bad files: for every source and every form what may go wrong with a file as such, and the verdict that is wanted."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from data_contracts.contract import Column, Contract
from tests.corpus.good import (
    SENTINEL,
    Formula,
    as_census_xml,
    as_csv,
    as_xlsx,
    good_cells,
    good_csv,
    good_rows,
    headers,
)

Verdict = Literal["refused", "row set aside", "counted", "fine"]


@dataclass(frozen=True)
class FileCase:
    """One file, and what must be said of it."""

    what: str
    file: str
    data: bytes
    verdict: Verdict
    rule: str | None = None
    """The rule that must be named; null: none at all may be."""
    line: int | None = None
    """The line that must be named with it; null: the whole file, or any."""
    rows: int | None = None
    """Rows that must be read; null: not said."""


def of_every_source(contract: Contract) -> Iterator[FileCase]:
    """Files that are refused or wrong in the same way whoever sends them. Hardly any gets as far as the judge."""
    name, good = contract.id, good_csv(contract)
    csv_file = f"{name}.csv"
    yield FileCase("nothing", csv_file, b"", "refused", "empty file")
    yield FileCase("blank lines", csv_file, b"\r\n \r\n\t\r\n", "refused", "empty file")
    yield FileCase("a mark and nothing", csv_file, b"\xef\xbb\xbf", "refused", "empty file")
    yield FileCase("rows without a header", csv_file, good.partition("\r\n")[2].encode(), "refused", "header", 1)
    yield FileCase("NUL in a name", csv_file, good.replace("zyz", "z\0y", 1).encode(), "refused", "NUL characters", 2)
    yield FileCase("nothing but NUL", csv_file, b"\0" * 999, "refused", "NUL characters", 1)
    yield FileCase(
        "a byte of no encoding", csv_file, good.encode().replace(b"zyz", b"z\x81y", 1), "refused", "encoding", 2
    )
    yield FileCase("a workbook called csv", csv_file, as_xlsx([["a"]]), "refused", "form")
    yield FileCase("gzip called csv", csv_file, gzip.compress(good.encode()), "refused", "form")
    yield FileCase("a PDF called csv", csv_file, b"%PDF-1.7\n" + good.encode(), "refused", "form")
    yield FileCase("a web page: the login", csv_file, b"<!DOCTYPE html><title>Sign in</title>", "refused", "form")
    yield FileCase("JSON", csv_file, b'{"rows": [{"Surname": "Zzyzxquill"}]}', "refused", "header", 1)
    yield FileCase("a quote never closed", csv_file, f'{good}"X,{SENTINEL}'.encode(), "refused", "unclosed quote", 5)
    yield FileCase("text called xlsx", f"{name}.xlsx", good.encode(), "refused", "form")
    yield FileCase("half a workbook", f"{name}.xlsx", as_xlsx(good_rows(contract))[:2500], "refused", "form")
    yield FileCase("an empty sheet", f"{name}.xlsx", as_xlsx([]), "refused", "empty file")
    yield FileCase("an old workbook", f"{name}.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 900, "refused", "form")
    yield FileCase("an ending nobody reads", f"{name}.docx", b"PK\x03\x04", "refused", "form")
    yield from _columns(contract)


def _columns(contract: Contract) -> Iterator[FileCase]:
    """Columns missing, renamed, twice."""
    needed = next(c for c in contract.columns if not c.may_be_absent and not c.primary_key)
    yield FileCase("a column missing", f"{contract.id}.csv", _without(contract, needed), "refused", "missing column")
    renamed = {needed.header: f"{needed.header[:3]}_{needed.header[3:]}s"}
    yield FileCase("a column renamed", f"{contract.id}.csv", _headed(contract, renamed), "refused", "renamed column")
    twice = as_csv([[*headers(contract), needed.header], *([*row, "other"] for row in good_rows(contract))])
    yield FileCase("a column twice", f"{contract.id}.csv", twice.encode(), "refused", "duplicated column")


def _without(contract: Contract, column: Column) -> bytes:
    place = headers(contract).index(column.header)
    return as_csv([row[:place] + row[place + 1 :] for row in [headers(contract), *good_rows(contract)]]).encode()


def _headed(contract: Contract, renamed: dict[str, str]) -> bytes:
    return as_csv([[renamed.get(h, h) for h in headers(contract)], *good_rows(contract)]).encode()


def that_get_to_the_judge(contract: Contract) -> Iterator[FileCase]:
    """Files that hold good rows in an unusual coat, and rows that do not fit."""
    name, good, rows = f"{contract.id}.csv", good_csv(contract), [headers(contract), *good_rows(contract)]
    header, first = good.split("\r\n")[:2]
    yield FileCase("the header and the first row in one", name, f"{header}{first}\r\n".encode(), "refused")
    others = {c.header: c.also_called[0] for c in contract.columns if c.also_called}
    yield FileCase("headers by their other names", name, _headed(contract, others), "fine", rows=3)
    shouted = {header: f" {header.upper()}  " for header in headers(contract)}
    yield FileCase("headers in capitals among spaces", name, _headed(contract, shouted), "fine", rows=3)
    yield FileCase("a header and no row", name, as_csv([headers(contract)]).encode(), "refused", _no_row(contract))
    extra = as_csv([[*headers(contract), "Favourite colour"], *([*row, "blue"] for row in rows[1:])])
    yield FileCase("a column too many", name, extra.encode(), "counted", "extra column", rows=3)
    yield FileCase("a row too short", name, f"{good}X1,{SENTINEL}\r\n".encode(), "row set aside", "ragged row", 5, 4)
    long = good + good.split("\r\n")[1].replace("K0001", "K9") + ",x,y\r\n"
    yield FileCase("a row too long", name, long.encode(), "row set aside", "ragged row", 5, 4)
    yield FileCase("blank lines between rows", name, good.replace("\r\n", "\r\n\r\n").encode(), "fine", rows=3)


def _no_row(contract: Contract) -> str:
    return "row count" if any(rule.metric == "rowCount" for rule in contract.table.quality) else "no rows"


def in_every_coat(contract: Contract) -> Iterator[FileCase]:
    """Delimiters, quotes, encodings, line ends: good rows however they are written."""
    name, good, rows = f"{contract.id}.csv", good_csv(contract), [headers(contract), *good_rows(contract)]
    accented = good.replace(SENTINEL, "Zoë Brontë")
    for what, delimiter in {"semicolons": ";", "tabs": "\t", "bars": "|"}.items():
        yield FileCase(what, name, as_csv(rows, delimiter).encode(), "fine", rows=3)
    yield FileCase("every value in quotes", name, as_csv(rows, quoting=csv.QUOTE_ALL).encode(), "fine", rows=3)
    yield FileCase("Excel's sep= line", name, ("sep=;\r\n" + as_csv(rows, ";")).encode(), "fine", rows=3)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"):
        yield FileCase(f"in {encoding}", name, accented.encode(encoding), "fine", rows=3)
    mixed = accented.encode() + accented.split("\r\n")[1].replace("K0001", "K9").encode("cp1252") + b"\r\n"
    yield FileCase("two encodings in one file", name, mixed, "refused", "encoding", 5)
    yield FileCase("cut within a letter of UTF-16", name, good.encode("utf-16")[:-3], "refused", "encoding")
    yield FileCase("line feeds", name, good.replace("\r\n", "\n").encode(), "fine", rows=3)
    yield FileCase("line ends mixed", name, good.replace("\r\n", "\n", 2).encode(), "fine", rows=3)
    yield FileCase("no end of the last line", name, good.rstrip("\r\n").encode(), "fine", rows=3)
    yield FileCase(
        "blank lines at the end", name, f"{good}\r\n\r\n,,,\r\n".encode().replace(b",,,", b""), "fine", rows=3
    )
    behind = good.replace(SENTINEL, f'"{SENTINEL}" junior', 1)
    yield FileCase("text behind a quoted value", name, behind.encode(), "row set aside", "quotes", 2, 3)
    opened = good.replace(SENTINEL, f'"{SENTINEL}', 1)
    yield FileCase("a quote that another row's closes", name, opened.encode(), "refused", "unclosed quote", 2)
    huge = good + f'X1,"{"z" * 400_000}\r\n'
    yield FileCase("a value without end", name, huge.encode(), "row set aside", "quotes", 5, 4)
    endless = good + f'X1,"{"z" * 400_000}\r\n' + good.split("\r\n")[1].replace("K0001", "K9")
    yield FileCase("a value without end, and a row behind it", name, endless.encode(), "row set aside", "quotes", 5, 5)
    reordered = as_csv([row[::-1] for row in rows])
    yield FileCase("columns in another order", name, reordered.encode(), "fine", rows=3)
    yield from _workbooks(contract)


def _workbooks(contract: Contract) -> Iterator[FileCase]:
    name, rows = f"{contract.id}.xlsx", [headers(contract), *good_rows(contract)]
    yield FileCase("a good workbook", name, as_xlsx(rows), "fine", rows=3)
    yield FileCase("a workbook with blank rows above", name, as_xlsx(rows, titles=2), "fine", rows=3)
    place = next(n for n, c in enumerate(contract.columns) if c.maps_to in ("surname", "full_name"))
    formula = [*rows[1][:place], Formula('="Zzyzx"&"quill"', SENTINEL), *rows[1][place + 1 :]]
    yield FileCase("a formula with its result", name, as_xlsx([rows[0], formula]), "fine", rows=1)
    yield FileCase("a workbook with a header and no row", name, as_xlsx(rows[:1]), "refused", _no_row(contract))


def in_xml(contract: Contract) -> Iterator[FileCase]:
    """XML that is cut, broken, hostile, or of another kind."""
    name = f"{contract.id}.xml"
    good = as_census_xml(contract, [good_cells(contract, f"K{n}") for n in range(3)])
    assert contract.files.xml is not None
    root, row = contract.files.xml.root, contract.files.xml.rows[0].rpartition("/")[2]
    for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        cut = good[: int(share * len(good))].encode()
        yield FileCase(f"cut after {share:.0%}", name, cut, "refused", "truncated XML")
    yield FileCase("cut between two rows", name, good.partition("</" + row + ">")[0].encode() + b"</" + row.encode() + b">",
                   "refused", "truncated XML")  # fmt: skip
    yield FileCase(
        "an element closed wrongly", name, good.replace(f"</{row}>", "</x>", 1).encode(), "refused", "malformed XML", 3
    )
    yield FileCase(
        "an ampersand by itself", name, good.replace(SENTINEL, "A & B", 1).encode(), "refused", "malformed XML", 3
    )
    yield FileCase(
        "a control character", name, good.replace(SENTINEL, "A\x01B", 1).encode(), "refused", "malformed XML", 3
    )
    yield FileCase("another encoding than it says", name, good.replace(SENTINEL, "Zo\xeb", 1).encode("cp1252"),
                   "refused", "malformed XML", 3)  # fmt: skip
    yield FileCase(
        "an encoding nobody knows", name, good.replace('"utf-8"', '"klingon"').encode(), "refused", "encoding", 1
    )
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
    for what, declared in {
        "an entity bomb": f'<!ENTITY a0 "{SENTINEL}">{laughs}',
        "a quadratic bomb": f'<!ENTITY a0 "{"z" * 50_000}">',
        "an external entity": '<!ENTITY a0 SYSTEM "file:///etc/hostname">',
        "an entity from the network": '<!ENTITY a0 SYSTEM "http://127.0.0.1:9/x">',
        "a parameter entity": '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;',
    }.items():
        bomb = f'<?xml version="1.0"?><!DOCTYPE {root} [{declared}]><{root}>&a0;</{root}>'
        yield FileCase(what, name, bomb.encode(), "refused", "XML entities", 1)
    outside = f'<!DOCTYPE {root} SYSTEM "http://127.0.0.1:9/x.dtd"><{root}/>'
    yield FileCase("a document type elsewhere", name, outside.encode(), "refused", "XML entities", 1)
    yield FileCase(
        "an entity nobody declared", name, good.replace(SENTINEL, "&nope;", 1).encode(), "refused", "malformed XML", 3
    )
    deep = f"<{root}>".encode() + b"<a>" * 1_000_000
    yield FileCase("a million elements deep", name, deep, "refused", "XML nesting", 1)
    within = good.replace(SENTINEL, "<a>" * 60 + "</a>" * 60, 1)
    yield FileCase("deep within a row", name, within.encode(), "refused", "XML nesting", 3)
    endless = f"<{root}><a>{'z' * 300_000}</a></{root}>"
    yield FileCase("a value without end", name, endless.encode(), "refused", "long value", 1)
    yield FileCase("another root", name, good.replace(root, "Other").encode(), "refused", "root element", 2)
    yield FileCase("no row in it", name, f"<{root}></{root}>".encode(), "refused", _no_row(contract))
    yield FileCase("rows elsewhere", name, good.replace(row, "Other").encode(), "refused", _no_row(contract))
    yield FileCase("CSV called xml", name, good_csv(contract).encode(), "refused", "malformed XML")
    yield FileCase("two documents", name, (good + good).encode(), "refused", "malformed XML")
