"""The workloads of `benches/cpu` in PyTorch: `torch_cpu.py WORKLOAD [--threads N] [--budget S] [--backend eager|compile]`.

The same shapes, inputs and initial weights, so that losses can be compared; one JSON line, as `benches/cpu` prints.
"""
import argparse
import json
import os
import resource
import sys
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--budget", type=float, default=1.0, help="seconds of measuring")
    parser.add_argument("--backend", choices=["eager", "compile"], default="eager")
    return parser.parse_args()


ARGS = arguments()
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(ARGS.threads)
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "golden"))

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import optim  # noqa: E402

import models  # noqa: E402
from models import labels, stream  # noqa: E402

torch.set_num_threads(ARGS.threads)


def compiled(f):
    return torch.compile(f, dynamic=False) if ARGS.backend == "compile" else f


def timed(call, inner=1):
    """A function that runs `call`, which does `inner` operations, and gives the seconds of one."""
    def once():
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) / inner
    return once


def report(once, items, unit, first=None, final=None, params=None):
    """Repeats `once`, which gives its seconds: a fifth of the budget unseen, then the budget; prints the line."""
    end = time.perf_counter() + 0.2 * ARGS.budget
    once()
    while time.perf_counter() < end:
        once()
    samples, end = [], time.perf_counter() + ARGS.budget
    while len(samples) < 3 or (time.perf_counter() < end and len(samples) < 200_000):
        samples.append(once())
    samples.sort()
    median = samples[len(samples) // 2]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({
        "peer": "torch-" + ARGS.backend, "workload": ARGS.workload, "threads": ARGS.threads,
        "median_ms": median * 1e3, "min_ms": samples[0] * 1e3, "max_ms": samples[-1] * 1e3, "samples": len(samples),
        "items_per_s": items / median, "unit": unit, "first_loss": first, "final_loss": final, "params": params,
        "peak_rss_mb": peak}))


def train(model, optimizer, x, y, items, unit, steps=20):
    loss_of = compiled(lambda x, y: F.cross_entropy(model(x).flatten(0, -2), y))

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return loss.item()

    losses = [step() for _ in range(steps)]
    report(timed(step), items, unit, losses[0], losses[-1], sum(p.numel() for p in model.parameters()))


def forward(f, items, unit, probe):
    """`f` without gradients; `probe` picks the number by which peers are compared."""
    with torch.inference_mode():
        f = compiled(f)
        value = float(probe(f()))
        report(timed(f), items, unit, final=value)


def adam(model):
    return optim.Adam(model.parameters(), lr=1e-3, fused=True)


def matmul(n):
    a, b = stream(1, n, n), stream(2, n, n)
    forward(lambda: a @ b, 2.0 * n**3, "FLOP", lambda c: c[1, 2])


def mlp_train():
    model = models.mlp()
    train(model, adam(model), stream(100, 128, 784), labels(101, 128, 10), 128, "sample")


def cnn_train():
    model = models.lenet()
    train(model, adam(model), stream(100, 64, 1, 28, 28), labels(101, 64, 10), 64, "sample")


def resnet20_train():
    model = models.resnet20()
    sgd = optim.SGD(model.parameters(), lr=0.05, fused=True)
    train(model, sgd, stream(100, 32, 3, 32, 32), labels(101, 32, 10), 32, "sample", steps=5)


def gpt_train(fused):
    model = models.Gpt(fused)
    adamw = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    train(model, adamw, labels(300, 1024, 256).reshape(8, 128), labels(301, 1024, 256), 1024, "token")


def gpt_fwd1():
    model, x = models.Gpt().eval(), labels(300, 128, 256).reshape(1, 128)
    forward(lambda: model(x), 128, "token", lambda y: y[0, 127, 7])


def mlp_infer1():
    model, x = models.mlp().eval(), stream(100, 1, 784)
    forward(lambda: model(x), 1, "sample", lambda y: y[0, 3])


CHAIN = 16 << 20


def chain(approximate, gradient):
    x = stream(5, CHAIN, bound=2.0)

    def f():
        return F.gelu(x * 1.5 + 0.25, approximate=approximate)

    if not gradient:
        return forward(f, 8.0 * CHAIN, "B", lambda y: y.double().mean())
    x.requires_grad_(True)
    total = compiled(lambda: f().sum())

    def step():
        x.grad = None
        loss = total()
        loss.backward()
        return loss.item()

    mean = step() / CHAIN
    report(timed(step), 20.0 * CHAIN, "B", x.grad[12345].item(), mean)


def row_norm(f):
    x, scale, shift = stream(6, 4096, 1024, bound=3.0), stream(7, 1024), stream(8, 1024)
    forward(lambda: f(x, scale, shift), 8.0 * x.numel(), "B", lambda y: y[17, 33])


def add16(gradient):
    a, b = stream(1, 16).requires_grad_(gradient), stream(2, 16).requires_grad_(gradient)

    def many():
        with torch.set_grad_enabled(gradient):
            for _ in range(2000):
                a + b

    report(timed(many, 2000), 1, "op", final=(a + b).sum().item())


def chain1000(total):
    x = torch.ones(1, requires_grad=True)
    scale, shift = torch.full((1,), 1.0001), torch.full((1,), 1e-4)

    def once():
        x.grad = None
        start = time.perf_counter()
        y = x
        for _ in range(500):
            y = y * scale + shift
        middle = time.perf_counter()
        y.sum().backward()
        return time.perf_counter() - (start if total else middle)

    once()
    report(once, 1000, "op", final=x.grad.item())


WORKLOADS = {
    **{f"matmul_{n}": lambda n=n: matmul(n) for n in (256, 512, 1024, 2048)},
    "mlp_train": mlp_train,
    "cnn_train": cnn_train,
    "resnet20_train": resnet20_train,
    "gpt_train": lambda: gpt_train(False),
    "gpt_train_sdpa": lambda: gpt_train(True),
    "gpt_fwd1": gpt_fwd1,
    "mlp_infer1": mlp_infer1,
    "chain_fwd": lambda: chain("none", False),
    "chain_fwdbwd": lambda: chain("none", True),
    "chain_tanh_fwd": lambda: chain("tanh", False),
    "chain_tanh_fwdbwd": lambda: chain("tanh", True),
    "softmax_fwd": lambda: row_norm(lambda x, scale, shift: F.softmax(x, -1)),
    "layernorm_fwd": lambda: row_norm(lambda x, scale, shift: F.layer_norm(x, (1024,), scale, shift, 1e-5)),
    "add16": lambda: add16(False),
    "add16_grad": lambda: add16(True),
    "chain1000_bwd": lambda: chain1000(False),
    "chain1000_total": lambda: chain1000(True),
}

if __name__ == "__main__":
    if ARGS.workload not in WORKLOADS:
        sys.exit(f"unknown workload {ARGS.workload}; one of {', '.join(WORKLOADS)}")
    WORKLOADS[ARGS.workload]()
