"""The link step and the library on bad input, small input and much of the same."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from matching.blocking import BlockingRule
from matching.clustering.judge import Settings
from matching.comparisons import Comparison, Level, exact, missing, otherwise
from matching.in_numbers.encode import LONGEST
from matching.linkage import link_records
from matching.pair_tests.similarity import Equal
from matching.pair_tests.word_similarity import JaroWinklerAtLeast, WithinEdits
from matching.weights.model import Model, Weights
from pipelines.linking.link import link, records_to_link
from pipelines.tables import CHILD_RECORD, LINK, PERSON, RIVAL
from tests.made.records import born, person_records, upn_of

COMPARED = frozenset(person_records([]).columns)
SHOWN = {name: dtype for name, dtype in PERSON.items() if name not in COMPARED}


def _person(*rows):
    frame = person_records(rows)
    return frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in SHOWN.items()).select(PERSON.names())


AMIRA = {
    "given": "Amira",
    "surname": "Okafor",
    "born": born("03/11/2015"),
    "sex": "F",
    "address": "1 Mill Lane",
    "postcode": "ZA1 9AN",
}


def _holds_together(linked, person):
    assert linked.links.schema == LINK
    assert linked.child_records.schema == CHILD_RECORD
    assert linked.rivals.schema == RIVAL
    assert linked.child_records["record_id"].to_list() == sorted(person["record_id"])
    assert linked.child_records["membership"].is_between(0, 1).all()
    assert linked.child_records["membership"].is_finite().all()
    for frame, column in ((linked.links, "match_probability"), (linked.rivals, "probability")):
        assert frame[column].is_between(0, 1).all()
    assert linked.links["match_weight"].is_finite().all()
    assert (linked.links["left_id"] < linked.links["right_id"]).all()
    return linked.child_records["child_id"].n_unique()


@pytest.mark.parametrize(
    ("rows", "children"),
    [
        pytest.param([], 0, id="no records"),
        pytest.param([AMIRA], 1, id="one record"),
        pytest.param([{}], 1, id="one record that says nothing"),
        pytest.param([{}] * 50, 50, id="fifty records that say nothing"),
        pytest.param(
            [{**AMIRA, "upn": upn_of(n)} for n in range(30)], 30, id="one name and date, thirty UPNs of one roll"
        ),
        pytest.param([{"born": born("01/01/2015")}] * 40, 40, id="forty stand-in birth dates"),
        pytest.param([{"given": "👶" * n, "surname": "שרה"} for n in range(5)], 5, id="emoji and right-to-left text"),
    ],
)
def test_small_and_empty_nights(rows, children):
    person = _person(*rows)
    linked = link(records_to_link(person))
    assert _holds_together(linked, person) == children
    assert "the approved one" in linked.report.figures["model"]


def test_one_name_and_date_in_quantity_neither_hang_nor_break():
    rows = [{**AMIRA, "record_id": f"{source}:{n}"} for source in ("census", "gp") for n in range(2_000)]
    person = _person(*rows)
    linked = link(records_to_link(person))
    assert _holds_together(linked, person) <= 4_000
    assert linked.report.blocking["left_out"].sum() > 0


def test_children_keep_their_ids_and_judgements_hold():
    person = _person({**AMIRA, "record_id": "census:1"}, {**AMIRA, "record_id": "gp:1"})
    first = link(records_to_link(person))
    assert first.child_records["child_id"].n_unique() == 1
    again = link(records_to_link(_person({**AMIRA, "record_id": "gp:1"})), before=first.child_records)
    assert again.child_records["child_id"].to_list() == first.child_records["child_id"].to_list()[1:]
    judged = pl.DataFrame({"left_id": ["gp:1", "gp:9"], "right_id": ["census:1", "gp:1"], "is_same": [False, True]})
    apart = link(records_to_link(person), before=first.child_records, judgements=judged)
    assert apart.child_records["child_id"].n_unique() == 2
    assert apart.links.filter("is_same_child").is_empty()


def test_rows_in_another_order_are_the_same_night():
    rows = [
        {**AMIRA, "record_id": f"census:{n}", "given": name} for n, name in enumerate(["Amira", "Zainab", "Amirah"])
    ]
    rows += [{**AMIRA, "record_id": f"gp:{n}", "given": name} for n, name in enumerate(["Amira", "Zaynab", "Tremayne"])]
    forth, back = (link(records_to_link(_person(*each))) for each in (rows, rows[::-1]))
    for table in ("links", "child_records", "rivals"):
        assert getattr(forth, table).equals(getattr(back, table))


# The library on any table ---------------------------------------------------------------------------------------------

SLIP, ALIKE = Level("one slip", WithinEdits("name", 1)), Level("alike", JaroWinklerAtLeast("name", 0.85))
NAME = Comparison("name", (missing("name"), exact("name"), SLIP, ALIKE, otherwise()))
AS_SUCH = replace(NAME, levels=(missing("name"), Level("exact", Equal("name")), SLIP, ALIKE, otherwise()))
"""However common the name is."""
M, U = np.array([np.nan, 0.8, 0.1, 0.05, 0.05]), np.array([np.nan, 0.001, 0.001, 0.01, 0.988])
MODEL = Model((NAME,), {"name": Weights(M, U, U, U)}, 0.0, 0.0, 0.01, {})
EVERYONE = BlockingRule("everyone", ("everyone",))


def _table(names, **more):
    return pl.DataFrame({"name": names, "everyone": ["x"] * len(names), **more}, schema_overrides={"name": pl.String})


def _link(table, **changes):
    how = {"comparisons": (NAME,), "rules": (EVERYONE,), "training_rules": (), "model": MODEL, **changes}
    return link_records(table, **how)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            {"comparisons": (Comparison("pet", (missing("pet"), exact("pet"), otherwise())),)}, id="a comparison"
        ),
        pytest.param({"rules": (BlockingRule("pet", ("pet",)),)}, id="a blocking rule"),
        pytest.param({"rules": (BlockingRule("x", ("everyone",), ("pet",)),)}, id="a rule's further key"),
        pytest.param({"rules": (BlockingRule("x", ("everyone",), one_side="pet"),)}, id="a rule's one side"),
        pytest.param({"training_rules": (BlockingRule("pet", ("pet",)),)}, id="a training rule"),
        pytest.param({"dataset": "pet"}, id="the dataset"),
        pytest.param({"settings": Settings(apart="pet")}, id="identifiers that keep apart"),
        pytest.param({"settings": Settings(stratum="pet")}, id="the stratum"),
    ],
)
def test_a_missing_column_is_named(change):
    with pytest.raises(KeyError, match="no column pet"):
        _link(_table(["A", "B"]), **change)


def test_records_that_do_not_say_their_dataset_are_counted():
    with pytest.raises(ValueError, match="1 records do not say their dataset"):
        _link(_table(["A", "B"], source=["x", None]), dataset="source")


@pytest.mark.parametrize("chance", [0, 1, -0.1, 1.5, float("nan")])
def test_a_link_probability_outside_0_to_1_is_refused(chance):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        Settings(link_probability=chance)


@pytest.mark.parametrize(
    ("names", "children"),
    [
        pytest.param([], [], id="an empty table"),
        pytest.param(["AMIRA"], [0], id="one record"),
        pytest.param([None] * 4, [0, 1, 2, 3], id="all values missing"),
        pytest.param(["שרה", "👶🏽👶🏽", "שרה", None], [0, 1, 0, 3], id="any text"),
        pytest.param(["X" * 10_000, "Y" * 10_000, "X" * 10_000], [0, 1, 0], id="10,000 letters"),
        pytest.param(["X" * LONGEST + "A" * 99, "Y", "X" * LONGEST + "B" * 9_999], [0, 1, 0], id="one long beginning"),
    ],
)
def test_odd_tables_give_a_right_result(names, children):
    found = _link(_table(names), model=replace(MODEL, comparisons=(AS_SUCH,)))
    assert found.labels.tolist() == children
    assert np.isfinite(found.scored.weight).all()
    assert ((found.probability >= 0) & (found.probability <= 1)).all()


def test_a_constant_column_joins_nobody():
    """Everybody has it: it tells nobody apart, and is worth nothing."""
    found = _link(_table(["AMIRA"] * 200))
    assert np.abs(found.scored.weight).max(initial=0) < 1
    assert len(set(found.labels.tolist())) == 200


def test_whoever_listens_is_told_how_far_the_linkage_is():
    heard = []
    person = _person(AMIRA, {**AMIRA, "upn": upn_of(1)})
    link(records_to_link(person), progress=lambda share, what: heard.append((share, what)))
    shares = [share for share, _ in heard]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert heard[-1][1] == "linked"
    # Too few records to learn from: the approved weights stand in, and the linkage begins again.
    again = [place for place, share in enumerate(shares) if share == 0.0]
    assert len(again) == 2
    assert all(
        shares[begin:end] == sorted(shares[begin:end]) for begin, end in zip(again, [again[1], None], strict=True)
    )
