/* SPDX-License-Identifier: MIT */
/* Credentials do not stay in the client's memory, and are in no trace. */
#define WORLD_ALLOC(size) calloc(1, size)
#include "fake_port.h"

#define URL    "http://api.test/"
#define SECRET "s3cr3t-t0ken-of-a-user"

/* Without memmem, which AddressSanitizer watches: freed memory is searched, too. */
#if defined(__SANITIZE_ADDRESS__)
__attribute__((no_sanitize("address")))
#endif
static unsigned
count(const char *at, size_t size, const char *text)
{
    unsigned found = 0;
    size_t len = strlen(text), n = 0;
    for (size_t i = 0; i < size; i++) {
        n = at[i] == text[n] ? n + 1 : at[i] == text[0] ? 1 : 0;
        if (n == len) {
            found++;
            n = 0;
        }
    }
    return found;
}

static unsigned in_block(const struct world *w)
{
    return count((const char *)w->client, w->client->config.memory_size, SECRET);
}

static unsigned left_behind;

static void search_and_release(void *ctx, void *block, size_t size)
{
    left_behind = count(block, size, SECRET);
    world_release(ctx, block, size);
}

static void secrets_open(struct world *w, const struct midge_config *config)
{
    world_open(w, config);
    w->client->config.release = search_and_release;
    fake_listen(&w->fake, 80, &fake_hello);
    left_behind = 1000;
}

static const struct midge_header cookie[] = {{"Cookie", "id=" SECRET}};

/* Each way that a head is sent: from a copy, with a body in memory, from a source. */
static void start_each(struct world *w, struct probe *p, unsigned how)
{
    probe_init(p, w, URL);
    if (how == 0) {
        p->request.bearer = SECRET;
    } else if (how == 1) {
        p->request.headers = cookie;
        p->request.n_headers = 1;
        p->request.body = SECRET;
        p->request.body_len = sizeof SECRET - 1;
        p->request.method = "POST";
    } else {
        p->request.bearer = SECRET;
        probe_source(p, 3000, -1);
        p->request.method = "POST";
    }
    probe_start(p);
}

/* While connections are kept, the buffer for sending has the last head in it; when they have gone,
   nothing. */
static void after_a_request(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        struct world w;
        struct probe p;
        secrets_open(&w, NULL);
        start_each(&w, &p, how);
        assert_in_range(in_block(&w), 1, 3);
        world_run(&w);
        probe_is_hello(&p);
        assert_in_range(in_block(&w), 0, 2);
        world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
        assert_int_equal(in_block(&w), 0);
        world_close(&w);
        assert_int_equal(left_behind, 0);
    }
}

static void after_a_close(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        for (unsigned turns = 0; turns < 3; turns++) {
            struct world w;
            struct probe p;
            secrets_open(&w, NULL);
            start_each(&w, &p, how);
            world_turns(&w, turns);
            midge_close(w.client);
            assert_int_equal(left_behind, 0);
            assert_int_equal(p.dones, 1);
            free(p.body);
            fake_deinit(&w.fake);
        }
    }
}

static void prepared(void **state)
{
    static const struct midge_request get = {.url = URL, .bearer = SECRET};
    struct world w;
    struct midge_prepared *p;
    midge_id id;
    (void)state;
    secrets_open(&w, NULL);
    assert_int_equal(midge_prepare(w.client, &get, &p), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, NULL), MIDGE_OK);
    assert_true(in_block(&w) > 0);
    midge_prepared_free(w.client, p);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    assert_int_equal(in_block(&w), 0);
    world_close(&w);
    assert_int_equal(left_behind, 0);
}

/* --- traces --- */

static unsigned lines, told;

static void trace(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line)
{
    (void)ctx;
    (void)kind;
    (void)id;
    lines++;
    told += count(line, strlen(line), SECRET);
}

static void no_trace_has_them(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, &(struct midge_config){.trace = trace});
    fake_listen(&w.fake, 80, &fake_hello);
    for (unsigned how = 0; how < 3; how++) {
        struct probe p;
        start_each(&w, &p, how);
        world_run(&w);
        probe_is_hello(&p);
    }
    struct probe p;
    probe_init(&p, &w, "http://user:" SECRET "@refused.test:81/?key=" SECRET);
    p.request.allow_userinfo = 1;
    probe_start(&p);
    world_run(&w);
    char text[300];
    (void)midge_result_text(&p.result, text, sizeof text);
    assert_int_equal(count(text, strlen(text), SECRET), 0);
    free(p.body);
    assert_true(lines > 0);
    assert_int_equal(told, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_request),
        cmocka_unit_test(after_a_close),
        cmocka_unit_test(prepared),
        cmocka_unit_test(no_trace_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
