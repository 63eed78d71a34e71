"""An independent reader of what safetensors_test --write FILE makes: prints name, shape and sum of each tensor."""
import json
import re
import sys

import numpy

raw = open(sys.argv[1], "rb").read()
start = 8 + int.from_bytes(raw[:8], "little")
assert start % 64 == 0, "data is not aligned"
header = json.loads(raw[8:start].decode("utf-8"))
meta = header.pop("__metadata__")

digits = re.search(rb'"checksum":"([0-9a-f]{16})"', raw[:start]).span(1)
zeroed = raw[: digits[0]] + b"0" * 16 + raw[digits[1] :]
zeroed += bytes(-len(zeroed) % 64)
chains = [0xCBF29CE484222325] * 9
for at in range(0, len(zeroed), 8):
    chain = at // 8 % 8
    chains[chain] = (chains[chain] ^ int.from_bytes(zeroed[at : at + 8], "little")) * 0x100000001B3 % 2**64
for word in chains[:8] + [len(raw)]:
    chains[8] = (chains[8] ^ word) * 0x100000001B3 % 2**64
assert meta["checksum"] == f"{chains[8]:016x}", "checksum"
assert meta["text"] == 'two\nlines, "quoted" \u20ac', "metadata"

end = 0
for name, tensor in header.items():
    begin, stop = tensor["data_offsets"]
    assert tensor["dtype"] == "F32" and begin == end, name
    values = numpy.frombuffer(raw[start + begin : start + stop], "<f4").reshape(tensor["shape"])
    print(name, tensor["shape"], f"{values.sum(dtype=float):.6f}")
    end = stop
assert start + end == len(raw), "trailing bytes"
