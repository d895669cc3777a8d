"""Records in one form, and which of them are the same child."""

import polars as pl

from matching.person import PERSON_RECORD, Columns

SHOWN = {
    "forename_shown": pl.String,  # as the source writes it, tidied for reading (spaces, capitals)
    "surname_shown": pl.String,
    "address_shown": pl.String,  # one line, with postcode left out
    "postcode_shown": pl.String,
}

PERSON = pl.Schema(Columns({**PERSON_RECORD, **SHOWN}))
"""``person_record``: one row is one loaded row of one source; where it stands in its file is said by ``raw_<source>``.
Written by standardise."""

STATEMENT = pl.Schema(
    {
        "record_id": pl.String,
        "source": pl.String,
        "kind": pl.String,  # provision, seen, lives_here, left, concern, protected, died
        # (data_contracts.contract.Statement); vanished: gone from a roll without a leaving date (pipelines.intake.vanished)
        "what": pl.String,  # provision: the way of being educated; concern: its name; else null
        "place": pl.String,  # provision: name of the school or provider; else null
        "since_on": pl.Date,  # first day it holds; for seen and left: the day itself; null: unknown, taken as always
        "until_on": pl.Date,  # last day it holds; null: open. With holds_days: since_on + holds_days
        "doubt": pl.String,  # reasons to hold it for less than certain, apart by "; "; null: none
        "proves": pl.Float64,  # 0..1, how far a doubtful provision still proves an education; null: as the settings have it
    }
)
"""One row is one thing that one record says about its child. Written by standardise."""

STANDARDISED = pl.Schema(
    Columns(
        {
            "made_by": pl.String,  # fingerprint of software and contracts (pipelines.intake.restandardise.made_by)
            "made_on": pl.Date,  # the date judged
        }
    )
)
"""One row: what ``person_record`` and ``statement`` were made by. Written by standardise."""

DATED_CELL = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "column": pl.String,  # a column of ``raw_<source>`` on which it depends, with the date judged, what a row says
            "cell": pl.String,  # its text
            "day": pl.Date,  # as the text is read
        }
    )
)
"""One row is one date as it is written in a column of a source. Key (source, column, cell). Written by standardise.

Dates that no row has any more may stand there until all records are made anew.
"""

FORMER_RECORD = pl.Schema({"record_id": pl.String})
"""One row is one record of an identity from before an adoption: it is in no other table but ``raw_*``, ``vanished`` and their
history. Written by standardise."""

SCHOOL = pl.Schema(
    {
        "number": pl.String,  # key within its source: a number of the school or its name, its letters and digits in small
        "source": pl.String,
        "place": pl.String,  # as the rows of the source name it (STATEMENT.place)
    }
)
"""One row is one way in which others name a school of a roll; none where two schools go by it. Written by standardise."""

LINK = pl.Schema(
    {
        "left_id": pl.String,  # record_id; left_id < right_id
        "right_id": pl.String,
        "match_weight": pl.Float64,  # bits (log2 of the likelihood ratio), without the prior
        "match_probability": pl.Float64,  # 0..1, as all the records of their children have it
        "levels": pl.String,  # "comparison: level" apart by "; ", in the order of the model
        "is_same_child": pl.Boolean,  # true: both records ended in one child
    }
)
"""One row is one scored candidate pair above the floor (also near misses). Key (left_id, right_id). Written by link."""

CHILD_RECORD = pl.Schema(
    {
        "record_id": pl.String,  # key
        "child_id": pl.String,  # "CH" + 10 letters and digits; stays from night to night
        "membership": pl.Float64,  # 0..1, how sure it is that the record belongs to this child
    }
)
"""One row is one person record and the child it belongs to. Written by link."""

CHILD_MOVE = pl.Schema(
    {
        "as_at": pl.Date,  # the night
        "kind": pl.String,  # merged, split, moved (see matching.cluster.id_moves)
        "child_id": pl.String,  # the child the records belonged to before
        "other_child_id": pl.String,  # the child they belong to since
        "records": pl.Int64,  # how many moved
    }
)
"""One row is one pair of children between which records moved one night. Kept for good. Written by link."""

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
"""One row is one ordered pair of children that may be the same (both orders are kept). Written by link."""

LINK_PRIOR = pl.Schema(
    Columns(
        {
            "left_source": pl.String,  # left_source <= right_source
            "right_source": pl.String,
            "bits": pl.Float64,  # log2 odds, before a look at them, that a record of each are one child
            "links": pl.Float64,  # links expected between (or within) the sources
        }
    )
)
"""One row is one pair of sources. Kept so that any pair can be weighed again as the night did. Written by link."""

LINK_COVERAGE = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "other_source": pl.String,
            "birth_year": pl.String,  # null: the record has no birth date; "other": any year that no record bore then
            "bits": pl.Float64,  # 0 and more: -log2 of the chance that a record's child has none in the other source
        }
    )
)
"""One row is one ordered pair of sources and one year of birth. Kept as LINK_PRIOR is. Written by link."""
