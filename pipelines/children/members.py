"""The records of each child beside what their person records say, and which sources know the child."""

from typing import Literal

import polars as pl


def members(
    child_records: pl.DataFrame, told: pl.DataFrame, *columns: str, how: Literal["inner", "left"] = "inner"
) -> pl.DataFrame:
    """``child_records`` with some ``columns`` of ``told``, which has one row a record, as person records have.

    Records of which nothing is told are left out; with ``how`` left they stay. A night's tables have the same records in the
    same order, and are laid side by side unsearched. Raises :class:`polars.exceptions.ComputeError` where a record id is
    not unique.
    """
    ids = child_records["record_id"]
    if ids.equals(told["record_id"]) and (ids.shift() < ids).all():
        return child_records.with_columns(told.select(columns))
    return child_records.join(told.select("record_id", *columns), on="record_id", how=how, validate="1:1")


def sources_of(known: pl.DataFrame, bits: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``sources``, one bit a source; ``known``: ``child_id`` and ``dataset`` of records."""
    told = known.select("child_id", "dataset").join(bits, on="dataset", how="left", validate="m:1")
    return told.group_by("child_id").agg(sources=pl.col("bit").bitwise_or())


def bits_of(person: pl.DataFrame) -> pl.DataFrame:
    """``dataset``, and the ``bit`` (Int64) that stands for it in a set of sources: 1, 2, 4 …, in the order of their names."""
    names = person["dataset"].unique().sort()
    numbers = [1 << number for number in range(len(names))]
    return pl.DataFrame({"dataset": names, "bit": numbers}, schema_overrides={"bit": pl.Int64})
