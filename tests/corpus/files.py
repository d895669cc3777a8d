"""Bad files: for every source what may go wrong with a file as such, and the verdict that is wanted."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from data_contracts.contract import Contract
from data_contracts.parts import Column
from tests.corpus.good import (
    SENTINEL,
    as_csv,
    as_xlsx,
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
    yield FileCase("text called xlsx", f"{name}.xlsx", good.encode(), "counted", "form")
    yield FileCase("half a workbook", f"{name}.xlsx", as_xlsx(good_rows(contract))[:2500], "refused", "form")
    yield FileCase("an empty sheet", f"{name}.xlsx", as_xlsx([]), "refused", "empty file")
    yield FileCase("an old workbook", f"{name}.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 900, "refused", "form")
    yield FileCase("an ending nobody reads", f"{name}.docx", b"PK\x03\x04", "refused", "form")
    yield from _columns(contract)


def _columns(contract: Contract) -> Iterator[FileCase]:
    """Columns missing, renamed, twice: of one that no layout lacks."""
    lacked = {contract.key.name, *(name for layout in contract.files.layouts for name in layout.absent)}
    needed = next(c for c in contract.columns if not c.may_be_absent and c.name not in lacked)
    yield FileCase("a column missing", f"{contract.id}.csv", _without(contract, needed), "refused", "missing column")
    renamed = {needed.header: f"{needed.header[:3]}_{needed.header[3:]}x"}
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
    huge = good + f'X1,"{"z" * 400_000}\r\n'
    yield FileCase("a value without end", name, huge.encode(), "row set aside", "quotes", 5, 4)
    behind = good.split("\r\n")[1].replace("K0001", "K9")
    yield FileCase("and a row behind it", name, (huge + behind).encode(), "row set aside", "quotes", 5, 5)


def _no_row(contract: Contract) -> str:
    return "row count" if any(rule.metric == "rowCount" for rule in contract.table.quality) else "no rows"
