"""Children who may be the same because their families are: what a brother's or sister's records say about them.

A child with records at two homes ties the two homes: the family has moved, or lives at both. If each home has a child of
one forename, and no source lists the two side by side, they are hardly two children: parents do not give two children one
name. Compared pair by pair, such records have too little in common: one has the old home or the other parent's surname, and
a slip in its birth date takes away the rest.
"""

from collections.abc import Callable

import numpy as np
import polars as pl

from matching.canonical.identifiers import upn_is_permanent
from matching.clustering.judge import PairJudgements
from matching.in_numbers.arrays import Bits, Labels, Rows
from pipelines.children.members import is_first_of, members
from pipelines.tables import RIVAL

SURE = 0.9
"""A record ties two homes only if it belongs to its child with at least this probability."""
LARGEST = 8
"""An address with more children than this is not a family's, but a hostel's, or the school's for want of another."""
MOST = 0.8
"""Greatest probability that two children are the same by their families alone: enough to ask an analyst, too little to take
a child off the list whom nothing else explains."""
LEVEL = "family: a brother or sister is known at both homes"
"""Added to the levels of a pair."""

Described = Callable[[Rows, Rows], tuple[pl.Series, Bits]]
"""Pairs of rows -> their levels in words, and their match weights."""

BOTH = ["child_id", "rival_child_id"]


def with_family_ties(
    rivals: pl.DataFrame,
    person: pl.DataFrame,
    child_records: pl.DataFrame,
    labels: Labels,
    *,
    judged: PairJudgements | None,
    described: Described,
) -> pl.DataFrame:
    """``RIVAL`` with the children who may be the same by their families; for two who were rivals already, the likelier
    entry.

    - ``person``: PERSON in the order of ``child_records``, by id.
    - ``labels``: for each row, a number of 0 or more that stands for its child.
    - ``judged``: analysts' judgements on its rows.

    Left out are children whom an analyst judged to be two, and those with different UPNs.

    How often two children of tied homes have one forename and yet are two is learnt from children whom one source lists
    side by side. That many of the pairs found are taken to be two children, and never fewer than are known to be. All pairs
    get the same probability.
    """
    found, probability = _ties(person, child_records, labels, judged)
    if found.is_empty() or probability <= 0:
        return rivals
    ids = child_records["record_id"]
    rows = (ids.search_sorted(found[name]).to_numpy().astype(np.int32) for name in ("record_id", "rival_record_id"))
    levels, weights = described(*rows)
    tied = found.with_columns(
        probability=pl.lit(probability), match_weight=weights, levels=levels + pl.lit("; " + LEVEL)
    ).select(RIVAL.names())
    other = {"child_id": "rival_child_id", "record_id": "rival_record_id"}
    turned = tied.rename(other | {theirs: ours for ours, theirs in other.items()}).select(RIVAL.names())
    return (
        pl.concat([rivals, tied, turned])
        .sort(*BOTH, "probability", descending=[False, False, True], maintain_order=True)
        .unique(BOTH, keep="first", maintain_order=True)
    )


def _ties(
    person: pl.DataFrame, child_records: pl.DataFrame, labels: Labels, judged: PairJudgements | None
) -> tuple[pl.DataFrame, float]:
    """Children who may be the same (both ids, the lower first, and a record of each), and how likely any pair of them is."""
    named, homes = _named(person, labels, child_records["membership"])
    pairs = _pairs(named, homes)
    pairs = pairs.with_columns(_are_listed_together(pairs, person["dataset"], labels))
    alike = _alike(pairs, named, child_records)
    two = alike.filter("listed_together")
    together = pairs.filter("listed_together").height
    usual = (two.height + 1) / (together + 1)
    # A forename that one source has twice at tied homes is one that brothers share (Muhammad), or the source has a child
    # twice.
    found = alike.filter(~pl.col("listed_together") & ~pl.col("forename").is_in(two["forename"].unique().implode()))
    left = _without(found, person, child_records, judged)
    by_chance = max(usual * (pairs.height - together), found.height - left.height)
    probability = min(MOST, max(0.0, (found.height - by_chance) / (found.height + 1)))
    return left, round(probability, 6)


