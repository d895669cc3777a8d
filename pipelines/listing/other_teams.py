"""Children who are not on the list but need another team's attention, because what explains them is in doubt.

Home education not yet assessed or not reviewed for a year, a guest without a main registration, a confirmation that has
grown old, a roll where the child is said never to attend: such an entry keeps a child off the list, and nobody would see
it.
"""

import polars as pl

from pipelines.children.facts import child_facts, without_first_of_month
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import IN_EDUCATION
from pipelines.listing.route import ATTENDANCE, OF_ATTENDANCE, ROUTES, route_of_doubt
from pipelines.priority.circumstances import Circumstances
from pipelines.reasons import sentence

OTHER_TEAM = pl.Schema(
    {
        "team": pl.String,  # one of pipelines.listing.route.ROUTES
        "child_id": pl.String,
        "because": pl.String,
        "forename": pl.String,
        "surname": pl.String,
        "date_of_birth": pl.Date,
        "born_in": pl.String,  # as in CANDIDATE
        "sex": pl.String,
        "records": pl.String,  # "source:key;source:key..."
        "restricted": pl.Boolean,
    }
)
"""One row is one child and one team that should look. Not stored: made for publication. It has no address and no school."""


def for_other_teams(inputs: ListInputs, explained: pl.DataFrame) -> pl.DataFrame:
    """``OTHER_TEAM``, by team and child: every child explained by an education that is in doubt or not attended.

    ``explained``: ``EXPLAINED``.
    """
    educated = explained.filter(pl.col("reason") == IN_EDUCATION).select("child_id", "record_id")
    asked = pl.concat([_in_doubt(inputs, educated), _not_attending(inputs, educated)])
    order = pl.col("team").replace_strict(ROUTES, list(range(len(ROUTES))), return_dtype=pl.Int64)
    once = asked.group_by("team", "child_id").agg(because=pl.col("because").sort().str.join(" "))
    members = inputs.child_records.join(once, on="child_id", how="semi")
    facts = child_facts(inputs.by_age, inputs.statements, members, inputs.as_at)
    return (
        once.join(without_first_of_month(facts), on="child_id", how="left", validate="m:1")
        .sort(order, "child_id")
        .select(OTHER_TEAM.names())
        .cast(OTHER_TEAM)
    )


def _in_doubt(inputs: ListInputs, educated: pl.DataFrame) -> pl.DataFrame:
    """``team``, ``child_id``, ``because`` of children whose best entry is in doubt."""
    current = inputs.provision.filter(pl.col("is_current") & pl.col("doubt").is_not_null())
    own = current.join(educated, on=["child_id", "record_id"], how="semi")
    named = pl.concat_str(pl.col("what").fill_null("education"), "doubt", separator=": ")
    return own.select(team=route_of_doubt(), child_id="child_id", because=sentence(named)).unique()


def _not_attending(inputs: ListInputs, educated: pl.DataFrame) -> pl.DataFrame:
    """The same, for children on a roll with an open concern that they do not attend."""
    mine = inputs.child_records.select("child_id", "record_id").join(educated, on="child_id", how="semi")
    concerns = inputs.statements.filter(pl.col("kind") == "concern")
    circumstances = Circumstances(
        statements=mine.join(concerns, on="record_id", how="inner"),
        provision=inputs.provision.clear(),
        births=mine.select("child_id", date_of_birth=pl.lit(None, pl.Date)).unique(),
        as_at=inputs.as_at,
    )
    absent = (
        circumstances.open_concerns().filter(pl.col("what").str.contains(OF_ATTENDANCE)).unique(["child_id", "what"])
    )
    because = sentence("on a roll, with an open concern (" + pl.col("what") + ")")
    return absent.select(team=pl.lit(ATTENDANCE), child_id="child_id", because=because)
