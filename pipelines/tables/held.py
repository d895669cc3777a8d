"""What the linkage measures once and then holds, and the weights it learnt once: :mod:`pipelines.linking.measures_in_force`.

LINK_PRIOR and LINK_COVERAGE belong to it too.
"""

import polars as pl

from matching.person import Columns

LINK_MODEL = pl.Schema(
    Columns(
        {
            "learnt_on": pl.Date,  # the night; null: its records were too few, and the weights only stand in
            "origin": pl.String,  # in words, for the match report
            "weights": pl.String,  # TOML, as matching.model.write_model writes it
        }
    )
)
"""One row: the weights that a night learnt and later nights use, while no others are approved. Written by link."""

LINK_MEASURED = pl.Schema(
    Columns(
        {
            "measured_on": pl.Date,  # the night; null: as_at was not given
            "fingerprint": pl.String,  # of model, comparisons, rules, settings and sources
            "why": pl.String,  # in words, why they were measured that night
            "records": pl.Int64,
            "children": pl.Int64,
            "rules": pl.List(pl.String),  # blocking rules chosen, in the order in which they run
            "blocking_recall": pl.Float64,  # 0..1, estimated
        }
    )
)
"""One row: when the measures in force were measured, and on what. Written by link."""

LINK_SOURCE = pl.Schema(
    Columns(
        {
            "source": pl.String,  # key
            "records": pl.Int64,  # when it was measured
            "twice_bits": pl.Float64,  # -log2 of the chance that a child has a further record in the source
            "alone_bits": pl.Float64,  # by which it is rarer that the source knows one of two siblings and not the other
        }
    )
)
"""One row is one source. Written by link."""

LINK_NEVER_MET = pl.Schema(
    Columns(
        {
            "source": pl.String,  # source <= other_source
            "other_source": pl.String,
            "pairs": pl.Int64,  # of records of one child, which a record of a third source holds together
            "missed": pl.Int64,  # of them, those that never came near each other
        }
    )
)
"""One row is one pair of sources. Written by link."""

LINK_PRESENCE = pl.Schema(
    Columns(
        {
            "birth_year": pl.String,  # null: none is known; key with sources
            "sources": pl.List(pl.String),  # every source that knows the child, in their order, and no other
            "children": pl.Float64,  # so many, a part of one where two groups of records may be one child
        }
    )
)
"""One row is one set of sources and one birth year. Written by link."""

LINK_FREQUENCY = pl.Schema(
    Columns(
        {
            "column": pl.String,  # of a person record with its keys
            "value": pl.String,  # null: any value that has no row of its own. Dates as yyyymmdd
            # log2 of the chance that another person has the value; of name_in_full: by how much the forename is commoner among
            # those with such a surname than among all (0 to 6)
            "bits": pl.Float64,
        }
    )
)
"""One row is one value that more than two records bear. Written by link."""

LINK_BLOCKING = pl.Schema(
    Columns(
        {
            "rule": pl.String,  # key
            "pairs": pl.Int64,  # that it makes
            "new_pairs": pl.Int64,  # of them, those that no earlier rule makes
            "largest_block": pl.Int64,  # records
            "left_out": pl.Int64,  # pairs left out because a block could not be split any further
        }
    )
)
"""One row is one blocking rule, as counted when measured. Written by link."""
