"""Reads data contracts: what we require of a source's files, and what its rows tell us.

A contract is a YAML document in the form of the Open Data Contract Standard 3.1 (https://bitol.io). ``schema`` holds one
object; its ``properties`` are the columns and its ``quality`` the rules. What the standard has no word for is in
``customProperties``. Unknown keys are errors, so that a mistyped key never goes unnoticed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Literal, TypeVar, cast
from unicodedata import normalize

import yaml
from pydantic import Field, ValidationError, model_validator

from data_contracts import protection
from data_contracts.completeness import Completeness
from data_contracts.faults import faults_in_words
from data_contracts.file_layout import Files, KeyOfChild, Layout
from data_contracts.parts import MONTHS_ALONE, Column, Description, Flattened, SchemaObject, fault
from data_contracts.statement import Statement
from data_contracts.yaml_file import YamlFile, read_yaml

CONTRACT_FOLDER = Path(__file__).parent
CANDIDATES = "candidates.yaml"
"""The contract of our own list, which is not a source."""


class ContractError(Exception):
    """A contract cannot be read. The message names file, line, place and remedy."""


class DataContract(Flattened):
    """What one table must be like: its columns and rules. Frozen."""

    api_version: Literal["v3.1.0"] = Field(alias="apiVersion")
    kind: Literal["DataContract"]
    id: str
    """Name of the source in the code. Its table is ``raw_<id>``, and each record id begins with it."""
    name: str
    """What the source is called in text for people."""
    version: str
    status: Literal["active", "draft", "retired"]
    domain: str | None = None
    description: Description
    schema_: tuple[SchemaObject] = Field(alias="schema")

    @property
    def table(self) -> SchemaObject:
        """The one table of the contract."""
        return self.schema_[0]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in the order of the contract."""
        return self.table.properties

    @cached_property
    def column_named(self) -> dict[str, Column]:
        """The columns by our names for them."""
        return {column.name: column for column in self.columns}

    @property
    def key(self) -> Column:
        """The column whose value identifies a row."""
        return next(column for column in self.columns if column.primary_key)

    @model_validator(mode="after")
    def _columns_stand_apart(self) -> "DataContract":
        names = [column.name for column in self.columns]
        for number, name in enumerate(names):
            if names.count(name) > 1:
                raise fault(f"two columns have the name {name}", "schema", 0, "properties", number)
        if alike := _headed_alike(self.columns):
            number, header = alike
            clash = f"two columns may be headed {header}: {names[number]} and another"
            raise fault(clash, "schema", 0, "properties", number)
        if sum(column.primary_key for column in self.columns) != 1:
            raise fault("exactly one column must be the primaryKey", "schema", 0, "properties")
        for number, rule in enumerate(self.table.quality):
            if unknown := set(rule.columns) - set(self.column_named):
                raise fault(
                    f"{rule.metric} reads {sorted(unknown)}, which is not a column", "schema", 0, "quality", number
                )
        return self


