"""Spec: what a file is called in messages, mails and reports if it may be named for a child."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.files.named_for_a_child import by_initials, each_once, may_be_named_for_a_child, words_of_sources
from pipelines.intake.receipt.receive import check_files
from pipelines.night import run_night
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT
from tests.made.deliveries import CONTRACTS

WORDS, YEARS = words_of_sources(CONTRACTS), (2025, 2026, 2027)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("Zebedee Quill.docx", "Z… Q….docx", id="a letter about a child"),
        pytest.param("QuillZebedee_EHE form.pdf", "Q…_EHE f….pdf", id="with the word of a source"),
        pytest.param("referral - Z Quill 03052015.csv", "referral - Z Q… ….csv", id="and a birth date"),
        pytest.param("NHS 9990000018.xlsx", "N… ….xlsx", id="the number of a child"),
        pytest.param("Élodie O'Brien.csv", "É… O'B….csv", id="other letters"),
        pytest.param("Quill/housing.csv", "Q…/housing.csv", id="a folder named for a child"),
        pytest.param("referrals.zip/Zebedee Quill.csv (2)", "referrals.zip/Z… Q….csv (2)", id="packed"),
        pytest.param("referrals_20261120.csv", "referrals_20261120.csv", id="a date of these years is no birth date"),
        pytest.param("referrals 2026-11-20 (sheet 2).xlsx", "referrals 2026-11-20 (sheet 2).xlsx", id="nor its parts"),
    ],
)
def test_of_a_name_that_may_be_a_childs_only_initials_are_shown(name: str, shown: str) -> None:
    assert by_initials(name, WORDS, YEARS) == shown


@pytest.mark.parametrize(
    ("source", "rows", "may_be"),
    [
        pytest.param("unknown", 0, True, id="no contract names it"),
        pytest.param("referrals", 0, True, id="it cannot be read"),
        pytest.param("referrals", 4, True, id="a list of four"),
        pytest.param("referrals", 5, False, id="a list of five"),
        pytest.param("school_census", 0, False, id="a roll is named for its school, which somebody must ask"),
    ],
)
def test_which_files_may_be_named_for_a_child(source: str, rows: int, may_be: bool) -> None:
    assert may_be_named_for_a_child(CONTRACTS.get(source), rows) is may_be


def test_files_with_the_same_initials_are_told_apart() -> None:
    assert list(each_once(["Z… Q….pdf", "Z… Q….pdf"], {"Z… Q….pdf (2)"})) == ["Z… Q….pdf", "Z… Q….pdf (3)"]


def test_a_file_that_repeats_another_names_neither(tmp_path: Path) -> None:
    for name in ("referrals Zebedee Quill.csv", "referrals Zacharias Quince.csv"):
        (tmp_path / name).write_text("Surname,Forename,DateOfBirth,ReferredOn,Concern\nQuill,Zebedee,03/05/2015,,\n")
    said = str(check_files(tmp_path, CONTRACTS))
    assert "referrals Z… Q….csv" in said
    assert not [name for name in ("Zebedee", "Zacharias", "Quill", "Quince") if name in said]


def test_no_name_of_such_a_file_is_published_or_kept(
    quick_night: FirstNight, workspace: Path, extracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two nights: the second compares the files with those of the first."""
    (extracts / "Zebedee Quill notes.docx").write_bytes(b"letter")
    (extracts / "exclusions Zebedee Quill.xlsx").write_bytes(b"PK\x03\x04")
    shutil.copy(extracts / "health.csv", extracts / "Quill, Zebedee.csv")
    settings = quick_night.settings.model_copy(update={"extracts": extracts, "workspace": workspace})
    for after in (1, 2):
        report = run_night(settings.model_copy(update={"as_at": AS_AT + timedelta(days=after)}))
        run = json.loads((report.published / "run.json").read_text("utf-8"))
        files = {each["file"] for each in run["inputs"] if each["verdict"] == "refused"}
        assert files == {"Z… Q… n….docx", "exclusions Z… Q….xlsx", "Q…, Z….csv"}
        told = [path for path in workspace.rglob("*") if path.is_file() and b"Zebedee" in path.read_bytes()]
        assert not told
    assert "Zebedee" not in "".join(capsys.readouterr())
