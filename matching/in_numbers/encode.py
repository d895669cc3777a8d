"""A table with its strings turned into integers, so that comparing records is mostly comparing integers.

All string columns share one vocabulary: equal codes mean equal strings in whichever columns, so a forename can be compared
with a surname, or a surname with a carer's, without reading a letter.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.in_numbers.arrays import Codes, Rows
from matching.in_numbers.sorting import positions_within

Number = TypeVar("Number", bound=np.generic)

MISSING = -1
"""Code of a null."""

LONGEST = 64
"""Words are compared by their first 64 characters: no name is longer, and a cell of 10,000 characters costs no more."""


@dataclass(frozen=True)
class Letters:
    """What upper bounds need of each word, by its code, small enough to be read fast; the last entry is for null (code -1)."""

    sets: NDArray[np.uint32]
    """Which letters the word has, one bit per letter (code point modulo 32)."""
    repeated: NDArray[np.uint8]
    """Letters beyond the number of those bits."""
    each: NDArray[np.float32]
    """The share of the word that one letter is: 1 / length, 0 for null."""
    lengths: NDArray[np.int8]
    """In characters (at most LONGEST)."""
    first: NDArray[np.int32]
    """Code point of the first character, -1 for an empty word."""


@dataclass(frozen=True)
class Encoded:
    """A table in integers: ``codes`` for string columns, ``lists`` for list columns, ``dates`` for dates."""

    height: int
    vocabulary: pl.Series
    """The distinct strings, sorted; a code is a position in it."""
    codes: dict[str, Codes]
    lists: dict[str, Codes]
    """A list column as a matrix (rows x longest list), padded with MISSING."""
    dates: dict[str, Codes]
    """Dates packed as yyyymmdd; MISSING where null."""
    _kept: dict[tuple[str, str], NDArray[Any]] = field(default_factory=dict, repr=False)
    """Arrays derived from a column, by what they are and the column's name."""

    @cached_property
    def strings(self) -> NDArray[np.object_]:
        """The first LONGEST characters of each word as Python strings, for the string functions."""
        return np.array(self.vocabulary.str.slice(0, LONGEST).to_list(), dtype=object)

    @cached_property
    def lengths(self) -> NDArray[np.int16]:
        """Length of each word in characters (at most LONGEST)."""
        return self.vocabulary.str.len_chars().clip(0, LONGEST).to_numpy().astype(np.int16)

    @property
    def first_letters(self) -> NDArray[np.int32]:
        """Code point of each word's first character, -1 for an empty word."""
        return self._spelt[0]

    @property
    def signatures(self) -> NDArray[np.uint64]:
        """Which letters each word has, one bit per letter (code point modulo 64): gives exact bounds for string measures."""
        return self._spelt[1]

    @property
    def beginnings(self) -> NDArray[np.uint64]:
        """The first four characters of each word, 16 bits each, the first character lowest; 0 after the end."""
        return self._spelt[2]

    @cached_property
    def _spelt(self) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        """First letters, signatures and beginnings, from one pass over the letters."""
        first = np.full(len(self.strings), -1, dtype=np.int32)
        sets, beginnings = np.zeros(len(first), dtype=np.uint64), np.zeros(len(first), dtype=np.uint64)
        for words, points, starts in _code_points(self.strings):
            first[words] = points[starts]
            sets[words] = np.bitwise_or.reduceat(np.uint64(1) << (points & 63).astype(np.uint64), starts)
            ends = np.append(starts[1:], len(points))
            for place in range(4):
                has = starts + place < ends
                letters = (points[starts[has] + place] & 0xFFFF).astype(np.uint64)
                beginnings[words[has]] |= letters << np.uint64(16 * place)
        return first, sets, beginnings

    @cached_property
    def letters(self) -> "Letters":
        """What upper bounds need of each word."""
        lengths = np.append(self.lengths, 0).astype(np.int8)
        wide = np.append(self.signatures, np.uint64(0))
        sets = ((wide | wide >> np.uint64(32)) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        repeated = (lengths - np.bitwise_count(sets)).astype(np.uint8)
        each = (1 / np.maximum(lengths, 1)).astype(np.float32)
        each[-1] = 0.0
        # An empty word equals itself: count it as one letter that makes up the whole word.
        repeated[:-1][lengths[:-1] == 0] = 1
        each[:-1][lengths[:-1] == 0] = LONGEST
        return Letters(sets, repeated, each, lengths, np.append(self.first_letters, -1).astype(np.int32))

    def column(self, name: str) -> Codes:
        """Codes of a string column, or packed dates. Raises KeyError naming the columns there are."""
        found = self.codes.get(name)
        if found is None:
            found = self.dates.get(name)
        if found is None:
            raise KeyError(f"no column {name}; the table has {', '.join([*self.codes, *self.dates, *self.lists])}")
        return found

    def digits(self, name: str) -> NDArray[np.uint32]:
        """A date column with four bits per digit (20151103 as 0x20151103); 0 where null."""

        def made() -> NDArray[np.uint32]:
            year, day = np.divmod(np.maximum(self.dates[name], 0), 10_000)
            return np.asarray(_IN_HALF_BYTES.take(year) << np.uint32(16) | _IN_HALF_BYTES.take(day))

        return self._once("digits", name, made)

    def initials(self, name: str) -> NDArray[np.int32]:
        """Code point of the first character of each row's word in a string column; -1 where there is none."""
        return self._once("initials", name, lambda: self.letters.first.take(self.column(name)))

    def marks(self, name: str) -> NDArray[np.uint64]:
        """One bit per value of each row (its code modulo 64): rows without a common bit share no value."""

        def made() -> NDArray[np.uint64]:
            marks = np.zeros(self.height, dtype=np.uint64)
            for codes in self.values(name).T:
                marks |= np.where(codes >= 0, np.uint64(1) << (codes & 63).astype(np.uint64), np.uint64(0))
            return marks

        return self._once("marks", name, made)

    def values(self, name: str) -> Codes:
        """The codes of a list column or of any other column, as a matrix: rows x values."""
        return self.lists[name] if name in self.lists else self.column(name)[:, None]

    def frequencies(self, name: str) -> NDArray[np.int64]:
        """How many rows hold each code of the vocabulary in this string column."""

        def made() -> NDArray[np.int64]:
            present = self.codes[name]
            return np.bincount(present[present >= 0], minlength=len(self.vocabulary)).astype(np.int64)

        return self._once("frequencies", name, made)

    def _once(self, what: str, name: str, made: Callable[[], NDArray[Number]]) -> NDArray[Number]:
        if (what, name) not in self._kept:
            self._kept[what, name] = made()
        return self._kept[what, name]


_IN_HALF_BYTES = np.array([int(str(number), 16) for number in range(10_000)], dtype=np.uint32)
"""Numbers up to 9999 with four bits per digit."""

WORDS_AT_ONCE = 100_000
VALUES_AT_ONCE = 1 << 16


def _code_points(strings: NDArray[np.object_]) -> Iterator[tuple[Rows, NDArray[np.uint32], NDArray[np.int64]]]:
    """For many words at a time: numbers of the non-empty words, the code points of all words, and where each word begins."""
    for first in range(0, len(strings), WORDS_AT_ONCE):
        words = strings[first : first + WORDS_AT_ONCE].tolist()
        points = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        sizes = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
        full = np.flatnonzero(sizes)
        yield (full + first).astype(np.int32), points, (np.cumsum(sizes) - sizes)[full]


def _packed(dates: pl.Series) -> Codes:
    """Dates as yyyymmdd. Each day from the first to the last is converted once, if there are fewer of them than rows."""
    days = dates.to_physical()
    first, last = days.min(), days.max()
    if not isinstance(first, int) or not isinstance(last, int):
        return np.full(len(dates), MISSING, dtype=np.int32)
    if last - first >= len(dates):
        return _spelt_out(dates)
    each = _spelt_out(pl.int_range(first, last + 1, dtype=pl.Int32, eager=True).cast(pl.Date))
    return np.append(each, np.int32(MISSING)).take((days - first).fill_null(MISSING).to_numpy())


def _spelt_out(dates: pl.Series) -> Codes:
    year, month, day = (part.cast(pl.Int32) for part in (dates.dt.year(), dates.dt.month(), dates.dt.day()))
    return (year * 10_000 + month * 100 + day).fill_null(MISSING).to_numpy()


@dataclass(frozen=True)
class _Worded:
    """A text column encoded by its own words."""

    words: pl.Series
    """Each word once; null where a number stands for no word of the column."""
    codes: Codes
    """For each value, its position in ``words``; MISSING where null."""
    counts: NDArray[np.int64] | None
    """For a list column, how many values each row has; None for a plain one."""

    @classmethod
    def of(cls, column: pl.Series, numbers: pl.Categories) -> "_Worded":
        """From categories by ``numbers``, the column's own, or from lists of texts, whose nulls are ignored."""
        counts = None
        if column.dtype == pl.List(pl.String):
            flat, counts = _flat(column)
            column = flat.cast(pl.Categorical(numbers))
        codes = np.array(column.to_physical().cast(pl.Int32).fill_null(MISSING))
        each = pl.int_range(0, int(codes.max(initial=MISSING)) + 1, dtype=pl.UInt32, eager=True)
        # Not numbers.to_series(), which asks for one word after the other in Python.
        words = each.cat.to(pl.Categorical(numbers), strict=False).cast(pl.String)
        return cls(words.alias("word"), codes, counts)

    def within(self, places: Codes) -> Codes:
        """Turn the column's codes, in place, into those of the vocabulary, where the words are at ``places``.

        Returns a column of codes or, for a list column, rows x longest list, MISSING where a list is shorter.
        """
        codes, places = self.codes, np.append(places, np.int32(MISSING))
        for begin in range(0, len(codes), VALUES_AT_ONCE):
            here = slice(begin, begin + VALUES_AT_ONCE)
            codes[here] = places.take(codes[here])
        if self.counts is None:
            return codes
        matrix = np.full(
            (len(self.counts), max(1, int(self.counts.max(initial=0)))), MISSING, dtype=np.int32, order="F"
        )
        rows = np.repeat(np.arange(len(self.counts)), self.counts)
        matrix[rows, positions_within(self.counts)] = codes
        return matrix


def _flat(lists: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """All values of the lists in order, without nulls, and how many each list has."""
    counts = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    flat = lists.filter(pl.Series(counts > 0)).explode()
    if flat.null_count():
        rows = np.repeat(np.arange(len(counts)), counts)[flat.is_not_null().to_numpy()]
        flat, counts = flat.drop_nulls(), np.bincount(rows, minlength=len(counts))
    return flat, counts


def _as_read(name: str, dtype: pl.DataType, numbers: pl.Categories) -> pl.Expr:
    """How a column is read: texts as categories by ``numbers``, so that they are never all held as strings.

    Raises TypeError for any type but text, a list of texts, a whole number, a boolean or a date.
    """
    if dtype == pl.Date:
        return pl.col(name)
    if dtype == pl.String:
        return pl.col(name).cast(pl.Categorical(numbers))
    if dtype.is_integer() or dtype in (pl.Boolean, pl.Null):
        return pl.col(name).cast(pl.String).cast(pl.Categorical(numbers))
    if dtype in (pl.List(pl.String), pl.List(pl.Null)):
        return pl.col(name).cast(pl.List(pl.String))
    raise TypeError(f"column {name} is {dtype}; give it as text, a list of texts, a whole number or a date")


def encode(table: pl.DataFrame | pl.LazyFrame, columns: Iterable[str]) -> Encoded:
    """Encode the named columns of a table (String, List(String), Date, or whole numbers and booleans, read as strings).

    A lazy table is read one column at a time, and a column's text is freed before the next is read; the table must give its
    rows in the same order each time. Raises KeyError naming a column that the table lacks, and TypeError for a column of
    another type.
    """
    wanted, lazy = list(dict.fromkeys(columns)), table.lazy()
    schema = lazy.collect_schema()
    if absent := [name for name in wanted if name not in schema]:
        raise KeyError(f"the table has no column {', '.join(absent)}; it has {', '.join(schema)}")
    worded: dict[str, _Worded] = {}
    dates: dict[str, Codes] = {}
    for name in wanted:
        numbers = pl.Categories.random()  # for this column alone, and freed with it
        column = lazy.select(_as_read(name, schema[name], numbers)).collect()[name]
        if column.dtype == pl.Date:
            dates[name] = _packed(column)
        else:
            worded[name] = _Worded.of(column, numbers)
    words = pl.concat([pl.Series("word", [], dtype=pl.String), *(column.words for column in worded.values())])
    vocabulary = words.drop_nulls().unique().sort()
    places = words.cast(pl.Enum(vocabulary)).to_physical().cast(pl.Int32).fill_null(MISSING).to_numpy()
    codes: dict[str, Codes] = {}
    lists: dict[str, Codes] = {}
    begin = 0
    for name in list(worded):
        own = worded.pop(name)  # freed as soon as its codes are those of the vocabulary
        end = begin + len(own.words)
        (codes if own.counts is None else lists)[name] = own.within(places[begin:end])
        begin = end
    return Encoded(lazy.select(pl.len()).collect().item(), vocabulary, codes, lists, dates)
