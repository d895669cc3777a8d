"""Columns derived from a person record for comparing and blocking: keys, groups and joined values."""

from collections.abc import Callable

import polars as pl

from matching.canonical.chinese_names import given_name_custom
from matching.canonical.identifiers import upn_is_permanent
from matching.canonical.names import listed_names, skeleton_key, spelling_groups, variant_groups

CHAIN = 3
"""Names in a chain: with this many or more, several orders are possible besides the reverse."""

KeyMaker = Callable[[pl.Series], pl.Series]


def _by_value(column: pl.Series, make: KeyMaker, dtype: pl.DataType) -> pl.Series:
    """Make a key once per distinct value, and return it for every row."""
    values = column.drop_nulls().unique().sort()
    made = pl.DataFrame({"value": values, "made": make(values).cast(dtype)})
    rows = pl.DataFrame({"value": column})
    return rows.join(made, on="value", how="left", maintain_order="left")["made"].alias(column.name)


def _as_texts(groups: pl.Series) -> pl.Series:
    """Groups as texts ("v12"), so that they never equal a name; an empty list for a name without groups."""
    texts = pl.col("groups").list.eval(pl.lit("v") + pl.element().cast(pl.String))
    return groups.alias("groups").to_frame().select(texts.fill_null([]))["groups"]


def _groups(values: pl.Series) -> pl.Series:
    return _as_texts(variant_groups(values))


def _spellings(values: pl.Series) -> pl.Series:
    return _as_texts(spelling_groups(values))


def _word_keys(values: pl.Series) -> pl.Series:
    """The keys of the words in each value (List[String]), without initials."""
    words = pl.DataFrame({"row": range(len(values)), "word": values.str.split(" ")}).explode("word")
    words = words.filter(pl.col("word").str.len_chars() > 1)
    keys = words.with_columns(_by_value(words["word"], skeleton_key, pl.String())).group_by("row").agg("word")
    rows = pl.DataFrame({"row": range(len(values))}).join(keys, on="row", how="left", maintain_order="left")
    return rows.select(pl.col("word").fill_null([]))["word"]


def _joined(*columns: str) -> pl.Expr:
    """Columns joined by |; null where any is null."""
    return pl.concat_str([pl.col(column) for column in columns], separator="|")


def _name_lists() -> list[pl.Expr]:
    middle = pl.col("middle_names").fill_null("").str.split(" ").list.eval(pl.element().filter(pl.element() != ""))
    longer = middle.list.eval(pl.element().filter(pl.element().str.len_chars() > 1))
    return [
        longer.alias("middle_tokens"),
        pl.when(longer.list.len() > 0).then(longer.list.join(" ")).alias("further_names"),
        middle.list.eval(pl.element().filter(pl.element().str.len_chars() == 1)).alias("middle_letters"),
        middle.list.eval(pl.element().str.slice(0, 1)).list.unique(maintain_order=True).alias("middle_initials"),
        pl.concat_list(pl.concat_list("surname").list.drop_nulls(), "other_surnames").alias("all_surnames"),
        (pl.col("forename") + pl.when(middle.list.first().str.len_chars() > 1).then(middle.list.first())).alias(
            "first_two"
        ),
        pl.concat_list("upn", "former_upn").list.drop_nulls().alias("upns"),
        # A temporary UPN does not tell two pupils apart: the school that gave it does not know the pupil's own yet.
        pl.concat_list(*(pl.when(upn_is_permanent(pl.col(of))).then(of) for of in ("upn", "former_upn")))
        .list.drop_nulls()
        .alias("permanent_upns"),
    ]


def _date_keys() -> list[pl.Expr]:
    born, said = pl.col("date_of_birth"), pl.col("born_in")
    month = said.str.extract("-(..)$", 1)
    # Where the day could be a month, day and month may be swapped: the earlier of the two possible dates is the key of both.
    could_be_month = born.dt.day() <= 12
    swapped = pl.date(born.dt.year(), pl.when(could_be_month).then(born.dt.day()), born.dt.month())
    return [
        pl.when(could_be_month).then(pl.min_horizontal(born, swapped)).otherwise(born).alias("dob_unordered"),
        pl.coalesce(born.dt.year().cast(pl.String), said.str.head(4)).alias("birth_year"),
        pl.coalesce(born.dt.month(), month.cast(pl.Int8)).cast(pl.String).alias("birth_month"),
        pl.coalesce(born.dt.strftime("%Y-%m"), pl.when(month.is_not_null()).then(said)).alias("month_of_birth"),
        born.dt.strftime("%m%d").alias("birthday"),
        pl.when(born.is_null() & said.is_not_null()).then(pl.lit("dayless")).alias("dayless"),
    ]


def _run_together(names: pl.Expr) -> pl.Expr:
    """Names of houses and streets without spaces and hyphens, which lists place differently (Pen-y-bryn, Penybryn)."""
    return names.str.replace_all("[ -]", "")


