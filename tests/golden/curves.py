"""Losses of the first training steps, in f32 and f64: `curves.safetensors`."""
import torch
from torch import optim

import models
from models import labels, stream
from save import save

MLP = (128, 784), 10
LENET = (64, 1, 28, 28), 10


def curve(model, optimizer, shape, classes, steps, dtype, compute=None):
    model = model().to(dtype)
    x, y = stream(100, *shape).to(dtype), labels(101, shape[0], classes)
    losses = models.train(model, optimizer(model.parameters()), x, y, steps, compute=compute)
    return torch.tensor(losses, dtype=torch.float64)


def gpt(dtype):
    model, x, y = models.Gpt().to(dtype), labels(300, 8 * 128, 256).reshape(8, 128), labels(301, 8 * 128, 256)
    steps = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    return torch.tensor(models.train(model, steps, x, y, 6), dtype=torch.float64)


def gpt2(dtype, compute=None):
    model, x, y = models.Gpt2().to(dtype), labels(300, 4 * 32, 96).reshape(4, 32), labels(301, 4 * 32, 96)
    matrices, vectors = [[p for p in model.parameters() if (p.dim() > 1) == is_matrix] for is_matrix in (True, False)]
    groups = [dict(params=matrices, weight_decay=0.1), dict(params=vectors, weight_decay=0.0)]
    steps = optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95))
    return torch.tensor(models.train(model, steps, x, y, 20, clip=1.0, compute=compute), dtype=torch.float64)


def adam(p):
    return optim.Adam(p, lr=1e-3)


def sgd(p):
    return optim.SGD(p, lr=0.05)


CASES = {
    "mlp/adam": lambda dtype: curve(models.mlp, adam, *MLP, 20, dtype),
    "mlp/sgd": lambda dtype: curve(models.mlp, sgd, *MLP, 20, dtype),
    "lenet/adam": lambda dtype: curve(models.lenet, adam, *LENET, 6, dtype),
    "lenet/sgd": lambda dtype: curve(models.lenet, sgd, *LENET, 20, dtype),
    "resnet20/sgd": lambda dtype: curve(models.resnet20, sgd, (32, 3, 32, 32), 10, 3, dtype),
    "gpt/adamw": gpt,
    "gpt2/adamw": gpt2,
}

if __name__ == "__main__":
    tensors, notes = {}, {}
    for name, run in CASES.items():
        tensors[f"{name}.f32"], tensors[f"{name}.f64"] = run(torch.float32), run(torch.float64)
        notes[name] = f"cross-entropy of each step before its update; {len(tensors[f'{name}.f32'])} steps"
        print(name, tensors[f"{name}.f32"][-1].item(), (tensors[f"{name}.f32"] - tensors[f"{name}.f64"]).abs().max().item())
    save("curves", tensors, notes)
