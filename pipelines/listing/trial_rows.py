"""Listed children whose name was probably made up to try a system or to train people on it: Test Patient, ZZZ Dummy.

Such rows stand in real lists, and no roll shows them. Nobody can be sure of one: so the child stays on the list, and the sender
is asked before anybody visits. A surname such as Tester or Dummer is none of these words.
"""

import polars as pl

from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.waiting import at_high_risk

_OF_WHOM = (
    "PATIENT|PUPIL|STUDENT|CHILD|RECORD|USER|CLIENT|PERSON|TENANT|ACCOUNT|CASE|DATA|ENTRY|FAMILY|BABY|BOY|GIRL|ONE|TWO|THREE"
    "|DO NOT|USE|IGNORE|DELETE"
)
_TRIED = r"TEST(?:ING|S)?|DUMMY|TRAINING|DEMO|EXAMPLE|FAKE|FICTITIOUS|DONOTUSE|DO NOT USE"
_AT_THE_END = r"(?:XX|ZZ|YY)+[XZY]*"
"""What systems put in front of a name so that it sorts to the end."""

_IS_TRIED = rf"^(?:{_AT_THE_END} ?)?(?:{_TRIED})(?: ?(?:{_TRIED}|{_OF_WHOM}))*$|^(?:X{{3,}}|Z{{3,}})$"
"""A whole name of such words, at least one of which names nobody's child."""
_FOR_TESTS = "^XX ?TEST ?PATIENT"
"""So the NHS has test patients' surnames begin."""
_IS_OF_WHOM = rf"^(?:{_OF_WHOM})(?: (?:{_OF_WHOM}))*$"

_NHS_NUMBERS_FOR_TESTS = "999"
"""NHS numbers that begin so are given to nobody."""

ASK = (
    "The name looks like one that somebody made up to try a system: ask the sender of the records first whether there is such "
    "a child."
)


def trial_rows(found: pl.DataFrame, findings: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """One row is one child of ``found`` all of whose records look made up: ``child_id``, ``ask_school`` (whom to ask, in a
    sentence). Children at high risk are left out.

    A record does if both names are such words (one of them may be *Patient* or *Pupil*); or if one is, and the NHS number is
    one for tests, the birth date is a first of January, or the other name sorts to the end. ``findings``: ``FINDING``.
    """
    asked = found.select("child_id").join(at_high_risk(findings), on="child_id", how="anti")
    theirs = inputs.child_records.join(asked, on="child_id", how="semi").select("child_id", "record_id")
    named = theirs.join(inputs.person, on="record_id", how="inner", validate="m:1")
    made_up = named.group_by("child_id").agg(is_made_up=_looks_made_up().all()).filter("is_made_up")
    return made_up.select("child_id", ask_school=pl.lit(ASK)).sort("child_id")


def _looks_made_up() -> pl.Expr:
    names = [_plain(pl.col(column)) for column in ("forename_shown", "surname_shown")]
    tried = [name.str.contains(rf"{_IS_TRIED}|{_FOR_TESTS}").fill_null(value=False) for name in names]
    such = [one | name.str.contains(_IS_OF_WHOM).fill_null(value=False) for one, name in zip(tried, names, strict=True)]
    is_either = pl.any_horizontal(*tried)
    born = pl.col("date_of_birth")
    other_signs = (
        pl.col("nhs_number").str.starts_with(_NHS_NUMBERS_FOR_TESTS),
        (born.dt.month() == 1) & (born.dt.day() == 1),
        *(name.str.contains(rf"^{_AT_THE_END}") for name in names),
    )
    signs = pl.any_horizontal(sign.fill_null(value=False) for sign in other_signs)
    return is_either & (pl.all_horizontal(*such) | signs)


def _plain(name: pl.Expr) -> pl.Expr:
    """A name in capitals, without digits and with one space between its words."""
    return name.str.to_uppercase().str.replace_all("[^A-Z]+", " ").str.strip_chars()
