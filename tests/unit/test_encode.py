"""Tables in integers: equal codes mean equal strings, whatever the column."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from matching.in_numbers.encode import LONGEST, MISSING, encode

TABLE = pl.DataFrame(
    {
        "forename": ["AMIRA", "CHEN", None, "AMIRA"],
        "surname": ["CHEN", "AMIRA", "OKAFOR", None],
        "parts": [["AL", "HASSAN"], [], None, [None, "AMIRA"]],
        "born": [date(2015, 11, 3), None, date(1899, 1, 31), date(2020, 2, 29)],
        "year": [2015, None, 1899, 2020],
    },
    schema_overrides={"year": pl.Int16},
)


def test_one_vocabulary_serves_every_column():
    table = encode(TABLE, ["forename", "surname", "parts"])
    assert table.vocabulary.to_list() == ["AL", "AMIRA", "CHEN", "HASSAN", "OKAFOR"]
    assert table.codes["forename"].tolist() == [1, 2, MISSING, 1]
    assert table.codes["surname"].tolist() == [2, 1, 4, MISSING]
    assert table.lists["parts"].tolist() == [[0, 3], [MISSING, MISSING], [MISSING, MISSING], [1, MISSING]]


def test_dates_are_packed_and_whole_numbers_are_texts():
    table = encode(TABLE, ["born", "year"])
    assert table.dates["born"].tolist() == [20151103, MISSING, 18990131, 20200229]
    assert [table.vocabulary[code] if code >= 0 else None for code in table.codes["year"].tolist()] == [
        "2015",
        None,
        "1899",
        "2020",
    ]


def test_many_dates_of_few_years_are_packed_each_day_once():
    days = [date(1969, 12, 30) + timedelta(days=n % 40) for n in range(300)]
    born: list[date | None] = [None if n % 7 == 0 else day for n, day in enumerate(days)]
    packed = encode(pl.DataFrame({"born": born}, schema={"born": pl.Date}), ["born"]).dates["born"]
    assert packed.tolist() == [int(f"{day:%Y%m%d}") if day else MISSING for day in born]


def test_frequencies_count_rows_by_value():
    table = encode(TABLE, ["forename", "surname"])
    assert dict(zip(table.vocabulary, table.frequencies("forename").tolist(), strict=True)) == {
        "AMIRA": 2,
        "CHEN": 1,
        "OKAFOR": 0,
    }


def test_only_the_columns_asked_for_are_read():
    assert set(encode(TABLE, ["forename", "forename"]).codes) == {"forename"}
    with pytest.raises(KeyError, match=r"no column surname; the table has forename"):
        encode(TABLE, ["forename"]).column("surname")


def test_a_missing_column_is_named():
    with pytest.raises(KeyError, match=r"no column nickname, pet; it has forename"):
        encode(TABLE, ["forename", "nickname", "pet"])


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(pl.Series([1.5]), id="decimals"),
        pytest.param(pl.Series([datetime(2015, 11, 3, 12)]), id="a time"),
        pytest.param(pl.Series([{"a": 1}]), id="a struct"),
        pytest.param(pl.Series([[1, 2]]), id="a list of numbers"),
    ],
)
def test_a_column_of_another_type_is_named(values):
    with pytest.raises(TypeError, match=r"column odd is .* text, a list of texts, a whole number or a date"):
        encode(pl.DataFrame({"odd": values}), ["odd"])


@pytest.mark.parametrize("height", [0, 1, 3])
def test_nothing_said_at_all(height):
    schema = {"word": pl.String, "words": pl.List(pl.String), "born": pl.Date, "void": pl.Null, "flag": pl.Boolean}
    table = encode(pl.DataFrame({name: [None] * height for name in schema}, schema=schema), schema)
    assert table.height == height
    assert len(table.vocabulary) == 0
    assert all(
        (column == MISSING).all() and len(column) == height for column in [*table.codes.values(), *table.dates.values()]
    )
    assert table.lists["words"].tolist() == [[MISSING]] * height


def test_any_text_is_a_value():
    words = ["👶🏽", "שרה", "محمد", "x" * 10_000, "", "  ", "\u202eAMIRA", "e\u0301", "é"]
    table = encode(pl.DataFrame({"word": words}), ["word"])
    assert [table.vocabulary[code] for code in table.codes["word"].tolist()] == words
    assert len(set(table.codes["word"].tolist())) == len(words)


def test_words_are_compared_by_their_beginnings():
    table = encode(pl.DataFrame({"word": ["x" * 10_000, "", "שרה"]}), ["word"])
    long, empty, sara = table.codes["word"]
    assert len(table.strings[long]) == LONGEST == table.lengths[long]
    assert (table.lengths[empty], table.first_letters[empty], table.signatures[empty]) == (0, -1, 0)
    assert (table.lengths[sara], table.first_letters[sara]) == (3, ord("ש"))
    assert np.bitwise_count(table.signatures[long]) == 1


def test_rows_in_another_order_are_the_same_codes():
    backwards = encode(TABLE.reverse(), TABLE.columns)
    forwards = encode(TABLE, TABLE.columns)
    for name in forwards.codes:
        assert backwards.codes[name].tolist() == forwards.codes[name].tolist()[::-1]


def test_the_letters_of_many_words_are_looked_at_some_words_at_a_time(monkeypatch):
    table = pl.DataFrame({"name": ["", "Āda", "Ȁda", "Bo", "Cy", "Dee"]})
    at_once = encode(table, ["name"])
    assert len(set(at_once.beginnings.tolist())) == 6, "two letters whose numbers end alike are two"
    monkeypatch.setattr("matching.in_numbers.encode.WORDS_AT_ONCE", 2)
    in_parts = encode(table, ["name"])
    for found in ("first_letters", "signatures", "beginnings"):
        assert getattr(in_parts, found).tolist() == getattr(at_once, found).tolist()
