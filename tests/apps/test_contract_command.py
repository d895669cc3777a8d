"""``rollcall contract``: drafts a contract from a sample, and lints contracts by file and line."""

from pathlib import Path

import pytest

from apps.cli.main import main
from data_contracts.contract import CONTRACT_FOLDER, read_contract, read_contracts
from tests.made.library_cards import HEADERS, OKAFOR, SMITH, as_xlsx, workbook

TEMPLATE = CONTRACT_FOLDER.parent / "docs" / "contract_template.yaml"
SAMPLE = (
    "CardNo;Surname;First Name;Born;Post Code;Card Status;LastUsed;Remark\n"
    "L1;Quillfeather;Zebedee;13/02/2015;ZA9 9ZQ;Open;02/11/2026;shy\n"
    "L2;Okafor;Chidi;31/12/2012;ZA2 2BB;Closed;28/10/2026;\n"
)


def test_a_draft_is_a_contract_to_be_finished_and_holds_no_child(tmp_path: Path) -> None:
    sample = tmp_path / "cards.csv"
    sample.write_text(SAMPLE, encoding="utf-8")
    assert main(["contract", "new", "library_cards", "--from", str(sample), "--to", str(tmp_path)]) == 0
    drafted = read_contract(tmp_path / "library_cards.yaml")
    mapped = {column.header: column.maps_to for column in drafted.columns if column.maps_to}
    assert mapped == {
        "Surname": "surname",
        "First Name": "forename",
        "Born": "date_of_birth",
        "Post Code": "postcode",
    }
    assert (drafted.status, drafted.key.header) == ("draft", "CardNo")
    assert drafted.column_named["born"].options.format == "dd/MM/yyyy"
    assert drafted.column_named["card_status"].codes == {"Closed": "Closed", "Open": "Open"}
    assert [statement.on for statement in drafted.says if statement.kind != "protected"] == [("last_used",)]
    text = (tmp_path / "library_cards.yaml").read_text(encoding="utf-8")
    assert "Please decide" in text
    assert not any(value in text for value in ("Quillfeather", "Zebedee", "ZA9", "shy", "13/02/2015"))
    assert main(["contract", "check", str(tmp_path)]) == 0


def test_a_draft_knows_what_the_contracts_shipped_know_alike(tmp_path: Path) -> None:
    """Next time the club may write "Forename", and the day as 2015-02-13: the names and birth dates must not be lost."""
    sample = tmp_path / "club.csv"
    sample.write_text(
        "No,First Name,Last,Surname,Born,Came\n1,Chidi,x,Okafor,13/02/2015,02/11/2026\n", encoding="utf-8"
    )
    assert main(["contract", "new", "club", "--from", str(sample), "--to", str(tmp_path)]) == 0
    drafted, health = read_contract(tmp_path / "club.yaml").column_named, read_contracts()["health"].column_named
    assert {"Forename", "Given Name"} <= set(drafted["first_name"].headers)
    assert "Last" not in drafted["surname"].headers
    assert drafted["born"].not_a_value == health["date_of_birth"].not_a_value
    assert set(drafted["born"].dates_written) == set(health["date_of_birth"].dates_written)
    assert set(drafted["came"].dates_written) == set(health["last_contact"].dates_written)


def test_where_the_month_comes_first_no_other_form_of_a_day_is_known(tmp_path: Path) -> None:
    sample = tmp_path / "club.csv"
    sample.write_text("No,Name,Born\n1,Ann Lee,02/13/2015\n2,Ben Lee,05/30/2014\n", encoding="utf-8")
    assert main(["contract", "new", "club", "--from", str(sample), "--to", str(tmp_path)]) == 0
    assert read_contract(tmp_path / "club.yaml").column_named["born"].dates_written == ("MM/dd/yyyy",)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        pytest.param("cards.csv", b"", "not even have a header line", id="an empty file"),
        pytest.param("cards.csv", b"\n \n", "not even have a header line", id="blank lines"),
        pytest.param("cards.xlsx", b"no workbook", "cannot be read as one", id="text called a workbook"),
        pytest.param("cards.xlsx", workbook(lambda _: None), "not even have a header line", id="an empty sheet"),
        pytest.param("cards.csv", b"CardNo,Surname\n", "no rows", id="a header alone"),
        pytest.param("cards.pdf", b"%PDF", "drafted from a CSV or a workbook", id="another kind of file"),
    ],
)
def test_a_sample_that_nothing_can_be_drafted_from_says_so(
    name: str, data: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(data)
    assert main(["contract", "new", "library_cards", "--from", str(tmp_path / name), "--to", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "library_cards.yaml").exists()


def test_a_workbook_is_drafted_from_its_first_row_with_any_text(tmp_path: Path) -> None:
    (tmp_path / "cards.xlsx").write_bytes(as_xlsx(SMITH, OKAFOR))
    assert main(["contract", "new", "cards", "--from", str(tmp_path / "cards.xlsx"), "--to", str(tmp_path)]) == 0
    *drafted, mark = (column.header for column in read_contract(tmp_path / "cards.yaml").columns)
    assert (drafted, mark) == (list(HEADERS), "AddressProtected")


def test_the_template_and_the_shipped_contracts_pass() -> None:
    assert main(["contract", "check", str(TEMPLATE)]) == 0
    assert main(["contract", "check"]) == 0


def test_a_fault_is_named_by_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEMPLATE.read_text(encoding="utf-8").replace("version: 1.0.0", "versoin: 1.0.0")
    (tmp_path / "contract_template.yaml").write_text(text, encoding="utf-8")
    assert main(["contract", "check", str(tmp_path)]) == 1
    line = text[: text.index("versoin")].count("\n") + 1
    assert f"contract_template.yaml, line {line}: versoin: unknown key. Did you mean version" in capsys.readouterr().err


def test_of_a_source_that_has_a_contract_that_is_copied_and_what_the_sample_has_otherwise_is_named(
    tmp_path: Path,
) -> None:
    sample = tmp_path / "help.csv"
    headers = "RecordId,Surname,Forename,DateOfBirth,Address,Postcode,Kind of help,Opened,Closed,AddressProtected"
    sample.write_text(f"{headers}\nS1,Quillfeather,Zebedee,13/02/2015,,ZA9 9ZQ,CIN,01/01/2026,,N\n", encoding="utf-8")
    assert main(["contract", "new", "social_care", "--from", str(sample), "--to", str(tmp_path)]) == 0
    text = (tmp_path / "social_care.yaml").read_text(encoding="utf-8")
    assert text.endswith((CONTRACT_FOLDER / "social_care.yaml").read_text(encoding="utf-8"))
    head = text.split("apiVersion")[0]
    assert "Put each under alsoCalled: Kind of help\n" in head
    assert "no column of these names: Status\n" in head
    assert "Quillfeather" not in text
