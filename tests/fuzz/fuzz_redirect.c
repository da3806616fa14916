/* SPDX-License-Identifier: MIT */
/*
 * Redirects: URL, LF, Location; the last bytes choose status and rules. The room that is asked for
 * is always enough; a redirect that is followed leads to a URL in its normal form, without
 * userinfo, never from https to http unless a rule allows it, and with credentials only to the same
 * origin.
 */
#include "fuzz.h"

#include "base/span.h"
#include "midge/err.h"
#include "midge/request.h"
#include "midge/url.h"
#include "policy/redirect.h"

static const char *const methods[] = {"GET", "POST", "HEAD", "PUT"};

static void check_followed(const struct midge__redirect_from *from, const char *out,
                           const struct midge__redirect *to)
{
    static char normal[MIDGE_URL_MAX * 3 + 64];
    struct midge_url before, after;
    size_t len = 0;
    FUZZ_CHECK(to->url_len == strlen(out) && to->url_len <= MIDGE_URL_MAX);
    FUZZ_CHECK(midge_url_parse(&after, out, to->url_len, 0) == MIDGE_OK);
    FUZZ_CHECK(midge_url_parse(&before, from->url, strlen(from->url), MIDGE_URL_ALLOW_USERINFO) ==
               MIDGE_OK);
    FUZZ_CHECK(midge_url_normalise(normal, sizeof normal, &len, out, 0) == MIDGE_OK);
    FUZZ_CHECK(from->done < from->most && from->status != 304);
    FUZZ_CHECK(before.fragment.ptr == NULL || after.fragment.ptr != NULL);
    if (!after.is_https) {
        FUZZ_CHECK((from->rules & MIDGE_REDIRECT_NO_HTTP) == 0);
        FUZZ_CHECK(!before.is_https || (from->rules & MIDGE_REDIRECT_DOWNGRADE) != 0);
    }
    if (!to->drops_credentials && (from->rules & MIDGE_REDIRECT_CREDENTIALS) == 0) {
        FUZZ_CHECK(before.is_https == after.is_https && before.port == after.port);
        FUZZ_CHECK(midge__span_eq_nocase(before.host, after.host));
    }
    FUZZ_CHECK(from->status < 307 || !to->is_get);
}

static void check(const struct midge__redirect_from *from)
{
    struct midge__redirect to;
    const size_t bound = midge__redirect_bound(from);
    char *out = malloc(bound);
    FUZZ_CHECK(out != NULL);
    int err = midge__redirect(from, out, bound, &to);
    FUZZ_CHECK(err != MIDGE_ERR_TOO_LARGE);
    if (err == MIDGE_OK) {
        check_followed(from, out, &to);
    } else {
        FUZZ_CHECK(err == MIDGE_ERR_URL || err == MIDGE_ERR_SCHEME || err == MIDGE_ERR_REDIRECTS);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    struct midge__redirect_from from = {.most = 2};
    from.status = 299 + fuzz_choice(&in) % 11;
    from.rules = fuzz_choice(&in) % 64;
    from.method = methods[fuzz_choice(&in) % 4];
    from.done = fuzz_choice(&in) % 3;
    char *text = fuzz_string(in.at, in.len);
    char *split = text != NULL ? strchr(text, '\n') : NULL;
    if (split != NULL) {
        *split = '\0';
        from.url = text;
        from.location = split + 1;
        if (midge__redirect_leads(&from)) {
            check(&from);
        }
    }
    free(text);
    return 0;
}
