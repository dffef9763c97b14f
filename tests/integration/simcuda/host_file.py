"""Owns: writing host descriptions and reading flight records for the tests of the simulated runtime.
The layouts are those of src/simcuda/interface/*.h; the program itself writes them in harness/host."""

import pathlib
import re
import struct
import uuid

INTERFACE = pathlib.Path(__file__).resolve().parents[3] / "src" / "simcuda" / "interface"


def constant(header, name):
    """A number that a header of the interface defines."""
    text = (INTERFACE / header).read_text(encoding="utf-8")
    return int(re.search(rf"\b{name} = (\d+);", text)[1])


DEVICE = "128s16sQ12iQ"  # DeviceDescription
RULE_BYTES = 256  # FaultRule
EVENT_BYTES = 64  # CallEvent
MAX_DEVICES = constant("host_description.h", "kMaxDevices")
HOST_VERSION = constant("host_description.h", "kHostVersion")
RECORD_VERSION = constant("flight_record.h", "kRecordVersion")
PHASES = constant("flight_record.h", "kPhases")
COUNTERS = ("host_to_device_bytes", "host_to_device_calls", "device_to_host_bytes",
            "device_to_host_calls", "device_to_device_bytes", "device_to_device_calls",
            "allocations", "peak_bytes", "kernels_launched")
REFUSED_NAMES = constant("flight_record.h", "kRefusedNames")
REFUSED_BYTES = constant("flight_record.h", "kRefusedNameBytes")
NAMES_AT = 32
IN_USE_AT = NAMES_AT + REFUSED_NAMES * REFUSED_BYTES
COUNTERS_AT = IN_USE_AT + 8 * MAX_DEVICES
RULES_AT = COUNTERS_AT + 128 * PHASES * MAX_DEVICES
MAX_RULES = constant("fault_plan.h", "kMaxFaultRules")
OTHER_NAMES = constant("flight_record.h", "kOtherNames") * constant("flight_record.h", "kOtherNameBytes")
EVENTS_AT = -(-(RULES_AT + 24 * MAX_RULES + 16 + OTHER_NAMES) // EVENT_BYTES) * EVENT_BYTES
RECORD_BYTES = EVENTS_AT + EVENT_BYTES * constant("flight_record.h", "kEvents")


def device(name="NVIDIA H200", gib=141, capability=(9, 0), number=0, multiprocessors=132,
           state=0, used=0):
    """One device of a host. Its UUID is made from its number and name. `state`: a DeviceState."""
    identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {number}").bytes
    return struct.pack(DEVICE, name.encode(), identity, int(gib * 2**30), *capability,
                       multiprocessors, 2048, 50 << 20, 1980000, 3201000, 5120, 0,
                       0x10 + number, 0, state, used)


def operator_fails(name, error, first, ordinal=None):
    """A rule of the fault plan: call `first` of an operator (on cuda:`ordinal` alone) fails."""
    point, action = 13, 1  # FaultPoint::kOperator, FaultAction::kError
    return struct.pack("<3Ii3QdQq64s128s", point, action, 0 if ordinal is None else 1, ordinal or 0,
                       first, first, 0, 1.0, 0, error, name.encode(), b"")


def write_host(path, devices, driver=13000, start_error=0, rules=()):
    with open(path, "wb") as file:
        file.write(struct.pack("<4sIiIiI", b"HOST", HOST_VERSION, driver, len(devices), start_error,
                               len(rules)))
        file.write(b"".join(devices).ljust(struct.calcsize(DEVICE) * MAX_DEVICES, b"\0"))
        file.write(b"".join(rules).ljust(RULE_BYTES * MAX_RULES, b"\0"))


def write_record(path):
    with open(path, "wb") as file:
        file.write(struct.pack("<4sI", b"FLHT", RECORD_VERSION).ljust(RECORD_BYTES, b"\0"))


def read_record(path):
    """{"calls", "refused", "names", "counters": [phase][device] → {name: value}}"""
    with open(path, "rb") as file:
        data = file.read()
    _, _, _, attached, calls, refused, kept = struct.unpack_from("<4sIIIQII", data)
    names = [data[NAMES_AT + i * REFUSED_BYTES:][:REFUSED_BYTES].split(b"\0")[0].decode()
             for i in range(kept)]
    counters = [[dict(zip(COUNTERS, struct.unpack_from(
        "<9Q", data, COUNTERS_AT + 128 * (phase * MAX_DEVICES + number))))
        for number in range(MAX_DEVICES)] for phase in range(PHASES)]
    return {"attached": attached, "calls": calls, "refused": refused, "names": names,
            "counters": counters}
