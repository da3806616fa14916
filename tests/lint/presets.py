#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""presets.py ROOT: CMake reads CMakePresets.json; each preset that an editor shows has a displayName, exports
compile_commands.json, and has a build preset; each board with a board.cmake has a preset."""
import json
import pathlib
import re
import subprocess
import sys


def main():
    root = pathlib.Path(sys.argv[1])
    listed = subprocess.run(["cmake", "--list-presets=all"], cwd=root, capture_output=True, text=True)
    if listed.returncode != 0:
        return [listed.stderr]
    presets = json.loads((root / "CMakePresets.json").read_text(encoding="utf-8"))
    by_name = {preset["name"]: preset for preset in presets["configurePresets"]}
    bad = []
    for kind in "configurePresets", "buildPresets", "testPresets":
        bad += [f"{kind} {preset['name']} has no displayName" for preset in presets[kind]
                if not preset.get("hidden") and not preset.get("displayName")]
    for name, preset in by_name.items():
        if preset.get("hidden"):
            continue
        if name not in {build["configurePreset"] for build in presets["buildPresets"]}:
            bad.append(f"{name} has no build preset")
        while "inherits" in preset and "CMAKE_EXPORT_COMPILE_COMMANDS" not in preset.get("cacheVariables", {}):
            preset = by_name[preset["inherits"]]
        if preset.get("cacheVariables", {}).get("CMAKE_EXPORT_COMPILE_COMMANDS") != "ON":
            bad.append(f"{name} does not export compile_commands.json")
    for board in root.glob("boards/*/board.cmake"):
        if board.parent.name not in by_name:
            bad.append(f"the board {board.parent.name} has no preset")
    database = re.search(r"CompilationDatabase: build/(\S+)", (root / ".clangd").read_text(encoding="utf-8"))
    if not database or database[1] not in by_name:
        bad.append(".clangd names a build folder of no preset")
    return bad


wrong = main()
print("\n".join(wrong) or "presets: CMake reads them, editors show their names, each exports its commands")
sys.exit(bool(wrong))
