/* SPDX-License-Identifier: MIT */
/*
 * Judges a set of certificate chains, the file that set.py writes, by midge's own TLS client. No
 * socket and no server: see judge.c. On the desktop and on a board.
 */
#ifndef MIDGE_CERTS_JUDGE_H
#define MIDGE_CERTS_JUDGE_H

#include <stddef.h>
#include <stdint.h>

struct certs_count {
    unsigned cases;   /* judged */
    unsigned wrong;   /* with another verdict than the set's */
    unsigned mutants; /* damaged certificates that were shown to the client, beside the cases */
    unsigned taken;   /* of the mutants: accepted, or refused for another reason than themselves */
};

/* One line of report: a case or a mutant with the wrong verdict, or a summary of the mutants. */
typedef void certs_say(void *ctx, const char *line);

/* block: memory of the client, 128 KB are enough. 0; -1: file[0..len) is no set. */
int midge_certs_judge(const uint8_t *file, size_t len, void *block, size_t block_size,
                      certs_say *say, void *ctx, struct certs_count *count);

#endif
