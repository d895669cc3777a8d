"""The judge itself: lines, headers, order, checks that fail, and no value in anything it says."""

import logging
import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts import rules
from data_contracts.breach import Breach
from data_contracts.check import COULD_NOT_RUN, error_class, judge
from data_contracts.contract import Contract, read_contracts
from data_contracts.marks import marks_of
from data_contracts.rules import IdentifierChecks
from matching.canonical.identifiers import nhs_number_is_valid, upn_is_valid

CONTRACTS = read_contracts()
EHE = CONTRACTS["ehe_register"]
TODAY = date(2026, 11, 20)
IDENTIFIER_CHECKS: IdentifierChecks = {"upn": upn_is_valid, "nhsNumber": nhs_number_is_valid}
CHILD = {
    "record_id": "EH000001",
    "upn": "H823432100123",
    "surname": "Merrick",
    "forename": "Isla",
    "date_of_birth": "24/03/2015",
    "sex": "F",
    "address": "7 Lantern Row",
    "postcode": "ZA1 2BD",
    "notified_on": "10/01/2024",
    "suitability": "Suitable",
}


def table(contract: Contract, *cells: dict[str, str | None], first_line: int = 2) -> pl.DataFrame:
    """Rows of a source; what a row does not name is empty."""
    schema = dict.fromkeys(contract.column_named, pl.String)
    rows = [dict.fromkeys(contract.column_named, "") | row for row in cells]
    return pl.DataFrame(rows, schema=schema).with_columns(line=pl.int_range(first_line, first_line + pl.len()))


def judged(rows: pl.DataFrame, contract: Contract = EHE, **changed: Any) -> list[Breach]:
    headers = changed.pop("headers", {column.name: column.header for column in contract.columns})
    arguments: dict[str, Any] = {"identifier_checks": IDENTIFIER_CHECKS, "today": TODAY} | changed
    return judge(rows, contract, "ehe_register.xlsx", headers, **arguments)


def test_a_breach_names_the_line_of_the_file_and_the_header_as_the_file_has_it() -> None:
    rows = table(EHE, CHILD, CHILD | {"record_id": "EH2", "date_of_birth": "31/02/2015"}, first_line=11)
    headers = {column.name: column.header for column in EHE.columns} | {"date_of_birth": "D.O.B."}
    (breach,) = judged(rows, headers=headers)
    assert (breach.source, breach.file, breach.line, breach.column) == (
        "ehe_register",
        "ehe_register.xlsx",
        12,
        "D.O.B.",
    )
    assert str(breach).startswith("ehe_register.xlsx, line 12, column D.O.B.: date.")
    assert breach.why.endswith(".")
    assert "24/03/2015" in breach.fix


def test_breaches_come_by_line_and_then_in_the_order_of_the_columns() -> None:
    rows = table(
        EHE,
        CHILD | {"postcode": "nowhere", "upn": "H1"},
        CHILD | {"record_id": "", "closed_on": "gone"},
        CHILD | {"record_id": "EH3", "sex": "?"},
    )
    assert [(b.line, b.column) for b in judged(rows)] == [
        (2, "UPN"),
        (2, "Postcode"),
        (3, "RecordId"),
        (3, "ClosedOn"),
        (4, "Sex"),
    ]


def test_no_breach_is_left_out_however_many_there_are() -> None:
    bad = [CHILD | {"record_id": f"EH{number}", "closed_on": "31/02/2026"} for number in range(5_000)]
    found = judged(table(EHE, *bad))
    assert [b.line for b in found] == list(range(2, 5_002))
    assert {(b.rule, b.stops) for b in found} == {("date", "row")}


def test_null_and_spaces_are_empty_like_the_empty_text() -> None:
    rows = table(EHE, CHILD | {"date_of_birth": None}, CHILD | {"record_id": " ", "date_of_birth": "  "})
    assert [(b.line, b.column, b.rule) for b in judged(rows)] == [
        (2, "DateOfBirth", "required"),
        (3, "RecordId", "required"),
        (3, "DateOfBirth", "required"),
    ]


