"""A night under way: what its steps share."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from data_contracts.contract import Contract, names_of
from matching.scoring.buckets import Run
from matching.scoring.score import OnProgress
from matching.weights.model import Model
from pipelines.children.age_slips import BirthDates
from pipelines.decisions.keys_tonight import outcomes_now
from pipelines.decisions.outcomes import read_outcomes
from pipelines.failure import Done, call_or_fail
from pipelines.intake.at_the_gate.gate import AgainstLast, JudgedIntake
from pipelines.intake.receipt.receive import Received
from pipelines.ledger.list_changes import WhatChanged
from pipelines.linking.link import records_to_link_and_to_age
from pipelines.linking.link_report import LinkReport
from pipelines.listing.early_warning import EarlyWarning
from pipelines.listing.gap_in_files import gap_in_files
from pipelines.listing.masking import Masked
from pipelines.residence.contact import without_letters
from pipelines.residence.records import RecordDates
from pipelines.settings import Settings
from pipelines.store import Store
from pipelines.tables import NIGHT

ARGUMENT_NAMES = {
    "person_record": "person",
    "statement": "statements",
    "child_record": "child_records",
    "link": "links",
    "rival": "rivals",
    "finding": "findings",
    "candidate": "candidates",
    "delivery": "deliveries",
    "breach": "breaches",
    "school": "schools",
}
"""Table of the store -> the parameter that takes it in functions of data, where that is not the table's own name."""

Counts = dict[str, int]
"""What a step counted: name -> number. Never a child's value."""


