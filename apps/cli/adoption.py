"""``rollcall adoption``: identities from before an adoption, never to be linked or listed."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def adoption(
    file: Path, /, *, workspace: Path, by: str, release: Annotated[bool, Parameter(negative=())] = False
) -> int:
    """Withhold the records of identities that children had before they were adopted. For the adoption team alone.

    From the next night on no such record is linked, listed or explained. Only keyed hashes are kept, so shred FILE
    afterwards. Never put anything of the new identity into it.

    Parameters
    ----------
    file
        CSV with any of the columns nhs_number, upn, record (source:key) of the former identity.
    workspace
        Folder of the night.
    by
        Name of the person who hands it in.
    release
        Take back what the file names: a line that was handed in by mistake.
    """
    from pipelines.intake.former_identities import hand_in

    changed = hand_in(file, workspace, by, release=release)
    what = "are withheld no more" if release else "are withheld from the next night on"
    print(f"{changed:,} identifiers {what}; only their keyed hashes are kept. Shred {file.name} now.")
    print("Lists that were published before still hold what they held: remove them where they must not (retention).")
    return 0
