"""Why two records are, or are not, taken for one child: all the evidence, in words and in bits that add up; and which
records come nearest to one.

No value of a record is printed, only levels of agreement and record ids. If a source protects either child, what the
records share of place, phone and carer is in one line without its levels, and no key shows a school's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl

from data_contracts.today import day_of
from matching.canonical.keys import with_keys
from matching.clustering.assign import probability
from matching.clustering.judge import Judge
from matching.comparisons import CHILD_COMPARISONS
from matching.explain import (
    COMPARISON,
    COVERAGE,
    CROWD,
    FREQUENCY,
    HOUSEHOLD,
    PRIOR,
    RULE,
    TOGETHER,
    nearest,
    waterfall,
)
from matching.judgement import DIFFERENT, SAME, standing_judgements
from matching.linkage import prepare
from matching.measures import strata_of
from matching.scoring.score import Scorer
from matching.weights.model import Model
from pipelines.linking.family_ties import LEVEL
from pipelines.linking.link import CHILD_SETTINGS, records_to_link
from pipelines.linking.measures_in_force import MEASURED_TABLES, read_measures
from pipelines.listing.masking import (
    MASKED_READS,
    NOT_SHOWN_OF_A_PAIR,
    marks_in,
    masked_keys,
    masked_list,
    without_marks,
)
from pipelines.publish.report_tables import Row
from pipelines.reasons import source_called
from pipelines.reports.explain import NEAREST_TOLD, UnknownIdentifierError
from pipelines.reports.life import as_typed
from pipelines.tables.night import begun_at
from pipelines.written_dates import day_written

EXPLAIN_PAIR_READS = (*MASKED_READS, "link", *MEASURED_TABLES)
"""Tables of the store that :func:`explain_pair` reads."""

PLACES = ("address", "phone", "carer")
"""Comparisons that reveal where or with whom a child lives."""
IN_WORDS = {
    PRIOR: "before comparing the two: few records of these sources are the same child",
    CROWD: "among so many records, more are alike by chance",
    HOUSEHOLD: "what two children in one home would share, and what is not printed",
    COVERAGE: "how likely either child is to be in the other source at all",
    RULE: "a rule that outweighs everything: a source itself has two children, by verified numbers or as two names in one "
    "household",
}
GOES_WITH = {each.name: each.goes_with.comparison for each in CHILD_COMPARISONS if each.goes_with is not None}
"""Comparison -> the other comparison whose values go together with its own."""
WITHHELD_LINE = "address, phone and carer: withheld, as a child is protected"
PROTECTED = "A source protects a child here: what the records share of address, phone and carer is withheld."
JUDGED_TO_BE = {SAME: "one child", DIFFERENT: "two children"}
NOTHING = 1e-9
"""Fewer bits than this are rounding."""

Line = tuple[str, float]
"""A part of the evidence in words, and its bits."""


@dataclass(frozen=True)
class NightJudge:
    """Last night's records, and the judge that weighed them, rebuilt from the store."""

    person: pl.DataFrame
    """Sorted by record_id: a record's position is its row for the judge."""
    judge: Judge

    def row(self, record_id: str) -> int:
        """The row of a record. Raises :class:`~pipelines.reports.explain.UnknownIdentifierError`."""
        found = self.person.with_row_index("row").filter(pl.col("record_id") == as_typed(record_id))["row"]
        if found.len() != 1:
            raise UnknownIdentifierError(
                "No record of this night has that id. Give both records as source:key, such as health:H0000001, with "
                "the key as in the extract; rollcall explain CHILD lists the records of a child."
            )
        return int(found.item())


