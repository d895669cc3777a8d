"""What a cell says under its contract: empty or not, a date, a code. No other module decides that."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, partial

import polars as pl

from data_contracts.days_as_written import IN_SLASHES, in_slashes, plain_days
from data_contracts.empty_cells import EXPORTED_EMPTY, HYPHENS, NO_BIRTHDAY, NO_DAY, TOO_NARROW, UNSEEN
from data_contracts.ended import LEFT, day_behind_words, says_ended
from data_contracts.parts import (
    BETWEEN_WORDS,
    DATE_PARTS,
    EXCEL_DAYS,
    MONTHS_ALONE,
    YEAR_ALONE,
    Column,
    PersonField,
    plain_code,
    strptime,
)
from data_contracts.today import HOME

IDENTIFYING: frozenset[PersonField] = frozenset({"upn", "former_upn", "nhs_number", "uprn", "phone", "household"})
"""Fields whose columns have numbers that a spreadsheet may shorten."""

_DATE_PART = re.compile("|".join([*DATE_PARTS, "."]))
_PART_PATTERN = {
    "yyyy": "[12][0-9]{3}",
    "yy": "[0-9]{2}",
    "MMMM": "[A-Za-z]{3,9}",
    "MMM": "[A-Za-z]{3}",
    "MM": "[0-9]{1,2}",
    "dd": "[0-9]{1,2}",
    "HH": "[0-9]{2}",
    "mm": "[0-9]{2}",
    "ss": "[0-9]{2}",
}
_TIME_OF_DAY = (
    r"[T ]+\d{1,2}(?::\d{2}(?::\d{2}(?:[.,]\d+)?)?|\.\d{2}\.\d{2}(?:[.,]\d+)?)"
    r"(?:\s*(?:Z|[+-]\d{2}:?\d{2}|[AaPp][Mm]))*$"
)
"""With colons, or with points as Oracle writes it: 14-MAR-15 12.00.00.000000 AM +00:00."""

_DAY_AND_WORDS = (
    r"^(\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2}(?:st|nd|rd|th)?[- ][A-Za-z]{3,9}[- ]\d{2,4})(?:\s*[-,;:(\x{2013}]\s*|\s+)"
    r"([^\W\d_][^\d?]*)$"
)
"""A day and what somebody wrote behind it: 17/07/2026 - did not respond."""

_WORDS_OF_DOUBT = (
    r"(?i)\b(?:due|expected|planned|proposed|provisional|review|possibly|perhaps|maybe|may|might|if|until|unless|will|to be|tbc"
    r"|not (?:closed|ended|left|gone)|returned|is back|came back|extended|still|reopened|cancelled|error|wrong)\b"
)
"""Words behind a day with which it may be no end, or none any more."""

SHORT_BY_NAME = "dd-MMM-yy"
"""Where this format is read, so is a day with its month by name however its parts are separated."""

_BY_NAME = (
    r"(?i)^(\d{1,2})[-/. ](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?[-/. ](\d{2}|\d{4})$"
)

_MIDNIGHT_OF_SUMMER = r"[T ]+23:00(?::00(?:[.,]0+)?)?\s*(?:Z|[+-]00:?00)$"
"""Midnight in British Summer Time is 23:00 of the day before in Greenwich Mean Time."""

LAST_CENTURY = 40
"""From this year on, a year of two digits is in the last century: tenants are born in 58, and nothing is dated 2058."""

_SAID_TWICE = re.compile(r"\s*[/:=]\s*|\s+[-\N{EN DASH}]\s+")
"""What separates a code from its word, or from the same code in another language."""

_LETTER_IN_LIST = re.compile(r"^\(?[A-Za-z0-9]{1,2}\)\s*")
"""The letter before an answer in a form's list, as in Annex A of the inspection of children's services."""

_SYSTEMS_OWN = re.compile(r"\s*((?!NO|EX)[A-Z]{1,2}[0-9]?|[0-9]{1,3})(?:\s*[:=]\s*|\s+[-\N{EN DASH}]\s+)(.+)")
"""A code that a system writes before its word, and the word: A - Accepted. The first is no word itself, as in NO - Accepted."""

_ENDS = frozenset(("closed", "ended", "ceased", "terminated", "left", "leaver", "deregistered", "deducted"))
"""Words that say in any sentence that an entry has ended: Placement ended, Closed - moved to Wales."""

_ENDS_IN_WELSH = re.compile(r"(?i)\bwedi (?:gadael|ymadael|cau|gorffen|dod i ben)\b")
"""The same of Welsh, where it takes two words: Wedi gadael ar 12/07/2026."""

_NOT_YET = frozenset(("not", "never", "pending", "reopened", "will", "be", "if", "until", "when", "ddim", "heb", "nid"))
"""Words with which it has not, or not yet."""

_LONGEST_DAY = len("31-dec-9999")

FEW_CELLS, MOST_KNOWN = 1_000, 100_000
"""Of up to so many cells, each text is read as a date only once in a process, until so many texts are known."""

_DAYS_KNOWN: defaultdict[tuple[str, ...], dict[str, date | None]] = defaultdict(dict)
"""Formats -> the texts that this process has read in them among a few cells, and the day of each."""

_NAMES: frozenset[PersonField] = frozenset({"surname", "forename", "full_name"})
"""Here "Null" may be a value: it is also a surname."""

_MAY_BEGIN_SO: frozenset[PersonField] = _NAMES | {"other_surname", "middle_names", "parent_name", "address"}
"""Here a leading apostrophe may belong to the value, as in 't Hooft."""


