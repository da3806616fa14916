/* SPDX-License-Identifier: MIT */
/*
 * A download is a hook and a sink of one request. `next` has the first len bytes of the version
 * that the validator names; only a 200 sets that.
 *
 *     event                           effect
 *     the request is sent             with len > 0 and a validator: Range and If-Range
 *     206, the rest                   the body goes to `next`
 *     206, another part, or 416       `next` is reset; the request is repeated from the start, a
 *                                     few times at most; so it is if a 206 comes unasked: a server
 *                                     must not send that (RFC 9110 15.3.7)
 *     200                             `next` is reset; its validator is noted
 *     any other                       `next` is reset once a body comes: this answer may be dropped
 *     a cut (reset by retry.c)        the bytes stay, if there is a validator
 *
 * In slices (slices.h) each request has a Range, and no If-Range: its answer could be the whole.
 * The validator of each slice is compared instead.
 *
 * A validator says nothing about another URL (RFC 9110 8.8.3), and a redirect may lead there: the
 * headers are only sent to the URL that gave the bytes.
 */
#include "midge/download.h"

#if MIDGE_WITH_DOWNLOAD

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/span.h"

#define RANGE_TEXT (sizeof "bytes=-" + (size_t)2 * MIDGE__U64_DIGITS)
#define SLICE(d)   (MIDGE_WITH_SLICES ? (d)->slice : 0)

static struct midge_download *of_sink(struct midge_sink *sink)
{
    return MIDGE_CONTAINER_OF(sink, struct midge_download, sink);
}

/* FNV-1a; never 0. */
static uint32_t hash(const char *text)
{
    uint32_t h = UINT32_C(2166136261);
    for (; *text != '\0'; text++) {
        h = (h ^ (uint8_t)*text) * UINT32_C(16777619);
    }
    return h != 0 ? h : 1;
}

/* False: `next` cannot take its bytes back. */
static bool begin_again(struct midge_download *d)
{
    struct midge_sink *next = d->next;
    if (d->len > 0 && (next->reset == NULL || next->reset(next) != MIDGE_OK)) {
        return false;
    }
    d->len = 0;
    d->total = d->until = MIDGE_RANGE_UNKNOWN;
    d->validator[0] = '\0';
    d->is_other = 0;
    return true;
}

/* --- the hook --- */

static void write_range(char text[RANGE_TEXT], const struct midge_download *d)
{
    size_t n = 6;
    memcpy(text, "bytes=", n);
    n += midge__u64_text(text + n, d->len);
    text[n++] = '-';
    if (SLICE(d) > 0) {
        n += midge__u64_text(text + n, d->len + SLICE(d) - 1);
    }
    text[n] = '\0';
}

static bool asks(const struct midge_download *d, const struct midge_hop *hop)
{
    if (strcmp(hop->method, "GET") != 0) {
        return false;
    }
    if (d->len == 0) {
        return SLICE(d) > 0;
    }
    return d->validator[0] != '\0' && (d->url == 0 || d->url == hash(hop->url));
}

/* If a slice is of another version, the next try is for the first slice, not for the whole. */
static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    struct midge_download *d = MIDGE_CONTAINER_OF(hook, struct midge_download, hook);
    char range[RANGE_TEXT];
    d->asked = asks(d, hop);
    if (!d->asked) {
        return MIDGE_OK;
    }
    write_range(range, d);
    const int err = midge_hop_set(hop, "Range", range);
    return err == MIDGE_OK && SLICE(d) == 0 ? midge_hop_set(hop, "If-Range", d->validator) : err;
}

/* Is it of the version that `next` has? */
static bool is_same(const struct midge_download *d, const char *validator)
{
    return d->len == 0 ||
           (validator[0] == '\0' ? SLICE(d) == 0 : strcmp(validator, d->validator) == 0);
}

