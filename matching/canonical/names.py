"""Canonical names, a column at a time: what is left of a name without titles, accents and habits of writing.

Every function takes text as it is in the file. Each distinct value is handled once. Canonical names are A-Z, with one space
between parts of a name. Null: no name, or only a placeholder such as "Baby" or "Not known".
"""

import re
from functools import cache
from pathlib import Path

import polars as pl

from matching.canonical.lettering import by_distinct, plain_capitals, repaired, replaced

DATA_FOLDER = Path(__file__).parents[1] / "data"

_TITLES = "MR|MRS|MISS|MS|MX|MASTER|MSTR|MSTER|MST|MISTER|DR|DOCTOR|PROF|PROFESSOR|REV|REVD|SIR|DAME"
_SUFFIXES = "JNR|JR|JUNIOR|SNR|SR|SENIOR|II|III|(?:TWIN|TRIPLET)(?: [ABC])?"
_WORDS_BETWEEN = "KNOWN AS|ALSO KNOWN AS|AKA|NEE|FORMERLY|PREVIOUSLY|PREFERRED"

_BOUND_PARTICLES = "MC|MAC|O|FITZ"
"""Particles that make a different name of the next word: DONALD is not MCDONALD."""

_LOOSE_PARTICLES = (
    "AL|EL|UL|AD|AR|AS|AN|AT|AZ|ABU|ABO|IBN|IBNU|BIN|BINT|BINTI|BEN|DE|DEL|DELLA|DI|DA|DO|DOS|DAS|DU|LA|LE|LOS|"
    "LAS|VAN|VON|DER|DEN|TER|TEN|AP|AB|FERCH|ST|SAINT"
)
"""Particles that some systems keep and others drop: HASSAN may well be AL HASSAN."""

_OPENS_A_SURNAME = (
    "MC|MAC|O|AL|EL|UL|ABU|ABO|IBN|BIN|BINT|BINTI|DE|DEL|DELLA|DI|DA|DOS|DAS|DU|LA|LE|VAN|VON|DER|DEN|TER|AP|AB|"
    "FERCH|ST"
)
"""Particles that begin the surname within a full name. Fewer than above: BEN and AN are also forenames."""

_NOBODY_WORDS = (
    "UNKNOWN|UNK|UNKN|NOTKNOWN|NONAME|UNNAMED|NFN|NMN|FNU|LNU|NK|TBC|TBA|TBN|NULL|ANONYMOUS|REDACTED|WITHHELD"
)
"""Words that name nobody, wherever they are in the text."""

_NOBODY = (
    "NOT KNOWN|NOT GIVEN|NOT STATED|NOT AVAILABLE|NOT PROVIDED|NOT RECORDED|NOT APPLICABLE|NOT DISCLOSED|NO NAME|"
    "UN NAMED|NO FORENAME|NO SURNAME|NO FIRST NAME|NO LAST NAME|NO GIVEN NAME|NAMELESS|UNBORN|TEST|TEST TEST|"
    "TEST CHILD|TEST PUPIL|DUMMY|TO BE CONFIRMED|NONE|NIL|ANON|MISSING|SURNAME|FORENAME|FIRST NAME|LAST NAME|"
    "FIRSTNAME|LASTNAME|DO NOT USE|DELETED|DUPLICATE"
)
"""Texts that name nobody if there is nothing else."""

_UNNAMED_CHILD = "UNBORN|BABY|BABYBOY|BABYGIRL|BABYOF|INFANT|NEWBORN|NEW BORN|TWIN|TRIPLET|BOY|GIRL|MALE|FEMALE|BB"
_CALLED_BY_NUMBER = "BOY|GIRL|MALE|FEMALE|OF|ONE|TWO|THREE|I|II|III|A|B|C|NUMBER|NO"

_CHILD_OF = rf"\b(?:{_UNNAMED_CHILD}|SON|DAUGHTER|CHILD)(?: (?:{_CALLED_BY_NUMBER}))* OF\b.*$"
"""What an unnamed child is called after its mother (BABY OF ...): none of it is the child's name."""

_NO_MORE_IN_USE = r"(?:XX+|ZZ+)(?: X+\b)* ?"
"""How systems mark the record of somebody who has died, or one not to be used, so that it sorts to the end."""

