"""Which pairs of records to ask people about: those whose answers are worth most, and some drawn by chance.

The three parts are shuffled together, so that a pair's position says nothing of what the linkage thinks of it:
- *blind*, drawn by chance within bands of match weight, to measure without bias;
- *list*, on which a child's place on the list depends;
- *model*, close to where links begin, a few of each pattern of agreement, for the weights to learn from.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from matching.judgement import UNSURE, standing_judgements
from pipelines.decisions.judgements import BLIND, DRAWN, FOR_LIST, FOR_MODEL
from pipelines.linking.link_report import weights_at
from pipelines.listing.masking import masked_list
from pipelines.listing.rank import IN_EDUCATION, SAME_AS_RIVAL
from pipelines.settings import SettingsError

SAMPLE_READS = (
    "night",
    "person_record",
    "statement",
    "link",
    "child_record",
    "rival",
    "provision",
    "residence",
    "candidate",
    "explained",
)
"""Tables of the store that :func:`pairs_worth_asking` reads."""

FEWEST, MOST = 10, 2000
LIST_SHARE, MODEL_SHARE = 0.4, 0.2
"""Most of the pairs asked that are for the list and for the model, as shares; the rest are drawn blind."""
LEAST_WORTH = 1e-3
"""A pair of less worth (:func:`_for_list`) decides nobody's place: its answer is all but known."""
PAIRED = ["left_id", "right_id"]
A_PATTERN = 3
"""Most pairs for the model with the same levels of agreement: more of them teach little."""
EDGES = (0.0, 4.0, -4.0, 8.0, -8.0, 2.0, -2.0, 16.0, 32.0)
"""Where strata end, in bits from where links begin, the most informative first: if few pairs are drawn, only the first are
used."""
EACH_STRATUM = 2
"""Fewest blind pairs of a stratum, if it has as many."""
NEAR = 10.0
"""Furthest from the link threshold, in bits of log-odds, that a pair for the model may lie."""

PAIR = pl.Schema({name: kind for name, kind in DRAWN.items() if name not in ("sample", "pair", "facts", "night_at")})
"""One row is one pair to be asked about, as ``DRAWN`` keeps it."""


@dataclass(frozen=True)
class SampleRequest:
    """What a person wants to be asked."""

    pairs: int
    """At most so many, from FEWEST to MOST."""
    seed: int
    """The same one draws the same pairs."""
    out: Path
    """Workbook to write."""
    threshold: float
    """Probability from which pairs are linked."""
    restricted: bool
    """Also pairs of children whom a source protects: for the named role only."""


def pairs_worth_asking(
    tables: Mapping[str, pl.DataFrame], judgements: pl.DataFrame, asked: SampleRequest
) -> pl.DataFrame:
    """``PAIR``, shuffled.

    ``tables``: those named in ``SAMPLE_READS``. ``judgements``: ``JUDGEMENT``; decided pairs are asked again only if chance
    draws them. Raises :class:`~pipelines.settings.SettingsError` for too few or too many pairs.
    """
    pairs, threshold = asked.pairs, asked.threshold
    if not FEWEST <= pairs <= MOST:
        raise SettingsError(f"--pairs {pairs}: ask about {FEWEST} to {MOST:,} pairs in one workbook.")
    links = tables["link"] if asked.restricted else _without_protected(tables["link"], tables)
    open_links = links.join(_decided(judgements), on=PAIRED, how="anti")
    for_list = _for_list(tables, open_links).head(round(LIST_SHARE * pairs))
    for_model = _for_model(open_links.join(for_list, on=PAIRED, how="anti"), threshold).head(round(MODEL_SHARE * pairs))
    blind = _blind(links, weight_of_links(links, threshold), pairs - for_list.height - for_model.height, asked.seed)
    chosen = [blind, *(part.join(blind, on=PAIRED, how="anti") for part in (for_list, for_model))]
    frame = pl.concat([part.select(PAIR.names()).cast(PAIR) for part in chosen])
    order = random.Random(asked.seed).sample(range(frame.height), frame.height)  # noqa: S311 - no secret hangs on the order
    return frame[order]


def weight_of_links(links: pl.DataFrame, threshold: float) -> float:
    """Match weight (bits) from which pairs are linked, estimated from the pairs in doubt: the median of the weights at
    which they would reach the threshold.

    If none is in doubt: halfway between the lightest link and the heaviest pair that is no link.
    """
    middle = weights_at(links, threshold).median()
    if isinstance(middle, float):
        return middle
    ends = [
        links.filter("is_same_child")["match_weight"].min(),
        links.filter(~pl.col("is_same_child"))["match_weight"].max(),
    ]
    known = [float(end) for end in ends if isinstance(end, float)]
    return sum(known) / len(known) if known else 0.0


