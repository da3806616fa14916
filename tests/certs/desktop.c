/* SPDX-License-Identifier: MIT */
/* The set of certificates on the desktop: certs FILE, which set.py has written. */
#include <stdio.h>
#include <stdlib.h>

#include "judge.h"

#define SET_CAP   (4U << 20)
#define BLOCK_CAP (256U << 10)

static void say(void *ctx, const char *line)
{
    (void)ctx;
    puts(line);
}

static size_t read_file(const char *path, uint8_t *out, size_t cap)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    size_t len = fread(out, 1, cap, file);
    fclose(file);
    return len;
}

int main(int argc, char **argv)
{
    static uint64_t block[BLOCK_CAP / sizeof(uint64_t)];
    struct certs_count count;
    uint8_t *set = malloc(SET_CAP);
    size_t len = argc == 2 && set != NULL ? read_file(argv[1], set, SET_CAP) : 0;
    if (midge_certs_judge(set, len, block, sizeof block, say, NULL, &count) != 0) {
        fputs("certs: no set of certificates\n", stderr);
        return 2;
    }
    printf("%u cases, %u wrong; %u mutants, %u accepted\n", count.cases, count.wrong, count.mutants,
           count.taken);
    free(set);
    return count.wrong + count.taken != 0;
}
