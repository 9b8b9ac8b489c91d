#!/usr/bin/env python3
"""Loads exports of runs in PyTorch and holds them against `sn-tui sample`.

Usage: load_export.py SN-TUI RUN… [--latents N] [--fixture FOLDER]

Needs: torch, numpy, safetensors. Of every run each network is exported in each form, the Python program that
`sn-tui export --python` prints is run as it is, strict loading included, and its network is asked for the same latents as
`sn-tui sample`. The forms of D are held against each other on those samples. Anything beyond 1e-4 ends it with 1.
With --fixture, what PyTorch gave is kept as FOLDER/NAME.safetensors, NAME being the run's last part: `latents`,
`samples` (of the average of G) and D's `scores_torch-old`, `scores_torch-new`, `scores_baked`, `gain` included.
"""
import argparse, os, subprocess, sys, tempfile
import numpy, torch
from safetensors.torch import load_file, save_file

LIMIT = 1e-4
FORMS = ["torch-old", "torch-new", "baked"]


def sn_tui(*arguments):
    done = subprocess.run([ASKED.program, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def exported(run, what, form, folder):
    """What the printed program defines: `net`, and `score` of D."""
    path = os.path.join(folder, f"{what}-{form}.safetensors")
    program = sn_tui("export", run, "--what", what, "--format", form, "-o", path, "--python")
    names = {}
    exec(program, names)
    return names


def hold(what, a, b):
    apart = (a - b).abs().max().item()
    print(f"{what}: {tuple(a.shape)}, largest difference {apart:.2e}")
    if not apart <= LIMIT:
        sys.exit(f"{what}: beyond {LIMIT}")


@torch.no_grad()
def check(run, folder):
    name = os.path.basename(os.path.normpath(run))
    z = os.path.join(folder, "z.safetensors")
    kept = {}
    for what in ["g", "ema"]:
        numbers = os.path.join(folder, "samples.npy")
        sn_tui("sample", run, "--what", what, "-n", str(ASKED.latents), "--seed", "11", "--save-latents", z, "-o", numbers)
        latents, ours = load_file(z)["latents"], torch.from_numpy(numpy.load(numbers))
        for form in FORMS:
            theirs = exported(run, what, form, folder)["net"](latents)
            hold(f"{name} {what} {form}", theirs, ours)
        kept |= {"latents": latents, "samples": theirs}
    scores = {form: exported(run, "d", form, folder)["score"](kept["samples"]) for form in FORMS}
    for form in FORMS[1:]:
        hold(f"{name} d {form} against {FORMS[0]}", scores[form], scores[FORMS[0]])
    kept |= {f"scores_{form}": score.flatten() for form, score in scores.items()}
    if ASKED.fixture:
        save_file({key: value.contiguous() for key, value in kept.items()}, os.path.join(ASKED.fixture, f"{name}.safetensors"))


parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("runs", nargs="+")
parser.add_argument("--latents", type=int, default=16)
parser.add_argument("--fixture")
ASKED = parser.parse_args()
for run in ASKED.runs:
    with tempfile.TemporaryDirectory() as folder:
        check(run, folder)
