"""Leads off the list by an education that nothing has confirmed: only the comparison of records gives another answer.

A doctor takes one of two twins for the other and removes a registration. Then the other twin is missing from the doctors' list,
the one who is left there fits, and the two become one child, who has a school. But nobody has told anything new of either.
"""

import polars as pl

from pipelines.record_ids import one_row_a_record

NEWS = "news of the education"
"""What such a lead waits for."""

UNCONFIRMED = (
    "Neither that record nor any of this child's has come or changed since the child was last listed: the child stays in view "
    "until one does, an analyst judges the two to be one child, or an officer closes the lead."
)


def is_unconfirmed(off_why: str | None) -> bool:
    """Whether ``LEAD.off_why`` says that nothing has confirmed the education. A column of its own would bring every store to
    another version, and stand in ``in_view.csv``, for one line of one page."""
    return off_why is not None and off_why.endswith(UNCONFIRMED)


def without_news(off: pl.DataFrame, stood: pl.DataFrame, snapshot: pl.DataFrame, judged: pl.Series) -> pl.DataFrame:
    """``child_id``, ``spell`` of leads whose education is shown by a record that was another child's on the last list, if
    neither it nor any record of the lead has come or changed since the child was last listed.

    ``off``: ``child_id``, ``spell``, ``records`` (when last listed), ``last_listed_on``, and of the education ``record_id`` and
    ``since_on``: a place that begins tonight is news. ``stood``: the children off the last list, with their ``records``.
    ``snapshot``: ``SNAPSHOT``. A lead of whose records the snapshot knows nothing is left out, and so is one with a record that
    people judged to be of the same child as another (``judged``): that is news.
    """
    own = one_row_a_record(off, "child_id", "spell", "last_listed_on")
    known = one_row_a_record(stood)["record_id"].drop_nulls()
    has_begun = pl.col("since_on").is_null() | (pl.col("since_on") <= pl.col("last_listed_on"))
    proof = off.filter(pl.col("record_id").is_in(known.implode()), has_begun).select(own.columns)
    is_judged = own.filter(pl.col("record_id").is_in(judged.implode()))
    asked = proof.join(own, on=own.columns, how="anti").join(is_judged, on=["child_id", "spell"], how="anti")
    both = pl.concat([asked, own.join(asked, on=["child_id", "spell"], how="semi")])
    changed = snapshot.join(both, on="record_id", how="semi").group_by("record_id").agg(pl.col("first_seen_on").max())
    dated = both.join(changed, on="record_id", how="left", validate="m:1")
    is_new = (pl.col("first_seen_on") > pl.col("last_listed_on")).fill_null(value=True)
    return dated.group_by("child_id", "spell").agg(is_new=is_new.any()).filter(~pl.col("is_new")).drop("is_new")
