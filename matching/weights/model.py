"""The weights: what each level of each comparison is worth. A model is a text file that people can read and review."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.commonness.association import GoesWith
from matching.commonness.given_again import GivenAgain
from matching.comparisons import Comparison
from matching.pair_tests.similarity import Missing

Probabilities = NDArray[np.float64]


class ModelError(Exception):
    """A model that does not fit its comparisons, or has impossible probabilities; the message names the place."""


@dataclass(frozen=True)
class Weights:
    """Probabilities of one comparison's levels, in their order. Levels that are no evidence have NaN, and count 0 bits."""

    m: Probabilities
    """For two records of one child."""
    u: Probabilities
    """For two records of any two children."""
    h: Probabilities
    """For two records of two children of one household who are not twins."""
    t: Probabilities
    """For two records of twins, whose names are more often alike than those of other siblings."""


CLASSES = ("m", "u", "h", "t")
SHARES_OF = "records the shares are of"
"""Figure of a model that was adapted to a table of another size than it was learnt from."""
TRUSTED = 0.65
"""The part of the log-odds of two groups of records that is believed. Comparisons are not independent witnesses (a family that
moves may also change its name; whoever mistypes one field mistypes the next), and no model knows all errors of a night. On
made-up authorities the log-odds, for and against, were half as high again as was right, whatever the kind of errors: the right
ones were .57 to .67 of them."""
MEASURED_AT, MEASURED_TO = 15.0, 18.0
"""Bits of the prior at which TRUSTED was measured (with 20,000 children, one pair of records in 2 ** 15 is of one child), and
up to which the crowd was (180,000 children)."""


@dataclass(frozen=True)
class Model:
    """Fellegi-Sunter weights with a third class for the household (JASA 64:1183, 1969).

    ``household``: the share, among all pairs of records, of pairs of two children of one household; 0 switches it off.
    ``twins``: the share of twins among those.
    ``match``: the share of all pairs that are one child, over all datasets together.
    """

    comparisons: tuple[Comparison, ...]
    weights: dict[str, Weights]
    household: float
    twins: float
    match: float
    figures: dict[str, float | int | str]
    """How the model was made: pairs, iterations."""

    def on(self, records: int) -> "Model":
        """The model for a table of another size: as a table grows, a smaller share of all pairs is one child or one home."""
        of = self.figures.get(SHARES_OF, self.figures.get("records learnt from"))
        if not isinstance(of, int) or records < 2 or of == records:
            return self
        scale, figures = of / records, {**self.figures, SHARES_OF: records}
        match, household = min(0.5, self.match * scale), min(0.1, self.household * scale)
        return replace(self, match=match, household=household, figures=figures)

    @property
    def crowd(self) -> float:
        """Bits (0 or more) to add to the chance likeness of two children, in a table larger than where TRUSTED was measured.

        Among three times as many records, each has three times as many others that are like it by chance. That is a count and
        not a comparison's testimony, so it is believed in full. But of all log-odds, the prior's included, only TRUSTED is
        believed: these bits make up for what the prior loses by that. They do not count for children of one home, of whom a
        record has as many as before. For tables larger than were measured nothing more is added.
        """
        prior = -float(np.log2(max(self.match, 2**-MEASURED_TO)))
        return (1 / TRUSTED - 1) * max(prior - MEASURED_AT, 0.0)

    def tables(self, of: str) -> list[Probabilities]:
        """log2 probabilities of each comparison's levels; 0 for a level that is no evidence."""
        return [_log2(getattr(self.weights[comparison.name], of)) for comparison in self.comparisons]

    def match_weights(self, comparison: Comparison) -> Probabilities:
        """Bits of each level: log2(m/u), 0 for a level that is no evidence."""
        weights = self.weights[comparison.name]
        return _log2(weights.m) - _log2(weights.u)

    def given_again(self) -> list[tuple[int, GivenAgain]]:
        """Numbers of the comparisons of a value that families may give again; empty if the model has no households."""
        customs = ((number, comparison.given_again) for number, comparison in enumerate(self.comparisons))
        return [(number, given) for number, given in customs if given is not None and self.household > 0]

    def going_together(self) -> list["Together"]:
        """The comparisons whose values go together with another's. Raises KeyError if that other one is missing."""
        place = {comparison.name: number for number, comparison in enumerate(self.comparisons)}
        found = []
        for number, comparison in enumerate(self.comparisons):
            if comparison.goes_with is not None:
                other = self.comparisons[place[comparison.goes_with.comparison]]
                weighed_there = [level.says_nothing and not isinstance(level.test, Missing) for level in other.levels]
                agrees = (self.match_weights(comparison) > 0, (self.match_weights(other) > 0) | weighed_there)
                found.append(Together(number, place[other.name], comparison.goes_with, *agrees))
        return found


