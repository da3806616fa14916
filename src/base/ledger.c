/* SPDX-License-Identifier: MIT */
#include "base/ledger.h"

void midge__ledger_add(const struct midge__ledger *ledger, const char *name, size_t count,
                       size_t each, int less)
{
    if (ledger->depth == 0 || (count > 0 && each > 0)) {
        const struct midge_ledger_line line = {name, ledger->depth, count, each, less};
        ledger->fn(ledger->ctx, &line);
    }
}
