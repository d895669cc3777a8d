"""What leaves the team: the termly report, the manager's week, and the packet for another authority."""

import json
import re
import sqlite3
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.rules import WITHHELD
from pipelines.decisions.outcomes import MISSING, OUTCOME
from pipelines.health import SourceState
from pipelines.reports.explain import UnknownIdentifierError
from pipelines.reports.handover import HANDOVERS_FILE, Handover, handover, note_handover
from pipelines.reports.handover_files import handover_files
from pipelines.reports.published import PublishedNight, published_nights, read_nights, settings_approval
from pipelines.reports.small_counts import shown, shown_alone
from pipelines.reports.termly_report import TermlyReport, termly_report
from pipelines.reports.termly_report_page import report_html
from pipelines.reports.weekly import Weekly, weekly
from pipelines.reports.weekly_page import weekly_html
from pipelines.settings import SettingsError
from pipelines.tables import CANDIDATE, EXPLAINED, LEAD
from tests.conftest import FirstNight
from tests.made.children import AS_AT, Drawn
from tests.spec.listing.test_outcomes import outcome

# No count under five ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "parts", "told"),
    [
        pytest.param(20, (12, 8), ("20", ["10", "10"]), id="nothing small: each to the nearest five"),
        pytest.param(20, (17, 3), ("20", ["c", "c"]), id="the other part would give it away"),
        pytest.param(20, (10, 7, 3), ("20", ["10", "c", "c"]), id="the next smallest hides it"),
        pytest.param(20, (13, 4, 3), ("20", ["15", "c", "c"]), id="two small ones hide each other"),
        pytest.param(20, (16, 2, 2), ("20", ["c", "c", "c"]), id="unless both together are under five"),
        pytest.param(3, (2, 1), ("c", ["c", "c"]), id="all of it small"),
        pytest.param(9, (9, 0), ("10", ["10", "0"]), id="none is no child"),
        pytest.param(7, (1,) * 7 + (0,), ("5", ["c"] * 8), id="seven in at most seven are one each: one may be none"),
        pytest.param(7, (1,) * 7, ("c", ["c"] * 7), id="without any that is none, the total is withheld"),
        pytest.param(
            12, (5,) + (1,) * 7, ("10", ["c"] * 8), id="of seven in what five leave of twelve all would be one"
        ),
        pytest.param(8, (1,) * 6 + (2, 0), ("10", ["c"] * 7 + ["0"]), id="where one may be two, none is no child"),
    ],
)
def test_small_counts_are_withheld_with_what_would_give_them_away(
    total: int, parts: tuple[int, ...], told: tuple[str, list[str]]
) -> None:
    whole, (cells,) = shown(total, parts)
    assert (whole, cells) == told


def test_counts_that_add_up_to_nothing_are_withheld_one_by_one() -> None:
    assert shown_alone([0, 1, 4, 5, 7, 8, 1202]) == ["0", "c", "c", "5", "5", "10", "1,200"]


@given(st.integers(5, 5000), st.integers(1, 4))
def test_two_reports_a_day_apart_never_tell_how_few_children_lie_between_them(count: int, more: int) -> None:
    """What one takes from the other is none or five, whichever of one to four children came."""
    (before, after), five = ([int(text.replace(",", "")) for text in shown_alone([count, count + more])], 5)
    assert after - before in (0, five)
    assert before % five == 0


def _listed(children: int, as_at: date = AS_AT, first: int = 0, **columns: object) -> PublishedNight:
    rows = [
        {
            "rank": n + 1,
            "child_id": f"CH{first + n}",
            "lane": "follow up",
            "likelihood": 0.9,
            "restricted": False,
            "records": f"health:{first + n}",
            "postcode": "ZA1 1AA",
            "date_of_birth": date(2015, 5, 14),
            **columns,
        }
        for n in range(children)
    ]
    return PublishedNight(as_at, pl.DataFrame(rows, schema=CANDIDATE), EXPLAINED.to_frame())


def _confirmed(*groups: tuple[int, str, str, str, str]) -> pl.DataFrame:
    rows = [(f"CH{n}-{group}", *labels) for group, (count, *labels) in enumerate(groups) for n in range(count)]
    return pl.DataFrame(rows, schema=["child_id", "sex", "year", "duration", "reason"], orient="row")


