"""Every source in one form, by its contract alone: a source invented for the test, and those that we ship."""

from datetime import date

import polars as pl
import pytest

from data_contracts.contract import Contract, read_contract, read_contracts
from pipelines.intake.in_one_form.standardise import WRITTEN, Standardised, person_records, standardise
from pipelines.tables import PERSON, STATEMENT

AS_AT = date(2026, 11, 20)
CONTRACTS = read_contracts()

BOOK_CLUB = """
apiVersion: v3.1.0
kind: DataContract
id: book_club
name: Book club
version: 1.0.0
status: active
description: {purpose: Who reads together.}
customProperties:
- {property: files, value: {names: [book_club*.csv]}}
- property: says
  value:
  - {kind: seen, 'on': [met_on, returned_on]}
  - {kind: lives_here, since: met_on, until: left_on}
  - {kind: left, 'on': [left_on]}
  - kind: provision
    what: reading lessons
    place: room
    since: met_on
    holds_days: 30
    when: {lessons: ['yes']}
    doubts:
    - {when: {lessons: ['yes'], mood: [Sad]}, because: the child was sad}
    - {when: {mood: [Sad, Cross]}, because: the child was in no mood}
  - {kind: concern, what_from: mood, since: met_on, when: {mood: [Sad, Cross, Another mood]}}
  - {kind: protected, when: {secret: [Y]}}
schema:
- name: book_club
  physicalName: raw_book_club
  description: One row is one card.
  properties:
  - {name: card, physicalName: Card, primaryKey: true, required: true, classification: internal, description: Key.,
     customProperties: [{property: requiredWhy, value: A card has a number.}]}
  - {name: reader, physicalName: Reader, classification: personal, description: Name.,
     customProperties: [{property: mapsTo, value: full_name}]}
  - {name: once_called, physicalName: OnceCalled, classification: personal, description: Former surname.,
     customProperties: [{property: mapsTo, value: other_surname}]}
  - {name: born, physicalName: Born, logicalType: date, logicalTypeOptions: {format: dd/MM/yyyy},
     classification: personal, description: Birth date.,
     customProperties: [{property: mapsTo, value: date_of_birth}, {property: badTypeStops, value: nothing},
                        {property: badTypeWhy, value: No day.}]}
  - {name: sex, physicalName: Sex, classification: personal, description: Sex.,
     customProperties: [{property: mapsTo, value: sex}, {property: codes, value: {girl: F, boy: M, '?': ''}}]}
  - {name: door, physicalName: Door, classification: personal, description: Number.,
     customProperties: [{property: mapsTo, value: address}]}
  - {name: street, physicalName: Street, classification: personal, description: Street.,
     customProperties: [{property: mapsTo, value: address}, {property: notAValue, value: [dunno]}]}
  - {name: postcode, physicalName: Postcode, classification: personal, description: Postcode.,
     customProperties: [{property: mapsTo, value: postcode}]}
  - {name: upn, physicalName: Upn, classification: personal, description: UPN.,
     customProperties: [{property: mapsTo, value: upn}, {property: notAValue, value: [UN1]}]}
  - {name: nhs, physicalName: Nhs, classification: personal, description: NHS number.,
     customProperties: [{property: mapsTo, value: nhs_number}, {property: mayBeAbsent, value: true}]}
  - {name: carer, physicalName: Carer, classification: personal, description: Carer.,
     customProperties: [{property: mapsTo, value: parent_name}]}
  - {name: ring, physicalName: Ring, classification: personal, description: Phone.,
     customProperties: [{property: mapsTo, value: phone}]}
  - {name: family, physicalName: Family, classification: personal, description: Household.,
     customProperties: [{property: mapsTo, value: household}]}
  - {name: room, physicalName: Room, classification: internal, description: Where they read.}
  - {name: lessons, physicalName: Lessons, classification: internal, description: Whether taught.,
     customProperties: [{property: codes, value: {'1': 'yes', '0': 'no'}}]}
  - {name: mood, physicalName: Mood, classification: internal, description: Mood.,
     customProperties: [{property: codes, value: {s: Sad, c: Cross, h: Happy}},
                        {property: unknownCode, value: Another mood}]}
  - {name: secret, physicalName: Secret, classification: restricted, description: Whether protected.,
     customProperties: [{property: codes, value: {Y: Y, N: N, '': N}}, {property: unknownCode, value: Y}]}
  - {name: met_on, physicalName: MetOn, logicalType: date, logicalTypeOptions: {format: dd/MM/yyyy},
     classification: personal, description: First day.,
     customProperties: [{property: badTypeWhy, value: No day.}]}
  - {name: returned_on, physicalName: ReturnedOn, logicalType: date, logicalTypeOptions: {format: dd/MM/yyyy},
     classification: personal, description: Last day.,
     customProperties: [{property: badTypeWhy, value: No day.}]}
  - name: left_on
    physicalName: LeftOn
    logicalType: date
    logicalTypeOptions: {format: dd/MM/yyyy}
    classification: personal
    description: End.
    customProperties: [{property: badTypeWhy, value: No day.}]
    quality:
    - type: custom
      engine: rollcall
      implementation: {check: notBefore, year: 1990}
      businessImpact: A blank.
      customProperties: [{property: stops, value: nothing}, {property: fix, value: Leave it empty.}]
"""