def test_placeholders_break_no_rule() -> None:
    rows = table(EHE, CHILD | {"upn": "un1", "postcode": "ZZ99 3VZ", "closed_on": "31/12/9999", "sex": "n/a"})
    assert judged(rows) == []


def test_a_column_that_may_be_absent_is_not_asked_about_where_the_file_has_none() -> None:
    contract = CONTRACTS["health"]
    row = {"record_id": "H1", "surname": "Merrick", "given_names": "Isla", "date_of_birth": "20150324"}
    headers = {column.name: column.header for column in contract.columns if not column.may_be_absent}
    asked = {c.column for c in rules.source_checks(contract, headers, IDENTIFIER_CHECKS, TODAY)}
    assert "nhs_number" not in asked
    assert judged(table(contract, row), contract, headers=headers) == []


def test_a_key_once_more_after_spaces_is_the_same_key() -> None:
    rows = table(EHE, CHILD, CHILD | {"record_id": " EH000001 ", "forename": "Ida"})
    assert [(b.line, b.rule) for b in judged(rows)] == [(2, "unique key"), (3, "unique key")]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param(
            {"postcode": "za12bd "}, [(3, "unique key")], id="a copy but for case and spaces: the first stays"
        ),
        pytest.param({"postcode": "ZA1 2BE"}, [(2, "unique key"), (3, "unique key")], id="another home contradicts"),
    ],
)
def test_an_entry_typed_twice_does_not_contradict_itself(typed: dict[str, str], told: list[tuple[int, str]]) -> None:
    """Both rows were set aside for the space in a postcode, and a child whom only that list knew was nowhere."""
    home = CHILD | {"postcode": "ZA1 2BD"}
    assert [(b.line, b.rule) for b in judged(table(EHE, home, home | typed))] == told


def fails_when_made(_text: pl.Expr) -> pl.Expr:
    raise ZeroDivisionError("H823432100123")


def fails_when_run(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.Int64, strict=True) > 0  # polars' message shows the values that are no numbers


@pytest.mark.parametrize(
    ("identifier_checks", "error"),
    [
        pytest.param({"upn": fails_when_made}, "ZeroDivisionError", id="it fails when it is made"),
        pytest.param({"upn": fails_when_run}, "InvalidOperationError", id="it fails when it is run"),
        pytest.param({}, "KeyError", id="nobody gave it"),
    ],
)
def test_a_check_that_fails_is_a_breach_of_its_own_and_the_others_are_judged(
    identifier_checks: IdentifierChecks, error: str
) -> None:
    rows = table(EHE, CHILD | {"postcode": "nowhere"})
    failed, other = judged(rows, identifier_checks=identifier_checks)
    assert (failed.rule, failed.column, failed.line, failed.stops) == (COULD_NOT_RUN, "UPN", None, "nothing")
    assert error in failed.why
    assert "H823432100123" not in repr(failed)
    assert (other.line, other.column, other.rule) == (2, "Postcode", "form")


CHECKS = rules.source_checks(EHE, {column.name: column.header for column in EHE.columns}, IDENTIFIER_CHECKS, TODAY)
"""The checks of the register. Great Expectations is asked of each by its number here."""

Made = Callable[[Callable[..., Any], dict[str, Any]], Any]


