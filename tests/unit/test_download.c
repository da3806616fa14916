/* SPDX-License-Identifier: MIT */
/* Downloads that continue, and files in slices, on the port in memory: what is asked for, which
   answers are taken. tests/sim has the servers that cut. */
#include "fake_port.h"

#include "midge/slices.h"

#define URL "http://example.com/"
#define TAG "ETag: \"v\"\r\n"
#define PART(range, len, body)                                                                     \
    SAY("HTTP/1.1 206 x\r\n" TAG "Content-Range: bytes " range "\r\nContent-Length: " len          \
        "\r\n\r\n" body)
#define CUT      SAY("HTTP/1.1 200 OK\r\n" TAG "Content-Length: 5\r\n\r\nhe"), FIN
#define REST     REQUEST, PART("2-4/5", "3", "llo")
#define NEW_TEXT REQUEST, SAY("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
#define NO_RANGE                                                                                   \
    REQUEST, SAY("HTTP/1.1 416 x\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n")

static const struct fake_script cut = {.steps = {REQUEST, CUT}};

/* --- the sink behind it --- */

static struct world w;
static struct midge_download download;
static struct midge_slices slices;
static struct probe p;
static unsigned resets, heads;
static int reset_err;

static int reset(struct midge_sink *sink)
{
    struct probe *probe = MIDGE_CONTAINER_OF(sink, struct probe, sink);
    assert_int_equal(probe->sink_finishes, 0);
    resets++;
    probe->len = 0;
    return reset_err;
}

static int head(struct midge_sink *sink, struct midge_response *response)
{
    (void)sink;
    assert_true(response->status >= 200);
    heads++;
    return MIDGE_OK;
}

static const struct midge_retry rules = {.max = 200, .first_ms = 1};

static void open_with(const struct fake_script *first, const struct fake_script *then)
{
    world_open(&w, &(struct midge_config){.retry_budget = 1000});
    fake_next(&w.fake, first);
    fake_listen(&w.fake, 80, then);
    probe_init(&p, &w, URL);
    p.sink.reset = reset;
    p.sink.head = head;
    midge_download_init(&download, &p.sink);
    p.request.sink = &download.sink;
    p.request.hooks = &download.hook;
    p.request.retry = &rules;
    resets = heads = 0;
    reset_err = MIDGE_OK;
}

/* The sink has the text, and was told of that end. */
static void sink_has(int err, const char *text)
{
    assert_int_equal(p.len, strlen(text));
    assert_memory_equal(p.len > 0 ? (const char *)p.body : "", text, p.len);
    assert_int_equal(p.finish_err, err);
    assert_int_equal(p.complete, err == MIDGE_OK ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_NO);
}

static void run_to(int err, const char *text)
{
    probe_start(&p);
    world_run(&w);
    sink_has(err, text);
    assert_int_equal(download.len, strlen(text));
    probe_ended(&p, err);
}

static unsigned count_sent(unsigned sock, const char *text)
{
    const struct fake_sock *s = &w.fake.socks[sock];
    unsigned n = 0;
    for (size_t i = 0; sock < w.fake.n_socks && i + strlen(text) <= s->sent_len; i++) {
        n += memcmp(s->sent + i, text, strlen(text)) == 0;
    }
    return n;
}

/* --- answers to the request for the rest --- */

static void rest(void **state)
{
    static const struct fake_script then = {.steps = {REST}};
    (void)state;
    open_with(&cut, &then);
    run_to(MIDGE_OK, "hello");
    assert_int_equal(download.parts, 1);
    assert_int_equal(resets, 0);
    assert_int_equal(heads, 2);
    assert_int_equal(count_sent(0, "Range: "), 0);
    assert_int_equal(count_sent(1, "\r\nRange: bytes=2-\r\n"), 1);
    assert_int_equal(count_sent(1, "\r\nIf-Range: \"v\"\r\n"), 1);
    assert_string_equal(download.validator, "\"v\"");
    world_close(&w);
}

