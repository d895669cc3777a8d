"""The training proposal as a flow: weights are learnt and proposed; a named person approves them, or nobody does."""

from pathlib import Path

from prefect import flow

from flows.plain_words import in_plain_words
from flows.summary import leave_counts
from pipelines.decisions.proposals import propose_model
from pipelines.tuning.training import learnt_in

PROPOSER = "Rollcall, on schedule"


@flow(name="training", timeout_seconds=3 * 3600.0, persist_result=False, log_prints=False)
def training(workspace: Path) -> None:
    """Learn the weights of the linkage from the last night and all judgements, and propose them."""
    with in_plain_words("training", workspace):
        found = learnt_in(workspace)
        number = propose_model(
            workspace, found.model, why="Learnt from the last night, on schedule", by=PROPOSER, figures=found.figures
        )
    words = f"Proposal {number} waits for a named person: rollcall proposals, rollcall approve {number} --by NAME"
    leave_counts("training-proposal", words, found.figures)
