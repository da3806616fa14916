/* SPDX-License-Identifier: MIT */
/*
 * Lines end with CR, LF or CR LF. A line is a field's name, a colon, one space that does not count,
 * and a value. An empty line ends the event.
 *
 *     state    reads                    on another byte          at the end of a line
 *     BOM..    EF BB BF, once           SKIP, or as LINE         as LINE
 *     LINE     the first byte           NAME, or SKIP after ":"  the event ends
 *     NAME     up to 5 bytes of a name  SPACE after ":"          a field with an empty value
 *     SPACE    one space                VALUE                    a field with an empty value
 *     VALUE    the value                                         the field ends
 *     SKIP     anything: a comment or an unknown field           LINE
 *
 * The caller's text holds the data of the event so far, each line with its \n, and behind it the
 * value of the line that is being read, of whatever field. So the value of an id or a type is whole
 * when it is looked at.
 */
#include "sse.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "midge/err.h"

#if MIDGE_WITH_SSE

enum { BOM, BOM_2, BOM_3, LINE, NAME, SPACE, VALUE, SKIP };
enum { DATA, EVENT, ID, RETRY, NONE };

static const char names[NONE][6] = {
    [DATA] = "data", [EVENT] = "event", [ID] = "id", [RETRY] = "retry"};

#define RETRY_MAX (UINT32_C(1) << 30) /* the longest time that the client takes */

void midge__sse_begin(struct midge_sse *sse)
{
    struct midge__sse *s = &sse->state;
    s->state = BOM;
    s->after_cr = s->has_id = s->told = 0;
    s->data_len = s->value_len = 0;
    s->type[0] = '\0';
}

/* --- fields --- */

static uint8_t field_of(const struct midge__sse *s)
{
    uint8_t field = DATA;
    while (field < NONE && (strlen(names[field]) != s->name_len ||
                            memcmp(names[field], s->name, s->name_len) != 0)) {
        field++;
    }
    return field;
}

/* Copies a value with its NUL. */
static int keep(const struct midge__sse *s, char *to, size_t cap)
{
    if (s->value_len >= cap) {
        return MIDGE_ERR_TOO_LARGE;
    }
    memcpy(to, s->text + s->data_len, s->value_len);
    to[s->value_len] = '\0';
    return MIDGE_OK;
}

/* An id with a NUL is ignored (9.2.6). */
static int end_id(struct midge__sse *s)
{
    if (s->value_len > 0 && memchr(s->text + s->data_len, '\0', s->value_len) != NULL) {
        return MIDGE_OK;
    }
    s->has_id = 1;
    return keep(s, s->next_id, sizeof s->next_id);
}

/* Digits only, otherwise ignored (9.2.6). */
static void end_retry(struct midge_sse *sse)
{
    const struct midge__sse *s = &sse->state;
    uint32_t ms = 0;
    for (size_t i = 0; i < s->value_len; i++) {
        uint32_t digit = (uint32_t)(uint8_t)s->text[s->data_len + i] - '0';
        if (digit > 9) {
            return;
        }
        ms = ms >= RETRY_MAX / 10 ? RETRY_MAX : ms * 10 + digit;
    }
    if (s->value_len > 0) {
        sse->retry_ms = ms;
    }
}

static int end_data(struct midge__sse *s)
{
    s->data_len += s->value_len;
    if (s->data_len == s->cap) {
        return MIDGE_ERR_TOO_LARGE;
    }
    s->text[s->data_len++] = '\n';
    return MIDGE_OK;
}

static int end_field(struct midge_sse *sse)
{
    struct midge__sse *s = &sse->state;
    int err = MIDGE_OK;
    switch (s->field) {
    case DATA:
        err = end_data(s);
        break;
    case EVENT:
        err = keep(s, s->type, sizeof s->type);
        break;
    case ID:
        err = end_id(s);
        break;
    default:
        end_retry(sse);
        break;
    }
    s->value_len = 0;
    return err;
}

/* --- events --- */

