/* SPDX-License-Identifier: MIT */
/* Trusted roots for programs of the tests. */
#ifndef MIDGE_TESTS_CA_FILE_H
#define MIDGE_TESTS_CA_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <midge/tls.h>

/* Reads the file into memory of its own, up to 1 MB; false when there is none. */
static inline bool ca_file_read(struct midge_tls *tls, const char *path)
{
    enum { LONGEST = 1 << 20 };
    FILE *file = fopen(path, "rb");
    char *ca = file != NULL ? malloc(LONGEST) : NULL;

    if (ca != NULL) {
        tls->ca = ca;
        tls->ca_len = fread(ca, 1, LONGEST, file);
    }
    if (file != NULL)
        (void)fclose(file);
    return ca != NULL;
}

static inline void ca_file_free(struct midge_tls *tls)
{
    free((void *)(uintptr_t)tls->ca);
    tls->ca = NULL;
}

#endif
