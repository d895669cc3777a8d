"""The waterfall of a pair: its bars add up to what the night decided by, in the frame and on the page."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.made_up.authority import MadeUp
from data_contracts.contract import read_contracts
from matching.explain import COMPARISON, CROWD, FREQUENCY, HOUSEHOLD, TOGETHER, WATERFALL, nearest, waterfall
from matching.linkage import Linkage
from matching.weights.model import Model
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.receive import receive
from pipelines.linking.family_ties import LEVEL
from pipelines.linking.link import link, records_to_link
from pipelines.linking.measures_in_force import measure_tables
from pipelines.linking.model_file import keep_model, kept_model
from pipelines.reports.explain import UnknownIdentifierError
from pipelines.reports.explain_pair import (
    EXPLAIN_PAIR_READS,
    PROTECTED,
    NightJudge,
    explain_pair,
    lines_of,
    nearest_records,
    rebuild_judge,
)
from pipelines.store import Store
from pipelines.tables import CANDIDATE, EXPLAINED, RIVAL
from pipelines.workspace import StoreError
from tests.golden.authority import AS_AT

ANY_PAIR = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBER = re.compile(r"[+−]\d+\.\d\d")


@dataclass(frozen=True)
class Linked:
    """The links of one night, as they are kept."""

    tables: dict[str, pl.DataFrame]
    model: Model
    again: NightJudge
    alone: pl.DataFrame
    """``left_id``, ``right_id``, ``alone``: the match probability of a pair by itself, as the night had it."""


@pytest.fixture(scope="session")
def night(made_up: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> Linked:
    """The links of one night, kept in a store and a text file, read again, and weighed again."""
    workspace, contracts = tmp_path_factory.mktemp("weighed"), read_contracts()
    received = receive(made_up.extracts, contracts, received_at=datetime(2026, 11, 21, 2, tzinfo=UTC))
    known = standardise(received.raw, contracts, as_at=AS_AT)
    found = link(records_to_link(known.person))
    written = {
        "person_record": known.person,
        "statement": known.statements,
        "link": found.links,
        "rival": found.rivals,
        "child_record": found.child_records,
        **measure_tables(found.held),
        "candidate": pl.DataFrame(schema=CANDIDATE),
        "explained": pl.DataFrame(schema=EXPLAINED),
    }
    with Store(workspace) as store:
        for table, frame in written.items():
            store.write(table, frame)
        tables = {table: store.read(table) for table in EXPLAIN_PAIR_READS}
    keep_model(found.weights.model, workspace)
    return Linked(
        tables, kept_model(workspace), rebuild_judge(tables, kept_model(workspace)), _alone(known.person, found.linkage)
    )


def _alone(person: pl.DataFrame, linkage: Linkage) -> pl.DataFrame:
    ids = person["record_id"].sort()
    ends = {"left_id": ids.gather(linkage.scored.left), "right_id": ids.gather(linkage.scored.right)}
    return pl.DataFrame({**ends, "alone": linkage.alone})


def rows(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(numbers, dtype=np.int32)


@ANY_PAIR
@given(st.integers(0, 10**9), st.integers(1, 10**9), st.sampled_from([1e-3, 1e-6]))
def test_the_bars_of_any_pair_add_up_to_its_log_odds(night: Linked, one: int, step: int, match: float) -> None:
    """``match``: the share of all pairs that the night is taken to have found to be one child."""
    judge, many = night.again.judge, night.again.person.height
    model = replace(judge.scorer.model, match=match)
    judge = replace(judge, scorer=replace(judge.scorer, model=model))
    left = one % many
    right = (left + 1 + step % (many - 1)) % many
    bars = waterfall(judge, rows(left), rows(right))
    assert bars.schema == WATERFALL
    assert bars.filter(part=CROWD)["bits"].to_list() == [-model.crowd]
    whole = judge.log_odds(rows(left), rows(right), judge.evidence(rows(left), rows(right)))[0]
    assert bars["bits"].sum() == pytest.approx(whole, abs=1e-6)
    assert bars["log_odds"][-1] == pytest.approx(whole, abs=1e-6)
    assert not bars["bits"].is_nan().any()
    for is_protected in (False, True):
        lines = lines_of(bars, is_protected=is_protected)
        assert sum(bits for _, bits in lines) == pytest.approx(whole, abs=1e-6)
    other_way = waterfall(judge, rows(right), rows(left))
    assert other_way["bits"].to_list() == pytest.approx(bars["bits"].to_list())


def test_weighed_again_from_the_store_every_link_has_the_nights_own_weight_and_probability_alone(
    night: Linked,
) -> None:
    tables, found = night.tables, night.again
    place = found.person.select("record_id").with_row_index("row")
    links = tables["link"].join(place, left_on="left_id", right_on="record_id")
    links = links.join(place, left_on="right_id", right_on="record_id", suffix="_right").filter("is_same_child")
    links = links.join(night.alone, on=["left_id", "right_id"], validate="1:1", maintain_order="left")
    bars = waterfall(found.judge, links["row"].to_numpy(), links["row_right"].to_numpy())
    evidence = pl.col("part").is_in([COMPARISON, FREQUENCY, TOGETHER, CROWD, HOUSEHOLD])
    again = bars.group_by("pair", maintain_order=True).agg(
        weight=pl.col("bits").filter(evidence).sum(), probability=pl.col("probability").last()
    )
    assert links.height > 100
    assert np.allclose(again["weight"].to_numpy(), links["match_weight"].to_numpy(), atol=1e-4)
    assert np.allclose(again["probability"].to_numpy(), links["alone"].to_numpy(), atol=1e-6)


def a_pair(tables: dict[str, pl.DataFrame], *, one_child: bool) -> tuple[str, str]:
    """The surest link, or the first two records of different children."""
    if one_child:
        link = tables["link"].filter("is_same_child").sort("match_probability", descending=True)
        return str(link["left_id"][0]), str(link["right_id"][0])
    first = tables["child_record"].unique("child_id", maintain_order=True)["record_id"]
    return str(first[0]), str(first[1])


@pytest.mark.parametrize("one_child", [True, False])
def test_the_numbers_on_the_page_add_up_as_they_are_printed(night: Linked, one_child: bool) -> None:
    tables, model = night.tables, night.model
    page = explain_pair(a_pair(tables, one_child=one_child), tables, model)
    told = page.split("\n\n")[1].splitlines()[2:]
    numbers = [[float(number.replace("−", "-")) for number in NUMBER.findall(line)] for line in told]
    so_far = 0.0
    for bits, total in numbers[:-1]:
        so_far = round(so_far + bits, 2)
        assert total == so_far
    assert numbers[-1] == [so_far]
    assert ("as one child" if one_child else "as two children") in page


def test_how_sex_compares_is_not_on_the_page_and_still_counts(night: Linked) -> None:
    tables, model = night.tables, night.model
    assert "sex:" not in explain_pair(a_pair(tables, one_child=True), tables, model)


def test_of_two_children_whom_a_brother_ties_it_is_said_how_likely_they_are_one_save_of_a_protected_child(
    night: Linked,
) -> None:
    pair = a_pair(night.tables, one_child=False)
    named = night.tables["child_record"]
    one, other = (named.filter(record_id=record)["child_id"].item() for record in pair)
    tie = {"child_id": one, "rival_child_id": other, "probability": 0.6, "levels": f"forename: exact; {LEVEL}"}
    tables = {**night.tables, "rival": pl.DataFrame([tie], schema=RIVAL)}
    assert "A brother or sister is known at both homes, so they may be one child: 60.0%." in explain_pair(
        pair, tables, night.model
    )
    protections = tables["statement"].head(1).with_columns(record_id=pl.lit(pair[0]), kind=pl.lit("protected"))
    hidden = {**tables, "statement": pl.concat([tables["statement"], protections])}
    assert "brother" not in explain_pair(pair, hidden, night.model)


def test_of_a_protected_child_no_place_is_told_and_no_school_in_a_key(night: Linked) -> None:
    tables, model = night.tables, night.model
    pair = a_pair(tables, one_child=True)
    protections = tables["statement"].head(1).with_columns(record_id=pl.lit(pair[0]), kind=pl.lit("protected"))
    page = explain_pair(pair, {**tables, "statement": pl.concat([tables["statement"], protections])}, model)
    assert PROTECTED in page
    assert not re.search(r"(?m)^  (address|phone|carer): ", page)
    assert "withheld, as a child is protected" in page
    assert "|" not in page


def test_the_record_that_protects_a_child_is_named_to_whoever_asks_by_it_alone(night: Linked) -> None:
    tables, model = night.tables, night.model
    record, other = a_pair(tables, one_child=True)
    mark = {"record_id": pl.lit(other), "source": pl.lit("refuge"), "kind": pl.lit("protected")}
    said = pl.concat([tables["statement"], tables["statement"].head(1).with_columns(**mark)])
    page = nearest_records(record, {**tables, "statement": said}, model)
    assert "  withheld:withheld: the same child" in page
    assert other not in page
    assert other in explain_pair((record, other), {**tables, "statement": said}, model)


def test_the_nearest_records_come_first_with_their_gap(night: Linked) -> None:
    tables, found = night.tables, night.again
    left, right = (found.row(record) for record in a_pair(tables, one_child=True))
    others = rows(*(row for row in range(40) if row not in (left, right)), right)
    near = nearest(found.judge, left, others, pl.Series([False] * (len(others) - 1) + [True]))
    assert near["log_odds"].to_list() == sorted(near["log_odds"], reverse=True)
    own = near.filter("is_same_child").row(0, named=True)
    assert own["row"] == right
    assert own["gap"] == 0
    assert near["gap"].to_list() == pytest.approx([own["log_odds"] - odds for odds in near["log_odds"]])


@pytest.mark.parametrize("has_own", [True, False], ids=["beside its own child", "alone: from even odds"])
def test_of_a_record_the_nearest_rivals_are_told_with_the_gap(night: Linked, has_own: bool) -> None:
    """Six records that the night did not weigh as near stand for rivals, and a link for the record's own child."""
    left, right = a_pair(night.tables, one_child=True)
    links = night.tables["link"].filter((pl.col("left_id") == left) & (pl.col("right_id") == right))
    others = night.tables["person_record"]["record_id"].sort()
    others = others.filter(~others.is_in([left, right])).head(6)
    rivals = pl.concat([links.with_columns(right_id=pl.lit(other), is_same_child=False) for other in others])
    kept = pl.concat([links, rivals]) if has_own else rivals
    first, *told = nearest_records(left, {**night.tables, "link": kept}, night.model).splitlines()
    assert first == f"Nearest records to {left}"
    assert len(told) == 5 + has_own
    best = 0.0
    if has_own:
        assert f"{right}: the same child; by itself" in told.pop(0)
        rows_of = (rows(night.again.row(record)) for record in (left, right))
        best = waterfall(night.again.judge, *rows_of)["log_odds"][-1]
    weights = [float(NUMBER.findall(line)[0].replace("−", "-")) for line in told]
    assert weights == sorted(weights, reverse=True)
    for line, weight in zip(told, weights, strict=True):
        gap = re.search(r"another child, ([\d.]+) bits (behind|ahead)", line)
        assert gap is not None
        assert float(gap[1]) * (1 if gap[2] == "behind" else -1) == pytest.approx(best - weight, abs=0.011)


