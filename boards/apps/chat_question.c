/* SPDX-License-Identifier: MIT */
/* The POST's body: {"model":"…","stream":true,"messages":[{"role":"system","content":"…"}, …]} */
#include "chat.h"

#define HEADS 3 /* texts before the first message */
#define TEXTS 3 /* of a message */

/* The nth message, from 0: the system's, if there is one, then the history. NULL: the last one was
   before. */
static const char *message_at(const struct chat *chat, unsigned n, const char **role)
{
    const char *system = chat->item.app->system;
    if (system != NULL) {
        *role = "{\"role\":\"system\",\"content\":\"";
        if (n == 0) {
            return system;
        }
        n--;
    }
    *role =
        n % 2 == 0 ? "{\"role\":\"user\",\"content\":\"" : "{\"role\":\"assistant\",\"content\":\"";
    return chat_history_at(&chat->history, n);
}

static const char *message_part(const struct chat *chat, unsigned n, bool *quoted)
{
    const char *role, *next, *text = message_at(chat, n / TEXTS, &role);
    if (text == NULL) {
        return NULL;
    }
    switch (n % TEXTS) {
    case 0:
        return role;
    case 1:
        *quoted = true;
        return text;
    default:
        return message_at(chat, n / TEXTS + 1, &next) != NULL ? "\"}," : "\"}]}";
    }
}

static const char *question_part(void *ctx, unsigned n, bool *quoted)
{
    const struct chat *chat = ctx;
    *quoted = n == 1;
    switch (n) {
    case 0:
        return "{\"model\":\"";
    case 1:
        return chat->item.app->model;
    case 2:
        return "\",\"stream\":true,\"messages\":[";
    default:
        return message_part(chat, n - HEADS, quoted);
    }
}

void chat_prepare_question(struct chat *chat)
{
    app_parts_init(&chat->question, question_part, chat);
}
