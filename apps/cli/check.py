"""``rollcall check``: one extract, or a folder of them, held against the contracts."""

from pathlib import Path


def check(path: Path) -> int:
    """Check one extract or a folder of extracts against the contracts. Nothing is loaded or kept.

    Each broken rule is told with file, line, column and remedy, and never with a child's value. The exit code is 0
    only where nothing stops a file or a row.

    Parameters
    ----------
    path
        A file, or the folder of a night.
    """
    from data_contracts.contract import read_contracts
    from pipelines.receive import check_path

    breaches = check_path(path, read_contracts())
    for breach in breaches:
        print(breach)
    files = sorted({breach.file for breach in breaches if breach.stops == "file"})
    rows = {(breach.file, breach.line) for breach in breaches if breach.stops == "row" and breach.file not in files}
    noted = sum(breach.stops == "nothing" for breach in breaches)
    if breaches:
        print()
    if files:
        print(f"Would not be loaded as they are: {', '.join(files)}.")
    if rows:
        print(f"{len(rows):,} rows would be set aside, and all others loaded.")
    if not files and not rows:
        print("Every file and every row would be loaded.")
    if noted:
        print(f"{noted:,} places are only noted, and stop nothing.")
    return 2 if files or rows else 0
