"""Writes the fixtures of the audit's tests: state dicts saved by PyTorch, with what they are expected to give.

Usage: python tests/audit/make.py [FOLDER]

Needs torch and safetensors. Next to every `NAME.safetensors` stands `NAME.json`: for each layer the first singular
values of its matrix by `torch.linalg.svdvals` in double precision (null where they are undefined), `power`: uᵀWv
after some numbers of iterations from the stored vectors (null where there are none), and, for `operators`, the norm
of the convolution itself from the SVD of its explicit matrix.
"""

import json
import sys
from pathlib import Path

import torch
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
