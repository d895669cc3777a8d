"""Says what is wrong with a contract: the file, the line, the place, the nearest valid key and the remedy."""

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from data_contracts.yaml_file import YamlFile

REMEDY = "docs/contracts.md says what is allowed there."


def faults_in_words(file: str, document: YamlFile, kind: type[BaseModel], error: ValidationError) -> str:
    """Every fault of a contract, one per line, in the order of the file's lines."""
    faults = sorted(_fault(document, kind, dict(detail)) for detail in error.errors(include_url=False))
    return "\n".join(f"{file}, line {line}: {text} {REMEDY}" for line, text in faults)


def _fault(document: YamlFile, kind: type[BaseModel], detail: dict[str, Any]) -> tuple[int, str]:
    """Line and sentence for one of pydantic's errors."""
    context = detail.get("ctx") or {}
    place: list[str | int] = [_as_written(step) for step in (*detail["loc"], *context.get("place", ()))]
    message = str(detail["msg"]).rstrip(".")
    if detail["type"] == "extra_forbidden":
        message = _unknown_key(kind, place)
    elif detail["type"] == "missing":
        message = "this key is missing: write it there"
    where = ".".join(str(step) for step in place) or "contract"
    return document.line(place), f"{where}: {message}."


def _as_written(step: Any) -> str | int:
    return step if isinstance(step, int) else str(step)


def _unknown_key(kind: type[BaseModel], place: list[str | int]) -> str:
    """A message with the valid key most like the unknown one or, if none is, all that are valid there."""
    valid = sorted(_keys_at(kind, place[:-1]))
    near = difflib.get_close_matches(str(place[-1]), valid, n=1, cutoff=0.6)
    if near:
        return f"unknown key. Did you mean {near[0]}"
    return "unknown key. Take it out, or use one of: " + ", ".join(valid)


def _keys_at(kind: type[BaseModel], place: list[str | int]) -> set[str]:
    """The keys that are valid in the part of a contract at ``place``."""
    part = kind
    for step in place:
        if isinstance(step, int):
            continue
        fields = {field.alias or name: field for name, field in part.model_fields.items()}
        if step not in fields:
            return set()
        parts = list(_parts_within(fields[step].annotation))
        if not parts:
            return set()
        part = parts[0]
    return {field.alias or name for name, field in part.model_fields.items()}


def _parts_within(annotation: Any) -> list[type[BaseModel]]:
    """The models within an annotation such as ``tuple[Column, ...]`` or ``XmlLayout | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _parts_within(argument)]