def _report(confirmed: pl.DataFrame, night: PublishedNight, outcomes: pl.DataFrame | None = None) -> TermlyReport:
    found = OUTCOME.to_frame() if outcomes is None else outcomes
    return termly_report(confirmed, found, [night], since=date(2026, 8, 31), as_at=AS_AT, names={})


def test_the_report_tells_who_where_how_long_and_what_came_of_it() -> None:
    confirmed = _confirmed(
        (6, "Female", "Year 3", "2 to 4 weeks", "Mental health"), (7, "Male", "Year 7", "Over 52 weeks", "Unknown")
    )
    found = pl.concat([outcome("CONFIRMED_CME_NEW", child=f"CH{n}") for n in range(5)])
    made = _report(confirmed, _listed(12), found)
    assert (made.confirmed, made.leads, made.outcomes) == ("15", "10", "5")
    assert {table.title: list(table.rows) for table in made.confirmed_tables} == {
        "Year group, by age": [("Year 3", "5"), ("Year 7", "5")],
        "Sex": [("Female", "5"), ("Male", "5")],
        "Time out of education": [("2 to 4 weeks", "5"), ("Over 52 weeks", "5")],
        "Primary reason": [("Mental health", "5"), ("Unknown", "5")],
    }
    assert ("Area, by postcode district", [("ZA1", "10")]) in [(t.title, list(t.rows)) for t in made.leads_tables]
    assert list(made.outcome_table.rows) == [("missing education, found by this list", "5")]
    assert list(made.trend) == [("September 2026", "–", "0"), ("October 2026", "–", "5"), ("November 2026", "10", "0")]


def test_whoever_was_already_known_to_be_missing_is_not_newly_found() -> None:
    new = [outcome("CONFIRMED_CME_NEW", child=f"CH{n}") for n in range(5)]
    known = [outcome("ALREADY_KNOWN_CME", child=f"CH{n}") for n in range(5, 15)]
    made = _report(_confirmed(), _listed(12), pl.concat([*new, *known]))
    assert dict(made.outcome_table.rows) == {
        "missing education, already known": "10",
        "missing education, found by this list": "5",
    }
    assert ("October 2026", "–", "5") in made.trend


def test_a_protected_child_counts_in_no_area() -> None:
    night = _listed(6, restricted=True, postcode="withheld")
    areas = next(table for table in _report(_confirmed(), night).leads_tables if table.title.startswith("Area"))
    assert list(areas.rows) == [("Withheld", "5")]


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(0, 9), min_size=2, max_size=4))
def test_no_number_on_the_report_is_under_five(counts: list[int]) -> None:
    years = ("Year 1", "Year 2", "Year 3", "Year 4")
    confirmed = _confirmed(*((count, "Male", years[n], "Unknown", "Unknown") for n, count in enumerate(counts)))
    made = _report(confirmed, _listed(sum(counts)))
    page = report_html(made, None, AS_AT, None).decode()
    cells = re.findall(r'<td class="n">([^<]*)</td>|<text[^>]*>([0-9,]+)</text>|<b>([0-9,]+)</b>', page)
    numbers = [int(text.replace(",", "")) for cell in cells for text in cell if text.replace(",", "").isdigit()]
    assert not [number for number in numbers if 0 < number < 5]
    told = {
        label: text for table in made.confirmed_tables if table.title.startswith("Year") for label, text in table.rows
    }
    unseen = [count for n, count in enumerate(counts) if told.get(years[n]) == "c"]
    assert len(unseen) != 1 or made.confirmed == "c", "one count withheld alone is the total less the others"


def test_the_report_is_one_page_that_runs_nothing_and_asks_for_nothing() -> None:
    confirmed = _confirmed(*((6, "Male", f"Year {n}", "Unknown", "Unknown") for n in range(1, 5)))
    page = report_html(_report(confirmed, _listed(12)), 7.5, AS_AT, "Made-up <Borough>").decode()
    assert "Made-up &lt;Borough&gt;" in page
    assert "default-src 'none'" in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|CH\d|ZA1 1AA", page)
    assert "<svg" in page


