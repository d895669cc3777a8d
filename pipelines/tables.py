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
        "record_id": pl.String,  # as the row would have had it; null: its key could not be read
        "row": pl.String,  # the row unchanged, as a JSON object header -> text (personal data: stays in the store)
    }
)
"""One row is one row of a file that broke a row rule, or of a file that was refused. Written by receive."""

RULE_HISTORY = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the date judged
            "source": pl.String,
            "rule": pl.String,
            "column": pl.String,  # header that the contract gives the column; null: no single column
            "broken": pl.Int64,  # places where the rule broke that night; 0: it was asked and is kept
            "rows": pl.Int64,  # rows read from the source that night
        }
    )
)
"""One row is one rule of one source on one night. Written by receive, which keeps the nights before."""

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
        "kind": pl.String,  # provision, seen, lives_here, left, concern, protected (data_contracts.contract.Statement); and
        # vanished: gone from a roll without a leaving date since the day (pipelines.vanished)
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
        "household": pl.String,  # "HH..." of the children of the list who live together; null: nobody else of it
        "also_here": pl.String,  # sentence that names the others of the household by rank; null with household
        "route": pl.String,  # other team that is asked first (pipelines.route.ROUTES); null: none
    }
)
"""One row is one child possibly missing education, to be looked into. Unmasked: publish masks. Written by rank."""

EARLY_WARNING = pl.Schema(
    {
        "child_id": pl.String,
        "warning": pl.String,  # "comes of compulsory school age", "moves up to Year 7"
        "due_on": pl.Date,  # first day of the term
        "likelihood": pl.Float64,  # 0..1 = no_place x living_here
        "no_place": pl.Float64,
        "living_here": pl.Float64,
        "because": pl.String,
        "forename": pl.String,
        "surname": pl.String,
        "date_of_birth": pl.Date,
        "school_year": pl.Int64,  # by age, on the date judged; 0 is Reception, negative before
        "sex": pl.String,
        "address": pl.String,
        "postcode": pl.String,
        "records": pl.String,  # "source:key;source:key..."
        "restricted": pl.Boolean,
    }
)
"""One row is one child who may be without education from ``due_on``. Not kept: made by early_warning, for publish."""

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

SOURCE_NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the night
            "source": pl.String,
            "files": pl.Int64,  # loaded
            "rows": pl.Int64,  # loaded
            "newest_on": pl.Date,  # newest date in the rows, birth dates and days to come left out; null: none
            "content": pl.String,  # fingerprint of all rows, whatever their order
        }
    )
)
"""One row is one source of which rows were loaded in one night that was not held. Key (as_at, source).

Kept for KEPT_DAYS of :mod:`pipelines.intake`. Written by snapshot.
"""

SOURCE_MEASURE = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,
            "source": pl.String,
            "measure": pl.String,  # "empty values" (share, 0..1, of a column), "unit" (rows), "keys" (share kept, 0..1)
            "of": pl.String,  # the column, or the unit; null for keys
            "name": pl.String,  # what a unit is called for people; null: as ``of``
            "value": pl.Float64,
        }
    )
)
"""One row is one measure of one source in one night that was not held. Key (as_at, source, measure, of).

Kept for LEARNT_DAYS of :mod:`pipelines.intake`. Written by snapshot.
"""

COMPLETENESS = pl.Schema(
    {
        "source": pl.String,
        "file": pl.String,  # the files of the source, apart by ", "; where none came, its name for people
        "check": pl.String,  # data_contracts.completeness.Check
        "outcome": pl.String,  # "holds", "stamps", or "accepted" where a named person overruled a hold
        "words": pl.String,  # plain English: what came and what was to be expected; no value of a child
    }
)
"""One row is one thing about tonight's files that lies outside its band. Written by completeness, also when it holds."""

ACCEPTANCE = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the night it is for
            "source": pl.String,
            "file": pl.String,  # as the person gave it
            "sha256": pl.String,  # of the file that was accepted, and no other; null: the file was not there
            "why": pl.String,
            "by": pl.String,  # name of the person
            "accepted_at": pl.Datetime("us", "UTC"),
        }
    )
)
"""One row is one file that a named person has accepted against the completeness gate. Never deleted.

Written by :func:`pipelines.acceptance.accept`, before the night.
"""

SNAPSHOT = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "record_id": pl.String,
            "row_hash": pl.UInt64,  # of every column as text: stays the same for the same row on any machine
            "first_seen_on": pl.Date,  # night in which the row first came so
            "last_seen_on": pl.Date,  # last night in which it came so; every delivery between the two had it so
        }
    )
)
"""One row is one record as it stood from one night to another: a slowly changing dimension of type 2, hashes only.

Key (record_id, first_seen_on). Kept for KEPT_DAYS of :mod:`pipelines.intake`. Written by snapshot.
"""

DELIVERY_CHANGE = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,
            "source": pl.String,
            "came": pl.Int64,  # rows with a key that the delivery before had not
            "changed": pl.Int64,  # rows with the same key and another content
            "went": pl.Int64,  # keys of the delivery before that did not come again
            "same": pl.Int64,
        }
    )
)
"""One row is what changed from one delivery of one source to the next. Key (as_at, source). Written by snapshot."""

VANISHED = pl.Schema(
    Columns(
        {
            "record_id": pl.String,  # key
            "source": pl.String,  # a roll
            "last_seen_on": pl.Date,  # last night in which the row was loaded
            "vanished_on": pl.Date,  # first night without it; null: it came tonight, but was set aside
            "row": pl.String,  # the last row, as a JSON object our column name -> text (personal data: for the store)
        }
    )
)
"""One row is one pupil's entry that was open when its roll last had it, and is not among tonight's loaded rows.

Kept until the entry comes again, or for the eleven years of compulsory school age. Written by snapshot.
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
    "rule_history": RULE_HISTORY,
    "completeness": COMPLETENESS,
    "acceptance": ACCEPTANCE,
    "source_night": SOURCE_NIGHT,
    "source_measure": SOURCE_MEASURE,
    "snapshot": SNAPSHOT,
    "delivery_change": DELIVERY_CHANGE,
    "vanished": VANISHED,
    "person_record": PERSON,
    "statement": STATEMENT,
    "link": LINK,
    "child_record": CHILD_RECORD,
    "child_move": CHILD_MOVE,
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
