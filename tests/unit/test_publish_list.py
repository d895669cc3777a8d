"""The list as CSV, Parquet and workbook: complete, typed, and harmless to open."""

import csv
import io
import json
import re
import string
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html import unescape
from pathlib import Path

import polars as pl
import pytest

from pipelines.atomic_folder import PublicationFailed
from pipelines.decisions.outcomes import CODES, DFE_REASONS
from pipelines.decisions.outcomes import COLUMNS as COLUMNS_HANDED_IN
from pipelines.files.handed_in import cells_handed_in
from pipelines.listing.rank import lanes_of
from pipelines.publish.sender_files import sender_csvs
from pipelines.publish.tabular import csv_bytes
from pipelines.publish.workbook import COLUMNS, TO_FILL_IN, candidates_xlsx, sheet_name
from pipelines.tables import CANDIDATE, EXPLAINED
from tests.made.publication import made_publication, nothing_published, protect, publish


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    night = protect(made_publication(), "CH0000000003")
    return publish(night, tmp_path_factory.mktemp("published")).path


def test_every_output_is_there(folder: Path) -> None:
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    sheets = {path for path in found if "evidence/" in path}
    assert len(sheets) == 30
    assert found - sheets == {
        "candidates.csv",
        "changes.csv",
        "candidates.parquet",
        "candidates.xlsx",
        "data_quality.html",
        "explained.parquet",
        "match_report.html",
        "other_teams.csv",
        "early_warning.csv",
        "restricted/candidates_restricted.csv",
        "run.json",
        "set_aside/health.csv",
    }
    assert (folder.parent / "latest").resolve() == folder.resolve()


def test_settings_that_nobody_approved_are_told_to_officers_and_analysts(tmp_path: Path) -> None:
    told = "This list hangs on settings that no second person has approved"
    folder = publish(made_publication(settings_approval=told), tmp_path).path
    words = pl.read_excel(folder / "candidates.xlsx", sheet_name="Read me", has_header=False)
    assert ("Settings", told) in list(words.iter_rows())
    assert told in (folder / "match_report.html").read_text("utf-8")


def test_the_parquet_list_is_typed_and_in_rank_order(folder: Path) -> None:
    listed = pl.read_parquet(folder / "candidates.parquet")
    assert listed.schema == CANDIDATE
    assert listed["rank"].to_list() == list(range(1, 31))
    assert pl.read_parquet(folder / "explained.parquet").schema == EXPLAINED


def test_csv_and_parquet_tell_the_same_list(folder: Path) -> None:
    with (folder / "candidates.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    listed = pl.read_parquet(folder / "candidates.parquet")
    assert list(rows[0]) == CANDIDATE.names()
    assert [row["records"] for row in rows] == listed["records"].to_list()
    assert [float(row["likelihood"]) for row in rows] == pytest.approx(listed["likelihood"].to_list(), abs=1e-6)
    assert [row["date_of_birth"] for row in rows] == [str(born) for born in listed["date_of_birth"]]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        pytest.param("=HYPERLINK(1)", "'=HYPERLINK(1)", id="equals sign"),
        pytest.param("+Nowak", "'+Nowak", id="plus"),
        pytest.param("-Smith", "'-Smith", id="minus"),
        pytest.param("@Home", "'@Home", id="at sign"),
        pytest.param("\tTab", "'\tTab", id="tab"),
        pytest.param("\rReturn", "'\rReturn", id="carriage return"),
        pytest.param("\nLine", "'\nLine", id="line feed"),
        pytest.param("＝Wide", "'＝Wide", id="full-width equals sign"),
        pytest.param("O'Brien", "O'Brien", id="apostrophe within: untouched"),
        pytest.param("Al-Hassan", "Al-Hassan", id="hyphen within: untouched"),
        pytest.param('Zoë "Zo", Ann', 'Zoë "Zo", Ann', id="quotes and commas: quoted"),
        pytest.param(None, "", id="null: empty"),
    ],
)
def test_no_formula_comes_out_of_a_name_in_a_csv(name: str | None, written: str) -> None:
    frame = pl.DataFrame(
        {"surname": [name], "likelihood": [-0.5]}, schema={"surname": pl.String, "likelihood": pl.Float64}
    )
    text = csv_bytes(frame).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row == {"surname": written, "likelihood": "-0.500000"}


