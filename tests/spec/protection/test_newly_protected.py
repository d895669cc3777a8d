"""Spec: when a source protects a child whom earlier lists showed openly, the night says that copies must go, once."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.night import run_night
from pipelines.publish.newly_protected import copies_to_destroy, shown_openly
from tests.conftest import FirstNight
from tests.spec.contracts.test_contracts import GOOD


def publication(folder: Path) -> Path:
    """L is on the list and R on it with everything withheld; E is explained, and W with everything withheld."""
    pl.DataFrame({"child_id": ["L", "R"], "restricted": [False, True]}).write_parquet(folder / "candidates.parquet")
    pl.DataFrame({"child_id": ["E", "W"], "reason": ["provision", "withheld"]}).write_parquet(
        folder / "explained.parquet"
    )
    return folder


@pytest.mark.parametrize(
    ("protected", "children"),
    [
        pytest.param("L", "1 child", id="an address on the list"),
        pytest.param("E", "1 child", id="a school among the explained"),
        pytest.param("E L R", "2 children", id="one of three was protected before"),
        pytest.param("R W", None, id="protected on the last list too"),
        pytest.param("N", None, id="nobody knew the child"),
    ],
)
def test_copies_must_go_of_whoever_was_shown_and_is_protected_tonight(
    tmp_path: Path, protected: str, children: str | None
) -> None:
    warned = copies_to_destroy(shown_openly(publication(tmp_path)), pl.Series(protected.split()))
    showed = f"The last publication showed the whereabouts of {children} now to be protected."
    assert [sentence.partition(" Lists")[0] for sentence in warned] == ([showed] if children else [])


def test_no_earlier_list_shows_anybody(tmp_path: Path) -> None:
    assert shown_openly(None).is_empty()
    assert shown_openly(tmp_path).is_empty(), "its files were removed"


def test_the_night_on_which_the_mark_comes_says_so_and_the_next_does_not(
    quick_night: FirstNight, workspace: Path, extracts: Path
) -> None:
    """The child marked, and a sister at the same home."""
    listed = pl.read_csv(quick_night.published / "candidates.csv", infer_schema=False)
    child = listed.filter(pl.col("date_of_birth").is_not_null(), pl.col("postcode").is_not_null()).row(0, named=True)
    same = {"Surname": child["surname"], "Forename": child["forename"], "DateOfBirth": child["date_of_birth"]}
    home = {"Address": child["address"], "Postcode": child["postcode"]}
    row = GOOD["social_care"] | same | home | {"UPN": "", "AddressProtected": "Y"}
    pl.DataFrame([row]).write_csv(extracts / "social_care.csv")
    warned = []
    for night in (1, 2):
        as_at = quick_night.settings.as_at + timedelta(days=night)
        settings = quick_night.settings.model_copy(
            update={"workspace": workspace, "extracts": extracts, "as_at": as_at}
        )
        report = run_night(settings)
        written = (report.published / "WARNINGS.txt").read_text("utf-8") if report.warnings else ""
        warned.append("showed the whereabouts of 2 children now to be protected" in written)
    assert warned == [True, False]