@dataclass(slots=True)
class Night:
    """One night under way: its settings, its open store, and what it has counted so far.

    A field that one step fills for later ones is not set before that step: ``received`` and those below it, in the order of
    ``STEPS``.
    """

    settings: Settings
    store: Store
    contracts: Mapping[str, Contract]
    started_at: datetime
    run_buckets: Run | None = None
    """Scores buckets of pairs in other processes; null: the night scores in its own."""
    step: str = ""
    """Name of the step under way."""
    on_progress: OnProgress | None = None
    """Receives how far the step under way has got, if that step takes long."""
    counts: dict[str, Counts] = field(default_factory=dict)
    """Step -> what it counted."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Step -> how many seconds it took."""
    received: Received | None = None
    """What came in; null once its rows are kept in the store."""
    against_last: AgainstLast | None = None
    """How what came in differs from the rows in the store."""
    refused: tuple[str, ...] = ()
    """Names of the files that broke a rule of the whole file and were not loaded."""
    sender_files: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """Source -> what its sender should mend, schema FOR_SENDER."""
    judged_intake: JudgedIntake | None = None
    """What the completeness gate found."""
    record_dates: Future[RecordDates] = field(init=False, repr=False)
    """What each record says of where its child is; worked out while the linkage runs, as are ``homes`` and ``at_odds``."""
    homes: Future[pl.DataFrame] = field(init=False, repr=False)
    """The home that each record names, as keys (:func:`pipelines.residence.homes.with_homes`)."""
    at_odds: Future[tuple[str, ...]] | None = None
    """Warnings about columns that agree with no other source, or not with each other; null: not looked at yet."""
    by_age: pl.DataFrame = field(init=False, repr=False)
    """``PERSON`` as ages are judged by it (:func:`pipelines.children.exchanged_births.records_by_age`)."""
    judgements: pl.DataFrame = field(init=False, repr=False)
    """Which pairs people judged, as tonight's linkage obeys it: left_id, right_id, is_same."""
    model: Model | None = None
    """The weights with which tonight's records are linked."""
    link_report: Future[LinkReport] = field(init=False, repr=False)
    """What the match report shows of the linkage; worked out while later steps run."""
    birth_dates: Future[BirthDates] = field(init=False, repr=False)
    """What birth dates say of who is of compulsory school age (:func:`pipelines.children.age_slips.birth_date_evidence`);
    worked out while residence is judged."""
    early_warning: Future[EarlyWarning] = field(init=False, repr=False)
    """Who may be without education from the next term; worked out while the list is ranked."""
    masked_list: Future[Masked] = field(init=False, repr=False)
    """The list as it may be published; worked out while the ledger is kept, as is ``other_teams``."""
    other_teams: Future[pl.DataFrame] = field(init=False, repr=False)
    """Children whom other teams should look at (``OTHER_TEAM``)."""
    roll_warnings: tuple[str, ...] = ()
    """Warnings about schools to ask, because their roll is still to come or their Year 11 left early; filled by ``rank``."""
    protection_warnings: tuple[str, ...] = ()
    """Warning that copies of earlier lists show children who are protected from tonight on; filled by ``ledger``."""
    list_changes: WhatChanged = field(default_factory=WhatChanged.empty)
    """How the list differs from the last one published."""
    published: Path | None = None
    """Folder of the publication, once it is complete."""
    _to_link: Future[tuple[pl.DataFrame, pl.DataFrame]] | None = field(default=None, repr=False)
    _contact: pl.DataFrame | None = field(default=None, repr=False)
    _outcomes: pl.DataFrame | None = field(default=None, repr=False)
    _thread: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1), repr=False)

    def in_background(self, work: Callable[[], Done]) -> Future[Done]:
        """Do ``work`` in a second thread, while steps run that do not wait for it. Only one piece of work at a time: more
        would take processor time from what the steps wait for.

        A failure is reported under the step that started the work, not the one that waits for it: the future raises
        :class:`~pipelines.failure.NightFailed`.
        """
        return self._thread.submit(call_or_fail, self.step, self.settings.workspace, work)

    def close(self) -> None:
        """Start nothing more in the second thread: once a night has failed, nobody waits for work that has not begun."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def source_names(self) -> dict[str, str]:
        """Source -> its name in text for people."""
        return names_of(self.contracts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What everything published tonight must carry: warnings about the files, about columns at odds and, once there is
        a list, about its length, about schools to ask and about copies of earlier lists."""
        ranked = self.counts.get("rank", {})
        of_list = gap_in_files(int(ranked["candidates"]), int(ranked["explained"])) if ranked else ()
        of_columns = self.at_odds.result() if self.at_odds else ()
        return (
            *(self.judged_intake.warnings if self.judged_intake else ()),
            *of_columns,
            *of_list,
            *self.roll_warnings,
            *self.protection_warnings,
        )

    def read(self, *tables: str) -> dict[str, pl.DataFrame]:
        """Tables of the store by name."""
        return {table: self.store.read(table) for table in tables}

    def begin_to_link(self) -> None:
        """Begin to work out :meth:`records_to_link`. The table of tonight's records may still be put in order."""
        person = self.store.reader("person_record")
        self._to_link = self.in_background(lambda: records_to_link_and_to_age(person()))

    def records_to_link(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The records as they are linked, and as ages are judged by them; waits for them if they were begun."""
        if self._to_link is None:
            return records_to_link_and_to_age(self.store.read("person_record"))
        return self._to_link.result()

    def outcomes(self) -> pl.DataFrame:
        """What officers found (``OUTCOME``), with records under tonight's keys.

        Read only once: what is handed in later is for the next night, so that a night's list, ledger and report agree.
        """
        if self._outcomes is None:
            self._outcomes = outcomes_now(read_outcomes(self.settings.workspace), self.store.read("renumbered"))
        return self._outcomes

    def contact_statements(self) -> pl.DataFrame:
        """The statements without the dates of letters to everybody, which are no contact. Worked out once, after residence
        is judged."""
        if self._contact is None:
            self._contact = without_letters(**self.arguments("statement", "child_record", "residence"))
        return self._contact

    def arguments(self, *tables: str) -> dict[str, pl.DataFrame]:
        """Tables of the store, named as functions of data name them (``ARGUMENT_NAMES``)."""
        return {ARGUMENT_NAMES.get(table, table): frame for table, frame in self.read(*tables).items()}


def row_of(night: Night, published_at: datetime | None) -> pl.DataFrame:
    """The one row of ``night``; null ``published_at``: not yet published."""
    row = {"as_at": [night.settings.as_at], "started_at": [night.started_at], "published_at": [published_at]}
    return pl.DataFrame(row, schema=NIGHT)
