"""What the Python loader calls things: names, checksums and values of every kind of object."""

import argparse
import collections
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import torch

LOADER = pathlib.Path(__file__).resolve().parents[3] / "harness" / "loader"
sys.path.insert(0, str(LOADER))

from portcullis_loader import tensors  # noqa: E402


def names(loaded):
    return [name for name, _ in tensors.named_tensors(loaded)]


def sha256(*numbers, form="f"):
    return hashlib.sha256(struct.pack(f"<{len(numbers)}{form}", *numbers)).hexdigest()


class Names(unittest.TestCase):
    def test_are_paths_of_keys_indices_and_attributes(self):
        one = torch.ones(1)
        self.assertEqual(names({"model": collections.OrderedDict({"0.weight": one}), 7: [one]}),
                         ["model.0.weight", "7.0"])
        self.assertEqual(names([one, (one, {"x": one}), collections.deque([one])]),
                         ["0", "1.0", "1.1.x", "2.0"])
        self.assertEqual(names(argparse.Namespace(a=one, b=3, c=argparse.Namespace(d=one))),
                         ["a", "c.d"])
        self.assertEqual(names(torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU())),
                         ["0.weight", "0.bias"])
        self.assertEqual(names(one), ["."])
        self.assertEqual(names({"a": "text", "b": None, "c": 1.5}), [])

    def test_are_unique(self):
        one = torch.ones(1)
        self.assertEqual(names({"a.b": one, "a": {"b": one}}), ["a.b", "a.b#2"])

    def test_list_shared_weights_under_each_name(self):
        model = torch.nn.ModuleDict({"a": torch.nn.Linear(1, 1, bias=False)})
        model["b"] = model["a"]
        self.assertEqual(names(model), ["a.weight", "b.weight"])

    def test_end_for_containers_inside_themselves(self):
        loop = {"one": torch.ones(1)}
        loop["self"] = loop
        self.assertEqual(names(loop), ["one"])

    def test_refuse_endless_nesting(self):
        deep = torch.ones(1)
        for _ in range(tensors.DEEPEST + 1):
            deep = [deep]
        with self.assertRaisesRegex(tensors.Unsupported, "nested more than 200 levels"):
            names(deep)


class Checksums(unittest.TestCase):
    def describe(self, tensor):
        return tensors.describe_tensor("x", tensor)

    def test_are_of_contiguous_elements(self):
        matrix = torch.arange(6, dtype=torch.float32).reshape(2, 3)
        self.assertEqual(self.describe(matrix.t())["sha256"], sha256(0, 3, 1, 4, 2, 5))
        self.assertEqual(self.describe(matrix[:, 1])["sha256"], sha256(1, 4))
        self.assertEqual(self.describe(torch.ones(1).expand(3))["sha256"], sha256(1, 1, 1))

    def test_cover_every_kind_of_element(self):
        self.assertEqual(self.describe(torch.tensor(3))["sha256"], sha256(3, form="q"))
        self.assertEqual(self.describe(torch.tensor([True, False]))["sha256"],
                         sha256(True, False, form="?"))
        self.assertEqual(self.describe(torch.ones(1, dtype=torch.bfloat16))["sha256"],
                         sha256(0x3F80, form="H"))
        self.assertEqual(self.describe(torch.empty(0))["sha256"], sha256())
        conjugate = torch.tensor([1 + 2j], dtype=torch.complex64).conj()
        self.assertEqual(self.describe(conjugate)["sha256"], sha256(1, -2))
        self.assertEqual(self.describe(conjugate.imag)["sha256"], sha256(-2))

    def test_are_empty_on_meta(self):
        self.assertEqual(self.describe(torch.empty(2, 3, device="meta")),
                         {"name": "x", "dtype": "float32", "shape": [2, 3], "device": "meta",
                          "bytes": 24, "sha256": ""})

    def test_refuse_what_has_no_contiguous_elements(self):
        sparse = torch.eye(2).to_sparse()
        quantised = torch.quantize_per_tensor(torch.ones(1), 0.1, 0, torch.qint8)
        for kind, tensor in {"sparse": sparse, "quantised": quantised}.items():
            with self.assertRaisesRegex(tensors.Unsupported, f"x: a {kind}"):
                self.describe(tensor)

    def test_cover_storages(self):
        storage = torch.arange(2, dtype=torch.float32).untyped_storage()
        self.assertEqual(tensors.describe_tensors([storage])[0]["sha256"], sha256(0, 1))


class Values(unittest.TestCase):
    def test_are_devices_and_strings_that_name_one(self):
        found = tensors.describe_values({"device": "cuda", "map": ["cuda:1", "cuda one", "cpu"],
                                         "target": torch.device("cuda:0"), "x": torch.ones(1)})
        self.assertEqual([(value["name"], value["type"], value["text"]) for value in found],
                         [("device", "str", "cuda"), ("map.0", "str", "cuda:1"),
                          ("map.2", "str", "cpu"), ("target", "torch.device", "cuda:0")])


class Schema(unittest.TestCase):
    """Answers of the real loader against protocol.schema.json."""

    def answer(self, **changes):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.pt"
            torch.save({"x": torch.ones(2), "device": "cuda"}, path)
            request = {"protocol": 1, "case": "c", "checkpoint": str(path), "format": "zip",
                       "strategy": "as-saved", "argument": "", "trust": False, "example": None, **changes}
            reader, writer = os.pipe()
            with os.fdopen(reader) as answers:
                subprocess.run([sys.executable, LOADER / "loader.py"],
                               input=json.dumps(request) + "\n", text=True, pass_fds=[writer],
                               check=True, env={**os.environ, "PORTCULLIS_ANSWER_FD": str(writer)})
                os.close(writer)
                return request, json.loads(answers.read())

    def test_describes_what_the_loader_writes(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema here")
        schema = json.loads((LOADER / "protocol.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for changes, outcome in [({}, "loaded"),
                                 ({"format": "torchscript"}, "raised"),
                                 ({"format": "torchscript", "strategy": "mmap"}, "unsupported")]:
            request, answer = self.answer(**changes)
            self.assertEqual(answer["outcome"], outcome)
            validator.validate(request)
            validator.validate(answer)


if __name__ == "__main__":
    unittest.main()
