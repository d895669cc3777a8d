"""``WORKSPACE/proposals.sqlite``: changes of settings or weights that people proposed, and who put them in force.

One person proposes, with a reason and figures; another approves. Nothing is ever removed, so the file is the history. What
is in force is what was approved last and not rolled back.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.today import day_of, today
from matching.comparisons import CHILD_COMPARISONS
from matching.weights.model import Model, ModelError, read_model, write_model
from pipelines.counted import first_of
from pipelines.decisions.append_only import append_only
from pipelines.decisions.in_force import MODEL_IN_FORCE, put_in_force, settings_of, settings_toml
from pipelines.settings import (
    NOT_IN_A_FILE,
    SETTINGS_IN_FORCE,
    Settings,
    SettingsError,
    settings_by_key,
    settings_from_values,
)
from pipelines.workspace import private_files
from pipelines.written_dates import day_written

PROPOSALS_FILE = "proposals.sqlite"
MODELS_FOLDER = "proposals"

SETTINGS, MODEL = "settings", "model"
IN_FORCE: dict[str, str] = {SETTINGS: SETTINGS_IN_FORCE, MODEL: MODEL_IN_FORCE}
APPROVED, ROLLED_BACK = "approved", "rolled back"

OF_THE_MACHINE = {*NOT_IN_A_FILE, "machine", "contracts", "retention"}
"""Settings that no proposal changes: they belong to one machine."""

SETTINGS_TOLD = 6
"""Most settings that a sentence names; the match report has them all."""

Figures = Mapping[str, float | int | str | None]

TABLES = {
    "proposal": "id integer primary key, kind text not null check (kind in ('settings', 'model')), "
    "content text not null, against integer, by text not null, at text not null, why text not null, "
    "figures text not null",
    "decision": "proposal integer not null references proposal (id), what text not null "
    "check (what in ('approved', 'rolled back')), by text not null, at text not null",
}
"""``content``: the settings as JSON, or the SHA-256 of the model's file. ``against``: the proposal of the same kind that
was in force when this one was made; null: none."""


@dataclass(frozen=True)
class Decision:
    """What a named person did with a proposal."""

    proposal: int
    what: str
    """``approved`` or ``rolled back``."""
    by: str
    at: datetime


@dataclass(frozen=True)
class Proposal:
    """One change that somebody proposed."""

    id: int
    kind: str
    content: str
    against: int | None
    by: str
    at: datetime
    why: str
    figures: dict[str, float | int | str | None]
    decisions: tuple[Decision, ...] = ()
    is_in_force: bool = False


def propose_settings(workspace: Path, settings: Settings, *, why: str, by: str, figures: Figures) -> int:
    """Propose settings; returns the proposal's number. Raises :class:`~pipelines.settings.SettingsError`."""
    values = settings.model_dump(mode="json", exclude=OF_THE_MACHINE)
    with append_only(workspace / PROPOSALS_FILE, TABLES) as connection:
        return _propose(connection, SETTINGS, json.dumps(values), (why, by), figures)


def propose_model(workspace: Path, model: Model, *, why: str, by: str, figures: Figures) -> int:
    """Propose weights, kept as ``proposals/model-<number>.toml``; returns the number. Raises SettingsError."""
    with append_only(workspace / PROPOSALS_FILE, TABLES) as connection, private_files():
        number = connection.execute("select coalesce(max(id), 0) + 1 from proposal").fetchone()[0]
        path = model_file(workspace, number)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_model(model, path)
        return _propose(connection, MODEL, _fingerprint(path), (why, by), figures)


def model_file(workspace: Path, number: int) -> Path:
    """The file that holds the weights of a proposal."""
    return workspace / MODELS_FOLDER / f"model-{number}.toml"


def refuse_unsigned(why: str, by: str) -> None:
    """Raise SettingsError unless a proposal has a reason and a named proposer."""
    if not why.strip() or not by.strip():
        raise SettingsError("--propose needs --why, in words, and --by, the name of the person who proposes it.")


def _propose(
    connection: sqlite3.Connection, kind: str, content: str, why_and_by: tuple[str, str], figures: Figures
) -> int:
    refuse_unsigned(*why_and_by)
    why, by = (" ".join(text.split()) for text in why_and_by)
    against = _stack(_decisions(connection), _kinds(connection), kind)[-1:]
    made = connection.execute(
        "insert into proposal (kind, content, against, by, at, why, figures) values (?, ?, ?, ?, ?, ?, ?)",
        (kind, content, against[0] if against else None, by, _now(), why, json.dumps(dict(figures))),
    )
    return int(made.lastrowid or 0)


def proposal_history(workspace: Path) -> list[Proposal]:
    """Every proposal, oldest first, with the decisions on it."""
    if not (workspace / PROPOSALS_FILE).exists():
        return []
    with append_only(workspace / PROPOSALS_FILE, TABLES) as connection:
        return _history(connection)


