"""What a night's linkage keeps in the store for the next one: records, their pairs, blocks, and the children weighed."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.blocking import CHILD_BLOCKING_RULES
from matching.canonical.keys import with_keys
from matching.clustering.judge import PairJudgements
from matching.clustering.rivals import KnownChildPairs, signs_of
from matching.in_numbers.arrays import Bits
from matching.increment import Pairs, PreviousLinkage, block_signs
from matching.person import PERSON_RECORD
from pipelines.linking.counted_among import COUNTED_AMONG
from pipelines.linking.link import Linked
from pipelines.linking.measures_in_force import MeasuresInForce
from pipelines.software import result_fingerprint
from pipelines.store import Store
from pipelines.tables import BLOCK_SIGN, LINK_KEPT, LINKED_RECORD, SCORED_PAIR, WEIGHED_CHILDREN

KEPT_TABLES = ("link_kept", "linked_record", "scored_pair", "block_sign", "weighed_children")
READ = [*(name for name in PERSON_RECORD if name != "record_id"), COUNTED_AMONG]
"""Columns of a record that the linkage reads."""
NOBODY = -1

Numbers = NDArray[np.int64]


def mark_of(held: MeasuresInForce) -> str:
    """Fingerprint of everything that must be the same for what is kept to be valid: the measures in force, and the
    software."""
    return result_fingerprint(held.fingerprint, held.measured_on, held.why, held.records)


def content_fingerprints(person: pl.DataFrame, judged: PairJudgements | None) -> NDArray[np.uint64]:
    """A fingerprint of what the linkage reads of each record: its columns, and the judgements in force on it."""
    content = person.select(READ).hash_rows().to_numpy().copy()
    if judged is not None:
        ids = person["record_id"]
        ends = [
            pl.DataFrame({"row": one, "other": ids.gather(other), "is_same": judged.same})
            for one, other in ((judged.left, judged.right), (judged.right, judged.left))
        ]
        signs = pl.concat(ends).select("row", sign=pl.struct("other", "is_same").hash())
        np.add.at(content, signs["row"].to_numpy(), signs["sign"].to_numpy())
    return content


def _places(ids: pl.Series, among: pl.Series) -> Numbers:
    """The row of each id in ``among``, whose ids are unique; NOBODY where it is missing."""
    if ids.equals(among):  # a night on which no record came or went
        return np.arange(len(ids))
    placed = among.to_frame("record_id").with_row_index("place")
    joined = ids.to_frame("record_id").join(placed, on="record_id", how="left", maintain_order="left", validate="1:1")
    return joined["place"].cast(pl.Int64).fill_null(NOBODY).to_numpy()


@dataclass(frozen=True)
class MatchedRecords:
    """The last night's records, by their numbers, and which of tonight's records they are."""

    records: pl.DataFrame
    """LINKED_RECORD of the last night."""
    last_row: Numbers
    """For each of tonight's rows: its row in ``records``; NOBODY where it was not there."""
    numbers: Numbers
    """The number of each of tonight's rows; a new or changed record gets one never used before."""
    is_new: NDArray[np.bool_]
    row_of: Numbers
    """Tonight's row of each number; NOBODY where the record is gone or changed."""
    gone_numbers: Numbers
    """Numbers of the last night that no record of tonight has."""
    next_number: int

    @classmethod
    def of(
        cls, records: pl.DataFrame, ids: pl.Series, content: NDArray[np.uint64], next_number: int
    ) -> "MatchedRecords":
        """Match tonight's records (``ids`` and their content, in order) with those of the last night."""
        place = _places(ids, records["record_id"])
        there = place != NOBODY
        same, numbers = np.zeros(len(place), dtype=bool), np.full(len(place), NOBODY)
        same[there] = records["content"].to_numpy()[place[there]] == content[there]
        numbers[there] = records["number"].to_numpy()[place[there]]
        return cls._numbered(records, place, numbers, ~same, next_number)

    @classmethod
    def _numbered(
        cls, records: pl.DataFrame, place: Numbers, numbers: Numbers, is_new: NDArray[np.bool_], least: int
    ) -> "MatchedRecords":
        numbers[is_new] = least + np.arange(int(is_new.sum()))
        row_of = np.full(least + int(is_new.sum()), NOBODY)
        row_of[numbers[~is_new]] = np.flatnonzero(~is_new)
        known = records["number"].to_numpy()
        gone = known[row_of[known] == NOBODY]
        row_of[numbers[is_new]] = np.flatnonzero(is_new)
        return cls(records, place, numbers, is_new, row_of, gone, len(row_of))

    def last_values(self, column: pl.Series) -> pl.Series:
        """A column in the order of ``records``, rearranged for tonight's rows; null where the record was not there."""
        return column.gather(pl.Series(self.last_row).replace(NOBODY, None))

    @property
    def gone_ids(self) -> pl.Series:
        """``record_id`` of the last night's records that are not among tonight's."""
        stays = np.zeros(self.records.height, dtype=bool)
        stays[self.last_row[self.last_row != NOBODY]] = True
        return self.records["record_id"].filter(pl.Series(~stays))

    def unchanged_rows(self, records: pl.DataFrame) -> pl.Series:
        """Which of tonight's records (LINKED_RECORD, by row) are as they were."""
        is_unchanged = [
            records[name].eq_missing(self.last_values(self.records[name]))
            for name in LINKED_RECORD
            if name != "record_id"
        ]
        return pl.select(pl.all_horizontal(is_unchanged)).to_series()

    @property
    def is_unchanged(self) -> bool:
        """Whether tonight's records are the last night's, and none has changed in what the linkage reads."""
        return not self.is_new.any() and not len(self.gone_numbers)

    def with_changed(self, rows: Numbers) -> "MatchedRecords":
        """The same, with further rows treated as changed."""
        is_new = self.is_new.copy()
        is_new[rows] = True
        return self._numbered(self.records, self.last_row, self.numbers.copy(), is_new, self.next_number)