@pytest.fixture
def made_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Made], None]:
    """Has each expectation made otherwise: from what makes it, and what that is told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports a module that Python 3.11 gives up
        from great_expectations import expectations
    as_built = expectations.ExpectColumnValuesToBeInSet

    def changed(made: Made) -> None:
        monkeypatch.setattr(expectations, "ExpectColumnValuesToBeInSet", lambda **told: made(as_built, told))

    return changed


def test_a_check_that_fails_inside_great_expectations_is_no_pass(made_by: Callable[[Made], None]) -> None:
    (closed,) = (str(n) for n, asked in enumerate(CHECKS) if (asked.column, asked.rule) == ("closed_on", "date"))
    made_by(lambda as_built, told: as_built(**told | ({"column": "no such"} if told["column"] == closed else {})))
    failed, other = judged(table(EHE, CHILD | {"postcode": "nowhere", "closed_on": "31/02/2026"}))
    assert (failed.rule, failed.column, failed.stops) == (COULD_NOT_RUN, "ClosedOn", "file")
    assert (other.column, other.rule) == ("Postcode", "form")


def test_a_verdict_that_never_comes_is_no_pass(made_by: Callable[[Made], None]) -> None:
    all_told: list[dict[str, Any]] = []

    def of_the_first(as_built: Callable[..., Any], told: dict[str, Any]) -> Any:
        all_told.append(told)
        return as_built(**all_told[0])

    made_by(of_the_first)
    broken = {"record_id": "", "upn": "H1", "sex": "?", "postcode": "nowhere", "closed_on": "gone", "notified_on": "x"}
    found = judged(table(EHE, CHILD | broken))
    assert {b.column for b in found if b.rule == COULD_NOT_RUN} == {"UPN", "Sex", "Postcode", "NotifiedOn", "ClosedOn"}
    assert [(b.column, b.rule) for b in found if b.rule != COULD_NOT_RUN] == [("RecordId", "required")]


def test_great_expectations_is_asked_of_the_rules_that_some_row_breaks(made_by: Callable[[Made], None]) -> None:
    asked: list[tuple[str | None, str]] = []

    def noted(as_built: Callable[..., Any], told: dict[str, Any]) -> Any:
        of = CHECKS[int(told["column"])]
        asked.append((of.column, of.rule))
        return as_built(**told)

    made_by(noted)
    judged(table(EHE, CHILD | {"postcode": "nowhere"}, CHILD | {"record_id": "EH2", "sex": "?"}))
    assert asked == [("sex", "known code"), ("postcode", "form")]


def test_great_expectations_sees_marks_and_no_cell() -> None:
    marks, crashed = marks_of(table(EHE, CHILD | {"surname": "Quillfeather"}), CHECKS)
    assert crashed == {}
    assert set(marks.dtypes) == {pl.UInt8}


def sentinel_cells(contract: Contract) -> st.SearchStrategy[list[dict[str, str]]]:
    """Rows of which every cell that is given is a word that stands nowhere else."""
    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda text: f"Quillfeather{text}9q")
    cells = st.fixed_dictionaries({name: st.just("") | words for name in contract.column_named})
    return st.lists(cells, min_size=1, max_size=25)


@pytest.mark.parametrize("source", ["school_census", "housing", "social_care"])
def test_no_value_of_a_cell_stands_in_a_breach_or_a_log(source: str, caplog: pytest.LogCaptureFixture) -> None:
    contract = CONTRACTS[source]
    caplog.set_level(logging.DEBUG)

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(sentinel_cells(contract))
    def holds(cells: list[dict[str, str]]) -> None:
        found = judged(
            table(contract, *cells),
            contract,
            identifier_checks={"upn": fails_when_run} | {"nhsNumber": nhs_number_is_valid},
        )
        assert found
        assert "Quillfeather" not in repr(found)
        assert "Quillfeather" not in "".join(map(str, found))

    holds()
    assert "Quillfeather" not in caplog.text


def test_the_judge_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert judged(table(EHE, CHILD)) == []
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


@pytest.mark.parametrize(
    ("info", "error"),
    [
        pytest.param(None, None, id="nothing said"),
        pytest.param({"raised_exception": False, "exception_traceback": None}, None, id="none raised"),
        pytest.param({"raised_exception": True, "exception_traceback": "…\na.b.KeyError: 'x'\n"}, "KeyError", id="one"),
        pytest.param({"m": {"raised_exception": True, "exception_traceback": ""}}, "error", id="one of a metric"),
        pytest.param(
            {"raised_exception": True, "exception_traceback": "no name here: x"}, "error", id="without a name"
        ),
    ],
)
def test_an_error_is_named_by_its_class_only(info: dict[str, Any] | None, error: str | None) -> None:
    assert error_class(info) == error
