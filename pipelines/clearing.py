"""What would take a child off the list, in words: the cheapest enquiry first."""

from typing import Any

from pipelines.rank import DATA_PROBLEM, DOUBTFUL_LINK, MOVED_AWAY


def what_would_clear(candidate: dict[str, Any], *, has_rival: bool) -> list[str]:
    """Plain sentences, never empty. ``candidate``: a row of ``CANDIDATE``; ``has_rival``: another child comes near."""
    lines = []
    doubtful = candidate["on_no_roll"] < 1
    if candidate["date_of_birth"] is None or candidate["lane"] == DATA_PROBLEM:
        lines.append("The right birth date, from the senders of the records below.")
    if doubtful and (candidate["lane"] == DOUBTFUL_LINK or has_rival):
        lines.append("An analyst's judgement whether the nearest record in education is this child's.")
    if candidate["lane"] == MOVED_AWAY or candidate["living_here"] < 1:
        lines.append("Evidence that the family has left: a new address, or the receiving authority's confirmation.")
    return [*lines, "A current place: a roll, a register or another authority that shows the child in education."]
