"""What the rows of the further sources say of their children: educated, seen, living here, left, a concern, protected."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.in_one_form.standardise import Standardised, standardise
from pipelines.intake.receipt.receive import receive
from tests.spec.contracts.further_contract_cases import FURTHER_GOOD
from tests.spec.contracts.test_contracts import GOOD

AS_AT = date(2026, 11, 20)
CONTRACTS = read_contracts()


def night(folder: Path, *sources: str) -> Standardised:
    """What a folder says; every source in it counts as a roll, as there is none."""
    known = {source: CONTRACTS[source].model_copy(update={"is_roll": True}) for source in sources}
    received = receive(folder, known, received_at=datetime(2026, 11, 20, 2, 30), as_at=AS_AT)
    assert received.deliveries["verdict"].unique().to_list() == ["loaded"]
    return standardise(received.raw, known, as_at=AS_AT)


def said(standardised: Standardised) -> set[tuple[str, str | None, date | None, date | None]]:
    return set(standardised.statements.select("kind", "what", "since_on", "until_on").rows())


def sent(folder: Path, source: str, **changed: str) -> Standardised:
    """The good row of a source, some of its cells changed, sent as CSV."""
    pl.DataFrame([FURTHER_GOOD[source] | changed]).write_csv(folder / f"{source}.csv")
    return night(folder, source)


def on(day: int, month: int, year: int = 2026) -> date:
    return date(year, month, day)


SAYS = [
    pytest.param("exclusions", {}, {
        ("seen", None, on(12, 10), None), ("concern", "permanently excluded", on(12, 10), None),
    }, id="a permanent exclusion that stands"),
    pytest.param("exclusions", {"ExclusionType": "SUSP"}, {("seen", None, on(12, 10), None)}, id="a suspension"),
    pytest.param("youth_justice", {"EducationStatus": "NEET"}, {
        ("seen", None, on(23, 6), None), ("seen", None, on(30, 10), None), ("lives_here", None, on(23, 6), None),
        ("concern", "known to youth justice", on(23, 6), None),
        ("concern", "no education, by the word of youth justice", on(23, 6), None),
    }, id="youth justice knows of no education"),
    pytest.param("youth_justice", {"EducationStatus": "YOI", "CustodyFrom": "01/10/2026"}, {
        ("seen", None, on(23, 6), None), ("seen", None, on(30, 10), None),
        ("concern", "known to youth justice", on(23, 6), None),
        ("provision", "education in custody", on(1, 10), None),
    }, id="in custody"),
    pytest.param("benefits", {"ClaimEnd": "30/10/2026"}, {
        ("seen", None, on(16, 9, 2018), None), ("seen", None, on(6, 11), None),
        ("lives_here", None, on(16, 9, 2018), on(30, 10)), ("left", None, on(30, 10), None),
    }, id="a claim that has ended"),
    pytest.param("early_years", {"DateOfBirth": "24/03/2022"}, {
        ("seen", None, on(7, 5, 2025), None), ("seen", None, on(2, 10), None),
        ("lives_here", None, on(7, 5, 2025), None),
    }, id="a nursery place is no education of school age"),
    pytest.param("early_years", {"DateOfBirth": "24/03/2015"}, {
        ("seen", None, on(7, 5, 2025), None), ("seen", None, on(2, 10), None),
        ("lives_here", None, on(7, 5, 2025), None), ("misdated", None, on(7, 5, 2025), None),
    }, id="a nursery place begun at ten: the birth date was mistyped"),
    pytest.param("early_years", {"DateOfBirth": "24/03/2022", "StartDate": "01/01/1900"}, {
        ("seen", None, on(2, 10), None), ("lives_here", None, None, None),
    }, id="a first day that stands in for one not known contradicts no birth date"),
    pytest.param("asylum", {}, {
        ("seen", None, on(3, 9), None), ("lives_here", None, on(3, 9), None),
        ("concern", "newly arrived, in asylum or dispersal accommodation", on(3, 9), None),
    }, id="a hotel"),
    pytest.param("police", {}, {
        ("seen", None, on(2, 11), None), ("concern", "Domestic abuse", on(2, 11), on(2, 11, 2027)),
        ("protected", None, None, None),
    }, id="police: protected where nobody has said otherwise, a concern for a year"),
    pytest.param("police", {"AddressProtected": "N", "Reason": "a name"}, {
        ("seen", None, on(2, 11), None), ("concern", "Another concern of the police", on(2, 11), on(2, 11, 2027)),
    }, id="police: free text is not passed on"),
    pytest.param("refuge", {}, {
        ("seen", None, on(2, 11), None), ("lives_here", None, on(2, 11), None),
        ("concern", "lives in a refuge", on(2, 11), None), ("protected", None, None, None),
    }, id="a refuge: protected where nobody has said otherwise"),
    pytest.param("pupil_returns", {}, {
        ("provision", "school, by its return of a new pupil", on(2, 11), on(1, 11, 2028)), ("seen", None, on(2, 11), None),
    }, id="a new pupil"),
    pytest.param("pupil_returns", {"ReturnType": "Off roll", "LeavingGround": "Unknown"}, {
        ("provision", "school, by its return of a deletion", None, on(2, 11)), ("seen", None, on(2, 11), None),
        ("left", "Not known", on(2, 11), None), ("concern", "left the roll without a known destination", on(2, 11), None),
    }, id="a pupil whose name was deleted, and nobody knows where it went"),
    pytest.param("pupil_returns", {"ReturnType": "amended"}, {("seen", None, on(2, 11), None)}, id="a return of no known kind"),
    pytest.param("moved_in", {}, {
        ("seen", None, on(2, 11), None), ("lives_here", None, on(24, 10), on(24, 10, 2027)),
        ("concern", "moved in from another authority", on(24, 10), on(24, 10, 2027)),
    }, id="moved in"),
    pytest.param("post_16", {}, {
        ("provision", "college or training", on(1, 9), None), ("seen", None, on(1, 9), None),
        ("seen", None, on(2, 10), None),
    }, id="a college place"),
    pytest.param("post_16", {"Activity": "NEET"}, {
        ("concern", "not in education, employment or training", on(1, 9), None), ("seen", None, on(1, 9), None),
        ("seen", None, on(2, 10), None),
    }, id="known to have no place"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "changed", "expected"), SAYS)
def test_what_a_row_says(
    tmp_path: Path,
    source: str,
    changed: dict[str, str],
    expected: set[tuple[str, str | None, date | None, date | None]],
) -> None:
    assert said(sent(tmp_path, source, **changed)) == expected


@pytest.mark.parametrize("source", ["police", "refuge"])
def test_without_the_column_a_notification_counts_as_protected(tmp_path: Path, source: str) -> None:
    row = {header: cell for header, cell in FURTHER_GOOD[source].items() if header != "AddressProtected"}
    pl.DataFrame([row]).write_csv(tmp_path / f"{source}.csv")
    assert "protected" in night(tmp_path, source).statements["kind"].to_list()


@pytest.mark.parametrize(
    ("mode", "doubt"),
    [("FT", None), ("PT", "only a part-time place"), ("", "the hours of the place are not known")],
)
def test_a_part_time_college_place_is_held_in_doubt(tmp_path: Path, mode: str, doubt: str | None) -> None:
    places = sent(tmp_path, "post_16", Mode=mode).statements.filter(kind="provision")
    assert places["doubt"].to_list() == [doubt]
    assert places["place"].to_list() == ["Harbour College"]


@pytest.mark.parametrize(
    ("status", "lives_here"),
    [("CIN", True), ("CP", True), ("CLA", True), ("Private fostering", True), ("Adopted", False), ("Strategy", False)],
)
def test_whose_case_says_that_the_child_lives_here(tmp_path: Path, status: str, lives_here: bool) -> None:
    """A child in care may be known to nobody else yet, and a private fostering is told to the authority it takes place in."""
    pl.DataFrame([GOOD["social_care"] | {"Status": status, "Opened": "23/06/2026"}]).write_csv(
        tmp_path / "social_care.csv"
    )
    told = night(tmp_path, "social_care").statements.filter(kind="lives_here")
    assert told.select("since_on", "until_on").rows() == [(on(23, 6), None)] * lives_here


@pytest.mark.parametrize(
    ("concern", "was_seen"),
    [
        ("Neglect", True),
        ("Not attending", True),
        ("Something of their own", True),
        ("", True),
        ("Whereabouts unknown", False),
        ("Moved without a forwarding address", False),
    ],
)
def test_who_says_that_nobody_knows_where_a_child_is_has_not_seen_it(
    tmp_path: Path, concern: str, was_seen: bool
) -> None:
    pl.DataFrame([GOOD["referrals"] | {"Concern": concern, "ReferredOn": "12/11/2026"}]).write_csv(
        tmp_path / "referrals.csv"
    )
    told = said(night(tmp_path, "referrals"))
    assert (("seen", None, on(12, 11), None) in told) is was_seen
    assert (("left", "moved", on(12, 11), None) in told) is ("Moved" in concern)
    assert "concern" in {kind for kind, *_ in told}, "and the child is looked for all the same"


# Common transfer files -----------------------------------------------------------------------------------------------

PUPIL = """<Pupil><UPN>{upn}</UPN><Surname>Merrick</Surname><Forename>{forename}</Forename><DOB>2015-03-24</DOB>
<Gender>F</Gender><BasicDetails><MiddleNames>Rose</MiddleNames><PreferredSurname>Okoro</PreferredSurname></BasicDetails>
<Address><SAON/><PAON>7</PAON><Street>Lantern Row</Street><Town>Exmouth Hill</Town><PostCode>ZA1 2BD</PostCode></Address>
<Contacts><Contact><Surname>Okoro</Surname><Forename>Ada</Forename><Address><PAON>9</PAON></Address></Contact>
<Contact><Surname>Merrick</Surname><Address><PAON>11</PAON></Address></Contact></Contacts>
<SchoolHistory><School><LEA>889</LEA><Estab>2001</Estab><LeavingDate>2022-07-20</LeavingDate></School>
<School><LEA>889</LEA><Estab>2005</Estab><LeavingDate>2026-07-09</LeavingDate></School>
<School><LEA>889</LEA><Estab>2002</Estab><LeavingDate>2024-07-19</LeavingDate></School></SchoolHistory></Pupil>"""


def transfer_file(to_la: str, *pupils: str) -> str:
    return (
        f"<CTfile><Header><DateTime>2026-07-20T10:11:12</DateTime><SourceSchool><LEA>889</LEA></SourceSchool>"
        f"<DestSchool><LEA>{to_la}</LEA></DestSchool></Header><CTFpupilData>{''.join(pupils)}</CTFpupilData></CTfile>"
    )


ISLA, AVA = PUPIL.format(upn="H823432100123", forename="Isla"), PUPIL.format(upn="", forename="Ava")
UNCLAIMED = ("concern", "transfer file that no school has claimed", on(20, 7), None)
NOT_CONFIRMED = ("concern", "transfer file to an independent school or abroad, not confirmed", on(20, 7), None)
GONE = {("seen", None, on(9, 7), None), ("left", None, on(9, 7), None)}


@pytest.mark.parametrize(
    ("file", "to_la", "expected"),
    [
        pytest.param("8892005_CTF_XXXXXXX_001.xml", "XXX", {UNCLAIMED}, id="to nobody"),
        pytest.param("8892005_CTF_XXXXXXX_001.xml", "", {UNCLAIMED}, id="to nobody, by the name of the file alone"),
        pytest.param("transfer.xml", "XXX", {UNCLAIMED}, id="to nobody, by the header alone"),
        pytest.param("8892005_CTF_MMMMMMM_001.xml", "MMM", {NOT_CONFIRMED}, id="out of the state schools"),
        pytest.param("8892005_CTF_8892007_001.xml", "889", set(), id="to a named school, which proves no place there"),
        pytest.param("889LLLL_CTF_352LLLL_017.xml", "352", set(), id="from authority to authority"),
    ],
)
def test_a_transfer_file_says_who_let_the_child_go_and_to_whom(
    tmp_path: Path, file: str, to_la: str, expected: set[tuple[str, str, date, None]]
) -> None:
    (tmp_path / "ctf").mkdir()
    (tmp_path / "ctf" / file).write_text(transfer_file(to_la, ISLA), encoding="utf-8")
    assert said(night(tmp_path, "ctf")) == GONE | expected


def test_a_transfer_file_of_a_pupil_still_at_the_school_does_not_say_that_it_left_with_the_school_before(
    tmp_path: Path,
) -> None:
    last = "<School><LEA>889</LEA><Estab>2005</Estab><LeavingDate>2026-07-09</LeavingDate></School>"
    since = "<School><LEA>889</LEA><Estab>2005</Estab><EntryDate>2024-09-03</EntryDate><LastSchool>true</LastSchool></School>"
    still_there = ISLA.replace(last, since)
    assert still_there != ISLA
    (tmp_path / "8892005_CTF_XXXXXXX_001.xml").write_text(transfer_file("XXX", still_there), encoding="utf-8")
    assert said(night(tmp_path, "ctf")) == {UNCLAIMED}


def test_a_pupil_of_a_transfer_file_is_keyed_by_upn_and_file_and_has_no_parents_details(tmp_path: Path) -> None:
    (tmp_path / "8892005_CTF_XXXXXXX_001.xml").write_text(transfer_file("XXX", ISLA, AVA), encoding="utf-8")
    person = night(tmp_path, "ctf").person
    assert person["record_id"][0] == "ctf:H823432100123|8892005|XXXXXXX|001"
    assert person["record_id"][1].startswith("ctf:|8892005|XXXXXXX|001|")
    assert sorted(person["forename_shown"]) == ["Ava", "Isla"]
    assert set(person["surname_shown"]) == {"Merrick"}
    assert set(person["address_shown"]) == {"7 Lantern Row, Exmouth Hill"}
    assert person["upn"].drop_nulls().to_list() == ["H823432100123"]
