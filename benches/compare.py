#!/usr/bin/env python3
"""Holds sn-tui's training step against PyTorch's on the same machine, in turn, and prints a Markdown table.

usage: compare.py --python INTERPRETER [--binary target/release/sn-tui] [ring digits cifar]
                  [--measure speed,sn,threads,memory,start,peer-sn] [--threads 2] [--pairs-max 40]

INTERPRETER is a Python with torch; this script itself needs the standard library alone. What is compared:

speed    the median step of `sn-tui bench NET` over that of torch_step.py NET: spectral normalization on, one power
         iteration, all measures read; the same networks, batch, n_dis and threads, or the script stops
sn       the cost of spectral normalization: the step with it over that without it and without σ, minus 1, by
         `sn-tui bench NET --sn-cost`, which trains both in one process, in turn
peer-sn  the same of PyTorch, from processes in turn; not measured where it is not asked for
memory   digits: peak resident memory of the process that trained
threads  cifar: the median step on one thread over that on two
start    digits: from the start of the process to its first JSON line, that of step 1 (`sn-tui run digits --log json`
         with the preset's own settings): loading the program and the data, building the networks, 15 power iterations,
         the picture of step 0, the first step

Two things are compared in pairs, one right after the other, each pair in the opposite order of the one before. The
figure is the median of the ratios of the pairs; its interval, of 95 % or more, lies between two of the ordered ratios
and assumes nothing about their distribution. Pairs are added until the interval is within ±5 % of the figure (±0.5
percentage points for the cost of spectral normalization, for which pairs are many and short), or --pairs-max are made; the
table says which. A limit holds
where the interval's favourable end does; an interval that is still too wide must lie on the limit's good side as a
whole, else the row is undecided. Run it on an otherwise idle machine: PyTorch's threads wait by spinning, and other work
on the same cores slows them many times more than sn-tui's. The last line gives the load at the start.

Exit code: 0 all limits hold, 1 one is missed or undecided, 2 the two sides do not compute the same or one of them failed.
"""

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

NETWORKS = ["ring", "digits", "cifar"]
MEASURES = ["speed", "sn", "memory", "threads", "start", "peer-sn"]
# Timed steps of one side of a pair.
STEPS = {"ring": 400, "digits": 40, "cifar": 6}
SPEED_LIMIT = {"ring": 0.31, "digits": 0.38, "cifar": 0.77}
SN_LIMIT = {"ring": 0.05, "digits": 0.02, "cifar": 0.02}
MEMORY_LIMIT_MB = 36
THREADS_LIMIT = 1.8
START_LIMIT_MS = 200
# The fewest pairs whose smallest and largest ratio hold the median with 95 %.
PAIRS_MIN = 6
STARTS = 15
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_step.py")


class Failure(Exception):
    """Something that makes the comparison impossible."""


