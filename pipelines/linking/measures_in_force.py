"""What one night measures and later nights hold: priors, coverage, frequencies, blocking rules; and the model.

A pair's weight then depends only on its two records, whoever else comes or goes, and a night costs only what changed. The
measures are taken again when they no longer fit (:func:`reason_to_measure`). That depends only on the store and on
tonight's records, so a full night and one that follows only the changes agree.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from matching.blocking import CHILD_BLOCKING_RULES
from matching.clustering.assign import Coverage, Priors
from matching.clustering.judge import Settings
from matching.clustering.presence import Presence, in_order
from matching.commonness.frequencies import HeldFrequencies
from matching.comparisons import CHILD_COMPARISONS
from matching.linkage import Linkage
from matching.measures import Measures, Strata
from matching.quality.accuracy import blocking_recall, never_met
from matching.weights.model import Model, model_toml
from pipelines.tables import (
    LINK_BLOCKING,
    LINK_COVERAGE,
    LINK_FREQUENCY,
    LINK_MEASURED,
    LINK_NEVER_MET,
    LINK_PRESENCE,
    LINK_PRIOR,
    LINK_SOURCE,
    TABLES,
)

MEASURED_TABLES = (
    "link_measured",
    "link_source",
    "link_prior",
    "link_coverage",
    "link_presence",
    "link_frequency",
    "link_blocking",
    "link_never_met",
)
"""Tables that hold the measures in force."""

MOST_MOVED = 0.2
"""A source is measured again if its number of records has moved by more than this share, and by more than FEW."""
FEW = 100
"""Records: the measured shares hardly depend on so few."""
A_TERM = timedelta(days=100)
"""Measures older than a school term (about fourteen weeks) are taken again: year groups move on."""
OTHER_YEAR = "other"
DATES = ("date_of_birth",)
"""Columns with frequencies whose values are dates."""


@dataclass(frozen=True)
class MeasuresInForce:
    """Measures in force, and when and on what they were taken."""

    measures: Measures
    sources: tuple[str, ...]
    """In the order of their numbers in the measures."""
    records: tuple[int, ...]
    """Number of records of each source when they were taken."""
    measured_on: date | None
    fingerprint: str
    why: str
    blocking: pl.DataFrame
    """LINK_BLOCKING."""
    blocking_recall: float
    never_met: pl.DataFrame
    """LINK_NEVER_MET."""


def fingerprint(model: Model, settings: Settings, sources: tuple[str, ...]) -> str:
    """Fingerprint of what measures rest on besides the records: they hold for no other model, comparisons, rules, settings
    or sources."""
    basis = (model_toml(model), repr(CHILD_COMPARISONS), repr(CHILD_BLOCKING_RULES), repr(settings), sources)
    return hashlib.sha256(repr(basis).encode()).hexdigest()


def reason_to_measure(
    held: MeasuresInForce | None, mark: str, counts: Mapping[str, int], as_at: date | None
) -> str | None:
    """Why the measures must be taken again tonight, in words; null: they hold.

    ``mark``: tonight's fingerprint. ``counts``: tonight's number of records of each source.
    """
    if held is None:
        return "none were in force"
    if set(counts) != set(held.sources):
        return "the sources are not the same"
    if held.fingerprint != mark:
        return "weights, comparisons or settings had changed"
    moved = [
        name
        for name, was in zip(held.sources, held.records, strict=True)
        if abs(counts[name] - was) > max(MOST_MOVED * was, FEW)
    ]
    if moved:
        return f"many more or fewer records than before: {', '.join(moved)}"
    if as_at is not None and held.measured_on is not None and as_at - held.measured_on > A_TERM:
        return "a school term had passed"
    return None


def measures_of_linkage(
    linkage: Linkage, source: pl.Series, *, on: date | None, why: str, fingerprint: str
) -> MeasuresInForce:
    """What a linkage measured. ``source``: of each row."""
    names = source.unique().sort().to_list()
    counts = np.bincount(linkage.dataset, minlength=len(names)).tolist()
    costs = pl.DataFrame(
        [(c.rule, c.pairs, c.largest_block, c.left_out) for c in linkage.plan.costs],
        schema=["rule", "pairs", "largest_block", "left_out"],
        orient="row",
    )
    blocking = costs.with_columns(new_pairs=pl.Series(linkage.scored.pairs_compared, dtype=pl.Int64))
    blocking = blocking.select(LINK_BLOCKING.names()).cast(LINK_BLOCKING)
    recall = round(blocking_recall(linkage), 4)
    return MeasuresInForce(
        linkage.measures,
        tuple(names),
        tuple(counts),
        on,
        fingerprint,
        why,
        blocking,
        recall,
        _never_met(linkage, names),
    )


def _never_met(linkage: Linkage, names: list[str]) -> pl.DataFrame:
    """LINK_NEVER_MET. ``names``: of the sources, in the order of their numbers."""
    counted, sources = never_met(linkage), pl.Series(names, dtype=pl.String)
    ends = {"source": sources.gather(counted["left"]), "other_source": sources.gather(counted["right"])}
    return counted.with_columns(**ends).select(LINK_NEVER_MET.names())


def measure_tables(held: MeasuresInForce) -> dict[str, pl.DataFrame]:
    """Measures in force as the tables of MEASURED_TABLES; empty where there was nothing to measure."""
    if not held.sources:
        return {table: TABLES[table].to_frame() for table in MEASURED_TABLES}
    measures = held.measures
    one = {
        "measured_on": [held.measured_on],
        "fingerprint": [held.fingerprint],
        "why": [held.why],
        "records": [measures.records],
        "children": [measures.coverage.children],
        "rules": [list(measures.rules)],
        "blocking_recall": [held.blocking_recall],
    }
    sources = {
        "source": held.sources,
        "records": held.records,
        "twice_bits": measures.coverage.twice,
        "alone_bits": measures.coverage.presence.alone,
    }
    return {
        "link_measured": pl.DataFrame(one, schema=LINK_MEASURED),
        "link_source": pl.DataFrame(sources, schema=LINK_SOURCE),
        "link_prior": _prior_rows(held),
        "link_coverage": _coverage_rows(held),
        "link_presence": _presence_rows(held),
        "link_frequency": _frequency_rows(measures.frequencies),
        "link_blocking": held.blocking,
        "link_never_met": held.never_met,
    }


def _prior_rows(held: MeasuresInForce) -> pl.DataFrame:
    names, priors = held.sources, held.measures.priors
    rows = [
        (names[a], names[b], float(priors.bits[a, b]), float(priors.links[a, b]))
        for a in range(len(names))
        for b in range(a, len(names))
    ]
    return pl.DataFrame(rows, schema=LINK_PRIOR, orient="row")


def _coverage_rows(held: MeasuresInForce) -> pl.DataFrame:
    absent, names = held.measures.coverage.absent, pl.Series(held.sources, dtype=pl.String)
    years = pl.Series([*held.measures.strata, OTHER_YEAR], dtype=pl.String)
    a, b, year = (place.ravel() for place in np.indices(absent.shape))
    columns = {
        "source": names.gather(a),
        "other_source": names.gather(b),
        "birth_year": years.gather(year),
        "bits": absent.ravel(),
    }
    return pl.DataFrame(columns, schema=LINK_COVERAGE).filter(pl.col("source") != pl.col("other_source"))


def _presence_rows(held: MeasuresInForce) -> pl.DataFrame:
    presence, years = held.measures.coverage.presence, (*held.measures.strata, OTHER_YEAR)
    sets = [[name for name, there in zip(held.sources, row, strict=True) if there] for row in presence.sets]
    rows = [
        (years[year], sets[number], float(presence.counts[year, number]))
        for year, number in np.argwhere(presence.counts > 0).tolist()
    ]
    return pl.DataFrame(rows, schema=LINK_PRESENCE, orient="row")


def _frequency_rows(frequencies: Mapping[str, HeldFrequencies]) -> pl.DataFrame:
    parts = [LINK_FREQUENCY.to_frame()]
    for column, held in sorted(frequencies.items()):
        rarest = pl.DataFrame({"value": [None], "bits": [held.rarest]}, schema={"value": pl.String, "bits": pl.Float64})
        values = pl.DataFrame({"value": held.values.cast(pl.String), "bits": held.bits})
        both = pl.concat([rarest, values]).with_columns(column=pl.lit(column))
        parts.append(both.select(LINK_FREQUENCY.names()))
    return pl.concat(parts)


def read_measures(tables: Mapping[str, pl.DataFrame]) -> MeasuresInForce | None:
    """The measures in force, from the tables of MEASURED_TABLES. Null: none were ever taken, or an earlier version took
    only some of them."""
    if any(tables[table].is_empty() for table in ("link_measured", "link_presence")):
        return None
    one = tables["link_measured"].row(0, named=True)
    kept = tables["link_source"]
    sources = tuple(kept["source"])
    strata = _strata_in(tables["link_coverage"], tables["link_presence"])
    absent = _absent_in(tables["link_coverage"], sources, strata)
    presence = _presence_in(tables["link_presence"], kept, strata)
    coverage = Coverage(absent, kept["twice_bits"].to_numpy(), one["children"], presence)
    measures = Measures(
        one["records"],
        tuple(one["rules"]),
        _frequencies_in(tables["link_frequency"]),
        _priors_in(tables["link_prior"], sources),
        strata,
        coverage,
    )
    return MeasuresInForce(
        measures,
        sources,
        tuple(kept["records"]),
        one["measured_on"],
        one["fingerprint"],
        one["why"],
        tables["link_blocking"],
        one["blocking_recall"],
        tables["link_never_met"],
    )


def _strata_in(coverage: pl.DataFrame, presence: pl.DataFrame) -> Strata:
    """Every birth year that has measures of its own. With a single source there is no coverage, and only presence has the
    years."""
    years = pl.concat([coverage["birth_year"], presence["birth_year"]]).unique().sort(nulls_last=False).to_list()
    return (None, *(year for year in years if year not in {None, OTHER_YEAR}))


def _absent_in(kept: pl.DataFrame, sources: tuple[str, ...], strata: Strata) -> np.ndarray[tuple[int, int, int]]:
    absent = np.zeros((len(sources), len(sources), len(strata) + 1))
    place = {name: number for number, name in enumerate(sources)}
    year_place = {year: number for number, year in enumerate((*strata, OTHER_YEAR))}
    for source, other, year, bits in kept.iter_rows():
        absent[place[source], place[other], year_place[year]] = bits
    return absent


def _presence_in(kept: pl.DataFrame, sources: pl.DataFrame, strata: Strata) -> Presence:
    year_place = {year: number for number, year in enumerate((*strata, OTHER_YEAR))}
    known = kept.with_columns(
        year=pl.col("birth_year").replace_strict(year_place, return_dtype=pl.Int64),
        names=pl.col("sources").list.join("|"),
    )
    sets = known.unique("names").sort("names")
    place = known["names"].replace_strict(sets["names"], np.arange(sets.height), return_dtype=pl.Int64)
    counts = np.zeros((len(year_place), sets.height))
    counts[known["year"].to_numpy(), place.to_numpy()] = known["children"].to_numpy()
    present = [pl.lit(source).is_in("sources") for source in sources["source"]]
    there = sets.select(pl.concat_list(present))
    return in_order(np.array(there.to_series().to_list(), dtype=bool), counts, sources["alone_bits"].to_numpy())


def _priors_in(kept: pl.DataFrame, sources: tuple[str, ...]) -> Priors:
    bits, links = np.zeros((2, len(sources), len(sources)))
    place = {name: number for number, name in enumerate(sources)}
    for left, right, prior, expected in kept.iter_rows():
        a, b = place[left], place[right]
        bits[a, b] = bits[b, a] = prior
        links[a, b] = links[b, a] = expected
    return Priors(bits, links)


def _frequencies_in(kept: pl.DataFrame) -> dict[str, HeldFrequencies]:
    frequencies = {}
    for (column,), part in kept.partition_by("column", as_dict=True).items():
        known = part.filter(pl.col("value").is_not_null())
        rarest = float(part.filter(pl.col("value").is_null())["bits"].item())
        values = known["value"].cast(pl.Int64 if column in DATES else pl.String)
        frequencies[str(column)] = HeldFrequencies(values, known["bits"].to_numpy(), rarest)
    return frequencies
