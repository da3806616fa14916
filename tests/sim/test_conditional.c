/* SPDX-License-Identifier: MIT */
/* Conditional requests in whole worlds: over redirects, cuts at every byte, the rest of a cut body,
   compressed bodies, failures of memory; and the example boards/examples/page.c. The stored
   validators are always those of the body that the application has. */
#include "examples/page.h"

#include "sim_world.h"

#define URL       "http://a.test/page"
#define SIZE      40U
#define HEAD_SIZE 52U /* of a 200 */

static struct sim_world w;
static struct midge_sim_host *host;

/* --- the server: a page with a version, which is its ETag; /old leads to it --- */

static struct {
    unsigned version;
    uint64_t cut; /* of the first answer to a request; 0: none */
    int later;    /* the status of later answers to a request; 0: as it should be */
    int status;   /* in place of 200, once; 0: none */
    unsigned requests, conditions, bodies;
} server;

static char body[SIZE], headers[256];

static unsigned number_in(const char *head, const char *name)
{
    unsigned number = 0;
    const char *at = strstr(head, name);
    return at != NULL && sscanf(at + strlen(name), "%u", &number) == 1 ? number : 0;
}

static void serve_part(struct midge_sim_reply *reply, unsigned first)
{
    const int n = snprintf(headers, sizeof headers, "ETag: \"%03u\"\r\n", server.version);
    if (first > 0) {
        (void)snprintf(headers + n, sizeof headers - (size_t)n, "Content-Range: bytes %u-%u/%u\r\n",
                       first, SIZE - 1, SIZE);
    }
    memset(body, (int)('a' + server.version), sizeof body);
    reply->status = first > 0 ? 206 : 200;
    reply->headers = headers;
    reply->body = body;
    reply->body_len = SIZE - first;
    server.bodies++;
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    const unsigned known = number_in(request->head, "\r\nIf-None-Match: \"");
    const unsigned same = number_in(request->head, "\r\nIf-Range: \"");
    const unsigned first = number_in(request->head, "\r\nRange: bytes=");
    (void)ctx;
    server.requests++;
    server.conditions += known > 0;
    serve_part(reply, same == server.version ? first : 0);
    if (known == server.version) {
        reply->status = 304;
        reply->body_len = 0;
        reply->body = NULL;
        server.bodies--;
    } else if (server.status != 0) {
        reply->status = server.status;
    } else if (server.later != 0 && server.requests > 1) {
        reply->status = server.later;
    }
    if (server.cut > 0 && server.requests == 1) {
        reply->end = MIDGE_SIM_END_FIN;
        reply->cut_at = server.cut;
    }
    server.status = 0;
}

static void open_world(uint32_t fail_alloc)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.retry_budget = 1000, .fail_alloc = fail_alloc});
    host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/page", &(struct midge_sim_reply){.on_request = serve});
    midge_sim_add_reply(
        host, 80, "/old",
        &(struct midge_sim_reply){.status = 302, .headers = "Location: /page\r\nETag: \"9\"\r\n"});
    memset(&server, 0, sizeof server);
    server.version = 1;
}

/* --- the application's store, and one request --- */

static struct {
    char url[64];
    struct midge_validators validators;
    unsigned loads, stores;
} kept;

static int load(void *ctx, const char *url, struct midge_validators *validators)
{
    (void)ctx;
    kept.loads++;
    if (strcmp(url, kept.url) == 0) {
        *validators = kept.validators;
    }
    return MIDGE_OK;
}

static int store(void *ctx, const char *url, const struct midge_validators *validators)
{
    (void)ctx;
    kept.stores++;
    kept.validators = *validators;
    (void)snprintf(kept.url, sizeof kept.url, "%s", url);
    return MIDGE_OK;
}

static struct sim_get get;
static struct midge_conditional conditional;
static struct midge_download download;
static struct midge_gunzip gunzip;
static struct midge_retry rules;

static void begin_with(struct midge_sink *sink)
{
    midge_conditional_init(&conditional, sink);
    conditional.load = load, conditional.store = store;
}

