"""Clerical review: what is drawn, what the workbook shows, what is refused by line, and that the next night obeys."""

import re
import shutil
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from matching.judgement import ANSWERS
from pipelines.decisions.judgements import BLIND, FOR_LIST, FOR_MODEL, read_drawn, read_judgements
from pipelines.night import run_night
from pipelines.review.clerical import judge, outranked, write_sample
from pipelines.review.sample import PAIR, SAMPLE_READS, SampleRequest, pairs_worth_asking
from pipelines.review.sample_workbook import HEADERS, read_sample, sample_xlsx, shown_pairs
from pipelines.settings import SettingsError
from pipelines.store import Store
from pipelines.tables import STATEMENT
from tests.conftest import FirstNight

Tables = dict[str, pl.DataFrame]


def tables_of(workspace: Path) -> Tables:
    with Store(workspace, read_only=True) as store:
        return {table: store.read(table) for table in SAMPLE_READS}


@pytest.fixture(scope="module")
def tables(first_night: FirstNight) -> Tables:
    """The first night, a little less sure of the records that explain children, so that places hang on pairs."""
    found = tables_of(first_night.settings.workspace)
    less_sure = found["explained"].with_columns(pl.col("link_probability") * 0.97)
    return {**found, "explained": less_sure}


def test_where_all_is_certain_no_pair_is_asked_for_the_list_and_chance_draws_more(
    tables: Tables, first_night: FirstNight
) -> None:
    sure = {
        **tables,
        "explained": tables["explained"].with_columns(link_probability=1.0),
        "rival": tables["rival"].clear(),
    }
    found = drawn(sure)
    assert found.filter(part=FOR_LIST).is_empty()
    assert found.filter(part=BLIND).height > drawn(tables).filter(part=BLIND).height


def asking(pairs: int, out: Path, *, seed: int = 1, restricted: bool = False) -> SampleRequest:
    return SampleRequest(pairs, seed, out, threshold=0.7, restricted=restricted)


def drawn(tables: Tables, pairs: int = 60, seed: int = 1, restricted: bool = False) -> pl.DataFrame:
    asked = asking(pairs, Path("pairs.xlsx"), seed=seed, restricted=restricted)
    return pairs_worth_asking(tables, read_judgements(Path("nowhere")), asked)


def test_the_same_seed_draws_the_same_pairs_and_another_one_others(tables: Tables) -> None:
    assert drawn(tables).schema == PAIR
    assert drawn(tables).equals(drawn(tables))
    blind = [set(drawn(tables, seed=seed).filter(part=BLIND)["left_id"]) for seed in (1, 2)]
    assert blind[0] != blind[1]


def test_every_part_has_its_share_and_no_pair_stands_twice(tables: Tables) -> None:
    found = drawn(tables, 60)
    assert found.select("left_id", "right_id").is_unique().all()
    assert (found["left_id"] < found["right_id"]).all()
    counts = dict(found.group_by("part").len().iter_rows())
    assert counts[FOR_LIST] <= 24
    assert counts[FOR_MODEL] <= 12
    assert counts[BLIND] >= 24
    assert set(found["part"]) == {BLIND, FOR_LIST, FOR_MODEL}
    assert found.height <= 60


def test_the_blind_share_stands_for_every_pair_it_was_drawn_from(tables: Tables) -> None:
    everyone = drawn(tables, 60, restricted=True).filter(part=BLIND)
    assert everyone["stratum_weight"].sum() == pytest.approx(tables["link"].height)
    assert everyone.group_by("stratum").len()["len"].min() >= 1
    others = drawn(tables).filter(pl.col("part") != BLIND)
    assert others["stratum"].null_count() == others.height


def test_large_strata_are_drawn_most_and_small_ones_never_left_out(tables: Tables) -> None:
    blind = drawn(tables, 200, restricted=True).filter(part=BLIND)
    strata = blind.group_by("stratum").agg(pl.len(), size=pl.col("stratum_weight").sum()).sort("size")
    assert strata["len"].is_sorted()
    assert (strata["len"] >= strata["size"].round().clip(upper_bound=2)).all()