class Contract(DataContract):
    """One source: its files, columns, rules and what its rows say. Frozen."""

    files: Files
    says: tuple[Statement, ...]
    is_roll: bool = False
    """Whether the source is a roll. Without any roll the night stops."""
    surname_first: bool = False
    """Whether its names stand the other way round: with the surname first in one cell, without a comma, or in each other's
    columns. Not written in a contract: nights learn it (:mod:`pipelines.intake.across_sources.name_order`)."""
    completeness: Completeness = Completeness()
    """When its files are complete, and what an incomplete file does to the night."""

    @property
    def stands_in_for_days(self) -> int:
        """For how many days its last rows stand in if none come."""
        return self.completeness.stands_in_for(
            shows_places=any(statement.kind == "provision" for statement in self.says)
        )

    @model_validator(mode="after")
    def _holds_together(self) -> "Contract":
        if self.table.physical_name != f"raw_{self.id}":
            raise fault(f"physicalName of the table must be raw_{self.id}", "schema", 0, "physicalName")
        if self.surname_first:
            raise fault("surname_first is not written in a contract: nights learn it", "surname_first")
        for number, statement in enumerate(self.says):
            self._statement_holds(statement, number)
        for name in self.files.xml.columns if self.files.xml else ():
            if name not in self.column_named:
                raise fault(f"xml names {name}, which is not a column", "files", "xml")
        self._files_hold()
        self.completeness.check_unit_columns(self.column_named)
        for number, column in enumerate(self.columns):
            self._column_is_used(column, number)
        return self

    def _files_hold(self) -> None:
        for name in sorted(self.files.named_columns):
            if name not in self.column_named or not self.column_named[name].may_be_absent:
                raise fault(f"fromName names {name}, which is not a column that mayBeAbsent", "files", "fromName")
        if unknown := set(self.files.said_once) - set(self.column_named):
            raise fault(f"saidOnce names {sorted(unknown)}, which is not a column", "files", "saidOnce")
        if unknown := set(self.files.key_shared) - set(self.column_named):
            raise fault(f"keyShared names {sorted(unknown)}, which is not a column", "files", "keyShared")
        totals = self.files.totals
        if totals and (unknown := set(totals.empty) - set(self.column_named)):
            raise fault(f"totals reads {sorted(unknown)}, which is not a column", "files", "totals")
        if self.files.of_file or self.files.filled or self.files.sheet_place:
            raise fault("of_file, filled and sheet_place are not written in a contract; a layout has ofFile", "files")
        if self.files.key_of_child:
            self._key_of_child_holds(self.files.key_of_child)
        for number, layout in enumerate(self.files.layouts):
            place = ("files", "layouts", number)
            if unknown := set(layout.columns) - set(self.column_named):
                raise fault(f"the layout {layout.name} names {sorted(unknown)}, which is not a column", *place)
            if alike := _headed_alike(self.in_layout(layout).columns):
                raise fault(f"in the layout {layout.name} two columns may be headed {alike[1]}", *place)

    def _key_of_child_holds(self, made: KeyOfChild) -> None:
        if unknown := set(made.and_) - set(self.column_named):
            raise fault(f"keyOfChild names {sorted(unknown)}, which is not a column", "files", "keyOfChild")
        of_key = {plain_header(header) for header in self.key.headers}
        if taken := [header for header in made.headers if plain_header(header) in of_key]:
            raise fault(f"keyOfChild names {taken}, which heads the key itself", "files", "keyOfChild")

    def beginnings_of(self, end: str) -> frozenset[str]:
        """The columns that say when began what the column ``end`` ends."""
        return frozenset(statement.since for statement in self.says if statement.until == end and statement.since)

    @property
    def statement_columns(self) -> frozenset[str]:
        """The columns behind what the source says about a child, beyond who the child is."""
        return frozenset(column for statement in self.says for column in statement.columns)

    @property
    def ends_in_words(self) -> list[tuple[Column, str]]:
        """The columns that may say of an entry that it has ended, each with the column of the day (``leftWithoutDay``)."""
        rules = (rule.columns for rule in self.table.quality if rule.metric == "leftWithoutDay")
        return [(self.column_named[status], day) for status, day in rules]

    @cached_property
    def ends(self) -> frozenset[str]:
        """The columns with the days on which places, or entries of homes, end; without those that also say when one begins."""
        entries = [statement for statement in self.says if statement.kind in ("provision", "lives_here")]
        begin = {statement.since for statement in entries}
        return frozenset(s.until for s in entries if s.until and s.until not in begin)

    @property
    def ends_of_places(self) -> frozenset[str]:
        """The columns with the days on which places end."""
        return frozenset(
            statement.until for statement in self.says if statement.kind == "provision" and statement.until
        )

    @property
    def days_of_places(self) -> frozenset[str]:
        """The columns with the days on which places begin and end."""
        begin = (statement.since for statement in self.says if statement.kind == "provision" and statement.since)
        return self.ends_of_places.union(begin)

    def missed_columns(self, there: Collection[str]) -> list[Column]:
        """Columns that are not in ``there`` and without which the rows come to mean something else (``absentWhy``, the same
        sentence once). An end is missed only if what it ends begins in ``there`` or has a beginning that is missed too."""
        missed = dict[str, Column]()
        for column in self.columns:
            begun = [self.column_named[name] for name in self.beginnings_of(column.name)]
            is_begun = not begun or any(start.name in there or start.absent_why for start in begun)
            if column.absent_why and column.name not in there and is_begun:
                missed.setdefault(column.absent_why, column)
        return list(missed.values())

    def in_layouts(self) -> Iterator[tuple[tuple[Layout, ...], "Contract"]]:
        """This contract in each further layout; then in every two that are about different columns, as of names and of homes,
        unless a header could then be either of two columns."""
        layouts = self.files.layouts
        yield from (((layout,), self.in_layout(layout)) for layout in layouts)
        for one, other in combinations(layouts, 2):
            if set(one.columns).isdisjoint(other.columns):
                form = self.in_layout(one).in_layout(other)
                if _headed_alike(form.columns) is None:
                    yield (one, other), form

    def in_layout(self, layout: Layout) -> "Contract":
        """This contract with the headers and optional columns of another layout of the source."""
        columns = []
        for column in self.columns:
            header, *others = layout.headers.get(column.name, column.headers)
            may_be_absent = column.name not in layout.needs and (column.may_be_absent or column.name in layout.lacks)
            changed = {"header": header, "also_called": tuple(others), "may_be_absent": may_be_absent}
            if column.name in layout.lacks and layout.absent_why:
                changed["absent_why"] = layout.absent_why
            columns.append(column.model_copy(update=changed))
        table = self.table.model_copy(update={"properties": tuple(columns)})
        files = self.files.model_copy(update={"of_file": (*self.files.of_file, *layout.of_file)})
        copied = self.model_copy(update={"schema_": (table,), "files": files})
        copied.__dict__.pop("column_named", None)  # kept from the other layout by the copy
        return copied

    def of_sheet(self, sheet: tuple[int, str] | None) -> "Contract":
        """This contract for one sheet, by its place counted from 1 and its name, of a workbook with several; null: the
        contract itself."""
        if sheet is None:
            return self
        files = self.files.model_copy(update={"sheet_place": sheet[0], "sheet": sheet[1]})
        return self.model_copy(update={"files": files})

    def of_file(self, file: str) -> "Contract | None":
        """This contract with the columns filled in that say what a file is called, if its layout has such; null: the name
        of the file says nothing."""
        if not self.files.of_file:
            return self
        if not (called := self.files.called(file)):
            return None
        files = self.files.model_copy(update={"filled": dict.fromkeys(self.files.of_file, called)})
        return self.model_copy(update={"files": files})

    def _statement_holds(self, statement: Statement, number: int) -> None:
        if unknown := statement.columns - set(self.column_named):
            raise fault(f"{statement.kind} reads {sorted(unknown)}, which is not a column", "says", number)
        for name in sorted(statement.dates):
            if self.column_named[name].logical_type != "date":
                raise fault(f"{statement.kind} takes {name} as a date, and it is not one", "says", number)
        if statement.what_from and not self.column_named[statement.what_from].codes:
            raise fault(
                f"what_from needs a column with codes, as free text may hold names: {statement.what_from}",
                "says",
                number,
            )
        for condition in statement.conditions:
            for name, meanings in condition.items():
                if meant_by_none := set(meanings) - self.column_named[name].meanings:
                    raise fault(f"no code of {name} means {sorted(meant_by_none)}", "says", number)

    def _column_is_used(self, column: Column, number: int) -> None:
        place = ("schema", 0, "properties", number)
        idle = column.maps_to is None and column.name not in self.statement_columns and not column.primary_key
        if idle and not column.not_used:
            raise fault(f"column {column.name} maps to nothing and says nothing; give notUsed with the reason", *place)
        if (column.absent_why or column.absent_as or column.absent_like) and not column.may_be_absent:
            absent = "absentWhy, absentAs and absentLike are for a column that mayBeAbsent"
            raise fault(f"column {column.name}: {absent}", *place)
        if column.absent_like and column.absent_like not in self.column_named:
            raise fault(f"column {column.name}: absentLike names {column.absent_like}, which is not a column", *place)
        is_end = column.name in {statement.until for statement in self.says}
        if {*MONTHS_ALONE}.intersection(column.also_written) and not is_end:
            raise fault(f"column {column.name}: a month alone is read of an end (until), as its last day", *place)
        if column.ended_if_not_known and column.name not in self.ends:
            raise fault(f"column {column.name}: endedIfNotKnown is for an end of places or homes (until)", *place)
        twice = [other for other in self.columns if other.maps_to == column.maps_to and column.maps_to]
        if len(twice) > 1 and column.maps_to != "address":
            raise fault(f"two columns map to {column.maps_to}; only an address is put together from several", *place)
        if column.logical_type not in ("string", "date", "integer"):
            raise fault(f"column {column.name}: a source's columns are string, date or integer", *place)


