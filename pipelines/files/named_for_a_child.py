"""What a file is called wherever people read of it. One that may be named for a child goes by the initials of its words.

Forms and letters about one child are left in the night's folder, and are named for the child; so is a list of a child or two.
What a night says goes into logs, mails and chats. The folder itself has the whole name for whoever must find the file.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from data_contracts.contract import Contract
from pipelines.files.folder import TABLES
from pipelines.files.packed import PACKED
from pipelines.files.read import FEWEST_OF_A_SCHOOL

LEFT_OUT = "…"

SHORTEST_BEGINNING = 4
"""Letters of a word of a source that must be there for it to be known: "referral" is of referrals."""

MOST_DIGITS = 3
"""A longer number may be a birth date or a child's number."""

_NEVER_A_NAME = frozenset({ending.removeprefix(".") for ending in (*TABLES, *PACKED)}) | {
    *("doc", "docx", "eml", "msg", "part", "pdf", "rtf", "sheet", "xml")
}
_WORD = re.compile(r"[^\W\d_]+|\d+")


def may_be_named_for_a_child(contract: Contract | None, rows: int) -> bool:
    """Whether a file with so many rows may be named for a child. Rolls are named for schools; ``contract``: null: none names
    the file."""
    return contract is None or (rows < FEWEST_OF_A_SCHOOL and not contract.is_roll)


def words_of_sources(contracts: Mapping[str, Contract]) -> frozenset[str]:
    """The words of which the names of sources and of their files are made, in lower case."""
    named = (text for each in contracts.values() for text in (each.id, each.name, *each.files.names))
    words = {word.casefold() for text in named for word in _WORD.findall(text)}
    return frozenset(words | {source.replace("_", "") for source in contracts} | _NEVER_A_NAME)


def by_initials(name: str, words: Collection[str], years: Collection[int]) -> str:
    """A name with the initials of its words, but for ``words``, and without long numbers, but for dates in ``years``."""

    def shown(found: re.Match[str]) -> str:
        word = found[0]
        if word.isdigit():
            is_date = {word[:4], word[-4:]} & {str(year) for year in years} and len(word) in (4, 8)
            return word if is_date or len(word) <= MOST_DIGITS else LEFT_OUT
        low = word.casefold()
        begins = len(low) >= SHORTEST_BEGINNING and any(known.startswith(low) for known in words)
        return word if len(word) == 1 or low in words or begins else word[0] + LEFT_OUT

    return _WORD.sub(shown, name)


def each_once(names: Iterable[str], taken: Collection[str]) -> Iterator[str]:
    """The names in their order, with a number behind those that were there before or are in ``taken``."""
    there = set(taken)
    for name in names:
        number, own = 1, name
        while own in there:
            number += 1
            own = f"{name} ({number})"
        there.add(own)
        yield own
