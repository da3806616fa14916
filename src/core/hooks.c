/* SPDX-License-Identifier: MIT */
/*
 * Hooks: callbacks of the application around each exchange of a transfer.
 *
 *     event                        effect
 *     the exchange begins          on_send: the fields that hooks set are kept in x->hooked
 *     the final head came          on_head: t->hook_again: the answer is dropped, as that of a
 *                                  redirect
 *     that answer is over          QUEUED, before all others; or held: in client->held and in no
 *                                  queue, until the awaitable t->awaits is over
 *     it is over (in a turn)       it is put into the queue, before all others
 *     the end of the exchange      the fields are wiped and freed
 *
 * Fields that hooks set are a list of small blocks. When all hooks have been called, one array is
 * made of them and the fields of the request that they do not replace, so that the writer of heads
 * sees one list, as without hooks.
 */
#include "core/hooks.h"

#if MIDGE_WITH_HOOKS

#include "base/check.h"
#include "base/span.h"
#include "core/conn.h"
#include "core/event.h"
#include "core/queue.h"
#include "core/request.h"
#include "core/rewind.h"
#include "core/timings.h"
#include "midge/hooks.h"
#include <string.h>

struct midge__hook_field {
    struct midge__hook_field *next;
    struct midge_header header; /* its text follows in the block */
};

static struct midge__memory *memory_of(const struct midge__exchange *x)
{
    return &x->conn->client->memory;
}

/* --- fields --- */

/* The place of the field with that name, or of the end. */
static struct midge__hook_field **find(struct midge__exchange *x, const char *name)
{
    struct midge__hook_field **at = &x->hooked.fields;
    while (*at != NULL && !midge__span_is(midge__span_of((*at)->header.name), name)) {
        at = &(*at)->next;
    }
    return at;
}

static const struct midge_header *find_in(const struct midge_header *list, size_t n,
                                          const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (midge__span_is(midge__span_of(list[i].name), name)) {
            return &list[i];
        }
    }
    return NULL;
}

const char *midge_hop_get(const struct midge_hop *hop, const char *name)
{
    struct midge__exchange *x = hop->impl;
    if (x->transfer == NULL) {
        return NULL;
    }
    const struct midge_config *config = &hop->client->config;
    const struct midge_request *r = x->transfer->request;
    const struct midge__hook_field *field = *find(x, name);
    const struct midge_header *header =
        field != NULL ? &field->header : find_in(r->headers, r->n_headers, name);
    if (header == NULL) {
        header = find_in(config->headers, config->n_headers, name);
    }
    return header != NULL ? header->value : NULL; /* without a value none is sent */
}

static char *put(char *at, const char *text, const char **to)
{
    const size_t size = strlen(text) + 1;
    *to = memcpy(at, text, size);
    return at + size;
}

