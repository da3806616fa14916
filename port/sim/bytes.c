/* SPDX-License-Identifier: MIT */
/* Memory of the simulation: libc's, which aborts when there is none, and queues of bytes. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

void *midge__sim_renew(void *p, size_t size)
{
    p = realloc(p, size > 0 ? size : 1);
    if (p == NULL) {
        abort();
    }
    return p;
}

void *midge__sim_new(size_t size)
{
    return memset(midge__sim_renew(NULL, size), 0, size);
}

char *midge__sim_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(midge__sim_new(size), text, size);
}

void midge__sim_bytes_put(struct sim_bytes *b, const uint8_t *data, size_t len)
{
    if (len == 0) {
        return;
    }
    if (b->begin + b->len + len > b->cap && b->begin >= b->len && b->len + len <= b->cap) {
        memmove(b->data, b->data + b->begin, b->len);
        b->begin = 0;
    }
    if (b->begin + b->len + len > b->cap) {
        b->cap = 2 * (b->begin + b->len + len);
        b->data = midge__sim_renew(b->data, b->cap);
    }
    memcpy(b->data + b->begin + b->len, data, len);
    b->len += len;
}

void midge__sim_bytes_drop(struct sim_bytes *b, size_t len)
{
    b->begin += len;
    b->len -= len;
    if (b->len == 0) {
        b->begin = 0;
    }
}

void midge__sim_bytes_drop_last(struct sim_bytes *b, size_t len)
{
    b->len -= len;
}

void midge__sim_bytes_free(struct sim_bytes *b)
{
    free(b->data);
    *b = (struct sim_bytes){0};
}
