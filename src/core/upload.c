/* SPDX-License-Identifier: MIT */
/* The request's body, from a source. Bytes in memory need no copy: they have no function here but
   midge__exchange_memory. */
#include "core/exchange.h"
#include "core/transfer.h"

const uint8_t *midge__exchange_memory(const struct midge__exchange *x, size_t *len)
{
    const struct midge_request *r = x->transfer->request;
    *len = r->body != NULL ? r->body_len - (size_t)x->sent : 0;
    return *len > 0 ? (const uint8_t *)r->body + (size_t)x->sent : NULL;
}

#if MIDGE_WITH_SOURCES

bool midge__exchange_has_source(const struct midge__exchange *x)
{
    return x->transfer->request->source != NULL;
}

/* A source of a known length that ends early has failed, and one that gives more than asked for. */
int midge__exchange_read(struct midge__exchange *x, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge_source *source = x->transfer->request->source;
    bool unknown = source->length < 0;
    x->transfer->source_begun = true;
    midge__exchange_ask(x, MIDGE__WAITS_SOURCE);
    *n = 0;
    int err = source->read(source, buf, cap, n);
    if (x->transfer == NULL) {
        return MIDGE_ERR_CANCELED; /* the source ended its own request */
    }
    if (err == MIDGE_ERR_AGAIN) {
        midge__exchange_wait(x, MIDGE__WAITS_SOURCE);
        return err;
    }
    if (err == MIDGE_ERR_EOF && unknown) {
        return err;
    }
    if (err != MIDGE_OK || *n == 0 || *n > cap) {
        x->source_failed = true;
        return err == MIDGE_OK || err == MIDGE_ERR_EOF ? MIDGE_ERR_READ : err;
    }
    x->sent += *n;
    return MIDGE_OK;
}

#endif
