"""Is what came in tonight complete? Every source is compared with what its contract says and with earlier nights.

What is outside its band *holds* the night (no new list is published; the last one stays and is marked stale) or *stamps* it
(the night goes on, and everything published carries the warning), as the contract says. If a named person has accepted the
file, all its findings become *accepted*. The checks are in :mod:`pipelines.intake.at_the_gate.source_checks`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from data_contracts.contract import Contract
from pipelines.counted import counted, first_of
from pipelines.files.forms.workbook import UNREAD_CHILDREN
from pipelines.files.headers.faults import MISSING
from pipelines.files.under_header.totals import COLOURS
from pipelines.files.under_header.words_of_leaving import NOTED_LEFT
from pipelines.intake.at_the_gate.source_checks import failed_checks
from pipelines.intake.in_figures.earlier_nights import FailedChecks, History
from pipelines.intake.in_figures.figures import Intake, keys_kept, last_nights
from pipelines.intake.in_figures.source_tonight import SourceNight, SourceTonight
from pipelines.intake.receipt.ends_in_words import MOST_LEFT
from pipelines.intake.receipt.misleading_files import UNKNOWN_CODES, UNREADABLE_DATES
from pipelines.intake.receipt.receive import Received
from pipelines.intake.receipt.schools_of_elsewhere import SCHOOL_ELSEWHERE
from pipelines.intake.receipt.short_years import SHORT_YEARS
from pipelines.tables import COMPLETENESS

HOLDS, STAMPS, ACCEPTED = "holds", "stamps", "accepted"

STAMPING = (
    *(UNREADABLE_DATES, SHORT_YEARS, UNKNOWN_CODES, MISSING),
    *(SCHOOL_ELSEWHERE, UNREAD_CHILDREN, COLOURS, NOTED_LEFT, MOST_LEFT),
)
"""Rules that stop nothing, but with which the list must be read if a file breaks them."""

FILES_NAMED = 3
"""Most files of one source that are named; if there are more, the first."""


@dataclass(frozen=True, kw_only=True)
class IntakeTonight:
    """What came in tonight, and what is known of it before any source is judged."""

    as_at: date
    received: Received
    intake: Intake
    """The same in figures."""
    failed_checks: FailedChecks
    """What differs from the last delivery in a way that misleads, by source."""
    stands_in: pl.DataFrame
    """``STANDS_IN``: sources whose last rows stand in."""
    accepted: Sequence[str]
    """Sources that a named person has accepted tonight."""
    due: Mapping[str, Sequence[str]]
    """Source -> the units that must have rows."""
    closures: Sequence[tuple[date, date]] = ()
    """First and last day of times when schools are closed, besides the usual holidays."""

    def rows_set_aside(self) -> dict[str, int]:
        """Source -> how many rows of its loaded files were set aside, leaving out copies of rows that were loaded."""
        loaded = self.received.deliveries.filter(verdict="loaded").select(
            "source", "file_id"
        )  # two may send the same bytes
        lost = self.received.set_aside.join(loaded, on=["source", "file_id"], how="semi").join(
            self.intake.fingerprints, on="record_id", how="anti"
        )
        return dict(lost.group_by("source").len().iter_rows())

    def keys_kept(self, before: History) -> dict[str, tuple[int, float]]:
        """Source -> the number of keys on its last night, and the share (0..1) of them that came again."""
        came = pl.concat([self.intake.fingerprints.select("record_id"), self.received.set_aside.select("record_id")])
        kept = keys_kept(before.snapshot, last_nights(before.nights), came, self.intake)
        return {source: (keys, share) for source, keys, share in kept.select("source", "keys", "kept").iter_rows()}


def judge_completeness(came: IntakeTonight, contracts: Mapping[str, Contract], before: History) -> pl.DataFrame:
    """Everything outside its band (``COMPLETENESS``); what holds the night comes first.

    ``before``: what counts of earlier nights (:meth:`~pipelines.intake.in_figures.earlier_nights.History.before`).
    """
    deliveries = came.received.deliveries
    heard_of = {*before.nights["source"], *came.intake.nights["source"], *deliveries["source"]}
    lost, kept, rows = came.rows_set_aside(), came.keys_kept(before), []
    for source, contract in contracts.items():
        if source not in heard_of and contract.completeness.expected == "never":
            continue
        files = _files(deliveries.filter(source=source)["file"].sort().to_list(), contract.name)
        for check, words in failed_checks(
            _source_tonight(contract, came, before, lost.get(source, 0), kept.get(source))
        ):
            outcome: str = contract.completeness.outcome(check, is_roll=contract.is_roll)
            outcome = ACCEPTED if source in came.accepted else outcome
            rows.append((source, files, check, outcome, words))
    verdicts = pl.DataFrame(rows, schema=COMPLETENESS, orient="row")
    order = pl.col("outcome").replace_strict({HOLDS: 0, ACCEPTED: 1, STAMPS: 2}, return_dtype=pl.Int64)
    return verdicts.sort(order, maintain_order=True)


def _files(names: Sequence[str], source: str) -> str:
    """The files of a source as a message names them: a roll may come in a hundred files."""
    more = len(names) - FILES_NAMED
    named = ", ".join(names[:FILES_NAMED]) + (f" and {counted(more, 'file')} more of {source}" if more > 0 else "")
    return named or source


def sentences(verdicts: pl.DataFrame, *outcomes: str) -> tuple[str, ...]:
    """``file: words`` for each row of ``COMPLETENESS`` with one of these outcomes."""
    return tuple(f"{row['file']}: {row['words']}" for row in verdicts.to_dicts() if row["outcome"] in outcomes)


def _source_tonight(
    contract: Contract, came: IntakeTonight, before: History, lost: int, kept: tuple[int, float] | None
) -> SourceTonight:
    """``lost``, ``kept``: from :class:`IntakeTonight`, for this source."""
    source, intake, received = contract.id, came.intake, came.received
    tonight = _nights(intake.nights.filter(source=source))
    measures = [frame.filter(source=source) for frame in (before.measures, intake.measures)]
    own, files = received.breaches.filter(source=source), received.deliveries.filter(source=source)
    unsaid = own.filter(pl.col("rule").is_in(STAMPING), stops="nothing").to_dicts()
    return SourceTonight(
        contract=contract,
        as_at=came.as_at,
        tonight=tonight[0] if tonight else SourceNight(came.as_at, 0, None, ""),
        nights=_nights(before.nights.filter(source=source)),
        measures=pl.concat(measures),
        keys=kept,
        files=files.height,
        refused=files.filter(verdict="refused")["file"].sort().to_list(),
        set_aside=lost,
        set_aside_for=first_of(_kept_out(own, "row")),
        refused_for=first_of(_kept_out(own, "file")),
        stands_in_until=max(came.stands_in.filter(source=source)["until"], default=None),
        unsaid=list(dict.fromkeys(map(_in_words, unsaid))),
        failed_checks=came.failed_checks.get(source, ()),
        due=came.due.get(source, ()),
        closures=came.closures,
    )


def _in_words(breach: dict[str, str | None]) -> str:
    """A breach as a warning of the list says it, without its line."""
    column = f"{breach['column']}: " if breach["column"] else ""
    return f"{column}{breach['why']} {breach['fix']}"


def _kept_out(breaches: pl.DataFrame, stops: str) -> list[str]:
    """What kept rows or files out, as "column: rule" (the rule alone where it is of no column), those that kept out most first.

    ``stops``: "row" or "file".
    """
    words = pl.concat_str("column", "rule", separator=": ", ignore_nulls=True)
    rules = breaches.filter(stops=stops).group_by(words=words).len()
    return rules.sort("len", "words", descending=[True, False])["words"].to_list()


def _nights(frame: pl.DataFrame) -> list[SourceNight]:
    return [SourceNight(*row) for row in frame.select(SourceNight._fields).iter_rows()]
