"""Values and gradients of single ops: `ops_f32.safetensors` and `ops_f64.safetensors`.

A case `c` has `c.input0`, `c.input1`, ..., `c.output`, a random `c.cotangent` of the output's shape, and `c.grad0`, ...
for the float inputs: the gradient of `sum(output * cotangent)`. The f64 file starts from the same f32 inputs.
"""
import zlib

import torch
import torch.nn.functional as F

from models import labels, stream
from save import save

CASES = {}


def case(name, call, *inputs):
    """Adds a case; `call` is the expression in torch, over inputs `x`, `y`, `z`, `u`, `v`."""
    assert name not in CASES, name
    CASES[name] = call, inputs


class Floats:
    """An input of stream `seed` over [low, high), drawn when the case is run."""

    def __init__(self, *shape, low=-2.0, high=2.0):
        self.shape, self.low, self.high = shape, low, high

    def draw(self, seed):
        half = (self.high - self.low) / 2
        return stream(seed, *self.shape, bound=half) + (self.low + half)


class Labels:
    """An i64 input below `classes`; positions in `ignored` hold -100."""

    def __init__(self, *shape, classes, ignored=()):
        self.shape, self.classes, self.ignored = shape, classes, ignored

    def draw(self, seed):
        y = labels(seed, torch.Size(self.shape).numel(), self.classes).reshape(self.shape)
        for i in self.ignored:
            y.view(-1)[i] = -100
        return y


def unary():
    whole = "abs neg exp exp2 expm1 square sin cos tan sinh cosh tanh atan erf sigmoid sign floor ceil round".split()
    for name in whole:
        case(name, f"torch.{name}(x)", Floats(3, 7))
    for name in "log log2 log1p sqrt rsqrt reciprocal".split():
        case(name, f"torch.{name}(x)", Floats(3, 7, low=0.1, high=4.0))
    for name in "asin acos".split():
        case(name, f"torch.{name}(x)", Floats(3, 7, low=-0.9, high=0.9))
    for name in "relu silu mish softplus logsigmoid elu".split():
        case(name, f"F.{name}(x)", Floats(3, 7, low=-8.0, high=8.0))
    # Its own gradient in f64 has a sixth in f32.
    case("hardsigmoid", "(x + 3).clamp(0, 6) / 6", Floats(3, 7, low=-8.0, high=8.0))
    case("leaky_relu", "F.leaky_relu(x)", Floats(3, 7))
    case("leaky_relu/slope", "F.leaky_relu(x, 0.2)", Floats(3, 7))
    case("gelu/erf", "F.gelu(x)", Floats(3, 7, low=-6.0, high=6.0))
    case("gelu/tanh", "F.gelu(x, approximate='tanh')", Floats(3, 7, low=-6.0, high=6.0))
    case("clamp", "x.clamp(-0.5, 1.0)", Floats(3, 7))
    case("pow/scalar", "x.pow(2.5)", Floats(3, 7, low=0.1))


def binary():
    for name in "add sub mul maximum minimum".split():
        case(name, f"torch.{name}(x, y)", Floats(3, 5), Floats(3, 5))
        case(f"{name}/broadcast", f"torch.{name}(x, y)", Floats(2, 1, 5), Floats(3, 1))
    case("div", "x / y", Floats(3, 5), Floats(3, 5, low=0.5, high=3.0))
    case("div/broadcast", "x / y", Floats(3, 5), Floats(5, low=0.5, high=3.0))
    case("pow", "x.pow(y)", Floats(3, 5, low=0.1), Floats(3, 5))
    case("where", "torch.where(x > 0, y, z)", Floats(3, 5), Floats(3, 5), Floats(3, 5))


