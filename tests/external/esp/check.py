#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check.py before ROOT OUT | after ROOT OUT BUILD: what can be known of port/esp-idf
without ESP-IDF.

before   the manifests, the Kconfig files, the header that maps them, the list of sources; writes
         OUT/sdkconfig.h and OUT/sdkconfig.cmake with the options' defaults, and OUT/gunzip with
         compressed bodies, too
after    the symbols that the examples linked in BUILD still miss: ESP-IDF's, lwIP's, mbedTLS's and
         the C library's
"""
import os
import pathlib
import re
import subprocess
import sys

import kconfiglib
import yaml

# Options of ESP-IDF that Kconfig, the sources or sdkconfig.defaults name: type, default, and what
# sdkconfig.defaults make of it.
IDF_OPTIONS = {
    "ESP_WIFI_ENABLED": ("bool", "y"), "SOC_HMAC_SUPPORTED": ("bool", "y"),
    "NVS_ENCRYPTION": ("bool", "n"), "LWIP_IPV6": ("bool", "y"), "LWIP_MAX_SOCKETS": ("int", "10"),
    "LWIP_TCP_RECVMBOX_SIZE": ("int", "6"), "FREERTOS_HZ": ("int", "100"),
    "ESP_MAIN_TASK_STACK_SIZE": ("int", "3584"), "COMPILER_OPTIMIZATION_SIZE": ("bool", "n"),
    "PARTITION_TABLE_SINGLE_APP_LARGE": ("bool", "n"), "MBEDTLS_PSK_MODES": ("bool", "n"),
    "MBEDTLS_CERTIFICATE_BUNDLE": ("bool", "y"), "MBEDTLS_X509_TRUSTED_CERT_CALLBACK": ("bool", "n"),
    "MBEDTLS_DYNAMIC_FREE_CONFIG_DATA": ("bool", "n"), "MBEDTLS_CHACHA20_C": ("bool", "n"),
    "MBEDTLS_POLY1305_C": ("bool", "n"), "MBEDTLS_CHACHAPOLY_C": ("bool", "n"),
}
TARGETS = {"esp32", "esp32c2", "esp32c3", "esp32c5", "esp32c6", "esp32c61", "esp32s2", "esp32s3"}
EXAMPLES = ("posts", "chat")
LIBRARY = {"idf", "espressif/cjson"}
MISSING = re.compile(r"^(mbedtls_|psa_|esp_|nvs_|xTask|vTask|uxTask|xEvent|lwip_|dns_getserver$|netif_|ip6?_addr_any|"
                     r"tcpip_api_call$|_binary_x509_crt_bundle_(start|end)$|(WIFI|IP)_EVENT$|_impure_ptr$|__)")
LIBC = set("memcpy memmove memset memcmp memchr strlen strcmp strncmp strchr strrchr strspn strcspn strerror strstr "
           "malloc calloc realloc free time errno printf snprintf vsnprintf puts putchar fwrite fflush stdout stdin "
           "read fcntl abort strtod strtol strtoul tolower isdigit sprintf sscanf strcpy strncasecmp strcasecmp "
           "localeconv floor pow isnan select poll socket recv send close connect qsort strnlen".split())


class Checks:
    def __init__(self):
        self.failed = 0

    def that(self, good, *said):
        if not good:
            self.failed += 1
            print("esp:", *said, file=sys.stderr)


def read(path):
    return path.read_text(encoding="utf-8")


def manifests(checks, root):
    port = root / "port/esp-idf"
    midge = yaml.safe_load(read(port / "midge/idf_component.yml"))
    version = re.search(r'"(\d+\.\d+\.\d+)"', read(root / "include/midge/version.h")).group(1)
    checks.that(midge["version"] == version, f"the manifest's version is {midge['version']}, midge's {version}")
    checks.that(midge["license"] == "MIT" and midge["description"], "the manifest lacks license or description")
    checks.that(set(midge["targets"]) == TARGETS, "targets:", midge["targets"])
    checks.that(set(midge["dependencies"]) == LIBRARY, "dependencies:", list(midge["dependencies"]))
    rules = midge["dependencies"]["espressif/cjson"]["rules"]
    checks.that(rules == [{"if": "idf_version >=6.0"}], "cJSON is a part of ESP-IDF 5:", rules)
    found = {(port / "midge" / example["path"]).resolve() for example in midge["examples"]}
    checks.that(found == {port / "examples" / name for name in EXAMPLES}, "examples:", found)
    for name in EXAMPLES:
        main = port / "examples" / name / "main"
        given = yaml.safe_load(read(main / "idf_component.yml"))["dependencies"]["midge"]
        path = (main / given["override_path"]).resolve()
        checks.that(path == port / "midge", f"{name}: override_path leads to {path}")
        for file in ("CMakeLists.txt", "sdkconfig.defaults"):
            checks.that((main.parent / file).exists(), f"{name}: no {file}")


def kconfig(root, out):
    """The two Kconfig files, below one that defines the options of ESP-IDF that they name."""
    top = out / "Kconfig"
    with open(top, "w", encoding="utf-8") as text:
        for name, (kind, default) in IDF_OPTIONS.items():
            text.write(f"config {name}\n    {kind} \"of ESP-IDF\"\n    default {default}\n")
        for part in ("midge/Kconfig", "examples/common/midge_example/Kconfig.projbuild"):
            text.write(f'source "{root}/port/esp-idf/{part}"\n')
    return kconfiglib.Kconfig(str(top), warn_to_stderr=False, suppress_traceback=True)


def options(checks, conf):
    for warning in conf.warnings:
        checks.that(False, warning)
    for symbol in conf.unique_defined_syms:
        if symbol.name in IDF_OPTIONS:
            continue
        node = symbol.nodes[0]
        checks.that(node.prompt, f"{symbol.name} has no prompt")
        if symbol.type == kconfiglib.BOOL:
            checks.that(node.help, f"{symbol.name} has no help")
        if symbol.type == kconfiglib.INT:
            checks.that(len(symbol.ranges) == 1, f"{symbol.name} has no range")
        checks.that(symbol.defaults, f"{symbol.name} has no default")


def defaults(checks, conf, root):
    """sdkconfig.defaults name options that exist; a comment gives the reason of each group."""
    for name in EXAMPLES:
        text = read(root / "port/esp-idf/examples" / name / "sdkconfig.defaults")
        for group in text.split("\n\n"):
            lines = group.strip().splitlines()
            checks.that(lines[0].startswith("# "), f"{name}/sdkconfig.defaults: no reason for {lines[0]}")
            for line in lines:
                option = re.match(r"CONFIG_(\w+)=", line)
                known = option is None or option.group(1) in conf.syms
                checks.that(line.startswith("#") or (option and known), f"{name}/sdkconfig.defaults: {line}")
        conf.load_config(str(root / "port/esp-idf/examples" / name / "sdkconfig.defaults"))


def mapping(checks, conf, root):
    """Each option is used, each one that is used exists, and each macro is one of midge's."""
    port = root / "port/esp-idf"
    header = read(port / "midge/include/midge_esp_config.h")
    files = [*port.rglob("*.c"), *port.rglob("*.h"), *port.rglob("CMakeLists.txt")]
    used = set(re.findall(r"\bCONFIG_(\w+)", "\n".join(read(file) for file in files)))
    known = {symbol.name for symbol in conf.unique_defined_syms}
    ours = known - set(IDF_OPTIONS)
    used -= {name for name in used if name in ("X",)}
    checks.that(ours <= used, "options that nothing uses:", sorted(ours - used))
    checks.that(used <= known, "options that do not exist:", sorted(used - known))
    macros = read(root / "include/midge/config.h") + read(root / "include/midge/features.h")
    legal = set(re.findall(r"^#ifndef (MIDGE_\w+)$", macros, re.M))
    pairs = re.findall(r"^#ifndef (MIDGE_\w+)\n#define (\w+) (?:MIDGE__ESP_HAS\()?CONFIG_(\w+)\)?\n#endif$", header, re.M)
    for guard, macro, option in pairs:
        checks.that(guard == macro == option, f"{option} is mapped to {macro} under {guard}")
        checks.that(macro in legal, f"{macro} is no macro of midge")
    in_kconfig = {name for name in ours if name in legal}
    checks.that(in_kconfig == {option for _, _, option in pairs}, "mapped:",
                sorted(in_kconfig ^ {option for _, _, option in pairs}))
    return in_kconfig


