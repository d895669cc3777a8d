"""A source that nobody has heard of comes in by a contract of the authority's own, and its children are listed."""

import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from apps.made_up.authority import make_authority
from data_contracts.contract import CONTRACT_FOLDER, ContractError, own_contracts, read_contracts

AS_AT = "2026-11-20"
EXAMPLE = (CONTRACT_FOLDER.parent / "docs" / "contracts.md").read_text(encoding="utf-8")
LIBRARY_CARDS = EXAMPLE.split("```yaml\n")[1].split("```")[0]
CARDS = (
    "CardNo,Name,Born,LastUsed\n"
    'L1,"VELLACOTT, Persephone",24/03/2015,02/11/2026\n'
    'L2,"TREMBATH, Lysander",07/09/2013,28/10/2026\n'
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "library_cards.yaml").write_text(LIBRARY_CARDS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_authority(tmp_path_factory.mktemp("made"), children=300, seed=3, as_at=date.fromisoformat(AS_AT))
    (made.extracts / "library_cards.csv").write_text(CARDS, encoding="utf-8")
    return made.extracts


def test_its_children_are_on_the_list(
    own: Path, extracts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--extracts", str(extracts), "--as-at", AS_AT, "--workspace", str(tmp_path), "--plain"]
    assert main(["night", *arguments, "--contracts", str(own)]) == 0
    published = tmp_path / "published" / AS_AT
    listed = pl.read_parquet(published / "candidates.parquet")
    found = listed.filter(pl.col("records").str.contains("library_cards:"))
    assert sorted(found["records"]) == ["library_cards:L1", "library_cards:L2"]
    assert sorted(found["surname"]) == ["Trembath", "Vellacott"]
    assert {source.casefold() for source in found["last_seen_by"].drop_nulls()} == {"library cards"}
    record = json.loads((published / "run.json").read_text(encoding="utf-8"))
    assert record["own_contracts"] == {"library_cards": "1.0.0"}
    capsys.readouterr()
    assert main(["explain", "library_cards:L1", "--workspace", str(tmp_path), "--contracts", str(own)]) == 0
    assert "library_cards:L1 (Library cards)" in capsys.readouterr().out


def test_without_the_contract_the_file_is_told_as_unknown(
    own: Path, extracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(extracts / "library_cards.csv")]) == 1
    assert "unknown source" in capsys.readouterr().out
    assert main(["check", str(extracts / "library_cards.csv"), "--contracts", str(own)]) == 0


def test_where_both_have_one_of_the_same_id_the_authoritys_own_counts(tmp_path: Path) -> None:
    shipped = (CONTRACT_FOLDER / "referrals.yaml").read_text(encoding="utf-8")
    (tmp_path / "referrals.yaml").write_text(shipped.replace("version: 1.0.0", "version: 1.0.1-ours"), encoding="utf-8")
    contracts = read_contracts(own=tmp_path)
    assert list(contracts) == list(read_contracts())
    assert own_contracts(contracts, tmp_path) == {"referrals": "1.0.1-ours"}
    assert own_contracts(read_contracts(), None) == {}


def test_an_authority_may_take_a_source_out(tmp_path: Path) -> None:
    shutil.copy(CONTRACT_FOLDER / "police.yaml", tmp_path)
    path = tmp_path / "police.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("status: active", "status: retired"), encoding="utf-8")
    assert set(read_contracts()) - set(read_contracts(own=tmp_path)) == {"police"}


def test_a_folder_of_contracts_that_is_not_there_is_named() -> None:
    with pytest.raises(ContractError, match=r"no/such: there is no such folder of contracts"):
        read_contracts(own=Path("no/such"))
