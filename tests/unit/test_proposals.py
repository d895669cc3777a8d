"""One person proposes with a reason, another approves; the file is the history, and every step can be undone."""

import sqlite3
import stat
import tomllib
from datetime import date
from pathlib import Path

import pytest

from matching.comparisons import CHILD_COMPARISONS
from matching.weights.model import read_model
from pipelines.decisions.in_force import (
    MODEL_IN_FORCE,
    model_in_force,
    put_in_force,
    settings_of,
    threshold_of,
)
from pipelines.decisions.proposals import (
    PROPOSALS_FILE,
    approve,
    model_file,
    model_in_words,
    not_as_approved,
    proposal_history,
    propose_model,
    propose_settings,
    roll_back,
    settings_in_words,
)
from pipelines.linking.link import APPROVED_MODEL
from pipelines.settings import SETTINGS_IN_FORCE, SettingsError, with_changes
from pipelines.workspace import StoreError

AS_AT = date(2026, 11, 20)


def proposed(workspace: Path, threshold: float, by: str = "Ann Example") -> int:
    base = settings_of(workspace, None, AS_AT)
    settings = with_changes(base, {"authority": "Zed", "linkage": {"link_threshold": threshold}}, "test")
    return propose_settings(workspace, settings, why="fewer\n false links", by=by, figures={"enquiries after": 12})


def test_another_named_person_puts_settings_in_force(tmp_path: Path) -> None:
    number = proposed(tmp_path, 0.9)
    assert threshold_of(tmp_path) == 0.7
    approve(tmp_path, number, "Bo Other")
    in_force = tmp_path / "settings_in_force.toml"
    assert tomllib.loads(in_force.read_text("utf-8"))["linkage"] == {"link_threshold": 0.9}
    assert in_force.read_text("utf-8").startswith("# Proposal 1 by Ann Example, approved by Bo Other")
    assert stat.S_IMODE(in_force.stat().st_mode) == 0o600
    assert threshold_of(tmp_path) == 0.9
    (kept,) = proposal_history(tmp_path)
    assert (kept.why, kept.figures, kept.is_in_force) == ("fewer false links", {"enquiries after": 12}, True)
    assert [(made.what, made.by) for made in kept.decisions] == [("approved", "Bo Other")]


@pytest.mark.parametrize("by", ["Ann Example", "ann  example", " ANN EXAMPLE "])
def test_nobody_approves_a_proposal_of_their_own(tmp_path: Path, by: str) -> None:
    with pytest.raises(SettingsError, match="another named person"):
        approve(tmp_path, proposed(tmp_path, 0.9), by)
    assert threshold_of(tmp_path) == 0.7


@pytest.mark.parametrize(
    ("number", "by", "told"),
    [pytest.param(7, "Bo", "no proposal 7", id="unknown"), pytest.param(1, "  ", "give the name", id="without a name")],
)
def test_an_approval_that_cannot_be(tmp_path: Path, number: int, by: str, told: str) -> None:
    proposed(tmp_path, 0.9)
    with pytest.raises(SettingsError, match=told):
        approve(tmp_path, number, by)


def test_a_proposal_needs_a_reason_and_a_name(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, None, AS_AT)
    for why, by in (("", "Ann"), ("for a reason", " ")):
        with pytest.raises(SettingsError, match="--why, in words, and --by"):
            propose_settings(tmp_path, settings, why=why, by=by, figures={})
    assert proposal_history(tmp_path) == []


def test_a_proposal_made_against_other_settings_would_undo_what_was_approved_since(tmp_path: Path) -> None:
    first, second = proposed(tmp_path, 0.9), proposed(tmp_path, 0.7)
    approve(tmp_path, first, "Bo")
    with pytest.raises(SettingsError, match="would undo what was approved since"):
        approve(tmp_path, second, "Bo")
    with pytest.raises(SettingsError, match="already in force"):
        approve(tmp_path, first, "Cy")


def test_roll_back_goes_step_by_step_to_the_defaults(tmp_path: Path) -> None:
    for threshold in (0.9, 0.95):
        approve(tmp_path, proposed(tmp_path, threshold), "Bo")
    undone, before = roll_back(tmp_path, "Cy")
    assert (undone.id, before.id if before else None, threshold_of(tmp_path)) == (2, 1, 0.9)
    undone, before = roll_back(tmp_path, "Cy")
    assert (undone.id, before, threshold_of(tmp_path)) == (1, None, 0.7)
    assert not (tmp_path / "settings_in_force.toml").exists()
    with pytest.raises(SettingsError, match="nothing to roll back"):
        roll_back(tmp_path, "Cy")
    assert [[made.what for made in kept.decisions] for kept in proposal_history(tmp_path)] == [
        ["approved", "rolled back"]
    ] * 2


def test_roll_back_undoes_what_was_approved_last_though_the_clock_was_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = (f"2026-11-20T{hour:02}:00:00+00:00" for hour in reversed(range(24)))
    monkeypatch.setattr("pipelines.decisions.proposals._now", lambda: next(times))
    approve(tmp_path, proposed(tmp_path, 0.9), "Bo Other")
    weights = propose_model(tmp_path, read_model(APPROVED_MODEL, CHILD_COMPARISONS), why="new", by="Ann", figures={})
    approve(tmp_path, weights, "Bo Other")
    undone, _ = roll_back(tmp_path, "Cy")
    assert (undone.id, threshold_of(tmp_path)) == (weights, 0.9)


