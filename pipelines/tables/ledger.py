"""The life of every child that was ever on the list."""

import polars as pl

from matching.person import Columns

WHY_OFF = pl.Schema(
    Columns(
        {
            "off_because": pl.String,  # one of pipelines.ledger.left_list.LEFT_BECAUSE; null while it is on the list
            "off_why": pl.String,  # plain English, with the record that shows it; no name in it
            "record_id": pl.String,  # record that shows an education; null where another reason takes the child off
            "source": pl.String,  # its source; null with record_id
            "since_on": pl.Date,  # what the record says of its validity; null with record_id, or unknown
            "until_on": pl.Date,
            "link_probability": pl.Float64,  # 0..1, that the record (or the child in education) is this child's
            "other_child_id": pl.String,  # merged: the child that its records are of since; else null
        }
    )
)
"""Why a child is off the list."""

LEAD = pl.Schema(
    Columns(
        {
            "child_id": pl.String,  # key, with spell. As tonight's children have it, or, once gone, as it was last
            "spell": pl.Int64,  # 1 is the child's first time on the list
            "state": pl.String,  # "listed"; "in view": off the list, but an officer looks into it; "left"
            "first_listed_on": pl.Date,  # null: never listed, an officer took it in hand all the same
            "last_listed_on": pl.Date,
            "came_because": pl.String,  # one of pipelines.ledger.came_on_list.CAME_BECAUSE
            "came_why": pl.String,  # plain English
            "off_on": pl.Date,  # first night on which it was off the list; null while it is on it
            "left_on": pl.Date,  # night on which the spell ended; null while listed or in view
            **WHY_OFF,
            "lane": pl.String,  # this and what follows: of the last night on the list
            "rank": pl.Int64,
            "likelihood": pl.Float64,  # 0..1 = on_no_roll x living_here x of_age, recalibrated where outcomes have it so
            "on_no_roll": pl.Float64,
            "living_here": pl.Float64,
            "of_age": pl.Float64,
            "priority": pl.Int64,
            "forename": pl.String,
            "surname": pl.String,
            "date_of_birth": pl.Date,
            "records": pl.String,  # "source:key;source:key..."
            "restricted": pl.Boolean,  # was protected on some night, or nobody can tell: stays so
            "former_ids": pl.String,  # ids that it had before in this spell, apart by ";"; null: none
        }
    )
)
"""One row is one spell of one child on the list. Written by ledger; kept for two years after its end."""

LEAD_NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # key, with child_id
            "child_id": pl.String,  # as it was that night
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
"""One row is one child on the list of one night. Written by ledger; of nights long past only those with a change."""

LIST_NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # key
            "before_on": pl.Date,  # the published night that it was held against; null: the first
            "list_from": pl.Float64,  # 0..1, the cut-off in force
            "estimate_from": pl.Float64,  # 0..1, where it lies among estimates, before any recalibration
            "listed": pl.Int64,
            "published_at": pl.Datetime("us", "UTC"),  # null: not published, and taken back by the next night
        }
    )
)
"""One row is one night whose list was made. Written by ledger; publish adds when it was published."""

LIST_CHANGE = pl.Schema(
    Columns(
        {
            "change": pl.String,  # one of pipelines.ledger.list_changes.CHANGES
            "child_id": pl.String,  # key
            "forename": pl.String,
            "surname": pl.String,
            "date_of_birth": pl.Date,
            "because": pl.String,  # in a few words
            "why": pl.String,  # plain English, no name in it
            "lane": pl.String,  # tonight; null where it is off the list
            "lane_before": pl.String,  # on the last list; null where it was not on it
            "rank": pl.Int64,
            "rank_before": pl.Int64,
            "likelihood": pl.Float64,
            "likelihood_before": pl.Float64,
            "priority": pl.Int64,
            "priority_before": pl.Int64,
            "record_id": pl.String,  # record that shows an education; null where another reason counts
            "first_listed_on": pl.Date,  # of this spell
            "former_ids": pl.String,  # ids that it had before in this spell, apart by ";"; null: none
            "restricted": pl.Boolean,
        }
    )
)
"""One row is one child of whom the list says otherwise than the last one published. Tonight's only. Written by ledger."""
