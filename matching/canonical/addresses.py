"""Canonical addresses, a column at a time: flat, house and street from one line of text.

Written for addresses in the United Kingdom. Town and county are dropped: sources disagree on them, and the postcode
says more. Each distinct value is parsed once.
"""

import re

import polars as pl

from matching.canonical.lettering import by_distinct, plain_capitals, repaired, replaced

_STREET_TYPES = {
    "ROAD": "RD",
    "STREET": "STR",
    "AVENUE": "AVE AV AVN",
    "CLOSE": "CL CLO",
    "CRESCENT": "CRES CR CRESC",
    "DRIVE": "DR DRV",
    "LANE": "LA LN",
    "PLACE": "PL",
    "SQUARE": "SQ",
    "TERRACE": "TERR TER TCE",
    "GARDENS": "GDNS GDN GARDEN",
    "GROVE": "GR GRO GRV",
    "COURT": "CT CRT",
    "GREEN": "GRN",
    "PARK": "PK",
    "BOULEVARD": "BLVD BVD",
    "WAY": "WY",
    "HOUSE": "HSE HO",
    "COTTAGES": "COTTS COTS",
    "COTTAGE": "COTT",
    "BUILDINGS": "BLDGS BLDG",
    "MANSIONS": "MANS",
    "ESTATE": "EST",
    "VILLAS": "VLS",
    "PARADE": "PDE",
    "MEWS": "MWS",
    "ROW": "RW",
    "YARD": "YD",
    "HILL": "HL",
    "RISE": "",
    "WALK": "WLK",
    "VIEW": "VW",
    "MOUNT": "MT",
    "FIELDS": "FLDS",
    "MEADOWS": "MDWS",
}
"""Street type -> its abbreviations, separated by spaces. ST is not among them: it may mean Saint."""

_ONLY_STREETS = (
    "ROAD|STREET|AVENUE|CLOSE|CRESCENT|DRIVE|LANE|PLACE|SQUARE|TERRACE|GARDENS|GROVE|BOULEVARD|WAY|PARADE|MEWS|ROW|YARD|"
    "HILL|RISE|WALK|VIEW|MOUNT|GREEN|PARK|COURT|VALE|END|DENE|CROFT|FOLD|CIRCUS|WHARF|QUAY|HEOL|FFORDD|STRYD"
)
"""Last words that mark text without a number as a street."""

_FLAT_WORDS = "FLAT|FLT|FL|APARTMENT|APPARTMENT|APT|APMT|UNIT|ROOM|RM|STUDIO|MAISONETTE|SUITE|BEDSIT|CARAVAN|PITCH|PLOT"
_WRITTEN_TOGETHER = _FLAT_WORDS.replace("|RM|", "|")
"""Flat words that may run into their number without a space. RM is not one: RM1 begins a Romford postcode."""
_FLOORS = {
    "GROUND": "G",
    "BASEMENT": "B",
    "FIRST": "1",
    "1ST": "1",
    "SECOND": "2",
    "2ND": "2",
    "THIRD": "3",
    "3RD": "3",
}
_CARE_OF = r"(^|[ ,])(?:C ?/ ?O|CARE OF)\b:? ?(?:[^,0-9]*,)?"
"""Whoever takes in the post, who is not part of the address: a name up to a comma or, before a number, only the words C/O."""
_POINTS = {"N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST"}
_NUMBER = r"[0-9]+[A-Z]?(?:-[0-9]+[A-Z]?)?"
_POSTCODE = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}"
_NUMBERED_STREET = rf"^(?:(?P<building>[^0-9]*?),? )??(?P<number>{_NUMBER}) (?P<street>[^,]*[A-Z][^,]*)"
_BUILDING_AND_STREET = (
    r"^(?P<building>[^,]* (?:COURT|HOUSE|MANSIONS|BUILDINGS|VIEW|MOUNT|PARK|GREEN)), "
    rf"(?P<street>[^,]*\b(?:{_ONLY_STREETS})(?: [A-Z]+)?)(?:,|$)"
)
_NAMED_STREET = rf"^(?:(?P<building>[^,]*), )??(?P<street>[^,]*\b(?:{_ONLY_STREETS})(?: [A-Z]+)?)(?:,|$)"

_NOWHERE = (
    r"^(?:N ?/? ?F ?/? ?A|NO FIXED ABODE|NO FIXED ADDRESS|NO ADDRESS|UNKNOWN|NOT KNOWN|NOT GIVEN|NOT STATED|N/?[AK]|"
    r"TBC|NONE|NULL|ADDRESS UNKNOWN|UNKNOWN ADDRESS|WITHHELD|CONFIDENTIAL|HOMELESS|TEST|X+)$"
)


