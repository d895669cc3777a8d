"""A sentence with columns in it comes out the same however its columns are kept."""

from datetime import date

import polars as pl

from pipelines.formatted import formatted

ROWS = pl.DataFrame(
    {"who": ["Ann", "Bo", None], "on": [date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 3)], "many": [1, None, 3]}
)


def test_columns_stand_in_the_sentence_and_nothing_is_said_where_one_is_null() -> None:
    told = ROWS.select(told=formatted("{}: {} days, on {}.", "who", pl.col("many") + 1, pl.col("on")))["told"]
    assert told.to_list() == ["Ann: 2 days, on 2026-05-01.", None, None]


def test_a_filter_that_leaves_the_first_piece_of_a_column_empty_stops_no_night() -> None:
    pieces = pl.concat([ROWS.head(2), ROWS.head(2)], rechunk=False)
    left = pieces.filter(pl.Series([False, False, True, True]))
    assert [len(piece) for piece in left["who"].get_chunks()] == [0, 2]
    assert left.select(formatted("{} came", "who")).to_series().to_list() == ["Ann came", "Bo came"]