/* Other ways to say that it is the rest. */
static void rest_otherwise(void **state)
{
    static const struct fake_script some[] = {
        {.steps = {REQUEST, PART("2-4/*", "3", "llo")}},
        {.steps = {REQUEST, SAY("HTTP/1.1 206 x\r\nContent-Range: bytes 2-4/5\r\n"
                                "Content-Length: 3\r\n\r\nllo")}},
        {.steps = {REQUEST, SAY("HTTP/1.1 206 x\r\n" TAG "Content-Range: bytes 2-4/5\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n3\r\nllo\r\n0\r\n\r\n")}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        open_with(&cut, &some[i]);
        run_to(MIDGE_OK, "hello");
        assert_int_equal(download.parts, 1);
        assert_int_equal(resets, 0);
        world_close(&w);
    }
}

/* No part that goes on where the bytes ended: all begins again, on the same connection. */
static void other_parts(void **state)
{
    static const struct fake_script some[] = {
        {.steps = {REQUEST, PART("1-4/5", "4", "ello"), NEW_TEXT}},
        {.steps = {REQUEST, PART("3-4/5", "2", "lo"), NEW_TEXT}},
        {.steps = {REQUEST, PART("2-3/5", "2", "ll"), NEW_TEXT}},
        {.steps = {REQUEST, PART("2-5/6", "4", "llo!"), NEW_TEXT}},
        {.steps = {REQUEST, SAY("HTTP/1.1 206 x\r\n" TAG "Content-Length: 3\r\n\r\nllo"),
                   NEW_TEXT}},
        {.steps = {REQUEST,
                   SAY("HTTP/1.1 206 x\r\nETag: \"w\"\r\nContent-Range: bytes 2-4/5\r\n"
                       "Content-Length: 3\r\n\r\nllo"),
                   NEW_TEXT}},
        {.steps = {NO_RANGE, NEW_TEXT}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        for (unsigned can = 0; can < 3; can++) {
            open_with(&cut, &some[i]);
            p.sink.reset = can > 0 ? reset : NULL;
            reset_err = can == 2 ? MIDGE_ERR_WRITE : MIDGE_OK;
            if (can == 1) {
                run_to(MIDGE_OK, "hello");
                assert_int_equal(resets, 1);
                assert_int_equal(count_sent(1, "Range: "), 2); /* with If-Range */
                assert_string_equal(download.validator, "");
            } else {
                probe_start(&p);
                world_run(&w);
                probe_ended(&p, MIDGE_ERR_RANGE);
            }
            assert_int_equal(download.parts, 0);
            world_close(&w);
        }
    }
}

static void whole_again(void **state)
{
    static const struct fake_script then = {.steps = {NEW_TEXT}};
    (void)state;
    open_with(&cut, &then);
    run_to(MIDGE_OK, "hello");
    assert_int_equal(resets, 1);
    assert_int_equal(download.parts, 0);
    assert_string_equal(download.validator, "");
    world_close(&w);
    open_with(&cut, &then);
    p.sink.reset = NULL;
    run_to(MIDGE_ERR_RANGE, "he");
    world_close(&w);
}

/* Its body, if it has one, takes the place of the bytes. */
static void other_status(void **state)
{
    static const struct fake_script some[] = {
        {.steps = {REQUEST, SAY("HTTP/1.1 404 x\r\nContent-Length: 3\r\n\r\nno!")}},
        {.steps = {REQUEST, SAY("HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n")}},
    };
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_with(&cut, &some[i]);
        run_to(MIDGE_OK, i == 0 ? "no!" : "");
        assert_int_equal(p.result.status, 404);
        assert_int_equal(resets, 1);
        world_close(&w);
        open_with(&cut, &some[i]);
        p.sink.reset = NULL;
        run_to(MIDGE_ERR_RANGE, "he");
        world_close(&w);
    }
}

/* Chunks of another length than the range says. */
static void part_of_wrong_length(void **state)
{
    static const struct fake_script longer = {
        .steps = {REQUEST, SAY("HTTP/1.1 206 x\r\n" TAG "Content-Range: bytes 2-4/5\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n4\r\nllo!\r\n0\r\n\r\n")}};
    static const struct fake_script shorter = {
        .steps = {REQUEST, SAY("HTTP/1.1 206 x\r\n" TAG "Content-Range: bytes 2-4/5\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n2\r\nll\r\n0\r\n\r\n")}};
    (void)state;
    open_with(&cut, &longer);
    run_to(MIDGE_ERR_RANGE, "he");
    world_close(&w);
    open_with(&cut, &shorter);
    run_to(MIDGE_ERR_PARTIAL, "hell");
    world_close(&w);
}

/* --- cuts --- */

/* Without a validator the rest cannot be asked for. */
static void cut_without_validator(void **state)
{
    static const struct fake_script weak = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nETag: W/\"v\"\r\nContent-Length: 5\r\n\r\nhe"),
                  FIN}};
    static const struct fake_script then = {.steps = {NEW_TEXT}};
    (void)state;
    open_with(&weak, &then);
    run_to(MIDGE_OK, "hello");
    assert_int_equal(resets, 1);
    assert_int_equal(count_sent(1, "Range: "), 0);
    world_close(&w);
    open_with(&weak, &then);
    p.sink.reset = NULL;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(w.fake.n_socks, 1);
    assert_true(p.result.error != MIDGE_OK);
    probe_ended(&p, p.result.error);
    world_close(&w);
}

