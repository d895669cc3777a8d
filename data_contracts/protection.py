"""The mark that an address must not be shown. Any list may have one, and it counts in each.

A contract need not name the column: a mark that nobody reads shows a child to whoever reads the list, and that cannot be
taken back.
"""

from collections.abc import Collection
from typing import Any

MARK = "address_protected"
"""Our name for the column that contracts are given."""

HEADER = "AddressProtected"

HEADERS = (
    *("Protected Address", "Address Protected Flag", "Protected Address Flag", "Protected"),
    *("Sensitive", "Sensitive Flag", "Sensitivity", "Sensitivity Flag", "Sensitive Address", "Sensitive Address Flag"),
    *("Sensitive Record", "Sensitive Record Indicator", "Sensitive Case", "Sensitive Patient", "S Flag"),
    *("Restricted", "Restricted Flag", "Restricted Address", "Restricted Address Flag", "Address Restricted"),
    *("Restricted Record", "Restricted Case", "Restricted Patient", "Restricted Access", "Access Restricted"),
    *("Confidential", "Confidentiality", "Confidential Flag", "Confidential Address", "Address Confidential"),
    *("Address Withheld", "Withhold Address", "Address to be Withheld", "Address Not to be Disclosed"),
    *("Do Not Disclose", "Do Not Disclose Address", "Non Disclosure"),
    *("Cyfeiriad Gwarchodedig", "Cyfeiriad Cyfrinachol", "Cyfrinachol", "Cyfeiriad Cyfyngedig", "Cofnod Cyfyngedig"),
)
"""Other headers of a mark of protection, in any list."""

CODES = {
    **dict.fromkeys(("Y", "Yes", "True", "1", "S", "R", "V", "Sensitive", "Restricted", "Protected"), "Y"),
    **dict.fromkeys(("N", "No", "False", "0", "U", "Not protected", "Not restricted", "Unrestricted", "N/A"), "N"),
    **dict.fromkeys(("Ydy", "Ie", "Oes", "Do", "Cyfrinachol", "Gwarchodedig", "Cyfyngedig"), "Y"),
    **dict.fromkeys(("Nac ydy", "Nac ydyw", "Na", "Nac oes", "Naddo", "Ddim yn gyfrinachol"), "N"),
    **dict.fromkeys(("None", "No restriction", "No restrictions", "Not applicable", "-"), "N"),
}
"""What systems write as a mark (S, U, R and V are the health service's). Whatever else stands there protects the child too
(``unknownCode``)."""

WITHHELD = (
    r"(?i)^\W*((the )?(home )?address( is)?\W+)?"
    r"(restricted|withheld|protected|confidential|sensitive|undisclosed|not (to be )?disclosed|do not disclose"
    r"|(cyfeiriad )?(cyfrinachol|gwarchodedig|cyfyngedig))"
    r"(\W+(home )?(address|location|record|case))?\W*$"
)
"""Regular expression for what stands in place of an address that must not be shown: it is such a mark itself."""

STATEMENT = {"kind": "protected", "when": {MARK: ["Y"]}}
"""What the mark of a contract that names none says."""


def column_of_mark(taken: Collection[str]) -> dict[str, Any]:
    """The column of a contract that names none, as in a contract's file. ``taken``: headers that other columns have."""
    quality = {
        "metric": "invalidValues",
        "mustBe": 0,
        "businessImpact": "A mark that we do not know counts as Y: an address shown by mistake cannot be taken back.",
        "customProperties": [{"property": "stops", "value": "nothing"}, {"property": "fix", "value": "Write Y or N."}],
    }
    return {
        "name": MARK,
        "physicalName": HEADER,
        "alsoCalled": [header for header in HEADERS if header not in taken],
        "classification": "restricted",
        "description": "Y where the address must not be shown to anybody who does not need it, else N. Empty means N.",
        "mayBeAbsent": True,
        "codes": {**CODES, "": "N"},
        "unknownCode": "Y",
        "quality": [quality],
    }