def test_pairs_for_the_model_lie_where_links_begin_and_no_pattern_stands_more_than_three_times(tables: Tables) -> None:
    found = drawn(tables, 100).filter(part=FOR_MODEL).join(tables["link"], on=["left_id", "right_id"])
    assert found.group_by("levels").len()["len"].max() <= 3
    odds = found["match_probability"] / (1 - found["match_probability"])
    assert (odds / 4).log(2).abs().max() <= 10  # 0.8 is odds of 4


def test_pairs_for_the_list_are_those_on_which_a_place_hangs(tables: Tables) -> None:
    child = dict(tables["child_record"].select("record_id", "child_id").iter_rows())
    hanging = set(tables["explained"]["child_id"]) | set(tables["candidate"]["child_id"])
    found = drawn(tables).filter(part=FOR_LIST)
    assert found.height > 0
    for left, right in found.select("left_id", "right_id").iter_rows():
        assert {child[left], child[right]} & hanging


def test_a_protected_child_is_left_out_unless_the_named_role_asks(tables: Tables) -> None:
    record = drawn(tables).filter(part=FOR_LIST)["left_id"][0]
    protections = pl.DataFrame([{"record_id": record, "source": "social_care", "kind": "protected"}], schema=STATEMENT)
    protecting = {**tables, "statement": pl.concat([tables["statement"], protections])}
    without, included = drawn(protecting, 500), drawn(protecting, 500, restricted=True)
    assert record not in {*without["left_id"], *without["right_id"]}
    assert record in {*included["left_id"], *included["right_id"]}


@pytest.mark.parametrize("pairs", [0, 9, 2001])
def test_too_few_or_too_many_pairs(tables: Tables, pairs: int) -> None:
    with pytest.raises(SettingsError, match=f"--pairs {pairs}: ask about 10 to 2,000"):
        drawn(tables, pairs)