# The week ------------------------------------------------------------------------------------------------------------


def _leads(*listed: tuple[str, date]) -> pl.DataFrame:
    rows = [{"child_id": child, "spell": 1, "state": "listed", "first_listed_on": since} for child, since in listed]
    return pl.DataFrame(rows, schema=LEAD)


def _week(
    outcomes: pl.DataFrame | None = None, sources: tuple[SourceState, ...] = (), leads: pl.DataFrame | None = None
) -> Weekly:
    leads = _leads(*((f"CH{n}", AS_AT) for n in range(2, 8))) if leads is None else leads
    nights = [_listed(6, AS_AT - timedelta(days=21)), _listed(6, AS_AT - timedelta(days=7)), _listed(6, first=2)]
    records = Drawn().record("health:2", "CH2").tables()["child_records"]
    return weekly(nights, OUTCOME.to_frame() if outcomes is None else outcomes, records, leads, sources)


def test_what_came_and_what_went_since_the_list_of_a_week_ago() -> None:
    week = _week()
    assert week.before == date(2026, 11, 13)
    assert week.came["child_id"].to_list() == ["CH6", "CH7"]
    assert list(week.went) == [("no longer in the extracts, or now under another id", 2)]
    assert ("follow up", 6, 6) in week.lanes


def test_who_waits_longest() -> None:
    """Since before the oldest list that is kept: a restored workspace has only the newest one."""
    leads = _leads(("CH4", date(2026, 11, 1)), ("CH3", date(2026, 5, 12)), *((f"CH{n}", AS_AT) for n in (2, 5, 6, 7)))
    week = _week(outcome("UNDER_ENQUIRY", date(2026, 10, 1), "CH2", "health:2"), leads=leads)
    since = week.untouched.select("child_id", "since").rows()
    assert since[:2] == [("CH3", date(2026, 5, 12)), ("CH4", date(2026, 11, 1))]
    assert "CH2" not in week.untouched["child_id"]
    assert week.in_hand.rows() == [("CH2", "being looked into", date(2026, 10, 1))]


@pytest.mark.parametrize("is_listed", [True, False], ids=["on the list", "off it"])
def test_what_an_officer_found_of_a_protected_child_is_withheld_from_the_manager(is_listed: bool) -> None:
    found = outcome("EMIGRATED_UNVERIFIED", date(2026, 10, 1), "CH2", "health:2")
    records = Drawn().record("health:2", "CH2").tables()["child_records"]
    off_list = pl.DataFrame([{"child_id": "CH2", "reason": "withheld", "records": "health:2"}], schema=EXPLAINED)
    night = _listed(6, first=2, restricted=True) if is_listed else replace(_listed(6, first=3), explained=off_list)
    assert weekly([night], found, records, LEAD.to_frame(), ()).in_hand.rows() == [
        ("CH2", "withheld", date(2026, 10, 1))
    ]


def test_a_child_that_was_looked_into_under_another_id_is_not_untouched() -> None:
    week = _week(outcome("UNTRACED", date(2026, 10, 1), "OLD", "health:2"))
    assert "CH2" not in week.untouched["child_id"]


def test_what_was_found_this_week_and_what_it_cost() -> None:
    this_week = outcome("CONFIRMED_CME_NEW", date(2026, 11, 18), "CH2", "health:2", hours=4.0)
    week = _week(pl.concat([this_week, outcome("INDEPENDENT", date(2026, 11, 2), "CH3", "health:3", hours=2.0)]))
    assert list(week.outcomes) == [("missing education, found by this list", 1)]
    assert (week.found, week.hours, week.hours_per_child_found) == (1, 4.0, 6.0)
    assert (week.looked_back, week.missed.height) == (1, 0)


def test_a_child_found_this_week_stays_found_if_a_place_follows_and_one_found_before_is_not_found_again() -> None:
    placed = [
        outcome("CONFIRMED_CME_NEW", date(2026, 11, 16), "CH2"),
        outcome("ON_ROLL_OWN", date(2026, 11, 19), "CH2"),
    ]
    before = [
        outcome(code, on, "CH3") for code, on in zip(MISSING, (date(2026, 11, 2), date(2026, 11, 18)), strict=True)
    ]
    known = [outcome("ALREADY_KNOWN_CME", date(2026, 11, 18), "CH3")]
    assert [_week(pl.concat(found)).found for found in (placed, before, known)] == [1, 0, 0]


