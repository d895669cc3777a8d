"""One broken rule of one contract, described without the child's value."""

from dataclasses import dataclass
from typing import Literal

Stops = Literal["file", "row", "nothing"]
"""What a broken rule stops: the whole file is refused, the row is set aside, or it is only counted."""

STOPS_MOST_FIRST: dict[str, int] = {"file": 0, "row": 1, "nothing": 2}
"""Order in which broken rules are shown."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule at one place. Holds no value from the file: only where, which rule, and what to do."""

    source: str
    """Id of the contract, or ``unknown`` if no contract fits the file."""
    file: str
    """Name of the file, including any folder or archive that it is in within the night's folder."""
    line: int | None
    """Line as a spreadsheet shows it (the header is line 1); null: the whole file."""
    column: str | None
    """Header as the file has it; null: no single column."""
    rule: str
    """Short name of the rule, such as ``required`` or ``date``."""
    stops: Stops
    why: str
    """Why the rule is there, in one plain sentence."""
    fix: str
    """What the sender should do about it, in one plain sentence."""

    @classmethod
    def of_file(cls, source: str, file: str, rule: str, why: str, fix: str) -> "Breach":
        """The breach of a rule about a file as a whole, which is refused."""
        return cls(source, file, None, None, rule, "file", why, fix)

    def __str__(self) -> str:
        """File, line, column, rule and remedy in one line."""
        place = self.file + (f", line {self.line}" if self.line is not None else "")
        place += f", column {self.column}" if self.column else ""
        return f"{place}: {self.rule}. {self.why} {self.fix}"
