"""A folder of files: which count, what is loaded, what is set aside, and that every row is accounted for."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from pipelines.files.folder import ExtractsError
from pipelines.intake.receipt.receive import FOR_SENDER, Received, check_files, receive, sender_files
from pipelines.reports.life import as_typed
from pipelines.tables import BREACH, DELIVERY, SET_ASIDE
from tests.made.library_cards import (
    FORTY_CARDS,
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
    put,
)

RECEIVED_AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
CONTRACTS = {"library_cards": library_contract(), "reading_clubs": library_contract("reading_clubs")}
BAD_DATE = ("LC000009", "Jones", "Mo", "31/02/2015", "F", "", "", "")


@pytest.fixture(autouse=True)
def quick_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge dates and repeated keys at once; the true judge has tests of its own and is used in the last ones here."""
    monkeypatch.setattr("data_contracts.check.judge", judge_dates_and_keys)


def judge_dates_and_keys(rows: pl.DataFrame, contract: Contract, file: str, *_: object, **__: object) -> list[Breach]:
    """Two rules of the contract, without Great Expectations."""
    born_on = pl.col("born_on").str
    bad = rows.filter((pl.col("born_on") != "") & born_on.to_date("%d/%m/%Y", strict=False).is_null())
    twice = rows.filter(pl.col(contract.key.name).is_duplicated())
    return [
        *(Breach(contract.id, file, line, "BirthDate", "date", "row", "Why.", "Fix.") for line in bad["line"]),
        *(Breach(contract.id, file, line, "CardNo", "unique key", "row", "Why.", "Fix.") for line in twice["line"]),
    ]


def received(folder: Path) -> Received:
    """Receive, and hold every night to its accounts."""
    night = receive(folder, CONTRACTS, received_at=RECEIVED_AT)
    assert night.breaches.schema == BREACH
    assert night.deliveries.schema == DELIVERY
    assert night.set_aside.schema == SET_ASIDE
    for row in night.deliveries.iter_rows(named=True):
        own = (pl.col("source") == row["source"]) & (pl.col("file_id") == row["file_id"])
        assert row["rows_read"] == row["rows_loaded"] + row["rows_set_aside"]
        assert row["rows_set_aside"] == night.set_aside.filter(own).height
        loaded = night.raw.get(row["source"], pl.DataFrame(schema={"file_id": pl.String}))
        assert row["rows_loaded"] == loaded.filter(pl.col("file_id") == row["file_id"]).height
    return night


def rules(night: Received) -> list[tuple[str, int | None, str, str]]:
    return night.breaches.select("file", "line", "rule", "stops").rows()


def test_rows_are_kept_unchanged_and_numbered(tmp_path: Path) -> None:
    night = received(put(tmp_path, library_cards__csv=GOOD))
    raw = night.raw["library_cards"]
    assert raw.columns == ["record_id", "file_id", "line", "line_hash", *CONTRACTS["library_cards"].column_named]
    file_id = night.deliveries["file_id"][0]
    assert raw.drop("line_hash").row(1)[:5] == ("library_cards:LC777777", file_id, 3, "LC777777", "Quillfeather")
    assert raw["line_hash"].n_unique() == raw.height
    assert night.breaches.is_empty()


def test_a_semicolon_in_a_key_parts_no_list_of_records_in_two(tmp_path: Path) -> None:
    night = received(put(tmp_path, library_cards__csv=as_csv(("LC1;2", *SMITH[1:]))))
    assert night.raw["library_cards"].select("record_id", "card_no").rows() == [("library_cards:LC1%3B2", "LC1;2")]
    assert as_typed(" library_cards:LC1;2 ") == as_typed("library_cards:LC1%3B2") == "library_cards:LC1%3B2"


def test_a_delivery_says_what_came(tmp_path: Path) -> None:
    data = as_csv(SMITH, BAD_DATE).encode()
    night = received(put(tmp_path, library_cards__csv=data))
    row = night.deliveries.row(0, named=True)
    assert row["file_id"] == row["sha256"][:16]
    assert (row["bytes"], row["rows_read"], row["rows_loaded"], row["rows_set_aside"]) == (len(data), 2, 1, 1)
    assert (row["verdict"], row["received_at"]) == ("loaded", RECEIVED_AT)


