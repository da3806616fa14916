/* SPDX-License-Identifier: MIT */
/*
 * Intrusive doubly linked list: a ring through its head, so that no operation has a special case.
 * A node not in a list is initialised too (it points to itself), which makes removing it harmless.
 */
#ifndef MIDGE_BASE_LIST_H
#define MIDGE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "check.h"

/* Head and node alike. */
struct midge__list {
    struct midge__list *next;
    struct midge__list *prev;
};

static inline void midge__list_init(struct midge__list *node)
{
    node->next = node;
    node->prev = node;
}

/* The same for n of them (list.c). */
void midge__lists_init(struct midge__list *lists, size_t n);

/* On a head: no nodes. On a node: not in a list. */
static inline bool midge__list_empty(const struct midge__list *head)
{
    return head->next == head;
}

/* In list.c where flash counts more than instructions (-Os), in each caller elsewhere. */
#if defined(__OPTIMIZE_SIZE__)
#define MIDGE__LIST_FN MIDGE__APART extern
#else
#define MIDGE__LIST_FN static inline
#endif
/* Puts node, in no list, behind `before`. */
MIDGE__LIST_FN void midge__list_link(struct midge__list *before, struct midge__list *node);
/* The first node, still in the list; NULL when there is none. */
MIDGE__LIST_FN struct midge__list *midge__list_first(const struct midge__list *head);
/* Moves every node of `from` to the tail of `to`, in order; `from` is empty afterwards. */
MIDGE__LIST_FN void midge__list_splice_tail(struct midge__list *to, struct midge__list *from);

static inline void midge__list_push_head(struct midge__list *head, struct midge__list *node)
{
    midge__list_link(head, node);
}

static inline void midge__list_push_tail(struct midge__list *head, struct midge__list *node)
{
    midge__list_link(head->prev, node);
}

void midge__list_remove(struct midge__list *node);

/* Takes the first node out; NULL when there is none. */
static inline struct midge__list *midge__list_pop(struct midge__list *head)
{
    struct midge__list *node = midge__list_first(head);
    if (node != NULL) {
        midge__list_remove(node);
    }
    return node;
}

#if !defined(__OPTIMIZE_SIZE__)
#include "list_apart.h"
#endif

#define MIDGE__LIST_ENTRY(node, type, member) MIDGE_CONTAINER_OF(node, type, member)

/* The body must not remove any node. */
#define MIDGE__LIST_FOR_EACH(it, head)                                                             \
    for (struct midge__list *it = (head)->next; it != (head); it = it->next)

/* The body may remove `it`, and nothing else. */
#define MIDGE__LIST_FOR_EACH_SAFE(it, after, head)                                                 \
    for (struct midge__list *it = (head)->next, *after = it->next; it != (head);                   \
         it = after, after = it->next)

#endif
