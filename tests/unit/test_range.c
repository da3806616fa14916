/* SPDX-License-Identifier: MIT */
/* Content-Range and validators as a whole head has them, on the port in memory. */
#include "fake_port.h"

#include "midge/range.h"

#define UNKNOWN   MIDGE_RANGE_UNKNOWN
#define UNTOUCHED 99

static struct {
    int err;
    struct midge_content_range range;
    size_t len;
    char validator[MIDGE_VALIDATOR_BYTES];
} seen;

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id;
    memset(&seen, 0, sizeof seen);
    seen.range.first = UNTOUCHED;
    seen.err = midge_response_range(response, &seen.range);
    seen.len = midge_validator(response, seen.validator);
    return MIDGE_OK;
}

static void answer(const char *fields)
{
    struct world w;
    struct probe p;
    char text[600];
    const size_t n = (size_t)snprintf(text, sizeof text, "HTTP/1.1 206 x\r\n%s\r\nhello", fields);
    const struct fake_script server = {.steps = {REQUEST, {FAKE_SAY, text, n}, FIN}};
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &server);
    probe_init(&p, &w, "http://example.com/");
    p.request.on_response = on_response;
    probe_start(&p);
    world_run(&w);
    probe_ended(&p, p.result.error);
    assert_int_equal(seen.len, strlen(seen.validator));
    world_close(&w);
}

static void is_range(const char *fields, uint64_t first, uint64_t last, uint64_t total)
{
    answer(fields);
    assert_int_equal(seen.err, MIDGE_OK);
    assert_true(seen.range.first == first && seen.range.last == last && seen.range.total == total);
}

static void is_no_range(int err, const char *fields)
{
    answer(fields);
    assert_int_equal(seen.err, err);
    assert_int_equal(seen.range.first, UNTOUCHED);
}

static void ranges(void **state)
{
    (void)state;
    is_range("Content-Range: bytes 2-6/9\r\nContent-Length: 5\r\n", 2, 6, 9);
    is_range("content-range: bytes 2-6/*\r\nContent-Length: 5\r\n", 2, 6, UNKNOWN);
    is_range("Content-Range: bytes 2-8/9\r\n", 2, 8, 9); /* until the connection ends */
    is_range("Content-Range: bytes */9\r\nContent-Length: 5\r\n", UNKNOWN, UNKNOWN, 9);
    is_no_range(MIDGE_ERR_EOF, "Content-Length: 5\r\nX-Content-Range: bytes 2-6/9\r\n");
    is_no_range(MIDGE_ERR_PROTOCOL, "Content-Range: bytes 2-7/9\r\nContent-Length: 5\r\n");
    is_no_range(MIDGE_ERR_PROTOCOL, "Content-Range: bytes 2-5/9\r\nContent-Length: 5\r\n");
    is_no_range(MIDGE_ERR_PROTOCOL, "Content-Range: bytes 6-2/9\r\nContent-Length: 5\r\n");
    is_no_range(MIDGE_ERR_PROTOCOL, "Content-Range: bytes 2-6/9\r\nContent-Range: bytes 2-6/9\r\n"
                                    "Content-Length: 5\r\n");
}

static void is_validator(const char *fields, const char *expected)
{
    answer(fields);
    assert_string_equal(seen.validator, expected);
}

static void tags(void **state)
{
    char tag[MIDGE_VALIDATOR_BYTES + 2], field[MIDGE_VALIDATOR_BYTES + 20];
    (void)state;
    is_validator("ETag: \"a\"\r\nContent-Length: 5\r\n", "\"a\"");
    is_validator("ETag: \"\"\r\nContent-Length: 5\r\n", "\"\"");
    is_validator("Content-Length: 5\r\n", "");
    is_validator("ETag: W/\"a\"\r\nContent-Length: 5\r\n", "");
    is_validator("ETag: \"\r\nContent-Length: 5\r\n", "");
    is_validator("ETag: a\"\r\nContent-Length: 5\r\n", "");
    is_validator("ETag: \"a\r\nContent-Length: 5\r\n", "");
    is_validator("ETag: \"a\"b\"\r\nContent-Length: 5\r\n", "");
    is_validator("ETag:\r\nContent-Length: 5\r\n", "");
    for (size_t len = MIDGE_VALIDATOR_BYTES - 1; len <= MIDGE_VALIDATOR_BYTES; len++) {
        memset(tag, 'a', sizeof tag);
        tag[0] = tag[len - 1] = '"';
        tag[len] = '\0';
        (void)snprintf(field, sizeof field, "ETag: %s\r\n", tag);
        is_validator(field, len < MIDGE_VALIDATOR_BYTES ? tag : "");
    }
}

/* RFC 9110 8.8.2.2: a minute apart. A tag that is no good is not replaced by a date. */
static void dates(void **state)
{
#define DATE     "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define MODIFIED "Last-Modified: Sun, 06 Nov 1994 08:"
    (void)state;
    is_validator(DATE MODIFIED "48:37 GMT\r\n", "Sun, 06 Nov 1994 08:48:37 GMT");
    is_validator(DATE MODIFIED "48:38 GMT\r\n", "");
    is_validator(DATE MODIFIED "59:37 GMT\r\n", "");
    is_validator(MODIFIED "48:37 GMT\r\n", "");
    is_validator(DATE "Last-Modified: yesterday\r\n", "");
    is_validator(DATE MODIFIED "48:37 GMT\r\nETag: W/\"a\"\r\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(tags),
        cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
