"""Which decisions by people tonight's linkage obeys: judgements of pairs, and the weights in force."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from matching.weights.model import Model
from pipelines.decisions.in_force import model_in_force
from pipelines.decisions.judgements import judgements_for_linkage, read_judgements
from pipelines.decisions.keys_tonight import judgements_now
from pipelines.decisions.proposals import model_in_words


@dataclass(frozen=True)
class LinkageDecisions:
    """What people decided, in the form in which the linkage takes it."""

    judgements: pl.DataFrame
    """left_id, right_id, is_same: as from :func:`~pipelines.decisions.judgements.judgements_for_linkage`."""
    model: Model | None
    """The weights in force; null: none, and the night uses those that an earlier night learnt."""
    figures: dict[str, float | int | str]
    """What the match report says of these decisions; empty if there are none."""


def read_linkage_decisions(workspace: Path, renumbered: pl.DataFrame) -> LinkageDecisions:
    """Everything decided in a workspace, with records under tonight's keys (``RENUMBERED``).

    Raises :class:`~pipelines.workspace.StoreError` if it cannot be read.
    """
    judgements, model = (
        judgements_for_linkage(judgements_now(read_judgements(workspace), renumbered)),
        model_in_force(workspace),
    )
    figures: dict[str, float | int | str] = {}
    if judgements.height:
        figures["judgements obeyed"] = judgements.height
    if model is not None:
        figures["model"] = model_in_words(workspace) or "in force"
    return LinkageDecisions(judgements, model, figures)
