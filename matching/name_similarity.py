"""What two records' names may have to do with one another: tests of a pair that several levels share.

Put together from the tests of values and words; which level asks them, and in which order, :mod:`matching.comparisons` says.
"""

from matching.similarity import (
    Equal,
    EqualAcross,
    Missing,
    SharesAny,
    SharesCrosswise,
    Swapped,
    Unequal,
    both,
    either,
    none_of,
)
from matching.word_similarity import CrosswiseAlike, JaroWinklerAtLeast, Unlike, WithinEdits

CHAIN_IN_ANOTHER_ORDER = both(Equal("name_chain"), Unequal("surname_key"), Unequal("forename_key"))
"""The same three names or more, others of them taken for forename and surname: where the family's name stands first (NGUYEN
VAN BAO, BAO VAN NGUYEN) or own, father's and grandfather's names follow each other, a form for two names fits badly."""

SWAPPED = either(
    CrosswiseAlike("given_names", "surname"),
    CrosswiseAlike("forename", "surname"),
    Swapped("forename_key", "surname_key"),
    CHAIN_IN_ANOTHER_ORDER,
)

TOGETHER_OR_APART = either(Equal("given_names"), EqualAcross("forename", "first_two"))

IN_THE_OTHERS_PLACE = both(
    either(EqualAcross("forename_key", "surname_key"), EqualAcross("given_names", "surname")), Unequal("surname_key")
)
"""One side's forename stands for the other's surname, and no more: names swapped of which one was changed, too, or in cultures
without a fixed surname another of the names taken for it."""

MIDDLE_FOR_FIRST = SharesAny("middle_tokens", "forename")

MIDDLE_SOUNDS_AS_FIRST = SharesAny("middle_keys", "forename_key")
"""Holds of all for which MIDDLE_FOR_FIRST does: one name has one key."""

OTHER_ORDER = both(
    MIDDLE_SOUNDS_AS_FIRST,
    either(
        SharesCrosswise("middle_keys", "forename_key"),
        both(MIDDLE_FOR_FIRST, SharesCrosswise("middle_initials", "forename_initial")),
    ),
)
"""Two given names in the other order: MUHAMMAD YUSUF, YUSUF MUHAMMAD; an initial or a slip stands for a name, or both are
written otherwise (MOHAMED YOUSEF) or have lost letters to a system that has none with marks (VAN QUAN, QUN VN)."""

FURTHER_FOR_SURNAME = SharesAny("middle_keys", "surname_key")
"""One side's surname stands among the other's further names: of own, father's and grandfather's name (AMINA JAMA ABDI), some
lists take the father's for the surname and some the grandfather's; elsewhere the mother's surname is a middle name."""

MIDDLE_FOR_FIRST_INITIAL = SharesAny("middle_letters", "forename_initial")

SURNAME_TWICE = both(
    Equal("surname"), EqualAcross("forename", "surname"), none_of(EqualAcross("listed_name", "surname"))
)
"""One side's forename is the surname that both bear: that side says no forename. Unless it is a forename, too: a child may
well be called YUSUF YUSUF, after a grandfather, and have a brother."""

FURTHER_NAMES_MAY_BE_THE_SAME = either(
    Missing("further_names"), SharesAny("middle_tokens"), JaroWinklerAtLeast("further_names", 0.84), Equal("name_chain")
)

SAME_NAMES = both(Equal("forename"), FURTHER_NAMES_MAY_BE_THE_SAME)

OTHER_FURTHER_NAMES = both(Equal("forename"), none_of(FURTHER_NAMES_MAY_BE_THE_SAME))
"""One first name and other names behind it: MUHAMMAD ALI and MUHAMMAD HASSAN, KA HO and KA YIN may well be brothers, and
twins."""

BOTH_ARE_NAMES = both(
    either(Unequal("listed_name"), Unlike("forename", 0.6, shortest=3)), none_of(EqualAcross("forename", "surname"))
)
"""Two names that people give, and no slip of one another: brothers and sisters have such, one child seldom. Both stand in a
list of names, or they are so unlike that neither is the other written badly: no list has the names of all the world. A side
that bears its surname in the forename's place says none."""

ONE_SLIP = either(WithinEdits("forename", 1, shortest=4), JaroWinklerAtLeast("forename", 0.94))

ALIKE = JaroWinklerAtLeast("forename", 0.84)

ONE_BY_CUSTOM = Unequal("given_custom")
"""A Chinese name and another that a child may go by beside it: they tell one child from two as little as silence does."""
