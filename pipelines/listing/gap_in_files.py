"""A list so long that a roll or a school is missing rather than the children."""

from pipelines.counted import counted

MOST_LISTED = 0.2
"""Of the children that Welsh doctors' lists named, between 3 and 15 in 100 were on no roll, authority by authority (Welsh
Government, 2021). More than a fifth is no authority: it is a roll, a school or a neighbour's list that did not come."""
ENOUGH_LISTED = 20
"""A share of fewer says nothing."""


def gap_in_files(listed: int, explained: int) -> tuple[str, ...]:
    """What a list must carry of which the length shows that the files are not whole; empty where it does not.

    Elsewhere files are held against those of earlier nights: the first night has none, and a file that never came is missed
    by nobody.
    ``listed``: children on the list. ``explained``: all others of compulsory school age.
    """
    known = listed + explained
    if listed < ENOUGH_LISTED or listed <= MOST_LISTED * known:
        return ()
    return (
        f"The list names {listed:,} of {counted(known, 'child')} of compulsory school age. No authority has so "
        "many children without a place: a roll, a school or the list of another authority's schools is probably missing. Check "
        "that the rolls are complete before anyone works on the list.",
    )
