#!/usr/bin/env python3
"""Compares sn-tui's training step with PyTorch's, alternately on the same machine, and prints a Markdown table.

usage: compare.py --python INTERPRETER [--binary target/release/sn-tui] [ring digits cifar] [--device cpu|cuda]
                  [--measure speed,sn,threads,memory,start,peer-sn] [--threads 2] [--pairs-max 40]
                  [--steps N] [--seconds 170]

INTERPRETER is a Python with torch; this script needs only the standard library. Measures:

speed    the median step of `sn-tui bench NET` divided by that of torch_step.py NET: spectral normalization on, one
         power iteration, all measures read; the script stops unless networks, batch, n_dis and threads are equal
sn       the cost of spectral normalization: the step with it divided by the step without it and without σ, minus 1,
         by `sn-tui bench NET --sn-cost`, which trains both alternately in one process
peer-sn  the cost of spectral normalization in PyTorch, from alternating processes; measured only on request
memory   digits: peak resident memory of the process that trained
threads  cifar: the median step on one thread divided by that on two
start    digits: the time from the start of the process to its first JSON line, that of step 1 (`sn-tui run digits
         --log json` with the preset's own settings). It includes loading the program and the data, building the
         networks, 15 power iterations, the picture of step 0 and the first step

The two sides of a pair run one right after the other, and each pair in the opposite order of the previous one. The
figure is the median of the ratios of the pairs. Its interval of 95 % or more lies between two of the ordered ratios
and assumes nothing about their distribution. Pairs are added until the interval is within ±5 % of the figure (±0.5
percentage points for the cost of spectral normalization, whose pairs are many and short), or until there are
--pairs-max; the table says which. A limit holds if the favourable end of the interval meets it. If the interval is
still too wide, all of it must meet the limit, else the row is undecided. Run the script on an otherwise idle machine:
PyTorch's threads wait by spinning, and other work on the same cores slows them much more than sn-tui's. The last line
gives the load at the start.

On a GPU (--device cuda) the measures are speed and sn. The step is compared with PyTorch's eager mode and CUDA graphs,
and for cifar also with torch.compile, and again with TF32 on both sides if sn-tui bench has --tf32. Both sides time ten
steps together. A pair is one process of each side; PyTorch's process times its modes one after the other. Pairs are few,
because time on a card is short: --pairs-max (3) rounds, each a pair of every network. After the first round, no pair
starts that would end later than --seconds after the start. The column beside the median gives the smallest and the
largest ratio, and a limit holds if all pairs meet it. A failure on one side has a row that says so, and the other rows
are still measured.

Exit code: 0 all limits hold, 1 one is missed or undecided, 2 the two sides compute different things or one failed.
"""

import argparse
import datetime
import json
import math
import os
import platform
import signal
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
# On a GPU: measures, timed steps of sn-tui and of PyTorch, PyTorch's modes, limits by network and mode.
CARD_MEASURES = ["speed", "sn"]
CARD_STEPS = {"ring": (5000, 500), "digits": (3000, 500), "cifar": (500, 200)}
CARD_MODES = {"ring": ["eager", "graphs"], "digits": ["eager", "graphs"], "cifar": ["eager", "compile", "graphs"]}
CARD_LIMIT = {("ring", "eager"): 0.15, ("ring", "graphs"): 0.7, ("digits", "eager"): 0.25, ("digits", "graphs"): 0.7,
              ("cifar", "eager"): 0.8, ("cifar", "compile"): 1.0}
CARD_SN_LIMIT = 0.05
# Steps of one side of a pair for the cost of spectral normalization: about 40 ms.
CARD_SN_STEPS = {"ring": 200, "digits": 100, "cifar": 20}
# Time limits in seconds for one process, and for the cost of spectral normalization.
CARD_SECONDS, CARD_SN_SECONDS = 150, 40
CARD_PAIRS = 3
# The fewest pairs whose smallest and largest ratio enclose the median with 95 %.
PAIRS_MIN = 6
STARTS = 15
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_step.py")


