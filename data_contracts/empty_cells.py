"""How people and software write that a cell says nothing, in any source; and marks that only look so."""

from data_contracts.ended import NOT_KNOWN

EXPORTED_EMPTY = (
    *("NULL", "Null", "null", "(NULL)", "(null)", "<NULL>", "<null>", "[NULL]", "\\N"),
    *("NaN", "nan", "NaT", "<NA>", "#N/A", "(blank)", "(Blank)"),
)
"""How software that writes tables as text shows an empty cell, in any source: SQL Server, Oracle, MySQL, pandas, Excel and
its pivot tables."""

TOO_NARROW = "^##+$"
"""What Excel saves of a day in a column too narrow to show it. A day stood there, so the cell is not empty."""

UNSEEN = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
"""Characters without width, which come along when a cell is pasted from a web page or a chat."""

HYPHENS = "[\u2010-\u2012\u2212]"
"""Hyphens that word processors write in place of the one on the keyboard, and the minus."""

_DAYS_OF_ZEROES = ("00/00/0000", "00/01/1900", "0000-00-00", "00000000", "0")
_FAR_DAYS = ("31/12/9999", "9999-12-31", "99991231", "31/12/2999", "2999-12-31", "31-dec-9999")
_NOT_ENDED = (
    *("no", "n", "not left", "current", "ongoing", "present", "on roll", "open", "active", "to date", "still on roll"),
    *(
        "still open",
        "still there",
        "still here",
        "still attending",
        "still ehe",
        "still home educated",
        "not yet",
        "false",
    ),
    *("ar y gofrestr", "cyfredol", "presennol", "dal yma", "heb adael", "ddim wedi gadael", "na", "nac ydy"),
)
_NEVER_MET = ("never", "not seen", "no contact")
_NOTHING = ("none", "nil", "n/a", "no end date", "not recorded", "none recorded")
_TO_COME = ("tbc", "tba")
NO_DAY = (*_DAYS_OF_ZEROES, *_FAR_DAYS, *_NOT_ENDED, *_NEVER_MET, *_NOTHING, *NOT_KNOWN, *_TO_COME)
"""How people and software write (here in lower case) that a date is unknown or has not come, in any source. 00/01/1900 is
Excel's day 0; dates in 2999 and 9999 belong to entries that still hold."""

_DAY_0 = ("01/01/1970", "1970-01-01", "19700101", "01-01-1970", "01.01.1970", "01-jan-1970", "01 jan 1970", "25569")
NO_BIRTHDAY = (*NO_DAY, *_DAY_0)
"""The same of birth dates, where software also writes its own day 0. As a date that would make a grown-up of a child, in lists
that have both."""
