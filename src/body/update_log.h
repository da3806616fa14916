/* SPDX-License-Identifier: MIT */
/* The progress of an update in the last block of its store. All functions return MIDGE_OK or the
   store's error. */
#ifndef MIDGE__UPDATE_LOG_H
#define MIDGE__UPDATE_LOG_H

#include <stdbool.h>

#include "midge/update.h"

#if MIDGE_WITH_UPDATE

/* Do the sizes of the store fit each other? */
bool midge__update_log_fits(const struct midge_update_store *store);

/* Reads how much of the image the store has, and the validator of that version: update->stored and
   download.validator; 0 and "" if it is another image, or none. */
int midge__update_log_read(struct midge_update *update);

/* Begins a log of the image and the validator; nothing is stored. */
int midge__update_log_begin(struct midge_update *update);

/* Adds: update->stored bytes are stored. */
int midge__update_log_add(struct midge_update *update);

/* Forgets the progress. */
int midge__update_log_erase(struct midge_update *update);

#endif
#endif