def macros(checks, conf, root, out, names):
    """The preprocessor gives each macro the option's value."""
    includes = [f"-I{root}/port/esp-idf/midge/include", f"-I{root}/include", f"-I{out}"]
    text = '#include <midge/config.h>\n' + "\n".join(f"value {name}_ {name}" for name in sorted(names))
    made = subprocess.run([os.environ.get("CC", "cc"), "-E", "-P", *includes, "-DMIDGE_TLS_EXTERNAL=1",
                           '-DMIDGE_CONFIG_FILE="midge_esp_config.h"', "-"], input=text, text=True,
                          stdout=subprocess.PIPE, check=True).stdout
    values = dict(re.findall(r"^value (\w+)_ \(?(\d+)\)?$", made, re.M))
    for name in names:
        symbol = conf.syms[name]
        want = str(int(symbol.str_value == "y")) if symbol.type == kconfiglib.BOOL else symbol.str_value
        checks.that(values.get(name) == want, f"{name} is {values.get(name)}, menuconfig says {want}")


def alone(checks, root, out):
    """The port's own files compile with these options, for the desktop."""
    port, fakes = root / "port/esp-idf/midge", root / "tests/external/esp/include"
    files = [file for file in sorted(port.glob("*.c")) if file.name != "esp_servers.c"]    # it needs lwIP
    folders = [port / "include", root / "include", root, out, *sorted(fakes.iterdir())]
    told = subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                           *(f"-I{folder}" for folder in folders if folder.name != "lwip"), "-DMIDGE_TLS_EXTERNAL=1",
                           '-DMIDGE_CONFIG_FILE="midge_esp_config.h"', *files], stderr=subprocess.PIPE, text=True)
    checks.that(told.returncode == 0, told.stderr)