def _spelled_out(text: pl.Expr) -> pl.Expr:
    """Street types and ST spelled out, except as the first word of a part."""
    for whole, shortened in _STREET_TYPES.items():
        if shortened:
            forms = shortened.replace(" ", "|")
            text = text.str.replace_all(rf"([A-Z]{{2}}) (?:{forms})\b", f"${{1}} {whole}")
    last_words = "|".join(_STREET_TYPES)
    text = text.str.replace_all(rf"\bST ([A-Z]+(?: [A-Z]+)* (?:{last_words}|ST))\b", "SAINT ${1}")
    text = text.str.replace_all(r"([A-Z]) ST\b", "${1} STREET").str.replace_all(r"\bST ([A-Z])", "SAINT ${1}")
    for letter, point in _POINTS.items():
        text = text.str.replace_all(rf"\b({last_words}) {letter}(,|$)", f"${{1}} {point}${{2}}")
    return text


def _tidied(plain: pl.Expr) -> pl.Expr:
    """Parts separated by ", " and words by one space; a number is joined to the part that follows it."""
    text = plain.str.replace_all(r"[.'\"]", "").str.replace_all(r"[;|]", ",").str.replace(_CARE_OF, "${1}")
    text = pl.when(~text.str.strip_chars(" ,").str.contains(_NOWHERE)).then(text)
    text = text.str.replace(rf"[ ,]+{_POSTCODE}[ ,]*$", "")
    text = text.str.replace_all(r"([0-9][A-Z]?) ?- ?([0-9])", "${1}-${2}").str.replace_all("&", " AND ")
    text = text.str.replace_all(r"[^A-Z0-9,/ -]", " ").str.replace_all(r" *,[ ,]*", ", ")
    text = text.str.replace_all(r" +", " ").str.strip_chars(" ,-/")
    text = text.str.replace_all(rf"\b({'|'.join(_FLOORS)}|TOP) (FLOOR )?FL\b", "${1} ${2}FLAT")
    text = text.str.replace_all(rf"\b({_WRITTEN_TOGETHER})([0-9])", "${1} ${2}")
    text = text.str.replace_all(rf"\b({_FLAT_WORDS}),? (?:NO|NUMBER|NUM)? ?([0-9A-Z])", "${1} ${2}")
    text = text.str.replace_all(r"\bNO ([0-9])", "${1}")
    text = text.str.replace_all(r"\b([0-9]+) ([A-H]) ([A-Z]{2})", "${1}${2} ${3}")
    for _ in range(2):  # "7, 67, HIGHFIELD CRESCENT": the second number is seen once the first is joined on
        text = text.str.replace_all(rf"(^|[ ,/])({_NUMBER}), ", "${1}${2} ")
    return text


def _floor_flats(text: pl.Expr) -> pl.Expr:
    """GROUND FLOOR FLAT, GFF and the like as a flat on that floor (FLAT GF)."""
    for word, letter in _FLOORS.items():
        text = text.str.replace(rf"\b{word} (?:FLOOR )?FLAT\b,?", f"FLAT {letter}F,")
        text = text.str.replace(rf"\bFLAT,? {word} FLOOR\b,?", f"FLAT {letter}F,")
    text = text.str.replace(r"\b(?:GFF|G/F)\b,?", "FLAT GF,").str.replace(r"\bFFF\b,?", "FLAT 1F,")
    return text.str.replace(r"\b(TOP) (?:FLOOR )?FLAT\b,?", "FLAT TOP,").str.replace_all(r" *,[ ,]*", ", ")


def _flat_and_rest(text: pl.Expr) -> pl.Expr:
    """Struct of ``flat`` and ``rest``. A flat is named by a word, or written 7/67, "7 67 ROAD" or "7 COURT, 67 ROAD"."""
    by_word = text.str.extract(rf"(?:^|[ ,])(?:{_FLAT_WORDS}) ([0-9]+ ?[A-Z]?|[A-Z][0-9]*|GF|BF|TOP)\b", 1)
    without_word = text.str.replace(
        rf"(?:^|[ ,])(?:{_FLAT_WORDS}) (?:[0-9]+ ?[A-Z]?|[A-Z][0-9]*|GF|BF|TOP)\b[ ,/]*", " "
    )
    pair = text.str.extract_groups(rf"^(?P<flat>[0-9]+[A-Z]?)[/ ]+(?P<rest>{_NUMBER} ?[A-Z].*)$").struct
    building = text.str.extract_groups(rf"^(?P<flat>[0-9]+[A-Z]?) (?P<rest>[A-Z][A-Z ]*, {_NUMBER} .*)$").struct
    flat = pl.coalesce(by_word, pair["flat"], building["flat"]).str.replace_all(" ", "")
    unsaid = pl.coalesce(pair["rest"], building["rest"], text)
    rest = pl.when(by_word.is_not_null()).then(without_word).otherwise(unsaid)
    return pl.struct(flat=flat, rest=rest.str.strip_chars(" ,"))


