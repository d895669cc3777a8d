"""Work on many pieces, a few at a time. Threads suffice: numpy and rapidfuzz release the interpreter while they work."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = 2

Piece = TypeVar("Piece")
Done = TypeVar("Done")


def in_threads(work: Callable[[Piece], Done], pieces: Iterable[Piece]) -> Iterator[Done]:
    """The result of the work on each piece, in order, with a few pieces in progress at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: list[Future[Done]] = []
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > THREADS:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