/* Sets a field that was checked, whose text has `size` bytes. */
static int set(struct midge__exchange *x, const struct midge_header *header, size_t size)
{
    struct midge__hook_field **at = find(x, header->name), *old = *at;
    struct midge__hook_field *field = midge__memory_alloc(memory_of(x), 0, sizeof *field + size);
    if (field == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    char *text = put((char *)(field + 1), header->name, &field->header.name);
    field->header.value = NULL;
    if (header->value != NULL) {
        (void)put(text, header->value, &field->header.value);
    }
    field->next = old != NULL ? old->next : NULL;
    *at = field;
    x->hooked.bytes += size;
    midge__memory_wipe(memory_of(x), old);
    return MIDGE_OK;
}

int midge_hop_set(struct midge_hop *hop, const char *name, const char *value)
{
    const struct midge_header header = {name, value};
    struct midge__exchange *x = hop->impl;
    if (x->transfer == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (name == NULL || x->hooked.is_sent) {
        return MIDGE_ERR_INVALID;
    }
    const struct midge__transfer *t = x->transfer;
    int err = midge__h1_check("GET", (struct midge__h1_headers){&header, 1},
                              midge__request_framing(t->request, t->method),
                              midge__request_length(t->request));
    if (err != MIDGE_OK) {
        return err;
    }
    const size_t size = strlen(name) + 1 + (value != NULL ? strlen(value) + 1 : 0);
    return size <= MIDGE_HOOK_BYTES - x->hooked.bytes ? set(x, &header, size) : MIDGE_ERR_TOO_LARGE;
}

/* Makes the list of the fields that are sent. */
static int merge(struct midge__exchange *x)
{
    struct midge__transfer *t = x->transfer;
    const struct midge_request *r = t->request;
    size_t n = r->n_headers;
    for (const struct midge__hook_field *it = x->hooked.fields; it != NULL; it = it->next) {
        n++;
    }
    struct midge_header *list = midge__memory_alloc(memory_of(x), 0, n * sizeof *list);
    if (list == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    n = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (*find(x, r->headers[i].name) == NULL) {
            list[n++] = r->headers[i];
        }
    }
    for (const struct midge__hook_field *it = x->hooked.fields; it != NULL; it = it->next) {
        list[n++] = it->header;
    }
    x->hooked.headers = (struct midge__h1_headers){list, n};
    t->is_prepared = false; /* its head is another one */
    return MIDGE_OK;
}

void midge__hooks_forget(struct midge__exchange *x)
{
    struct midge__hook_field *field;
    while ((field = x->hooked.fields) != NULL) {
        x->hooked.fields = field->next;
        midge__memory_wipe(memory_of(x), field);
    }
    midge__memory_free(memory_of(x), (void *)(uintptr_t)x->hooked.headers.list);
    midge__memory_free(memory_of(x), x->hooked.keep);
    x->hooked.headers.list = NULL;
    x->hooked.keep = NULL;
}

/* Adds names to those of the headers that are kept. */
static int keep(struct midge__exchange *x, const char *names)
{
    const char *before = midge__hooks_keep(x, x->transfer->request->keep_headers), *text;
    before = before != NULL ? before : "";
    char *list = midge__memory_alloc(memory_of(x), 0, strlen(before) + strlen(names) + 2);
    if (list == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    char *end = put(list, before, &text);
    end[-1] = ',';
    (void)put(end, names, &text);
    midge__memory_free(memory_of(x), x->hooked.keep);
    x->hooked.keep = list;
    return MIDGE_OK;
}

/* --- calls --- */

static int call_send(struct midge__exchange *x, struct midge_hook *hook, struct midge_hop *hop)
{
    int err = hook->keep_headers != NULL ? keep(x, hook->keep_headers) : MIDGE_OK;
    return err == MIDGE_OK && hook->on_send != NULL ? hook->on_send(hook, hop) : err;
}

static int call(struct midge__exchange *x, struct midge_hook *hook, struct midge_hop *hop,
                const struct midge_response *head)
{
    if (head == NULL) {
        return call_send(x, hook, hop);
    }
    return hook->on_head != NULL ? hook->on_head(hook, hop, head) : MIDGE_OK;
}

/* Calls the hooks of one chain, until one fails or ends the request. The error, or REPEAT if one of
   them has returned it. */
static int call_chain(struct midge__exchange *x, struct midge_hook *hook, struct midge_hop *hop,
                      const struct midge_response *head)
{
    int result = MIDGE_OK;
    while (hook != NULL) {
        int did = call(x, hook, hop, head);
        if (did < 0 || x->transfer == NULL) {
            return did;
        }
        result |= did;
        hook = hook->next;
    }
    return result;
}

static int call_all(struct midge__exchange *x, struct midge_hop *hop,
                    const struct midge_response *head)
{
    int did = call_chain(x, hop->client->config.hooks, hop, head);
    if (did < 0 || x->transfer == NULL) {
        return did;
    }
    int own = call_chain(x, x->transfer->request->hooks, hop, head);
    return own < 0 ? own : did | own;
}

static struct midge_hop hop_of(struct midge__exchange *x)
{
    const struct midge__transfer *t = x->transfer;
    return (struct midge_hop){.client = t->aw.client,
                              .id = t->aw.id,
                              .ctx = t->request->ctx,
                              .method = midge__request_method(t->request),
                              .url = t->request->url,
                              .redirects = t->result->redirects,
                              .retries = t->result->retries,
                              .repeats = t->hook_repeats,
                              .connection = x->conn->number,
                              .timings = midge__timings_of(t),
                              .impl = x};
}

int midge__hooks_send(struct midge__exchange *x)
{
    struct midge_hop hop = hop_of(x);
    x->transfer->hook_again = false; /* of an attempt that did not come to its end */
    int err = call_all(x, &hop, NULL);
    if (err < 0 || x->transfer == NULL) {
        return err;
    }
    x->hooked.is_sent = true;
    return x->hooked.fields != NULL ? merge(x) : MIDGE_OK;
}

/* --- repeats --- */

static bool can_repeat(const struct midge__transfer *t)
{
    return t->hook_repeats < MIDGE_HOOK_REPEATS && !t->aw.client->closing &&
           midge__request_can_rewind(t);
}

bool midge__hooks_head(struct midge__exchange *x, const struct midge_response *head, int *err)
{
    struct midge__transfer *t = x->transfer;
    const bool can = can_repeat(t);
    struct midge_hop hop = hop_of(x);
    hop.can_repeat = can;
    t->awaits = 0;
    int did = call_all(x, &hop, head);
    if (x->transfer == NULL || did < 0) {
        *err = did < 0 ? did : MIDGE_OK;
        return true;
    }
    t->hook_again = did > 0 && can;
    t->hook_repeats = t->hook_again ? (uint8_t)(t->hook_repeats + 1) : 0;
    return t->hook_again;
}

int midge_hop_repeat_after(struct midge_hop *hop, midge_id id)
{
    const struct midge__exchange *x = hop->impl;
    if (x->transfer == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (id == hop->id) {
        return MIDGE_ERR_INVALID; /* it would never end */
    }
    x->transfer->awaits = id;
    return MIDGE_HOP_REPEAT;
}

/* Has it completed, callbacks included? */
static bool is_over(const struct midge_client *client, midge_id id)
{
    const struct midge__awaitable *aw = midge__awaitable_find(client, id);
    return aw == NULL || aw->state >= MIDGE__DELIVERED;
}

/* Its limit of the queue stands still. */
static void hold(struct midge__transfer *t)
{
    midge__queue_take(t);
    t->held = true;
    midge__list_push_head(&t->aw.client->held, &t->aw.link);
    midge__transfer_freeze(t, true);
}

void midge__hooks_begin(struct midge__transfer *t)
{
    t->hook_again = false;
    if (!midge__request_rewind_or_end(t)) {
        return;
    }
    t->needs_fresh = t->frozen = false;
    midge__transfer_requeue(t, true);
    midge__report_renew(t->result);
    midge__event(t, REPEAT, t->result->retries, 0);
    if (!is_over(t->aw.client, t->awaits)) {
        hold(t);
    }
}

/* The newest one is the first in the list, so the oldest one is the first in the queue. */
void midge__hooks_look(struct midge_client *client)
{
    MIDGE__LIST_FOR_EACH_SAFE(it, after, &client->held)
    {
        struct midge__transfer *t = MIDGE_CONTAINER_OF(it, struct midge__transfer, aw.link);
        if (is_over(client, t->awaits)) {
            midge__hooks_release(t);
            midge__queue_put(t, true);
            midge__transfer_freeze(t, false);
        }
    }
}

#endif