def text_of(column: Column) -> pl.Expr:
    """The cell without surrounding spaces; null if it is empty, or a placeholder of the column (``notAValue``).

    What exports write for an empty cell (``EXPORTED_EMPTY``) is also empty, except in columns of names. In a date column so is
    anything that means no date (``NO_DAY`` or ``NO_BIRTHDAY``) and a mask that nobody filled in, such as ``__/__/____``. The
    apostrophe by which a spreadsheet marks text is removed, except from names and addresses.
    """
    spelt = tuple(map(str.casefold, column.not_a_value))
    return _text_of(column.name, column.maps_to, column.logical_type == "date", bool(column.codes), spelt)


@cache
def _text_of(
    name: str, maps_to: PersonField | None, is_date: bool, is_code: bool, not_a_value: tuple[str, ...]
) -> pl.Expr:
    """As ``text_of``: put together once for each column, as a night asks for it thousands of times."""
    text = pl.col(name).str.strip_chars()
    held = text if maps_to in _MAY_BEGIN_SO else text.str.strip_prefix("'")
    if is_date or is_code:  # only these need placeholders recognised behind the apostrophe, at some cost in time
        text = held = held.str.replace_all(UNSEEN, "").str.strip_chars()
    has_value = text != "" if maps_to in _NAMES else ~text.is_in(("", "'", *EXPORTED_EMPTY))
    if is_date:
        text = held = held.str.replace_all(HYPHENS, "-")
        has_value &= text.str.contains(f"[0-9A-Za-z]|{TOO_NARROW}")
        day = text.str.head(_LONGEST_DAY).str.strip_chars_end("T ")  # as databases write it: 9999-12-31T00:00:00
        no_day = NO_BIRTHDAY if maps_to == "date_of_birth" else NO_DAY
        has_value &= ~(text.str.to_lowercase().is_in(no_day) | day.str.to_lowercase().is_in(no_day))
    if not_a_value:
        has_value &= ~text.str.to_lowercase().is_in(not_a_value)
    return pl.when(has_value).then(held)


def is_empty(column: Column) -> pl.Expr:
    """True if the cell is empty, has only spaces, or is a placeholder (:func:`text_of`). Never null."""
    return text_of(column).is_null()


