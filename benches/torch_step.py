#!/usr/bin/env python3
"""Times one SN-GAN training step in PyTorch, for comparison with the project's own benchmark.

usage: torch_step.py {ring,digits,cifar} [--steps 20] [--threads 2] [--n-dis 1] [--no-sn]
                     [--device cpu|cuda] [--mode eager|compile|graphs] [--tf32]
Prints one JSON line: median and minimum milliseconds of a step (n-dis D updates and one G update), the machine's
float32 matmul rate in GFLOP/s in the same process, both networks' parameter counts, and the process's peak resident
memory of the training in 10^6 bytes.

The code is what a careful PyTorch user would write: real and fake samples pass D in one batch, D's parameters take no
gradient in the G update, Adam is fused, and gradients are set to None.

On a GPU ten steps are timed together, as in the project's own benchmark, after a warm-up of at least 20 steps and half
a second. The real batch is on the card. Products use full float32, or TF32 with --tf32; cuDNN's autotuner is on. Modes:
eager    as on the CPU
compile  the losses of both updates through torch.compile, with fixed shapes; backward passes are compiled with them
graphs   each update as a CUDA graph: forward with spectral normalization's iteration, backward and Adam; latents are
         drawn in place before each launch
Several modes (--mode eager,graphs) are timed one after the other in one process, each from the same initial state, with
a line for each. The line of a failed mode has an "error", and the exit code is then 1. These lines have more keys: the
device's name, mode, tf32, and peak_device_memory_mb, the most memory that PyTorch reserved on the card in 10^6 bytes.
"""
import argparse, gc, json, os, resource, sys, time, traceback
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


class Training:
    "Both networks, their optimizers and one step of them."
    def __init__(self, a, mode):
        torch.manual_seed(0)
        self.device, self.n_dis = torch.device(a.device), a.n_dis
        G, D, shape, self.latent, self.batch = globals()[a.net]((lambda m: m) if a.no_sn else spectral_norm)
        self.G, self.D = G.to(self.device), D.to(self.device)
        self.og, self.od = (torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.999), fused=True, capturable=mode == "graphs") for m in (G, D))
        self.real = (torch.rand(self.batch, *shape) * 2 - 1).to(self.device)
        if mode == "compile": self.d_loss, self.g_loss = (torch.compile(f, dynamic=False) for f in (self.d_loss, self.g_loss))
        if mode == "graphs": self.record()

    def latents(self): return torch.randn(self.batch, self.latent, device=self.device)

    def d_loss(self, z):
        with torch.no_grad(): fake = self.G(z)
        r, f = self.D(torch.cat([self.real, fake])).chunk(2)
        return F.relu(1 - r).mean() + F.relu(1 + f).mean()

    def g_loss(self, z): return -self.D(self.G(z)).mean()

    def update_d(self, z): loss = self.d_loss(z); self.od.zero_grad(set_to_none=True); loss.backward(); self.od.step()

    def update_g(self, z): loss = self.g_loss(z); self.og.zero_grad(set_to_none=True); loss.backward(); self.og.step()

    def step(self):
        self.D.requires_grad_(True)
        for _ in range(self.n_dis): self.update_d(self.latents())
        self.D.requires_grad_(False)
        self.update_g(self.latents())

    def record(self):
        "Makes each update a CUDA graph; what warms up and what is captured runs on one side stream."
        side, z = torch.cuda.Stream(), self.latents()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(5): self.step()
        torch.cuda.current_stream().wait_stream(side)

        def captured(update, optimizer, d_learns):
            self.D.requires_grad_(d_learns); optimizer.zero_grad(set_to_none=True)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=side): update(z)
            return graph

        d, g = captured(self.update_d, self.od, True), captured(self.update_g, self.og, False)

        def step():
            for _ in range(self.n_dis): z.normal_(); d.replay()
            z.normal_(); g.replay()
        self.step = step

    def check(self):
        "A step moves G, D and the vectors of power iteration, and leaves finite numbers. A captured one must as well."
        parts = {"G": list(self.G.parameters()), "D": list(self.D.parameters()), "v": [x for n, x in self.D.named_buffers() if n.endswith("_v")]}
        copy = lambda: {name: [x.detach().cpu().clone() for x in part] for name, part in parts.items()}
        before = copy(); self.step(); after = copy()
        for name, part in after.items():
            if not all(torch.isfinite(x).all() for x in part): raise RuntimeError(f"{name} is not finite")
            if part and all(torch.equal(x, y) for x, y in zip(part, before[name])): raise RuntimeError(f"a step does not move {name}")


