"""``rollcall sheet``: evidence sheets as a PDF, to take along."""

from pathlib import Path

from apps.cli.parameters import ProtectedToo, Workspace


def sheet(*children: str, workspace: Workspace, out: Path, restricted: ProtectedToo = False) -> int:
    """Write the evidence sheets of some children of the last list into one PDF, in the order in which they are given.

    It holds names and addresses: it is written readable by you alone, and is to be shredded after the visit.

    Parameters
    ----------
    children
        Child ids from the list (CH...).
    out
        The PDF to write. An existing one is never overwritten.
    """
    from apps.cli.words import for_whom
    from pipelines.atomic_folder import write_requested
    from pipelines.reports.published_sheets import read_sheets
    from pipelines.reports.sheet_pdf import sheets_pdf
    from pipelines.settings import SettingsError
    from pipelines.workspace import PUBLISHED_FOLDER

    if out.exists():
        raise SettingsError(f"--out: {out} already exists. Name another file.")
    as_at, pages = read_sheets(workspace / PUBLISHED_FOLDER, children, restricted=restricted)
    write_requested(out, sheets_pdf(pages, as_at))
    print(f"{len(pages):,} {'sheet is' if len(pages) == 1 else 'sheets are'} in {out}, {for_whom()}.")
    print("It is personal data about children: shred the paper and delete the file after the visit.")
    if restricted:
        print("It may hold children whose whereabouts are PROTECTED: for the named restricted role only.")
    return 0