def sheets(content: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/sheet"):
                yield name, book.read(name).decode()


def lane_sheets(content: bytes) -> list[str]:
    """The sheets between the one to read first and the reasons to choose from."""
    return [sheet for _, sheet in sheets(content)][1:-1]


def test_no_sheet_holds_a_formula_or_a_link_to_outside(folder: Path) -> None:
    content = (folder / "candidates.xlsx").read_bytes()
    found = dict(sheets(content))
    assert len(found) == 6  # read me, four lanes, and the reasons to choose from
    assert not any("<f>" in sheet or "r:id" in sheet for sheet in found.values())
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert "=HYPERLINK" in book.read("xl/sharedStrings.xml").decode()
        assert not any("externalLink" in name or name.endswith("sheet1.xml.rels") for name in book.namelist())


def test_each_lane_is_a_sheet_with_frozen_header_and_filter(folder: Path) -> None:
    listed = pl.read_parquet(folder / "candidates.parquet")
    for lane, rows in listed.group_by("lane"):
        sheet = pl.read_excel(folder / "candidates.xlsx", sheet_name=sheet_name(str(lane[0])))
        assert sheet.columns == [column.header for column in (*COLUMNS, *TO_FILL_IN)]
        assert sheet["Child id"].to_list() == rows["child_id"].to_list()
        assert sheet["Forename"].to_list() == rows["forename"].to_list()
        assert sheet["Date of birth"].to_list() == rows["date_of_birth"].to_list()
        assert sheet["Likelihood"].to_list() == pytest.approx(rows["likelihood"].to_list())
    lanes = lane_sheets((folder / "candidates.xlsx").read_bytes())
    assert all('state="frozen"' in sheet and "<autoFilter" in sheet for sheet in lanes)


def test_a_row_is_as_high_as_its_text_in_every_spreadsheet_program(folder: Path) -> None:
    listed = pl.read_parquet(folder / "candidates.parquet")
    for lane, sheet in zip(lanes_of(listed), lane_sheets((folder / "candidates.xlsx").read_bytes()), strict=True):
        rows = listed.filter(pl.col("lane") == lane)
        heights = [float(found) for found in re.findall(r'<row r="\d+"[^>]* ht="([\d.]+)"', sheet)[1:]]
        needed = (rows["because"].str.len_chars() / 77).ceil() * 13
        assert len(heights) == rows.height
        assert all(height >= least for height, least in zip(heights, needed, strict=True))


def test_what_is_for_the_machine_or_to_be_filled_in_is_not_printed(folder: Path) -> None:
    with zipfile.ZipFile(folder / "candidates.xlsx") as book:
        areas = re.findall(r"_xlnm.Print_Area[^>]*>[^!]+!([^<]+)<", book.read("xl/workbook.xml").decode())
    assert [header for header in printed_headers() if header in ("Household", "Outcome")] == []
    last = string.ascii_uppercase[len(printed_headers()) - 1]
    assert len(areas) == 4
    assert all(area.startswith("$A$1:$") and area.split("$")[3] == last for area in areas)


def test_no_probability_is_shown_as_certain(folder: Path) -> None:
    with zipfile.ZipFile(folder / "candidates.xlsx") as book:
        forms = re.findall(r'formatCode="([^"]*%[^"]*)"', book.read("xl/styles.xml").decode())
    # The second is how far down the list a child comes, and no probability.
    assert [unescape(form) for form in forms] == ['[>=0.995]"over 99%";[<0.005]"under 1%";0%', '0%;;""']


def test_each_sheet_is_printed_on_paper_of_this_country(folder: Path) -> None:
    for _, sheet in sheets((folder / "candidates.xlsx").read_bytes()):
        assert re.findall(r'paperSize="(\d+)"', sheet) in (["8"], ["9"])  # A3, A4


def printed_headers() -> list[str]:
    return [column.header for column in (*COLUMNS, *TO_FILL_IN) if column.printed]


def test_officers_choose_an_outcome_in_the_list_and_send_it_back(folder: Path) -> None:
    content = (folder / "candidates.xlsx").read_bytes()
    assert all(f'<formula1>"{",".join(CODES)}"</formula1>' in sheet for sheet in lane_sheets(content))
    needed, others = COLUMNS_HANDED_IN
    assert [column.header.lower() for column in TO_FILL_IN] == [*needed[1:], *others]
    read = cells_handed_in(folder / "candidates.xlsx", needed, others)
    assert sorted(read["child_id"]) == sorted(pl.read_parquet(folder / "candidates.parquet")["child_id"])
    assert read.select(*needed[1:], *others).null_count().row(0) == (read.height,) * len(TO_FILL_IN)


def test_the_reasons_to_choose_from_are_the_departments(folder: Path) -> None:
    content = (folder / "candidates.xlsx").read_bytes()
    chosen = f"<formula1>Reasons!$A$2:$A${1 + len(DFE_REASONS)}</formula1>"
    assert all(chosen in sheet for sheet in lane_sheets(content))
    reasons = pl.read_excel(io.BytesIO(content), sheet_name="Reasons")
    assert reasons.to_series().drop_nulls().to_list() == list(DFE_REASONS)


def test_what_each_outcome_says_and_does_is_in_the_workbook_that_asks_for_it(folder: Path) -> None:
    told = pl.read_excel(folder / "candidates.xlsx", sheet_name="Reasons").drop_nulls("Outcomes to choose from")
    rows = told.select("Outcomes to choose from", "What it says", "What the next night does").rows()
    assert [(code, says) for code, says, _ in rows] == [(code, meaning.words) for code, meaning in CODES.items()]
    assert [does.startswith("off the list") for _, _, does in rows] == [meaning.closes for meaning in CODES.values()]


def test_the_first_sheet_says_what_the_list_is_and_is_not(folder: Path) -> None:
    words = pl.read_excel(folder / "candidates.xlsx", sheet_name="Read me", has_header=False)
    text = " ".join(str(cell) for line in words.rows() for cell in line if cell)
    assert "possibly missing education, to be looked into" in text
    assert "not a finding about a child or a family" in text
    assert "30 children on the list" in text
    assert "Not read tonight: housing.csv" in text


def test_a_night_without_candidates_is_published_too(tmp_path: Path) -> None:
    folder = publish(nothing_published(), tmp_path).path
    assert pl.read_parquet(folder / "candidates.parquet").schema == CANDIDATE
    assert (folder / "candidates.csv").read_text(encoding="utf-8-sig").strip() == ",".join(CANDIDATE.names())
    sheet = pl.read_excel(folder / "candidates.xlsx", sheet_name="Follow up")
    assert sheet["Rank"].to_list() == ["No child in this lane tonight."]


def test_a_list_that_breaks_its_contract_is_not_published(tmp_path: Path) -> None:
    night = made_publication()
    stands = publish(night, tmp_path).path
    before = (stands / "candidates.csv").read_bytes()
    with pytest.raises(PublicationFailed, match="column likelihood: range") as caught:
        publish(replace(night, candidates=night.candidates.with_columns(likelihood=pl.lit(1.2))), tmp_path)
    assert (stands / "candidates.csv").read_bytes() == before
    assert not any(name in str(caught.value) for name in ("Oluwaseun", "Tennyson", "Patel"))


def test_the_same_night_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = (publish(made_publication(), tmp_path / name).path for name in ("first", "again"))
    for path in first.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(first)).read_bytes(), path.name


