"""Every file of a folder as its delivery: read, judged, and compared with the others.

Rows whose key is in several files are settled. Files are refused that are second deliveries, half written, or the list of
another source or another authority.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.today import today
from pipelines.files.folder import UNKNOWN, ExtractsError, is_written_to, last_written, list_files
from pipelines.files.headers.faults import MISSING
from pipelines.files.headers.match import NO_HEADER
from pipelines.files.named_for_a_child import by_initials, each_once, may_be_named_for_a_child, words_of_sources
from pipelines.intake.receipt.anothers_list import list_of_another, under_anothers_name
from pipelines.intake.receipt.delivery import Delivery, Judging, Opened, judge_file, open_file, with_set_aside
from pipelines.intake.receipt.elsewhere import lists_of_elsewhere
from pipelines.intake.receipt.last_intake import RECORD_ID
from pipelines.intake.receipt.misleading_files import half_written_breach, same_file_breach, second_deliveries
from pipelines.intake.receipt.schools_of_elsewhere import schools_of_elsewhere
from pipelines.intake.receipt.unchanged_files import unchanged_deliveries

FILES_AT_ONCE = 2
"""Files that are read and judged at the same time: each keeps its text and its rows in memory meanwhile."""


def deliveries_of(path: Path, contracts: Mapping[str, Contract], judging: Judging) -> list[Delivery]:
    """Every file judged, in the order of their names; rows whose key is in several files of a source are settled."""
    deliveries: list[Delivery] = []
    for delivery in _each_delivery(path, contracts, judging):
        first = next((d for d in deliveries if (d.source, d.sha256) == (delivery.source, delivery.sha256)), None)
        if first and delivery.sha256:
            again = same_file_breach(delivery.source, delivery.file, first.file)
            deliveries[deliveries.index(first)] = replace(first, breaches=(*first.breaches, again))
        else:
            deliveries.append(delivery)
    settled = [d for source in (*contracts, UNKNOWN) for d in _settled_files(deliveries, contracts.get(source), source)]
    elsewhere = lists_of_elsewhere(settled, contracts, judging.last)
    unread = {d.source for d in settled if d.stands is not None and (d.source, d.file) in elsewhere}
    if unread:  # the rows to be set aside must be read
        return deliveries_of(path, contracts, replace(judging, last=judging.last.without_files_of(unread)))
    settled = [_refused(d, breach) if (breach := elsewhere.get((d.source, d.file))) else d for d in settled]
    schools = schools_of_elsewhere(settled, contracts)
    settled = [replace(d, breaches=(*d.breaches, *schools.get((d.source, d.file), ()))) for d in settled]
    settled = _as_people_read_of_them(settled, contracts, judging.today or today())
    for delivery in settled:
        _check_accounts(delivery)
    return settled


def _as_people_read_of_them(
    deliveries: Sequence[Delivery], contracts: Mapping[str, Contract], on_day: date
) -> list[Delivery]:
    """The deliveries, and what is said of them, without names that may be a child's."""
    words, years = words_of_sources(contracts), range(on_day.year - 1, on_day.year + 2)
    initials = {
        name: short
        for d in deliveries
        if may_be_named_for_a_child(contracts.get(d.source), d.rows_read)
        for name in (d.file, *(breach.file for breach in d.breaches))  # a second copy is no delivery
        if (short := by_initials(name, words, years)) != name
    }
    if not initials:
        return list(deliveries)
    taken = {d.file for d in deliveries} - set(initials)
    shown = dict(zip(initials, each_once(initials.values(), taken), strict=True))
    longest_first = sorted(shown, key=len, reverse=True)
    named = re.compile("|".join(map(re.escape, longest_first)))

    def said(text: str) -> str:
        return named.sub(lambda found: shown[found[0]], text)

    def told(breach: Breach) -> Breach:
        return replace(breach, file=shown.get(breach.file, breach.file), why=said(breach.why), fix=said(breach.fix))

    return [replace(d, file=shown.get(d.file, d.file), breaches=tuple(map(told, d.breaches))) for d in deliveries]


def _each_delivery(path: Path, contracts: Mapping[str, Contract], judging: Judging) -> Iterator[Delivery]:
    """Every file in order: refused for its name or as half written, unchanged since last night, or read and judged."""
    as_found = {file: last_written(file) for file in list_files(path)}
    found_in = [(file, each) for file in as_found for each in open_file(file, path, contracts)]
    files = [each for _, each in found_in]
    known = [each for each in files if isinstance(each, Opened)]
    standing = {} if judging.today is None else unchanged_deliveries(known, judging.last, judging.today)
    own = {source: iter(deliveries) for source, deliveries in standing.items()}
    asked = [
        next(own[each.contract.id]) if isinstance(each, Opened) and each.contract.id in own else each for each in files
    ]
    with ThreadPoolExecutor(FILES_AT_ONCE) as readers:
        deliveries = list(
            readers.map(lambda each: each if isinstance(each, Delivery) else _judged(each, judging, contracts), asked)
        )
    grown = {file for file, before in as_found.items() if is_written_to(file, before)}
    for (file, _), delivery in zip(found_in, deliveries, strict=True):
        whole = delivery.is_refused or delivery.stands is not None or file not in grown
        yield delivery if whole else _refused(delivery, half_written_breach(delivery.source, delivery.file))


