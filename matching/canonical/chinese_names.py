"""Which given name a record of a child with a Chinese surname has: a Chinese one, or another that the child goes by.

Many children with a Chinese name go by an English one at school and with friends, and a list may hold either: KA HO LI and
ERIC LI may well be one child. The family chooses which English name goes with which Chinese one, so no list of variants
can tell.
"""

from functools import cache

import polars as pl

from matching.canonical.names import listed_lines, variant_groups

CHINESE, OTHER = "Chinese", "other"

SHORTEST_OTHER = 3
"""Letters that another name must have: a shorter one is a syllable or an initial, and tells nothing."""


@cache
def _listed(kind: str) -> tuple[str, ...]:
    """The words of one kind (surname, syllable) in ``data/chinese_names.csv``."""
    lines = (line.split(",") for line in listed_lines("chinese_names.csv"))
    return tuple(word for of, *words in lines if of == kind for word in words)


def _is_chinese() -> pl.Expr:
    """Whether a surname is Chinese, or made up of Chinese surnames, as WANG-LEUNG is."""
    is_listed = pl.element().is_in(_listed("surname"))
    parts = pl.col("surname_parts").fill_null([])
    return pl.col("surname").is_in(_listed("surname")) | (
        parts.list.eval(is_listed).list.all() & (parts.list.len() > 1)
    )


def given_name_custom(person: pl.DataFrame) -> pl.Series:
    """``Chinese`` or ``other`` (String), one row per row of ``person`` (canonical ``forename``, ``given_names``, ``surname``).

    Chinese: two or three syllables in pinyin or Hong Kong spelling, together or apart. A name that is also usual elsewhere
    (ANNA) counts as other if it stands alone. Null: the surname is not Chinese, or the name may be either.
    """
    rows = person.select("forename", "given_names", "surname", "surname_parts").with_row_index("row")
    asked = rows.filter(_is_chinese() & pl.col("forename").is_not_null())
    syllable = "|".join(sorted(_listed("syllable"), key=len, reverse=True))
    stands_alone = pl.col("forename") == pl.col("given_names")
    is_usual = stands_alone & (variant_groups(asked["forename"]).list.len() > 0)
    is_spelled = pl.col("given_names").str.contains(f"^(?:{syllable}){{2,3}}$")
    is_syllables = pl.col("forename").str.contains(f"^(?:{syllable}){{1,3}}$")
    is_other = (is_usual | ~is_syllables) & (pl.col("forename").str.len_chars() >= SHORTEST_OTHER)
    custom = pl.when(is_spelled & ~is_usual).then(pl.lit(CHINESE)).when(is_other).then(pl.lit(OTHER))
    customs = asked.select("row", given_custom=custom)
    return rows.join(customs, on="row", how="left", maintain_order="left")["given_custom"]
