/* SPDX-License-Identifier: MIT */
/*
 * What the drivers of tests/bench share: their arguments, their counts and their one JSON line.
 *
 *     DRIVER MODE N K URL CA.pem
 *       keep   N GET requests of URL on K kept connections, K at a time: each end starts the next
 *       fresh  N GET requests one after the other, each on a connection of its own, not resumed
 *
 * Every driver verifies the server by CA.pem and offers TLS 1.2 only, unless its library can't be
 * told. A failed request or another status than 200 counts as failed.
 */
#ifndef MIDGE_BENCH_H
#define MIDGE_BENCH_H

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As long as midge's own, so that all requests are of one size. */
#define BENCH_USER_AGENT "bench/0.1.0"

struct bench {
    const char *mode, *url, *ca;
    unsigned n, k;
    unsigned started, done, failed;
    uint64_t bytes; /* of bodies */
    size_t heap;    /* when all connections wait for their first answer */
};

/* Exits with 2 when the arguments are not as above. */
static inline void bench_arguments(struct bench *bench, int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s MODE N K URL CA.pem\n", argv[0]);
        exit(2);
    }
    *bench = (struct bench){.mode = argv[1], .url = argv[4], .ca = argv[5]};
    bench->n = (unsigned)strtoul(argv[2], NULL, 10);
    bench->k = (unsigned)strtoul(argv[3], NULL, 10);
}

static inline bool bench_is(const struct bench *bench, const char *mode)
{
    return strcmp(bench->mode, mode) == 0;
}

/* A request ended, with or without fault; text says which, and is shown of the first one. */
static inline void bench_ended(struct bench *bench, bool ok, const char *text)
{
    if (!ok && bench->failed++ == 0) {
        fprintf(stderr, "%s\n", text);
    }
    bench->done++;
}

/* Bytes of libc's heap in use. */
static inline size_t bench_libc_heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Call once a turn: what is in use at the last turn before the first answer stays. */
static inline void bench_note_heap(struct bench *bench)
{
    if (bench->done == 0) {
        bench->heap = bench_libc_heap();
    }
}

/* The driver's exit code. */
static inline int bench_print(const struct bench *bench, const char *more)
{
    printf("{\"done\":%u,\"failed\":%u,\"bytes\":%llu,\"heap\":%zu%s}\n", bench->done,
           bench->failed, (unsigned long long)bench->bytes, bench->heap, more);
    return bench->failed != 0;
}

#endif
