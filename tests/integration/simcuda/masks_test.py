"""Owns: the differential test of masks: the simulated runtime against PyTorch's own reading of
CUDA_VISIBLE_DEVICES (torch.cuda._parse_visible_devices), on fixed masks and on random ones."""

import ctypes
import itertools
import random
import sys
import unittest
import warnings

warnings.simplefilter("ignore")
try:
    import torch
except ImportError as error:
    print(f"skipped: this Python cannot import torch: {error}")
    sys.exit(77)

from host_file import device
from simulated import on_host

CUDART = ctypes.CDLL(f"libcudart.so.{torch.version.cuda.split('.')[0]}")
DEVICES = [device(number=number) for number in range(4)]
RANDOM_MASKS = 600
FIXED = ["", " ", "0", "3,1", "0,0", "0,1,0", "0,4,0", "0,4,4", "-1", "0,-1,1", "4", "0,4,1", "junk", "0,junk", "1gpu2,2ampere",
         " 0 , 1 ", "0,,1", ",", "0x1,2", "1 2", "007", "+1", "-0", "0,99999999999999999999",
         "99999999999999999999,99999999999999999999", "GPU-", "GPU-zz", "gpu-0", "0,GPU-", "\t1",
         "MIG-", "MIG-0", "MIG-GPU-0/1/2", "0,MIG-0", "GPU-,MIG-0", "mig-0", "2,3,1,0", "1,2,", " ,1",
         "1;2", "1:2", "1.5,2", "1e1,2", "-1,0", "0,+1", "0 0", "\u00e9"]


def pytorch_reading():
    """Physical devices, by PyTorch: as torch.cuda._device_count_nvml counts them."""
    visible = torch.cuda._parse_visible_devices()
    if visible and isinstance(visible[0], str):
        visible = torch.cuda._transform_uuid_to_ordinals(visible, torch.cuda._raw_device_uuid_nvml())
    ordinals = []
    for ordinal in visible:
        if ordinal >= len(DEVICES):
            break
        ordinals.append(ordinal)
    return ordinals


def simulated_reading():
    """Physical devices, by the simulated runtime."""
    count, text, found = ctypes.c_int(0), ctypes.create_string_buffer(32), []
    CUDART.cudaGetDeviceCount(ctypes.byref(count))
    for ordinal in range(count.value):
        assert CUDART.cudaDeviceGetPCIBusId(text, len(text), ordinal) == 0
        found.append(int(text.value.split(b":")[1], 16) - 0x10)
    return found


def readings():
    """[by PyTorch, number by NVML, number by the runtime, by the simulated runtime], in a process
    of its own. PyTorch fails on some masks; then the first two are "ValueError"."""
    try:
        by_pytorch = [pytorch_reading(), torch.cuda._device_count_nvml()]
    except ValueError:
        by_pytorch = ["ValueError"] * 2
    return by_pytorch + [torch._C._cuda_getDeviceCount(), simulated_reading()]


def read(mask, devices=None, **environment):
    outcome = on_host(readings, devices or DEVICES, mask=mask, **environment)
    assert not outcome.raised, (mask, outcome.raised)
    return outcome.value


def known_difference(mask):
    """Where PyTorch fails or does not look: what the simulated runtime does instead, else None.

    A sign without digits raises ValueError in PyTorch; it ends the list. PyTorch leaves MIG names to
    the driver; no simulated GPU is partitioned."""
    elements = [element.strip() for element in mask.split(",")]
    if mask.startswith("MIG-"):
        return []
    if any(element[:1] in ("+", "-") and not element[1:2].isdigit() for element in elements):
        return "sign"
    return None


def until_its_end(mask):
    """The elements before the first that names no device. PyTorch looks for repeats in the whole of
    a mask; a driver reads no further than that (an H200: "0,1,0" shows the one GPU it has)."""
    named = itertools.takewhile(lambda element: read(element)[0] not in ([], "ValueError"), mask.split(","))
    return ",".join(named)


def random_masks(uuids):
    chance = random.Random(20240711)
    words = ["0", "1", "2", "3", "4", "10", "-1", "-", "+", "+1", "", " ", "x", "1x", " 2 ", "GPU-",
             "MIG-1", "00"] + uuids + [uuid[:length] for uuid in uuids for length in (5, 6, 8, 12)]
    for _ in range(RANDOM_MASKS):
        yield ",".join(chance.choice(words) for _ in range(chance.randint(1, 4)))


class Masks(unittest.TestCase):
    def test_are_read_as_pytorch_reads_them(self):
        uuids = on_host(torch.cuda._raw_device_uuid_nvml, DEVICES).value
        compared = 0
        for mask in FIXED + list(random_masks(uuids)):
            known = known_difference(mask)
            by_pytorch, by_nvml, counted, simulated = read(mask)
            self.assertEqual(counted, len(simulated), f"mask {mask!r}")
            if known == []:
                self.assertEqual(simulated, [], f"mask {mask!r}")
            elif by_pytorch == "ValueError":
                self.assertEqual(known, "sign", f"mask {mask!r}")
            elif by_pytorch == [] and simulated != []:
                self.assertEqual(simulated, read(until_its_end(mask))[0], f"mask {mask!r}")
            else:
                self.assertEqual(simulated, by_pytorch, f"mask {mask!r}")
                self.assertEqual(by_nvml, counted, f"mask {mask!r}")
                compared += 1
        self.assertGreater(compared, RANDOM_MASKS // 2)

    def test_not_set_shows_every_device(self):
        self.assertEqual(read(None), [[0, 1, 2, 3], 4, 4, [0, 1, 2, 3]])

    def test_count_in_the_order_that_is_asked_for(self):
        slow = [device("Tesla T4", 16, (7, 5), number, 40) for number in (0, 1)]
        devices = slow + [device(number=2), device(number=3)]
        uuids = on_host(torch.cuda._raw_device_uuid_nvml, devices).value
        for mask in (None, "0", "1,0", "3,2", "2,9,1", f"{uuids[2]},{uuids[0]}"):
            with self.subTest(mask=mask):
                by_pytorch, by_nvml, counted, simulated = read(mask, devices,
                                                               CUDA_DEVICE_ORDER="PCI_BUS_ID")
                self.assertEqual(simulated, by_pytorch, "NVML numbers by PCI address, too")
                self.assertEqual(by_nvml, counted)
        self.assertEqual(read(None, devices)[3], [2, 0, 1, 3], "the fastest first, by default")
        self.assertEqual(read("0,3", devices)[3], [2, 3])
        self.assertEqual(read(uuids[0], devices)[3], [0], "a UUID is the same in every order")


if __name__ == "__main__":
    unittest.main()
