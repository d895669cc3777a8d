"""Sixty nights on a made-up authority: are the reasons for leaving the list true, do ids last, does the store grow?

    python benchmarks/many_nights.py [--children 2000] [--nights 60] [--first 2026-12-01] [--seed 1] [--share 0.03] [--out FILE]

Arrivals, leavers, corrections, merged registrations and undone merges come by themselves (``apps/made_up/history.py``), and so
does the school year (``apps/made_up/school_year.py``). On certain nights a file is late, cut off or missing, and an officer
opens and closes leads. The results go to ``benchmarks/results/many_nights.md``, or to FILE.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from apps.made_up.authority import make_authority
from apps.made_up.books import read_books
from apps.made_up.error_rates import ErrorRates
from apps.made_up.grade import Grade, graded
from apps.made_up.history import begin_history, deliver, move_on
from apps.made_up.true_reasons import FACTS, judged_reasons, renamed_without_cause
from pipelines.decisions.outcomes import ASKED, add_outcomes
from pipelines.failure import NightFailed
from pipelines.night import run_night
from pipelines.settings import read_settings
from pipelines.steps.under_way import Counts
from pipelines.store import Store
from pipelines.workspace import STORE_FILE

GRADED_EVERY = 10
"""Every so many nights the list is compared with the truth."""
RESULTS = Path(__file__).parent / "results" / "many_nights.md"
ERRORS = ErrorRates(broken_rows=0.0)
"""No rows broken on purpose: they would be in the books but not in the store, and blur the counts."""


@dataclass(frozen=True)
class Plan:
    """What happens on which night; the first night is 0."""

    mishaps: Mapping[int, Mapping[str, tuple[str, ...]]]
    """Night -> sources for which yesterday's file comes again (``late``), a file cut off (``bad``), or none (``missing``)."""
    opens_on: int
    """Before this night an officer opens the first three leads by rank."""
    closes_on: int
    """Before this night the officer closes those still in hand."""
    first: date = date(2026, 12, 1)
    """The date of the first night."""

    def date_of(self, night: int) -> date:
        """The date of a night."""
        return self.first + timedelta(days=night)


SIXTY = Plan(
    {
        10: {"late": ("health",)},
        18: {"bad": ("housing",)},
        27: {"bad": ("school_census",)},
        35: {"missing": ("health",)},
    },
    opens_on=5,
    closes_on=40,
)


@dataclass
class Lived:
    """The results of many nights."""

    published: int = 0
    failed: list[tuple[int, int]] = field(default_factory=list)
    """(night, exit code) of nights that published nothing."""
    left: list[pl.DataFrame] = field(default_factory=list)
    """One row is one spell that ended, with ``is_true``."""
    renamed: int = 0
    """Children with the same records on two nights but a different id."""
    sizes: list[int] = field(default_factory=list)
    """Bytes of the store after each night."""
    rows: list[int] = field(default_factory=list)
    """Rows of the ledger's tables after each night."""
    listed: list[int] = field(default_factory=list)
    graded: list[tuple[date, Grade]] = field(default_factory=list)
    """Every tenth list, compared with the truth of its night."""
    changed: list[Counts] = field(default_factory=list)
    """What each list says has changed since the one before: children, by ``LIST_CHANGE.change``."""
    events: Counter[str] = field(default_factory=Counter)
    opened: tuple[str, ...] = ()
    still_in_hand: list[bool] = field(default_factory=list)
    """For each night between opening and closing, whether every opened child was on the list or in view."""

    @property
    def reasons(self) -> pl.DataFrame:
        """``off_because``, ``left``, ``true``, ``false``, ``judgements``: one row per reason."""
        every = pl.concat(self.left)
        is_true = pl.col("is_true")
        return (
            every.group_by("off_because")
            .agg(left=pl.len(), true=is_true.sum(), false=(~is_true).sum(), judgements=is_true.is_null().sum())
            .sort("left", "off_because", descending=[True, False])
        )

    @property
    def false_facts(self) -> pl.DataFrame:
        """Spells that ended for a reason that is not true."""
        return pl.concat(self.left).filter(pl.col("off_because").is_in(FACTS), ~pl.col("is_true"))


def live(
    folder: Path,
    *,
    children: int,
    nights: int,
    seed: int,
    share: float,
    plan: Plan = SIXTY,
) -> Lived:
    """Run the nights in ``folder`` and compare them with the truth."""
    authority, into, workspace = folder / "authority", folder / "delivery", folder / "workspace"
    make_authority(authority, children=children, seed=seed, as_at=plan.first, errors=ERRORS, cme_rate=0.05)
    begin_history(authority, seed=seed, as_at=plan.first)
    lived, before = Lived(), None
    for night in range(nights):
        as_at = plan.date_of(night)
        if night:
            happened = move_on(authority, seed=seed, as_at=as_at, share=share)
            lived.events.update(dict(happened.group_by("event").len().iter_rows()))
        _officer(lived, night, workspace, plan)
        deliver(authority, into, **plan.mishaps.get(night, {}))
        settings = read_settings(None, extracts=into, workspace=workspace, as_at=as_at)
        settings = settings.model_copy(update={"listing": settings.listing.model_copy(update={"evidence_sheets": 5})})
        try:
            report = run_night(settings)
        except NightFailed as failed:
            lived.failed.append((night, failed.exit_code))
            continue
        lived.published += 1
        lived.listed.append(report.counts["rank"]["candidates"])
        lived.changed.append(report.counts["ledger"])
        before = _look(lived, night, folder, before, plan)
    return lived


