"""Slips of the pen: each takes a text and returns it with one mistake."""

import unicodedata
from datetime import timedelta
from random import Random

import polars as pl

_UPPER = {
    "q": "wa",
    "w": "qes",
    "e": "wrd",
    "r": "etf",
    "t": "ryg",
    "y": "tuh",
    "u": "yij",
    "i": "uok",
    "o": "ipl",
    "p": "ol",
}
_MIDDLE = {
    "a": "qsz",
    "s": "awdx",
    "d": "sefc",
    "f": "drgv",
    "g": "fthb",
    "h": "gyjn",
    "j": "hukm",
    "k": "jil",
    "l": "kop",
}
_LOWER = {"z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk"}
NEIGHBOURS = _UPPER | _MIDDLE | _LOWER
SCANNED = (
    *(("rn", "m"), ("m", "rn"), ("cl", "d"), ("d", "cl"), ("O", "0"), ("l", "1"), ("I", "l"), ("e", "c"), ("h", "b")),
    *(("S", "5"), ("w", "vv"), ("B", "8"), ("u", "v")),
)
HEARD = (
    *(("ph", "f"), ("f", "ph"), ("ck", "k"), ("c", "k"), ("ie", "y"), ("y", "ie"), ("ee", "ea"), ("ai", "ay")),
    *(("s", "z"), ("x", "ks"), ("ou", "u"), ("ll", "l"), ("n", "nn"), ("t", "tt"), ("er", "a"), ("i", "y")),
    *(("oo", "u"), ("gh", "g"), ("sh", "sch")),
)
PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "ø": "o", "Ø": "O", "đ": "d"})


def _like(letter: str, model: str) -> str:
    return letter.upper() if model.isupper() else letter


def strike_wrong_key(text: str, dice: Random) -> str:
    """Strike a neighbouring key instead of or after a letter, or strike a letter twice."""
    place = dice.randrange(len(text))
    letter = text[place]
    other = _like(dice.choice(NEIGHBOURS.get(letter.lower(), "e")), letter)
    kind = dice.randrange(3)
    return (
        text[:place]
        + (other if kind == 0 else letter + other.lower() if kind == 1 else letter + letter.lower())
        + text[place + 1 :]
    )


def drop_letter(text: str, dice: Random) -> str:
    """Leave out a letter, rarely the first."""
    if len(text) < 3:
        return text
    place = dice.randrange(0 if dice.random() < 0.1 else 1, len(text))
    return text[:place] + text[place + 1 :]


def swap_letters(text: str, dice: Random) -> str:
    """Swap two neighbouring characters, rarely the first two."""
    if len(text) < 2:
        return text
    place = dice.randrange(0 if len(text) < 3 or dice.random() < 0.1 else 1, len(text) - 1)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _replace_one(text: str, pairs: tuple[tuple[str, str], ...], dice: Random) -> str:
    able = [pair for pair in pairs if pair[0] in text]
    if not able:
        return text
    old, new = dice.choice(able)
    place = dice.choice([i for i in range(len(text)) if text.startswith(old, i)])
    return text[:place] + new + text[place + len(old) :]


def misread(text: str, dice: Random) -> str:
    """Read as a scanner misreads."""
    return _replace_one(text, SCANNED, dice)


def mishear(text: str, dice: Random) -> str:
    """Write as heard."""
    return _replace_one(text, HEARD, dice)


def cut_short(text: str, dice: Random) -> str:
    """Cut at the width of a field."""
    return text[: max(3, min(len(text) - 1, dice.choice([5, 6, 8, 10, 12])))] if len(text) > 4 else text


def without_diacritics(text: str, _dice: Random | None = None) -> str:
    """Write without letters that English lacks."""
    return "".join(c for c in unicodedata.normalize("NFD", text.translate(PLAIN)) if not unicodedata.combining(c))


def mojibake(text: str, _dice: Random) -> str:
    """Read UTF-8 as Windows-1252."""
    return text.encode("utf-8").decode("cp1252", errors="ignore")


def change_digit(text: str, dice: Random) -> str:
    """Mis-key one digit, or swap two neighbouring ones."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    if not places:
        return text
    place = dice.choice(places)
    if dice.random() < 0.3 and place + 1 in places and text[place] != text[place + 1]:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + str((int(text[place]) + dice.randrange(1, 10)) % 10) + text[place + 1 :]


def mistype_postcode(text: str, dice: Random) -> str:
    """Leave out, add, swap or mis-key a character; the result is often not a valid postcode."""
    place = dice.randrange(len(text))
    kind = dice.randrange(4)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + dice.choice("ABDEFGHJLNPQRSTUWXYZ") + text[place:]
    if kind == 2:
        return swap_letters(text, dice)
    return change_digit(text, dice)


def misspelt(text: str, column: str, style: str, dice: Random) -> str:
    """The text with one slip; for a birth date, another date that exists."""
    if column == "Postcode":
        return change_digit(text, dice)
    if column in ("BirthDate", "DateOfBirth"):
        born = pl.Series([text]).str.to_date(style, strict=False).item()
        return text if born is None else (born - timedelta(days=dice.choice((1, 9, 30, 365)))).strftime(style)
    slip = dice.choice((strike_wrong_key, drop_letter, swap_letters, mishear))
    return slip(text, dice)
