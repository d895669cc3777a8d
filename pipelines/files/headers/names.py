"""Which column of a contract a header names.

- By name or alias, comparing only letters and digits: ``D.O.B.``, ``Forename(s)`` and ``Post_Code`` are ``DOB``,
  ``Forenames`` and ``Postcode``.
- In two languages (``Surname / Cyfenw``, ``Surname (Cyfenw)``), if both halves name the same column. Once one header of a
  file does so with a slash, one known half is enough in the others.
- With words for whose it is or how it is filled in (``Pupil Address``, ``DOB (dd/mm/yyyy)``), if nothing else in the file is
  that column.
- A ``Surname, Forename`` is the whole name. A ``Name`` beside a ``Surname``, without a forename, is the forename.
- A ``Legal Surname`` beside ``Surname`` is the other surname.
- Behind what most headers of the file begin with (``STU_SURNAME``, ``STU_DOB``), if a name and the birth date are there.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from data_contracts.contract import Contract, plain_header
from data_contracts.parts import Column

_WHOSE = re.compile(
    r"^((the )?"
    "(child|pupil|student|stud|learner|patient|client|service user|young person|(par )?pers?|person|occupant|dependant"
    "|(household )?member)(['\N{RIGHT SINGLE QUOTATION MARK}]?s)? |current "
    "|(main |primary |usual |address )(?=(home )?(address|post ?code|town|uprn)))+",
    re.IGNORECASE,
)
"""Words before a header that say whom every column of these lists is about, as of when, or which home; PER, PERS and PAR PER
as databases name their tables of people."""

_BEGINS = re.compile(r"\s*([^\W\d_]+)[_.]\w")
"""What a header begins with before a _ or a point."""

_OF_OTHERS = re.compile(
    r"par(ent)?s?|mother|mth|father|fth|m[ou]m|dad|carer|guardian|contact|emerg\w*|kin|nok|sib(ling)?s?|brother|sister|partner"
    r"|ten(ant)?|claimant|app(licant)?|landlord|adult|gp|doctor|worker|sw|ref(errer|erral)?|school|sch|provider|prev(ious)?|prior"
    r"|former|old|last|new|other|alt(ernative)?|review|visit|plan|meeting|rhieni?|mam|tad"
)
"""Prefixes behind which another person, home, place or time is told."""

_WHOSE_IN_WELSH = re.compile(
    "(['\N{RIGHT SINGLE QUOTATION MARK}]r| y|) (plentyn|disgybl|dysgwr|claf|person|person ifanc)$", re.IGNORECASE
)
"""The same in Welsh, where they stand behind it: Cyfenw'r plentyn, Rhif y Disgybl."""

_HOW_FILLED_IN = re.compile(
    r"\s*\(\s*([dmy]{1,4}([ /.-]*[dmy]{1,4})*|y(es)?\s*/\s*no?(\s*/\s*(unknown|not known|n\s*/?\s*k))?"
    r"|m\s*/\s*f(\s*/\s*[a-z])?|if (known|any|applicable))\s*\)",
    re.IGNORECASE,
)
"""A note in brackets that says how a column is filled in."""

_TWO_NAMES = re.compile(r"\s*(?:[,&+]|\band\b)\s*", re.IGNORECASE)
"""What stands between two names in the header of one column."""

_NAME = frozenset(("name", "enw"))
"""Headers that are a forename beside a surname, and the whole name alone."""

_NAMES = ("surname", "forename", "full_name")

_NUMBERS = frozenset(
    {"id", "no", "number", "ref", "refno", "refnumber", "reference", "referenceno", "referencenumber", "identifier"}
    | {"rhif", "cyf", "cyfeirnod"}
)

_ENDINGS = (
    ("dt", " date"),
    ("desc(ription)?", ""),
    ("(no|num)", " number"),
    ("(ref|reference)", " reference"),
    ("reference", " ref"),
    ("full", ""),
    ("number", " no"),
)
"""Ending of a header (a regular expression) -> the same written differently."""

plain_of_contract = lru_cache(maxsize=None)(plain_header)
"""For headers in contracts, which are needed again for each file."""


def columns_by_header(contract: Contract) -> dict[str, Column]:
    """Every plain header that a column of the contract may have -> that column."""
    return {plain_of_contract(header): column for column in contract.columns for header in column.headers}


