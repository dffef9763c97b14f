"""What the simulated CUDA runtime costs, of one run of simcuda_bench: goal, measured and against what,
as a Markdown table. Started by ci/bench.

    simcuda_table.py SIMCUDA_BENCH [--only TEXT]

Every figure is the median of several ratios of processor times that were taken in turn.
To add a row: one line in ROWS."""

import json
import subprocess
import sys

REPETITIONS = 5
SECONDS = 0.2  # of each


def of_memcpy(figures):
    return f"{100 * figures['of_memcpy']:.1f} %", f"memcpy; {figures['bytes_per_second'] / 1e9:.1f} GB/s"


def overhead(figures):
    return f"{figures['overhead_percent']:.1f} %", "the bare moving of the same bytes"


def nanoseconds(figures):
    return f"{figures['cpu_time']:.0f} ns", ""


# What, goal, benchmark, and what its figures say. 64 KiB that are copied again and again stay in the
# processor's cache, where moving them takes half a microsecond: no load does that, so it has no goal.
ROWS = (
    ("copies host→device, 16 MiB", "≥ 90 %", "HostToDevice/KiB:16384", of_memcpy),
    ("copies host→device, 512 MiB", "≥ 90 %", "HostToDevice/KiB:524288", of_memcpy),
    ("copies device→host, 16 MiB", "≥ 90 %", "DeviceToHost/KiB:16384", of_memcpy),
    ("copies device→host, 512 MiB", "≥ 90 %", "DeviceToHost/KiB:524288", of_memcpy),
    ("copies into new memory, 16 MiB", "≥ 90 %", "HostToNewDevice/KiB:16384", of_memcpy),
    ("a load of 512 MiB in copies of 64 KiB", "≥ 90 %", "LoadOf512MiB/copies:8192", of_memcpy),
    ("the same 64 KiB again and again", "none", "HostToDevice/KiB:64", of_memcpy),
    ("record and checks, 512 MiB in 1 copy", "< 5 %", "LoadOf512MiB/copies:1", overhead),
    ("record and checks, 512 MiB in 256 copies", "< 5 %", "LoadOf512MiB/copies:256", overhead),
    ("record and checks, 512 MiB in 8192 copies", "< 5 %", "LoadOf512MiB/copies:8192", overhead),
    ("a call that is written down", "none", "CallThatIsWrittenDown", nanoseconds),
    ("a call that only asks", "none", "CallThatOnlyAsks", nanoseconds),
)


def measure(program, names):
    """{benchmark: figures}, medians."""
    done = subprocess.run(
        [program, f"--benchmark_filter=^({'|'.join(sorted(names))})(/|$)", "--benchmark_format=json",
         f"--benchmark_repetitions={REPETITIONS}", f"--benchmark_min_time={SECONDS}",
         "--benchmark_report_aggregates_only=true"], check=True, stdout=subprocess.PIPE)
    return {figures["run_name"].removesuffix("/manual_time"): figures
            for figures in json.loads(done.stdout)["benchmarks"]
            if figures["aggregate_name"] == "median"}


def main():
    text = sys.argv[3] if sys.argv[2:3] == ["--only"] else ""
    rows = [row for row in ROWS if text in f"simcuda {row[0]}"]
    if not rows:
        return
    print("measuring the simulated runtime …", file=sys.stderr)
    figures = measure(sys.argv[1], {name for _, _, name, _ in rows})
    print("| simulated runtime | goal | measured | against |")
    print("| --- | --- | --- | --- |")
    for what, goal, name, say in rows:
        print("| " + " | ".join((what, goal, *say(figures[name]))) + " |")


if __name__ == "__main__":
    main()
