"""Withholds where a protected child can be found, from everything published except the restricted list.

A child is protected if any source says so, whenever it said so: an extract that drops a mark proves no safety. So is any
child, on the list or off it, who may well be a protected one. A child who shares an address or a household with a protected
child is withheld too, as its row would give the other away. The most restrictive source wins. If the adoption team is the
route of such a child, name and birth date are withheld as well: an old identity is for that team alone.

The open list shows who such a child is, with rank and likelihood, so that everybody sees that the child waits. What the
likelihood is made of, points, reasons and how they moved are for the restricted role: each hints at where the child is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.children.facts import may_be_protected
from pipelines.formatted import formatted, letters_and_digits
from pipelines.listing.rank import RESTRICTED, SAME_AS_RIVAL
from pipelines.listing.route import ADOPTION
from pipelines.reasons import record_compared, without_comparison

HOME_READ = ("uprn", "household", "flat", "house", "street", "postcode", "address_shown", "postcode_shown")
"""Columns of a person record that give a home."""

BECAUSE_WITHHELD = (
    "Possibly missing education, to be looked into by the named restricted role. Where the child lives, where they go or "
    "went to school, who saw them and why they are listed are withheld here."
)
WHY_WITHHELD = (
    "Not on the list tonight. A source protects the child, so the reason is withheld here: the named restricted role can find "
    "it in the folder 'restricted'."
)

PARTS_OF_LIKELIHOOD = ("estimated", "on_no_roll", "living_here")
"""Columns of ``CANDIDATE`` that say what the likelihood of a child is made of."""


MASKED_READS = ("candidate", "explained", "person_record", "statement", "child_record", "rival")
"""Tables of the store that :func:`masked_list` reads."""


@dataclass(frozen=True, slots=True)
class Masked:
    """What may be published of the list, and the full rows of protected children for the restricted list."""

    candidates: pl.DataFrame
    """``CANDIDATE``, every child of the list; rows of protected children are masked."""
    restricted: pl.DataFrame
    """``CANDIDATE``, unmasked, only protected children."""
    explained: pl.DataFrame
    """``EXPLAINED``; rows of protected children are masked."""
    explained_restricted: pl.DataFrame
    """``EXPLAINED``, unmasked, only protected children."""
    protected: pl.Series
    """child_id of every protected child, including those in neither table."""


def masked_list(tables: Mapping[str, pl.DataFrame]) -> Masked:
    """Split the list into what may be published and the restricted rows, by rank. Every child stays on the list.

    ``tables``: at least those of ``MASKED_READS``, as in the store.
    """
    candidates, explained, person, statements, child_records, rivals = (tables[name] for name in MASKED_READS)
    candidates = candidates.sort("rank")
    protected = protected_children(candidates, person, statements, child_records, rivals)
    is_protected, marks = pl.col("child_id").is_in(protected.implode()), marks_in(statements)
    because, theirs = pl.col("because"), child_records.filter(is_protected)["record_id"]
    # How a protected child's home compares with another's reveals where it is, and so may the name of its nearest record.
    is_near = record_compared(because).is_in(theirs.implode())
    masked = pl.when(is_near).then(without_comparison(because)).otherwise(because)
    longest_first = sorted(marks, key=len, reverse=True)  # R12 before R1, with which it begins
    masked = masked.str.replace_many(dict.fromkeys(longest_first, MARK_WITHHELD), leftmost=True)
    return Masked(
        candidates=_mask_candidates(
            candidates.with_columns(masked_keys(comparison_without_sex(masked))), is_protected, marks
        ),
        restricted=candidates.filter(is_protected).with_columns(lane=pl.lit(RESTRICTED), restricted=pl.lit(True)),
        explained=_mask_explained(explained.with_columns(masked_off_list("why", "reason")), is_protected, marks),
        explained_restricted=explained.filter(is_protected),
        protected=protected,
    )


def protected_children(
    candidates: pl.DataFrame,
    person: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    rivals: pl.DataFrame,
) -> pl.Series:
    """child_id of every child who is protected, may well be one who is, or shares a home with either; sorted."""
    by_source = may_be_protected(statements, child_records, rivals)
    flagged = pl.concat([by_source, candidates.filter("restricted")["child_id"]]).unique()
    near = pl.concat([flagged, _sharing_a_home(flagged, candidates, person, child_records)])
    return pl.concat([near, _of_their_households(near, candidates)]).unique().sort()


def _sharing_a_home(
    flagged: pl.Series, candidates: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame
) -> pl.Series:
    """child_id of every child with the same address or household as a flagged child, including the flagged ones."""
    is_flagged = pl.col("child_id").is_in(flagged.implode())
    listed = _homes_shown(candidates.select("child_id", address_shown="address", postcode_shown="postcode"))
    known = person.select("record_id", *HOME_READ)
    protected = _of_children(known, child_records.filter(is_flagged))
    theirs = pl.concat([_homes(protected), listed.filter(is_flagged)]).select("home").unique()
    near = known.filter(_may_share(protected, theirs["home"], known["postcode_shown"].unique()))
    homes = pl.concat([_homes(_of_children(near, child_records.join(near, on="record_id", how="semi"))), listed])
    return homes.join(theirs, on="home", how="semi")["child_id"].unique()


def _of_their_households(near: pl.Series, candidates: pl.DataFrame) -> pl.Series:
    """child_id of every child of the list in one household with any of ``near``.

    Their records may describe the home in different ways, so that no two agree (a UPRN, a tenancy, a surname at an
    address). The list puts them behind one door all the same, and so would anybody who reads their rows.
    """
    theirs = candidates.filter(pl.col("child_id").is_in(near.implode()))["household"].drop_nulls()
    return candidates.filter(pl.col("household").is_in(theirs.implode()))["child_id"]


def _of_children(known: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``known`` for these ``records``, with their ``child_id``."""
    theirs = known.join(records, on="record_id", how="semi")
    return theirs.join(records, on="record_id", how="inner", validate="1:1")


