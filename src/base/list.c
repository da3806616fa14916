/* SPDX-License-Identifier: MIT */
/* Lists of an object that has several. */
#include "list.h"

void midge__lists_init(struct midge__list *lists, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        midge__list_init(&lists[i]);
    }
}
