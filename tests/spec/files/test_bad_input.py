"""Every bad file that is known to come, and what is said of it: file, line, column, rule, what stops, and the remedy.

Those that are bad in the same way whoever sends them are tried for every source in ``tests/corpus``.

Each file holds the sentinel child, and nothing that is said may hold a value of hers.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts.breach import Breach
from pipelines.files.read import read_bytes
from pipelines.intake.receipt.receive import receive
from tests.made.library_cards import (
    GOOD,
    HEADERS,
    OKAFOR,
    QUILLFEATHER,
    SENTINEL,
    SMITH,
    as_csv,
    as_xlsx,
    as_xml,
    breaches_of,
    library_contract,
    zipped,
)

ROWS = (SMITH, QUILLFEATHER, OKAFOR)
XML = as_xml(*ROWS)


@dataclass(frozen=True)
class Said:
    """What is to be said of a bad file."""

    rule: str
    stops: str
    line: int | None = None
    column: str | None = None
    words: str = ""


def csv_without(header: str) -> bytes:
    """The good file without one of its columns."""
    keep = [position for position, name in enumerate(HEADERS) if name != header]
    rows = [[row[position] for position in keep] for row in ROWS]
    return as_csv(*rows, headers=[HEADERS[position] for position in keep]).encode()


def csv_headed(**renamed: str) -> bytes:
    """The good file with some of its headers changed."""
    return as_csv(*ROWS, headers=[renamed.get(header, header) for header in HEADERS]).encode()


def csv_with_line(line: str) -> bytes:
    """The good file with one more line, the fifth."""
    return (GOOD + line + "\n").encode()


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n + 1};" * 10}">' for n in range(9))
ENTITIES = {
    "an entity bomb": f'{LAUGHS}<!ENTITY a9 "{SENTINEL[0]}">',
    "a quadratic bomb": f'<!ENTITY a0 "{"z" * 50_000}">',
    "an entity from the network": '<!ENTITY a0 SYSTEM "http://127.0.0.1:9/x">',
    "a parameter entity": '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;',
}
EXTERNAL = (
    '<?xml version="1.0"?>\n<!DOCTYPE Library [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    "<Library><Cards><Card><Surname>&secret;</Surname></Card></Cards></Library>"
)

UNREADABLE = [
    pytest.param("csv", as_csv().encode() + b",,,,,,,\n\n", Said("no rows", "file"), id="a header and rows of nothing"),
    pytest.param("csv", csv_without("Surname"),
                 Said("missing column", "file", column="Surname"), id="a missing column"),
    pytest.param("csv", csv_headed(BirthDate="Birth_Dat"),
                 Said("renamed column", "file", column="Birth_Dat", words="BirthDate is missing"),
                 id="a renamed column"),
    pytest.param("csv", csv_headed(LastLoan="Last_Loaned"),
                 Said("renamed column", "nothing", column="Last_Loaned"), id="a renamed column that may be absent"),
    pytest.param("csv", csv_headed(LastLoan="Favourite colour"),
                 Said("extra column", "nothing", column="Favourite colour"), id="an extra column"),
    pytest.param("csv", csv_headed(Postcode="Address", LastLoan="Postcode"),
                 Said("duplicated column", "file", column="Address"), id="a column twice"),
    pytest.param("csv", csv_headed(LastLoan="family NAME "),
                 Said("extra column", "nothing", column="family NAME", words="The file also has Surname"),
                 id="a column by its own name and by another one"),
    pytest.param("csv", csv_headed(Surname="Family name", LastLoan="family_NAME"),
                 Said("duplicated column", "file", column="family_NAME"), id="a column by two other names"),
    pytest.param("csv", GOOD.replace("\n", "", 1).encode(),
                 Said("header", "file", line=1), id="the header run together with the first row"),
    pytest.param("csv", GOOD.replace("Ann", "Siân").encode("cp1252").replace(b"\xe2", b"\x81"),
                 Said("encoding", "file", line=2, words="utf-8 or windows-1252"), id="a byte of no encoding"),
    pytest.param("csv", (GOOD.replace("Ann", "Siân").replace("Chidi", "Chïdi").replace("High", "Hîgh").encode()
                         + b"LC000004,Bront\xeb,,,,,,\n"),
                 Said("encoding", "nothing", line=5, words="1 of its lines, this one first"), id="two encodings mixed"),
    pytest.param("csv", GOOD.encode("utf-16")[:-1], Said("encoding", "file", line=4), id="UTF-16 cut in a letter"),
    pytest.param("csv", csv_with_line("LC000004,Jones,Mo"),
                 Said("ragged row", "row", line=5, words="and the row has fields for 3"), id="a row too short"),
    pytest.param("csv", csv_with_line("LC000004,Jones,Mo,01/01/2015,F,3 Low Street, Town,ZA1 1AA,"),
                 Said("ragged row", "row", line=5, words="and the row has fields for 9"), id="a row too long"),
    pytest.param("csv", GOOD.encode() + b"LC000004,Jones,Mo,01/01/2015,F",
                 Said("cut off", "file", line=5, words="all rows after it"), id="a file cut off within a row"),
    pytest.param("csv", GOOD.encode() + b"LC000004,Jon",
                 Said("cut off", "file", line=5), id="cut off soon after the key, which is built as the others are"),
    pytest.param("csv", GOOD.encode() + b"LC000004,Jon\n",
                 Said("ragged row", "row", line=5), id="a row too short whose line ends"),
    pytest.param("csv", GOOD.encode() + b"LC000003",
                 Said("ragged row", "row", line=5), id="one word under the rows, though built as a key: it may be their count"),
    pytest.param("csv", GOOD.encode() + b"3 rows,sent",
                 Said("ragged row", "row", line=5), id="a note of which no part is a key"),
    pytest.param("csv", GOOD.encode() + b"Made on, 20/11/2026, by the council",
                 Said("ragged row", "row", line=5), id="a note under the rows, without an end of its line"),
    pytest.param("csv", csv_with_line('LC000004,"Jones" junior,Mo,01/01/2015,F,3 Low Street,ZA1 1AA,'),
                 Said("quotes", "row", line=5), id="text behind a quoted value"),
    pytest.param("csv", GOOD.replace("Smith", '"Smith').encode(),
                 Said("quotes", "row", line=2), id="a quote left open that a later quote closes"),
    pytest.param("csv", as_csv(SMITH, QUILLFEATHER, SMITH).replace("Smith", '"Smith', 1).replace("Smith,", 'Smith",')
                 .replace('"Smith"', '"Smith', 1).encode(),
                 Said("quotes", "row", line=2), id="a quote that swallows whole rows and still fits"),
    pytest.param("csv", csv_with_line('LC000004,"Jones,Mo,01/01/2015,F,3 Low Street,ZA1 1AA,'),
                 Said("unclosed quote", "file", line=5), id="a quote left open in the last line: the file may be cut off"),
    pytest.param("csv", (GOOD + 'LC000004,"Jones,Mo,01/01/2015,F,3 Low Street,ZA1 1AA,\n' * 2).encode(),
                 Said("unclosed quote", "file", line=5), id="a quote left open above a line that is no row by itself"),
    pytest.param("csv", as_xlsx(*ROWS), Said("form", "file", words="a workbook"), id="a workbook called csv"),
    pytest.param("csv", XML.encode(), Said("form", "file", words="holds XML"), id="XML called csv"),
    pytest.param("csv", b"\x1f\x8b\x08" + b"x" * 50, Said("form", "file", words="gzip"), id="gzip called csv"),
    pytest.param("csv", b"%PDF-1.7 " + GOOD.encode(), Said("form", "file", words="PDF"), id="a PDF called csv"),
    pytest.param("xml", b"", Said("empty file", "file"), id="nothing in the XML"),
    pytest.param("xml", XML[: len(XML) // 2].encode(), Said("truncated XML", "file", line=5), id="XML cut short"),
    pytest.param("xml", XML.replace("</Cards></Library>", "").encode(),
                 Said("truncated XML", "file", line=7), id="XML cut between two rows"),
    pytest.param("xml", XML.replace("<Sex>M</Sex>", "<Sex>M<Sex>", 1).encode(),
                 Said("malformed XML", "file", line=5), id="an element closed wrongly"),
    pytest.param("xml", XML.replace("Zebedee", "Z\xe9").encode("cp1252"),
                 Said("malformed XML", "file", line=5), id="XML in another encoding than it declares"),
    pytest.param("xml", XML.replace('"UTF-8"', '"klingon-1"').encode(),
                 Said("encoding", "file", line=1), id="XML that declares an encoding nobody knows"),
    pytest.param("xml", XML.replace("Zebedee", "A & B").encode(),
                 Said("malformed XML", "file", line=5), id="an ampersand by itself"),
    pytest.param("xml", XML.replace("Zebedee", "A\x01B").encode(),
                 Said("malformed XML", "file", line=5), id="a control character"),
    pytest.param("xml", XML.replace("Zebedee", "&nope;").encode(),
                 Said("malformed XML", "file", line=5), id="an entity nobody declared"),
    pytest.param("xml", GOOD.encode(), Said("malformed XML", "file", line=1), id="CSV called xml"),
    pytest.param("xml", (XML + XML).encode(), Said("malformed XML", "file", line=7), id="two documents"),
    *(pytest.param("xml", f"<!DOCTYPE Library [{declared}]><Library>&a0;</Library>".encode(),
                   Said("XML entities", "file", line=1), id=what) for what, declared in ENTITIES.items()),
    pytest.param("xml", b'<!DOCTYPE Library SYSTEM "http://127.0.0.1:9/x.dtd"><Library/>',
                 Said("XML entities", "file", line=1), id="a document type elsewhere"),
    pytest.param("xml", EXTERNAL.encode(), Said("XML entities", "file", line=2), id="an external entity"),
    pytest.param("xml", b"<Library>" + b"<a>" * 200_000, Said("XML nesting", "file", line=1), id="deep nesting"),
    pytest.param("xml", XML.replace("Zebedee", "<a>" * 60 + "</a>" * 60).encode(),
                 Said("XML nesting", "file", line=5), id="deep within a row"),
    pytest.param("xml", b"<Library><a>" + b"x" * 200_000 + b"</a></Library>",
                 Said("long value", "file", line=1), id="a value without end"),
    pytest.param("xml", XML.replace("Library", "Museum").encode(),
                 Said("root element", "file", line=2, words="not Library"), id="another root"),
    pytest.param("xml", XML.replace("Cards>", "Kards>").encode(), Said("no rows", "file"), id="rows in another place"),
    pytest.param("xml", XML.replace("<Sex>M</Sex>", "<Sex>M</Sex><Sex>F</Sex>", 1).encode(),
                 Said("repeated element", "row", line=5, column="Sex"), id="an element said twice, differently"),
    pytest.param("xml", XML.replace("<Cards>", "<Header><Branch>North</Branch></Header><Cards>").encode(),
                 Said("repeated element", "file", line=3, column="Branch"), id="two headers in one file"),
    pytest.param("xml", as_xml(*[QUILLFEATHER] * 30).replace("Surname>", "SurName1>").encode(),
                 Said("missing column", "file", column="Surname"), id="an element that no row has"),
    pytest.param("xml", as_xlsx(*ROWS), Said("form", "file"), id="a workbook called xml"),
    pytest.param("xlsx", GOOD.encode(), Said("form", "nothing", words="is text. It was read"), id="a csv renamed to xlsx"),
    pytest.param("xlsx", b"Quillfeather", Said("form", "file", words="was renamed"), id="a word renamed to xlsx"),
    pytest.param("xlsx", zipped({"readme": "hello"}), Said("form", "file"), id="a zip that is no workbook"),
    pytest.param("xlsx", zipped({"xl/workbook.xml": "<workbook/>"}), Said("form", "file"), id="a hollow workbook"),
    pytest.param("xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 600,
                 Said("form", "file", words="without a password"), id="an old or locked workbook"),
    pytest.param("xlsx", as_xlsx(), Said("no rows", "file"), id="a sheet with a header and no row"),
    pytest.param("parquet", b"PAR1", Said("form", "file", words="cut off"), id="a parquet file cut short"),
    pytest.param("feather", b"ARROW1", Said("form", "file", words=".feather are not read"), id="a form that is not read"),
]  # fmt: skip


@pytest.mark.parametrize(("ending", "data", "said"), UNREADABLE)
def test_a_bad_file_is_named_with_its_place_and_remedy(ending: str, data: bytes, said: Said) -> None:
    read = read_bytes(f"library_cards.{ending}", data, library_contract())
    assert read.rows_read == read.rows.height + read.bad_lines.height
    _assert_said(read.breaches, said, f"library_cards.{ending}")


JUDGED = [
    pytest.param(["31/02/2015"], Said("date", "row", line=5, column="BirthDate"), id="a day that is in no calendar"),
    pytest.param(["13-FEB-2015"], Said("date", "row", line=5, column="BirthDate"), id="a date written otherwise"),
    pytest.param([""], Said("required", "row", line=5, column="Surname"), id="an empty value that must be filled"),
    pytest.param(["01/01/2015", "X"], Said("known code", "row", line=5, column="Sex"), id="an unknown code"),
]


@pytest.mark.parametrize(("changed", "said"), JUDGED)
def test_a_bad_value_is_named_with_its_line_and_column(changed: list[str], said: Said, tmp_path: Path) -> None:
    born_on, sex = (*changed, "F")[:2]
    path = tmp_path / "library_cards.csv"
    path.write_text(GOOD + f"LC000004,{'Jones' if born_on else ''},Mo,{born_on},{sex},3 Low Street,ZA1 1AA,\n")
    _assert_said(breaches_of(path), said, path.name)


def test_a_duplicated_key_is_named_at_both_places(tmp_path: Path) -> None:
    path = tmp_path / "library_cards.csv"
    path.write_text(GOOD + "LC777777,Jones,Mo,01/01/2015,F,3 Low Street,ZA1 1AA,\n")
    breaches = breaches_of(path)
    assert [(b.line, b.column, b.rule, b.stops) for b in breaches] == [
        (3, "CardNo", "unique key", "row"),
        (5, "CardNo", "unique key", "row"),
    ]
    _assert_silent(breaches)


def test_a_file_for_an_unknown_source_is_named_with_the_names_we_know(tmp_path: Path) -> None:
    path = tmp_path / "swimming_badges.csv"
    path.write_text(GOOD)
    breaches = breaches_of(path)
    _assert_said(breaches, Said("unknown source", "file", words="library_cards"), "s…_b….csv")
    assert breaches[0].source == "unknown"


def test_a_name_of_bytes_that_are_no_text_is_shown_as_far_as_it_is_one(tmp_path: Path) -> None:
    """As an archive packed on Windows leaves it. Of its rows nothing is lost."""
    for name in (b"swimming_caf\xe9.csv", b"library_cards\x07_\xff.csv"):
        (tmp_path / os.fsdecode(name)).write_text(GOOD)
    contracts = {"library_cards": library_contract()}
    received = receive(tmp_path, contracts, received_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert received.deliveries.select("file", "verdict").rows() == [
        ("library_cards\ufffd_\ufffd.csv", "loaded"),
        ("s…_c…\ufffd.csv", "refused"),
    ]


def test_a_missing_sheet_is_named() -> None:
    data = as_xlsx(*ROWS, sheet="Old")
    breaches = read_bytes("library_cards.xlsx", data, library_contract(sheet="Cards")).breaches
    _assert_said(breaches, Said("sheet", "file", words="no sheet called Cards"), "library_cards.xlsx")


def test_a_source_that_takes_no_xml_says_so() -> None:
    read = read_bytes("library_cards.xml", XML.encode(), library_contract(xml=None))
    _assert_said(read.breaches, Said("form", "file"), "library_cards.xml")


def _assert_said(breaches: list[Breach] | tuple[Breach, ...], said: Said, file: str) -> None:
    found = [b for b in breaches if b.rule == said.rule]
    assert len(found) == 1, [str(b) for b in breaches]
    breach = found[0]
    assert (breach.file, breach.stops, breach.line, breach.column) == (file, said.stops, said.line, said.column)
    assert said.words in str(breach)
    assert breach.why and breach.fix
    _assert_silent(breaches)


def _assert_silent(breaches: list[Breach] | tuple[Breach, ...]) -> None:
    for breach in breaches:
        assert not [value for value in SENTINEL if value.casefold() in str(breach).casefold()], breach.rule
