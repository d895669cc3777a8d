"""Is a child known here? Looked up by name and birth date, for a request to see what is held or a call about one child.

Names and dates are compared as the night compares two records of one child. So other spellings, names in another order and
slips in a date are found. Nothing is said of where any child lives, goes to school or was seen:
:mod:`pipelines.reports.explain` does that, and withholds it. A child whose name is withheld from the list is not found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from data_contracts.rules import WITHHELD
from data_contracts.values import as_days
from matching.canonical.keys import with_keys
from matching.comparisons import CHILD_COMPARISONS
from matching.linkage import prepare
from matching.scoring.score import Scorer
from matching.weights.model import Model
from matching.weights.patterns import levels_in, patterns_of
from pipelines.counted import counted
from pipelines.decisions.outcomes import WRITTEN as WRITTEN_DAYS
from pipelines.formatted import formatted
from pipelines.intake.in_one_form.standardise import WRITTEN, person_records
from pipelines.linking.measures_in_force import MEASURED_TABLES, MeasuresInForce, read_measures
from pipelines.listing.masking import MASKED_READS, masked_list
from pipelines.settings import SettingsError
from pipelines.tables.night import judged_on
from pipelines.written_dates import day_written

FIND_READS = ("night", *MASKED_READS, *MEASURED_TABLES)
"""Tables of the store that :func:`find` reads, besides ``lead``, which is empty before the first night that kept one."""

NEAR = 0.01
"""A record is shown if it would be the child's with at least this probability, were the child certain to be one of those
here."""
AT_LEAST_BITS = 3.0
"""Least match weight (bits) of a record shown, however few children there are. A lead whose name is withheld weighs
nothing."""
MOST_TOLD = 10
"""Most children shown, unless more are asked for: of a common name alone there are hundreds."""
COMPARED = ("forename", "surname", "middle names", "date of birth")
"""Comparisons of :data:`~matching.comparisons.CHILD_COMPARISONS` about which a person who asks can say anything."""

TONIGHT, EARLIER = "tonight", "on an earlier list"
_ASKED_FOR = "asked:"
"""Record id of the child asked for; no source has such a name."""

FOUND = pl.Schema(
    {
        "child_id": pl.String,
        "where": pl.String,  # TONIGHT: records of the child came; EARLIER: only the ledger of leads still has the child
        "agrees": pl.String,  # "forename: exact; surname: one slip; date of birth: exact", by the record that comes nearest
        "weight": pl.Float64,  # match weight of that record, bits
        "is_listed": pl.Boolean,
    }
)
"""One row is one child who may be the one asked for, the likeliest first."""


@dataclass(frozen=True)
class ChildSought:
    """The child asked for, as a person typed it; empty or null: not said."""

    forename: str
    surname: str
    born_on: date | None


def child_sought(forename: str, surname: str, birth_date: str) -> ChildSought:
    """What a person typed. Raises :class:`~pipelines.settings.SettingsError` if the birth date is not a date."""
    day = pl.select(as_days(pl.lit(birth_date.strip()), WRITTEN_DAYS)).item() if birth_date.strip() else None
    if birth_date.strip() and day is None:
        raise SettingsError("The birth date is not a real date. Write it like 14/05/2015 or 2015-05-14.")
    return ChildSought(forename, surname, day)


def find(asked: ChildSought, tables: Mapping[str, pl.DataFrame], model: Model) -> pl.DataFrame:
    """The children who may be the one asked for, as ``FOUND``. ``model``: the weights of the night.

    Raises :class:`~pipelines.settings.SettingsError` if too little is said, or the night had no records.
    """
    held = read_measures(tables)
    if held is None:
        raise SettingsError("The last night had no records. Run a night on tonight's extracts first.")
    names = {"forename": asked.forename, "surname": asked.surname}
    one = _written([{"record_id": _ASKED_FOR, **names, "date_of_birth": asked.born_on}])
    known_of = one.select("forename", "surname", "date_of_birth").row(0)
    if not any(known_of[:2]) or sum(each is not None for each in known_of) < 2:
        raise SettingsError("Give the surname or the forename, and one thing more: the other name, or the birth date.")
    known, whose = _records_and_owners(tables)
    weighed = _weighed(known, one, model, held)
    weighed = weighed.with_columns(is_exact=pl.col("pattern").is_in(_exact(weighed["pattern"])))
    least = max(np.log2(whose["child_id"].n_unique() * NEAR / (1 - NEAR)), AT_LEAST_BITS)
    near = weighed.filter(pl.col("is_exact") | (pl.col("weight") >= least))
    best_first = near.join(whose, on="record_id", validate="1:1").sort(
        "is_exact", "weight", "record_id", descending=[True, True, False]
    )
    children = best_first.unique("child_id", keep="first", maintain_order=True)
    listed = tables["candidate"]["child_id"].implode()
    found = children.with_columns(agrees=_agreement(children["pattern"]), is_listed=pl.col("child_id").is_in(listed))
    return found.select(FOUND.names()).cast(FOUND)


def _weighed(known: pl.DataFrame, one: pl.DataFrame, model: Model, held: MeasuresInForce) -> pl.DataFrame:
    """Each known record's ``record_id``, and the ``pattern`` of agreement and match ``weight`` between it and the one asked
    for."""
    person = with_keys(pl.concat([known, one]).sort("record_id"))
    encoded = prepare(person, CHILD_COMPARISONS, [])
    scorer = Scorer.of(model.on(held.measures.records), encoded, held.measures.frequencies)
    is_asked = (person["record_id"] == _ASKED_FOR).to_numpy()
    others = np.flatnonzero(~is_asked).astype(np.int32)
    row = np.full(len(others), np.flatnonzero(is_asked)[0], dtype=np.int32)
    patterns = patterns_of(CHILD_COMPARISONS, encoded, row, others)
    ids, weights = person["record_id"].gather(others), scorer.weights(patterns, row, others)
    return pl.DataFrame({"record_id": ids, "pattern": patterns, "weight": weights})


def found_words(children: pl.DataFrame, tables: Mapping[str, pl.DataFrame], most: int = MOST_TOLD) -> str:
    """``FOUND`` in words for people: ids, how far names and birth date agree, and what was not searched.

    ``most``: how many children are shown, the likeliest; the others are only counted.
    """
    nobody = (
        "No child with that name and birth date, or close to them, was found. Leave out the birth date to see all of that "
        "name."
    )
    some = f"Matches and near matches: {counted(children.height, 'child')}, likeliest first:"
    lines = [nobody if children.is_empty() else some]
    for child in children.head(most).iter_rows(named=True):
        if child["where"] == EARLIER:
            where = "no record tonight, on an earlier list"
        else:
            where = "on the list" if child["is_listed"] else "in the extracts, not on the list"
        lines.append(f"  {child['child_id']}, {where} ({child['agrees']})")
    if children.height > most:
        lines.append(
            f"  and {children.height - most:,} more. Give more detail (forename, surname, birth date), or use --all to see "
            "all of them."
        )
    as_at = judged_on(tables)
    looked = (
        f"Searched: the extracts and the lists of the last two years, as at {day_written(as_at)}. Not searched: rows that were "
        "set aside or not loaded, and identities from before an adoption, for which the adoption team answers."
    )
    return "\n".join([*lines, looked])


def _written(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Names and birth dates that are in no extract, as person records in the night's own canonical form."""
    return person_records(pl.DataFrame(rows, schema=WRITTEN).with_columns(dataset=pl.lit("asked")))


