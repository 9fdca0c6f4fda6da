"""Ten steps of every optimizer on one small problem, clipping, and schedules: `optim.safetensors`.

The problem: `loss = mean((x w + b - t)^2)`, x [8, 4], w [4, 3], b [3], t [8, 3], from streams 1, 2, 3, 4.
"""
import torch
from torch import nn
from torch import optim as torch_optim

from models import stream
from save import save

STEPS = 10
OPTIMIZERS = {
    "sgd": "SGD(lr=0.1)",
    "sgd/momentum": "SGD(lr=0.1, momentum=0.9)",
    "sgd/nesterov": "SGD(lr=0.1, momentum=0.9, nesterov=True)",
    "sgd/dampening": "SGD(lr=0.1, momentum=0.9, dampening=0.5)",
    "sgd/weight_decay": "SGD(lr=0.1, momentum=0.9, weight_decay=0.1)",
    "adam": "Adam(lr=0.01)",
    "adam/weight_decay": "Adam(lr=0.01, weight_decay=0.1)",
    "adam/betas": "Adam(lr=0.01, betas=(0.8, 0.99), eps=1e-6)",
    "adam/amsgrad": "Adam(lr=0.01, amsgrad=True)",
    "adamw": "AdamW(lr=0.01)",
    "adamw/weight_decay": "AdamW(lr=0.01, weight_decay=0.1)",
    "rmsprop": "RMSprop(lr=0.01)",
    "rmsprop/momentum": "RMSprop(lr=0.01, momentum=0.9)",
    "rmsprop/centered": "RMSprop(lr=0.01, centered=True)",
    "rmsprop/weight_decay": "RMSprop(lr=0.01, weight_decay=0.1)",
    "adagrad": "Adagrad(lr=0.1)",
    "adagrad/decay": "Adagrad(lr=0.1, lr_decay=0.1, weight_decay=0.1)",
}
SCHEDULES = {
    "step": "StepLR(step_size=10)",
    "step/gamma": "StepLR(step_size=7, gamma=0.5)",
    "cosine": "CosineAnnealingLR(T_max=30)",
    "cosine/eta_min": "CosineAnnealingLR(T_max=20, eta_min=0.01)",
    "warmup": "LinearLR()",
    "warmup/from_tenth": "LinearLR(start_factor=0.1, total_iters=10)",
    "one_cycle": "OneCycleLR(max_lr=0.1, total_steps=31)",
    "one_cycle/linear": "OneCycleLR(max_lr=0.1, total_steps=31, pct_start=0.4, anneal_strategy='linear')",
}


def problem(dtype):
    x, w, b, t = stream(1, 8, 4), stream(2, 4, 3), stream(3, 3), stream(4, 8, 3)
    x, w, b, t = (v.to(dtype) for v in (x, w, b, t))
    return nn.Parameter(w), nn.Parameter(b), lambda w, b: (x @ w + b - t).square().mean()


def construct(call, target, namespace):
    """`Name(arguments)` of `namespace` with `target` as its first argument."""
    name, arguments = call.split("(", 1)
    return eval(f"{name}(target, {arguments}", {name: getattr(namespace, name), "target": target})


def trajectory(call, dtype):
    w, b, loss = problem(dtype)
    optimizer, losses, ws, bs = construct(call, [w, b], torch_optim), [], [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(w, b)
        value.backward()
        optimizer.step()
        losses.append(value.detach().clone())
        ws.append(w.detach().clone())
        bs.append(b.detach().clone())
    return {"loss": torch.stack(losses), "w": torch.stack(ws), "b": torch.stack(bs)}


def schedule(call):
    """The rate of steps 0 to 30 at a base rate of 0.1."""
    optimizer = torch_optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    steps, rates = construct(call, optimizer, torch_optim.lr_scheduler), []
    for step in range(31):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < 30:
            steps.step()
    return torch.tensor(rates, dtype=torch.float64)


def clipped(clip, dtype):
    w, b, loss = problem(dtype)
    loss(w, b).backward()
    total = clip([w, b])
    return {"w": w.grad, "b": b.grad} | ({} if total is None else {"norm": total.to(dtype)})


if __name__ == "__main__":
    tensors, notes = {}, {}
    w, b, _ = problem(torch.float64)
    for name, call in OPTIMIZERS.items():
        notes[name] = f"torch.optim.{call}: loss before, w and b after each of {STEPS} steps"
        for suffix, dtype in (("f32", torch.float32), ("f64", torch.float64)):
            tensors |= {f"{name}.{k}.{suffix}": v for k, v in trajectory(call, dtype).items()}
    for name, call in SCHEDULES.items():
        name = "schedule/" + name
        notes[name] = f"torch.optim.lr_scheduler.{call} on a base rate of 0.1: the rates of steps 0 to 30"
        tensors[name + ".lr"] = schedule(call)
    clips = {
        "clip/norm": ("clip_grad_norm_(parameters, 0.25)", lambda p: nn.utils.clip_grad_norm_(p, 0.25)),
        "clip/norm_large": ("clip_grad_norm_(parameters, 100.0)", lambda p: nn.utils.clip_grad_norm_(p, 100.0)),
        "clip/value": ("clip_grad_value_(parameters, 0.1)", lambda p: nn.utils.clip_grad_value_(p, 0.1)),
    }
    for name, (call, clip) in clips.items():
        notes[name] = f"torch.nn.utils.{call}: the gradients afterwards, and the norm before"
        for suffix, dtype in (("f32", torch.float32), ("f64", torch.float64)):
            tensors |= {f"{name}.{k}.{suffix}": v for k, v in clipped(clip, dtype).items()}
    save("optim", tensors, notes)