def known_columns(headers: Sequence[str], contract: Contract) -> set[str]:
    """Our names of the columns that these headers name."""
    return {column.name for column in columns_of(headers, contract) if column}


def columns_of(headers: Sequence[str], contract: Contract) -> list[Column | None]:
    """The column that each header names; null: none, or two."""
    known = columns_by_header(contract)
    in_two = _in_two_languages(headers, known)
    named = [
        known.get(plain_header(header)) or column or _of_both_names(header, known)
        for header, column in zip(headers, in_two, strict=True)
    ]
    taken = {column.name for column in named if column}
    ways = [
        {} if column else _columns_in_other_words(header, known, taken)
        for header, column in zip(headers, named, strict=True)
    ]
    claims = Counter(name for way in ways for name in way)
    only = [way if len(way) == 1 and all(claims[name] == 1 for name in way) else {} for way in ways]
    columns = [column or next(iter(way.values()), None) for column, way in zip(named, only, strict=True)]
    columns = _below_prefix(headers, columns, known)
    columns = _name_beside_surname(headers, _without_questions(headers, columns), contract)
    return _with_legal(headers, columns, contract)


def _below_prefix(
    headers: Sequence[str], named: Sequence[Column | None], known: Mapping[str, Column]
) -> list[Column | None]:
    """``named``, with the columns that headers name behind what most of them begin with, as exports of a database have it
    (STU_SURNAME, STU_DOB): the name of the table, which tells nothing of the column. A column that two of them name is none."""
    prefix = _prefix_of_most(headers)
    if prefix is None:
        return list(named)
    taken = {column.name for column in named if column}
    behind = [
        None if column else _said_behind(header, prefix, known) for header, column in zip(headers, named, strict=True)
    ]
    claims = Counter(column.name for column in behind if column)
    free = [column if column and column.name not in taken and claims[column.name] == 1 else None for column in behind]
    fields = {column.maps_to for column in free if column}
    if "date_of_birth" not in fields or fields.isdisjoint(_NAMES):
        return list(named)
    return [column or other for column, other in zip(named, free, strict=True)]


def _prefix_of_most(headers: Sequence[str]) -> str | None:
    """What more than half of the headers begin with, as far as a _ or a point; null: nothing, or it names others."""
    begins = Counter(begun[1].casefold() for header in headers if (begun := _BEGINS.match(header)))
    prefix, times = begins.most_common(1)[0] if begins else ("", 0)
    return prefix if 2 * times > len(headers) and not _OF_OTHERS.fullmatch(prefix) else None


def _said_behind(header: str, prefix: str, known: Mapping[str, Column]) -> Column | None:
    behind = re.match(rf"\s*{re.escape(prefix)}[_.](.+)", header, re.IGNORECASE)
    return _said_by(behind[1], known) if behind else None


def _name_beside_surname(
    headers: Sequence[str], named: Sequence[Column | None], contract: Contract
) -> list[Column | None]:
    """``named``, except that a Name beside a Surname, where no header is a forename, is the forename: Cyfenw, Enw."""
    fields = [column.maps_to if column else None for column in named]
    forename = next((column for column in contract.columns if column.maps_to == "forename"), None)
    if forename is None or "surname" not in fields or "forename" in fields:
        return list(named)
    return [
        forename if column and column.maps_to == "full_name" and not _NAME.isdisjoint(_other_ways(header)) else column
        for header, column in zip(headers, named, strict=True)
    ]


def _without_questions(headers: Sequence[str], named: Sequence[Column | None]) -> list[Column | None]:
    """``named``, except that of several headers that name a day, one that asks (``Confirmed?``) does not."""
    times = Counter(column.name for column in named if column and column.logical_type == "date")
    return [
        None if column and times[column.name] > 1 and header.rstrip().endswith("?") else column
        for header, column in zip(headers, named, strict=True)
    ]


def _of_both_names(header: str, known: Mapping[str, Column]) -> Column | None:
    """The column of the whole name, if a header names a surname and a forename (``Surname, Forename``); null: it does not."""
    said = [_said_by(part, known) for part in _TWO_NAMES.split(header)]
    if len(said) != 2 or {column.maps_to for column in said if column} != {"surname", "forename"}:
        return None
    return next((column for column in known.values() if column.maps_to == "full_name"), None)


