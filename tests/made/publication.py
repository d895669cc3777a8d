"""A made-up night, ready to publish, with about 240 children, some 30 of them on the list. Always the same."""

import random
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from matching.quality.thresholds import MEASURED, RELIABILITY
from pipelines.decisions.outcomes import OUTCOME
from pipelines.intake.at_the_gate.standing_in import STANDS_IN
from pipelines.ledger.list_changes import WhatChanged
from pipelines.linking.link_report import LinkReport
from pipelines.listing.early_warning import EarlyWarning
from pipelines.listing.masking import MASKED_READS, Masked, masked_list
from pipelines.listing.other_teams import OTHER_TEAM
from pipelines.publish import outputs
from pipelines.publish.outputs import PublishedFolder
from pipelines.publish.publication import Publication
from pipelines.steps.under_way import ARGUMENT_NAMES
from pipelines.tables import (
    BREACH,
    CANDIDATE,
    CHILD_RECORD,
    DELIVERY,
    EARLY_WARNING,
    EXPLAINED,
    FINDING,
    FORMER_RECORD,
    LINK,
    PERSON,
    RIVAL,
    RULE_HISTORY,
    SCHOOL,
    SET_ASIDE,
    STATEMENT,
)
from tests.made.link_report import made_link_report

AS_AT = date(2026, 11, 20)
SOURCE_NAMES = {
    "admissions": "Admissions",
    "ehe_register": "Home education register",
    "health": "GP registrations",
    "housing": "Housing",
    "independent_schools": "Independent schools",
    "school_census": "School census",
    "social_care": "Social care",
}
FORENAMES = ("Amira", "Zoë", "Oluwaseun", "Jack", "Niamh", "José", "Mei", "Ravi", "Agnieszka", "=HYPERLINK", "Łukasz")
SURNAMES = ("O'Brien", "Al-Hassan", "Smith", "Ó Súilleabháin", "Patel", "+Nowak", "Nguyễn", "<b>Bold</b>", "Müller")
NONE_OF = {
    "measured": MEASURED,
    "reliability": RELIABILITY,
    "stands_in": STANDS_IN,
    "rule_history": RULE_HISTORY,
    "schools": SCHOOL,
    "other_teams": OTHER_TEAM,
    "former": FORMER_RECORD,
    "outcomes": OUTCOME,
}
"""Tables of which the night has no row."""
STREETS = ("Tennyson Close", "Abbey Road", "Lansbury Way", "Maple Street", "Queens Road", "Raleigh Avenue")


def made_publication(children: int = 240, listed: int = 30, **changes: Any) -> Publication:
    """A complete publication; ``changes`` replace its fields."""
    draw = random.Random(7)
    people = [_child(draw, number) for number in range(children)]
    night = Publication(
        as_at=AS_AT,
        candidates=_candidates(draw, people[:listed]),
        explained=_explained(people[listed:]),
        person=_person(people),
        statements=_statements(people),
        child_records=pl.DataFrame(
            [{"record_id": r, "child_id": p["child_id"], "membership": 0.98} for p in people for r in p["records"]],
            schema=CHILD_RECORD,
        ),
        links=_links(draw, people),
        rivals=pl.DataFrame(schema=RIVAL),
        findings=_findings(people[:listed]),
        deliveries=_deliveries(people),
        breaches=_breaches(),
        set_aside=_set_aside(),
        link_report=made_link_report(people),
        run={
            "as_at": AS_AT,
            "counts": {"receive": {"rows": 502}},
            "seconds": {"link": 1.25},
            "versions": {"polars": "2"},
        },
        sender_files={"health": _breaches().filter(pl.col("source") == "health")},
        source_names=SOURCE_NAMES,
        contracts={},
        settings={"listed from likelihood": 0.05, "enquiries one missed child is worth": 20},
        settings_approval=None,
        authority="Zedborough Council",
        top=0,
        evidence_sheets=200,
        early_warning=EarlyWarning(EARLY_WARNING.to_frame()),
        what_changed=WhatChanged.empty(),
        warnings=(),
        **{name: schema.to_frame() for name, schema in NONE_OF.items()},
    )
    return replace(night, **changes)


def nothing_published(**changes: Any) -> Publication:
    """A night without candidates, links or explained children."""
    whole = made_publication()
    tables = {
        "candidates": CANDIDATE,
        "explained": EXPLAINED,
        "person": PERSON,
        "statements": STATEMENT,
        "child_records": CHILD_RECORD,
        "links": LINK,
        "findings": FINDING,
        "deliveries": DELIVERY,
        "breaches": BREACH,
        "set_aside": SET_ASIDE,
    }
    empty = {name: pl.DataFrame(schema=schema) for name, schema in tables.items()}
    report = {field.name: getattr(whole.link_report, field.name) for field in fields(LinkReport)}
    report = {name: value.clear() if isinstance(value, pl.DataFrame) else {} for name, value in report.items()}
    return replace(
        whole, **{**empty, "link_report": LinkReport(**report), "sender_files": {}, "settings": {}, **changes}
    )


