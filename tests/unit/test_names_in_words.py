"""What the code calls by a name stands on no page as code."""

from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from pipelines import priority
from pipelines.priority import FACTORS
from pipelines.publish.names_in_words import FACTOR_IN_WORDS, SETTING_IN_WORDS, factor, setting, setting_value
from pipelines.settings import Settings, settings_by_key


def test_every_reason_to_look_sooner_has_words() -> None:
    modules = [import_module(f"{priority.__name__}.{finding.__module__.rsplit('.')[-1]}") for finding in FACTORS]
    assert set(FACTOR_IN_WORDS) == {module.FACTOR for module in modules}


def test_every_setting_has_words() -> None:
    defaults = Settings(extracts=Path("in"), workspace=Path("out"), as_at=date(2026, 11, 20))
    assert set(SETTING_IN_WORDS) == set(settings_by_key(defaults)) | {"as_at", "settings_file"}


def test_a_setting_about_a_neighbour_names_it() -> None:
    assert setting("ranking.area.neighbours.Next Door") == "Postcodes of the neighbouring authority Next Door"


def test_a_name_without_words_is_shown_with_spaces() -> None:
    assert (factor("of_a_later_version"), setting("ranking.of_a_later_version")) == (
        "of a later version",
        "Ranking: of a later version",
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(0.7, "0.7", id="a probability"),
        pytest.param(40, "40", id="points"),
        pytest.param((), "none", id="nothing listed"),
        pytest.param(("ZA1", "ZA2"), "ZA1, ZA2", id="postcodes"),
        pytest.param(
            ((date(2026, 10, 26), date(2026, 10, 30)),), "2026-10-26 to 2026-10-30", id="when schools are closed"
        ),
    ],
)
def test_the_value_of_a_setting(value: object, words: str) -> None:
    assert setting_value(value) == words
