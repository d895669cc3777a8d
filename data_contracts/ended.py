"""How any system, and whoever fills it in, says in words whether an entry still holds."""

import polars as pl

LEFT = "Left"
"""Meaning of a code that says an entry has ended, whenever that was."""

OPEN = "Open"
"""Meaning of a code that says an entry still holds."""

NOT_BEGUN = "Applicant"
"""Meaning of a code that says an entry has not begun: the child has applied for it."""

CODES = {
    **dict.fromkeys(("", "Open", "Active", "Current", "Live"), OPEN),
    **dict.fromkeys(("Left", "Leaver", "Has left", "Closed", "Ended", "Ceased", "Finished"), LEFT),
    **dict.fromkeys(("Inactive", "Not active", "Former", "Previous", "Past", "Terminated", "Expired"), LEFT),
    **dict.fromkeys(("Cancelled", "Withdrawn", "Archived", "Historic"), LEFT),
    **dict.fromkeys(("Wedi gadael", "Wedi ymadael", "Wedi cau", "Wedi gorffen", "Wedi dod i ben"), LEFT),
}
"""How any system says whether an entry still holds: codes of every column that ``saysWhetherEnded``."""

NOT_KNOWN = ("unknown", "not known", "nk", "n/k", "anhysbys", "ddim yn hysbys", "?", "??", "???")
"""Words (here in lower case) for a day that nobody knows. In place of an end they may say that it has come, or that none is
known yet (``endedIfNotKnown``)."""

_WHOLE = (
    *("y", "yes", "true", "completed", "pex"),
    *(code.lower() for code, means in CODES.items() if means == LEFT and code),
)
"""Cells in place of an end that say that it has come: a tick under the heading Left, or a code for it."""

_NOT_THERE = (
    r"(?i)\b(?:(?:did ?n[o'\x{2019}]?t|didnt|never|has ?n[o'\x{2019}]?t|have not|not|failed to) "
    r"(?:return(?:ed)?|c[ao]me back|start(?:ed)?|attend(?:ed)?|been back)"
    r"|non[- ]return(?:er|ed)?|no longer (?:here|on|at|in|with|attend\w*|a|living)|off[- ]?roll"
    r"|heb (?:ddychwelyd|ddod yn (?:ol|\x{00f4}l)|ddechrau))\b"
)
"""Negations that say in any sentence that an entry has ended, or never began: did not return."""

_HAS_ENDED = (
    r"(?i)\b(?:left|leavers?|gone|moved|withdrawn|withdrew|removed|transferred|transfered|de-?registered|deducted|closed|ended"
    r"|ceased|terminated|finished|released|evicted|vacated|emigrated|relocated|departed|died|deceased"
    r"|perm(?:anent(?:ly)?)? ex(?:c(?:luded)?|clusion)?|wedi (?:gadael|ymadael|mynd|symud|cau|gorffen|dod i ben|trosglwyddo))\b"
)
"""Words that do."""

_WHAT_IS_NOT_KNOWN = (
    r"(?i)\b(?:(?:(?:leaving|end|exact|actual) )?(?:date|day)|destination|whereabouts|dyddiad(?: gadael)?)"
    r" (?:is |was )?(?:unknown|not (?:known|recorded)|anhysbys|ddim yn hysbys)\b"
)
"""What nobody asks of an entry that goes on: date unknown, destination not known."""

_IS_NOT_KNOWN = r"(?i)\b(?:not (?:yet )?known|unknown|n/?k)\b"

_DOUBTED = (
    r"(?i)\b(?:not|never|no|isn'?t|hasn'?t|heb|ddim|nid|due|expected|planned|proposed|provisional|pending|awaiting|query|review"
    r"|possibly|probably|perhaps|maybe|may|might|if|until|unless|when|will|to be|to leave|going to|leaving|leaves|intends?"
    r"|wants?|soon|next|tbc|notice|back|returned|returning|returns|extended|still|reopened|re-?admitted|re-?registered|error|wrong"
    r"|holidays?|temporar\w*|moved in(?:to)?|gone to be|(?:days?|weeks?|months?|terms?|years?) left)\b|\?"
)
"""Words with which it has perhaps not, or not yet, or is taken back."""

_DAY_BEHIND = (
    r"(?i)^(?:(?:has |wedi )?(?:left|leaver|moved(?: (?:away|out))?|withdrawn|removed|transferred|deducted|closed|ended|ceased"
    r"|terminated|finished|gadael|ymadael|cau|gorffen|symud)|off[- ]?roll)"
    r"(?: school| the school| roll)?(?: (?:on|in|at|from|since|ar|ym|yn))?\s*[-:,;\x{2013}]?\s*(.*\d.*)$"
)
"""A day behind the word for what happened on it: left 17/07/2026, moved away July 2026."""

_SEASONS = {
    r"summer|haf": "August",
    r"easter|spring|gwanwyn|y? ?pasg": "April",
    r"christmas|xmas|autumn|y? ?nadolig": "December",
}
"""How people say when in the school year (a regular expression) -> the month by whose end it is over."""

_YEARS = (r"\b20(\d\d)\b", r"\d{1,2}[-/. ]\d{1,2}[-/. ](\d\d)\b", r"\D(\d\d)\s*$")


def says_ended(text: pl.Expr) -> pl.Expr:
    """Whether text in place of an end says that it has come, in words that nothing doubts. Never null."""
    rest = (
        text.str.replace_all(_NOT_THERE, " ")
        .str.replace_all(_WHAT_IS_NOT_KNOWN, " ")
        .str.replace_all(_IS_NOT_KNOWN, " ")
    )
    says_so = text.str.to_lowercase().is_in(_WHOLE) | pl.any_horizontal(
        text.str.contains(words) for words in (_NOT_THERE, _HAS_ENDED, _WHAT_IS_NOT_KNOWN)
    )
    return (says_so & ~rest.str.contains(_DOUBTED)).fill_null(value=False)


def year_said(text: pl.Expr) -> pl.Expr:
    """The year in text that is no date (Left 2027, Jul-27); null: there is none."""
    return 2000 + pl.coalesce(*(text.str.extract(year, 1).cast(pl.Int32, strict=False) for year in _YEARS))


def day_behind_words(text: pl.Series) -> pl.Series:
    """What is behind the word for an end, if that may be a day; a season of a school year as the month by which it is over."""
    cell = pl.col("text")
    behind = pl.coalesce(cell.str.extract(_DAY_BEHIND, 1), cell)
    for season, month in _SEASONS.items():
        said = (
            rf"(?i)^(?:(?:at |in |by )?(?:the )?end of )?(?:the )?(?:{season})(?: term| holidays?| break)?,? (20\d\d)$"
        )
        behind = behind.str.replace(said, f"{month} $1")
    return text.to_frame("text").select(behind).to_series()
