"""The records of each child joined with their person records, and which sources know the child."""

from typing import Literal

import numpy as np
import polars as pl

from matching.in_numbers.sorting import order_of


def members(
    child_records: pl.DataFrame, records: pl.DataFrame, *columns: str, how: Literal["inner", "left"] = "inner"
) -> pl.DataFrame:
    """``child_records`` with ``columns`` of ``records``, which has one row a record, as person records have.

    Records missing from ``records`` are left out, unless ``how`` is "left". A night's tables have the same records in the same
    order and are then put side by side without a search. Raises :class:`polars.exceptions.ComputeError` where a record id
    is not unique.
    """
    ids = child_records["record_id"]
    if ids.equals(records["record_id"]) and (ids.shift() < ids).all():
        return child_records.with_columns(records.select(columns))
    return child_records.join(records.select("record_id", *columns), on="record_id", how=how, validate="1:1")


def join_by_child(children: pl.DataFrame, *frames: pl.DataFrame, by: str = "child_id") -> pl.DataFrame:
    """``children``, one row each, in their order, with the columns of every frame; null where it lacks the
    child.

    Raises :class:`polars.exceptions.ComputeError` where a frame has two rows of a child.
    """
    for frame in frames:
        children = children.join(frame, on=by, how="left", validate="1:1", maintain_order="left")
    return children


def sources_by_child(known: pl.DataFrame, bits: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``sources``, one bit for each source, in no particular order.

    ``known``: ``child_id`` and ``dataset`` of records. ``bits``: from :func:`source_bits`.
    """
    # Grouped by a 64-bit hash of the ids, because grouping so many texts takes four times as long.
    hashed = known.select(
        child=pl.col("child_id").hash(), bit=pl.col("dataset").replace_strict(bits["dataset"], bits["bit"])
    )
    order = order_of(hashed["child"].to_numpy())
    child, is_first = hashed["child"].to_numpy()[order], np.ones(len(order), dtype=bool)
    is_first[1:] = child[1:] != child[:-1]
    begins = np.flatnonzero(is_first)
    sources = np.bitwise_or.reduceat(hashed["bit"].to_numpy()[order], begins) if len(begins) else begins
    return pl.DataFrame({"child_id": known["child_id"].gather(order[begins]), "sources": sources})


def is_first_of(*names: str) -> pl.Expr:
    """Whether no earlier row has the same values in these columns. By a 64-bit hash, as comparing the columns takes four
    times as long."""
    return pl.struct(*names).hash().is_first_distinct()


def source_bits(person: pl.DataFrame) -> pl.DataFrame:
    """``dataset``, and the ``bit`` (Int64) that stands for it in a set of sources: 1, 2, 4 …, in the order of their names."""
    names = person["dataset"].unique().sort()
    numbers = [1 << number for number in range(len(names))]
    return pl.DataFrame({"dataset": names, "bit": numbers}, schema_overrides={"bit": pl.Int64})