def test_a_record_that_has_no_rival_says_so(night: Linked) -> None:
    alone = {**night.tables, "link": night.tables["link"].clear()}
    record = night.tables["child_record"]["record_id"][0]
    told = nearest_records(record, alone, night.model).splitlines()
    assert told == [f"Nearest records to {record}", "  No record of another child is a close match."]


@pytest.mark.parametrize(
    "pair",
    [("health:none", "health:nor this"), ("Amira Haddad", "CH1")],
    ids=["no such records", "a name and a child"],
)
def test_ids_that_are_none_are_told_clearly_and_never_repeated(night: Linked, pair: tuple[str, str]) -> None:
    tables, model = night.tables, night.model
    with pytest.raises(UnknownIdentifierError, match="source:key") as unknown:
        explain_pair(pair, tables, model)
    assert pair[0] not in str(unknown.value)


def test_a_record_is_not_held_against_itself(night: Linked) -> None:
    tables, model = night.tables, night.model
    record = a_pair(tables, one_child=True)[0]
    with pytest.raises(UnknownIdentifierError, match="same record"):
        explain_pair((record, record), tables, model)


def test_without_the_nights_model_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Run a night first"):
        kept_model(tmp_path)
    (tmp_path / "model.toml").write_text("no model", encoding="utf-8")
    with pytest.raises(StoreError, match="run the night again"):
        kept_model(tmp_path)
