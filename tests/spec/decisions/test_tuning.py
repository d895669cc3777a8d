"""Other settings tried on the last night: nothing differs but the settings, and two people put a change in force."""

import json
import re
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from data_contracts.contract import names_of, read_contracts
from matching.quality.thresholds import MEASURED
from pipelines.decisions.judgements import JUDGEMENT
from pipelines.decisions.outcomes import OUTCOME
from pipelines.linking.model_file import kept_model
from pipelines.listing.masking import BECAUSE_WITHHELD
from pipelines.night import run_night
from pipelines.settings import Settings, SettingsError, read_settings, with_changes
from pipelines.store import Store
from pipelines.tables import STATEMENT
from pipelines.tuning.comparison import settings_to_try
from pipelines.tuning.comparison_page import TuningComparison, tuning_html
from pipelines.tuning.trial import (
    TUNING_READS,
    JudgedNight,
    by_lane,
    changes,
    differing_settings,
    figures,
    judge_night_again,
    largest_moves,
    last_night,
    newcomers_among_first,
    settings_unlike_the_night,
)
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT

Tables = dict[str, pl.DataFrame]
NOBODY, NOTHING = JUDGEMENT.to_frame(), OUTCOME.to_frame()
NAMES = names_of(read_contracts())


@pytest.fixture(scope="module")
def tables(first_night: FirstNight) -> Tables:
    with Store(first_night.settings.workspace, read_only=True) as store:
        return {table: store.read(table) for table in TUNING_READS}


def again(
    night: FirstNight,
    tables: Tables,
    settings: Settings,
    judgements: pl.DataFrame = NOBODY,
    outcomes: pl.DataFrame = NOTHING,
    *,
    links_stand: bool = False,
) -> JudgedNight:
    return judge_night_again(
        tables,
        settings,
        model=kept_model(night.settings.workspace),
        judgements=judgements,
        outcomes=outcomes,
        source_names=NAMES,
        links_stand=links_stand,
    )


@pytest.fixture(scope="module")
def before(first_night: FirstNight, tables: Tables) -> JudgedNight:
    return last_night(tables, first_night.settings)


@pytest.fixture(scope="module")
def wider(first_night: FirstNight, tables: Tables) -> JudgedNight:
    """A list that is ready to make many more enquiries, of links that must be all but certain."""
    asked = {"linkage": {"link_threshold": 0.9999}, "ranking": {"wasted_enquiries_per_missed_child": 30}}
    return again(first_night, tables, with_changes(first_night.settings, asked, "test"))


def test_with_the_night_s_own_settings_the_list_comes_out_as_it_was_whatever_people_said_since(
    first_night: FirstNight, tables: Tables, before: JudgedNight
) -> None:
    linked = tables["link"].filter("is_same_child").row(0, named=True)
    said = {**linked, "answer": "different", "by": "Ann", "at": datetime.now(UTC), "sample": "S1"}
    since = pl.DataFrame([{name: said.get(name) for name in JUDGEMENT}], schema=JUDGEMENT)
    child = {"child_id": before.candidates["child_id"][0], "records": before.candidates["records"][0]}
    closed = child | {
        "outcome": "DECEASED",
        "outcome_on": AS_AT,
        "by": "Ann",
        "at": tables["night"]["started_at"].item(),
    }
    same = again(first_night, tables, first_night.settings, since, pl.DataFrame([closed], schema=OUTCOME))
    assert same.candidates.equals(before.candidates)
    assert same.links.equals(before.links)
    assert changes(before, same).is_empty()
    assert differing_settings(before.settings, same.settings) == []


def test_where_the_links_stand_the_list_is_as_if_all_were_linked_anew(
    first_night: FirstNight, tables: Tables, before: JudgedNight
) -> None:
    readier = with_changes(first_night.settings, {"ranking": {"wasted_enquiries_per_missed_child": 30}}, "test")
    anew, stands = (again(first_night, tables, readier, links_stand=stand) for stand in (False, True))
    assert stands.candidates.height > before.candidates.height
    for name in ("candidates", "explained", "links", "child_records"):
        assert getattr(stands, name).equals(getattr(anew, name)), name


def test_who_comes_and_who_leaves_is_the_difference_of_the_lists(before: JudgedNight, wider: JudgedNight) -> None:
    was, would_be = set(before.candidates["child_id"]), set(wider.candidates["child_id"])
    found = changes(before, wider)
    assert set(found.filter(what="comes")["child_id"]) == would_be - was
    assert set(found.filter(what="leaves")["child_id"]) == was - would_be
    assert found.height > 0
    assert found.filter(what="comes")["after"].null_count() == 0
    assert found["because"].null_count() == 0
    back = changes(wider, before)
    assert set(back.filter(what="leaves")["child_id"]) == set(found.filter(what="comes")["child_id"])
    assert back["because"].null_count() == 0


