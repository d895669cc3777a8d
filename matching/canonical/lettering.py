"""Any text as plain capitals: misread bytes repaired, invisible characters removed, every script in Latin letters.

Names and addresses come in every script and through every system. Each distinct value is handled once.
"""

import re
from collections.abc import Callable

import polars as pl
from anyascii import anyascii

_FOLLOWING_BYTE = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
_MISREAD = f"[\u00c2-\u00f4][{_FOLLOWING_BYTE}]"
"""The first byte of a UTF-8 sequence and a following one, as Windows-1252 shows them."""
_RUN_OF_BYTES = re.compile(f"[\u00c0-\u00ff{_FOLLOWING_BYTE}]{{2,}}")

_APOSTROPHES = r"[’‘‛`´ʼʹʻˈ′＇]"
_DASHES = r"[‐‑‒–—―−﹣－]"
_UNSEEN = r"[\p{C}\p{So}\p{Sk}\x{FE00}-\x{FE0F}]"
"""Control and direction marks, unassigned code points, emoji and other pictures."""


def by_distinct(text: pl.Series, derive: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """Derive columns from the distinct non-null values of a text column, and give them for every row.

    ``derive`` returns one row per value, in the order of the values. The result has one row per row of ``text``, in its
    order; where the text is null every column is null.
    """
    distinct = text.drop_nulls().unique()
    derived = derive(distinct).with_columns(distinct.alias("__text"))
    rows = text.alias("__text").to_frame()
    return rows.join(derived, on="__text", how="left", validate="m:1", maintain_order="left").drop("__text")


def _bytes_as_misread(text: str) -> bytes:
    """The bytes that Windows-1252 would have shown as this text; its five undefined bytes are taken as they are."""
    return b"".join(c.encode("latin-1") if "\x80" <= c <= "\x9f" else c.encode("cp1252") for c in text)


def _reread_run(run: re.Match[str]) -> str:
    try:
        return _bytes_as_misread(run[0]).decode("utf-8")
    except UnicodeError:
        return run[0]


def _reread(text: str) -> str:
    """Undo UTF-8 read as Windows-1252, up to three times over, wherever a run of characters is valid UTF-8."""
    for _ in range(3):
        before, text = text, _RUN_OF_BYTES.sub(_reread_run, text)
        if text == before:
            break
    return text


def replaced(values: pl.Series, is_odd: pl.Series, write: Callable[[str], str]) -> pl.Series:
    """The values, with the (few) odd ones rewritten, each distinct one once."""
    odd = values.filter(is_odd).unique()
    if odd.is_empty():
        return values
    return values.replace_strict(odd, pl.Series([write(value) for value in odd.to_list()]), default=values)


def repaired(text: pl.Series) -> pl.Series:
    """Text as its writer meant it: misread bytes put right ("SiÃ¢n" is Siân), one kind of apostrophe and hyphen, no
    control or direction marks, no emoji, single spaces. Case and accents stay. Null: nothing is left.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        reread = replaced(values, values.str.contains(_MISREAD), _reread)
        even = reread.str.replace_all(_APOSTROPHES, "'").str.replace_all(_DASHES, "-").str.replace_all(r"\s", " ")
        seen = even.str.normalize("NFKC").str.replace_all(_UNSEEN, "").str.replace_all(r"\s+", " ").str.strip_chars()
        return seen.alias("value").to_frame().select(pl.when(pl.col("value") != "").then(pl.col("value")))

    return by_distinct(text, derive)["value"].alias(text.name)


def plain_capitals(text: pl.Series) -> pl.Series:
    """Repaired text in capitals A-Z, with digits and ASCII punctuation unchanged; other scripts are transliterated.
    Null: nothing is left.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        written = replaced(values, ~values.str.contains(r"^[\x20-\x7E]*$"), anyascii)
        capitals = written.str.to_uppercase().str.replace_all(r"[^\x20-\x7E]", "")
        capitals = capitals.str.replace_all(r" +", " ").str.strip_chars(" ")
        return capitals.alias("value").to_frame().select(pl.when(pl.col("value") != "").then(pl.col("value")))

    return by_distinct(repaired(text), derive)["value"].alias(text.name)
