"""Columns put into a sentence, and text of sources made ready for searching."""

import polars as pl


def formatted(sentence: str, *parts: pl.Expr | str) -> pl.Expr:
    """A sentence with a column (or its name) at each ``{}``; null where one of them is null.

    Not polars' own ``format`` (2.1): it panics, and the night with it, on a column in several chunks of which the first is
    empty (as a filter may leave it) with no more rows than twice the number of threads.
    """
    first, *others = sentence.split("{}")
    pieces: list[pl.Expr | str] = [pl.lit(first)]
    for part, text in zip(parts, others, strict=True):
        pieces += [part, pl.lit(text)]
    return pl.concat_str(pieces)


def letters_and_digits(*columns: str) -> pl.Expr:
    """Columns as one text without case, spaces and punctuation; null where one of them is null."""
    return pl.concat_str(columns).str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")


def in_small_letters(text: pl.Expr) -> pl.Expr:
    """Text of a source for searching: in lower case, and with spaces for the underscores of a code (PLACE_ACCEPTED); an
    empty text for null."""
    return text.fill_null("").str.to_lowercase().str.replace_all("_", " ", literal=True)
