"""Lists that say in words that an entry has ended: counted as going on, it would hide the child."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from data_contracts.rules import LEFT_WITHOUT_DAY
from data_contracts.values import parse_dates
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.receive import CheckedFile, check_files, receive
from pipelines.residence.records import child_dates, record_dates
from pipelines.tables import STATEMENT
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
AS_AT = date(2026, 11, 20)


def checked(row: dict[str, str], folder: Path, source: str) -> CheckedFile:
    pl.DataFrame([row]).write_csv(folder / f"{source}.csv")
    (file,) = check_files(folder, CONTRACTS)
    return file


def rules_told(file: CheckedFile) -> list[str]:
    """The rules of an end that the rows of a file broke, though they are used."""
    return [b.rule for b in file.breaches if b.rule == LEFT_WITHOUT_DAY and b.stops == "nothing"]


def said_of(row: dict[str, str], folder: Path, source: str) -> pl.DataFrame:
    """What a list with one row says of its child, received beside a roll."""
    pl.DataFrame([GOOD["school_census"]]).write_csv(folder / "school_census.csv")
    pl.DataFrame([row]).write_csv(folder / f"{source}.csv")
    received = receive(folder, CONTRACTS, received_at=datetime(2026, 11, 20, 2, tzinfo=UTC))
    return standardise(received.raw, CONTRACTS, as_at=AS_AT).statements.filter(pl.col("source") == source)


@pytest.mark.parametrize(
    ("status", "leaving", "told"),
    [
        pytest.param("Leaver", "", 1, id="has left, nobody says when"),
        pytest.param("Off-roll", "", 1, id="in other words"),
        pytest.param("Wedi gadael", "", 1, id="in Welsh"),
        pytest.param("De-registered", "", 1, id="in those of an office"),
        pytest.param("No longer on roll", "", 1, id="in those of the census"),
        pytest.param("Removed from roll", "", 1, id="in those of a register"),
        pytest.param("Leaver", "2026-07-20", 0, id="has left on a day"),
        pytest.param("On roll", "", 0, id="is on the roll"),
        pytest.param("C", "", 0, id="is on the roll by its code"),
        pytest.param("Something else", "", 0, id="is on the roll in a way that nobody knows"),
    ],
)
def test_a_pupil_who_has_left_on_no_day_is_not_taken_for_one_who_is_there(
    status: str, leaving: str, told: int, tmp_path: Path
) -> None:
    """Set aside, the row would hide a pupil whom no other list knows."""
    for source, header in (("school_census", "EnrolStatus"), ("independent_schools", "Status")):
        row = GOOD[source] | {header: status, "LeavingDate": leaving}
        file = checked(row, tmp_path, source)
        assert (file.rows_set_aside, rules_told(file)) == (0, [LEFT_WITHOUT_DAY] * told), source
        assert not told or "provision" not in said_of(row, tmp_path, source)["kind"]
        (tmp_path / f"{source}.csv").unlink()


ENDS = {"ehe_register": "ClosedOn", "alternative_provision": "EndDate", "post_16": "EndDate"}


@pytest.mark.parametrize(
    ("status", "ended", "told"),
    [
        pytest.param("Closed", "", 1, id="closed, nobody says when"),
        pytest.param("Ended", "", 1, id="in other words"),
        pytest.param("Closed - moved to Wales", "", 1, id="with more behind it"),
        pytest.param("Left (July 2026)", "", 1, id="with more in brackets"),
        pytest.param("Placement ended early", "", 1, id="in a sentence"),
        pytest.param("Not closed", "", 0, id="denied"),
        pytest.param("To be closed", "", 0, id="still to come"),
        pytest.param("C - Ceased", "", 1, id="behind a code"),
        pytest.param("Closed", "20/07/2026", 0, id="closed on a day"),
        pytest.param("Open", "", 0, id="open"),
        pytest.param("visit booked", "", 0, id="in words that say nothing of it"),
    ],
)
@pytest.mark.parametrize("source", ENDS)
def test_a_place_that_has_ended_on_no_day_is_not_taken_for_one_that_goes_on(
    source: str, status: str, ended: str, told: int, tmp_path: Path
) -> None:
    """A register of closed and open cases hid each child whose case was only closed in words."""
    row = GOOD[source] | {"Status": status, ENDS[source]: ended}
    file = checked(row, tmp_path, source)
    assert (file.rows_set_aside, rules_told(file)) == (0, [LEFT_WITHOUT_DAY] * told)
    assert not told or "provision" not in said_of(row, tmp_path, source)["kind"]


def test_that_another_authority_has_a_child_on_no_roll_confirms_nothing_and_is_set_aside(tmp_path: Path) -> None:
    file = checked(GOOD["other_la"] | {"Status": "Left"}, tmp_path, "other_la")
    assert [(b.rule, b.stops) for b in file.breaches] == [(LEFT_WITHOUT_DAY, "row")]


def test_a_school_that_says_of_each_pupil_whether_it_has_the_child_is_understood(tmp_path: Path) -> None:
    rows = [{**GOOD["school_census"], "EnrolStatus": said} for said in ("Y", "N")]
    pl.DataFrame(rows).with_columns(RecordId=pl.Series(["1", "2"])).rename({"EnrolStatus": "On roll?"}).write_csv(
        tmp_path / "school_census.csv"
    )
    (file,) = check_files(tmp_path, CONTRACTS)
    assert [(b.line, b.rule, b.stops) for b in file.breaches if b.line] == [(3, LEFT_WITHOUT_DAY, "nothing")]


HOMES = {
    "housing": ("TenancyStatus", "TenancyEnd"),
    "benefits": ("ClaimStatus", "ClaimEnd"),
    "health": ("RegistrationStatus", "DeductionDate"),
    "early_years": ("Status", "EndDate"),
    "asylum": ("Status", "LeftOn"),
}


@pytest.mark.parametrize(
    ("source", "status", "ended", "says"),
    [
        pytest.param("housing", "", "", ["lives_here"], id="a tenancy, of which nothing is said"),
        pytest.param("housing", "Current tenant", "", ["lives_here"], id="one that runs"),
        pytest.param("housing", "Former tenant", "", ["left"], id="a former one"),
        pytest.param("housing", "TERMINATED", "", ["left"], id="terminated, nobody says when"),
        pytest.param("housing", "Terminated", "20/07/2026", ["left", "lives_here"], id="terminated on a day"),
        pytest.param("benefits", "Claim ended", "", ["left"], id="a claim that ended"),
        pytest.param("health", "Deducted", "", ["left"], id="a patient taken off the doctor's list"),
        pytest.param("health", "Active", "", ["lives_here"], id="a patient on it"),
        pytest.param("early_years", "Left", "", ["left"], id="a nursery place that ended"),
        pytest.param("asylum", "Dispersed", "", ["left"], id="a stay in a hotel that ended"),
    ],
)
def test_a_home_that_has_ended_in_words_alone_is_no_home_any_more(
    source: str, status: str, ended: str, says: list[str], tmp_path: Path
) -> None:
    """Former tenants counted as living where they no longer do, without a word."""
    said, end = HOMES[source]
    row = GOOD[source] | {said: status, end: ended}
    kinds = ("lives_here", "left")
    assert sorted(kind for kind in said_of(row, tmp_path, source)["kind"] if kind in kinds) == says


def test_a_list_that_says_of_tenancies_in_words_alone_whether_they_run_is_read(tmp_path: Path) -> None:
    row = GOOD["housing"] | {"TenancyStatus": "Former tenant"}
    without_end = {header: cell for header, cell in row.items() if header != "TenancyEnd"}
    assert said_of(without_end, tmp_path, "housing")["kind"].to_list() == ["left", "seen", "seen"]


def test_a_tenure_of_former_tenants_has_ended(tmp_path: Path) -> None:
    row = GOOD["housing"] | {"Tenure": "FORMER TENANT"}
    assert "lives_here" not in said_of(row, tmp_path, "housing")["kind"].to_list()


CASES = """
Status | Case Status | Closed     | is a concern
CIN    |             |            | yes
CIN    | Open        |            | yes
CIN    | Closed      |            | no
CIN    | Closed      | 20/07/2026 | yes
Closed |             |            | no
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines()[1:])
def test_a_case_or_referral_that_is_closed_in_words_alone_is_no_reason_to_look_sooner(
    case: str, tmp_path: Path
) -> None:
    status, case_status, closed, is_concern = (cell.strip() for cell in case.split("|"))
    row = GOOD["social_care"] | {"Status": status, "Case Status": case_status, "Closed": closed}
    del row["CaseState"]
    assert ("concern" in said_of(row, tmp_path, "social_care")["kind"]) == (is_concern == "yes")


