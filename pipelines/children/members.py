"""The records of each child beside what their person records say, and which sources know the child."""

from typing import Literal

import numpy as np
import polars as pl

from matching.sorting import order_of


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


def with_told(children: pl.DataFrame, *told: pl.DataFrame, by: str = "child_id") -> pl.DataFrame:
    """``children``, one row each, in their order, with what every frame of ``told`` says of some of them; null of the others.

    Raises :class:`polars.exceptions.ComputeError` where a frame has two rows of a child.
    """
    for frame in told:
        children = children.join(frame, on=by, how="left", validate="1:1", maintain_order="left")
    return children


def sources_of(known: pl.DataFrame, bits: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``sources``, one bit a source, in no particular order. ``known``: ``child_id`` and ``dataset`` of
    records."""
    # In the order of a hash of the ids (64 bits), as to group so many texts takes four times as long.
    told = known.select(
        child=pl.col("child_id").hash(), bit=pl.col("dataset").replace_strict(bits["dataset"], bits["bit"])
    )
    order = order_of(told["child"].to_numpy())
    child, is_first = told["child"].to_numpy()[order], np.ones(len(order), dtype=bool)
    is_first[1:] = child[1:] != child[:-1]
    begins = np.flatnonzero(is_first)
    sources = np.bitwise_or.reduceat(told["bit"].to_numpy()[order], begins) if len(begins) else begins
    return pl.DataFrame({"child_id": known["child_id"].gather(order[begins]), "sources": sources})


def is_first_of(*names: str) -> pl.Expr:
    """Whether no row before has the same in these columns: by a hash of 64 bits, as to tell several columns apart by what
    stands in them takes four times as long."""
    return pl.struct(*names).hash().is_first_distinct()


def bits_of(person: pl.DataFrame) -> pl.DataFrame:
    """``dataset``, and the ``bit`` (Int64) that stands for it in a set of sources: 1, 2, 4 …, in the order of their names."""
    names = person["dataset"].unique().sort()
    numbers = [1 << number for number in range(len(names))]
    return pl.DataFrame({"dataset": names, "bit": numbers}, schema_overrides={"bit": pl.Int64})