def _history(connection: sqlite3.Connection) -> list[Proposal]:
    decisions, kinds = _decisions(connection), _kinds(connection)
    tops = {_stack(decisions, kinds, kind)[-1] for kind in IN_FORCE if _stack(decisions, kinds, kind)}
    rows = connection.execute("select id, kind, content, against, by, at, why, figures from proposal order by id")
    return [
        Proposal(
            id=row[0],
            kind=row[1],
            content=row[2],
            against=row[3],
            by=row[4],
            at=datetime.fromisoformat(row[5]),
            why=row[6],
            figures=json.loads(row[7]),
            decisions=tuple(made for made in decisions if made.proposal == row[0]),
            is_in_force=row[0] in tops,
        )
        for row in rows.fetchall()
    ]


def _decisions(connection: sqlite3.Connection) -> list[Decision]:
    rows = connection.execute("select proposal, what, by, at from decision order by rowid").fetchall()
    return [Decision(number, what, by, datetime.fromisoformat(at)) for number, what, by, at in rows]


def _kinds(connection: sqlite3.Connection) -> dict[int, str]:
    return dict(connection.execute("select id, kind from proposal").fetchall())


def _stack(decisions: list[Decision], kinds: Mapping[int, str], kind: str) -> list[int]:
    """Numbers of the proposals of one kind that were put in force, one over the other; the last is in force."""
    stack: list[int] = []
    for made in decisions:
        if kinds[made.proposal] != kind:
            continue
        if made.what == APPROVED:
            stack.append(made.proposal)
        else:
            stack.pop()
    return stack


def approve(workspace: Path, number: int, by: str) -> Proposal:
    """Put a proposal in force. Raises SettingsError if there is none of that number, if ``by`` is nobody or its proposer, if
    it is in force already, if it is of settings and others were approved since, or if it can no longer be used."""
    name = _named(by)
    with append_only(workspace / PROPOSALS_FILE, TABLES) as connection:
        proposal = next((made for made in _history(connection) if made.id == number), None)
        if proposal is None:
            raise SettingsError(f"There is no proposal {number} in {workspace}. rollcall proposals lists them.")
        _refuse_unfit(proposal, name, _stack(_decisions(connection), _kinds(connection), proposal.kind))
        content = _content(workspace, proposal, name)
        _decide(connection, number, APPROVED, name)
        put_in_force(workspace / IN_FORCE[proposal.kind], content)
    return proposal


def _refuse_unfit(proposal: Proposal, name: str, stack: list[int]) -> None:
    if name.casefold() == proposal.by.casefold():
        raise SettingsError(f"Proposal {proposal.id} is by {proposal.by}: another named person must approve it.")
    if proposal.is_in_force:
        raise SettingsError(f"Proposal {proposal.id} is already in force.")
    if proposal.kind == SETTINGS and proposal.against != (stack[-1] if stack else None):
        raise SettingsError(
            f"Proposal {proposal.id} was made while other settings were in force, and would undo what was approved since. "
            "Tune and propose again."
        )


def roll_back(workspace: Path, by: str) -> tuple[Proposal, Proposal | None]:
    """Undo the latest approval. Returns the proposal taken out of force, and the one in force again (null: none, so the
    defaults).

    Raises SettingsError if nothing is in force.
    """
    name = _named(by)
    with append_only(workspace / PROPOSALS_FILE, TABLES) as connection:
        proposals = {made.id: made for made in _history(connection)}
        if not any(made.is_in_force for made in proposals.values()):
            raise SettingsError(f"Only the defaults are in force in {workspace}: there is nothing to roll back.")
        # By the order in which they were kept, never by their times: a clock may have been set back.
        approved = [made.proposal for made in _decisions(connection) if made.what == APPROVED]
        last = proposals[next(number for number in reversed(approved) if proposals[number].is_in_force)]
        below = _stack(_decisions(connection), _kinds(connection), last.kind)[:-1]
        before = proposals[below[-1]] if below else None
        content = None if before is None else _content(workspace, before, name)
        _decide(connection, last.id, ROLLED_BACK, name)
        put_in_force(workspace / IN_FORCE[last.kind], content)
    return last, before


def _decide(connection: sqlite3.Connection, number: int, what: str, name: str) -> None:
    connection.execute(
        "insert into decision (proposal, what, by, at) values (?, ?, ?, ?)", (number, what, name, _now())
    )


def _content(workspace: Path, proposal: Proposal, name: str) -> bytes:
    """What the file in force will hold. Raises SettingsError if the proposal can no longer be used."""
    if proposal.kind == SETTINGS:
        settings = _as_proposed(settings_of(workspace), proposal)
        heading = (
            f"Proposal {proposal.id} by {proposal.by}, approved by {name} on {day_written(today())}. {proposal.why}"
        )
        return settings_toml(settings, heading).encode()
    path = model_file(workspace, proposal.id)
    try:
        read_model(path, CHILD_COMPARISONS)
        content = path.read_bytes()
    except (OSError, ModelError) as error:
        cause = str(error) if isinstance(error, ModelError) else error.strerror
        raise SettingsError(f"{path.name} of proposal {proposal.id} cannot be used: {cause}. Train again.") from None
    if hashlib.sha256(content).hexdigest() != proposal.content:
        raise SettingsError(f"{path.name} has changed since it was proposed. Train and propose again.")
    return content


