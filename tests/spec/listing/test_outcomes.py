"""Officers' outcomes: what closes a lead, what brings a child back, and what they have yielded."""

import functools
import re
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipelines.decisions.outcomes import CODES, OUTCOME, open_enquiries
from pipelines.listing.closed import CONTRADICTED_BY
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import CLOSED, Ranked, rank
from pipelines.publish.match_report import match_report_html
from pipelines.publish.outcome_yield import outcome_yield
from pipelines.rank_settings import OutcomeHolds, RankSettings
from tests.made.beside import ranked_beside
from tests.made.children import AS_AT, SOURCE_NAMES, Drawn
from tests.made.publication import made_publication, mask

CLOSED_ON = date(2026, 10, 1)


def outcome(
    code: str, on: date = CLOSED_ON, child: str = "A", records: str = "health:H1", **more: object
) -> pl.DataFrame:
    row = {
        "child_id": child,
        "outcome": code,
        "outcome_on": on,
        "by": "M. Okafor",
        "at": datetime(2026, 10, 2, tzinfo=UTC),
        "lane": "follow up",
        "likelihood": 0.95,
        "records": records,
        **more,
    }
    return pl.DataFrame([row], schema=OUTCOME)


def ranked(drawn: Drawn, outcomes: pl.DataFrame) -> Ranked:
    settings = RankSettings()
    return rank(
        ListInputs(**drawn.tables(), as_at=AS_AT, settings=settings, source_names=SOURCE_NAMES, outcomes=outcomes)
    )


def lead() -> Drawn:
    return Drawn().record("health:H1", "A").says("health:H1", "seen", since=date(2026, 9, 1)).lives("A", 0.95)


@functools.cache
def after_each_code() -> dict[str, Ranked]:
    """The lead once an officer has found each of ``CODES`` of it."""
    return dict(zip(CODES, ranked_beside([lead()] * len(CODES), outcomes=[*map(outcome, CODES)]), strict=True))


@pytest.mark.parametrize("code", [pytest.param(code, id=code) for code in CODES])
def test_a_closing_outcome_takes_the_child_off_the_list_and_no_other_does(code: str) -> None:
    found = after_each_code()[code]
    closes = code not in ("UNDER_ENQUIRY", "UNTRACED", "EMIGRATED_UNVERIFIED", "CONFIRMED_CME_NEW", "ALREADY_KNOWN_CME")
    assert found.candidates.height == (not closes)
    assert found.explained["reason"].to_list() == ([CLOSED] if closes else [])


def test_the_reason_stands_in_explained() -> None:
    found = ranked(lead(), outcome("INDEPENDENT")).explained
    assert found["why"].item() == (
        "An officer closed this on 1 October 2026: at an independent school. Nothing has changed since to "
        "contradict it. The question comes up again on 1 October 2027."
    )
    assert found["likelihood"].item() == pytest.approx(0.95)


def test_the_list_says_whom_an_officer_has_in_hand_so_that_no_second_one_knocks() -> None:
    because = ranked(lead(), outcome("UNDER_ENQUIRY")).candidates["because"].item()
    assert because.startswith(
        "An officer has this in hand (as of 1 October 2026: being looked into). No current education"
    )
    assert "in hand" not in ranked(lead(), outcome("UNDER_ENQUIRY", AS_AT + timedelta(1))).candidates["because"].item()


def _draws(*said: tuple[object, ...]) -> Drawn:
    """The lead, with further statements of its own record: kind, what, since, until."""
    drawn = lead()
    for kind, what, since, until in said:
        drawn.says("health:H1", kind, what, since, until)  # type: ignore[arg-type]
    return drawn


LATER = date(2026, 11, 2)
SIGHTING = ("seen", None, LATER, None)
TENANCY = ("lives_here", None, LATER, None)
REFERRAL = ("concern", "Whereabouts unknown", LATER, None)
SOCIAL_WORK = ("concern", "child in need", LATER, None)
PLACE_ENDED = ("provision", "independent school", date(2024, 9, 1), LATER)
VANISHED = ("vanished", "vanished from the roll with no readable leaving date", LATER, None)
SEEN_TODAY = "seen on 20 November 2026 (GP registrations)"
SEEN_SINCE = "seen on 2 November 2026 (GP registrations)"
HOME_SINCE = "GP registrations shows the child at a home from 2 November 2026"
CONCERN_SINCE = "GP registrations raised a concern on 2 November 2026 (Whereabouts unknown)"
PLACE_OVER = "the independent school shown by GP registrations ended on 2 November 2026"


