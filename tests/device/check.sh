#!/bin/bash
# Checks on a GPU in one call and without cargo: tests, determinism, kill and resume, whole runs with their scores,
# memory, and speed compared with PyTorch. See usage below.
set -u

# shellcheck disable=SC2016
usage='usage: check.sh [--rehearse] BINARY [TESTS [PYTHON]]
  BINARY      sn-tui, built with --release; or a folder that holds it and the test binaries
  TESTS       a folder with the executables of cargo test: backends, golden, trainer, device, with or without
              cargo'\''s number at the end (-1a2b…), the newest of each [default: deps beside BINARY]
  PYTHON      a Python with PyTorch; without one or without its CUDA that part is skipped [default: python3]
  --rehearse  a few steps of small networks, for the double: tests/rig/run tests/device/check.sh --rehearse …
Logs and the table go to $OUT where it is set, else to a new folder, which is named at the end. On a card it takes 8
minutes at most. Exit code: 0 all holds (what is skipped says so in the table), 1 something does not, 2 wrong arguments.
The paths that cargo compiled into the tests need not be there: golden files are those of this working tree, and where
the program that the device tests start is missing, a link to BINARY stands there while they run.'

fail() {
    echo "$*" >&2
    exit 1
}

wrong() {
    printf 'check.sh: %s\n\n%s\n' "$1" "$usage" >&2
    exit 2
}

# ---- Functions for all parts

# Sets the text of a part in the table; a later call replaces it.
say() {
    echo "$*"
    printf '%s' "$*" >"$CHECK_WORK/said"
}

skip() {
    say "$*"
    exit 77
}

# Trains on the GPU. Arguments: a name for the run's folder and log in the working folder, then arguments of `run`.
train() {
    local name=$1
    shift
    echo "+ run $* ($name)"
    "$CHECK_BINARY" run "$@" --device cuda --headless --log json --quiet --out "$CHECK_WORK/$name" \
        >"$CHECK_WORK/$name.jsonl" || fail "run $*: exit code $?"
    tail -n 1 "$CHECK_WORK/$name.jsonl"
}

# Prints a value of the JSON object on the last line of a file.
value() {
    tail -n 1 "$1" | grep -oE "\"$2\": ?(\"[^\"]*\"|[^,}]*)" | tail -n 1 | sed -E 's/^"[^"]*": ?//; s/"//g'
}

hash_of() {
    value "$CHECK_WORK/$1.jsonl" weights_sha256
}

# Whether an arithmetic condition holds.
holds() {
    awk "BEGIN { exit !($1) }"
}

# Sets `short` to settings that make a network small on the double; empty on a card.
shorten() {
    case $1$CHECK_REHEARSE in
    ringyes) short=(--set batch=8) ;;
    digitsyes) short=(--set batch=2 --set scores.count=16 --set samples.count=4) ;;
    *) short=() ;;
    esac
}

# Prints the path of the newest executable of a test.
test_binary() {
    local found newest=
    for found in "$CHECK_TESTS/$1" "$CHECK_TESTS/$1"-*; do
        if [ -f "$found" ] && [ -x "$found" ] && { [ -z "$newest" ] || [ "$found" -nt "$newest" ]; }; then
            newest=$found
        fi
    done
    echo "$newest"
}

memory_used() {
    nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits 2>/dev/null | head -n 1 | tr -d ' '
}

# Prints a string value of a JSON file of many lines.
value_in() {
    sed -nE "s/.*\"$2\": *\"([^\"]*)\".*/\1/p" "$1" | head -n 1
}

# Reports the card, its driver, NVRTC, and the time of a first start.
part_card() {
    local driver=unknown start end about known
    if command -v nvidia-smi >/dev/null; then
        nvidia-smi
        driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1)
    elif [ -n "${RIG_NVCC:-}" ]; then
        driver="the double"
    fi
    "$CHECK_BINARY" --version
    start=$(date +%s%N)
    train first ./tests/tiny.ron --steps 1
    end=$(date +%s%N)
    about=$CHECK_WORK/first/run.json
    cat "$about"
    known=", $(value_in "$about" compiler)"
    sed -nE 's/.*"device": *"([^"]*)".*/\1/p' "$about" >"$CHECK_WORK/card"
    [ -s "$CHECK_WORK/card" ] || echo "unknown card" >"$CHECK_WORK/card"
    printf '%s, driver %s%s' "$(cat "$CHECK_WORK/card")" "$driver" "$known" >"$CHECK_WORK/machine"
    case $(cat "$CHECK_WORK/card") in
    cuda:*) ;;
    *) fail "the run was made on $(cat "$CHECK_WORK/card")" ;;
    esac
    say "$(cat "$CHECK_WORK/machine"); a run of one step took $(((end - start) / 1000000)) ms"
}

