"""What a cell says under its contract."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.empty_cells import EXPORTED_EMPTY, NO_DAY
from data_contracts.parts import Column
from data_contracts.values import (
    FEW_CELLS,
    as_codes,
    as_days,
    is_empty,
    is_known_code,
    is_no_date,
    parse_dates,
    text_of,
)


def column(**said: object) -> Column:
    return Column.model_validate(
        {"name": "cell", "physicalName": "Cell", "classification": "personal", "description": "A cell."} | said
    )


DAY = column(
    logicalType="date",
    logicalTypeOptions={"format": "dd/MM/yyyy"},
    alsoWritten=["yyyy-MM-dd", "yyyyMMdd", "dd MMM yyyy"],
    badTypeWhy="It must be a day.",
    notAValue=["31-Dec-99"],
)


def said(cell: str | None, expression: pl.Expr) -> object:
    return pl.DataFrame({"cell": [cell]}, schema={"cell": pl.String}).select(expression).item()


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("03/02/2015", date(2015, 2, 3)),
        ("3/2/2015", date(2015, 2, 3)),
        (" 03/02/2015 ", date(2015, 2, 3)),
        ("2015-02-03", date(2015, 2, 3)),
        ("20150203", date(2015, 2, 3)),
        ("03 Feb 2015", date(2015, 2, 3)),
        ("3 FEB 2015", date(2015, 2, 3)),
        ("2015-02-03T00:00:00", date(2015, 2, 3)),
        ("2015-02-03 00:00:00.000", date(2015, 2, 3)),
        ("2015-02-03T23:30:00+01:00", date(2015, 2, 3)),
        ("2015-05-13T23:00:00Z", date(2015, 5, 14)),  # midnight of summer time
        ("2015-05-13 23:00:00.000+00:00", date(2015, 5, 14)),
        ("2015-05-13T23:00:00", date(2015, 5, 13)),  # in no time zone
        ("2015-05-13T23:59:59Z", date(2015, 5, 13)),  # the end of a day
        ("2015-08-31T23:00Z", date(2015, 9, 1)),  # a school year apart
        ("2015-02-03T23:00:00Z", date(2015, 2, 3)),  # in winter both are one
        ("2015-03-28T23:00:00Z", date(2015, 3, 28)),  # the night before the clocks go forward, and that after
        ("2015-03-29T23:00:00Z", date(2015, 3, 30)),
        ("2015-10-24T23:00:00Z", date(2015, 10, 25)),  # and back
        ("2015-10-25T23:00:00Z", date(2015, 10, 25)),
        ("03/02/2015 00:00", date(2015, 2, 3)),
        ("29/02/2016", date(2016, 2, 29)),
        ("29/02/2015", None),
        ("31/02/2015", None),
        ("02/31/2015", None),
        ("03/02/15", None),
        ("0015-02-03", None),
        ("1900", None),
        ("2015", None),
        ("2015023", None),
        ("42038", None),
        ("03/02/2015 or so", None),
        ("٠٣/٠٢/٢٠١٥", None),
        ("'03/02/2015", date(2015, 2, 3)),  # text, as a spreadsheet marks it
        ("n/a", None),
        ("31/12/9999", None),
        ("'31/12/9999", None),
        ("'", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_read_strictly(cell: str | None, day: date | None) -> None:
    assert said(cell, parse_dates(DAY)) == day


@pytest.mark.parametrize(
    ("cell", "written", "day"),
    [
        ("3 February 2015", "dd MMMM yyyy", date(2015, 2, 3)),
        ("3 Feb 2015", "dd MMMM yyyy", date(2015, 2, 3)),
        ("3 Febr 2015", "dd MMMM yyyy", None),
        ("03-SEP-15", "dd-MMM-yy", date(2015, 9, 3)),
        ("31-Dec-85", "dd-MMM-yy", date(1985, 12, 31)),
        ("29-Feb-56", "dd-MMM-yy", date(1956, 2, 29)),
        ("31-Dec-40", "dd-MMM-yy", date(1940, 12, 31)),
        ("31-Dec-39", "dd-MMM-yy", date(2039, 12, 31)),
        ("2015/03/24", "yyyy/MM/dd", date(2015, 3, 24)),
        ("2015", "yyyy", date(2015, 1, 1)),
        ("15", "yyyy", None),
        ("2015-03", "yyyy", None),
        ("03/02/15", "dd/MM/yy", date(2015, 2, 3)),
        ("03/02/2015", "dd/MM/yy", None),
        ("42038.5", "excel", date(2015, 2, 3)),
        ("44197", "excel", date(2021, 1, 1)),
        ("4419", "excel", None),
        ("1.0E+4", "excel", None),
    ],
)
def test_each_form_of_a_day_reads_what_is_written_in_it(cell: str, written: str, day: date | None) -> None:
    assert said(cell, as_days(pl.col("cell"), [written])) == day


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)), st.sampled_from(DAY.date_formats))
def test_every_day_is_read_in_every_format_of_the_contract(day: date, strptime: str) -> None:
    assert said(day.strftime(strptime), parse_dates(DAY)) == day


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_day_or_nothing(text: str) -> None:
    day = said(text, parse_dates(DAY))
    assert day is None or (isinstance(day, date) and str(day.year) in text)


WRITTEN = ("dd/MM/yyyy", "yyyy-MM-dd", "yyyyMMdd", "dd MMMM yyyy", "dd-MMM-yy", "yyyy", "excel")
CELL = st.one_of(
    st.none(),
    st.builds(
        lambda day, form, time: day.strftime(form) + time,
        st.dates(date(1930, 1, 1), date(2060, 12, 31)),
        st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%d %b %Y", "%d-%b-%y", "%Y", "%Y-02-31"]),
        st.sampled_from(["", "", " 09:30", "T23:00:00Z", " or so"]),
    ),
    st.sampled_from(["", "42038", "42038.5", "n/a", "20,150,203"]),
)


@settings(deadline=None, max_examples=30)
@given(st.lists(CELL, max_size=12), st.lists(st.sampled_from(WRITTEN), unique=True, min_size=1))
def test_cells_together_are_read_as_each_by_the_first_form_that_reads_it(
    cells: list[str | None], written: list[str]
) -> None:
    few = pl.DataFrame({"cell": cells}, schema={"cell": pl.String})
    many = pl.concat([few] * (FEW_CELLS + 1))
    read, read_too = (frame.select(as_days(pl.col("cell"), written)).to_series() for frame in (few, many))
    apart = [[said(cell, as_days(pl.col("cell"), [form])) for form in written] for cell in cells]
    assert read.to_list() == [next((day for day in days if day is not None), None) for days in apart]
    assert read_too.head(len(cells)).to_list() == read.to_list()


NAME = column(mapsTo="surname")


@pytest.mark.parametrize("cell", EXPORTED_EMPTY)
def test_what_an_export_writes_for_nothing_is_nothing_but_where_a_child_may_be_called_so(cell: str) -> None:
    assert said(f" {cell} ", is_empty(column())) is True
    assert said(cell, is_empty(DAY)) is True
    assert said(cell, as_codes(MARK)) == "N"
    assert said(cell, text_of(NAME)) == cell


@pytest.mark.parametrize("mask", ["/  /", "__/__/____", "--", "."])
def test_a_mask_that_nobody_filled_in_is_no_day_and_breaks_no_rule_of_one(mask: str) -> None:
    assert said(mask, is_empty(DAY)) is True
    assert said(mask, is_empty(column())) is False


@pytest.mark.parametrize("cell", ["########", "##########", " ### "])
def test_a_day_in_a_column_too_narrow_to_show_it_is_no_empty_cell(cell: str) -> None:
    """Excel saves so what it shows. Read as empty, an end would make a pupil who has left one who is there."""
    assert said(cell, is_empty(DAY)) is False
    assert said(cell, is_no_date(DAY)) is True


PASTED = [
    *("\u200b14/03/2015", "14/03/\u200b2015", "14/03/2015\ufeff", "\u202a14/03/2015\u202c"),
    *("14\u201003\u20102015", "14\u221203\u22122015"),
]


@pytest.mark.parametrize("cell", PASTED)
def test_a_day_pasted_from_a_web_page_is_the_day_that_people_see(cell: str) -> None:
    assert said(cell, parse_dates(DAY)) == date(2015, 3, 14)


def test_a_code_pasted_from_a_web_page_is_the_code_that_people_see() -> None:
    assert said("\u200bY\u200b", as_codes(MARK)) == "Y"
    assert said("\u200b", as_codes(MARK)) == "N"


LAST_MOMENTS = [
    "9999-12-31 00:00:00.000",
    "9999-12-31T23:59:59.9999999",
    "31/12/9999 00:00",
    "31-DEC-9999 23:59:59",
]
"""As databases write the end of what still holds."""


@pytest.mark.parametrize("cell", [*NO_DAY, "Current", "31-DEC-9999", "31-Dec-99", *LAST_MOMENTS])
def test_what_is_no_day_is_none_in_every_date_and_in_no_other_column(cell: str) -> None:
    assert said(f" {cell} ", is_empty(DAY)) is True
    assert said(cell, is_empty(column())) is False


STATUS = column(codes={"C": "C", "Single": "C", "G": "G", "U": ""}, unknownCode="Unknown", notAValue=["-"])
MARK = column(codes={"Y": "Y", "N": "N", "": "N"}, unknownCode="Y")
WORDS = column(codes={"Non-dependant": "Grown-up", "10": "Ten"})
SEX = column(codes={"F": "F", "1": "M"})


@pytest.mark.parametrize(
    ("codes", "cell", "meaning"),
    [
        pytest.param(STATUS, "C", "C", id="a code"),
        pytest.param(STATUS, " single ", "C", id="case and spaces are ignored"),
        pytest.param(WORDS, "non dependant", "Grown-up", id="a space for a hyphen"),
        pytest.param(WORDS, "NON_DEPENDANT", "Grown-up", id="an underscore for a hyphen"),
        pytest.param(WORDS, "NonDependant", "Grown-up", id="nothing for a hyphen"),
        pytest.param(WORDS, "10", "Ten", id="two digits"),
        pytest.param(WORDS, "1.0", None, id="digits stay apart"),
        pytest.param(STATUS, "Z", "Unknown", id="an unknown code"),
        pytest.param(STATUS, "U", None, id="a code that says nothing"),
        pytest.param(STATUS, "-", None, id="a placeholder"),
        pytest.param(STATUS, "'C", "C", id="a code marked as text"),
        pytest.param(column(mapsTo="postcode"), "'ZA1 1AA", "ZA1 1AA", id="a postcode marked as text"),
        pytest.param(NAME, "'t Hooft", "'t Hooft", id="a name that begins so"),
        pytest.param(STATUS, "", None, id="an empty cell"),
        pytest.param(SEX, "1", "M", id="a digit"),
        pytest.param(SEX, "Q", None, id="an unknown code of a column without unknownCode"),
        pytest.param(MARK, None, "N", id="an empty cell that means something"),
        pytest.param(MARK, "  ", "N", id="a blank cell that means something"),
        pytest.param(MARK, "perhaps", "Y", id="an unknown mark protects"),
        pytest.param(column(), " As it is ", "As it is", id="a column without codes"),
    ],
)
def test_a_code_means_what_the_contract_says(codes: Column, cell: str | None, meaning: str | None) -> None:
    assert said(cell, as_codes(codes)) == meaning


@pytest.mark.parametrize(("cell", "known"), [("c", True), ("U", True), ("Z", False), ("", None), ("-", None)])
def test_an_unknown_code_is_told_from_an_empty_cell(cell: str, known: bool | None) -> None:
    assert said(cell, is_known_code(STATUS)) is known


@pytest.mark.parametrize(("cell", "empty"), [("", True), ("  ", True), (None, True), ("N/A", True), ("x", False)])
def test_empty_is_never_null(cell: str | None, empty: bool) -> None:
    assert said(cell, is_empty(DAY)) is empty
    assert (said(cell, text_of(DAY)) is None) is empty
