/* SPDX-License-Identifier: MIT */
/* A response's head, for callbacks. */
#include "codec/h1_parse.h"
#include "midge/response.h"

const char *midge_response_header(const struct midge_response *response, const char *name,
                                  size_t *len)
{
    struct midge_span value;
    if (!midge__h1_header_find(response->impl, name, &value)) {
        return NULL;
    }
    *len = value.len;
    return value.ptr;
}

int midge_response_next(const struct midge_response *response, size_t *at, const char **name,
                        size_t *name_len, const char **value, size_t *value_len)
{
    struct midge_span n, v;
    if (!midge__h1_header_next(response->impl, at, &n, &v)) {
        return 0;
    }
    *name = n.ptr;
    *name_len = n.len;
    *value = v.ptr;
    *value_len = v.len;
    return 1;
}
