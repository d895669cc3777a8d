"""One broken rule of one contract, told without the child's value."""

from dataclasses import dataclass
from typing import Literal

Stops = Literal["file", "row", "nothing"]
"""What a broken rule stops: the whole file is refused, the row is set aside, or it is only counted."""

STOPS_MOST_FIRST: dict[str, int] = {"file": 0, "row": 1, "nothing": 2}
"""In which order broken rules are told."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule at one place. Holds no value from the file: only where, which rule, and what to do."""

    source: str
    """Id of the contract, or ``unknown`` where no contract fits the file."""
    file: str
    """Name of the file, with the folder or the archive in which it lay within the folder of the night."""
    line: int | None
    """Line as a spreadsheet shows it (the header is line 1); null where the whole file is meant."""
    column: str | None
    """Header as the file has it; null where no single column is meant."""
    rule: str
    """Short name of the rule, such as ``required`` or ``date``."""
    stops: Stops
    why: str
    """Why the rule is there, in one plain sentence."""
    fix: str
    """What the sender does about it, in one plain sentence."""

    def __str__(self) -> str:
        """File, line, column, rule and remedy in one line."""
        place = self.file + (f", line {self.line}" if self.line is not None else "")
        place += f", column {self.column}" if self.column else ""
        return f"{place}: {self.rule}. {self.why} {self.fix}"