_LOST_LETTERS = r"([A-Z'])\?+|\?+([A-Z'])"
"""Question marks that systems without accents write in place of letters (and of curly apostrophes)."""

_ALL_BUT_LOST = r"(^|[^A-Z?'])\?+[A-Z]\b"


def _words(plain: pl.Expr) -> pl.Expr:
    """Plain capitals as words of A-Z separated by one space: apostrophes join, every other character separates.

    0, 1 and 5 between letters are O, I and S mistyped or misread by a scanner. A question mark beside a letter is one that a
    system could not write (NGUY?N, O?BRIEN): it is dropped without splitting the word. A single letter after it is not an
    initial.
    """
    words = (
        plain.str.replace_all(_ALL_BUT_LOST, "${1}")
        .str.replace_all(_LOST_LETTERS, "${1}${2}")
        .str.replace_all("'", "")
        .str.replace_all(r"\b(?:[AN]\s*[/\\]\s*)?K\s*[/\\]\s*A\b", "AKA")
        .str.replace_all(r"\bN\s*[/\\]\s*[AK]\b", "UNKNOWN")
        .str.replace_all(r"^\s*B\s*[/\\]\s*O\b", "BABY OF")
    )
    for digit, letter in (("0", "O"), ("1", "I"), ("5", "S")):
        words = words.str.replace_all(rf"([A-Z]){digit}([A-Z])", f"${{1}}{letter}${{2}}")
    return words.str.replace_all(r"[^A-Z]+", " ").str.strip_chars(" ")


def _naming(words: pl.Expr) -> pl.Expr:
    """Words without those that name nobody, or that only separate two names ("known as").

    AKA and NEE are also surnames: either is kept if it is the whole text.
    """
    without = words.str.replace_all(rf"\b(?:{_WORDS_BETWEEN}|{_NOBODY_WORDS})\b", " ")
    without = without.str.replace_all(r" +", " ").str.strip_chars(" ")
    return pl.when(words.is_in(["AKA", "NEE"])).then(words).otherwise(without)


def _given_words(text: pl.Series) -> pl.Expr:
    """Given names as words, without title, suffix and placeholders; may be empty."""
    words = _naming(_words(pl.lit(plain_capitals(text)))).str.replace(_CHILD_OF, "").str.strip_chars(" ")
    before = rf"(?:{_TITLES}) |{_NO_MORE_IN_USE}|(?:{_UNNAMED_CHILD})(?: (?:{_CALLED_BY_NUMBER})\b)*(?: |$)"
    words = words.str.replace(rf"^(?:{before})+", "")
    words = words.str.replace(rf"(?: (?:{_SUFFIXES}))+$", "")
    return words.str.replace(rf"^(?:{_NOBODY}|CHILD)$", "")


def given_names(text: pl.Series) -> pl.DataFrame:
    """Columns ``forename``, ``middle_names`` and ``given_names`` of :mod:`matching.person`, one row per row of ``text``.

    ``text`` holds all given names of a child in order. A hyphen separates names as a space does (``given_names`` runs them
    together, so that MARY-JANE, MARY JANE and MARYJANE agree). An initial is kept.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        words = values.to_frame("value").select(_given_words(values).fill_null("").alias("words"))["words"]
        parts = words.str.split_exact(" ", 1).struct.unnest()
        middle = words.str.replace(r"^[A-Z]* ?", "")
        columns = {"forename": parts["field_0"], "middle_names": middle, "given_names": words.str.replace_all(" ", "")}
        return pl.DataFrame(columns).select(pl.when(pl.all() != "").then(pl.all()))

    return by_distinct(text, derive)


def _surname_words(text: pl.Series) -> pl.Expr:
    """A surname as words, without title, suffix and placeholders; may be empty or null."""
    words = _naming(_words(pl.lit(plain_capitals(text)))).str.replace(rf"^(?:(?:{_TITLES}) |{_NO_MORE_IN_USE})+", "")
    words = words.str.replace(rf"(?: (?:{_SUFFIXES}))+$", "")
    is_nobody = words.str.contains(rf"^(?:{_NOBODY})$") | words.str.replace_all(" ", "").str.contains(
        rf"^(?:{_NOBODY}|{_NOBODY_WORDS})$"
    )
    return pl.when(~is_nobody).then(words)


def surnames(text: pl.Series) -> pl.DataFrame:
    """Columns ``surname`` and ``surname_parts`` of :mod:`matching.person`, one row per row of ``text``.

    A particle that makes a different name is joined to the next word (MC DONALD: MCDONALD). One that some systems drop
    gives two parts, with and without it (AL-HASSAN: ALHASSAN and HASSAN). Parts are null if the surname is.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        words = values.to_frame("value").select(_surname_words(values).fill_null("").alias("words"))["words"]
        bound = words.str.replace_all(rf"\b({_BOUND_PARTICLES}) ([A-Z]{{2}})", "${1}${2}")
        for _ in range(2):  # DE LA CRUZ: the second particle is matched once the first is tied
            bound = bound.str.replace_all(rf"\b({_LOOSE_PARTICLES}) ([A-Z]{{2}})", "${1}+${2}")
        tied = pl.col("bound").str.replace_all(r"\+", "").str.split(" ")
        bare = pl.col("bound").str.replace_all(r"[A-Z]+\+", "").str.split(" ")
        parts = tied.list.concat(bare).list.unique(maintain_order=True)
        parts = parts.list.eval(pl.element().filter(pl.element().str.len_chars() > 1))
        whole = pl.col("words").str.replace_all(" ", "")
        return pl.DataFrame({"words": words, "bound": bound}).select(
            pl.when(whole != "").then(whole).alias("surname"),
            pl.when(whole != "").then(parts).alias("surname_parts"),
        )

    return by_distinct(text, derive)