static void prepare(const char *url)
{
    rules = (struct midge_retry){.max = 3, .first_ms = 1, .all_errors = 1};
    sim_get_init(&w, &get, url);
    begin_with(&get.body.sink);
    get.request.sink = &conditional.sink;
    get.request.hooks = &conditional.hook;
    get.request.retry = &rules;
    get.request.max_redirects = 2;
}

static void run(void)
{
    server.requests = 0;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    assert_int_equal(get.dones, 1);
}

static void ask(const char *url, int status)
{
    prepare(url);
    run();
    sim_get_ended(&get, MIDGE_OK, status, NULL);
    assert_int_equal(conditional.not_modified, status == 304);
}

/* The store names the body that came last, or none. */
static void is_kept(unsigned version)
{
    char etag[16] = "";
    if (version > 0) {
        (void)snprintf(etag, sizeof etag, "\"%03u\"", version);
    }
    assert_string_equal(kept.validators.etag, etag);
}

static int setup(void **state)
{
    (void)state;
    open_world(0);
    memset(&kept, 0, sizeof kept);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

/* --- tests --- */

static void until_it_changes(void **state)
{
    static const unsigned versions[] = {1, 1, 2, 2, 1};
    static const int statuses[] = {200, 304, 200, 304, 200};
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        server.version = versions[i];
        ask(URL, statuses[i]);
        is_kept(versions[i]);
        assert_string_equal(kept.url, URL);
    }
    assert_int_equal(server.bodies, 3);
}

/* The validators are those of the page, not of the URL that leads there. */
static void over_a_redirect(void **state)
{
    (void)state;
    ask("http://a.test/old", 200);
    is_kept(1);
    assert_string_equal(kept.url, URL);
    assert_int_equal(kept.loads, 2);
    ask("http://a.test/old", 304);
    assert_int_equal(kept.stores, 1);
}

/* Without repeats the old ones stay; with them the new body comes at last. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    ask(URL, 200);
    for (server.cut = 1; server.cut > 0; server.cut++) {
        server.version++;
        prepare(URL);
        get.request.retry = NULL;
        if (server.version % 2) {
            get.body.sink.reset = NULL; /* it cannot begin again */
            begin_with(&get.body.sink);
            get.request.retry = server.cut > HEAD_SIZE ? &rules : NULL;
        }
        run();
        if (get.result.error == MIDGE_OK) {
            break; /* nothing was cut */
        }
        sim_get_free(&get);
        is_kept(server.version - 1);
        ask(URL, 200);
        assert_int_equal(server.requests, 2);
        is_kept(server.version);
    }
    assert_int_equal(server.cut, HEAD_SIZE + SIZE);
    sim_get_free(&get);
}

/* The body that came at last has none, whatever the cut one had. */
static void another_answer_after_a_cut(void **state)
{
    (void)state;
    ask(URL, 200);
    server.version++;
    server.cut = HEAD_SIZE + 1;
    server.later = 404;
    ask(URL, 404); /* the last repeat's */
    is_kept(0);
}

/* The body came whole, but is not good for the sink before. */
static void refused_before(void **state)
{
    static struct midge_base64_sink decoder;
    (void)state;
    ask(URL, 200);
    midge_sim_add_reply(host, 80, "/base64",
                        &(struct midge_sim_reply){.headers = "ETag: \"7\"\r\n", .body = "aGVsbG"});
    prepare("http://a.test/base64");
    midge_base64_sink_init(&decoder, &conditional.sink);
    get.request.sink = &decoder.sink;
    run();
    sim_get_ended(&get, MIDGE_ERR_PROTOCOL, 200, NULL);
    is_kept(1);
}

/* Its rest is of the same version: these validators are stored. */
static void the_rest_of_a_download(void **state)
{
    (void)state;
    for (unsigned at = HEAD_SIZE + 1; at < HEAD_SIZE + SIZE; at++) {
        server.version++;
        server.cut = at;
        prepare(URL);
        midge_download_init(&download, &conditional.sink);
        if (at % 2) {
            get.request.sink = &download.sink;
        } else {
            midge_download_init(&download, &get.body.sink);
            begin_with(&download.sink);
        }
        conditional.hook.next = &download.hook;
        run();
        assert_int_equal(download.parts, 1);
        assert_int_equal(get.body.len, SIZE);
        sim_get_ended(&get, MIDGE_OK, 206, NULL);
        is_kept(server.version);
    }
}

