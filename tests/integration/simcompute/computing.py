"""Owns: running a function of a test in a child that is a simulated host whose GPUs compute."""

import os
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "simcuda"))
try:
    import torch  # noqa: F401
except ImportError as error:
    print(f"skipped: this Python cannot import torch: {error}")
    sys.exit(77)

from simulated import on_host  # noqa: E402

PLUGIN = os.environ["PORTCULLIS_TEST_PLUGIN"]


def computing(function, **host):
    """As on_host(), and operators compute there."""
    def child():
        # The threads of autograd, one for each device, all mend the thread pool that the fork left
        # broken, and may meet (caffe2::pthreadpool, PyTorch 2.11): mended before there are any.
        torch.set_num_threads(1)
        return function()
    return on_host(child, PORTCULLIS_SIM_COMPUTE=PLUGIN, **host)
