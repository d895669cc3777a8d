"""A town of known children, and one child at a time added to them, for the tests of who still lives here."""

from datetime import date, timedelta

import polars as pl

from pipelines.children.provision import find_provision
from pipelines.rank_settings import Area
from pipelines.residence.homes import with_homes
from pipelines.residence.living_here import judge_residence
from pipelines.residence.records import record_dates
from pipelines.tables import CHILD_RECORD, PERSON, STATEMENT
from tests.made.children import SOURCE_NAMES

AS_AT = date(2026, 11, 20)
OF_AGE = date(2018, 5, 5)
LEFT_YEAR_SIX = date(2015, 5, 5)
"""Also of compulsory school age, and left Year 6 in the summer before ``AS_AT``."""
ROLL, GP, HOMES = "school_census", "health", "housing"
NAMES = {**SOURCE_NAMES, HOMES: "Council housing"}
FAMILY = {"surname": "ASHE", "house": "1", "street": "ELM ROAD", "postcode": "ZA11AA"}


def ago(days: int) -> date:
    return AS_AT - timedelta(days=days)


def say(source: str, kind: str, since: date | None, until: date | None = None) -> dict[str, object]:
    return {"source": source, "kind": kind, "since_on": since, "until_on": until}


def on_roll(entered: int = 400, left: int | None = None) -> list[dict[str, object]]:
    until = None if left is None else ago(left)
    leaving = [] if until is None else [say(ROLL, "seen", until), say(ROLL, "left", until)]
    return [say(ROLL, "provision", ago(entered), until), say(ROLL, "seen", ago(entered)), *leaving]


def at_gp(seen: int, since: int = 2000, deducted: int | None = None) -> list[dict[str, object]]:
    until = None if deducted is None else ago(deducted)
    leaving = [] if until is None else [say(GP, "left", until)]
    return [say(GP, "seen", ago(seen)), say(GP, "seen", ago(since)), say(GP, "lives_here", ago(since), until), *leaving]


def in_home(seen: int, since: int = 900, ended: int | None = None) -> list[dict[str, object]]:
    until = None if ended is None else ago(ended)
    leaving = [] if until is None else [say(HOMES, "left", until)]
    return [say(HOMES, "seen", ago(seen)), say(HOMES, "lives_here", ago(since), until), *leaving]


def town(met_before_leaving: int = 700) -> dict[str, list[dict[str, object]]]:
    """600 children on the roll whom their GP met in the last two years; 40 children without a place who live here, ten of whom
    have recently left the roll; and 60 who left in the last three years. Nobody has met these since; their GP met them in the
    ``met_before_leaving`` days before they left."""
    children: dict[str, list[dict[str, object]]] = {}
    for n in range(600):
        home = in_home(seen=(n * 31) % 400) if n % 3 == 0 else []
        children[f"roll{n:03}"] = on_roll() + at_gp(seen=(n * 37) % 700, since=800 + n) + home
    for n in range(40):
        home = in_home(seen=(n * 31) % 400) if n % 2 == 0 else []
        roll = on_roll(entered=2000, left=15 + 4 * n) if n % 4 == 0 else []
        children[f"here{n:03}"] = roll + at_gp(seen=(n * 61) % 700, since=800 + n) + home
    for n in range(60):
        left = 20 + 18 * n
        roll = on_roll(entered=3000, left=left - 15) if n % 2 == 0 else []
        children[f"gone{n:03}"] = roll + at_gp(seen=left + (n * 61) % met_before_leaving, since=3600)
    return children


def judge(
    children: dict[str, list[dict[str, object]]],
    people: dict[str, dict[str, object]] | None = None,
) -> pl.DataFrame:
    """``RESIDENCE`` of made-up children; one record per child and source."""
    rows = [{**row, "record_id": f"{row['source']}:{child}"} for child, said in children.items() for row in said]
    statements = pl.DataFrame(rows, schema=dict(STATEMENT))
    facts = people or {}
    records = sorted({(str(row["source"]), child) for child, said in children.items() for row in said})
    person = pl.DataFrame(
        [
            {"record_id": f"{source}:{child}", "dataset": source, "date_of_birth": OF_AGE, **facts.get(child, {})}
            for source, child in records
        ],
        schema=dict(PERSON),
    )
    child_records = pl.DataFrame(
        [{"record_id": f"{source}:{child}", "child_id": child, "membership": 1.0} for source, child in records],
        schema=dict(CHILD_RECORD),
    )
    provision = find_provision(statements, child_records, AS_AT)
    said = record_dates(statements, AS_AT)
    homes = with_homes(person)
    return judge_residence(said, person, child_records, provision, homes, as_at=AS_AT, source_names=NAMES, area=Area())


def judged(child: list[dict[str, object]], **others: list[dict[str, object]]) -> dict[str, object]:
    """The row of one child added to the town."""
    return judge(town() | {"child": child} | others).row(by_predicate=pl.col("child_id") == "child", named=True)
