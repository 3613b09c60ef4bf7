"""Addressed random draws and the quantile functions, in plain integers and floats."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

PROCESSES = {
    "person": 1,
    "traits": 2,
    "noise": 3,
    "loss": 4,
    "visit": 5,
    "attendance": 6,
    "break": 7,
    "assessment": 8,
}
N_ERRORS = 4096


def philox(counter, key):
    """Philox 4x32-10: four words of 32 bits of a counter of four and a key of two."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high_0, low_0 = divmod(0xD2511F53 * c0, 2**32)
        high_1, low_1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0 = (k0 + 0x9E3779B9) % 2**32
        k1 = (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


class Luck:
    """All draws of one eye of one patient under one seed."""

    def __init__(self, seed, patient, eye):
        self.key = (seed % 2**32, seed // 2**32)
        self.name = (patient % 2**32, patient // 2**32 + 2**16 * eye)

    def words(self, process, step):
        return philox((*self.name, step, PROCESSES[process]), self.key)

    def uniforms(self, process, step):
        return [uniform(word) for word in self.words(process, step)]


def uniform(word):
    return (word + 0.5) * 2.0**-32


def normal(u):
    return NormalDist().inv_cdf(u)


def exponential(u):
    return -math.log(u)


def triangular(word):
    """Mean 0, SD 1, from the two halves of a word."""
    return math.sqrt(6.0) * ((word % 2**16 + word // 2**16 + 1) / 2**16 - 1.0)


def acuity_error(word):
    return error_quantiles()[word >> 20]


def t4_probability(t):
    """Distribution function of Student's t with 4 degrees of freedom."""
    x = t / math.sqrt(4.0 + t * t)
    return 0.5 + 0.75 * x * (1.0 - x * x / 3.0)


def t4_quantile(p):
    low, high = -100.0, 100.0
    for _ in range(80):
        middle = (low + high) / 2.0
        if t4_probability(middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


@lru_cache
def error_quantiles():
    """At the midpoints of equal steps of probability, scaled to SD 1, rounded to six decimals."""
    upper = [t4_quantile((i + 0.5) / N_ERRORS) for i in range(N_ERRORS // 2, N_ERRORS)]
    sd = math.sqrt(2.0 * math.fsum(t * t for t in upper) / N_ERRORS)
    return [round(-t / sd, 6) for t in reversed(upper)] + [round(t / sd, 6) for t in upper]
