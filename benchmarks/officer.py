"""A term of an officer's work on a made-up authority: whom the officer meets who opens the first leads twice a week.

    python benchmarks/officer.py [--children 6000] [--nights 40] [--seed 1] [--rate 0.004] [--share 0.01] [--leads 8]

Each night about ``--share`` of the rows change (``apps/made_up/history.py``, where more children leave rolls and find places
than in life). On Mondays and Thursdays the officer opens the first leads in the lane "follow up" that nobody has in hand, and
a week later hands in what the truth then is; whom the officer closes comes off the list.
"""

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from apps.made_up.authority import make_authority
from apps.made_up.books import Books, read_books
from apps.made_up.error_rates import ErrorRates
from apps.made_up.history import begin_history, deliver, move_on
from apps.made_up.truth import true_children
from pipelines.decisions.outcomes import ASKED, add_outcomes
from pipelines.ledger.successor import holder_of_most
from pipelines.listing.rank import FOLLOW_UP
from pipelines.night import run_night
from pipelines.rank_settings import RankSettings
from pipelines.settings import read_settings
from pipelines.store import Store

FIRST = date(2026, 9, 21)
RESULTS = Path(__file__).parent / "results" / "officer.md"
ENQUIRY = timedelta(days=7)
"""How long the officer looks before saying what the truth is."""

MISSING, GONE, UNLISTED, EDUCATED, UNDER_AGE = (
    "missing",
    "gone",
    "educated where no extract shows it",
    "educated",
    "no age",
)
OUTCOME = {
    MISSING: "CONFIRMED_CME_NEW",
    GONE: "MOVED_OTHER_LA_CONFIRMED",
    UNLISTED: "INDEPENDENT",
    EDUCATED: "ON_ROLL_OWN",
    UNDER_AGE: "NOT_CSA",
}
"""What is true of a child -> what the officer hands in."""


@dataclass
class Term:
    """What the officer met."""

    opened: Counter[str] = field(default_factory=Counter)
    """What was true of the children on the day on which their lead was opened."""
    found: Counter[str] = field(default_factory=Counter)
    """What was true of them a week later."""
    in_hand: dict[str, tuple[date, str]] = field(default_factory=dict)
    """child_id -> the day on which the lead was opened, and the true child."""
    met: set[str] = field(default_factory=set)
    """child_id of every lead that was ever opened."""


def truth(books: Books, child: str) -> str:
    """What is true of a true child tonight."""
    known = books.children.row(by_predicate=pl.col("child_id") == child, named=True)
    if known["state"] == "gone":
        return GONE
    if not known["of_age"]:
        return UNDER_AGE
    if known["true_cme"]:
        return MISSING
    return UNLISTED if known["target"] else EDUCATED


def live(
    folder: Path, *, children: int, nights: int, seed: int, rate: float, share: float, leads: int, weighs: float
) -> Term:
    """Run the nights in ``folder``, and the officer between them."""
    authority, into, workspace = folder / "authority", folder / "delivery", folder / "workspace"
    make_authority(
        authority, children=children, seed=seed, as_at=FIRST, errors=ErrorRates(broken_rows=0.0), cme_rate=rate
    )
    begin_history(authority, seed=seed, as_at=FIRST)
    term = Term()
    for night in range(nights):
        as_at = FIRST + timedelta(days=night)
        if night:
            move_on(authority, seed=seed, as_at=as_at, share=share)
        deliver(authority, into)
        settings = read_settings(None, extracts=into, workspace=workspace, as_at=as_at)
        ranking = settings.ranking.model_copy(update={"unlisted_school_weighs": weighs})
        listing = settings.listing.model_copy(update={"evidence_sheets": 5})
        run_night(settings.model_copy(update={"ranking": ranking, "listing": listing}))
        _work(term, workspace, read_books(authority), as_at, leads)
    return term


def _work(term: Term, workspace: Path, books: Books, as_at: date, leads: int) -> None:
    """One day of the officer's."""
    with Store(workspace, read_only=True) as store:
        tables = {name: store.read(name) for name in ASKED}
    due = [child for child, (opened_on, _) in term.in_hand.items() if as_at - opened_on >= ENQUIRY]
    said = {child: truth(books, term.in_hand.pop(child)[1]) for child in due}
    term.found.update(said.values())
    lines = [f"{child},{OUTCOME[what]},{as_at}" for child, what in said.items()]
    if as_at.weekday() in (0, 3):
        opened = _first_leads(tables, books, term, leads)
        term.in_hand |= {child: (as_at, true_child) for child, true_child in opened.items()}
        term.met |= set(opened)
        term.opened.update(truth(books, true_child) for true_child in opened.values())
        lines += [f"{child},UNDER_ENQUIRY,{as_at}" for child in opened]
    if lines:
        file = workspace / "found.csv"
        file.write_text("\n".join(["child_id,outcome,date", *lines]) + "\n", "utf-8")
        add_outcomes(file, workspace, tables, by="An Officer")


def _first_leads(tables: dict[str, pl.DataFrame], books: Books, term: Term, leads: int) -> dict[str, str]:
    """child_id -> true child (that of most of its records) of the first leads by rank that were never opened."""
    waiting = tables["candidate"].filter(pl.col("lane") == FOLLOW_UP, ~pl.col("child_id").is_in(list(term.met)))
    first = waiting.sort("rank").head(leads).select("child_id", spell="rank")
    records = first.join(tables["child_record"], on="child_id").select("child_id", "spell", "record_id")
    holders = holder_of_most(records, true_children(books.records)).sort("spell")
    return dict(holders.select("child_id", "true_child").iter_rows())


def _page(terms: dict[float, Term], asked: argparse.Namespace) -> str:
    """The page of results. ``terms``: by how far a school that sent no list moves a child down."""
    arguments = " ".join(f"--{name} {value}" for name, value in vars(asked).items() if name != "out")
    titles = [f"{title}, {weighs:g}" for weighs in terms for title in ("on the day", "a week later")]
    rows = [
        f"| {what} | "
        + " | ".join(f"{met[what]}" for term in terms.values() for met in (term.opened, term.found))
        + " |"
        for what in OUTCOME
    ]
    return "\n".join(
        [
            "# An officer's term",
            "",
            f"`python benchmarks/officer.py {arguments}`",
            "",
            "Leads by what was true of the child, for each `unlisted_school_weighs`. Those opened last have no answer yet.",
            "",
            "| the child is | " + " | ".join(titles) + " |",
            "|---|" + "--:|" * len(titles),
            *rows,
            "",
        ]
    )


def main() -> None:
    """Live through the term twice, without and with what moves children of unlisted schools down; write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("children", 6_000), ("nights", 40), ("seed", 1), ("leads", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rate", type=float, default=0.004)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    arguments = {name: value for name, value in vars(asked).items() if name != "out"}
    terms = {}
    for weighs in (0.0, RankSettings().unlisted_school_weighs):
        with tempfile.TemporaryDirectory() as folder:
            terms[weighs] = live(Path(folder), weighs=weighs, **arguments)
    page = _page(terms, asked)
    asked.out.write_text(page, "utf-8")
    print(page)


if __name__ == "__main__":
    main()
