"""The parts of a contract that say which files belong to a source, and how they are written. All frozen."""

import codecs
import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from data_contracts.parts import OneOrMany, Part, fault

_MONTH = "(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_DAY_IN_NAME = re.compile(
    r"(?<![a-z0-9])(?:\d{1,4}[-. ]\d{1,2}[-. ]\d{2,4}|20\d{6}|\d{4}20\d\d|20\d\d"
    rf"|(?:\d{{1,2}} )?{_MONTH}[- ]?\d{{2,4}})(?![a-z0-9])",
    re.IGNORECASE,
)
"""A day, month or year in the name of a file. Six or seven digits may be the number of a school."""

_OF_ANY_FILE = re.compile(
    r"(?<![^\W\d_])(all|and|autumn|copy|daily|data|export|extract|final|for|from|full|leavers?|lists?|new|nightly|off?|old"
    r"|part|pupils?|rolls?|schools?|sheet|spring|students?|summer|term|the|whole)(?![^\W\d_])|[\W\d_]",
    re.IGNORECASE,
)
"""Words that do not tell one file of a source from another."""

_IS_NUMBERED = re.compile(r"(y(ea)?r?\s*)?\d+\w?|reception", re.IGNORECASE)
"""A sheet of one year group or class."""


_FEW_LETTERS = 2
"""So many letters besides words of any file say nothing."""

_NUMBER_OF_A_SCHOOL = re.compile(r"(?<!\d)[2-9]\d{2}[ _/-]?[1-9]\d{3}(?!\d)")
"""Number of an authority and that of a school within it (8112001, 671_4050), as the files of schools' systems are named for."""


def _says_something(name: str) -> bool:
    """Whether a name tells one file of a source from another: it has more than numbers and words of any file, or it has the
    number of a school."""
    return len(_OF_ANY_FILE.sub("", name)) > _FEW_LETTERS or bool(_NUMBER_OF_A_SCHOOL.search(name))


class XmlLayout(Part):
    """Where rows are in an XML file. Paths are element names below the document's root, joined by ``/``."""

    root: str
    rows: tuple[str, ...]
    """Paths of the elements that hold one row each, such as ``Pupils/PupilsOnRoll/PupilOnRoll``."""
    header: dict[str, OneOrMany] = Field(default_factory=dict)
    """Column name -> path of an element that occurs once for the whole file; of several paths, the first that exists."""
    elements: dict[str, str] = Field(default_factory=dict)
    """Column name -> path inside the row, where it differs from the column's header."""
    passed_over: tuple[str, ...] = Field((), alias="passedOver")
    """Paths inside the row of elements about somebody or something else, such as ``Contacts`` or ``*Exclusion*``: nothing in
    them is read except what ``elements`` names."""
    repeated: dict[str, Literal["first", "last", "latest"]] = Field(default_factory=dict)
    """Column name -> which one counts if the element occurs several times in the row. ``latest``: by ISO date; for an element
    within a group (``elements``: ``Schools/School/LeavingDate``), the one in the group with the latest date, even if that group
    lacks the element."""
    ended: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Path of rows about entries that have ended -> column name -> the code for that, given to rows without an end."""
    key: tuple[str, ...]
    """Columns that together make the row's key, as an XML row has no RecordId."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the layout names."""
        ended = (name for codes in self.ended.values() for name in codes)
        return (*self.header, *self.elements, *self.repeated, *ended, *self.key)

    @model_validator(mode="after")
    def _ended_rows_are_rows(self) -> "XmlLayout":
        if set(self.ended) - set(self.rows):
            raise fault("ended takes paths that stand in rows", "ended")
        return self


class Totals(Part):
    """How to tell a row of totals below the last row from a row about a child. Both conditions must hold."""

    empty: OneOrMany = Field(min_length=1)
    """Columns that are empty in it, including at least the key."""
    begins: OneOrMany = Field(min_length=1)
    """Patterns (fnmatch, case ignored) for the first filled cell of the row, such as ``Total*``."""


class KeyOfChild(Part):
    """How to make a row's key in a file that has the number by which a system knows the child, but no key of the row.

    A child who changed schools, or came back, has two rows with the same number.
    """

    headers: OneOrMany = Field(min_length=1)
    """Headers of such a number that do not show it by themselves, as ``Pupil ID`` does. If a file has several, the first in
    this list is used."""
    and_: OneOrMany = Field(min_length=1, alias="and")
    """Columns that tell the child's rows apart; the key is the number followed by these."""


