/* SPDX-License-Identifier: MIT */
/* The certificate stays in flash (borrow): a client has only what mbedTLS parses of it in RAM. */
#include "identity.h"

#include <string.h>

#include <midge/err.h>

static size_t read_u16(const unsigned char *at)
{
    return (size_t)at[0] << 8 | at[1];
}

int identity_find(const void *page, size_t size, uint32_t key_id, struct midge_credential *own)
{
    static const char mark[8] = "midgeID1";
    const unsigned char *at = page;

    *own = (struct midge_credential){.borrow = 1};
    if (size < IDENTITY_HEAD || memcmp(at, mark, sizeof mark) != 0) {
        return MIDGE_ERR_READ;
    }
    own->certificate_len = read_u16(at + 8);
    own->key_len = read_u16(at + 10);
    if (own->certificate_len + own->key_len > size - IDENTITY_HEAD) {
        return MIDGE_ERR_READ;
    }
    own->certificate = at + IDENTITY_HEAD;
    own->key = at + IDENTITY_HEAD + own->certificate_len;
    own->key_id = own->key_len == 0 ? key_id : 0;
    return MIDGE_OK;
}
