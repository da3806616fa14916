/* SPDX-License-Identifier: MIT */
/* Conditional requests on the port in memory: which validators are sent, which are stored, and when
   none are. */
#include "fake_port.h"
#include "midge/conditional.h"

#define URL              "http://example.com/a"
#define DATE             "Sun, 06 Nov 1994 08:49:37 GMT"
#define OK(fields, body) SAY("HTTP/1.1 200 OK\r\n" fields "Content-Length: 5\r\n\r\n" body)
#define TEXT_96                                                                                    \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab" \
    "cdef"

static struct midge_conditional c;
static struct midge_validators stored;
static unsigned loads, stores;
static int load_err, store_err;
static char stored_url[64];

static int load(void *ctx, const char *url, struct midge_validators *validators)
{
    assert_ptr_equal(ctx, &stored);
    assert_string_equal(url, URL);
    assert_string_equal(validators->etag, "");
    assert_string_equal(validators->modified, "");
    loads++;
    *validators = stored;
    return load_err;
}

static int store(void *ctx, const char *url, const struct midge_validators *validators)
{
    assert_ptr_equal(ctx, &stored);
    stores++;
    stored = *validators;
    (void)snprintf(stored_url, sizeof stored_url, "%s", url);
    return store_err;
}

static struct world w;
static struct probe p;

static void prepare(const char *etag, const char *modified, const struct fake_script *server)
{
    memset(&stored, 0, sizeof stored);
    (void)snprintf(stored.etag, sizeof stored.etag, "%s", etag);
    (void)snprintf(stored.modified, sizeof stored.modified, "%s", modified);
    loads = stores = 0;
    load_err = store_err = MIDGE_OK;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, server);
    probe_init(&p, &w, URL);
    midge_conditional_init(&c, &p.sink);
    c.load = load, c.store = store, c.ctx = &stored;
    p.request.sink = &c.sink;
    p.request.hooks = &c.hook;
}

static void run(int err)
{
    probe_start(&p);
    world_run(&w);
    probe_ended(&p, err);
    world_close(&w);
}

static bool sent(const char *text)
{
    return fake_sent_has(&w.fake, 0, text);
}

static void is_stored(const char *etag, const char *modified, unsigned times)
{
    assert_string_equal(stored.etag, etag);
    assert_string_equal(stored.modified, modified);
    assert_int_equal(stores, times);
    assert_int_equal(c.not_modified, 0);
}

/* --- the good way --- */

static void first_time(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, OK("ETag: \"1\"\r\nLast-Modified: " DATE "\r\n", "hello"), LOOP}};
    (void)state;
    prepare("", "", &server);
    probe_start(&p);
    world_run(&w);
    assert_false(sent("\r\nIf-"));
    probe_is_hello(&p);
    world_close(&w);
    is_stored("\"1\"", DATE, 1);
    assert_string_equal(stored_url, URL);
}

static void unchanged(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, SAY("HTTP/1.1 304 x\r\nETag: \"2\"\r\n\r\n"), LOOP}};
    (void)state;
    prepare("W/\"1\"", DATE, &server);
    probe_start(&p);
    world_run(&w);
    assert_true(sent("\r\nIf-None-Match: W/\"1\"\r\n"));
    assert_true(sent("\r\nIf-Modified-Since: " DATE "\r\n"));
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
    assert_int_equal(p.result.status, 304);
    assert_int_equal(p.finish_err, MIDGE_ERR_CANCELED);
    assert_int_equal(p.complete, MIDGE_COMPLETE_NO);
    assert_int_equal(c.not_modified, 1);
    assert_int_equal(stores, 0);
}

static void changed(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, OK("ETag: W/\"2\"\r\n", "hello"), LOOP}};
    (void)state;
    prepare("\"1\"", DATE, &server);
    run(MIDGE_OK);
    is_stored("W/\"2\"", "", 1);
}

/* --- other answers --- */

static void without_validators(void **state)
{
    static const struct fake_script servers[] = {
        {.steps = {REQUEST, OK("", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag:\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: *\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: 1\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: \"\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: W/\"\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: w/\"1\"\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: \"1\", \"2\"\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: \"1 2\"\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("ETag: \"" TEXT_96 "\"\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("Last-Modified: " DATE DATE "\r\n", "hello"), LOOP}},
        {.steps = {REQUEST, OK("Last-Modified: \xff\r\n", "hello"), LOOP}},
        /* Of status 404 and 304: the sink has another body. */
        {.steps = {REQUEST, SAY("HTTP/1.1 404 x\r\nETag: \"2\"\r\nContent-Length: 0\r\n\r\n"),
                   LOOP}},
        /* The end is not certain. */
        {.steps = {REQUEST, SAY("HTTP/1.1 200 x\r\nETag: \"2\"\r\n\r\nhello"), FIN}},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(servers); i++) {
        prepare("\"1\"", "", &servers[i]);
        run(MIDGE_OK);
        is_stored("", "", 1);
        assert_int_equal(p.finish_err, MIDGE_OK);
    }
}

/* The longest ones, and the empty tag. */
static void limits(void **state)
{
    static const struct fake_script servers[] = {
        {.steps = {REQUEST, OK("ETag: \"\"\r\n", "hello"), LOOP}},
        {.steps = {REQUEST,
                   OK("ETag: \""
                      "3456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
                      "f0123456789abcdef"
                      "\"\r\n",
                      "hello"),
                   LOOP}},
        {.steps = {REQUEST,
                   OK("ETag: \""
                      "23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
                      "ef0123456789abcdef"
                      "\"\r\n",
                      "hello"),
                   LOOP}},
    };
    static const size_t lengths[] = {2, MIDGE_ETAG_BYTES - 1, 0};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(servers); i++) {
        prepare("", "", &servers[i]);
        run(MIDGE_OK);
        assert_int_equal(strlen(stored.etag), lengths[i]);
    }
}

/* A 304 to a request without a condition is an answer as any other. */
static void not_asked(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, SAY("HTTP/1.1 304 x\r\n\r\n"), LOOP}};
    (void)state;
    prepare("", "", &server);
    run(MIDGE_OK);
    is_stored("", "", 1);
}

