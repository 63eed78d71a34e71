"""Noise as a function of a key: Philox4x32-10 (Salmon et al. 2011) in NumPy, with the counters of docs/noise.md.

counter = (stream << 24 | block, sample, example, step), key = seed (low half first); block b gives numbers 4b .. 4b+3.
"""
import numpy as np

RNG_Z, RNG_M, RNG_INIT, RNG_SHUFFLE, RNG_MANIPULATE = 0, 1, 2, 3, 4
NO_EXAMPLE = 0xFFFFFFFF
MASK = np.uint64(0xFFFFFFFF)


def philox(counter, key):
    """counter (..., 4), key (2) -> words (..., 4), all uint64 arrays that hold 32-bit numbers."""
    c0, c1, c2, c3 = (np.asarray(counter, np.uint64)[..., i] for i in range(4))
    k0, k1 = int(key[0]), int(key[1])
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0), p1 & MASK, \
            (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1), p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], -1)


def words(seed, stream, sample, example, step, blocks):
    """(blocks, 4) words of the vector that the key names."""
    assert 0 <= blocks <= 1 << 24
    counter = np.empty((blocks, 4), np.uint64)
    counter[:, 0] = np.arange(blocks, dtype=np.uint64) | np.uint64(stream << 24)
    counter[:, 1:] = [sample, example & 0xFFFFFFFF, step & 0xFFFFFFFF]
    return philox(counter, (seed & 0xFFFFFFFF, seed >> 32))


def to_uniform(x):
    return ((x >> np.uint64(9)).astype(np.float64) + 0.5) * 2.0 ** -23


def uniforms(seed, stream, sample, example, step, n):
    return to_uniform(words(seed, stream, sample, example, step, (n + 3) // 4)).reshape(-1)[:n]


def normals(seed, stream, sample, example, step, n):
    u = to_uniform(words(seed, stream, sample, example, step, (n + 3) // 4)).reshape(-1, 2)
    r = np.sqrt(-2.0 * np.log(u[:, 0]))
    angle = 2.0 * np.pi * u[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], -1).reshape(-1)[:n]


def permutation(seed, stream, sample, example, step, n):
    """Fisher-Yates from the top; the exchange partner of place i comes from words x0, x1 of block i."""
    x = words(seed, stream, sample, example, step, n)
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = ((int(x[i, 0]) << 32 | int(x[i, 1])) * (i + 1)) >> 64
        order[i], order[j] = order[j], order[i]
    return np.array(order)


def self_test():
    """The known answers of the Random123 distribution (kat_vectors, philox4x32 10)."""
    f = 0xFFFFFFFF
    for counter, key, answer in (
            ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
            ((f, f, f, f), (f, f), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
            ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
             (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1))):
        assert tuple(int(w) for w in philox(counter, key)) == answer
