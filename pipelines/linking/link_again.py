"""The night's linkage when only some records changed: the result of :func:`pipelines.linking.link.link`, at the cost of the
changes.

What is measured once is held (:mod:`pipelines.linking.measures_in_force`); everything else of the last night is kept
(:mod:`pipelines.linking.kept_links`).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.blocking import CHILD_BLOCKING_RULES
from matching.canonical.keys import home_keys, with_keys
from matching.clustering.cluster import assign_child_ids
from matching.clustering.judge import PairJudgements, Settings
from matching.comparisons import CHILD_COMPARISONS
from matching.in_numbers import blocks
from matching.in_numbers.arrays import Bits, Labels, Patterns, Rows
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import pair_numbers, places_among
from matching.increment import IncrementalLinkage, Pairs, block_of, link_again, makes_pairs, signs_of_blocks
from matching.linkage import prepare
from matching.weights.model import Model
from pipelines.linking.carried_ids import ids_to_carry
from pipelines.linking.counted_among import COUNTED_AMONG
from pipelines.linking.family_ties import with_family_ties
from pipelines.linking.kept_links import NOBODY, MatchedRecords, pair_frame, previous_linkage, sign_frame, weighed_frame
from pipelines.linking.link import is_kept, is_kept_rival, levels_in_words, links_of, report_of_pairs, rival_rows
from pipelines.linking.link_groups import GroupInputs
from pipelines.linking.link_report import LinkReport
from pipelines.linking.measures_in_force import MeasuresInForce
from pipelines.linking.model_file import ModelInUse
from pipelines.store import Store
from pipelines.tables import CHILD_RECORD, LINKED_RECORD

MOST_CHANGED = 0.25
"""Share of the records: if more than this changed, all are linked anew, which costs no more."""


@dataclass(frozen=True)
class LinkageInput:
    """What tonight's linkage works on."""

    records: pl.DataFrame
    """As they are linked (:func:`~pipelines.linking.link.records_to_link`)."""
    content: NDArray[np.uint64]
    """Of each record: :func:`~pipelines.linking.kept_links.content_fingerprints`."""
    last_night: pl.DataFrame
    """CHILD_RECORD of the last night, as it was."""
    before: pl.DataFrame
    """The same under tonight's keys: a record whose key has changed is under its new key."""
    gone: pl.DataFrame
    """GONE_RECORD."""
    judged: PairJudgements | None
    weights: ModelInUse
    settings: Settings
    groups: GroupInputs
    held: MeasuresInForce


@dataclass(frozen=True)
class LinkageChanges:
    """Tonight's links and children. Small tables are whole; of large ones there is only what changed."""

    child_records: pl.DataFrame
    """CHILD_RECORD, whole."""
    touched: NDArray[np.bool_]
    """Rows of ``child_records`` whose child is not made of the same records as last night."""
    rivals: pl.DataFrame
    """RIVAL, whole."""
    report: Callable[[], LinkReport]
    """Works out the report from what is already at hand."""
    links: int
    """Number of pairs of records within one child."""
    links_gone: pl.DataFrame
    """left_id, right_id of links that are gone or have changed."""
    links_put: pl.DataFrame
    """LINK: links that are new or have changed."""
    pairs_kept: int
    """Number of links in all."""
    records: pl.DataFrame
    """LINKED_RECORD, whole."""
    unchanged: pl.Series
    """Which rows of ``records`` are as they were last night."""
    gone_ids: pl.Series
    """``record_id`` of records that are gone."""
    pairs_gone: pl.DataFrame
    """left, right of scored pairs that are gone or have changed."""
    pairs_put: pl.DataFrame
    """SCORED_PAIR: scored pairs that are new or have changed."""
    signs_gone: pl.DataFrame
    """Numbers of the records whose blocks are gone."""
    signs_put: pl.DataFrame
    """BLOCK_SIGN of the new records."""
    weighed: pl.DataFrame
    """WEIGHED_CHILDREN, whole."""
    next_number: int


