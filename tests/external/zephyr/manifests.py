#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manifests.py MODULE-ROOT: zephyr/module.yml and the samples' sample.yaml have the fields that
Zephyr's documentation requires, and each path in them is there."""
import sys
from pathlib import Path

import yaml

BUILD = {"cmake", "cmake-ext", "kconfig", "kconfig-ext", "depends", "settings", "sysbuild-cmake",
         "sysbuild-kconfig"}
TOP = {"name", "build", "tests", "samples", "boards", "blobs", "package-managers", "security"}
TEST = {"platform_allow", "integration_platforms", "tags", "build_only", "extra_args", "extra_configs",
        "filter", "harness", "depends_on", "min_ram", "min_flash", "timeout", "platform_exclude"}


def need(condition, sentence):
    if not condition:
        sys.exit(f"manifests.py: {sentence}")


def known(mapping, allowed, where):
    need(isinstance(mapping, dict), f"{where} is no mapping")
    need(set(mapping) <= allowed, f"{where} has unknown keys: {sorted(set(mapping) - allowed)}")


def check_module(root):
    module = yaml.safe_load((root / "zephyr/module.yml").read_text())
    known(module, TOP, "module.yml")
    known(module["build"], BUILD, "module.yml: build")
    need(module["name"] == "midge", "module.yml: name")
    need((root / module["build"]["cmake"] / "CMakeLists.txt").is_file(), "module.yml: no cmake")
    need((root / module["build"]["kconfig"]).is_file(), "module.yml: no kconfig")
    samples = [path for folder in module["samples"] for path in (root / folder).rglob("sample.yaml")]
    need(samples, "module.yml: no samples")
    return samples


def check_sample(path):
    sample = yaml.safe_load(path.read_text())
    need(sample["sample"]["name"] and sample["tests"], f"{path}: name, tests")
    common = sample.get("common", {})
    for name, test in sample["tests"].items():
        need(name.startswith("sample."), f"{path}: {name}")
        known({**common, **test}, TEST, f"{path}: {name}")
        need(set(test["integration_platforms"]) <= set(test["platform_allow"]), f"{path}: platforms")
        for config in test.get("extra_args", []):
            for file in config.removeprefix("EXTRA_CONF_FILE=").strip('"').split(";"):
                need((path.parent / file).is_file(), f"{path}: no {file}")
    for file in "CMakeLists.txt", "prj.conf", "src/main.c":
        need((path.parent / file).is_file(), f"{path}: no {file}")


def main(args):
    samples = check_module(Path(args[0]))
    for sample in samples:
        check_sample(sample)
    print(f"manifests: module.yml and {len(samples)} sample")


main(sys.argv[1:])