def reductions():
    for name in "sum mean prod amax amin".split():
        case(name + "/axis0", f"x.{name}(dim=0)", Floats(3, 4, 5))
        case(name + "/axis1_keep", f"x.{name}(dim=1, keepdim=True)", Floats(3, 4, 5))
        case(name + "/last", f"x.{name}(dim=-1)", Floats(3, 4, 5))
    for name in "sum mean".split():
        case(name + "/all", f"x.{name}()", Floats(3, 4, 5))
        case(name + "/two_axes", f"x.{name}(dim=(0, 2))", Floats(3, 4, 5))
    for name in "var std".split():
        case(name, f"x.{name}(dim=-1)", Floats(3, 17))
    case("norm", "x.norm(dim=-1)", Floats(3, 17))
    case("logsumexp", "x.logsumexp(dim=-1)", Floats(3, 17))
    case("logsumexp/large", "x.logsumexp(dim=-1)", Floats(3, 17, low=80.0, high=120.0))
    case("argmax", "x.argmax(dim=-1)", Floats(3, 17))
    case("argmin", "x.argmin(dim=0)", Floats(3, 17))
    for name in "softmax log_softmax".split():
        case(name, f"F.{name}(x, dim=-1)", Floats(3, 17))
        case(name + "/axis1", f"F.{name}(x, dim=1)", Floats(2, 6, 4))
        case(name + "/large", f"F.{name}(x, dim=-1)", Floats(3, 17, low=80.0, high=120.0))


def views():
    case("pad", "F.pad(x, (1, 2))", Floats(3, 5))
    case("pad/two_axes", "F.pad(x, (2, 0, 1, 3))", Floats(3, 5))
    case("concat", "torch.cat([x, y], dim=1)", Floats(3, 5), Floats(3, 2))
    case("stack", "torch.stack([x, y], dim=1)", Floats(3, 5), Floats(3, 5))
    case("permute", "x.permute(2, 0, 1)", Floats(3, 4, 5))
    case("slice", "x[:, 1:4]", Floats(3, 5))
    case("flip", "x.flip(1)", Floats(3, 5))
    case("expand", "x.expand(4, 3, 5)", Floats(3, 1))
    case("gather", "x.gather(1, y)", Floats(3, 5), Labels(3, 4, classes=5))
    case("index_select", "x.index_select(0, y)", Floats(6, 3), Labels(9, classes=6))
    case("embedding", "F.embedding(y, x)", Floats(11, 4), Labels(2, 5, classes=11))


def scans():
    for name in "cumsum cumprod logcumsumexp".split():
        case(name, f"x.{name}(dim=1)", Floats(3, 17))
        case(name + "/axis0", f"x.{name}(dim=0)", Floats(6, 4, 5))
    # Multiplied by 0 in one column of each row, and in two.
    case("cumprod/zero", "(x * (torch.arange(6) != 2)).cumprod(dim=1)", Floats(3, 6))
    case("cumprod/zeros", "(x * (torch.arange(6) % 3 != 1)).cumprod(dim=1)", Floats(3, 6))
    case("logcumsumexp/large", "x.logcumsumexp(dim=1)", Floats(3, 17, low=-200.0, high=200.0))
    for name in "cummax cummin".split():
        case(name, f"x.{name}(dim=1).values", Floats(3, 17))
        case(name + "/indices", f"x.{name}(dim=0).indices", Floats(6, 4))


def sorts():
    case("sort", "x.sort(dim=1, stable=True).values", Floats(3, 17))
    case("sort/axis0", "x.sort(dim=0, stable=True).values", Floats(6, 4, 5))
    case("sort/descending", "x.sort(dim=1, descending=True, stable=True).values", Floats(3, 17))
    # Rounded, so that many are equal.
    case("argsort", "x.round().argsort(dim=1, stable=True)", Floats(3, 17))
    case("argsort/descending", "x.round().argsort(dim=0, descending=True, stable=True)", Floats(17, 3))
    # The roots of negative numbers are NaN.
    case("argsort/nan", "x.sqrt().argsort(dim=1, stable=True)", Floats(3, 17))
    case("argsort/nan_descending", "x.sqrt().argsort(dim=1, descending=True, stable=True)", Floats(3, 17))
    case("topk", "x.topk(4, dim=1).values", Floats(3, 17))
    case("topk/indices", "x.topk(4, dim=1).indices", Floats(3, 17))
    case("topk/smallest", "x.topk(2, dim=0, largest=False).values", Floats(6, 4))
    case("kthvalue", "x.kthvalue(5, dim=1).values", Floats(3, 17))
    case("median", "x.median()", Floats(3, 6))
    case("median/axis", "x.median(dim=1).values", Floats(3, 6))


