"""A slip in a contract is told by file, line, place, the key that was meant, and the remedy."""

from pathlib import Path

import pytest

from data_contracts.contract import CONTRACT_FOLDER, ContractError, read_contract, read_contracts

WORKED_EXAMPLE = (CONTRACT_FOLDER.parent / "docs" / "contracts.md").read_text(encoding="utf-8")
LIBRARY_CARDS = WORKED_EXAMPLE.split("```yaml\n")[1].split("```")[0]
"""The contract that docs/contracts.md shows."""


def written(folder: Path, text: str, name: str = "library_cards.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def line_of(text: str, part: str) -> int:
    """Line (from 1) on which the part first stands."""
    return text[: text.index(part)].count("\n") + 1


def test_the_worked_example_of_the_documentation_is_a_contract(tmp_path: Path) -> None:
    contract = read_contract(written(tmp_path, LIBRARY_CARDS))
    assert (contract.id, contract.table.physical_name, contract.key.header) == (
        "library_cards",
        "raw_library_cards",
        "CardNo",
    )
    assert [(statement.kind, statement.on) for statement in contract.says] == [
        ("seen", ("last_used",)),
        ("protected", ()),  # which every contract says that does not say it itself
    ]
    assert contract.column_named["date_of_birth"].date_formats == ("%d/%m/%Y", "%Y-%m-%d")


SLIPS = {
    "a key misspelt": ("    required: true", "    requird: true", "requird: unknown key. Did you mean required"),
    "a custom property misspelt": ("property: mapsTo", "property: mapTo", "mapTo: unknown key. Did you mean mapsTo"),
    "a key of another world": ("version: 1.0.0", "owner: me", "owner: unknown key. Take it out, or use one of:"),
    "a key forgotten": ("  - name: full_name\n    physicalName", "  - physicalName", "name: this key is missing"),
    "a key said twice": ("status: active", "id: again", "the key id is given twice"),
    "a source under a false name": ("id: library_cards", "id: library", "raw_library"),
    "a statement about no column": ("on: last_used", "on: last_usd", "seen reads ['last_usd'], which is not a column"),
    "a statement about no date": ("on: last_used", "on: card", "seen takes card as a date, and it is not one"),
    "a key made of no column": (
        "    encodings: [utf-8, windows-1252]", "    keyOfChild: {headers: [Reader], and: [branch]}",
        "keyOfChild names ['branch'], which is not a column",
    ),
    "a child's number that heads a column": (
        "    encodings: [utf-8, windows-1252]", "    keyOfChild: {headers: [Card Number], and: [last_used]}",
        "keyOfChild names ['Card Number'], which heads the key itself",
    ),
    "a statement of no kind": ("kind: seen", "kind: saw", "Input should be 'provision'"),
    "a statement that says nothing": ("on: last_used}", "since: last_used}", "need on"),
    "an exception where none is made": (
        "{kind: seen, on: last_used}", "{kind: lives_here, since: last_used, unless: {card: [Lost]}}", "only seen has unless",
    ),
    "a column for nothing": (
        "- {property: mapsTo, value: full_name}", "- {property: mayBeAbsent, value: true}",
        "column full_name maps to nothing and says nothing; give notUsed with the reason",
    ),
    "a code that is another one's": (
        "- {property: mapsTo, value: full_name}",
        "- {property: mapsTo, value: full_name}\n    - {property: codes, value: {Non-resident: N, non resident: R}}",
        "column full_name: another code is written as non resident, and means something else",
    ),
    "two columns for one field": ("value: full_name}", "value: date_of_birth}", "two columns map to date_of_birth"),
    "two columns under one header": ("value: [Card Number]", "value: [name]", "two columns may be headed"),
    "no key": ("    primaryKey: true  ", "    primaryKey: false", "exactly one column must be the primaryKey"),
    "a date without a format": (
        "    logicalTypeOptions: {format: dd/MM/yyyy}\n", "", "needs logicalTypeOptions.format",
    ),
    "a year of two digits before a day in figures": (
        "format: dd/MM/yyyy", "format: yy/MM/dd", "the date format yy/MM/dd is not made of",
    ),
    "a month alone of what is no end": (
        "value: [yyyy-MM-dd]", "value: [yyyy-MM-dd, MM/yyyy]", "column date_of_birth: a month alone is read of an end (until)",
    ),
    "a rule without its bound": ("      mustBe: 0\n", "", "a metric of the standard needs mustBe: 0"),
    "a rule of the table at a column": (
        "metric: duplicateValues\n      mustBe: 0", "metric: rowCount\n      mustBeGreaterOrEqualTo: 1",
        "rowCount is a rule of the table",
    ),
    "a rule that stops something else": (
        "property: stops, value: row", "property: stops, value: line", "Input should be 'file', 'row' or 'nothing'",
    ),
    "a rule without a remedy": (
        "      - {property: fix, value: Send each card once.}\n", "", "fix: this key is missing",
    ),
    "an encoding that nobody knows": ("utf-8, windows", "utf-99, windows", "utf-99 is not an encoding"),
    "a required column without a reason": (
        "requiredWhy, value: A row without a key cannot be followed from night to night.", "requiredWhy, value: ''",
        "required needs requiredWhy",
    ),
    "what it means that a column is absent, of one that may not be": (
        "{property: mapsTo, value: full_name}",
        "{property: absentWhy, value: Nobody has a name.}\n    - {property: mapsTo, value: full_name}",
        "absentWhy, absentAs and absentLike are for a column that mayBeAbsent",
    ),
    "a name with capitals": ("name: full_name", "name: FullName", "not in lower case"),
}  # fmt: skip
"""What somebody gets wrong -> what stands in the contract, what stands there instead, what the message says."""


@pytest.mark.parametrize(("right", "wrong", "message"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_file_and_remedy(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in LIBRARY_CARDS
    with pytest.raises(ContractError) as refused:
        read_contract(written(tmp_path, LIBRARY_CARDS.replace(right, wrong, 1)))
    text = str(refused.value)
    assert text.startswith("library_cards.yaml")
    assert message in text
    assert " line " in text
    assert "docs/contracts.md" in text or "Correct" in text


LINES = {
    "a column's key": ("    required: true", "    requird: true", "requird"),
    "a custom property": ("property: mapsTo", "property: mapTo", "property: mapTo"),
    "a statement": ("on: last_used", "on: last_usd", "on: last_usd"),
    "a rule of a column": ("property: stops, value: row", "property: stops, value: line", "value: line"),
    "a rule of the table": ("mustBeGreaterOrEqualTo: 1", "mustBeGreaterThan: 1", "mustBeGreaterThan: 1"),
    "an encoding": ("utf-8, windows", "utf-99, windows", "utf-99"),
}


@pytest.mark.parametrize(("right", "wrong", "place"), LINES.values(), ids=LINES)
def test_the_message_names_the_line(tmp_path: Path, right: str, wrong: str, place: str) -> None:
    text = LIBRARY_CARDS.replace(right, wrong, 1)
    with pytest.raises(ContractError, match=rf"library_cards\.yaml, line {line_of(text, place)}: "):
        read_contract(written(tmp_path, text))


def test_every_slip_is_told_at_once(tmp_path: Path) -> None:
    text = LIBRARY_CARDS.replace("status: active", "status: lively").replace("    required: true", "    requird: true")
    with pytest.raises(ContractError) as refused:
        read_contract(written(tmp_path, text))
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"id: [1, 2", "line 1: this is not YAML", id="cut short"),
        pytest.param("name: Siân".encode("latin-1"), "this is not YAML in UTF-8", id="not UTF-8"),
        pytest.param(b"", "contract: ", id="empty"),
        pytest.param(b"- a list", "contract: ", id="a list"),
        pytest.param(b"customProperties: {files: 1}", "customProperties is a list", id="customProperties as a mapping"),
        pytest.param(b"customProperties: [{property: files}]", "take property, value", id="a property without a value"),
    ],
)
def test_a_file_that_is_no_contract_is_told(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "library_cards.yaml"
    path.write_bytes(data)
    with pytest.raises(ContractError, match=r"library_cards\.yaml") as refused:
        read_contract(path)
    assert message in str(refused.value)


def test_only_active_contracts_are_used_and_our_own_list_is_no_source(tmp_path: Path) -> None:
    written(tmp_path, LIBRARY_CARDS)
    retired = LIBRARY_CARDS.replace("library_cards", "old_cards").replace("status: active", "status: retired")
    written(tmp_path, retired, "old_cards.yaml")
    written(tmp_path, "no: contract", "candidates.yaml")
    assert list(read_contracts(tmp_path)) == ["library_cards"]


def test_on_is_a_key_and_a_date_stays_text(tmp_path: Path) -> None:
    text = LIBRARY_CARDS.replace("Number of the card.", "2015-03-24").replace(
        "value: [Card Number]", "value: [no, off]"
    )
    card = read_contract(written(tmp_path, text)).column_named["card"]
    assert (card.description, card.also_called) == ("2015-03-24", ("no", "off"))
