"""The recalibration as a flow: compares what officers found with the likelihood, and proposes a correction."""

from functools import partial
from pathlib import Path

from prefect import flow

from flows.summary import PROPOSER, leave_counts, waits_for_approval
from pipelines.failure import call_or_fail
from pipelines.tuning.recalibration_proposal import propose_recalibration


@flow(name="recalibration", timeout_seconds=3600.0, persist_result=False, log_prints=False)
def recalibration(workspace: Path) -> None:
    """Fit the likelihood to what officers found, and propose that. It takes effect only if a named person approves it.

    If there is nothing to propose (too few outcomes, or none that contradict the likelihood) the run says so and ends well.
    """
    made = call_or_fail("recalibration", workspace, partial(propose_recalibration, workspace, PROPOSER))
    waits = "No recalibration is proposed"
    if made.number is not None:
        waits = waits_for_approval(made.number)
        waits += f"\n\nWho would come onto the list and who would leave: {made.page}"
    leave_counts("recalibration-proposal", f"{waits}\n\n{made.words}", made.figures)