# Whether the device tests find the program that they start.
started() {
    ! "$1" --exact a_gpu_that_is_not_there_is_a_sentence 2>&1 | grep -q 'kind: NotFound'
}

# Makes a link to the program where the device tests look for it. The path found in their executable may have other
# text before it, so each of its suffixes is tried.
stand_in() {
    local path=$2
    trap 'unlinked' EXIT
    trap 'exit 143' TERM
    while [ -n "$path" ]; do
        linked=$path
        mkdir -p "$(dirname "$path")" && ln -s "$CHECK_BINARY" "$path" && started "$1" && return
        unlinked
        path=${path#/*/}
        case $path in /*) break ;; */*) path=/$path ;; *) path= ;; esac
    done
    say "the tests start a program at ${2:-a path that was not found in them}, and no link could be made there"
    return 1
}

unlinked() {
    if [ -L "${linked:-}" ]; then
        rm -f "$linked"
        rmdir -p "$(dirname "$linked")" 2>/dev/null
    fi
}

# Runs a test binary as cargo would, in the root of the working tree.
part_test() {
    local name=$1 binary rc built='' note=''
    binary=$(test_binary "$name")
    [ -n "$binary" ] || { say "no executable $name or $name-* in $CHECK_TESTS"; exit 1; }
    export SN_TUI_TEST_GPU=1 SN_TUI_GOLDEN=$PWD/tests/golden PROPTEST_DISABLE_FAILURE_PERSISTENCE=true
    if [ "$name" = device ]; then
        built=$(grep -aoE '/[A-Za-z0-9._+/-]+/(debug|release)/sn-tui' "$binary" | head -n 1)
        if started "$binary"; then
            cmp -s "$built" "$CHECK_BINARY" || note="; of $built, which is another file than $CHECK_BINARY"
        else
            stand_in "$binary" "$built" || exit 1
        fi
    fi
    echo "+ $binary"
    "$binary" 2>&1 | tee "$CHECK_WORK/test"
    rc=${PIPESTATUS[0]}
    say "$(sed -nE 's/^test result: [a-zA-Z]+\. ([0-9]+) passed; ([0-9]+) failed.*/\1 passed, \2 failed/p' \
        "$CHECK_WORK/test" | tail -n 1)$note"
    [ "$rc" = 0 ]
}

# Checks that the same steps give the same hash twice. On the double, the second run uses another order of blocks and
# threads.
part_determinism() {
    local net steps first second said=''
    for net in ring digits; do
        steps=400
        [ "$net" = digits ] && steps=300
        [ -n "$CHECK_REHEARSE" ] && steps=8
        shorten "$net"
        train "$net-1" "$net" --steps "$steps" --log-every 100 "${short[@]}"
        RIG_SHUFFLE=3 train "$net-2" "$net" --steps "$steps" --log-every 100 "${short[@]}"
        first=$(hash_of "$net-1")
        second=$(hash_of "$net-2")
        if [ -z "$first" ] || [ "$first" != "$second" ]; then
            say "$net, $steps steps: $first and $second"
            exit 1
        fi
        said+="${said:+; }$net, $steps steps twice: ${first:0:12}"
    done
    say "$said"
}

