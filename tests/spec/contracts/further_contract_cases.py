"""Good rows and broken rules of the further sources, in the form of :mod:`tests.spec.contracts.test_contracts`."""

CHILD = {
    "RecordId": "EX000001",
    "UPN": "H823432100123",
    "Surname": "Merrick",
    "Forename": "Isla",
    "MiddleNames": "Rose",
    "DateOfBirth": "24/03/2015",
    "Sex": "F",
    "Address": "7 Lantern Row, Exmouth Hill",
    "AddressLine2": "",
    "Postcode": "ZA1 2BD",
}
CHILD_RULES = """
RecordId     |               | required                | row
UPN          | H823432100124 | UPN check letter        | nothing
DateOfBirth  |               | required                | nothing
DateOfBirth  | 31/02/2015    | date                    | nothing
DateOfBirth  | ??/03/2015    | birth date without a day | nothing
DateOfBirth  | 24/03/15      | date                    | nothing
DateOfBirth  | 01/01/1900    | not before 1990         | nothing
DateOfBirth  | 24/03/2051    | not in the future       | nothing
Sex          | Q             | known code              | nothing
Postcode     | ZA1 CC1       | form                    | nothing
"""

FAMILY_RULES = CHILD_RULES.replace("not before 1990", "not before 1925")
"""Of lists that have the grown-ups of a family too."""

FURTHER_GOOD = {
    "asylum": CHILD | {
        "HouseholdRef": "F0012", "Accommodation": "Hotel", "ArrivedOn": "03/09/2026", "LeftOn": "",
        "AddressProtected": "", "Status": "",
    },
    "benefits": {
        "RecordId": "BN0000001", "ClaimRef": "C0000001", "ClaimType": "Housing benefit", "ClaimStart": "16/09/2018",
        "ClaimEnd": "", "FullName": "MERRICK, Isla", "Surname": "", "Forename": "", "DateOfBirth": "24/03/2015", "Sex": "",
        "Address": "7 Lantern Row, Exmouth Hill", "AddressLine2": "", "Postcode": "ZA1 2BD", "UPRN": "",
        "LastReviewed": "06/11/2026", "ClaimStatus": "",
    },
    "ctf": {
        "RecordId": "", "UPN": "H823432100123", "FormerUPN": "", "Surname": "Merrick", "PreferredSurname": "",
        "Forename": "Isla", "MiddleNames": "", "DOB": "2015-03-24", "Gender": "F", "SAON": "", "PAON": "7",
        "Street": "Lantern Row", "Town": "Exmouth Hill", "Postcode": "ZA1 2BD", "LeavingDate": "2026-07-09",
        "DateTime": "2026-07-20T10:11:12", "Sender": "8892005", "Receiver": "XXXXXXX", "DestLEA": "XXX",
        "Serial": "001",
    } | {"RecordId": "H823432100123|8892005|XXXXXXX|001"},
    "early_years": CHILD | {
        "DateOfBirth": "24/03/2022", "Setting": "Little Owls", "FundingType": "15 hours", "StartDate": "07/05/2025",
        "EndDate": "", "LastClaimedOn": "02/10/2026", "Status": "",
    },
    "exclusions": CHILD | {
        "School": "Lantern Primary", "ExclusionType": "PERM", "ExcludedOn": "12/10/2026", "ReinstatedOn": "",
    },
    "moved_in": CHILD | {
        "FromLA": "352", "LastSchool": "Out of area school", "NotifiedOn": "02/11/2026", "MovedOn": "24/10/2026",
        "AddressProtected": "N",
    },
    "police": CHILD | {"Reason": "Domestic abuse", "NotifiedOn": "02/11/2026", "AddressProtected": ""},
    "post_16": CHILD | {
        "Activity": "College", "Provider": "Harbour College", "Mode": "Full-time", "StartDate": "01/09/2026",
        "EndDate": "31/12/9999", "LastContact": "02/10/2026", "Status": "",
    },
    "pupil_returns": CHILD | {
        "School": "Lantern Primary", "ReturnType": "Added", "ChangedOn": "02/11/2026", "LeavingGround": "",
    },
    "refuge": CHILD | {"HouseholdRef": "F0013", "AdmittedOn": "02/11/2026", "LeftOn": "", "AddressProtected": ""},
    "youth_justice": CHILD | {
        "EducationStatus": "PRU", "CaseOpened": "23/06/2026", "CaseClosed": "", "LastContact": "30/10/2026",
        "CustodyFrom": "", "CustodyTo": "",
    },
}  # fmt: skip
"""A row of each further source as its layout has it, that keeps every rule."""

PROTECTED_RULE = """
"""

