"""Bytes to text: strictly, so that no name is ever garbled on the way in."""

import codecs
from dataclasses import dataclass

from pipelines.files.rows import Fault, UnreadableFileError

_MARKS = (  # longest first: the mark of UTF-32 begins with the mark of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH_BYTES, _LATER_BYTES = bytes(range(0x80, 0x100)), bytes(range(0x80, 0xC0))

MOSTLY = 2 / 3
"""Share of the lines with accents that must be valid UTF-8 for a file to count as UTF-8 with some damage."""


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file."""

    text: str
    faults: tuple[Fault, ...] = ()


def decode_text(data: bytes, encodings: tuple[str, ...]) -> DecodedText:
    """Decode strictly: by the byte-order mark, as UTF-16 without one, then by the contract's encodings in order.

    Text that is UTF-8 is read as UTF-8 even if the contract names another encoding, with a fault that says so: valid UTF-8
    with accents is never anything else in practice, while Windows-1252 would accept it and garble the names. A file that is
    mostly UTF-8 is read line by line, with a fault. Raises :class:`UnreadableFileError` if no encoding fits, and for NUL
    characters.
    """
    encoding = _marked(data) or _unmarked_utf16(data)
    decoded = DecodedText(_strict(data, encoding)) if encoding else _by_contract(data, encodings)
    if (at := decoded.text.find("\0")) >= 0:
        raise UnreadableFileError(
            "NUL characters",
            "The file holds NUL characters, which no text has: it was damaged in transit or is not a text file.",
            "Export it again and send it in binary mode.",
            line=decoded.text.count("\n", 0, at) + 1,
        )
    return decoded


def _marked(data: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def _unmarked_utf16(data: bytes) -> str | None:
    """The kind of UTF-16 of a file without its mark; null: none. In mostly Latin text every second byte is NUL, and never
    both of a pair."""
    sample = data[:4096]
    pairs = len(sample) // 2
    if pairs < 4 or len(data) % 2:
        return None
    high_first, high_last = sample[0::2].count(0), sample[1::2].count(0)
    if high_last > 0.7 * pairs and high_first < 0.05 * pairs:
        return "utf-16-le"
    if high_first > 0.7 * pairs and high_last < 0.05 * pairs:
        return "utf-16-be"
    return None


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(data, error, (encoding,)) from None


def _by_contract(data: bytes, encodings: tuple[str, ...]) -> DecodedText:
    if data.isascii():
        return DecodedText(data.decode("ascii"))
    error: UnicodeDecodeError
    for position, encoding in enumerate(("utf-8", *(e for e in encodings if not _is_utf8(e)))):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as caught:
            error = caught
            continue
        if position > 0 and _is_utf8(encodings[0]) and _is_mixed(data):
            return _by_lines(data, encoding)
        if position == 0 and not any(_is_utf8(e) for e in encodings):
            return DecodedText(text, (_written_as_utf8(encodings),))
        return DecodedText(text)
    raise _undecodable(data, error, encodings) from None


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _written_as_utf8(encodings: tuple[str, ...]) -> Fault:
    return Fault(
        "encoding",
        "nothing",
        f"The file is written in UTF-8 where the contract says {' or '.join(encodings)}; it was read as UTF-8.",
        "There is nothing to do; add utf-8 to the contract's encodings if the file will stay like this.",
    )


def _is_mixed(data: bytes) -> bool:
    """Whether most lines with accents are UTF-8: a list put together out of two, or one with a few damaged lines.

    Read whole as Windows-1252 such a file would pass, and every accented name in it would be garbled. A Windows-1252 file
    with names garbled long before (Ã© for é) does not count, however many they are beside the few accents that such systems
    keep.
    """
    # Half or more of the bytes of a letter in UTF-8 are of these: counting them settles most files.
    if 2 * _count(data, _LATER_BYTES) < max(6, 0.5 * _count(data, _HIGH_BYTES)):
        return False
    accented = [line for line in data.splitlines() if not line.isascii()]
    return sum(map(_fits_utf8, accented)) >= MOSTLY * len(accented)


def _by_lines(data: bytes, encoding: str) -> DecodedText:
    """Each line in the encoding that it has, so that no name is garbled for the sake of others, and no list refused for a
    few names."""
    lines = data.splitlines(keepends=True)
    others = [number for number, line in enumerate(lines, start=1) if not _fits_utf8(line)]
    text = "".join(line.decode("utf-8" if _fits_utf8(line) else encoding) for line in lines)
    return DecodedText(text, (_mixed(len(others), others[0], encoding),))


def _mixed(others: int, first: int, encoding: str) -> Fault:
    return Fault(
        "encoding",
        "nothing",
        f"The file mixes UTF-8 with another encoding: {others} of its lines, this one first, are not UTF-8. Each line was "
        f"read by itself, those as {encoding}; where a letter was cut in two, a name there is garbled.",
        "Export the whole file in one encoding, preferably UTF-8.",
        first,
    )


def _fits_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _count(data: bytes, wanted: bytes) -> int:
    """How many bytes are among those wanted."""
    return len(data) - len(data.translate(None, wanted))


def _undecodable(data: bytes, error: UnicodeDecodeError, encodings: tuple[str, ...]) -> UnreadableFileError:
    named = " or ".join(encodings)
    return UnreadableFileError(
        "encoding",
        f"The file is not written in {named} throughout: the first byte that does not fit is on this line.",
        "Export it again as UTF-8, or name its encoding in the contract.",
        line=_line_at(data, error.start),
    )


def _line_at(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
