"""What a night is run with: frozen, and read once, at the start. The error about an unknown key names the nearest known
one.

The settings file is TOML; ``config/example.toml`` has every key with its meaning and default.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from pipelines.rank_settings import Group, RankSettings

ASKED_FOR = ("extracts", "workspace", "as_at", "full")
"""Asked for at each night; not allowed in a settings file."""
NOT_IN_A_FILE = (*ASKED_FOR, "settings_file")
SETTINGS_IN_FORCE = "settings_in_force.toml"
"""In the workspace: settings that one named person proposed and another approved (:mod:`pipelines.decisions.proposals`)."""


_A_DAY = "must be a day, written as 2026-10-26 and without quotes"
_A_NUMBER = "must be a number, with a point and without quotes, such as 0.8"
_A_TEXT = 'must be text in quotes, such as "2001"'
_A_WHOLE_NUMBER = "must be a whole number without quotes, such as 28"
_MUST = {
    "date_from_datetime_parsing": _A_DAY,
    "date_parsing": _A_DAY,
    "date_type": _A_DAY,
    "dict_type": 'must name a list for each, such as {{ school_census = ["2001", "2002"] }}',
    "finite_number": "must be a finite number",
    "float_parsing": _A_NUMBER,
    "float_type": _A_NUMBER,
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "int_from_float": _A_WHOLE_NUMBER,
    "int_parsing": _A_WHOLE_NUMBER,
    "int_type": _A_WHOLE_NUMBER,
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "missing": "lacks a day: write the first and the last, such as [2026-10-26, 2026-10-30]",
    "model_type": "is a heading of settings, not one setting. Write them under [{key}]",
    "string_pattern_mismatch": "must be an area, district or sector in capitals, such as ZA, ZA1 or ZA1 6",
    "string_type": _A_TEXT,
    "too_long": "has too many days: write the first and the last, such as [2026-10-26, 2026-10-30]",
    "tuple_type": "must be a list, in square brackets",
}
"""Kind of error -> what such a setting must be. The only pattern, and the only two places in a list, are those of
``[ranking.area]`` and ``school_closures``."""


_STANDS = re.compile(r"\s*(?:\[\s*(?P<heading>[\w.]+)\s*\]|(?P<key>[\w.]+)\s*=)")
"""A line of TOML with a heading, or with a key and the start of its value."""


class SettingsError(Exception):
    """Settings that cannot be used: the message names file, key and remedy."""


class Schools(Group):
    """Schools that the authority knows of."""

    due: dict[str, tuple[str, ...]] = Field({})
    """By source (``school_census``): the schools that must have rows, by their numbers as in its extract. If one has none,
    even on the first night, it is judged like a school that has disappeared: on a roll, the night is held."""


class Machine(Group):
    """How much of this machine a night may take."""

    threads: int = Field(2, ge=1, le=256)
    """Threads of DuckDB."""
    memory_gb: float = Field(2.0, ge=0.5)
    """Gigabytes that DuckDB may hold before it spills into the workspace."""


class Listing(Group):
    """How the list is laid out for those who work through it."""

    top: int = Field(0, ge=0)
    """Number of children on the sheet "Follow up", the first by rank; the others are on "Later". 0: all."""
    evidence_sheets: int = Field(200, ge=0)
    """Number of children, by rank, with an evidence sheet; every protected child has one."""


class Retention(Group):
    """How long things are kept, in days. 0: for ever."""

    lists_days: int = Field(400, ge=0)
    """Published lists, weekly pages and those of ``rollcall tune``. The newest list always stays."""
    handovers_days: int = Field(90, ge=0)
    """Packets for other authorities. The record that one was made is kept for good."""
    failures_days: int = Field(90, ge=0)
    """Files about faults of the software, in WORKSPACE/failures."""
    backups_days: int = Field(35, ge=0)
    """Backups, and copies of the store from before a new version. The newest backup always stays."""
    extracts_days: int = Field(0, ge=0)
    """Extracts, counted from the day on which the file was written."""


class LinkSettings(Group):
    """How certain a link must be."""

    link_threshold: float = Field(0.7, gt=0, lt=1)
    """Two groups of records are one child only from this probability on (see docs/how_linkage_works.md)."""


class Settings(Group):
    """Everything that one night is run with."""

    extracts: Path
    """Folder with tonight's extracts."""
    workspace: Path
    """Folder of the store, the published lists and everything else that a night writes."""
    as_at: date
    """The date judged: age, provision and residence are as at this day."""
    full: bool = False
    """Work everything out again, keeping from earlier nights only child ids, people's decisions, the history of deliveries,
    and what is measured once and then held. The result is the same; only the time differs."""
    authority: str | None = None
    """Name of the authority, for the heading of what is published; null: not given."""
    settings_file: str | None = None
    """File from which the settings were read, for ``run.json``; null: the defaults are in force."""
    contracts: Path | None = None
    """Folder of the authority's own contracts, used beside those shipped (of two with one id, its own); null: none."""
    schools: Schools = Schools()
    machine: Machine = Machine()
    linkage: LinkSettings = LinkSettings()
    ranking: RankSettings = RankSettings()
    listing: Listing = Listing()
    retention: Retention = Retention()


