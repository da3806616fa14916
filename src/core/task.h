/* SPDX-License-Identifier: MIT */
/* Tasks (task.c). */
#ifndef MIDGE_CORE_TASK_H
#define MIDGE_CORE_TASK_H

#include <stdbool.h>
#include "midge/config.h"
#include "midge/task.h"

struct midge_client;

#if MIDGE_WITH_TASKS
/* Run the tasks that are ready (task.c). */
void midge__tasks_run(struct midge_client *client);
/* Tasks that wait for room try again: each one once after memory or a slot came back (came), one in
   each turn. */
void midge__tasks_room(struct midge_client *client, bool came);
#else
#define midge__tasks_run(client)        ((void)(client))
#define midge__tasks_room(client, came) ((void)(client), (void)(came))
#endif

#endif
