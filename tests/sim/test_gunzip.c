/* SPDX-License-Identifier: MIT */
/* Compressed answers, seen by a client: pauses, repeats, small memory, sinks that need text. */
#include "sim_world.h"
#include "unit/packed.h"

#define URL    "http://a.test/"
#define GZIP   "Content-Encoding: gzip\r\n"
#define LENGTH 60000U

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_get get;
static struct midge_gunzip gunzip;
static struct packed packed;

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "a.test");
    memset(&packed, 0, sizeof packed);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

/* A text that repeats itself, as gzip. */
static void pack(void)
{
    packed_gzip(&packed, 8);
    packed_fixed(&packed, true);
    packed_text(&packed, "{\"name\": \"value\", \"list\": [1, 2, 3]} ");
    while (packed.text_len < LENGTH) {
        packed_match(&packed, 36, 258);
    }
    packed_end(&packed);
    packed_gzip_end(&packed);
}

static struct midge_sim_reply answer(void)
{
    return (struct midge_sim_reply){.headers = GZIP, .body = packed.data, .body_len = packed.len};
}

static void reply(const struct midge_sim_reply *with)
{
    midge_sim_add_reply(host, 80, "/", with);
}

static void prepare(void)
{
    sim_get_init(&w, &get, URL);
    midge_gunzip_init(&gunzip, w.client, &get.body.sink);
    get.request.sink = &gunzip.sink;
}

static void go(int error)
{
    sim_get_start(&w, &get);
    sim_world_run(&w);
    assert_int_equal(get.dones, 1);
    assert_int_equal(get.result.error, error);
}

static void is_whole(void)
{
    assert_int_equal(get.body.len, packed.text_len);
    assert_memory_equal(get.body.data, packed.text, packed.text_len);
    assert_int_equal(get.result.complete, MIDGE_COMPLETE_YES);
    assert_int_equal(get.result.encoding, MIDGE_ENCODING_NONE);
    assert_int_equal(get.result.body_len, packed.len);
    sim_get_free(&get);
}

/* --- splits --- */

static void in_every_segment(void **state)
{
    (void)state;
    pack();
    const struct midge_sim_reply whole = answer();
    reply(&whole);
    for (uint32_t segment = 1; segment < 40; segment += 3) {
        midge_sim_set_path(w.sim, &(struct midge_sim_path){.segment = segment, .split = 30000});
        prepare();
        go(MIDGE_OK);
        is_whole();
    }
}

static void chunked_and_until_close(void **state)
{
    (void)state;
    pack();
    struct midge_sim_reply one = answer();
    one.chunk = 7;
    one.times = 1;
    reply(&one);
    one = answer();
    one.until_close = 1;
    reply(&one);
    prepare();
    go(MIDGE_OK);
    is_whole();
    prepare();
    go(MIDGE_OK);
    assert_int_equal(get.body.len, packed.text_len);
    assert_int_equal(get.result.complete, MIDGE_COMPLETE_UNVERIFIED);
    sim_get_free(&get);
}

/* --- pauses --- */

/* Pauses in each write; a timer resumes the request a second later. */
struct slow {
    struct midge_sink sink;
    struct midge_sink *next;
    unsigned writes, waits;
    bool is_canceled;
};
static struct slow slow;
static midge_id slow_id;

static void resume(void *ctx)
{
    (void)ctx;
    slow.waits--;
    (void)midge_resume(w.client, slow_id);
}

static int slow_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    (void)base;
    assert_int_equal(slow.waits, 0); /* nothing comes before it was resumed */
    int err = slow.next->write(slow.next, data, len);
    assert_int_equal(err, MIDGE_OK);
    slow.writes++;
    if (slow.is_canceled) {
        (void)midge_cancel(w.client, slow_id);
        return MIDGE_ERR_PAUSE;
    }
    slow.waits++;
    assert_int_equal(midge_call_later(w.client, 1000, resume, NULL, NULL), MIDGE_OK);
    return MIDGE_ERR_PAUSE;
}