# Checks that a killed and resumed run has the hash of an uninterrupted one.
part_resume() {
    local net steps every at line step pid rc whole longer said=''
    for net in ring digits; do
        case $net$CHECK_REHEARSE in
        ring) steps=6000 every=500 at=2750 ;;
        digits) steps=1000 every=100 at=450 ;;
        *) steps=12 every=3 at=5 ;;
        esac
        shorten "$net"
        short+=(--set "checkpoints.every=$every")
        train "$net-whole" "$net" --steps "$steps" --log-every 100 "${short[@]}"
        mkfifo "$CHECK_WORK/$net.pipe"
        "$CHECK_BINARY" run "$net" --steps "$steps" "${short[@]}" --device cuda --headless --log json --quiet \
            --log-every $((at > 100 ? 10 : 1)) --out "$CHECK_WORK/$net-cut" >"$CHECK_WORK/$net.pipe" &
        pid=$!
        exec 3<"$CHECK_WORK/$net.pipe"
        step=0
        while read -r line <&3; do
            case $line in *'"step":'*) ;; *) continue ;; esac
            step=${line#*\"step\":}
            step=${step%%[!0-9]*}
            if [ "$step" -ge "$at" ]; then
                kill -9 "$pid"
                break
            fi
        done
        wait "$pid"
        rc=$?
        exec 3<&-
        echo "killed at step $step: exit code $rc"
        ls "$CHECK_WORK/$net-cut/checkpoints"
        if [ "$rc" != 137 ] || [ -e "$CHECK_WORK/$net-cut/summary.json" ]; then
            say "$net was to be killed at step $at and ended with exit code $rc"
            exit 1
        fi
        echo "+ resume $net-cut --steps $steps"
        "$CHECK_BINARY" resume "$CHECK_WORK/$net-cut" --steps "$steps" --headless --log json --log-every 100 --quiet \
            >"$CHECK_WORK/$net-longer.jsonl" || fail "resume: exit code $?"
        tail -n 1 "$CHECK_WORK/$net-longer.jsonl"
        whole=$(hash_of "$net-whole")
        longer=$(hash_of "$net-longer")
        if [ -z "$whole" ] || [ "$whole" != "$longer" ]; then
            say "$net, $steps steps: whole $whole, killed at $step and resumed $longer"
            exit 1
        fi
        said+="${said:+; }$net, killed at $step of $steps: ${whole:0:12}"
    done
    say "$said"
}

# Trains a preset to its end and checks its scores.
part_whole() {
    local net=$1 log rate
    shorten "$net"
    [ -n "$CHECK_REHEARSE" ] && short+=(--steps 6)
    train "$net-end" "$net" --log-every 500 "${short[@]}"
    log=$CHECK_WORK/$net-end.jsonl
    rate=$(awk "BEGIN { printf \"%.4g\", $(value "$log" steps_per_second) }")
    local said
    said="$(value "$log" steps) steps, $rate a second"
    [ "$(value "$log" stopped)" = "done" ] || { say "$said; stopped: $(value "$log" stopped)"; exit 1; }
    local modes quality kl score distance limit
    case $net in
    ring)
        modes=$(value "$log" modes) quality=$(value "$log" high_quality) kl=$(value "$log" reverse_kl)
        said+="; $modes of $(value "$log" modes_total) modes, high quality $quality, reverse KL $kl"
        limit="8 modes, at least 0.95, at most 0.07"
        holds "$modes == 8 && $quality >= 0.95 && $kl <= 0.07"
        ;;
    digits)
        score=$(value "$log" classifier_score) distance=$(value "$log" frechet)
        said+="; classifier score $score, Fréchet distance $distance"
        limit="at least 6, at most 220"
        holds "$score >= 6 && $distance <= 220"
        ;;
    esac
    local good=$?
    if [ -n "$CHECK_REHEARSE" ]; then
        say "$said; not judged after so few steps"
    else
        say "$said (asked for: $limit)"
        [ "$good" = 0 ]
    fi
}