/* A server that refuses each rest, and cuts each whole. */
static void restarts_are_bounded(void **state)
{
    static const struct fake_script then = {.steps = {NO_RANGE, REQUEST, CUT}};
    (void)state;
    open_with(&cut, &then);
    run_to(MIDGE_ERR_RANGE, "he");
    assert_int_equal(resets, MIDGE_HOOK_REPEATS);
    assert_int_equal(w.fake.n_socks, 2 + MIDGE_HOOK_REPEATS);
    world_close(&w);
}

/* The headers go to the URL that gave the bytes, and not to another that a redirect leads to. */
static void redirected(void **state)
{
    static const struct fake_script then = {
        .steps = {REQUEST, SAY("HTTP/1.1 302 x\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"),
                  NEW_TEXT}};
    (void)state;
    open_with(&cut, &then);
    p.request.max_redirects = 1;
    run_to(MIDGE_OK, "hello");
    assert_int_equal(count_sent(1, "\r\nRange: bytes=2-\r\n"), 1);
    assert_int_equal(count_sent(1, "GET /other"), 1);
    assert_int_equal(resets, 1);
    world_close(&w);
}

static void earlier_run(void **state)
{
    static const struct fake_script first = {.steps = {REST}};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_with(&first, &first);
        download.len = 2;
        (void)snprintf(download.validator, sizeof download.validator, "%s", i == 0 ? "\"v\"" : "");
        probe_start(&p);
        world_run(&w);
        assert_int_equal(count_sent(0, "\r\nRange: bytes=2-\r\n"), i == 0);
        assert_int_equal(download.parts, i == 0);
        if (i == 0) {
            assert_int_equal(download.len, 5);
            sink_has(MIDGE_OK, "llo");
        }
        probe_ended(&p, i == 0 ? MIDGE_OK : MIDGE_ERR_RANGE); /* a part that was not asked for */
        world_close(&w);
    }
}

static void other_method(void **state)
{
    static const struct fake_script tagged = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\n" TAG "Content-Length: 5\r\n\r\nhello")}};
    (void)state;
    open_with(&tagged, &tagged);
    p.request.method = "POST";
    p.sink.head = NULL;
    run_to(MIDGE_OK, "hello");
    assert_string_equal(download.validator, "");
    world_close(&w);
}

/* --- slices --- */

static midge_id id;

static void open_slices(const struct fake_script *server, uint32_t slice)
{
    open_with(server, server);
    p.request = (struct midge_request){.url = URL, .sink = &p.sink, .retry = &rules};
    slices = (struct midge_slices){.request = &p.request, .slice = slice};
}

static void start_slices(void)
{
    assert_int_equal(midge_slices_start(w.client, &slices, &id), MIDGE_OK);
}

/* The sink has the text; frees it. */
static struct midge_result slices_ended(int err, const char *text)
{
    struct midge_result result;
    assert_int_equal(midge_take(w.client, id, &result), MIDGE_OK);
    assert_int_equal(result.error, err);
    sink_has(err, text);
    assert_int_equal(p.sink_finishes, 1);
    assert_int_equal(slices.current, 0);
    free(p.body);
    p.body = NULL;
    return result;
}

static struct midge_result run_slices(int err, const char *text)
{
    start_slices();
    world_run(&w);
    const struct midge_result result = slices_ended(err, text);
    assert_int_equal(result.body_len, strlen(text));
    assert_string_equal(result.url, URL);
    world_close(&w);
    return result;
}