@pytest.mark.parametrize(
    ("whose", "why"),
    [
        pytest.param("{0}", "Then not of compulsory school age", id="still a child"),
        pytest.param(None, "The linkage then has no such child", id="records of nobody"),
        pytest.param("{1}", "The records now belong to child {1}.", id="records of another child"),
    ],
)
def test_why_a_child_leaves_that_education_does_not_explain(before: JudgedNight, whose: str | None, why: str) -> None:
    children = before.candidates.filter(~pl.col("child_id").is_in(before.protected.implode()))["child_id"]
    is_mine = pl.col("child_id") == children[0]
    records = before.child_records.with_columns(
        child_id=pl.when(is_mine).then(pl.lit(whose and whose.format(*children))).otherwise("child_id")
    ).drop_nulls("child_id")
    after = replace(before, candidates=before.candidates.filter(~is_mine), child_records=records)
    left, came = changes(before, after).row(0, named=True), changes(after, before).row(0, named=True)
    assert (left["child_id"], left["what"], left["because"]) == (children[0], "leaves", why.format(*children))
    assert (came["child_id"], came["what"]) == (children[0], "comes")
    assert came["because"].endswith(before.candidates.filter(is_mine)["because"].item())


def test_lanes_and_figures_add_up(before: JudgedNight, wider: JudgedNight) -> None:
    lanes = by_lane(before, wider)
    total = lanes.filter(lane="all lanes").row(0, named=True)
    others = lanes.filter(pl.col("lane") != "all lanes")
    assert total["before"] == before.candidates.height == others["before"].sum()
    assert total["after"] == wider.candidates.height == others["after"].sum()
    assert total["expected_after"] == pytest.approx(wider.candidates["likelihood"].sum())
    counts = figures(before, wider)
    assert counts["enquiries after"] == wider.candidates.height
    more = wider.candidates.height - before.candidates.height
    assert int(str(counts["come onto the list"])) - int(str(counts["leave the list"])) == more


def test_points_alone_move_children_within_the_list(
    first_night: FirstNight, tables: Tables, before: JudgedNight
) -> None:
    settings = with_changes(first_night.settings, {"ranking": {"points": {"never_on_a_roll": 500}}}, "test")
    after = again(first_night, tables, settings)
    assert changes(before, after).is_empty()
    by = [
        (frame["rank_before"] - frame["rank_after"]).abs().sort().to_list()
        for frame in (largest_moves(before, after, most) for most in (5, before.candidates.height))
    ]
    assert largest_moves(before, before, 5).is_empty()
    assert len(by[0]) == 5
    assert by[0] == by[1][-5:], "those who move most"
    counts = figures(before, after)
    assert (counts["come onto the list"], counts["leave the list"]) == (0, 0)
    assert counts["others among the first 50"] == newcomers_among_first(50, before, after)
    page = tuning_html(TuningComparison(before, after, MEASURED.to_frame(), tables, datetime.now(UTC))).decode()
    assert "No child would come onto the list, and none would leave it." in page
    assert "first 50 by rank" in page


def test_who_would_be_looked_into_first_is_told_by_how_many_are_others(
    first_night: FirstNight, tables: Tables, before: JudgedNight
) -> None:
    last = before.candidates.sort("rank").tail(1)
    top = before.candidates.with_columns(
        rank=pl.when(pl.col("child_id") == last["child_id"].item()).then(0).otherwise("rank") + 1
    )
    after = replace(before, candidates=top)
    assert (newcomers_among_first(5, before, after), newcomers_among_first(top.height, before, after)) == (1, 0)
    assert newcomers_among_first(5, before, before) == 0


def test_a_protected_child_comes_without_a_reason_that_could_give_it_away(
    first_night: FirstNight, tables: Tables, before: JudgedNight, wider: JudgedNight
) -> None:
    child = changes(before, wider).filter(what="comes")["child_id"][0]
    record = wider.child_records.filter(child_id=child)["record_id"][0]
    protections = pl.DataFrame([{"record_id": record, "source": "social_care", "kind": "protected"}], schema=STATEMENT)
    protecting = {**tables, "statement": pl.concat([tables["statement"], protections])}
    found = changes(last_night(protecting, before.settings), again(first_night, protecting, wider.settings))
    row = found.filter(child_id=child).row(0, named=True)
    assert (row["lane"], row["because"], row["before"]) == ("restricted", BECAUSE_WITHHELD, None)