def contractions():
    case("matmul", "x @ y", Floats(7, 5), Floats(5, 3))
    case("matmul/batched", "x @ y", Floats(2, 3, 4, 5), Floats(2, 3, 5, 6))
    case("matmul/broadcast", "x @ y", Floats(2, 3, 4, 5), Floats(5, 6))
    case("linear", "F.linear(x, y, z)", Floats(4, 5), Floats(3, 5), Floats(3))


def convolutions():
    def conv(name, x, w, options=""):
        case(f"conv2d/{name}", f"F.conv2d(x, y, z{options})", Floats(*x), Floats(*w), Floats(w[0]))

    conv("plain", (2, 3, 7, 6), (4, 3, 3, 3))
    conv("stride", (2, 3, 7, 6), (4, 3, 3, 3), ", stride=2")
    conv("stride_pair", (1, 2, 8, 7), (3, 2, 3, 2), ", stride=(2, 3)")
    conv("padding", (2, 3, 6, 5), (4, 3, 3, 3), ", padding=1")
    conv("padding_pair", (1, 2, 6, 5), (3, 2, 5, 3), ", padding=(2, 1)")
    conv("dilation", (2, 3, 8, 9), (4, 3, 3, 3), ", dilation=2")
    conv("stride_padding", (2, 3, 7, 7), (4, 3, 3, 3), ", stride=2, padding=1")
    conv("stride_padding_dilation", (1, 2, 9, 9), (3, 2, 3, 3), ", stride=2, padding=2, dilation=2")
    conv("groups", (2, 4, 6, 6), (6, 2, 3, 3), ", groups=2")
    conv("depthwise", (2, 4, 6, 6), (4, 1, 3, 3), ", padding=1, groups=4")
    conv("pointwise", (2, 4, 5, 5), (3, 4, 1, 1))
    conv("pointwise_stride", (2, 4, 6, 6), (3, 4, 1, 1), ", stride=2")
    case("conv2d/no_bias", "F.conv2d(x, y)", Floats(2, 3, 5, 5), Floats(2, 3, 3, 3))

    image = 2, 3, 7, 6
    case("max_pool2d", "F.max_pool2d(x, 2)", Floats(*image))
    case("max_pool2d/overlap", "F.max_pool2d(x, 3, stride=2, padding=1)", Floats(*image))
    case("max_pool2d/dilation", "F.max_pool2d(x, 2, stride=1, dilation=2)", Floats(*image))
    case("avg_pool2d", "F.avg_pool2d(x, 2)", Floats(*image))
    case("avg_pool2d/overlap", "F.avg_pool2d(x, 3, stride=2, padding=1)", Floats(*image))
    case("avg_pool2d/exclude_pad", "F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)", Floats(*image))


def norms():
    case("layer_norm", "F.layer_norm(x, (8,), y, z)", Floats(4, 8), Floats(8), Floats(8))
    case("layer_norm/two_axes", "F.layer_norm(x, (3, 4), y, z)", Floats(2, 3, 4), Floats(3, 4), Floats(3, 4))
    case("layer_norm/plain", "F.layer_norm(x, (8,))", Floats(4, 8))
    positive = Floats(3, low=0.5, high=2.0)
    for name, x in (("batch_norm1d", (6, 3)), ("batch_norm2d", (4, 3, 3, 2))):
        case(f"{name}/train", "F.batch_norm(x, None, None, y, z, training=True)", Floats(*x), Floats(3), Floats(3))
        case(f"{name}/eval", "F.batch_norm(x, u.detach(), v.detach(), y, z)", Floats(*x), Floats(3), Floats(3), Floats(3), positive)
        case(f"{name}/running_mean", "batch_norm_statistics(x, y, z)[0]", Floats(*x), Floats(3), positive)
        case(f"{name}/running_var", "batch_norm_statistics(x, y, z)[1]", Floats(*x), Floats(3), positive)


