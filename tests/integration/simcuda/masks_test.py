"""Owns: the differential test of masks: the simulated runtime against PyTorch's own reading of
CUDA_VISIBLE_DEVICES (torch.cuda._parse_visible_devices), on fixed masks and on random ones."""

import ctypes
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
FIXED = ["", " ", "0", "3,1", "0,0", "0,1,0", "-1", "0,-1,1", "4", "0,4,1", "junk", "0,junk", "1gpu2,2ampere",
         " 0 , 1 ", "0,,1", ",", "0x1,2", "1 2", "007", "+1", "-0", "0,99999999999999999999",
         "99999999999999999999,99999999999999999999", "GPU-", "GPU-zz", "gpu-0", "0,GPU-", "\t1"]


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


def simulated_reading(mask):
    """Physical devices, by the simulated runtime, in a process of its own."""
    def buses():
        count, text, found = ctypes.c_int(0), ctypes.create_string_buffer(32), []
        CUDART.cudaGetDeviceCount(ctypes.byref(count))
        for ordinal in range(count.value):
            assert CUDART.cudaDeviceGetPCIBusId(text, len(text), ordinal) == 0
            found.append(int(text.value.split(b":")[1], 16) - 0x10)
        return found
    outcome = on_host(buses, DEVICES, mask=mask)
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
            simulated = simulated_reading(mask)
            if known == []:
                self.assertEqual(simulated, [], mask)
                continue

            def reading():
                try:
                    return pytorch_reading()
                except ValueError:
                    return "ValueError"
            expected = on_host(reading, DEVICES, mask=mask).value
            if expected == "ValueError":
                self.assertEqual(known, "sign", mask)
                continue
            self.assertEqual(simulated, expected, f"mask {mask!r}")
            compared += 1
        self.assertGreater(compared, RANDOM_MASKS // 2)

    def test_not_set_shows_every_device(self):
        self.assertEqual(simulated_reading(None), [0, 1, 2, 3])


if __name__ == "__main__":
    unittest.main()
