"""The verdict of ``rollcall check`` for machines, as JSON and as JUnit XML: places, rules and remedies, no values."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from data_contracts.breach import Breach
    from data_contracts.contract import Contract
    from pipelines.intake.receipt.receive import CheckedFile

LINES_TOLD = 20
"""Lines of a file that JUnit lists for one rule; the JSON has them all."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, even escaped; a file's name may have them."""


def as_json(files: "Sequence[CheckedFile]") -> str:
    """One object: ``stops`` (whether anything stops a file or a row) and ``files``, each with its breaches."""
    verdict = {"stops": any(stopped(file) for file in files), "files": [_file(file) for file in files]}
    # A file's name may have bytes that are no text. ASCII escapes keep their surrogates, so the result is valid UTF-8.
    return json.dumps(verdict, indent=2, ensure_ascii=True) + "\n"


def stopped(file: "CheckedFile") -> bool:
    """Whether the file is refused or rows of it are set aside."""
    return file.is_refused or file.rows_set_aside > 0 or any(breach.stops != "nothing" for breach in file.breaches)


def _file(file: "CheckedFile") -> dict[str, Any]:
    return {
        "file": file.file,
        "source": file.source,
        "verdict": "refused" if file.is_refused else "loaded",
        "rows_read": file.rows_read,
        "rows_loaded": file.rows_read - file.rows_set_aside,
        "rows_set_aside": file.rows_set_aside,
        "breaches": [
            {key: getattr(breach, key) for key in ("line", "column", "rule", "stops", "why", "fix")}
            for breach in file.breaches
        ],
    }


def as_junit(files: "Sequence[CheckedFile]", contracts: "Mapping[str, Contract]") -> bytes:
    """JUnit XML: one suite per file, one case per rule that was checked or broken.

    A rule that stops a file or a row is a failure, one that could not be checked an error; a rule that stops nothing
    passes, with its count in ``system-out``.
    """
    suites = ET.Element("testsuites", name="rollcall check")
    for file in files:
        suites.append(_suite(file, contracts.get(file.source)))
    for kind in ("tests", "failures", "errors"):
        suites.set(kind, str(sum(int(suite.get(kind, "0")) for suite in suites)))
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written


def _suite(file: "CheckedFile", contract: "Contract | None") -> ET.Element:
    suite = ET.Element("testsuite", name=_plain(file.file))
    breaches = sorted(file.breaches, key=lambda breach: (breach.rule, breach.column or ""))
    broken = {at: list(found) for at, found in groupby(breaches, lambda breach: (breach.rule, breach.column))}
    asked = [*broken, *(at for at in _rules_checked(file, contract) if at not in broken)] or [("readable", None)]
    for rule, column in asked:
        case = ET.SubElement(suite, "testcase", classname=_plain(file.source), name=_plain(_name(rule, column)))
        _add_result(case, broken.get((rule, column), []))
    found = Counter(part.tag for case in suite for part in case)
    counts = {"tests": len(asked), "failures": found["failure"], "errors": found["error"], "skipped": 0}
    for kind, count in counts.items():
        suite.set(kind, str(count))
    return suite


def _rules_checked(file: "CheckedFile", contract: "Contract | None") -> list[tuple[str, str | None]]:
    """Every rule of the contract that was checked on the file: the rule, and the header as the file has it."""
    from pipelines.intake.receipt.rule_history import contract_rules

    if contract is None or not file.headers:
        return []
    named = {column.name: column.header for column in contract.columns} | dict(file.headers)
    asked = (
        (check.rule, named[check.column] if check.column else None) for check in contract_rules(contract, file.headers)
    )
    return list(dict.fromkeys(asked))


def _add_result(case: ET.Element, breaches: "Sequence[Breach]") -> None:
    from data_contracts.check import COULD_NOT_RUN
    from pipelines.counted import counted

    if not breaches:
        return
    first = breaches[0]
    lines = [breach.line for breach in breaches if breach.line is not None]
    where = counted(len(breaches), "place")
    if lines:
        where += f": line {', '.join(map(str, lines[:LINES_TOLD]))}{' ...' if lines[LINES_TOLD:] else ''}"
    words = _plain(f"{where}. {first.why} {first.fix}")
    if any(breach.stops != "nothing" for breach in breaches):
        kind = "error" if first.rule == COULD_NOT_RUN else "failure"
        ET.SubElement(case, kind, message=_plain(first.why), type=_plain(first.rule)).text = words
    else:
        ET.SubElement(case, "system-out").text = words


def _name(rule: str, column: str | None) -> str:
    return f"{rule}: {column}" if column else rule


def _plain(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