FURTHER_RULES = {
    "asylum": FAMILY_RULES + PROTECTED_RULE + """
Accommodation | Castle       | known code              | nothing
ArrivedOn    | September     | date                    | nothing
ArrivedOn    | 03/09/2062    | not in the future       | nothing
LeftOn       | see notes     | date                    | nothing
LeftOn       | 01/01/1900    | not before 1990         | nothing
""",
    "benefits": """
RecordId     |               | required                | row
ClaimStart   | 2018          | date                    | nothing
ClaimStart   | 16/09/2081    | not in the future       | nothing
ClaimEnd     | 31/11/2025    | date                    | nothing
ClaimEnd     | 01/01/1900    | not before 1990         | nothing
DateOfBirth  |               | required                | nothing
DateOfBirth  | 31/02/2015    | date                    | nothing
DateOfBirth  | ??/03/2015    | birth date without a day | nothing
DateOfBirth  | 01/01/1900    | not before 1925         | nothing
DateOfBirth  | 24/03/2051    | not in the future       | nothing
Sex          | Q             | known code              | nothing
Postcode     | ZA1 CC1       | form                    | nothing
UPRN         | 1.0002E+11    | form                    | nothing
LastReviewed | 32/01/2026    | date                    | nothing
LastReviewed | 06/11/2062    | not in the future       | nothing
""",
    "ctf": """
RecordId     |               | required                | row
UPN          | H823432100124 | UPN check letter        | nothing
FormerUPN    | 823           | UPN check letter        | nothing
DOB          |               | required                | nothing
DOB          | 2015-02-31    | date                    | nothing
DOB          | ??/03/2015    | birth date without a day | nothing
DOB          | 1900-01-01    | not before 1990         | nothing
DOB          | 2051-03-24    | not in the future       | nothing
Gender       | Q             | known code              | nothing
Postcode     | ZA1 CC1       | form                    | nothing
LeavingDate  | July          | date                    | nothing
LeavingDate  | 1900-01-01    | not before 1990         | nothing
DateTime     | this morning  | date                    | nothing
DateTime     | 2062-07-20    | not in the future       | nothing
""",
    "early_years": CHILD_RULES + """
StartDate     | 07/05        | date                    | nothing
StartDate     | 01/01/1900   | not before 2001         | nothing
EndDate       | July         | date                    | nothing
EndDate       | 01/01/1900   | not before 1990         | nothing
LastClaimedOn | autumn       | date                    | nothing
LastClaimedOn | 02/10/2062   | not in the future       | nothing
""",
    "exclusions": CHILD_RULES + """
ExclusionType | Expelled     | known code              | nothing
ExcludedOn    | Monday       | date                    | nothing
ExcludedOn    | 12/10/2062   | not in the future       | nothing
ReinstatedOn  | later        | date                    | nothing
ReinstatedOn  | 01/01/1900   | not before 1990         | nothing
""",
    "moved_in": FAMILY_RULES + PROTECTED_RULE + """
NotifiedOn   | by phone      | date                    | nothing
NotifiedOn   | 02/11/2062    | not in the future       | nothing
MovedOn      | half-term     | date                    | nothing
""",
    "police": CHILD_RULES + PROTECTED_RULE + """
Reason       | see my e-mail | known code              | nothing
NotifiedOn   | at night      | date                    | nothing
NotifiedOn   | 02/11/2062    | not in the future       | nothing
""",
    "post_16": CHILD_RULES + """
Activity     | Travelling    | known code              | nothing
Mode         | Now and then  | known code              | nothing
StartDate    | 01/09         | date                    | nothing
EndDate      | July          | date                    | row
EndDate      | 01/01/1900    | not before 1990         | row
LastContact  | last week     | date                    | nothing
LastContact  | 02/10/2062    | not in the future       | nothing
""",
    "pupil_returns": CHILD_RULES + """
ReturnType    | Elsewhere    | known code              | nothing
ChangedOn     |              | required                | row
ChangedOn     | next week    | date                    | row
ChangedOn     | 01/01/1900   | not before 1990         | row
LeavingGround | see letter   | known code              | nothing
""",
    "refuge": FAMILY_RULES + PROTECTED_RULE + """
AdmittedOn   | at night      | date                    | nothing
AdmittedOn   | 02/11/2062    | not in the future       | nothing
LeftOn       | in spring     | date                    | nothing
LeftOn       | 01/01/1900    | not before 1990         | nothing
""",
    "youth_justice": CHILD_RULES + """
EducationStatus | Fine       | known code              | nothing
CaseOpened   | 23/06         | date                    | nothing
CaseOpened   | 23/06/2062    | not in the future       | nothing
CaseClosed   | spring        | date                    | nothing
CaseClosed   | 01/01/1900    | not before 1990         | nothing
LastContact  | last week     | date                    | nothing
LastContact  | 30/10/2062    | not in the future       | nothing
CustodyFrom  | June          | date                    | nothing
CustodyFrom  | 01/06/2062    | not in the future       | nothing
CustodyTo    | July          | date                    | row
CustodyTo    | 01/01/1900    | not before 1990         | row
""",
}  # fmt: skip
"""By source: column, what stands in it, rule, stops."""
