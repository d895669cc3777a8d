"""How two records' names may correspond: tests of a pair that several levels share.

They are built from tests of values and words; :mod:`matching.comparisons` says which level uses them, and in which order.
"""

from matching.pair_tests.similarity import (
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
from matching.pair_tests.word_similarity import CrosswiseAlike, JaroWinklerAtLeast, Unlike, WithinEdits

CHAIN_IN_ANOTHER_ORDER = both(Equal("name_chain"), Unequal("surname_key"), Unequal("forename_key"))
"""The same three or more names, but different ones taken as forename and surname. This happens where the family name comes
first (NGUYEN VAN BAO, BAO VAN NGUYEN), or where own, father's and grandfather's names do not fit a form for two names."""

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
"""One side's forename is the other's surname, and nothing more: swapped names of which one also changed, or, in cultures
without a fixed surname, another of the names taken as surname."""

MIDDLE_FOR_FIRST = SharesAny("middle_tokens", "forename")

MIDDLE_SOUNDS_AS_FIRST = SharesAny("middle_keys", "forename_key")
"""Also holds wherever MIDDLE_FOR_FIRST does: equal names have equal keys."""

OTHER_ORDER = both(
    MIDDLE_SOUNDS_AS_FIRST,
    either(
        SharesCrosswise("middle_keys", "forename_key"),
        both(MIDDLE_FOR_FIRST, SharesCrosswise("middle_initials", "forename_initial")),
    ),
)
"""Two given names in the other order: MUHAMMAD YUSUF, YUSUF MUHAMMAD. One may be an initial or misspelt, both may be spelt
otherwise (MOHAMED YOUSEF), or both may have lost letters with accents to a system without them (VAN QUAN, QUN VN)."""

FURTHER_FOR_SURNAME = SharesAny("middle_keys", "surname_key")
"""One side's surname is among the other's further names. Of own, father's and grandfather's name (AMINA JAMA ABDI) some lists
take the father's as surname and some the grandfather's; elsewhere the mother's surname is a middle name."""

MIDDLE_FOR_FIRST_INITIAL = SharesAny("middle_letters", "forename_initial")

SURNAME_TWICE = both(
    Equal("surname"), EqualAcross("forename", "surname"), none_of(EqualAcross("listed_name", "surname"))
)
"""One side's forename is the surname of both: that side does not give a forename. Not if the name is also a forename: a child
may well be called YUSUF YUSUF, after a grandfather, and have a brother."""

FURTHER_NAMES_MAY_BE_THE_SAME = either(
    Missing("further_names"), SharesAny("middle_tokens"), JaroWinklerAtLeast("further_names", 0.84), Equal("name_chain")
)

SAME_NAMES = both(Equal("forename"), FURTHER_NAMES_MAY_BE_THE_SAME)

OTHER_FURTHER_NAMES = both(Equal("forename"), none_of(FURTHER_NAMES_MAY_BE_THE_SAME))
"""The same first name with other names after it: MUHAMMAD ALI and MUHAMMAD HASSAN, KA HO and KA YIN may well be brothers, even
twins."""

BOTH_ARE_NAMES = both(
    either(Unequal("listed_name"), Unlike("forename", 0.6, shortest=3)), none_of(EqualAcross("forename", "surname"))
)
"""Two names that people give, neither a slip of the other: brothers and sisters have such names, one child rarely. Either both
are in a list of names, or they are so unlike that neither is the other misspelt, as no list has all the world's names. A side
with its surname in the forename's place does not count."""

ONE_SLIP = either(WithinEdits("forename", 1, shortest=4), JaroWinklerAtLeast("forename", 0.94))

ALIKE = JaroWinklerAtLeast("forename", 0.84)

NAMES_OF_TWO = either(OTHER_FURTHER_NAMES, both(Unequal("forename"), either(Unequal("listed_name"), none_of(ONE_SLIP))))
"""Names that two children of one home may have: brothers may share the first of several names, but never all they are called;
and a name with a slip in it is the same name."""

ONE_BY_CUSTOM = Unequal("given_custom")
"""A Chinese name and another that a child may go by: they say no more about being one child than a missing name does."""
