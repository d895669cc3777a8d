"""How likely a child without a place does have one, by a record that linking never compared with the child's.

Some links are always missed: with another name, a slipped birth date and an old address in one record, no blocking rule
finds the other. Such a child has no rival to show, yet looks like one who is missing education. How often a source's
records never meet those that show a place is measured where a third record holds the two together
(:func:`matching.quality.accuracy.never_met`). That gives the number of children with a place expected to look like a given
child; Bayes' rule gives their share among all who look so. A child known to one source may well be one of them, a child
known to three hardly.
"""

import polars as pl

from matching.clustering.assign import ERRED_ALIKE
from matching.quality.accuracy import share_never_met
from pipelines.children.members import members, source_bits, sources_by_child

MOST_MISSED = 0.5
"""However many are expected, a child is taken to be one of them with no more than this probability."""

AS_ANY = 1000.0
"""Weight of the prior, in pairs of records: a source's records miss others as often as those of any two sources do."""


def sources_without_place(person: pl.DataFrame, child_records: pl.DataFrame, provision: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``sources``, one bit for each source as in :func:`~pipelines.children.members.source_bits`: the sources
    that know the child by records that show no place now. Children with the same set are treated as alike."""
    placed = provision.filter("is_current")
    known = members(child_records, person, "dataset").join(placed, on="record_id", how="anti")
    return sources_by_child(known, source_bits(person))


def with_missed_places(
    judged: pl.DataFrame,
    known: pl.DataFrame,
    person: pl.DataFrame,
    provision: pl.DataFrame,
    never_met: pl.DataFrame | None,
) -> pl.DataFrame:
    """``judged`` with ``missed``: 0..1, that the child has a place by a record nobody has found; 0 where the child has a
    place.

    - ``judged``: one row a child, with ``child_id``, ``living_here``, ``of_age`` and ``found_none`` (0..1, that no record
      found shows a place).
    - ``known``: from :func:`sources_without_place`.
    - ``never_met``: ``LINK_NEVER_MET``; null: none was missed.

    All records of a child that show no place may have gone astray, or only some, while the others have stayed with the
    place: see :func:`_went_astray`.
    """
    if never_met is None:
        return judged.with_columns(missed=pl.lit(0.0))
    placed, bits = provision.filter("is_current"), source_bits(person)
    looks = judged.join(known, on="child_id", how="inner", validate="1:1").with_columns(
        is_placed=pl.col("child_id").is_in(placed["child_id"].unique().implode())
    )
    is_placed, of_age = pl.col("is_placed"), pl.col("of_age")
    counted = looks.group_by("sources").agg(
        with_place=of_age.filter(is_placed).sum().round(9),
        without=(of_age * pl.col("living_here") * pl.col("found_none")).filter(~is_placed).sum().round(9),
    )
    whole = counted.select("with_place", whole="sources")
    missed = (
        counted.select("sources", "without")
        .join_where(whole, (pl.col("sources") & pl.col("whole")) == pl.col("sources"))
        .with_columns(astray=_least_missed(never_met, placed["source"], bits) * _went_astray() * pl.col("with_place"))
        .group_by("sources", "without")
        .agg(pl.col("astray").sort().sum())
        .select("sources", missed=pl.col("astray").round(9) / (pl.col("without") + 1.0))
    )
    by_child = looks.filter(~is_placed).join(missed, on="sources", how="left", validate="m:1")
    missed = by_child.select("child_id", "missed")
    return judged.join(missed, on="child_id", how="left", validate="1:1").with_columns(
        pl.col("missed").fill_null(0.0).clip(0.0, MOST_MISSED)
    )


def _least_missed(never_met: pl.DataFrame, places: pl.Series, bits: pl.DataFrame) -> pl.Expr:
    """How often records never meet those of ``places`` (sources), for whichever of the sources in ``sources`` misses least."""
    of_two = never_met.filter(pl.col("source") != pl.col("other_source"))
    shown, often = places.unique().implode(), share_never_met(of_two)
    either_way = [
        counted.filter(pl.col(place).is_in(shown)).select("pairs", "missed", source=source)
        for counted, source, place in ((never_met, "source", "other_source"), (of_two, "other_source", "source"))
    ]
    totals = pl.concat(either_way).group_by("source").sum()
    share = (pl.col("missed") + AS_ANY * often) / (pl.col("pairs") + AS_ANY)
    rates = bits.join(totals, left_on="dataset", right_on="source", how="left").select("bit", share.fill_null(often))
    of_each = [pl.when(pl.col("sources") & bit != 0).then(rate) for bit, rate in rates.iter_rows()]
    return pl.min_horizontal(*of_each)


def _went_astray() -> pl.Expr:
    """How often exactly ``sources`` of a child are parted from its place and from the rest of ``whole``, as a multiple of
    how often two records never meet.

    Where two records never meet, one of them is wrong, either as often as the other. If other records stayed with the
    place, the wrong one is the one that went astray: half of the cases. Each record beyond the first either erred in the
    same way or also failed to meet the place: at most one case in four.
    """
    alike = 2.0 ** (-ERRED_ALIKE * (pl.col("sources").bitwise_count_ones().cast(pl.Float64) - 1))
    return alike * pl.when(pl.col("sources") == pl.col("whole")).then(1.0).otherwise(0.5)


__all__ = ["sources_without_place", "with_missed_places"]
