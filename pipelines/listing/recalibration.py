"""What officers found, compared with the likelihood that they were sent out with, and a line that would correct it.

The line is a slope and a shift of the log odds of the estimated likelihood (Cox 1958, Biometrika 45:562; Platt 1999). It is
fitted by penalised maximum likelihood, drawn towards no change: slope 1, shift 0. It applies as far down as the answers
reach. It is only ever proposed, by a person or on schedule; a named person puts it in force
(:mod:`pipelines.decisions.proposals`). Residence and links stay as they were estimated.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.special import chdtri

from matching.person import Columns
from matching.quality.thresholds import reliability, sample_of_known_pairs
from pipelines.counted import counted
from pipelines.decisions.outcomes import MISSING, by_lead
from pipelines.listing.logistic import Floats, most_probable
from pipelines.rank_settings import LEAST_SLOPE, Recalibration
from pipelines.reasons import percent_written
from pipelines.settings import SettingsError
from pipelines.written_dates import day_written

NO_ANSWER = ("UNDER_ENQUIRY", "UNTRACED", "EMIGRATED_UNVERIFIED")
"""Outcomes that leave the question open: is this child missing education here?"""
NOT_ASKED = ("DUPLICATE",)
"""Outcomes that answer another question: for a child listed twice, the other row is the one to ask about."""

EDGE = 1e-4
"""Likelihoods nearer to 0 or 1 than this count as this near: no outcome can tell one in ten thousand from never."""
SLOPE_SPREAD, SHIFT_SPREAD = 0.5, 1.0
"""Standard deviations of the prior about slope 1 and shift 0: ten or twenty answers outweigh it."""
FEWEST_ANSWERS, FEWEST_OF_A_KIND = 50, 10
"""With fewer answers, or fewer children found missing or found not missing, nothing is proposed."""
MOST_BELOW = 1 / 3
"""Largest share of the children on the list who may be below the lowest likelihood that the answers reach. Extended over
half of a list, the line made the error three times as large in one made-up authority, and two fifths smaller in two
others (``benchmarks/results/list.md``)."""
SURE = 0.95
BANDS = (0.3, 0.5, 0.7, 0.9)
"""Edges between bands of likelihood."""

DAYS_BACK = 2 * 365
"""Leads count for two years by default: two of each season, without sources and weights of long ago."""


class NothingTaughtError(SettingsError):
    """The outcomes teach no recalibration: too few, only from the top of the list, or nothing to correct."""


ANSWER = pl.Schema(
    Columns(
        {
            "child_id": pl.String,
            "opened_on": pl.Date,  # key, with child_id: the day of the lead's first outcome
            "estimated": pl.Float64,  # 0..1, as estimated when the lead was opened; null: it was on no list
            "published": pl.Float64,  # 0..1, the likelihood on that list; null with estimated
            "is_missing": pl.Boolean,  # found missing education here; null: not answered
        }
    )
)
"""One row is one lead that an officer opened, from its first outcome to the one that closes it."""


@dataclass(frozen=True)
class FittedLine:
    """The line that the answers teach, and how certain it is."""

    line: Recalibration
    spread: Floats
    """Covariance of shift and slope, including the prior."""
    answers: int
    missing: int

    @property
    def least(self) -> float:
        """The estimate that nine answered leads in ten reach. About children below it the answers say nothing."""
        return self.line.answered_from

    def interval(self, estimated: float) -> tuple[float, float, float]:
        """What becomes of an estimate, 0..1, with its 95 % interval: mean, low, high."""
        if estimated < self.least:
            mean, low, high = (share * estimated / self.least for share in self.interval(self.least))
            return mean, low, high
        at = np.array([1.0, _log_odds(estimated)])
        middle = float(at @ (self.line.shift, self.line.slope))
        wide = 1.96 * math.sqrt(float(at @ self.spread @ at))
        low, mean, high = (_share(value) for value in (middle - wide, middle, middle + wide))
        return mean, low, high

    @property
    def figures(self) -> dict[str, int]:
        """The figures that a proposal gives for what it rests on."""
        return {"answered leads": self.answers, "of them missing education": self.missing}

    def differs_from(self, line: Recalibration) -> bool:
        """Whether the answers contradict ``line``: it lies outside the joint 95 % region of both numbers (Wald)."""
        gap = np.array([self.line.shift - line.shift, self.line.slope - line.slope])
        return bool(gap @ np.linalg.solve(self.spread, gap) > chdtri(2, 1 - SURE))


def recalibrated(estimated: pl.Expr, line: Recalibration) -> pl.Expr:
    """The published likelihood for an estimated one. 0 stays 0, and the order of children does not change.

    From ``answered_from`` on it follows the line; below it, it changes in the proportion in which the line changes that
    estimate.
    """
    if line.changes_nothing:
        return estimated
    near = estimated.clip(EDGE, 1 - EDGE)
    odds = ((near / (1 - near)).log() * line.slope + line.shift).exp()
    moved = pl.when(estimated > 0).then(odds / (1 + odds)).otherwise(0.0)
    return pl.when(estimated < line.answered_from).then(estimated * _proportion(line)).otherwise(moved)


def estimate_of(likelihood: float, line: Recalibration) -> float:
    """The estimate that a line turns into this likelihood: where a cut-off lies among estimates. 0..1."""
    if line.changes_nothing or not 0 < likelihood < 1:
        return likelihood
    if likelihood < line.answered_from * _proportion(line):
        return likelihood / _proportion(line)
    return _share((_log_odds(likelihood) - line.shift) / line.slope)


def _proportion(line: Recalibration) -> float:
    """What the line makes of the least estimate that was answered, as a share of it; 1 if the line holds for all."""
    if not line.answered_from:
        return 1.0
    return _share(_log_odds(line.answered_from) * line.slope + line.shift) / line.answered_from


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _log_odds(share: float) -> float:
    near = min(max(share, EDGE), 1 - EDGE)
    return math.log(near / (1 - near))


def answers(outcomes: pl.DataFrame) -> pl.DataFrame:
    """``ANSWER`` of ``OUTCOME`` rows, by child and day.

    A lead's answer is its first outcome that says whether the child is missing education: that a child found missing has a
    place by now does not make the lead wrong. After a closing outcome the next one opens another lead. Its estimate is the
    first with which any of its outcomes was recorded. Of two outcomes of one day, the one recorded last counts.
    """
    found = pl.col("outcome").is_in(MISSING)
    is_missing = pl.when(~pl.col("outcome").is_in([*NO_ANSWER, *NOT_ASKED])).then(found)
    estimated = pl.coalesce("estimated", "likelihood").drop_nulls().first()
    return (
        by_lead(outcomes)
        .with_columns(is_missing=is_missing)
        .filter(~pl.col("outcome").is_in(NOT_ASKED).any().over("child_id", "lead"))
        .group_by("child_id", "lead", maintain_order=True)
        .agg(
            opened_on=pl.col("outcome_on").first(),
            estimated=estimated,
            published=pl.col("likelihood").drop_nulls().first(),
            is_missing=pl.col("is_missing").drop_nulls().first(),
        )
        .select(ANSWER.names())
        .cast(ANSWER)
    )


def reliability_of_leads(answered: pl.DataFrame) -> pl.DataFrame:
    """``RELIABILITY`` of :mod:`matching.quality.thresholds`, for leads instead of pairs: said and found."""
    known = answered.drop_nulls(["published", "is_missing"])
    return reliability(sample_of_known_pairs(known["published"], known["is_missing"]), BANDS)


def fit_line(answered: pl.DataFrame) -> FittedLine | str:
    """The line that ``ANSWER`` rows teach, or the reason why they teach none: too few, or estimates that do not order the
    children."""
    known = answered.drop_nulls(["estimated", "is_missing"])
    missing = int(known["is_missing"].sum())
    if known.height < FEWEST_ANSWERS or min(missing, known.height - missing) < FEWEST_OF_A_KIND:
        return (
            f"{known.height} leads have an answer, {missing} of them missing education and {known.height - missing} not. A "
            f"recalibration needs {FEWEST_ANSWERS}, with {FEWEST_OF_A_KIND} of each: hand in more outcomes first."
        )
    odds = np.array([_log_odds(share) for share in known["estimated"]])
    is_missing = known["is_missing"].to_numpy().astype(np.float64)
    at, spread = most_probable(
        np.column_stack([np.ones_like(odds), odds]),
        is_missing,
        1 - is_missing,
        start=np.array([0.0, 1.0]),
        precision=np.array([1 / SHIFT_SPREAD**2, 1 / SLOPE_SPREAD**2]),
    )
    if at[1] < LEAST_SLOPE:
        return (
            "Children with a higher likelihood were found missing no more often than others. No slope and shift can "
            "correct that: look into the sources and the links first."
        )
    least = float(known["estimated"].quantile(0.1, interpolation="lower") or 0.0)
    line = Recalibration(
        slope=round(float(at[1]), 3), shift=round(float(at[0]), 3), answered_from=math.floor(least * 1000) / 1000
    )
    return FittedLine(line, spread, known.height, missing)


def first_counted_day(as_at: date) -> date:
    """The day from which leads count by default, for a list as at ``as_at``."""
    return as_at - timedelta(days=DAYS_BACK)


def fit_to_outcomes(
    outcomes: pl.DataFrame, candidates: pl.DataFrame, in_force: Recalibration, since: date
) -> tuple[FittedLine, str]:
    """The line that officers' outcomes teach, and what to know before it is proposed, in words.

    ``outcomes``: ``OUTCOME``. ``candidates``: ``CANDIDATE`` of the last list. ``since``: leads opened earlier are left out.
    Raises :class:`NothingTaughtError` where there is nothing to propose.
    """
    every = answers(outcomes)
    answered = every.filter(pl.col("opened_on") >= since)
    fitted = fit_line(answered)
    words = [*reliability_in_words(answered), *_left_out_words(every.height - answered.height, since)]
    if isinstance(fitted, str):
        raise NothingTaughtError("\n".join([*words, f"Nothing is proposed: {fitted}"]))
    if not fitted.differs_from(in_force):
        raise NothingTaughtError(
            "\n".join([*words, "Nothing is proposed: what was found does not contradict the present likelihoods."])
        )
    below = candidates.filter(pl.col("estimated") < fitted.least).height
    if below > MOST_BELOW * candidates.height:
        refused = (
            f"Nothing is proposed: the answers reach down to {fitted.least:.0%}, and {below:,} of the {candidates.height:,} "
            "children on the list are below that, about whom they say nothing. Look into some of those first, drawn at random."
        )
        raise NothingTaughtError("\n".join([*words, refused]))
    return fitted, "\n".join(
        [*words, *_line_words(fitted), *_selection_words(answered, below, candidates.height, fitted)]
    )


def _left_out_words(left_out: int, since: date) -> list[str]:
    """That older leads do not count, and why; empty if there are none."""
    if not left_out:
        return []
    leads = "1 lead opened before that is" if left_out == 1 else f"{left_out:,} leads opened before that are"
    return [
        f"Only leads opened from {day_written(since)} on are counted. {leads} left out, as the sources, the weights and what "
        "officers look into were different then. To choose another day: --since."
    ]


def reliability_in_words(answered: pl.DataFrame) -> list[str]:
    """One line for each band of the published likelihood: what was said of the children in it, and what was found."""
    return [
        f"Likelihood {row['band_from']:.0%} to {row['band_to']:.0%}, answered leads: {row['judged']:,}; "
        f"said {percent_written(row['said'])}, found {row['right']:.0%} ({row['right_low']:.0%} to {row['right_high']:.0%})."
        for row in reliability_of_leads(answered).sort("band_from", descending=True).iter_rows(named=True)
    ]


def what_to_try(answered: pl.DataFrame) -> list[str]:
    """What to do if the likelihoods do not hold: where what was said lies outside the interval of what was found. Empty: they
    hold, as far as the answers show."""
    bands = reliability_of_leads(answered)
    off = bands.filter(~pl.col("said").is_between("right_low", "right_high")).height
    if not off:
        return []
    return [
        f"In {off:,} of {counted(bands.height, 'band')} what was said lies outside the interval of what was found: rollcall "
        "tune --from-outcomes tries a recalibration."
    ]


def _line_words(fitted: FittedLine) -> list[str]:
    """What the line makes of some likelihoods."""
    made = {share: fitted.interval(share) for share in (0.95, 0.8, 0.6, 0.4, 0.2, 0.1)}
    parts = [f"{share:.0%} becomes {mean:.0%} ({low:.0%} to {high:.0%})" for share, (mean, low, high) in made.items()]
    return [
        f"From {fitted.answers:,} answered leads, {fitted.missing:,} of them missing education: slope "
        f"{fitted.line.slope:g}, shift {fitted.line.shift:g}. With it, with 95% intervals, {'; '.join(parts)}."
    ]


def _selection_words(answered: pl.DataFrame, below: int, listed: int, fitted: FittedLine) -> list[str]:
    """What the answers cannot show, because officers open the top of the list first and some leads stay without an answer."""
    opened = answered.drop_nulls("estimated")
    unanswered = opened.filter(pl.col("is_missing").is_null()).height
    words = [
        "Officers open the top of the list first: nine in ten of the answered leads were estimated at "
        f"{fitted.least:.0%} or more. {below:,} of the {listed:,} children on the last list are below that. "
        "They, and those off the list, are moved in the same proportion as that estimate, as nothing is known about them."
    ]
    if unanswered:
        ends = [fit_line(opened.with_columns(pl.col("is_missing").fill_null(value=end))) for end in (False, True)]
        lines = [f"{end.interval(0.8)[0]:.0%}" for end in ends if isinstance(end, FittedLine)]
        words.append(
            f"{unanswered:,} leads that were opened have no answer yet, and are left out. Children who cannot be traced have "
            "more often moved away than others."
            + (
                f" If none or all of them were missing, 80% would become {' or '.join(lines)}."
                if len(lines) == 2
                else ""
            )
        )
    return words
