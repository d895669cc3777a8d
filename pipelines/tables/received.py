"""What came in: files, rows, breaches, and the history of deliveries."""

import polars as pl

from matching.person import Columns

DELIVERY = pl.Schema(
    Columns(
        {
            "file_id": pl.String,  # key within its source: first 16 hex digits of the SHA-256 of the file's bytes
            "source": pl.String,  # contract id; "unknown" if no contract fits
            "file": pl.String,  # file name without its folder
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
"""One row is one broken rule at one place, without any value from the file. Written by receive."""

SET_ASIDE = pl.Schema(
    {
        "source": pl.String,
        "file_id": pl.String,
        "line": pl.Int64,
        "rules": pl.String,  # the rules broken, separated by "; "
        "record_id": pl.String,  # what the row would have had; null: its key could not be read
        "row": pl.String,  # the unchanged row as a JSON object header -> text (personal data: never leaves the store)
    }
)
"""One row is one row of a file that broke a row rule, or of a file that was refused. Written by receive."""

JUDGED_FILE = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "file_id": pl.String,
            "file": pl.String,  # as in DELIVERY
            "headers": pl.String,  # our name for a column -> its header in the file, as a JSON object
            "read_by": pl.String,  # fingerprint of software and contract (last_intake.reading_fingerprint)
            "judged_by": pl.String,  # fingerprint of software, contract and columns (last_intake.judging_fingerprint)
            "judged_on": pl.Date,  # later days counted as in the future
        }
    )
)
"""One row is one file whose judged rows are in ``raw_*``. Key (source, file_id). Written by snapshot.

In the order of the files. Empty if the next night must not compare its rows with those in ``raw_*``.
"""

FLAWED_ROW = pl.Schema({"record_id": pl.String})
"""One row is one row of ``raw_*`` that broke a rule that stops nothing. Written by snapshot, with JUDGED_FILE."""

CHANGED_ROW = pl.Schema({"record_id": pl.String})
"""One row is one row of ``raw_*`` or VANISHED that came, changed or went since ``person_record`` was made.

Written by snapshot, which adds rows, and standardise, which empties it.
"""

RENUMBERED = pl.Schema(
    Columns(
        {
            "record_id": pl.String,  # key, with reused_at: the former key of the row
            "now_id": pl.String,  # the latest key of the same row; "... until DATE": the row is gone
            "since_on": pl.Date,  # the night on which it came under a new key
            "reused_at": pl.Datetime(
                "us", "UTC"
            ),  # when the night began that found another child under the key; null: the key is not in use
        }
    )
)
"""One row is one key that a child's row no longer has: its source dropped the key, or gave it to another child.

Decisions taken before ``reused_at`` under a key that is in use again were about the child now under ``now_id``. Kept for the
eleven years of compulsory school age, like people's decisions about a child. Written by snapshot.
"""

RULE_HISTORY = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the date judged
            "source": pl.String,
            "rule": pl.String,
            "column": pl.String,  # header of the column in the contract; null: no single column
            "broken": pl.Int64,  # places where the rule broke that night; 0: checked and kept
            "rows": pl.Int64,  # rows read from the source that night
        }
    )
)
"""One row is one rule of one source on one night. Written by receive, which keeps earlier nights."""

COMPLETENESS = pl.Schema(
    {
        "source": pl.String,
        "file": pl.String,  # the first files of the source and how many more; if none came, the source's name
        "check": pl.String,  # data_contracts.completeness.Check
        "outcome": pl.String,  # "holds", "stamps" (a warning), or "accepted" by a named person
        "words": pl.String,  # in plain English: what came and what was expected; no child's value
    }
)
"""One row is one thing about tonight's files outside its band. Written by completeness, also if it holds the night."""

ACCEPTANCE = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the night it is for
            "source": pl.String,
            "file": pl.String,  # as the person gave it
            "sha256": pl.String,  # of the one file that was accepted; null: there was no file
            "why": pl.String,
            "by": pl.String,  # name of the person
            "accepted_at": pl.Datetime("us", "UTC"),
        }
    )
)
"""One row is one file that a named person accepted although the completeness gate would hold it. Never deleted.

Written by :func:`pipelines.intake.at_the_gate.acceptance.accept`, before the night.
"""

SOURCE_NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the night
            "source": pl.String,
            "files": pl.Int64,  # loaded
            "rows": pl.Int64,  # loaded
            "newest_on": pl.Date,  # newest date in the rows, except birth dates and future days; null: none
            "content": pl.String,  # fingerprint of all rows, whatever their order
        }
    )
)
"""One row is one source with loaded rows in one night that was not held. Key (as_at, source).

Kept for KEPT_DAYS of :mod:`pipelines.intake.in_figures.figures`. Written by snapshot.
"""

SOURCE_MEASURE = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,
            "source": pl.String,
            "measure": pl.String,  # "empty values", "unknown codes" (shares, 0..1, of a column), "unit" (rows), "places" (rows
            # that show a place now), "keys" (share kept, 0..1), "lost nobody" (rows gone with a unit whose children are placed
            # elsewhere), "told" (what differed from the last delivery, to be told again if the same rows are run again)
            "of": pl.String,  # the column, the unit, or what is told, in words; null for keys
            "name": pl.String,  # the unit's name for people, or the check behind what is told; null: as ``of``
            "value": pl.Float64,
        }
    )
)
"""One row is one measure of one source in one night that was not held. Key (as_at, source, measure, of).

Kept as ``recent_measures`` of :mod:`pipelines.intake.in_figures.figures` says. Written by snapshot.
"""

SNAPSHOT = pl.Schema(
    Columns(
        {
            "source": pl.String,
            "record_id": pl.String,
            "row_hash": pl.UInt64,  # of every column as text; the same for the same row on any machine
            "first_seen_on": pl.Date,  # first night with exactly this row
            "last_seen_on": pl.Date,  # last night with it; every delivery in between had it too
        }
    )
)
"""One row is one record unchanged from one night to another (slowly changing dimension, type 2; hashes only).

Key (record_id, first_seen_on). Kept for KEPT_DAYS of :mod:`pipelines.intake.in_figures.figures`. Written by snapshot.
"""

DELIVERY_CHANGE = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,
            "source": pl.String,
            "came": pl.Int64,  # rows whose key the previous delivery did not have
            "changed": pl.Int64,  # rows with the same key and other content
            "went": pl.Int64,  # keys of the previous delivery that did not come again
            "same": pl.Int64,
        }
    )
)
"""One row is what changed between two deliveries of one source. Key (as_at, source). Written by snapshot."""

VANISHED = pl.Schema(
    Columns(
        {
            "record_id": pl.String,  # key
            "source": pl.String,  # a roll
            "last_seen_on": pl.Date,  # last night in which the row was loaded
            "vanished_on": pl.Date,  # first night without it; null: it came tonight but was set aside
            "row": pl.String,  # the last row as a JSON object our column name -> text (personal data: never leaves the store)
        }
    )
)
"""One row is one pupil's entry that was open when last on its roll and is not among tonight's loaded rows.

Kept until the entry comes again, or for the eleven years of compulsory school age. Written by snapshot.
"""