_JOINERS = r"(?:&|\+|/|;|\band\b)"
_LAST_NAME = rf"((?:(?:{_OPENS_A_SURNAME})\.?\s)*\S+)"
_CAPITALS = r"(?:Mc|Mac)?\p{Lu}[\p{Lu}'’-]"
_SURNAME_IN_CAPITALS = (
    rf"^(?P<surname>(?:{_CAPITALS}+\s)*{_CAPITALS}{{2,}}(?:\s{_CAPITALS}+)*)\s(?P<given>\p{{Lu}}\p{{Ll}}.*)$"
)
"""SMITH John Paul. Two capitals alone are a forename's as often: TJ Brown."""


_NO_SURNAME_LAST = (
    r"(?i)^(?P<surname>[^\s,.]{2,})\s"
    r"(?P<given>[^\W\d_]\.?(?:\s[^\W\d_]\.?)*|(?:UNBORN|BABY|INFANT|NEWBORN|UNKNOWN|(?:CHILD|SON|DAUGHTER) OF)\b.*)$"
)
"""A surname and then only initials, or what an unnamed child is called (Khan A; Khan Baby Boy), in lists with the surname first
and no comma."""


def _cut_full_name(text: pl.Expr) -> pl.Expr:
    """Struct of ``given`` and ``surname``, spelt as in the text."""
    is_titled = text.str.contains(rf"(?i)^(?:{_TITLES})\b")
    whole = text.str.replace_all(r"\s*-\s*", "-").str.replace_all(r"\s*\([^)]*\)", "")
    whole = whole.str.replace(rf"(?i)^(?:(?:{_TITLES})\b\.?\s*(?:{_JOINERS}\s*)?)+", "")
    whole = whole.str.replace(rf"(?i)[\s,]+(?:{_SUFFIXES})\.?$", "").str.strip_chars(" ,")
    comma = whole.str.extract_groups(r"^(?P<surname>[^,]+?)\s*,\s*(?P<given>.*)$").struct
    after_comma = comma["given"].str.replace(rf"(?i)^(?:(?:{_TITLES})\b\.?\s*)+", "").str.replace_all(r"[\s,]+", " ")
    natural = whole.str.extract_groups(rf"(?i)^(?P<given>\S+(?:\s\S+)*?)\s(?P<surname>{_LAST_NAME})$").struct
    capitals = whole.str.extract_groups(_SURNAME_IN_CAPITALS).struct
    ends = pl.when(~is_titled).then(whole).str.extract_groups(_NO_SURNAME_LAST).struct
    one_word = pl.when(~whole.str.contains("[ ,]")).then(whole)
    is_surname = is_titled | text.str.contains(",")
    given = pl.coalesce(after_comma, capitals["given"], ends["given"], natural["given"])
    surname = pl.coalesce(comma["surname"], capitals["surname"], ends["surname"], natural["surname"])
    return pl.struct(
        given=pl.coalesce(given, pl.when(~is_surname).then(one_word)),
        surname=pl.coalesce(surname, pl.when(is_surname).then(one_word)),
    )


