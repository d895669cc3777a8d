"""Every bad value in every column of every source, as CSV and as a workbook: the verdict a person would want."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from data_contracts.breach import Breach
from data_contracts.contract import read_contracts
from pipelines.intake.receipt.receive import CheckedFile, check_files
from tests.corpus.good import SENTINEL, as_csv, as_xlsx, headers
from tests.corpus.rows import RowCase, row_cases

CONTRACTS = read_contracts()
CASES = {source: row_cases(contract) for source, contract in CONTRACTS.items()}
TAKE_CSV = [
    source for source, contract in CONTRACTS.items() if any(name.endswith(".csv") for name in contract.files.names)
]
FILES = [(source, "csv") for source in TAKE_CSV]
FILES += [(source, "xlsx") for source in TAKE_CSV[::8]]
"""A workbook gives the judge the same text as CSV does: every eighth source shows that it does."""


@cache
def verdict(source: str, form: str) -> CheckedFile:
    """All row cases of a source in one file, checked."""
    rows = [headers(CONTRACTS[source]), *(list(case.cells.values()) for case in CASES[source])]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{source}.{form}"
        path.write_bytes(as_csv(rows).encode() if form == "csv" else as_xlsx(rows))
        (found,) = check_files(path, CONTRACTS)
    return found


def lines(cases: list[RowCase], form: str) -> list[int]:
    """The line on which each row starts: in CSV a value of two lines takes two."""
    started, line = [], 2
    for case in cases:
        started.append(line)
        line += 1 + (sum(value.count("\n") for value in case.cells.values()) if form == "csv" else 0)
    return started


@cache
def by_line(source: str, form: str) -> dict[int | None, list[Breach]]:
    found: dict[int | None, list[Breach]] = {}
    for breach in verdict(source, form).breaches:
        found.setdefault(breach.line, []).append(breach)
    return found


@pytest.mark.parametrize(("source", "form"), FILES)
def test_every_value_breaks_the_rules_it_should_and_no_other(source: str, form: str) -> None:
    wrong = []
    for case, line in zip(CASES[source], lines(CASES[source], form), strict=True):
        said = {(breach.rule, breach.column, breach.stops) for breach in by_line(source, form).get(line, [])}
        if said != case.wanted:
            wrong.append((case.what, line, sorted(map(str, said)), sorted(map(str, case.wanted))))
    assert wrong == []


@pytest.mark.parametrize(("source", "form"), FILES)
def test_every_row_is_accounted_for_and_no_value_is_told(source: str, form: str) -> None:
    found = verdict(source, form)
    cases = CASES[source]
    assert found.rows_read == len(cases)
    assert found.rows_set_aside == sum(case.is_set_aside for case in cases)
    assert not found.is_refused
    assert set(by_line(source, form)) <= set(lines(cases, form))
    assert all(breach.why and breach.fix and SENTINEL not in str(breach) for breach in found.breaches)


def test_a_birth_date_never_costs_a_row_and_a_doubtful_end_always_does() -> None:
    """What no contract may change without this being seen: which slips lose a child, and which would hide one."""
    ends = {"school_census": "LeavingDate", "ehe_register": "ClosedOn", "alternative_provision": "EndDate"}
    for source, cases in CASES.items():
        born = next((c.header for c in CONTRACTS[source].columns if c.maps_to == "date_of_birth"), None)
        for case in cases:
            for rule, column, stops in case.wanted:
                if column == born and rule in ("date", "required"):
                    assert stops == "nothing", (source, case.what)
                if column == ends.get(source) and rule == "date":
                    assert stops == "row", (source, case.what)