def _house_and_flat() -> tuple[pl.Expr, pl.Expr]:
    """House and flat of a person record as keys: 12A is read as flat A of 12, as another list may have it."""
    house, flat = pl.col("house"), pl.col("flat")
    lettered = pl.when(flat.is_null()).then(house.str.extract_groups("^(?<number>[0-9]+)(?<letter>[A-Z])$")).struct
    named = pl.when(house.str.contains("[0-9]")).then(house).otherwise(_run_together(house))
    return pl.coalesce(lettered.field("number"), named), pl.coalesce(flat, lettered.field("letter"))


def home_keys() -> tuple[pl.Expr, pl.Expr]:
    """Dwelling and district of a person record."""
    house, flat = _house_and_flat()
    dwelling = pl.concat_str([pl.col("postcode"), house, flat.fill_null("")], separator="|")
    return dwelling.alias("dwelling"), pl.col("postcode").str.head(-3).alias("district")


def place_keys() -> list[pl.Expr]:
    """House, dwelling, building, door and district of a person record.

    Without a house, a flat (the plot of a new estate without numbers or postcodes) is the door.
    """
    house, flat = _house_and_flat()
    or_flat = pl.when(flat.is_not_null()).then(house.fill_null("")).otherwise(house)
    dwelling, district = home_keys()
    return [
        house.alias("house_key"),
        dwelling,
        pl.concat_str([pl.col("postcode"), house], separator="|").alias("building"),
        pl.concat_str([or_flat, flat.fill_null(""), _run_together(pl.col("street"))], separator="|").alias("door"),
        district,
    ]


def _name_chain(name_keys: pl.Series) -> pl.Series:
    """Three or more name keys in alphabetical order, joined by |; null if fewer. Only those rows are sorted: it is slow."""
    rows = name_keys.to_frame("keys").with_row_index("row")
    chains = rows.filter(pl.col("keys").list.len() >= CHAIN)
    chains = chains.select("row", name_chain=pl.col("keys").list.sort().list.join("|"))
    return rows.select("row").join(chains, on="row", how="left", maintain_order="left")["name_chain"]


def with_keys(person: pl.DataFrame) -> pl.DataFrame:
    """Add to a person record every column that CHILD_COMPARISONS and CHILD_BLOCKING_RULES read.

    ``undated`` marks rows without a birth date (or with 1 January, the stand-in): such a row meets every row with the same
    names, because its date cannot be a key. ``dayless`` marks rows that say the month or year of birth alone.
    """
    keyed = person.with_columns(*_names_by_value(person), *_name_lists(), *_date_keys(), *place_keys())
    keyed = keyed.with_columns(_keys_of_names())
    return keyed.with_columns(_name_chain(keyed["name_keys"]))


def _names_by_value(person: pl.DataFrame) -> list[pl.Series | pl.Expr]:
    """Keys of each name by itself, and names put together."""
    forename, surname, texts = person["forename"], person["surname"], pl.List(pl.String)
    middle_keys = _by_value(person["middle_names"], _word_keys, texts)
    spelling = _by_value(forename, _spellings, texts).list.first()
    return [
        _by_value(forename, skeleton_key, pl.String()).alias("forename_key"),
        _by_value(surname, skeleton_key, pl.String()).alias("surname_key"),
        _by_value(forename, _groups, texts).alias("forename_groups"),
        _by_value(surname, _spellings, texts).alias("surname_groups"),
        middle_keys.fill_null(pl.lit([], texts)).alias("middle_keys"),
        listed_names(forename).alias("listed_name"),
        given_name_custom(person),
        pl.coalesce(spelling, forename).alias("first_name"),
        _joined("surname", "forename").alias("name_in_full"),
        _joined("parent_forename", "parent_surname").alias("parent"),
    ]


def _keys_of_names() -> list[pl.Expr]:
    """Keys of forename and surname together, and shorter ones of each, for rows that :func:`_names_by_value` has given keys."""
    first, last = pl.col("forename_key"), pl.col("surname_key")
    initial_first, initial_last = pl.col("forename").str.slice(0, 1), pl.col("surname").str.slice(0, 1)
    either_order = pl.min_horizontal(first, last) + "|" + pl.max_horizontal(first, last)
    both = pl.concat_list("forename_key", "surname_key").list.drop_nulls()
    is_1_january = pl.col("birthday") == "0101"
    undated = pl.col("date_of_birth").is_null() | is_1_january
    return [
        initial_first.alias("forename_initial"),
        initial_last.alias("surname_initial"),
        pl.col("forename").str.slice(0, 3).alias("forename_start"),
        pl.col("surname").str.slice(0, 3).alias("surname_start"),
        pl.when(first.is_not_null() & last.is_not_null()).then(either_order).alias("name_pair"),
        (pl.min_horizontal(initial_first, initial_last) + pl.max_horizontal(initial_first, initial_last)).alias(
            "initials"
        ),
        pl.concat_list(both, "middle_keys").alias("name_keys"),
        pl.when(undated).then(pl.lit("undated")).alias("undated"),
        pl.when(is_1_january).then(pl.col("forename")).alias("forename_on_1_january"),
    ]