def test_a_source_that_has_not_come_for_long_is_named_and_the_page_holds_no_name_of_a_child() -> None:
    late = SourceState(source="housing", came_on=date(2026, 11, 1), rows=9, newest_on=None)
    fresh = SourceState(source="health", came_on=date(2026, 11, 19), rows=9, newest_on=None)
    week = _week(sources=(late, fresh))
    assert list(week.late) == [late]
    page = weekly_html(week, {"housing": "Council housing"}, ("health.csv came short",)).decode()
    assert "Council housing: last received on 1 November 2026" in page
    assert "health.csv came short" in page
    assert "Haddad" not in page


def test_the_manager_is_told_who_agreed_to_the_settings_of_the_list(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"settings_approved": "No second person has approved them."}', encoding="utf-8")
    told = settings_approval(tmp_path)
    assert "No second person has approved them." in weekly_html(_week(), {}, (), told).decode()
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")  # of a version before
    assert settings_approval(tmp_path) is None


def test_the_first_week_has_nothing_to_compare_with() -> None:
    week = weekly(
        [_listed(3)],
        OUTCOME.to_frame(),
        Drawn().record("health:0", "CH0").tables()["child_records"],
        LEAD.to_frame(),
        (),
    )
    assert (week.before, week.came.height, list(week.went)) == (None, 0, [])
    assert "no list from a week ago to compare" in weekly_html(week, {}, ()).decode()


def test_lists_are_read_back_as_they_were_published(first_night: FirstNight) -> None:
    folder = first_night.published.parent
    assert list(published_nights(folder)) == [AS_AT]
    (kept,) = read_nights(folder)
    assert kept.candidates.schema == CANDIDATE
    assert kept.candidates["rank"].to_list() == list(range(1, kept.candidates.height + 1))
    assert kept.explained.height == first_night.report.counts["rank"]["explained"]


# Another authority ---------------------------------------------------------------------------------------------------


def _child(**more: object) -> Drawn:
    home = {
        "address_shown": "1 Old Road",
        "postcode_shown": "ZA1 1AA",
        "parent_forename": "ADA",
        "phone": "07700900123",
        "parent_surname": "HADDAD",
        "sex": "F",
        "upn": "H823432100123",
        **more,
    }
    drawn = Drawn().record("health:H1", "A", **home).record("school_census:C1", "A", surname_shown="Hadad")
    drawn.on_roll("school_census:C1", date(2020, 9, 1), date(2026, 7, 17))
    return drawn.says("health:H1", "seen", since=date(2026, 9, 1)).lives("A", 0.9)


def _packet(drawn: Drawn, outcomes: pl.DataFrame | None = None) -> Handover:
    moved = outcome("MOVED_OTHER_LA_CONFIRMED", date(2026, 11, 2)) if outcomes is None else outcomes
    return handover("A", drawn.night(), moved, to_authority="Neighbour", from_authority="Here")


def test_the_packet_holds_what_the_receiving_authority_needs() -> None:
    packet = _packet(_child().on_roll("school_census:C1", date(2027, 1, 5), place="Byron School"))  # not begun yet
    assert asdict(packet) == {
        "to_authority": "Neighbour", "from_authority": "Here", "as_at": AS_AT,
        "forename": "Amira", "surname": "Hadad", "other_surnames": "Haddad", "date_of_birth": date(2015, 5, 14),
        "born_in": None,
        "sex": "F", "upn": "H823432100123", "last_address": "1 Old Road", "last_postcode": "ZA1 1AA",
        "last_seen_on": date(2026, 9, 1), "last_education": "state school, Keats Primary School",
        "education_ended_on": date(2026, 7, 17), "education_holds": False, "carers": "Ada Haddad", "phones": "07700900123",
        "social_care_involved": False, "moved_on": date(2026, 11, 2), "due_on": date(2026, 11, 30),
        "is_protected": False,
    }  # fmt: skip


