"""Every table of the store: its grain, key, columns and only writer.

Times end in ``_at`` (UTC), dates in ``_on``. ``raw_<source>`` tables are made from their contracts in
:mod:`pipelines.receive`: one row a row of a file, every column text and unchanged, with ``record_id``
(``source:key``), ``file_id`` and ``line`` (as a spreadsheet shows it) in front.
"""

import polars as pl

from matching.person import PERSON_RECORD, Columns

DELIVERY = pl.Schema(
    Columns(
        {
            "file_id": pl.String,  # key within its source: first 16 hex digits of the SHA-256 of the file's bytes
            "source": pl.String,  # contract id; "unknown" where no contract fits
            "file": pl.String,  # file name without folder
            "sha256": pl.String,
            "bytes": pl.Int64,
            "rows_read": pl.Int64,
            "rows_loaded": pl.Int64,
            "rows_set_aside": pl.Int64,  # rows_read = rows_loaded + rows_set_aside, checked
            "verdict": pl.String,  # "loaded" or "refused"
            "received_at": pl.Datetime("us", "UTC"),
        }
    )
)
"""One row is one file of tonight's folder. Written by receive."""

BREACH = pl.Schema(
    {
        "source": pl.String,
        "file_id": pl.String,
        "file": pl.String,
        "line": pl.Int64,  # null: the whole file
        "column": pl.String,  # header as the file has it; null: no single column
        "rule": pl.String,
        "stops": pl.String,  # file, row, nothing
        "why": pl.String,
        "fix": pl.String,
    }
)
"""One row is one broken rule at one place; no value from the file. Written by receive."""

SET_ASIDE = pl.Schema(
    {
        "source": pl.String,
        "file_id": pl.String,
        "line": pl.Int64,
        "rules": pl.String,  # the rules broken, apart by "; "
        "row": pl.String,  # the row unchanged, as a JSON object header -> text (personal data: stays in the store)
    }
)
"""One row is one row of a file that broke a row rule, or of a file that was refused. Written by receive."""

SHOWN = {
    "forename_shown": pl.String,  # as the source writes it, tidied for reading (spaces, capitals)
    "surname_shown": pl.String,
    "address_shown": pl.String,  # one line, with postcode left out
    "postcode_shown": pl.String,
}

PERSON = pl.Schema(Columns({**PERSON_RECORD, **SHOWN, "file_id": pl.String, "line": pl.Int64}))
"""``person_record``: one row is one loaded row of one source. Written by standardise."""

STATEMENT = pl.Schema(
    {
        "record_id": pl.String,
        "source": pl.String,
        "kind": pl.String,  # provision, seen, lives_here, left, concern, protected (data_contracts.contract.Statement)
        "what": pl.String,  # provision: the way of being educated; concern: its name; else null
        "place": pl.String,  # provision: name of the school or provider; else null
        "since_on": pl.Date,  # first day it holds; for seen and left: the day itself; null: unknown, taken as always
        "until_on": pl.Date,  # last day it holds; null: open. With holds_days: since_on + holds_days
        "doubt": pl.String,  # reasons to hold it for less than certain, apart by "; "; null: none
    }
)
"""One row is one thing that one record says about its child. Written by standardise."""

LINK = pl.Schema(
    {
        "left_id": pl.String,  # record_id; left_id < right_id
        "right_id": pl.String,
        "match_weight": pl.Float64,  # bits (log2 of the likelihood ratio), without the prior
        "match_probability": pl.Float64,  # 0..1, of the pair by itself
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
            "birth_year": pl.String,  # null: the record has no birth date
            "bits": pl.Float64,  # 0 and more: -log2 of the chance that a record's child has none in the other source
        }
    )
)
"""One row is one ordered pair of sources and one year of birth. Kept as LINK_PRIOR is. Written by link."""

PROVISION = pl.Schema(
    {
        "child_id": pl.String,
        "record_id": pl.String,
        "source": pl.String,
        "what": pl.String,
        "place": pl.String,
        "since_on": pl.Date,
        "until_on": pl.Date,
        "is_current": pl.Boolean,  # holds on the date judged
        "doubt": pl.String,
        "link_probability": pl.Float64,  # 0..1, that the record is this child's
    }
)
"""One row is one provision statement of one child. Written by provision."""

RESIDENCE = pl.Schema(
    {
        "child_id": pl.String,  # key
        "living_here": pl.Float64,  # 0..1
        "last_seen_on": pl.Date,  # null: never seen with a date
        "last_seen_by": pl.String,  # source name for people; null with last_seen_on
        "because": pl.String,  # plain English
    }
)
"""One row is one child that any agency knows. Written by residence."""

FINDING = pl.Schema(
    {
        "child_id": pl.String,
        "factor": pl.String,  # name of the factor's file in pipelines/priority/
        "points": pl.Int64,
        "because": pl.String,  # plain English, no name in it
    }
)
"""One row is one reason to look sooner. Written by rank (from pipelines/priority)."""

CANDIDATE = pl.Schema(
    {
        "rank": pl.Int64,  # 1 is first
        "child_id": pl.String,  # key
        "lane": pl.String,  # "follow up", "doubtful link", "probably moved away", "data problem", "restricted"
        "likelihood": pl.Float64,  # 0..1 = on_no_roll x living_here (x of age, where the birth date is doubtful)
        "on_no_roll": pl.Float64,
        "living_here": pl.Float64,
        "priority": pl.Int64,  # sum of the findings' points
        "because": pl.String,
        "forename": pl.String,
        "surname": pl.String,
        "date_of_birth": pl.Date,
        "age": pl.Int64,  # whole years on the date judged
        "sex": pl.String,
        "address": pl.String,
        "postcode": pl.String,
        "last_seen_on": pl.Date,
        "last_seen_by": pl.String,
        "records": pl.String,  # "source:key;source:key..."
        "restricted": pl.Boolean,
    }
)
"""One row is one child possibly missing education, to be looked into. Unmasked: publish masks. Written by rank."""

EXPLAINED = pl.Schema(
    {
        "child_id": pl.String,  # key
        "why": pl.String,  # plain English: what explains the child
        "reason": pl.String,  # "provision", "probably moved away", "not of compulsory school age" ...
        "record_id": pl.String,  # provision record that explains the child; null where another reason does
        "source": pl.String,
        "what": pl.String,
        "since_on": pl.Date,
        "until_on": pl.Date,
        "link_probability": pl.Float64,
        "likelihood": pl.Float64,  # what the likelihood would have been; null where provision explains the child
        "records": pl.String,
    }
)
"""One row is one other child of compulsory school age that an agency knows, and why it is not listed.

Written by rank.
"""

NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the date judged
            "started_at": pl.Datetime("us", "UTC"),
            "published_at": pl.Datetime("us", "UTC"),  # null: the night has not published (it runs, or it failed)
        }
    )
)
"""One row: the night whose tables these are. Written by night."""

TABLES: dict[str, pl.Schema] = {
    "night": NIGHT,
    "delivery": DELIVERY,
    "breach": BREACH,
    "set_aside": SET_ASIDE,
    "person_record": PERSON,
    "statement": STATEMENT,
    "link": LINK,
    "child_record": CHILD_RECORD,
    "rival": RIVAL,
    "link_prior": LINK_PRIOR,
    "link_coverage": LINK_COVERAGE,
    "provision": PROVISION,
    "residence": RESIDENCE,
    "finding": FINDING,
    "candidate": CANDIDATE,
    "explained": EXPLAINED,
}
"""Every table of the store by its name, in the order in which a night writes them; ``raw_*`` stand beside them."""
