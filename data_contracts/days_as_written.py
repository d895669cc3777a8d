"""Days as people and software write them, brought to what the forms of a contract expect. Nothing here guesses: which number is
the day is said by the name of the month, or by the form that is asked, as of 14/03/2015."""

import polars as pl

_DAY_OF_WEEK = r"^(?i)(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+(\d{1,2}\D|[a-z])"
_ORDINAL = r"\b(\d{1,2})(?i:st|nd|rd|th)\b"
_WELSH_MONTHS = {
    **{"ion(?:awr)?": "Jan", "chwe(?:f(?:ror)?)?": "Feb", "maw(?:rth)?": "Mar", "ebr(?:ill)?": "Apr", "mai": "May"},
    **{"meh(?:efin)?": "Jun", "gor(?:ff(?:ennaf)?)?": "Jul", "awst?": "Aug", "medi?": "Sep", "hyd(?:ref)?": "Oct"},
    **{"tach(?:wedd)?": "Nov", "rhag(?:fyr)?": "Dec"},
}
"""The month in Welsh, in full or short (a regular expression) -> as the formats expect it."""
_IN_WELSH = rf"(?i)\b(?:{'|'.join(_WELSH_MONTHS)})\b"

_SEPT = r"(?i)\bsept([^a-z]|$)"

_MONTH_FIRST = r"(?i)^([a-z]{3,9})[-/. ]+(\d{1,2})[-/. ]+(\d{4})$"
_YEAR_FIRST = r"(?i)^(\d{4})[-/. ]+([a-z]{3,9})[-/. ]+(\d{1,2})$"
"""With the name of the month there is one way to read them, whatever the order: Mar-14-2015, 2015 Mar 14."""

IN_SLASHES = ("dd/MM/yyyy", "yyyy/MM/dd")
"""The forms in which :func:`in_slashes` writes days."""

_BETWEEN = r"\s*[-/._\\ ]\s*"
_IN_NUMBERS = (
    rf"^(\d{{1,2}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}((?:19|20)\d{{2}})\.?$",
    rf"^((?:19|20)\d{{2}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}})$",
    r"^(\d{2})(\d{2})((?:19|20)\d{2})(?:\.0)?$",
    r"^((?:19|20)\d{2})(\d{2})(\d{2})(?:\.0|(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)$",
)
"""Days in numbers with anything between them, or nothing, also with a time as in messages of hospitals, or as a number with a
decimal. 14032015 has its year in the place of no month of 20150314, so that each is read in one way."""


def plain_days(text: pl.Series) -> pl.Series:
    """Dates with a month by name, as the formats expect them: without weekday, ordinals, points and commas, with the year
    behind, and with September cut to three letters like the other months (current software writes Sept beside Aug and Oct).
    Months in Welsh become English."""
    plain = text.str.replace(_DAY_OF_WEEK, "${1}").str.replace(_ORDINAL, "${1}").str.replace_all(",", "")
    plain = plain.str.replace(r"(?i)([a-z]{3})\.\s", "${1} ").str.replace(r"(?i)^(\d{1,2}) of ", "${1} ")
    if plain.str.contains(_IN_WELSH).any():
        for welsh, month in _WELSH_MONTHS.items():
            plain = plain.str.replace(rf"(?i)\b{welsh}\b", month)
    plain = plain.str.replace(_SEPT, "Sep${1}").str.replace_all(r"\s+", " ")
    return plain.str.replace(_MONTH_FIRST, "${1} ${2} ${3}").str.replace(_YEAR_FIRST, "${3} ${2} ${1}")


def in_slashes(text: pl.Series) -> pl.Series:
    """Days in numbers alone as ``IN_SLASHES`` have them, in the order in which they are written; null: the text is none."""
    cell = pl.col("text")
    each = (pl.when(cell.str.contains(form)).then(cell.str.replace(form, "${1}/${2}/${3}")) for form in _IN_NUMBERS)
    return text.to_frame("text").select(pl.coalesce(each))["text"]
