"""Names that somebody made up to try a system: the child stays on the list, and the sender is asked first."""

from datetime import date

import pytest

from pipelines.listing.rank import DATA_PROBLEM, FOLLOW_UP
from pipelines.listing.trial_rows import ASK
from tests.made.children import Drawn

NAMES = """
forename      | surname            | lane
Test          | Patient            | data problem
TEST          | TEST               | data problem
Test2         | PATIENT-01         | data problem
Dummy         | Child              | data problem
Training      | Record             | data problem
ZZZ           | Test               | data problem
Testing       | ZZSMITH            | data problem
Zzz           | Xxx                | data problem
Pupil Two     | Dummy              | data problem
Mickey        | XXTESTPATIENT-ABCD | data problem
Test          | Smith              | follow up
John          | Test               | follow up
Dummy         | Haddad             | follow up
John          | ZZZTest            | data problem
John          | ZZZSmith           | follow up
Lee           | Child              | follow up
Baby          | Boy                | follow up
Amira         | Tester             | follow up
Anna          | Dummer             | follow up
Demos         | Trainor            | follow up
Tess          | Testa              | follow up
Faker         | Student            | follow up
"""


@pytest.mark.parametrize("line", NAMES.strip().splitlines()[1:])
def test_whose_name_is_asked_about(line: str) -> None:
    forename, surname, lane = (part.strip() for part in line.split("|"))
    drawn = Drawn().record("health:1", "CH1", forename_shown=forename, surname_shown=surname).lives("CH1", 0.9)
    (child,) = drawn.ranked().candidates.to_dicts()
    assert child["lane"] == lane
    assert (ASK in child["because"]) is (lane == DATA_PROBLEM)


@pytest.mark.parametrize(
    ("more", "lane"),
    [
        pytest.param({"nhs_number": "9990000018"}, DATA_PROBLEM, id="an NHS number that is given to nobody"),
        pytest.param({"nhs_number": "9434765919"}, FOLLOW_UP, id="an NHS number"),
        pytest.param({"born": date(2015, 1, 1)}, DATA_PROBLEM, id="born on a first of January"),
    ],
)
def test_one_such_word_needs_another_sign(more: dict[str, object], lane: str) -> None:
    drawn = Drawn().record("health:1", "CH1", forename_shown="Test", surname_shown="Haddad", **more).lives("CH1", 0.9)  # type: ignore[arg-type]
    assert drawn.ranked().candidates["lane"].to_list() == [lane]


def test_a_child_whom_another_list_has_by_a_name_is_followed_up() -> None:
    drawn = Drawn().record("health:1", "CH1", forename_shown="Test", surname_shown="Child").lives("CH1", 0.9)
    assert drawn.record("housing:1", "CH1").ranked().candidates["lane"].to_list() == [FOLLOW_UP]


def test_a_child_at_high_risk_is_followed_up_whatever_the_name() -> None:
    drawn = Drawn().record("social_care:1", "CH1", forename_shown="Test", surname_shown="Child").lives("CH1", 0.9)
    drawn.says("social_care:1", "concern", "child protection plan", date(2026, 9, 1))
    assert drawn.ranked().candidates["lane"].to_list() == [FOLLOW_UP]
