"""What is in force in a workspace: the settings and the weights that one named person proposed and another approved."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from matching.comparisons import CHILD_COMPARISONS
from matching.weights.model import Model, ModelError, read_model
from pipelines.atomic_folder import replace_private
from pipelines.settings import NOT_IN_A_FILE, Settings, SettingsError, read_settings
from pipelines.workspace import StoreError

MODEL_IN_FORCE = "model_in_force.toml"


def model_in_force(workspace: Path) -> Model | None:
    """The approved weights, which the night then uses; null: none were approved, and those that a night learnt are used.

    Raises :class:`~pipelines.workspace.StoreError` if they cannot be read or no longer fit the comparisons.
    """
    path = workspace / MODEL_IN_FORCE
    if not path.exists():
        return None
    try:
        return read_model(path, CHILD_COMPARISONS)
    except ModelError as error:
        raise StoreError(
            f"{error} It is in force in this workspace: approve another (rollcall train --propose, rollcall approve), or "
            "roll it back: rollcall approve --roll-back."
        ) from None


def settings_of(workspace: Path, config: Path | None = None, as_at: date = date.min) -> Settings:
    """The settings that a night on this workspace would run with, except for its extracts, which are left empty.

    ``config``: a settings file; null: what is in force. ``as_at``: the date judged; whoever only asks for settings may leave
    it out.
    """
    return read_settings(config, extracts=Path(), workspace=workspace, as_at=as_at)


def threshold_of(workspace: Path) -> float:
    """The link threshold (probability) in force."""
    return settings_of(workspace).linkage.link_threshold


def settings_toml(settings: Settings, heading: str) -> str:
    """The settings as a TOML file that the night reads: every value on its own line, below ``heading`` as a comment."""
    values = settings.model_dump(mode="json", exclude=set(NOT_IN_A_FILE), exclude_none=True)
    comment = "".join(letter if letter.isprintable() else " " for letter in heading)
    return "\n".join([f"# {comment}", *_toml(values, "")]) + "\n"


def _toml(values: Mapping[str, Any], group: str) -> list[str]:
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = [f"{_key(key)} = {json.dumps(value)}" for key, value in plain.items()]
    if group and lines:
        lines = ["", f"[{group}]", *lines]
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += _toml(value, f"{group}.{_key(key)}" if group else _key(key))
    return lines


def _key(name: str) -> str:
    """A key as TOML has it: in quotes if it has a space or an accent, such as an authority's name."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def put_in_force(path: Path, content: bytes | None) -> None:
    """Make ``path`` hold ``content`` (null: remove it), mode 0600, in one step. Raises SettingsError."""
    try:
        if content is None:
            path.unlink(missing_ok=True)
        else:
            replace_private(path, content)
    except OSError as error:
        fault = f"{path} cannot be written: {error.strerror}. What was in force is still in force."
    else:
        return
    raise SettingsError(fault)
