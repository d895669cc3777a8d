"""``rollcall sample``: a workbook of the pairs of records on which a person's answer is worth most."""

from pathlib import Path

from apps.cli.parameters import NamingContracts, ProtectedToo, Workspace


def sample(
    *,
    workspace: Workspace,
    pairs: int,
    out: Path,
    seed: int = 1,
    restricted: ProtectedToo = False,
    contracts: NamingContracts = None,
) -> int:
    """Write a workbook of pairs of records for people to judge: one child, or two?

    It holds names and addresses. It is written readable by you alone; keep it so, and delete it once it has been read back.

    Parameters
    ----------
    pairs
        How many pairs to ask about, 10 to 2000.
    out
        The workbook to write (.xlsx). An existing one is never overwritten.
    seed
        Another number draws other pairs for the blind part.
    """
    from apps.cli.words import command, for_whom, source_names, typed
    from pipelines.counted import counted
    from pipelines.decisions.in_force import threshold_of
    from pipelines.for_readers import tables_for_readers
    from pipelines.review.clerical import write_sample
    from pipelines.review.sample import SAMPLE_READS, SampleRequest

    tables = tables_for_readers(workspace, *SAMPLE_READS)
    names = source_names(workspace, contracts)
    asked = SampleRequest(pairs=pairs, seed=seed, out=out, threshold=threshold_of(workspace), restricted=restricted)
    drawn = write_sample(workspace, tables, asked, names)
    parts = dict(drawn.group_by("part").len().iter_rows())
    print(f"{counted(drawn.height, 'pair')} in {out}, {for_whom()}:")
    print(f"  {parts.get('list', 0):>5,}  decide a child's place on the list")
    print(f"  {parts.get('model', 0):>5,}  teach the weights")
    print(f"  {parts.get('blind', 0):>5,}  drawn at random, to measure")
    print("They are mixed. It is personal data about children: keep it safe, and delete it once it has been read back.")
    if restricted:
        print("It holds children whose whereabouts are PROTECTED: for the named restricted role only.")
    print(f"When it is filled in:  {command()} judge {typed(out)} --workspace {typed(workspace)} --by NAME")
    return 0
