"""Who shares a home: households, as the records of their children show them. Names are read for this alone."""

import polars as pl

from matching.canonical.keys import place_keys
from pipelines.children.members import is_first_of

LARGEST_HOUSEHOLD = 20
"""A reference or address shared by more children than this is a hostel, a hotel or a default, not a household. Children
there who also share a surname are no household either: in a hotel many do."""

HOUSEHOLD_KEYS = (
    ("household",),
    ("surname", "uprn"),
    ("surname", "dwelling"),
    ("surname", "door", "district"),
    ("date_of_birth", "dwelling"),
    ("date_of_birth", "surname", "door"),
)
"""Columns of :func:`with_homes` that two children of one household share."""


def with_homes(person: pl.DataFrame) -> pl.DataFrame:
    """Person records with the keys of each record's home, in their order.

    Columns: ``record_id``, ``surname``, ``date_of_birth``, ``born_in``, ``uprn``, ``household``, ``dwelling``, ``door``,
    ``district``.
    Where a record gives no flat, ``dwelling`` is the only flat that records of the same surname give in that building; if
    they give several, it could be any of them and is left as written.
    """
    known = person.select("record_id", "surname", "date_of_birth", "born_in", "uprn", "household", *place_keys())
    names_flat = ~pl.col("dwelling").str.ends_with("|")
    flats = known.filter(names_flat).drop_nulls("surname").group_by("surname", "building")
    only = flats.agg(only=pl.col("dwelling").min(), last=pl.col("dwelling").max()).filter(
        pl.col("only") == pl.col("last")
    )
    joined = known.join(only, on=["surname", "building"], how="left", validate="m:1", maintain_order="left")
    dwelling = pl.when(names_flat).then("dwelling").otherwise(pl.coalesce("only", "dwelling"))
    return joined.with_columns(dwelling=dwelling).drop("house_key", "building", "only", "last")


def with_a_home(mine: pl.DataFrame) -> pl.DataFrame:
    """``gives_home``, for children of whom a record has all that some ``HOUSEHOLD_KEYS`` ask. A postcode alone is no home."""
    could_share = pl.any_horizontal(pl.all_horizontal(pl.col(key).is_not_null()) for key in HOUSEHOLD_KEYS)
    return mine.filter(could_share).select("child", gives_home=pl.lit(value=True)).unique()


def relatives(mine: pl.DataFrame) -> pl.DataFrame:
    """One row is a ``child`` and an ``other`` child of its household.

    They share a reference kept by a source, or a surname and a home; the street or the postcode may be miswritten. Of two born
    on one day, the home is enough, or the surname, street and number without a postcode: they are twins. Whoever lives where
    others lived before them has another surname, and hardly the same birth date.
    ``mine``: ``child``, and the homes of its records (:func:`with_homes`).
    """
    pairs = []
    for key in HOUSEHOLD_KEYS:
        home = [name for name in key if name not in ("surname", "date_of_birth")]
        known = mine.select("child", *key).drop_nulls()
        # Hashes, because telling several text columns apart takes four times as long.
        homes = known.select("child", key=pl.struct(key).hash(), home=pl.struct(home).hash())
        homes = homes.filter(is_first_of("child", "key"))
        children = homes.filter(is_first_of("child", "home"))["home"].value_counts()
        crowds = children.filter(pl.col("count") > LARGEST_HOUSEHOLD)["home"]
        shared = homes.filter(pl.col("key").is_duplicated() & ~pl.col("home").is_in(crowds.implode()))
        pairs.append(shared.select("child", "key").join(shared.select("key", other="child"), on="key").drop("key"))
    both = pl.concat(pairs).filter(pl.col("child") != pl.col("other"))
    return both.filter(is_first_of("child", "other"))