@pytest.mark.parametrize(
    ("status", "closed", "says"),
    [
        pytest.param("Open", "", [("concern", None), ("seen", None)], id="open"),
        pytest.param("Closed - NFA", "", [("seen", None)], id="closed in words"),
        pytest.param("", "02/11/2026", [("concern", date(2026, 11, 2)), ("seen", None)], id="closed on a day"),
    ],
)
def test_a_referral_that_is_closed_is_a_concern_no_longer_and_still_says_that_the_child_was_known(
    status: str, closed: str, says: list[tuple[str, date | None]], tmp_path: Path
) -> None:
    row = GOOD["referrals"] | {"Status": status, "Date Closed": closed}
    del row["ClosedOn"]
    assert said_of(row, tmp_path, "referrals").select("kind", "until_on").sort("kind").rows() == says


def test_a_child_whose_only_entry_ended_on_no_known_day_is_not_taken_for_one_with_an_open_entry() -> None:
    said = [
        ("housing:1", "housing", "seen", date(2024, 5, 3)),
        ("housing:1", "housing", "left", None),
        ("housing:2", "housing", "seen", date(2024, 5, 3)),
        ("housing:2", "housing", "lives_here", date(2024, 5, 3)),
    ]
    rows = [dict(zip(("record_id", "source", "kind", "since_on"), row, strict=True)) for row in said]
    statements = pl.DataFrame(rows, schema=STATEMENT)
    owned = pl.DataFrame(
        {"record_id": ["housing:1", "housing:2"], "child_id": ["CH1", "CH2"], "membership": [1.0, 1.0]}
    )
    dates = child_dates(record_dates(statements, AS_AT), owned)
    assert dates.records.select("record_id", "is_ended", "left_on").rows() == [
        ("housing:1", True, None),
        ("housing:2", False, None),
    ]


