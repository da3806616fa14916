/* SPDX-License-Identifier: MIT */
/*
 * Lists of memory. The memory that something needs is written once, as a list
 *
 *     #define PARTS(X, c) X("its name", how many, bytes of each) X(...) ...
 *
 * of which PARTS(MIDGE__LEDGER_SUM, c) is the sum, as an expression, and PARTS(MIDGE__LEDGER_LINE,
 * ledger) the lines of midge_memory_ledger (midge/ledger.h).
 */
#ifndef MIDGE_BASE_LEDGER_H
#define MIDGE_BASE_LEDGER_H

#include <midge/ledger.h>

struct midge__ledger {
    midge_ledger_fn fn;
    void *ctx;
    unsigned depth; /* of the lines that are added */
};

/* A line, unless it counts nothing below depth 0; less: midge_ledger_line. */
void midge__ledger_add(const struct midge__ledger *ledger, const char *name, size_t count,
                       size_t each, int less);

/* 0 MIDGE__LEDGER_SUM(...) MIDGE__LEDGER_SUM(...) is a sum. */
#define MIDGE__LEDGER_SUM(name, count, each) +(size_t)(count) * (each)
/* Where a `ledger` is in scope. */
#define MIDGE__LEDGER_LINE(name, count, each) midge__ledger_add(ledger, name, count, each, 0);

#endif
