/* SPDX-License-Identifier: MIT */
/* Tasks, as the turn sees them. They stand above it (task.c), so it calls them by a table, which
   the first midge_spawn sets. */
#ifndef MIDGE_CORE_TASK_H
#define MIDGE_CORE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include "core/client.h"
#include "midge/config.h"

struct midge__task_ops {
    /* Runs the tasks that are ready. */
    void (*run)(struct midge_client *client);
    /* Tasks that wait for room try again: each one once after memory or a slot came back (came),
       one in each turn. */
    void (*room)(struct midge_client *client, bool came);
};

/* Can a task run now? */
static inline bool midge__tasks_due(const struct midge_client *client)
{
    return MIDGE_WITH_TASKS && (!midge__list_empty(&client->tasks) || client->room_tries > 0);
}

/* Does a task wait for room? */
static inline bool midge__tasks_lack_room(const struct midge_client *client)
{
    return MIDGE_WITH_TASKS && !midge__list_empty(&client->roomless);
}

static inline void midge__tasks_run(struct midge_client *client)
{
    if (MIDGE_WITH_TASKS && client->task_ops != NULL) {
        client->task_ops->run(client);
    }
}

static inline void midge__tasks_room(struct midge_client *client, bool came)
{
    if (MIDGE_WITH_TASKS && client->task_ops != NULL) {
        client->task_ops->room(client, came);
    }
}

#endif
