"""How often agencies make each kind of error when they write a child down."""

from dataclasses import dataclass, fields, replace

COMMON = (
    *("missing_middle_names", "middle_initial", "capitals", "address_abbreviation", "postcode_no_space"),
    *("uprn_missing", "upn_missing_elsewhere", "broken_rows"),
)
"""Broken rows, and habits rather than errors: not increased when a world is made rougher."""
RARE = (
    *("ocr", "phonetic", "name_cut_short", "mojibake", "middle_as_forename", "initials_only", "title", "baby"),
    *("repeated_surname", "dob_first_of_january", "dob_placeholder", "dob_transposition", "dob_year_slip"),
    *("postcode_pseudo", "number_range", "flat_missing", "upn_of_sibling", "upn_temporary", "upn_code", "two_upns"),
)
"""Kinds of error that the first made-up authority hardly had."""


@dataclass(frozen=True)
class ErrorRates:
    """Share of records (0..1) with each kind of error, among those where it is possible; the defaults are the usual rates.

    Errors in forename and surname are independent. The kinds are those that field studies of linked registers name. The rates
    are set so that two agencies' records of one child differ about as often as in published linkages.
    """

    # Names
    keyboard: float = 0.004
    """A neighbouring key struck instead or in addition, or a letter doubled."""
    dropped_letter: float = 0.003
    transposition: float = 0.002
    """Two neighbouring letters swapped."""
    ocr: float = 0.0007
    """Read wrongly by a scanner: rn for m, 0 for O."""
    phonetic: float = 0.0015
    """Written as heard: f for ph, k for ck."""
    name_cut_short: float = 0.0003
    """Cut at the width of an old system's field."""
    nickname: float = 0.006
    """A short form nobody else uses for the child; in addition to the names the child goes by."""
    spelling_variant: float = 0.03
    """Another spelling of the same name (Mohammed, Muhammad), for names that have some."""
    swapped_names: float = 0.003
    """Forename and surname in each other's place."""
    half_surname: float = 0.07
    """Only one half of a double surname."""
    joined_surname: float = 0.10
    """Hyphen or space of a double or prefixed surname left out, or one replaced by the other."""
    other_parents_surname: float = 0.006
    former_surname: float = 0.25
    """The former surname, after the child's was changed."""
    middle_as_forename: float = 0.002
    initials_only: float = 0.0006
    title: float = 0.001
    """A title in the forename: Master Jack."""
    repeated_surname: float = 0.0002
    """The surname in both places."""
    baby: float = 0.02
    """``Baby`` or ``Baby Boy`` as the forename of a child under two on a GP list."""
    diacritics_dropped: float = 0.5
    mojibake: float = 0.03
    """UTF-8 read as Windows-1252 somewhere on the way: Å‚ for ł."""
    capitals: float = 0.2
    """The whole name in capitals; GP lists nearly always are."""
    missing_middle_names: float = 0.45
    middle_initial: float = 0.2
    # Birth dates
    dob_day_month: float = 0.0015
    """Day and month swapped."""
    dob_digit: float = 0.0025
    dob_one_day: float = 0.0015
    dob_transposition: float = 0.0005
    """Two digits of the day or the year swapped."""
    dob_year_slip: float = 0.001
    dob_first_of_january: float = 0.0007
    """1 January of the year; ten times as often for children from elsewhere."""
    dob_placeholder: float = 0.0002
    """1900-01-01."""
    dob_missing: float = 0.0008
    # Sex
    sex_missing: float = 0.004
    sex_flipped: float = 0.002
    # Addresses
    postcode_typo: float = 0.006
    postcode_no_space: float = 0.08
    postcode_pseudo: float = 0.0008
    """ZZ99 pseudo postcodes of the NHS."""
    postcode_missing: float = 0.008
    address_abbreviation: float = 0.25
    flat_missing: float = 0.06
    number_range: float = 0.003
    house_number_typo: float = 0.003
    street_typo: float = 0.004
    old_address: float = 0.05
    """The previous home, for families who moved within six years, although the agency has seen the child since."""
    uprn_missing: float = 0.28
    # Identifiers
    upn_missing: float = 0.003
    """On a roll."""
    upn_missing_elsewhere: float = 0.45
    upn_miskeyed: float = 0.002
    upn_of_sibling: float = 0.0004
    upn_temporary: float = 0.010
    """Children who had a temporary number at some time."""
    two_upns: float = 0.004
    upn_code: float = 0.03
    """UN1 to UN5 in place of a missing number, outside the rolls."""
    nhs_missing: float = 0.003
    nhs_miskeyed: float = 0.0015
    # Files
    double_registration: float = 0.011
    """Children twice on GP lists, often under another surname."""
    broken_rows: float = 0.002
    """Rows of the CSV files with a date that does not exist or a code that nobody defined."""

    def __post_init__(self) -> None:
        """Raise ValueError if a rate is not from 0 to 1."""
        for field in fields(self):
            if not 0.0 <= getattr(self, field.name) <= 1.0:
                raise ValueError(f"ErrorRates.{field.name} must lie between 0 and 1.")

    def scaled(self, factor: float, names: tuple[str, ...] | None = None) -> "ErrorRates":
        """Multiply the rates named (if none is, all but COMMON), each to 0.9 at most."""
        chosen = names or tuple(field.name for field in fields(self) if field.name not in COMMON)
        return replace(self, **{name: min(0.9, getattr(self, name) * factor) for name in chosen})

    @classmethod
    def usual(cls) -> "ErrorRates":
        """About as clean as registers that were linked well in published studies."""
        return cls()

    @classmethod
    def rough(cls) -> "ErrorRates":
        """Two and a half times as many errors of every kind outside COMMON."""
        return cls().scaled(2.5)

    @classmethod
    def other_kinds(cls) -> "ErrorRates":
        """Common kinds half as often, rare kinds eight times as often: errors that a linkage was not tuned on."""
        rare = cls().scaled(8.0, RARE)
        return rare.scaled(0.5, tuple(field.name for field in fields(cls) if field.name not in COMMON + RARE))

    @classmethod
    def none(cls) -> "ErrorRates":
        """No error of any kind, to test what remains."""
        return cls(**{field.name: 0.0 for field in fields(cls)})
