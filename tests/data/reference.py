"""Writes reference.safetensors with the reference implementation: pip install torch safetensors."""

import torch
from safetensors.torch import save_file

save_file(
    {
        "b.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "a.bias": torch.tensor([1, -2], dtype=torch.int64),
        "h": torch.tensor([1.5], dtype=torch.float16),
        "s": torch.tensor(2.5, dtype=torch.float64),
        "m": torch.tensor([True, False, True]),
        "u": torch.tensor([7], dtype=torch.uint8),
        "e": torch.zeros(0, 4),
        "bf": torch.tensor([0.5], dtype=torch.bfloat16),
        "i\n\"ü": torch.tensor([3], dtype=torch.int32),
    },
    "reference.safetensors",
    metadata={"format": "pt"},
)
