"""What the ledger reads of a night once its list is ranked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from pipelines.children.facts import child_facts
from pipelines.decisions.outcomes import standing_outcomes
from pipelines.ledger.what_moved import news_of_families
from pipelines.listing.rank import IN_EDUCATION, MOVED_AWAY
from pipelines.rank_settings import RankSettings


def reasons_told(candidates: pl.DataFrame, explained: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``told``: the reasons of the list, and of those off it as moved away: reasons that speak of the family."""
    away = explained.filter(pl.col("reason") == MOVED_AWAY)
    return pl.concat([candidates.select("child_id", told="because"), away.select("child_id", told="why")])


def educations_told(explained: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``shown_by`` (a record), ``shown``: by which education a list explained a child, in words with the place.

    No row for a child of whom it withheld that.
    """
    educated = explained.filter(pl.col("reason") == IN_EDUCATION)
    shown = pl.col("why").str.extract(r"^In education: (.*\)): there is ")
    return educated.select("child_id", shown_by="record_id", shown=shown).drop_nulls()


@dataclass(frozen=True, kw_only=True)
class LedgerInputs:
    """Frames as in :mod:`pipelines.tables`."""

    as_at: date
    candidates: pl.DataFrame
    explained: pl.DataFrame
    person: pl.DataFrame
    """With the birth dates that a source has exchanged put right, as for the list."""
    statements: pl.DataFrame
    """Without the dates of letters to everybody, which are no contact."""
    child_records: pl.DataFrame
    child_moves: pl.DataFrame
    provision: pl.DataFrame
    snapshot: pl.DataFrame
    outcomes: pl.DataFrame
    """``OUTCOME``."""
    protected: pl.Series
    """child_id of every child whom publications protect."""
    loaded: frozenset[str]
    """Sources with rows loaded tonight."""
    cut_off: frozenset[str]
    """Sources whose file tonight may be cut off, or did not come, without anybody having accepted that."""
    settings: RankSettings
    source_names: Mapping[str, str]
    """Source -> its name in text for people."""
    set_aside: pl.Series
    """record_id of rows set aside tonight from files that were loaded; null: a row without a key."""
    judged_the_same: pl.Series
    """record_id of records that people judged to be of the same child as another."""
    withheld: pl.Series
    """record_id of records of identities from before an adoption."""
    stood: pl.DataFrame
    """``STOOD``: how the children off the last list stood then. Without rows: not known, as on the first night."""
    told: pl.DataFrame
    """:func:`reasons_told` by the last list, of those whom it showed openly."""
    shown: pl.DataFrame
    """:func:`educations_told` by the last list; without records whose key is now another."""

    @property
    def is_protected(self) -> pl.Expr:
        """Whether a row with ``child_id`` and ``restricted`` is of a protected child: by ``restricted``, or as publications
        protect it."""
        return pl.col("restricted") | pl.col("child_id").is_in(self.protected.implode())

    @cached_property
    def news_of_families(self) -> pl.DataFrame:
        """:func:`~pipelines.ledger.what_moved.news_of_families` since the last list."""
        return news_of_families(self.told, reasons_told(self.candidates, self.explained))

    @property
    def outcomes_standing(self) -> pl.DataFrame:
        """The outcome that counts tonight, for each child with one."""
        return standing_outcomes(self.outcomes.filter(pl.col("outcome_on") <= self.as_at))

    def facts_of(self, children: pl.Series) -> pl.DataFrame:
        """:func:`~pipelines.children.facts.child_facts` of some children of tonight."""
        records = self.child_records.join(children.alias("child_id").to_frame(), on="child_id", how="semi")
        return child_facts(self.person, self.statements, records, self.as_at)