def _refused(delivery: Delivery, breach: Breach) -> Delivery:
    return replace(with_set_aside(delivery, [breach], everything=[breach]), is_refused=True)


def _judged(file: Opened, judging: Judging, contracts: Mapping[str, Contract]) -> Delivery:
    """Like :func:`judge_file`, but a file without its source's header is told whose header it has, and a file that has all
    columns of another source's list and nothing of what its own source says is refused."""
    delivery = judge_file(file, judging)
    if not delivery.is_refused:
        other = list_of_another(
            file.name, file.data, file.contract, contracts, read=delivery.headers, unread=delivery.unread
        )
        if other:
            other = replace(other, file=file.shown)
            return replace(_refused(delivery, other), breaches=(other, *delivery.breaches))
        return delivery
    for place, breach in enumerate(delivery.breaches):
        if breach.rule in (NO_HEADER, MISSING) and breach.stops == "file":
            renamed = under_anothers_name(breach, file.name, file.data, contracts)
            return replace(delivery, breaches=(*delivery.breaches[:place], renamed, *delivery.breaches[place + 1 :]))
    return delivery


def _settled_files(deliveries: Iterable[Delivery], contract: Contract | None, source: str) -> Iterator[Delivery]:
    """The files of one source. Those delivered twice are refused; of the others, rows whose key is in several files are set
    aside, as they are within one file.

    Of rows that are the same in every column, the first counts. Of rows that differ, nobody can tell which is right.
    """
    own = [delivery for delivery in deliveries if delivery.source == source]
    stands = any(delivery.stands is not None for delivery in own)
    own = own if stands else list(_without_second_deliveries(own, contract))
    loaded = [d.loaded.with_columns(_order=pl.lit(n)) for n, d in enumerate(own) if not d.is_refused]
    if contract is None or not loaded or stands:
        yield from own
        return
    rows = pl.concat(loaded)
    is_empty = pl.col(RECORD_ID) == f"{source}:"
    suspect = rows.filter(pl.col(RECORD_ID).is_duplicated() | is_empty)  # few or none: only these are compared in full
    content = pl.struct(*contract.column_named).hash()
    differs = content.min().over(RECORD_ID) != content.max().over(RECORD_ID)
    clashing = suspect.filter(is_empty | differs | ~content.is_first_distinct())
    for order, delivery in enumerate(own):
        keys = clashing.filter(pl.col("_order") == order).select("line", RECORD_ID).iter_rows()
        breaches = [_key_breach(contract, delivery, line, is_empty=key == f"{source}:") for line, key in keys]
        yield with_set_aside(delivery, breaches) if breaches else delivery


def _without_second_deliveries(own: Sequence[Delivery], contract: Contract | None) -> Iterator[Delivery]:
    """The files of one source; those that are deliveries of the same extract, under the same keys or others, are refused."""
    read = [delivery for delivery in own if not delivery.is_refused]
    loaded = [delivery.loaded for delivery in read]
    breaches = {breach.file: breach for breach in second_deliveries([one.file for one in read], loaded, contract)}
    for delivery in own:
        breach = None if delivery.is_refused else breaches.get(delivery.file)
        yield delivery if breach is None else _refused(delivery, breach)


def _key_breach(contract: Contract, delivery: Delivery, line: int, *, is_empty: bool) -> Breach:
    header = delivery.headers.get(contract.key.name, contract.key.header)
    if is_empty:
        rule, fix = "required", "Give every row a key of its own."
        why = "A row without a key cannot be followed from night to night."
    else:
        rule, fix = "unique key", "Give every row a key of its own, and send each row once."
        why = "Another row from this source, perhaps in another file, has the same key, and nobody can tell which one is right."
    return Breach(contract.id, delivery.file, line, header, rule, "row", why, fix)


def _check_accounts(delivery: Delivery) -> None:
    loaded, aside = delivery.rows_loaded, delivery.set_aside.height
    if delivery.rows_read != loaded + aside or (delivery.is_refused and loaded):
        raise ExtractsError(
            f"{delivery.file}: {delivery.rows_read} rows were read, but {loaded} are loaded and {aside} set aside. "
            "A row must never be lost, so nothing goes on. This is a fault in Rollcall: report it with this message."
        )
