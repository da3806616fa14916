/* SPDX-License-Identifier: MIT */
/* The set of certificates on the desktop: certs FILE, which set.py has written. */
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "judge.h"

#define BLOCK_CAP (256U << 10)

static void say(void *ctx, const char *line)
{
    (void)ctx;
    puts(line);
}

int main(int argc, char **argv)
{
    static uint64_t block[BLOCK_CAP / sizeof(uint64_t)];
    struct certs_count count;
    size_t len = 0;
    uint8_t *set = argc == 2 ? certs_file(argv[1], &len) : NULL;
    if (midge_certs_judge(set, len, block, sizeof block, say, NULL, &count) != 0) {
        fputs("certs: no set of certificates\n", stderr);
        return 2;
    }
    printf("%u cases, %u wrong; %u mutants, %u accepted\n", count.cases, count.wrong, count.mutants,
           count.taken);
    free(set);
    return count.wrong + count.taken != 0;
}
