/* SPDX-License-Identifier: MIT */
/* Not inline: it is called in many places. */
#include "base/list.h"

void midge__list_remove(struct midge__list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    midge__list_init(node);
}