def known_records(store: Store, tonight: LinkageInput) -> MatchedRecords | None:
    """The last night's records, matched with tonight's; null: so many changed that all are to be linked anew."""
    least, records = store.read("link_kept")["next_number"].item(), store.read("linked_record")
    if not records["record_id"].equals(tonight.last_night["record_id"]):
        return None
    known = MatchedRecords.of(records, tonight.records["record_id"], tonight.content, least)
    many = known.is_new.sum() + len(known.gone_numbers)
    return known if many <= MOST_CHANGED * tonight.records.height else None


def link_changed_records(store: Store, tonight: LinkageInput, known: MatchedRecords) -> LinkageChanges:
    """Link what changed, and what depends on it."""
    known, signs, met = _met(store, tonight.records, known)
    before = store.read("scored_pair")
    names = ("child_id", "membership")
    stood = tonight.records.select("record_id", *(known.last_values(tonight.last_night[name]) for name in names))
    membership = stood["membership"].fill_null(1.0).to_numpy()
    kept = previous_linkage(known, before, store.read("weighed_children"), membership)
    measures = tonight.held.measures
    numbers = {name: number for number, name in enumerate(tonight.held.sources)}
    strata = {name: number for number, name in enumerate(measures.strata)}
    coded = tonight.records.select(
        dataset=pl.col("dataset").replace_strict(numbers, return_dtype=pl.Int32),
        stratum=pl.col(COUNTED_AMONG).replace_strict(strata, default=len(strata), return_dtype=pl.Int32),
    )
    again = link_again(
        kept,
        met,
        _encoded(tonight.records, tonight.settings),
        dataset=coded["dataset"].to_numpy(),
        stratum=coded["stratum"].to_numpy(),
        rules=CHILD_BLOCKING_RULES,
        model=tonight.weights.model,
        judged=tonight.judged,
        settings=tonight.settings,
        measures=measures,
    )
    return _result(tonight, known, again, before, signs, stood=stood)


def unchanged_report(
    store: Store, tonight: LinkageInput, known: MatchedRecords
) -> tuple[Callable[[], LinkReport], int, int]:
    """The report of the last night's links, which hold because no record has changed.

    Returns what works it out, the number of pairs within one child, and the number of pairs kept.
    """
    places = {name: known.row_of[known.records[name].to_numpy()] for name in ("number", "label")}
    labels = np.empty(len(known.numbers), dtype=np.int64)
    labels[places["number"]] = places["label"]
    pairs = store.read("scored_pair")
    ends = (pl.Series(name, known.row_of[pairs[name].to_numpy()], dtype=pl.Int32) for name in ("left", "right"))
    rows = pairs.with_columns(ends).sort("left", "right")
    return partial(_report, tonight, rows, labels), int(rows["is_same_child"].sum()), rows.filter(is_kept()).height


def _encoded(records: pl.DataFrame, settings: Settings) -> Callable[[Rows], Encoded]:
    """A function that encodes some rows."""

    def encoded(rows: Rows) -> Encoded:
        return prepare(with_keys(records[rows]), CHILD_COMPARISONS, CHILD_BLOCKING_RULES, *settings.reads)

    return encoded


def _met(store: Store, records: pl.DataFrame, known: MatchedRecords) -> tuple[MatchedRecords, pl.DataFrame, Rows]:
    """The signs of all new records, and the rows that share a block with one in which there may be pairs, including themselves.

    A block larger than LARGEST_BLOCK is split by its content: if it gains or loses a record, all its records count as
    changed.
    """
    new = np.flatnonzero(known.is_new)
    signs = sign_frame(records[new], known.numbers[new])
    left = store.read_where("block_sign", pl.DataFrame({"number": known.gone_numbers}))
    shared = _of_the_same_blocks(store, pl.concat([signs, left]))
    sizes = pl.concat([shared, signs]).group_by(_BLOCK).len()  # of both nights together: never too few
    large = sizes.filter(pl.col("len") > blocks.LARGEST_BLOCK)
    split = known.row_of[shared.join(large, on=_BLOCK, how="semi")["number"].unique().to_numpy()]
    if (~known.is_new[split[split >= 0]]).any():
        known = known.with_changed(split[split >= 0])
        new = np.flatnonzero(known.is_new)
        signs = sign_frame(records[new], known.numbers[new])
        shared = _of_the_same_blocks(store, signs)
    # A changed record is found by its new number; its old one belongs to nobody.
    pairing = pl.concat([shared, signs]).filter(makes_pairs(pl.col("sign")))
    rows = known.row_of[shared.join(pairing, on=_BLOCK, how="semi")["number"].unique().to_numpy()]
    return known, signs, np.union1d(rows[rows >= 0], new).astype(np.int32)