@dataclass(frozen=True)
class Together:
    """Two comparisons whose values go together, by their numbers in a model."""

    one: int
    other: int
    goes_with: GoesWith
    one_agrees: NDArray[np.bool_]
    """By level: whether it speaks for one child."""
    other_agrees: NDArray[np.bool_]
    """The same for the other comparison; also true of levels where the first weighs for both, as when names are swapped."""


LEAST = 1e-12
"""A probability of 0 counts as this: what was never seen is strong evidence, but not proof."""


def _log2(probabilities: Probabilities) -> Probabilities:
    return np.nan_to_num(np.log2(np.maximum(probabilities, LEAST)), nan=0.0)


def model_toml(model: Model) -> str:
    """A model as TOML. Levels that are no evidence have no numbers."""
    lines = [
        "# Weights of the linkage. m: chance of the level for two records of one child; u: of any two children;",
        "# h: for two of two children of one household; t: for twins. bits = log2(m/u).",
        "",
        *(f"{share} = {getattr(model, share)!r}" for share in ("household", "twins", "match")),
        "",
        "[figures]",
    ]
    lines += [f"{_quoted(name)} = {_toml(value)}" for name, value in model.figures.items()]
    for comparison in model.comparisons:
        bits = model.match_weights(comparison)
        weights = model.weights[comparison.name]
        for number, level in enumerate(comparison.levels):
            lines += ["", "[[level]]", f"comparison = {_quoted(comparison.name)}", f"label = {_quoted(level.label)}"]
            if level.says_nothing:
                lines.append("says_nothing = true")
            else:
                lines += [f"{key} = {float(getattr(weights, key)[number])!r}" for key in CLASSES]
                lines.append(f"bits = {float(bits[number]):.2f}")
    return "\n".join(lines) + "\n"


def write_model(model: Model, path: Path) -> None:
    """Write a model as TOML."""
    path.write_text(model_toml(model), encoding="utf-8")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _toml(value: float | int | str) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)


def read_model(path: Path, comparisons: Sequence[Comparison]) -> Model:
    """Read a model for these comparisons. Raises :class:`ModelError` if they do not fit each other."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path.name}: no readable TOML: {error}") from None
    return model_of(text, comparisons, path.name)


def model_of(text: str, comparisons: Sequence[Comparison], file: str) -> Model:
    """A model from its TOML. ``file``: its name in error messages. Raises :class:`ModelError`, as :func:`read_model` does."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{file}: no readable TOML: {error}") from None
    given = {(entry.get("comparison"), entry.get("label")): entry for entry in data.get("level", [])}
    if not all(isinstance(name, str) for place in given for name in place):
        raise ModelError(f"{file}: a level without its comparison or label. Mend it or train again.")
    given = {place: entry for place, entry in given.items() if not entry.get("says_nothing")}
    wanted = {
        (comparison.name, level.label)
        for comparison in comparisons
        for level in comparison.levels
        if not level.says_nothing
    }
    if given.keys() != wanted:
        odd = sorted(given.keys() ^ wanted)[0]
        raise ModelError(
            f"{file}: the model was trained for other comparisons: level '{odd[1]}' of '{odd[0]}' stands only "
            f"{'in the model' if odd in given else 'in the comparisons'}. Train again, or use the comparisons it was made for."
        )
    weights = {comparison.name: _weights_from(file, comparison, given) for comparison in comparisons}
    household, twins, match = (probability(file, name, data.get(name)) for name in ("household", "twins", "match"))
    return Model(tuple(comparisons), weights, household, twins, match, data.get("figures", {}))


def _weights_from(file: str, comparison: Comparison, given: dict[tuple[str, str], dict[str, object]]) -> Weights:
    columns = {key: np.full(len(comparison.levels), np.nan) for key in CLASSES}
    for number, level in enumerate(comparison.levels):
        if level.says_nothing:
            continue
        entry = given[comparison.name, level.label]
        for key, column in columns.items():
            column[number] = probability(file, f"{key} of '{level.label}' of '{comparison.name}'", entry.get(key))
    return Weights(**columns)


def probability(file: str, place: str, value: object) -> float:
    """A number from a model's file. ``place``: its name in errors. Raises :class:`ModelError` if it is no probability."""
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ModelError(f"{file}: {place} must be a probability from 0 to 1. Mend it or train again.")
    return float(value)
