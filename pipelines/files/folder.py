"""Which files of a folder count, and which source each belongs to, by its name alone."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from data_contracts.breach import Breach
from data_contracts.contract import Contract

UNKNOWN = "unknown"
"""Source of a file that no contract names."""


class ExtractsError(Exception):
    """The night cannot go on with these extracts. Says what, where and the remedy; ``breaches`` has the details."""

    def __init__(self, message: str, breaches: Sequence[Breach] = ()) -> None:
        super().__init__(message)
        self.breaches = tuple(breaches)


def list_files(path: Path) -> list[Path]:
    """The file itself, or the files of a folder and of the folders in it, in the order of their paths."""
    if not path.exists():
        raise ExtractsError(f"{path}: there is no such folder. Give the folder into which the agencies' files are put.")
    if path.is_file():
        return [path]
    try:
        files = sorted(
            f for pattern in ("*", "*/*") for f in path.glob(pattern) if f.is_file() and _is_delivered(f, path)
        )
    except OSError:
        raise ExtractsError(f"{path}: this folder may not be read. Give this account the right to read it.") from None
    if not files:
        raise ExtractsError(f"{path}: the folder is empty. Put tonight's extracts there, the rolls above all.")
    return files


def _is_delivered(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return not any(part.startswith((".", "~$")) for part in parts) and file.suffix.lower() != ".tmp"


def contract_for(path: PurePosixPath, contracts: Mapping[str, Contract]) -> tuple[Contract | None, Breach | None]:
    """The contract that names the file, by the longest pattern that fits; or what is wrong with the file's name."""
    fitting = sorted(
        ((sum(letter not in "*?[]" for letter in pattern), contract.id)
         for contract in contracts.values() for pattern in contract.files.names if _fits(path, pattern)),
        reverse=True,
    )  # fmt: skip
    best = {source for length, source in fitting if length == fitting[0][0]}
    if len(best) == 1:
        return contracts[best.pop()], None
    known = ", ".join(pattern for contract in contracts.values() for pattern in contract.files.names)
    why = "The name of the file fits the contracts of two sources." if best else "No contract names this file."
    if not best and (contract := _contract_by_stem(path, contracts)):
        return contract, Breach(
            contract.id, path.name, None, None, "form", "file",
            f"Files of this source ending in {path.suffix} are not read.",
            f"Send it as {' or '.join(contract.files.names)}.",
        )  # fmt: skip
    return None, Breach(
        UNKNOWN, path.name, None, None, "unknown source", "file", why, f"Name it after its source: {known}."
    )


def _fits(path: PurePosixPath, pattern: str) -> bool:
    name = str(path) if "/" in pattern else path.name
    return fnmatchcase(name.casefold(), pattern.casefold())


def _contract_by_stem(path: PurePosixPath, contracts: Mapping[str, Contract]) -> Contract | None:
    """The one contract that would name the file if only its ending were another (housing.xls, housing.csv.gz)."""
    stem = path.name.split(".")[0].casefold()
    by_stem = [
        contract for contract in contracts.values()
        if any(fnmatchcase(stem, PurePosixPath(p).name.rpartition(".")[0].casefold()) for p in contract.files.names)
    ]  # fmt: skip
    return by_stem[0] if len(by_stem) == 1 else None