class Layout(Part):
    """Another layout of the same source, such as last year's. Only differences are given."""

    name: str
    """Its name in text for people, such as ``2025``."""
    headers: dict[str, OneOrMany] = Field(default_factory=dict)
    """Column name -> its headers in this layout, instead of its usual ones."""
    absent: OneOrMany = ()
    """Columns that a file of this layout may lack."""
    needs: OneOrMany = ()
    """Columns that a file of this layout must have, though other files may lack them."""
    of_file: OneOrMany = Field((), alias="ofFile")
    """Columns that a file of this layout has none of, as it is about one of them, such as one school: what the file is
    called says which (:meth:`Files.called`)."""
    absent_why: str = Field("", alias="absentWhy")
    """What the rows come to mean without the columns that are ``absent`` or ``ofFile``, in one sentence; empty: they mean
    the same."""

    @property
    def lacks(self) -> tuple[str, ...]:
        """Columns that a file of this layout may lack."""
        return (*self.absent, *self.of_file)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the layout names."""
        return (*self.headers, *self.lacks, *self.needs)


class Files(Part):
    """Which files belong to the source and how they are written."""

    names: tuple[str, ...] = Field(min_length=1)
    """File-name patterns (fnmatch, case ignored), such as ``school_census*.csv``."""
    encodings: tuple[str, ...] = Field(("utf-8",), min_length=1)
    """Tried strictly, in order. A byte-order mark is always accepted."""
    sheet: str | None = None
    """Sheet of a workbook; null: the first."""
    from_name: str | None = Field(None, alias="fromName")
    """Regular expression for the whole file name (case ignored). Its named groups are columns: the text of a group fills the
    column in every row that leaves it empty."""
    totals: Totals | None = None
    layouts: tuple[Layout, ...] = ()
    """Further layouts, besides the one that the columns describe. A file's headers show which one it has."""
    xml: XmlLayout | None = None
    key_of_child: KeyOfChild | None = Field(None, alias="keyOfChild")
    """For a file without a key of its rows; not for XML."""
    key_shared: OneOrMany = Field((), alias="keyShared")
    """Columns that tell apart the rows that share a key by design; each that a file has is appended to the key. Not for XML."""
    said_once: OneOrMany = Field((), alias="saidOnce")
    """Columns that a report prints only in the first row of a household, the household's own first."""
    of_file: OneOrMany = ()
    """As in the layout that is read; none in a contract as written."""
    sheet_place: int | None = None
    """Place of ``sheet``, counted from 1, where each of several sheets is read as a file; null in a contract as written."""
    filled: dict[str, str] = Field(default_factory=dict)
    """Column -> what one file fills it with in every row; empty in a contract as written."""

    def called(self, file: str) -> str:
        """What a file is called besides its source's name and a date, and which sheet of it is read: what tells one school's
        list from another's, and is the same on the next night. If that is nothing or a number alone, as of a workbook of all
        schools, what the sheet is called (:meth:`called_by_sheet`). Empty if that says nothing either.

        Beside the name of a file the sheet is told by its place, as its name may be a child's, unless that is a number or a
        year group.
        """
        named = self.sheet if _IS_NUMBERED.fullmatch(self.sheet or "") else f"sheet {self.sheet_place}"
        sheet = () if self.sheet_place is None else (named,)
        own = self._besides_source(file)
        return ", ".join((own, *sheet)) if _says_something(own) else self.called_by_sheet(file)

    def called_by_sheet(self, file: str) -> str:
        """What the sheet that is read is called, if the file is called nothing that tells one school's list from another's.

        Empty if the file is, or if the name of the sheet says nothing. It may be a child's: it may be used only of a sheet of
        several children.
        """
        sheet = (self.sheet or "") if self.sheet_place is not None else ""
        sheet = "" if _IS_NUMBERED.fullmatch(sheet) else re.sub(r"\s+", " ", _DAY_IN_NAME.sub("", sheet)).strip(" -.,")
        return sheet if _says_something(sheet) and not _says_something(self._besides_source(file)) else ""

    def _besides_source(self, file: str) -> str:
        """What a file is called besides its source's name and a date."""
        stem = file.rpartition(".")[0]
        begins = (re.split(r"[*?\[.]", name.rpartition("/")[2])[0] for name in self.names)
        for begin in sorted(begins, key=len, reverse=True):
            stem = re.sub("^" + r"[\s_-]*".join(begin.split("_")), "", stem, count=1, flags=re.IGNORECASE)
        named = re.sub(r"[\s_]+", " ", _DAY_IN_NAME.sub("", stem.replace("_", " "))).strip(" -.,")
        number = _NUMBER_OF_A_SCHOOL.search(named)
        is_number = number and len(_OF_ANY_FILE.sub("", named)) <= _FEW_LETTERS  # 8112001 Leavers is of 8112001 too
        return number[0] if number and is_number else named

    @property
    def names_to_give(self) -> tuple[str, ...]:
        """The names that a sender may be told to give a file: those that begin with what it is."""
        return tuple(name for name in self.names if not name.startswith("*"))

    @property
    def named_columns(self) -> frozenset[str]:
        """Columns that a file's name can fill."""
        return frozenset(re.compile(self.from_name).groupindex) if self.from_name else frozenset()

    @field_validator("from_name")
    @classmethod
    def _is_regular_expression(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern or "").groupindex
        except re.error as error:
            raise fault(f"fromName is not a regular expression: {error}") from None
        if pattern is not None and not groups:
            raise fault("fromName needs at least one named group, such as (?P<sender>...)")
        return pattern

    @model_validator(mode="after")
    def _known_encodings(self) -> "Files":
        for number, encoding in enumerate(self.encodings):
            try:
                codecs.lookup(encoding)
            except LookupError:
                raise fault(f"{encoding} is not an encoding that Python knows", "encodings", number) from None
        names = [layout.name for layout in self.layouts]
        if len(set(names)) < len(names):
            raise fault("two layouts have the same name", "layouts")
        return self

    def values_from_name(self, file: str) -> dict[str, str]:
        """Column -> text that a file's name gives for it; empty if the name does not match ``fromName``."""
        match = re.fullmatch(self.from_name, file, re.IGNORECASE) if self.from_name else None
        return {column: text for column, text in match.groupdict().items() if text} if match else {}
