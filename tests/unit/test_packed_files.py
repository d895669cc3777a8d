"""Packed files: what comes in from a zip or a gzip, and what is refused because it cannot be trusted."""

import gzip
from pathlib import Path

import pytest

from pipelines.files import packed
from pipelines.files.packed import unpack
from pipelines.files.rows import UnreadableFileError
from tests.made.library_cards import (
    GOOD,
    OKAFOR,
    QUILLFEATHER,
    SENTINEL,
    SMITH,
    as_csv,
    as_xlsx,
    as_xml,
    delivered,
    zipped,
)

BRANCHES = {
    "north/library_cards_north.csv": as_csv(SMITH),
    "south\\library_cards_south.csv": as_csv(QUILLFEATHER),
    "../../library_cards.xml": as_xml(OKAFOR),
    "__MACOSX/library_cards_north.csv": "x",
    "north/.hidden.csv": "x",
}


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        pytest.param("library_cards__csv__gz", gzip.compress(GOOD.encode()), "library_cards.csv.gz", id="gzip"),
        pytest.param("library_cards__csv__gz", gzip.compress(GOOD[:50].encode()) + gzip.compress(GOOD[50:].encode()),
                     "library_cards.csv.gz", id="gzip in two parts"),
        pytest.param("library_cards__zip", zipped({"export.csv": GOOD}), "library_cards.zip/export.csv",
                     id="a zip named after the source"),
        pytest.param("all_of_it__zip", zipped({"library_cards.csv": GOOD}), "all_of_it.zip/library_cards.csv",
                     id="a file named after the source in a zip"),
        pytest.param("library_cards__xlsx__gz", gzip.compress(as_xlsx(SMITH, QUILLFEATHER, OKAFOR)), "library_cards.xlsx.gz",
                     id="a packed workbook"),
    ],
)  # fmt: skip
def test_packed_files_come_in_like_others(tmp_path: Path, name: str, data: bytes, shown: str) -> None:
    received = delivered(tmp_path, **{name: data})
    assert received.deliveries.select("source", "file", "rows_loaded", "verdict").rows() == [
        ("library_cards", shown, 3, "loaded")
    ]
    assert received.raw["library_cards"].height == 3


def test_each_file_of_a_zip_is_a_delivery_and_no_path_in_it_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "extracts"
    folder.mkdir()
    received = delivered(folder, library_cards__zip=zipped(dict(BRANCHES)))
    assert sorted(received.deliveries.select("file", "rows_loaded").rows()) == [
        ("library_cards.zip/library_cards.xml", 1),
        ("library_cards.zip/library_cards_north.csv", 1),
        ("library_cards.zip/library_cards_south.csv", 1),
    ]
    assert [path.name for path in tmp_path.rglob("*")] == ["extracts", "library_cards.zip"]


def test_two_files_of_one_name_in_a_zip_are_told_apart() -> None:
    members = unpack("cards.zip", zipped({"a/cards.csv": "1", "b/cards.csv": "2"}))
    assert [member.shown for member in members] == ["cards.zip/cards.csv", "cards.zip/cards.csv (2)"]


def locked(data: bytes) -> bytes:
    """The zip with the mark of a password on its member."""
    marked = bytearray(data)
    for start, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        marked[data.index(start) + place] |= 1
    return bytes(marked)


ARCHIVES = [
    pytest.param("cards.zip", b"", "nothing in the file", id="nothing"),
    pytest.param("cards.zip", b"PK\x03\x04 and no more", "cannot be unpacked", id="no zip"),
    pytest.param("cards.zip", zipped({"cards.csv": GOOD * 50})[:-40], "cannot be unpacked", id="a zip cut short"),
    pytest.param("cards.zip", zipped({}), "no files in the archive", id="an empty zip"),
    pytest.param("cards.zip", zipped({"cards.zip": zipped({"cards.csv": GOOD})}), "another archive", id="nested zips"),
    pytest.param("cards.zip", zipped({"cards.csv.gz": gzip.compress(b"x")}), "another archive", id="a gzip in a zip"),
    pytest.param("cards.zip.gz", gzip.compress(zipped({"cards.csv": GOOD})), "another archive", id="a zip in a gzip"),
    pytest.param("cards.zip", locked(zipped({"cards.csv": GOOD})), "password", id="a locked zip"),
    pytest.param("cards.zip", zipped({"cards.csv": b"0" * (20 << 20)}), "far more than any", id="a zip bomb"),
    pytest.param("cards.csv.gz", gzip.compress(b"0" * (20 << 20)), "far more than any", id="a gzip bomb"),
    pytest.param("cards.csv.gz", gzip.compress(GOOD.encode())[:-12], "cannot be unpacked", id="a gzip cut short"),
    pytest.param("cards.csv.gz", GOOD.encode(), "cannot be unpacked", id="no gzip"),
]


@pytest.mark.parametrize(("file", "data", "words"), ARCHIVES)
def test_an_archive_that_cannot_be_trusted_is_refused(file: str, data: bytes, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words) as refused:
        unpack(file, data)
    assert not any(value in str(refused.value) for value in SENTINEL)


def test_a_zip_that_lies_about_its_size_is_refused_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(zipped({"cards.csv": b"0" * 5_000_000}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (100).to_bytes(4, "little")
    monkeypatch.setattr(packed, "SMALL", 1_000)
    with pytest.raises(UnreadableFileError):
        unpack("cards.zip", bytes(data))


def test_a_zip_of_more_files_than_any_authority_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST_MEMBERS", 2)
    with pytest.raises(UnreadableFileError, match="far more"):
        unpack("cards.zip", zipped({f"{n}.csv": GOOD for n in range(3)}))


def test_a_refused_archive_is_a_delivery_of_its_source(tmp_path: Path) -> None:
    received = delivered(tmp_path, library_cards__csv=GOOD, library_cards_south__csv__gz=b"\x1f\x8b")
    refused = received.deliveries.filter(verdict="refused")
    assert refused.select("source", "file", "rows_read").rows() == [("library_cards", "library_cards_south.csv.gz", 0)]
