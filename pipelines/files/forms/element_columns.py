"""Which column of its contract an element in a row of an XML file is: by its path or, as suppliers group elements
differently, by its name.
"""

from fnmatch import fnmatchcase

from data_contracts.contract import Contract, plain_header
from data_contracts.file_layout import XmlLayout
from pipelines.files.headers.names import columns_by_header

PASSED_OVER = ""
"""Stands for a column's name, for an element that is about somebody or something else."""

IN_GROUP = -1
"""Stands for the distance of an element in a group of which only the latest counts."""

GROUPED = 2
"""Levels in which a row speaks about itself: in the row, or in one group within it (``PupilStatus/EntryDate``). Deeper
elements are things that the pupil has, with begins and ends of their own: exclusions, placements, aims. Of those only
what says who the person is, such as an address, is read."""

Path = tuple[str, ...]


class ElementColumns(dict[Path, tuple[str | None, int]]):
    """Path inside a row -> our name for the column of the element there (null: none), and its distance from where the
    contract says.

    The distance is 0 if the contract names this path, or if the element is in the row itself. Otherwise it grows with
    depth, and is greater by 1 if the element does not have the column's own name. An element in a group of which only the
    latest counts has its own name and ``IN_GROUP``. Each path is worked out when it is first asked for.
    """

    def __init__(self, contract: Contract, layout: XmlLayout) -> None:
        super().__init__()
        self._path_of = {tuple(map(plain_header, path.split("/"))): name for name, path in layout.elements.items()}
        self.latest_in: dict[Path, dict[str, str]] = {}
        """Path of the groups of which only the latest counts -> element in them -> our name for its column."""
        for path, name in self._path_of.items():
            if len(path) > 1 and layout.repeated.get(name) == "latest":
                self.latest_in.setdefault(path[:-1], {})[path[-1]] = name
        self._passed_over = [tuple(path.lower().split("/")) for path in layout.passed_over]
        self._named = columns_by_header(contract)

    def __missing__(self, inside: Path) -> tuple[str | None, int]:
        self[inside] = self._column_at(inside)
        return self[inside]

    def _column_at(self, inside: Path) -> tuple[str | None, int]:
        plain = tuple(map(plain_header, inside))
        if plain[:-1] in self.latest_in:
            return plain[-1], IN_GROUP
        if plain in self._path_of:
            return self._path_of[plain], 0
        if any(_lies_in(inside, path) for path in self._passed_over):
            return PASSED_OVER, 0
        column = self._named.get(plain[-1])
        if column is None or len(plain) == 1:
            return (column.name if column else None), 0
        if len(plain) > GROUPED and column.maps_to is None:
            return PASSED_OVER, 0
        return column.name, 2 * len(plain) + (plain[-1] != plain_header(column.header))


def _lies_in(inside: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether a path of elements begins with ``path``, whose parts may contain ``*``; case is ignored."""
    return len(inside) >= len(path) and all(
        fnmatchcase(part.lower(), pattern) for part, pattern in zip(inside, path, strict=False)
    )
