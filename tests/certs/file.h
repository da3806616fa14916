/* SPDX-License-Identifier: MIT */
/* A whole file in memory, on the desktop. */
#ifndef MIDGE_CERTS_FILE_H
#define MIDGE_CERTS_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CERTS_FILE_CAP (4U << 20)

/* NULL: it cannot be read. Free it with free. */
static inline uint8_t *certs_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = file != NULL ? malloc(CERTS_FILE_CAP) : NULL;
    *len = bytes != NULL ? fread(bytes, 1, CERTS_FILE_CAP, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    return bytes;
}

#endif