static void slice_by_slice(void **state)
{
    static const struct fake_script five = {.steps = {REQUEST, PART("0-1/5", "2", "he"), REQUEST,
                                                      PART("2-3/5", "2", "ll"), REQUEST,
                                                      PART("4-4/5", "1", "o")}};
    static const struct fake_script four = {
        .steps = {REQUEST, PART("0-1/4", "2", "he"), REQUEST, PART("2-3/*", "2", "ll")}};
    (void)state;
    open_slices(&five, 2);
    start_slices();
    world_run(&w);
    assert_int_equal(count_sent(0, "\r\nRange: bytes=0-1\r\n"), 1);
    assert_int_equal(count_sent(0, "\r\nRange: bytes=2-3\r\n"), 1);
    assert_int_equal(count_sent(0, "\r\nRange: bytes=4-5\r\n"), 1);
    assert_int_equal(count_sent(0, "If-Range"), 0);
    assert_int_equal(slices.requests, 3);
    assert_int_equal(heads, 3);
    assert_int_equal(slices.download.total, 5);
    assert_int_equal(slices_ended(MIDGE_OK, "hello").status, 206);
    world_close(&w);
    open_slices(&four, 2);
    (void)run_slices(MIDGE_OK, "hell");
    assert_int_equal(slices.requests, 2);
}

static void no_slices(void **state)
{
    static const struct fake_script whole = {.steps = {NEW_TEXT}};
    static const struct fake_script lost = {
        .steps = {REQUEST, SAY("HTTP/1.1 404 x\r\nContent-Length: 3\r\n\r\nno!")}};
    static const struct fake_script empty = {
        .steps = {NO_RANGE, REQUEST, SAY("HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n")}};
    (void)state;
    open_slices(&whole, 2);
    assert_int_equal(run_slices(MIDGE_OK, "hello").status, 200);
    assert_int_equal(slices.requests, 1);
    open_slices(&lost, 2);
    p.sink.head = NULL;
    p.sink.reset = NULL;
    assert_int_equal(run_slices(MIDGE_OK, "no!").status, 404);
    open_slices(&empty, 2);
    assert_int_equal(run_slices(MIDGE_OK, "").status, 200);
}

/* A slice without a validator could be of any version, unless it is the whole file. */
static void slices_without_validator(void **state)
{
#define BARE(range, len, body)                                                                     \
    REQUEST, SAY("HTTP/1.1 206 x\r\nContent-Range: bytes " range "\r\nContent-Length: " len        \
                 "\r\n\r\n" body)
    static const struct fake_script one = {.steps = {BARE("0-4/5", "5", "hello")}};
    static const struct fake_script two = {.steps = {BARE("0-1/5", "2", "he")}};
    static const struct fake_script later = {
        .steps = {REQUEST, PART("0-1/5", "2", "he"), BARE("2-3/5", "2", "ll"), NEW_TEXT}};
    (void)state;
    open_slices(&one, 5);
    (void)run_slices(MIDGE_OK, "hello");
    open_slices(&two, 2);
    (void)run_slices(MIDGE_ERR_RANGE, "he");
    open_slices(&later, 2);
    (void)run_slices(MIDGE_OK, "hello");
    assert_int_equal(resets, 1);
}

static void slices_of_two_versions(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, PART("0-1/5", "2", "he"), REQUEST,
                  SAY("HTTP/1.1 206 x\r\nETag: \"w\"\r\nContent-Range: bytes 2-3/5\r\n"
                      "Content-Length: 2\r\n\r\nLL"),
                  REQUEST, PART("0-1/4", "2", "HE"), REQUEST, PART("2-3/4", "2", "LL")}};
    (void)state;
    open_slices(&server, 2);
    (void)run_slices(MIDGE_OK, "HELL");
    assert_int_equal(resets, 1);
    open_slices(&server, 2);
    p.sink.reset = NULL;
    (void)run_slices(MIDGE_ERR_RANGE, "he");
}

/* It goes on at the byte where it was cut. */
static void slice_is_cut(void **state)
{
    static const struct fake_script first = {.steps = {REQUEST, PART("0-2/5", "3", "he"), FIN}};
    static const struct fake_script then = {.steps = {REQUEST, PART("2-4/5", "3", "llo")}};
    (void)state;
    open_slices(&first, 3);
    w.fake.listen[0].script = &then;
    start_slices();
    world_run(&w);
    assert_int_equal(count_sent(1, "\r\nRange: bytes=2-4\r\n"), 1);
    (void)slices_ended(MIDGE_OK, "hello");
    world_close(&w);
}