def plain_header(header: str) -> str:
    """The letters and digits of a header, without case and accents: the form in which headers are compared."""
    return "".join(filter(str.isalnum, normalize("NFKD", header))).casefold()


def _headed_alike(columns: Iterable[Column]) -> tuple[int, str] | None:
    """The first header that an earlier column may also have, however written, and the number of its column; null: none."""
    heard: dict[str, str] = {}
    for number, column in enumerate(columns):
        for header in column.headers:
            if heard.setdefault(plain_header(header), column.name) != column.name:
                return number, header
    return None


Kind = TypeVar("Kind", bound=DataContract)


def _with_mark(contract: Contract) -> Contract:
    """The contract with a column for marks of protection, if it says of nobody that the address must not be shown and has no
    column of that name or header."""
    headers = {plain_header(header): header for column in contract.columns for header in column.headers}
    says_so = any(statement.kind == "protected" for statement in contract.says)
    if says_so or protection.MARK in contract.column_named or plain_header(protection.HEADER) in headers:
        return contract
    taken = {header for header in protection.HEADERS if plain_header(header) in headers}
    column = Column.model_validate(protection.column_of_mark(taken))
    table = contract.table.model_copy(update={"properties": (*contract.columns, column)})
    says = (*contract.says, Statement.model_validate(protection.STATEMENT))
    marked = contract.model_copy(update={"schema_": (table,), "says": says})
    marked.__dict__.pop("column_named", None)  # kept from the contract by the copy
    return marked


