"""How much likelier a child without a place is to be a pupil after all, given how likely the child lives here.

A child whose records were not linked to a place is one of three: a pupil whose records are in two pieces, a child who lives
here without a place, or one who has gone. Linking weighs names and dates and counts how many children each source knows; it
does not ask who has gone, and most children without a place have. A pupil is here. So a child seen last month is much
likelier to be the pupil of nearly the same name than one not seen for three years: by Bayes' rule, in the ratio of this
child's probability of living here to that of all children whom the same sources know.
"""

import polars as pl

AS_ALL = 20.0
"""Weight, in children, of the share of all children who live here, as a prior for those known to the same sources."""


def odds_of_being_a_pupil(lives: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``is_likelier``: factor for the odds that the child is the same as a rival who has a place.

    Above 1: likelier than linking says. ``lives``: one row is one child, with ``child_id``, ``living_here``, ``of_age`` and
    ``own_none``, that it has no place of its own (each 0..1). A child counts as far as it is of age and has no place.
    ``known``: from :func:`~pipelines.children.missed_links.sources_without_place`.
    """
    alike = lives.join(known, on="child_id", how="inner", validate="1:1")
    asks = pl.col("of_age") * pl.col("own_none")
    counts = alike.group_by("sources").agg(
        children=asks.sum().round(9), here=(asks * pl.col("living_here")).sum().round(9)
    )
    counted = counts.sort("sources")  # order changes the last bit of a sum, and nights are compared to the byte
    everybody = pl.col("children").sum()
    share = pl.when(everybody > 0).then(pl.col("here").sum() / everybody).otherwise(0.0)
    usual = counted.select("sources", usual=(pl.col("here") + AS_ALL * share) / (pl.col("children") + AS_ALL))
    beside_usual = alike.join(usual, on="sources", how="left", validate="m:1")
    is_likelier = pl.when(pl.col("usual") > 0).then(pl.col("living_here") / pl.col("usual")).otherwise(1.0)
    return beside_usual.select("child_id", is_likelier=is_likelier)
