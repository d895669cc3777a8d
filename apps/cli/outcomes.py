"""``rollcall outcomes`` and ``rollcall yield``: what officers found, and how good the leads were."""

from pathlib import Path

from apps.cli.parameters import NamingContracts, WhoHandsIn, Workspace


def outcomes(file: Path, /, *, workspace: Workspace, by: WhoHandsIn) -> int:
    """Read what officers found when they looked. The next night uses it.

    Kept whole or not at all: every line that cannot be kept is named. A closed child leaves the list until something
    contradicts that. Columns: child_id, outcome, date, and reason and hours (an officer's time) where they are known;
    notes are not kept. UNDER_ENQUIRY keeps a child in view until another outcome closes it.

    Parameters
    ----------
    file
        CSV or workbook with one line a child.
    """
    from data_contracts.today import today
    from pipelines.decisions.in_force import settings_of
    from pipelines.decisions.outcomes import ASKED, CODES, add_outcomes
    from pipelines.for_readers import tables_for_readers
    from pipelines.listing.closed import held_too_long

    tables = tables_for_readers(workspace, *ASKED)
    holds = settings_of(workspace).ranking.outcome_holds
    new = add_outcomes(file, workspace, tables, by)
    stale = held_too_long(new, today(), holds)
    closing = sum(CODES[outcome].closes for outcome in new["outcome"]) - stale
    if new.is_empty():
        print("No new outcome is kept: each line was read before, or has neither outcome nor date yet.")
        return 0
    kept = "1 new outcome is kept" if new.height == 1 else f"{new.height:,} new outcomes are kept"
    close = {0: "none closes a lead.", 1: "1 closes a lead, which leaves the list with the next night."}
    print(f"{kept}; {close.get(closing, f'{closing:,} close a lead, which leaves the list with the next night.')}")
    if stale:
        more = "1 more is" if stale == 1 else f"{stale:,} more are"
        print(
            f"{more} too old to close a lead: outcomes hold as long as [ranking.outcome_holds] in the settings says. If the "
            "year is wrong, hand in a line with the right date."
        )
    return 0


def yields(*, workspace: Workspace, contracts: NamingContracts = None) -> int:
    """Say what the leads have yielded, by lane, likelihood and source; also written to yield.csv in the workspace.

    By band of likelihood also what was said and what was found. Children found missing are looked up in the lists of the
    half year before: those on none of them were missed.
    """
    from apps.cli.words import source_names
    from pipelines.atomic_folder import replace_private
    from pipelines.decisions.outcomes import first_found_missing, read_outcomes
    from pipelines.listing.recalibration import answers, what_to_try
    from pipelines.publish.outcome_yield import outcome_yield
    from pipelines.publish.tabular import csv_bytes
    from pipelines.reports.back_test import back_test, missed, missed_words
    from pipelines.reports.published import read_nights
    from pipelines.reports.yield_table import yield_words
    from pipelines.workspace import PUBLISHED_FOLDER, must_be_there

    must_be_there(workspace)
    outcomes = read_outcomes(workspace)
    found = outcome_yield(outcomes, source_names(workspace, contracts))
    answered = answers(outcomes)
    print("\n\n".join([yield_words(found, answered), *what_to_try(answered)]) + "\n")
    looked_up = back_test(outcomes, read_nights(workspace / PUBLISHED_FOLDER))
    on_none = missed(looked_up)
    print(missed_words(first_found_missing(outcomes).height, looked_up.height, on_none.height))
    for row in on_none.iter_rows(named=True):
        print(f"  {row['child_id']}: the last list before had this child as: {row['told']}")
    path = workspace / "yield.csv"
    replace_private(path, csv_bytes(found))
    print(f"\nThe same as a table: {path}")
    return 0
