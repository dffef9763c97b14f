"""What many cases cost: goal, measured and against what, as one Markdown table. Started by ci/bench.

    suite_bench.py BUILD [--only TEXT]

Costs are processor time (user and system, of the program and all its children), so that they say
the same on a busy machine; a case's cost is what --repeat adds for each repetition. Figures in
seconds of the clock mean what they say only on a machine that does nothing else.
To add a row: one function in ROWS.
"""

import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CASES = {  # a small checkpoint onto a GPU
    "cpp": "c2-one-step/archive-cuda0/2xh200/cpp/map-location=cuda:0",
    "python": "c2-one-step/state-dict-cuda0/2xh200/python/map-location=cuda:0",
}


class Ran:
    """One run of the program: seconds of the clock, of processors, of the program alone, and the
    peak of its resident memory in MiB."""

    def __init__(self, build, *arguments, environment=None, cores=None):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        process = subprocess.Popen([build / "bin/portcullis", *map(str, arguments)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, **(environment or {})},
                                   preexec_fn=cores and (lambda: os.sched_setaffinity(0, cores)))
        self.own = self.peak = 0
        while process.poll() is None:
            self._look(process.pid)
            time.sleep(0.01)
        self.wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if process.returncode not in (0, 1):
            raise SystemExit(f"portcullis {arguments}: exit code {process.returncode}")
        self.findings = process.returncode

    def _look(self, pid):
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        self.own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak = max(self.peak, int(line.split()[1]) / 1024)


def cost(build, language, times, *arguments):
    """Processor seconds of one more case; the median of three."""
    def once():
        one, many = (Ran(build, "run", "--filter", CASES[language], "-j", "1", "--repeat", n,
                         *arguments).processor for n in (1, 1 + times))
        return (many - one) / times
    return statistics.median(once() for _ in range(3))


def rate(build, language, goal, goal_ratio, warm_times, fresh_times):
    warm = cost(build, language, warm_times)
    fresh = cost(build, language, fresh_times, "--isolate")
    return (f"{language}: cases a second and core", f"≥ {goal}, ≥ {goal_ratio} × fresh",
            f"{1 / warm:.0f}, {fresh / warm:.0f} ×",
            f"a fresh process: {1 / fresh:.1f} ({fresh * 1e3:.0f} ms; warm {warm * 1e3:.1f} ms)")


def cpp(build):
    return rate(build, "cpp", 150, 40, 300, 8)


def python(build):
    return rate(build, "python", 40, 50, 100, 3)


def suite(build):
    Ran(build, "run", "--shard", "1/50", "-j", "2")  # the checkpoints are there, and in the cache
    ran = Ran(build, "run", "-j", "2")
    return ("the default suite on 2 cores", "< 30 s", f"{ran.wall:.1f} s",
            f"processor time for 2 cores: {ran.processor / 2:.1f} s each")


def overhead(build):
    ran = Ran(build, "run", "-j", "2")
    return ("harness, of the loaders' own time", "< 10 %",
            f"{100 * ran.own / (ran.processor - ran.own):.1f} %",
            f"processor time: {ran.own:.2f} s of harness, {ran.processor - ran.own:.1f} s of loaders")


def from_one_to_two_cores(build, name, goal, *arguments):
    here = sorted(os.sched_getaffinity(0))
    if len(here) < 2:
        return (name, goal, "not measured", "this machine has one core")

    def ratio():
        walls.append([Ran(build, "run", *arguments, "-j", count, cores=set(here[:count])).wall
                      for count in (1, 2)])
        return walls[-1][0] / walls[-1][1]
    walls = []
    middle = statistics.median(ratio() for _ in range(3))
    return (name, goal, f"{middle:.2f} ×",
            f"{walls[0][0]:.1f} s and {walls[0][1]:.1f} s; load {os.getloadavg()[0]:.1f}")


def cores(build):
    return from_one_to_two_cores(build, "1 to 2 cores, the default suite", "≥ 1.8 ×")


def busy_cores(build):  # what of that is left where no case waits
    return from_one_to_two_cores(build, "1 to 2 cores, cases that only compute", "none",
                                 "--filter", "2xh200*/cpp/", "--repeat", 10)


def many_cases(folder, count):
    """A data folder whose C++ loader answers at once, and a scenario of so many cases."""
    build = pathlib.Path(sys.argv[1]).resolve()
    rows = [row for row in json.loads((build / "runtimes.json").read_text())
            if row["family"] == "cpp"]
    for row in rows:
        row["loader"] = [str(build / "tests/bench/bench_loader")]
        row["maker"] = [str(build / word) for word in row["maker"]]
        row["standins"] = str(build / row["standins"])
    (folder / "runtimes.json").write_text(json.dumps(rows))
    for name in ("fixtures", "scenarios"):
        (folder / name).symlink_to(SOURCE / name)
    masks = ", ".join(f'"{n}"' for n in range(count // 10))
    strategies = [f"map-location=cuda:{n}" for n in range(10)]
    (folder / "many.yaml").write_text(
        "why: many cases\nmatrix:\n  checkpoint: archive-cuda0\n"
        "  host: no-driver\n"
        f"  mask: [{masks}]\n  runtime: cpp\n  strategy: [{', '.join(strategies)}]\n"
        "expect:\n  - {raises: no-driver}\n")
    return {"PORTCULLIS_DATA": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}


def memory(build):
    count = int(os.environ.get("PORTCULLIS_BENCH_CASES", 100_000))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = many_cases(folder, count)
        ran = Ran(build, "run", folder / "many.yaml", "-j", "2", "--json", folder / "r.ndjson",
                  "--junit", folder / "j.xml", environment=environment)
        written = (folder / "r.ndjson").stat().st_size / 2**20
    return (f"resident memory at {count:,} cases", "< 64 MiB", f"{ran.peak:.0f} MiB",
            f"{written:.0f} MiB of results; {ran.wall:.0f} s, "
            f"{ran.own / count * 1e3:.2f} ms of harness a case")


ROWS = {"cpp": cpp, "python": python, "suite": suite, "overhead": overhead, "cores": cores,
        "busy-cores": busy_cores, "memory": memory}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    text = sys.argv[3] if sys.argv[2:3] == ["--only"] else ""
    table = []
    for name in [name for name in ROWS if text in name]:
        print(f"measuring {name} …", file=sys.stderr)
        table.append(ROWS[name](build))
    if table:
        for row in [("many cases", "goal", "measured", "against"), ("---",) * 4, *table]:
            print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