class NightArguments(TypedDict):
    """What is asked for at a night, as :func:`read_settings` takes it, for callers that only pass it on."""

    extracts: Path
    workspace: Path
    as_at: date
    top: NotRequired[int | None]
    contracts: NotRequired[Path | None]
    full: NotRequired[bool]


def read_settings(
    config: Path | None,
    *,
    extracts: Path,
    workspace: Path,
    as_at: date,
    top: int | None = None,
    contracts: Path | None = None,
    full: bool = False,
) -> Settings:
    """Settings from a file and from what was asked for. Raises :class:`SettingsError`.

    ``config``: null: the settings in force in the workspace, or the defaults if none were ever approved. ``top`` replaces
    ``listing.top``, ``contracts`` the folder that the file names; null: as in the file. ``full``: work everything out
    again.
    """
    file = config
    if file is None and (workspace / SETTINGS_IN_FORCE).exists():
        file = workspace / SETTINGS_IN_FORCE
    written: dict[str, Any] = {} if file is None else read_toml(file)
    for key in NOT_IN_A_FILE:
        if key in written:
            option = (
                f"it is given with --{key.replace('_', '-')}" if key in ASKED_FOR else "it is recorded automatically"
            )
            raise SettingsError(f"{file}: {key} is not a setting: {option}. Take it out.")
    if contracts is not None:
        written["contracts"] = contracts
    asked = {"extracts": extracts, "workspace": workspace, "as_at": as_at, "full": full}
    values = _merged(written, {} if top is None else {"listing": {"top": top}})
    noted = {"settings_file": None if file is None else str(file)}
    return _validated({**values, **asked, **noted}, file or "settings")


def settings_by_key(settings: Settings) -> dict[str, object]:
    """Every setting that affects the list, as ``group.key`` -> value."""
    return dict(_flat(settings.model_dump(include={"linkage", "ranking"})))