@pytest.fixture(scope="module")
def sampled_night(quick_night: FirstNight, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the workspace of the quick night and a workbook of 60 pairs from it."""
    folder = tmp_path_factory.mktemp("sampled")
    shutil.copytree(quick_night.settings.workspace, folder / "workspace", symlinks=True)
    asked = ["sample", "--workspace", f"{folder}/workspace", "--pairs", "60", "--out", f"{folder}/pairs.xlsx"]
    assert main(asked) == 0
    return folder


@pytest.fixture
def sampled(sampled_night: Path, workspace: Path, tmp_path: Path) -> Path:
    """The workbook of the quick night, which ``workspace`` has given out: both are copies, to be spoilt."""
    shutil.rmtree(workspace)
    shutil.copytree(sampled_night / "workspace", workspace, symlinks=True)
    return shutil.copy(sampled_night / "pairs.xlsx", tmp_path / "pairs.xlsx")


def filled(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Path:
    """The workbook as an analyst gives it back."""
    rows = change(read_sample(path))
    path.unlink()
    path.write_bytes(sample_xlsx(rows.select(HEADERS), date(2026, 11, 20)))
    return path


def answered(answers: dict[int, str], column: str = "Answer") -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Write into lines as the spreadsheet numbers them."""
    said = pl.col("line").cast(pl.Int64).replace_strict(answers, default=None, return_dtype=pl.String)
    return lambda rows: rows.with_columns(pl.coalesce(said, column).alias(column))


def test_the_workbook_is_private_and_says_so(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["sample", "--workspace", str(workspace), "--pairs", "10", "--out", str(tmp_path / "few.xlsx")]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "readable by you alone" in printed
    assert "PROTECTED" not in printed
    assert stat.S_IMODE((tmp_path / "few.xlsx").stat().st_mode) == 0o600
    assert main([*asked[:-1], str(tmp_path / "all.xlsx"), "--restricted"]) == 0
    assert "PROTECTED: for the named restricted role only" in capsys.readouterr().out


def test_both_records_stand_side_by_side_with_their_numbers_hidden(sampled: Path, workspace: Path) -> None:
    rows = read_sample(sampled)
    assert rows["line"].to_list() == list(range(2, rows.height + 2))
    person = {row["record_id"]: row for row in tables_of(workspace)["person_record"].to_dicts()}
    for asked, shown in zip(read_drawn(workspace).to_dicts(), rows.to_dicts(), strict=True):
        left, right = person[asked["left_id"]], person[asked["right_id"]]
        assert (shown["Pair"], shown["Surname A"], shown["Surname B"]) == (
            asked["pair"],
            left["surname_shown"] or "",
            right["surname_shown"] or "",
        )
        for number in filter(None, (left["upn"], left["nhs_number"], right["upn"], right["nhs_number"])):
            assert not any(number in cell for cell in shown.values() if isinstance(cell, str))
    assert any(cell.startswith("…") and len(cell) == 4 for cell in rows["NHS number A"])


@pytest.mark.parametrize(
    ("sexes", "told"),
    [
        (("F", "F"), ("F", "F")),
        (("F", None), ("F", "")),
        pytest.param(("F", "M"), ("", ""), id="as a difference may reveal a gender since recognised"),
    ],
)
def test_a_difference_in_sex_is_not_shown(
    tables: Tables, sexes: tuple[str | None, str | None], told: tuple[str, str]
) -> None:
    two = tables["person_record"].head(2).with_columns(sex=pl.Series(sexes, dtype=pl.String))
    pair = pl.DataFrame([["S1-0001", *two["record_id"]]], schema=["pair", "left_id", "right_id"], orient="row")
    assert shown_pairs(pair, two, {}).select("Sex A", "Sex B").rows() == [told]


def test_nothing_in_the_workbook_tells_what_the_linkage_thinks() -> None:
    words = " ".join(HEADERS).casefold()
    assert not any(word in words for word in ("weight", "probability", "part", "stratum"))


def test_a_workbook_that_is_there_is_never_written_over(sampled: Path, workspace: Path) -> None:
    with pytest.raises(SettingsError, match="already exists"):
        write_sample(workspace, tables_of(workspace), asking(20, sampled), {})


def test_judgements_are_read_back_once(sampled: Path, workspace: Path) -> None:
    filled(sampled, answered({2: "same", 3: "Different", 5: " unsure "}))
    filled(sampled, answered({2: "changed her name"}, "Note"))
    kept, _ = judge(sampled, workspace, " Ann Example ")
    assert kept["answer"].to_list() == ["same", "different", "unsure"]
    assert kept["note"].to_list() == ["changed her name", None, None]
    asked = read_drawn(workspace)
    as_drawn = ["left_id", "right_id", "stratum", "stratum_weight", "night_at"]
    assert kept.select(as_drawn).equals(asked[[0, 1, 3]].select(as_drawn))
    assert set(asked["night_at"]) == set(tables_of(workspace)["night"]["started_at"])
    assert set(kept["by"]) == {"Ann Example"}
    before = read_judgements(workspace)
    assert judge(sampled, workspace, "Ann Example")[0].is_empty()
    assert before.equals(read_judgements(workspace))
    filled(sampled, answered({2: "same", 3: "unsure", 4: "same", 5: "same"}))
    bo, otherwise = judge(sampled, workspace, "Bo Other")
    assert otherwise.rows() == [("Ann Example", 2)]  # lines 3 and 5
    assert outranked(bo.with_columns(by=pl.lit("Ann Example")), before).is_empty()  # a second thought of one's own


def _as_day(cell: str) -> date | None:
    return date(*map(int, cell.split("/")[::-1])) if cell else None


@pytest.mark.parametrize(
    "saved",
    [
        pytest.param(lambda cell: f"{_as_day(cell)} 00:00:00" if cell else "", id="days"),
        pytest.param(lambda cell: str((_as_day(cell) - date(1899, 12, 30)).days) if cell else "", id="days counted"),
    ],
)
def test_a_workbook_in_which_another_spreadsheet_has_made_days_of_birth_dates_is_read_back(
    sampled: Path, workspace: Path, saved: Callable[[str], str]
) -> None:
    born = pl.col("Born A", "Born B").map_elements(saved, return_dtype=pl.String)
    filled(sampled, lambda rows: answered({2: "same", 3: "different"})(rows).with_columns(born))
    assert judge(sampled, workspace, "Ann Example")[0]["answer"].to_list() == ["same", "different"]


def mixed_up(rows: pl.DataFrame) -> pl.DataFrame:
    """One column sorted without the others."""
    return answered({2: "same"})(rows).with_columns(pl.col("Pair").reverse())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(answered({4: "perhaps"}), r"line 4: column Answer holds no answer\. Choose", id="unknown answer"),
        pytest.param(answered({4: "hm"}, "Note"), "line 4: column Answer is empty beside a note", id="a note alone"),
        pytest.param(
            lambda rows: answered({3: "S9-0001"}, "Pair")(answered({3: "same"})(rows)),
            "line 3: column Pair does not name a pair",
            id="unknown pair",
        ),
        pytest.param(
            lambda rows: answered({3: "S1-0009"}, "Pair")(answered({3: "same"})(rows)),
            "line 3: the pair's number or a cell beside it has been changed",
            id="another pair's number",
        ),
        pytest.param(mixed_up, "line 2: the pair's number or a cell", id="a column sorted alone"),
        pytest.param(
            lambda rows: answered({3: "same", 4: "different"})(
                pl.concat([rows[:2], rows[1:2], rows[2:]]).with_columns(line=pl.int_range(2, pl.len() + 2))
            ),
            "line 4: the same pair has a different answer in line 3",
            id="one pair, two answers",
        ),
        pytest.param(lambda rows: rows, "no line has an answer", id="nothing filled in"),
    ],
)
def test_what_is_refused_by_line_and_keeps_nothing(
    sampled: Path, workspace: Path, change: Callable[[pl.DataFrame], pl.DataFrame], told: str
) -> None:
    filled(sampled, change)
    with pytest.raises(SettingsError, match=told) as refused:
        judge(sampled, workspace, "Ann Example")
    assert read_judgements(workspace).is_empty()
    names = [cell for column in ("Surname A", "Surname B") for cell in read_sample(sampled)[column] if len(cell) > 3]
    assert not any(name in str(refused.value) for name in names)