def test_a_place_that_holds_is_not_said_to_have_ended() -> None:
    drawn = _child().on_roll("school_census:C1", date(2026, 9, 2), place="Byron School")
    page = handover_files(_packet(drawn))["handover.html"].decode()
    assert "Byron School" in page
    assert "it has not ended: our records still show the child there" in page
    protected = handover_files(_packet(drawn.says("health:H1", "protected")))["handover.html"].decode()
    assert "there still" not in protected


@pytest.mark.parametrize(
    ("found", "moved_on"),
    [
        ([], None),
        ([("MOVED_OTHER_LA_CONFIRMED", 2)], date(2026, 11, 2)),
        ([("UNDER_ENQUIRY", 1), ("ON_ROLL_OTHER_LA", 9)], date(2026, 11, 9)),
        ([("MOVED_OTHER_LA_CONFIRMED", 2), ("UNTRACED", 9)], None),
        ([("MOVED_OTHER_LA_CONFIRMED", 2), ("ON_ROLL_OWN", 9), ("MOVED_OTHER_LA_CONFIRMED", 16)], date(2026, 11, 16)),
    ],
)
def test_the_28_days_run_from_what_an_officer_found_last(found: list[tuple[str, int]], moved_on: date | None) -> None:
    outcomes = pl.concat([OUTCOME.to_frame(), *(outcome(code, date(2026, 11, day)) for code, day in found)])
    packet = _packet(_child(), outcomes)
    assert (packet.moved_on, packet.due_on) == (moved_on, moved_on and moved_on + timedelta(days=28))


def test_a_letter_to_everybody_is_no_day_on_which_the_child_was_seen() -> None:
    """The doctor's date of 1 September; a school saw the child on its last day there."""
    night = _child().night()
    written_to = night["residence"].with_columns(letters_of=pl.lit("health"))
    packets = [
        handover("A", night | {"residence": residence}, OUTCOME.to_frame(), to_authority="N", from_authority=None)
        for residence in (night["residence"], written_to)
    ]
    assert [packet.last_seen_on for packet in packets] == [date(2026, 9, 1), None]


def test_no_list_no_doctor_and_no_concern_in_words_goes_along() -> None:
    drawn = _child().says("health:H1", "concern", "child protection plan", date(2026, 3, 1))
    files = handover_files(_packet(drawn))
    whole = b"".join(files.values()).decode()
    assert not re.search(r"likelihood|priority|rank|health:|GP|protection plan|follow up", whole)
    assert json.loads(files["handover.json"])["social_care_involved"] is True
    assert "ask for their own handover" in whole


def test_of_a_protected_child_the_whereabouts_are_withheld() -> None:
    packet = _packet(_child().says("health:H1", "protected"))
    assert packet.is_protected
    named = ("last_address", "last_postcode", "last_education", "carers", "phones")
    assert {asdict(packet)[name] for name in named} == {WITHHELD}
    whole = b"".join(handover_files(packet).values()).decode()
    assert not re.search("Old Road|ZA1|Keats|Ada|07700", whole)
    days = ("2026-09-01", "1 September 2026", "2026-07-17", "17 July 2026")  # last seen; left school
    assert not any(day in whole for day in days)
    assert whole.count("<td>withheld</td>") == 6
    assert "named restricted role" in whole


def test_an_old_identity_is_passed_on_by_the_adoption_team_alone() -> None:
    with pytest.raises(SettingsError, match="adoption team"):
        _packet(_child().says("health:H1", "concern", "adopted"))


def test_a_child_who_is_none_is_refused_without_being_named() -> None:
    with pytest.raises(UnknownIdentifierError) as refused:
        handover("Mary Smith", _child().night(), OUTCOME.to_frame(), to_authority="N", from_authority=None)
    assert "Mary" not in str(refused.value)


def test_who_made_a_packet_is_kept_and_must_be_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--by"):
        note_handover(tmp_path, "A", _packet(_child()), " ")
    note_handover(tmp_path, "A", _packet(_child()), "M. Okafor")
    connection = sqlite3.connect(tmp_path / HANDOVERS_FILE)
    rows = connection.execute("select child_id, to_authority, by, is_protected from handover").fetchall()
    connection.close()
    assert rows == [("A", "Neighbour", "M. Okafor", 0)]
