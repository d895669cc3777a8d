"""A child's birth date by vote, held against the vote read aloud in plain Python, child by child."""

from collections import defaultdict
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.children.facts import AGREEMENT, DEFAULT_DATE, child_ages
from pipelines.tables import CHILD_RECORD, PERSON, STATEMENT

AS_AT = date(2026, 11, 20)
FIRST, LAST = date(2010, 9, 1), date(2021, 8, 31)
"""Birth dates of the oldest and the youngest child of compulsory school age on ``AS_AT``."""

Record = tuple[int, str, date, float]
"""Child, source, birth date, membership."""

RECORDS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["school_census", "health", "housing"]),
        st.sampled_from(
            [FIRST, LAST, date(2021, 9, 1), date(2010, 8, 31), date(2015, 1, 1), date(2024, 1, 1), date(2000, 3, 24)]
        ),
        st.sampled_from([0.2, 0.5, 0.9, 1.0]),
    ),
    min_size=1,
    max_size=12,
)


def voted(records: list[Record]) -> tuple[date, float, bool]:
    """Birth date, how likely of age, and whether the dates differ on that, of one child's records; a roll's word first."""
    sure: dict[date, dict[str, float]] = defaultdict(dict)
    for _, source, born, membership in records:
        sure[born][source] = max(membership, sure[born].get(source, 0.0))
    support = {
        born: round(sum(by.values()) * (DEFAULT_DATE if (born.month, born.day) == (1, 1) else 1.0), 6)
        for born, by in sure.items()
    }
    of_age = {born: FIRST <= born <= LAST for born in sure}
    is_childs = {born: born > date(2006, 11, 20) for born in sure}
    best = max(
        sure, key=lambda born: (is_childs[born], support[born], "school_census" in sure[born], of_age[born], born)
    )
    share = {born: AGREEMENT ** (support[born] - support[best]) for born in sure}
    chance = sum(share[born] for born in sure if of_age[born]) / sum(share.values())
    return best, chance, len(set(of_age.values())) > 1


@settings(max_examples=60, deadline=None)
@given(drawn=RECORDS)
def test_the_vote_on_birth_dates_is_as_it_reads(drawn: list[Record]) -> None:
    rows = [
        {
            "record_id": f"{source}:{number}",
            "dataset": source,
            "date_of_birth": born,
            "child_id": f"CH{child}",
            "membership": membership,
        }
        for number, (child, source, born, membership) in enumerate(drawn)
    ]
    roll = {"record_id": "school_census:0", "source": "school_census", "kind": "provision"}
    found = child_ages(
        pl.DataFrame(rows, schema=dict(PERSON)),
        pl.DataFrame([roll], schema=dict(STATEMENT)),
        pl.DataFrame(rows, schema=dict(CHILD_RECORD)),
        AS_AT,
    )
    assert found["child_id"].sort().to_list() == sorted({f"CH{child}" for child, *_ in drawn})
    for row in found.iter_rows(named=True):
        born, chance, differ = voted([record for record in drawn if f"CH{record[0]}" == row["child_id"]])
        assert (row["date_of_birth"], row["dates_differ"]) == (born, differ)
        assert row["of_age"] == pytest.approx(chance)
