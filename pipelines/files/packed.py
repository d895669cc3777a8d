"""Packed files: a delivered .gz or .zip becomes the files in it. Nothing is written, and no path inside is used."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import IO

from pipelines.files.folder import is_left_by_a_computer
from pipelines.files.rows import LARGEST_UNPACKED, UnreadableFileError

ZIP_BEGINS = b"PK\x03\x04"
"""First bytes of a zip archive, and so of an Excel workbook (.xlsx)."""

GREATEST_RATIO = 200
"""Most bytes unpacked for each packed one, beyond the first :data:`SMALL`. Rows of text come to 5 to 30."""

SMALL = 16 << 20
"""Bytes that may be unpacked whatever the ratio."""

MOST_MEMBERS = 2_000
"""Most files in one archive. An authority has a few hundred schools."""

PACKED = (".gz", ".zip")

_BYTES_AT_A_TIME = 1 << 20


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file out of an archive."""

    name: str
    """Its name without any folder. It shows the form of the file, and which source it may be of."""
    shown: str
    """What it is called to people: the archive's name and its own, with a number if two have the same name."""
    data: bytes


def is_packed(file: str) -> bool:
    """Whether the ending says that the file is packed."""
    return PurePath(file).suffix.lower() in PACKED


def unpack(file: str, data: bytes) -> list[Unpacked]:
    """The files in a packed file, in the order of their names.

    Raises :class:`UnreadableFileError` if it is damaged, locked or empty, unpacks to more than any extract does, or holds a
    further archive.
    """
    if not data:
        raise UnreadableFileError("empty file", "There is nothing in the file.", "Send the whole file again.")
    if file.lower().endswith(".gz"):
        name = PurePath(file).stem
        _refuse_nested(name)
        return [Unpacked(name, file, _gunzipped(data))]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _numbered(file, _members(archive, len(data)))
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, UnicodeDecodeError):
        raise _damaged() from None


def _gunzipped(data: bytes) -> bytes:
    """Every gzip member of the data, one after the other."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _at_most(_most_bytes(len(data)), stream)
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise _damaged() from None


def _at_most(most: int, stream: IO[bytes] | gzip.GzipFile) -> bytes:
    """Everything that a stream unpacks to. Raises if that is more than ``most`` bytes, whatever the archive says of itself."""
    kept = bytearray()
    while part := stream.read(_BYTES_AT_A_TIME):
        kept += part
        if len(kept) > most:
            raise _too_large()
    return bytes(kept)


def _members(archive: zipfile.ZipFile, size: int) -> Iterator[tuple[str, bytes]]:
    """Name without folders, and content, of each file in an archive. The archive's own figures are not trusted."""
    members = [
        member
        for member in archive.infolist()
        if not (member.is_dir() or is_left_by_a_computer(PurePosixPath(member.filename.replace("\\", "/")).parts))
    ]
    if not members:
        raise UnreadableFileError(
            "empty file", "There are no files in the archive.", "Send the archive with its files."
        )
    if len(members) > MOST_MEMBERS:
        raise _too_large()
    most = _most_bytes(size)
    if sum(member.file_size for member in members) > most:
        raise _too_large()
    for member in sorted(members, key=lambda member: member.filename):
        name = _own_name(member.filename)
        _refuse_nested(name)
        if member.flag_bits & 1:
            raise UnreadableFileError(
                "form",
                "The archive is locked with a password.",
                "Send it without one, by a route that is itself secure.",
            )
        with archive.open(member) as stream:
            data = _at_most(most, stream)
        most -= len(data)
        yield name, data


def _numbered(file: str, members: Iterator[tuple[str, bytes]]) -> list[Unpacked]:
    """The members, each under its own name for people."""
    named: dict[str, int] = {}
    unpacked = []
    for name, data in members:
        named[name] = named.get(name, 0) + 1
        again = f" ({named[name]})" if named[name] > 1 else ""
        unpacked.append(Unpacked(name, f"{file}/{name}{again}", data))
    return unpacked


def _own_name(path: str) -> str:
    """The last part of a path in an archive, with either kind of slash, without what cannot be printed."""
    name = PureWindowsPath(PurePosixPath(path).name).name
    return "".join(filter(str.isprintable, name))[:100] or "file"


def _most_bytes(size: int) -> int:
    return min(LARGEST_UNPACKED, max(SMALL, GREATEST_RATIO * size))


def _refuse_nested(name: str) -> None:
    if is_packed(name):
        raise UnreadableFileError(
            "form", "The archive holds another archive.", "Send the files themselves, packed once or not at all."
        )


def _damaged() -> UnreadableFileError:
    return UnreadableFileError(
        "form",
        "The archive cannot be unpacked: it was cut off or damaged in transit, or is not an archive.",
        "Send it again, or send the files in it unpacked.",
    )


def _too_large() -> UnreadableFileError:
    return UnreadableFileError(
        "form",
        "The archive unpacks to far more than any extract holds, as an attack would.",
        "Send the files in it unpacked.",
    )
