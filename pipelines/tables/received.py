"""What came in: files, rows, breaches, and the history of deliveries."""

import polars as pl

from matching.person import Columns

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

JUDGED_FILE = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "file_id": pl.String,
            "file": pl.String,  # as DELIVERY has it
            "headers": pl.String,  # our name for a column -> its header in the file, as a JSON object
            "read_by": pl.String,  # fingerprint of software and contract (pipelines.intake.last_intake.read_by)
            "judged_by": pl.String,  # fingerprint of software, contract and columns (pipelines.intake.last_intake.judged_by)
            "judged_on": pl.Date,  # days after it were in the future
        }
    )
)
"""One row is one file whose rows stand in ``raw_*``, each of them judged. Key (source, file_id). Written by snapshot.

In the order of the files. Empty where the rows that stand there are not to be compared with the next night's.
"""

FLAWED_ROW = pl.Schema({"record_id": pl.String})
"""One row is one row of ``raw_*`` that broke a rule which stops nothing. Written by snapshot, with JUDGED_FILE."""

CHANGED_ROW = pl.Schema({"record_id": pl.String})
"""One row is one row of ``raw_*`` or VANISHED that came, changed or went since ``person_record`` was made.

Written by snapshot, which adds to it, and standardise, which empties it.
"""

RENUMBERED = pl.Schema(
    Columns(
        {
            "record_id": pl.String,  # key, with reused_at: as the row was keyed once
            "now_id": pl.String,  # as the same row is keyed since, under its latest key; "... until DATE": it is gone
            "since_on": pl.Date,  # the night on which it came under another key than before
            "reused_at": pl.Datetime(
                "us", "UTC"
            ),  # beginning of the night that found another child there; null: in no use
        }
    )
)
"""One row is one key under which a child stood and stands no more: its source has given it up, or to another child.

What was decided before ``reused_at`` under a key that is in use again was of the child that goes on as ``now_id``.

Kept for the eleven years of compulsory school age, as what people decided of a child is. Written by snapshot.
"""

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

COMPLETENESS = pl.Schema(
    {
        "source": pl.String,
        "file": pl.String,  # the first files of the source, and how many more; where none came, its name for people
        "check": pl.String,  # data_contracts.completeness.Check
        "outcome": pl.String,  # "holds", "stamps", or "accepted" where a named person has accepted the file
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

Written by :func:`pipelines.intake.acceptance.accept`, before the night.
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

Kept for KEPT_DAYS of :mod:`pipelines.intake.figures`. Written by snapshot.
"""

SOURCE_MEASURE = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,
            "source": pl.String,
            "measure": pl.String,  # "empty values", "unknown codes" (shares, 0..1, of a column), "unit" (rows), "places" (rows
            # that show one now), "keys" (share kept, 0..1), "lost nobody" (rows gone with a unit whose children have a place
            # elsewhere), "told" (what was found against the last delivery: the same rows again on that night are told so again)
            "of": pl.String,  # the column, the unit, or what is told, in words; null for keys
            "name": pl.String,  # what a unit is called for people, or the check by which it is told; null: as ``of``
            "value": pl.Float64,
        }
    )
)
"""One row is one measure of one source in one night that was not held. Key (as_at, source, measure, of).

Kept as ``recent_measures`` of :mod:`pipelines.intake.figures` says. Written by snapshot.
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

Key (record_id, first_seen_on). Kept for KEPT_DAYS of :mod:`pipelines.intake.figures`. Written by snapshot.
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