def test_which_settings_move_a_protected_child_is_not_told(before: JudgedNight) -> None:
    turned = before.candidates.with_columns(rank=before.candidates["rank"].reverse())
    moved = largest_moves(before, replace(before, candidates=turned), most=5)["child_id"]
    guarded = replace(before, protected=moved.head(1))
    assert moved[0] not in largest_moves(guarded, replace(guarded, candidates=turned), most=99)["child_id"]


@pytest.mark.parametrize("measured", [False, True], ids=["nothing judged", "a sample judged"])
def test_the_page_opens_offline_and_names_nobody(
    tables: Tables, before: JudgedNight, wider: JudgedNight, measured: bool
) -> None:
    row = dict.fromkeys(MEASURED, 1.0) | {"threshold": 0.8, "judged": 20, "precision_low": 0.9, "recall_low": 0.8}
    told = pl.DataFrame([row] if measured else [], schema=MEASURED)
    page = tuning_html(TuningComparison(before, wider, told, tables, datetime(2026, 11, 21, 9, tzinfo=UTC))).decode()
    assert re.search(r"default-src 'none'; style-src 'sha256-[^']+'", page)
    assert not re.search(r"<script|<link|https?://|\bsrc=|\bstyle=", page)
    for child in changes(before, wider)["child_id"]:
        assert child in page
    shown = tables["person_record"].select("surname_shown", "postcode_shown").unpivot()["value"].drop_nulls().unique()
    assert not [value for value in shown if len(value) > 5 and value in page and " " in value]
    assert ("No blind sample has been judged yet" in page) != measured
    assert page.count('<svg class="chart"') >= 3


@pytest.mark.parametrize(
    ("text", "points"),
    [
        pytest.param("looked_after = 80\n", 80, id="points alone"),
        pytest.param("[ranking.points]\nlooked_after = 70\n", 70, id="as a settings file has them"),
    ],
)
def test_points_from_a_file(tmp_path: Path, first_night: FirstNight, text: str, points: int) -> None:
    (tmp_path / "points.toml").write_text(text)
    after = settings_to_try(
        first_night.settings,
        link_threshold=0.9,
        enquiries_per_missed_child=9,
        check_costs=0.5,
        points=tmp_path / "points.toml",
    )
    ranking = after.ranking
    assert ranking.points.looked_after == points
    assert (after.linkage.link_threshold, ranking.wasted_enquiries_per_missed_child, ranking.check_costs) == (
        0.9,
        9,
        0.5,
    )


def test_a_check_that_costs_less_than_nothing_is_refused_by_its_option(first_night: FirstNight) -> None:
    with pytest.raises(SettingsError, match=r"--check-costs"):
        settings_to_try(first_night.settings, check_costs=-0.1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "# Ours\nlookd_after = 80\n",
            r"points\.toml: line 2, .*Did you mean ranking\.points\.looked_after\?",
            id="slip in a finding",
        ),
        pytest.param("[ranking.points]\n\nlooked_after = -1\n", r"points\.toml: line 3, ", id="under its heading"),
        pytest.param("[ranking]\ndoubtful_link_below = 0.5\n", "this file may hold only points", id="another setting"),
        pytest.param("looked_after = -1\n", "looked_after must be 0 or more", id="points below 0"),
    ],
)
def test_points_that_cannot_be(tmp_path: Path, first_night: FirstNight, text: str, told: str) -> None:
    (tmp_path / "points.toml").write_text(text)
    with pytest.raises(SettingsError, match=told):
        settings_to_try(first_night.settings, points=tmp_path / "points.toml")