def parse_dates(column: Column) -> pl.Expr:
    """The cell as a date; null if it is empty or no date under the contract (:func:`as_days`).

    A year alone is no date of birth: it says something of it (:mod:`data_contracts.births`).
    """
    return as_days(text_of(column), [form for form in column.dates_written if form != YEAR_ALONE])


def is_no_date(column: Column) -> pl.Expr:
    """True if something is in the cell that is no date under the contract (:func:`parse_dates`). Never null."""
    return ~is_empty(column) & parse_dates(column).is_null()


def is_ended_in_words(column: Column) -> pl.Expr:
    """True if the cell of a column of ends says in words that it has come, and gives no day. Never null."""
    return says_ended(text_of(column)) & parse_dates(column).is_null()


def as_days(text: pl.Expr, written: Sequence[str]) -> pl.Expr:
    """Text as a date; null if it is none in any of these formats (``DATE_PARTS``, ``excel``, a year or a month alone).

    Formats are tried strictly, in order: the day must exist, so 31/02/2015 is no date. A time of day after the date is ignored.
    The exception is 23:00 UTC: software that stores days as moments writes 14 May 2015 as 2015-05-13T23:00:00Z, so the day is
    the one that began at that moment in England and Wales.
    """
    return text.map_batches(partial(_days_in, written=tuple(written)), return_dtype=pl.Date, is_elementwise=True)


def _days_in(text: pl.Series, written: tuple[str, ...]) -> pl.Series:
    """As ``as_days``. Of a few cells, as there are hundreds of times a night and mostly with the same days, each text is read
    only once: reading a few cells takes as long as reading thousands."""
    if len(text) > FEW_CELLS:
        return _days_read(text, written)
    known, asked = _DAYS_KNOWN[written], set(text.drop_nulls().to_list())
    days = {cell: known[cell] for cell in asked if cell in known}
    if new := list(asked - days.keys()):
        days |= zip(new, _days_read(pl.Series(new, dtype=pl.String), written).to_list(), strict=True)
        if len(known) < MOST_KNOWN:
            known |= days
    return pl.Series(text.name, [days.get(cell) for cell in text.to_list()], dtype=pl.Date)


def _days_read(text: pl.Series, written: Sequence[str]) -> pl.Series:
    """As ``as_days``; each way of reading is tried only on text that no earlier one could read."""
    days = pl.Series(text.name, [None], dtype=pl.Date).new_from_index(0, len(text))
    without_time = text.str.replace(_TIME_OF_DAY, "")
    is_named = without_time.str.contains("[A-Za-z]").fill_null(value=False)
    if is_named.any():  # only these, so that how a cell is read does not depend on the cells beside it
        without_time = plain_days(without_time).zip_with(is_named, without_time)
    left = text.is_not_null().arg_true()
    for cells, read in _ways_to_read(text, without_time, written):
        if left.is_empty():
            break
        tried = read(cells.gather(left))
        is_read = tried.is_not_null()
        days.scatter(left.filter(is_read), tried.filter(is_read))
        left = left.filter(~is_read)
    at_midnight = text.str.contains(_MIDNIGHT_OF_SUMMER).fill_null(value=False)
    return days.zip_with(~at_midnight, _in_london(days)) if at_midnight.any() else days


def _ways_to_read(
    text: pl.Series, without_time: pl.Series, written: Sequence[str]
) -> Iterator[tuple[pl.Series, Callable[[pl.Series], pl.Series]]]:
    """Which cells are tried in turn, and what reads them."""
    for form in written:
        yield without_time, partial(_in_first_form, forms=(form,))
    if SHORT_BY_NAME in written:
        yield without_time, _days_by_name
    if slashed := [form for form in written if form in IN_SLASHES]:
        yield without_time, lambda cells: _in_first_form(in_slashes(cells), slashed)
    if not set(MONTHS_ALONE).isdisjoint(written):  # an end
        yield text, partial(_days_in_words, written=written)


