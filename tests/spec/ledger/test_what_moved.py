"""Spec: what a change of likelihood is put down to: the factor that moved most, and the child's own records."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.ledger.what_moved import NOTHING_OF_ITS_OWN, STOOD, news_of_families, news_of_records, what_moved
from pipelines.steps.ledger import last_publication, stood_on
from pipelines.tables import CHILD_RECORD, EXPLAINED, LIST_NIGHT, SNAPSHOT

NO_FAMILY = pl.DataFrame(schema={"child_id": pl.String, "family": pl.String})
LAST_LIST, BEFORE, TONIGHT = date(2026, 11, 20), date(2026, 11, 2), date(2026, 11, 21)


def rows_of(records: dict[str, list[date]]) -> pl.DataFrame:
    """``SNAPSHOT``: the nights on which each record first came as it then was."""
    rows = [(record, day) for record, days in records.items() for day in days]
    return pl.DataFrame(
        [{"record_id": record, "first_seen_on": day, "last_seen_on": TONIGHT, "row_hash": 1} for record, day in rows],
        schema=SNAPSHOT,
    )


def children(members: dict[str, str]) -> pl.DataFrame:
    """``CHILD_RECORD``: record -> child."""
    rows = [{"record_id": record, "child_id": child, "membership": 1.0} for record, child in members.items()]
    return pl.DataFrame(rows, schema=CHILD_RECORD)


@pytest.mark.parametrize(
    ("had", "members", "nights", "news"),
    [
        pytest.param(
            "health:1",
            {"health:1": "A", "referrals:7": "A"},
            {"health:1": [BEFORE], "referrals:7": [TONIGHT]},
            "Since the last list record referrals:7 is new.",
            id="a record came",
        ),
        pytest.param(
            "health:1",
            {"health:1": "A"},
            {"health:1": [BEFORE, TONIGHT]},
            "Since the last list record health:1 has changed.",
            id="a record changed",
        ),
        pytest.param(
            "health:1;housing:2",
            {"health:1": "A"},
            {"health:1": [BEFORE], "housing:2": [BEFORE]},
            "Since the last list record housing:2 is no longer sent.",
            id="a record went",
        ),
        pytest.param(
            "health:1;school_census:9012001|A1",
            {"health:1": "A", "school_census:9012001|A1": "B", "housing:2": "A"},
            {"health:1": [BEFORE], "school_census:9012001|A1": [BEFORE], "housing:2": [BEFORE]},
            "Since the last list record housing:2 is now counted as this child's; record school_census:withheld is now counted "
            "as another child's.",
            id="linked otherwise: a source may protect the other child, and its key holds a school's number",
        ),
        pytest.param(
            "health:1",
            {f"health:{n}": "A" for n in range(1, 8)},
            {f"health:{n}": [TONIGHT] if n > 1 else [BEFORE] for n in range(1, 8)},
            "Since the last list record health:2 is new; record health:3 is new; record health:4 is new; record health:5 is "
            "new; and 2 more.",
            id="many: the first four",
        ),
        pytest.param(
            "health:1",
            {"health:1": "A"},
            {"health:1": [BEFORE, LAST_LIST]},
            "No record of the child's own has changed since the last list: time has passed, records of others or the "
            "settings and weights in force may have changed, and the estimates were learnt anew from all children.",
            id="nothing of its own: points that an authority has raised move a child as well",
        ),
    ],
)
def test_the_news_of_a_child_s_records(
    had: str, members: dict[str, str], nights: dict[str, list[date]], news: str
) -> None:
    before = pl.DataFrame({"child_id": ["A"], "records": [had]})
    found = news_of_records(before, children(members), rows_of(nights), LAST_LIST)
    assert found.rows() == [("A", news)]


def stood(**parts: float | None) -> pl.DataFrame:
    row = {
        "child_id": "A",
        "likelihood": 0.5,
        "on_no_roll": 1.0,
        "living_here": 0.5,
        "of_age": 1.0,
        "records": "health:1",
    }
    return pl.DataFrame([row | parts], schema={name: EXPLAINED[name] for name in STOOD})


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        pytest.param(
            stood(likelihood=0.04, on_no_roll=0.05, living_here=0.8),
            stood(likelihood=0.72, on_no_roll=0.8, living_here=0.9),
            "What rose most is the likelihood that the child is on no roll: from 5 in 100 to 80 in 100.",
            id="the record of an education is less surely the child's",
        ),
        pytest.param(
            stood(),
            stood(likelihood=0.2, of_age=0.4),
            "What fell most is the likelihood that the child is of compulsory school age: from more than 99 in 100 to 40 in "
            "100.",
            id="another birth date",
        ),
        pytest.param(stood(), stood(likelihood=0.6), "", id="only what officers found has moved it"),
        pytest.param(
            stood(likelihood=0.996, living_here=0.996),
            stood(likelihood=0.998, living_here=0.998),
            "",
            id="more than 99 in 100 then and now: what moved the child up is its points",
        ),
    ],
)
def test_the_factor_that_moved_most_is_named(then: pl.DataFrame, now: pl.DataFrame, told: str) -> None:
    members, nights = children({"health:1": "A"}), rows_of({"health:1": [BEFORE, TONIGHT]})
    (row,) = what_moved(then, now, members, nights, LAST_LIST, families=NO_FAMILY).to_dicts()
    assert row["moved"] == f"{told} Since the last list record health:1 has changed.".strip()
    assert row["likelihood_then"] == then["likelihood"].item()


def test_of_a_child_whose_standing_is_withheld_or_not_known_nothing_is_told() -> None:
    members, nights = children({"health:1": "A"}), rows_of({"health:1": [BEFORE]})
    for then in (stood(living_here=None), stood().clear()):
        assert what_moved(then, stood(), members, nights, LAST_LIST, families=NO_FAMILY).is_empty()


SCHOOL = "another child in the household has a place"
UNSEEN = "no other child in the household has been seen for a year"
TOGETHER = "another child in the household came off a roll within two weeks of this one"


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        pytest.param("", SCHOOL, f" Now: {SCHOOL}.", id="a sister's place is known"),
        pytest.param(SCHOOL, "", f" On the last list: {SCHOOL}. Nothing shows that now.", id="a sister's place ended"),
        pytest.param(UNSEEN, SCHOOL, f" On the last list: {UNSEEN}. Now: {SCHOOL}.", id="a brother was seen"),
        pytest.param(
            SCHOOL,
            f"{TOGETHER}; {UNSEEN}",
            f" On the last list: {SCHOOL}. Now: {UNSEEN}; {TOGETHER}.",
            id="a brother came off the roll",
        ),
        pytest.param(f"Seen in May; {SCHOOL}", f"Seen in June; {SCHOOL}", None, id="nothing of the family"),
    ],
)
def test_a_move_that_the_family_explains_is_put_down_to_it(then: str, now: str, told: str | None) -> None:
    """Else a fall from 78 in 100 to 27 in 100 was put down to time and to all children, where a sister's place had ended."""
    was, is_now = (pl.DataFrame({"child_id": ["A"], "told": [words]}) for words in (then, now))
    families = news_of_families(was, is_now)
    begins = "No record of the child's own has changed since the last list, but what is known of the household has."
    assert families["family"].to_list() == ([] if told is None else [begins + told])
    changed, quiet = (
        what_moved(
            stood(),
            stood(likelihood=0.2, living_here=0.2),
            children({"health:1": "A"}),
            rows_of({"health:1": [BEFORE, *nights]}),
            LAST_LIST,
            families=families,
        )["moved"].item()
        for nights in ([TONIGHT], [])
    )
    assert changed.endswith("Since the last list record health:1 has changed.")
    assert quiet.endswith(begins + told if told else NOTHING_OF_ITS_OWN)


