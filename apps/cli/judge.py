"""``rollcall judge``: read a filled-in workbook of pairs back."""

from pathlib import Path

from apps.cli.parameters import Workspace


def judge(file: Path, /, *, workspace: Workspace, by: str) -> int:
    """Read back how people judged pairs of records. The next night uses it.

    Kept whole or not at all: every line that cannot be kept is named. Judgements are only ever added.

    Parameters
    ----------
    file
        The workbook that rollcall sample wrote, filled in.
    by
        Name of the person who judged.
    """
    from pipelines.counted import counted
    from pipelines.review.clerical import judge as read_back

    kept, outranked = read_back(file, workspace, by)
    answers = dict(kept.group_by("answer").len().iter_rows())
    if kept.is_empty():
        print("Nothing new: these judgements had already been read, and still stand.")
        return 0
    answered = ", ".join(
        f"{answers[answer]:,} {answer}" for answer in ("same", "different", "unsure") if answer in answers
    )
    judged = counted(kept.height, "judgement")
    print(f"Kept: {judged} by {by.strip()} ({answered}). The next night uses them.")
    for who, pairs in outranked.iter_rows():
        differing = counted(pairs, "pair")
        print(
            f"{who} had judged {differing} differently: the new answer stands. Talk it over, and judge again if necessary."
        )
    print(f"Delete {file} now: it holds names and addresses, and is no longer needed.")
    return 0
