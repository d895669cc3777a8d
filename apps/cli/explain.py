"""``rollcall explain``: why a child or a record is, or is not, on the list."""

from apps.cli.parameters import NamingContracts, Workspace


def explain(
    child_or_record: str, /, against: str | None = None, *, workspace: Workspace, contracts: NamingContracts = None
) -> int:
    """Say why a child is on the last list, or why not; or why two records are, or are not, treated as one child.

    For a record, the closest records of other children are shown too, and by how many bits they lie behind its own child.

    Parameters
    ----------
    child_or_record
        A child's id from the list (CH...), or a record as source:key, with the key as in the extract.
    against
        Another record, as source:key: show the evidence for and against it being the same child as the first record.
    """
    from apps.cli.words import source_names
    from pipelines.decisions.judgements import read_judgements
    from pipelines.decisions.keys_tonight import judgements_now
    from pipelines.decisions.outcomes import read_outcomes
    from pipelines.for_readers import store_for_readers
    from pipelines.linking.model_file import kept_model
    from pipelines.reports.explain import EXPLAIN_READS
    from pipelines.reports.explain import explain as page_about
    from pipelines.reports.explain_pair import EXPLAIN_PAIR_READS, explain_pair, nearest_records
    from pipelines.reports.life import LIFE_READS, as_typed

    reads = EXPLAIN_READS if against is None else ("night", *EXPLAIN_PAIR_READS)
    with store_for_readers(workspace) as store:
        tables = {table: store.read(table) for table in reads}
        is_record = as_typed(child_or_record) in tables["child_record"]["record_id"]
        if is_record:
            tables |= {table: store.read(table) for table in EXPLAIN_PAIR_READS if table not in tables}
        tables |= {table: store.read_or_empty(table) for table in LIFE_READS}
        renumbered = store.read_or_empty("renumbered")
    tables["outcome"] = read_outcomes(workspace)
    names = source_names(workspace, contracts)
    if against is None:
        page = page_about(child_or_record, tables, names)
        if is_record:
            page += "\n" + nearest_records(child_or_record, tables, kept_model(workspace), names)
    else:
        judged = judgements_now(read_judgements(workspace), renumbered)
        page = explain_pair((child_or_record, against), tables, kept_model(workspace), names, judged)
    print(page)
    if tables["night"]["published_at"].item() is None:
        print("This night did not publish: the list in use is an earlier one. Run the night again.")
    return 0
