"""Notes beside the rows of a list of places that speak of leaving, in columns that nobody reads.

A clerk who writes "left 12/3, moved to Leeds?" into the comments, and no day into the column for it, has said that the place is
over. What a note says is not taken for a fact: it may be of a brother. But whoever reads the list is told.
"""

from collections.abc import Sequence

import polars as pl

from data_contracts.contract import Contract
from data_contracts.ended import says_ended
from pipelines.files.headers.match import MatchedHeaders
from pipelines.files.rows import Fault

NOTED_LEFT = "note of leaving"
"""Name of the rule, as a breach shows it."""

_LEFT = (
    r"(?i)(^|[^\w])(left( (school|us|on|in|the|\d)|\s*$|[,;.])|has left|leaver|off[ -]?roll|taken off|removed from roll"
    r"|moved (to|away|abroad|out|back|school)|deregistered|no longer (here|on roll|at|attend)|did not return|wedi gadael"
    r"|(case|file|ehe|home education|placement|tuition)( was| is now| has been)? (closed|ended|ceased))"
    r"|^\s*(closed|ended|ceased)( on)?:?\s*(\d|$)"
)
_DENIED = r"(?i)\b(not|never|hasn't|isn't|may|might|if|wants to|to be)\b"


def notes_of_leaving(
    rows: pl.DataFrame, headers: Sequence[str], matched: MatchedHeaders, contract: Contract
) -> list[Fault]:
    """A fault, which stops nothing, for each row that speaks of leaving in a column that is not read, and gives no end; none
    if the source shows no places.

    ``rows``: ``line`` and the cells by position, as text. A note that denies it or thinks of it says nothing.
    """
    ends = contract.ends_of_places | {status.name for status, _ in contract.ends_in_words}
    read = set(matched.position_of.values())
    notes = [pl.col(str(at)) for at in range(len(headers)) if at not in read and str(at) in rows.columns]
    if not contract.ends_of_places or not notes:
        return []
    no_end = [
        ~(end.str.contains(r"\d|(?i)left|leaver|closed|ended|no") | says_ended(end.str.strip_chars()))
        for end in (pl.col(str(matched.position_of[name])) for name in sorted(ends & matched.position_of.keys()))
    ]
    speaks = pl.any_horizontal(note.str.contains(_LEFT) & ~note.str.contains(_DENIED) for note in notes)
    told = rows.filter(speaks, *no_end)["line"]
    return [_noted(line) for line in told]


def _noted(line: int) -> Fault:
    return Fault(
        NOTED_LEFT,
        "nothing",
        "A note in a column that is not read speaks of leaving, and the row gives no end: the child counts as being there "
        "still, and may be taken to be educated who is not.",
        "Write the day into the column for the end, or a word such as Left into a column for the status.",
        line,
    )
