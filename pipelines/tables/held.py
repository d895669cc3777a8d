"""What the linkage measures or learns once and then holds (:mod:`pipelines.linking.measures_in_force`).

LINK_PRIOR and LINK_COVERAGE belong to it too.
"""

import polars as pl

from matching.person import Columns

LINK_MODEL = pl.Schema(
    Columns(
        {
            "learnt_on": pl.Date,  # the night; null: too few records to learn from, approved weights are used for now
            "origin": pl.String,  # in words, for the match report
            "weights": pl.String,  # TOML, as matching.weights.model.write_model writes it
        }
    )
)
"""One row: the weights that a night learnt and later nights use until others are approved. Written by link."""

LINK_MEASURED = pl.Schema(
    Columns(
        {
            "measured_on": pl.Date,  # the night; null: the date judged was not given
            "fingerprint": pl.String,  # of model, comparisons, rules, settings and sources
            "why": pl.String,  # why they were measured that night, in words
            "records": pl.Int64,
            "children": pl.Int64,
            "rules": pl.List(pl.String),  # blocking rules chosen, in running order
            "blocking_recall": pl.Float64,  # 0..1, estimated
        }
    )
)
"""One row: when the measures in force were measured, and on what. Written by link."""

LINK_SOURCE = pl.Schema(
    Columns(
        {
            "source": pl.String,  # key
            "records": pl.Int64,  # of the source, when measured
            "twice_bits": pl.Float64,  # -log2 of the chance that a child has a further record in the source
            "alone_bits": pl.Float64,  # by how much it is rarer for the source to know only one of two siblings
        }
    )
)
"""One row is one source. Written by link."""

LINK_NEVER_MET = pl.Schema(
    Columns(
        {
            "source": pl.String,  # source <= other_source
            "other_source": pl.String,
            "pairs": pl.Int64,  # pairs of records of one child that a record of a third source holds together
            "missed": pl.Int64,  # of these, pairs that blocking never brought together
        }
    )
)
"""One row is one pair of sources. Written by link."""

LINK_PRESENCE = pl.Schema(
    Columns(
        {
            "birth_year": pl.String,  # or "elsewhere" (linking/counted_among.py); null: none is known; key with sources
            "sources": pl.List(pl.String),  # exactly the sources that know the child, in order
            "children": pl.Float64,  # a fraction where two groups of records may be one child
        }
    )
)
"""One row is one set of sources and one birth year: how many children exactly these sources know. Written by link."""

LINK_FREQUENCY = pl.Schema(
    Columns(
        {
            "column": pl.String,  # of a person record with its keys
            "value": pl.String,  # null: any value that has no row of its own. Dates as yyyymmdd
            # log2 of the chance that another person has the value; for name_in_full: how much commoner the forename is among
            # people with such a surname than among all (0 to 6); for forename_on_1_january: the same of that birthday, among
            # people with the forename
            "bits": pl.Float64,
        }
    )
)
"""One row is one value that more than two records have. Written by link."""

LINK_BLOCKING = pl.Schema(
    Columns(
        {
            "rule": pl.String,  # key
            "pairs": pl.Int64,  # that the rule makes
            "new_pairs": pl.Int64,  # of these, pairs that no earlier rule makes
            "largest_block": pl.Int64,  # records
            "left_out": pl.Int64,  # pairs left out because a block could not be split further
        }
    )
)
"""One row is one blocking rule, as counted when measured. Written by link."""
