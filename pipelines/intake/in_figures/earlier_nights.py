"""What earlier nights left behind: tonight's files are compared with it, and it is continued with what they hold."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import polars as pl

from data_contracts.completeness import Check
from pipelines.intake.in_figures.figures import (
    FAILED_CHECK,
    FINGERPRINT,
    KEPT_DAYS,
    Intake,
    as_measures,
    recent_measures,
)
from pipelines.tables import ACCEPTANCE, DELIVERY_CHANGE, SNAPSHOT, SOURCE_MEASURE, SOURCE_NIGHT

HISTORIES = {
    "source_night": "nights",
    "source_measure": "measures",
    "snapshot": "snapshot",
    "delivery_change": "changes",
    "acceptance": "acceptances",
}
"""Table of the store -> field of :class:`History`."""

CAME_AGAIN = 0.5
"""Share of what a file changed that comes again in a file with the same fault; if the fault was mended, next to nothing
does."""

FailedChecks = dict[str, list[tuple[Check, str]]]
"""Source -> how it differs from its last delivery: the check that fails by it, and why in words."""


@dataclass(frozen=True)
class History:
    """The histories of all sources (``HISTORIES``)."""

    nights: pl.DataFrame = field(default_factory=SOURCE_NIGHT.to_frame)
    measures: pl.DataFrame = field(default_factory=SOURCE_MEASURE.to_frame)
    snapshot: pl.DataFrame = field(default_factory=SNAPSHOT.to_frame)
    changes: pl.DataFrame = field(default_factory=DELIVERY_CHANGE.to_frame)
    acceptances: pl.DataFrame = field(default_factory=ACCEPTANCE.to_frame)
    """All acceptances ever given: what a person accepted is the new usual."""

    def before(self, as_at: date) -> "History":
        """What counts for the night of ``as_at``: earlier nights within ``KEPT_DAYS``, for each source from its last
        acceptance on."""
        accepted = (
            self.acceptances.filter(pl.col("as_at") < as_at).group_by("source").agg(from_on=pl.col("as_at").max())
        )

        def counts(frame: pl.DataFrame) -> pl.DataFrame:
            recent = frame.filter(pl.col("as_at").is_between(as_at - timedelta(days=KEPT_DAYS), as_at, closed="left"))
            rows = recent.join(accepted, on="source", how="left", validate="m:1")
            return rows.filter(pl.col("from_on").is_null() | (pl.col("as_at") >= pl.col("from_on"))).drop("from_on")

        nights = counts(self.nights).sort("as_at", "source")
        return replace(self, nights=nights, measures=recent_measures(counts(self.measures)))

    def failed_checks_on(self, as_at: date, intake: Intake) -> FailedChecks:
        """What an earlier run of that night found about sources of whose new and changed rows at least half come again
        (``intake``). Those rows are in the store by now, so that a comparison would find nothing."""
        before = self.measures.filter(as_at=as_at, measure=FAILED_CHECK)
        if before.is_empty():
            return {}
        fresh = self.snapshot.filter(pl.col("first_seen_on") == as_at).select(FINGERPRINT.names())
        came = fresh.join(
            intake.fingerprints.with_columns(is_here=True), on=FINGERPRINT.names(), how="left", validate="1:1"
        )
        share = pl.col("is_here").is_not_null().mean()
        again = came.group_by("source").agg(share=share).filter(pl.col("share") >= CAME_AGAIN)
        kept = before.join(again, on="source", how="semi")
        failed: FailedChecks = {}
        for source, check, words in kept.select("source", "name", "of").iter_rows():
            failed.setdefault(source, []).append((check, words))
        return failed


def failed_checks_as_measures(failed: FailedChecks, as_at: date) -> pl.DataFrame:
    """``SOURCE_MEASURE`` of these findings, each with the value 1."""
    rows = [(source, FAILED_CHECK, words, check, 1.0) for source, found in failed.items() for check, words in found]
    columns = ["source", "measure", "of", "name", "value"]
    return as_measures(pl.DataFrame(rows, schema=columns, orient="row"), as_at)
