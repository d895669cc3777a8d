"""Officers' outcomes held against the likelihood: which answer what, the line they teach, and how it comes into force."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from apps.cli.main import main
from pipelines.decisions.append_only import append_only
from pipelines.decisions.in_force import settings_of
from pipelines.decisions.outcomes import ASKED, OUTCOME, OUTCOMES_FILE, TABLES, add_outcomes, read_outcomes
from pipelines.decisions.proposals import proposal_history
from pipelines.listing.recalibration import (
    FittedLine,
    answers,
    estimate_of,
    first_counted_day,
    fit_line,
    fit_to_outcomes,
    recalibrated,
    reliability_in_words,
    reliability_of_leads,
    what_to_try,
)
from pipelines.night import run_night
from pipelines.publish.match_report import match_report_html
from pipelines.rank_settings import RankSettings, Recalibration
from pipelines.settings import SettingsError, read_settings
from pipelines.store import Store
from pipelines.tables import CANDIDATE
from pipelines.tuning.recalibration_proposal import propose_recalibration
from tests.conftest import FirstNight
from tests.made.children import Drawn
from tests.made.publication import made_publication, mask

OCTOBER = date(2026, 10, 1)


def found(*rows: tuple[str, int, str, float | None]) -> pl.DataFrame:
    """``OUTCOME`` of (child, day of October, outcome, likelihood when read in), in the order in which they were read in."""
    blank = {
        "reason": None,
        "by": "M. Okafor",
        "at": datetime(2026, 11, 1, tzinfo=UTC),
        "lane": "follow up",
        "hours": None,
    }
    told = [
        {
            **blank,
            "child_id": child,
            "outcome": code,
            "outcome_on": OCTOBER + timedelta(days=on - 1),
            "likelihood": said,
            "estimated": said,
            "records": f"health:{child}",
        }
        for child, on, code, said in rows
    ]
    return pl.DataFrame(told, schema=OUTCOME)


@pytest.mark.parametrize(
    ("rows", "leads"),
    [
        pytest.param([("A", 1, "CONFIRMED_CME_NEW", 0.9)], [(0.9, True)], id="found missing"),
        pytest.param([("A", 1, "ALREADY_KNOWN_CME", 0.9)], [(0.9, True)], id="missing, and known before"),
        pytest.param([("A", 1, "INDEPENDENT", 0.6)], [(0.6, False)], id="educated after all"),
        pytest.param([("A", 1, "EMIGRATED_VERIFIED", 0.6)], [(0.6, False)], id="no longer here"),
        pytest.param([("A", 1, "NOT_CSA", 0.6)], [(0.6, False)], id="not of age"),
        pytest.param([("A", 1, "DATA_ERROR", 0.6)], [(0.6, False)], id="no such child"),
        pytest.param([("A", 1, "UNTRACED", 0.6)], [(0.6, None)], id="not traced: no answer yet"),
        pytest.param([("A", 1, "EMIGRATED_UNVERIFIED", 0.6)], [(0.6, None)], id="said to be abroad: no answer yet"),
        pytest.param([("A", 1, "DUPLICATE", 0.6)], [], id="a double: another row is asked about"),
        pytest.param([("A", 1, "INDEPENDENT", None)], [(None, False)], id="on no list when it was opened"),
        pytest.param(
            [("A", 1, "UNDER_ENQUIRY", 0.9), ("A", 20, "INDEPENDENT", 0.3)],
            [(0.9, False)],
            id="as it was said when the lead was opened, not when it was answered",
        ),
        pytest.param(
            [("A", 1, "UNDER_ENQUIRY", 0.9), ("A", 20, "INDEPENDENT", None)],
            [(0.9, False)],
            id="off the list by the time of the answer",
        ),
        pytest.param(
            [("A", 1, "CONFIRMED_CME_NEW", 0.9), ("A", 25, "ON_ROLL_OWN", 0.9)],
            [(0.9, True)],
            id="that the child has a place since then does not make the lead wrong",
        ),
        pytest.param(
            [("A", 1, "INDEPENDENT", 0.6), ("A", 20, "CONFIRMED_CME_NEW", 0.8)],
            [(0.6, False), (0.8, True)],
            id="closed and opened again: two leads",
        ),
        pytest.param(
            [("A", 1, "INDEPENDENT", 0.6), ("A", 1, "CONFIRMED_CME_NEW", 0.6)],
            [(0.6, True)],
            id="a line put right: of two outcomes of one day the last read in",
        ),
        pytest.param(
            [("B", 3, "UNTRACED", 0.5), ("A", 1, "INDEPENDENT", 0.6)], [(0.6, False), (0.5, None)], id="two children"
        ),
    ],
)
def test_what_an_outcome_answers(
    rows: list[tuple[str, int, str, float | None]], leads: list[tuple[float | None, bool | None]]
) -> None:
    assert answers(found(*rows)).select("estimated", "is_missing").rows() == leads


def test_an_outcome_from_before_there_was_any_recalibration_is_taken_as_published() -> None:
    old = found(("A", 1, "INDEPENDENT", 0.6)).with_columns(estimated=pl.lit(None, pl.Float64))
    assert answers(old)["estimated"].to_list() == [0.6]


def world(slope: float, shift: float, leads: int, seed: int) -> pl.DataFrame:
    """Outcomes of leads of which the truth is likelier or less likely than was said, by a line of the log odds."""
    draw = np.random.default_rng(seed)
    said = draw.beta(3, 1.2, leads)
    missing = draw.random(leads) < 1 / (1 + np.exp(-(shift + slope * np.log(said / (1 - said)))))
    codes = np.where(missing, "CONFIRMED_CME_NEW", "MOVED_OTHER_LA_CONFIRMED")
    return found(*((f"C{n}", 1, str(code), float(q)) for n, (code, q) in enumerate(zip(codes, said, strict=True))))


@pytest.mark.parametrize(
    ("slope", "shift"),
    [
        pytest.param(1.0, -1.2, id="too many were said to be missing"),
        pytest.param(1.0, 1.0, id="too few"),
        pytest.param(0.5, -0.3, id="too sure of itself"),
        pytest.param(1.6, 0.0, id="too cautious"),
    ],
)
def test_a_biased_likelihood_is_mended_on_children_of_whom_nothing_was_learnt(slope: float, shift: float) -> None:
    taught_by, held_out = world(slope, shift, 800, seed=1), answers(world(slope, shift, 20_000, seed=2))
    line = fit_line(answers(taught_by))
    assert isinstance(line, FittedLine)
    assert line.differs_from(Recalibration())

    def error(likelihood: pl.Expr) -> float:
        """Mean gap of said and found over bands of a twentieth of the children."""
        bands = held_out.with_columns(said=likelihood).sort("said").with_row_index("n")
        gaps = bands.group_by(pl.col("n") // 1000).agg(gap=(pl.col("said").mean() - pl.col("is_missing").mean()).abs())
        return float(gaps["gap"].mean())  # type: ignore[arg-type]

    before, after = error(pl.col("estimated")), error(recalibrated(pl.col("estimated"), line.line))
    assert before > 0.06
    assert after < 0.03


def test_nineteen_intervals_in_twenty_hold_the_truth() -> None:
    line = Recalibration(slope=0.8, shift=-0.5)
    truth = pl.select(recalibrated(pl.lit(0.8), line)).item()
    held = 0
    for seed in range(100):
        learnt = fit_line(answers(world(line.slope, line.shift, 300, seed)))
        assert isinstance(learnt, FittedLine)
        _, low, high = learnt.interval(0.8)
        held += low <= truth <= high
    assert 89 <= held <= 100


def test_a_calibrated_likelihood_is_left_alone_nineteen_times_in_twenty() -> None:
    lines = [fit_line(answers(world(1.0, 0.0, 300, seed))) for seed in range(100)]
    assert sum(isinstance(line, FittedLine) and line.differs_from(Recalibration()) for line in lines) <= 10


@pytest.mark.parametrize("answered_from", [0.0, 0.05, 0.6, 0.95])
def test_the_line_keeps_the_order_and_its_inverse_says_where_a_cut_off_lies(answered_from: float) -> None:
    line = Recalibration(slope=0.7, shift=-0.4, answered_from=answered_from)
    shares = pl.DataFrame({"q": np.linspace(0.001, 0.999, 400)})
    made = shares.select(recalibrated(pl.col("q"), line)).to_series()
    assert made.is_sorted()
    back = [estimate_of(share, line) for share in made]
    assert back == pytest.approx(shares["q"].to_list())
    assert shares.select(recalibrated(pl.col("q"), Recalibration())).to_series().equals(shares["q"])
    assert pl.select(recalibrated(pl.lit(0.0), Recalibration(shift=5.0))).item() == 0.0


@pytest.mark.parametrize(
    ("estimated", "likelihood"),
    [
        pytest.param(0.0, 0.0, id="certain"),
        pytest.param(1e-9, 0.5e-9, id="a record shows the child in school"),
        pytest.param(0.2, 0.1, id="in the proportion of the least that was answered"),
        pytest.param(0.8, 0.4, id="the least that was answered"),
        pytest.param(0.9, 0.424, id="by the line"),
        pytest.param(1.0, 0.630, id="the surest"),
    ],
)
def test_below_what_the_answers_reach_down_to_the_line_is_not_drawn_on(estimated: float, likelihood: float) -> None:
    line = Recalibration(slope=0.12, shift=-0.5718, answered_from=0.8)
    made = pl.select(recalibrated(pl.lit(estimated), line)).item()
    assert made == pytest.approx(likelihood, rel=2e-3)
    drawn_on = pl.select(recalibrated(pl.lit(1e-9), Recalibration(slope=0.12, shift=-0.5718))).item()
    assert drawn_on > 0.15, "by the line alone every child in school would come onto the list"


def test_leads_of_long_ago_are_left_out_and_it_is_said() -> None:
    old = world(1.0, 0.0, 300, 5).with_columns(
        (pl.lit("O") + pl.col("child_id")).alias("child_id"), outcome_on=pl.lit(date(2023, 5, 1))
    )
    every = pl.concat([world(1.0, -1.5, 200, 4), old])
    listed = pl.DataFrame([{"child_id": f"L{n}", "estimated": n / 100} for n in range(30, 100)], schema=CANDIDATE)
    line, words = fit_to_outcomes(every, listed, Recalibration(), first_counted_day(date(2026, 11, 20)))
    assert line.line == fit_to_outcomes(world(1.0, -1.5, 200, 4), listed, Recalibration(), OCTOBER)[0].line
    assert "Only leads opened from 20 November 2024 on are counted. 300 leads opened before that are left out" in words
    both, words = fit_to_outcomes(every, listed, Recalibration(), date(2020, 1, 1))
    assert both.answers == 500
    assert "left out: the sources" not in words


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        pytest.param(OUTCOME.to_frame(), "0 leads have an answer", id="none"),
        pytest.param(world(1.0, -1.5, 40, 3), "40 leads have an answer", id="too few"),
        pytest.param(
            world(1.0, 5.0, 200, 3),
            r"200 leads have an answer, \d+ of them missing education and \d not",
            id="hardly any of one kind",
        ),
        pytest.param(world(1.0, 0.0, 200, 3), "does not contradict the present likelihoods", id="nothing to mend"),
        pytest.param(
            world(1.0, -1.5, 300, 3).with_columns(
                likelihood=1 - pl.col("likelihood"), estimated=1 - pl.col("estimated")
            ),
            "were found missing no more often than others",
            id="likelihoods that order nothing",
        ),
    ],
)
def test_when_nothing_is_proposed_it_says_why(outcomes: pl.DataFrame, told: str) -> None:
    with pytest.raises(SettingsError, match=rf"Nothing is proposed: .*{told}"):
        fit_to_outcomes(outcomes, CANDIDATE.to_frame(), Recalibration(), OCTOBER)


def test_what_the_answers_cannot_tell_is_said_with_the_proposal() -> None:
    told = pl.concat([world(1.0, -1.5, 200, 4), found(*((f"U{n}", 2, "UNTRACED", 0.8) for n in range(30)))])
    listed = pl.DataFrame([{"child_id": f"L{n}", "estimated": n / 100} for n in range(30, 100)], schema=CANDIDATE)
    line, words = fit_to_outcomes(told, listed, Recalibration(), OCTOBER)
    assert re.search(rf"From 200 answered leads, .* slope {line.line.slope:g}, shift {line.line.shift:g}", words)
    assert re.search(r"95% becomes \d+% \(\d+% to \d+%\)", words)
    assert "Officers open the top of the list first" in words
    below = listed.filter(pl.col("estimated") < line.least).height
    assert f"{below} of the 70 children on the last list are below that" in words
    assert "30 leads that were opened have no answer yet, and are left out." in words
    none, every = (int(share) for share in re.findall(r"80% would become (\d+)% or (\d+)%", words)[0])
    assert none < line.interval(0.8)[0] * 100 < every


def test_answers_from_the_top_alone_are_not_carried_on_over_most_of_the_list() -> None:
    listed = pl.DataFrame([{"child_id": f"L{n}", "estimated": n / 100} for n in range(11, 100)], schema=CANDIDATE)
    told = world(1.0, -1.5, 800, 4).filter(pl.col("estimated") > 0.8)
    with pytest.raises(SettingsError, match=r"reach down to 8\d%, and \d\d of the 89 children .* drawn at random"):
        fit_to_outcomes(told, listed, Recalibration(), OCTOBER)


def test_where_likelihoods_do_not_hold_it_is_said_what_to_try_and_none_is_called_certain() -> None:
    wrong = answers(found(*((f"W{n}", 1, "INDEPENDENT", 0.999) for n in range(9)), ("D", 1, "CONFIRMED_CME_NEW", 0.5)))
    assert reliability_in_words(wrong)[0].startswith(
        "Likelihood 90% to 100%, answered leads: 9; said over 99%, found 0% ("
    )
    assert what_to_try(wrong) == [
        "In 1 of 2 bands what was said lies outside the interval of what was found: rollcall tune --from-outcomes tries a "
        "recalibration."
    ]


def test_said_and_found_by_band() -> None:
    rows = [("A", 1, "CONFIRMED_CME_NEW", 0.95), ("B", 1, "INDEPENDENT", 0.91), ("C", 1, "INDEPENDENT", 0.4)]
    told = reliability_of_leads(answers(found(*rows, ("D", 1, "UNTRACED", 0.95))))
    assert told.select("band_from", "judged", "said", "right").rows() == [
        (0.3, 1, pytest.approx(0.4), 0.0),
        (0.9, 2, pytest.approx(0.93), 0.5),
    ]
    assert what_to_try(answers(found(*rows))) == []
    night = made_publication(outcomes=found(*rows))
    listed = mask(night)
    section = match_report_html(night, listed).decode().partition('id="yield"')[2].partition("</section>")[0]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))
    assert "90.0% to 100.0% 2 93.0% 50.0%" in words


def test_a_listed_child_has_both_likelihoods_and_says_so() -> None:
    drawn = Drawn().record("health:H1", "A").says("health:H1", "seen", since=OCTOBER).lives("A", 0.8)
    plain = drawn.ranked().candidates.row(0, named=True)
    assert plain["likelihood"] == plain["estimated"] == pytest.approx(0.8)
    assert "what officers found" not in plain["because"]
    line = Recalibration(slope=0.8, shift=-0.5)
    told = drawn.ranked(RankSettings(recalibration=line)).candidates.row(0, named=True)
    assert told["estimated"] == pytest.approx(0.8)
    assert told["likelihood"] == pytest.approx(0.648, abs=0.001)
    assert told["because"].endswith(
        "From the records alone, there is an 80 in 100 chance that the child is missing education here; allowing for what "
        "officers found on earlier leads, a 65 in 100 chance."
    )


def _found_missing_half_as_often(workspace: Path) -> None:
    """Outcomes of the whole list, handed in as officers do: half of what was said, with a fixed seed."""
    with Store(workspace, read_only=True) as store:
        tables = {table: store.read(table) for table in ASKED}
    listed = tables["candidate"].sort("child_id")
    missing = np.random.default_rng(5).random(listed.height) < listed["likelihood"].to_numpy() * 0.5
    code = pl.Series(missing).replace_strict(
        {True: "CONFIRMED_CME_NEW", False: "UNDER_ENQUIRY"}, return_dtype=pl.String
    )
    file = workspace / "outcomes.csv"
    first = listed.select("child_id", outcome=code, date=pl.lit("2026-11-21"))
    first.write_csv(file)
    add_outcomes(file, workspace, tables, "Ann Example")
    first.filter(outcome="UNDER_ENQUIRY").with_columns(
        outcome=pl.lit("MOVED_OTHER_LA_CONFIRMED"), date=pl.lit("2026-11-22")
    ).write_csv(file)
    add_outcomes(file, workspace, tables, "Ann Example")
    # The closing outcomes would empty the list, which here is only to be judged again: they count as of another year.
    kept = read_outcomes(workspace)
    assert kept["estimated"].null_count() == 0
    (workspace / OUTCOMES_FILE).unlink()
    moments = pl.col("at", "night_at").cast(pl.String)
    later = kept.with_columns(pl.col("outcome_on").dt.offset_by("1y").cast(pl.String), moments)
    with append_only(workspace / OUTCOMES_FILE, TABLES) as connection:
        places = ", ".join("?" * later.width)
        connection.executemany(f"insert into outcome ({', '.join(later.columns)}) values ({places})", later.rows())


def test_on_schedule_it_is_proposed_and_never_put_in_force(quick_night: FirstNight, workspace: Path) -> None:
    nothing = propose_recalibration(workspace, "Rollcall, on schedule")
    assert (nothing.number, nothing.page) == (None, None)
    assert "Nothing is proposed: 0 leads" in nothing.words
    assert proposal_history(workspace) == []
    _found_missing_half_as_often(workspace)
    made = propose_recalibration(workspace, "Rollcall, on schedule")
    (proposal,) = proposal_history(workspace)
    assert (proposal.id, proposal.kind, proposal.by, proposal.decisions) == (
        made.number,
        "settings",
        "Rollcall, on schedule",
        (),
    )
    assert made.page is not None and made.page.stat().st_mode & 0o777 == 0o600
    assert made.figures["enquiries after"] <= made.figures["enquiries before"]
    assert not settings_of(workspace, None, quick_night.settings.as_at).ranking.recalibration.shift


def test_from_outcomes_to_the_night_that_runs_with_it_and_back(
    quick_night: FirstNight, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--workspace", str(workspace)]
    assert main(["tune", *at, "--from-outcomes"]) == 2
    assert "Nothing is proposed: 0 leads" in capsys.readouterr().err
    _found_missing_half_as_often(workspace)
    said = ["--propose", "--why", "half as many as was said", "--by", "Ann Example"]
    assert main(["tune", *at, "--from-outcomes", *said]) == 0
    printed = capsys.readouterr().out
    assert "Likelihood 90% to 100%" in printed
    assert re.search(r"expected to be found after", printed)
    (page,) = (workspace / "tuning").iterdir()
    assert "outcomes: shift (0 changes nothing)" in page.read_text("utf-8")
    assert main(["proposals", *at]) == 0
    assert re.search(r"why: half as many as was said\n.*answered leads \d+, of them missing", capsys.readouterr().out)
    assert main(["approve", "1", *at, "--by", "Ann Example"]) == 2
    assert main(["approve", "1", *at, "--by", "Bo Other"]) == 0
    asked = quick_night.settings
    next_day = asked.as_at + timedelta(days=1)

    def night(as_at: date) -> tuple[pl.DataFrame, dict[str, object]]:
        report = run_night(read_settings(None, extracts=asked.extracts, workspace=workspace, as_at=as_at))
        run = json.loads((report.published / "run.json").read_text("utf-8"))
        return pl.read_parquet(report.published / "candidates.parquet"), run["settings"]

    listed, settings = night(next_day)
    assert settings["ranking.recalibration.shift"] != 0.0
    likely = listed.filter(pl.col("estimated") > 0.9)
    assert (likely["likelihood"] < 0.7).all()
    assert listed["because"].str.contains("allowing for what officers found on earlier leads").all()
    assert main(["approve", "--roll-back", *at, "--by", "Bo Other"]) == 0
    listed, settings = night(next_day + timedelta(days=1))
    assert settings["ranking.recalibration.shift"] == 0.0
    assert listed["likelihood"].equals(listed["estimated"])
