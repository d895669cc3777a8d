"""A list so long that a roll or a school must be missing from the files."""

from pipelines.counted import counted

MOST_LISTED = 0.2
"""Of the children on Welsh doctors' lists, between 3 and 15 in 100 were on no roll, depending on the authority (Welsh
Government, 2021). More than a fifth is found in no authority: a roll, a school or a neighbour's list did not come."""
ENOUGH_LISTED = 20
"""With fewer children listed, the share says nothing."""


def gap_in_files(listed: int, explained: int) -> tuple[str, ...]:
    """A warning for the list if its length shows that the files are incomplete; otherwise empty.

    Other checks compare files with those of earlier nights. The first night has none, and nobody misses a file that never
    came. ``listed``: number of children on the list. ``explained``: number of all others of compulsory school age.
    """
    known = listed + explained
    if listed < ENOUGH_LISTED or listed <= MOST_LISTED * known:
        return ()
    return (
        f"The list names {listed:,} of {counted(known, 'child')} of compulsory school age. No authority has so "
        "many children without a place: a roll, a school or the list of another authority's schools is probably missing. Check "
        "that the rolls are complete before anyone works on the list.",
    )
