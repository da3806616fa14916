/* SPDX-License-Identifier: MIT */
/* Functions of list.h that have one copy in a firmware: list.c includes this, or list.h itself. */
#ifndef MIDGE_BASE_LIST_APART_H
#define MIDGE_BASE_LIST_APART_H

#include "list.h"

MIDGE__LIST_FN void midge__list_link(struct midge__list *before, struct midge__list *node)
{
    MIDGE_ASSERT(midge__list_empty(node));
    node->prev = before;
    node->next = before->next;
    before->next->prev = node;
    before->next = node;
}

MIDGE__LIST_FN struct midge__list *midge__list_first(const struct midge__list *head)
{
    return midge__list_empty(head) ? NULL : head->next;
}

MIDGE__LIST_FN void midge__list_splice_tail(struct midge__list *to, struct midge__list *from)
{
    if (midge__list_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    from->prev->next = to;
    to->prev->next = from->next;
    to->prev = from->prev;
    midge__list_init(from);
}

#endif