def _days_by_name(text: pl.Series) -> pl.Series:
    """A day, the name of its month and a year, whatever stands between them: 14/Mar/15, 14 March 15, 14.MAR.2015."""
    return _in_first_form(text.str.replace(_BY_NAME, "${1}-${2}-${3}"), (SHORT_BY_NAME, "dd-MMM-yyyy"))


def _in_first_form(text: pl.Series, forms: Sequence[str]) -> pl.Series:
    """Text as a date in the first of a few forms that reads it."""
    return text.to_frame("text").select(day=pl.coalesce(_as_day(pl.col("text"), form) for form in forms))["day"]


def _days_in_words(text: pl.Series, written: Sequence[str]) -> pl.Series:
    """The day before or behind words that say what ended on it, or by which the season that they name is over."""
    of_a_day = _days_read(_day_before_words(text), [form for form in written if form not in MONTHS_ALONE])
    behind = day_behind_words(text)
    is_other = (behind != text).fill_null(value=False)
    return of_a_day if not is_other.any() else of_a_day.zip_with(~is_other, _days_read(behind, written))


def _day_before_words(text: pl.Series) -> pl.Series:
    """The day with which a text begins, if what is behind it doubts nothing; else null."""
    day, words = text.str.extract(_DAY_AND_WORDS, 1), text.str.extract(_DAY_AND_WORDS, 2)
    return pl.select(pl.when(~words.str.contains(_WORDS_OF_DOUBT)).then(day)).to_series()


def _in_london(days: pl.Series) -> pl.Series:
    """The day in London when it is 23:00 UTC on each of these days."""
    at_eleven = (days.cast(pl.Datetime("us")) + timedelta(hours=23)).dt.replace_time_zone("UTC")
    return at_eleven.dt.convert_time_zone(HOME).dt.date()


def _as_day(text: pl.Expr, form: str) -> pl.Expr:
    """Text as a date in one format; a year of two digits from ``LAST_CENTURY`` on is in the last century."""
    if form == EXCEL_DAYS:
        return excel_day(text)
    fitting = pl.when(text.str.contains(_pattern(form))).then(text)
    if form in MONTHS_ALONE:
        return (pl.lit("01 ") + fitting).str.to_date(f"%d {strptime(form)}", strict=False).dt.month_end()
    day = fitting.str.to_date(strptime(form), strict=False)
    if "yyyy" in form:
        return day
    return pl.when(day.dt.year() >= 2000 + LAST_CENTURY).then(day.dt.offset_by("-100y")).otherwise(day)


def excel_day(text: pl.Expr) -> pl.Expr:
    """The day of Excel's day number, of five digits, so from 1927 (10000) on; a time of day (the fraction) is ignored.

    Excel's day 1 is 1 January 1900, and it takes 1900 for a leap year. So from March 1900 on, its day 0 is 30 December 1899.
    """
    days = pl.when(text.str.contains(r"^[1-9][0-9]{4}(?:\.[0-9]+)?$")).then(text).str.extract(r"^([0-9]+)", 1)
    return pl.lit(date(1899, 12, 30)) + pl.duration(days=days.cast(pl.Int64, strict=False))


def is_shortened_number(column: Column) -> pl.Expr:
    """True if a spreadsheet has shortened a long number to a power of ten (1.23E+12), so that digits are lost; null if the cell
    is empty.
    """
    return text_of(column).str.contains(r"^[+-]?[0-9](?:[.,][0-9]+)?[Ee]\+?[0-9]{1,2}$")


def _pattern(written: str) -> str:
    """Regular expression for a date format. In a format without separators, parts must have their full width."""
    runs_together = re.fullmatch("[a-zA-Z]+", written) is not None
    parts = []
    for part in _DATE_PART.findall(written):
        pattern = _PART_PATTERN.get(part, re.escape(part))
        parts.append(pattern.replace("{1,2}", "{2}") if runs_together else pattern)
    return "^" + "".join(parts) + "$"