static void invalid_slices(void **state)
{
    struct midge_request good;
    (void)state;
    open_slices(&fake_hello, 2);
    good = p.request;
#define IS_INVALID(set)                                                                            \
    set, assert_int_equal(midge_slices_start(w.client, &slices, &id), MIDGE_ERR_INVALID),          \
        p.request = good
    IS_INVALID(p.request.method = "PUT");
    IS_INVALID(p.request.sink = NULL);
    IS_INVALID(p.request.body = "a");
    IS_INVALID(p.request.body_len = 1);
    IS_INVALID(p.request.source = &p.source);
    IS_INVALID(p.request.on_send = probe_on_send);
    IS_INVALID(p.request.on_response = probe_on_response);
    IS_INVALID(p.request.on_trailer = probe_on_trailer);
    IS_INVALID(p.request.on_done = probe_on_done);
    IS_INVALID(slices.slice = 0);
    slices.slice = 2;
    IS_INVALID(slices.request = NULL);
    slices.request = &p.request;
    assert_int_equal(midge_slices_start(NULL, &slices, &id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_slices_start(w.client, NULL, &id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_slices_start(w.client, &slices, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(w.client->live, 0);
    assert_int_equal(p.sink_finishes, 0);
    p.request.method = "GET";
    (void)run_slices(MIDGE_OK, "hello");
}

static void slices_need_two_slots(void **state)
{
    (void)state;
    open_slices(&fake_hello, 2);
    midge_id sleeper[63];
    for (unsigned i = 0; i < 63; i++) {
        assert_int_equal(midge_sleep(w.client, 1, &sleeper[i]), MIDGE_OK);
        assert_int_equal(midge_detach(w.client, sleeper[i]), MIDGE_OK);
    }
    assert_int_equal(midge_slices_start(w.client, &slices, &id), MIDGE_ERR_NO_SLOT);
    assert_int_equal(slices.current, 0);
    assert_int_equal(p.sink_finishes, 0);
    world_run(&w);
    (void)run_slices(MIDGE_OK, "hello");
    assert_int_equal(slices.requests, 1);
}

static void cancel_slices(struct probe *probe)
{
    (void)probe;
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
}

/* Between two turns, and in a write. */
static void slices_are_canceled(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, PART("0-1/5", "2", "he"), REQUEST,
                                                        WAIT(9), PART("2-3/5", "2", "ll"), REQUEST,
                                                        PART("4-4/5", "1", "o")}};
    (void)state;
    open_slices(&server, 2);
    start_slices();
    world_pass(&w, 5);
    cancel_slices(NULL);
    (void)slices_ended(MIDGE_ERR_CANCELED, "he");
    world_close(&w);
    open_slices(&server, 2);
    p.act = cancel_slices;
    p.at = SINK_WRITE;
    p.nth = 2;
    start_slices();
    world_run(&w);
    (void)slices_ended(MIDGE_ERR_CANCELED, "hell");
    world_close(&w);
}

static void sink_fails_at_the_end(void **state)
{
    struct midge_result result;
    (void)state;
    open_slices(&fake_hello, 2);
    p.finish_answer = MIDGE_ERR_WRITE;
    start_slices();
    world_run(&w);
    assert_int_equal(midge_take(w.client, id, &result), MIDGE_OK);
    assert_int_equal(result.error, MIDGE_ERR_WRITE);
    assert_int_equal(p.finish_err, MIDGE_OK);
    free(p.body);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rest),
        cmocka_unit_test(rest_otherwise),
        cmocka_unit_test(other_parts),
        cmocka_unit_test(whole_again),
        cmocka_unit_test(other_status),
        cmocka_unit_test(part_of_wrong_length),
        cmocka_unit_test(cut_without_validator),
        cmocka_unit_test(restarts_are_bounded),
        cmocka_unit_test(redirected),
        cmocka_unit_test(earlier_run),
        cmocka_unit_test(other_method),
        cmocka_unit_test(slice_by_slice),
        cmocka_unit_test(no_slices),
        cmocka_unit_test(slices_without_validator),
        cmocka_unit_test(slices_of_two_versions),
        cmocka_unit_test(slice_is_cut),
        cmocka_unit_test(invalid_slices),
        cmocka_unit_test(slices_need_two_slots),
        cmocka_unit_test(slices_are_canceled),
        cmocka_unit_test(sink_fails_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