def rebuild_judge(tables: Mapping[str, pl.DataFrame], model: Model) -> NightJudge:
    """Rebuild the night's judge from its records, its weights and the measures in force. It knows of no judgements.

    Raises :class:`~pipelines.reports.explain.UnknownIdentifierError` if the night had no records.
    """
    held = read_measures(tables)
    if held is None:
        raise UnknownIdentifierError("The last night had no records. Run a night on tonight's extracts first.")
    table = with_keys(records_to_link(tables["person_record"]))
    encoded = prepare(table, CHILD_COMPARISONS, [], *CHILD_SETTINGS.reads)
    numbers = {name: number for number, name in enumerate(held.sources)}
    judge = Judge(
        scorer=Scorer.of(model.on(held.measures.records), encoded, held.measures.frequencies),
        priors=held.measures.priors,
        dataset=table["dataset"].replace_strict(numbers, return_dtype=pl.Int32).to_numpy(),
        stratum=strata_of(encoded, CHILD_SETTINGS.stratum, held.measures.strata)[1],
        coverage=held.measures.coverage,
        apart=encoded.lists[CHILD_SETTINGS.apart] if CHILD_SETTINGS.apart else None,
        judged={},
        settings=CHILD_SETTINGS,
    )
    return NightJudge(table, judge)


def explain_pair(
    records: tuple[str, str],
    tables: Mapping[str, pl.DataFrame],
    model: Model,
    source_names: Mapping[str, str] | None = None,
    judgements: pl.DataFrame | None = None,
) -> str:
    """A page about two records, given as source:key: whether they are one child, and what speaks for and against it.

    ``tables``: those of ``EXPLAIN_PAIR_READS``, of one night; ``model``: the weights of that night; ``judgements``: what
    people judged (``JUDGEMENT``), under the keys of that night; ``tables`` then have ``night`` too. Raises
    :class:`~pipelines.reports.explain.UnknownIdentifierError`, also if both are the same record.
    """
    night = rebuild_judge(tables, model)
    rows = [night.row(record) for record in records]
    if rows[0] == rows[1]:
        raise UnknownIdentifierError("Both ids name the same record. Give two records.")
    explained = _Explanation(night, tables, source_names or {}, _protected(tables), (rows[0], rows[1]))
    is_protected = explained.is_protected(*rows)
    bars = waterfall(night.judge, *(np.array([row], dtype=np.int32) for row in rows))
    opening = [
        "Records " + " and ".join(f"{explained.key(row)} ({explained.source(row)})" for row in rows),
        _verdict(explained, rows),
        *_judged(explained, rows, judgements),
        *([PROTECTED] if is_protected else []),
    ]
    evidence = ["Evidence for one child (+) and for two (−), in bits: each bit doubles the odds"]
    sections = [opening, evidence + _sums(bars, is_protected=is_protected), _near_section(explained, rows[0])]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def nearest_records(
    record: str, tables: Mapping[str, pl.DataFrame], model: Model, source_names: Mapping[str, str] | None = None
) -> str:
    """A section about one record, given as source:key: the records nearest to it, and how near those of other children are.

    ``tables``, ``model`` and errors: as for :func:`explain_pair`.
    """
    night = rebuild_judge(tables, model)
    row = night.row(record)
    explained = _Explanation(night, tables, source_names or {}, _protected(tables), (row,))
    return "\n".join(_near_section(explained, row)) + "\n"


def _near_section(explained: "_Explanation", row: int) -> list[str]:
    return [f"Nearest records to {explained.key(row)}", *_nearest(explained, row)]


def _protected(tables: Mapping[str, pl.DataFrame]) -> frozenset[str]:
    """Children whom a source protects, or who live with one."""
    return frozenset(masked_list(tables).protected)


