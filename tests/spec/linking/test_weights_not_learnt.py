"""A night whose records teach no weights says so, links with the approved ones, and harms none that are in force."""

from pathlib import Path

import polars as pl
import pytest

from matching.comparisons import CHILD_COMPARISONS
from matching.weights import train as training
from matching.weights.model import model_toml, read_model
from pipelines.linking.link import APPROVED_MODEL
from pipelines.settings import SettingsError
from pipelines.store import Store
from pipelines.tuning.training import TRAINING_READS, learn_weights
from tests.conftest import FirstNight
from tests.made.linked_nights import LinkedNights

TOO_FEW = "training finds fewer than 30 likely matches, too few to learn from: keep the approved model"
NO_BROTHERS = (
    "training finds fewer than 30 pairs of brothers and sisters whose upn tells them apart, and would take others for one "
    "child: keep the approved model"
)
NOT_SETTLED = "training did not settle within 1 rounds: keep the approved model"


@pytest.fixture(scope="module")
def tables(first_night: FirstNight) -> dict[str, pl.DataFrame]:
    """What the night of a whole authority leaves to learn from."""
    with Store(first_night.settings.workspace, read_only=True) as store:
        return {table: store.read(table) for table in TRAINING_READS}


def _in_use(nights: LinkedNights) -> tuple[str, bool]:
    """The weights that the night keeps, and whether it learnt them."""
    kept = nights.store.read("link_model").row(0, named=True)
    return kept["weights"], kept["learnt_on"] is not None


@pytest.fixture(scope="module")
def approved() -> str:
    return model_toml(read_model(APPROVED_MODEL, CHILD_COMPARISONS))


def _told(tables: dict[str, pl.DataFrame], workspace: Path, records: int) -> tuple[object, str, bool]:
    """What a first night on some of the records tells of its weights: in words, themselves, and whether they were learnt."""
    with LinkedNights(workspace, full=False) as nights:
        nights.night(tables["person_record"].head(records))
        assert nights.report is not None
        assert nights.store.read("child_record").height == min(records, tables["person_record"].height)
        return (nights.report.figures["model"], *_in_use(nights))


def test_too_few_records_say_why_and_are_linked_with_the_approved_weights(
    tables: dict[str, pl.DataFrame], approved: str, tmp_path: Path
) -> None:
    assert _told(tables, tmp_path, 12) == (f"the approved one: {TOO_FEW}", approved, False)


def test_a_roll_without_upns_cannot_teach_how_brothers_are_alike_and_the_approved_weights_link(
    tables: dict[str, pl.DataFrame], approved: str, tmp_path: Path
) -> None:
    without = tables["person_record"].with_columns(upn=pl.lit(None, pl.String))
    assert _told({"person_record": without}, tmp_path, without.height) == (
        f"the approved one: {NO_BROTHERS}",
        approved,
        False,
    )


def test_rounds_that_do_not_settle_say_so_and_the_approved_weights_link(
    tables: dict[str, pl.DataFrame], approved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "MOST_ITERATIONS", 1)
    assert _told(tables, tmp_path, 1000) == (f"the approved one: {NOT_SETTLED}", approved, False)


def test_once_the_records_teach_weights_the_night_learns_them_and_a_later_fault_leaves_them(
    tables: dict[str, pl.DataFrame], approved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = tables["person_record"]
    with LinkedNights(tmp_path, full=False) as nights:
        nights.night(person.head(12))
        assert _in_use(nights) == (approved, False)
        nights.night(person)
        weights, is_learnt = _in_use(nights)
        assert is_learnt
        assert weights != approved
        monkeypatch.setattr(training, "MOST_ITERATIONS", 1)
        nights.night(person.head(12))
        assert _in_use(nights) == (weights, True)


def test_a_proposal_that_cannot_be_learnt_is_none(
    tables: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "MOST_ITERATIONS", 1)
    with pytest.raises(
        SettingsError, match=r"Nothing was learnt\. The night would use the approved one: training did not"
    ):
        learn_weights(
            tables, pl.DataFrame(schema={"left_id": pl.String, "right_id": pl.String, "answer": pl.String}), 0.8
        )