static int slow_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    (void)base;
    assert_int_equal(slow.waits, 0);
    return slow.next->finish(slow.next, err, complete);
}

static void prepare_slow(void)
{
    prepare();
    slow =
        (struct slow){.sink = {.write = slow_write, .finish = slow_finish}, .next = &get.body.sink};
    midge_gunzip_init(&gunzip, w.client, &slow.sink);
    assert_int_equal(midge_start(w.client, &get.request, &slow_id), MIDGE_OK);
    sim_world_run(&w);
    assert_int_equal(get.dones, 1);
}

static void pauses(void **state)
{
    (void)state;
    pack();
    const struct midge_sim_reply whole = answer();
    reply(&whole);
    prepare_slow();
    assert_int_equal(get.result.error, MIDGE_OK);
    assert_in_range(slow.writes, LENGTH / MIDGE_GUNZIP_PIECE, 2 * LENGTH / MIDGE_GUNZIP_PIECE);
    is_whole();
    assert_true(midge_sim_now_ms(w.sim) >= 1000ULL * (slow.writes - 1));
    prepare(); /* the connection was kept */
    go(MIDGE_OK);
    is_whole();
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 1);
}

static void canceled_in_write(void **state)
{
    (void)state;
    pack();
    const struct midge_sim_reply whole = answer();
    reply(&whole);
    prepare();
    slow = (struct slow){.sink = {.write = slow_write, .finish = slow_finish},
                         .next = &get.body.sink,
                         .is_canceled = true};
    midge_gunzip_init(&gunzip, w.client, &slow.sink);
    assert_int_equal(midge_start(w.client, &get.request, &slow_id), MIDGE_OK);
    sim_world_run(&w);
    assert_int_equal(get.result.error, MIDGE_ERR_CANCELED);
    assert_int_equal(slow.writes, 1);
    sim_get_free(&get);
}

/* --- a few bytes that become many --- */

/* Others go on meanwhile: a small request ends before the large body is decoded. */
static void others_go_on(void **state)
{
    struct sim_get small;
    struct midge_null_sink none;
    (void)state;
    sim_world_close(&w);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.turn_bytes = 1000});
    host = midge_sim_add_host(w.sim, "a.test");
    packed_gzip(&packed, 0);
    packed_fixed(&packed, true);
    packed_text(&packed, "0");
    while (packed.len < 2000) { /* 258 zeros in 13 bits: 300 KB */
        packed_symbol(&packed, 285);
        packed_code(&packed, 0, 5);
    }
    const struct midge_sim_reply bomb = answer();
    reply(&bomb);
    midge_sim_add_reply(host, 80, "/small", &(struct midge_sim_reply){.body = "ok"});
    prepare();
    midge_null_sink_init(&none);
    midge_gunzip_init(&gunzip, w.client, &none.sink);
    sim_get_start(&w, &get);
    while (none.len == 0) {
        assert_true(midge_poll(w.client, -1) > 0);
    }
    const uint64_t first = none.len;                 /* in one turn */
    assert_in_range(first, 1, 2 * MIDGE__SINK_STEP); /* of 300,000 */
    sim_get(&w, &small, "http://a.test/small");
    sim_world_run(&w);
    sim_get_ended(&small, MIDGE_OK, 200, "ok");
    assert_int_equal(get.result.error, MIDGE_ERR_PARTIAL); /* the test did not end its data */
    assert_int_equal(get.result.complete, MIDGE_COMPLETE_NO);
    assert_true(none.len > 250000);
    sim_get_free(&get);
}

/* --- repeats --- */

static void repeated(void **state)
{
    static const struct midge_retry rules = {.max = 3};
    (void)state;
    pack();
    struct midge_sim_reply cut = answer();
    cut.end = MIDGE_SIM_END_RESET;
    cut.cut_at = 400;
    cut.times = 1;
    reply(&cut);
    reply(&(struct midge_sim_reply){.status = 503, .headers = GZIP, .body = "x", .times = 1});
    const struct midge_sim_reply whole = answer();
    reply(&whole);
    prepare();
    get.request.retry = &rules;
    go(MIDGE_OK);
    assert_int_equal(get.result.retries, 2);
    is_whole();
}

