"""The data dictionary, made from the contracts. ``python -m data_contracts.dictionary`` rewrites it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from data_contracts.breach import STOPS_MOST_FIRST
from data_contracts.contract import (
    CONTRACT_FOLDER,
    Contract,
    DataContract,
    read_candidates_contract,
    read_contracts,
)
from data_contracts.parts import Column
from data_contracts.rules import Check, list_checks, source_checks
from data_contracts.statement import Doubt, Statement
from data_contracts.today import today

DICTIONARY = CONTRACT_FOLDER.parent / "docs" / "data_dictionary.md"

_INTRODUCTION = """# Data dictionary

Made from the contracts in `data_contracts/` by `python -m data_contracts.dictionary`. Change a contract, not this page.
`docs/contracts.md` says how a contract is written.

What a broken rule stops:

- **file**: nothing of the file is loaded;
- **row**: the row is set aside and goes back to its sender;
- **nothing**: the breach is counted and the row is used; a value that cannot be read counts as empty.

In every column, what exports write for nothing counts as empty (`NULL`, `NaN`, `#N/A`). So does, in every date, what says
that there is no date (`00/00/0000`, `00/01/1900`, `Unknown`) or that an entry is still open (`31/12/9999`, `Current`,
`Ongoing`).
"""


def dictionary(contracts: Mapping[str, Contract], candidates: DataContract) -> str:
    """The whole dictionary as Markdown. The same contracts give the same text."""
    contents = [f"- [{c.name}](#{_anchor(c.name)})" for c in (*contracts.values(), candidates)]
    parts = [_INTRODUCTION, "\n".join(contents), *(_source(contract) for contract in contracts.values())]
    return "\n\n".join(part.strip() for part in [*parts, _our_list(candidates)]) + "\n"


def write(path: Path = DICTIONARY) -> None:
    """Write the dictionary of the contracts in this folder."""
    path.write_text(dictionary(read_contracts(), read_candidates_contract()), encoding="utf-8")


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")


def _source(contract: Contract) -> str:
    """The page of one source."""
    headers = {column.name: column.header for column in contract.columns}
    checks = source_checks(contract, headers, {}, today())
    facts = [
        f"- Files: {_codes(contract.files.names)}, read as {_codes(contract.files.encodings)}",
        f"- Roll: {'yes; without any roll the night stops' if contract.is_roll else 'no'}",
        f"- Key of a row: {_key(contract)}",
    ]
    return "\n\n".join(
        [
            *_opening(contract),
            "\n".join(facts),
            "What a row says:",
            "\n".join(f"- {_statement_in_words(statement, headers)}" for statement in contract.says),
            _columns_table(contract, ("Column", "Meaning", "Also headed", "Taken", "Goes to", "Class"), _source_cells),
            "Rules:",
            _rules_table(checks, headers),
        ]
    )


def _our_list(contract: DataContract) -> str:
    headers = {column.name: column.header for column in contract.columns}
    return "\n\n".join(
        [
            *_opening(contract),
            _columns_table(contract, ("Column", "Meaning", "Type", "Class"), _list_cells),
            "Rules (any of them broken, and the last published list stays):",
            _rules_table(list_checks(contract), headers),
        ]
    )


def _opening(contract: DataContract) -> list[str]:
    prose = contract.description
    prose_of_use = " ".join(text.strip() for text in (prose.usage, prose.limitations) if text)
    return [
        f"## {contract.name}",
        f"`{contract.id}`. {prose.purpose.strip()} {contract.table.description}",
        prose_of_use,
    ]


def _key(contract: Contract) -> str:
    key = f"`{contract.key.header}`"
    if contract.files.xml:
        parts = ", ".join(f"`{contract.column_named[name].header}`" for name in contract.files.xml.key)
        key += f"; in XML {parts} together"
    return key


def _statement_in_words(statement: Statement, headers: Mapping[str, str]) -> str:
    """One statement as a sentence, its columns named by their headers."""
    named = {name: f"`{headers[name]}`" for name in statement.columns}
    what = statement.what or (f"named by {named[statement.what_from]}" if statement.what_from else "")
    text = f"**{statement.kind.replace('_', ' ')}**" + (f": {what}" if what else "")
    if statement.on:
        text += " on " + " and on ".join(named[column] for column in statement.on)
    if statement.place:
        text += f", at {' or '.join(named[name] for name in statement.place)}"
    if statement.since:
        text += f", since {named[statement.since]}"
    if statement.until:
        text += f", until {named[statement.until]} (empty: still)"
    if statement.holds_days:
        text += f", for {statement.holds_days} days"
    text += _condition_in_words(statement.when, named)
    text += "".join(
        f", unless {named[column]} means {' or '.join(words)}" for column, words in statement.unless.items()
    )
    return text + "".join(_doubt_in_words(doubt, named) for doubt in statement.doubts)


def _doubt_in_words(doubt: Doubt, named: Mapping[str, str]) -> str:
    """One doubt of a statement, and how far the statement still proves an education."""
    holds = [f"{named[column]} means {' or '.join(meanings)}" for column, meanings in doubt.when.items()]
    holds += [f"{named[column]} has the word {' or '.join(words)}" for column, words in doubt.named.items()]
    holds += [f"{named[column]} has not the word {' or '.join(words)}" for column, words in doubt.not_named.items()]
    holds += [f"{named[column]} is {days} days old or older" for column, days in doubt.older_than.items()]
    holds += [
        f"{named[column]} is before the child's Year {year}, which has begun"
        for column, year in doubt.before_year.items()
    ]
    proves = "" if doubt.proves is None else f" (still proves it with {doubt.proves:g})"
    return f"; in doubt, where {' and '.join(holds)}: {doubt.because}{proves}"


def _condition_in_words(when: Mapping[str, Iterable[str]], named: Mapping[str, str]) -> str:
    conditions = [f"{named[column]} means {' or '.join(meanings)}" for column, meanings in when.items()]
    return f", where {' and '.join(conditions)}" if conditions else ""


def _columns_table(contract: DataContract, titles: tuple[str, ...], cells: Callable[[Column], list[str]]) -> str:
    return _table(titles, [cells(column) for column in contract.columns])


def _source_cells(column: Column) -> list[str]:
    goes_to = column.maps_to or ("key" if column.primary_key else column.not_used) or "what the row says"
    return [
        f"`{column.header}`" + (" (may be absent)" if column.may_be_absent else ""),
        column.description,
        _codes(column.also_called),
        _values_taken(column),
        goes_to,
        column.classification,
    ]


def _list_cells(column: Column) -> list[str]:
    return [f"`{column.header}`", column.description, column.logical_type, column.classification]


def _values_taken(column: Column) -> str:
    """What a cell may contain: formats, codes with their meanings, and what counts as empty."""
    taken = []
    if column.dates_written:
        taken.append("date as " + _codes(column.dates_written))
    for meaning in dict.fromkeys(column.codes.values()):
        codes = [code or "empty cell" for code, means in column.codes.items() if means == meaning]
        taken.append(f"{meaning or 'not said'}: {_codes(codes)}")
    if column.unknown_code is not None:
        taken.append(f"any other code: {column.unknown_code}")
    if column.not_a_value:
        taken.append("empty: " + _codes(column.not_a_value))
    return "; ".join(taken) or "text"


def _rules_table(checks: Iterable[Check], headers: Mapping[str, str]) -> str:
    ordered = sorted(checks, key=lambda check: STOPS_MOST_FIRST[check.stops])
    rows = [
        [check.stops, f"`{headers[check.column]}`" if check.column else "", check.rule, check.why, check.fix]
        for check in ordered
    ]
    return _table(("Stops", "Column", "Rule", "Why", "What the sender does"), rows)


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def _table(titles: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    lines = [list(titles), ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").strip() for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    write()