static void cut(void **state)
{
    static const struct fake_script servers[] = {
        {.steps = {REQUEST, OK("ETag: \"2\"\r\n", "hell"), FIN}},
        {.steps = {REQUEST, OK("ETag: \"2\"\r\n", "hell"), RESET}}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(servers); i++) {
        prepare("\"1\"", "", &servers[i]);
        probe_start(&p);
        world_run(&w);
        assert_int_not_equal(p.result.error, MIDGE_OK);
        probe_ended(&p, p.result.error);
        world_close(&w);
        is_stored("\"1\"", "", 0);
    }
}

/* --- requests that are sent as they are --- */

static void own_condition(void **state)
{
    static const struct midge_header own[] = {
        {"if-none-match", "x"}, {"If-Modified-Since", "x"}, {"Range", "bytes=0-4"}};
    static const struct fake_script server = {
        .steps = {REQUEST, OK("ETag: \"2\"\r\n", "hello"), LOOP}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(own); i++) {
        prepare("\"1\"", "", &server);
        p.request.headers = &own[i];
        p.request.n_headers = 1;
        run(MIDGE_OK);
        assert_int_equal(loads, 0);
        is_stored("\"2\"", "", 1);
    }
}

/* The body of a POST is another thing than that of a GET. */
static void other_methods(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, OK("ETag: \"2\"\r\n", "hello"), LOOP}};
    (void)state;
    prepare("\"1\"", "", &server);
    p.request.method = "POST";
    run(MIDGE_OK);
    assert_int_equal(loads, 0);
    is_stored("", "", 1);
}

static void part(void **state)
{
    static const struct midge_header own = {"Range", "bytes=0-4"};
    static const struct fake_script server = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 206 x\r\nETag: \"2\"\r\nContent-Range: bytes 0-4/9\r\n"
                      "Content-Length: 5\r\n\r\nhello"),
                  LOOP}};
    (void)state;
    prepare("\"1\"", "", &server);
    p.request.headers = &own;
    p.request.n_headers = 1;
    run(MIDGE_OK);
    is_stored("", "", 1);
}

/* --- what the application does wrong --- */

static void damaged_store(void **state)
{
    static const char *const etags[] = {"*", "1", "\"a\r\nX: y\"", "\"a\x7f\"", "\"a\", \"b\""};
    static const struct fake_script server = {
        .steps = {REQUEST, OK("ETag: \"2\"\r\n", "hello"), LOOP}};
    (void)state;
    for (size_t i = 0; i <= MIDGE_ARRAY_LEN(etags); i++) {
        prepare(i > 0 ? etags[i - 1] : "", "1\n2", &server);
        if (i == 0) {
            memset(&stored, 0xff, sizeof stored); /* erased flash: no NUL */
        }
        probe_start(&p);
        world_run(&w);
        assert_false(sent("\r\nIf-"));
        probe_is_hello(&p);
        world_close(&w);
        is_stored("\"2\"", "", 1);
    }
}

static void errors(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, OK("ETag: \"2\"\r\n", "hello"), LOOP}};
    (void)state;
    prepare("\"1\"", "", &server);
    load_err = MIDGE_ERR_READ;
    run(MIDGE_ERR_READ);
    assert_int_equal(stores, 0);
    prepare("\"1\"", "", &server);
    store_err = MIDGE_ERR_WRITE;
    run(MIDGE_ERR_WRITE);
    prepare("\"1\"", "", &server);
    p.finish_answer = MIDGE_ERR_WRITE; /* the body was not kept */
    run(MIDGE_ERR_WRITE);
    is_stored("\"1\"", "", 0);
    prepare("\"1\"", "", &server);
    p.request.hooks = NULL; /* forgotten */
    run(MIDGE_OK);
    is_stored("\"1\"", "", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_time),    cmocka_unit_test(unchanged),
        cmocka_unit_test(changed),       cmocka_unit_test(without_validators),
        cmocka_unit_test(limits),        cmocka_unit_test(not_asked),
        cmocka_unit_test(cut),           cmocka_unit_test(own_condition),
        cmocka_unit_test(other_methods), cmocka_unit_test(part),
        cmocka_unit_test(damaged_store), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