def previous_linkage(
    known: MatchedRecords, pairs: pl.DataFrame, weighed: pl.DataFrame, membership: NDArray[np.float64]
) -> PreviousLinkage:
    """What the last night knew of tonight's rows.

    ``pairs``: SCORED_PAIR; ``weighed``: WEIGHED_CHILDREN; ``membership``: of tonight's rows, on the last night.
    """
    ends = [known.row_of[pairs[side].to_numpy()] for side in ("left", "right")]
    stay = (ends[0] >= 0) & (ends[1] >= 0)
    loose = np.zeros(len(known.numbers), dtype=bool)
    for end in ends:
        loose[end[~stay & (end >= 0)]] = True
    columns = pairs.select("pattern", "match_weight", "evidence", "rule").to_dict()
    left, right = (end[stay].astype(np.int32) for end in ends)
    kept = Pairs(left, right, *(column.to_numpy()[stay] for column in columns.values()))
    numbers, labels = (known.records[name].to_numpy() for name in ("number", "label"))
    cut = np.arange(len(known.numbers))
    rows = known.row_of[numbers]
    firsts = known.row_of[known.records["cut"].to_numpy()]
    there = (rows >= 0) & (firsts >= 0)
    cut[rows[there]] = firsts[there]
    children = _weighed_of(known, weighed), _signs(numbers, labels)
    return PreviousLinkage(known.numbers, known.is_new, loose, cut, membership, kept, *children)


def _signs(numbers: Numbers, labels: Numbers) -> NDArray[np.uint64]:
    """Signs of the last night's children."""
    place = np.full(int(numbers.max(initial=NOBODY)) + 1, NOBODY)
    place[numbers] = np.arange(len(numbers))
    own = place[labels]
    return np.asarray(signs_of(own, numbers)[own == np.arange(len(own))])  # a child goes by its first record


def _weighed_of(known: MatchedRecords, weighed: pl.DataFrame) -> KnownChildPairs:
    left, right = (known.row_of[weighed[side].to_numpy()] for side in ("left", "right"))
    stay = (left >= 0) & (right >= 0)
    one, other, odds = (weighed[name].to_numpy()[stay] for name in ("one", "other", "log_odds"))
    return KnownChildPairs(one, other, odds, left[stay], right[stay])


def weighed_frame(rounds: tuple[KnownChildPairs, ...]) -> pl.DataFrame:
    """Everything that was weighed, each pair of children once, as WEIGHED_CHILDREN."""
    parts = [pl.DataFrame({name: getattr(part, name) for name in WEIGHED_CHILDREN}) for part in rounds]
    return pl.concat([part.cast(WEIGHED_CHILDREN) for part in parts]).unique(["one", "other"], maintain_order=True)


def keep_all(store: Store, linked: Linked, judged: PairJudgements | None, linked_at: datetime) -> None:
    """Keep what a whole linkage found."""
    person, linkage = linked.records, linked.linkage
    rows = np.arange(person.height)
    record = {
        "record_id": person["record_id"],
        "number": rows,
        "content": content_fingerprints(person, judged),
        "cut": linkage.cut,
        "label": linkage.labels,
    }
    store.write("linked_record", pl.DataFrame(record, schema=LINKED_RECORD))
    scored = linkage.scored
    pairs = Pairs(scored.left, scored.right, scored.pattern, scored.weight, linkage.evidence, scored.rule)
    chances = linkage.probability, linkage.alone
    store.write("scored_pair", pair_frame(pairs, rows, chances, linkage.labels))
    store.write("block_sign", sign_frame(person, rows))
    store.write("weighed_children", weighed_frame(linkage.weighed))
    store.write("link_kept", kept_row(linked.held, person.height, linked_at))


def kept_row(held: MeasuresInForce, next_number: int, linked_at: datetime) -> pl.DataFrame:
    """LINK_KEPT."""
    row = {"mark": [mark_of(held)], "next_number": [next_number], "linked_at": [linked_at]}
    return pl.DataFrame(row, schema=LINK_KEPT)


def pair_frame(pairs: Pairs, numbers: Numbers, chances: tuple[Bits, Bits], labels: Numbers) -> pl.DataFrame:
    """Pairs of rows as SCORED_PAIR. ``chances``: match probability of each by all records, and by itself."""
    columns = {
        "left": numbers[pairs.left],
        "right": numbers[pairs.right],
        "pattern": pairs.pattern,
        "match_weight": pairs.weight,
        "evidence": pairs.evidence,
        "rule": pairs.rule,
        "match_probability": chances[0],
        "alone": chances[1],
        "is_same_child": labels[pairs.left] == labels[pairs.right],
    }
    return pl.DataFrame(columns, schema=SCORED_PAIR)


def sign_frame(person: pl.DataFrame, numbers: Numbers) -> pl.DataFrame:
    """BLOCK_SIGN of the records ``person``, whose numbers are ``numbers``."""
    signs = block_signs(with_keys(person), CHILD_BLOCKING_RULES)
    return signs.select("sign", number=pl.Series(numbers).gather(signs["row"])).cast(BLOCK_SIGN)