@dataclass(frozen=True)
class _Explanation:
    """What the page is made from."""

    night: NightJudge
    tables: Mapping[str, pl.DataFrame]
    names: Mapping[str, str]
    protected: frozenset[str]
    rows: tuple[int, ...]
    """The records asked for."""

    def id(self, row: int) -> str:
        return str(self.night.person["record_id"][row])

    def child(self, row: int) -> str:
        members = self.tables["child_record"]
        return str(members.filter(pl.col("record_id") == self.id(row))["child_id"].item())

    def is_protected(self, *rows: int) -> bool:
        return any(self.child(row) in self.protected for row in rows)

    @cached_property
    def marks(self) -> pl.Series:
        """record_id of the records that protect a child, except those asked for: whoever asks has these."""
        asked = pl.Series([self.id(row) for row in self.rows])
        marks = marks_in(self.tables["statement"])
        return marks.filter(~marks.is_in(asked.implode()))

    def key(self, row: int) -> str:
        """The record's id; if any child on the page is protected, without the school's number that some keys contain, and
        withheld if it is the record that protects the child."""
        if not self.is_protected(row, *self.rows):
            return self.id(row)
        shown = without_marks(pl.lit(self.id(row)), self.marks)
        return str(pl.select(masked_keys(shown)).item())

    def source(self, row: int) -> str:
        source = self.night.person["dataset"][row]
        return source_called(source, self.names)


def _verdict(explained: _Explanation, rows: list[int]) -> str:
    """What the night decided about the two, with all records of their children weighed together."""
    one, other = (explained.child(row) for row in rows)
    if one == other:
        return f"The night treats them as one child, {one}."
    low, high = sorted(explained.id(row) for row in rows)
    links = explained.tables["link"].filter((pl.col("left_id") == low) & (pl.col("right_id") == high))
    kept = f" All their records together: {_chance(links['match_probability'].item())}." if links.height else ""
    by_family = "" if explained.is_protected(*rows) else _by_family(explained.tables["rival"], one, other)
    return f"The night treats them as two children, {one} and {other}.{kept}{by_family}"


def _judged(explained: _Explanation, rows: list[int], judgements: pl.DataFrame | None) -> list[str]:
    """What people judged of these two records, and of other records of the same children: it outranks all evidence."""
    if judgements is None or judgements.is_empty():
        return []
    members = explained.tables["child_record"]
    theirs = members.filter(pl.col("child_id").is_in([explained.child(row) for row in rows]))["record_id"].implode()
    standing = standing_judgements(judgements).filter(pl.col("left_id").is_in(theirs), pl.col("right_id").is_in(theirs))
    asked = [explained.id(row) for row in rows]
    is_asked = pl.col("left_id").is_in(asked) & pl.col("right_id").is_in(asked)
    told = [_judgement(row, begun_at(explained.tables)) for row in standing.filter(is_asked).to_dicts()]
    others = standing.filter(~is_asked, pl.col("answer").is_in(list(JUDGED_TO_BE))).height
    if others:
        told.append(
            f"Of other pairs of these children's records, people judged {others:,}; that outranks the evidence as well."
        )
    return told


def _judgement(row: Row, begun: datetime) -> str:
    """A judgement of the two records in a sentence. ``begun``: when the night began; it knew no later judgement."""
    by = f"{row['by']} on {day_written(day_of(row['at']))}"
    if row["answer"] not in JUDGED_TO_BE:
        return f"A person could not tell whether they are one child ({by}), so the evidence decides."
    when = "The night obeyed, whatever the evidence says." if row["at"] <= begun else "The next night will obey."
    return f"A person judged them to be {JUDGED_TO_BE[row['answer']]} ({by}). {when}"


def _by_family(rivals: pl.DataFrame, one: str, other: str) -> str:
    """How likely the two are one child by what their families' records say, which no pair of records shows; empty if they
    say nothing."""
    near = rivals.filter(pl.col("levels").str.ends_with(LEVEL), child_id=one, rival_child_id=other)
    if near.is_empty():
        return ""
    return (
        f" A brother or sister is known at both homes, so they may be one child: {_chance(near['probability'].item())}."
    )


