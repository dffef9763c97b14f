"""Owns: telling the flight record which phase the loader is in.

Offsets and numbers are those of src/simcuda/interface/flight_record.h. Imports nothing of PyTorch.
"""

import mmap
import struct

from portcullis_loader.request import BadRequest

# kRecordVariable, and kHardwareRecordVariable on real GPUs
RECORD_VARIABLES = ("PORTCULLIS_SIM_RECORD", "PORTCULLIS_RECORD")
# Phase::kLoad, kMove, kUse, kReadBack
PHASES = {"load": 1, "move": 2, "use": 4, "read-back": 3}
_PHASE_OFFSET = 8  # offsetof(FlightRecord, phase)


class _NoRecord:
    def enter(self, phase):
        pass


class _Record:
    def __init__(self, path):
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        if len(self._map) < _PHASE_OFFSET + 4:
            raise ValueError(f"{len(self._map)} bytes are too few for a flight record")

    def enter(self, phase):
        struct.pack_into("<I", self._map, _PHASE_OFFSET, PHASES[phase])


def open_record(environment):
    """The flight record named in the environment, or one that ignores everything."""
    variable = next((name for name in RECORD_VARIABLES if environment.get(name)), None)
    if variable is None:
        return _NoRecord()
    path = environment[variable]
    try:
        return _Record(path)
    except (OSError, ValueError) as error:
        raise BadRequest(f"{variable}: cannot map '{path}': {error}") from None