SINCE_THEN = [
    pytest.param("INDEPENDENT", SIGHTING, None, id="independent school: a sighting contradicts nothing"),
    pytest.param("INDEPENDENT", SOCIAL_WORK, None, id="independent school: nor does a social worker"),
    pytest.param("INDEPENDENT", PLACE_ENDED, PLACE_OVER, id="independent school: the place has ended"),
    pytest.param("INDEPENDENT", REFERRAL, CONCERN_SINCE, id="independent school: a new referral"),
    pytest.param("INDEPENDENT", TENANCY, HOME_SINCE, id="independent school: a move"),
    pytest.param("EHE_SUITABLE", SIGHTING, None, id="home education: a sighting contradicts nothing"),
    pytest.param("EHE_SUITABLE", REFERRAL, CONCERN_SINCE, id="home education: a new referral"),
    pytest.param(
        "ON_ROLL_OWN", VANISHED, "the GP registrations entry vanished on 2 November 2026", id="roll: vanished"
    ),
    pytest.param("ON_ROLL_OTHER_LA", SIGHTING, None, id="roll elsewhere: a sighting contradicts nothing"),
    pytest.param("AP_EOTAS", PLACE_ENDED, PLACE_OVER, id="alternative provision: a place has ended"),
    pytest.param("MOVED_OTHER_LA_CONFIRMED", SIGHTING, SEEN_SINCE, id="moved: seen here since"),
    pytest.param("MOVED_OTHER_LA_CONFIRMED", TENANCY, HOME_SINCE, id="moved: a home here since"),
    pytest.param("EMIGRATED_VERIFIED", SIGHTING, SEEN_SINCE, id="abroad: seen here since"),
    pytest.param("EMIGRATED_VERIFIED", SOCIAL_WORK, None, id="abroad: a social worker's entry is no sighting"),
    pytest.param("DATA_ERROR", SIGHTING, SEEN_SINCE, id="error in the data: somebody saw the child"),
    pytest.param("NOT_CSA", SIGHTING, None, id="not of age: a sighting says nothing of age"),
    pytest.param("DECEASED", SIGHTING, None, id="died: never back"),
    pytest.param("DUPLICATE", SIGHTING, None, id="a double: the other child is the one seen"),
    pytest.param("EMIGRATED_VERIFIED", ("seen", None, CLOSED_ON, None), None, id="seen on the day itself"),
    pytest.param("EMIGRATED_VERIFIED", ("seen", None, date(2027, 1, 1), None), None, id="a day yet to come"),
    pytest.param("EMIGRATED_VERIFIED", ("seen", None, AS_AT, None), SEEN_TODAY, id="seen on the day judged"),
    pytest.param("INDEPENDENT", ("concern", "No school place", date(2024, 1, 1), None), None, id="an old concern"),
    pytest.param("INDEPENDENT", ("concern", "No school place", LATER, LATER), None, id="a concern settled since"),
    pytest.param("INDEPENDENT", ("concern", "Whereabouts unknown", LATER, AS_AT), CONCERN_SINCE, id="on its last day"),
]
"""What an officer found, what has been said since, and how the list tells of it; null: the child stays off it."""


@functools.cache
def told_since() -> list[Ranked]:
    found, since_then = zip(*(case.values[:2] for case in SINCE_THEN), strict=True)
    return ranked_beside([*map(_draws, since_then)], outcomes=[*map(outcome, found)])


@pytest.mark.parametrize(("code", "since_then", "told"), SINCE_THEN)
def test_only_what_contradicts_the_outcome_brings_a_closed_child_back(
    code: str, since_then: tuple[object, ...], told: str | None
) -> None:
    found = told_since()[[case.values for case in SINCE_THEN].index((code, since_then, told))]
    assert found.candidates.height == (told is not None)
    if told:
        words = found.candidates["because"].item()
        closed = f"An officer closed this on 1 October 2026: {CODES[code].words}"
        assert words.startswith(f"{closed}. Back on the list because of what has happened since: {told}. ")


@pytest.mark.parametrize(
    ("code", "comes_back"),
    [
        pytest.param("MOVED_OTHER_LA_CONFIRMED", True, id="moved: a record here that nobody knew"),
        pytest.param("NOT_CSA", True, id="not of age: a record that may say otherwise"),
        pytest.param("INDEPENDENT", False, id="independent school: another list's record contradicts nothing"),
    ],
)
def test_a_record_that_is_new_since_the_outcome(code: str, comes_back: bool) -> None:
    found = ranked(lead().record("housing:P1", "A"), outcome(code)).candidates
    assert found.height == comes_back
    assert all("because of what has happened since: a new record housing:P1." in words for words in found["because"])