def test_roll_back_leaves_nothing_of_what_it_undoes(tmp_path: Path) -> None:
    approve(tmp_path, proposed(tmp_path, 0.9), "Bo")
    with_school = with_changes(
        settings_of(tmp_path, None, AS_AT), {"schools": {"due": {"school_census": ["2001"]}}}, "test"
    )
    number = propose_settings(tmp_path, with_school, why="it was left out", by="Ann", figures={})
    approve(tmp_path, number, "Bo")
    assert settings_of(tmp_path, None, AS_AT).schools.due == {"school_census": ("2001",)}
    roll_back(tmp_path, "Cy")
    assert settings_of(tmp_path, None, AS_AT).schools.due == {}


@pytest.mark.parametrize("name", [SETTINGS_IN_FORCE, MODEL_IN_FORCE])
def test_an_approval_that_is_cut_off_is_seen_and_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    model = read_model(APPROVED_MODEL, CHILD_COMPARISONS)
    number = (
        proposed(tmp_path, 0.9)
        if name == SETTINGS_IN_FORCE
        else propose_model(tmp_path, model, why="learnt in autumn", by="Ann", figures={})
    )

    def killed(path: Path, content: bytes | None) -> None:
        put_in_force(path, content)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("pipelines.decisions.proposals.put_in_force", killed)
        approve(tmp_path, number, "Bo")
    assert not any(made.is_in_force for made in proposal_history(tmp_path))
    (told,) = not_as_approved(tmp_path)
    assert told.startswith(f"{name} has changed since it was last approved (nothing is approved).")
    approve(tmp_path, number, "Bo")
    assert not_as_approved(tmp_path) == []
    (tmp_path / name).unlink()
    assert "(proposal 1)" in not_as_approved(tmp_path)[0]


def test_settings_of_the_machine_are_nobodys_to_approve(tmp_path: Path) -> None:
    approve(tmp_path, proposed(tmp_path, 0.9), "Bo")
    in_force = tmp_path / SETTINGS_IN_FORCE
    text = in_force.read_text("utf-8")
    in_force.write_text(text.replace("memory_gb = 2.0", "memory_gb = 4.0"), encoding="utf-8")
    assert settings_of(tmp_path, None, AS_AT).machine.memory_gb == 4.0
    assert not_as_approved(tmp_path) == []
    in_force.write_text(text.replace("link_threshold = 0.9", "link_threshold = 0.8"), encoding="utf-8")
    assert not_as_approved(tmp_path) != []


def test_a_night_says_who_agreed_to_its_settings(tmp_path: Path) -> None:
    usual = settings_of(tmp_path, None, AS_AT)
    assert settings_in_words(tmp_path, usual) is None
    raised = with_changes(
        usual, {"ranking": {"wasted_enquiries_per_missed_child": 1.0, "points": {"referral": 0}}}, "test"
    )
    words = settings_in_words(tmp_path, raised) or ""
    assert words.startswith(
        "This list depends on settings that no second person has approved, and that differ from the defaults: "
        "ranking.points.referral = 0 (not 30), ranking.wasted_enquiries_per_missed_child = 1 (not 8). "
    )
    approve(tmp_path, proposed(tmp_path, 0.9), "Bo Other")
    agreed = settings_in_words(tmp_path, settings_of(tmp_path, None, AS_AT)) or ""
    assert agreed.startswith("The settings are those of proposal 1 by Ann Example, approved by Bo Other on ")
    assert agreed.endswith('. The reason given: "fewer false links". They set linkage.link_threshold = 0.9 (not 0.7).')
    words = settings_in_words(tmp_path, usual) or ""
    assert "differ from those of proposal 1 by Ann Example" in words
    assert "linkage.link_threshold = 0.7 (not 0.9). " in words


def test_settings_written_by_hand_into_the_file_in_force_are_told_as_nobodys(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_IN_FORCE).write_text(
        '[ranking]\ndoubtful_link_below = 0.1\n[ranking.area]\npostcodes = ["ZA"]\n'
    )
    words = settings_in_words(tmp_path, settings_of(tmp_path, None, AS_AT)) or ""
    assert ": ranking.area.postcodes, ranking.doubtful_link_below = 0.1 (not 0.8). " in words


def test_what_was_proposed_is_never_taken_out(tmp_path: Path) -> None:
    proposed(tmp_path, 0.9)
    connection = sqlite3.connect(tmp_path / PROPOSALS_FILE)
    for statement in ("delete from proposal", "update proposal set by = 'Bo'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_weights_are_put_in_force_as_they_were_proposed(tmp_path: Path) -> None:
    model = read_model(APPROVED_MODEL, CHILD_COMPARISONS)
    assert model_in_force(tmp_path) is None
    assert model_in_words(tmp_path) is None
    number = propose_model(tmp_path, model, why="learnt in autumn", by="Ann", figures=model.figures)
    approve(tmp_path, number, "Bo")
    found = model_in_force(tmp_path)
    assert found is not None
    assert found.match == model.match
    assert (model_in_words(tmp_path) or "").startswith("in force: proposal 1 by Ann, approved by Bo on ")
    roll_back(tmp_path, "Cy")
    assert model_in_force(tmp_path) is None


def test_weights_changed_after_they_were_proposed_are_refused(tmp_path: Path) -> None:
    model = read_model(APPROVED_MODEL, CHILD_COMPARISONS)
    number = propose_model(tmp_path, model, why="learnt", by="Ann", figures={})
    path = model_file(tmp_path, number)
    path.write_text(path.read_text("utf-8") + "\n# better\n", "utf-8")
    with pytest.raises(SettingsError, match="has changed since it was proposed"):
        approve(tmp_path, number, "Bo")
    path.unlink()
    with pytest.raises(SettingsError, match="cannot be used: No such file"):
        approve(tmp_path, number, "Bo")


def test_weights_in_force_that_fit_no_more_stop_the_night_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "model_in_force.toml").write_text("household = 0.1\n")
    with pytest.raises(StoreError, match="roll it back: rollcall approve --roll-back"):
        model_in_force(tmp_path)
