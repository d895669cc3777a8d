"""How any system says in words whether an entry still holds."""

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
