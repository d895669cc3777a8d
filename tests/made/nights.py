"""Consecutive nights of drawn children, with the ledger kept as a real night keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from matching.clustering.cluster import id_moves
from pipelines.decisions.outcomes import OUTCOME
from pipelines.ledger.ledger_inputs import LedgerInputs, educations_told, reasons_told
from pipelines.ledger.lives import Ledger, keep_ledger, published
from pipelines.ledger.what_moved import STOOD
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.masking import protected_children
from pipelines.listing.rank import rank
from pipelines.rank_settings import RankSettings
from pipelines.tables import CANDIDATE, CHILD_MOVE, CHILD_RECORD, EXPLAINED, SNAPSHOT
from tests.made.beside import apart, beside, named, together
from tests.made.children import AS_AT, SOURCE_NAMES, Drawn

SOURCES = frozenset({"health", "school_census", "housing"})
NO_RECORDS = pl.Series("record_id", [], pl.String)


FIRST_NIGHTS: dict[str, dict[str, Any]] = {}
"""The results of first nights, by all their arguments: many histories begin with the same night."""


@dataclass(frozen=True)
class Found:
    """What an officer found about the lead of a case."""

    code: str
    child: str = "A"


@dataclass
class Nights:
    """The nights so far."""

    ledger: Ledger = field(default_factory=Ledger.empty)
    as_at: date = AS_AT - timedelta(days=1)
    seen: dict[str, date] = field(default_factory=dict)
    """Record -> the night on which it first came."""
    records: pl.DataFrame = field(default_factory=CHILD_RECORD.to_frame)
    moves: pl.DataFrame = field(default_factory=CHILD_MOVE.to_frame)
    outcomes: pl.DataFrame = field(default_factory=OUTCOME.to_frame)
    explained: pl.DataFrame = field(default_factory=EXPLAINED.to_frame)
    """As last published."""
    told: pl.DataFrame = field(default_factory=lambda: reasons_told(CANDIDATE.to_frame(), EXPLAINED.to_frame()))
    """Its reasons."""

    def night(
        self,
        drawn: Drawn,
        *,
        on: date | None = None,
        settings: RankSettings | None = None,
        publishes: bool = True,
        loaded: frozenset[str] = SOURCES,
        cut_off: frozenset[str] = frozenset(),
        set_aside: tuple[str, ...] = (),
        judged_the_same: tuple[str, ...] = (),
    ) -> "Nights":
        """One more night with the children drawn, by default on the next day."""
        is_first = not self.seen and self.outcomes.is_empty()
        told = repr(
            (self.as_at, drawn, on, settings, publishes, sorted(loaded), sorted(cut_off), set_aside, judged_the_same)
        )
        if is_first and told in FIRST_NIGHTS:
            vars(self).update(FIRST_NIGHTS[told], seen=dict(FIRST_NIGHTS[told]["seen"]))
            return self
        self.as_at = on or self.as_at + timedelta(days=1)
        tonight = self.tonight(drawn, settings or RankSettings(), loaded, cut_off)
        aside, same = (pl.Series("record_id", records, pl.String) for records in (set_aside, judged_the_same))
        tonight = replace(tonight, set_aside=aside, judged_the_same=same)
        self.ledger = keep_ledger(self.ledger, tonight)
        self.records = tonight.child_records
        if publishes:
            lists = published(self.ledger.lists, self.as_at, datetime(2026, 11, 20, 3, tzinfo=UTC))
            self.ledger = replace(self.ledger, lists=lists)
            self.explained = tonight.explained
            self.told = reasons_told(tonight.candidates, tonight.explained)
        if is_first:
            FIRST_NIGHTS[told] = vars(self) | {"seen": dict(self.seen)}
        return self

    def tonight(
        self,
        drawn: Drawn,
        settings: RankSettings,
        loaded: frozenset[str] = SOURCES,
        cut_off: frozenset[str] = frozenset(),
    ) -> LedgerInputs:
        """What the ledger reads of a night."""
        tables = drawn.tables(self.as_at)
        inputs = ListInputs(
            **tables, as_at=self.as_at, settings=settings, source_names=SOURCE_NAMES, outcomes=self.outcomes
        )
        ranked = rank(inputs)
        members = tables["child_records"]
        moved = id_moves(self.records, members).with_columns(as_at=pl.lit(self.as_at)).select(CHILD_MOVE.names())
        self.moves = pl.concat([self.moves.filter(pl.col("as_at") != self.as_at), moved])
        for record in members["record_id"]:
            self.seen.setdefault(record, self.as_at)
        return LedgerInputs(
            as_at=self.as_at,
            candidates=ranked.candidates,
            explained=ranked.explained,
            person=inputs.by_age,
            statements=tables["statements"],
            child_records=members,
            child_moves=self.moves,
            provision=tables["provision"],
            snapshot=self._snapshot(),
            outcomes=self.outcomes,
            protected=protected_children(
                ranked.candidates, tables["person"], tables["statements"], members, tables["rivals"]
            ),
            loaded=loaded,
            cut_off=cut_off,
            settings=settings,
            source_names=SOURCE_NAMES,
            set_aside=NO_RECORDS,
            judged_the_same=NO_RECORDS,
            withheld=NO_RECORDS,
            stood=self.explained.select(STOOD),
            told=self.told,
            shown=educations_told(self.explained),
        )

    def _snapshot(self) -> pl.DataFrame:
        """Every record that was ever seen, as if all still came."""
        return pl.DataFrame(
            {
                "source": [r.partition(":")[0] for r in self.seen],
                "record_id": list(self.seen),
                "row_hash": range(len(self.seen)),
                "first_seen_on": list(self.seen.values()),
                "last_seen_on": [self.as_at] * len(self.seen),
            },
            schema=SNAPSHOT,
        )

    def officer(self, code: str, child: str = "A", records: str = "health:H1") -> "Nights":
        """Add an officer's outcome, dated on the day of the last night."""
        row = {
            "child_id": child,
            "outcome": code,
            "outcome_on": self.as_at,
            "by": "M. Okafor",
            "at": datetime(2026, 11, 20, 9, tzinfo=UTC),
            "records": records,
        }
        self.outcomes = pl.concat([self.outcomes, pl.DataFrame([row], schema=OUTCOME)])
        return self

    def each(self, cases: int) -> "list[Nights]":
        """The current ledger of each of the cases that were combined by :func:`~tests.made.beside.beside`."""
        leads, changes = (apart(frame, cases) for frame in (self.ledger.leads, self.ledger.changes))
        return [
            Nights(replace(self.ledger, leads=own, changes=changed))
            for own, changed in zip(leads, changes, strict=True)
        ]

    def lead(self, child: str = "A") -> dict[str, object]:
        """The last spell of a child."""
        return self.ledger.leads.filter(child_id=child).sort("spell").to_dicts()[-1]

    def changes(self) -> dict[str, str]:
        """Child -> what has changed tonight."""
        return dict(self.ledger.changes.select("child_id", "change").iter_rows())


def lived(histories: Sequence[Sequence[Drawn | Found]]) -> list[list[Nights]]:
    """The ledger of each history after each of its nights. A drawing is a night; what officers find comes between nights."""
    told: list[list[Nights]] = [[] for _ in histories]
    for group in together([[step for step in history if isinstance(step, Drawn)] for history in histories]):
        nights = Nights()
        for steps in zip(*(histories[number] for number in group), strict=True):
            for case, found in enumerate(step for step in steps if isinstance(step, Found)):
                nights.officer(found.code, named(found.child, case), named("health:H1", case))
            if tonight := [step for step in steps if isinstance(step, Drawn)]:
                for number, each in zip(group, nights.night(beside(tonight)).each(len(group)), strict=True):
                    told[number].append(each)
    return told
