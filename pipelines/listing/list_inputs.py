"""What a night knows of its children once it is judged where they are educated and live: all that the list is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from pipelines.children.age_slips import BirthDates, birth_date_evidence
from pipelines.children.exchanged_births import records_by_age
from pipelines.decisions.outcomes import OUTCOME
from pipelines.rank_settings import RankSettings
from pipelines.residence.contact import without_letters
from pipelines.tables import SCHOOL


@dataclass(frozen=True, kw_only=True)
class ListInputs:
    """Frames as in :mod:`pipelines.tables`."""

    person: pl.DataFrame
    statements: pl.DataFrame
    child_records: pl.DataFrame
    rivals: pl.DataFrame
    provision: pl.DataFrame
    residence: pl.DataFrame
    """A child without a row is taken to live here."""
    as_at: date
    settings: RankSettings
    source_names: Mapping[str, str] = field(default_factory=dict)
    """Source -> its name in text for people."""
    outcomes: pl.DataFrame = field(default_factory=OUTCOME.to_frame)
    """``OUTCOME``. A child whose lead one of them closes is explained by it until something contradicts it."""
    schools: pl.DataFrame = field(default_factory=SCHOOL.to_frame)
    """``SCHOOL``; without rows, every school has only the name its source gives it."""
    never_met: pl.DataFrame | None = None
    """``LINK_NEVER_MET``: how often records of one child are never compared with each other. A place missed in this way
    makes a child less likely, but takes nobody off the list. Null: none was missed."""
    known_by_age: pl.DataFrame | None = None
    """``by_age``, ``contact`` and ``birth_dates`` where they are known already; null: worked out when first asked for."""
    known_contact: pl.DataFrame | None = None
    known_birth_dates: BirthDates | None = None

    @cached_property
    def by_age(self) -> pl.DataFrame:
        """``person`` as ages are judged by it (:func:`~pipelines.children.exchanged_births.records_by_age`)."""
        return records_by_age(self.person) if self.known_by_age is None else self.known_by_age

    @cached_property
    def contact(self) -> pl.DataFrame:
        """``statements`` without the dates of letters to everybody, which are no contact."""
        if self.known_contact is not None:
            return self.known_contact
        return without_letters(self.statements, self.child_records, self.residence)

    @cached_property
    def birth_dates(self) -> BirthDates:
        """What the birth dates say about who is of compulsory school age."""
        if self.known_birth_dates is not None:
            return self.known_birth_dates
        known = self.statements, self.child_records, self.provision
        return birth_date_evidence(self.person, self.by_age, *known, as_at=self.as_at)