/* Is it the rest, or the next slice? Sets where it leads to. */
static bool is_part(struct midge_download *d, const struct midge_hop *hop,
                    const struct midge_response *response)
{
    struct midge_content_range range;
    char validator[MIDGE_VALIDATOR_BYTES];
    (void)midge_validator(response, validator);
    if (midge_response_range(response, &range) != MIDGE_OK || range.first != d->len ||
        !is_same(d, validator)) {
        return false;
    }
    const uint64_t total = range.total != MIDGE_RANGE_UNKNOWN ? range.total : d->total;
    const bool is_slice = SLICE(d) > 0 && total - d->len > SLICE(d);
    d->until = is_slice ? d->len + SLICE(d) : total;
    if (total == MIDGE_RANGE_UNKNOWN || range.last + 1 != d->until ||
        (d->total != MIDGE_RANGE_UNKNOWN && d->total != total)) {
        return false;
    }
    d->total = total;
    if (d->len == 0) {
        memcpy(d->validator, validator, sizeof validator);
        d->url = hash(hop->url);
    }
    return true;
}

static int take_part(struct midge_download *d, const struct midge_hop *hop,
                     const struct midge_response *response)
{
    if (d->asked && response->status == 206 && is_part(d, hop, response)) {
        d->parts++;
        return MIDGE_OK;
    }
    if (d->len == 0) {
        d->slice = 0; /* it has no first slice: an empty file, or a server that errs */
    }
    const bool again = hop->can_repeat && d->restarts < MIDGE_HOOK_REPEATS;
    d->restarts++;
    return again && begin_again(d) ? MIDGE_HOP_REPEAT : MIDGE_ERR_RANGE;
}

/* Notes the version that begins with this answer. */
static int take_whole(struct midge_download *d, const struct midge_hop *hop,
                      const struct midge_response *response)
{
    if (!begin_again(d)) {
        return MIDGE_ERR_RANGE;
    }
    if (strcmp(hop->method, "GET") == 0) {
        (void)midge_validator(response, d->validator);
        d->url = hash(hop->url);
        if (response->framing == MIDGE_FRAMING_LENGTH) {
            d->total = d->until = response->content_len;
        }
    }
    return MIDGE_OK;
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    struct midge_download *d = MIDGE_CONTAINER_OF(hook, struct midge_download, hook);
    d->is_other = 0;
    if (response->status == 206 || (d->asked && response->status == 416)) {
        return take_part(d, hop, response);
    }
    if (response->status == 200) {
        return take_whole(d, hop, response);
    }
    d->is_other = 1;
    return MIDGE_OK;
}

/* --- the sink --- */

static int head(struct midge_sink *sink, struct midge_response *response)
{
    struct midge_sink *next = of_sink(sink)->next;
    return next->head != NULL ? next->head(next, response) : MIDGE_OK;
}

static int write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_download *d = of_sink(sink);
    if ((d->is_other && !begin_again(d)) || len > d->until - d->len) {
        return MIDGE_ERR_RANGE;
    }
    d->len += len;
    return d->next->write(d->next, data, len);
}

static int reset(struct midge_sink *sink)
{
    struct midge_download *d = of_sink(sink);
    return d->validator[0] != '\0' || begin_again(d) ? MIDGE_OK : MIDGE_ERR_RANGE;
}

/* The last answer may have no body, or a chunked one of another length than its range. */
static int judge(struct midge_download *d)
{
    if (d->is_other && !begin_again(d)) {
        return MIDGE_ERR_RANGE;
    }
    return d->until == MIDGE_RANGE_UNKNOWN || d->until == d->len ? MIDGE_OK : MIDGE_ERR_PARTIAL;
}

static int finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct midge_download *d = of_sink(sink);
    const int own = err == MIDGE_OK ? judge(d) : err;
    const int did = d->next->finish(d->next, own, own == err ? complete : MIDGE_COMPLETE_NO);
    return own == MIDGE_OK ? did : own;
}

void midge_download_init(struct midge_download *download, struct midge_sink *next)
{
    *download = (struct midge_download){
        .sink = {.write = write, .finish = finish, .reset = reset, .head = head},
        .hook = {.on_send = on_send, .on_head = on_head, .keep_headers = MIDGE_VALIDATOR_HEADERS},
        .next = next,
        .total = MIDGE_RANGE_UNKNOWN,
        .until = MIDGE_RANGE_UNKNOWN,
    };
}

#endif