def test_a_row_that_breaks_a_rule_is_set_aside_whole(tmp_path: Path) -> None:
    night = received(put(tmp_path, library_cards__csv=as_csv(SMITH, BAD_DATE, ("LC000009", *SMITH[1:]))))
    assert night.set_aside.select("line", "rules").rows() == [(3, "date; unique key"), (4, "unique key")]
    kept = pl.Series([night.set_aside["row"][0]]).str.json_decode(pl.Struct(dict.fromkeys(HEADERS, pl.String)))
    assert tuple(kept[0].values()) == BAD_DATE


def test_a_key_column_called_record_id_is_kept_unchanged_in_what_is_set_aside(tmp_path: Path) -> None:
    contracts = {"library_cards": library_contract(key="record_id")}
    put(tmp_path, library_cards__csv=as_csv(SMITH, BAD_DATE))
    night = receive(tmp_path, contracts, received_at=RECEIVED_AT)
    assert night.raw["library_cards"]["record_id"].to_list() == ["library_cards:LC000001"]
    assert '"CardNo":"LC000009"' in night.set_aside["row"][0]


def test_a_refused_file_loads_nothing_and_loses_nothing(tmp_path: Path) -> None:
    renamed = as_csv(SMITH, OKAFOR, headers=["CardNo", "Sirname", *HEADERS[2:]])
    night = received(put(tmp_path, library_cards__csv=GOOD, reading_clubs__csv=renamed))
    assert list(night.raw) == ["library_cards"]
    refused = night.deliveries.filter(source="reading_clubs").row(0, named=True)
    assert (refused["verdict"], refused["rows_read"], refused["rows_loaded"]) == ("refused", 2, 0)
    assert night.set_aside.get_column("rules").to_list() == ["renamed column"] * 2


def test_files_of_one_source_are_put_together(tmp_path: Path) -> None:
    night = received(
        put(
            tmp_path,
            library_cards_north__csv=as_csv(SMITH),
            south__slash__Library_Cards_South__XML=as_xml(QUILLFEATHER),
            library_cards_west__xlsx=as_xlsx(OKAFOR),
        )
    )
    raw = night.raw["library_cards"]
    assert sorted(raw["surname"]) == ["Okafor", "Quillfeather", "Smith"]
    assert raw["file_id"].n_unique() == 3


def test_the_same_content_twice_counts_once(tmp_path: Path) -> None:
    night = received(put(tmp_path, library_cards__csv=GOOD, library_cards_copy__csv=GOOD))
    assert night.raw["library_cards"].height == 3
    assert night.deliveries.height == 1
    assert rules(night) == [("library_cards_copy.csv", None, "same file twice", "nothing")]


def test_a_key_in_two_files_is_set_aside_in_both_unless_the_rows_are_the_same(tmp_path: Path) -> None:
    changed = (*OKAFOR[:5], "9 Other Street", *OKAFOR[6:])
    night = received(
        put(tmp_path, library_cards_a__csv=as_csv(SMITH, OKAFOR), library_cards_b__csv=as_csv(changed, SMITH))
    )
    assert rules(night) == [
        ("library_cards_a.csv", 3, "unique key", "row"),
        ("library_cards_b.csv", 2, "unique key", "row"),
        ("library_cards_b.csv", 3, "unique key", "row"),
    ]
    assert night.raw["library_cards"]["record_id"].to_list() == ["library_cards:LC000001"]


def test_a_file_in_a_folder_is_told_with_its_folder(tmp_path: Path) -> None:
    night = received(put(tmp_path, north__slash__library_cards__csv=as_csv(SMITH), library_cards__csv=as_csv(BAD_DATE)))
    assert rules(night) == [("library_cards.csv", 2, "date", "row")]
    assert night.deliveries["file"].to_list() == ["library_cards.csv", "north/library_cards.csv"]


