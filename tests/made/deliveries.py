"""Nights of drawn deliveries under the real contracts, without files, compared with earlier nights."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract, read_contracts
from pipelines.intake.at_the_gate.gate import JudgedIntake, against_last, judge_tonight
from pipelines.intake.keeping import keep_tonight
from pipelines.intake.receipt.receive import Received
from pipelines.store import Store
from pipelines.tables import BREACH, DELIVERY, RULE_HISTORY, SET_ASIDE

FIRST = date(2026, 11, 2)
"""A Monday in the autumn term."""

CONTRACTS = read_contracts()

Rows = list[dict[str, str]]


def census(schools: int = 10, pupils: int = 12, *, entered: str = "2023-09-01", **columns: str) -> Rows:
    """A roll with several schools."""
    return [
        {
            "record_id": f"C{school}-{pupil}",
            "estab": f"{2000 + school}",
            "school_name": f"School {school}",
            "surname": f"Name{school}x{pupil}",
            "forename": "Jo",
            "date_of_birth": "2014-05-06",
            "entry_date": entered,
            "postcode": "ZA1 1AA",
            **columns,
        }
        for school in range(schools)
        for pupil in range(pupils)
    ]


def health(children: int = 100, *, seen_on: date | None = None, **columns: str) -> Rows:
    """A list of registrations, the first of them last seen on a given day."""
    rows = [
        {"record_id": f"H{child}", "surname": f"Name{child}", "postcode": "ZA1 1AA", **columns}
        for child in range(children)
    ]
    return [{**rows[0], "last_contact": str(seen_on)}, *rows[1:]] if seen_on else rows


def register(children: int = 30) -> Rows:
    """A register of home education."""
    return [{"record_id": f"E{child}", "surname": f"Name{child}"} for child in range(children)]


def roll_on(after: int) -> Rows:
    """A roll that changes a little every night."""
    return [{**row, "nc_year_actual": str(after)} for row in census()]


def sent_tonight(**changed: Rows | None) -> dict[str, Rows]:
    """A normal fourth night, except for the sources in ``changed``; null: that source sends nothing."""
    sent = {
        "school_census": roll_on(3),
        "health": health(103, seen_on=FIRST + timedelta(days=2)),
        "ehe_register": register(),
    }
    return {source: rows for source, rows in {**sent, **changed}.items() if rows is not None}


def told_of(judged: JudgedIntake, source: str) -> list[tuple[str, str, str]]:
    """Check, outcome and words of everything found about a source."""
    return list(judged.completeness.filter(source=source).select("check", "outcome", "words").iter_rows())


def as_row(breach: Breach) -> dict[str, object]:
    """A breach as a row of ``BREACH``."""
    return {"file_id": breach.source, **asdict(breach)}


def as_received(contract: Contract, rows: Rows) -> pl.DataFrame:
    """Rows of a source as a night receives them."""
    source = contract.id
    columns = {name: [row.get(name, "") for row in rows] for name in contract.column_named}
    keys = [f"{source}:{row['record_id']}" for row in rows]
    placed = {"record_id": keys, "file_id": [source] * len(rows), "line": list(range(2, len(rows) + 2))}
    received = pl.DataFrame(placed | {name: cells for name, cells in columns.items() if name != "record_id"})
    return received.cast({"record_id": pl.String, "file_id": pl.String, "line": pl.Int64})


@dataclass
class Deliveries:
    """A workspace that receives files night by night."""

    workspace: Path
    contracts: Mapping[str, Contract] = field(default_factory=lambda: CONTRACTS)

    def night(
        self,
        after_days: int,
        *,
        refused: tuple[str, ...] = (),
        set_aside: tuple[str, ...] = (),
        left: tuple[str, ...] = (),
        breaches: tuple[Breach, ...] = (),
        schools_due: Mapping[str, tuple[str, ...]] | None = None,
        closures: tuple[tuple[date, date], ...] = (),
        is_kept: bool = True,
        **sources: Rows,
    ) -> JudgedIntake:
        """One night: judged, and kept unless it is held. ``set_aside``: ids of records set aside; ``left``: those of them that
        say that the pupil has left."""
        as_at = FIRST + timedelta(days=after_days)
        found = pl.DataFrame([as_row(breach) for breach in breaches], schema=BREACH)
        received = replace(self.received(sources, refused, set_aside), breaches=found)
        received = replace(received, ended_without_day=pl.Series("record_id", left, pl.String))
        with Store(self.workspace) as store:
            against = against_last(store, received, self.contracts, as_at)
            judged = judge_tonight(
                store, received, self.contracts, as_at, schools_due or {}, against=against, closures=closures
            )
            if is_kept and not judged.held:
                began_at = datetime.combine(as_at, time(2), UTC)
                keep_tonight(store, received, judged, self.contracts, as_at, at=began_at)
        return judged

    def judged(self, after_days: int, **sent: Any) -> JudgedIntake:
        """What would be found in a night of which nothing is kept, so that many tests can share the workspace."""
        return self.night(after_days, is_kept=False, **sent)

    def table(self, name: str) -> pl.DataFrame:
        with Store(self.workspace, read_only=True) as store:
            return store.read(name)

    def received(self, sources: Mapping[str, Rows], refused: tuple[str, ...], aside: tuple[str, ...]) -> Received:
        raw = {source: as_received(self.contracts[source], rows) for source, rows in sources.items()}
        files = [
            (source, "loaded", len(rows), sum(record.startswith(f"{source}:") for record in aside))
            for source, rows in sources.items()
        ]
        deliveries = pl.DataFrame(
            [
                {
                    "file_id": source,
                    "source": source,
                    "file": f"{source}.csv",
                    "sha256": source,
                    "rows_read": rows + kept_out,
                    "rows_loaded": rows,
                    "rows_set_aside": kept_out,
                    "verdict": verdict,
                    "received_at": datetime(2026, 11, 2, tzinfo=UTC),
                }
                for source, verdict, rows, kept_out in [*files, *((source, "refused", 0, 0) for source in refused)]
            ],
            schema=DELIVERY,
        )
        whose = [(r.split(":")[0], r) for r in aside]
        kept = pl.DataFrame([{"source": s, "file_id": s, "record_id": r} for s, r in whose], schema=SET_ASIDE)
        return Received(raw, BREACH.to_frame(), kept, deliveries, RULE_HISTORY.to_frame())


Begun = Callable[..., Deliveries]
"""Returns an authority with one earlier night (this many days after the first), from arguments by source."""
