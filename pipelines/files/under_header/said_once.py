"""Rows that say only with the row above what they say: in a report that prints what a household has in common only in its
first row, or a child only beside the first of its contacts, and in a list kept by hand with ditto marks.

Read as they stand, the children below a tenant would have no home, and nobody would know of brothers and sisters.
"""

import polars as pl

from data_contracts.contract import Contract
from pipelines.counted import counted
from pipelines.files.rows import Fault

LEAST_ROWS, LEAST_SHARE = 5, 0.1
"""So many rows, and so large a share of the file's, leave empty all that is said once. Fewer are of people without a home."""

_ONES_OWN = ("upn", "former_upn", "nhs_number")

_DITTO = r"(?i)^\s*([\x22\x{201C}\x{201D}\x{3003}\x{2033}]|''|ditto|(same )?as above)\s*\.?\s*$"
"""Cells that stand for the one above."""


MOST_FURTHER = 9
"""So many rows without anything that is read may follow each other: a child has no more contacts. More are an export that
failed."""


def without_further_contacts(rows: pl.DataFrame, headers: dict[str, str]) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows, by our column names, without those that fill no column that is read, as a report prints a child once and below
    it the child's further contacts; and the fault, which stops nothing, that says so. Runs are told by the lines of the file.

    ``headers``: our names of the columns that the file has.
    """
    blank = rows.select("line", *headers)
    for name in headers:  # column by column: after the first, hardly any row is left to be looked at
        blank = blank.filter(~pl.col(name).str.contains(r"\S"))
    lines = blank.select("line", run=(pl.col("line").diff() != 1).fill_null(value=True).cum_sum())
    passed = lines.filter(pl.len().over("run") <= MOST_FURTHER)["line"]
    if passed.is_empty():
        return rows, []
    return rows.filter(~pl.col("line").is_in(passed.implode())), [_further(len(passed))]


def fill_from_above(
    rows: pl.DataFrame, headers: dict[str, str], contract: Contract
) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows, by our column names, with what the contract's ``saidOnce`` names repeated in the rows below that have none of
    it; and the fault, which stops nothing, that says so.

    ``headers``: our names of the columns that the file has. The file has the household and one column more of these.
    """
    there = [name for name in contract.files.said_once if name in headers]
    if len(there) < 2 or there[0] != contract.files.said_once[0]:
        return rows, []
    filled = [pl.col(name).str.contains(r"\S") for name in there]
    begins = rows.select(filled[0]).to_series()
    is_below = rows.select(~pl.any_horizontal(filled)).to_series() & (begins.cum_sum() > 0)
    below = int(is_below.sum())
    if below < LEAST_ROWS or below < LEAST_SHARE * rows.height:
        return rows, []
    first = pl.when(is_below).then(None).otherwise(pl.int_range(pl.len())).forward_fill()
    return rows.with_columns(pl.col(there).gather(first)), [_said_once(below, headers[there[0]])]


def fill_dittos(rows: pl.DataFrame, headers: dict[str, str], contract: Contract) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows, by our column names, with the cell above in place of each ditto mark (``"``, ``as above``); and the fault,
    which stops nothing, that says so. ``headers``: our names of the columns that the file has. A number that identifies is
    nobody else's."""
    own = {column.name for column in contract.columns if column.primary_key or column.maps_to in _ONES_OWN}
    there = [name for name in headers if name not in own]
    dittos = rows.select(pl.col(there).str.contains(_DITTO))
    count = int(dittos.select(pl.sum_horizontal(pl.all().sum())).item()) if there else 0
    if not count:
        return rows, []
    above = [
        pl.when(~pl.col(name).str.contains(_DITTO)).then(name).forward_fill().fill_null(pl.col(name)) for name in there
    ]
    return rows.with_columns(above), [_as_above(count)]


def _further(count: int) -> Fault:
    return Fault(
        "further contacts",
        "nothing",
        f"{counted(count, 'row')} of the file fill no column that is read, as a report prints a child once and below it the "
        "child's further contacts. They were passed over.",
        "There is nothing to do if they are about nobody but the child above; a report without contacts is safer.",
    )


def _as_above(count: int) -> Fault:
    return Fault(
        "as above",
        "nothing",
        f"{counted(count, 'cell')} of the file say that they are as the cell above, and were read so.",
        "There is nothing to do if the rows are in the order in which they were written; full cells are safer.",
    )


def _said_once(below: int, header: str) -> Fault:
    return Fault(
        "said once",
        "nothing",
        f"{below:,} rows leave empty what a household has in common ({header} and its home), as a report does that prints it "
        "once. They were read as belonging to the row above.",
        "There is nothing to do if each household's first row comes before its others; a file that repeats it is safer.",
        column=header,
    )