@pytest.mark.parametrize(
    ("tonight", "beside", "is_refused"),
    [
        pytest.param(FORTY_CARDS, [*FORTY_CARDS[10:], OKAFOR], True, id="the extract of last week"),
        pytest.param(FORTY_CARDS, FORTY_CARDS[:35], True, id="the extract of this morning, with fewer rows"),
        pytest.param(FORTY_CARDS, FORTY_CARDS[:20], False, id="half of the rows, as corrections"),
        pytest.param(FORTY_CARDS[:10], FORTY_CARDS[1:10], False, id="too few rows to say"),
        pytest.param(FORTY_CARDS[:25], FORTY_CARDS[15:], False, id="two schools that share some pupils"),
    ],
)
def test_two_deliveries_of_one_extract_are_both_refused(
    tmp_path: Path, tonight: list[tuple[str, ...]], beside: list[tuple[str, ...]], is_refused: bool
) -> None:
    files = {"2026__slash__reading_clubs__csv": as_csv(*tonight), "2025__slash__reading_clubs__csv": as_csv(*beside)}
    night = received(put(tmp_path, library_cards__csv=GOOD, **files))
    breaches = night.breaches.filter(rule="two deliveries")
    assert breaches["file"].to_list() == ["2025/reading_clubs.csv", "2026/reading_clubs.csv"] * is_refused
    assert ("reading_clubs" in night.raw) is not is_refused
    if is_refused:
        assert "rows of 2026/reading_clubs.csv" in breaches["why"][0]
        assert night.set_aside.filter(source="reading_clubs").height == len(tonight) + len(beside)


def test_keys_that_two_systems_gave_to_other_children_are_not_taken_for_two_deliveries(tmp_path: Path) -> None:
    north = as_csv(*((f"{n}", f"North{n}", f"Ann {n}", "01/05/2014", "F", "", "", "") for n in range(30)))
    south = as_csv(*((f"{n}", f"South{n}", f"Bo {n}", "02/06/2013", "M", "", "", "") for n in range(30)))
    night = received(
        put(tmp_path, library_cards__csv=GOOD, n__slash__reading_clubs__csv=north, s__slash__reading_clubs__csv=south)
    )
    breaches = night.breaches.filter(source="reading_clubs", stops="file")
    assert breaches["file"].to_list() == ["n/reading_clubs.csv", "s/reading_clubs.csv"]
    assert breaches["rule"].to_list() == ["keys of two systems"] * 2
    assert "s/reading_clubs.csv uses for other children" in breaches["why"][0]


def test_a_row_without_a_key_is_never_loaded(tmp_path: Path) -> None:
    night = received(put(tmp_path, library_cards__csv=as_csv(SMITH, (" ", *OKAFOR[1:]))))
    assert rules(night) == [("library_cards.csv", 3, "required", "row")]
    assert night.raw["library_cards"].height == 1


def test_an_unknown_file_is_named_and_the_night_goes_on(tmp_path: Path) -> None:
    night = received(put(tmp_path, library_cards__csv=GOOD, swimming__csv="Name\nAnn\n"))
    assert rules(night) == [("s….csv", None, "unknown source", "file")]
    assert night.breaches["source"].to_list() == ["unknown"]
    assert "Name it after its source: library_cards, reading_clubs." in night.breaches["fix"][0]
    assert night.deliveries.filter(source="unknown")["verdict"].to_list() == ["refused"]


