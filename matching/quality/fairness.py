"""Does the linkage treat all groups alike? Links and their expected errors by group, with and without truth.

A group with fewer links or more errors is missed or wrongly listed more often (Libuy et al. 2021, IJPDS 6(1):1671: pupils of
ethnic minorities and from deprived homes linked less often in a national linkage). Groups are given, never guessed from a
name. Only counts leave this module: no record is named.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.person import Columns
from matching.quality.accuracy import calibration_error

FEWEST_CHILDREN = 10
"""Groups with fewer children are named but not measured: figures for so few are not steady, and might identify a child."""
NORMAL = 1.959964
"""Standard deviations either side of the mean that hold 95 in 100."""
NOT_KNOWN = "not known"
IN_ORDER = (
    pl.col("group") == NOT_KNOWN,
    pl.col("group").str.extract(r"^(\d+)").cast(pl.Int64),
    pl.col("group"),
)
"""Sort order: by the number a group's name begins with (age bands), then by name; what is not known comes last."""

BY_GROUP = pl.Schema(
    Columns(
        {
            "grouping": pl.String,
            "group": pl.String,
            "children": pl.Int64,  # with a record in the group; null, like all that follows: fewer than FEWEST_CHILDREN
            "records": pl.Int64,
            "asked": pl.Int64,  # records that ought to be linked (an agency's, not a roll's)
            "link_rate": pl.Float64,  # 0..1, share of those that are linked; null: none asked
            "standardised_difference": pl.Float64,  # between the group's shares of linked and unlinked; null: either is empty
            "links": pl.Int64,  # pairs of records in one child with at least one record in the group
            "expected_false_links": pl.Float64,  # among those
            "false_low": pl.Float64,  # 95 % interval
            "false_high": pl.Float64,
            "expected_missed_links": pl.Float64,  # among the pairs compared and not joined
            "missed_low": pl.Float64,  # 95 % interval
            "missed_high": pl.Float64,
        }
    )
)
"""One row is one group of one grouping. A pair whose records are in two groups counts in both."""

AGAINST_TRUTH = pl.Schema(
    Columns(
        {
            "grouping": pl.String,
            "group": pl.String,
            "records": pl.Int64,
            "true_pairs": pl.Int64,  # each pair counts once per record of it that is in the group
            "recall": pl.Float64,  # 0..1, of the true pairs; null: none
            "precision": pl.Float64,  # 0..1, of the pairs put into one child; null: none
            "calibration_error": pl.Float64,  # 0..1, of the probabilities of the scored pairs; null: none
            "recall_gap": pl.Float64,  # recall over all records minus recall of the group
        }
    )
)
"""One row is one group of one grouping, compared with the truth."""


