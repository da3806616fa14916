/* SPDX-License-Identifier: MIT */
/* Headers that stay readable after the answer (midge_request.kept). */
#include "fake_port.h"

#define URL "http://example.com/"

static struct midge_result run(const struct fake_script *script, struct midge_request *request)
{
    struct world w;
    struct midge_result r;
    midge_id id;
    world_open(&w, &(struct midge_config){.max_header = 1024});
    fake_next(&w.fake, script);
    request->url = URL;
    assert_int_equal(midge_start(w.client, request, &id), MIDGE_OK);
    if (request->kept_size > 0) {
        assert_int_equal(request->kept[0], '\0'); /* nothing yet */
    }
    (void)midge_wait(w.client, id, &r);
    world_close(&w);
    return r;
}

static const struct fake_script answer = {
    .steps = {REQUEST, SAY("HTTP/1.1 103 Early\r\nETag: early\r\n\r\n"
                           "HTTP/1.1 200 OK\r\netag: \"abc\"\r\nX-Other: 1\r\nLink: a\r\n"
                           "X-Empty:\r\nLINK: b\r\nContent-Length: 0\r\n\r\n")}};

static void named_ones(void **state)
{
    char kept[64];
    struct midge_request get = {
        .keep_headers = "ETag, X-Empty,link", .kept = kept, .kept_size = sizeof kept};
    (void)state;
    memset(kept, '#', sizeof kept);
    struct midge_result r = run(&answer, &get);
    assert_int_equal(r.error, MIDGE_OK);
    assert_int_equal(r.headers_skipped, 0);
    assert_string_equal(midge_kept_header(kept, "ETag"), "\"abc\"");
    assert_string_equal(midge_kept_header(kept, "etag"), "\"abc\"");
    assert_string_equal(midge_kept_header(kept, "Link"), "a"); /* the first */
    assert_string_equal(midge_kept_header(kept, "x-empty"), "");
    assert_null(midge_kept_header(kept, "X-Other"));
    assert_null(midge_kept_header(kept, "Content-Length")); /* kept in the head, not asked for */
    assert_null(midge_kept_header(kept, "ETa"));
    assert_null(midge_kept_header(kept, ""));
    assert_null(midge_kept_header(NULL, "ETag"));
    assert_memory_equal(kept, "etag\0\"abc\"\0Link\0a\0X-Empty\0\0LINK\0b\0", 35);
    assert_int_equal(kept[34], '\0');
    assert_int_equal(kept[35], '#');
}

static void all_or_none(void **state)
{
    char kept[128] = "";
    struct midge_request get = {.keep_headers = "*", .kept = kept, .kept_size = sizeof kept};
    (void)state;
    (void)run(&answer, &get);
    assert_string_equal(midge_kept_header(kept, "X-Other"), "1");
    assert_string_equal(midge_kept_header(kept, "Content-Length"), "0");
    get.keep_headers = NULL;
    (void)run(&answer, &get);
    assert_int_equal(kept[0], '\0');
    kept[0] = 'k'; /* a size of 0: not touched */
    get = (struct midge_request){.keep_headers = "*", .kept = kept};
    (void)run(&answer, &get);
    assert_int_equal(kept[0], 'k');
}

/* At every size: those that fit, in order, nothing written behind. */
static void too_small(void **state)
{
    char kept[64];
    (void)state;
    for (size_t size = 1; size < 48; size++) {
        struct midge_request get = {
            .keep_headers = "ETag,Link,X-Empty", .kept = kept, .kept_size = size};
        memset(kept, '#', sizeof kept);
        struct midge_result r = run(&answer, &get);
        assert_int_equal(r.error, MIDGE_OK);
        assert_int_equal(r.headers_skipped, size < 35);
        assert_int_equal(midge_kept_header(kept, "ETag") != NULL, size >= 12);
        assert_int_equal(midge_kept_header(kept, "Link") != NULL, /* alone, or after the ETag */
                         (size >= 8 && size < 12) || size >= 19);
        assert_int_equal(kept[size], '#');
    }
}

/* A field that is asked for stays in a head that is cut, and in a head behind the first bytes. */
static void long_heads(void **state)
{
    static char text[4096];
    char kept[32];
    struct midge_request get = {.keep_headers = "ETag", .kept = kept, .kept_size = sizeof kept};
    (void)state;
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 200 OK\r\nX-Long: %02000d\r\nETag: e\r\nContent-Length: 0\r\n\r\n", 1);
    struct fake_script script = {.steps = {REQUEST, {FAKE_SAY, text, strlen(text)}}};
    struct midge_result r = run(&script, &get);
    assert_int_equal(r.error, MIDGE_OK);
    assert_int_equal(r.headers_skipped, 1);
    assert_string_equal(midge_kept_header(kept, "ETag"), "e");
}

/* Of an answer with an error status too; none without an answer; no memory for a size. */
static void other_ends(void **state)
{
    static const struct fake_script refused = {.connect = FAKE_REFUSES};
    static const struct fake_script busy = {
        .steps = {REQUEST, SAY("HTTP/1.1 503 B\r\nX-Id: 7\r\nContent-Length: 0\r\n\r\n")}};
    char kept[32] = "X-Id\0old\0";
    struct midge_request get = {.keep_headers = "X-Id", .kept = kept, .kept_size = sizeof kept};
    struct world w;
    midge_id id;
    (void)state;
    assert_int_equal(run(&refused, &get).error, MIDGE_ERR_CONNECT);
    assert_null(midge_kept_header(kept, "X-Id"));
    assert_int_equal(run(&busy, &get).status, 503);
    assert_string_equal(midge_kept_header(kept, "X-Id"), "7");
    world_open(&w, NULL);
    get.kept = NULL;
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_ERR_INVALID);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_ones), cmocka_unit_test(all_or_none), cmocka_unit_test(too_small),
        cmocka_unit_test(long_heads), cmocka_unit_test(other_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
