#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packs midge for a registry: only the files that its users compile, no tests, no other ports.

    pack.py [options] HOME OUT     writes the archive into the folder OUT and prints its name

    HOME         archive                      layout
    arduino      midge-VERSION.zip            Arduino library 1.5: everything flat in src/, which is
                                              the only include path; also a PlatformIO package
    platformio   midge-platformio-VERSION.tar.gz   the same files
    esp-idf      midge-esp-idf-VERSION.tar.gz a component, midge's sources in midge/ beside it
    zephyr       midge-zephyr-VERSION.tar.gz  a module: midge's tree without the rest

    --zlib DIR   zlib's sources, packed with their licence: compressed bodies (midge/gunzip.h)
    --cjson DIR  cJSON's sources, for zephyr; Arduino's core and ESP-IDF bring their own
    --url URL    home page, which Arduino's and PlatformIO's manifests must have

Archives are reproducible: names in order, one time, no owners. The version is that of
include/midge/version.h.
"""
import argparse
import gzip
import io
import re
import sys
import tarfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIME = 315532800  # 1980-01-01, the first that a zip can have
ZLIB = ("inflate.c", "inftrees.c", "inffast.c", "zlib.h", "zconf.h", "zutil.h", "inftrees.h",
        "inflate.h", "inffast.h", "inffixed.h", "LICENSE")
ZLIB_SETTINGS = """#define Z_SOLO
#define Z_PREFIX
#define ZLIB_CONST
#define NO_GZIP
#define INFLATE_STRICT
#define zmemcpy midge__zmemcpy
#define zmemzero midge__zmemzero
"""
OTHER_PORTS = {"port_posix.h", "port_lwip.h", "sim.h"}
FRAME = '#include "midge_arduino_config.h"\n'


def version():
    text = (ROOT / "include/midge/version.h").read_text()
    return re.search(r'MIDGE_VERSION\s+"([0-9.]+)"', text)[1]


def read(path):
    return (ROOT / path).read_bytes()


def guide(path):
    """A README; its links into midge's tree become plain text, since the archive has another one."""
    return re.sub(rb"\[([^\]]+)\]\((?!https?:)[^)]+\)", rb"\1", read(path))


def add(files, under, pattern, *, to=None, but=()):
    """Puts the tree's files that match pattern into files, from folder `under` to folder `to`."""
    base = ROOT / under
    found = sorted(path for path in base.glob(pattern) if path.is_file() and path.name not in but)
    if not found:
        sys.exit(f"pack.py: there is no {under}/{pattern}")
    for path in found:
        name = path.relative_to(base).as_posix()
        files[f"{to if to is not None else under}/{name}".lstrip("/")] = path.read_bytes()


def third_party(folder, names, to):
    """{name: bytes}; the licence is one of them."""
    found = {}
    for name in names:
        path = Path(folder) / name
        if not path.is_file():
            sys.exit(f"pack.py: {folder} has no {name}")
        found[f"{to}/{name}"] = path.read_bytes()
    return found


def sources(files, prefix):
    """midge's tree below prefix: the library, port/bsd and what that needs."""
    add(files, "include", "midge/*.h", to=f"{prefix}include", but=OTHER_PORTS)
    add(files, "src", "*/*.[ch]", to=f"{prefix}src")
    for folder in "port/bsd", "port/resolver":
        add(files, folder, "*.[ch]", to=prefix + folder)
    add(files, "port", "*.h", to=f"{prefix}port")
    add(files, "port/zlib", "*.c", to=f"{prefix}port/zlib")


# ---- Homes: each returns {name in the archive: bytes} --------------------------------------------

def zephyr(options):
    files = {"LICENSE": read("LICENSE"), "README.md": guide("port/zephyr/README.md")}
    sources(files, "")
    add(files, "port/zephyr", "**/*", but={"module.yml"})
    module = read("port/zephyr/zephyr/module.yml").decode()
    module = re.sub(r"(?m)^#(?! SPDX).*\n", "", module)
    for old, new in (("cmake: .", "cmake: port/zephyr"), ("kconfig: Kconfig", "kconfig: port/zephyr/Kconfig"),
                     ("- samples", "- port/zephyr/samples")):
        module = module.replace(old, new)
    files["zephyr/module.yml"] = module.encode()
    if options.zlib:
        files.update(third_party(options.zlib, ZLIB, "third_party/zlib"))
    if options.cjson:
        files.update(third_party(options.cjson, ("cJSON.c", "cJSON.h", "LICENSE"), "third_party/cjson"))
    return files