class Failure(Exception):
    """Something that makes the comparison impossible."""


def done_with(command, seconds=None):
    """Runs a command to its end and returns it with its output."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failure(f"{' '.join(command)} took more than {seconds} s")


def line_of(command, seconds=None):
    """The JSON object on the last line that a command prints."""
    done = done_with(command, seconds)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}")
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise Failure(f"{' '.join(command)} printed no JSON line")


class Sides:
    """Runs both programs."""

    def __init__(self, python, binary, threads, device, steps):
        self.python, self.binary, self.threads, self.device, self.steps = python, binary, threads, device, steps

    def ours(self, net, threads=None):
        return line_of(self.our_bench(net, "--steps", str(self.steps or STEPS[net]), threads=threads))

    def our_bench(self, net, *more, threads=None):
        return [self.binary, "bench", net, "--json", "--threads", str(threads or self.threads),
                "--device", self.device, *more]

    def peer(self, net, sn=True):
        command = self.their_bench(net, self.steps or STEPS[net])
        return line_of(command + ([] if sn else ["--no-sn"]))

    def their_bench(self, net, steps):
        return [self.python, PEER, net, "--steps", str(steps), "--threads", str(self.threads),
                "--device", self.device]

    def ours_on_card(self, net, tf32):
        steps = str(self.steps or CARD_STEPS[net][0])
        return line_of(self.our_bench(net, "--steps", steps, *(["--tf32"] if tf32 else [])), CARD_SECONDS)

    def peer_on_card(self, net, tf32):
        """A report for each mode; that of a failed mode has an error."""
        command = self.their_bench(net, self.steps or CARD_STEPS[net][1]) + ["--mode", ",".join(CARD_MODES[net])]
        done = done_with(command + (["--tf32"] if tf32 else []), CARD_SECONDS)
        try:
            reports = [json.loads(line) for line in done.stdout.splitlines()]
            reports = {report["mode"]: report for report in reports}
        except (ValueError, KeyError, TypeError):
            reports = {}
        if set(reports) != set(CARD_MODES[net]):
            raise Failure(f"{' '.join(command)} did not print a line for each mode")
        return reports

    def has_tf32(self):
        return "--tf32" in output_of([self.binary, "bench", "--help"])


def same_work(ours, peer):
    """Raises an error unless both sides train the same."""
    for key in ["net", "sn", "batch", "n_dis", "threads", "params_g", "params_d"]:
        if ours[key] != peer[key]:
            raise Failure(f"{ours['net']}: {key} is {ours[key]} here and {peer[key]} in the peer")


def interval(ordered):
    """The narrowest symmetric pair of order statistics that encloses the median with 95 % or more, else the extremes."""
    n = len(ordered)
    outside, below = 0, 0.0
    # Twice P(at most k of n values lie below the median) is the chance that the interval misses it.
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
    """Ratios first/second of the results of two functions, until their median is known, and the reports of both."""
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

    def __init__(self, spread="95 % interval"):
        self.rows, self.missed, self.failed, self.spread = [], False, False, spread

    def add(self, what, figure, unit, limit=None, at_least=False, wanted=None, counted="pairs", whole=False):
        """Adds a row. `unit` formats a number, `wanted` is the target half-width, `whole` requires both ends to hold."""
        verdict, bound = "", ""
        narrow = wanted is None or (figure.count >= PAIRS_MIN and figure.half_width() <= wanted(figure))
        if limit is not None:
            ends = [figure.high, figure.low] if at_least else [figure.low, figure.high]
            favourable, other = [end >= limit if at_least else end <= limit for end in ends]
            good = favourable and (other or narrow and not whole)
            verdict = "holds" if good else "undecided" if favourable else "**missed**"
            self.missed |= verdict != "holds"
            bound = f"{'≥' if at_least else '≤'} {unit(limit)}"
        note = "" if narrow else ", wider than aimed at"
        self.rows.append((what, unit(figure.median), f"{unit(figure.low)} to {unit(figure.high)}",
                          f"{figure.count} {counted}{note}", bound, verdict))

    def add_none(self, what, reason, verdict=""):
        """Adds a row for something that was not measured."""
        self.rows.append((what, reason, "", "", "", verdict))

    def add_failure(self, what, failure):
        say(f"error: {failure}")
        self.failed = True
        self.add_none(what, str(failure).replace("|", " ")[:200], "**failed**")

    def text(self):
        head = ("measured", "median", self.spread, "from", "limit", "verdict")
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


def sn_cost(sides, net, table, limit, steps=None, seconds=None):
    more = ["--sn-cost"] + (["--steps", str(steps)] if steps else [])
    report = line_of(sides.our_bench(net, *more), seconds)
    figure = Figure.__new__(Figure)
    figure.count, figure.median = report["pairs"], report["sn_cost"]
    figure.low, figure.high = report["sn_cost_low"], report["sn_cost_high"]
    say(f"{net}, cost of SN: {figure.median:.4f} [{figure.low:.4f}, {figure.high:.4f}]")
    table.add(f"`{net}`: cost of spectral normalization, ours", figure, percent, limit,
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
    """The time from the start of a headless run of `digits` to the line of its first step, after which it is ended."""
    with tempfile.TemporaryDirectory() as folder:
        command = [binary, "run", "digits", "--log", "json", "--log-every", "1", "--steps", "1000",
                   "--device", "cpu", "--threads", str(count), "--quiet", "--out", os.path.join(folder, "run")]
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


def speed_on_card(sides, a, table, started):
    """Measures rounds of a pair of each network, TF32 separately; returns them with the name of the card."""
    units = [(net, False) for net in a.networks] + [("cifar", True)] * ("cifar" in a.networks and a.tf32)
    pairs_of, failures, taken, card = {unit: [] for unit in units}, {}, {}, "unknown card"
    for count in range(a.pairs_max):
        for unit in units:
            begun = time.perf_counter()
            late = begun - started + taken.get(unit, 0.0) > a.seconds
            if a.ended or unit in failures or count > 0 and late:
                continue
            try:
                if count % 2 == 0:
                    ours = sides.ours_on_card(*unit)
                    peers = sides.peer_on_card(*unit)
                else:
                    peers = sides.peer_on_card(*unit)
                    ours = sides.ours_on_card(*unit)
                for peer in peers.values():
                    if "error" not in peer:
                        same_work(ours, peer)
            except (Failure, OSError) as failure:
                if not a.ended:
                    failures[unit] = failure
                continue
            taken[unit] = time.perf_counter() - begun
            card = ours["device"]
            pairs_of[unit].append((ours, peers))
            said = ", ".join(f"{mode} {peer.get('step_ms_median')} ms" for mode, peer in peers.items())
            say(f"{unit[0]}{', TF32' if unit[1] else ''}: pair {count + 1}: ours {ours['step_ms_median']} ms, {said}")
    for unit in units:
        rows_of(unit, pairs_of[unit], failures.get(unit), table)
    if "cifar" in a.networks and not a.tf32:
        table.add_none("`cifar` with TF32: step, ours / PyTorch", "not available")
    return card


def rows_of(unit, made, failure, table):
    """A row for each mode of PyTorch."""
    net, tf32 = unit
    name = f"`{net}`{' with TF32' if tf32 else ''}: step, ours / PyTorch"
    if failure:
        table.add_failure(name, failure)
    elif not made:
        table.add_failure(name, "no time was left for it")
    if not made:
        return
    for mode in CARD_MODES[net]:
        errors = [peers[mode]["error"] for _, peers in made if "error" in peers[mode]]
        if errors:
            table.add_failure(f"{name} {mode}", f"{net}: PyTorch {mode}: {errors[0]}")
            continue
        figure = Figure([ours["step_ms_median"] / peers[mode]["step_ms_median"] for ours, peers in made])
        own = statistics.median(ours["step_ms_median"] for ours, _ in made)
        other = statistics.median(peers[mode]["step_ms_median"] for _, peers in made)
        limit = None if tf32 else CARD_LIMIT.get(unit[:1] + (mode,))
        table.add(f"{name} {mode} ({own:.3g} ms / {other:.3g} ms)", figure, ratio, limit, whole=True)
    ours, peers = made[-1]
    held = ", ".join(f"{mode} {peer['peak_device_memory_mb']}" for mode, peer in peers.items() if "error" not in peer)
    say(f"{net}: {ours['gflop']} GFLOP a step, {ours['step_gflops']:.0f} GFLOP/s; memory of the card in MB: ours "
        f"{ours['device_memory_mb']}, PyTorch {held}; of ours a step: {ours['graphs']} graphs of {ours['graph_nodes']} "
        f"nodes, {ours['launches']} launches")


def on_card(sides, a):
    """The comparison on a GPU."""
    started, load, card = time.perf_counter(), os.getloadavg()[0], "GPU"
    a.tf32, a.ended = sides.has_tf32(), False
    table = Table("least to greatest")
    # If the script is ended early, it still prints the table of what was measured.
    signal.signal(signal.SIGTERM, lambda *_: setattr(a, "ended", True))
    if "speed" in a.measure:
        card = speed_on_card(sides, a, table, started)
    if "sn" in a.measure:
        for net in a.networks:
            try:
                if a.ended:
                    raise Failure("no time was left for it")
                steps = a.steps or CARD_SN_STEPS[net]
                sn_cost(sides, net, table, CARD_SN_LIMIT, steps, CARD_SN_SECONDS)
            except (Failure, OSError) as failure:
                table.add_failure(f"`{net}`: cost of spectral normalization, ours", failure)
    print(table.text(), flush=True)
    print()
    driver = output_of(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]).splitlines()[0]
    print(f"{card}, driver {driver}; {machine(sides, load)}")
    return 2 if table.failed else 1 if table.missed else 0


def output_of(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        return done.stdout.strip() or "unknown"
    except OSError:
        return "unknown"


def machine(sides, load):
    """The machine and the versions of the measurement."""
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
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="where both sides train")
    parser.add_argument("--measure", help=f"which of {', '.join(MEASURES)}; on a GPU of {', '.join(CARD_MEASURES)}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs-max", type=int, help="40; on a GPU 3")
    parser.add_argument("--steps", type=int, help="timed steps of one side of a pair, of all networks")
    parser.add_argument("--seconds", type=float, default=170, help="on a GPU: no pair but the first ends later")
    a = parser.parse_args()
    cuda = a.device == "cuda"
    a.networks = a.networks or NETWORKS
    a.measure = a.measure.split(",") if a.measure else CARD_MEASURES if cuda else MEASURES[:-1]
    a.pairs_max = a.pairs_max or (CARD_PAIRS if cuda else 40)
    for given, known in [(a.networks, NETWORKS), (a.measure, CARD_MEASURES if cuda else MEASURES)]:
        for name in given:
            if name not in known:
                parser.error(f"{name} is none of {', '.join(known)}")
    if a.pairs_max < PAIRS_MIN and not cuda:
        parser.error(f"--pairs-max under {PAIRS_MIN} gives no interval")
    return a


def main():
    a = arguments()
    sides = Sides(a.python, a.binary, a.threads, a.device, a.steps)
    if a.device == "cuda":
        return on_card(sides, a)
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"warning: other work runs on this machine (load {load:.1f}): the figures will not mean much")
    table, reports = Table(), {}
    try:
        for net in a.networks:
            if "speed" in a.measure:
                reports[net] = speed(sides, net, a, table)
            if "sn" in a.measure:
                sn_cost(sides, net, table, SN_LIMIT[net], a.steps)
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
