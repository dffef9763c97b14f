"""The Python loader: reads one request, performs its strategy with PyTorch, writes one answer.
With --serve it is a warm loader, whose children do that.

Owns: the order of one case (request, load, move, read back, answer). The messages are those of
protocol.h. PyTorch is imported only after the request has been understood, so a bad one is
refused within milliseconds. Exit codes: 0 answered, 2 a bad request, 3 no PyTorch; with the
reason on standard error.
"""

import contextlib
import gc
import os
import sys
import time
import traceback

from portcullis_loader import flight
from portcullis_loader.answer import AnswerPipe
from portcullis_loader.request import BadRequest, read_request
from portcullis_loader.serve import serve


class CannotRun(Exception):
    """There is no PyTorch here that could load anything."""


class Clock:
    """The phase the loader is in, told to the flight record, and seconds spent in each."""

    def __init__(self, record):
        self.seconds = {phase: 0.0 for phase in flight.PHASES}
        self._record = record
        self._since = None
        self.phase = None

    def enter(self, phase):
        self.stop()
        self.phase = phase
        self._record.enter(phase)
        self._since = time.perf_counter()

    def stop(self):
        if self._since is not None:
            self.seconds[self.phase] += time.perf_counter() - self._since
        self._since = None


def without_words(error):
    """Of an assertion, what was asserted: "AssertionError(): assert isinstance(saved_id, tuple)"."""
    frames = traceback.extract_tb(error.__traceback__)
    asserted = frames[-1].line if frames and isinstance(error, AssertionError) else ""
    return f"{error!r}: {asserted}" if asserted else repr(error)


def describe_error(error):
    text = str(error) or without_words(error)
    if isinstance(error, IndexError):  # says nothing of what was indexed
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        text = f"in {', '.join(frame.name for frame in frames)}: {text}"
    if type(error).__name__ == "SafetensorError":  # "device x is invalid": nothing says who speaks
        text = f"SafetensorError: {text}"
    return {"type": type(error).__name__, "text": text}


def import_torch():
    """PyTorch, and what of the loader needs it."""
    try:
        import torch

        from portcullis_loader import strategies, tensors
    except ImportError as error:
        raise CannotRun(f"cannot import PyTorch: {error}") from None
    return torch, strategies, tensors


def give_back(torch):
    """After an error: what the load had allocated goes back to the GPUs, and whatever is still in
    use by the flight record then was not given back. Not torch.cuda.empty_cache(), which does
    nothing where TorchScript alone has used a GPU. Never initialises CUDA."""
    gc.collect()
    empty_cache = getattr(torch._C, "_cuda_emptyCache", None)
    if empty_cache is not None:
        with contextlib.suppress(Exception):  # a context that an error has ended keeps its memory
            empty_cache()


def perform(request, clock):
    """Performs the request's strategy; the answer as a dict, without protocol and case."""
    torch, strategies, tensors = import_torch()
    answer = {
        "runtime": {
            "language": "python",
            "torch": str(torch.__version__),
            "cuda": torch.version.cuda or "",
        },
        "tensors": [],
        "values": [],
        "error": None,
    }
    try:
        clock.enter("load")
        loaded = strategies.perform(request, clock.enter)
        clock.enter("read-back")
        answer["tensors"] = tensors.describe_tensors(loaded)
        answer["values"] = tensors.describe_values(loaded)
        answer["outcome"] = "loaded"
    except tensors.Unsupported as reason:
        answer.update(outcome="unsupported", tensors=[], error=describe_error(reason))
    except Exception as error:  # whatever PyTorch throws is the observation
        answer.update(outcome="raised", tensors=[], error=describe_error(error))
    clock.stop()
    answer["phase"] = clock.phase
    if answer["outcome"] == "raised":
        loaded = None
        give_back(torch)
    answer["seconds"] = clock.seconds
    return answer


def guarded(work):
    """Exit code of work()."""
    try:
        return work()
    except (BadRequest, CannotRun) as reason:
        print(f"loader.py: {reason}", file=sys.stderr)
        return 2 if isinstance(reason, BadRequest) else 3


def perform_case():
    pipe = AnswerPipe(os.environ)
    request = read_request(sys.stdin.buffer)
    clock = Clock(flight.open_record(os.environ))
    pipe.write(request, perform(request, clock))
    return 0


def prepare(entries):
    """What a case will import that the harness says imports much, once and ahead of it: torch.optim's
    first optimizer, and torch.export.load, import SymPy and half of PyTorch."""
    if b"PORTCULLIS_IMPORTS_MUCH=" in entries and "torch._dynamo" not in sys.modules:
        with contextlib.suppress(ImportError):
            import torch._dynamo  # noqa: F401
        gc.collect()
        gc.freeze()  # as serve() does for what was there before


def serve_cases():
    import_torch()
    with contextlib.suppress(ImportError):  # torch.load imports it at its first use, since 2.7
        import torch.utils.serialization.config  # noqa: F401
    return serve(lambda: guarded(perform_case), prepare)


def main():
    return guarded(serve_cases if sys.argv[1:] == ["--serve"] else perform_case)


if __name__ == "__main__":
    sys.exit(main())