_BLOCK = block_of(pl.col("sign"))


def _of_the_same_blocks(store: Store, signs: pl.DataFrame) -> pl.DataFrame:
    """BLOCK_SIGN of last night's records that share a block with one of ``signs``."""
    numbers = signs.select(_BLOCK.unique())["sign"]
    return store.read_where("block_sign", signs_of_blocks(numbers).to_frame())


def _result(
    tonight: LinkageInput,
    known: MatchedRecords,
    again: IncrementalLinkage,
    before: pl.DataFrame,
    signs: pl.DataFrame,
    *,
    stood: pl.DataFrame,
) -> LinkageChanges:
    children = _children(tonight, again, stood)
    ids = tonight.records["record_id"]
    model = tonight.weights.model.on(tonight.held.measures.records)
    with ThreadPoolExecutor(1) as aside:  # meanwhile, what has changed among the pairs
        rivals = aside.submit(_rivals, tonight, again, children, model)
        scored = pair_frame(again.pairs, known.numbers, (again.probability, again.alone), again.labels)
        gone, put = _differing(before, scored, again.pairs, known)
        rows = scored.with_columns(left=pl.Series(again.pairs.left), right=pl.Series(again.pairs.right))
        fresh = put.filter(is_kept()).with_columns(
            pl.Series(name, known.row_of[put.filter(is_kept())[name].to_numpy()], dtype=pl.Int32)
            for name in ("left", "right")
        )
        records = _linked_records(tonight, known, again)
        return LinkageChanges(
            child_records=children,
            touched=again.is_touched,
            report=partial(_report, tonight, rows, again.labels),
            links=int(rows["is_same_child"].sum()),
            links_gone=_ids_of(gone.filter(is_kept()), known),
            links_put=links_of(fresh, ids, model),
            pairs_kept=rows.filter(is_kept()).height,
            records=records,
            unchanged=known.unchanged_rows(records),
            gone_ids=known.gone_ids,
            pairs_gone=gone.select("left", "right"),
            pairs_put=put,
            signs_gone=pl.DataFrame({"number": known.gone_numbers}),
            signs_put=signs,
            weighed=weighed_frame(again.weighed),
            next_number=known.next_number,
            rivals=rivals.result(),
        )


def _linked_records(tonight: LinkageInput, known: MatchedRecords, again: IncrementalLinkage) -> pl.DataFrame:
    """``LINKED_RECORD`` after tonight, in the order of tonight's records."""
    columns = {
        "record_id": tonight.records["record_id"],
        "number": known.numbers,
        "content": tonight.content,
        "cut": known.numbers[again.cut],
        "label": known.numbers[again.labels],
    }
    return pl.DataFrame(columns, schema=LINKED_RECORD)


def _report(tonight: LinkageInput, rows: pl.DataFrame, labels: Labels) -> LinkReport:
    """The report. ``rows``: SCORED_PAIR with rows in place of numbers, sorted by them; ``labels``: of each row."""
    table = tonight.records.with_columns(home_keys())
    weights, settings, held = tonight.weights, tonight.settings, tonight.held
    return report_of_pairs(rows, table, labels, tonight.groups, weights=weights, settings=settings, held=held)