@pytest.mark.parametrize(
    ("cells", "has_died"),
    [
        pytest.param({"RegistrationStatus": "Deceased"}, True, id="by the registration"),
        pytest.param({"DeductionReason": "Death"}, True, id="by the reason"),
        pytest.param({"DeductionReason": "Moved away"}, False, id="by another reason"),
        pytest.param({"DateOfDeath": "2026-03-02"}, True, id="on a day"),
        pytest.param({"DateOfDeath": "1900-01-01 00:00:00"}, False, id="a blank of a database"),
        pytest.param({"DateOfDeath": "2027-03-02"}, False, id="on a day still to come"),
        pytest.param({"DateOfDeath": "N/A"}, False, id="nothing"),
        pytest.param({"DateOfDeath": "see notes"}, False, id="no day"),
    ],
)
def test_nobody_is_sent_to_the_family_of_a_child_who_has_died(
    cells: dict[str, str], has_died: bool, tmp_path: Path
) -> None:
    assert ("died" in said_of(GOOD["health"] | cells, tmp_path, "health")["kind"]) == has_died


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("17/07/2026 - did not respond", date(2026, 7, 17)),
        ("17/07/2026 (moved to Leeds)", date(2026, 7, 17)),
        ("2026-07-17 moved away", date(2026, 7, 17)),
        ("1st May 2026, gone abroad", date(2026, 5, 1)),
        ("17/07/2026 - review due", None),
        ("17/07/2026 - if he does not return", None),
        ("17/07/2026?", None),
        ("17/07/2026 - back on 01/09/2026", None),
        ("31/02/2026 - left", None),
        ("left 17/07/2026", date(2026, 7, 17)),
        ("Closed on 17/07/2026, moved to Leeds", date(2026, 7, 17)),
        ("wedi gadael ym mis Gorffennaf 2026", None),
        ("Wedi gadael ar 17/07/2026", date(2026, 7, 17)),
        ("left July 2026", date(2026, 7, 31)),
        ("left 17/07/2026 - back on 01/09/2026", None),
        ("not left 17/07/2026", None),
    ],
)
def test_the_day_before_or_behind_a_few_words_is_the_day_of_an_end_unless_they_doubt_it(
    text: str, day: date | None
) -> None:
    for source, column in (("ehe_register", "closed_on"), ("school_census", "leaving_date")):
        asked = CONTRACTS[source].column_named[column]
        assert pl.DataFrame({column: [text]}).select(parse_dates(asked)).item() == day
    begun = CONTRACTS["ehe_register"].column_named["notified_on"]
    assert pl.DataFrame({"notified_on": [text]}).select(parse_dates(begun)).item() is None
