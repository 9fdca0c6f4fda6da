"""The models of the training curves and benchmarks, with weights from streams.

Weights are `uniform(k, 1/sqrt(fan_in))`, k = 1, 2, ... in the order in which layers are made; biases are 0, norms 1
and 0. No weight file is needed: whoever builds the same layers in the same order has the same model.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from stream import integers, uniform


def stream(seed, *shape, bound=1.0):
    """A float tensor of stream `seed`."""
    return torch.from_numpy(uniform(seed, math.prod(shape), bound)).reshape(shape)


def labels(seed, count, classes):
    """An i64 tensor of stream `seed`."""
    return torch.from_numpy(integers(seed, count, classes))


def seeded(model):
    """Fills every convolution and linear layer of `model`, in order of definition."""
    seed = 0
    for layer in model.modules():
        if not isinstance(layer, (nn.Linear, nn.Conv2d)):
            continue
        seed += 1
        with torch.no_grad():
            layer.weight.copy_(stream(seed, *layer.weight.shape, bound=layer.weight[0].numel() ** -0.5))
            if layer.bias is not None:
                layer.bias.zero_()
    return model


def mlp():
    """[B, 784] -> [B, 10]; 669,706 parameters."""
    return seeded(nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)))


def lenet():
    """[B, 1, 28, 28] -> [B, 10]; 80,202 parameters."""
    return seeded(nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10)))


class Residual(nn.Module):
    """Two 3x3 convolutions with batch norm, and a shortcut that is a 1x1 convolution where shapes change."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU(),
            nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o))
        self.shortcut = nn.Identity() if stride == 1 and i == o else nn.Sequential(
            nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x))


def resnet20():
    """[B, 3, 32, 32] -> [B, 10]; 272,474 parameters."""
    widths = [16] * 4 + [32] * 3 + [64] * 3
    blocks = [Residual(i, o, 2 if i != o else 1) for i, o in zip(widths, widths[1:])]
    return seeded(nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)))


class Attention(nn.Module):
    """Causal self-attention of 4 heads, [B, 128, 128] -> the same; `fused` takes torch's own operation."""

    def __init__(self, fused):
        super().__init__()
        self.qkv, self.proj, self.fused = nn.Linear(128, 384), nn.Linear(128, 128), fused
        self.register_buffer("mask", torch.full((128, 128), -1e9).triu(1))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).reshape(b, t, 3, 4, d // 4).permute(2, 0, 3, 1, 4)
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            y = (q @ k.mT * (d // 4) ** -0.5 + self.mask).softmax(-1) @ v
        return self.proj(y.transpose(1, 2).reshape(b, t, d))


class Transformer(nn.Module):
    """A pre-norm block of width 128."""

    def __init__(self, fused):
        super().__init__()
        self.norm1, self.norm2, self.attention = nn.LayerNorm(128), nn.LayerNorm(128), Attention(fused)
        self.mlp = nn.Sequential(nn.Linear(128, 512), nn.GELU(), nn.Linear(512, 128))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Gpt(nn.Module):
    """[B, 128] tokens of 256 -> [B, 128, 256] logits; 875,264 parameters."""

    def __init__(self, fused=False):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(256, 128), nn.Parameter(stream(1002, 128, 128, bound=0.05))
        self.blocks = nn.Sequential(*[Transformer(fused) for _ in range(4)])
        self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 256, bias=False)
        seeded(self)
        with torch.no_grad():
            self.tokens.weight.copy_(stream(1001, 256, 128, bound=0.05))

    def forward(self, ids):
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.positions)))


class Gpt2Block(nn.Module):
    """A block of GPT-2 of width 48 with 3 heads, under the names of its state dict."""

    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(48), nn.LayerNorm(48)
        self.attn = nn.ModuleDict(dict(c_attn=nn.Linear(48, 144), c_proj=nn.Linear(48, 48)))
        self.mlp = nn.ModuleDict(dict(c_fc=nn.Linear(48, 192), c_proj=nn.Linear(192, 48)))

    def forward(self, x):
        q, k, v = (z.unflatten(-1, (3, 16)).transpose(1, 2) for z in self.attn.c_attn(self.ln_1(x)).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn.c_proj(y.transpose(1, 2).flatten(2))
        return x + self.mlp.c_proj(F.gelu(self.mlp.c_fc(self.ln_2(x)), approximate="tanh"))


class Gpt2(nn.Module):
    """[B, 32] tokens of 96 -> [B, 32, 96] logits: GPT-2 of 2 blocks, whose table of tokens is its head."""

    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(96, 48), nn.Embedding(32, 48)
        self.h, self.ln_f = nn.ModuleList([Gpt2Block() for _ in range(2)]), nn.LayerNorm(48)
        seeded(self)
        with torch.no_grad():
            self.wte.weight.copy_(stream(1001, 96, 48, bound=0.05))
            self.wpe.weight.copy_(stream(1002, 32, 48, bound=0.05))

    def forward(self, ids):
        x = self.wte(ids) + self.wpe.weight
        for block in self.h:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)


def train(model, optimizer, x, y, steps, clip=None, compute=None):
    """The losses of `steps` steps on one batch, the norm of the gradients clipped to `clip`; products in `compute`."""
    losses = []
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=compute, enabled=compute is not None):
            loss = F.cross_entropy(model(x).flatten(0, -2), y)
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
    return losses
