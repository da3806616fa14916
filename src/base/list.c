/* SPDX-License-Identifier: MIT */
/* Not inline: these are called in many places. */
#include "base/list.h"

#include "base/list_apart.h"

void midge__list_remove(struct midge__list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    midge__list_init(node);
}

void midge__lists_init(struct midge__list *lists, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        midge__list_init(&lists[i]);
    }
}