def esp_idf(options):
    """Without the examples, which need midge's programs (boards/apps): so the manifest names none."""
    files = {"LICENSE": read("LICENSE"), "README.md": guide("port/esp-idf/README.md")}
    add(files, "port/esp-idf/midge", "**/*", to="")
    sources(files, "midge/")
    files["midge/port/zlib.cmake"] = read("port/zlib.cmake")
    manifest = re.sub(r"(?ms)^examples:\n.*?(?=^\S|\Z)", "", files["idf_component.yml"].decode())
    manifest, n = re.subn(r"(?m)^version: .*$", f'version: "{version()}"', manifest)
    if n != 1:
        sys.exit("pack.py: idf_component.yml has no version")
    files["idf_component.yml"] = manifest.encode()
    if options.zlib:
        files.update(third_party(options.zlib, ZLIB, "third_party/zlib"))
    return files


def arduino_zlib(files, folder):
    """zlib in src/zlib. Its inffast.c is included by midge's inflate.c, so it must not be compiled."""
    for name, text in third_party(folder, ZLIB, "src/zlib").items():
        name = name.replace("inffast.c", "inffast.inc")
        files[name] = ZLIB_SETTINGS.encode() + text if name.endswith(".c") else text
    for name in "src/port/zlib/inflate.c", "src/body/gunzip.c":
        text = files[name].decode()
        for header in ZLIB:
            inside = header.replace("inffast.c", "inffast.inc")
            text = text.replace(f"<{header}>", f'"zlib/{inside}"')
        files[name] = ZLIB_SETTINGS.encode() + text.encode()
    files["src/midge_arduino_config.h"] = files["src/midge_arduino_config.h"].replace(
        b"#define MIDGE_ARDUINO_CONFIG_H\n", b"#define MIDGE_ARDUINO_CONFIG_H\n#define MIDGE_ARDUINO_ZLIB 1\n")


def arduino(options):
    if not options.url:
        sys.exit("pack.py: --url is missing, the library's home page")
    tree, files = {}, {}
    sources(tree, "")
    for name, text in tree.items():
        files["src/" + name.removeprefix("include/").removeprefix("src/")] = text
    if not options.zlib:
        del files["src/port/zlib/inflate.c"]
    add(files, "port/esp-idf/midge", "*.[ch]", to="src/esp")
    files["src/midge_esp.h"] = read("port/esp-idf/midge/include/midge_esp.h")
    for name in "Midge.h", "midge_arduino_config.h":
        files["src/" + name] = read("port/arduino/" + name)
    if options.zlib:
        arduino_zlib(files, options.zlib)
    # No file is compiled with definitions of a command line: each includes them first.
    for name in files:
        if name.endswith(".c") or name in ("src/midge/config.h", "src/midge/features.h"):
            files[name] = FRAME.encode() + files[name]
    for name in "library.properties", "library.json":
        text = read("port/arduino/" + name).decode()
        files[name] = text.replace("@VERSION@", version()).replace("@URL@", options.url).encode()
    files["keywords.txt"] = read("port/arduino/keywords.txt")
    files["LICENSE"] = read("LICENSE")
    files["README.md"] = guide("port/arduino/README.md")
    add(files, "port/arduino/examples", "*/*", to="examples")
    return files


# ---- Archives ------------------------------------------------------------------------------------

def write_tar(path, top, files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size, info.mtime, info.mode = len(files[name]), TIME, 0o644
            tar.addfile(info, io.BytesIO(files[name]))
    with open(path, "wb") as out, gzip.GzipFile("", "wb", 9, out, TIME) as packed:
        packed.write(raw.getvalue())


def write_zip(path, top, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{top}/{name}", time.gmtime(TIME)[:6])
            info.external_attr, info.create_system = 0o100644 << 16, 3
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])


HOMES = {
    "arduino": (arduino, "midge-{}.zip", "midge", write_zip),
    "platformio": (arduino, "midge-platformio-{}.tar.gz", "midge", write_tar),
    "esp-idf": (esp_idf, "midge-esp-idf-{}.tar.gz", "midge", write_tar),
    "zephyr": (zephyr, "midge-zephyr-{}.tar.gz", "midge", write_tar),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zlib")
    parser.add_argument("--cjson")
    parser.add_argument("--url")
    parser.add_argument("home", choices=HOMES)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    layout, name, top, write = HOMES[options.home]
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"pack.py: {error}")
    path = options.out / name.format(version())
    write(path, top, layout(options))
    print(path)


main()