def lines_of(bars: pl.DataFrame, *, is_protected: bool) -> list[Line]:
    """The waterfall of one pair in words. Parts that say nothing are left out; the bits of all lines add up to its sum.

    How sex compares is not printed (Gender Recognition Act 2004, s22): its bits are added to those of the household. For
    protected children places are not printed either: their bits are in one line.
    """
    lines: list[Line] = []
    hidden = places = 0.0
    for part, comparison, level, bits in bars.select("part", "comparison", "level", "bits").iter_rows():
        if comparison == NOT_SHOWN_OF_A_PAIR:
            hidden += bits
        elif is_protected and comparison in PLACES:
            places += bits
        elif part == HOUSEHOLD:
            lines.append((IN_WORDS[part], bits + hidden))
        elif part == FREQUENCY:
            lines.append((f"{comparison}: a value {'rarer' if bits > 0 else 'commoner'} than usual", bits))
        elif part == TOGETHER:
            lines.append((f"{comparison}: commoner than usual among those with this {GOES_WITH[comparison]}", bits))
        elif part == COMPARISON:
            lines.append((f"{comparison}: {level}", bits))
        else:
            lines.append((IN_WORDS[part], bits))
    withheld = [(WITHHELD_LINE, places)] if is_protected else []
    return [line for line in [*lines[:1], *withheld, *lines[1:]] if abs(line[1]) > NOTHING]


def _sums(bars: pl.DataFrame, *, is_protected: bool) -> list[str]:
    """One line for each part with the sum so far, rounded; the last line is the whole. What is printed adds up as printed."""
    lines = lines_of(bars, is_protected=is_protected)
    whole = "these two records by themselves"
    width = max(len(words) for words in [whole, *(words for words, _ in lines)])
    printed = [f"  {'':<{width}}     bits   so far  one child"]
    sums = np.cumsum([0.0, *(bits for _, bits in lines)])
    shown = np.round(sums, 2)
    for (words, _), step, total, exact in zip(lines, np.diff(shown), shown[1:], sums[1:], strict=True):
        printed.append(f"  {words:<{width}} {_signed(step)} {_signed(total)}  {_chance(_probability(exact))}")
    return [*printed, f"  {whole:<{width}}          {_signed(shown[-1])}  {_chance(_probability(sums[-1]))}"]


def _nearest(explained: _Explanation, row: int) -> list[str]:
    """The nearest record of the record's own child, and the nearest records of others with how far behind it they are."""
    record_id, links = explained.id(row), explained.tables["link"]
    is_left = pl.col("left_id") == record_id
    theirs = links.filter(is_left | (pl.col("right_id") == record_id)).select(
        "is_same_child", record_id=pl.when(is_left).then("right_id").otherwise("left_id")
    )
    rows = explained.night.person.select("record_id").with_row_index("row")
    placed = theirs.join(rows, on="record_id", how="inner", validate="1:1")
    found = nearest(explained.night.judge, row, placed["row"].to_numpy().astype(np.int32), placed["is_same_child"])
    own = pl.col("is_same_child")
    shown = pl.concat([found.filter(own).head(1), found.filter(~own).head(NEAREST_TOLD)])
    lines = [_near(explained, near) for near in shown.to_dicts()]
    return lines if (~shown["is_same_child"]).any() else [*lines, "  No record of another child is a close match."]


def _near(explained: _Explanation, near: Row) -> str:
    behind = f"{abs(near['gap']):.2f} bits {'behind' if near['gap'] >= 0 else 'ahead'}"
    whose = "the same child" if near["is_same_child"] else f"another child, {behind}"
    by_itself = f"{_signed(near['log_odds']).strip()} bits, {_chance(near['probability'])}"
    return f"  {explained.key(near['row'])}: {whose}; by itself {by_itself}"


def _probability(log_odds: float) -> float:
    return float(probability(np.array([log_odds]))[0])


def _signed(bits: float) -> str:
    return f"{bits:>+8.2f}".replace("-", "−")


def _chance(chance: float) -> str:
    """A probability (0..1) for people, in percent to one decimal; "below 0.1%" or "above 99.9%" beyond that."""
    if chance < 0.001:
        return "below 0.1%"
    return f"{chance:.1%}" if chance <= 0.999 else "above 99.9%"


__all__ = ["EXPLAIN_PAIR_READS", "NightJudge", "explain_pair", "lines_of", "nearest_records", "rebuild_judge"]
