"""Columns put into a sentence, and what sources say made ready to be searched."""

import polars as pl


def formatted(sentence: str, *parts: pl.Expr | str) -> pl.Expr:
    """A sentence with a column (or its name) at each ``{}``; null where one of them is.

    Not polars' own ``format``: where a column is kept in several pieces of which the first is empty, as a filter leaves it,
    and has no more rows than twice as many as there are threads, that one (2.1) gives up, and the night with it.
    """
    first, *others = sentence.split("{}")
    pieces: list[pl.Expr | str] = [pl.lit(first)]
    for part, text in zip(parts, others, strict=True):
        pieces += [part, pl.lit(text)]
    return pl.concat_str(pieces)


def letters_and_digits(*columns: str) -> pl.Expr:
    """Columns as one text, in capitals and without all else, that is the same however they are written; null where one is."""
    return pl.concat_str(columns).str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")


def in_small_letters(said: pl.Expr) -> pl.Expr:
    """What a source says, to be searched for words, whether it is written as words or as a code (PLACE_ACCEPTED); an empty
    text for null.
    """
    return said.fill_null("").str.to_lowercase().str.replace_all("_", " ", literal=True)
