/* SPDX-License-Identifier: MIT */
/* URLs of requests as people write them: relative to the client's base_url, or not in their normal
   form. */
#include "codec/url.h"
#include "core/client.h"
#include "core/request.h"
#include "midge/config.h"
#include <string.h>

#if MIDGE_WITH_URL_MENDING

size_t midge__draft_url_bound(const struct midge_client *client, size_t len)
{
    const char *base = client->config.base_url;
    return len * 3 + 16 + (base != NULL ? strlen(base) * 3 + 1 : 0);
}

static int write_url(const struct midge_client *client, const struct midge_request *request,
                     char *out, size_t cap, size_t *len)
{
    const char *base = client->config.base_url;
    int err = midge_url_normalise(out, cap, len, request->url, midge__draft_url_flags(request));
    /* Not absolute: anything without a scheme (RFC 3986 4.1) is relative to the session's base. */
    if (err != MIDGE_OK && base != NULL &&
        memchr(request->url, ':', strcspn(request->url, "/?#")) == NULL) {
        err = midge__url_resolve(out, cap, len, base, request->url, 0);
    }
    return err;
}

int midge__draft_mend(struct midge_client *client, struct midge__draft *d, char **block,
                      size_t before)
{
    size_t len;
    int err = write_url(client, d->request, *block + before, d->url_cap, &len);
    if (err != MIDGE_OK) {
        return err;
    }
    *block = midge__memory_shrink(&client->memory, *block, before + len + 1);
    d->text = *block + before;
    return midge_url_parse(&d->url, d->text, len, midge__draft_url_flags(d->request));
}

#endif