def _flat(group: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    for key, value in group.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def refuse_workspace_among_extracts(settings: Settings) -> None:
    """Raise SettingsError if the next night would take what this one writes for a delivery."""
    if settings.workspace.resolve().is_relative_to(settings.extracts.resolve()):
        raise SettingsError(
            f"The workspace {settings.workspace} is in the folder of the extracts, which may hold only what agencies send. "
            "Give --workspace another folder."
        )


def with_changes(settings: Settings, changes: Mapping[str, Any], where: Path | str) -> Settings:
    """``settings`` with some values changed (nested by group). Raises :class:`SettingsError`.

    ``where``: the file that has the changes, whose line the error then names, or another name for them.
    """
    return _validated(_merged(settings.model_dump(), changes), where)


def settings_from_values(
    settings: Settings, values: Mapping[str, Any], where: str, *, but: Collection[str]
) -> Settings:
    """Settings from ``values`` (nested by group; the default if not given), with the groups ``but`` taken from
    ``settings``.

    Raises :class:`SettingsError`, naming ``where``.
    """
    return _validated({**values, **settings.model_dump(include=set(but))}, where)


def _merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _validated(values: Mapping[str, Any], where: Path | str) -> Settings:
    """Settings from ``values``. ``where``: the file from which they were read, or another name for them."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        written = where.read_text(encoding="utf-8-sig") if isinstance(where, Path) else ""
        faults = " ".join(_line_of(written, problem["loc"]) + _problem_in_words(problem) for problem in error.errors())
    raise SettingsError(f"{where}: {faults}")


def _line_of(written: str, place: tuple[int | str, ...]) -> str:
    """``line 3, `` for the line of a TOML text that has a setting, or else its group; empty if neither is there.

    A file of one group only (``rollcall tune --points``) may leave out the heading.
    """
    heading: tuple[str, ...] = ()
    nearest, line = 0, 0
    for number, text in enumerate(written.splitlines(), start=1):
        if stands := _STANDS.match(text):
            heading = tuple(stands["heading"].split(".")) if stands["heading"] else heading
            here = (*heading, *stands["key"].split(".")) if stands["key"] else heading
            if nearest < len(here) and here in (place[: len(here)], place[-len(here) :]):
                nearest, line = len(here), number
    return f"line {line}, " if line else ""


def read_toml(config: Path) -> dict[str, Any]:
    """The values of a TOML file. Raises :class:`SettingsError`."""
    try:
        return tomllib.loads(config.read_text(encoding="utf-8-sig"))  # with a byte order mark, as Notepad writes it
    except OSError as error:
        fault = f"{config} cannot be read: {error.strerror}. config/example.toml is a settings file to copy."
    except tomllib.TOMLDecodeError as error:
        fault = (
            f"{config}: this is not TOML in UTF-8: {error}. Correct the place it names. A text stands in "
            'straight quotes ("), a number has a point and no comma, a day is written as 2026-10-26, and each heading '
            "stands once."
        )
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = f"{config}, line {line}: this is not TOML in UTF-8. Save the file as UTF-8, which every editor can do."
    raise SettingsError(fault)


def _problem_in_words(problem: ErrorDetails) -> str:
    """What is wrong with one setting, and how to write it."""
    place, kind = problem["loc"], problem["type"]
    key = ".".join(str(part) for part in place if isinstance(part, str))
    if kind == "value_error":
        return f"{key}: {problem['ctx']['error']}."
    if kind != "extra_forbidden":
        limits = problem.get("ctx", {})
        must = _MUST[kind].format(key=key, **limits) if kind in _MUST else f"cannot be used ({problem['msg']})"
        shares = 1.0 in limits.values() and kind in ("less_than", "less_than_equal")
        return f"{key}{_entry(place)} {must}." + (" Write 95 in 100 as 0.95." if shares else "")
    known, elsewhere = _keys_beside(place), [(group, name) for group, name in _keys() if group != place[:-1]]
    if headings := [f"[{'.'.join(group)}]" for group, name in elsewhere if name == place[-1]]:
        return f"{key} is not a setting. {place[-1]} is one under the heading {' or '.join(headings)}."
    alike = get_close_matches(str(place[-1]), [*known, *(name for _, name in elsewhere)], n=1)
    if alike and alike[0] not in known:
        group = next(group for group, name in elsewhere if name == alike[0])
        return f"{key} is not a setting. Did you mean {alike[0]}, under the heading [{'.'.join(group)}]?"
    meant = ".".join(map(str, (*place[:-1], *get_close_matches(str(place[-1]), known, n=1, cutoff=0.0))))
    return f"{key} is not a setting. Did you mean {meant}? There are: {', '.join(known)}."


def _entry(place: tuple[int | str, ...]) -> str:
    """``, entry 2``: which entry of a list a place is, from 1; empty if it is in none."""
    at = next((part for part in place if isinstance(part, int)), None)
    return "" if at is None else f", entry {at + 1},"


def _keys(group: type[BaseModel] = Settings, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every key of a settings file that stands under a heading, with its groups, outermost first."""
    for name, field in group.model_fields.items():
        if place:
            yield place, name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, (*place, name))


def _keys_beside(place: tuple[int | str, ...]) -> list[str]:
    """The keys known in the group of the last part of ``place``."""
    group: type[BaseModel] = Settings
    for part in place[:-1]:
        annotation = group.model_fields[str(part)].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)  # noqa: S101 - groups hold only groups
        group = annotation
    return [key for key in group.model_fields if group is not Settings or key not in NOT_IN_A_FILE]
