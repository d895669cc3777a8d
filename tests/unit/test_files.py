"""How good files of every form become numbered rows of text."""

import io
from datetime import datetime
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from data_contracts.contract import Contract
from pipelines.files.read import read_bytes, rows_as_json
from pipelines.files.rows import BAD_LINE, FileRows
from pipelines.listing.masking import masked_keys
from tests.made.library_cards import (
    GOOD,
    HEADERS,
    OKAFOR,
    QUILLFEATHER,
    SMITH,
    as_csv,
    as_xlsx,
    as_xml,
    cards,
    library_contract,
    workbook,
)

ROWS = (SMITH, QUILLFEATHER, OKAFOR)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return library_contract()


def read(data: bytes | str, contract: Contract, ending: str = "csv") -> FileRows:
    """Read a file that has nothing wrong with it."""
    found = read_bytes(f"cards.{ending}", data if isinstance(data, bytes) else data.encode(), contract)
    assert found.breaches == ()
    assert found.rows_read == found.rows.height
    return found


ACCENTED = (*SMITH[:2], "Siân", *SMITH[3:])

SAME_ROWS = [
    pytest.param(GOOD.encode(), id="UTF-8"),
    pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="UTF-8 with a byte-order mark"),
    pytest.param(GOOD.encode("utf-16"), id="UTF-16 with its mark"),
    pytest.param(GOOD.encode("utf-16-le"), id="UTF-16 little-endian without a mark"),
    pytest.param(GOOD.encode("utf-16-be"), id="UTF-16 big-endian without a mark"),
    pytest.param(GOOD.encode("utf-32"), id="UTF-32 with its mark"),
    pytest.param(GOOD.replace("\n", "\r\n").encode(), id="Windows line ends"),
    pytest.param(GOOD.replace("\n", "\r").encode(), id="old Macintosh line ends"),
    pytest.param(GOOD.rstrip("\n").encode(), id="no line end at the end"),
    pytest.param((GOOD + "\n\r\n,,,,,,,\n   \n").encode(), id="blank lines at the end"),
    pytest.param(as_csv(*ROWS, delimiter=";").encode(), id="semicolons"),
    pytest.param(as_csv(*ROWS, delimiter="\t").encode(), id="tabs"),
    pytest.param(as_csv(*ROWS, delimiter="|").encode(), id="bars"),
    pytest.param(as_csv(*ROWS, headers=[h.upper() for h in HEADERS]).encode(), id="headers in capitals"),
    pytest.param(as_csv(*ROWS, headers=[f" {h} " for h in HEADERS]).encode(), id="headers with spaces around"),
    pytest.param(as_csv(*ROWS, headers=["Card No", "FAMILY NAME", *HEADERS[2:]]).encode(), id="headers by alias"),
]


@pytest.mark.parametrize("data", SAME_ROWS)
def test_the_same_cards_however_they_are_written(data: bytes, contract: Contract) -> None:
    found = read(data, contract)
    assert cards(found) == list(ROWS)
    assert found.rows.get_column("line").to_list() == [2, 3, 4]


def test_every_value_may_be_quoted(contract: Contract) -> None:
    quoted = "".join(",".join('"' + value.replace('"', '""') + '"' for value in row) + "\n" for row in (HEADERS, *ROWS))
    assert cards(read(quoted, contract)) == list(ROWS)


def test_columns_may_stand_in_any_order_and_an_optional_one_be_absent(contract: Contract) -> None:
    backwards = [[*reversed(row[:7])] for row in (HEADERS, *ROWS)]
    found = read(as_csv(*backwards[1:], headers=backwards[0]), contract)
    assert found.rows.get_column("card_no").to_list() == [row[0] for row in ROWS]
    assert found.rows.get_column("last_loan_on").to_list() == ["", "", ""]
    assert "last_loan_on" not in found.headers
    assert found.rows.columns == ["line", *contract.column_named]


def test_headers_are_told_as_the_file_has_them(contract: Contract) -> None:
    found = read(as_csv(*ROWS, headers=["CARDNO ", "Family name", *HEADERS[2:]]), contract)
    assert (found.headers["card_no"], found.headers["surname"]) == ("CARDNO", "Family name")


def test_text_is_unchanged(contract: Contract) -> None:
    odd = ("LC1 ", " O’Neill\u200b", "Łukasz", "01/01/2015", " F", "  a\tb ", "", "")
    assert cards(read(as_csv(odd), contract)) == [odd]


def test_leading_zeros_and_signs_stay(contract: Contract) -> None:
    row = ("000123", "True", "null", "NaN", "-1", "1.2E+10", "=1+1", "")
    assert cards(read(as_csv(row), contract)) == [row]


def test_a_row_of_several_lines_is_numbered_by_its_first(contract: Contract) -> None:
    row = (*SMITH[:5], "1 High Street\nZedborough\r\nflat 2", *SMITH[6:])
    found = read("\n" + as_csv(row, QUILLFEATHER), contract)
    assert found.rows.get_column("line").to_list() == [3, 6]
    assert cards(found) == [row, QUILLFEATHER]


