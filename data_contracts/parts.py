"""The parts of which every contract is made: rules, columns, the table, prose. All frozen."""

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from data_contracts import ended, protection
from data_contracts.breach import Stops

PersonField = Literal[
    "surname",
    "other_surname",
    "forename",
    "middle_names",
    "full_name",
    "date_of_birth",
    "sex",
    "address",
    "postcode",
    "uprn",
    "upn",
    "former_upn",
    "nhs_number",
    "parent_name",
    "phone",
    "household",
]
"""Field of a person record that a column fills. Several columns may map to ``address``: they are joined in file order."""

Classification = Literal["public", "internal", "personal", "restricted"]

LibraryMetric = Literal["invalidValues", "duplicateValues", "rowCount", "nullValues"]
"""The standard's own metrics."""

RowCheck = Literal["upn", "nhsNumber", "notInFuture", "notBefore"]
ROW_CHECKS = frozenset(get_args(RowCheck))
"""Custom checks of a single value."""

TableCheck = Literal["allEmpty", "leftWithoutDay", "countsRows", "notAbove", "withheldWhere", "givenUnless"]
TABLE_CHECKS = frozenset(get_args(TableCheck))
"""Custom checks across the columns of a row, or across rows; they belong to the rules of the table."""

DATE_PARTS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}
"""The parts of a date format, and the same for strptime. A contract needs years of four digits, because with two it is open
which number is the year. Two are allowed where the month is a name (03-Sep-15, Oracle's default), and in dd/MM/yy."""

YEAR_ALONE = "yyyy"
"""Date format for birth dates of which only the year is known. Read, as a month alone is, whether a contract has it or not
(:mod:`data_contracts.births`)."""

MONTHS_ALONE = ("MMMM yyyy", "MM/yyyy")
"""Date formats for ends of which only the month is known: read as its last day, by which they have surely come."""

EXCEL_DAYS = "excel"
"""Date format for Excel's number of a day (44197 is 1 January 2021)."""

EXAMPLE_DAY = date(2015, 3, 24)
"""Day used to show date formats: 24 cannot be taken for a month."""

_DATE_PART = re.compile("|".join(DATE_PARTS))


def strptime(written: str) -> str:
    """A date format in strptime's notation."""
    return _DATE_PART.sub(lambda part: DATE_PARTS[part[0]], written)


BETWEEN_WORDS = r"([^\W\d_])[\W_]+([^\W\d_])"
"""Characters other than letters and digits between two letters of a code: systems write Non-dependant, Non dependant or
NON_DEPENDANT. Next to digits they count: 1.0 is not 10."""


def plain_code(code: str) -> str:
    """The form in which codes are compared: case-folded, words joined; as :func:`data_contracts.values.plain_codes`."""
    return re.sub(BETWEEN_WORDS, r"\1\2", code.casefold())


def fault(message: str, *place: str | int) -> PydanticCustomError:
    """A fault in a contract, for a validator to raise; ``place`` is relative to the part being validated."""
    return PydanticCustomError("contract", "{message}", {"message": message, "place": list(place)})


