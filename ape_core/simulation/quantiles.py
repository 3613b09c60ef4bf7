"""Quantile functions: a uniform draw in, a draw of the wanted distribution out."""

from __future__ import annotations

import math

import numpy as np

from ape_core.simulation.compiled import compiled

N_ERROR_LEVELS = 4096
ERROR_SHIFT = np.uint64(20)
"""A 32-bit word shifted right by this many bits is an index into the table of errors."""

# Wichura MJ: Algorithm AS 241, Applied Statistics 37 (1988) 477-484, doi:10.2307/2347330, PPND16.
_CENTRE_TOP = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
    4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
    1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_CENTRE_BOTTOM = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
    2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
    4.2313330701600911252e1, 1.0,
)  # fmt: skip
_MIDDLE_TOP = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
    1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
    4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_MIDDLE_BOTTOM = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
    2.05319162663775882187e0, 1.0,
)  # fmt: skip
_TAIL_TOP = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
    5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_TAIL_BOTTOM = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1.0,
)  # fmt: skip


@compiled
def _ratio(top, bottom, x):  # type: ignore[no-untyped-def]
    """Ratio of two polynomials of degree 7, highest power first."""
    numerator = top[0]
    denominator = bottom[0]
    for i in range(1, 8):
        numerator = numerator * x + top[i]
        denominator = denominator * x + bottom[i]
    return numerator, denominator


@compiled
def normal_quantile(p):  # type: ignore[no-untyped-def]
    """Quantile of the standard normal distribution at p in (0, 1)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        numerator, denominator = _ratio(_CENTRE_TOP, _CENTRE_BOTTOM, 0.180625 - q * q)
        return numerator * q / denominator
    r = math.sqrt(-math.log(p if q <= 0.0 else 1.0 - p))
    if r <= 5.0:
        numerator, denominator = _ratio(_MIDDLE_TOP, _MIDDLE_BOTTOM, r - 1.6)
    else:
        numerator, denominator = _ratio(_TAIL_TOP, _TAIL_BOTTOM, r - 5.0)
    value = numerator / denominator
    return -value if q < 0.0 else value


@compiled
def exponential_quantile(p):  # type: ignore[no-untyped-def]
    """Quantile of the exponential distribution with mean 1 at p in (0, 1)."""
    return -math.log(p)


def error_table() -> np.ndarray:
    """Quantiles of the acuity error, standardised to an SD of 1.

    Student's t with 4 degrees of freedom in closed form (Shaw 2006, Journal of Computational
    Finance 9:37-73, section 4), at the midpoints of `N_ERROR_LEVELS` equal steps of probability.
    Letters are whole numbers, so finer steps would not show. Rounded to six decimals, so that no
    two machines disagree.

    Returns
    -------
    float64 array of `N_ERROR_LEVELS` values, ascending, mean 0, SD 1.
    """
    p = (np.arange(N_ERROR_LEVELS // 2) + 0.5) / N_ERROR_LEVELS
    root_alpha = np.sqrt(4.0 * p * (1.0 - p))
    lower = -2.0 * np.sqrt(np.cos(np.arccos(root_alpha) / 3.0) / root_alpha - 1.0)
    quantiles = np.concatenate([lower, -lower[::-1]])
    rounded: np.ndarray = np.round(quantiles / quantiles.std(), 6)
    return rounded
