"""Which parts of two rows belong together."""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher


def aligned[T](
    old: Sequence[T], new: Sequence[T], keys: Sequence[Callable[[T], object]]
) -> Iterator[tuple[T | None, T | None]]:
    """Pairs in the order of the rows; None where the other row has nothing that belongs to it.

    Parts belong together when the first key says that they are the same; of those between, when the second
    does, and so on. Keys need not be hashable.
    """
    if not keys:
        yield from ((one, None) for one in old)
        yield from ((None, one) for one in new)
        return
    key, *others = keys
    before, after = _numbered([key(one) for one in old], [key(one) for one in new])
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, begin, end, other_begin, other_end in matcher.get_opcodes():
        these, those = old[begin:end], new[other_begin:other_end]
        if what == "equal":
            yield from zip(these, those, strict=True)
        else:
            yield from aligned(these, those, others)


def _numbered(old: Sequence[object], new: Sequence[object]) -> tuple[list[int], list[int]]:
    """The same number for what is equal."""
    seen: list[object] = []
    for one in (*old, *new):
        if one not in seen:
            seen.append(one)
    return [seen.index(one) for one in old], [seen.index(one) for one in new]
