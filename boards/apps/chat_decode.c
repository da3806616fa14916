/* SPDX-License-Identifier: MIT */
/* Compressed answers, in builds that can decode them: each token is shown as soon as the server has
   flushed it. */
#include "chat.h"

#if MIDGE_WITH_GUNZIP

const struct midge_header chat_accept = {"Accept-Encoding", MIDGE_GUNZIP_ACCEPT};

struct midge_sink *chat_decoded(struct chat *chat)
{
    struct midge_sink *sink = &chat->answer.sink;
    if (!chat->item.app->compressed) {
        return sink;
    }
    midge_gunzip_init(&chat->gunzip, chat->item.app->client, sink);
    return &chat->gunzip.sink;
}

#endif