def _with_legal(headers: Sequence[str], named: Sequence[Column | None], contract: Contract) -> list[Column | None]:
    """``named``, except that the legal surname beside a surname, as schools' systems have both, is the other surname: the
    child goes by the first, which is filled in for all."""
    other = next((column for column in contract.columns if column.maps_to == "other_surname"), None)
    is_legal = [plain_header(header).startswith("legal") for header in headers]
    surnames = [c if c and c.maps_to == "surname" else None for c in named]
    has_both = any(c and not legal for c, legal in zip(surnames, is_legal, strict=True))
    if other is None or other in named or not has_both:
        return list(named)
    return [
        other if surname and legal else column for column, surname, legal in zip(named, surnames, is_legal, strict=True)
    ]


def _in_two_languages(headers: Sequence[str], known: Mapping[str, Column]) -> list[Column | None]:
    """The column that each header names by its halves.

    If one header of a file names a column in two languages, so do the others, and one known half is enough for them.
    Otherwise a slash may mean anything: Parent/Surname is not a child's surname.
    """
    pairs = [_said_by_halves(header, "/", known) for header in headers]
    is_bilingual = any(one and one is other for one, other in pairs)
    return [
        _of_two(one, other, is_bilingual) or _of_two(*_said_by_halves(header, "(", known), is_bilingual=False)
        for header, (one, other) in zip(headers, pairs, strict=True)
    ]


def _said_by_halves(header: str, apart_by: str, known: Mapping[str, Column]) -> tuple[Column | None, Column | None]:
    """The columns that the two halves of a header name; null, null if it does not have two."""
    one, *others = header.split(apart_by)
    return (_said_by(one, known), _said_by(others[0], known)) if len(others) == 1 else (None, None)


def _said_by(half: str, known: Mapping[str, Column]) -> Column | None:
    return next((known[way] for way in (plain_header(half), *_other_ways(half)) if way in known), None)


def _of_two(one: Column | None, other: Column | None, is_bilingual: bool) -> Column | None:
    return one or other if one is other or (is_bilingual and not (one and other)) else None


def _columns_in_other_words(header: str, known: Mapping[str, Column], taken: set[str]) -> dict[str, Column]:
    """Name -> column, for columns that a header names in other words and no header names as it is. A name of the child
    always counts: with Name and Child Name, nobody can tell whose the first is.

    The key counts by its own words alone (Application No): the number of a child is not the number of a row.
    """
    claimed = [known[way] for way in _other_ways(header) if way in known]
    free = [column for column in claimed if column.name not in taken or column.maps_to in _NAMES]
    own = [known.get(plain_header(way)) for way in _spellings(_words_apart(header))] if free else []
    return {column.name: column for column in free if not column.primary_key or column in own}


def is_number_of_child(header: str) -> bool:
    """Whether a header says that it is the number by which a system knows the child: Learner ID, Pupil No, Client Ref."""
    apart = _words_apart(header)
    rest = _not_whose(apart)
    return rest != apart and plain_header(rest) in _NUMBERS


def plain_ways(header: str) -> set[str]:
    """The plain header, its halves if it is in two languages, and what it says in other words."""
    halves = header.split("/") if "(" not in header else ()
    return {*map(plain_header, (header, *halves)), *_other_ways(header)}


def _words_apart(header: str) -> str:
    """The words of a header separated, without a note in brackets on how it is filled in: child_dob, Child.DOB and ChildDOB are
    child DOB. A database's word for an address is written out."""
    apart = re.sub(r"_|(?<=\w\w)\.(?=\w)", " ", _HOW_FILLED_IN.sub("", header))
    return re.sub(r"(?i)^\s*(?:addr|adr) ", "address ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", apart)).strip()


def _not_whose(apart: str) -> str:
    """The words of a header without those that say whose it is."""
    return _WHOSE_IN_WELSH.sub("", _WHOSE.sub("", apart))


@lru_cache(maxsize=4096)
def _other_ways(header: str) -> tuple[str, ...]:
    """The plain headers that say the same without whose it is, how it is filled in, and a database's short words."""
    apart = _words_apart(header)
    ways = (*_spellings(apart), *_spellings(_not_whose(apart)))
    return tuple(dict.fromkeys(filter(None, map(plain_header, ways))))


def _spellings(header: str) -> tuple[str, ...]:
    """A header as it is, and each time with one of ``_ENDINGS`` written differently."""
    others = (re.sub(rf"(?i) {ending}$", instead, header.rstrip(".")) for ending, instead in _ENDINGS)
    return (header, *others)
