/* SPDX-License-Identifier: MIT */
/* Questions and answers in one piece of memory. If it is full, the oldest pair goes. */
#include "chat.h"

#include <string.h>

/* The first two texts. */
static void drop_pair(struct chat_history *history)
{
    size_t question = strlen(history->text) + 1;
    size_t pair = question + strlen(history->text + question) + 1;
    history->len -= pair;
    history->n -= 2;
    memmove(history->text, history->text + pair, history->len);
}

static size_t room(const struct chat_history *history)
{
    return history->cap - history->len;
}

bool chat_history_ask(struct chat_history *history, const char *question)
{
    size_t size = strlen(question) + 1;
    while (room(history) < size && history->n > 0) {
        drop_pair(history);
    }
    if (room(history) < size) {
        return false;
    }
    memcpy(history->text + history->len, question, size);
    history->len += size;
    history->n++;
    history->full = false;
    return true;
}

void chat_history_answer(struct chat_history *history, const char *text, size_t len)
{
    bool begins = history->n % 2 == 1;
    size_t more = len + begins; /* the NUL of a text that has begun is there already */
    while (room(history) < more && history->n > 2) {
        drop_pair(history);
    }
    history->full = history->full || room(history) < more;
    if (history->full) {
        return;
    }
    memcpy(history->text + history->len - !begins, text, len);
    history->len += more;
    history->text[history->len - 1] = '\0';
    history->n += begins;
}

void chat_history_end(struct chat_history *history)
{
    if (history->n % 2 == 1) {
        history->len = (size_t)(chat_history_at(history, history->n - 1) - history->text);
        history->n--;
    }
}

const char *chat_history_at(const struct chat_history *history, unsigned n)
{
    const char *at = history->text;
    if (n >= history->n) {
        return NULL;
    }
    for (; n > 0; n--) {
        at += strlen(at) + 1;
    }
    return at;
}
