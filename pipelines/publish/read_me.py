"""The words on the workbook's first sheet: what the list is and is not, and how to read it."""

import polars as pl

from pipelines.counted import counted
from pipelines.listing.rank import DATA_PROBLEM, DOUBTFUL_LINK, FOLLOW_UP, MOVED_AWAY, RESTRICTED
from pipelines.publish.publication import Publication
from pipelines.written_dates import day_written

READ_ME = "Read me"

LANE_MEANS = {
    FOLLOW_UP: "Start here. Nothing tonight shows where the child is educated, and the child probably lives here.",
    DOUBTFUL_LINK: "A record in education may be this child's after all. An analyst decides this first.",
    MOVED_AWAY: "The child may now live elsewhere. Check where they live first.",
    DATA_PROBLEM: "Only the sender of a record can settle this: a birth date, or whether an entry in education still holds.",
    RESTRICTED: "Where the child lives and why the child is listed must not be shown here. The named restricted role can find "
    "both in the folder 'restricted'.",
}

_WHAT_IT_IS = (
    (
        "What this list is",
        "Children of compulsory school age who are known to an agency, and for whom no record received tonight shows a "
        "current education. Each is possibly missing education, to be looked into.",
    ),
    (
        "What it is not",
        "It is not a finding about a child or a family, and nothing follows from it alone. Many children here are "
        "educated where no record shows it: at an independent school, at home or across the border. A person decides.",
    ),
    (
        "Please",
        "This is personal data about children: keep it where only the team can read it, and do not email it on. "
        "If you know a child is in danger, follow your safeguarding procedure now; do not wait for this list.",
    ),
)

_HOW_TO_READ = (
    ("Rank", "The suggested order for looking: start with 1."),
    (
        "Likelihood",
        "How likely it is that the child is of school age, on no roll and still living here. If the estimates hold, about "
        "seven in ten children at 70% are; the match report says what is known about that.",
    ),
    ("On no roll", "How likely it is that no roll and no other current education is this child's."),
    (
        "Still living here",
        "How likely it is that the child still lives in the area, judged by who last saw the child and when.",
    ),
    (
        "Priority points",
        "Reasons to look sooner (a referral, social care, time out of school …), added up. They say nothing about how "
        "likely the child is to be missing education. 'Why the child is on the list' names those that weigh most, and the "
        "child's evidence sheet all of them.",
    ),
    (
        "Unlisted school?",
        "How much further down the child stands because a school that sent no list may have them. This is not how likely that "
        "is. Where it is high, ask independent schools and those across the border before a visit.",
    ),
    (
        "Also at this address",
        "Children on the list who live together are shown together, so that one visit serves them all. Each keeps their rank.",
    ),
    ("Ask first", "Another team that knows more about the child's education: ask them before a visit. Empty: none."),
    (
        "Last seen",
        "The last dated contact in any agency's records, and which agency. Empty: no date, or only that of a letter.",
    ),
    ("Records", "The child's record in each source, as source:key, with the key as that source writes it."),
    (
        "Outcome, Date, Reason, Hours",
        "For you to fill in: what you found (the sheet 'Reasons' says what each outcome means), on which day, why a child is "
        "missing education, and your hours since the last outcome. Send the workbook back to whoever runs rollcall outcomes: "
        "it reads these columns and the child id on every sheet, and keeps nothing else.",
    ),
    (
        "Why is a child not here?",
        "Ask whoever runs Rollcall, with the child's id or a record (source:key): rollcall explain says why. Every other child "
        "of compulsory school age known to an agency is in explained.parquet, with the reason.",
    ),
)


def read_me_lines(publication: Publication, candidates: pl.DataFrame, lanes: list[str]) -> list[tuple[str, str, str]]:
    """Lines of the first sheet as (style, term, text). A line of style ``lane`` links to that lane's sheet."""
    counts = dict(candidates.group_by("lane").len().iter_rows())
    whose = f"{publication.authority}, as" if publication.authority else "As"
    follow_up = counts.get(FOLLOW_UP, 0)
    return [
        ("title", "Possibly missing education", ""),
        ("line", "", f"{whose} at {day_written(publication.as_at)}. {_children(candidates.height)} on the list."),
        *_tonight(publication),
        *([("line", "Settings", publication.settings_approval)] if publication.settings_approval else []),
        ("line", "", ""),
        *(("line", term, text) for term, text in _WHAT_IT_IS),
        ("line", "", ""),
        ("line", "The lanes, a sheet each", ""),
        *(("lane", lane, f"{_children(counts.get(lane, 0))}. {LANE_MEANS.get(lane, '')}".strip()) for lane in lanes),
        *_later(follow_up, publication.top),
        *_changed(publication),
        *_warned(publication),
        ("line", "", ""),
        ("line", "How to read the columns", ""),
        *(("line", term, text) for term, text in _HOW_TO_READ),
    ]


def _later(follow_up: int, top: int) -> list[tuple[str, str, str]]:
    """Where the children of the lane *follow up* are who come after the first ``top``."""
    if not 0 < top < follow_up:
        return []
    text = (
        f"The sheet 'Follow up' holds the first {top:,} by rank. {_children(follow_up - top)} more in that lane: "
        "start here when those are done. Nobody is left out."
    )
    return [("lane", "later", text)]


def _changed(publication: Publication) -> list[tuple[str, str, str]]:
    """How the list differs from the last one published, and who stays in view."""
    changed = publication.what_changed
    lines = [("line", "What changed", sentence) for sentence in changed.words]
    if changed.changes.height:
        text = f"{_children(changed.changes.height)}: new, returned, gone and why, risen, fallen."
        lines.append(("lane", "what changed", text))
    if changed.in_view.height:
        text = (
            f"{_children(changed.in_view.height)} off the list whom an officer has in hand, who are gone from a file that is "
            "not complete, or who were taken for a child in education though nothing new was told. They stay here until "
            "closed, until a complete file is sent, or until something new is told."
        )
        lines.append(("lane", "in view", text))
    return lines


def _warned(publication: Publication) -> list[tuple[str, str, str]]:
    """Who will be without education at the next term, and what of that was not judged."""
    warned = publication.early_warning.children.height
    lines = [("line", "Early warning", note) for note in publication.early_warning.notes]
    if warned:
        text = f"{_children(warned)}. Not missing education yet: no place is known for the next term. Ask admissions first."
        lines.append(("lane", "early warning", text))
    return lines


def _tonight(publication: Publication) -> list[tuple[str, str, str]]:
    """Warnings that a file was refused or is not complete: children may be listed, or missed, for that reason alone."""
    warnings = [("line", "Please note", warning) for warning in publication.warnings]
    refused = publication.deliveries.filter(pl.col("verdict") != "loaded")["file"].sort().to_list()
    if not refused:
        return warnings
    text = (
        f"Not read tonight: {', '.join(refused)}. Children may be listed, or not listed, for that reason alone: "
        "read the match report before you act."
    )
    return [("line", "Please note", text), *warnings]


def _children(count: int) -> str:
    return counted(count, "child")
