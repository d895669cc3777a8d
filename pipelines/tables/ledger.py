"""The life of every child that was ever on the list."""

import polars as pl

from matching.person import Columns

WHY_OFF = pl.Schema(
    Columns(
        {
            "off_because": pl.String,  # one of pipelines.ledger.left_list.LEFT_BECAUSE; null while on the list
            "off_why": pl.String,  # in plain English, with the record that shows it; no name
            "record_id": pl.String,  # record that shows an education; null: another reason took the child off
            "source": pl.String,  # source of record_id; null with it
            "since_on": pl.Date,  # from and until when the record says it holds; null with record_id, or unknown
            "until_on": pl.Date,
            "link_probability": pl.Float64,  # 0..1, that the record (or the child in education) is this child's
            "other_child_id": pl.String,  # merged: the child who has the records now; else null
        }
    )
)
"""Why a child is off the list: columns of ``LEAD``."""

LEAD = pl.Schema(
    Columns(
        {
            "child_id": pl.String,  # key, with spell: tonight's id, or the last one if the child is gone or taken for another
            "spell": pl.Int64,  # 1 is the child's first time on the list
            "state": pl.String,  # "listed"; "in view": off the list, but not to be lost from sight; "left"
            "first_listed_on": pl.Date,  # null: never listed, but an officer opened an enquiry
            "last_listed_on": pl.Date,
            "came_because": pl.String,  # one of pipelines.ledger.came_on_list.CAME_BECAUSE
            "came_why": pl.String,  # in plain English
            "off_on": pl.Date,  # first night off the list; null while on it
            "left_on": pl.Date,  # night on which the spell ended; null while listed or in view
            **WHY_OFF,
            "lane": pl.String,  # this and all that follows: as on the last night on the list
            "rank": pl.Int64,
            "likelihood": pl.Float64,  # 0..1 = on_no_roll x living_here x of_age, recalibrated if outcomes say so
            "on_no_roll": pl.Float64,
            "living_here": pl.Float64,
            "of_age": pl.Float64,
            "priority": pl.Int64,
            "forename": pl.String,
            "surname": pl.String,
            "date_of_birth": pl.Date,
            "born_in": pl.String,  # as in CANDIDATE
            "records": pl.String,  # "source:key;source:key..."
            "restricted": pl.Boolean,  # protected on some night, or unknown: then for good
            "former_ids": pl.String,  # earlier ids in this spell, separated by ";"; null: none
        }
    )
)
"""One row is one spell of one child on the list. Written by ledger; kept for two years after its end."""

LEAD_NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # key, with child_id
            "child_id": pl.String,  # the id on that night
            "lane": pl.String,
            "rank": pl.Int64,
            "likelihood": pl.Float64,
            "on_no_roll": pl.Float64,
            "living_here": pl.Float64,
            "of_age": pl.Float64,
            "priority": pl.Int64,
        }
    )
)
"""One row is one child on the list of one night. Written by ledger. Of nights long past only rows with a change are kept."""

LIST_NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # key
            "before_on": pl.Date,  # the published night it was compared with; null: it is the first
            "list_from": pl.Float64,  # 0..1, the cut-off in force
            "estimate_from": pl.Float64,  # 0..1, the cut-off in terms of estimates before recalibration
            "listed": pl.Int64,
            "published_at": pl.Datetime("us", "UTC"),  # null: not published; the next night undoes it
        }
    )
)
"""One row is one night whose list was made. Written by ledger; publish adds ``published_at``."""

LIST_CHANGE = pl.Schema(
    Columns(
        {
            "change": pl.String,  # one of pipelines.ledger.list_changes.CHANGES
            "child_id": pl.String,  # key
            "forename": pl.String,
            "surname": pl.String,
            "date_of_birth": pl.Date,
            "born_in": pl.String,  # as in CANDIDATE
            "because": pl.String,  # the reason in a few words
            "why": pl.String,  # the reason in plain English; no name
            "lane": pl.String,  # tonight; null: off the list
            "lane_before": pl.String,  # on the last list; null: not on it
            "rank": pl.Int64,
            "rank_before": pl.Int64,
            "likelihood": pl.Float64,
            "likelihood_before": pl.Float64,
            "priority": pl.Int64,
            "priority_before": pl.Int64,
            "record_id": pl.String,  # record that shows an education; null: another reason counts
            "first_listed_on": pl.Date,  # of this spell
            "former_ids": pl.String,  # earlier ids in this spell, separated by ";"; null: none
            "restricted": pl.Boolean,
        }
    )
)
"""One row is one child about whom tonight's list differs from the last one published. Tonight's only. Written by ledger."""
