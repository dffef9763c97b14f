"""The pytest plugin: tests that run on a simulated host.

    @pytest.mark.portcullis(host="2xh200", mask="1")    this test, in a child on that host
    pytest --portcullis-host 2xh200                     the whole suite on that host

Owns: starting such children with `portcullis exec` and giving their reports back as pytest's own;
the fixture portcullis_flight, with which a test asks what has been copied where. Imports nothing
of PyTorch.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import pytest

INSIDE = "PORTCULLIS_PYTEST_HOST"      # set in a child: the host that it is on
REPORTS = "PORTCULLIS_PYTEST_REPORTS"  # where the child of one test writes its reports
RECORD = "PORTCULLIS_SIM_RECORD"       # the flight record of a simulated host
DESCRIPTION = "PORTCULLIS_SIM_HOST"    # that host


class Host:
    """What `portcullis exec` is told of the host: a mark's or the command line's words."""

    def __init__(self, host, mask=None, faults=(), compute=False):
        self.host, self.mask, self.faults, self.compute = host, mask, tuple(faults), compute

    def command(self, program, words):
        command = [program, "exec", "--host", self.host]
        if self.mask is not None:
            command += ["--mask", self.mask or "empty"]
        for fault in self.faults:
            command += ["--fault", fault]
        if self.compute:
            command.append("--compute")
        return [*command, "--", *words]


def _program(config):
    name = config.getoption("portcullis_program")
    found = shutil.which(name)
    if found is None:
        raise pytest.UsageError(f"portcullis: found no program '{name}' on PATH (pip install "
                                "portcullis, or name it with --portcullis-program)")
    return found


def pytest_addoption(parser):
    group = parser.getgroup("portcullis", "tests on simulated hosts")
    group.addoption("--portcullis-host", metavar="HOST",
                    help="run the whole suite on this host: 2xh200, 2xh200@1, ./mine.yaml")
    group.addoption("--portcullis-mask", metavar="MASK",
                    help="CUDA_VISIBLE_DEVICES there: a value, unset or empty")
    group.addoption("--portcullis-fault", metavar="FAULT", action="append", default=[],
                    help="something that goes wrong there: oom@malloc:2 (may repeat)")
    group.addoption("--portcullis-compute", action="store_true",
                    help="the simulated GPUs compute")
    group.addoption("--portcullis-program", metavar="FILE", default="portcullis",
                    help="the program portcullis (default: the one on PATH)")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "portcullis(host, mask=None, faults=(), compute=False): run this test in a child "
                   "process on a simulated host")
    if os.environ.get(REPORTS):
        config.pluginmanager.register(_ReportWriter(config, os.environ.pop(REPORTS)))


def pytest_cmdline_main(config):
    """The whole suite on a host: this very command again, there."""
    host = config.getoption("portcullis_host")
    if host is None or os.environ.get(INSIDE):
        return None
    where = Host(host, config.getoption("portcullis_mask"), config.getoption("portcullis_fault"),
                 config.getoption("portcullis_compute"))
    words = [sys.executable, "-m", "pytest", *config.invocation_params.args]
    done = subprocess.run(where.command(_program(config), words),
                          cwd=config.invocation_params.dir, env=os.environ | {INSIDE: host})
    return done.returncode


class _ReportWriter:
    """In the child of one test: keeps its reports for the parent, one JSON object a line."""

    def __init__(self, config, path):
        self._config, self._path = config, path

    def pytest_runtest_logreport(self, report):
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(data) + "\n")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    marker = item.get_closest_marker("portcullis")
    if marker is None or os.environ.get(INSIDE):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports_of(item, marker):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _reports_of(item, marker):
    try:
        host = Host(*marker.args, **marker.kwargs)
    except TypeError as error:
        return [_failure(item, f"@pytest.mark.portcullis: {error}; expected host, and perhaps mask, "
                               "faults, compute")]
    return _reports_of_child(item, host)


def _child_words(item):
    """This one test by itself, with the suite's own settings."""
    config = item.config
    _, _, names = item.nodeid.partition("::")
    words = [sys.executable, "-m", "pytest", f"{item.path}::{names}", "--rootdir", str(config.rootpath),
             "-q", "-p", "no:cacheprovider", "--tb", config.getoption("tbstyle")]
    # Named on the command line; an installed plugin (pyproject.toml calls it "portcullis") loads itself.
    if config.pluginmanager.get_name(sys.modules[__name__]) != "portcullis":
        words += ["-p", __name__]
    if config.inipath is not None:
        words += ["-c", str(config.inipath)]
    if config.pluginmanager.hasplugin("xdist"):
        words += ["-n", "0"]
    return words


