"""XML, as schools send their census: read as a stream, with no entity, no document type and no deep nesting."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from data_contracts.contract import Contract, plain_header
from data_contracts.file_layout import XmlLayout
from data_contracts.values import is_empty
from pipelines.files.forms.element_columns import IN_GROUP, PASSED_OVER, ElementColumns
from pipelines.files.headers.match import match_headers
from pipelines.files.rows import (
    LONGEST_VALUE,
    BadRow,
    Fault,
    ReadTable,
    UnreadableFileError,
)

DEEPEST = 50
"""Deepest nesting of elements. A census needs six levels."""

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

_BYTES_AT_A_TIME = 1 << 16
_ROWS_AT_A_TIME = 50_000
_ENOUGH_TO_MISS = 20  # rows; of fewer, each may truly lack a value, and the judge says so row by row
_CUT_SHORT = {3, 5, 6, 20}  # expat: no element found, unclosed token, partial character, unclosed CDATA section


def read_markup(data: bytes, contract: Contract, named: Mapping[str, str]) -> ReadTable:
    """Read the rows of an XML file. ``named``: column -> what the file's name says, used if row and header do not say it.

    Raises :class:`UnreadableFileError` if the file cannot be read at all.
    """
    layout = contract.files.xml
    if layout is None:
        raise UnreadableFileError(
            "form",
            "The contract for this source does not take XML.",
            "Send the file in one of the forms that the contract names.",
        )
    elements = _Elements(contract, layout, named)
    _parse(data, elements)
    headers = dict(elements.header_of)
    headers |= {
        n: contract.column_named[n].header for n, text in elements.header_values().items() if text and n not in headers
    }
    # An element may be left out if it is empty: only one that must be filled and that no pupil has can be missing.
    is_large = elements.count >= _ENOUGH_TO_MISS
    needed = {column.name for column in contract.columns if is_large and column.required and not column.primary_key}
    optional = frozenset(contract.column_named) - needed
    faults = (
        match_headers([*headers.values(), *elements.unknown()], contract, optional).faults if elements.count else ()
    )
    headers.setdefault(contract.key.name, contract.key.header)
    return ReadTable(elements.rows(), headers, faults, elements.bad_rows(), unread=tuple(elements.unknown()))


def _parse(data: bytes, elements: "_Elements") -> None:
    parser = DefusedXMLParser(target=elements, forbid_dtd=True)
    elements.parser = parser.parser
    # Called straight by expat, as a detour costs too much for a million elements; found strips the namespaces itself.
    parser.parser.StartElementHandler, parser.parser.EndElementHandler = elements.start, elements.end
    try:
        for start in range(0, len(data), _BYTES_AT_A_TIME):
            parser.feed(data[start : start + _BYTES_AT_A_TIME])
        parser.close()
    except DefusedXmlException:
        raise UnreadableFileError(
            "XML entities",
            "The file declares a document type or entities, which can hide an attack and are in no census.",
            "Export it again without a DOCTYPE.",
            line=parser.parser.CurrentLineNumber,
        ) from None
    except ParseError as error:
        raise _no_xml(error) from None
    except (ValueError, LookupError):  # the declaration names an encoding that nobody knows
        raise UnreadableFileError(
            "encoding", "The XML declaration names an encoding that cannot be read.", "Export it as UTF-8.", line=1
        ) from None


def _no_xml(error: ParseError) -> UnreadableFileError:
    line = error.position[0]
    if error.code in _CUT_SHORT:
        return UnreadableFileError(
            "truncated XML",
            "The file ends before its last element is closed: it was cut off in transit, and rows are missing.",
            "Send the whole file again.",
            line=line,
        )
    return UnreadableFileError(
        "malformed XML",
        "From this line on, the file is not well-formed XML in the encoding it declares.",
        "Export it again; do not edit it by hand.",
        line=line,
    )


@dataclass(slots=True)
class _Row:
    line: int
    depth: int
    values: dict[str, str] = field(default_factory=dict)
    """Our name for a column -> text of the element that says it in the best place."""
    places: dict[str, int] = field(default_factory=dict)
    """Our name for a column -> distance of that place (:class:`~pipelines.files.forms.element_columns.ElementColumns`)."""
    repeated: set[str] = field(default_factory=set)
    """Columns said twice in that place, differently."""
    group: dict[str, str] = field(default_factory=dict)
    """Element -> text, in the open group, if it is one of those of which only the latest counts."""
    latest: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)
    """Path of such a group -> the last and the first day in the one that counts so far."""


class _Elements:
    """What expat calls while it reads. It keeps one row and the values of the header, and nothing else."""

    def __init__(self, contract: Contract, layout: XmlLayout, named: Mapping[str, str]) -> None:
        self._contract, self._layout, self._said_by_name = contract, layout, named
        self._row_paths = {tuple(path.split("/")) for path in layout.rows}
        self._column_at = ElementColumns(contract, layout)
        self._header_path_of = {tuple(path.split("/")): name for name, paths in layout.header.items() for path in paths}
        self.parser: object = None
        self._local_names: dict[str, str] = {}
        self._path: list[str] = []
        self._row: _Row | None = None
        self._text: list[str] | None = None
        self._length = 0
        self._unknown: Counter[str] = Counter()
        self._columns: dict[str, list[str]] = {column.name: [] for column in contract.columns}
        self._places: list[tuple[int, int]] = []
        self._frames: list[pl.DataFrame] = []
        self._bad_rows: list[tuple[int, _Row, str]] = []
        self._last_line = 0
        self._is_crowded = False  # several rows are on one line: their place among the rows numbers them instead
        self._filled: dict[tuple[str, str], bool] = {}
        self._header_values: dict[tuple[str, ...], str] = {}
        self._near_header: dict[tuple[str, str], str] = {}
        self.header_of: dict[str, str] = {}
        self.count = 0

    def start(self, tag: str, _attributes: object) -> None:
        """An element opens."""
        name = self._local_names.get(tag) or self._local_names.setdefault(tag, tag.rpartition("}")[2])
        self._path.append(name)
        self._text, self._length = [], 0
        if self._row is None or len(self._path) > DEEPEST:
            self._open(len(self._path))

    def _open(self, depth: int) -> None:
        """An element opens that may start a row, or that is too deep."""
        if depth > DEEPEST:
            raise UnreadableFileError(
                "XML nesting",
                f"Elements are nested more than {DEEPEST} deep, which no census is.",
                "Export the file again from the school's system.",
                line=self._line(),
            )
        if depth == 1:
            self._check_root()
        elif tuple(self._path[1:]) in self._row_paths:
            self._row = _Row(self._line(), depth)

    def data(self, text: str) -> None:
        """Text within an element."""
        if self._text is None:
            return
        self._length += len(text)
        if self._length > LONGEST_VALUE:
            raise UnreadableFileError(
                "long value",
                f"A value is longer than {LONGEST_VALUE:,} characters: it is not about a child.",
                "Export the file again from the school's system.",
                line=self._line(),
            )
        self._text.append(text)

    def end(self, _tag: str) -> None:
        """An element closes. If it holds no other element, its text is a value."""
        row, text = self._row, self._text
        if row and len(self._path) == row.depth:
            self._keep(row)
            self._row = None
        elif text is not None and row:
            self._take(row, "".join(text))
        elif text is not None:
            self._take_header("".join(text))
        elif row and row.group:
            self._close_group(row)
        self._path.pop()
        self._text = None

    def close(self) -> None:
        """The document ends."""

    def _line(self) -> int:
        return int(getattr(self.parser, "CurrentLineNumber", 1))

    def _check_root(self) -> None:
        if self._path[0] != self._layout.root:
            raise UnreadableFileError(
                "root element",
                f"The outermost element is not {self._layout.root}, so this is another kind of file.",
                f"Send the file whose outermost element is {self._layout.root}.",
                line=self._line(),
            )

    def _take(self, row: _Row, text: str) -> None:
        """Keep a value of a row: by its path or, as suppliers group elements differently, by its element's name."""
        name, far = self._column_at[tuple(self._path[row.depth :])]
        if far == IN_GROUP and name:
            row.group[name] = text
            return
        if name is None or name == PASSED_OVER:
            if name is None:
                self._unknown[self._path[-1]] += 1
            return
        held = row.places.get(name)
        if held is None or far < held:
            row.values[name], row.places[name] = text, far
            row.repeated.discard(name)
        elif far == held and (before := row.values[name]) != text:
            holds = self._layout.repeated.get(name)
            if holds is None:
                row.repeated.add(name)
            elif holds == "last" or (holds == "latest" and text > before):
                row.values[name] = text
        self.header_of.setdefault(name, self._path[-1])

    def _close_group(self, row: _Row) -> None:
        """Keep what a group says of which only the latest counts. An end that it leaves out is not filled from an earlier
        group."""
        path = tuple(map(plain_header, self._path[row.depth :]))
        columns = self._column_at.latest_in.get(path)
        if columns is None:
            return
        group, row.group = row.group, {}
        days = sorted(text for text in group.values() if _ISO_DAY.match(text))
        if days and (span := (days[-1], days[0])) >= row.latest.get(path, span):
            row.latest[path] = span
            for element, name in columns.items():
                row.values[name] = group.get(element, "")
                self.header_of.setdefault(name, self._contract.column_named[name].header)

    def _take_header(self, text: str) -> None:
        path = tuple(self._path[1:])
        if path not in self._header_path_of:
            if path:
                self._near_header.setdefault((path[0], plain_header(path[-1])), text)
            return
        if self._header_values.setdefault(path, text) != text:
            raise UnreadableFileError(
                "repeated element",
                "The header of the file says this twice, and differently.",
                "Send one file for each school.",
                line=self._line(),
                column=path[-1],
            )

    def header_values(self) -> dict[str, str]:
        """Our name for a column -> what the header of the file says at the first of its paths (by the element's name, if
        its path differs), or else the file's name."""
        values = dict(self._said_by_name)
        for path, name in reversed(self._header_path_of.items()):
            near = self._near_header.get((path[0], plain_header(path[-1])), "")
            values[name] = self._header_values.get(path, near) or values.get(name, "")
        return values

    def _keep(self, row: _Row) -> None:
        if not any(map(str.strip, row.values.values())):
            return
        self.count += 1
        self._is_crowded |= row.line == self._last_line
        self._last_line = row.line
        if row.repeated:
            self._bad_rows.append((self.count, row, self.header_of[min(row.repeated)]))
            return
        ended = self._layout.ended.get("/".join(self._path[1:]), {})
        if ended and not any(self._is_filled(end, row.values.get(end, "")) for end in self._contract.ends_of_places):
            row.values |= ended
            for name in ended:
                self.header_of.setdefault(name, self._contract.column_named[name].header)
        self._places.append((row.line, self.count))
        for name, column in self._columns.items():
            column.append(row.values.get(name, ""))
        if len(self._places) == _ROWS_AT_A_TIME:
            self._settle()

    def _is_filled(self, column: str, text: str) -> bool:
        """Whether text in a column of days is more than N/A and the like; each text is looked at once."""
        known = self._filled.get((column, text))
        if known is None:
            cell = pl.DataFrame({column: [text]})
            known = self._filled[column, text] = not cell.select(is_empty(self._contract.column_named[column])).item()
        return known

    def _settle(self) -> None:
        places = pl.DataFrame(self._places, schema={"line": pl.Int64, "place": pl.Int64}, orient="row")
        columns = [pl.Series(name, values, dtype=pl.String) for name, values in self._columns.items()]
        self._frames.append(places.with_columns(columns))
        self._places = []
        self._columns = {name: [] for name in self._columns}

    def unknown(self) -> list[str]:
        """Names of elements inside rows that the contract does not know."""
        return list(self._unknown)

    def rows(self) -> pl.DataFrame:
        """All rows that fit, with the values of the header and the key filled in."""
        self._settle()
        rows = pl.concat(self._frames)
        line = "place" if self._is_crowded else "line"
        from_header = [
            pl.when(pl.col(name) == "").then(pl.lit(text)).otherwise(pl.col(name)).alias(name)
            for name, text in self.header_values().items()
        ]
        rows = rows.with_columns(pl.col(line).alias("line"), *from_header).drop("place")
        return _with_key(rows, self._contract, self._layout)

    def bad_rows(self) -> list[BadRow]:
        """The rows that do not fit."""
        return [_repeated(row, place if self._is_crowded else row.line, why) for place, row, why in self._bad_rows]


