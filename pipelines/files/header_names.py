"""Which column of a contract a header names.

By name or alias, and by letters and digits alone: ``D.O.B.``, ``Forename(s)`` and ``Post_Code`` are ``DOB``, ``Forenames`` and
``Postcode``. In two languages (``Surname / Cyfenw``, ``Surname (Cyfenw)``) where both halves name the same column; once one
header of a file is parted by a slash so, also where one half names a column and the other none. And by whose it is or how it
is filled in (``Pupil Address``, ``DOB (dd/mm/yyyy)``), where nothing else in the file is that column. A
``Legal Surname`` beside ``Surname`` is the other surname.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from data_contracts.contract import Contract, plain_header
from data_contracts.parts import Column

_WHOSE = re.compile(
    r"^((the )?"
    "(child|pupil|student|learner|patient|client|service user|young person|person|occupant|dependant|(household )?member)"
    "(['\N{RIGHT SINGLE QUOTATION MARK}]?s)? |current )+",
    re.IGNORECASE,
)
"""Words before a header that say of whom every column of these lists is, or as of when."""

_HOW_FILLED_IN = re.compile(
    r"\s*\(\s*([dmy]{1,4}([ /.-]*[dmy]{1,4})*|y(es)?\s*/\s*no?|m\s*/\s*f(\s*/\s*[a-z])?|if (known|any|applicable))\s*\)",
    re.IGNORECASE,
)
"""A note in brackets that says how a column is filled in."""

_NAMES = ("surname", "forename", "full_name")

_NUMBERS = frozenset(
    {"id", "no", "number", "ref", "refno", "refnumber", "reference", "referenceno", "referencenumber", "identifier"}
)

_ENDINGS = (
    ("dt", " date"), ("desc(ription)?", ""), ("(no|num)", " number"), ("(ref|reference)", " reference"), ("reference", " ref"),
    ("number", " no"),
)  # fmt: skip
"""Last word of a header -> the same written otherwise."""

plain_of_contract = lru_cache(maxsize=None)(plain_header)
"""Of the headers in contracts, which are asked for again at each file."""


def columns_by_header(contract: Contract) -> dict[str, Column]:
    """The columns of a contract by every plain header they may carry."""
    return {plain_of_contract(header): column for column in contract.columns for header in column.headers}


def known_columns(headers: Sequence[str], contract: Contract) -> set[str]:
    """Our names of the columns that these headers name."""
    return {column.name for column in columns_of(headers, contract) if column}


def columns_of(headers: Sequence[str], contract: Contract) -> list[Column | None]:
    """The column that each header names; None: none, or two."""
    known = columns_by_header(contract)
    in_two = _in_two_languages(headers, known)
    named = [known.get(plain_header(header)) or column for header, column in zip(headers, in_two, strict=True)]
    taken = {column.name for column in named if column}
    ways = [{} if column else _otherwise(header, known, taken) for header, column in zip(headers, named, strict=True)]
    claims = Counter(name for way in ways for name in way)
    only = [way if len(way) == 1 and all(claims[name] == 1 for name in way) else {} for way in ways]
    said = [column or next(iter(way.values()), None) for column, way in zip(named, only, strict=True)]
    return _with_legal(headers, said, contract)


def _with_legal(headers: Sequence[str], named: Sequence[Column | None], contract: Contract) -> list[Column | None]:
    """The same, but where a file has the surname and the legal one, as schools' systems do, the second is the other surname: by
    the first the child goes, and it is filled in for all."""
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

    Where one header of a file says a column in two languages, so do the others: of them one half that we know will do.
    Otherwise a slash may mean anything: Parent/Surname is no child's surname.
    """
    pairs = [_said_by_halves(header, "/", known) for header in headers]
    is_bilingual = any(one and one is other for one, other in pairs)
    return [
        _of_two(one, other, is_bilingual) or _of_two(*_said_by_halves(header, "(", known), is_bilingual=False)
        for header, (one, other) in zip(headers, pairs, strict=True)
    ]


def _said_by_halves(header: str, apart_by: str, known: Mapping[str, Column]) -> tuple[Column | None, Column | None]:
    """The columns that the two halves of a header name; none where it has no two."""
    one, *others = header.split(apart_by)
    return (_said_by(one, known), _said_by(others[0], known)) if len(others) == 1 else (None, None)


def _said_by(half: str, known: Mapping[str, Column]) -> Column | None:
    return next((known[way] for way in (plain_header(half), *_other_ways(half)) if way in known), None)


def _of_two(one: Column | None, other: Column | None, is_bilingual: bool) -> Column | None:
    return one or other if one is other or (is_bilingual and not (one and other)) else None


def _otherwise(header: str, known: Mapping[str, Column], taken: set[str]) -> dict[str, Column]:
    """By name, the columns that a header names by other words and no header as it stands; a name of the child in any case:
    of Name and Child Name nobody can tell whose the first is.

    The key by its own words alone (Application No): the number of a child is none of its row.
    """
    said = [known[way] for way in _other_ways(header) if way in known]
    free = [column for column in said if column.name not in taken or column.maps_to in _NAMES]
    own = [known.get(plain_header(way)) for way in _written(_apart(header))] if free else []
    return {column.name: column for column in free if not column.primary_key or column in own}


def is_number_of_child(header: str) -> bool:
    """Whether a header says that it is the number by which a system knows the child: Learner ID, Pupil No, Client Ref."""
    apart = _apart(header)
    rest = _WHOSE.sub("", apart)
    return rest != apart and plain_header(rest) in _NUMBERS


def plain_ways(header: str) -> set[str]:
    """The plain header, its halves where it is in two languages, and what it says by other words."""
    halves = header.split("/") if "(" not in header else ()
    return {*map(plain_header, (header, *halves)), *_other_ways(header)}


def _apart(header: str) -> str:
    """The words of a header apart, without a note in brackets on how it is filled in: child_dob and ChildDOB are child DOB."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _HOW_FILLED_IN.sub("", header)).replace("_", " ").strip()


@lru_cache(maxsize=4096)
def _other_ways(header: str) -> tuple[str, ...]:
    """The plain headers that say the same without whose it is, how it is filled in, and a database's short words."""
    apart = _apart(header)
    said = (*_written(apart), *_written(_WHOSE.sub("", apart)))
    return tuple(dict.fromkeys(filter(None, map(plain_header, said))))


def _written(said: str) -> tuple[str, ...]:
    """A header as it stands and with its short words written out, or one written out left out or cut short."""
    others = (re.sub(rf"(?i) {ending}$", instead, said.rstrip(".")) for ending, instead in _ENDINGS)
    return (said, *others)