def test_a_quote_inside_a_bare_value_belongs_to_it(contract: Contract) -> None:
    found = read(GOOD.replace("1 High Street", '1 High Street 12" up'), contract)
    assert cards(found)[0][5] == '1 High Street 12" up'


def test_the_separator_that_excel_announces_is_taken(contract: Contract) -> None:
    found = read("sep=;\n" + as_csv(*ROWS, delimiter=";"), contract)
    assert cards(found) == list(ROWS)
    assert found.rows.get_column("line").to_list() == [3, 4, 5]


def test_windows_1252_is_read_where_the_contract_takes_it(contract: Contract) -> None:
    assert cards(read(as_csv(ACCENTED).encode("cp1252"), contract)) == [ACCENTED]


@pytest.mark.parametrize("garbled", [1, 3, 5])
def test_a_list_is_read_whole_where_some_of_its_names_were_garbled_long_before(
    contract: Contract, garbled: int
) -> None:
    """An old system keeps few accents, so that five names garbled on their way into it may be more than half of all."""
    long_ago = ["JosÃ©" if row < garbled else "Siân" for row in range(8)]
    rows = [(f"LC00002{row}", "Smith", name, *SMITH[3:]) for row, name in enumerate(long_ago)]
    assert cards(read(as_csv(*rows).encode("cp1252"), contract)) == rows


def test_a_utf8_file_is_read_line_by_line_where_some_of_its_lines_are_in_another_encoding(contract: Contract) -> None:
    rows = [(f"LC00002{row}", "Smith", "Siân", *SMITH[3:]) for row in range(8)]
    mixed = as_csv(*rows).encode() + b"LC000030,Smith,Si\xe2n,,,,,\n"
    found = read_bytes("cards.csv", mixed, contract)
    assert found.rows["forename"].to_list() == ["Siân"] * 9
    assert [(b.rule, b.stops, b.line) for b in found.breaches] == [("encoding", "nothing", 10)]


def test_utf8_is_read_as_utf8_even_where_the_contract_says_otherwise() -> None:
    found = read_bytes("cards.csv", as_csv(ACCENTED).encode(), library_contract(encodings=["windows-1252"]))
    assert cards(found) == [ACCENTED]
    assert [(b.rule, b.stops) for b in found.breaches] == [("encoding", "nothing")]


def test_bad_rows_are_kept_whole_beside_the_good_ones(contract: Contract) -> None:
    found = read_bytes("cards.csv", (GOOD + "LC9,Short\n").encode(), contract)
    assert (found.rows_read, found.rows.height) == (4, 3)
    assert found.bad_lines.schema == BAD_LINE
    assert found.bad_lines.rows() == [(5, '{"CardNo": "LC9", "Surname": "Short"}', "ragged row")]


def test_a_file_of_which_no_row_fits_is_refused(contract: Contract) -> None:
    found = read_bytes("cards.csv", (",".join(HEADERS) + "\nLC9,Short\nLC10,Shorter\n").encode(), contract)
    assert found.is_refused
    assert (found.rows_read, found.bad_lines.height) == (2, 2)


def test_the_xml_and_the_csv_of_one_library_say_the_same(contract: Contract) -> None:
    from_csv, from_xml = read(GOOD, contract), read(as_xml(*ROWS), contract, "xml")
    assert from_csv.rows.drop("line", "card_no", "branch").equals(from_xml.rows.drop("line", "card_no", "branch"))
    assert from_xml.rows.get_column("line").to_list() == [4, 5, 6]
    assert from_xml.rows.get_column("branch").unique().to_list() == ["Central"]
    assert from_xml.rows.get_column("card_no").to_list()[0] == "Smith|01/05/2014|Central"


def test_a_key_with_an_empty_part_is_completed_so_that_two_children_stay_two(contract: Contract) -> None:
    nameless = [(*row[:3], "", *row[4:]) for row in ((*SMITH[:2], "Ann", *SMITH[3:]), (*SMITH[:2], "Bea", *SMITH[3:]))]
    keys = read(as_xml(*nameless), contract, "xml").rows.get_column("card_no")
    assert keys.n_unique() == 2
    assert all(key.startswith("Smith||Central|") for key in keys)
    assert (
        keys.to_list() == read(as_xml(*reversed(nameless)), contract, "xml").rows.get_column("card_no").to_list()[::-1]
    )


def test_a_key_made_of_several_columns_has_no_space_in_it(contract: Contract) -> None:
    spaced = (SMITH[0], "Le Smith", *SMITH[2:])
    (key,) = read(as_xml(spaced), contract, "xml").rows.get_column("card_no")
    assert key == "LeSmith|01/05/2014|Central"
    told = pl.select(masked_keys(pl.lit(f"a new record library_cards:{key}, read tonight"))).item()
    assert told == "a new record library_cards:withheld, read tonight"


