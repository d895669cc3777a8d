"""What is contact and what a letter: one thing for points, for leads that were closed, and for evidence sheets."""

from datetime import date

import polars as pl
import pytest

from pipelines.residence.contact import without_letters
from tests.made.children import Drawn

BORN, REGISTERED, MET, WRITTEN = date(2017, 5, 5), date(2019, 3, 1), date(2026, 5, 3), date(2026, 10, 8)


def drawn(letters_of: str | None) -> Drawn:
    """A child registered with a doctor, whose last date is of 8 October; social care met it in May."""
    made = Drawn().record("health:1", "CH1", date_of_birth=BORN).record("social_care:1", "CH1", date_of_birth=BORN)
    made.says("health:1", "lives_here", since=REGISTERED).says("health:1", "seen", since=REGISTERED)
    made.says("health:1", "seen", since=WRITTEN).says("social_care:1", "seen", since=MET)
    made.lives("CH1", 0.8)
    made.residences[-1]["letters_of"] = letters_of
    return made


@pytest.mark.parametrize(
    ("letters_of", "contact"),
    [
        pytest.param(None, [REGISTERED, MET, WRITTEN], id="no letters"),
        pytest.param("health", [REGISTERED, MET], id="the doctor wrote: registering was in person"),
        pytest.param("health;social_care", [REGISTERED], id="both wrote"),
        pytest.param("housing", [REGISTERED, MET, WRITTEN], id="letters of one that has no record of the child"),
    ],
)
def test_a_letters_date_is_no_contact(letters_of: str | None, contact: list[date]) -> None:
    tables = drawn(letters_of).tables()
    told = without_letters(tables["statements"], tables["child_records"], tables["residence"])
    assert sorted(told.filter(pl.col("kind") == "seen")["since_on"]) == contact
    assert told.filter(pl.col("kind") != "seen").equals(tables["statements"].filter(pl.col("kind") != "seen"))


def test_a_child_is_long_unseen_whatever_letters_it_was_sent() -> None:
    def last_contact(letters_of: str | None) -> list[str]:
        made = drawn(letters_of)
        made.statements = [row for row in made.statements if row["since_on"] != MET]
        return made.ranked().findings.filter(pl.col("factor") == "long_unseen")["because"].to_list()

    assert last_contact(None) == []
    assert last_contact("health") == ["no agency has had contact since 1 March 2019"]