@pytest.mark.parametrize(
    "name",
    [
        "Library Cards.csv",
        "library-cards_north.CSV",
        "LIBRARY  CARDS Nov 2026 FINAL v2.csv",
        "Library Cards.tsv",
        "LibraryCards_2026.csv",
    ],
)
def test_spaces_and_hyphens_in_a_name_are_underscores(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(as_csv(SMITH))
    night = received(tmp_path)
    assert night.raw["library_cards"].height == 1
    assert night.deliveries["file"].to_list() == [name]


def test_a_known_source_in_a_form_that_is_not_read_is_told_which_are(tmp_path: Path) -> None:
    night = received(put(tmp_path, library_cards__csv=GOOD, reading_clubs__docx=b"x"))
    assert night.breaches.select("source", "rule", "stops").rows() == [("reading_clubs", "form", "file")]
    assert "reading_clubs*.csv" in night.breaches["fix"][0]


def test_the_longer_of_two_fitting_names_wins_and_a_tie_is_said(tmp_path: Path) -> None:
    folder = put(tmp_path, library_cards__csv=GOOD)
    broad = library_contract("reading_clubs", names=["*.csv"])
    night = receive(folder, CONTRACTS | {"reading_clubs": broad}, received_at=RECEIVED_AT)
    assert list(night.raw) == ["library_cards"]
    same = library_contract("reading_clubs", names=["library_cards*.csv"])
    breaches = breaches_of(folder, *(CONTRACTS | {"reading_clubs": same}).values())
    assert [(b.rule, b.stops) for b in breaches] == [("unknown source", "file")]
    assert "two sources" in breaches[0].why


def test_a_pattern_with_a_folder_means_that_folder(tmp_path: Path) -> None:
    folder = put(tmp_path, library_cards__csv=GOOD, clubs__slash__north__csv=as_csv(SMITH))
    clubs = library_contract("reading_clubs", names=["clubs/*.csv"])
    night = receive(folder, CONTRACTS | {"reading_clubs": clubs}, received_at=RECEIVED_AT)
    assert night.raw["reading_clubs"].height == 1


def test_hidden_and_unfinished_files_are_passed_over(tmp_path: Path) -> None:
    folder = put(tmp_path, library_cards__csv=GOOD)
    left = (
        ".hidden.csv",
        "~$library_cards.xlsx",
        "library_cards.csv.tmp",
        ".git/library_cards.csv",
        "Thumbs.db",
        "desktop.ini",
    )
    for name in left:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    assert received(folder).deliveries.height == 1


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path, library_cards__csv=GOOD, reading_clubs__csv=GOOD)
    read = Path.read_bytes

    def read_or_refuse(path: Path) -> bytes:
        if path.name == "reading_clubs.csv":
            raise PermissionError(path)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_or_refuse)
    assert rules(received(folder)) == [("reading_clubs.csv", None, "not readable", "file")]


def test_a_folder_within_a_folder_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    """The lists of the primary schools, one folder too deep, would be missing without a word."""
    for name in ("rolls/primary", "rolls/empty", "rolls/__MACOSX"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("rolls/primary/school_census.csv", "rolls/__MACOSX/x.csv"):
        (tmp_path / name).write_text("RecordId", encoding="utf-8")
    (found,) = check_files(tmp_path, CONTRACTS)
    assert (found.file, found.is_refused) == ("r…/p…", True)
    assert [breach.rule for breach in found.breaches] == ["folder in a folder"]


def test_a_sender_gets_lines_and_remedies_and_no_value_of_a_child(tmp_path: Path) -> None:
    bad = (*QUILLFEATHER[:3], "13/13/2015", *QUILLFEATHER[4:])
    night = received(
        put(tmp_path, library_cards__csv=as_csv(SMITH, bad) + "LC8,Quillfeather\n", reading_clubs__csv=b"")
    )
    files = sender_files(night)
    assert {source: rows.select("line", "column", "rule").rows() for source, rows in files.items()} == {
        "library_cards": [(3, "BirthDate", "date"), (4, None, "ragged row")],
        "reading_clubs": [(None, None, "empty file")],
    }
    for rows in files.values():
        assert rows.schema == FOR_SENDER
        assert not [value for value in SENTINEL if value in rows.write_csv()]


def test_a_path_is_checked_with_nothing_loaded_and_without_a_roll(tmp_path: Path) -> None:
    folder = put(tmp_path, reading_clubs__csv=as_csv(SMITH, BAD_DATE), swimming__csv=b"x")
    assert [(b.file, b.rule) for b in breaches_of(folder, *CONTRACTS.values())] == [
        ("reading_clubs.csv", "date"),
        ("s….csv", "unknown source"),
    ]
    assert [b.rule for b in breaches_of(folder / "reading_clubs.csv", *CONTRACTS.values())] == ["date"]
    with pytest.raises(ExtractsError):
        breaches_of(folder / "nothing.csv")
