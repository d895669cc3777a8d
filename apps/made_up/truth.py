"""The truth about the extracts: the child of each record, and what became of each child."""

from datetime import date

import numpy as np
import polars as pl

from apps.made_up.agencies import World
from apps.made_up.draws import Flags, Numbers, texts
from apps.made_up.enrolments import is_current

CHILD_ID = "C{:07d}"

UNSUITABLE = "Unsuitable"
"""Home education with this assessment does not count: such a child is missing education (Education Act 1996, s436A)."""


def true_children(records: pl.DataFrame) -> pl.DataFrame:
    """``record_id``, in the night's form, and ``true_child`` of the truth about ``records``."""
    record_id = pl.concat_str("source", "source_record_id", separator=":")
    return records.select(record_id=record_id, true_child="child_id")


def child_ids(child: Numbers) -> list[str]:
    """Ids of the children in the truth; no extract has them."""
    return [CHILD_ID.format(number + 1) for number in child]


def _gives_provision(source: str, rows: pl.DataFrame, as_at: date) -> Flags:
    """True for rows that show a current education on the date judged."""
    if source == "school_census":
        return is_current(rows["leaving_on"].to_numpy(), as_at)
    if source == "ehe_register":
        is_unsuitable = (rows["Suitability"] == UNSUITABLE).to_numpy()
        return np.asarray(is_current(rows["ClosedOn"].to_numpy(), as_at) & ~is_unsuitable, dtype=bool)
    if source == "alternative_provision":
        return is_current(rows["EndDate"].to_numpy(), as_at)
    return np.full(rows.height, source in ("independent_schools", "other_la"))


def make_truth(world: World, rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per child: child_id, state, reason, of_age, resident, target, true_cme, group, twin (flags as 0 and 1), born_on.

    ``target``: of compulsory school age, living here, with at least one record but none that shows a current education.
    ``true_cme``: a target in no education, or in home education assessed as unsuitable.
    """
    count = len(world.nc)
    known, provided, unsuitable = np.zeros((3, count), dtype=bool)
    for source, frame in rows.items():
        child = frame["child"].to_numpy()
        known[child] = True
        provided[child[_gives_provision(source, frame, world.as_at)]] = True
        if source == "ehe_register":
            unsuitable[child[(frame["Suitability"] == UNSUITABLE).to_numpy()]] = True
    resident = world.state != "gone"
    target = world.of_age & resident & known & ~provided
    origin = texts(world.people.families["origin"])[world.family]
    flags = {
        "of_age": world.of_age,
        "resident": resident,
        "target": target,
        "true_cme": target & ((world.state == "cme") | ((world.state == "ehe") & unsuitable)),
    }
    return pl.DataFrame(
        {
            "child_id": child_ids(np.arange(count)),
            "state": world.state.tolist(),
            "reason": world.reason.tolist(),
            **{name: values.astype(np.int64) for name, values in flags.items()},
            "group": origin.tolist(),
            "twin": world.people.children["twin"].cast(pl.Int64),
            "born_on": world.born_on,
        },
        schema_overrides={"state": pl.String, "reason": pl.String, "group": pl.String},
    )