def test_namespaces_groups_and_several_places_of_rows_are_read(contract: Contract) -> None:
    xml = (
        '<l:Library xmlns:l="urn:x"><l:Header><l:Site><l:BRANCH>North</l:BRANCH></l:Site></l:Header>\n'
        "<l:Cards>\n<l:Card><l:Who><l:Surname>A &amp; B</l:Surname><l:Forename/></l:Who></l:Card></l:Cards>\n"
        "<l:Closed><l:Card><l:Surname>C</l:Surname><l:Surname>C</l:Surname></l:Card></l:Closed></l:Library>"
    )
    rows = read(xml, contract, "xml").rows
    assert rows.select("line", "surname", "forename", "branch").rows() == [
        (3, "A & B", "", "North"),
        (4, "C", "", "North"),
    ]


def test_an_element_in_its_place_outranks_one_of_the_same_name_elsewhere(contract: Contract) -> None:
    contact = "<Contact><Surname>Parent</Surname><Address>Elsewhere</Address></Contact>"
    xml = as_xml(SMITH).replace("</Card>", contact + "<Contact><Address>1 High Street</Address></Contact></Card>")
    assert cards(read(xml, contract, "xml"))[0][1:] == SMITH[1:]


def test_xml_on_one_line_numbers_its_rows_by_their_place(contract: Contract) -> None:
    rows = read(as_xml(*ROWS).replace("\n", ""), contract, "xml").rows
    assert rows.get_column("line").to_list() == [1, 2, 3]


def test_an_element_that_the_contract_does_not_know_is_said(contract: Contract) -> None:
    xml = as_xml(*ROWS).replace("<Sex>", "<Shoes>7</Shoes><Sex>")
    found = read_bytes("cards.xml", xml.encode(), contract)
    assert [(b.rule, b.stops, b.column) for b in found.breaches] == [("extra column", "nothing", "Shoes")]
    assert found.rows.height == 3


def test_many_elements_that_the_contract_does_not_know_are_said_once(contract: Contract) -> None:
    xml = as_xml(*ROWS).replace("<Sex>", "<Shoes>7</Shoes><Hat>2</Hat><Gloves>3</Gloves><Sex>")
    (said,) = read_bytes("cards.xml", xml.encode(), contract).breaches
    assert (said.rule, said.stops, said.column) == ("extra column", "nothing", None)
    assert said.why.startswith("3 elements of a row")


def test_a_workbook_says_the_same_as_the_csv(contract: Contract) -> None:
    assert read(as_xlsx(*ROWS), contract, "xlsx").rows.equals(read(GOOD, contract).rows)


def test_lines_of_a_workbook_are_those_that_excel_shows(contract: Contract) -> None:
    blank = ("",) * len(HEADERS)
    found = read(as_xlsx(SMITH, blank, OKAFOR, skip=3), contract, "xlsx")
    assert found.rows.get_column("line").to_list() == [5, 7]


def test_cells_of_every_kind_become_the_text_they_stand_for(contract: Contract) -> None:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADERS)
        page.write_number(1, 0, 7281235108)
        page.write_formula(1, 1, '="Smi"&"th"', None, "Smith")
        page.write_boolean(1, 2, True)
        page.write_datetime(1, 3, datetime(2015, 2, 13), book.add_format({"num_format": "dd/mm/yyyy"}))
        page.write_number(1, 4, 1.5)
        page.write_formula(1, 5, "=NA()", None, "#N/A")
        page.write_string(1, 6, "007")
    row = cards(read(data.getvalue(), contract, "xlsx"))[0]
    assert row == ("7281235108", "Smith", "true", "2015-02-13", "1.5", "", "007", "")


def test_the_sheet_that_the_contract_names_is_read() -> None:
    assert cards(read(as_xlsx(*ROWS, sheet="Cards"), library_contract(sheet="Cards"), "xlsx")) == list(ROWS)


def test_a_column_of_a_workbook_without_a_header_is_said(contract: Contract) -> None:
    def fill(page: Any) -> None:
        page.write_row(0, 0, HEADERS)
        page.write_row(1, 0, [*SMITH, "note"])

    found = read_bytes("cards.xlsx", workbook(fill), contract)
    assert [(b.rule, b.column) for b in found.breaches] == [("extra column", None)]
    assert cards(found) == [SMITH]


def test_a_contract_that_counts_rows_judges_an_empty_file_itself(contract: Contract) -> None:
    rule = {
        "metric": "rowCount",
        "mustBeGreaterOrEqualTo": 0,
        "businessImpact": "None is none.",
        "customProperties": [{"property": "stops", "value": "nothing"}, {"property": "fix", "value": "Nothing."}],
    }
    table = contract.table.model_copy(update={"quality": (type(contract.columns[0].quality[0]).model_validate(rule),)})
    counting = contract.model_copy(update={"schema_": (table,)})
    assert read(as_csv(), counting).rows_read == 0


def test_rows_are_kept_as_json_under_the_headers_of_their_file() -> None:
    rows = pl.DataFrame({"line": [2], "surname": ["O'Neill"], "note": ['say "hi"'], "absent": [""]})
    kept = rows_as_json(rows, {"surname": "Family name", "note": "Note"})
    assert kept.to_list() == ['{"Family name":"O\'Neill","Note":"say \\"hi\\""}']
    assert rows_as_json(rows, {}).to_list() == ["{}"]