def line_of(command):
    """The JSON object on the last line that a command prints."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}")
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise Failure(f"{' '.join(command)} printed no JSON line")


class Sides:
    """Runs both programs."""

    def __init__(self, python, binary, threads):
        self.python, self.binary, self.threads = python, binary, threads

    def ours(self, net, threads=None):
        threads = threads or self.threads
        command = [self.binary, "bench", net, "--json", "--steps", str(STEPS[net]), "--threads", str(threads)]
        return line_of(command)

    def peer(self, net, sn=True):
        command = [self.python, PEER, net, "--steps", str(STEPS[net]), "--threads", str(self.threads)]
        return line_of(command + ([] if sn else ["--no-sn"]))


def same_work(ours, peer):
    """Stops where the two sides do not train the same."""
    for key in ["net", "sn", "batch", "n_dis", "threads", "params_g", "params_d"]:
        if ours[key] != peer[key]:
            raise Failure(f"{ours['net']}: {key} is {ours[key]} here and {peer[key]} in the peer")


def interval(ordered):
    """The narrowest symmetric pair of order statistics that holds the median with 95 % or more, else the extremes."""
    n = len(ordered)
    outside, below = 0, 0.0
    # P(at most k of n values lie under the median), doubled, is the chance to miss it.
    for k in range(n // 2):
        below += math.comb(n, k) / 2**n
        if 2 * below > 0.05:
            break
        outside = k
    return ordered[outside], ordered[n - 1 - outside]


class Figure:
    """The median of ratios with its interval."""

    def __init__(self, values):
        ordered = sorted(values)
        self.count = len(ordered)
        self.median = statistics.median(ordered)
        self.low, self.high = interval(ordered)

    def half_width(self):
        return max(self.high - self.median, self.median - self.low)


def pairs(what, first, second, width, pairs_max, check=None):
    """Ratios first/second of what two functions give, until their median is known; and the reports of both."""
    reports, ratios = [], []
    while len(ratios) < pairs_max:
        if len(ratios) % 2 == 0:
            a = first()
            b = second()
        else:
            b = second()
            a = first()
        if check:
            check(a, b)
        reports.append((a, b))
        ratios.append(a["step_ms_median"] / b["step_ms_median"])
        figure = Figure(ratios)
        say(f"{what}: pair {figure.count}: {ratios[-1]:.4f}, median {figure.median:.4f} "
            f"[{figure.low:.4f}, {figure.high:.4f}]")
        if figure.count >= PAIRS_MIN and figure.half_width() <= width(figure):
            break
    return Figure(ratios), reports


def relative(share):
    return lambda figure: share * figure.median


def absolute(width):
    return lambda figure: width


def say(text):
    print(text, file=sys.stderr, flush=True)


class Table:
    """Rows of the comparison, and whether a limit is missed."""

    def __init__(self):
        self.rows, self.missed = [], False

    def add(self, what, figure, unit, limit=None, at_least=False, wanted=None, counted="pairs"):
        """`unit` formats a number; `wanted` is the half-width that was aimed at."""
        verdict, bound = "", ""
        narrow = wanted is None or (figure.count >= PAIRS_MIN and figure.half_width() <= wanted(figure))
        if limit is not None:
            ends = [figure.high, figure.low] if at_least else [figure.low, figure.high]
            favourable, other = [end >= limit if at_least else end <= limit for end in ends]
            verdict = "holds" if favourable and (other or narrow) else "undecided" if favourable else "**missed**"
            self.missed |= verdict != "holds"
            bound = f"{'≥' if at_least else '≤'} {unit(limit)}"
        note = "" if narrow else ", wider than aimed at"
        self.rows.append((what, unit(figure.median), f"{unit(figure.low)} to {unit(figure.high)}",
                          f"{figure.count} {counted}{note}", bound, verdict))

    def text(self):
        head = ("measured", "median", "95 % interval", "from", "limit", "verdict")
        rows = [head, tuple("---" for _ in head), *self.rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def ratio(x):
    return f"{x:.3f}"


def percent(x):
    return f"{100 * x:.2f} %"


def milliseconds(x):
    return f"{x:.0f} ms"


def megabytes(x):
    return f"{x:.1f} MB"


def minus_one(figure):
    """A cost: the ratio on/off less 1."""
    cost = Figure.__new__(Figure)
    cost.count, cost.median = figure.count, figure.median - 1
    cost.low, cost.high = figure.low - 1, figure.high - 1
    return cost


def step_times(reports, side):
    return statistics.median(report[side]["step_ms_median"] for report in reports)


def speed(sides, net, arguments, table):
    width = relative(0.05)
    figure, reports = pairs(f"{net}, ours / peer", lambda: sides.ours(net), lambda: sides.peer(net),
                            width, arguments.pairs_max, same_work)
    ours, peer = step_times(reports, 0), step_times(reports, 1)
    table.add(f"`{net}`: step, ours / PyTorch ({ours:.3g} ms / {peer:.3g} ms)", figure, ratio,
              SPEED_LIMIT[net], wanted=width)
    last = reports[-1][0]
    rates = [statistics.median(a[key] for a, _ in reports) for key in ("step_gflops", "matmul_gflops")]
    say(f"{net}: {last['gflop']} GFLOP a step, {rates[0]:.0f} GFLOP/s of {rates[1]:.0f}")
    return reports


def sn_cost(sides, net, table):
    report = line_of([sides.binary, "bench", net, "--sn-cost", "--json", "--threads", str(sides.threads)])
    figure = Figure.__new__(Figure)
    figure.count, figure.median = report["pairs"], report["sn_cost"]
    figure.low, figure.high = report["sn_cost_low"], report["sn_cost_high"]
    say(f"{net}, cost of SN: {figure.median:.4f} [{figure.low:.4f}, {figure.high:.4f}]")
    table.add(f"`{net}`: cost of spectral normalization, ours", figure, percent, SN_LIMIT[net],
              wanted=absolute(0.005))


def peer_sn_cost(sides, net, arguments, table):
    width = absolute(0.005)
    figure, _ = pairs(f"{net}, SN on / off, PyTorch", lambda: sides.peer(net), lambda: sides.peer(net, sn=False),
                      width, arguments.pairs_max)
    table.add(f"`{net}`: cost of spectral normalization, PyTorch", minus_one(figure), percent, wanted=width)


def memory(sides, reports, table):
    reports = reports or []
    while len(reports) < PAIRS_MIN:
        ours, peer = sides.ours("digits"), sides.peer("digits")
        same_work(ours, peer)
        reports.append((ours, peer))
    if any(side["peak_memory_mb"] is None for pair in reports for side in pair):
        raise Failure("peak memory is not known on this system")
    own = Figure([ours["peak_memory_mb"] for ours, _ in reports])
    others = statistics.median(peer["peak_memory_mb"] for _, peer in reports)
    table.add(f"`digits`: peak memory (PyTorch's: {others:.0f} MB)", own, megabytes, MEMORY_LIMIT_MB)


def threads(sides, arguments, table):
    width = relative(0.05)
    figure, _ = pairs("cifar, 1 thread / 2", lambda: sides.ours("cifar", threads=1),
                      lambda: sides.ours("cifar", threads=2), width, arguments.pairs_max)
    table.add("`cifar`: step on 1 thread / on 2", figure, ratio, THREADS_LIMIT, at_least=True, wanted=width)


def first_step_ms(binary, count):
    """From the start of a headless run of `digits` to the line of its first step; the run is ended then."""
    with tempfile.TemporaryDirectory() as folder:
        command = [binary, "run", "digits", "--log", "json", "--log-every", "1", "--steps", "1000",
                   "--threads", str(count), "--quiet", "--out", os.path.join(folder, "run")]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        line = process.stdout.readline()
        taken = 1e3 * (time.perf_counter() - start)
        process.kill()
        process.stdout.close()
        process.wait()
    try:
        first = json.loads(line)["step"] == 1
    except (ValueError, KeyError):
        first = False
    if not first:
        raise Failure(f"{' '.join(command)} did not print its first step")
    return taken


def start(sides, table):
    first_step_ms(sides.binary, sides.threads)  # brings the program into the page cache
    figure = Figure([first_step_ms(sides.binary, sides.threads) for _ in range(STARTS)])
    table.add("`digits`: start of the process to the end of its first step", figure, milliseconds,
              START_LIMIT_MS, counted="starts")


def output_of(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        return done.stdout.strip() or "unknown"
    except OSError:
        return "unknown"


def machine(sides, load):
    """Where and with what it was measured."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as lines:
            model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    torch = output_of([sides.python, "-c", "import torch; print(torch.__version__)"])
    return (f"{model}, {os.cpu_count()} cores, {sides.threads} threads; {platform.system()} {platform.release()}; "
            f"{output_of(['rustc', '--version'])}, torch {torch}, {output_of([sides.binary, '--version'])}; "
            f"load before {load:.1f}; {datetime.date.today().isoformat()}.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NET", help="ring, digits, cifar; all where none is named")
    parser.add_argument("--python", required=True, help="a Python with torch")
    parser.add_argument("--binary", default="target/release/sn-tui", help="sn-tui, built with --release")
    parser.add_argument("--measure", default=",".join(MEASURES[:-1]), help="which of " + ", ".join(MEASURES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs-max", type=int, default=40)
    a = parser.parse_args()
    a.networks = a.networks or NETWORKS
    a.measure = a.measure.split(",")
    for given, known in [(a.networks, NETWORKS), (a.measure, MEASURES)]:
        for name in given:
            if name not in known:
                parser.error(f"{name} is none of {', '.join(known)}")
    if a.pairs_max < PAIRS_MIN:
        parser.error(f"--pairs-max under {PAIRS_MIN} gives no interval")
    return a


def main():
    a = arguments()
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"warning: other work runs on this machine (load {load:.1f}): the figures will not mean much")
    sides, table, reports = Sides(a.python, a.binary, a.threads), Table(), {}
    try:
        for net in a.networks:
            if "speed" in a.measure:
                reports[net] = speed(sides, net, a, table)
            if "sn" in a.measure:
                sn_cost(sides, net, table)
            if "peer-sn" in a.measure:
                peer_sn_cost(sides, net, a, table)
        if "digits" in a.networks and "memory" in a.measure:
            memory(sides, reports.get("digits"), table)
        if "cifar" in a.networks and "threads" in a.measure:
            threads(sides, a, table)
        if "digits" in a.networks and "start" in a.measure:
            start(sides, table)
    except (Failure, OSError) as failure:
        say(f"error: {failure}")
        return 2
    print(table.text())
    print()
    print(machine(sides, load))
    return 1 if table.missed else 0


sys.exit(main())
