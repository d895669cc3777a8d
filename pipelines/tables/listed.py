"""What is worked out about each child, and the list."""

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
        "proves": pl.Float64,  # 0..1, how far a doubtful entry still proves an education; null: by the settings
        "link_probability": pl.Float64,  # 0..1, that the record is this child's
    }
)
"""One row is one provision statement of one child. Written by provision."""

RESIDENCE = pl.Schema(
    {
        "child_id": pl.String,  # key
        "living_here": pl.Float64,  # 0..1
        "last_seen_on": pl.Date,  # null: never met on a known day, or has a sure place
        "last_seen_by": pl.String,  # source name for people; null with last_seen_on
        "letters_of": pl.String,  # sources whose last date for the child is of a letter to all, separated by ";"; null: none
        "because": pl.String,  # plain English
    }
)
"""One row is one child. For a child with a sure place in education it says only that. Written by residence."""

FINDING = pl.Schema(
    {
        "child_id": pl.String,
        "factor": pl.String,  # name of the factor's file in pipelines/priority/
        "points": pl.Int64,
        "because": pl.String,  # in plain English; no name
    }
)
"""One row is one reason to look sooner. Written by rank (from pipelines/priority)."""

CANDIDATE = pl.Schema(
    {
        "rank": pl.Int64,  # 1 is first
        "child_id": pl.String,  # key
        "lane": pl.String,  # "follow up", "doubtful link", "probably moved away", "data problem", "restricted"
        "likelihood": pl.Float64,  # 0..1: ``estimated``, recalibrated by officers' outcomes if that is in force
        "estimated": pl.Float64,  # 0..1 = on_no_roll x living_here (x of age, if the birth date is doubtful)
        "on_no_roll": pl.Float64,
        "living_here": pl.Float64,
        "priority": pl.Int64,  # sum of the findings' points
        "unlisted_school": pl.Float64,  # 0..1, share of its urgency that the child loses (pipelines.listing.unlisted_school)
        "because": pl.String,
        "forename": pl.String,
        "surname": pl.String,
        "date_of_birth": pl.Date,  # null: not known to the day
        "born_in": pl.String,  # "2014-03", "2014": month or year of birth without a day; null: the day, or nothing, is known
        "age": pl.Int64,  # whole years on the date judged
        "sex": pl.String,
        "address": pl.String,
        "postcode": pl.String,
        "last_seen_on": pl.Date,
        "last_seen_by": pl.String,
        "records": pl.String,  # "source:key;source:key..."
        "restricted": pl.Boolean,
        "household": pl.String,  # "HH...", shared by listed children who live together; null: no other is listed
        "also_here": pl.String,  # a sentence that names the others of the household by rank; null with household
        "route": pl.String,  # another team to ask first (pipelines.listing.route.ROUTES); null: none
    }
)
"""One row is one child possibly missing education, to be looked into. Unmasked; publish masks. Written by rank."""

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
        "date_of_birth": pl.Date,  # null: not known to the day
        "born_in": pl.String,  # "2014-03", "2014": month or year of birth without a day; null: the day, or nothing, is known
        "school_year": pl.Int64,  # by age on the date judged; 0 is Reception, below 0 is earlier
        "sex": pl.String,
        "address": pl.String,
        "postcode": pl.String,
        "records": pl.String,  # "source:key;source:key..."
        "restricted": pl.Boolean,
    }
)
"""One row is one child who may be without education from ``due_on``. Not stored: early_warning makes it for publish."""

EXPLAINED = pl.Schema(
    {
        "child_id": pl.String,  # key
        "why": pl.String,  # in plain English: what explains the child
        "reason": pl.String,  # "provision", "probably moved away", "not of compulsory school age" ...
        "record_id": pl.String,  # provision record that explains the child; null: another reason does
        "source": pl.String,
        "what": pl.String,
        "since_on": pl.Date,
        "until_on": pl.Date,
        "link_probability": pl.Float64,
        "likelihood": pl.Float64,  # 0..1, as a candidate would have it; null: provision explains the child
        "records": pl.String,
        "on_no_roll": pl.Float64,  # 0..1, as for the candidates
        "living_here": pl.Float64,
        "of_age": pl.Float64,  # 0..1, that the child is of compulsory school age
    }
)
"""One row is one child of compulsory school age known to an agency and not listed, and why. Written by rank."""