def poisson_binomial(chances: pl.Expr, most: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Mean and 95 % normal interval of how many independent events happen, limited to 0..``most``.

    The pairs of one child depend on each other, and the chances are the model's own: the true interval is wider.
    """
    mean, spread = chances.sum(), NORMAL * (chances * (1 - chances)).sum().sqrt()
    return mean, (mean - spread).clip(0.0), pl.min_horizontal(mean + spread, most.cast(pl.Float64))


def by_group(groups: pl.DataFrame, child: pl.Series, is_linked: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """Measure every group of every grouping without truth, as BY_GROUP.

    ``groups``: one row per record, one text column per grouping; null is the group *not known*. ``child``: each record's
    child. ``is_linked``: whether the record is linked to where it should be; null: not asked of this record. ``pairs``:
    left, right (row numbers), probability (0..1), is_same_child. Raises ValueError where the columns differ in length.
    """
    _same_height(groups, child, is_linked)
    counted = _Counted.of(child, is_linked, pairs)
    measured = [_measured(groups[name].fill_null(NOT_KNOWN), counted) for name in groups.columns]
    return pl.concat([pl.DataFrame(schema=BY_GROUP), *measured])


@dataclass(frozen=True)
class _Counted:
    """What is counted by group, in whole columns."""

    child: NDArray[np.int64]
    """Per record: its child's number, from 0."""
    asked: NDArray[np.bool_]
    """Per record: whether it ought to be linked; ``yes``: whether it is."""
    yes: NDArray[np.bool_]
    left: NDArray[np.int64]
    """Per pair: the rows of its two records, and the quantities that are summed."""
    right: NDArray[np.int64]
    summed: dict[str, NDArray[np.float64]]

    @classmethod
    def of(cls, child: pl.Series, is_linked: pl.Series, pairs: pl.DataFrame) -> "_Counted":
        linked = is_linked.cast(pl.Boolean)
        left, right = (pairs[side].cast(pl.Int64).to_numpy() for side in ("left", "right"))
        p, one = pl.col("probability"), pl.col("is_same_child").cast(pl.Float64)
        summed = pairs.select(
            links=one,
            others=1 - one,
            false=(1 - p) * one,
            false_spread=p * (1 - p) * one,
            missed=p * (1 - one),
            missed_spread=p * (1 - p) * (1 - one),
        )
        return cls(
            child.rank("dense").cast(pl.Int64).to_numpy() - 1,
            linked.is_not_null().to_numpy(),
            linked.fill_null(value=False).to_numpy(),
            left,
            right,
            {name: column.to_numpy() for name, column in summed.to_dict().items()},
        )


def _measured(group: pl.Series, of: _Counted) -> pl.DataFrame:
    names = group.unique().sort()
    code = group.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    # groups x children: which children have a record in the group
    has = np.zeros((len(names), int(of.child.max(initial=-1)) + 1), dtype=bool)
    has[code, of.child] = True
    children = pl.Series("children", np.count_nonzero(has, axis=1))
    counts: dict[str, NDArray[np.int64]] = {"records": code, "asked": code[of.asked], "yes": code[of.yes]}
    columns = [pl.Series(name, np.bincount(codes, minlength=len(names))) for name, codes in counts.items()]
    counted = pl.DataFrame([names.alias("group"), children, *columns])
    yes, asked = pl.col("yes"), pl.col("asked")
    linked, unlinked = yes / yes.sum(), (asked - yes) / (asked - yes).sum()
    spread = ((linked * (1 - linked) + unlinked * (1 - unlinked)) / 2).sqrt()
    rates = counted.with_columns(
        link_rate=pl.when(asked > 0).then(yes / asked),
        standardised_difference=pl.when((spread > 0) & (yes.sum() > 0) & ((asked - yes).sum() > 0)).then(
            (linked - unlinked) / spread
        ),
    )
    errors = _errors(code, len(names), of)
    whole = pl.concat([rates, errors], how="horizontal").with_columns(grouping=pl.lit(group.name))
    few = pl.col("children") < FEWEST_CHILDREN
    figures = [name for name in BY_GROUP if name not in ("grouping", "group")]
    return (
        whole.with_columns(pl.when(~few).then(pl.col(figures)))
        .select(BY_GROUP.names())
        .cast(BY_GROUP)
        .sort(*IN_ORDER, nulls_last=True)
    )


def _errors(code: NDArray[np.int64], groups: int, of: _Counted) -> pl.DataFrame:
    """Links, and expected false and missed links, by group: a pair counts once in each group of its two records.

    The intervals are those of :func:`poisson_binomial`.
    """
    ends, shape = code[of.left] * groups + code[of.right], (groups, groups)
    tables = {name: np.bincount(ends, each, groups**2).reshape(shape) for name, each in of.summed.items()}
    totals = {name: each.sum(axis=0) + each.sum(axis=1) - each.diagonal() for name, each in tables.items()}
    false, missed, links = pl.col("false"), pl.col("missed"), pl.col("links")
    false_spread, missed_spread = (NORMAL * pl.col(f"{name}_spread").sqrt() for name in ("false", "missed"))
    return pl.DataFrame(totals).select(
        links,
        expected_false_links=false,
        expected_missed_links=missed,
        false_low=(false - false_spread).clip(0.0),
        false_high=pl.min_horizontal(false + false_spread, "links"),
        missed_low=(missed - missed_spread).clip(0.0),
        missed_high=pl.min_horizontal(missed + missed_spread, "others"),
    )


def against_truth(groups: pl.DataFrame, child: pl.Series, truth: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """Recall, precision and calibration of every group of every grouping, as AGAINST_TRUTH.

    ``groups`` and ``child`` as in :func:`by_group`; ``truth``: each record's true child; ``pairs``: left, right (row
    numbers) and probability of the scored pairs. Raises ValueError where the columns differ in length.
    """
    _same_height(groups, child, truth)
    records = pl.DataFrame({"child": child, "truth": truth}).with_columns(
        found=pl.len().over("child") - 1.0,
        true=pl.len().over("truth") - 1.0,
        both=pl.len().over("child", "truth") - 1.0,
    )
    is_true = truth.gather(pairs["left"]) == truth.gather(pairs["right"])
    scored = pairs.select("left", "right", "probability").with_columns(is_true=is_true)
    held = [_compared_with_truth(groups[name].fill_null(NOT_KNOWN), records, scored) for name in groups.columns]
    return pl.concat([pl.DataFrame(schema=AGAINST_TRUTH), *held])


def _compared_with_truth(group: pl.Series, records: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    true, found, both = pl.col("true").sum(), pl.col("found").sum(), pl.col("both").sum()
    counted = (
        records.with_columns(group=group)
        .group_by("group")
        .agg(
            records=pl.len(),
            true_pairs=true,
            recall=pl.when(true > 0).then(both / true),
            precision=pl.when(found > 0).then(both / found),
        )
    )
    overall = float(records["both"].sum()) / max(float(records["true"].sum()), 1.0)
    sides = scored.with_columns(group=group.gather(scored["left"]), other=group.gather(scored["right"]))
    across = sides.filter(pl.col("group") != pl.col("other")).with_columns(group="other")
    by_group = pl.concat([sides, across]).select("group", "probability", "is_true").partition_by("group", as_dict=True)
    errors = [(str(name), _calibration(part)) for (name,), part in by_group.items()]
    frame = pl.DataFrame(errors, schema={"group": pl.String, "calibration_error": pl.Float64}, orient="row")
    whole = counted.join(frame, on="group", how="left").with_columns(
        grouping=pl.lit(group.name), recall_gap=overall - pl.col("recall")
    )
    return whole.select(AGAINST_TRUTH.names()).cast(AGAINST_TRUTH).sort(*IN_ORDER, nulls_last=True)


def _calibration(part: pl.DataFrame) -> float:
    chances: NDArray[np.float64] = part["probability"].to_numpy()
    return calibration_error(chances, part["is_true"].to_numpy().astype(bool))


def _same_height(groups: pl.DataFrame, *columns: pl.Series) -> None:
    if any(len(column) != groups.height for column in columns):
        raise ValueError("groups, children and links must have one row a record, in the same order")
