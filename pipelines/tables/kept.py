"""What one night's linkage keeps so that the next need look only at what changed (:mod:`pipelines.linking.kept_links`).

All of it can be deleted: the next night then works it out again, with the same result. Each record has a number, assigned when
the record comes or changes, and never reused.
"""

import polars as pl

from matching.person import Columns

LINK_KEPT = pl.Schema(
    Columns(
        {
            "mark": pl.String,  # fingerprint of measures in force and software: what is kept is valid for no other
            "next_number": pl.Int64,  # lowest number that no record ever had
            "linked_at": pl.Datetime("us", "UTC"),  # when the night began; null: kept by an earlier version
        }
    )
)
"""One row. Written by link."""

LINKED_RECORD = pl.Schema(
    Columns(
        {
            "record_id": pl.String,  # key
            "number": pl.Int64,
            "content": pl.UInt64,  # fingerprint of all that the linkage reads of the record, judgements included
            "cut": pl.Int64,  # number of the first record of its child, before children were joined
            "label": pl.Int64,  # number of the first record of its child
        }
    )
)
"""One row is one person record, as it was linked. Written by link."""

SCORED_PAIR = pl.Schema(
    Columns(
        {
            "left": pl.Int64,  # number of a record; left comes before right in the order of record ids
            "right": pl.Int64,
            "pattern": pl.Int64,  # the levels of all comparisons in one number
            "match_weight": pl.Float64,  # bits
            "evidence": pl.Float64,  # bits: the weight, or a certainty that replaces it
            "rule": pl.Int16,  # number of the blocking rule that found the pair
            "match_probability": pl.Float64,  # 0..1, as in LINK
            "alone": pl.Float64,  # 0..1, match probability of the pair by itself
            "is_same_child": pl.Boolean,  # as in LINK
        }
    )
)
"""One row is one pair of records above the floor. Key (left, right). Written by link."""

BLOCK_SIGN = pl.Schema(Columns({"sign": pl.UInt32, "number": pl.Int64}))
"""One row is one record in one block, by its sign (:func:`matching.increment.block_signs`). Written by link."""

WEIGHED_CHILDREN = pl.Schema(
    Columns(
        {
            "one": pl.UInt64,  # sign of a child: the sum of the signs of its records
            "other": pl.UInt64,
            "log_odds": pl.Float64,  # bits: log2 odds that the two are one child
            "left": pl.Int64,  # numbers of the likeliest pair of records between the two, with right
            "right": pl.Int64,
        }
    )
)
"""One row is one pair of children weighed against each other in any round of joining. Written by link."""
