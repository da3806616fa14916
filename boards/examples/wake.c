/* SPDX-License-Identifier: MIT */
/*
 * The order matters: the kept sessions are erased before the request, so power that is lost at any
 * place costs a full handshake at the next start, and no ticket is offered twice.
 */
#include "wake.h"

static void import(struct midge_client *client, struct wake_memory *memory, uint8_t *block,
                   size_t cap)
{
    const size_t len = memory->take(memory, block, cap);
    if (len > 0) {
        (void)midge_sessions_import(client, block, len);
    }
}

static void export(struct midge_client *client, struct wake_memory *memory, uint8_t *block,
                   size_t cap)
{
    size_t len;
    if (midge_sessions_export(client, block, cap, &len) == MIDGE_OK) {
        (void)memory->keep(memory, block, len);
    }
}

int wake_post(struct midge_client *client, const struct midge_request *post,
              struct wake_memory *memory, uint8_t *block, size_t cap, struct midge_result *result)
{
    midge_id id;
    import(client, memory, block, cap);
    int err = midge_start(client, post, &id);
    if (err == MIDGE_OK) {
        err = midge_wait(client, id, result);
    }
    export(client, memory, block, cap);
    return err;
}
