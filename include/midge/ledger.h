/* SPDX-License-Identifier: MIT */
/*
 * The memory that midge_memory_needed counts, line by line. The lines come from the same lists as
 * the sum, so that they add up to it under every configuration. `midge size` prints them on a
 * desktop; a board that calls midge_memory_ledger gets its own. A program that does not call it
 * pays nothing.
 *
 *     static void show(void *ctx, const struct midge_ledger_line *line)
 *     {
 *         printf("%*s%-40s %6zu * %zu\n", 2 * line->depth, "", line->name, line->count,
 * line->each);
 *     }
 *     midge_memory_ledger(&config, show, NULL);
 */
#ifndef MIDGE_LEDGER_H
#define MIDGE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_config;

/* A line: count pieces of `each` bytes. */
struct midge_ledger_line {
    const char *name; /* a static text */
    /* Lines of depth 0 add up to midge_memory_needed. Lines of a greater depth are parts of one
       piece of the nearest line above them that has a lower depth: the products count * each of
       those directly below it are its `each`. */
    unsigned depth;
    size_t count; /* pieces; at depth 0 it may be 0 */
    size_t each;  /* bytes of one piece, with what the block keeps for itself */
    int less;     /* 1: these bytes are taken off, as another line has them already */
};

/* line is valid only during the call. */
typedef void (*midge_ledger_fn)(void *ctx, const struct midge_ledger_line *line);

/* Calls fn for each line of the memory that config needs, and returns its sum, which is
   midge_memory_needed(config). It reads of config what that reads. */
size_t midge_memory_ledger(const struct midge_config *config, midge_ledger_fn fn, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
