"""What would take a child off the list, in words: the cheapest enquiry first."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from pipelines.listing.rank import DATA_PROBLEM, DOUBTFUL_LINK, MOVED_AWAY
from pipelines.listing.route import ADMISSIONS, ATTENDANCE, HOME_EDUCATION, NEIGHBOUR, SEND
from pipelines.priority import social_care
from pipelines.reasons import with_commas

DOUBTED = 0.9
"""Below this probability of living here, whoever looks for the child is told to look for signs that the family has left;
below it for age, or for being on no roll, a sender is asked."""

ASK_FIRST = {
    SEND: "From the SEND team: whether a plan names a school or a package, and since when.",
    HOME_EDUCATION: "From the home education team: whether the child is home educated, and when the team last checked.",
    ADMISSIONS: "From the admissions team: whether the child has a school place, at which school, and whether it was taken up.",
    ATTENDANCE: "From the attendance team or the last school: when the child was last there, and where they went.",
    NEIGHBOUR: "From the other authority: whether the child lives there, or is on a roll there.",
}
"""Route -> the enquiry to make of that team first. The adoption team is left out: nobody else is told of its children."""


SOCIAL_WORKER = (
    "From the child's social worker, before anybody visits: where the child lives, and where it is educated."
)


def what_would_clear(
    candidate: Mapping[str, Any],
    *,
    has_rival: bool,
    household: Iterable[Mapping[str, Any]] = (),
    factors: Container[str] = (),
) -> list[str]:
    """What would take the child off the list, in plain sentences; never empty.

    ``candidate``: a row of ``CANDIDATE``; of a masked one only what holds for every child is said. ``has_rival``: another
    child comes near. ``household``: rows of ``HOUSEHOLD_PLACE``, only those that the reader may see. ``factors``: of
    the child's findings; none for a reader who may not see them.
    """
    lines = [SOCIAL_WORKER] if social_care.FACTOR in factors else []
    lines += [ASK_FIRST[candidate["route"]]] if candidate.get("route") in ASK_FIRST else []
    lines += _word_from(household)
    lines += [] if candidate["on_no_roll"] is None else _of_what_is_doubted(candidate, has_rival=has_rival)
    return [
        *lines,
        "Evidence of a current place: a roll, a register or another authority that shows the child in education.",
    ]


def _of_what_is_doubted(candidate: Mapping[str, Any], *, has_rival: bool) -> list[str]:
    """What would settle the doubts about birth date, record in education and home."""
    lines = []
    doubtful = candidate["on_no_roll"] < 1
    if asked := _of_senders(candidate):
        lines.append(f"From the senders of the records below: {', and '.join(asked)}.")
    elif candidate["lane"] == DATA_PROBLEM:
        lines.append("From the school, team or sender named among the reasons: what they are asked there.")
    if doubtful and (candidate["lane"] == DOUBTFUL_LINK or has_rival):
        lines.append("From an analyst: whether the closest record in education is this child's.")
    if candidate["lane"] == MOVED_AWAY or candidate["living_here"] < DOUBTED:
        lines.append("Evidence that the family has left: a new address, or confirmation from the receiving authority.")
    return lines


def _of_senders(candidate: Mapping[str, Any]) -> list[str]:
    """What the senders of the records are asked, if only they can settle what is in doubt."""
    if candidate["date_of_birth"] is None and candidate["born_in"] is None:
        return ["the right birth date"]
    if candidate["lane"] != DATA_PROBLEM:
        return []
    others = candidate["on_no_roll"] * candidate["living_here"]
    age_is_doubted = others > 0 and candidate["estimated"] / others < DOUBTED
    return [
        *(["the right birth date"] if age_is_doubted else []),
        *(["whether an entry in education still holds"] if candidate["on_no_roll"] < DOUBTED else []),
    ]


def _word_from(household: Iterable[Mapping[str, Any]]) -> list[str]:
    """In one sentence: whom to ask where other children of the household are educated (rows of ``HOUSEHOLD_PLACE``)."""
    where = [with_commas(row["what"], row["place"], f"record {row['record_id']}") for row in household]
    asked = (
        f"From where another child in the household is educated ({'; '.join(where)}): whether the family still lives here, "
        "and where this child is educated."
    )
    return [asked] if where else []
