"""A child with unmistakable values, and the search for her in everything that must not contain a child's values."""

import base64
import csv
import io
import sqlite3
import traceback
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

SENTINEL = "Zzyzxsentinel"
BIRTH_DATE = "17/03/2016"
MARKS = (SENTINEL, "ZZYZXSENTINEL", BIRTH_DATE, "2016-03-17", "20160317", "QX19 7ZZ", "QX197ZZ", "07700 900461")
"""What the child can be recognised by: her names, birth date, postcode and phone, in the forms that sources write."""

VALUES = {
    "Surname": SENTINEL,
    "FamilyName": SENTINEL,
    "Forename": f"{SENTINEL}a",
    "GivenNames": f"{SENTINEL}a {SENTINEL}b",
    "BirthDate": "2016-03-17",
    "Postcode": "QX19 7ZZ",
    "AddressLine1": f"1 {SENTINEL} Street",
    "Street": f"{SENTINEL} Road",
}
BROKEN = dict.fromkeys(("Gender", "Sex", "NHSNumber", "UPN", "UPRN", "LastContact", "EntryDate"), SENTINEL) | {
    "BirthDate": f"{BIRTH_DATE} {SENTINEL}"
}


def _with_rows(path: Path, *changes: dict[str, str]) -> None:
    """Add rows to an extract: copies of its first row with changes."""
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    for number, change in enumerate(changes):
        rows.append(
            {
                **rows[0],
                next(iter(rows[0])): f"S{number}",
                **{k: v for k, v in change.items() if k in rows[0]},
            }
        )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def put_her_into(extracts: Path) -> None:
    """Put her into good rows, into rows that break every rule, and into a file that belongs to no source."""
    for name in ("health.csv", "school_census.csv"):
        _with_rows(extracts / name, VALUES, VALUES | BROKEN)
    (extracts / "mystery.csv").write_text(f"Name,Born\n{SENTINEL},{BIRTH_DATE}\n", encoding="utf-8")
    (extracts / "referrals.csv").write_text(
        f'RecordId,Surname\n1,"{SENTINEL}\n2,{SENTINEL},{SENTINEL}\n', encoding="utf-8"
    )


def found_in(text: str) -> list[str]:
    """Which of her marks are in a text."""
    return [mark for mark in MARKS if mark.casefold() in text.casefold()]


def all_of(database: Path) -> str:
    """Every value of every table of an SQLite database."""
    told: list[str] = []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in connection.execute(f'select * from "{table}"'):
                told += [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row]
    connection.close()
    return "\n".join(told)


def decoded(path: Path) -> str:
    """A file as text, and what base64 in it decodes to."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8", "replace") + base64.b64decode(raw, validate=False).decode("utf-8", "replace")
    except ValueError:
        return raw.decode("utf-8", "replace")


@dataclass(frozen=True)
class Heard:
    """All output while a test runs."""

    capture: pytest.CaptureFixture[str]
    log: pytest.LogCaptureFixture

    def text(self) -> str:
        """What was printed since the last call, and everything logged."""
        printed = self.capture.readouterr()
        records = [f"{record.getMessage()} {record.exc_text} {record.__dict__}" for record in self.log.records]
        return "\n".join([printed.out, printed.err, self.log.text, *records])


def everything_of(error: BaseException) -> str:
    """Message, arguments, frames and causes of an error, but not the values of local variables."""
    chain, last = [], error
    while last is not None:
        chain.append(f"{last!r} {last.args} {getattr(last, '__notes__', '')}")
        last = last.__cause__ or last.__context__
    return "\n".join([*chain, *traceback.format_exception(error)])


def quoting_her(*_: object, **__: object) -> object:
    """Fails with an error that quotes her, caused by another that does too."""
    try:
        pl.Series("born", [SENTINEL]).str.to_date("%Y-%m-%d", strict=True)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"could not parse {SENTINEL}") from error
    raise AssertionError


def panicking_with_her(*_: object, **__: object) -> object:
    """A panic in polars whose message quotes her; unlike Python's errors it is not an Exception."""
    raise pl.exceptions.PanicException(f"could not parse {SENTINEL}")
