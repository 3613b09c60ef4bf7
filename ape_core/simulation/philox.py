"""Philox 4x32-10: a counter-based generator, so that any draw can be computed by its address.

Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC11 (2011),
doi:10.1145/2063384.2063405, section 4.2 (rounds) and table 2 (constants).
"""

from __future__ import annotations

import numpy as np

from ape_core.simulation.compiled import compiled

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
N_ROUNDS = 10


@compiled
def philox4x32(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Four 32-bit words (in uint64) of the counter (c0, c1, c2, c3) under the key (k0, k1).

    All arguments are uint64 that hold 32-bit values: numba would widen smaller ones anyway.
    """
    for _ in range(N_ROUNDS):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _SHIFT) ^ c1 ^ k0
        c1 = product_1 & _MASK
        c2 = (product_0 >> _SHIFT) ^ c3 ^ k1
        c3 = product_0 & _MASK
        k0 = (k0 + _WEYL_0) & _MASK
        k1 = (k1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3