def _as_proposed(now: Settings, proposal: Proposal) -> Settings:
    """The settings of a proposal, but those of the machine (``OF_THE_MACHINE``) as they are now. Raises SettingsError."""
    return settings_from_values(now, json.loads(proposal.content), f"proposal {proposal.id}", but=OF_THE_MACHINE)


def not_as_approved(workspace: Path) -> list[str]:
    """Every file in force that is not what was approved last, in words with the remedy.

    Either an approval was cut off between its file and its record, or somebody has changed the file. Raises SettingsError.
    """
    standing = {made.kind: made for made in proposal_history(workspace) if made.is_in_force}
    return [
        f"{name} has changed since it was last approved ({f'proposal {made.id}' if made else 'nothing is approved'}). Repeat "
        "any approval or roll-back that was cut off (rollcall approve), or put the file back from a backup."
        for kind, name in IN_FORCE.items()
        if not _is_as_approved(workspace, kind, made := standing.get(kind))
    ]


def _is_as_approved(workspace: Path, kind: str, approved: Proposal | None) -> bool:
    path = workspace / IN_FORCE[kind]
    if approved is None or not path.exists():
        return approved is None and not path.exists()
    if kind == MODEL:
        return _fingerprint(path) == approved.content
    now = settings_of(workspace)
    return _as_proposed(now, approved) == now


def model_in_words(workspace: Path) -> str | None:
    """Who put the weights in force, for the match report; null: none were approved."""
    proposal = _in_force(workspace, MODEL)
    return None if proposal is None else f"in force: {_approval(proposal)}"


def settings_in_words(workspace: Path, settings: Settings) -> str | None:
    """Who approved the settings that a night's list depends on, or which of them no second person approved; null: all are
    the defaults. Settings in a file given to a night, or written by hand, may be anybody's."""
    proposal, agreed = _agreed(workspace, settings)
    before, tonight = settings_by_key(agreed), settings_by_key(settings)
    others = [key for key in sorted({*before, *tonight}) if before.get(key) != tonight.get(key)]
    if not others:
        return None if proposal is None else _agreed_in_words(proposal, settings)
    differing = [_set(key, tonight.get(key), before.get(key)) for key in others[:SETTINGS_TOLD]]
    more = f" and {len(others) - SETTINGS_TOLD} more" if len(others) > SETTINGS_TOLD else ""
    whose = "the defaults" if proposal is None else f"those of {_approval(proposal)}"
    return (
        f"This list depends on settings that no second person has approved, and that differ from {whose}: "
        f"{', '.join(differing)}{more}. "
        "rollcall tune --propose shows what they do, and another named person approves them."
    )


def _agreed_in_words(proposal: Proposal, settings: Settings) -> str:
    """Who approved what, and why: the reason alone may be a word or two."""
    plain, tonight = (
        settings_by_key(one)
        for one in (settings_from_values(settings, {}, "the defaults", but=OF_THE_MACHINE), settings)
    )
    others = [_set(key, tonight[key], plain.get(key)) for key in sorted(tonight) if tonight[key] != plain.get(key)]
    what = f" They set {first_of(others)}." if others else ""
    return f'The settings are those of {_approval(proposal)}. The reason given: "{proposal.why}".{what}'


def _agreed(workspace: Path, settings: Settings) -> tuple[Proposal | None, Settings]:
    """The proposal in force and its settings; null and the defaults if there is none, or none that this version can read."""
    if proposal := _in_force(workspace, SETTINGS):
        with suppress(SettingsError):
            return proposal, _as_proposed(settings, proposal)
    return None, settings_from_values(settings, {}, "the defaults", but=OF_THE_MACHINE)


def _set(key: str, tonight: object, before: object) -> str:
    """A setting as it is tonight; for a number, also what it was before."""
    if isinstance(tonight, int | float) and isinstance(before, int | float):
        return f"{key} = {tonight:g} (not {before:g})"
    return key


def _in_force(workspace: Path, kind: str) -> Proposal | None:
    return next((made for made in proposal_history(workspace) if made.kind == kind and made.is_in_force), None)


def _approval(proposal: Proposal) -> str:
    last = [made for made in proposal.decisions if made.what == APPROVED][-1]
    return f"proposal {proposal.id} by {proposal.by}, approved by {last.by} on {day_written(day_of(last.at))}"


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _named(by: str) -> str:
    if name := " ".join(by.split()):
        return name
    raise SettingsError("--by: give the name of the person who decides.")


def _now() -> str:
    return datetime.now(UTC).isoformat()