def _reports_of_child(item, host):
    with tempfile.TemporaryDirectory(prefix="portcullis-pytest-") as folder:
        path = os.path.join(folder, "reports")
        environment = os.environ | {INSIDE: host.host, REPORTS: path}
        done = subprocess.run(host.command(_program(item.config), _child_words(item)),
                              cwd=item.config.invocation_params.dir, env=environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace")
        lines = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
    reports = [item.config.hook.pytest_report_from_serializable(config=item.config,
                                                                data=json.loads(line))
               for line in lines]
    for report in reports:
        report.nodeid, report.location = item.nodeid, item.location
    # A test that ran has a report of its end; otherwise its child was lost before.
    if not any(report.when == "teardown" for report in reports):
        reports.append(_lost(item, host, done))
    return reports


def _lost(item, host, done):
    text = (f"on the host {host.host} the test's process ended with {done.returncode} before the "
            f"test did (128 + n: signal n)\n{done.stdout}")
    return _failure(item, text)


def _failure(item, text):
    return pytest.TestReport(nodeid=item.nodeid, location=item.location, keywords={},
                             outcome="failed", longrepr=text, when="call")


class Flight:
    """What the simulated GPUs of this process's host have done since the fixture was asked for, or
    since forget(). GPUs are numbered as the host counts them, whatever the mask."""

    DIRECTIONS = ("h2d", "d2h", "d2d")

    def __init__(self, program):
        self._program = program
        self._from = 0
        self.forget()

    def calls(self):
        """Every call since then, in order, as `portcullis trace --json` has it."""
        environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        # As `portcullis exec --record` keeps one: the record, and the host behind it.
        with tempfile.NamedTemporaryFile(prefix="portcullis-record-") as whole:
            for part in (RECORD, DESCRIPTION):
                with open(os.environ[part], "rb") as file:
                    shutil.copyfileobj(file, whole)
            whole.flush()
            done = subprocess.run([self._program, "trace", "--json", whole.name], text=True,
                                  capture_output=True, env=environment)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return [event for event in events if event["sequence"] > self._from]

    def forget(self):
        calls = self.calls()
        if calls:
            self._from = calls[-1]["sequence"]

    def copied(self, direction, gpu=None):
        """Bytes copied: direction "h2d", "d2h" or "d2d"; to or from one GPU, or all."""
        if direction not in self.DIRECTIONS:
            raise ValueError(f"found direction {direction!r}, expected one of {self.DIRECTIONS}")
        return sum(event["bytes"] for event in self.calls()
                   if event["point"] == direction and event["result"] == 0
                   and gpu in (None, event["gpu"]))

    def touched(self):
        """The GPUs on which memory was allocated, copied or filled, or a kernel launched."""
        points = {"malloc", "fill", "launch", "operator", *self.DIRECTIONS}
        return {event["gpu"] for event in self.calls() if event["point"] in points}


@pytest.fixture
def portcullis_flight(request):
    """What the simulated GPUs do during this test; skips it where nothing is simulated."""
    if not os.environ.get(RECORD):
        pytest.skip("not on a simulated host (@pytest.mark.portcullis or --portcullis-host)")
    return Flight(_program(request.config))
