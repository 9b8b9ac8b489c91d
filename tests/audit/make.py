"""Writes the fixtures of the audit's tests: state dicts saved by PyTorch, with what they are expected to give.

Usage: python tests/audit/make.py [FOLDER]

Needs torch and safetensors. Next to every `NAME.safetensors` stands `NAME.json`: for each layer the first singular
values of its matrix by `torch.linalg.svdvals` in double precision (null where they are undefined), `power`: uᵀWv
after some numbers of iterations from the stored vectors (null where there are none), and, for convolutions, the norm
of the convolution itself from the SVD of its explicit matrix.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.utils.parametrizations as parametrizations
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import spectral_norm as old
from torch.nn.utils.parametrizations import spectral_norm as new

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
WEIGHTS = ("parametrizations.weight.original", "weight_orig", "weight")


def matrix(weight, transposed):
    weight = weight.double()
    return (weight.transpose(0, 1) if transposed else weight).flatten(1)


def singular_values(weight, transposed):
    if not torch.isfinite(weight).all():
        return None
    return torch.linalg.svdvals(matrix(weight, transposed))[:3].tolist()


def power(matrix, u, v, wanted=(0, 1, 2, 5, 10)):
    """uᵀWv after so many iterations from stored vectors, in double precision."""
    if u is None or v is None or not torch.isfinite(matrix).all() or not matrix.any():
        return None
    if (len(u), len(v)) != tuple(matrix.shape):
        return None
    u, v, sigmas = u.double(), v.double(), {}
    for iteration in range(max(wanted) + 1):
        if iteration > 0:
            v = nn.functional.normalize(matrix.T @ u, dim=0)
            u = nn.functional.normalize(matrix @ v, dim=0)
        if iteration in wanted:
            sigmas[iteration] = (u @ matrix @ v).item()
    return sigmas


def save(name, state, transposed=(), more=None):
    state = {key: tensor.detach().clone().contiguous() for key, tensor in state.items()}
    save_file(state, FOLDER / f"{name}.safetensors")
    layers = {}
    for key, tensor in state.items():
        for ending in WEIGHTS:
            if (key == ending or key.endswith("." + ending)) and tensor.dim() >= 2:
                layer = key[: -len(ending)].rstrip(".")
                path = key[: -len(ending)]
                old, new = f"{path}weight_", f"{path}parametrizations.weight.0._"
                u, v = (state.get(old + x, state.get(new + x)) for x in "uv")
                layers[layer] = {
                    "shape": list(tensor.shape),
                    "singular_values": singular_values(tensor, layer in transposed),
                    "power": power(matrix(tensor, layer in transposed), u, v),
                    **(more or {}).get(layer, {}),
                }
                break
    expected = {"torch": torch.__version__, "layers": layers}
    (FOLDER / f"{name}.json").write_text(json.dumps(expected, indent=1) + "\n")


def network(wrap):
    torch.manual_seed(3)
    layers = nn.Sequential(
        wrap(nn.Conv2d(3, 8, 3, 1, 1)),
        nn.LeakyReLU(0.1),
        wrap(nn.Conv2d(8, 16, 4, 2, 1)),
        nn.BatchNorm2d(16),
        wrap(nn.ConvTranspose2d(16, 6, 4, 2, 1)),
        wrap(nn.Conv1d(6, 5, 3)),
        wrap(nn.Conv3d(2, 3, 2)),
        nn.ReLU(),
        wrap(nn.Linear(24, 10)),
        nn.Linear(10, 7),
        wrap(nn.Linear(10, 1)),
    )
    # A few updates: the stored vectors have followed weights that moved.
    generator = torch.Generator().manual_seed(4)
    for _ in range(5):
        with torch.no_grad():
            for parameter in layers.parameters():
                parameter += 0.02 * torch.randn(parameter.shape, generator=generator)
        for layer in layers:
            if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d)):
                for hook in layer._forward_pre_hooks.values():
                    hook(layer, None)
                layer.weight  # parametrizations iterate when the weight is read
    return layers.train()


save("weight_orig", network(old).state_dict(), transposed=("4",))
save("parametrized", network(new).state_dict(), transposed=("4",))


# No stored vectors, other precisions, a weight at the root, values that have no singular vectors.
torch.manual_seed(5)
plain = {
    "weight": torch.randn(6, 4),
    "f16.weight": torch.randn(12, 9).half(),
    "bf16.weight": torch.randn(12, 9).bfloat16(),
    "f64.weight": torch.randn(12, 9).double(),
    "layer.10.weight": torch.randn(5, 5),
    "layer.2.weight": torch.randn(1, 9),
    "layer.2.bias": torch.randn(9),
    "layer.3.weight": torch.randn(9, 1),
    "layer.4.weight": torch.randn(1, 1),
    "layer.5.weight": torch.eye(6),
    "zero.weight": torch.zeros(4, 3, 3, 3),
    "nan.weight": torch.randn(4, 3).index_fill(0, torch.tensor([2]), float("nan")),
    "inf.weight": torch.randn(4, 3).index_fill(0, torch.tensor([2]), float("inf")),
    "empty.weight": torch.zeros(0, 3),
    "norm.weight": torch.ones(8),
    "up.weight": torch.randn(4, 6, 3, 3),
}
save("plain", plain, transposed=("up",))

torch.manual_seed(6)
u, v = torch.randn(4), torch.randn(7)
odd = {
    "short_u.weight_orig": torch.randn(4, 7),
    "short_u.weight_u": u[:3] / u[:3].norm(),
    "short_u.weight_v": v / v.norm(),
    "long_v.parametrizations.weight.original": torch.randn(4, 6),
    "long_v.parametrizations.weight.0._u": u / u.norm(),
    "long_v.parametrizations.weight.0._v": v / v.norm(),
    "zero.weight_orig": torch.zeros(4, 7),
    "zero.weight_u": u / u.norm(),
    "zero.weight_v": v / v.norm(),
    "nan.weight_orig": torch.full((4, 7), float("nan")),
    "nan.weight_u": u / u.norm(),
    "nan.weight_v": v / v.norm(),
}
save("odd", odd)


def operator_norm(layer, channels, height, width):
    """Norm of the convolution as a linear map, from its explicit matrix."""
    layer = layer.double()
    basis = torch.eye(channels * height * width, dtype=torch.float64).view(-1, channels, height, width)
    with torch.no_grad():
        return torch.linalg.svdvals(layer(basis).flatten(1)).max().item()


torch.manual_seed(7)
convolutions = {
    "same": (nn.Conv2d(3, 5, 3, 1, 1, bias=False), 3, {}),
    "stride": (nn.Conv2d(4, 6, 4, 2, 1, bias=False), 4, {"stride": 2}),
    "valid": (nn.Conv2d(2, 3, 3, 1, 0, bias=False), 2, {"padding": 0}),
    "wide": (nn.Conv2d(2, 3, (1, 5), 1, (0, 2), bias=False), 2, {}),
    "up": (nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False), 4, {"stride": 2, "transposed": True}),
}
save(
    "operators",
    {f"{name}.weight": layer.weight for name, (layer, _, _) in convolutions.items()},
    transposed=("up",),
    more={
        name: {"operator_norm": operator_norm(layer, channels, 7, 9), **flags}
        for name, (layer, channels, flags) in convolutions.items()
    },
)


# Weights of other names, other normalizations, stored as they are and expected as the weight that the module has.


def expected_layers(module, names, transposed=()):
    """What the weights of a module give: each is computed with as PyTorch computes it."""
    layers = {}
    for layer, (owner, name) in names.items():
        weight = getattr(module.get_submodule(owner), name).detach()
        layers[layer] = {
            "shape": list(weight.shape),
            "singular_values": singular_values(weight, layer in transposed),
        }
    return layers


def keep(name, state, layers, left_out=()):
    state = {key: tensor.detach().clone().contiguous() for key, tensor in state.items()}
    save_file(state, FOLDER / f"{name}.safetensors")
    expected = {"torch": torch.__version__, "layers": layers, "left_out": sorted(left_out)}
    (FOLDER / f"{name}.json").write_text(json.dumps(expected, indent=1) + "\n")


def raw(layers, layer, weight, u=None, v=None, transposed=False):
    """What a raw weight gives, from stored vectors where there are any: without v, the first iteration makes it."""
    m = matrix(weight.detach(), transposed)
    if u is not None and v is None:
        v = nn.functional.normalize(m.T @ u.flatten().double(), dim=0)
    vectors = [None if x is None else x.detach().flatten() for x in (u, v)]
    layers[layer] = {
        "shape": list(weight.shape),
        "singular_values": singular_values(weight.detach(), transposed),
        "power": power(m, *vectors),
    }


torch.manual_seed(8)
gru = nn.GRU(5, 6, num_layers=1, bidirectional=True)
new(gru, "weight_hh_l0")
new(gru, "weight_ih_l0_reverse")
old(gru, "weight_ih_l0")
cell = nn.LSTMCell(4, 3)
attention = nn.MultiheadAttention(8, 2)
apart = nn.MultiheadAttention(8, 2, kdim=6, vdim=5)
old(attention, "in_proj_weight")
names = nn.ModuleDict({"gru": gru, "cell": cell, "attention": attention, "apart": apart})
names.register_buffer("positions", torch.randn(3, 4))
names.register_buffer("table", torch.arange(6).view(2, 3))
state = names.state_dict()
layers = {}
for name in ("weight_hh_l0", "weight_ih_l0_reverse"):
    path = f"gru.parametrizations.{name}"
    raw(layers, f"gru.{name}", *(state[f"{path}.{x}"] for x in ("original", "0._u", "0._v")))
raw(layers, "gru.weight_ih_l0", *(state[f"gru.weight_ih_l0_{x}"] for x in ("orig", "u", "v")))
raw(layers, "gru.weight_hh_l0_reverse", state["gru.weight_hh_l0_reverse"])
raw(layers, "attention.in_proj_weight", *(state[f"attention.in_proj_weight_{x}"] for x in ("orig", "u", "v")))
for layer, key in {
    **{layer: layer for layer in ("cell.weight_ih", "cell.weight_hh")},
    **{f"apart.{x}_proj_weight": f"apart.{x}_proj_weight" for x in "qkv"},
    **{f"{layer}.out_proj": f"{layer}.out_proj.weight" for layer in ("attention", "apart")},
}.items():
    raw(layers, layer, state[key])
keep("names", state, layers, left_out=("positions", "table"))


torch.manual_seed(9)
normed = nn.ModuleDict(
    {
        "old": nn.utils.weight_norm(nn.Conv2d(3, 4, 3)),
        "old_axis": nn.utils.weight_norm(nn.Linear(6, 4), dim=1),
        "old_all": nn.utils.weight_norm(nn.Linear(6, 4), dim=None),
        "new": parametrizations.weight_norm(nn.Linear(6, 4)),
        "new_up": parametrizations.weight_norm(nn.ConvTranspose2d(4, 3, 2)),
        "gru": nn.utils.weight_norm(nn.GRU(4, 3), "weight_hh_l0"),
    }
)
with torch.no_grad():
    for name, parameter in normed.named_parameters():
        if name.endswith(("_g", "original0")):
            parameter.copy_(torch.rand(parameter.shape) + 0.5)
    for module in normed.values():
        for hook in module._forward_pre_hooks.values():
            hook(module, None)
keep(
    "normed",
    normed.state_dict(),
    expected_layers(
        normed,
        {
            **{layer: (layer, "weight") for layer in ("old", "old_axis", "old_all", "new", "new_up")},
            "gru.weight_hh_l0": ("gru", "weight_hh_l0"),
            "gru.weight_ih_l0": ("gru", "weight_ih_l0"),
        },
        transposed=("new_up",),
    ),
)


# Wrappers of others: the raw weight as weight_bar (christiancosgrove/pytorch-spectral-normalization-gan), u alone as
# mimicry and BigGAN store it, PyTorch 0.4 without v; what DataParallel and torch.compile put before keys.
torch.manual_seed(10)


def unit(*shape):
    return nn.functional.normalize(torch.randn(*shape).flatten(), dim=0).view(*shape)


state, layers = {}, {}
state |= {"module.0.module.weight_bar": torch.randn(5, 3, 2, 2), "module.0.module.bias": torch.randn(5)}
state |= {"module.0.module.weight_u": unit(5), "module.0.module.weight_v": unit(12)}
raw(layers, "module.0.module", *(state[f"module.0.module.weight_{x}"] for x in ("bar", "u", "v")))
state |= {"bar_and_orig.weight_orig": torch.randn(4, 3), "bar_and_orig.weight_bar": torch.randn(4, 3)}
raw(layers, "bar_and_orig", state["bar_and_orig.weight_orig"])
state |= {"bar_and_weight.weight": torch.randn(4, 3), "bar_and_weight.weight_bar": torch.randn(4, 3)}
raw(layers, "bar_and_weight", state["bar_and_weight.weight"])
state |= {"mimicry.weight": torch.randn(5, 3, 3, 3), "mimicry.sn_u": unit(1, 5), "mimicry.sn_sigma": torch.ones(1)}
raw(layers, "mimicry", state["mimicry.weight"], state["mimicry.sn_u"])
state |= {"biggan.weight": torch.randn(6, 4), "biggan.u0": unit(1, 6), "biggan.sv0": torch.ones(1)}
state |= {"biggan.u1": unit(1, 6)}
raw(layers, "biggan", state["biggan.weight"], state["biggan.u0"])
state |= {"_orig_mod.old.weight_orig": torch.randn(6, 4), "_orig_mod.old.weight_u": unit(6)}
raw(layers, "_orig_mod.old", state["_orig_mod.old.weight_orig"], state["_orig_mod.old.weight_u"])
copies = ("bar_and_orig.weight_bar", "bar_and_weight.weight_bar")
keep("wrappers", state, layers, left_out=copies)


# Convolutions with groups, which their shapes do not say.
torch.manual_seed(11)
grouped = {
    "0": (nn.Conv2d(3, 8, 3, 1, 1, bias=False), 3),
    "1": (nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False), 8),
    "2": (nn.Conv2d(8, 6, 1, 1, 0, bias=False), 8),
    "3": (nn.Conv2d(6, 9, 3, 2, 1, groups=3, bias=False), 6),
    "10": (nn.ConvTranspose2d(9, 6, 4, 2, 1, groups=3, bias=False), 9),
}
layers = {}
for name, (layer, channels) in grouped.items():
    raw(layers, name, layer.weight, transposed=name == "10")
    layers[name]["operator_norm"] = operator_norm(layer, channels, 6, 5)
    layers[name]["groups"] = layer.groups
keep("grouped", {f"{name}.weight": layer.weight.float() for name, (layer, _) in grouped.items()}, layers)


# Transposed convolutions with as many inputs as outputs, normalized by PyTorch in both generations, and plain ones.
torch.manual_seed(12)
square = nn.Sequential(
    old(nn.ConvTranspose2d(6, 6, 4, 2, 1)),
    new(nn.ConvTranspose2d(6, 6, 3, 1, 1)),
    old(nn.Conv2d(6, 6, 3, 1, 1)),
    new(nn.ConvTranspose1d(6, 6, 3)),
)
x = torch.randn(2, 6, 5, 5)
for _ in range(3):
    square[:3](x)
    square[3](x[:, :, 0])
state, layers = square.state_dict(), {}
for layer in "0123":
    old_keys = [f"{layer}.weight_{x}" for x in ("orig", "u", "v")]
    new_keys = [f"{layer}.parametrizations.weight.{x}" for x in ("original", "0._u", "0._v")]
    keys = old_keys if old_keys[0] in state else new_keys
    raw(layers, layer, *(state[key] for key in keys), transposed=layer != "2")
keep("square", state, layers)


# Numbers of 8 bits.
torch.manual_seed(13)
small = {
    "e4m3.weight": torch.randn(7, 5).to(torch.float8_e4m3fn),
    "e5m2.weight": torch.randn(4, 3, 3, 3).to(torch.float8_e5m2),
    "normal.weight": (torch.randn(5, 6) * 0.004).to(torch.float8_e4m3fn),
    "nan.weight": torch.tensor([[1.0, float("nan")], [2.0, 3.0]]).to(torch.float8_e4m3fn),
    "inf.weight": torch.tensor([[1.0, float("inf")], [2.0, 3.0]]).to(torch.float8_e5m2),
}
layers = {}
for key, weight in small.items():
    raw(layers, key.removesuffix(".weight"), weight.float())
keep("f8", small, layers)
