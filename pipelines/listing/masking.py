"""Withholds where a protected child can be found, from everything published except the restricted list.

:mod:`pipelines.listing.protected` says who is protected. Withheld too is what lets a reader guess where such a child is: how
likely it is that the child still lives here, and all figures with it; the points, which social care mostly gives; which
sources know the child. If the adoption team is the route of such a child, name and birth date are withheld as well: an old
identity is for that team alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.listing.protected import protected_children
from pipelines.listing.rank import RESTRICTED, SAME_AS_RIVAL
from pipelines.listing.route import ADOPTION
from pipelines.reasons import record_compared, without_comparison

BECAUSE_WITHHELD = (
    "Possibly missing education, to be looked into by the named restricted role. Where the child lives, where they go or "
    "went to school, and who saw them are withheld here."
)
FIGURES = ("rank", "likelihood", "estimated", "on_no_roll", "living_here", "priority")
"""Columns of ``CANDIDATE`` that are null on the open list where a child is protected."""
KNOWS_MOST = 0.5
"""A source that knows this share of all children says little of the child whom it knows, so its records are shown. Any other
source's name says where to look: a landlord, a school of its own, another authority, a refuge."""
WHY_WITHHELD = "Not on the list tonight. The record that explains why is withheld here."


MASKED_READS = ("candidate", "explained", "person_record", "statement", "child_record", "rival")
"""Tables of the store that :func:`masked_list` reads."""


@dataclass(frozen=True, slots=True)
class Masked:
    """What may be published of the list, and the full rows of protected children for the restricted list."""

    candidates: pl.DataFrame
    """``CANDIDATE``, every child of the list, by rank; rows of protected children are masked (``FIGURES`` are null) and come
    last, by id."""
    restricted: pl.DataFrame
    """``CANDIDATE``, unmasked, only protected children."""
    explained: pl.DataFrame
    """``EXPLAINED``; rows of protected children are masked."""
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
    shown_sources = sources_of_most(person, child_records)
    # How a protected child's home compares with another's reveals where it is, and so may the name of its nearest record.
    is_near = record_compared(because).is_in(theirs.implode())
    masked = pl.when(is_near).then(without_comparison(because)).otherwise(because)
    longest_first = sorted(marks, key=len, reverse=True)  # R12 before R1, with which it begins
    masked = masked.str.replace_many(dict.fromkeys(longest_first, MARK_WITHHELD), leftmost=True)
    return Masked(
        candidates=_mask_candidates(
            candidates.with_columns(masked_keys(comparison_without_sex(masked))), is_protected, marks, shown_sources
        ),
        restricted=candidates.filter(is_protected).with_columns(lane=pl.lit(RESTRICTED), restricted=pl.lit(True)),
        explained=_mask_explained(
            explained.with_columns(masked_off_list("why", "reason")), is_protected, marks, shown_sources
        ),
        protected=protected,
    )


def sources_of_most(person: pl.DataFrame, child_records: pl.DataFrame) -> pl.Series:
    """Sources that know at least ``KNOWS_MOST`` of all children."""
    of_whom = child_records.join(person.select("record_id", "dataset"), on="record_id", validate="1:1")
    known = of_whom.group_by("dataset").agg(pl.col("child_id").n_unique())
    return known.filter(pl.col("child_id") >= KNOWS_MOST * child_records["child_id"].n_unique())["dataset"].sort()


def _mask_candidates(
    candidates: pl.DataFrame, is_protected: pl.Expr, marks: pl.Series, shown_sources: pl.Series
) -> pl.DataFrame:
    withheld = {
        "lane": pl.lit(RESTRICTED),
        "because": pl.lit(BECAUSE_WITHHELD),
        "address": pl.lit(WITHHELD),
        "postcode": pl.lit(WITHHELD),
        "last_seen_on": pl.lit(None, pl.Date),
        "last_seen_by": pl.lit(WITHHELD),
        "records": records_of_protected(pl.col("records"), marks, shown_sources),
        "restricted": pl.lit(True),
        **{name: pl.lit(None, candidates.schema[name]) for name in FIGURES},
        **{name: pl.lit(None, pl.String) for name in ("route", "household", "also_here")},
    }
    nobodys = {
        "forename": pl.lit(WITHHELD),
        "surname": pl.lit(WITHHELD),
        **{name: pl.lit(None, candidates.schema[name]) for name in ("date_of_birth", "age", "sex")},
    }
    is_adopted = is_protected & (pl.col("route") == ADOPTION).fill_null(value=False)
    told = candidates.with_columns(**withheld_where(is_protected, withheld), **withheld_where(is_adopted, nobodys))
    return pl.concat([told.filter(~is_protected), told.filter(is_protected).sort("child_id")])


def _mask_explained(
    explained: pl.DataFrame, is_protected: pl.Expr, marks: pl.Series, shown_sources: pl.Series
) -> pl.DataFrame:
    records = pl.when(is_protected).then(pl.col("records"))
    figures = ("link_probability", "likelihood", "on_no_roll", "living_here", "of_age")
    withheld = {
        "why": pl.lit(WHY_WITHHELD),
        "reason": pl.lit(WITHHELD),
        "source": pl.lit(WITHHELD),
        "what": pl.lit(WITHHELD),
        **{name: pl.lit(None, pl.Float64) for name in figures},
        **{name: pl.lit(None, pl.Date) for name in ("since_on", "until_on")},
        "record_id": withheld_if_any("record_id"),
        "records": records_of_protected(records, marks, shown_sources),
    }
    return explained.with_columns(**withheld_where(is_protected, withheld))


def withheld_where(is_protected: pl.Expr, withheld: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Columns by name: its ``withheld`` value where a row is protected, otherwise the column itself."""
    return {
        name: pl.when(is_protected).then(value).otherwise(pl.col(name)).alias(name) for name, value in withheld.items()
    }


def withheld_if_any(name: str) -> pl.Expr:
    """Says that a column is withheld; null where there is nothing in it."""
    return pl.when(pl.col(name).is_not_null()).then(pl.lit(WITHHELD))


MARK_WITHHELD = f"{WITHHELD}:{WITHHELD}"
"""Shown in place of a record that marks its child as protected: if a refuge sent it, its name alone says where the child is."""


def marks_in(statements: pl.DataFrame) -> pl.Series:
    """record_id of every record that marks its child as protected, except those of rolls: whoever looks into the closest match
    in education must find its record there.
    """
    rolls = statements.filter(pl.col("kind") == "provision")["source"].unique()
    marks = statements.filter(pl.col("kind") == "protected", ~pl.col("source").is_in(rolls.implode()))
    return marks["record_id"].unique()


def records_of_protected(records: pl.Expr, marks: pl.Series, shown_sources: pl.Series) -> pl.Expr:
    """Record ids of a protected child, separated by ``;``: those of ``shown_sources``, then always ``MARK_WITHHELD``, as its
    absence would say that no other source knows the child."""
    source = pl.element().str.split(":").list.first()
    is_shown = source.is_in(shown_sources.implode()) & ~pl.element().is_in(marks.implode())
    shown = records.str.split(";").list.eval(pl.element().filter(is_shown)).list.join(";")
    return masked_keys(shown + pl.when(shown == "").then(pl.lit("")).otherwise(pl.lit(";")) + MARK_WITHHELD)


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