def _without_protected(links: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Links that involve no protected child and nobody who lives with one."""
    safe = masked_list(tables)
    owners = tables["child_record"].filter(pl.col("child_id").is_in(safe.protected.implode()))["record_id"]
    touched = pl.any_horizontal(pl.col("left_id", "right_id").is_in(owners.implode()))
    return links.filter(~touched)


def _decided(judgements: pl.DataFrame) -> pl.DataFrame:
    return standing_judgements(judgements).filter(pl.col("answer") != UNSURE).select(PAIRED)


def _blind(links: pl.DataFrame, begins: float, wanted: int, seed: int) -> pl.DataFrame:
    """Pairs drawn by chance within strata of match weight, with how many pairs of its stratum each stands for.

    ``begins``: match weight (bits) from which pairs are linked. ``wanted``: pairs to draw.
    """
    cuts = sorted(begins + edge for edge in EDGES[: max(0, wanted // EACH_STRATUM - 1)])
    reached = [(pl.col("match_weight") >= cut).cast(pl.Int32) for cut in cuts]
    strata = links.with_columns(band=pl.sum_horizontal(reached) if reached else pl.lit(0)).partition_by("band")
    drawn = [PAIR.to_frame()]
    for part, count in zip(strata, _shares([part.height for part in strata], wanted), strict=True):
        band = int(part["band"][0])
        if count:
            taken = (
                part.sort(PAIRED)
                .sample(count, seed=seed * 1000 + band)
                .with_columns(
                    part=pl.lit(BLIND), stratum=pl.lit(_band(cuts, band)), stratum_weight=pl.lit(part.height / count)
                )
            )
            drawn.append(taken.select(PAIR.names()).cast(PAIR))
    return pl.concat(drawn)


def _shares(sizes: list[int], wanted: int) -> list[int]:
    """How many to draw from each stratum: by the square root of its size, so that large strata are measured well and small
    ones too; at least EACH_STRATUM, and never more than there are."""
    counts = [min(size, EACH_STRATUM) for size in sizes]
    roots = [math.sqrt(size) for size in sizes]
    while (left := min(wanted, sum(sizes)) - sum(counts)) > 0:
        open_ = [n for n, size in enumerate(sizes) if counts[n] < size]
        least = min(open_, key=lambda n: (counts[n] + 1) / roots[n])
        room = sum(roots[n] for n in open_)
        counts[least] += max(1, min(sizes[least] - counts[least], int(left * roots[least] / room / 2)))
    return counts


def _band(cuts: list[float], band: int) -> str:
    """A stratum in words: its match weights in bits."""
    if not cuts:
        return "any match weight"
    if band == 0:
        return f"match weight below {cuts[0]:.1f}"
    if band == len(cuts):
        return f"match weight {cuts[-1]:.1f} or more"
    return f"match weight {cuts[band - 1]:.1f} to {cuts[band]:.1f}"


def _for_list(tables: Mapping[str, pl.DataFrame], links: pl.DataFrame) -> pl.DataFrame:
    """Pairs on which a child's place on the list depends, those worth most first; at most one for each child.

    Worth is p(1 - p), p the probability that the two are one child, times the probability that the child lives here.
    """
    here = tables["residence"].select("child_id", "living_here")
    asked = pl.concat([_rivals_of_listed(tables), _what_explains(tables, links)])
    weighed = asked.join(here, on="child_id", how="left", validate="m:1").with_columns(
        worth=pl.col("p") * (1 - pl.col("p")) * pl.col("living_here").fill_null(1.0)
    )
    paired = weighed.with_columns(
        left_id=pl.min_horizontal("record_id", "other_id"), right_id=pl.max_horizontal("record_id", "other_id")
    ).filter(pl.col("worth") >= LEAST_WORTH)
    known = paired.join(links, on=PAIRED, how="inner", validate="m:1")
    ordered = known.sort("worth", "left_id", "right_id", "child_id", descending=[True, False, False, False])
    once = ordered.unique("child_id", keep="first", maintain_order=True)
    once = once.unique(PAIRED, keep="first", maintain_order=True)
    return once.with_columns(part=pl.lit(FOR_LIST), stratum=pl.lit(None, pl.String), stratum_weight=None)


def _rivals_of_listed(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Listed children with rivals in education: if the two are one child, it leaves the list."""
    schooled = tables["provision"].filter("is_current")["child_id"].unique()
    listed = tables["rival"].join(tables["candidate"], on="child_id", how="semi")
    near = listed.filter(pl.col("rival_child_id").is_in(schooled.implode()))
    return near.select("child_id", "record_id", other_id="rival_record_id", p="probability")


def _what_explains(tables: Mapping[str, pl.DataFrame], links: pl.DataFrame) -> pl.DataFrame:
    """Children not listed because of a record that may not be theirs, each with the pair that ties it most strongly to that
    record."""
    explained = tables["explained"].select("child_id", "reason", explaining="record_id", p="link_probability")
    own = explained.filter(reason=IN_EDUCATION).drop_nulls()
    ends = pl.concat(
        [
            links.select(explaining="left_id", other_id="right_id", weight="match_weight", one="is_same_child"),
            links.select(explaining="right_id", other_id="left_id", weight="match_weight", one="is_same_child"),
        ]
    ).filter("one")
    tied = own.join(ends, on="explaining", how="inner", validate="1:m")
    tied = tied.sort("weight", "other_id", descending=[True, False]).unique(
        "child_id", keep="first", maintain_order=True
    )
    rivals = (
        explained.filter(reason=SAME_AS_RIVAL).select("child_id").join(tables["rival"], on="child_id", validate="1:m")
    )
    nearest = rivals.sort("probability", "rival_record_id", descending=[True, False])
    nearest = nearest.unique("child_id", keep="first", maintain_order=True)
    return pl.concat(
        [
            tied.select("child_id", pl.col("explaining").alias("record_id"), "other_id", "p"),
            nearest.select("child_id", "record_id", other_id="rival_record_id", p="probability"),
        ]
    )


def _for_model(links: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Pairs whose log-odds are nearest to the link threshold, at most A_PATTERN of each pattern of agreement."""
    p = pl.col("match_probability").clip(1e-9, 1 - 1e-9)
    distance = ((p / (1 - p)).log(2) - math.log2(threshold / (1 - threshold))).abs()
    near = links.with_columns(distance=distance).filter(pl.col("distance") <= NEAR)
    ordered = near.sort("distance", *PAIRED)
    few = ordered.filter(pl.int_range(pl.len()).over("levels") < A_PATTERN)
    return few.with_columns(part=pl.lit(FOR_MODEL), stratum=pl.lit(None, pl.String), stratum_weight=None)
