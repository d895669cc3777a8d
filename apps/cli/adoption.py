"""``rollcall adoption``: identities from before an adoption, which must never be linked or listed."""

from pathlib import Path

from apps.cli.parameters import Flag, WhoHandsIn, Workspace


def adoption(file: Path, /, *, workspace: Workspace, by: WhoHandsIn, release: Flag = False) -> int:
    """Withhold the records of identities that children had before they were adopted. For the adoption team only.

    From the next night on, no such record is linked, listed or explained. Only keyed hashes are kept, so shred FILE
    afterwards. Never put anything of the new identity into it.

    Parameters
    ----------
    file
        CSV with any of the columns nhs_number, upn, record (source:key) of the former identity.
    release
        Take back what the file names: a line that was handed in by mistake.
    """
    from pipelines.counted import counted
    from pipelines.for_readers import tables_for_readers
    from pipelines.intake.former_identities import hand_in
    from pipelines.workspace import STORE_FILE

    person = None
    if (workspace / STORE_FILE).exists():
        person = tables_for_readers(workspace, "person_record")["person_record"]
    done = hand_in(file, workspace, by, release=release, person=person)
    if not done.changed:
        print(f"Nothing changed: what {file.name} names is {'not withheld' if release else 'withheld already'}.")
    else:
        are = "is" if done.changed == 1 else "are"
        how = "no longer withheld" if release else "withheld from the next night on"
        print(f"{counted(done.changed, 'identifier')} {are} {how}; only keyed hashes are kept.")
    if done.changed and not release and done.borne is not None and done.borne < done.named:
        print(
            f"Of {done.named:,} that the file names, {done.borne:,} are on records of last night. Compare the others with the "
            "extracts: a mistyped one withholds nobody."
        )
    if done.borne is None:
        print(f"No night has been run in {workspace} yet. If one has, check the path of the workspace.")
    print(f"Shred {file.name} now.")
    print("Lists already published are unchanged: remove them if they must not hold this (retention).")
    return 0