def split_full_names(text: pl.Series) -> pl.DataFrame:
    """Columns ``given`` and ``surname``, spelt as in the (repaired) text, one row per row of ``text``.

    With a comma, or if only its first words are in capitals, or if what comes after the first cannot be a surname (initials, or
    what an unnamed child is called), the text is read as "SURNAME Forename Middle", otherwise as
    "[Title] Forename Middle Surname": the last word is the surname, with its hyphens and the particles before it. A single
    word is the given name, as in a household's list where only the tenant's row has the surname; after a title or before a
    comma it is the surname.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        halves = repaired(values).alias("value").to_frame().select(_cut_full_name(pl.col("value")).alias("name"))
        return halves["name"].struct.unnest().select(pl.when(pl.all() != "").then(pl.all()))

    return by_distinct(text, derive)


def with_comma_behind_surname(text: pl.Expr) -> pl.Expr:
    """Full names of a list that has the surname first, as "Surname, Forename Middle": the first word is the surname, with the
    particles before it. Those of one word, with a comma, or with a surname in capitals alone stay as they are."""
    untitled = text.str.strip_chars().str.replace(rf"(?i)^(?:(?:{_TITLES})\b\.?\s*)+", "")
    halves = untitled.str.extract_groups(rf"(?i)^(?P<surname>{_LAST_NAME})\s+(?P<given>\S.*)$").struct
    is_clear = text.str.contains(",", literal=True) | untitled.str.contains(_SURNAME_IN_CAPITALS)
    return pl.when(is_clear).then(text).otherwise(pl.coalesce(halves["surname"] + ", " + halves["given"], text))


def carer_names(text: pl.Series) -> pl.DataFrame:
    """Columns ``parent_forename`` and ``parent_surname`` of the carer named first, one row per row of ``text``.

    "John and Jane Smith" gives JOHN SMITH; "Mr & Mrs Smith" gives only the surname.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        named = repaired(values).str.replace(rf"(?i)^(?:(?:{_TITLES})\b\.?\s*(?:{_JOINERS}\s*)?)+", "")
        named = named.str.replace(rf"(?i)^([^\s,]+)\s*{_JOINERS}\s*(?:.*\s)?{_LAST_NAME}$", "${1} ${2}")
        halves = split_full_names(named.str.replace(rf"(?i)\s*{_JOINERS}.*$", ""))
        halves = halves.select(  # for a carer a single word is the surname, with or without a title
            given=pl.when(pl.col("surname").is_not_null()).then("given"), surname=pl.coalesce("surname", "given")
        )
        forename = given_names(halves["given"])["forename"]
        return pl.DataFrame({"parent_forename": forename, "parent_surname": surnames(halves["surname"])["surname"]})

    return by_distinct(text, derive)


def _with_capital_after_mc(text: str) -> str:
    return re.sub(r"\bMc([a-z])", lambda match: "Mc" + match[1].upper(), text)


def _small_after_lost_letter(text: str) -> str:
    return re.sub(r"(?<=\w)\?+\w", lambda match: match[0].lower(), text)


