# Owns: holding JSON values against harness/report/results.schema.json, with the few words of JSON
# Schema that it uses. A word that is not known here is an error, so that none is silently ignored.
import json
import os
import pathlib
import re

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
_IGNORED = {"$schema", "$id", "$defs", "title", "description"}


def read(name="results"):
    source = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
    return json.loads((source / f"harness/report/{name}.schema.json").read_text())


def _is(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


def _object(value, rule, root, where):
    properties = rule.get("properties", {})
    wrong = [f"{where}: lacks {key!r}" for key in rule.get("required", []) if key not in value]
    for key, item in value.items():
        further = properties.get(key, rule.get("additionalProperties", {}))
        if further is False:
            wrong.append(f"{where}: unknown key {key!r}")
        else:
            wrong += differences(item, further, root, f"{where}.{key}")
    return wrong


def differences(value, rule, root, where="$"):
    """What is wrong with `value` by `rule`, one sentence each; empty if nothing is."""
    if "$ref" in rule:
        return differences(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root, where)
    wrong = []
    for word, wanted in rule.items():
        if word == "type":
            names = [wanted] if isinstance(wanted, str) else wanted
            if not any(_is(value, name) for name in names):
                return wrong + [f"{where}: {value!r} is not {wanted}"]
        elif word == "const" and value != wanted:
            wrong.append(f"{where}: {value!r} is not {wanted!r}")
        elif word == "enum" and value not in wanted:
            wrong.append(f"{where}: {value!r} is none of {wanted}")
        elif word == "pattern" and not re.search(wanted, value):
            wrong.append(f"{where}: {value!r} does not match {wanted}")
        elif word == "minimum" and value is not None and value < wanted:
            wrong.append(f"{where}: {value} is less than {wanted}")
        elif word == "items" and isinstance(value, list):
            for index, item in enumerate(value):
                wrong += differences(item, wanted, root, f"{where}[{index}]")
        elif word == "oneOf":
            fits = [option for option in wanted if not differences(value, option, root, where)]
            if len(fits) != 1:
                wrong.append(f"{where}: fits {len(fits)} of {len(wanted)} alternatives")
        elif word not in _IGNORED | {"const", "enum", "pattern", "minimum", "items", "oneOf",
                                     "required", "properties", "additionalProperties"}:
            raise ValueError(f"results.schema.json: schema.py does not know {word!r}")
    if isinstance(value, dict):
        wrong += _object(value, rule, root, where)
    return wrong