def test_a_judgement_without_a_name_is_none(sampled: Path, workspace: Path) -> None:
    filled(sampled, answered({2: "same"}))
    with pytest.raises(SettingsError, match="--by"):
        judge(sampled, workspace, "  ")


def test_a_file_that_is_no_sample(tmp_path: Path) -> None:
    (tmp_path / "other.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(SettingsError, match=r"other\.xlsx: this is not a workbook"):
        judge(tmp_path / "other.xlsx", tmp_path, "Ann")
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        judge(tmp_path / "none.xlsx", tmp_path, "Ann")


def _chain(pairs: pl.DataFrame) -> list[tuple[str, str]]:
    """Three linked pairs of three records: a-b, b-c, a-c."""
    ends = set(pairs.select("left_id", "right_id").iter_rows())
    return next([(a, b), (b, c), (a, c)] for a, b in sorted(ends) for x, c in sorted(ends) if x == b and (a, c) in ends)


def test_contradictions_name_their_lines_also_against_what_stands(
    workspace: Path, tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch, first_night: FirstNight
) -> None:
    shutil.copytree(first_night.settings.workspace, tmp_path / "w", symlinks=True)
    chain = pl.DataFrame(_chain(tables["link"].filter("is_same_child")), schema=["left_id", "right_id"], orient="row")
    asked = chain.join(tables["link"], on=["left_id", "right_id"], maintain_order="left").select(
        "left_id",
        "right_id",
        "match_weight",
        "match_probability",
        part=pl.lit(FOR_MODEL),
        stratum=pl.lit(None, pl.String),
        stratum_weight=pl.lit(None, pl.Float64),
    )
    monkeypatch.setattr("pipelines.review.clerical.pairs_worth_asking", lambda *_, **__: asked.select(PAIR.names()))
    path = tmp_path / "chain.xlsx"
    write_sample(tmp_path / "w", tables, asking(10, path), {})
    filled(path, answered({2: "same", 3: "same", 4: "different"}))
    with pytest.raises(
        SettingsError, match="line 4 says different, but the records are one child according to: line 2, line 3"
    ):
        judge(path, tmp_path / "w", "Ann")
    assert read_judgements(tmp_path / "w").is_empty()
    judge(filled(path, answered({4: "same", 3: "unsure"})), tmp_path / "w", "Ann")
    filled(
        path,
        lambda rows: rows.with_columns(
            Answer=pl.when(pl.col("line") == 3).then(pl.lit("different")).otherwise(pl.lit(""))
        ),
    )
    with pytest.raises(
        SettingsError, match=r"line 3 says different.*a judgement by Ann on \d+ [A-Z][a-z]+ \d{4}, a judgement"
    ):
        judge(path, tmp_path / "w", "Bo")


@pytest.fixture(scope="module")
def obeyed(quick_night: FirstNight, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, pl.DataFrame]:
    """The night after a review in which one link was judged to be two children, and one pair apart to be one."""
    workspace = tmp_path_factory.mktemp("obeyed") / "workspace"
    shutil.copytree(quick_night.settings.workspace, workspace, symlinks=True)
    path = workspace.parent / "pairs.xlsx"
    asked = write_sample(workspace, tables_of(workspace), asking(200, path), {})
    links = dict(zip(asked["pair"], asked["match_probability"] >= 0.8, strict=True))
    broken = asked.filter(pl.col("match_probability") > 0.999)["pair"][0]
    say = {True: ANSWERS[0], False: ANSWERS[1]}
    answers = {pair: say[is_link] for pair, is_link in links.items()} | {broken: ANSWERS[1]}
    filled(path, lambda rows: rows.with_columns(Answer=pl.col("Pair").replace_strict(answers, return_dtype=pl.String)))
    kept, _ = judge(path, workspace, "Ann Example")
    run_night(quick_night.settings.model_copy(update={"workspace": workspace}))
    return workspace, broken, kept


def test_the_next_night_obeys(obeyed: tuple[Path, str, pl.DataFrame]) -> None:
    workspace, _, kept = obeyed
    with Store(workspace, read_only=True) as store:
        child = dict(store.read("child_record").select("record_id", "child_id").iter_rows())
    assert set(kept["answer"]) == {"same", "different"} or kept.filter(answer="different").height == 1
    for row in kept.to_dicts():
        assert (child[row["left_id"]] == child[row["right_id"]]) == (row["answer"] == "same")


def test_what_a_person_judged_of_two_records_is_told_beside_the_evidence_which_it_outranks(
    obeyed: tuple[Path, str, pl.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a sure link that a person broke, the page gave only the evidence for one child, and "two children"."""
    workspace, _, kept = obeyed
    broken = kept.filter(answer="different")
    weighed = read_drawn(workspace).join(broken, on=["left_id", "right_id"]).sort("match_probability", descending=True)
    left, right = weighed.select("left_id", "right_id").row(0)
    assert main(["explain", left, "--against", right, "--workspace", str(workspace)]) == 0
    told = capsys.readouterr().out
    assert "The night treats them as two children" in told
    assert re.search(
        r"A person judged them to be two children \(Ann Example on \d+ [A-Z][a-z]+ \d{4}\)\. The night obeyed", told
    )


def test_a_judgement_handed_in_since_the_night_is_told_as_one_for_the_next(
    sampled: Path, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, _ = judge(filled(sampled, answered({2: "same", 3: "unsure"})), workspace, "Ann Example")
    for row, words in zip(kept.sort("answer").to_dicts(), ("The next night will obey", "could not tell"), strict=True):
        assert main(["explain", row["left_id"], "--against", row["right_id"], "--workspace", str(workspace)]) == 0
        assert words in capsys.readouterr().out


def test_the_match_report_tells_what_was_measured(obeyed: tuple[Path, str, pl.DataFrame]) -> None:
    workspace, _, kept = obeyed
    report = (workspace / "published" / "latest" / "match_report.html").read_text("utf-8")
    assert "drawn at random within bands of match weight" in report
    assert "No blind sample has been judged yet" not in report
    assert "Mean gap between said and found" in report
    assert 'id="reliability-title"' in report
    assert f"<dt>Judgements obeyed</dt><dd>{kept.height}</dd>" in report
