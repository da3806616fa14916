/* SPDX-License-Identifier: MIT */
/*
 * Finds an API's error message. Each API has its own shape, so the known ones are searched for in
 * the beginning of the body, which need not be whole: {"error":{"message":"…"}} (OpenAI);
 * {"error":"…","error_description":"…"} (RFC 6749 5.2); {"detail":"…"} (RFC 9457 3.1.4, and a list
 * of them, with "msg"); {"message":"…"}; {"errors":[{"message":"…"}]}; iTunes' "errorMessage".
 */
#include <string.h>

#include "app.h"

/* --- the beginning of a body --- */

static struct app_says *says_of(struct midge_sink *sink)
{
    return (struct app_says *)(void *)((char *)sink - offsetof(struct app_says, sink));
}

static int says_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct app_says *says = says_of(sink);
    size_t room = sizeof says->text - says->len, n = len < room ? len : room;
    memcpy(says->text + says->len, data, n);
    says->len += n;
    return says->next != NULL ? says->next->write(says->next, data, len) : MIDGE_OK;
}

static int says_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct app_says *says = says_of(sink);
    return says->next != NULL ? says->next->finish(says->next, err, complete) : MIDGE_OK;
}

void app_says_init(struct app_says *says, struct midge_sink *next)
{
    *says = (struct app_says){.sink = {.write = says_write, .finish = says_finish}, .next = next};
}

/* --- text that grows --- */

struct words {
    char *out;
    size_t cap, len;
    unsigned path; /* number of the path of the words */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Adds as much as fits; white space becomes one blank, and none at the beginning. */
static void add(struct words *words, const char *text, size_t len)
{
    for (size_t i = 0; i < len && words->len + 1 < words->cap; i++) {
        if (!is_blank(text[i])) {
            words->out[words->len++] = text[i] != '\0' ? text[i] : '?';
        } else if (words->len > 0 && words->out[words->len - 1] != ' ') {
            words->out[words->len++] = ' ';
        }
    }
    words->out[words->len] = '\0';
}

/* --- JSON --- */

static const char *const paths[] = {
    "error.message", "error_description", "error",       "message", "detail",
    "detail[0].msg", "errors[0].message", "errorMessage"};

#define PATHS (sizeof paths / sizeof paths[0])

/* The first path that occurs counts. */
static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct words *words = ctx;
    if (value->type != MIDGE_JSON_STRING || value->path > words->path) {
        return MIDGE_OK;
    }
    if (value->path < words->path) {
        words->path = value->path;
        words->len = 0;
    }
    add(words, value->text, value->len);
    return MIDGE_OK;
}

/* The body may end anywhere. */
static void find(struct words *words, const char *body, size_t len)
{
    char piece[16];
    struct midge_json_filter filter;
    (void)midge_json_filter_init(&filter, paths, PATHS, piece, sizeof piece, on_value, words);
    filter.pieces = 1;
    (void)filter.sink.write(&filter.sink, (const uint8_t *)body, len);
}

/* --- anything else --- */

static const char *find_text(const char *body, size_t len, const char *what)
{
    size_t n = strlen(what);
    for (; len >= n; body++, len--) {
        if (memcmp(body, what, n) == 0) {
            return body;
        }
    }
    return NULL;
}

static bool begins_with_tag(const char *body, size_t len)
{
    size_t i = 0;
    while (i < len && is_blank(body[i])) {
        i++;
    }
    return i < len && body[i] == '<';
}

/* Adds a page's title, or the text between its tags. */
static void add_html(struct words *words, const char *body, size_t len)
{
    static const char tag[] = "<title>";
    const char *end = body + len, *at = find_text(body, len, tag);
    if (at != NULL) {
        at += sizeof tag - 1;
        const char *close = memchr(at, '<', (size_t)(end - at));
        add(words, at, (size_t)((close != NULL ? close : end) - at));
        return;
    }
    for (at = body; at < end;) {
        const char *open = memchr(at, '<', (size_t)(end - at));
        add(words, at, (size_t)((open != NULL ? open : end) - at));
        const char *close = open != NULL ? memchr(open, '>', (size_t)(end - open)) : NULL;
        at = close != NULL ? close + 1 : end;
    }
}

bool app_message(const char *body, size_t len, bool any, char *out, size_t cap)
{
    struct words words = {.out = out, .cap = cap, .path = PATHS};
    out[0] = '\0';
    if (body == NULL || len == 0) {
        return false;
    }
    find(&words, body, len);
    if (words.len == 0 && any) {
        (begins_with_tag(body, len) ? add_html : add)(&words, body, len);
    }
    return words.len > 0;
}