def losses():
    for reduction in ("mean", "sum", "none"):
        tail, suffix = f", reduction='{reduction}'", "" if reduction == "mean" else "/" + reduction
        pair = Floats(4, 5), Floats(4, 5)
        case("mse_loss" + suffix, f"F.mse_loss(x, y{tail})", *pair)
        case("l1_loss" + suffix, f"F.l1_loss(x, y{tail})", *pair)
        case("huber_loss" + suffix, f"F.huber_loss(x, y{tail})", *pair)
        case("bce_with_logits" + suffix, f"F.binary_cross_entropy_with_logits(x, y.detach(){tail})",
             Floats(4, 5, low=-9.0, high=9.0), Floats(4, 5, low=0.0, high=1.0))
        case("cross_entropy" + suffix, f"F.cross_entropy(x, y{tail})", Floats(6, 5), Labels(6, classes=5))
    case("huber_loss/delta", "F.huber_loss(x, y, delta=0.3)", Floats(4, 5), Floats(4, 5))
    case("cross_entropy/smoothing", "F.cross_entropy(x, y, label_smoothing=0.1)", Floats(6, 5), Labels(6, classes=5))
    ignored = Labels(6, classes=5, ignored=(1, 4))
    case("cross_entropy/ignore_index", "F.cross_entropy(x, y)", Floats(6, 5), ignored)
    case("cross_entropy/smoothing_ignore_index", "F.cross_entropy(x, y, label_smoothing=0.1)", Floats(6, 5), ignored)
    case("cross_entropy/large", "F.cross_entropy(x, y)", Floats(6, 5, low=-90.0, high=90.0), Labels(6, classes=5))
    case("nll_loss", "F.nll_loss(x, y)", Floats(6, 5), Labels(6, classes=5))


def attention():
    qkv = Floats(2, 3, 5, 4), Floats(2, 3, 5, 4), Floats(2, 3, 5, 4)
    case("attention", "F.scaled_dot_product_attention(x, y, z)", *qkv)
    case("attention/causal", "F.scaled_dot_product_attention(x, y, z, is_causal=True)", *qkv)


def batch_norm_statistics(x, mean, var):
    """Running mean and variance after one batch at momentum 0.1."""
    mean, var = mean.detach().clone(), var.detach().clone()
    F.batch_norm(x, mean, var, training=True)
    return mean, var


def run(name, call, inputs, dtype):
    """The tensors of one case, from streams that depend on its name alone."""
    seed = zlib.crc32(name.encode()) * 16
    drawn = [spec.draw(seed + i) for i, spec in enumerate(inputs)]
    drawn = [t.to(dtype).requires_grad_() if t.is_floating_point() else t for t in drawn]
    names = dict(zip("xyzuv", drawn))
    output = eval(call, {"F": F, "torch": torch, "batch_norm_statistics": batch_norm_statistics}, names)
    out = {f"input{i}": t for i, t in enumerate(drawn)} | {"output": output}
    if not output.requires_grad:
        return out
    cotangent = stream(seed + 15, *output.shape).to(dtype)
    out["cotangent"] = cotangent
    floats = [i for i, t in enumerate(drawn) if t.requires_grad]
    grads = torch.autograd.grad(output, [drawn[i] for i in floats], cotangent, allow_unused=True)
    return out | {f"grad{i}": g for i, g in zip(floats, grads) if g is not None}


if __name__ == "__main__":
    for table in (unary, binary, reductions, views, scans, sorts, contractions, convolutions, norms, losses, attention):
        table()
    for suffix, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        tensors = {}
        for name, (call, inputs) in CASES.items():
            tensors |= {f"{name}.{k}": t for k, t in run(name, call, inputs, dtype).items()}
        save(f"ops_{suffix}", tensors, {name: call for name, (call, _) in CASES.items()})
