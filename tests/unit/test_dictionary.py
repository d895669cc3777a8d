"""The data dictionary says what the contracts say, and is current."""

from pathlib import Path

import pytest

from data_contracts.contract import read_candidates_contract, read_contracts
from data_contracts.dictionary import DICTIONARY, dictionary, write

CONTRACTS = read_contracts()
TEXT = dictionary(CONTRACTS, read_candidates_contract())


def test_the_dictionary_of_the_repository_is_current() -> None:
    remedy = "run: python -m data_contracts.dictionary"
    assert DICTIONARY.read_text(encoding="utf-8") == TEXT, remedy


def test_write_writes_it(tmp_path: Path) -> None:
    write(tmp_path / "dictionary.md")
    assert (tmp_path / "dictionary.md").read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize("source", CONTRACTS)
def test_every_column_of_every_source_is_in_it(source: str) -> None:
    contract = CONTRACTS[source]
    page = TEXT.split(f"\n## {contract.name}\n")[1].split("\n## ")[0]
    assert [column.header for column in contract.columns if f"| `{column.header}`" not in page] == []
    assert contract.description.purpose.strip() in page


def test_every_table_has_as_many_cells_in_each_row_as_in_its_head() -> None:
    for block in TEXT.split("\n\n"):
        if block.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1


def test_what_a_row_says_reads_as_a_sentence() -> None:
    assert (
        "- **provision**: state school, at `SchoolName` or `Estab`, since `EntryDate`, until `LeavingDate` (empty: still); in"
        " doubt, where `EnrolStatus` means S or G: only a subsidiary or guest registration" in TEXT
    )
    assert "- **protected**, where `AddressProtected` means Y" in TEXT