ANNA = {
    "card": "B1",
    "reader": "Miss Anna Mary O'Neill",
    "once_called": "Smith / O NEILL",
    "born": "05/03/2015",
    "sex": "Girl",
    "door": "12a",
    "street": "HIGH ST",
    "postcode": "za1 9fg",
    "upn": "H823432100123",
    "nhs": "943 476 5919",
    "carer": "Mr & Mrs Rory O'Neill",
    "ring": "7281235108",
    "family": "F7",
    "room": "Room 1",
    "lessons": "1",
    "mood": "H",
    "secret": "N",
    "met_on": "01/09/2026",
    "returned_on": "01/10/2026",
    "left_on": "",
}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contracts") / "book_club.yaml"
    path.write_text(BOOK_CLUB, encoding="utf-8")
    return read_contract(path)


def _raw(contract: Contract, *rows: dict[str, str]) -> pl.DataFrame:
    columns = {column.name: [row.get(column.name, "") for row in rows] for column in contract.columns}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    key = contract.key.name
    return frame.with_columns(
        record_id=pl.lit(f"{contract.id}:") + pl.col(key),
        file_id=pl.lit("f" * 16),
        line=pl.int_range(2, 2 + pl.len(), dtype=pl.Int64),
    )


def _standardised(contract: Contract, *rows: dict[str, str]) -> Standardised:
    return standardise({contract.id: _raw(contract, *rows)}, {contract.id: contract}, as_at=AS_AT)


def _said(made: Standardised, kind: str) -> list[tuple[object, ...]]:
    said = made.statements.filter(pl.col("kind") == kind)
    return said.select("record_id", "what", "place", "since_on", "until_on", "doubt").rows()


def test_a_row_becomes_a_person_record_by_its_contract(contract: Contract) -> None:
    made = _standardised(contract, ANNA)
    assert made.person.schema == PERSON
    assert made.person.row(0, named=True) == {
        "record_id": "book_club:B1",
        "dataset": "book_club",
        "forename": "ANNA",
        "middle_names": "MARY",
        "given_names": "ANNAMARY",
        "surname": "ONEILL",
        "surname_parts": ["ONEILL"],
        "other_surnames": ["SMITH"],
        "date_of_birth": date(2015, 3, 5),
        "born_in": None,
        "sex": "F",
        "postcode": "ZA19FG",
        "address": "12A HIGH STREET",
        "flat": None,
        "house": "12A",
        "street": "HIGH STREET",
        "uprn": None,
        "upn": "H823432100123",
        "former_upn": None,
        "nhs_number": "9434765919",
        "parent_forename": "RORY",
        "parent_surname": "ONEILL",
        "phone": "07281235108",
        "household": "book_club:F7",
        "forename_shown": "Anna Mary",
        "surname_shown": "O'Neill",
        "address_shown": "12A High St",
        "postcode_shown": "ZA1 9FG",
    }


@pytest.mark.parametrize(
    ("surname", "forename", "read"),
    [
        pytest.param("NGUYEN, Anh Mai", None, ("NGUYEN", "ANH", "MAI"), id="all in the surname's column"),
        pytest.param(None, "NGUYEN, Anh Mai", ("NGUYEN", "ANH", "MAI"), id="all in the forename's column"),
        pytest.param("Nguyen Tran", None, ("NGUYENTRAN", None, None), id="no comma: a surname of two parts"),
        pytest.param("Nguyen, Jnr", "Anh", ("NGUYEN", "ANH", None), id="the other column is filled"),
    ],
)
def test_a_whole_name_in_one_column_is_parted_at_its_comma(
    surname: str | None, forename: str | None, read: tuple[str | None, ...]
) -> None:
    row = {"record_id": "health:1", "dataset": "health", "surname": surname, "forename": forename}
    person = person_records(pl.DataFrame([row], schema=WRITTEN))
    assert person.select("surname", "forename", "middle_names").row(0) == read
    assert person["surname_shown"][0].startswith("Nguyen")