def _may_share(protected: pl.DataFrame, theirs: pl.Series, postcodes: pl.Series) -> pl.Expr:
    """True for every record that may share one of the homes of ``protected`` records (``theirs``), and for few others.

    This keeps down the number of homes to be written out. ``postcodes``: every postcode as shown; an address as shown ends
    with its postcode.
    """
    ends = pl.Series(sorted({home[at:] for home in theirs for at in range(len(home) + 1)}), dtype=pl.String)
    near = postcodes.to_frame().filter(letters_and_digits("postcode_shown").is_in(ends.implode()))
    same = [pl.col(name).is_in(protected[name].unique().implode()) for name in ("uprn", "household", "postcode")]
    return pl.any_horizontal(*same, pl.col("postcode_shown").is_in(near["postcode_shown"].implode()))


def _homes(records: pl.DataFrame) -> pl.DataFrame:
    """child_id and each key by which a record knows the home; a record that knows none gives no row."""
    by_key = [
        records.select("child_id", home=formatted("{}: {}", pl.lit(column), pl.col(column)))
        for column in ("uprn", "household")
    ]
    place = pl.concat_str(pl.col("flat").fill_null(""), "house", "street", "postcode", separator="|")
    by_place = records.select("child_id", home=place)
    return pl.concat([*by_key, by_place, _homes_shown(records)]).drop_nulls()


def _homes_shown(records: pl.DataFrame) -> pl.DataFrame:
    """child_id and the address as shown, letters and digits only."""
    text = letters_and_digits("address_shown", "postcode_shown")
    return records.select("child_id", home=text).filter(pl.col("home").str.len_chars() > 8)


def _mask_candidates(candidates: pl.DataFrame, is_protected: pl.Expr, marks: pl.Series) -> pl.DataFrame:
    withheld = {
        "lane": pl.lit(RESTRICTED),
        "because": pl.lit(BECAUSE_WITHHELD),
        "address": pl.lit(WITHHELD),
        "postcode": pl.lit(WITHHELD),
        "last_seen_on": pl.lit(None, pl.Date),
        "last_seen_by": pl.lit(WITHHELD),
        "records": masked_keys(without_marks(pl.col("records"), marks)),
        "restricted": pl.lit(True),
        **{name: nothing(candidates, name) for name in (*PARTS_OF_LIKELIHOOD, "priority", "unlisted_school")},
        **{name: nothing(candidates, name) for name in ("route", "household", "also_here")},
    }
    nobodys = {
        "forename": pl.lit(WITHHELD),
        "surname": pl.lit(WITHHELD),
        **{name: nothing(candidates, name) for name in ("date_of_birth", "born_in", "age", "sex")},
    }
    is_adopted = is_protected & (pl.col("route") == ADOPTION).fill_null(value=False)
    return candidates.with_columns(**withheld_where(is_protected, withheld), **withheld_where(is_adopted, nobodys))


