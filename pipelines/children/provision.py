"""Where, as far as any extract shows, a child is educated, and whether that holds on the date judged.

Nothing source-specific stands here: which rows prove an education, in what way and until when, is said by the contracts
and arrives as statements of the kind ``provision``.
"""

from datetime import date

import polars as pl

from pipelines.tables import PROVISION


def find_provision(statements: pl.DataFrame, child_records: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Every provision statement of every child (``PROVISION``), in the order of child, start and record.

    ``is_current`` holds where ``since_on`` is null or not after ``as_at``, and ``until_on`` is null or *later than*
    ``as_at``. On its last day an entry no longer proves an education: a leaving date that equals the date judged means
    that the child has left, and a closing date that the entry is closed. A place that starts tomorrow is none today.
    ``link_probability`` is the record's membership in the child. Raises :class:`ValueError` where a statement's record
    belongs to no child: dropping it would make a lead out of nothing.
    """
    said = statements.filter(pl.col("kind") == "provision")
    found = said.join(child_records, on="record_id", how="left", validate="m:1")
    if homeless := found["child_id"].null_count():
        raise ValueError(
            f"{homeless} of {found.height} provision statements belong to a record without a child. "
            "Link the person records that these statements were read from, all of them, and judge again."
        )
    return (
        found.with_columns(
            is_current=_holds_on(as_at),
            link_probability=pl.col("membership"),
        )
        .select(PROVISION.names())
        .cast(PROVISION)
        .sort(PROVISION.names(), nulls_last=False)
    )


def _holds_on(as_at: date) -> pl.Expr:
    """True where the statement holds on a date; its last day is no longer part of it."""
    has_begun = pl.col("since_on").is_null() | (pl.col("since_on") <= as_at)
    is_open = pl.col("until_on").is_null() | (pl.col("until_on") > as_at)
    return has_begun & is_open