@pytest.mark.parametrize(
    ("column", "cell", "field"),
    [
        pytest.param("born", "31/02/2015", "date_of_birth", id="a day that is in no calendar"),
        pytest.param("born", "01/01/1900", "date_of_birth", id="a stand-in birth date"),
        pytest.param("born", "21/11/2026", "date_of_birth", id="born tomorrow"),
        pytest.param("sex", "?", "sex", id="a code that means nothing"),
        pytest.param("sex", "cat", "sex", id="an unknown code"),
        pytest.param("upn", "UN1", "upn", id="a UPN placeholder of the contract"),
        pytest.param("upn", "H823432100124", "upn", id="a wrong check letter"),
        pytest.param("nhs", "9434765918", "nhs_number", id="a wrong check digit"),
        pytest.param("postcode", "ZZ99 3VZ", "postcode", id="a pseudo postcode"),
        pytest.param("family", "  ", "household", id="spaces"),
        pytest.param("reader", "Baby O'Neill", "forename", id="no forename yet"),
    ],
)
def test_what_cannot_be_right_says_nothing(contract: Contract, column: str, cell: str, field: str) -> None:
    made = _standardised(contract, ANNA | {column: cell})
    assert made.person[field].to_list() == [None]


def test_a_placeholder_of_the_contract_is_left_out_of_the_address(contract: Contract) -> None:
    made = _standardised(contract, ANNA | {"street": "DUNNO"})
    assert made.person.select("address", "house", "street").row(0) == ("12A", "12A", None)


def test_a_postcode_at_the_end_of_the_address_counts_where_it_has_no_column_of_its_own(contract: Contract) -> None:
    in_the_line = ANNA | {"street": "High St, Zedborough za19fg", "postcode": ""}
    made = _standardised(contract, in_the_line, in_the_line | {"card": "B2", "postcode": "ZA2 2BB"})
    assert made.person["postcode"].to_list() == ["ZA19FG", "ZA22BB"]
    assert made.person["postcode_shown"].to_list() == ["ZA1 9FG", "ZA2 2BB"]
    assert made.person["street"].to_list() == ["HIGH STREET", "HIGH STREET"]


def test_an_absent_column_is_empty(contract: Contract) -> None:
    raw = _raw(contract, ANNA).drop("nhs")
    made = standardise({"book_club": raw}, {"book_club": contract}, as_at=AS_AT)
    assert made.person["nhs_number"].to_list() == [None]
    assert made.person["surname"].to_list() == ["ONEILL"]


def test_seen_and_left_count_only_days_that_have_come(contract: Contract) -> None:
    made = _standardised(
        contract,
        ANNA | {"returned_on": "21/11/2026", "left_on": "20/11/2026"},
        ANNA | {"card": "B2", "met_on": "", "left_on": "30/11/2026"},
    )
    assert [(row[0], row[3]) for row in _said(made, "seen")] == [
        ("book_club:B1", date(2026, 9, 1)),
        ("book_club:B2", date(2026, 10, 1)),
    ]
    assert [(row[0], row[3]) for row in _said(made, "left")] == [("book_club:B1", AS_AT)]


@pytest.mark.parametrize(
    ("returned_on", "on"),
    [
        pytest.param("autumn 2026", [None, date(2026, 9, 1)], id="no date: on a day that nobody can read"),
        pytest.param("31/09/2026", [None, date(2026, 9, 1)], id="nor is the 31st of September"),
        pytest.param("", [date(2026, 9, 1)], id="empty: not seen again"),
        pytest.param("unknown", [date(2026, 9, 1)], id="a word for nothing: not seen again"),
        pytest.param("Never", [date(2026, 9, 1)], id="never: not seen again"),
    ],
)
def test_a_day_of_contact_that_cannot_be_read_says_that_the_child_was_seen(
    contract: Contract, returned_on: str, on: list[date | None]
) -> None:
    made = _standardised(contract, ANNA | {"returned_on": returned_on})
    assert [row[3] for row in _said(made, "seen")] == on


def test_an_entry_runs_from_since_until_and_an_empty_date_leaves_it_open(contract: Contract) -> None:
    made = _standardised(contract, ANNA | {"left_on": "30/11/2026"}, ANNA | {"card": "B2", "met_on": ""})
    assert [row[3:5] for row in _said(made, "lives_here")] == [
        (date(2026, 9, 1), date(2026, 11, 30)),
        (None, None),
    ]


