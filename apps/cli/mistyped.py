"""What is wrong with a command line, in words: which command, what it needs, and whose help to read.

No value is repeated, as it may be a child's name; only options are.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from cyclopts import Argument
from cyclopts.exceptions import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

KINDS = {int: "a whole number", float: "a number, such as 0.7", bool: "no value: write the option alone"}
"""Type of a parameter -> what must be written for it."""
NEAR = 0.7
"""How alike a word and a name must be for the name to be meant (0..1, as difflib has it)."""


def mistyped(error: CycloptsError) -> str:
    """The message for a command line that cannot be read."""
    command = " ".join(["rollcall", *(error.command_chain or [])])
    wrong = next((words for kind, words in _WRONG.items() if isinstance(error, kind)), _unread)
    return f"{wrong(error, command)}\nWhat can be given: {command} --help"


def _missing(error: MissingArgumentError, command: str) -> str:
    """A value that is not given: its option stands without one, or is missing, perhaps because it is misspelt."""
    if error.argument is None:
        return _unread(error, command)
    option = error.keyword or next((token.keyword for token in error.argument.tokens if token.keyword), None)
    if option is not None:
        return f"{command}: {option} needs a value after it."
    needed = _all_missing(error, error.argument)
    width = max(map(len, needed))
    lines = [f"  {name:<{width}}  {means}".rstrip() for name, means in needed.items()]
    given = [token for token in error.unused_tokens or [] if token.startswith("--")]
    near = get_close_matches(error.argument.name, given, n=1, cutoff=NEAR)
    instead = [f"{near[0]} is none of its options."] if near else []
    return "\n".join([f"{command} needs:", *lines, *instead])


def _all_missing(error: MissingArgumentError, first: Argument) -> dict[str, str]:
    """What is missing first, and every option that the command needs and that is not on the line -> what it is."""
    written = {token.partition("=")[0] for token in error.root_input_tokens or []}
    known = [] if error.app is None else list(error.app.assemble_argument_collection(parse_docstring=True))
    means = {one.name: one.parameter.help or "" for one in known}
    others = [one.name for one in known if one.required and one.field_info.is_keyword and not written & set(one.names)]
    return {name: means.get(name, "") for name in (first.name, *others)}


def _no_such_command(error: UnknownCommandError, command: str) -> str:
    known = [] if error.app is None else [name for name in error.app if not name.startswith("-")]
    return f"{command} has no such command.{_perhaps((error.unused_tokens or [''])[0], known)}"


def _no_such_option(error: UnknownOptionError, command: str) -> str:
    option = (error.token.keyword or error.token.value).partition("=")[0]
    known = [name for argument in error.argument_collection for name in argument.names if name.startswith("--")]
    return f"{command} has no option {option}.{_perhaps(option, known)}"


def _too_many(error: UnusedCliTokensError, command: str) -> str:
    many = len(error.unused_tokens or [])
    count = "one word too many" if many == 1 else f"{many} words too many"
    return f"{command}: {count}. A value with a space in it must stand in quotes."


def _twice(error: RepeatArgumentError, command: str) -> str:
    return f"{command}: {error.token.keyword} is given more than once. Give it once."


def _of_another_kind(error: CoercionError, command: str) -> str:
    if error.argument is None or error.target_type not in KINDS:
        return _unread(error, command)
    return f"{command}: {error.argument.name} takes {KINDS[error.target_type]}."


def _unread(_error: CycloptsError, command: str) -> str:
    return f"{command}: the command line cannot be read."


def _perhaps(written: str, known: Iterable[str]) -> str:
    near = get_close_matches(written, list(known), n=1, cutoff=NEAR)
    return f" Perhaps {near[0]} is meant." if near else ""


_WRONG: dict[type[CycloptsError], Callable[[Any, str], str]] = {
    MissingArgumentError: _missing,
    UnknownCommandError: _no_such_command,
    UnknownOptionError: _no_such_option,
    UnusedCliTokensError: _too_many,
    RepeatArgumentError: _twice,
    CoercionError: _of_another_kind,
}
