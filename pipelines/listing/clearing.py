"""What would take a child off the list, in words: the cheapest enquiry first."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.listing.rank import DATA_PROBLEM, DOUBTFUL_LINK, MOVED_AWAY
from pipelines.listing.route import ADMISSIONS, ATTENDANCE, HOME_EDUCATION, NEIGHBOUR, SEND

ASK_FIRST = {
    SEND: "The SEND team's word: whether a plan names a school or a package, and since when.",
    HOME_EDUCATION: "The home-education team's word: whether the child is home educated, and when it last looked.",
    ADMISSIONS: "The admissions team's word: which school has a place for the child, and whether it was taken up.",
    ATTENDANCE: "The attendance team's or the last school's word: when the child was last there, and where it went.",
    NEIGHBOUR: "The other authority's word: whether the child lives there, or is on a roll there.",
}
"""Route -> the enquiry that is asked of that team first. The adoption team's children are told to nobody else."""


def what_would_clear(
    candidate: Mapping[str, Any], *, has_rival: bool, household: Iterable[Mapping[str, Any]] = ()
) -> list[str]:
    """Plain sentences, never empty. ``candidate``: a row of ``CANDIDATE``; ``has_rival``: another child comes near.

    ``household``: rows of ``HOUSEHOLD_PLACE``, of those only that the reader may see.
    """
    lines = [ASK_FIRST[candidate["route"]]] if candidate.get("route") in ASK_FIRST else []
    lines += _word_from(household)
    doubtful = candidate["on_no_roll"] < 1
    if candidate["date_of_birth"] is None:
        lines.append("The right birth date, from the senders of the records below.")
    elif candidate["lane"] == DATA_PROBLEM:
        lines.append(
            "From the senders of the records below: the right birth date, and whether an entry in education still holds."
        )
    if doubtful and (candidate["lane"] == DOUBTFUL_LINK or has_rival):
        lines.append("An analyst's judgement whether the nearest record in education is this child's.")
    if candidate["lane"] == MOVED_AWAY or candidate["living_here"] < 1:
        lines.append("Evidence that the family has left: a new address, or the receiving authority's confirmation.")
    return [*lines, "A current place: a roll, a register or another authority that shows the child in education."]


def _word_from(household: Iterable[Mapping[str, Any]]) -> list[str]:
    """Whom to ask where other children of the household are educated (rows of ``HOUSEHOLD_PLACE``), in one sentence."""
    where = [
        ", ".join(part for part in (row["what"], row["place"], f"record {row['record_id']}") if part)
        for row in household
    ]
    asked = (
        f"Word from where another child of the household is educated ({'; '.join(where)}): whether the family lives here "
        "still, and where this child is educated."
    )
    return [asked] if where else []
