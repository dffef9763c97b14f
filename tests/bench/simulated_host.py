"""Owns: becoming a simulated host before a benchmark: simulated_host.py SCRIPT [ARGUMENT…]"""

import os
import pathlib
import runpy
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration" / "simcuda"))
import host_file  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    for variable, write in (("HOST", lambda path: host_file.write_host(path, [host_file.device()])),
                            ("RECORD", host_file.write_record)):
        path = os.path.join(folder, variable)
        write(path)
        os.environ[f"PORTCULLIS_SIM_{variable}"] = path
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
