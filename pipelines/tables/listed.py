"""What is worked out of each child, and the list."""

import polars as pl

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
        "proves": pl.Float64,  # 0..1, how far an entry in doubt still proves an education; null: as the settings have it
        "link_probability": pl.Float64,  # 0..1, that the record is this child's
    }
)
"""One row is one provision statement of one child. Written by provision."""

RESIDENCE = pl.Schema(
    {
        "child_id": pl.String,  # key
        "living_here": pl.Float64,  # 0..1
        "last_seen_on": pl.Date,  # null: never met on a known day, or has such a place
        "last_seen_by": pl.String,  # source name for people; null with last_seen_on
        "letters_of": pl.String,  # sources whose last date of the child is a letter's to all, apart by ";"; null: none
        "because": pl.String,  # plain English
    }
)
"""One row is one child that any agency knows. Of a child with a sure place that nothing makes doubtful, nothing but that is
told. Written by residence."""

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
        "likelihood": pl.Float64,  # 0..1, the estimate below as officers' outcomes recalibrate it; without any, the same
        "estimated": pl.Float64,  # 0..1 = on_no_roll x living_here (x of age, where the birth date is doubtful)
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
        "route": pl.String,  # other team that is asked first (pipelines.listing.route.ROUTES); null: none
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
        "likelihood": pl.Float64,  # what it would have been, recalibrated; null where provision explains the child
        "records": pl.String,
        "on_no_roll": pl.Float64,  # 0..1, as for the candidates
        "living_here": pl.Float64,
        "of_age": pl.Float64,  # 0..1, that the child is of compulsory school age
    }
)
"""One row is one other child of compulsory school age that an agency knows, and why it is not listed.

Written by rank.
"""
