"""Which files of a folder count, and which source each belongs to, by its name alone."""

import errno
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from pipelines.files.forms.delimited import DELIMITED
from pipelines.files.forms.workbook import WORKBOOKS

TABLES = (*DELIMITED, *WORKBOOKS, ".parquet")
"""Endings of tables: a file whose stem names a source may have any of them, whichever the contract names."""

LEFT_BY_COMPUTERS = frozenset(
    {"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information", "lost+found"}
)
"""What Windows, macOS and Linux leave in folders; case is ignored."""

HALF_SENT = frozenset({".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload"})
"""Endings that programs give a file until it has come whole; ``.tmp`` is passed over, as much else is called so."""

UNKNOWN = "unknown"
"""Source of a file that no contract names."""


class ExtractsError(Exception):
    """The night cannot go on with these extracts. The message says what, where and the remedy; ``breaches`` has the
    details."""

    def __init__(self, message: str, breaches: Sequence[Breach] = ()) -> None:
        super().__init__(message)
        self.breaches = tuple(breaches)


def list_files(path: Path) -> list[Path]:
    """The file itself, or the files of a folder and of the folders in it, in the order of their paths; and the folders in
    those that are not empty, which are not read and must be told.

    Raises :class:`ExtractsError`, and :class:`OSError` if the disk or the share fails, which may pass.
    """
    if not path.exists():
        if not Path(path.anchor).exists():
            raise FileNotFoundError(errno.ENOENT, "The share or drive is away", str(path))
        raise ExtractsError(
            f"{path}: there is no such folder or file. Give the folder that holds the agencies' files, or one file."
        )
    if path.is_file():
        return [path]
    try:
        # Not by glob, which skips what it may not read: the files of a whole trust would be missing without a word.
        here = [each for each in path.iterdir() if _is_delivered(each, path)]
        inside = [each for folder in here if folder.is_dir() for each in folder.iterdir() if _is_delivered(each, path)]
        deeper = [
            each for each in inside if each.is_dir() and any(_is_delivered(deep, path) for deep in each.iterdir())
        ]
        files = sorted((*(each for each in (*here, *inside) if each.is_file()), *deeper))
    except PermissionError as error:
        raise ExtractsError(
            f"{error.filename}: this folder may not be read. Give this account permission to read it, or take it out."
        ) from None
    if not files:
        raise ExtractsError(f"{path}: the folder is empty. Put tonight's extracts there, the rolls above all.")
    return files


def last_written(file: Path) -> tuple[int, int, int] | None:
    """Which file it is (inode), its length in bytes, and when somebody last wrote to it (ns); null: that cannot be seen."""
    try:
        seen = file.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def is_written_to(file: Path, before: tuple[int, int, int] | None) -> bool:
    """Whether somebody has written to the file since it was as ``before``. A file that another has replaced was read whole."""
    now = last_written(file)
    return now is not None and before is not None and now != before and now[0] == before[0]


def _is_delivered(file: Path, folder: Path) -> bool:
    return not is_left_by_a_computer(file.relative_to(folder).parts) and file.suffix.lower() != ".tmp"


def folder_in_a_folder(shown: str) -> Breach:
    """The breach of a folder whose files are not read, as it is within a folder of the night's folder."""
    why = "A folder within a folder is not read, so nobody knows what is in its files."
    fix = "Put its files one folder further up if they are tonight's, or take it out if they are not."
    return Breach.of_file(UNKNOWN, shown, "folder in a folder", why, fix)


def is_left_by_a_computer(parts: Sequence[str]) -> bool:
    """Whether a part of a path is something that computers put beside files: hidden files, lock files, folders of their
    own."""
    named = (part.casefold() for part in parts if part not in (".", ".."))  # an archive's paths may have these
    return any(part.startswith((".", "~$")) or part in LEFT_BY_COMPUTERS for part in named)


