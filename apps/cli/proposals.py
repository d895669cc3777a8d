"""``rollcall proposals`` and ``rollcall approve``: what was proposed, and what another person puts in force."""

from typing import TYPE_CHECKING

from apps.cli.parameters import Flag, Workspace
from pipelines.written_dates import day_written, moment_written

if TYPE_CHECKING:
    from pipelines.decisions.proposals import Proposal


def proposals(*, workspace: Workspace) -> int:
    """List every proposal of settings or weights: by whom, why, with which figures, and what was decided."""
    from pipelines.decisions.proposals import proposal_history
    from pipelines.workspace import must_be_there

    must_be_there(workspace)
    history = proposal_history(workspace)
    for made in history:
        print("\n".join(_proposal_lines(made)))
    if not history:
        print(
            f"Nothing has ever been proposed in {workspace}: use rollcall tune --propose or rollcall train --propose."
        )
    return 0


def _proposal_lines(made: "Proposal") -> list[str]:
    from data_contracts.today import day_of
    from pipelines.publish.numbers import figure

    figures = ", ".join(f"{name} {figure(value)}" for name, value in made.figures.items())
    in_force = ": IN FORCE" if made.is_in_force else ""
    return [
        f"{made.id}  {made.kind}, proposed by {made.by} on {day_written(day_of(made.at))}{in_force}",
        f"    why: {made.why}",
        f"    figures: {figures}",
        *(f"    {decision.what} by {decision.by} on {moment_written(decision.at)}" for decision in made.decisions),
    ]


def approve(
    number: int | None = None,
    /,
    *,
    workspace: Workspace,
    by: str,
    roll_back: Flag = False,
) -> int:
    """Put a proposal in force, as a named person other than its proposer; or undo the last approval.

    Parameters
    ----------
    number
        The proposal's number, as rollcall proposals lists it.
    by
        Name of the person who decides.
    roll_back
        Undo the approval made last: what was in force before it is in force again.
    """
    from pipelines.decisions.proposals import approve as put_in_force
    from pipelines.decisions.proposals import roll_back as undo
    from pipelines.settings import SettingsError

    if (number is None) != roll_back:
        raise SettingsError("Give either the number of a proposal (rollcall proposals lists them) or --roll-back.")
    if number is not None:
        approved = put_in_force(workspace, number, by)
        when = "begins" if approved.kind == "settings" else "links"
        print(
            f"Proposal {approved.id} ({approved.kind}, by {approved.by}) is in force. The next night that {when} uses it."
        )
        return 0
    undone, before = undo(workspace, by)
    again = "the defaults" if undone.kind == "settings" else "the weights that the first night learnt"
    print(f"Proposal {undone.id} ({undone.kind}) is no longer in force. In force again: ", end="")
    print(f"proposal {before.id} by {before.by}." if before else f"{again}.")
    return 0