def main():
    p = argparse.ArgumentParser(); p.add_argument("net", choices=["ring", "digits", "cifar"])
    p.add_argument("--steps", type=int, default=20); p.add_argument("--threads", type=int, default=2)
    p.add_argument("--n-dis", type=int, default=1); p.add_argument("--no-sn", action="store_true")
    p.add_argument("--device", choices=["cpu", "cuda"], default="cpu"); p.add_argument("--mode", default="eager"); p.add_argument("--tf32", action="store_true")
    a = p.parse_args(); torch.set_num_threads(a.threads); modes, cuda = a.mode.split(","), a.device == "cuda"
    for mode in modes:
        if mode not in ("eager", "compile", "graphs"): p.error(f"--mode {mode} is none of eager, compile, graphs")
        if mode == "graphs" and not cuda: p.error("--mode graphs needs --device cuda")
    if a.tf32 and not cuda: p.error("--tf32 needs --device cuda")
    if cuda:
        if not torch.cuda.is_available(): p.error("PyTorch finds no GPU")
        os.environ.pop("NVIDIA_TF32_OVERRIDE", None)
        torch.set_float32_matmul_precision("high" if a.tf32 else "highest")
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = a.tf32
        torch.backends.cudnn.benchmark = True
    wait, together = (torch.cuda.synchronize, min(10, a.steps)) if cuda else (lambda: None, 1)

    def timed(f, n, seconds=0):
        start = time.perf_counter()
        for _ in range(max(20 if cuda else 2, n // 5)): f()
        while cuda and time.perf_counter() - start < seconds: f(); wait()
        t = []
        for _ in range(n // together):
            wait(); s = time.perf_counter()
            for _ in range(together): f()
            wait(); t.append((time.perf_counter() - s) * 1e3 / together)
        return sorted(t)

    def line(mode):
        if cuda: gc.collect(); torch.cuda.empty_cache(); torch.cuda.reset_peak_memory_stats()
        training = Training(a, mode)
        if cuda or mode != "eager": training.check()
        t = timed(training.step, a.steps, 0.5)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6; held = torch.cuda.max_memory_reserved() / 1e6 if cuda else None
        m = torch.randn(1024, 1024, device=a.device); peak = 2 * 1024 ** 3 / timed(lambda: m @ m, 20)[0] / 1e6
        n = lambda net: sum(x.numel() for x in net.parameters())
        out = {"net": a.net, "sn": not a.no_sn, "threads": a.threads, "batch": training.batch, "n_dis": a.n_dis, "step_ms_median": round(t[len(t) // 2], 3), "step_ms_min": round(t[0], 3), "matmul_gflops": round(peak, 1), "params_g": n(training.G), "params_d": n(training.D), "peak_memory_mb": round(memory, 1), "torch": torch.__version__}
        if cuda or mode != "eager": out |= {"device": torch.cuda.get_device_name() if cuda else "cpu", "mode": mode, "tf32": a.tf32, "peak_device_memory_mb": round(held, 1) if cuda else None}
        return out

    failed = False
    for mode in modes:
        try: print(json.dumps(line(mode)), flush=True)
        except Exception as error:
            if len(modes) == 1: raise
            traceback.print_exc(); print(json.dumps({"net": a.net, "mode": mode, "error": str(error).splitlines()[0] if str(error) else repr(error)}), flush=True); failed = True
    sys.exit(1 if failed else 0)


main()
