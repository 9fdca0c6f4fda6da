"""Numbered streams of numbers: the same bits here and in `stream.rs`, so weights need not be carried.

Element `i` of stream `seed` is SplitMix64's finaliser applied to a linear function of both.
"""
import numpy as np

WRAP = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
STRIDE = 0xD1B54A32D192ED03


def bits(seed, count):
    start = np.uint64(((seed + 1) * GOLDEN) & WRAP)
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64) * np.uint64(STRIDE) + start
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        return z ^ (z >> np.uint64(31))


def uniform(seed, count, bound):
    """`count` values of [-bound, bound) as f32."""
    unit = (bits(seed, count) >> np.uint64(40)).astype(np.float64) * 2.0**-24
    return ((2.0 * unit - 1.0) * bound).astype(np.float32)


def integers(seed, count, limit):
    """`count` integers of [0, limit) as i64."""
    return ((bits(seed, count) >> np.uint64(33)) % np.uint64(limit)).astype(np.int64)
