/* SPDX-License-Identifier: MIT */
/*
 * Read before each file of a program of 32 bits. There numbers of 64 bits are aligned to 8 bytes as
 * on the boards (-malign-double), but i386's C library aligns them to 4: struct stat is the one
 * struct of it that is used and would differ.
 */
#ifndef MIDGE_HOST_DEVICE_ABI_H
#define MIDGE_HOST_DEVICE_ABI_H

#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64

#include <sys/types.h>
#pragma pack(push, 4)
#include <sys/stat.h>
#pragma pack(pop)

#endif