class Part(BaseModel):
    """Base of every part of a contract: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _flatten_custom_properties(data: object) -> object:
    """Turn ``customProperties: [{property: p, value: v}]`` into plain keys, for the models below."""
    if not isinstance(data, dict) or "customProperties" not in data:
        return data
    flat = {key: value for key, value in data.items() if key != "customProperties"}
    entries = data["customProperties"]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "property" in entry for entry in entries):
        raise fault("customProperties is a list of entries with property and value", "customProperties")
    for entry in entries:
        if set(entry) - {"property", "value", "description"} or "value" not in entry:
            raise fault("customProperties take property, value and description", entry["property"])
        if entry["property"] in flat:
            raise fault(f"{entry['property']} is given twice", entry["property"])
        flat[entry["property"]] = entry["value"]
    return flat


class Flattened(Part):
    """A part that may have customProperties."""

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, data: object) -> object:
        return _flatten_custom_properties(data)


class RuleArguments(Part):
    """The arguments of a library metric of the standard."""

    valid_values: tuple[str, ...] | None = Field(None, alias="validValues")
    """The only values allowed; case is ignored."""
    pattern: str | None = None
    """Regular expression that the whole value must match; case is ignored."""


class Rule(Flattened):
    """One quality rule: one of the standard's library metrics, or a check of ours (``type: custom``).

    Library: ``invalidValues`` (values outside ``validValues`` or the column's codes, or not matching ``pattern``),
    ``duplicateValues``, ``rowCount``, ``nullValues``. Custom, named in ``implementation.check``: ``upn`` and ``nhsNumber``
    (check character), ``notInFuture``, ``notBefore`` (a year), ``allEmpty`` (all of ``columns`` are empty),
    ``leftWithoutDay`` (the code of the first of ``columns`` means ``LEFT``, and the second is empty: of what the row says, that
    which ends on that day has ended on no known day); for our own lists
    ``countsRows``, ``notAbove``, ``withheldWhere`` and ``givenUnless`` (the first of ``columns`` is true).
    Empty values never break a rule of a single column, except ``nullValues``.
    """

    metric: Literal[LibraryMetric, RowCheck, TableCheck]
    type: Literal["library", "custom"] = "library"
    engine: Literal["rollcall"] | None = None
    arguments: RuleArguments = RuleArguments()
    must_be: int | None = Field(None, alias="mustBe")
    must_be_greater_or_equal: int | None = Field(None, alias="mustBeGreaterOrEqualTo")
    year: int | None = None
    """For ``notBefore``: the earliest year allowed."""
    columns: tuple[str, ...] = ()
    """For checks across columns: the columns (our names), in the order that gives them their meaning in the check."""
    stops: Stops
    why: str = Field(alias="businessImpact")
    fix: str
    description: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _lift_implementation(cls, data: object) -> object:
        if not isinstance(data, dict) or data.get("type") != "custom":
            return data
        implementation = data.get("implementation")
        if "metric" in data or not isinstance(implementation, dict) or "check" not in implementation:
            raise fault(
                "a custom rule names its check in implementation: {check: ...}, not in metric", "implementation"
            )
        if unknown := set(implementation) - {"check", "year", "columns"}:
            raise fault(f"implementation takes check, year and columns, not {sorted(unknown)}", "implementation")
        lifted = {"metric" if key == "check" else key: value for key, value in implementation.items()}
        return {key: value for key, value in data.items() if key != "implementation"} | lifted

    @model_validator(mode="after")
    def _is_whole(self) -> "Rule":
        is_custom = self.metric in ROW_CHECKS | TABLE_CHECKS
        if is_custom != (self.type == "custom") or is_custom != (self.engine is not None):
            raise fault(
                f"{self.metric}: only checks of ours are type: custom with engine: rollcall, and all of them are"
            )
        if self.metric == "rowCount":
            if self.must_be_greater_or_equal is None or self.must_be is not None:
                raise fault("rowCount needs mustBeGreaterOrEqualTo")
        elif self.must_be_greater_or_equal is not None or (self.must_be != 0) != is_custom:
            raise fault(f"{self.metric}: a metric of the standard needs mustBe: 0, a check of ours takes no bound")
        if (self.metric == "notBefore") != (self.year is not None):
            raise fault("notBefore, and nothing else, needs a year")
        if (self.metric in TABLE_CHECKS) != bool(self.columns):
            raise fault(f"{self.metric}: checks between columns, and no others, name their columns")
        if self.arguments.pattern is not None:
            _compiled(self.arguments.pattern)
        return self


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise fault(f"the pattern is not a regular expression: {error}", "arguments", "pattern") from None


class Options(Part):
    """How a date is written (``yyyy-MM-dd``, ``dd/MM/yyyy``, ``yyyyMMdd``), or the range of a number."""

    format: str | None = None
    minimum: float | None = None
    maximum: float | None = None


class Column(Flattened):
    """One column of a source: its headers, its allowed values, and the field of a person record that it fills."""

    name: str
    """Our name for it: snake_case, also its name in ``raw_<source>``."""
    header: str = Field(alias="physicalName")
    """The header in the source's files."""
    logical_type: Literal["string", "date", "integer", "number", "boolean"] = Field("string", alias="logicalType")
    options: Options = Field(Options(), alias="logicalTypeOptions")
    also_written: tuple[str, ...] = Field((), alias="alsoWritten")
    """Further date formats that are accepted, tried in order."""
    required: bool = False
    """An empty value breaks the rule ``required``."""
    required_stops: Stops = Field("row", alias="requiredStops")
    required_why: str = Field("", alias="requiredWhy")
    """Why the value must not be empty, in one plain sentence."""
    bad_type_stops: Stops = Field("row", alias="badTypeStops")
    """What a value that is not a date (or number) stops. With ``nothing``, the value counts as empty."""
    bad_type_why: str = Field("", alias="badTypeWhy")
    """Why such a value stops what it stops, in one plain sentence."""
    primary_key: bool = Field(False, alias="primaryKey")
    may_be_absent: bool = Field(False, alias="mayBeAbsent")
    """Whether a file may lack the whole column."""
    absent_why: str = Field("", alias="absentWhy")
    """What its absence does to the rows, in one plain sentence. Shown if a file lacks it (an end only if the file has the
    beginning that goes with it). Empty: nothing is shown."""
    absent_as: str = Field("", alias="absentAs")
    """What stands in every row of a file that lacks the column; empty: nothing."""
    absent_like: str | None = Field(None, alias="absentLike")
    """Column whose text stands in for this one in a file that lacks it; null: none."""
    marks_protection: bool = Field(False, alias="marksProtection")
    """Whether the headers and codes of :mod:`data_contracts.protection` are the column's too."""
    also_called: tuple[str, ...] = Field((), alias="alsoCalled", validate_default=True)
    """Other headers for the same column; only letters and digits are compared."""
    maps_to: PersonField | None = Field(None, alias="mapsTo")
    says_whether_ended: bool = Field(False, alias="saysWhetherEnded")
    """Whether the codes of :mod:`data_contracts.ended` are the column's too."""
    ended_if_not_known: bool = Field(False, alias="endedIfNotKnown")
    """Of an end: whether ``Unknown``, in few rows, says that it has come (``data_contracts.ended.NOT_KNOWN``)."""
    codes: dict[str, str] = Field({}, validate_default=True)
    """What each code means in our terms (for ``sex``: F, M or empty); "" is an empty cell.

    Case is ignored, and so is whatever separates words (:func:`plain_code`). Read by :func:`data_contracts.values.as_codes`.
    """
    unknown_code: str | None = Field(None, alias="unknownCode")
    """What a code outside ``codes`` means; null: it counts as empty."""
    not_a_value: tuple[str, ...] = Field((), alias="notAValue")
    """Placeholders that count as empty, such as UN1 in a UPN column; case is ignored."""
    not_used: str | None = Field(None, alias="notUsed")
    """Why the column is read but not used; null: it is used."""
    classification: Classification
    description: str
    quality: tuple[Rule, ...] = ()
    examples: tuple[str, ...] = ()

    @field_validator("also_called")
    @classmethod
    def _with_marks(cls, headers: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return (*headers, *protection.HEADERS) if info.data.get("marks_protection") else headers

    @field_validator("codes")
    @classmethod
    def _with_shared_words(cls, codes: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        of_ends = ended.CODES if info.data.get("says_whether_ended") else {}
        of_marks = protection.CODES if info.data.get("marks_protection") else {}
        return {**of_ends, **of_marks, **codes}

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that a file may have for the column, its own first."""
        return (self.header, *self.also_called)

    @property
    def date_formats(self) -> tuple[str, ...]:
        """All accepted date formats, as strptime patterns."""
        return tuple(map(strptime, self.dates_written))

    @property
    def dates_written(self) -> tuple[str, ...]:
        """All accepted date formats, as the contract writes them."""
        return ((self.options.format,) if self.options.format else ()) + self.also_written

    @property
    def years_from(self) -> int:
        """The first year in which a date of the column counts: by the latest of its ``notBefore`` rules that stop nothing; 0:
        none does."""
        stop_nothing = (rule for rule in self.quality if rule.metric == "notBefore" and rule.stops == "nothing")
        return max((rule.year or 0 for rule in stop_nothing), default=0)

    @property
    def dates_such_as(self) -> str:
        """For people who have to write a date: an example in each of the first two accepted formats."""
        days = [EXAMPLE_DAY.strftime(form) for form in self.date_formats[:2] if form != EXCEL_DAYS]
        return f"{' or '.join(days)}, with the year in four digits"

    @property
    def meanings(self) -> frozenset[str]:
        """Everything that a code of this column can mean; empty for a column without codes."""
        unknown = {self.unknown_code} if self.unknown_code is not None else set()
        return frozenset({*self.codes.values(), *unknown} - {""})

    @model_validator(mode="after")
    def _holds_together(self) -> "Column":
        if not re.fullmatch("[a-z][a-z0-9_]*", self.name):
            raise fault(f"the name {self.name} is not in lower case with underscores", "name")
        if (self.logical_type == "date") != bool(self.options.format) or (
            self.also_written and not self.options.format
        ):
            raise fault(f"column {self.name}: a date, and nothing else, needs logicalTypeOptions.format", "name")
        for written in self.dates_written:
            self._date_format_is_whole(written)
        if self.required and not self.required_why:
            raise fault(f"column {self.name}: required needs requiredWhy, one sentence for the sender", "name")
        if self.logical_type in ("date", "integer", "number") and not self.bad_type_why:
            raise fault(
                f"column {self.name}: a {self.logical_type} needs badTypeWhy, one sentence for the sender", "name"
            )
        if self.unknown_code is not None and not self.codes:
            raise fault(f"column {self.name}: unknownCode needs codes", "unknownCode")
        meant: dict[str, str] = {}
        for code, means in self.codes.items():
            if meant.setdefault(plain_code(code), means) != means:
                raise fault(
                    f"column {self.name}: another code is written as {code}, and means something else", "codes", code
                )
        if self.maps_to == "sex" and not self.meanings <= {"F", "M"}:
            raise fault(f"column {self.name}: codes of sex mean F, M or empty", "codes")
        for number, rule in enumerate(self.quality):
            self._rule_fits(rule, number)
        return self

    def _date_format_is_whole(self, written: str) -> None:
        if written == EXCEL_DAYS and written != self.options.format:
            return
        if written == YEAR_ALONE and self.maps_to == "date_of_birth" and written != self.options.format:
            return
        if written in MONTHS_ALONE and written != self.options.format:
            return
        parts = _DATE_PART.findall(written)
        leftover = re.sub("[-/. :T]", "", _DATE_PART.sub("", written))
        by_name = {"MMM", "MMMM"} & set(parts)
        in_figures = [part for part in parts if part in DATE_PARTS]
        years = parts.count("yyyy") + (parts.count("yy") if by_name or in_figures == ["dd", "MM", "yy"] else 0)
        if leftover or years != 1 or parts.count("dd") != 1 or not {"MM", *by_name} & set(parts):
            raise fault(
                f"column {self.name}: the date format {written} is not made of yyyy, MM (or MMM, MMMM) and dd", "name"
            )

    def _rule_fits(self, rule: Rule, number: int) -> None:
        if rule.metric in TABLE_CHECKS | {"rowCount"}:
            raise fault(f"{rule.metric} is a rule of the table, not of one column", "quality", number)
        has_list = rule.arguments.valid_values or rule.arguments.pattern or self.codes
        if rule.metric == "invalidValues" and not has_list:
            raise fault("invalidValues needs validValues, a pattern, or codes of the column", "quality", number)
        if rule.metric in ("notInFuture", "notBefore") and self.logical_type != "date":
            raise fault(f"{rule.metric} is a rule for dates", "quality", number)


class SchemaObject(Flattened):
    """The one table of a contract."""

    name: str
    physical_name: str = Field(alias="physicalName")
    description: str
    properties: tuple[Column, ...]
    quality: tuple[Rule, ...] = ()
    """Rules of the whole file, such as ``rowCount``, and rules across the columns of a row."""


class Description(Part):
    """Prose of the contract."""

    purpose: str
    usage: str | None = None
    limitations: str | None = None


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


OneOrMany = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
"""One name, or a list of names."""
