"""Two lists on one sheet: pupils on roll, and below them those who have left, under a heading or a header of their own.

Read as one list, those who have left count as pupils, and a child who is missing is taken to be at school.
"""

import csv
import io

import pytest
from xlsxwriter import Workbook

from data_contracts.contract import read_contracts
from pipelines.files.read import read_bytes
from pipelines.files.rows import FileRows, KnownLines

CONTRACTS = read_contracts()
HEADER = ("UPN", "Surname", "Forename", "DOB", "Sex", "Address", "Postcode", "Date of Leaving")
ISLA = ("", "Merrick", "Isla", "24/03/2015", "F", "7 Lantern Row", "ZA1 2BD", "")
DEV = ("", "Shah", "Dev", "02/05/2014", "M", "1 High Street", "ZA1 2BE", "")
CY = ("", "Bell", "Cy", "30/11/2016", "M", "2 High Street", "ZA1 2BE", "17/07/2026")
Row = tuple[str, ...]


def as_csv(rows: list[Row], *, is_padded: bool = True) -> bytes:
    text = io.StringIO()
    width = len(HEADER)
    csv.writer(text).writerows((*row, *[""] * (width - len(row))) if is_padded else row for row in rows)
    return text.getvalue().encode()


def as_xlsx(rows: list[Row]) -> bytes:
    kept = io.BytesIO()
    with Workbook(kept) as book:
        page = book.add_worksheet()
        for line, row in enumerate(rows):
            page.write_row(line, 0, row)
    return kept.getvalue()


def read(rows: list[Row], form: str = "csv", known: KnownLines | None = None) -> FileRows:
    data = as_xlsx(rows) if form == "xlsx" else as_csv(rows, is_padded=form == "csv")
    name = f"school_census Oakfield.{'xlsx' if form == 'xlsx' else 'csv'}"
    return read_bytes(name, data, CONTRACTS["school_census"], known)


def who(found: FileRows) -> list[tuple[str, str, str]]:
    return found.rows.select("surname", "enrol_status", "leaving_date").rows()


@pytest.mark.parametrize("form", ["csv", "lines of one field", "xlsx"])
@pytest.mark.parametrize("heading", ["Leavers", "LEAVERS SINCE SEPTEMBER 2025", "Pupils who have left", "Wedi gadael"])
def test_rows_under_a_heading_of_leavers_have_left(form: str, heading: str) -> None:
    found = read([HEADER, ISLA, (heading,), DEV, CY], form)
    assert who(found) == [("Merrick", "", ""), ("Shah", "Left", ""), ("Bell", "Left", "17/07/2026")]
    assert [breach.line for breach in found.breaches if breach.rule == "named as ended"] == [3]


def test_so_have_they_under_a_header_that_is_repeated_or_a_year_group() -> None:
    found = read([HEADER, ISLA, ("Leavers",), HEADER, DEV, ("Year 8 - 8A",), CY])
    assert [status for _, status, _ in who(found)] == ["", "Left", "Left"]


def test_a_heading_of_those_on_roll_ends_that_of_the_leavers() -> None:
    found = read([HEADER, ("Leavers 2025/26",), DEV, ("Pupils on roll",), ISLA])
    assert [status for _, status, _ in who(found)] == ["Left", ""]


@pytest.mark.parametrize(
    "note", ["NB: a leaver is to be checked", "Leavers are in the other file", "All leavers and joiners"]
)
def test_a_note_about_leavers_is_no_heading_of_them(note: str) -> None:
    assert [status for _, status, _ in who(read([HEADER, ISLA, (note,), DEV]))] == ["", ""]


def test_a_child_who_moves_below_the_heading_has_left_though_the_line_is_known() -> None:
    before = read([HEADER, ISLA, DEV], known=KnownLines("us"))
    known = KnownLines("us", before.lines["line_hash"])
    tonight = read([HEADER, ISLA, ("Leavers",), DEV], known=known)
    assert tonight.known.is_empty()
    assert [status for _, status, _ in who(tonight)] == ["", "Left"]
    assert tonight.lines.is_empty()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_with_a_header_of_its_own_is_read_by_that(form: str) -> None:
    places = (7, 1, 2, 3, 4, 5, 6, 0)
    other = [tuple(row[at] for at in places) for row in (HEADER, CY)]
    found = read([("CURRENT PUPILS",), HEADER, ISLA, (), ("LEAVERS",), *other], form)
    assert who(found) == [("Merrick", "", ""), ("Bell", "Left", "17/07/2026")]
    assert not found.is_refused
    assert [breach.line for breach in found.breaches if breach.rule == "second list"] == [6]


