"""Under which kind of given name a child with a Chinese surname stands: a drawn table of literal people."""

import pytest

from matching.canonical.chinese_names import CHINESE, OTHER, given_name_custom
from tests.made.records import person_records


@pytest.mark.parametrize(
    ("given", "surname", "custom"),
    [
        pytest.param("Ka Ho", "Li", CHINESE, id="two syllables apart"),
        pytest.param("Kaho", "Li", CHINESE, id="written together"),
        pytest.param("Hong-Yu", "Au-Yeung", CHINESE, id="with hyphens"),
        pytest.param("Tsz Yan", "Cheung", CHINESE, id="as Hong Kong writes Cantonese"),
        pytest.param("Xiaoming", "Zhang", CHINESE, id="in pinyin"),
        pytest.param("Li Na", "Ma", CHINESE, id="a name that together would be another's"),
        pytest.param("Lina", "Ma", OTHER, id="a usual name elsewhere, alone"),
        pytest.param("Eric", "Li", OTHER, id="an English name"),
        pytest.param("Eric Y", "Huang", OTHER, id="an English name and an initial"),
        pytest.param("Jason Ka Ho", "Li", OTHER, id="an English name first, the Chinese one behind"),
        pytest.param("Jun Jie", "Wang-Leung", CHINESE, id="two surnames, both Chinese"),
        pytest.param("Winnie", "Wang Leung", OTHER, id="an English name before two Chinese surnames"),
        pytest.param("Jun Jie", "Wang-Smith", None, id="a surname that is Chinese by half"),
        pytest.param("Wei", "Wang", None, id="one syllable alone may be half a name"),
        pytest.param("Kai", "Lee", None, id="a short name that is at home in both"),
        pytest.param("Y", "Huang", None, id="an initial"),
        pytest.param(None, "Huang", None, id="no forename"),
        pytest.param("Ka Ho", "Smith", None, id="the surname is not Chinese"),
        pytest.param("Eric", None, None, id="no surname"),
    ],
)
def test_the_custom_of_a_given_name(given: str | None, surname: str | None, custom: str | None) -> None:
    (found,) = given_name_custom(person_records([{"given": given, "surname": surname}]))
    assert found == custom