def _differing(
    before: pl.DataFrame, scored: pl.DataFrame, pairs: Pairs, known: MatchedRecords
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """SCORED_PAIR rows of the last night that are gone or scored differently tonight; and tonight's that are new or
    different.

    ``pairs``: tonight's pairs by row, in the order of ``scored``.
    """
    left, right = (known.row_of[before[side].to_numpy()] for side in ("left", "right"))
    stay = np.flatnonzero((left != NOBODY) & (right != NOBODY))  # each of them was scored again
    at = places_among(pair_numbers(pairs.left, pairs.right), pair_numbers(left[stay], right[stay]))
    was, now = before[stay], scored[at]
    is_unchanged = (was[name] == now[name] for name in ("match_probability", "alone", "is_same_child"))
    same = pl.select(pl.all_horizontal(*is_unchanged)).to_series().to_numpy()
    stood, stands = np.zeros(before.height, dtype=bool), np.zeros(scored.height, dtype=bool)
    stood[stay[same]], stands[at[same]] = True, True
    return before.filter(pl.Series(~stood)), scored.filter(pl.Series(~stands))


def _ids_of(pairs: pl.DataFrame, known: MatchedRecords) -> pl.DataFrame:
    """left_id, right_id of pairs of numbers of the last night."""
    numbers, ids = known.records["number"].to_numpy(), known.records["record_id"]
    place = np.zeros(int(numbers.max(initial=NOBODY)) + 1, dtype=np.int64)
    place[numbers] = np.arange(len(numbers))
    sides = {"left_id": "left", "right_id": "right"}
    return pl.DataFrame({name: ids.gather(place[pairs[side].to_numpy()]) for name, side in sides.items()})


def _children(tonight: LinkageInput, again: IncrementalLinkage, stood: pl.DataFrame) -> pl.DataFrame:
    """CHILD_RECORD: the last night's, except for children that are not made of the same records.

    ``stood``: the last night's CHILD_RECORD for tonight's records, in their order; null for new records.
    """
    touched = pl.Series(again.is_touched)
    clusters = stood.select("record_id", cluster=pl.Series(again.labels)).filter(touched)
    before = tonight.before.join(clusters, on="record_id", how="semi")
    carried = ids_to_carry(
        tonight.gone,
        tonight.records,
        tonight.before,
        model=tonight.weights.model,
        held=tonight.held,
        settings=tonight.settings,
    )
    known = tonight.last_night["child_id"].unique().to_list()
    fresh = assign_child_ids(clusters, before, known, carried).sort("record_id")
    place = np.arange(stood.height)
    place[again.is_touched] = stood.height + np.arange(fresh.height)
    names = pl.concat([stood["child_id"], fresh["child_id"]]).gather(place)
    return stood.select("record_id", names, membership=pl.Series(again.membership)).cast(CHILD_RECORD)


def _rivals(tonight: LinkageInput, again: IncrementalLinkage, children: pl.DataFrame, model: Model) -> pl.DataFrame:
    rivals, described = again.rivals, partial(_in_words, again, model)
    nearest = rivals.nearest[is_kept_rival(rivals)]
    words, weights = described(rivals.left[nearest], rivals.right[nearest])
    rows = rival_rows(rivals, again.labels, words, weights, children)
    return with_family_ties(rows, tonight.records, children, again.labels, judged=tonight.judged, described=described)


def _in_words(again: IncrementalLinkage, model: Model, left: Rows, right: Rows) -> tuple[pl.Series, Bits]:
    """Levels in words and match weight of pairs of rows."""
    patterns, weights = _described(again, left, right)
    return levels_in_words(model, patterns), weights


def _described(again: IncrementalLinkage, left: Rows, right: Rows) -> tuple[Patterns, Bits]:
    """Agreement pattern and match weight of pairs of rows; most are among the scored pairs."""
    place = places_among(pair_numbers(again.pairs.left, again.pairs.right), pair_numbers(left, right))
    known = place >= 0
    patterns, weights = np.zeros(len(left), dtype=np.int64), np.zeros(len(left))
    patterns[known], weights[known] = again.pairs.pattern[place[known]], again.pairs.weight[place[known]]
    if not known.all():
        patterns[~known], weights[~known] = again.described(left[~known], right[~known])
    return patterns, weights