def as_codes(column: Column) -> pl.Expr:
    """What the cell's code means by ``codes``; a code outside them means ``unknownCode`` (or null).

    Null also if the code means nothing (""), and if the cell is empty and ``codes`` give "" no meaning. For a column without
    codes: its text (:func:`text_of`).
    """
    if not column.codes:
        return text_of(column)
    meanings = _meanings(column)
    code = _codes_of(column, meanings)
    known = code.replace_strict(meanings, default=column.unknown_code, return_dtype=pl.String)
    return pl.when(code.is_null()).then(pl.lit(column.codes.get("") or None, dtype=pl.String)).otherwise(known)


def is_known_code(column: Column) -> pl.Expr:
    """True if the cell's code is in ``codes``; null if the cell is empty."""
    meanings = _meanings(column)
    return _codes_of(column, meanings).is_in(list(meanings))


def _meanings(column: Column) -> dict[str, str | None]:
    """Code, in the form in which codes are compared -> its meaning; null: it means nothing."""
    return {plain_code(code): means or None for code, means in column.codes.items() if code}


def _codes_of(column: Column, meanings: Mapping[str, str | None]) -> pl.Expr:
    """The cell's code in the form in which codes are compared; null if the cell is empty. ``meanings``: those of the column.

    A code may be given twice, with its word or in two languages (``1 - Male``, ``Gwryw / Male``): if both halves are codes with
    the same meaning, the result is the first. Of ``A - Accepted``, with a system's own code before a word, it is the word. The
    letter by which a form lists its answers (``a) Male``) is ignored.
    """
    said_once = partial(_codes_of_texts, meaning=meanings)
    return text_of(column).map_batches(said_once, return_dtype=pl.String, is_elementwise=True)


def _codes_of_texts(text: pl.Series, meaning: Mapping[str, str | None]) -> pl.Series:
    """As ``_codes_of``. Only codes that are not known as they are get split, each distinct one once."""
    codes = text.to_frame("text").select(plain_codes(pl.col("text"))).to_series()
    unknown = text.filter(codes.is_not_null() & ~codes.is_in(list(meaning))).unique()
    first_halves = {plain_code(whole): half for whole in unknown if (half := _first_of_two(whole, meaning)) is not None}
    return codes.replace(first_halves) if first_halves else codes


def _first_of_two(text: str, meaning: Mapping[str, str | None]) -> str | None:
    """The first half of a code given twice, or what is behind a list's letter or a system's own code, or the word by which an
    entry has ended (``Closed - moved to Wales``). In the form in which codes are compared; null: none of these."""
    if (behind := plain_code(_LETTER_IN_LIST.sub("", text))) in meaning:
        return behind
    if coded := _SYSTEMS_OWN.fullmatch(text):
        own, word = (plain_code(half.strip()) for half in coded.groups())
        if own not in meaning and word in meaning:
            return word
    for halves in (_SAID_TWICE.split(text, 1), text.rstrip(")").split("(", 1)):
        codes = [plain_code(half.strip()) for half in halves]
        if len(codes) == 2 and all(code in meaning for code in codes) and meaning[codes[0]] == meaning[codes[1]]:
            return codes[0]
    return _word_of_an_end(text, meaning)


def _word_of_an_end(text: str, meaning: Mapping[str, str | None]) -> str | None:
    """The word in a text by which an entry has ended, if it is a code for that; null: none, or denied, or still to come."""
    words = [plain_code(word) for word in re.findall(r"[^\W\d_]+", text)]
    if not _NOT_YET.isdisjoint(words):
        return None
    ends = [word for word in words if word in _ENDS] + [plain_code(said) for said in _ENDS_IN_WELSH.findall(text)]
    return next((word for word in ends if meaning.get(word) == LEFT), None)


def plain_codes(text: pl.Expr) -> pl.Expr:
    """The form in which codes are compared: lower case, and words joined (``BETWEEN_WORDS``)."""
    return text.str.to_lowercase().str.replace_all(BETWEEN_WORDS, "${1}${2}")
