"""What a night publishes, before it is files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from data_contracts.contract import Contract
from pipelines.ledger.list_changes import WhatChanged
from pipelines.linking.link_report import LinkReport
from pipelines.listing.early_warning import EarlyWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Frames as in :mod:`pipelines.tables`, unmasked. Nothing has a default: what was forgotten
    would be left out of a publication without a word."""

    as_at: date
    """The date judged."""
    candidates: pl.DataFrame
    explained: pl.DataFrame
    person: pl.DataFrame
    statements: pl.DataFrame
    """Without the dates of letters to everybody, which are no contact."""
    child_records: pl.DataFrame
    links: pl.DataFrame
    rivals: pl.DataFrame
    findings: pl.DataFrame
    schools: pl.DataFrame
    """``SCHOOL``: the numbers by which offers name the schools of a roll."""
    deliveries: pl.DataFrame
    breaches: pl.DataFrame
    set_aside: pl.DataFrame
    link_report: LinkReport
    measured: pl.DataFrame
    """False and missed links as measured by judged samples: MEASURED of :mod:`matching.quality.thresholds`."""
    reliability: pl.DataFrame
    """Whether the probabilities hold in judged samples, by band: RELIABILITY of :mod:`matching.quality.thresholds`."""
    run: Mapping[str, Any]
    """For ``run.json``: inputs with hashes, counts at every step, versions, thresholds, seconds per step."""
    sender_files: Mapping[str, pl.DataFrame]
    """Source -> what its sender should mend: places, rules and remedies."""
    stands_in: pl.DataFrame
    """Schema STANDS_IN: sources of which no rows were loaded tonight and whose last rows stand in."""
    source_names: Mapping[str, str]
    """Source -> its name in text for people, for every source with a contract, even if it sent nothing tonight."""
    contracts: Mapping[str, Contract]
    """Every contract in force tonight, by source; :mod:`pipelines.publish.data_quality` shows their rules."""
    rule_history: pl.DataFrame
    """How often each rule broke on the nights up to tonight."""
    settings: Mapping[str, object]
    """Settings in force tonight, shown in the match report."""
    settings_approval: str | None
    """Who approved them, or that nobody did; null: they are the defaults."""
    authority: str | None
    """Name of the authority; null: not given."""
    top: int
    """How many children the sheet "Follow up" holds; the others are on "Later". 0: all."""
    early_warning: EarlyWarning
    """Who will be without education at the next term."""
    what_changed: WhatChanged
    """How the list differs from the last one published, and who is in view."""
    other_teams: pl.DataFrame
    """Children not on the list whom another team should look at."""
    former: pl.DataFrame
    """Records of identities from before an adoption that came tonight: for the adoption team only."""
    outcomes: pl.DataFrame
    """Everything that officers have ever found; the match report shows the yield."""
    evidence_sheets: int
    """How many children, by rank, get an evidence sheet; every protected child on the list gets one."""
    warnings: tuple[str, ...]
    """What the list must be read with, one sentence each, such as files that are not as complete as they should be."""