def protect(night: Publication, child_id: str) -> Publication:
    """The same night with a social care record that says this child's address must not be shown."""
    record_id = f"social_care:P{child_id}"
    protections = pl.DataFrame(
        [{"record_id": record_id, "source": "social_care", "kind": "protected"}], schema=STATEMENT
    )
    record = pl.DataFrame([{"record_id": record_id, "child_id": child_id, "membership": 1.0}], schema=CHILD_RECORD)
    return replace(
        night,
        statements=pl.concat([night.statements, protections]),
        child_records=pl.concat([night.child_records, record]),
    )


def _child(draw: random.Random, number: int) -> dict[str, Any]:
    sources = ["health", *draw.sample(["admissions", "housing", "social_care"], k=draw.choice((0, 1, 1, 2)))]
    if number >= 30:
        sources.append(draw.choices(("school_census", "ehe_register", "independent_schools"), (90, 5, 5))[0])
    house, street = 1000 + 3 * number, STREETS[number % len(STREETS)]
    return {
        "child_id": f"CH{number:010d}",
        "forename": FORENAMES[number % len(FORENAMES)],
        "surname": SURNAMES[number % len(SURNAMES)],
        "date_of_birth": date(2010, 9, 1) + timedelta(days=draw.randrange(4000)),
        "sex": draw.choice("FM"),
        "house": str(house),
        "street": street.upper(),
        "address": f"{house} {street}",
        "postcode": f"ZA{1 + number % 4} {number % 9}{chr(65 + number % 26)}{chr(65 + number // 26)}",
        "school": f"{street.split()[0]} {number} Primary School",
        "sources": sources,
        "records": [f"{source}:{source[:2].upper()}{number:06d}" for source in sources],
    }


def _candidates(draw: random.Random, people: list[dict[str, Any]]) -> pl.DataFrame:
    rows = []
    for person in people:
        no_roll, here = draw.betavariate(9, 1), draw.betavariate(4, 2)
        lane = "doubtful link" if no_roll < 0.8 else "probably moved away" if here < 0.5 else "follow up"
        seen_on = AS_AT - timedelta(days=draw.randrange(5, 700)) if draw.random() > 0.1 else None
        rows.append(
            {
                **{key: person[key] for key in ("child_id", "forename", "surname", "date_of_birth", "sex")},
                "lane": lane,
                "likelihood": no_roll * here,
                "estimated": no_roll * here,
                "on_no_roll": no_roll,
                "living_here": here,
                "priority": draw.choice((0, 0, 10, 20, 45)),
                "unlisted_school": (0.0, 0.35, 0.9)[len(rows) % 3],
                "because": f"No roll shows the child; last at {person['school']}, seen at {person['address']}.",
                "age": (AS_AT - person["date_of_birth"]).days // 365,
                "address": person["address"],
                "postcode": person["postcode"],
                "last_seen_on": seen_on,
                "last_seen_by": f"GP registrations ({person['school']} nurse)" if seen_on else None,
                "records": ";".join(person["records"]),
                "restricted": False,
            }
        )
    frame = pl.DataFrame(rows, schema=pl.Schema({k: v for k, v in CANDIDATE.items() if k != "rank"}))
    frame = frame.sort("likelihood", descending=True).with_columns(rank=pl.int_range(1, pl.len() + 1))
    return frame.select(CANDIDATE.names())


def _explained(people: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "child_id": person["child_id"],
                "why": f"On the roll of {person['school']} since 1 September 2023.",
                "reason": "provision" if number % 12 else "probably moved away",
                "record_id": person["records"][-1],
                "source": person["sources"][-1],
                "what": "on a roll",
                "since_on": date(2023, 9, 1),
                "link_probability": 0.997,
                "records": ";".join(person["records"]),
            }
            for number, person in enumerate(people)
        ],
        schema=EXPLAINED,
    )


def _person(people: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "record_id": record,
                "dataset": record.split(":")[0],
                "forename": "".join(letter for letter in person["forename"].upper() if "A" <= letter <= "Z"),
                "surname": "".join(letter for letter in person["surname"].upper() if "A" <= letter <= "Z"),
                "surname_parts": [],
                "other_surnames": [],
                "date_of_birth": person["date_of_birth"],
                "house": person["house"],
                "street": person["street"],
                "postcode": person["postcode"].replace(" ", ""),
                "forename_shown": person["forename"],
                "surname_shown": person["surname"],
                "address_shown": person["address"],
                "postcode_shown": person["postcode"],
                "line": number + 2,
            }
            for number, person in enumerate(people)
            for record in person["records"]
        ],
        schema=PERSON,
    )


def _statements(people: list[dict[str, Any]]) -> pl.DataFrame:
    rows = []
    for person in people:
        for record in person["records"]:
            source = record.split(":")[0]
            kind = "provision" if source in ("school_census", "ehe_register", "independent_schools") else "seen"
            rows.append({"record_id": record, "source": source, "kind": kind, "since_on": date(2026, 3, 1)})
            if kind == "provision":
                rows[-1] |= {"what": "on a roll", "place": person["school"]}
    return pl.DataFrame(rows, schema=STATEMENT)


