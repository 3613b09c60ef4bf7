"""Student's t distribution of whole degrees of freedom, by its finite series."""

from __future__ import annotations

import math
from functools import lru_cache

_BISECTIONS = 200


def t_probability(t: float, degrees: int) -> float:
    """Probability that a t variable is at most `t`.

    Parameters
    ----------
    t
        Infinite values are allowed.
    degrees
        1 or more.
    """
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    angle = math.atan2(t, math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    total, term = 0.0, cosine if odd else 1.0
    for factor in range(1 + odd, degrees, 2):
        total += term
        term *= cosine * cosine * factor / (factor + 1)
    between = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + between) / 2


@lru_cache(maxsize=256)
def t_quantile(probability: float, degrees: int) -> float:
    """Value that a t variable exceeds with a probability of 1 minus the given one."""
    low, high = -1.0, 1.0
    while t_probability(low, degrees) > probability:
        low *= 2
    while t_probability(high, degrees) < probability:
        high *= 2
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if t_probability(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2