def _records_and_owners(tables: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tonight's records, with one record for each child that only the ledger has; and ``record_id``, ``child_id``,
    ``where`` of each."""
    shown = masked_list(tables).candidates
    withheld = shown.filter((pl.col("forename") == WITHHELD) & (pl.col("surname") == WITHHELD))
    whose = tables["child_record"].join(withheld, on="child_id", how="anti").select("record_id", "child_id")
    person = tables["person_record"].join(whose, on="record_id", how="semi")
    spells = tables["lead"].join(tables["child_record"], on="child_id", how="anti").sort("spell")
    gone = spells.unique("child_id", keep="last", maintain_order=True)
    rows = gone.select("child_id", "forename", "surname", "date_of_birth", record_id=formatted("lead:{}", "child_id"))
    earlier = rows.select("record_id", "child_id", where=pl.lit(EARLIER))
    return (
        pl.concat([person, _written(rows.drop("child_id").to_dicts())]),
        pl.concat([whose.with_columns(where=pl.lit(TONIGHT)), earlier]),
    )


def _levels_of(pattern: int) -> dict[str, str]:
    """Comparison -> its level, where both sides say something. Only comparisons in ``COMPARED``."""
    (levels,) = levels_in(np.array([pattern], dtype=np.int64), CHILD_COMPARISONS)
    cards = zip(CHILD_COMPARISONS, levels, strict=True)
    labels = {card.name: card.levels[level].label for card, level in cards if card.name in COMPARED}
    return {name: label for name, label in labels.items() if label != "not said"}


def _exact(patterns: pl.Series) -> list[int]:
    """The patterns in which all that both sides say agrees exactly, and they say at least two things."""
    labels_of = {each: list(_levels_of(each).values()) for each in patterns.unique()}
    return [each for each, labels in labels_of.items() if len(labels) > 1 and set(labels) == {"exact"}]


def _agreement(patterns: pl.Series) -> pl.Series:
    """How names and birth date agree, in the words of the comparisons; what one side does not say is left out."""
    agreements = ("; ".join(f"{name}: {label}" for name, label in _levels_of(each).items()) for each in patterns)
    return pl.Series("agrees", agreements, dtype=pl.String)