def write_options(conf, out):
    out.mkdir(exist_ok=True)
    conf.write_autoconf(str(out / "sdkconfig.h"))
    with open(out / "sdkconfig.cmake", "w", encoding="utf-8") as text:
        for symbol in conf.unique_defined_syms:
            if symbol.str_value not in ("n", ""):
                text.write(f'set(CONFIG_{symbol.name} "{symbol.str_value}")\n')


def sources(checks, root):
    """In both of ESP-IDF's looks at the component its sources are those of midge's own build."""
    build = read(root / "CMakeLists.txt")
    globs = re.search(r"file\(GLOB MIDGE_SOURCES CONFIGURE_DEPENDS ([^)]*)\)", build).group(1).split()
    globs += ["port/bsd/*.c", "port/resolver/*.c", "port/esp-idf/midge/*.c"]
    want = {path for pattern in globs for path in root.glob(pattern)}
    for major, json in ((5, True), (6, False)):
        told = subprocess.run(["cmake", f"-DFILE={root}/port/esp-idf/midge/CMakeLists.txt",
                               f"-DIDF_VERSION_MAJOR={major}", "-P", f"{root}/tests/external/esp/scan.cmake"],
                              stderr=subprocess.PIPE, text=True, check=True).stderr
        found = {pathlib.Path(path).resolve() for path in re.findall(r"^source (.*)", told, re.M)}
        checks.that(found == want, f"ESP-IDF {major}: sources:", sorted(map(str, found ^ want)))
        required = re.findall(r"^requires (.*)", told, re.M)
        checks.that(("json" in required) == json, f"ESP-IDF {major} requires", *required)


def before(root, out):
    checks = Checks()
    out.mkdir(parents=True, exist_ok=True)
    manifests(checks, root)
    conf = kconfig(root, out)
    options(checks, conf)
    names = mapping(checks, conf, root)
    for symbol in conf.unique_defined_syms:    # as small as it gets, on a chip without Wi-Fi
        if symbol.type == kconfiglib.BOOL:
            symbol.set_value("n")
    write_options(conf, out)
    macros(checks, conf, root, out, names)
    alone(checks, root, out)
    conf.unset_values()
    defaults(checks, conf, root)
    conf.syms["MIDGE_WITH_GUNZIP"].set_value("y")
    conf.syms["MIDGE_ZLIB_DIR"].set_value("zlib")
    write_options(conf, out / "gunzip")
    conf.syms["MIDGE_WITH_GUNZIP"].set_value("n")
    write_options(conf, out)
    macros(checks, conf, root, out, names)
    alone(checks, root, out)
    sources(checks, root)
    print(f"esp: {len(names)} options of menuconfig are midge's macros")
    return checks.failed


def after(out, build):
    checks = Checks()
    for name in EXAMPLES:
        told = subprocess.run(["riscv64-unknown-elf-nm", "-u", build / f"{name}.o"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        missing = set(told.replace(" U ", " ").split()) - LIBC
        strange = sorted(symbol for symbol in missing if not MISSING.match(symbol))
        checks.that(not strange, f"{name} misses", *strange)
        for needed in ("mbedtls_ssl_handshake_step", "esp_wifi_start", "esp_fill_random", "lwip_socket"):
            checks.that(needed in missing, f"{name} does not call {needed}")
    return checks.failed


def main(how, root, out, *build):
    root, out = pathlib.Path(root).resolve(), pathlib.Path(out).resolve()
    return 1 if (before(root, out) if how == "before" else after(out, pathlib.Path(build[0]))) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