def test_run_json_fingerprints_every_other_file(folder: Path) -> None:
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert run["as_at"] == "2026-11-20"
    assert run["counts"] == {"receive": {"rows": 502}}
    published = {entry["file"]: entry["bytes"] for entry in run["published"]}
    assert published == {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.json"
    }
    assert all(re.fullmatch("[0-9a-f]{64}", entry["sha256"]) for entry in run["published"])


def test_run_json_tells_which_lists_of_the_same_date_it_replaced(tmp_path: Path) -> None:
    """An officer who printed the list of that morning must be able to say which one it was."""
    begun, lists = ("2026-11-21T02:30:00+00:00", "2026-11-21T09:00:00+00:00", "2026-11-21T12:00:00+00:00"), []
    for at in begun:
        folder = publish(made_publication(run={"as_at": "2026-11-20", "started_at": at}), tmp_path).path
        files = ("candidates.csv", "candidates.xlsx")
        lists.append({name: sha256((folder / name).read_bytes()).hexdigest() for name in files})
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert run["replaces"] == [{"started_at": begun[n], "sha256": lists[n]} for n in (0, 1)]


def test_a_run_that_json_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"run\.json cannot hold a complex"):
        publish(made_publication(run={"what": 1j, "when": date(2026, 11, 20)}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_each_sender_gets_a_file_under_a_plain_name() -> None:
    told = pl.DataFrame({"line": [9], "fix": ["Write the date as YYYYMMDD."]})
    files = sender_csvs({"health": told, "../odd name": told, "housing": told.clear()})
    assert set(files) == {"set_aside/health.csv", "set_aside/___odd_name.csv"}


def test_the_workbook_leaves_nothing_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    night = made_publication()
    assert candidates_xlsx(night, night.candidates, {})
    assert list(tmp_path.iterdir()) == []
