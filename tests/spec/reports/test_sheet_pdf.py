"""Evidence sheets on paper: all that a published sheet says, in one PDF, and protected children for the named role only."""

import re
import stat
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from apps.cli.main import main
from pipelines.reports.published_sheets import read_sheets
from pipelines.reports.sheet_pdf import NEEDS_EXTRA, blank_pdf, blocks_of, letters_of_the_font, printable, sheets_pdf
from pipelines.settings import SettingsError
from tests.conftest import FirstNight

AS_AT = date(2026, 11, 20)
LIST = Path("published")


def sheets(published: Path) -> list[Path]:
    return sorted((published / "evidence").glob("CH*.html"))


class _Words(HTMLParser):
    """Every word of a page but its style and its drawing: read otherwise than the product does."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in ("meta", "br"):
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.within.remove(tag)

    def handle_data(self, data: str) -> None:
        if not {"head", "figure"} & set(self.within):
            self.words += data.split()


def test_nothing_that_a_sheet_says_is_lost(first_night: FirstNight) -> None:
    for path in sheets(first_night.published):
        page = path.read_text(encoding="utf-8")
        reader = _Words()
        reader.feed(page)
        blocks = blocks_of(page)
        texts = [text for block in blocks for text in (block.text, *(cell for row in block.rows for cell in row))]
        assert " ".join(texts).split() == reader.words
        assert len(reader.words) > 100
        assert [block.kind for block in blocks[:3]] == ["h1", "p", "p"]
        assert {"h2", "li", "dt", "dd", "table"} <= {block.kind for block in blocks}
        assert "Circle: a day" not in " ".join(texts)


def test_each_sheet_begins_a_page_and_the_same_sheets_give_the_same_bytes(first_night: FirstNight) -> None:
    pages = [path.read_text(encoding="utf-8") for path in sheets(first_night.published)[:2]]
    made = sheets_pdf(pages, AS_AT)
    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", made)) >= 2
    assert sheets_pdf(pages, AS_AT) == made
    assert b"http://" not in made.replace(b"http://ns.adobe.com", b"").replace(b"http://www.w3.org", b"")


def test_letters_that_the_font_has_not_are_told_nobody(caplog: pytest.LogCaptureFixture) -> None:
    page = "<html><head><title>x</title></head><body><h1>Łukasz Şahin Оксана 漢字</h1><p>Born</p></body></html>"
    assert sheets_pdf([page], AS_AT).startswith(b"%PDF-")
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        pytest.param("Łukasz Żółć", "Łukasz Żółć", id="Polish"),
        pytest.param("Şahin Ğül", "Şahin Ğül", id="Turkish"),
        pytest.param("Zoe\u0308 Cafe\u0301", "Zoë Café", id="accents written apart"),
        pytest.param("Оксана Ψαρά", "Оксана Ψαρά", id="Cyrillic and Greek"),
        pytest.param("\u0645\u062d\u0645\u062f", "����", id="Arabic"),
        pytest.param("\u09b0\u09b9\u09bf\u09ae", "���", id="Bengali, its vowel signs with their letters"),
        pytest.param("\u092e\u094b\u0939\u0928", "���", id="Devanagari, which the font has and the PDF cannot set"),
        pytest.param("漢字 Wáng", "�� Wáng", id="Chinese"),
    ],
)
def test_a_letter_that_cannot_be_printed_is_marked_and_never_left_blank(name: str, printed: str) -> None:
    pdf = blank_pdf(AS_AT)
    letters = letters_of_the_font(pdf)
    pdf.output()  # lets go of the font
    page = f"<h1>{name}</h1><p>Born</p><table><tr><td>{name}</td></tr></table>"
    blocks = printable(blocks_of(page), letters)
    assert (blocks[0].text, blocks[-1].rows) == (printed, [[printed]])
    told = [block.text for block in blocks if block.is_guarded]
    assert bool(told) is ("�" in printed)
    assert not told or "in a browser" in told[0]


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(SettingsError, match=re.escape(NEEDS_EXTRA)):
        sheets_pdf(["<h1>x</h1>"], AS_AT)


def test_the_command_writes_one_private_file_in_the_order_asked_for(
    first_night: FirstNight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (path.stem for path in sheets(first_night.published)[:2])
    out, at = tmp_path / "visits.pdf", ["--workspace", str(first_night.settings.workspace)]
    assert main(["sheet", second.lower(), first, *at, "--out", str(out)]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    _, pages = read_sheets(first_night.settings.workspace / LIST, [second, first], restricted=False)
    assert out.read_bytes() == sheets_pdf(pages, first_night.settings.as_at)
    assert "2 sheets are in" in capsys.readouterr().out
    assert main(["sheet", first, *at, "--out", str(out)]) == 2
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("children", "told"),
    [
        pytest.param([], "Name the children", id="nobody named"),
        pytest.param(["CH0000000000"], "Name 1: .* has no evidence sheet", id="no such child"),
        pytest.param(["../run"], "Name 1: .* has no evidence sheet", id="no child id"),
    ],
)
def test_who_has_no_sheet_is_not_named(first_night: FirstNight, children: list[str], told: str) -> None:
    with pytest.raises(SettingsError, match=told) as refused:
        read_sheets(first_night.settings.workspace / LIST, children, restricted=True)
    assert not children or children[0] not in str(refused.value)


def test_a_protected_child_has_a_sheet_for_the_named_role_alone(tmp_path: Path) -> None:
    for place, text in (("evidence", "plain"), ("restricted/evidence", "whole")):
        folder = tmp_path / "2026-11-20" / place
        folder.mkdir(parents=True)
        (folder / f"CH{'A' * 10 if text == 'plain' else 'B' * 10}.html").write_text(text)
    for name in ("candidates.parquet", "explained.parquet"):
        (tmp_path / "2026-11-20" / name).touch()
    both = ["CHAAAAAAAAAA", "CHBBBBBBBBBB"]
    assert read_sheets(tmp_path, both, restricted=True) == (AS_AT, ["plain", "whole"])
    with pytest.raises(SettingsError, match=r"Name 2: .* named role only"):
        read_sheets(tmp_path, both, restricted=False)