def _look(lived: Lived, night: int, folder: Path, before: pl.DataFrame | None, plan: Plan) -> pl.DataFrame:
    """Compare one night with the truth; returns tonight's ``child_record``."""
    as_at, workspace = plan.date_of(night), folder / "workspace"
    with Store(workspace, read_only=True) as store:
        leads, records = store.read("lead"), store.read("child_record")
        lived.rows.append(sum(store.read(name).height for name in ("lead", "lead_before", "lead_night", "list_night")))
    left = leads.filter(pl.col("left_on") == as_at)
    # Also for the night after: a file that comes a night late shows the changes of two nights at once.
    not_whole = {s for after in (0, 1) for sources in plan.mishaps.get(night - after, {}).values() for s in sources}
    lived.left.append(
        judged_reasons(
            left,
            records,
            read_books(folder / "authority"),
            as_at=as_at,
            not_whole=not_whole,
            closed=_under_any_id(leads, lived.opened),
        )
    )
    if plan.opens_on <= night < plan.closes_on:
        in_hand = set(_under_any_id(leads.filter(pl.col("state") != "left"), lived.opened))
        lived.still_in_hand.append(len(in_hand) >= len(lived.opened))
    if night % GRADED_EVERY == 0:
        books, candidates = read_books(folder / "authority"), pl.read_parquet(_published(workspace, as_at))
        lived.graded.append((as_at, graded(candidates, books.records, books.children)))
    if before is not None:
        lived.renamed += renamed_without_cause(before, records)
    lived.sizes.append((workspace / STORE_FILE).stat().st_size)
    return records


def _published(workspace: Path, as_at: date) -> Path:
    return workspace / "published" / as_at.isoformat() / "candidates.parquet"


def _under_any_id(leads: pl.DataFrame, opened: tuple[str, ...]) -> list[str]:
    """Tonight's ids of the leads that the officer opened, even if they were opened under a former id."""
    known = pl.concat_str("child_id", "former_ids", separator=";", ignore_nulls=True).str.split(";")
    is_one = pl.any_horizontal(known.list.contains(child) for child in opened) if opened else pl.lit(value=False)
    return leads.filter(is_one)["child_id"].to_list()


def _officer(lived: Lived, night: int, workspace: Path, plan: Plan) -> None:
    """Open three leads on one night, close them on another."""
    if night not in (plan.opens_on, plan.closes_on):
        return
    with Store(workspace, read_only=True) as store:
        tables = {name: store.read(name) for name in ASKED}
    if night == plan.opens_on:
        lived.opened = tuple(tables["candidate"]["child_id"].head(3))
    opened = _under_any_id(tables["lead"], lived.opened)
    code = "UNDER_ENQUIRY" if night == plan.opens_on else "INDEPENDENT"
    file = workspace / "found.csv"
    day = min(plan.date_of(night - 1), datetime.now(UTC).date())
    known = tables["child_record"]["child_id"].unique()
    rows = [f"{child},{code},{day}" for child in sorted(set(opened)) if child in known]
    file.write_text("\n".join(["child_id,outcome,date", *rows]) + "\n", "utf-8")
    add_outcomes(file, workspace, tables, by="An Officer")


def _page(lived: Lived, asked: argparse.Namespace) -> str:
    """The page of results."""
    megabytes = [size / 1e6 for size in lived.sizes]
    ten = ", ".join(f"{size:.1f}" for size in megabytes[9::10])
    events = ", ".join(f"{count:,} {event}" for event, count in sorted(lived.events.items()))
    reasons = "\n".join(
        f"| {row['off_because']} | {row['left']} | {row['true']} | {row['false']} | {row['judgements']} |"
        for row in lived.reasons.to_dicts()
    )
    lists = "\n".join(
        f"| {on:%d %B %Y} | {it.rows} | {it.targets} | {it.found} | {it.missing} | {it.missing_found} | {it.half_found_at} |"
        for on, it in lived.graded
    )
    failed = ", ".join(f"night {night + 1} with exit code {code}" for night, code in lived.failed) or "none"
    held = f"{sum(lived.still_in_hand)} of {len(lived.still_in_hand)}"
    options = " ".join(f"--{name} {getattr(asked, name)}" for name in ("children", "nights", "first", "seed", "share"))
    return f"""# Many nights

`python benchmarks/many_nights.py {options}`

- {asked.nights} nights, with about {asked.share:.0%} of the rows changing each night: {events}.
- Lists published: {lived.published}. Nights that published none: {failed} (a roll cut off is held, and the last list stays).
- On the list: {min(lived.listed):,} to {max(lived.listed):,} children.
- Children with the same records on two nights but another id: {lived.renamed}.
- Nights on which every child that an officer had opened was on the list or in view: {held}.
- The store, in MB, after every tenth night: {ten}. Rows of the ledger after the last night: {lived.rows[-1]:,}.

Why spells on the list ended, compared with the truth. A judgement is about a child who in truth still lives here: that the
child has moved away, or that the likelihood fell, was an estimate, so it counts neither as true nor as false.

| reason | spells | true | false | judgements |
|---|---|---|---|---|
{reasons}

Every tenth list, compared with the truth of its night. Over the summer a child between two schools is in no education that an
extract shows, and waits with an accepted place ([37](../../docs/decisions/0037-between-two-schools-over-the-summer.md)).

| night of | rows | to be listed | of whom listed | truly missing education | of whom listed | rows until half of these |
|---|---|---|---|---|---|---|
{lists}
"""


def main() -> None:
    """Run the nights and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=2_000)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--first", type=date.fromisoformat, default=SIXTY.first)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.03)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = replace(SIXTY, first=asked.first)
        lived = live(
            Path(folder), children=asked.children, nights=asked.nights, seed=asked.seed, share=asked.share, plan=plan
        )
    page = _page(lived, asked)
    asked.out.write_text(page, "utf-8")
    print(page)
    print(lived.false_facts.select("off_because", "off_on").to_dicts())


if __name__ == "__main__":
    main()
