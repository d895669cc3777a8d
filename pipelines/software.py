"""Which software worked something out: what is kept from night to night is valid only for the code that made it."""

from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

READ_FOLDERS = ("data_contracts", "matching", "pipelines")
PACKAGES = ("polars", "rapidfuzz", "numpy", "scipy")


@lru_cache(maxsize=1)
def software_fingerprint() -> str:
    """A fingerprint (hex digits) of all our own files and packages that affect a result."""
    house = Path(__file__).parent.parent
    files = [path for folder in READ_FOLDERS for path in (house / folder).rglob("*") if path.suffix not in _NO_CODE]
    digest = sha256(repr([(package, version(package)) for package in PACKAGES]).encode())
    for path in sorted(path for path in files if path.is_file()):
        digest.update(f"\0{path.relative_to(house).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def result_fingerprint(*decides: object) -> str:
    """A fingerprint (hex digits) of the software and of everything else that decides a result."""
    return sha256(repr((software_fingerprint(), *decides)).encode()).hexdigest()[:32]


_NO_CODE = (".pyc", ".pyo")
