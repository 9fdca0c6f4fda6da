"""Writes a suite beside its script, with the torch that made it and a sentence for each case.

The file is written here rather than by the safetensors package, which orders the metadata at random: the same torch
gives the same bytes.
"""
import json
import os
import sys

import torch

torch.manual_seed(0)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


def save(suite, tensors, notes):
    """Writes `suite.safetensors`; `notes` says for each case what torch computed."""
    here, script = os.path.dirname(os.path.abspath(__file__)), os.path.basename(sys.argv[0])
    header, body = {"__metadata__": {"torch": torch.__version__, "script": script, **notes}}, b""
    for name in sorted(tensors, key=lambda name: (-tensors[name].element_size(), name)):
        t = tensors[name].detach().contiguous()
        data = t.numpy().tobytes()
        header[name] = dict(dtype=DTYPES[t.dtype], shape=list(t.shape), data_offsets=[len(body), len(body) + len(data)])
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path = os.path.join(here, suite + ".safetensors")
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + body)
    print(f"{suite}.safetensors: {len(notes)} cases, {len(tensors)} tensors, {os.path.getsize(path):,} bytes")