def _house_and_street(rest: pl.Expr) -> pl.Expr:
    """Struct of ``building``, ``number`` and ``street`` from the text after the flat.

    The street is the first part that starts with a number, else the first that ends in a street type, else null. The part
    before it is the building; the parts after it, town and county, are dropped. With no street, the first part is the
    building if it has several words or another part follows it.
    """
    numbered = rest.str.extract_groups(_NUMBERED_STREET).struct
    building, street = (
        pl.coalesce(rest.str.extract_groups(pattern).struct[half] for pattern in (_BUILDING_AND_STREET, _NAMED_STREET))
        for half in ("building", "street")
    )
    is_numbered, is_named = numbered["number"].is_not_null(), street.is_not_null()
    only_name = rest.str.extract(r"^([^,]+ [^,]+|[^, ]+(?:,))", 1).str.strip_chars(",")
    return pl.struct(
        building=pl.when(is_numbered).then(numbered["building"]).when(is_named).then(building).otherwise(only_name),
        number=pl.when(is_numbered).then(numbered["number"]).otherwise(rest.str.extract(rf"^({_NUMBER})$", 1)),
        street=pl.when(is_numbered).then(numbered["street"]).when(is_named).then(street),
    )


def _without_town(street: pl.Expr) -> pl.Expr:
    """The street cut after its type where a town follows without a comma; NORTH and the like are kept."""
    points = "|".join(_POINTS.values())
    cut = street.str.extract(rf"^([A-Z].*? (?:{_ONLY_STREETS})(?: (?:{points}|{_ONLY_STREETS}))*)(?: |$)", 1)
    return pl.coalesce(cut, street)


def addresses(text: pl.Series) -> pl.DataFrame:
    """Columns ``address``, ``flat``, ``house`` and ``street`` of :mod:`matching.person`, one row per row of ``text``.

    ``text`` is an address on one line with commas between its parts; a postcode at its end is dropped. ``address`` joins
    flat, building, number and street, always in that order. No fixed abode, or no address given: all null.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        frame = plain_capitals(values).alias("text").to_frame()
        frame = frame.select(_floor_flats(_tidied(pl.col("text"))).alias("text"))
        frame = frame.select(_spelled_out(pl.col("text")).alias("text"))
        frame = frame.select(_flat_and_rest(pl.col("text")).alias("split")).unnest("split")
        frame = frame.with_columns(_house_and_street(pl.col("rest")).alias("split")).unnest("split")
        frame = frame.with_columns(_without_town(pl.col("street")).alias("street"))
        frame = frame.select(pl.all().str.strip_chars(" ,/-")).select(pl.when(pl.all() != "").then(pl.all()))
        # A building may have several parts: "OAK HOUSE, THE GREEN".
        frame = frame.with_columns(pl.col("building").str.replace_all(",", ""))
        flat_said = pl.when(pl.col("flat").is_not_null()).then(pl.lit("FLAT ") + pl.col("flat"))
        address = pl.concat_str(flat_said, "building", "number", "street", separator=" ", ignore_nulls=True)
        return frame.select(
            pl.when(address != "").then(address).alias("address"),
            "flat",
            pl.coalesce("number", "building").alias("house"),
            "street",
        )

    return by_distinct(text, derive)


def postcodes_at_end(text: pl.Series) -> pl.Series:
    """The postcode at the end of each address, in capitals, spaced as written; null: there is none."""

    def derive(values: pl.Series) -> pl.DataFrame:
        at_end = plain_capitals(values).str.extract(rf"(?:^|[ ,])({_POSTCODE})[ ,.]*$", 1)
        return at_end.alias("postcode").to_frame()

    return by_distinct(text, derive)["postcode"]


def _with_capital_door_letters(text: str) -> str:
    return re.sub(r"\b\d+[a-z]\b", lambda match: match[0].upper(), text)


def shown_addresses(text: pl.Series) -> pl.Series:
    """Addresses for people to read: one line, repaired, without postcode, and in title case where the source has only capitals
    or only small letters. Null: nothing is left.
    """

    def derive(values: pl.Series) -> pl.DataFrame:
        tidy = repaired(values).str.replace(rf"(?i)[ ,]+{_POSTCODE}[ ,]*$", "").str.replace_all(r" *,[ ,]*", ", ")
        tidy = tidy.str.replace_all(rf"(?i)(^|, )({_NUMBER}), ", "${1}${2} ").str.strip_chars(" ,")
        gentle = tidy.str.to_titlecase().str.replace_all(r"'S\b", "'s")
        gentle = replaced(gentle, gentle.str.contains(r"\b\d+[a-z]\b"), _with_capital_door_letters)
        shouts = ~tidy.str.contains(r"\p{Ll}{2}") | (tidy.str.to_lowercase() == tidy)
        return pl.DataFrame({"tidy": tidy, "gentle": gentle, "shouts": shouts}).select(
            pl.when(pl.col("tidy") == "").then(None).when("shouts").then("gentle").otherwise("tidy").alias("shown")
        )

    return by_distinct(text, derive)["shown"].alias(text.name)