def _named(person: pl.DataFrame, labels: Labels, membership: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two frames. First: one row is one record with a forename and a home that is no crowd's: its ``row``; ``child`` and
    ``home`` are numbers. Second: one row is one such child at one such home."""
    home = pl.struct("postcode", "house", pl.col("flat").fill_null("")).hash()
    known = (
        person.select(
            "forename",
            "postcode",
            "house",
            home.alias("home"),
            child=pl.Series(labels),
            membership=membership,
            initial=pl.col("middle_names").str.head(1),
            row=pl.int_range(pl.len(), dtype=pl.Int32),
        )
        .drop_nulls(["forename", "postcode", "house"])
        .drop("postcode", "house")
    )
    homes = known.select("child", "home").filter(is_first_of("child", "home"))
    crowds = homes["home"].value_counts().filter(pl.col("count") > LARGEST)["home"]
    is_crowd = pl.col("home").is_in(crowds.implode())
    return known.filter(~is_crowd), homes.filter(~is_crowd)


def _pairs(named: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Pairs of children of one home, or of two homes that a third child ties, each pair once: ``child`` and ``rival``."""
    moved = ours.filter(pl.col("child").is_duplicated())  # few: only theirs are looked at further
    sure = named.filter(pl.col("membership") >= SURE).join(moved, on=["child", "home"], how="semi")
    tied = sure.select("child", "home").unique()
    tied = tied.join(tied, on="child", suffix="_other").filter(pl.col("home") != pl.col("home_other"))
    theirs = ours.rename({"child": "rival", "home": "other_home"})
    across = (
        tied.select("home", tied_by="child", other_home="home_other")
        .join(ours, on="home")
        .filter(pl.col("tied_by") != pl.col("child"))
        .join(theirs, on="other_home")
        .filter(pl.col("tied_by") != pl.col("rival"))
    )
    several = ours.filter(pl.col("home").is_duplicated())
    within = several.join(several.rename({"child": "rival"}), on="home")
    both = pl.concat([across.select("child", "rival"), within.select("child", "rival")])
    return both.filter(pl.col("child") < pl.col("rival")).unique()


def _are_listed_together(pairs: pl.DataFrame, dataset: pl.Series, labels: Labels) -> pl.Series:
    """``listed_together`` of pairs of children: some source has a row of each."""
    known = np.zeros(int(labels.max(initial=-1)) + 1, dtype=np.int64)
    for number, source in enumerate(dataset.unique().sort()):
        known[labels[(dataset == source).to_numpy()]] |= 1 << number
    ours, theirs = (known[pairs[name].to_numpy()] for name in ("child", "rival"))
    return pl.Series("listed_together", (ours & theirs) != 0)


def _alike(pairs: pl.DataFrame, named: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """Those of ``pairs`` with one forename and no differing initial of a further name: child ids (the lower first), the
    forename, and a record of each."""
    ours = named.select("child", "forename", "initial", "row")
    theirs = named.select("forename", rival="child", rival_initial="initial", rival_row="row")
    same = pl.col("initial").fill_null(pl.col("rival_initial")) == pl.col("rival_initial").fill_null(pl.col("initial"))
    found = pairs.join(ours, on="child").join(theirs, on=["rival", "forename"]).filter(same.fill_null(value=True))
    ids = child_records.select("child_id", "record_id", row=pl.int_range(pl.len(), dtype=pl.Int32))
    identified = found.join(ids, on="row").join(
        ids.select(rival_row="row", rival_child_id="child_id", rival_record_id="record_id"), on="rival_row"
    )
    turned = {"child_id": "rival_child_id", "record_id": "rival_record_id"}
    turned |= {theirs: ours for ours, theirs in turned.items()}
    names = ["listed_together", "forename", *turned]
    is_lower = pl.col("child_id") < pl.col("rival_child_id")
    return (
        pl.concat(
            [identified.filter(is_lower).select(names), identified.filter(~is_lower).rename(turned).select(names)]
        )
        .sort(*BOTH, "record_id", "rival_record_id")
        .unique(BOTH, keep="first", maintain_order=True)
    )


def _without(
    found: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame, judged: PairJudgements | None
) -> pl.DataFrame:
    """``found`` without children whose permanent UPNs differ, and without those whom an analyst judged to be two."""
    asked = pl.concat([found["child_id"], found["rival_child_id"]]).implode()
    is_theirs = pl.col("child_id").is_in(asked) & upn_is_permanent(pl.col("upn"))
    numbered = members(child_records, person, "upn").filter(is_theirs)
    upns = numbered.group_by("child_id").agg(pl.col("upn").unique())
    theirs = upns.rename({"child_id": "rival_child_id", "upn": "rival_upn"})
    with_upns = found.join(upns, on="child_id", how="left").join(theirs, on="rival_child_id", how="left")
    differ = pl.col("upn").list.set_intersection("rival_upn").list.len() == 0
    left = with_upns.filter(~differ.fill_null(value=False))
    if judged is not None:
        names = child_records["child_id"]
        sides = [names.gather(rows[~judged.same]) for rows in (judged.left, judged.right)]
        two = pl.DataFrame({"child_id": pl.concat(sides), "rival_child_id": pl.concat(sides[::-1])})
        left = left.join(two, on=BOTH, how="anti")
    return left.sort(BOTH)
