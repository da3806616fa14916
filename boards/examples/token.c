/* SPDX-License-Identifier: MIT */
/* A request that was sent with an older token is only repeated. If a new token does not help, or
   there is none, 401 is the answer. */
#include "token.h"

#include <string.h>

static void renewed(void *ctx, const struct midge_result *result)
{
    struct token *token = ctx;
    token->renewal = 0;
    if (result->error == MIDGE_OK && result->status == 200) {
        memcpy(token->value + strlen("Bearer "), token->text, sizeof token->text);
    }
}

static int renew(struct token *token, struct midge_client *client)
{
    const struct midge_request request = {.method = "POST",
                                          .url = token->url,
                                          .sink = &token->body.sink,
                                          .ctx = token,
                                          .on_done = renewed};
    midge_buffer_init(&token->body, token->text, sizeof token->text);
    return midge_start(client, &request, &token->renewal);
}

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    const struct token *token = (const struct token *)hook;
    return strncmp(hop->url, token->origin, strlen(token->origin)) == 0
               ? midge_hop_set(hop, "Authorization", token->value)
               : MIDGE_OK;
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    struct token *token = (struct token *)hook;
    const char *sent = midge_hop_get(hop, "Authorization");
    if (response->status != 401 || sent == NULL || hop->id == token->renewal) {
        return MIDGE_OK;
    }
    if (strcmp(sent, token->value) != 0) {
        return MIDGE_HOP_REPEAT;
    }
    if (hop->repeats > 0 || (token->renewal == 0 && renew(token, hop->client) != MIDGE_OK)) {
        return MIDGE_OK;
    }
    return midge_hop_repeat_after(hop, token->renewal);
}

void token_init(struct token *token, const char *origin, const char *url)
{
    *token = (struct token){.hook = {.on_send = on_send, .on_head = on_head},
                            .origin = origin,
                            .url = url,
                            .value = "Bearer none"};
}
