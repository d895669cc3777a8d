"""Bad tables of every source: one verdict, the right rule and line, no traceback, no row lost."""

import time
from pathlib import Path

import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.receipt.receive import check_files
from tests.corpus import files
from tests.corpus.files import FileCase
from tests.corpus.good import SENTINEL
from tests.corpus.test_corpus_rows import CASES, FILES

CONTRACTS = read_contracts()
CSV = [c for c in CONTRACTS.values() if any(name.endswith(".csv") for name in c.files.names)]
LONGEST = 10.0
"""Seconds. Nothing may hang; nearly every file takes less than a tenth of one."""


def cases() -> list[FileCase]:
    """Every file case of the corpus."""
    found = [case for contract in CSV for case in files.of_every_source(contract)]
    return [*found, *(case for contract in CSV[::6] for case in files.that_get_to_the_judge(contract))]


EVERY = cases()


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.file}: {case.what}") for case in EVERY])
def test_a_file_gets_the_verdict_a_person_would_want(case: FileCase, tmp_path: Path) -> None:
    path = tmp_path / case.file
    path.write_bytes(case.data)
    began = time.process_time()
    (found,) = check_files(path, CONTRACTS)
    assert time.process_time() - began < LONGEST
    stopping = [breach for breach in found.breaches if breach.stops != "nothing"]
    breaches = [str(breach) for breach in found.breaches]
    got = "refused" if found.is_refused else "row set aside" if stopping else "counted" if found.breaches else "fine"
    assert got == case.verdict, breaches
    if case.rule is not None:
        at = [breach for breach in found.breaches if breach.rule == case.rule]
        assert at, breaches
        assert case.line is None or case.line in {breach.line for breach in at}, breaches
    assert case.rows is None or found.rows_read == case.rows
    aside = found.rows_read if found.is_refused else len({b.line for b in stopping})
    assert found.rows_set_aside == aside
    assert all(breach.why and breach.fix for breach in found.breaches)
    assert SENTINEL.casefold() not in " ".join(breaches).casefold()


def test_the_corpus_is_as_large_as_it_says() -> None:
    """At least 250 bad inputs, and every source that takes CSV or a workbook among them."""
    assert len(EVERY) >= 400
    assert sum(len(CASES[source]) for source, _ in FILES) >= 2_500
    assert {case.file.partition(".")[0] for case in EVERY} >= {contract.id for contract in CSV}
