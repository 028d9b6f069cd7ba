"""Mutations for the slice that runs without a fuzzer: chance alone, from a seed.

Law: the same seed makes the same inputs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from fuzz.seeds import TOKENS

__all__ = ["mutations"]


def mutations(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many inputs: each a seed in which bytes were changed, lost, doubled and put in."""
    rng = random.Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((0, 1, 1, 2, 4, 8))):
            _mutate(data, seeds, rng)
        yield bytes(data)


def _mutate(data: bytearray, seeds: Sequence[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    upto = at + rng.randrange(1, 40)
    match rng.randrange(6):
        case 0:
            data[at : at + 1] = rng.randbytes(1)
        case 1:
            del data[at:upto]
        case 2:
            data[at:at] = data[at:upto]
        case 3 | 4:
            data[at:at] = rng.choice(TOKENS)
        case _:
            other = rng.choice(seeds)
            begin = rng.randrange(len(other) + 1)
            data[at:at] = other[begin : begin + rng.randrange(400)]
