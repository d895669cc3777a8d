"""Reads one data contract: what we require of one source's files, and what its rows tell us.

A contract is a YAML document in the form of the Open Data Contract Standard 3.1 (https://bitol.io): ``schema`` holds
one object, its ``properties`` are the columns, ``quality`` the rules. What the standard has no word for stands in
``customProperties``. Unknown keys are errors, so that a slip of the pen never goes unread.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from data_contracts.breach import Stops

CONTRACT_FOLDER = Path(__file__).parent

PersonField = Literal[
    "surname", "other_surname", "forename", "middle_names", "full_name", "date_of_birth", "sex",
    "address", "postcode", "uprn", "upn", "former_upn", "nhs_number", "parent_name", "phone", "household",
]  # fmt: skip
"""Where a column goes in a person record. Several columns may map to ``address``: they are joined in file order."""

Classification = Literal["public", "internal", "personal", "restricted"]


class ContractError(Exception):
    """A contract that cannot be read: the message names the file, the place and the remedy."""


class Part(BaseModel):
    """Base of every part of a contract: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _flatten_custom_properties(data: object) -> object:
    """Lift ``customProperties: [{property: p, value: v}]`` to plain keys, for the models below."""
    if not isinstance(data, dict) or "customProperties" not in data:
        return data
    flat = {key: value for key, value in data.items() if key != "customProperties"}
    for entry in data["customProperties"]:
        if set(entry) - {"property", "value", "description"}:
            raise ValueError(f"customProperties take property, value and description, not {sorted(entry)}")
        if entry["property"] in flat:
            raise ValueError(f"{entry['property']} is said twice")
        flat[entry["property"]] = entry["value"]
    return flat


class Flattened(Part):
    """A part that may carry customProperties."""

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, data: object) -> object:
        return _flatten_custom_properties(data)


class RuleArguments(Part):
    """What a library metric of the standard is measured against."""

    valid_values: tuple[str, ...] | None = Field(None, alias="validValues")
    pattern: str | None = None


class Rule(Flattened):
    """One quality rule. ``metric`` is one of the standard's library metrics, or one that we define (``type: custom``).

    ``invalidValues``: values outside ``validValues`` or not matching ``pattern``; ``duplicateValues``; ``rowCount``;
    ``nullValues``; custom: ``upn`` and ``nhsNumber`` (check character), ``notInFuture``, ``notBefore`` (a year).
    Empty values never break a rule other than ``nullValues``.
    """

    metric: Literal["invalidValues", "duplicateValues", "rowCount", "nullValues",
                    "upn", "nhsNumber", "notInFuture", "notBefore"]  # fmt: skip
    type: Literal["library", "custom"] = "library"
    engine: Literal["rollcall"] | None = None
    arguments: RuleArguments = RuleArguments()
    must_be: int | None = Field(None, alias="mustBe")
    must_be_greater_or_equal: int | None = Field(None, alias="mustBeGreaterOrEqualTo")
    year: int | None = None
    """For ``notBefore``: the earliest year a date may have."""
    stops: Stops
    why: str = Field(alias="businessImpact")
    fix: str
    description: str | None = None


class Options(Part):
    """How a date is written: patterns of the standard (``yyyy-MM-dd``, ``dd/MM/yyyy``, ``yyyyMMdd``)."""

    format: str | None = None


