"""The training proposal as a flow: weights are learnt and proposed. They take effect only if a named person approves them."""

from functools import partial
from pathlib import Path

from prefect import flow

from flows.summary import PROPOSER, leave_counts, waits_for_approval
from pipelines.decisions.proposals import Figures, propose_model
from pipelines.failure import call_or_fail
from pipelines.tuning.training import learn_from_workspace


@flow(name="training", timeout_seconds=3 * 3600.0, persist_result=False, log_prints=False)
def training(workspace: Path) -> None:
    """Learn the weights of the linkage from the last night and all judgements, and propose them."""
    number, figures = call_or_fail("training", workspace, partial(_proposed, workspace))
    leave_counts("training-proposal", waits_for_approval(number), figures)


def _proposed(workspace: Path) -> tuple[int, Figures]:
    """The number of the proposal, and its figures."""
    found, why = learn_from_workspace(workspace), "Learnt from the last night, on schedule"
    return propose_model(workspace, found.model, why=why, by=PROPOSER, figures=found.figures), found.figures
