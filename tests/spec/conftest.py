"""Authorities that have delivered before, made once for all specifications of what is held against earlier nights."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.made.deliveries import FIRST, Begun, Deliveries, Rows, health, register, roll_on


@pytest.fixture(scope="session")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Deliveries:
    """An authority that has delivered for three nights, to be looked at: no night of it is kept."""
    delivered = Deliveries(tmp_path_factory.mktemp("deliveries") / "workspace")
    for after in range(3):
        sent = health(100 + after, seen_on=FIRST + timedelta(days=after - 1))
        assert not delivered.night(after, school_census=roll_on(after), health=sent, ehe_register=register()).held
    return delivered


@pytest.fixture
def nights(three_nights: Deliveries, tmp_path: Path) -> Deliveries:
    """The same, to go on with."""
    return Deliveries(shutil.copytree(three_nights.workspace, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """An authority that has delivered for one night, to be looked at; one for all tests that have the same first night."""
    made: dict[str, Deliveries] = {}

    def delivered(after: int = 0, **sources: Rows) -> Deliveries:
        night = repr((after, sources))
        if night not in made:
            made[night] = Deliveries(tmp_path_factory.mktemp("begun"))
            made[night].night(after, **sources)
        return made[night]

    return delivered