/* --- memory --- */

static void small_block(void **state)
{
    struct midge_config config = {.max_connections = 1, .max_awaitables = 4};
    struct midge_stats stats;
    (void)state;
    pack();
    sim_world_close(&w);
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    config.memory_size = midge_memory_least(&config);
    config.stats_at_close = &stats;
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    host = midge_sim_add_host(w.sim, "a.test");
    const struct midge_sim_reply whole = answer();
    reply(&whole);
    for (size_t taken = 0; taken < 2; taken++) {
        struct midge_null_sink none;
        void *filler = NULL;
        prepare();
        midge_null_sink_init(&none);
        midge_gunzip_init(&gunzip, w.client, &none.sink);
        for (size_t size = 65536; taken == 1 && size >= 4096; size /= 2) { /* fill the block */
            void *more;
            while ((more = midge_alloc(w.client, size)) != NULL) {
                *(void **)more = filler;
                filler = more;
            }
        }
        if (midge_start(w.client, &get.request, NULL) == MIDGE_OK) {
            sim_world_run(&w);
            assert_int_equal(get.dones, 1);
            assert_true(get.result.error == MIDGE_OK || get.result.error == MIDGE_ERR_NO_MEMORY);
        }
        while (filler != NULL) {
            void *next = *(void **)filler;
            midge_free(w.client, filler);
            filler = next;
        }
        sim_get_free(&get);
    }
    midge_close(w.client); /* fills stats */
    w.client = NULL;
    assert_int_equal(stats.alloc_live, 0);
}

/* A sink whose first write takes all memory that is left. */
static struct midge_sink filling;
static void *filler;

static int filling_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)sink, (void)data, (void)len;
    for (size_t size = 65536; size >= 64; size /= 2) {
        void *more;
        while ((more = midge_alloc(w.client, size)) != NULL) {
            *(void **)more = filler;
            filler = more;
        }
    }
    return MIDGE_OK;
}

static int filling_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink, (void)err, (void)complete;
    return MIDGE_OK;
}

/* Two answers, and memory to decode one: the other one waits until the first has ended. */
static void waits_for_memory(void **state)
{
    struct sim_get first;
    struct midge_gunzip other;
    struct midge_null_sink none;
    (void)state;
    pack();
    struct midge_sim_reply slow_one = answer(), late = answer();
    slow_one.bytes_per_s = 100;
    late.delay_ms = 500;
    late.times = 1;
    midge_sim_add_reply(host, 80, "/slow", &slow_one);
    reply(&late);
    sim_get_init(&w, &first, "http://a.test/slow");
    filling = (struct midge_sink){.write = filling_write, .finish = filling_finish};
    midge_gunzip_init(&other, w.client, &filling);
    first.request.sink = &other.sink;
    sim_get_start(&w, &first);
    prepare();
    midge_null_sink_init(&none);
    midge_gunzip_init(&gunzip, w.client, &none.sink);
    sim_get_start(&w, &get);
    sim_world_run(&w);
    assert_non_null(filler);
    while (filler != NULL) {
        void *next = *(void **)filler;
        midge_free(w.client, filler);
        filler = next;
    }
    assert_int_equal(first.dones, 1);
    assert_int_equal(first.result.error, MIDGE_OK);
    assert_int_equal(get.dones, 1);
    assert_int_equal(get.result.error, MIDGE_OK);
    assert_int_equal(none.len, packed.text_len);
    assert_true(midge_sim_now_ms(w.sim) > 1000); /* the slow one has ended before */
}

/* --- without a decoder --- */

static void as_it_is(void **state)
{
    (void)state;
    pack();
    const struct midge_sim_reply whole = answer();
    reply(&whole);
    sim_get(&w, &get, URL);
    sim_world_run(&w);
    assert_int_equal(get.result.error, MIDGE_OK);
    assert_int_equal(get.result.encoding, MIDGE_ENCODING_GZIP);
    assert_int_equal(get.body.len, packed.len);
    sim_get_free(&get);
}