def shown_names(text: pl.Series) -> pl.Series:
    """Names for people to read: repaired, and in title case if the source has only capitals or only small letters.

    A title is dropped, unless there is nothing else. Hyphens, apostrophes and accents stay. Null: nothing is left.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        tidy = repaired(values).str.replace(rf"(?i)^(?:(?:{_TITLES})\.?\s+)+", "")
        is_even = (tidy.str.to_uppercase() == tidy) | (tidy.str.to_lowercase() == tidy)
        gentle = tidy.str.to_titlecase().str.replace_all(r"'S\b", "'s")
        gentle = replaced(gentle, gentle.str.contains(r"\bMc[a-z]"), _with_capital_after_mc)
        gentle = replaced(gentle, gentle.str.contains(r"\w\?+\w"), _small_after_lost_letter)
        return pl.DataFrame({"tidy": tidy, "gentle": gentle, "is_even": is_even}).select(
            pl.when("is_even").then("gentle").otherwise("tidy").alias("shown")
        )

    return by_distinct(text, derive)["shown"].alias(text.name)


_SKELETON_RULES = (
    (r"TSCH|TCH|CZ", "CH"),
    (r"SCH|SZ", "SH"),
    (r"PH", "F"),
    (r"KH|CK|Q|KK", "K"),
    (r"GH", "G"),
    (r"DJ|DZH|ZH", "J"),
    (r"X", "KS"),
    (r"SH", "X"),
    (r"CH", "1"),
    (r"C([EIY])", "S${1}"),
    (r"C", "K"),
    (r"1", "C"),
    (r"W", "V"),
    (r"([B-DF-GJ-NP-TV-Z])H", "${1}"),
    (r"([AEIOUY])H$", "${1}"),
    (r"^(?:I[AEOU]|Y)", "Y"),
    (r"^[AEIOU]", "A"),
    (r"([A-Z])[AEIOUY]+", "${1}"),
)
"""Applied in this order. In the result X stands for SH and C for CH, and no vowel is left after the first letter."""


def skeleton_key(values: pl.Series) -> pl.Series:
    """A key that canonical names share when one sound is spelt in several ways: their consonants (MUHAMMAD, MOHAMED: MHMD;
    AISHA, AYESHA: AX). Made for names from Arabic, South Asian, Slavic and African languages. Null stays null.
    """
    key = values.str.replace_all(r"[^A-Z]", "")
    for pattern, replacement in _SKELETON_RULES:
        key = key.str.replace_all(pattern, replacement)
    for letter in "BCDFGHJKLMNPRSTVXYZA":
        key = key.str.replace_all(f"{letter}{{2,}}", letter)
    return key.set(key == "", None).alias(values.name)


def listed_lines(file: str) -> list[str]:
    """The lines of a file in ``data/`` without comments and blank lines."""
    lines = (DATA_FOLDER / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@cache
def _groups_by_name(*files: str) -> pl.DataFrame:
    """One row is one name (``name``, canonical) with its ``groups``, numbered across the files."""
    lines = [line for file in files for line in listed_lines(file)]
    named = pl.DataFrame({"name": lines}).with_row_index("groups").with_columns(pl.col("name").str.split(","))
    named = named.explode("name").with_columns(pl.col("groups").cast(pl.Int32))
    name = plain_capitals(named["name"]).str.replace_all(r"[^A-Z]", "")
    return named.with_columns(name.alias("name")).unique().group_by("name").agg(pl.col("groups").sort())


_SPELLINGS = ("variants.csv",)
_NICKNAMES_AND_SPELLINGS = ("nicknames.csv", "variants.csv")


def _groups_of(values: pl.Series, files: tuple[str, ...]) -> pl.Series:
    groups = _groups_by_name(*files)
    rows = values.alias("name").to_frame().join(groups, on="name", how="left", maintain_order="left")
    return rows.select(pl.col("groups").fill_null([]))["groups"].alias(values.name)


def variant_groups(values: pl.Series) -> pl.Series:
    """Groups of names that one child may go by (List[Int32]), for each canonical name; an empty list if there are none.

    Each line of ``data/nicknames.csv`` is a formal name and its short forms, each line of ``data/variants.csv`` spellings
    of one name. Two names that share a group may be one; a name may be in several (ALEX: Alexander, Alexandra).
    """
    return _groups_of(values, _NICKNAMES_AND_SPELLINGS)


def spelling_groups(values: pl.Series) -> pl.Series:
    """As :func:`variant_groups`, for spellings only: a surname, which may be a father's name, has no nicknames."""
    return _groups_of(values, _SPELLINGS)


@cache
def _names_in_use() -> frozenset[str]:
    """All canonical names in the files of forenames."""
    further = (name.upper() for line in listed_lines("further_names.csv") for name in line.split(","))
    return frozenset(_groups_by_name(*_NICKNAMES_AND_SPELLINGS)["name"]).union(further)


def listed_names(values: pl.Series) -> pl.Series:
    """The canonical names that are in a file of names, unchanged; null for any other, which may be a slip."""
    is_listed = values.is_in(_names_in_use())
    return values.to_frame("name").select(pl.when(is_listed).then("name"))["name"].alias(values.name)
