"""Comparisons: ordered levels of agreement between two records.

A pair is at the first level whose test holds. ``CHILD_COMPARISONS`` are for children's records in the UK; another list
serves another table. A level that only says that one side is empty weighs nothing (missing at random: Enamorado, Fifield &
Imai 2019, APSR 113:353).
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal

import numpy as np

from matching.commonness.association import GoesWith
from matching.commonness.given_again import GivenAgain
from matching.in_numbers.arrays import Rows
from matching.in_numbers.encode import Encoded
from matching.pair_tests.date_similarity import (
    ADayApart,
    DayAndMonthSwapped,
    DigitsTransposed,
    FirstOfJanuary,
    OneDigitApart,
    SameDayAndMonth,
    SameYear,
    SameYearAndDay,
    SameYearAndMonth,
)
from matching.pair_tests.name_similarity import (
    ALIKE,
    BOTH_ARE_NAMES,
    FURTHER_FOR_SURNAME,
    IN_THE_OTHERS_PLACE,
    MIDDLE_FOR_FIRST,
    MIDDLE_FOR_FIRST_INITIAL,
    MIDDLE_SOUNDS_AS_FIRST,
    ONE_BY_CUSTOM,
    ONE_SLIP,
    OTHER_FURTHER_NAMES,
    OTHER_ORDER,
    SAME_NAMES,
    SURNAME_TWICE,
    SWAPPED,
    TOGETHER_OR_APART,
)
from matching.pair_tests.open_pairs import Levels, OpenPairs
from matching.pair_tests.similarity import (
    Both,
    Equal,
    EqualAcross,
    Missing,
    SharesAny,
    Test,
    Unequal,
    both,
    either,
    none_of,
    silent_or_same,
)
from matching.pair_tests.word_similarity import (
    InitialOf,
    JaroWinklerAtLeast,
    NearMiss,
    WithinEdits,
    letter_by_letter,
    widest_near_misses,
)


@dataclass(frozen=True)
class Level:
    """One level of agreement."""

    label: str
    test: Test | None
    """Null: takes every pair that no earlier level took. Exactly the last level of a comparison has none."""
    says_nothing: bool = False
    """The level weighs 0 bits: one side is empty, or another comparison weighs the same evidence."""
    frequency_of: str | None = None
    """Column whose value's own frequency replaces the level's u-probability (term frequency); null: none does."""
    family_custom: bool = False
    """Families choose names so that two of their children are at this level. It is taken to be likelier for two children of
    one household than a night's rolls show, as these have few twins."""
    slipped_from: str | None = None
    """Label of the level at which a slip in one record puts two records of one child; null: none. The same slip in a record of
    one of two children of a household puts them here, and as often. The roll that shows households cannot show it, because it
    finds them by the very values that slipped."""
    by_stand_in: bool = False
    """A value that stands for unknown puts two records here. It does so for two children of one household as often as for any
    two, though the roll that shows households may know its children better."""