@pytest.mark.parametrize(
    ("code", "on", "comes_back"),
    [
        pytest.param("INDEPENDENT", date(2025, 11, 21), False, id="364 days ago"),
        pytest.param("INDEPENDENT", date(2025, 11, 20), True, id="a year ago"),
        pytest.param("ON_ROLL_OWN", date(2026, 8, 22), True, id="our own roll should show it after 90 days"),
        pytest.param("AP_EOTAS", date(2026, 5, 22), True, id="alternative provision: half a year"),
        pytest.param("EMIGRATED_VERIFIED", date(2019, 1, 1), False, id="abroad: for good"),
        pytest.param("DECEASED", date(2019, 1, 1), False, id="died: for good"),
    ],
)
def test_an_outcome_grows_old(code: str, on: date, comes_back: bool) -> None:
    found = ranked(Drawn().record("health:H1", "A"), outcome(code, on)).candidates
    assert found.height == comes_back
    assert all("the outcome is out of date" in words for words in found["because"])


def test_how_long_an_outcome_holds_is_the_authoritys_to_say() -> None:
    settings = RankSettings(outcome_holds=OutcomeHolds(independent=0))
    old = outcome("INDEPENDENT", date(2019, 1, 1))
    assert rank(ListInputs(**lead().tables(), as_at=AS_AT, settings=settings, outcomes=old)).candidates.is_empty()


def test_every_closing_outcome_says_what_contradicts_it() -> None:
    assert set(CONTRADICTED_BY) == {code for code, meaning in CODES.items() if meaning.closes}
    assert {name.upper() for name in OutcomeHolds.model_fields} == set(CONTRADICTED_BY) - {"DUPLICATE", "DECEASED"}


def test_an_outcome_of_the_day_judged_counts_and_one_yet_to_come_does_not() -> None:
    assert ranked(lead(), outcome("INDEPENDENT", AS_AT)).candidates.is_empty()
    assert ranked(lead(), outcome("INDEPENDENT", AS_AT + timedelta(days=1))).candidates.height == 1


def test_the_latest_outcome_counts() -> None:
    both = pl.concat([outcome("INDEPENDENT"), outcome("UNTRACED", date(2026, 11, 1))])
    assert ranked(lead(), both).candidates.height == 1
    assert ranked(lead(), both.reverse()).candidates.height == 1


def test_a_child_with_another_id_is_found_by_its_records() -> None:
    assert ranked(lead(), outcome("INDEPENDENT", child="OLD")).candidates.is_empty()


@pytest.mark.parametrize(
    ("code", "still_listed", "in_hand"),
    [
        pytest.param("INDEPENDENT", ["with one record"], [], id="an answer closes one child, and hides no second"),
        pytest.param(
            "UNDER_ENQUIRY",
            ["with one record", "with two"],
            ["with one record", "with two"],
            id="an enquiry is of both",
        ),
    ],
)
def test_of_a_child_that_has_become_two_an_outcome_closes_the_one_with_most_of_its_records(
    code: str, still_listed: list[str], in_hand: list[str]
) -> None:
    whose = {"health:H1": "with two", "housing:P1": "with one record", "referrals:R1": "with two"}
    drawn = functools.reduce(lambda so_far, record: so_far.record(*record), whose.items(), Drawn())
    of_both = outcome(code, child="OLD", records=";".join(whose))
    assert ranked(drawn, of_both).candidates["child_id"].sort().to_list() == still_listed
    assert open_enquiries(of_both, drawn.tables()["child_records"], AS_AT)["child_id"].to_list() == in_hand


TWO_ARE_ONE = {"one": "health:H1", "other": "housing:P1"}
"""Two children of the list, and the record of each; they are one child tonight, under the id of one of them."""


@pytest.mark.parametrize("whose_id", [pytest.param(name, id=f"under the id of the {name}") for name in TWO_ARE_ONE])
@pytest.mark.parametrize(
    ("of_the_other", "is_listed"),
    [
        pytest.param([], True, id="nothing was found of the other"),
        pytest.param([("CONFIRMED_CME_NEW", date(2026, 9, 1))], True, id="the other is missing education"),
        pytest.param([("INDEPENDENT", date(2026, 9, 1))], False, id="the other is at school"),
    ],
)
def test_a_double_that_has_become_one_with_the_other_child_does_not_close_it(
    whose_id: str, of_the_other: list[tuple[str, date]], is_listed: bool
) -> None:
    drawn = Drawn().record("health:H1", whose_id).record("housing:P1", whose_id)
    said = [outcome(code, on, child="other", records="housing:P1") for code, on in of_the_other]
    found = ranked(drawn, pl.concat([outcome("DUPLICATE", child="one", records="health:H1"), *said]))
    assert found.candidates["child_id"].to_list() == [whose_id] * is_listed
    is_told_of_it = found.candidates["because"].str.contains("closed this").any()
    assert is_told_of_it == (whose_id == "one" and not of_the_other)


def test_of_two_children_that_are_one_now_the_later_outcome_counts() -> None:
    drawn = Drawn().record("health:H1", "other").record("housing:P1", "other")
    earlier = outcome("INDEPENDENT", date(2026, 9, 1), child="one")
    later = outcome("CONFIRMED_CME_NEW", date(2026, 10, 1), child="other", records="housing:P1")
    assert ranked(drawn, pl.concat([earlier, later])).candidates.height == 1


