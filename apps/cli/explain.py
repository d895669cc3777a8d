"""``rollcall explain``: why a child or a record is, or is not, on the list."""

import sys
from pathlib import Path


def explain(child_or_record: str, /, *, workspace: Path) -> int:
    """Say why a child is on the last list, or why not.

    Parameters
    ----------
    child_or_record
        A child's id from the list (CH...), or a record as source:key, with the key as in the extract.
    workspace
        Folder of the night.
    """
    from data_contracts.contract import read_contracts
    from pipelines.explain import EXPLAIN_READS, UnknownIdentifier
    from pipelines.explain import explain as page_about
    from pipelines.store import Store

    with Store(workspace, read_only=True) as store:
        tables = {table: store.read(table) for table in EXPLAIN_READS}
    names = {source: contract.name for source, contract in read_contracts().items()}
    try:
        page = page_about(child_or_record, tables, names)
    except UnknownIdentifier as error:
        sys.stderr.write(f"rollcall: {error}\n")
        return 2
    print(page)
    if tables["night"]["published_at"].item() is None:
        print("This night did not publish: the list in use is an earlier one. Run the night again.")
    return 0