# Checks the device memory of a training run, as counted by the program and by the driver.
part_memory() {
    local net=ring few=1000 many=20000 every=500 steps held said count=0 base=0 most=0 pid line step used rss start
    if [ -n "$CHECK_REHEARSE" ]; then
        net=./tests/tiny.ron few=20 many=60 every=10
    fi
    held=
    for steps in "$few" "$many"; do
        echo "+ bench $net --steps $steps"
        "$CHECK_BINARY" bench "$net" --device cuda --json --steps "$steps" >"$CHECK_WORK/bench.json" ||
            fail "bench: exit code $?"
        cat "$CHECK_WORK/bench.json"
        held+="${held:+ }$(value "$CHECK_WORK/bench.json" device_memory_mb)"
        if [ "$(value "$CHECK_WORK/bench.json" allocations)" != 0 ]; then
            say "a step allocates memory of the device"
            exit 1
        fi
    done
    said="the program holds ${held% *} MB after $few steps, ${held#* } MB after $many"
    [ "${held% *}" = "${held#* }" ] || { say "$said"; exit 1; }

    start=$(date +%s%N)
    used=$(memory_used)
    # Enough steps for at least twenty readings, even if nvidia-smi is slow.
    many=$(awk -v taken=$(($(date +%s%N) - start)) -v step="$(value "$CHECK_WORK/bench.json" step_ms_median)" \
        -v least="$many" 'BEGIN {
            n = 20 * taken / 1e6 / step
            printf "%d", (n > 100000 ? 100000 : n > least ? n : least)
        }')
    case $used in
    '' | *[!0-9]*)
        say "$said; the driver's own count was not to be had"
        exit 0
        ;;
    esac
    echo "+ run $net --steps $many, watched; before it the card holds $used MiB"
    mkfifo "$CHECK_WORK/memory.pipe"
    "$CHECK_BINARY" run "$net" --steps "$many" --device cuda --headless --log json \
        --log-every "$every" --quiet --out "$CHECK_WORK/memory" >"$CHECK_WORK/memory.pipe" &
    pid=$!
    exec 3<"$CHECK_WORK/memory.pipe"
    while read -r line <&3; do
        case $line in *'"step":'*) ;; *) continue ;; esac
        step=${line#*\"step\":}
        step=${step%%[!0-9]*}
        used=$(memory_used)
        rss=$(awk '/^VmRSS/ { printf "%d", $2 / 1000 }' "/proc/$pid/status" 2>/dev/null)
        # A reading after the end of the run does not count.
        [ -n "$rss" ] && [ -n "$used" ] || continue
        echo "step $step: card $used MiB, program's memory of the host $rss MB"
        if [ "$step" -le "$few" ]; then
            [ "$used" -gt "$base" ] && base=$used
        else
            count=$((count + 1))
            [ "$used" -gt "$most" ] && most=$used
        fi
    done
    exec 3<&-
    wait "$pid" || fail "run: exit code $?"
    said+="; card $base MiB after $few steps, $most at most until $many ($count readings)"
    say "$said"
    [ "$base" -gt 0 ] && [ "$count" -gt 0 ] && [ "$most" -le "$base" ]
}

# Compares the speed with PyTorch's, and measures the cost of spectral normalization.
part_compare() {
    local rc reason less=()
    command -v "$CHECK_PYTHON" >/dev/null || skip "there is no $CHECK_PYTHON"
    "$CHECK_PYTHON" -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)' ||
        skip "$CHECK_PYTHON has no torch"
    reason=$("$CHECK_PYTHON" -c '
import torch
print("" if torch.cuda.is_available() else f"torch {torch.__version__} finds no GPU")' 2>&1 | tail -n 1)
    [ -z "$reason" ] || skip "$reason"
    # The rest of the time is for the cost of spectral normalization and the last pair.
    local seconds=$((CHECK_SECONDS - 80))
    seconds=$((seconds > 170 ? 170 : seconds < 20 ? 20 : seconds))
    # When the time is over, compare.py prints what it has, within five seconds.
    trap : TERM
    [ -n "$CHECK_REHEARSE" ] && less=(--steps 10 --pairs-max 1 --measure speed ring)
    "$CHECK_PYTHON" benches/compare.py --python "$CHECK_PYTHON" --binary "$CHECK_BINARY" --device cuda \
        --seconds "$seconds" "${less[@]}" \
        >"$CHECK_WORK/compare.md"
    rc=$?
    cat "$CHECK_WORK/compare.md"
    case $rc in
    0) say "all limits hold" ;;
    1) say "a limit is missed" ;;
    *) say "compare.py: exit code $rc" ;;
    esac
    return "$rc"
}

# ---- The script called by itself, for one part

case ${CHECK_PART:-} in
'') ;;
card) part_card; exit ;;
test\ *) part_test "${CHECK_PART#* }"; exit ;;
determinism) part_determinism; exit ;;
resume) part_resume; exit ;;
whole\ *) part_whole "${CHECK_PART#* }"; exit ;;
memory) part_memory; exit ;;
compare) part_compare; exit ;;
*) fail "there is no part $CHECK_PART" ;;
esac

# ---- All parts

rehearse=
if [ "${1:-}" = --rehearse ]; then
    rehearse=yes
    shift
fi
case ${1:-} in
-h | --help)
    echo "$usage"
    exit 0
    ;;
