"""A .twin file: records [uint32 name length][name][uint32 ndim][int64 dims ...][float64 data ...], little endian."""
import struct

import numpy as np


def write(path, records):
    with open(path, "wb") as f:
        for name, value in records.items():
            value = np.ascontiguousarray(value, dtype="<f8")
            text = name.encode()
            f.write(struct.pack("<I", len(text)) + text)
            f.write(struct.pack("<I", value.ndim) + struct.pack(f"<{value.ndim}q", *value.shape))
            f.write(value.tobytes())


def read(path):
    data, at, records = open(path, "rb").read(), 0, {}
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        name = data[at + 4:at + 4 + length].decode()
        at += 4 + length
        (ndim,) = struct.unpack_from("<I", data, at)
        shape = struct.unpack_from(f"<{ndim}q", data, at + 4)
        at += 4 + 8 * ndim
        count = int(np.prod(shape, dtype=np.int64))
        records[name] = np.frombuffer(data, "<f8", count, at).reshape(shape).copy()
        at += 8 * count
    return records


def text(string):
    """A text is a vector of its bytes."""
    return np.frombuffer(string.encode(), np.uint8).astype(np.float64)
