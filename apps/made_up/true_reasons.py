"""Compares the reasons why children left the list with what happened in a made-up authority. For tests and benchmarks only."""

from collections.abc import Collection
from datetime import date

import polars as pl

from apps.made_up.books import LAYOUT_OF, Books, in_education, of_age
from apps.made_up.history import BIRTH_STYLE, WRITTEN
from apps.made_up.truth import true_children
from pipelines.formatted import formatted
from pipelines.ledger.left_list import MERGED, RECORDS_GONE
from pipelines.ledger.successor import holder_of_most
from pipelines.listing.rank import CLOSED, IN_EDUCATION, MOVED_AWAY, NOT_OF_AGE, SAME_AS_RIVAL
from pipelines.record_ids import one_row_a_record

FACTS = (IN_EDUCATION, SAME_AS_RIVAL, NOT_OF_AGE, MERGED, CLOSED, RECORDS_GONE)
"""Reasons that are either true or false; the others are judgements of likelihood."""


def judged_reasons(
    left: pl.DataFrame,
    child_records: pl.DataFrame,
    books: Books,
    *,
    as_at: date,
    not_whole: Collection[str] = (),
    closed: Collection[str] = (),
) -> pl.DataFrame:
    """``left`` (``LEAD`` rows) with ``true_child`` and ``is_true`` (null: a judgement about a child who still lives here).

    ``books``: as on the night. ``not_whole``: sources that did not come as in the books, such as yesterday's file, which may
    still show what the books no longer do. ``closed``: child ids that an officer closed. An education is true if the record
    named is the child's own and the child is in education; a merge, if both are one child; that the records are gone, if none
    of them is in a file that came; that a child is not of age, if that is so, or if a clerk wrote another birth date.
    """
    whose = true_children(books.records)
    own = holder_of_most(one_row_a_record(left, "child_id", "spell"), whose)
    owner = whose.rename({"true_child": "proof_owner"})
    into = _majority_of_children(child_records, whose)
    facts = books.children.select(true_child="child_id", is_resident=pl.col("resident") == 1)
    facts = facts.with_columns(true_of_age=pl.Series(of_age(books, as_at)))
    learning = in_education(books, as_at)
    slipped = _dated_otherwise(books)
    late = pl.col("source").is_in(list(not_whole))
    stands = _stands(left, books, not_whole)
    child, because = pl.col("true_child"), pl.col("off_because")
    educated = child.is_in(learning.implode()) | late
    truths = {
        IN_EDUCATION: (pl.col("proof_owner") == child) & educated,
        SAME_AS_RIVAL: educated,
        MERGED: pl.col("into_child") == child,
        NOT_OF_AGE: ~pl.col("true_of_age") | child.is_in(slipped.implode()),
        RECORDS_GONE: ~pl.col("stands"),
        CLOSED: pl.col("child_id").is_in(list(closed)),
        MOVED_AWAY: pl.when(~pl.col("is_resident")).then(pl.lit(value=True)),
    }
    is_true = pl.coalesce(*(pl.when(because == reason).then(truth) for reason, truth in truths.items()))
    return (
        left.join(own, on=["child_id", "spell"], how="left", validate="1:1")
        .join(owner, on="record_id", how="left", validate="m:1")
        .join(into, on="other_child_id", how="left", validate="m:1")
        .join(facts, on="true_child", how="left", validate="m:1")
        .join(stands, on=["child_id", "spell"], how="left", validate="1:1")
        .with_columns(is_true=is_true)
    )


def _dated_otherwise(books: Books) -> pl.Series:
    """Children of whom a row now gives another birth date than theirs, or none that can be read."""
    born = books.children.select("child_id", "born_on")
    found = []
    for source, style in BIRTH_STYLE.items():
        written = books.rows[source].select("child_id", on=pl.col(WRITTEN[source][2]).str.to_date(style, strict=False))
        differs = pl.col("on").ne_missing(pl.col("born_on"))
        found.append(written.join(born, on="child_id", how="inner", validate="m:1").filter(differs)["child_id"])
    return pl.concat(found)


def _majority_of_children(child_records: pl.DataFrame, whose: pl.DataFrame) -> pl.DataFrame:
    records = child_records.select("child_id", "record_id", spell=pl.lit(0))
    return holder_of_most(records, whose).select(other_child_id="child_id", into_child="true_child")


def _stands(left: pl.DataFrame, books: Books, not_whole: Collection[str]) -> pl.DataFrame:
    """``child_id``, ``spell``, ``stands``: whether any record of a lead is in a file that came as in the books."""
    came = [
        frame.select(record_id=formatted("{}:{}", pl.lit(source), LAYOUT_OF[source].key))
        for source, frame in books.rows.items()
        if source not in not_whole
    ]
    keys = pl.concat(came)["record_id"]
    stands = one_row_a_record(left, "child_id", "spell").with_columns(stands=pl.col("record_id").is_in(keys.implode()))
    return stands.group_by("child_id", "spell").agg(pl.col("stands").any())


def renamed_without_cause(before: pl.DataFrame, after: pl.DataFrame) -> int:
    """How many children have the same records on two nights but a different id. Both: ``record_id``, ``child_id``."""

    def groups(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.sort("record_id").group_by("child_id").agg(records=pl.col("record_id").str.join(";"))

    both = groups(before).join(groups(after), on="records", how="inner", suffix="_after", validate="1:1")
    return both.filter(pl.col("child_id") != pl.col("child_id_after")).height
