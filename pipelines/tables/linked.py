"""Records in one form, and which of them are of the same child."""

import polars as pl

from matching.person import PERSON_RECORD, Columns

SHOWN = {
    "forename_shown": pl.String,  # as the source has it, tidied for reading (spaces, capitals)
    "surname_shown": pl.String,
    "address_shown": pl.String,  # one line, without the postcode
    "postcode_shown": pl.String,
}

PERSON = pl.Schema(Columns({**PERSON_RECORD, **SHOWN}))
"""``person_record``: one row is one loaded row of one source; ``raw_<source>`` has its line. Written by standardise."""

GONE_RECORD = PERSON
"""One row is one record of the last linkage that is gone tonight, as it last was, but none from before an adoption. Written by
standardise, emptied by link (:mod:`pipelines.linking.carried_ids`)."""

STATEMENT = pl.Schema(
    {
        "record_id": pl.String,
        "source": pl.String,
        "kind": pl.String,  # provision, seen, lives_here, left, concern, protected, died
        # (data_contracts.contract.Statement); vanished: gone from a roll without a leaving date
        # (pipelines.intake.since_last_night.vanished)
        "what": pl.String,  # provision: the way of being educated; concern: its name; else null
        "place": pl.String,  # provision: name of the school or provider; else null
        "since_on": pl.Date,  # first day it holds; for seen and left: the day itself; null: unknown, counts as always
        "until_on": pl.Date,  # last day it holds; null: open. With holds_days: since_on + holds_days
        "doubt": pl.String,  # why it is less than certain, separated by "; "; null: no doubt
        "proves": pl.Float64,  # 0..1, how far a doubtful provision still proves an education; null: by the settings
    }
)
"""One row is one thing that one record says about its child. Written by standardise."""

STANDARDISED = pl.Schema(
    Columns(
        {
            "made_by": pl.String,  # fingerprint of software and contracts
            # (pipelines.intake.in_one_form.restandardise.record_fingerprint)
            "made_on": pl.Date,  # the date judged
            "surname_first": pl.List(pl.String),  # sources whose names are read the other way round; null: none
        }
    )
)
"""One row: which software, contracts and date ``person_record`` and ``statement`` were made with. Written by standardise."""

DATED_CELL = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "column": pl.String,  # a column of ``raw_<source>``; with the date judged it decides what a row says
            "cell": pl.String,  # its text
            "day": pl.Date,  # as the text is read
        }
    )
)
"""One row is one date as written in a column of a source. Key (source, column, cell). Written by standardise.

Dates that no row has any more may remain until all records are standardised again.
"""

FORMER_RECORD = pl.Schema({"record_id": pl.String})
"""One row is one record of an identity from before an adoption. No other table has it, except ``raw_*``, ``vanished`` and their
history. Written by standardise."""

SCHOOL = pl.Schema(
    {
        "number": pl.String,  # key within its source: a number or name of the school, as lower-case letters and digits
        "source": pl.String,
        "place": pl.String,  # the school as its source names it (STATEMENT.place)
    }
)
"""One row is one way in which other sources name a school of a roll. Names shared by two schools are left out. Written by
standardise."""

LINK = pl.Schema(
    {
        "left_id": pl.String,  # record_id; left_id < right_id
        "right_id": pl.String,
        "match_weight": pl.Float64,  # bits (log2 of the likelihood ratio), without the prior
        "match_probability": pl.Float64,  # 0..1, by all the records of their children
        "levels": pl.String,  # "comparison: level", separated by "; ", in the order of the model
        "is_same_child": pl.Boolean,  # true: both records ended up in one child
    }
)
"""One row is one scored pair above the floor, near misses included. Key (left_id, right_id). Written by link."""

CHILD_RECORD = pl.Schema(
    {
        "record_id": pl.String,  # key
        "child_id": pl.String,  # "CH" + 10 letters and digits; stable from night to night
        "membership": pl.Float64,  # 0..1, probability that the record belongs to this child
    }
)
"""One row is one person record and its child. Written by link."""

CHILD_MOVE = pl.Schema(
    {
        "as_at": pl.Date,  # the night
        "kind": pl.String,  # merged, split, moved (see matching.clustering.cluster.id_moves)
        "child_id": pl.String,  # the child to whom the records belonged before
        "other_child_id": pl.String,  # the child to whom they belong now
        "records": pl.Int64,  # how many moved
    }
)
"""One row is one pair of children between whom records moved on one night. Kept for good. Written by link."""

RIVAL = pl.Schema(
    {
        "child_id": pl.String,
        "rival_child_id": pl.String,
        "probability": pl.Float64,  # 0..1, that the two are one child after all
        "record_id": pl.String,  # record of the child in the nearest pair
        "rival_record_id": pl.String,  # record of the rival in the nearest pair
        "match_weight": pl.Float64,  # bits, of the nearest pair
        "levels": pl.String,  # of the nearest pair
    }
)
"""One row is one ordered pair of children who may be the same; both orders are kept. Written by link."""

LINK_PRIOR = pl.Schema(
    Columns(
        {
            "left_source": pl.String,  # left_source <= right_source
            "right_source": pl.String,
            "bits": pl.Float64,  # prior log2 odds that a record of one and a record of the other are one child
            "links": pl.Float64,  # links expected between (or within) the sources
        }
    )
)
"""One row is one pair of sources. Kept so that any pair of records can be weighed again as on that night. Written by link."""

LINK_COVERAGE = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "other_source": pl.String,
            # null: no birth date; "other": any year that no record had then; "elsewhere": linking/counted_among.py
            "birth_year": pl.String,
            "bits": pl.Float64,  # 0 or more: -log2 of the chance that a record's child has no record in the other source
        }
    )
)
"""One row is one ordered pair of sources and one birth year. Kept for the same reason as LINK_PRIOR. Written by link."""
