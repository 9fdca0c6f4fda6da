"""Fits the polynomials of this folder: `python3 fit.py` prints their coefficients, lowest power first.

Minimax by Lawson's reweighted least squares on Chebyshev nodes at 60 digits. Coefficients are
rounded to f32 one after the other, the lowest first, and the rest is fitted again each time.
Needs numpy and mpmath.
"""
import mpmath as mp
import numpy as np

mp.mp.dps = 60


def lawson(x, y, w, powers):
    """Coefficients that make max |w (sum c x^p - y)| small."""
    a = np.array([[xi**p for p in powers] for xi in x]) * w[:, None]
    b = y * w
    scale = np.abs(a).max(axis=0)
    weight = np.full(len(x), 1 / len(x))
    best = (np.inf, None)
    for _ in range(400):
        s = np.sqrt(weight)
        c = np.linalg.lstsq(a / scale * s[:, None], b * s, rcond=None)[0] / scale
        r = np.abs(a @ c - b)
        if r.max() < best[0]:
            best = (r.max(), c)
        weight = weight * r
        if weight.sum() == 0:
            break
        weight /= weight.sum()
    return best


def fit(name, f, lo, hi, degree, weight, single=True):
    """Fits f on [lo, hi]; `weight(x)` turns the polynomial's error into the result's relative one."""
    k = np.arange(2000)
    x = (lo + hi) / 2 + (hi - lo) / 2 * np.cos(np.pi * (k + 0.5) / len(k))
    y = np.array([float(f(mp.mpf(float(v)))) for v in x])
    w = np.array([abs(float(weight(mp.mpf(float(v))))) for v in x])
    fixed, rest, powers = [], y.copy(), list(range(degree + 1))
    error, c = lawson(x, rest, w, powers)
    while single and powers:
        error, c = lawson(x, rest, w, powers)
        first = float(np.float32(c[0]))
        fixed.append(first)
        rest = rest - first * x ** powers[0]
        powers.pop(0)
    if single:
        error, c = np.max(np.abs(rest) * w), fixed
    text = ", ".join(str(np.float32(v)) if single else repr(float(v)) for v in c)
    print(f"{name} (2^{np.log2(error):.1f}): [{text}]")


half = float(mp.log(2) / 2) * 1.001
fit("EXP", lambda r: (mp.exp(r) - 1 - r) / r**2, -half, half, 4, lambda r: r**2)
fit("EXPM1", lambda r: (mp.expm1(r) - r) / r**2, -half, half, 5, lambda r: r**2 / mp.expm1(r))
fit("EXP2", lambda r: mp.expm1(r * mp.log(2)) / r, -0.5, 0.5, 5, lambda r: r)
lo, hi = float(mp.sqrt(0.5)) - 1, float(mp.sqrt(2)) - 1
fit("LOG", lambda f: (mp.log1p(f) - f + f**2 / 2) / f**3, lo, hi, 7, lambda f: f**3 / mp.log1p(f))
quarter = float(mp.pi / 4) ** 2 * 1.001
fit("SIN", lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 0, quarter, 3, lambda z: z)
fit("COS", lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, 0, quarter, 3, lambda z: z**2)
fit("ASIN", lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 0, 0.25, 4, lambda z: z)
eighth = float(mp.tan(mp.pi / 8)) ** 2 * 1.001
fit("ATAN", lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 0, eighth, 4, lambda z: z)
root = mp.sqrt
fit("ERF_NEAR", lambda z: mp.erf(root(z)) / root(z) - 1, 0, 1.0, 6, lambda z: root(z) / mp.erf(root(z)))
fit("ERF_FAR", lambda a: mp.log(mp.erfc(a)), 1.0, 4.0, 6, mp.erfc)
third = float(3 - 2 * mp.sqrt(2)) ** 2
fit("POW_LOG2", lambda z: 2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) / mp.log(2), 0, third, 5, lambda z: 1, single=False)
fit("POW_EXP2", lambda r: mp.expm1(r * mp.log(2)) / r, -0.5, 0.5, 6, lambda r: r, single=False)
fit("SOFTPLUS", lambda z: (2 * mp.atanh(root(z)) / root(z) - 2) / z, 1e-9, 1 / 9, 4, lambda z: z / 2)