def test_a_list_that_lacks_what_the_source_needs_refuses_the_file() -> None:
    left = ("UPN", "Surname", "Forename", "Destination", "Sex", "Postcode")
    zeb = ("", "Quill", "Zeb", "Gone to Leeds", "M", "ZA1 2BE")
    found = read([HEADER, ISLA, (), ("Leavers",), left, zeb], "xlsx")
    (breach,) = (breach for breach in found.breaches if breach.rule == "second list")
    assert (breach.stops, breach.line) == ("file", 5)
    assert "BirthDate" in breach.why
    assert not any(value in f"{breach}" for value in ("Quill", "Zeb", "Leeds"))


def test_those_who_have_left_need_no_home() -> None:
    left = ("UPN", "Surname", "Forename", "DOB", "Sex", "Left on", "Destination")
    zeb = ("", "Quill", "Zeb", "13/02/2015", "M", "01/05/2026", "n/k")
    found = read([HEADER, ISLA, (), ("Leavers",), left, zeb], "xlsx")
    assert not found.is_refused
    assert who(found)[1] == ("Quill", "Left", "01/05/2026")
    assert found.rows["postcode"].to_list() == ["ZA1 2BD", ""]


NOT_BEGUN = ["Pre-admission", "Waiting list Y7", "APPLICANTS SEPT 2027", "Future pupils"]


@pytest.mark.parametrize("name", NOT_BEGUN)
def test_who_only_waits_for_a_place_is_no_pupil(name: str) -> None:
    assert [status for _, status, _ in who(read([HEADER, ISLA, (name,), DEV]))] == ["", "Applicant"]
    roll = CONTRACTS["school_census"]
    named = read_bytes(f"school_census Oakfield {name}.csv", as_csv([HEADER, ISLA]), roll)
    assert named.rows["enrol_status"].to_list() == ["Applicant"]
    assert [breach.stops for breach in named.breaches if breach.rule == "named as not begun"] == ["nothing"]


NO_ENDS = HEADER[:-1]


@pytest.mark.parametrize("form", ["csv", "lines of one field", "xlsx"])
@pytest.mark.parametrize(
    ("title", "header", "status"),
    [
        pytest.param("Report: Leavers 01/09/2025 to 19/11/2026", NO_ENDS, "Left", id="leavers"),
        pytest.param("Report: Pre-admission pupils", NO_ENDS, "Applicant", id="who will come"),
        pytest.param("Report: Leavers 01/09/2025 to 19/11/2026", HEADER, "", id="the list gives the days"),
        pytest.param("Report: Pupils on roll", NO_ENDS, "", id="pupils"),
        pytest.param("Include leavers: No", NO_ENDS, "", id="what the report was asked for"),
    ],
)
def test_a_title_says_of_a_list_without_ends_what_is_in_it(form: str, title: str, header: Row, status: str) -> None:
    found = read([("Oakfield Primary",), (title,), header, ISLA], form)
    assert [said for _, said, _ in who(found)] == [status]
    assert any(breach.rule.startswith("named as") for breach in found.breaches) == bool(status)


def test_a_list_of_places_without_a_word_for_those_who_wait_is_refused() -> None:
    header = ("Surname", "Forename", "DOB", "Address", "Postcode", "Provider", "Start Date", "End Date")
    isla = (*ISLA[1:4], *ISLA[5:7], "York Centre", "10/01/2026", "")
    places = CONTRACTS["alternative_provision"]
    for found in (
        read_bytes("alternative_provision waiting list.csv", as_csv([header, isla]), places),
        read_bytes("alternative_provision.csv", as_csv([header, isla, ("Waiting list",), isla]), places),
    ):
        (breach,) = (breach for breach in found.breaches if breach.rule == "named as not begun")
        assert breach.stops == "file"


def test_a_register_of_home_education_may_have_the_closed_below_the_open() -> None:
    header = ("Surname", "Forename", "DOB", "Address", "Postcode", "Date Notified", "Date Closed")
    isla = (*ISLA[1:4], *ISLA[5:7], "10/01/2026", "")
    found = read_bytes("ehe_register.xlsx", as_xlsx([header, isla, ("Closed cases",), isla]), CONTRACTS["ehe_register"])
    assert found.rows["status"].to_list() == ["", "Left"]
