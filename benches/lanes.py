"""Cost of a second lane: time of a step with two lanes over one, and memory of lanes beside what was announced.

    cargo build --release && python3 benches/lanes.py target/release/sn-tui [--pairs N] [--threads N]
    python3 benches/lanes.py target/release/sn-tui --memory [--runs N] [--presets ring digits cifar10]

Runs with one and with two lanes alternate, so that both see the same machine. Times are those of the summary: training
alone, without loading data and final scores.

With --memory, runs have one to four lanes, and memory is the peak of the process. Announced is what the log says of
each lane. Measured is the difference to the run with one lane less, the median of the runs; the total is that of four
lanes over one. `cifar10` trains on the bundled dolls, which have the same shape.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile

STEPS = {"ring": 1500, "digits": 150, "cifar10": 4}
MEMORY_STEPS = {"ring": 300, "digits": 30, "cifar10": 3}
DATA = {"cifar10": ["--set", "data.source=Dolls"]}
ANNOUNCED = re.compile(r"lane ([b-d]): about ([\d.]+) MB")


def run(program, preset, threads, lanes, steps):
    """Returns the milliseconds of a step, the peak memory in megabytes, and the announced megabytes of each lane."""
    with tempfile.TemporaryDirectory() as home:
        out = os.path.join(home, "run")
        words = [program, "run", preset, "--log", "json", "--log-every", "100000", "--quiet", "--threads", str(threads)]
        words += ["--steps", str(steps), "--out", out, "--device", "cpu"] + DATA.get(preset, [])
        words += ["--set", "scores.every=0", "--set", "samples.every=100000", "--set", "checkpoints.every=0"]
        words += [word for _ in range(lanes - 1) for word in ("--fork", "1:")]
        child = subprocess.Popen(words, stdout=subprocess.PIPE)
        lines = child.stdout.read().splitlines()
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"{' '.join(words)}: status {status}")
        summaries = [line["summary"] for line in map(json.loads, lines) if "summary" in line]
        with open(os.path.join(out, "sn-tui.log"), encoding="utf-8") as log:
            announced = {lane: float(megabytes) for lane, megabytes in ANNOUNCED.findall(log.read())}
        return 1e3 * summaries[0]["seconds"] / summaries[0]["steps"], usage.ru_maxrss * 1024 / 1e6, announced


def time_of(program, preset, threads, pairs):
    """Prints the time of a step with two lanes over that with one."""
    made = [[run(program, preset, threads, lanes, STEPS[preset])[0] for lanes in (1, 2)] for _ in range(pairs)]
    one, two = [statistics.median(pair[lanes] for pair in made) for lanes in (0, 1)]
    ratio = statistics.median(pair[1] / pair[0] for pair in made)
    print(f"{preset}: {one:.2f} ms a step, with two lanes {two:.2f} ms: {ratio:.3f}", flush=True)


def memory_of(program, preset, threads, runs):
    """Prints the memory of each lane after the first, announced and measured."""
    peaks, announced = [], {}
    for lanes in (1, 2, 3, 4):
        made = [run(program, preset, threads, lanes, MEMORY_STEPS[preset]) for _ in range(runs)]
        peaks.append(statistics.median(peak for _, peak, _ in made))
        announced = made[-1][2]
    each = [announced[lane] for lane in "bcd"]
    grown = [after - before for before, after in zip(peaks, peaks[1:])]
    parts = [f"lane {lane} {said:.1f} MB ({got:.1f})" for lane, said, got in zip("bcd", each, grown)]
    said, got = sum(each), peaks[3] - peaks[0]
    print(
        f"{preset}: {peaks[0]:.0f} MB with one lane; announced (measured): {', '.join(parts)}; "
        f"all {said:.1f} MB ({got:.1f}): {said / got:.3f}",
        flush=True,
    )


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--presets", nargs="*", choices=list(STEPS), default=["ring", "digits"])
    arguments.add_argument("--memory", action="store_true")
    arguments.add_argument("--runs", type=int, default=3)
    given = arguments.parse_args()
    for preset in given.presets:
        if given.memory:
            memory_of(given.program, preset, given.threads, given.runs)
        else:
            time_of(given.program, preset, given.threads, given.pairs)


if __name__ == "__main__":
    main()
