"""Cost of a second lane: time of a step and memory with two lanes over one.

    cargo build --release && python3 benches/lanes.py target/release/sn-tui [--pairs N] [--threads N]

Runs alternate with one and with two lanes, so that both see the same machine. Times are those of the summary: training
alone, without loading data and final scores. Memory is the peak of the process.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

STEPS = {"ring": 1500, "digits": 150}


def run(program, preset, threads, lanes):
    """Returns the milliseconds of a step and the peak memory in megabytes."""
    with tempfile.TemporaryDirectory() as home:
        words = [program, "run", preset, "--log", "json", "--log-every", "100000", "--quiet", "--threads", str(threads)]
        words += ["--steps", str(STEPS[preset]), "--out", os.path.join(home, "run"), "--device", "cpu"]
        words += ["--set", "scores.every=0", "--set", "samples.every=100000", "--set", "checkpoints.every=0"]
        words += [word for _ in range(lanes - 1) for word in ("--fork", "1:")]
        child = subprocess.Popen(words, stdout=subprocess.PIPE)
        lines = child.stdout.read().splitlines()
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"{' '.join(words)}: status {status}")
        summaries = [line["summary"] for line in map(json.loads, lines) if "summary" in line]
        return 1e3 * summaries[0]["seconds"] / summaries[0]["steps"], usage.ru_maxrss / 1e3


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--presets", nargs="*", default=list(STEPS))
    given = arguments.parse_args()
    for preset in given.presets:
        pairs = [[run(given.program, preset, given.threads, lanes) for lanes in (1, 2)] for _ in range(given.pairs)]
        (one, memory_of_one), (two, memory_of_two) = [
            [statistics.median(pair[lanes][value] for pair in pairs) for value in (0, 1)] for lanes in (0, 1)
        ]
        ratio = statistics.median(pair[1][0] / pair[0][0] for pair in pairs)
        print(
            f"{preset}: {one:.2f} ms a step, with two lanes {two:.2f} ms: {ratio:.3f}; "
            f"memory {memory_of_one:.0f} MB, with two lanes {memory_of_two:.0f} MB"
        )


if __name__ == "__main__":
    main()