def _mask_explained(explained: pl.DataFrame, is_protected: pl.Expr, marks: pl.Series) -> pl.DataFrame:
    records = pl.when(is_protected).then(pl.col("records"))
    withheld = {
        "why": pl.lit(WHY_WITHHELD),
        **{name: pl.lit(WITHHELD) for name in ("reason", "source", "what")},
        **{name: nothing(explained, name) for name in _NUMBERS_WITHHELD},
        "record_id": pl.lit(WITHHELD),
        "records": masked_keys(without_marks(records, marks)),
    }
    return explained.with_columns(**withheld_where(is_protected, withheld))


_NUMBERS_WITHHELD = ("since_on", "until_on", "link_probability", "likelihood", "on_no_roll", "living_here", "of_age")
"""Dates and numbers of ``EXPLAINED`` that would say why a protected child is off the list, or how nearly it is on it."""


def nothing(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Null, of the type of a column of ``frame``."""
    return pl.lit(None, frame.schema[name])


def withheld_where(is_protected: pl.Expr, withheld: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Columns by name: its ``withheld`` value where a row is protected, otherwise the column itself."""
    return {
        name: pl.when(is_protected).then(value).otherwise(pl.col(name)).alias(name) for name, value in withheld.items()
    }


MARK_WITHHELD = f"{WITHHELD}:{WITHHELD}"
"""Shown in place of a record that marks its child as protected: if a refuge sent it, its name alone says where the child is."""


def marks_in(statements: pl.DataFrame) -> pl.Series:
    """record_id of every record that marks its child as protected, except those of rolls: whoever looks into the closest match
    in education must find its record there.
    """
    rolls = statements.filter(pl.col("kind") == "provision")["source"].unique()
    marks = statements.filter(pl.col("kind") == "protected", ~pl.col("source").is_in(rolls.implode()))
    return marks["record_id"].unique()


def without_marks(records: pl.Expr, marks: pl.Series) -> pl.Expr:
    """Record ids, separated by ``;``, with those in ``marks`` withheld."""
    shown = pl.when(pl.element().is_in(marks.implode())).then(pl.lit(MARK_WITHHELD)).otherwise(pl.element())
    return records.str.split(";").list.eval(shown).list.unique(maintain_order=True).list.join(";")


COMPOSED_KEY = r":[^;|\s]*\|[^;,)\s]*"
"""A key made of several columns, as an XML row has: it contains the school's number."""


def masked_keys(records: pl.Expr) -> pl.Expr:
    """Record ids, separated by ``;``, with composed keys withheld, as those contain the school's number. Other keys stay."""
    return records.str.replace_all(COMPOSED_KEY, f":{WITHHELD}")


def masked_keys_of_others(text: pl.Expr, reason: pl.Expr) -> pl.Expr:
    """Record ids, or words that contain them, of a child who is off the list for a ``reason``.

    If the child is most probably the same as another, the ids are that child's, and a source may protect it: composed keys
    are withheld as for a protected child. Other ids are the child's own, and stay.
    """
    return pl.when(reason == SAME_AS_RIVAL).then(masked_keys(text)).otherwise(text)


def masked_off_list(why: str, reason: str) -> tuple[pl.Expr, pl.Expr]:
    """The columns ``why`` (in words) and ``record_id`` of children off the list for a ``reason``, fit for every reader of
    the list."""
    return (
        masked_keys_of_others(comparison_without_sex(pl.col(why)), pl.col(reason)),
        masked_keys_of_others(pl.col("record_id"), pl.col(reason)),
    )


def masked_comparison(words: pl.Expr) -> pl.Expr:
    """Words about a pair of records, without how their addresses, telephones, carers and families' homes compare."""
    return words.str.replace_all(r"(^|; )(address|phone|carer|family): [^;]*", "").str.strip_prefix("; ")


NOT_SHOWN_OF_A_PAIR = "sex"
"""The comparison never shown outside the restricted folder: a difference in sex may reveal a gender since recognised
(Gender Recognition Act 2004, s22)."""


def comparison_without_sex(words: pl.Expr) -> pl.Expr:
    """Words about a pair of records, without how their sex compares (see ``NOT_SHOWN_OF_A_PAIR``)."""
    level = rf"{NOT_SHOWN_OF_A_PAIR}: \w+"
    return words.str.replace_all(rf"; {level}|\b{level}(; )?", "")
