/* SPDX-License-Identifier: MIT */
/* The buffers that exchanges borrow for a step: one block for the client, from the first exchange
   on. When a connection is opened while there is no exchange, they are freed: its handshake needs
   their memory more. */
#include "core/client.h"
#include "midge/config.h"

bool midge__client_buffers_get(struct midge_client *client)
{
    if (client->send_buffer == NULL) {
        midge__memory_yield(&client->memory,
                            true); /* connections' memory: no request waits for it */
        client->send_buffer =
            midge__memory_alloc(&client->memory, 0, MIDGE_SEND_BUFFER + MIDGE_RECV_BUFFER);
        midge__memory_yield(&client->memory, false);
        client->recv_buffer =
            client->send_buffer != NULL ? client->send_buffer + MIDGE_SEND_BUFFER : NULL;
    }
    return client->send_buffer != NULL;
}

void midge__client_buffers_put(struct midge_client *client)
{
    if (client->exchanges == 0 && client->recv_buffer != NULL) {  /* NULL: none, or still held */
        midge__memory_wipe(&client->memory, client->send_buffer); /* it had heads in it */
        client->send_buffer = client->recv_buffer = NULL;
    }
}
