# Holds our reading of CUDA_VISIBLE_DEVICES as PyTorch reads it against PyTorch's own, on fixed masks
# and on random ones. NVML is replaced: it names the GPUs of this test.
#
#   torch_mask_against_torch.py PROGRAM    prints what differs; 77: PyTorch is not here
import os
import random
import subprocess
import sys

SKIPPED = 77
UUIDS = ["GPU-cae631ab-0000-4000-8000-000000000001", "GPU-cae631ab-0000-4000-8000-000000000002",
         "GPU-8a3f0000-0000-4000-8000-000000000003"]
FIXED = ["", " ", "0", "0,1,2,3", "2,1,0", "0,0", "0,9,0", "9,0", "0,-1,0", "-1", "-0,0", "+1,1", "0,,0",
         "007,7", "4294967296", "99999999999999999999,1", "99999999999999999999,99999999999999999998",
         "1gpu2,2ampere", "0x1", " 1 , 2 ", "junk", "GPU-", "GPU-c", "GPU-8", "GPU-8,GPU-8a", "GPU-8,GPU-8",
         "GPU-8, GPU-c", "GPU-8,0", "0,GPU-8", "GPU-8A3F", "gpu-8", "MIG-", "MIG-GPU-8/1/2", "0,MIG-1",
         UUIDS[1], UUIDS[0] + "," + UUIDS[2], UUIDS[2].upper(), UUIDS[2] + "x"]
RANDOM_MASKS = 20000


def masks():
    chance = random.Random(20261126)
    words = ["0", "1", "2", "3", "00", "01", "-1", "-0", "+1", "+2", "", " ", "x", "1x", " 2 ", "\t0", "GPU-",
             "MIG-1", "4294967296", "99999999999999999999"]
    words += UUIDS + [uuid[:length] for uuid in UUIDS for length in (4, 5, 12, 20)]
    for _ in range(RANDOM_MASKS):
        yield ",".join(chance.choice(words) for _ in range(chance.randint(1, 5)))


def counted_by(torch, mask):
    """As text; None where PyTorch raises."""
    os.environ["CUDA_VISIBLE_DEVICES"] = mask
    try:
        count = torch.cuda._device_count_nvml()
    except ValueError:
        return None
    return str(count) if count >= 0 else "driver"


def main():
    try:
        import torch
    except ImportError as error:
        print(f"skipped: {error}")
        return SKIPPED
    torch.cuda._raw_device_count_nvml = lambda: len(UUIDS)
    torch.cuda._raw_device_uuid_nvml = lambda: UUIDS
    asked = FIXED + list(masks())
    done = subprocess.run([sys.argv[1], str(torch.__version__)] + UUIDS, input="\n".join(asked) + "\n",
                          text=True, capture_output=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(asked), f"{len(asked)} masks, {len(answers)} answers"
    differ = compared = 0
    for mask, ours in zip(asked, answers):
        theirs = counted_by(torch, mask)
        compared += theirs is not None
        if theirs not in (None, ours):
            differ += 1
            print(f"mask {mask!r}: PyTorch counts {theirs}, we {ours}")
    print(f"{compared} masks of {len(asked)} compared, {differ} differ")
    return 0 if differ == 0 and compared > RANDOM_MASKS // 2 else 1


sys.exit(main())