-*) wrong "$1 is no option" ;;
esac
[ $# -ge 1 ] && [ $# -le 3 ] || wrong "one to three arguments are needed"

absolute() {
    (cd "$(dirname "$1")" 2>/dev/null && printf '%s/%s' "${PWD%/}" "$(basename "$1")")
}

binary=$(absolute "$1")
tests=${2:-}
if [ -d "$binary" ]; then
    tests=${tests:-$binary}
    binary=$binary/sn-tui
fi
[ -x "$binary" ] || wrong "there is no program $1"
tests=$(absolute "${tests:-$(dirname "$binary")/deps}")
[ -d "$tests" ] || wrong "there is no folder ${2:-$tests}"
python=${3:-python3}
case $python in */*) python=$(absolute "$python") ;; esac

script=$(absolute "$0")
cd "$(dirname "$script")/../.." || exit 1
logs=${OUT:-$(mktemp -d "${TMPDIR:-/tmp}/sn-tui-check.XXXXXX")}
mkdir -p "$logs" || exit 1
logs=$(absolute "$logs")
work=$(mktemp -d "${TMPDIR:-/tmp}/sn-tui-work.XXXXXX")
child=
trap 'rm -rf "$work"' EXIT
trap '[ -n "$child" ] && kill -TERM "$child"; exit 130' INT TERM

export CHECK_BINARY=$binary CHECK_TESTS=$tests CHECK_PYTHON=$python CHECK_WORK=$work CHECK_REHEARSE=$rehearse
export CHECK_PART CHECK_SECONDS
begun=$SECONDS failed=0
rows=()

# Runs one part. Arguments: its name in the table, its time limit in seconds, its log, the function and its argument.
part() {
    local title=$1 limit=$2 log=$logs/$3.txt rc start=$SECONDS said verdict left
    shift 3
    # The table must be complete within eight minutes. The double is slow and has its own limit.
    left=$((470 - (SECONDS - begun)))
    if [ -n "$rehearse" ]; then
        limit=900
    elif [ "$limit" -gt "$left" ]; then
        limit=$left
    fi
    : >"$work/said"
    printf '%s …\n' "$title" >&2
    if [ "$limit" -lt 5 ]; then
        rc=124
    else
        CHECK_PART="$*" CHECK_SECONDS=$limit timeout -k 5 "$limit" bash "$script" >>"$log" 2>&1 &
        child=$!
        wait "$child"
        rc=$?
        child=
    fi
    said=$(tr '\n|' '  ' <"$work/said")
    case $rc in
    0) verdict=holds ;;
    77) verdict=skipped ;;
    124 | 137) verdict="**failed**" said="not done after $limit s${said:+; $said}" ;;
    *) verdict="**failed**" said=${said:-$(tail -n 1 "$log" | tr '|' ' ')} ;;
    esac
    [ "$verdict" = "**failed**" ] && failed=1
    rows+=("| $title | $verdict | $((SECONDS - start)) | $said |")
    printf '%s: %s (%s s) %s\n' "$title" "$verdict" "$((SECONDS - start))" "$said" >&2
}

part "the card" 40 card card
for name in backends golden trainer device; do
    part "tests \`$name\` on it" 60 tests test "$name"
done
part "two runs, one hash" 40 determinism determinism
part "killed and resumed" 60 resume resume
part "\`ring\` to its end" 60 runs whole ring
part "\`digits\` to its end" 60 runs whole digits
part "memory over 20,000 steps" 60 memory memory
part "beside PyTorch" 300 compare compare

{
    printf '| on %s, %s%s | verdict | seconds | seen |\n' \
        "$(cat "$work/machine" 2>/dev/null || echo "an unknown card")" "$(date +%F)" "${rehearse:+, a rehearsal}"
    printf '| --- | --- | ---: | --- |\n'
    printf '%s\n' "${rows[@]}"
    # Columns of compare.py's table: measured, median, spread, from, limit, verdict.
    [ -s "$work/compare.md" ] && awk -F ' *[|] *' 'NF == 8 && NR > 2 {
        seen = $3; if ($4 != "") seen = seen " (" $4 ", " $5 ")"; if ($6 != "") seen = seen ", asked for " $6
        print "| " $2 " | " $7 " | | " seen " |"
    }' "$work/compare.md"
    printf '\n%s s in all; %s; logs in %s\n' "$((SECONDS - begun))" "$("$binary" --version)" "$logs"
} >"$logs/table.md"
cat "$logs/table.md"
exit "$failed"
