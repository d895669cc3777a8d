"""A child whose last record goes on the very night on which another list first has it: whose id, and whose officer's case?"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.decisions.outcomes import ASKED, add_outcomes
from pipelines.intake.former_identities import hand_in
from pipelines.night import run_night
from pipelines.store import Store
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT

NEW = "social_care:SC9999999"


@dataclass
class Overnight:
    """A listed child whom only the doctors know, with an officer's open enquiry."""

    first: FirstNight
    folder: Path
    child: str
    record: str
    person: Mapping[str, object]

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def loses_its_registration(self, **written: str) -> None:
        """Tomorrow's files: the doctors have the child no more, and social care has one ``written`` like this."""
        extracts = self.folder / "extracts"
        health = extracts / "health.csv"
        key = self.record.removeprefix("health:")
        lines = health.read_text("utf-8").splitlines(keepends=True)
        health.write_text("".join(line for line in lines if not line.startswith(f"{key},")), "utf-8")
        row = {
            "RecordId": NEW.removeprefix("social_care:"), "Surname": self.person["surname_shown"],
            "Forename": self.person["forename_shown"], "DateOfBirth": f"{self.person['date_of_birth']:%d/%m/%Y}",
            "Address": self.person["address_shown"], "Postcode": self.person["postcode_shown"], "Status": "CIN",
            "Opened": f"{AS_AT:%d/%m/%Y}", "AddressProtected": "N",
        } | written  # fmt: skip
        cases = pl.read_csv(extracts / "social_care.csv", infer_schema=False)
        pl.concat([cases, pl.DataFrame([row])], how="diagonal").write_csv(extracts / "social_care.csv")

    def night(self, *, full: bool = False) -> tuple[str, str | None, dict[str, bytes]]:
        """Tomorrow's night in a copy of the workspace: the id of the child with the new record, the state of the lead, and
        what was published about children."""
        workspace = self.folder / f"full {full}"
        shutil.copytree(self.workspace, workspace, symlinks=True)
        at = {
            "workspace": workspace,
            "extracts": self.folder / "extracts",
            "as_at": AS_AT + timedelta(days=1),
            "full": full,
        }
        report = run_night(self.first.settings.model_copy(update=at))
        with Store(workspace, read_only=True) as store:
            child = store.read("child_record").filter(record_id=NEW)["child_id"].item()
            state = store.read("lead").filter(child_id=self.child)["state"].item()
            assert store.read("gone_record").is_empty()
        return child, state, {file.name: file.read_bytes() for file in report.published.glob("*.csv")}


@pytest.fixture
def overnight(first_night: FirstNight, tmp_path: Path) -> Overnight:
    shutil.copytree(first_night.settings.workspace, tmp_path / "workspace", symlinks=True)
    shutil.copytree(first_night.settings.extracts, tmp_path / "extracts")
    with Store(tmp_path / "workspace", read_only=True) as store:
        tables = {name: store.read(name) for name in ASKED}
        person = store.read("person_record")
    alone = tables["candidate"].filter(pl.col("records").str.contains(r"^health:[^;]*$")).sort("rank")
    child, record = alone.select("child_id", "records").row(0)
    found = tmp_path / "found.csv"
    found.write_text(f"child_id,outcome,date\n{child},UNDER_ENQUIRY,{AS_AT}\n", "utf-8")
    add_outcomes(found, tmp_path / "workspace", tables, by="A. Lee")
    return Overnight(first_night, tmp_path, child, record, person.filter(record_id=record).row(0, named=True))


def test_a_child_keeps_its_id_and_its_case_where_another_list_has_it_from_the_night_on(overnight: Overnight) -> None:
    overnight.loses_its_registration(Opened=f"{AS_AT - timedelta(days=30):%d/%m/%Y}")
    kept, full = overnight.night(), overnight.night(full=True)
    assert kept[:2] == (overnight.child, "listed")
    assert kept == full, "a night that works out only what changed does the same, to the byte"
    changes = pl.read_csv(overnight.folder / "full True" / "published" / "latest" / "changes.csv", infer_schema=False)
    assert overnight.child not in changes.filter(pl.col("change").is_in(["new", "gone"]))["child_id"].to_list()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param({"Forename": "Zebedee"}, id="a brother: another forename"),
        pytest.param({"Forename": "Zebedee", "DateOfBirth": "02/02/2017"}, id="a brother of another age"),
        pytest.param(
            {"Address": "", "Postcode": "", "DateOfBirth": ""}, id="a namesake, of whom nothing else is known"
        ),
    ],
)
def test_a_child_of_whom_that_is_not_sure_gets_an_id_of_its_own(overnight: Overnight, written: dict[str, str]) -> None:
    overnight.loses_its_registration(**written)
    child, state, _ = overnight.night()
    assert child != overnight.child
    assert state == "in view", "an officer has it in hand"


def test_nothing_is_carried_from_an_identity_from_before_an_adoption(overnight: Overnight) -> None:
    """Handed in on the very day on which its record goes."""
    overnight.loses_its_registration()
    former = overnight.folder / "former.csv"
    former.write_text(f"record\n{overnight.record}\n", "utf-8")
    hand_in(former, overnight.workspace, "A. Lee")
    assert overnight.night()[0] != overnight.child