class Column(Flattened):
    """One column of a source: how it is headed, what may stand in it, and where it goes in a person record."""

    name: str
    """Our name for it: snake_case, also its name in ``raw_<source>``."""
    header: str = Field(alias="physicalName")
    """Header that the source writes."""
    logical_type: Literal["string", "date", "integer"] = Field("string", alias="logicalType")
    options: Options = Field(Options(), alias="logicalTypeOptions")
    also_written: tuple[str, ...] = Field((), alias="alsoWritten")
    """Further date formats that are taken, tried in order."""
    required: bool = False
    """An empty value breaks the rule ``required``."""
    required_stops: Stops = Field("row", alias="requiredStops")
    bad_type_stops: Stops = Field("row", alias="badTypeStops")
    """What a value that is no date (or no whole number) stops. Where it is ``nothing``, the value counts as empty."""
    primary_key: bool = Field(False, alias="primaryKey")
    may_be_absent: bool = Field(False, alias="mayBeAbsent")
    """The whole column may be missing from a file."""
    also_called: tuple[str, ...] = Field((), alias="alsoCalled")
    """Other headers for the same column; case and spaces at the ends are ignored."""
    maps_to: PersonField | None = Field(None, alias="mapsTo")
    codes: dict[str, str] = {}
    """What each code means in our terms (for ``sex``: F, M or empty)."""
    not_a_value: tuple[str, ...] = Field((), alias="notAValue")
    """Placeholders that stand for empty, such as UN1 in a UPN column."""
    not_used: str | None = Field(None, alias="notUsed")
    """Why a column is read but not used."""
    classification: Classification
    description: str
    quality: tuple[Rule, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def date_formats(self) -> tuple[str, ...]:
        """All date formats taken, as strptime patterns."""
        written = ((self.options.format,) if self.options.format else ()) + self.also_written
        return tuple(f.replace("yyyy", "%Y").replace("MM", "%m").replace("dd", "%d")
                      .replace("HH", "%H").replace("mm", "%M").replace("ss", "%S") for f in written)  # fmt: skip


class Doubt(Part):
    """A reason to hold a statement for less than certain, where its columns have these codes."""

    when: dict[str, tuple[str, ...]]
    because: str


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Statement(Part):
    """One thing that a row of this source says about its child; column names are ours (``Column.name``).

    ``provision``  the child is educated (``what``: the way; ``place``: column with the school's name) from ``since`` to
                   ``until`` (an empty date: still). ``holds_days``: for how long a dated confirmation (``since``) stays good.
    ``seen``       somebody saw or dealt with the child on each date in ``on``.
    ``lives_here`` an entry that says the child lives at the address since ``since`` and until ``until``.
    ``left``       the source closed its entry on ``on``.
    ``concern``    a reason to look sooner, since ``since`` and until ``until``; ``what`` names it.
    ``protected``  the address must not be shown.
    A statement applies where each column in ``when`` has one of the codes given (all rows, where ``when`` is empty).
    """

    kind: Literal["provision", "seen", "lives_here", "left", "concern", "protected"]
    what: str | None = None
    what_from: str | None = None
    """Column whose text says what, instead of ``what`` (a closed code list only)."""
    place: str | None = None
    since: str | None = None
    until: str | None = None
    on: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()
    holds_days: int | None = None
    when: dict[str, tuple[str, ...]] = {}
    doubts: tuple[Doubt, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the statement reads."""
        named = [self.what_from, self.place, self.since, self.until, *self.on, *self.when]
        named += [column for doubt in self.doubts for column in doubt.when]
        return frozenset(column for column in named if column)


class XmlLayout(Part):
    """Where rows stand in an XML file. Paths are element names under the document's root, joined by ``/``."""

    root: str
    rows: tuple[str, ...]
    """Paths of the elements that hold one row each, such as ``Pupils/PupilsOnRoll/PupilOnRoll``."""
    header: dict[str, str] = {}
    """Column name -> path of an element that is said once for the whole file."""
    elements: dict[str, str] = {}
    """Column name -> path inside the row, where it differs from the column's header."""
    key: tuple[str, ...]
    """Columns that together make the row's key, as an XML row has no RecordId."""


class Files(Part):
    """Which files belong to the source and how they are written."""

    names: tuple[str, ...]
    """File-name patterns (fnmatch, case ignored), such as ``school_census*.csv``."""
    encodings: tuple[str, ...] = ("utf-8",)
    """Tried strictly, in order. A byte-order mark is always taken."""
    sheet: str | None = None
    """Sheet of a workbook; the first where it is not given."""
    xml: XmlLayout | None = None


class SchemaObject(Flattened):
    """The one table of a contract."""

    name: str
    physical_name: str = Field(alias="physicalName")
    description: str
    properties: tuple[Column, ...]
    quality: tuple[Rule, ...] = ()
    """Rules of the whole file, such as ``rowCount``."""


class Description(Part):
    """Prose of the contract."""

    purpose: str
    usage: str | None = None
    limitations: str | None = None


class Contract(Flattened):
    """One source: its files, columns, rules and what its rows say. Frozen."""

    api_version: Literal["v3.1.0"] = Field(alias="apiVersion")
    kind: Literal["DataContract"]
    id: str
    """Name of the source: also ``raw_<id>`` and the first half of each record id."""
    name: str
    """What the source is called in text for people."""
    version: str
    status: Literal["active", "draft", "retired"]
    domain: str | None = None
    description: Description
    files: Files
    says: tuple[Statement, ...]
    is_roll: bool = False
    """True where the source is a roll: without any roll the night stops."""
    one_row_per_child: bool = False
    """True where the source itself keeps one row a child, so that two rows are two children."""
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
        """Columns by our name for them."""
        return {column.name: column for column in self.columns}

    @property
    def key(self) -> Column:
        """The column whose value names a row."""
        return next(column for column in self.columns if column.primary_key)

    @property
    def raw_table(self) -> str:
        """Name of the DuckDB table that keeps the rows unchanged."""
        return self.table.physical_name

    @model_validator(mode="after")
    def _holds_together(self) -> "Contract":
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("two columns have the same name")
        if sum(column.primary_key for column in self.columns) != 1:
            raise ValueError("exactly one column must be the primaryKey")
        if self.table.physical_name != f"raw_{self.id}":
            raise ValueError(f"physicalName of the table must be raw_{self.id}")
        for statement in self.says:
            if unknown := statement.columns - set(names):
                raise ValueError(f"says: {statement.kind} reads {sorted(unknown)}, which is no column")
        for column in self.columns:
            self._column_holds_together(column)
        return self

    def _column_holds_together(self, column: Column) -> None:
        if column.logical_type == "date" and not column.date_formats:
            raise ValueError(f"column {column.name}: a date needs logicalTypeOptions.format")
        used = {name for statement in self.says for name in statement.columns}
        idle = column.maps_to is None and column.name not in used and not column.primary_key
        if idle and not column.not_used:
            raise ValueError(f"column {column.name}: it maps to nothing and says nothing; give notUsed with the reason")


def read_contract(path: Path) -> Contract:
    """Read one contract. Raises :class:`ContractError` naming file, place and remedy."""
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path.name}: this is no YAML in UTF-8: {error}. Mend the place it names.") from None
    try:
        return Contract.model_validate(data)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'contract'}: {e['msg']}" for e in error.errors())
        raise ContractError(f"{path.name}: {places}. Mend these places; docs/contracts.md says what may stand there.") from None


def read_contracts(folder: Path = CONTRACT_FOLDER) -> dict[str, Contract]:
    """Read every active source contract of a folder, by id, in the order of their ids.

    ``candidates.yaml`` is left out: it is the contract of our own list. Raises :class:`ContractError`.
    """
    contracts = [read_contract(path) for path in sorted(folder.glob("*.yaml")) if path.name != "candidates.yaml"]
    return {contract.id: contract for contract in contracts if contract.status == "active"}