static void compressed(void **state)
{
    /* "hello"; a byte of its checksum is wrong in the second one */
    static const char packed[] = "\x1f\x8b\x08\0\0\0\0\0\x02\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x10"
                                 "6\x05\0\0";
    (void)state;
    for (unsigned bad = 0; bad < 2; bad++) {
        char bytes[sizeof packed];
        memcpy(bytes, packed, sizeof bytes);
        bytes[17] = (char)(bytes[17] + (int)bad);
        midge_sim_add_reply(
            host, 80, bad ? "/bad" : "/packed",
            &(struct midge_sim_reply){.headers = "Content-Encoding: gzip\r\nETag: \"7\"\r\n",
                                      .body = bytes,
                                      .body_len = sizeof bytes});
        prepare(bad ? "http://a.test/bad" : "http://a.test/packed");
        midge_gunzip_init(&gunzip, w.client, &conditional.sink);
        get.request.sink = &gunzip.sink;
        run();
        sim_get_ended(&get, bad ? MIDGE_ERR_ENCODING : MIDGE_OK, 200, NULL);
        assert_string_equal(kept.validators.etag, "\"7\"");
        assert_int_equal(kept.stores, 1);
    }
}

/* Each allocation fails once: the request too, or it succeeds, and the store is right. */
static void no_memory(void **state)
{
    (void)state;
    unsigned tried = 0;
    for (uint32_t at = 1;; at++) {
        struct midge_stats stats;
        sim_world_close(&w);
        open_world(0);
        midge_client_stats(w.client, &stats);
        const uint32_t before = (uint32_t)stats.alloc_calls;
        memset(&kept, 0, sizeof kept);
        ask(URL, 200);
        sim_world_close(&w);
        open_world(before + at);
        server.version = 2;
        prepare(URL);
        const int err = midge_start(w.client, &get.request, NULL);
        if (err == MIDGE_OK) {
            sim_world_run(&w);
        }
        const bool good = err == MIDGE_OK && get.result.error == MIDGE_OK;
        is_kept(good ? 2 : 1);
        tried++;
        midge_client_stats(w.client, &stats);
        sim_get_free(&get);
        if (stats.alloc_calls < before + at) {
            break;
        }
    }
    assert_true(tried > 5);
}

/* --- the example --- */

static struct page page;

static void ask_page(int error, const char *text)
{
    midge_id id;
    server.requests = 0;
    assert_int_equal(page_ask(&page, w.client, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, NULL), error);
    assert_memory_equal(page.text, text, 4);
}

static void example(void **state)
{
    (void)state;
    page = (struct page){.url = URL};
    server.cut = HEAD_SIZE + 10;
    ask_page(MIDGE_ERR_PARTIAL, "\0\0\0");
    server.cut = 0;
    ask_page(MIDGE_OK, "bbbb");
    assert_int_equal(page.conditional.not_modified, 0);
    ask_page(MIDGE_OK, "bbbb");
    assert_int_equal(page.conditional.not_modified, 1);
    server.version = 2;
    server.status = 503;
    ask_page(MIDGE_ERR_HTTP_STATUS, "bbbb");
    server.cut = HEAD_SIZE + 10;
    ask_page(MIDGE_ERR_PARTIAL, "bbbb");
    server.cut = 0;
    server.version = 1; /* what came of version 2 is forgotten */
    ask_page(MIDGE_OK, "bbbb");
    assert_int_equal(page.conditional.not_modified, 1);
    server.version = 2;
    ask_page(MIDGE_OK, "cccc");
    page = (struct page){.url = "http://a.test/old"};
    ask_page(MIDGE_OK, "cccc"); /* of a URL that the example does not keep */
    ask_page(MIDGE_OK, "cccc");
    assert_int_equal(page.conditional.not_modified, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(until_it_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(over_a_redirect, setup, teardown),
        cmocka_unit_test_setup_teardown(cut_at_every_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(another_answer_after_a_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_before, setup, teardown),
        cmocka_unit_test_setup_teardown(the_rest_of_a_download, setup, teardown),
        cmocka_unit_test_setup_teardown(compressed, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(example, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
