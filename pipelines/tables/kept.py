"""What one night's linkage keeps for the next, so that it need look only at what changed (:mod:`pipelines.linking.kept_links`).

All of it can be thrown away: the next night then works it out again, with the same result. Records go by a number of
their own, given when the record comes or changes and never given again.
"""

import polars as pl

from matching.person import Columns

LINK_KEPT = pl.Schema(
    Columns(
        {
            "mark": pl.String,  # of the measures in force and of the software: what is kept holds for no other
            "next_number": pl.Int64,  # the least number that no record ever had
            "linked_at": pl.Datetime("us", "UTC"),  # beginning of the night; null: of an earlier version
        }
    )
)
"""One row. Written by link."""

LINKED_RECORD = pl.Schema(
    Columns(
        {
            "record_id": pl.String,  # key
            "number": pl.Int64,
            "content": pl.UInt64,  # fingerprint of what the linkage reads of the record, judgements among it
            "cut": pl.Int64,  # number of the first record of its child, before children were joined
            "label": pl.Int64,  # number of the first record of its child
        }
    )
)
"""One row is one person record, as it was linked. Written by link."""

SCORED_PAIR = pl.Schema(
    Columns(
        {
            "left": pl.Int64,  # number of a record; left stands before right in the order of record ids
            "right": pl.Int64,
            "pattern": pl.Int64,  # the levels of all comparisons in one number
            "match_weight": pl.Float64,  # bits
            "evidence": pl.Float64,  # bits: the weight, or what is certain in its place
            "rule": pl.Int16,  # number of the blocking rule that found it
            "match_probability": pl.Float64,  # 0..1, as in LINK
            "alone": pl.Float64,  # 0..1, that of the pair by itself
            "is_same_child": pl.Boolean,  # as in LINK
        }
    )
)
"""One row is one pair of records above the floor. Key (left, right). Written by link."""

BLOCK_SIGN = pl.Schema(Columns({"sign": pl.UInt32, "number": pl.Int64}))
"""One row is one block that a record is in: records of one block have one sign. Written by link."""

WEIGHED_CHILDREN = pl.Schema(
    Columns(
        {
            "one": pl.UInt64,  # sign of a child: the sum of its records' own
            "other": pl.UInt64,
            "log_odds": pl.Float64,  # bits, that the two are one child
            "left": pl.Int64,  # numbers of the likeliest pair of records between the two
            "right": pl.Int64,
        }
    )
)
"""One row is one pair of children that were weighed against each other, in any round of joining. Written by link."""
