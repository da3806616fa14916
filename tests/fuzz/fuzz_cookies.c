/* SPDX-License-Identifier: MIT */
/*
 * Set-Cookie: a URL, then fields of its answer, one a line; the last byte chooses the size of the
 * jar. Each cookie that is kept belongs to the host or, with a callback that allows it, to a domain
 * above it; Secure and the prefixes hold; the records fill the jar exactly. A Cookie field has no
 * control character, and a jar that is made of the cookies of the first one, as from a file, sends
 * the same.
 */
#include "fuzz.h"

#include "base/span.h"
#include "midge/cookies.h"
#include "midge/err.h"
#include "midge/url.h"
#include "policy/cookies.h"

#define NOW 1800000000

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return 0;
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return NOW;
}

static const struct midge_port port = {.clock_ms = clock_ms, .wall_time = wall_time};

static int is_public_suffix(void *ctx, const char *domain)
{
    (void)ctx;
    FUZZ_CHECK(strchr(domain, '.') != NULL && strlen(domain) <= 255);
    return strcmp(domain, "co.uk") == 0;
}

static bool begins(const char *text, const char *with)
{
    const size_t len = strlen(with);
    return strlen(text) >= len &&
           midge__span_eq_nocase(midge__span(text, len), midge__span_of(with));
}

static void check_cookie(const struct midge_cookie *c, const struct midge__cookie_url *url)
{
    const struct midge_span domain = midge__span_of(c->domain);
    FUZZ_CHECK(midge__span_eq_nocase(domain, url->host) ||
               (!c->host_only && midge__cookie_domain_matches(url->host, domain)));
    FUZZ_CHECK(c->host_only || (strchr(c->domain, '.') != NULL && strcmp(c->domain, "co.uk") != 0));
    FUZZ_CHECK(!c->secure || url->is_https);
    FUZZ_CHECK(c->path[0] == '/' && c->same_site <= MIDGE_SAME_SITE_STRICT);
    FUZZ_CHECK(c->expires == 0 || (c->expires > NOW && c->expires <= NOW + 400 * 86400));
    FUZZ_CHECK(strlen(c->name) + strlen(c->value) <= 4096 && strchr(c->name, '=') == NULL);
    const char *sent = c->name[0] != '\0' ? c->name : c->value;
    FUZZ_CHECK(!begins(sent, "__Secure-") || (c->secure && sent == c->name));
    if (begins(sent, "__Host-")) {
        FUZZ_CHECK(c->secure && c->host_only && sent == c->name && strcmp(c->path, "/") == 0);
    }
}

/* Checks all, and copies them as a file does. */
static void check_jar(struct midge_cookies *jar, const struct midge__cookie_url *url,
                      struct midge_cookies *copy)
{
    struct midge_cookie cookie;
    size_t at = 0;
    while (midge_cookies_next(jar, &at, &cookie)) {
        FUZZ_CHECK(at <= jar->used);
        check_cookie(&cookie, url);
        FUZZ_CHECK(midge_cookies_put(copy, &cookie) == MIDGE_OK);
    }
    FUZZ_CHECK(at == jar->used && jar->used <= jar->size);
}

static void log_header(struct midge_cookies *jar, const struct midge__cookie_url *url,
                       struct fuzz_text *log)
{
    const size_t len = midge__jar_header(jar, url, NULL, MIDGE_COOKIES_SENT);
    char *text = malloc(len + 1);
    FUZZ_CHECK(text != NULL && len <= MIDGE_COOKIES_SENT);
    FUZZ_CHECK(midge__jar_header(jar, url, text, len) == len);
    for (size_t i = 0; i < len; i++) {
        FUZZ_CHECK(!midge__is_ctl(text[i]));
    }
    fuzz_add(log, text, len);
    free(text);
}

static void fill(struct midge_cookies *jar, const char *url, char *lines)
{
    for (char *line = lines, *end; line != NULL; line = end) {
        end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        const int err = midge_cookies_set(jar, url, line);
        FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_INVALID || err == MIDGE_ERR_TOO_LARGE);
    }
}

static void check(const char *text, char *lines, size_t size)
{
    struct fuzz_text first = {NULL, 0, 0}, second = {NULL, 0, 0};
    struct midge_cookies jar, copy;
    struct midge_url parts;
    void *memory = malloc(size + 1), *more = malloc(size + 8);
    FUZZ_CHECK(memory != NULL && more != NULL);
    FUZZ_CHECK(midge_url_parse(&parts, text, strlen(text), MIDGE_URL_ALLOW_USERINFO) == MIDGE_OK);
    const struct midge__cookie_url url = midge__cookie_url(&parts);
    midge_cookies_init(&jar, &port, memory, size);
    midge_cookies_init(&copy, &port, more, size + 8);
    jar.is_public_suffix = is_public_suffix;
    fill(&jar, text, lines);
    check_jar(&jar, &url, &copy);
    log_header(&jar, &url, &first);
    log_header(&copy, &url, &second);
    fuzz_same(&first, &second, "Cookie of a copied jar");
    fuzz_free(&first);
    fuzz_free(&second);
    free(memory);
    free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const size_t jar_size = (size_t)fuzz_choice(&in) * 16;
    char *text = fuzz_string(in.at, in.len);
    char *split = text != NULL ? strchr(text, '\n') : NULL;
    struct midge_url url;
    if (split != NULL) {
        *split = '\0';
        if (midge_url_parse(&url, text, strlen(text), MIDGE_URL_ALLOW_USERINFO) == MIDGE_OK) {
            check(text, split + 1, jar_size);
        }
    }
    free(text);
    return 0;
}