def test_a_child_in_education_is_explained_by_that_and_not_by_an_old_outcome() -> None:
    drawn = lead().record("school_census:C1", "A").on_roll("school_census:C1", date(2026, 11, 3))
    assert ranked(drawn, outcome("INDEPENDENT")).explained["reason"].to_list() == ["provision"]


@pytest.mark.parametrize(
    ("outcomes", "in_hand"),
    [
        pytest.param([("UNDER_ENQUIRY", CLOSED_ON)], ["UNDER_ENQUIRY"], id="being looked into"),
        pytest.param([("UNTRACED", CLOSED_ON)], ["UNTRACED"], id="not traced yet"),
        pytest.param([("CONFIRMED_CME_NEW", CLOSED_ON)], ["CONFIRMED_CME_NEW"], id="missing education"),
        pytest.param(
            [("UNDER_ENQUIRY", CLOSED_ON), ("EHE_SUITABLE", date(2026, 10, 9))], [], id="closed by what was found"
        ),
        pytest.param([("UNDER_ENQUIRY", AS_AT)], ["UNDER_ENQUIRY"], id="of the day judged"),
        pytest.param([("UNDER_ENQUIRY", date(2026, 12, 1))], [], id="a day yet to come"),
        pytest.param([], [], id="nobody has looked"),
    ],
)
def test_a_child_in_an_officers_hand_until_an_outcome_closes(
    outcomes: list[tuple[str, date]], in_hand: list[str]
) -> None:
    given = pl.concat([OUTCOME.to_frame(), *(outcome(code, on, child="OLD") for code, on in outcomes)])
    found = open_enquiries(given, lead().tables()["child_records"], AS_AT)
    assert found["outcome"].to_list() == in_hand
    assert found["child_id"].to_list() == ["A"] * len(in_hand)


def test_the_yield_by_lane_band_and_source() -> None:
    found = outcome_yield(
        pl.concat(
            [
                outcome("CONFIRMED_CME_NEW", records="health:H1;housing:P1"),
                outcome("INDEPENDENT", child="B", likelihood=0.6, records="health:H2"),
                outcome("UNTRACED", child="C", lane=None, likelihood=None, records="housing:P3;housing:P4"),
                outcome("UNTRACED", date(2026, 9, 1), records="health:H1;housing:P1"),
            ]
        )
    )
    counted = {(row[0], row[1]): row[2:6] for row in found.rows()}
    assert counted == {
        ("all", "all"): (3, 1, 1, 1),
        ("lane", "follow up"): (2, 1, 1, 0),
        ("lane", "not on the list"): (1, 0, 0, 1),
        ("likelihood", "90% and more"): (1, 1, 0, 0),
        ("likelihood", "50 to 70%"): (1, 0, 1, 0),
        ("likelihood", "not on the list"): (1, 0, 0, 1),
        ("source", "health"): (2, 1, 1, 0),
        ("source", "housing"): (2, 1, 0, 1),
    }
    assert [row[1] for row in found.rows() if row[0] == "likelihood"] == [
        "90% and more",
        "50 to 70%",
        "not on the list",
    ], "the likeliest first, however many were looked into"


def test_the_match_report_tells_the_yield() -> None:
    night = made_publication(outcomes=outcome("CONFIRMED_CME_NEW"))
    listed = mask(night)
    page = match_report_html(night, listed).decode()
    section = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('id="yield"')[2].partition("</section>")[0]))
    assert "lane follow up 1 1 0 100.0% 0 0 0" in section


@pytest.mark.parametrize(
    ("lines", "again"),
    [
        pytest.param([("INDEPENDENT", 1), ("CONFIRMED_CME_NEW", 20)], 1, id="closed, and found missing later"),
        pytest.param([("INDEPENDENT", 1), ("UNDER_ENQUIRY", 20), ("INDEPENDENT", 25)], 1, id="closed twice"),
        pytest.param([("UNDER_ENQUIRY", 1), ("INDEPENDENT", 20)], 0, id="closed once"),
        pytest.param([("INDEPENDENT", 1), ("EHE_SUITABLE", 1)], 0, id="a line put right on the same day"),
        pytest.param([("CONFIRMED_CME_NEW", 1), ("ON_ROLL_OWN", 20)], 0, id="found missing, and placed"),
    ],
)
def test_a_lead_that_was_closed_and_looked_into_again_is_counted(lines: list[tuple[str, int]], again: int) -> None:
    found = outcome_yield(pl.concat([outcome(code, date(2026, 10, day)) for code, day in lines]))
    assert found.filter(by="all")["opened_again"].item() == again