@dataclass(frozen=True)
class Comparison:
    """One comparison: a name and its levels, best first."""

    name: str
    levels: tuple[Level, ...]
    at_home: Literal["own", "shared", "identifier"] = "own"
    """What two children of one household have: each their own (a forename), the same (an address), or an identifier, which
    is each child's own but is sometimes copied from a sibling. Training learns only the first kind from known siblings."""
    tells_twins: bool = False
    """Two children of one household who agree exactly are twins (the birth date)."""
    given_again: GivenAgain | None = None
    """Value that some families give to several of their children, more often for some values than for others; null: none."""
    goes_with: GoesWith | None = None
    """What agreement goes together with by custom, so that both are worth less than their sum; null: nothing."""

    def __post_init__(self) -> None:
        """Raise ValueError if the levels cannot take every pair, share a label, or name a level that is not there."""
        if not self.levels or self.levels[-1].test is not None:
            raise ValueError(f"comparison {self.name}: its last level must take whatever is left (test=None)")
        if any(level.test is None for level in self.levels[:-1]):
            raise ValueError(f"comparison {self.name}: only the last level may be without a test")
        if len({level.label for level in self.levels}) != len(self.levels):
            raise ValueError(f"comparison {self.name}: two levels have the same label")
        if odd := {level.slipped_from for level in self.levels} - {None, *(level.label for level in self.levels)}:
            raise ValueError(f"comparison {self.name}: no level is called '{odd.pop()}'")

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column the comparison reads to find a level."""
        tests = [level.test for level in self.levels if level.test is not None]
        columns = [column for test in tests for column in test.reads]
        columns += [level.frequency_of for level in self.levels if level.frequency_of]
        return tuple(dict.fromkeys(columns))

    @property
    def reads_letters(self) -> bool:
        """Whether some level looks at the letters of words, which costs most."""
        return any(letter_by_letter(level.test) for level in self.levels if level.test is not None)

    def level_where_agreed(self, columns: Collection[str]) -> int | None:
        """The level of every pair that agrees in ``columns``, as a blocking rule requires; null: it depends on the pair."""
        for number, level in enumerate(self.levels):
            test = level.test
            if isinstance(test, Missing) and test.column in columns:
                continue
            if isinstance(test, Equal | SharesAny) and len(test.reads) == 1 and test.column in columns:
                return number
            return None
        return None

    def levels_of(self, table: Encoded, left: Rows, right: Rows) -> Levels:
        """The level number (0 is the first) of each pair. Later levels look only at pairs that have none yet."""
        found = np.full(len(left), len(self.levels) - 1, dtype=np.uint8)
        open_, begun = np.ones(len(left), dtype=bool), 0
        if self._opens_with is not None and self._opens_with[0] not in table.lists:
            column, narrower = self._opens_with
            begun = 2 + len(narrower)
            silent, same = silent_or_same(table, column, left, right)
            found[silent], found[same] = 0, begun - 1
            places = np.flatnonzero(same) if narrower else np.zeros(0, dtype=np.intp)
            for number, test in reversed(list(enumerate(narrower, 1))):
                found[places[test.holds(table, left[places], right[places])]] = number
            open_ = ~(silent | same)
        work = OpenPairs(table, left, right, found, open_)
        for number, level in enumerate(self.levels[begun:-1], begun):
            if level.test is not None and work.is_open:
                work.take(level.test, number, self._near_misses.get(number))
        return found

    @cached_property
    def _opens_with(self) -> tuple[str, tuple[Both, ...]] | None:
        """The column with which the comparison opens, and narrower tests; null: it opens otherwise.

        It opens with a column if its first levels are: the column is empty; the column is the same and something else holds
        (the narrower tests, if any); the column is the same.
        """
        silent = self.levels[0].test
        if not isinstance(silent, Missing):
            return None
        same, narrower = Equal(silent.column), list[Both]()
        for level in self.levels[1:]:
            if level.test == same:
                return silent.column, tuple(narrower)
            if not (isinstance(level.test, Both) and level.test.tests[0] == same):
                return None
            narrower.append(level.test)
        return None

    @cached_property
    def _near_misses(self) -> dict[int, tuple[NearMiss, ...]]:
        """For each level that tests nearly equal words: the widest such tests of it and of all later such levels."""
        return widest_near_misses([level.test for level in self.levels[:-1]])


def missing(column: str) -> Level:
    """Level of pairs with the column empty on either side: says nothing."""
    return Level("not said", Missing(column), says_nothing=True)


def exact(column: str) -> Level:
    """Level of pairs with equal values, weighed by how common the value is."""
    return Level("exact", Equal(column), frequency_of=column)


def otherwise(label: str = "different") -> Level:
    """Last level: every pair that no earlier level took."""
    return Level(label, None)


NAMES_SWAPPED = "forename and surname swapped"

FORENAME = Comparison(
    "forename",
    (
        missing("forename"),
        Level("exact", SAME_NAMES, frequency_of="forename"),
        Level("the first of several names, the others differ", Equal("forename"), family_custom=True),
        Level(NAMES_SWAPPED, SWAPPED),
        Level("written together or apart", TOGETHER_OR_APART),
        Level("short or variant form", SharesAny("forename_groups")),
        Level("one letter apart, and both are names", both(Unequal("listed_name"), ONE_SLIP)),
        Level("one slip", ONE_SLIP),
        Level("given names in another order", OTHER_ORDER),
        Level("another given name", MIDDLE_FOR_FIRST),
        Level("sounds alike", Equal("forename_key")),
        Level("another given name, by its sound", MIDDLE_SOUNDS_AS_FIRST),
        Level("initial", InitialOf("forename")),
        Level("another given name, by its initial", MIDDLE_FOR_FIRST_INITIAL),
        Level("one name in the other's place", IN_THE_OTHERS_PLACE, slipped_from=NAMES_SWAPPED),
        Level("alike", ALIKE),
        Level("one slip in a short name", WithinEdits("forename", 1, shortest=3)),
        Level("the surname in both places", SURNAME_TWICE, says_nothing=True),
        Level("a Chinese name and another that a child may go by", ONE_BY_CUSTOM, says_nothing=True),
        Level("different, and both are names", BOTH_ARE_NAMES),
        otherwise(),
    ),
    given_again=GivenAgain("first_name", alike_in="sex"),
    goes_with=GoesWith("surname", "name_in_full", first="forename", second="surname", person="date_of_birth"),
)

LISTED_BESIDE = both(Equal("household"), none_of(both(Equal("forename"), Equal("date_of_birth"))))
"""Two rows of one household's list, neither repeating the other's forename and birth date. A household lists each member once,
even twins with similar names, or a parent and a child with the same name."""

SURNAME = Comparison(
    "surname",
    (
        missing("surname"),
        exact("surname"),
        Level("swapped, weighed with the forename", SWAPPED, says_nothing=True),
        Level("another surname of the child", SharesAny("all_surnames")),
        Level("one slip", either(WithinEdits("surname", 1, shortest=4), JaroWinklerAtLeast("surname", 0.95))),
        Level("shares a part", SharesAny("surname_parts")),
        Level("sounds alike", Equal("surname_key")),
        Level("another spelling", SharesAny("surname_groups")),
        Level("alike", JaroWinklerAtLeast("surname", 0.87)),
        Level("one name in the other's place, weighed with the forename", IN_THE_OTHERS_PLACE, says_nothing=True),
        Level("a further name of the child, in the other list", FURTHER_FOR_SURNAME),
        Level("the carer's surname", EqualAcross("surname", "parent_surname")),
        otherwise("different, perhaps changed"),
    ),
    at_home="shared",
)

MIDDLE_NAMES = Comparison(
    "middle names",
    (
        missing("middle_names"),
        Level("exact", Equal("middle_names"), frequency_of="middle_names"),
        Level("names swapped, weighed with the forename", SWAPPED, says_nothing=True),
        Level(
            "one is the forename, weighed there",
            both(Unequal("forename"), MIDDLE_SOUNDS_AS_FIRST),
            says_nothing=True,
        ),
        Level("one is the surname, weighed there", FURTHER_FOR_SURNAME, says_nothing=True),
        Level("others behind one first name, weighed there", OTHER_FURTHER_NAMES, says_nothing=True),
        Level("shares one", SharesAny("middle_tokens")),
        Level("initial", SharesAny("middle_initials")),
        Level(
            "part of the forename or its initial, weighed there",
            both(Unequal("forename"), either(TOGETHER_OR_APART, MIDDLE_FOR_FIRST_INITIAL)),
            says_nothing=True,
        ),
        otherwise(),
    ),
)

DATE_OF_BIRTH = Comparison(
    "date of birth",
    (
        missing("date_of_birth"),
        exact("date_of_birth"),
        Level("1 January, the stand-in for unknown", FirstOfJanuary("date_of_birth", years=1), by_stand_in=True),
        Level("1 January of quite another year", FirstOfJanuary("date_of_birth"), by_stand_in=True),
        Level("day and month swapped", DayAndMonthSwapped("date_of_birth")),
        Level("a day apart", ADayApart("date_of_birth")),
        Level("two digits transposed", DigitsTransposed("date_of_birth")),
        Level("one digit apart", OneDigitApart("date_of_birth")),
        Level("another year, same day", SameDayAndMonth("date_of_birth")),
        Level("another day, same month", SameYearAndMonth("date_of_birth")),
        Level("another month, same day", SameYearAndDay("date_of_birth")),
        Level("same year", SameYear("date_of_birth")),
        otherwise(),
    ),
    tells_twins=True,
    # Where birthdays are not recorded, 1 January is put down for most; and those who come from there share their forenames.
    goes_with=GoesWith("forename", "forename_on_1_january", first=None, second="forename", person="date_of_birth"),
)

BIRTH_MONTH = Comparison(
    "month of birth",
    (
        missing("birth_year"),
        Level("weighed with the date of birth", none_of(Missing("date_of_birth")), says_nothing=True),
        Level("same month", Equal("month_of_birth")),
        Level("same year, in one the month is not said", both(Equal("birth_year"), Missing("month_of_birth"))),
        Level("another month of the same year", Equal("birth_year")),
        Level("same month of another year", Equal("birth_month")),
        otherwise(),
    ),
    tells_twins=True,
)
"""Where a list gives the month or the year of birth alone. Of two whole dates it says nothing."""

SEX = Comparison("sex", (missing("sex"), Level("same", Equal("sex")), otherwise()))

PLACE = Comparison(
    "address",
    (
        Level("not said", both(Missing("postcode"), Missing("door"), Missing("uprn")), says_nothing=True),
        Level("same dwelling", either(Equal("dwelling"), Equal("uprn")), frequency_of="dwelling"),
        # Not by how many live in the building: where flats are left out, they are where many live, and m is of all homes.
        Level("same building, flat not said or another", Equal("building")),
        Level("same door, postcode differs", Equal("door"), frequency_of="door"),
        Level("same postcode", Equal("postcode"), frequency_of="postcode"),
        Level("not comparable", Missing("postcode"), says_nothing=True),
        Level("postcode one slip apart", WithinEdits("postcode", 1, shortest=5)),
        Level("same postcode district", Equal("district")),
        otherwise("elsewhere"),
    ),
    at_home="shared",
)

UPN = Comparison(
    "UPN",
    (
        missing("upns"),
        Level("same", SharesAny("upns")),
        # A school gives a temporary one until it learns the pupil's own, so it differs from that.
        Level("temporary", Missing("permanent_upns"), says_nothing=True),
        otherwise(),
    ),
    at_home="identifier",
)

NHS_NUMBER = Comparison(
    "NHS number",
    (missing("nhs_number"), Level("same", Equal("nhs_number")), otherwise()),
    at_home="identifier",
)

PHONE = Comparison(
    "phone",
    (missing("phone"), Level("same", Equal("phone"), frequency_of="phone"), otherwise()),
    at_home="shared",
)

CARER = Comparison(
    "carer",
    (
        missing("parent"),
        Level("same name", Equal("parent"), frequency_of="parent"),
        Level("one slip", WithinEdits("parent", 1, shortest=6)),
        otherwise("another carer"),
    ),
    at_home="shared",
)

CHILD_COMPARISONS: tuple[Comparison, ...] = (
    FORENAME,
    SURNAME,
    MIDDLE_NAMES,
    DATE_OF_BIRTH,
    BIRTH_MONTH,
    SEX,
    PLACE,
    UPN,
    NHS_NUMBER,
    PHONE,
    CARER,
)
"""The comparisons of two children's records, in the order in which an explanation shows them."""


def columns_read(comparisons: tuple[Comparison, ...]) -> tuple[str, ...]:
    """Every column that the comparisons read, including those for ``given_again`` and ``goes_with``, once each."""
    together = (comparison.goes_with.reads for comparison in comparisons if comparison.goes_with is not None)
    again = (comparison.given_again.reads for comparison in comparisons if comparison.given_again is not None)
    return tuple(dict.fromkeys(chain(*(comparison.reads for comparison in comparisons), *again, *together)))
