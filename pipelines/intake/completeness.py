"""Is what came in tonight complete? Every source is held against what its contract says and what earlier nights had.

What lies outside its band *holds* the night (no new list is published, the last one stays up and is marked stale) or
*stamps* it (the night goes on and everything published carries the warning), as the contract says; where a named person
has accepted the file, all that is told of it becomes *accepted*. The checks are in :mod:`pipelines.intake.source_checks`.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from data_contracts.completeness import Check
from data_contracts.contract import Contract
from pipelines.counted import counted, first_of
from pipelines.files.header_faults import MISSING
from pipelines.intake.earlier_nights import History
from pipelines.intake.figures import Intake, keys_kept, last_nights
from pipelines.intake.misleading_files import UNKNOWN_CODES, UNREADABLE_DATES
from pipelines.intake.schools_of_elsewhere import SCHOOL_ELSEWHERE
from pipelines.intake.source_checks import outside
from pipelines.intake.source_tonight import SourceNight, SourceTonight
from pipelines.tables import COMPLETENESS

HOLDS, STAMPS, ACCEPTED = "holds", "stamps", "accepted"

STAMPING = (UNREADABLE_DATES, UNKNOWN_CODES, MISSING, SCHOOL_ELSEWHERE)
"""Rules that stop nothing and that the list must be read with where a file breaks them."""

FILES_NAMED = 3
"""So many files of one source are named; of more, the first."""


def judge_completeness(
    intake: Intake,
    deliveries: pl.DataFrame,
    contracts: Mapping[str, Contract],
    before: History,
    *,
    breaches: pl.DataFrame,
    told: Mapping[str, Sequence[tuple[Check, str]]],
    set_aside: pl.DataFrame,
    stands_in: pl.DataFrame,
    accepted: Sequence[str] = (),
    due: Mapping[str, Sequence[str]],
    as_at: date,
) -> pl.DataFrame:
    """Everything outside its band (``COMPLETENESS``), what holds first.

    ``before``: what counts of earlier nights (:meth:`~pipelines.intake.earlier_nights.History.before`). ``breaches``
    (``BREACH``): what was found in the files. ``told``: by source, the checks that fail by what the last delivery told
    otherwise. ``set_aside`` (``SET_ASIDE``): rows that were kept out. ``stands_in`` (``STANDS_IN``): sources whose last rows
    do. ``accepted``: sources that a named person has accepted tonight. ``due``: by source, the units that must have rows.
    """
    came = pl.concat([intake.fingerprints.select("record_id"), set_aside.select("record_id")])
    lost = _lost(set_aside, deliveries, intake)
    kept = {row["source"]: (row["keys"], row["kept"])
            for row in keys_kept(before.snapshot, last_nights(before.nights), came, intake).to_dicts()}  # fmt: skip
    until = dict(stands_in.select("source", "until").iter_rows())
    heard_of = {*before.nights["source"], *intake.nights["source"], *deliveries["source"]}
    rows = []
    for source, contract in contracts.items():
        if source not in heard_of and contract.completeness.expected == "never":
            continue
        own = _source(
            contract, intake, deliveries, before, breaches=breaches, as_at=as_at, kept=kept.get(source),
            until=until.get(source), told=told.get(source, ()), due=due.get(source, ()), lost=lost.get(source, 0),
        )  # fmt: skip
        files = _files(deliveries.filter(source=source)["file"].sort().to_list(), contract.name)
        for check, words in outside(own):
            outcome: str = contract.completeness.outcome(check, is_roll=contract.is_roll)
            outcome = ACCEPTED if source in accepted else outcome
            rows.append((source, files, check, outcome, words))
    found = pl.DataFrame(rows, schema=COMPLETENESS, orient="row")
    order = pl.col("outcome").replace_strict({HOLDS: 0, ACCEPTED: 1, STAMPS: 2}, return_dtype=pl.Int64)
    return found.sort(order, maintain_order=True)


def _files(names: Sequence[str], source: str) -> str:
    """The files of a source as a message names them: a roll may come in a hundred."""
    more = len(names) - FILES_NAMED
    named = ", ".join(names[:FILES_NAMED]) + (f" and {counted(more, 'file')} more of {source}" if more > 0 else "")
    return named or source


def sentences(found: pl.DataFrame, *outcomes: str) -> tuple[str, ...]:
    """``file: words`` for each row of ``COMPLETENESS`` with one of these outcomes."""
    return tuple(f"{row['file']}: {row['words']}" for row in found.to_dicts() if row["outcome"] in outcomes)


def _source(
    contract: Contract,
    intake: Intake,
    deliveries: pl.DataFrame,
    before: History,
    *,
    breaches: pl.DataFrame,
    as_at: date,
    kept: tuple[int, float] | None,
    until: date | None,
    told: Sequence[tuple[Check, str]],
    due: Sequence[str],
    lost: int,
) -> SourceTonight:
    tonight = _nights(intake.nights.filter(source=contract.id))
    measures = [frame.filter(source=contract.id) for frame in (before.measures, intake.measures)]
    own = breaches.filter(source=contract.id)
    unsaid = own.filter(pl.col("rule").is_in(STAMPING), stops="nothing").to_dicts()
    return SourceTonight(
        contract=contract,
        as_at=as_at,
        tonight=tonight[0] if tonight else SourceNight(as_at, 0, None, ""),
        nights=_nights(before.nights.filter(source=contract.id)),
        measures=pl.concat(measures),
        keys=kept,
        files=deliveries.filter(source=contract.id).height,
        refused=deliveries.filter(source=contract.id, verdict="refused")["file"].sort().to_list(),
        set_aside=lost,
        set_aside_for=first_of([f"{column}: {rule}" for column, rule in _kept_out(own)]),
        refused_for=first_of(own.filter(stops="file")["rule"].unique().sort().to_list()),
        stands_in_until=until,
        unsaid=list(dict.fromkeys(f"{row['column']}: {row['why']}" for row in unsaid)),
        told=told,
        due=due,
    )


def _lost(set_aside: pl.DataFrame, deliveries: pl.DataFrame, intake: Intake) -> dict[str, int]:
    """How many rows of the files that were loaded were set aside, by source, without copies of rows that were not."""
    loaded = deliveries.filter(verdict="loaded").select("source", "file_id")  # two sources may have sent the same bytes
    lost = set_aside.join(loaded, on=["source", "file_id"], how="semi").join(
        intake.fingerprints, on="record_id", how="anti"
    )
    return dict(lost.group_by("source").len().iter_rows())


def _kept_out(breaches: pl.DataFrame) -> list[tuple[str, str]]:
    """Column and rule of what kept rows out, what kept out most first."""
    rules = breaches.filter(stops="row").group_by(pl.col("column").fill_null("row"), "rule").len()
    return list(
        rules.sort("len", "column", "rule", descending=[True, False, False]).select("column", "rule").iter_rows()
    )


def _nights(frame: pl.DataFrame) -> list[SourceNight]:
    return [SourceNight(*row) for row in frame.select(SourceNight._fields).iter_rows()]