static void named(void **state)
{
    static const struct {
        const char *headers;
        enum midge_encoding encoding;
    } rows[] = {
        {"", MIDGE_ENCODING_NONE},
        {"Content-Encoding: identity\r\n", MIDGE_ENCODING_NONE},
        {"Content-Encoding: X-GZip\r\n", MIDGE_ENCODING_GZIP},
        {"Content-Encoding: deflate\r\n", MIDGE_ENCODING_DEFLATE},
        {"Content-Encoding: identity, gzip ,\r\n", MIDGE_ENCODING_GZIP},
        {"Content-Encoding: br\r\n", MIDGE_ENCODING_OTHER},
        {"Content-Encoding: gzip, identity\r\n", MIDGE_ENCODING_GZIP},
        {"Content-Encoding: gzip, gzip\r\n", MIDGE_ENCODING_SEVERAL},
        {"Content-Encoding: br, deflate, identity\r\n", MIDGE_ENCODING_SEVERAL},
        {"Content-Encoding: gzip\r\nX: y\r\nContent-Encoding: deflate\r\n", MIDGE_ENCODING_SEVERAL},
        {"Content-Encoding: gzipp\r\n", MIDGE_ENCODING_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        reply(&(struct midge_sim_reply){.headers = rows[i].headers, .body = "body", .times = 1});
        sim_get(&w, &get, URL);
        sim_world_run(&w);
        assert_int_equal(get.result.encoding, rows[i].encoding);
        sim_get_ended(&get, MIDGE_OK, 200, "body");
    }
}

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    (void)event;
    ++*(unsigned *)ctx;
    return MIDGE_OK;
}

static int on_line(void *ctx, const char *line, size_t len)
{
    (void)line, (void)len;
    ++*(unsigned *)ctx;
    return MIDGE_OK;
}

static int on_value(void *ctx, const struct midge_json_value *value)
{
    (void)value;
    ++*(unsigned *)ctx;
    return MIDGE_OK;
}

/* Sinks that need text refuse compressed bytes, and take them behind a decoder. */
static void text_is_needed(void **state)
{
    static const char *const paths[] = {"list[*]"};
    struct midge_sse sse;
    struct midge_lines lines;
    struct midge_json_filter filter;
    char text[256], more[256], names[256];
    unsigned n = 0;
    (void)state;
    packed_gzip(&packed, 0);
    packed_stored(&packed, true, "{\"list\": [1, 2]}\n\n", 18);
    packed_gzip_end(&packed);
    const struct midge_sim_reply whole = answer();
    reply(&whole);
    midge_sse_init(&sse, text, sizeof text, on_event, &n);
    midge_lines_init(&lines, more, sizeof more, on_line, &n);
    assert_int_equal(midge_json_filter_init(&filter, paths, 1, names, sizeof names, on_value, &n),
                     MIDGE_OK);
    struct midge_sink *const sinks[] = {&sse.sink, &lines.sink, &filter.sink};
    for (size_t i = 0; i < 3; i++) {
        prepare();
        get.request.sink = sinks[i];
        go(MIDGE_ERR_ENCODING);
        assert_int_equal(get.result.encoding, MIDGE_ENCODING_GZIP);
    }
    assert_int_equal(n, 0);
    assert_int_equal(midge_json_filter_init(&filter, paths, 1, names, sizeof names, on_value, &n),
                     MIDGE_OK);
    prepare();
    midge_gunzip_init(&gunzip, w.client, &filter.sink);
    go(MIDGE_OK);
    assert_int_equal(n, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(in_every_segment), TEST(chunked_and_until_close),
        TEST(pauses),           TEST(canceled_in_write),
        TEST(others_go_on),     TEST(repeated),
        TEST(small_block),      TEST(waits_for_memory),
        TEST(as_it_is),         TEST(named),
        TEST(text_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