def test_from_trying_to_the_night_that_runs_with_it(
    quick_night: FirstNight, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--workspace", str(workspace)]
    published = json.loads((workspace / "published" / "latest" / "run.json").read_text("utf-8"))
    said = ["--propose", "--why", "fewer false links", "--by", "Ann Example"]
    assert main(["tune", *at, "--link-threshold", "0.9", "--enquiries-per-missed-child", "9", *said]) == 0
    assert main(["train", *at, "--propose", "--why", "learnt from this term", "--by", "Ann Example"]) == 0
    assert f"links of the night: {published['linkage']['links']:,}\n" in capsys.readouterr().out
    (page,) = (workspace / "tuning").iterdir()
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert json.loads((workspace / "published" / "latest" / "run.json").read_text("utf-8")) == published
    assert main(["approve", "1", "--by", "Ann Example", *at]) == 2
    assert "another named person" in capsys.readouterr().err
    for number in ("1", "2"):
        assert main(["approve", number, "--by", "Bo Other", *at]) == 0
    asked = quick_night.settings
    settings = read_settings(None, extracts=asked.extracts, workspace=workspace, as_at=asked.as_at)
    report = run_night(settings)
    run = json.loads((report.published / "run.json").read_text("utf-8"))
    assert run["settings"]["linkage.link_threshold"] == 0.9
    assert run["settings"]["settings_file"].endswith("settings_in_force.toml")
    assert run["linkage"]["model"].startswith("in force: proposal 2 by Ann Example, approved by Bo Other")
    page_text = (report.published / "match_report.html").read_text("utf-8")
    assert "in force: proposal 2 by Ann Example" in page_text
    assert main(["approve", "--roll-back", "--by", "Cy", *at]) == 0
    assert not (workspace / "model_in_force.toml").exists()
    capsys.readouterr()
    assert main(["proposals", *at]) == 0
    printed = capsys.readouterr().out
    assert "rolled back by Cy" in printed
    assert printed.count("IN FORCE") == 1


@pytest.mark.parametrize(
    ("said", "unlike"),
    [
        pytest.param({}, [], id="a night of which nothing is said ran with the defaults"),
        pytest.param({"as_at": "2026-11-20", "settings_file": "my.toml"}, [], id="what bears on no list"),
        pytest.param({"ranking.check_costs": 0.4, "linkage.link_threshold": 0.7}, [], id="the defaults, said"),
        pytest.param({"ranking.check_costs": 0.5}, ["ranking.check_costs"], id="another value"),
        pytest.param({"ranking.area.neighbours.Next": ["ZA1"]}, ["ranking.area.neighbours.Next"], id="a name more"),
    ],
)
def test_settings_that_are_not_those_of_the_night_are_seen(
    first_night: FirstNight, said: dict[str, object], unlike: list[str]
) -> None:
    assert settings_unlike_the_night(said, first_night.settings) == unlike


def test_a_night_run_with_other_settings_is_judged_again_on_both_sides(
    workspace: Path, quick_night: FirstNight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "my.toml"
    config.write_text("[ranking]\nwasted_enquiries_per_missed_child = 30\n")
    asked = quick_night.settings
    ran_with = read_settings(config, extracts=asked.extracts, workspace=workspace, as_at=asked.as_at)
    listed = pl.read_parquet(run_night(ran_with).published / "candidates.parquet").height
    before = {}
    for option in ([], ["--config", str(config)]):
        assert main(["tune", "--workspace", str(workspace), "--check-costs", "0.41", *option]) == 0
        printed = capsys.readouterr().out
        before[bool(option)] = int(re.findall(r"(\d+)  enquiries before", printed)[0])
        assert ("(ranking.wasted_enquiries_per_missed_child): both sides are judged again" in printed) is not bool(
            option
        )
    assert before[True] == listed > before[False]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param("tune --link-threshold 1.5", "--link-threshold: linkage.link_threshold", id="no probability"),
        pytest.param("tune --propose --why w --by b", "nothing differs from the settings in force", id="no change"),
        pytest.param("tune --link-threshold .9 --propose", "needs --why, in words, and --by", id="no reason"),
        pytest.param("tune --link-threshold .9 --why w --by b", "go with --propose", id="a reason for nothing"),
        pytest.param("tune --since 2026-09-01", "--since goes with --from-outcomes", id="a day for nothing"),
        pytest.param("tune --from-outcomes --since 1/9/2026", "--since 1/9/2026 is not a date", id="no day"),
        pytest.param("train --propose --by b", "needs --why, in words, and --by", id="weights without a reason"),
        pytest.param("approve --by b", "Give either the number of a proposal", id="nothing to approve"),
        pytest.param("approve 1 --roll-back --by b", "Give either the number of a proposal", id="both at once"),
    ],
)
def test_commands_that_cannot_be(
    first_night: FirstNight, capsys: pytest.CaptureFixture[str], arguments: str, told: str
) -> None:
    assert main([*arguments.split(), "--workspace", str(first_night.settings.workspace)]) == 2
    assert told in capsys.readouterr().err


def test_a_workspace_without_a_night(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("tune", "train", f"sample --pairs 20 --out {tmp_path}/x.xlsx"):
        assert main([*command.split(), "--workspace", str(tmp_path / "none")]) == 2
        assert "Run a night first" in capsys.readouterr().err
    shutil.rmtree(tmp_path)
