"""How much likelier a child without a place is one that has a place after all, for what is known of whether it lives here.

A child whose records linking has not joined to a place is one of three: a pupil whose records are in two pieces, a child
who lives here without a place, or one who has gone. Linking weighs names and dates and counts which sources know how many
children; it does not ask who has gone, and most children without a place have. A pupil is here. So whoever was seen last
month is much likelier the pupil of nearly the same name than whoever has not been seen for three years, by Bayes in the
ratio of what is said of living here to what is said of all children whom the same sources know.
"""

import polars as pl

AS_ALL = 20.0
"""Children of all sources that stand behind how many live here of those whom some sources know."""


def odds_of_being_a_pupil(lives: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``is_likelier``: what the odds that a child is one with a rival who has a place are to be multiplied
    by; above 1: likelier than linking says.

    ``lives``: one row is one child, with ``child_id``, ``living_here``, ``of_age`` and ``own_none``, that it has no place of
    its own (each 0..1). It counts as far as it has none.
    ``known``: what :func:`~pipelines.children.missed_links.known_besides` says.
    """
    alike = lives.join(known, on="child_id", how="inner", validate="1:1")
    asks = pl.col("of_age") * pl.col("own_none")
    counts = alike.group_by("sources").agg(
        children=asks.sum().round(9), here=(asks * pl.col("living_here")).sum().round(9)
    )
    counted = counts.sort("sources")  # a sum hangs on its order by a last bit, and nights are compared to the byte
    everybody = pl.col("children").sum()
    share = pl.when(everybody > 0).then(pl.col("here").sum() / everybody).otherwise(0.0)
    usual = counted.select("sources", usual=(pl.col("here") + AS_ALL * share) / (pl.col("children") + AS_ALL))
    told = alike.join(usual, on="sources", how="left", validate="m:1")
    is_likelier = pl.when(pl.col("usual") > 0).then(pl.col("living_here") / pl.col("usual")).otherwise(1.0)
    return told.select("child_id", is_likelier=is_likelier)
