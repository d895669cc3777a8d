"""Children of the list who live together, so that one visit serves them all.

Two children of the list are in one household if their records give one dwelling (UPRN) or one household reference (a
tenancy, a case) that none of those records has since closed, or if they have the same surname or the same birth date at the
same address (twins, or one child listed under two names). A dwelling counts only if it is that of the address shown for the
child: somebody else may live at an earlier one by now.
"""

from datetime import date

import polars as pl

from matching.in_numbers.components import components
from pipelines.formatted import formatted, letters_and_digits

RANKS_TOLD = 6
"""Most ranks named in a sentence; a hostel may have many children."""

HOUSEHOLD = {"child_id": pl.String, "household": pl.String, "also_here": pl.String}


def households(
    listed: pl.DataFrame,
    person: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    as_at: date,
) -> pl.DataFrame:
    """One row is one child of ``listed`` who shares a home with another child of it.

    ``listed``: ``child_id``, ``rank``, ``surname``, ``date_of_birth``, ``address``, ``postcode``. Returns ``child_id``;
    ``household``, "HH" and the rest of the lowest child id in it, which is as stable from night to night as that id; and
    ``also_here``, a sentence that names the others by rank.
    """
    homes = _homes(listed, person, statements, child_records, as_at)
    shared = homes.filter(pl.len().over("home") > 1)
    if shared.is_empty():
        return pl.DataFrame(schema=HOUSEHOLD)
    grouped = _joined(shared).join(listed.select("child_id", "rank"), on="child_id", validate="1:1").sort("rank")
    first = pl.col("child_id").min().over("group")
    ranks = grouped.group_by("group").agg(all_ranks=pl.col("rank"))
    named = grouped.with_columns(household="HH" + first.str.strip_prefix("CH"))
    with_ranks = named.join(ranks, on="group", validate="m:1")
    others = pl.col("all_ranks").list.set_difference(pl.concat_list("rank")).list.sort()
    return with_ranks.select("child_id", "household", also_here=_sentence(others)).cast(pl.Schema(HOUSEHOLD))


def _sentence(ranks: pl.Expr) -> pl.Expr:
    """The others at the address, as "Also on the list at this address: rank 3, rank 9." """
    named = ranks.list.head(RANKS_TOLD).list.eval("rank " + pl.element().cast(pl.String)).list.join(", ")
    more = ranks.list.len().cast(pl.Int64) - RANKS_TOLD
    rest = pl.when(more > 0).then(formatted(" and {} more", more)).otherwise(pl.lit(""))
    return "Also on the list at this address: " + named + rest + "."


def _homes(
    listed: pl.DataFrame, person: pl.DataFrame, statements: pl.DataFrame, child_records: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """``child_id`` and each key of a home of the child (``home``), once each."""
    columns = ("record_id", "uprn", "household", "address_shown", "postcode_shown")
    ended = statements.filter((pl.col("kind") == "lives_here") & (pl.col("until_on") < as_at))["record_id"].unique()
    mine = (
        child_records.select("record_id", "child_id")
        .join(listed.select("child_id", "address", "postcode"), on="child_id", how="inner", validate="m:1")
        .join(person.select(columns), on="record_id", how="inner", validate="1:1")
        .filter(~pl.col("record_id").is_in(ended.implode()))
    )
    at_address = pl.col("address_shown").eq_missing(pl.col("address")) & pl.col("postcode_shown").eq_missing(
        pl.col("postcode")
    )
    by_dwelling = mine.filter(at_address).select("child_id", home="dwelling " + pl.col("uprn"))
    by_household = mine.select("child_id", home="household " + pl.col("household"))
    by_name, by_birth = (
        listed.select("child_id", home=f"{shared} " + letters_and_digits(shared, "address", "postcode"))
        for shared in ("surname", "date_of_birth")
    )
    return pl.concat([by_dwelling, by_household, by_name, by_birth]).drop_nulls().unique().sort("child_id", "home")


def _joined(shared: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``group``, a number: children connected by any chain of shared homes."""
    numbered = shared.with_columns(
        child=pl.col("child_id").rank("dense").cast(pl.Int64) - 1, place=pl.col("home").rank("dense").cast(pl.Int64) - 1
    )
    child, place = numbered["child"].to_numpy(), numbered["place"].to_numpy()
    children = int(child.max()) + 1
    size = children + int(place.max()) + 1
    label = components(size, child, place + children)
    ids = numbered.select("child_id", "child").unique().sort("child")
    return ids.select("child_id", group=pl.Series(label[:children]))
