#!/usr/bin/env python3
"""Times one SN-GAN training step in PyTorch on the CPU, the peer that the project's own benchmark is held against.

usage: torch_step.py {ring,digits,cifar} [--steps 20] [--threads 2] [--n-dis 1] [--no-sn]
Prints one JSON line: median and minimum milliseconds of a step (n-dis D updates and one G update), the machine's
float32 matmul rate in GFLOP/s in the same process, both networks' parameter counts, and the process's peak resident
memory in 10^6 bytes, of the training alone.

The peer is written as a careful PyTorch user would: real and fake pass D in one batch, D's parameters take no
gradient in the G update, fused Adam, gradients set to None.
"""
import argparse, json, resource, time
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm


class View(nn.Module):
    def __init__(self, *shape): super().__init__(); self.shape = shape
    def forward(self, x): return x.view(-1, *self.shape)


def ring(sn):
    "2-D points: MLPs 3 x 128, batch 256."
    g, d, s = [], [], 2
    for _ in range(3): g += [nn.Linear(s, 128), nn.ReLU()]; d += [sn(nn.Linear(s, 128)), nn.LeakyReLU(0.1)]; s = 128
    return nn.Sequential(*g, nn.Linear(s, 2)), nn.Sequential(*d, sn(nn.Linear(s, 1))), (2,), 2, 256


def digits(sn, w=32):
    "28x28x1: two strided layers each way, batch 64."
    g = nn.Sequential(nn.Linear(64, 2 * w * 49), View(2 * w, 7, 7), nn.BatchNorm2d(2 * w), nn.ReLU(), nn.ConvTranspose2d(2 * w, w, 4, 2, 1), nn.BatchNorm2d(w), nn.ReLU(), nn.ConvTranspose2d(w, 1, 4, 2, 1), nn.Tanh())
    d = nn.Sequential(sn(nn.Conv2d(1, w, 4, 2, 1)), nn.LeakyReLU(0.1), sn(nn.Conv2d(w, 2 * w, 4, 2, 1)), nn.LeakyReLU(0.1), nn.Flatten(), sn(nn.Linear(2 * w * 49, 1)))
    return g, d, (1, 28, 28), 64, 64


def cifar(sn):
    "Miyato et al. 2018, table 3 (the standard CNN), 32x32x3, batch 64."
    g = [nn.Linear(128, 512 * 16), View(512, 4, 4), nn.BatchNorm2d(512), nn.ReLU()]
    for i, o in ((512, 256), (256, 128), (128, 64)): g += [nn.ConvTranspose2d(i, o, 4, 2, 1), nn.BatchNorm2d(o), nn.ReLU()]
    g += [nn.Conv2d(64, 3, 3, 1, 1), nn.Tanh()]
    d = []
    for i, o, k, s in ((3, 64, 3, 1), (64, 64, 4, 2), (64, 128, 3, 1), (128, 128, 4, 2), (128, 256, 3, 1), (256, 256, 4, 2), (256, 512, 3, 1)): d += [sn(nn.Conv2d(i, o, k, s, 1)), nn.LeakyReLU(0.1)]
    return nn.Sequential(*g), nn.Sequential(*d, nn.Flatten(), sn(nn.Linear(512 * 16, 1))), (3, 32, 32), 128, 64


def main():
    p = argparse.ArgumentParser(); p.add_argument("net", choices=["ring", "digits", "cifar"])
    p.add_argument("--steps", type=int, default=20); p.add_argument("--threads", type=int, default=2)
    p.add_argument("--n-dis", type=int, default=1); p.add_argument("--no-sn", action="store_true")
    a = p.parse_args(); torch.set_num_threads(a.threads); torch.manual_seed(0)
    G, D, shape, latent, batch = globals()[a.net]((lambda m: m) if a.no_sn else spectral_norm)
    og, od = (torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.999), fused=True) for m in (G, D))
    real = torch.rand(batch, *shape) * 2 - 1

    def step():
        D.requires_grad_(True)
        for _ in range(a.n_dis):
            with torch.no_grad(): fake = G(torch.randn(batch, latent))
            r, f = D(torch.cat([real, fake])).chunk(2)
            loss = F.relu(1 - r).mean() + F.relu(1 + f).mean()
            od.zero_grad(set_to_none=True); loss.backward(); od.step()
        D.requires_grad_(False)
        loss = -D(G(torch.randn(batch, latent))).mean()
        og.zero_grad(set_to_none=True); loss.backward(); og.step()

    def timed(f, n):
        for _ in range(max(2, n // 5)): f()
        t = []
        for _ in range(n): s = time.perf_counter(); f(); t.append((time.perf_counter() - s) * 1e3)
        return sorted(t)

    t = timed(step, a.steps); memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6; m = torch.randn(1024, 1024); peak = 2 * 1024 ** 3 / timed(lambda: m @ m, 20)[0] / 1e6
    n = lambda net: sum(x.numel() for x in net.parameters())
    print(json.dumps({"net": a.net, "sn": not a.no_sn, "threads": a.threads, "batch": batch, "n_dis": a.n_dis, "step_ms_median": round(t[len(t) // 2], 3), "step_ms_min": round(t[0], 3), "matmul_gflops": round(peak, 1), "params_g": n(G), "params_d": n(D), "peak_memory_mb": round(memory, 1), "torch": torch.__version__}))


main()
