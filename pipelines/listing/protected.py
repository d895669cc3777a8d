"""Which children are protected: nothing published outside the restricted folder may show where they can be found.

A child is protected if any source says so, whenever it said so: an extract that drops a mark proves no safety. So is any
child, on the list or off it, who may well be a protected one, and every child who shares an address or a household with
either, as its row would give the other away. The most restrictive source wins.
"""

import polars as pl

from pipelines.children.facts import may_be_protected
from pipelines.formatted import formatted, letters_and_digits

HOME_READ = ("uprn", "household", "flat", "house", "street", "postcode", "address_shown", "postcode_shown")
"""Columns of a person record that give a home."""


def protected_children(
    candidates: pl.DataFrame,
    person: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    rivals: pl.DataFrame,
) -> pl.Series:
    """child_id of every child who is protected, may well be one who is, or shares a home with either; sorted."""
    by_source = may_be_protected(statements, child_records, rivals)
    flagged = pl.concat([by_source, candidates.filter("restricted")["child_id"]]).unique()
    near = pl.concat([flagged, _sharing_a_home(flagged, candidates, person, child_records)])
    return pl.concat([near, _of_their_households(near, candidates)]).unique().sort()


def _sharing_a_home(
    flagged: pl.Series, candidates: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame
) -> pl.Series:
    """child_id of every child with the same address or household as a flagged child, including the flagged ones."""
    is_flagged = pl.col("child_id").is_in(flagged.implode())
    listed = _homes_shown(candidates.select("child_id", address_shown="address", postcode_shown="postcode"))
    known = person.select("record_id", *HOME_READ)
    protected = _of_children(known, child_records.filter(is_flagged))
    theirs = pl.concat([_homes(protected), listed.filter(is_flagged)]).select("home").unique()
    near = known.filter(_may_share(protected, theirs["home"], known["postcode_shown"].unique()))
    homes = pl.concat([_homes(_of_children(near, child_records.join(near, on="record_id", how="semi"))), listed])
    return homes.join(theirs, on="home", how="semi")["child_id"].unique()


def _of_their_households(near: pl.Series, candidates: pl.DataFrame) -> pl.Series:
    """child_id of every child of the list in one household with any of ``near``.

    Their records may describe the home in different ways, so that no two agree (a UPRN, a tenancy, a surname at an
    address). The list puts them behind one door all the same, and so would anybody who reads their rows.
    """
    theirs = candidates.filter(pl.col("child_id").is_in(near.implode()))["household"].drop_nulls()
    return candidates.filter(pl.col("household").is_in(theirs.implode()))["child_id"]


def _of_children(known: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``known`` for these ``records``, with their ``child_id``."""
    theirs = known.join(records, on="record_id", how="semi")
    return theirs.join(records, on="record_id", how="inner", validate="1:1")


def _may_share(protected: pl.DataFrame, theirs: pl.Series, postcodes: pl.Series) -> pl.Expr:
    """True for every record that may share one of the homes of ``protected`` records (``theirs``), and for few others.

    This keeps down the number of homes to be written out. ``postcodes``: every postcode as shown; an address as shown ends
    with its postcode.
    """
    ends = pl.Series(sorted({home[at:] for home in theirs for at in range(len(home) + 1)}), dtype=pl.String)
    near = postcodes.to_frame().filter(letters_and_digits("postcode_shown").is_in(ends.implode()))
    same = [pl.col(name).is_in(protected[name].unique().implode()) for name in ("uprn", "household", "postcode")]
    return pl.any_horizontal(*same, pl.col("postcode_shown").is_in(near["postcode_shown"].implode()))


def _homes(records: pl.DataFrame) -> pl.DataFrame:
    """child_id and each key by which a record knows the home; a record that knows none gives no row."""
    by_key = [
        records.select("child_id", home=formatted("{}: {}", pl.lit(column), pl.col(column)))
        for column in ("uprn", "household")
    ]
    place = pl.concat_str(pl.col("flat").fill_null(""), "house", "street", "postcode", separator="|")
    by_place = records.select("child_id", home=place)
    return pl.concat([*by_key, by_place, _homes_shown(records)]).drop_nulls()


def _homes_shown(records: pl.DataFrame) -> pl.DataFrame:
    """child_id and the address as shown, letters and digits only."""
    text = letters_and_digits("address_shown", "postcode_shown")
    return records.select("child_id", home=text).filter(pl.col("home").str.len_chars() > 8)
