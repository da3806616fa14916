# SPDX-License-Identifier: MIT
"""Is a UF2 a whole image that the chip's boot ROM takes?"""
import pathlib
import struct

FLASH, REGION = 0x10000000, 0x100C0000      # services.c's files begin there
FAMILIES = {"rp2040": 0xE48BFF56, "rp2350-arm-s": 0xE48BFF59}
BLOCK_START, BLOCK_END = 0xFFFFDED3, 0xAB123579     # RP2350 data sheet, 5.9.5.1


def pages(path, family):
    data = path.read_bytes()
    assert len(data) % 512 == 0 and data, path
    out = {}
    for number in range(len(data) // 512):
        one = data[512 * number:][:512]
        head = struct.unpack_from("<8I", one)
        assert head[:3] == (0x0A324655, 0x9E5D5157, 0x2000), (path, number)
        assert head[4:] == (256, number, len(data) // 512, FAMILIES[family]), (path, number)
        assert struct.unpack_from("<I", one, 508) == (0x0AB16F30,), (path, number)
        assert FLASH <= head[3] < REGION and head[3] % 256 == 0 and head[3] not in out, (path, number)
        out[head[3]] = one[32:288]
    return out


def crc32_mpeg(data):
    """Of the RP2040's boot ROM (data sheet, 2.8.1.3.1): not reflected, no final inversion."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 & 0xFFFFFFFF ^ (0x04C11DB7 if crc & 0x80000000 else 0)
    return crc


def boots(family, image):
    """Does the boot ROM take it?"""
    if family == "rp2040":      # the second stage with its checksum
        return crc32_mpeg(image[:252]) == struct.unpack_from("<I", image, 252)[0]
    start = struct.pack("<I", BLOCK_START)      # a block of metadata in the first 4 KB
    return start in image[:4096] and struct.pack("<I", BLOCK_END) in image[:4096]


def check(path, family):
    """path without its ending: .uf2 has the contents of .bin."""
    found = pages(path.with_suffix(".uf2"), family)
    image = path.with_suffix(".bin").read_bytes()
    assert b"".join(found[at] for at in sorted(found)).startswith(image), path
    assert sorted(found) == list(range(FLASH, FLASH + 256 * len(found), 256)), path
    assert boots(family, image), path
