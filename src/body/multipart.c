/* SPDX-License-Identifier: MIT */
/*
 * A form as a source. It reads one piece after the other: the head of a part, its value, the next
 * head, ..., and the end, which is a head without a name. A call gives as many pieces as fit, so
 * that a short form goes out in one record.
 *
 *     at        in_value   the next bytes          then
 *     part      0          its head                its value
 *     part      1          its value               the next part, or n_parts
 *     n_parts   0          the end                 n_parts + 1: EOF
 *
 * A part's source is only trusted with its announced length: one that gives less or more fails.
 */
#include "midge/multipart.h"

#if MIDGE_WITH_MULTIPART

#include <string.h>

#include "base/check.h"
#include "codec/h1_write.h"
#include "codec/multipart.h"
#include "midge/err.h"

static void next_piece(struct midge_multipart *m)
{
    m->offset = 0;
    m->in_value = !m->in_value && m->at < m->n_parts;
    m->at += !m->in_value;
}

/* --- heads --- */

static struct midge__multipart_head head_of(const struct midge_multipart *m, size_t at)
{
    struct midge__multipart_head head = {
        .boundary = m->content_type + sizeof MIDGE__MULTIPART_TYPE - 1,
        .first = at == 0,
    };
    if (at < m->n_parts) {
        head.name = m->parts[at].name;
        head.filename = m->parts[at].filename;
        head.type = m->parts[at].type;
    }
    return head;
}

static size_t read_head(struct midge_multipart *m, uint8_t *buf, size_t cap)
{
    const struct midge__multipart_head head = head_of(m, m->at);
    const size_t from = (size_t)m->offset;
    const size_t left = midge__multipart_head(&head, from, buf, cap) - from;
    const size_t n = left < cap ? left : cap;
    m->offset += n;
    if (n == left) {
        next_piece(m);
    }
    return n;
}

/* --- values --- */

static const void *bytes_of(const struct midge_part *part)
{
    return part->text != NULL ? part->text : part->data;
}

/* -1: unknown. */
static int64_t length_of(const struct midge_part *part)
{
    if (part->source != NULL) {
        return part->source->length;
    }
    if (part->text != NULL) {
        return (int64_t)strlen(part->text);
    }
    return part->data != NULL ? (int64_t)part->len : 0;
}

/* At most `want` bytes of the value; EOF only where its length is unknown. */
static int read_source(struct midge_source *source, uint8_t *buf, size_t want, size_t *n)
{
    const int err = source->read(source, buf, want, n);
    if (err == MIDGE_OK && *n > 0 && *n <= want) {
        return MIDGE_OK;
    }
    *n = 0;
    if (err == MIDGE_OK || (err == MIDGE_ERR_EOF && source->length >= 0)) {
        return MIDGE_ERR_READ;
    }
    return err;
}

static int read_value(struct midge_multipart *m, uint8_t *buf, size_t cap, size_t *n)
{
    const struct midge_part *part = &m->parts[m->at];
    const int64_t length = length_of(part);
    const uint64_t left = length < 0 ? UINT64_MAX : (uint64_t)length - m->offset;
    const size_t want = left < cap ? (size_t)left : cap;
    int err = MIDGE_ERR_EOF;
    if (want > 0 && part->source != NULL) {
        err = read_source(part->source, buf, want, n);
    } else if (want > 0) {
        memcpy(buf, (const uint8_t *)bytes_of(part) + (size_t)m->offset, want);
        *n = want;
        err = MIDGE_OK;
    }
    m->offset += *n;
    if (err == MIDGE_ERR_EOF) {
        next_piece(m);
        return MIDGE_OK;
    }
    return err;
}

/* --- the source --- */

