"""Schools whose roll is probably missing: admissions gave places there, and no list shows any pupil.

On a first night nothing says which schools there are, unless the settings do (``[schools]``). If the roll of one is forgotten,
or says of all its pupils that they have left, they look as if they had no place. Accepted places name the school.
"""

from datetime import timedelta

import polars as pl

from pipelines.children.facts import protected_by_source
from pipelines.children.promised_places import ACCEPTED, promised_places
from pipelines.children.silent_schools import NOT_ENTERED_YET
from pipelines.counted import counted, first_of
from pipelines.intake.schools import plain_number
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.roll_to_come import ENOUGH_TO_WARN

GIVEN_WITHIN = timedelta(weeks=52)
"""Places that began within a year: of older ones the child may have gone on to another school."""


def schools_without_roll(inputs: ListInputs) -> tuple[str, ...]:
    """The warning about schools that no list shows, and at which ``ENOUGH_TO_WARN`` unprotected children without a current
    place, of any age, had an accepted place; those of most children first. Empty: there is no such school."""
    as_at, starts, number = inputs.as_at, pl.col("since_on"), plain_number(pl.col("place"))
    began = starts.is_between(as_at - GIVEN_WITHIN, as_at - NOT_ENTERED_YET)
    accepted = promised_places(inputs.statements, as_at, [ACCEPTED]).filter(began).drop_nulls("place")
    current = inputs.provision.filter("is_current")
    of_rolls = inputs.schools.join(current, on=["source", "place"], how="semi").select("number")
    shown = pl.concat([current.select(number=number), of_rolls]).drop_nulls()
    unseen = accepted.with_columns(number=number).join(shown, on="number", how="anti")
    protected = protected_by_source(inputs.statements, inputs.child_records)
    waiting = unseen.join(inputs.child_records, on="record_id", validate="m:1").filter(
        ~pl.col("child_id").is_in(pl.concat([current["child_id"], protected]).implode())
    )
    schools = waiting.group_by("number").agg(pl.col("place").min(), children=pl.col("child_id").n_unique())
    many = schools.filter(pl.col("children") >= ENOUGH_TO_WARN).sort("children", "place", descending=[True, False])
    if many.is_empty():
        return ()
    named = [f"{place} ({counted(children, 'child')})" for place, children in many.select("place", "children").rows()]
    return (
        f"No list shows any pupil of these schools now, though children without a place had one accepted there: "
        f"{first_of(named)}. If such a school is this authority's, its roll is missing, and its other pupils may all be on the "
        "list: ask for the roll before anyone works on the list. If it is another authority's, ask there.",
    )