def contract_for(path: PurePosixPath, contracts: Mapping[str, Contract]) -> tuple[Contract | None, Breach | None]:
    """The contract that names the file, by the longest pattern that fits; and what is wrong with the file's name, if
    anything."""
    fitting = [
        (sum(letter not in "*?[]" for letter in pattern), contract.id)
        for contract in contracts.values()
        for pattern in contract.files.names
        if _fits_pattern(path, pattern)
    ]
    longest = max(fitting, default=(0, ""))[0]
    best = {source for length, source in fitting if length == longest}
    if len(best) == 1:
        return contracts[best.pop()], None
    if not best and (contract := contract_by_stem(path, contracts)):
        return contract, None if path.suffix.lower() in TABLES else _other_form(path, contract)
    why = "The name of the file fits the contracts of two sources." if best else "No contract names this file."
    named = ", ".join(contract.files.names[0].removesuffix("*.csv") for contract in contracts.values())
    meant = "" if best else _meant(path, contracts)
    fix = (
        f"{meant}Name it after its source: {named}. A contract of your own counts once its status is active and its folder is "
        "given (--contracts). If the file is not an extract, take it out of the folder."
    )
    return None, Breach.of_file(UNKNOWN, path.name, "unknown source", why, fix)


def _meant(path: PurePosixPath, contracts: Mapping[str, Contract]) -> str:
    """What to do if a source's word is in the name behind something else (a date, the sender); empty: none is, or two are."""
    stem = _as_written(path.stem)[1]
    begins = {(contract.id, _begins(name)) for contract in contracts.values() for name in contract.files.names}
    found = [(source, word) for source, word in begins if word and word in stem]
    if len(found) != 1:
        return ""
    source, word = found[0]
    return f"If it is one of {source}, let its name begin with {word}, and put the rest behind. "


def _begins(pattern: str) -> str:
    """What a name must begin with to fit a pattern."""
    return re.split(r"[*?\[.]", PurePosixPath(pattern).name.casefold())[0]


def _other_form(path: PurePosixPath, contract: Contract) -> Breach:
    if path.suffix.lower() in HALF_SENT:
        why = "By its name the file was still on its way: what there is of it may be half of a list."
        fix = "Wait until it has come whole under its own name, and run the night again. Do not rename it."
        return Breach.of_file(contract.id, path.name, "form", why, fix)
    why = f"Files of this source ending in {path.suffix or 'nothing'} are not read."
    return Breach.of_file(
        contract.id, path.name, "form", why, f"Send it as {' or '.join(contract.files.names_to_give)}."
    )


def contract_for_member(
    archive: PurePosixPath, name: str, contracts: Mapping[str, Contract]
) -> tuple[Contract | None, Breach | None]:
    """The contract of a file in an archive: the one that names the file itself, otherwise the one that names the archive."""
    own = contract_for(archive.with_name(name), contracts)
    by_archive = None if own[0] else contract_by_stem(archive, contracts)
    return (by_archive, None) if by_archive else own


def _fits_pattern(path: PurePosixPath, pattern: str) -> bool:
    name = str(path) if "/" in pattern else path.name
    return any(fnmatchcase(each, pattern.casefold()) for each in _as_written(name))


def _as_written(name: str) -> tuple[str, str]:
    """A name in lower case, as written and as meant: "School Census" and "SchoolCensus" are school_census."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return name.casefold(), re.sub(r"[\s_-]+", "_", apart.casefold())


def contract_by_stem(path: PurePosixPath, contracts: Mapping[str, Contract]) -> Contract | None:
    """The contract that would name the file if only its ending were different (housing.parquet, housing.zip).

    The longest pattern counts; null if the patterns of two sources are equally long.
    """
    stem = path.name.split(".")[0]
    fitting = {
        contract.id: len(pattern)
        for contract in contracts.values()
        for pattern in sorted((PurePosixPath(p).name.rpartition(".")[0] for p in contract.files.names), key=len)
        if pattern.strip("*?") and any(fnmatchcase(each, pattern.casefold()) for each in _as_written(stem))
    }
    best = [source for source, length in fitting.items() if length == max(fitting.values())]
    return contracts[best[0]] if len(best) == 1 else None