def published(*nights: date) -> pl.DataFrame:
    rows = [{"as_at": night, "published_at": datetime(2026, 11, 20, 3, tzinfo=UTC)} for night in nights]
    return pl.concat([LIST_NIGHT.to_frame(), pl.DataFrame(rows)], how="diagonal_relaxed").cast(LIST_NIGHT)


def test_how_children_stood_is_read_from_the_last_list_published(tmp_path: Path) -> None:
    folder = tmp_path / "published" / LAST_LIST.isoformat()
    folder.mkdir(parents=True)
    educated = stood(likelihood=None, on_no_roll=0.04)
    educated.write_parquet(folder / "explained.parquet")
    found = stood_on(last_publication(tmp_path, published(BEFORE, LAST_LIST), TONIGHT))
    assert found["likelihood"].to_list() == [pytest.approx(0.02)], (
        "a child with a place has no likelihood of its own there"
    )
    assert stood_on(last_publication(tmp_path, published(BEFORE), TONIGHT)).is_empty(), "no file of that night is kept"
    (folder / "explained.parquet").write_bytes(b"damaged")
    assert stood_on(last_publication(tmp_path, published(LAST_LIST), TONIGHT)).is_empty()
    assert stood_on(last_publication(tmp_path, LIST_NIGHT.to_frame(), TONIGHT)).is_empty(), "the first night"
