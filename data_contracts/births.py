"""What a birth date says of which the day, or day and month, is not given: March 2014, ??/03/2014, 2014."""

import polars as pl

from data_contracts.days_as_written import plain_days
from data_contracts.parts import Column
from data_contracts.values import as_days, parse_dates, text_of

_LEFT_OUT = r"(?:0{1,2}|\?{1,2}|[xX]{1,2}|_{1,2}|-{1,2}|\*{1,2}|dd|DD|mm|MM)"
"""What stands in place of a day or month that is not known."""

_APART = r"\s*[-/. ]\s*"
_YEAR = r"((?:19|20)\d{2})"

_YEAR_BEHIND = rf"^(?:{_LEFT_OUT}{_APART})?(\d{{1,2}}){_APART}{_YEAR}$"
_YEAR_IN_FRONT = rf"^{_YEAR}{_APART}(\d{{1,2}})(?:{_APART}{_LEFT_OUT})?$"
_TOGETHER = rf"^{_YEAR}(\d{{2}})(?:00)?$"
_BY_NAME = rf"^(?:{_LEFT_OUT}{_APART})?([A-Za-z]{{3,9}})(?:{_APART}(\d{{4}})|[-'](\d{{2}}))$"

_YEAR_ALONE = (
    rf"^(?:{_LEFT_OUT}{_APART}){{0,2}}{_YEAR}$",
    rf"^{_YEAR}(?:{_APART}{_LEFT_OUT}){{1,2}}$",
    rf"^{_YEAR}0000$",
)


def born_in(column: Column) -> pl.Expr:
    """The month (2014-03) or the year (2014) that a cell gives in place of a birth date; null: neither, or a whole date.

    A year before that of a ``notBefore`` rule that stops nothing counts as empty, as in a whole date.
    """
    cell = pl.when(parse_dates(column).is_null()).then(text_of(column))
    said = cell.map_batches(_born_in, return_dtype=pl.String, is_elementwise=True)
    return pl.when(said.str.head(4).cast(pl.Int32) >= column.years_from).then(said) if column.years_from else said


def _born_in(text: pl.Series) -> pl.Series:
    """As :func:`born_in`, of text that is no date."""
    return plain_days(text).alias("text").to_frame().select(said=_said(pl.col("text")))["said"].alias(text.name)


def _said(text: pl.Expr) -> pl.Expr:
    day = pl.concat_str(
        pl.lit("01 "),
        text.str.extract(_BY_NAME, 1),
        pl.lit(" "),
        pl.coalesce(text.str.extract(_BY_NAME, 2), text.str.extract(_BY_NAME, 3)),
    )
    by_name = as_days(day, ("dd MMM yyyy", "dd MMMM yyyy", "dd MMM yy", "dd MMMM yy")).dt.strftime("%Y-%m")
    in_figures = [_month(text, _YEAR_BEHIND, 2, 1), _month(text, _YEAR_IN_FRONT, 1, 2), _month(text, _TOGETHER, 1, 2)]
    return pl.coalesce(*in_figures, by_name, *(text.str.extract(form, 1) for form in _YEAR_ALONE))


def _month(text: pl.Expr, form: str, year: int, month: int) -> pl.Expr:
    """Year and month from the groups of a form; null: it does not fit, or there is no such month."""
    number = text.str.extract(form, month)
    said = text.str.extract(form, year) + "-" + number.str.zfill(2)
    return pl.when(number.cast(pl.Int32).is_between(1, 12)).then(said)