def _with_key(rows: pl.DataFrame, contract: Contract, layout: XmlLayout) -> pl.DataFrame:
    """Make the key from its columns, unless the rows have one.

    If one of the columns is empty (a pupil without a UPN), a fingerprint of the whole row completes the key: otherwise all
    such pupils of a school would have the same one.
    """
    key = contract.key.name
    # Without spaces, so that where such a key must not be shown, all of it is found within a sentence.
    parts = pl.concat_str(layout.key, separator="|").str.replace_all(r"\s", "")
    is_whole = pl.all_horizontal(pl.col(name) != "" for name in layout.key)
    everything = pl.concat_str([pl.lit(contract.id), *(c.name for c in contract.columns)], separator="\x1f")
    fingerprint = everything.map_elements(_fingerprint, return_dtype=pl.String)
    partial = rows.filter((pl.col(key) == "") & ~is_whole).select("line", (parts + "|" + fingerprint).alias("_partial"))
    made = rows.join(partial, on="line", how="left", validate="1:1", maintain_order="left").with_columns(
        pl.when(pl.col(key) == "").then(pl.coalesce("_partial", parts)).otherwise(pl.col(key)).alias(key)
    )
    return made.select(rows.columns)


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _repeated(row: _Row, line: int, element: str) -> BadRow:
    why, fix = "The row says this twice, and differently.", "Say it once for each pupil."
    fault = Fault("repeated element", "row", why, fix, line, element)
    return BadRow(line, json.dumps(row.values, ensure_ascii=False), fault)