def _links(draw: random.Random, people: list[dict[str, Any]]) -> pl.DataFrame:
    rows = []
    for person in people:
        first, *others = sorted(person["records"])
        for other in others:
            weight = draw.gauss(24, 5)
            rows.append(
                {
                    "left_id": first,
                    "right_id": other,
                    "match_weight": weight,
                    "match_probability": 1 / (1 + 2 ** (12 - weight)),
                    "levels": "forename: exact; surname: exact; date of birth: exact; postcode: exact",
                    "is_same_child": True,
                }
            )
    apart = [
        (
            "health:HE000003",
            "school_census:SC000040",
            10.9,
            "forename: similar; date of birth: exact; postcode: different; sex: different",
        ),
        ("admissions:AD000004", "health:HE000051", 10.1, "forename: exact; date of birth: day and month swapped"),
        ("health:HE000060", "health:HE000061", 17.0, "forename: similar; date of birth: exact; postcode: exact"),
    ]
    for left, right, weight, levels in apart:
        rows.append(
            {
                "left_id": left,
                "right_id": right,
                "match_weight": weight,
                "levels": levels,
                "is_same_child": False,
                "match_probability": 1 / (1 + 2 ** (12 - weight)),
            }
        )
    return pl.DataFrame(rows, schema=LINK)


def _findings(people: list[dict[str, Any]]) -> pl.DataFrame:
    factors = (("social_care", 20, "Open to social care."), ("never_entered", 10, "On no roll so far."))
    return pl.DataFrame(
        [
            {"child_id": person["child_id"], "factor": factor, "points": points, "because": because}
            for number, person in enumerate(people)
            for factor, points, because in factors[: number % 3]
        ],
        schema=FINDING,
    )


def _deliveries(people: list[dict[str, Any]]) -> pl.DataFrame:
    aside = {"health": 4, "admissions": 1}
    rows = []
    for source in ("admissions", "ehe_register", "health", "school_census", "social_care"):
        loaded = sum(source in person["sources"] for person in people)
        rows.append(_delivery(source, f"{source}.csv", loaded, aside.get(source, 0), "loaded"))
    return pl.DataFrame([*rows, _delivery("housing", "housing.csv", 0, 0, "refused")], schema=DELIVERY)


def _delivery(source: str, file: str, loaded: int, aside: int, verdict: str) -> dict[str, Any]:
    return {
        "file_id": f"{hash_of(file):016x}",
        "source": source,
        "file": file,
        "sha256": f"{hash_of(file):064x}",
        "bytes": 90 * loaded,
        "rows_read": loaded + aside,
        "rows_loaded": loaded,
        "rows_set_aside": aside,
        "verdict": verdict,
        "received_at": datetime(2026, 11, 21, 2, 30, tzinfo=UTC),
    }


def hash_of(text: str) -> int:
    """A small number that stays the same from run to run."""
    return sum(ord(letter) * (7 + place) for place, letter in enumerate(text))


def _breaches() -> pl.DataFrame:
    row = {"source": "health", "file": "health.csv", "stops": "row"}
    rows = [
        row
        | {
            "line": line,
            "column": "BirthDate",
            "rule": "date",
            "why": "Age decides who is listed.",
            "fix": "Write the date as YYYYMMDD.",
        }
        for line in (9, 30, 31)
    ] + [
        row
        | {
            "line": 77,
            "column": "RecordId",
            "rule": "duplicateValues",
            "why": "A key names one row.",
            "fix": "Send each row once.",
        },
        {
            "source": "admissions",
            "file": "admissions.csv",
            "stops": "row",
            "line": 5,
            "column": "ApplicationRef",
            "rule": "required",
            "why": "Without a key nobody can find the row again.",
            "fix": "Fill in the reference.",
        },
        {
            "source": "housing",
            "file": "housing.csv",
            "stops": "file",
            "line": None,
            "column": "Relationship",
            "rule": "missing column",
            "why": "Without it adults would be taken for children.",
            "fix": "Send the column, or name its new header in the contract.",
        },
    ]
    return pl.DataFrame(rows, schema=BREACH)


def _set_aside() -> pl.DataFrame:
    lines = (("health", 9), ("health", 30), ("health", 31), ("health", 77), ("admissions", 5))
    return pl.DataFrame([{"source": source, "line": line, "rules": "date"} for source, line in lines], schema=SET_ASIDE)


def mask(night: Publication) -> Masked:
    """The list of a night as it may be published."""
    return masked_list({table: getattr(night, ARGUMENT_NAMES.get(table, table)) for table in MASKED_READS})


def publish(night: Publication, into: Path) -> PublishedFolder:
    """Publish a night, with its list masked."""
    return outputs.publish(night, into, mask(night))
