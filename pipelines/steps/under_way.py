"""A night under way: what its steps share."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from data_contracts.contract import Contract
from matching.buckets import Run
from matching.model import Model
from matching.score import Told
from pipelines.children.age_slips import BirthDates
from pipelines.decisions.keys_tonight import outcomes_now
from pipelines.decisions.outcomes import read_outcomes
from pipelines.failure import Done, in_plain_words
from pipelines.intake.gate import JudgedIntake
from pipelines.intake.receive import Received
from pipelines.ledger.list_changes import WhatChanged
from pipelines.linking.link_report import LinkReport
from pipelines.listing.early_warning import EarlyWarning
from pipelines.listing.gap_in_files import gap_in_files
from pipelines.listing.masking import Masked
from pipelines.residence.contact import without_letters
from pipelines.residence.records import Said
from pipelines.settings import Settings
from pipelines.store import Store
from pipelines.tables import NIGHT

KNOWN_AS = {
    "person_record": "person", "statement": "statements", "child_record": "child_records", "link": "links",
    "rival": "rivals", "finding": "findings", "candidate": "candidates", "delivery": "deliveries", "breach": "breaches",
    "school": "schools",
}  # fmt: skip
"""Table of the store -> what functions of data call it, where that is not its own name."""

Counts = dict[str, int]
"""What a step counted: name -> number. Never a child's value."""


@dataclass(slots=True)
class Night:
    """One night under way: what it is run with, its open store, and what it has counted so far.

    What one step leaves to others, in the order of ``STEPS``, is not there before it.
    """

    settings: Settings
    store: Store
    contracts: Mapping[str, Contract]
    started_at: datetime
    counts: dict[str, Counts] = field(default_factory=dict)
    """Step -> what it counted."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Step -> how long it took."""
    refused: tuple[str, ...] = ()
    """Names of the files that broke a rule of the file, and were not loaded."""
    received: Received | None = None
    """What came in, until its rows are kept in the store."""
    judged: JudgedIntake | None = None
    """What the completeness gate found."""
    link_report: Future[LinkReport] = field(init=False, repr=False)
    """What the match report tells of the linkage; is worked out while later steps run."""
    model: Model | None = None
    """The weights by which tonight's records are linked."""
    sender_files: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    said: Future[Said] = field(init=False, repr=False)
    """What each record says of where its child is; is worked out beside the linkage, as is the next."""
    homes: Future[pl.DataFrame] = field(init=False, repr=False)
    """The home that each record names, in keys (``with_homes`` of the residence)."""
    at_odds: Future[tuple[str, ...]] | None = None
    """What is said of columns that agree with no other source, or not with each other; null: not looked at yet."""
    dates: Future[BirthDates] = field(init=False, repr=False)
    """What birth dates say of who is of compulsory school age (``dates_told`` of the rank), worked out beside the residence."""
    early_warning: Future[EarlyWarning] = field(init=False, repr=False)
    """Who may be without education from the next term; is worked out beside the rank."""
    of_rolls: tuple[str, ...] = ()
    """What is said of schools to ask, whose rolls are to come or Year 11 is gone early, once there is a list."""
    listed: Future[Masked] = field(init=False, repr=False)
    """The list as it may be published; is worked out beside the ledger, as is the next."""
    other_teams: Future[pl.DataFrame] = field(init=False, repr=False)
    """Children whom other teams should look at (``OTHER_TEAM``)."""
    changed: WhatChanged = field(default_factory=WhatChanged.nothing)
    """What the list says otherwise than the last one published."""
    published: Path | None = None
    """Folder of the publication, once it stands."""
    run_buckets: Run | None = None
    """Scores buckets of pairs in other processes; null: the night scores in its own."""
    at: str = ""
    """Name of the step at hand."""
    told: Told | None = None
    """Is told how far the step at hand is, by a step that takes long."""
    _contact: pl.DataFrame | None = field(default=None, repr=False)
    _outcomes: pl.DataFrame | None = field(default=None, repr=False)
    _thread: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1), repr=False)

    def aside(self, work: Callable[[], Done]) -> Future[Done]:
        """Begin to do something in another thread, beside the steps that do not wait for it. One such thing at a time: more
        would take the processors from what the steps wait for.

        What fails is told as of the step that set it aside, and not of the one that waits for it: the future raises
        :class:`~pipelines.failure.NightFailed`.
        """
        return self._thread.submit(in_plain_words, self.at, self.settings.workspace, work)

    def close(self) -> None:
        """Do nothing more in that thread: for a night that has failed, nobody waits for what is not begun."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def source_names(self) -> dict[str, str]:
        """Source -> its name in text for people."""
        return {source: contract.name for source, contract in self.contracts.items()}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What everything published tonight must carry: of the files, of what they say of one child, and, once there is a list,
        of its length and of rolls that are to come."""
        ranked = self.counts.get("rank", {})
        of_list = gap_in_files(int(ranked["candidates"]), int(ranked["explained"])) if ranked else ()
        of_columns = self.at_odds.result() if self.at_odds else ()
        return (*(self.judged.warnings if self.judged else ()), *of_columns, *of_list, *self.of_rolls)

    def read(self, *tables: str) -> dict[str, pl.DataFrame]:
        """Tables of the store by name."""
        return {table: self.store.read(table) for table in tables}

    def outcomes(self) -> pl.DataFrame:
        """What officers found (``OUTCOME``), of records under the keys of tonight.

        It is read once: what is handed in later is for the next night, so that a night's list, ledger and report agree.
        """
        if self._outcomes is None:
            self._outcomes = outcomes_now(read_outcomes(self.settings.workspace), self.store.read("renumbered"))
        return self._outcomes

    def contact_told(self) -> pl.DataFrame:
        """The statements, where no letter to everybody stands as contact; once residence is judged, and worked out once."""
        if self._contact is None:
            self._contact = without_letters(**self.known("statement", "child_record", "residence"))
        return self._contact

    def known(self, *tables: str) -> dict[str, pl.DataFrame]:
        """Tables of the store by what functions of data call them (``KNOWN_AS``)."""
        return {KNOWN_AS.get(table, table): frame for table, frame in self.read(*tables).items()}


def row_of(night: Night, published_at: datetime | None) -> pl.DataFrame:
    """The one row of ``night``: begun, or published."""
    row = {"as_at": [night.settings.as_at], "started_at": [night.started_at], "published_at": [published_at]}
    return pl.DataFrame(row, schema=NIGHT)
