"""UPNs that one source gives to two children: a school that takes over a year group may copy a brother's number to a
sister.

A UPN is permanent and belongs to one child. If one roll gives it to two, at least one of them has another's number, and
nobody can say which. It would hold that child apart from its own earlier entry, and prove it to be the other child.
"""

import polars as pl

from pipelines.children.exchanged_births import LEAST_APART_DAYS


def without_shared_upns(person: pl.DataFrame) -> pl.DataFrame:
    """``person`` (``PERSON``) with ``upn`` and ``former_upn`` null where their source gives that UPN to two children.

    They are two if names and birth dates differ and neither is a slip of the other: neither child's forename is among the
    other's names, and the dates are too far apart for twins and not on the same day of the year.
    """
    asked = person.filter(pl.col("upn").is_not_null(), pl.struct("dataset", "upn").is_duplicated())
    named = asked.drop_nulls(["forename", "date_of_birth"]).sort("date_of_birth", "record_id")
    names = pl.concat_list("forename", pl.col("middle_names").fill_null("").str.split(" "))
    named = named.select("dataset", "upn", "forename", born="date_of_birth", names=names)
    eldest = named.group_by("dataset", "upn", maintain_order=True).first()
    both = named.join(eldest, on=["dataset", "upn"], how="left", validate="m:1", suffix="_of_eldest")
    born, eldest_born = pl.col("born"), pl.col("born_of_eldest")
    is_another = (
        ~pl.col("names_of_eldest").list.contains(pl.col("forename"))
        & ~pl.col("names").list.contains(pl.col("forename_of_eldest"))
        & ((born - eldest_born).dt.total_days() >= LEAST_APART_DAYS)
        & (born.dt.strftime("%m%d") != eldest_born.dt.strftime("%m%d"))
    )
    shared = both.filter(is_another).select("dataset", "upn").unique()
    if shared.is_empty():
        return person
    numbers = pl.struct("dataset", "upn"), pl.struct("dataset", upn="former_upn")
    are_shared = [each.is_in(shared.to_struct().implode()) for each in numbers]
    return person.with_columns(
        pl.when(~is_shared).then(name).alias(name)
        for name, is_shared in zip(("upn", "former_upn"), are_shared, strict=True)
    )