/* The last \n of the data becomes its NUL. An event without data only sets the id. */
static int end_event(struct midge_sse *sse, struct midge_sse_event *event)
{
    struct midge__sse *s = &sse->state;
    if (s->has_id) {
        memcpy(sse->id, s->next_id, sizeof sse->id);
        s->has_id = 0;
    }
    s->told = 1;
    if (s->data_len == 0) {
        return MIDGE_OK;
    }
    s->text[s->data_len - 1] = '\0';
    *event = (struct midge_sse_event){.type = s->type[0] != '\0' ? s->type : "message",
                                      .data = s->text,
                                      .data_len = s->data_len - 1,
                                      .id = sse->id};
    return MIDGE__SSE_EVENT;
}

/* --- lines --- */

static int end_line(struct midge_sse *sse, struct midge_sse_event *event)
{
    struct midge__sse *s = &sse->state;
    uint8_t state = s->state;
    s->state = LINE;
    if (state == BOM || state == LINE) {
        return end_event(sse, event);
    }
    if (state == NAME) {
        s->field = field_of(s);
        return s->field != NONE ? end_field(sse) : MIDGE_OK;
    }
    return state == SPACE || state == VALUE ? end_field(sse) : MIDGE_OK;
}

static uint8_t after_name(struct midge__sse *s, char c)
{
    if (c == ':') {
        s->field = field_of(s);
        return s->field != NONE ? SPACE : SKIP; /* a comment has an empty name */
    }
    if (s->name_len == sizeof s->name) {
        return SKIP;
    }
    s->name[s->name_len++] = c;
    return NAME;
}

/* Takes one byte of a line before its value; 0: the byte is the first one of the value. */
static int take_name(struct midge__sse *s, char c)
{
    static const char bom[] = "\xef\xbb\xbf";
    if (s->state <= BOM_3 && c == bom[s->state]) {
        s->state++; /* LINE after the third */
        return 1;
    }
    if (s->state == BOM_2 || s->state == BOM_3) {
        s->state = SKIP; /* a part of the mark is the name of no field */
        return 1;
    }
    if (s->state == BOM || s->state == LINE) {
        s->name_len = 0;
        s->state = NAME;
    }
    if (s->state == NAME) {
        s->state = after_name(s, c);
        return 1;
    }
    s->state = s->state == SPACE ? VALUE : s->state;
    return c == ' ';
}

static void advance(struct midge_span *in, size_t n)
{
    in->ptr += n;
    in->len -= n;
}

static size_t run_of(const struct midge_span *in)
{
    size_t n = 0;
    while (n < in->len && in->ptr[n] != '\n' && in->ptr[n] != '\r') {
        n++;
    }
    return n;
}

/* Takes bytes of a line that has not ended. */
static int take(struct midge__sse *s, struct midge_span *in)
{
    size_t n = 1;
    if (s->state < VALUE && take_name(s, *in->ptr)) {
        advance(in, n);
        return MIDGE_OK;
    }
    n = run_of(in);
    if (s->state == VALUE) {
        if (n >= s->cap - s->data_len - s->value_len) {
            return MIDGE_ERR_TOO_LARGE;
        }
        memcpy(s->text + s->data_len + s->value_len, in->ptr, n);
        s->value_len += n;
    }
    advance(in, n);
    return MIDGE_OK;
}

int midge__sse_read(struct midge_sse *sse, struct midge_span *in, struct midge_sse_event *event)
{
    struct midge__sse *s = &sse->state;
    int err = MIDGE_OK;
    while (in->len > 0 && err == MIDGE_OK) {
        char c = *in->ptr;
        bool second = c == '\n' && s->after_cr; /* of CR LF */
        if (s->told) {
            s->told = 0;
            s->data_len = 0;
            s->type[0] = '\0';
        }
        if (c != '\n' && c != '\r') {
            s->after_cr = 0;
            err = take(s, in);
            continue;
        }
        s->after_cr = c == '\r';
        advance(in, 1);
        err = second ? MIDGE_OK : end_line(sse, event);
    }
    return err;
}

#endif
