"""Losses of the first training steps under autocast to bf16: `autocast.safetensors`."""
import torch

import models
from curves import LENET, MLP, adam, curve, gpt2, sgd
from save import save

BF16 = torch.bfloat16

CASES = {
    "mlp/adam": lambda: curve(models.mlp, adam, *MLP, 20, torch.float32, BF16),
    "lenet/sgd": lambda: curve(models.lenet, sgd, *LENET, 20, torch.float32, BF16),
    "gpt2/adamw": lambda: gpt2(torch.float32, BF16),
}

if __name__ == "__main__":
    tensors = {f"{name}.bf16": run() for name, run in CASES.items()}
    notes = {name: "cross-entropy of each step before its update, forward under autocast" for name in CASES}
    for name, losses in tensors.items():
        print(name, losses[-1].item())
    save("autocast", tensors, notes)