static int multipart_read(struct midge_source *base, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge_multipart *m = MIDGE_CONTAINER_OF(base, struct midge_multipart, source);
    int err = MIDGE_OK;
    *n = 0;
    while (err == MIDGE_OK && *n < cap && m->at <= m->n_parts) {
        size_t more = 0;
        if (m->in_value) {
            err = read_value(m, buf + *n, cap - *n, &more);
        } else {
            more = read_head(m, buf + *n, cap - *n);
        }
        *n += more;
    }
    if (err == MIDGE_ERR_AGAIN && *n > 0) {
        return MIDGE_OK;
    }
    return err == MIDGE_OK && *n == 0 ? MIDGE_ERR_EOF : err;
}

static int multipart_rewind(struct midge_source *base)
{
    struct midge_multipart *m = MIDGE_CONTAINER_OF(base, struct midge_multipart, source);
    int err = MIDGE_OK;
    for (size_t i = 0; err == MIDGE_OK && i < m->n_parts; i++) {
        struct midge_source *source = m->parts[i].source;
        err = source != NULL ? source->rewind(source) : MIDGE_OK;
    }
    m->at = 0;
    m->offset = 0;
    m->in_value = 0;
    return err;
}

static void multipart_finish(struct midge_source *base)
{
    struct midge_multipart *m = MIDGE_CONTAINER_OF(base, struct midge_multipart, source);
    for (size_t i = 0; i < m->n_parts; i++) {
        struct midge_source *source = m->parts[i].source;
        if (source != NULL && source->finish != NULL) {
            source->finish(source);
        }
    }
}

/* --- the beginning --- */

static int check(const struct midge_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (parts[i].name == NULL) {
            return MIDGE_ERR_INVALID;
        }
        if (parts[i].type != NULL && !midge__h1_value_ok(parts[i].type)) {
            return MIDGE_ERR_HEADER;
        }
    }
    return n > 0 ? MIDGE_OK : MIDGE_ERR_INVALID; /* RFC 2046 5.1.1: one part at least */
}

static int set_content_type(struct midge_multipart *m, const struct midge_port *port)
{
    uint8_t chance[MIDGE__BOUNDARY_LENGTH / 2];
    char *to = m->content_type + sizeof MIDGE__MULTIPART_TYPE - 1;
    const int err = port->entropy(port->ctx, chance, sizeof chance);
    memcpy(m->content_type, MIDGE__MULTIPART_TYPE, sizeof MIDGE__MULTIPART_TYPE - 1);
    for (size_t i = 0; err == MIDGE_OK && i < MIDGE__BOUNDARY_LENGTH; i++) {
        to[i] = "0123456789abcdef"[chance[i / 2] >> (i % 2 * 4) & 15];
    }
    return err;
}

/* Adds up the lengths; one that is not known makes the sum unknown. */
static int add_length(struct midge_multipart *m, size_t at)
{
    const struct midge__multipart_head head = head_of(m, at);
    const uint64_t own = midge__multipart_head(&head, 0, NULL, 0);
    const int64_t value = at < m->n_parts ? length_of(&m->parts[at]) : 0;
    const int64_t sum = m->source.length;
    if (sum < 0 || value < 0) {
        m->source.length = -1;
        return MIDGE_OK;
    }
    if (own > INT64_MAX || (uint64_t)sum + own > INT64_MAX - (uint64_t)value) {
        return MIDGE_ERR_TOO_LARGE;
    }
    m->source.length = sum + (int64_t)own + value;
    return MIDGE_OK;
}

int midge_multipart_init(struct midge_multipart *m, const struct midge_port *port,
                         const struct midge_part *parts, size_t n)
{
    *m = (struct midge_multipart){
        .source = {.read = multipart_read, .rewind = multipart_rewind, .finish = multipart_finish},
        .parts = parts,
        .n_parts = n,
    };
    int err = check(parts, n);
    if (err == MIDGE_OK) {
        err = set_content_type(m, port);
    }
    for (size_t i = 0; err == MIDGE_OK && i <= n; i++) {
        err = add_length(m, i);
        if (i < n && parts[i].source != NULL && parts[i].source->rewind == NULL) {
            m->source.rewind = NULL;
        }
    }
    return err;
}

#endif