def test_an_end_before_the_year_of_a_rule_counts_as_empty(contract: Contract) -> None:
    made = _standardised(contract, ANNA | {"left_on": "01/01/1900"})
    assert _said(made, "lives_here")[0][4] is None
    assert _said(made, "left") == []


def test_a_confirmation_holds_for_its_days_where_its_condition_is_met(contract: Contract) -> None:
    made = _standardised(contract, ANNA, ANNA | {"card": "B2", "lessons": "0"}, ANNA | {"card": "B3", "lessons": ""})
    assert _said(made, "provision") == [
        ("book_club:B1", "reading lessons", "Room 1", date(2026, 9, 1), date(2026, 10, 1), None)
    ]


def test_doubts_are_joined_and_an_undated_confirmation_is_doubtful(contract: Contract) -> None:
    made = _standardised(contract, ANNA | {"mood": " S "}, ANNA | {"card": "B2", "mood": "c", "met_on": ""})
    assert [row[3:] for row in _said(made, "provision")] == [
        (date(2026, 9, 1), date(2026, 10, 1), "the child was sad; the child was in no mood"),
        (None, None, "the child was in no mood; the confirmation has no date"),
    ]


def test_a_concern_is_named_by_its_code_and_never_by_free_text(contract: Contract) -> None:
    rows = [ANNA | {"mood": "s"}, ANNA | {"card": "B2", "mood": "Anna is unwell"}, ANNA | {"card": "B3"}]
    made = _standardised(contract, *rows)
    assert [row[:2] for row in _said(made, "concern")] == [("book_club:B1", "Sad"), ("book_club:B2", "Another mood")]


def test_a_protected_address_is_said_once_and_an_unknown_mark_counts(contract: Contract) -> None:
    rows = [ANNA | {"card": f"B{n}", "secret": mark} for n, mark in enumerate(["Y", "y ", "N", "", "perhaps"])]
    made = _standardised(contract, *rows)
    assert [row[0] for row in _said(made, "protected")] == ["book_club:B0", "book_club:B1", "book_club:B4"]


def test_one_row_in_is_one_row_out_in_the_order_of_record_ids(contract: Contract) -> None:
    cards = ["B3", "B1", "B2"]
    made = _standardised(contract, *(ANNA | {"card": card} for card in cards))
    assert made.person["record_id"].to_list() == [f"book_club:{card}" for card in sorted(cards)]
    assert made.statements.schema == STATEMENT
    assert made.statements.rows() == sorted(made.statements.rows(), key=lambda row: [str(cell or "") for cell in row])


def test_the_same_rows_in_another_order_make_the_same_tables(contract: Contract) -> None:
    rows = [ANNA | {"card": f"B{n}", "reader": name} for n, name in enumerate(["Ann Lee", "Lee, Ann", "Ann"])]
    one, other = (_raw(contract, *rows), _raw(contract, *rows).reverse())
    made = [standardise({"book_club": raw}, {"book_club": contract}, as_at=AS_AT) for raw in (one, other)]
    assert made[0].person.equals(made[1].person)
    assert made[0].statements.equals(made[1].statements)


def test_two_rows_with_one_key_stop_the_step_without_naming_the_child(contract: Contract) -> None:
    with pytest.raises(ValueError, match="1 rows share their record_id") as stopped:
        _standardised(contract, ANNA, ANNA)
    assert "Anna" not in str(stopped.value)


def test_a_source_without_a_contract_stops_the_step(contract: Contract) -> None:
    with pytest.raises(ValueError, match="No contract for the source parish_register"):
        standardise({"parish_register": _raw(contract, ANNA)}, {"book_club": contract}, as_at=AS_AT)


def test_no_rows_make_empty_tables(contract: Contract) -> None:
    for raw in ({}, {"book_club": _raw(contract)}):
        made = standardise(raw, {"book_club": contract}, as_at=AS_AT)
        assert (made.person.schema, made.person.height) == (PERSON, 0)
        assert (made.statements.schema, made.statements.height) == (STATEMENT, 0)


@pytest.mark.parametrize("source", sorted(CONTRACTS))
def test_every_contract_that_we_ship_can_be_standardised(source: str) -> None:
    contract = CONTRACTS[source]
    written = {"surname": "Quill", "forename": "Ada", "full_name": "QUILL, Ada", "date_of_birth": "2015-03-05"}
    cells = {c.name: written[c.maps_to] for c in contract.columns if c.maps_to in written}
    made = standardise({source: _raw(contract, {contract.key.name: "1"} | cells)}, CONTRACTS, as_at=AS_AT)
    assert made.person.select("forename", "surname").row(0) == ("ADA", "QUILL")
    assert set(made.statements["kind"]) <= {statement.kind for statement in contract.says}