@lru_cache(maxsize=64)
def _validated(document: YamlFile, kind: type[Kind]) -> Kind:
    """The contract in a document. It is made once for each document, which is safe as contracts are frozen."""
    contract = kind.model_validate(document.data)
    return cast(Kind, _with_mark(contract)) if isinstance(contract, Contract) else contract


def _read(path: Path, kind: type[Kind]) -> Kind:
    try:
        document = read_yaml(path)
    except yaml.MarkedYAMLError as error:
        # What is cut short is found to be so one line after the last.
        lines = len(path.read_text(encoding="utf-8").splitlines())
        line = min(error.problem_mark.line + 1, lines) if error.problem_mark else 1
        raise ContractError(
            f"{path.name}, line {line}: this is not YAML: {error.problem}. Correct that line."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ContractError(f"{path.name}: this is not YAML in UTF-8. Save it as plain text in UTF-8.") from None
    try:
        contract: Kind = _validated(document, kind)
    except ValidationError as error:
        raise ContractError(faults_in_words(path.name, document, kind, error)) from None
    if contract.id != path.stem:
        line = document.line(["id"])
        raise ContractError(f"{path.name}, line {line}: id is {contract.id}. Give it the file's name, {path.stem}.")
    return contract


def names_of(contracts: Mapping[str, Contract]) -> dict[str, str]:
    """Source -> its name in text for people."""
    return {source: contract.name for source, contract in contracts.items()}


def read_contract(path: Path) -> Contract:
    """Read one source's contract. Raises :class:`ContractError` naming file, line, place and remedy."""
    return _read(path, Contract)


def read_candidates_contract() -> DataContract:
    """Read the contract of our own list. Raises :class:`ContractError`."""
    return _read(CONTRACT_FOLDER / CANDIDATES, DataContract)


def read_contracts(folder: Path = CONTRACT_FOLDER, own: Path | None = None) -> dict[str, Contract]:
    """Read every active source contract of a folder, by id and in the order of ids.

    ``own``: a folder of the authority's own contracts; null: none. If both folders have a contract of one id, the
    authority's counts; if that is not active, the source is left out. ``candidates.yaml``, the contract of our own list, is
    left out. Raises :class:`ContractError`.
    """
    if own is not None and not own.is_dir():
        raise ContractError(f"{own}: there is no such folder of contracts. Give the folder that holds the .yaml files.")
    paths = {path.name: path for where in (folder, own) if where for path in sorted(where.glob("*.yaml"))}
    contracts = [read_contract(paths[name]) for name in sorted(paths) if name != CANDIDATES]
    return {contract.id: contract for contract in contracts if contract.status == "active"}


def own_contracts(contracts: Mapping[str, Contract], own: Path | None) -> dict[str, str]:
    """Source -> version of each contract that came from the authority's own folder."""
    names = {path.stem for path in own.glob("*.yaml")} if own else set()
    return {source: contract.version for source, contract in contracts.items() if source in names}
