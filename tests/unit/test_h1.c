/* SPDX-License-Identifier: MIT */
/* A request that cannot be sent: an early answer is still read, otherwise the cause is reported. */
#include "fake_port.h"

#define URL      "http://example.com/"
#define REFUSED  "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

enum body { NO_BODY, FROM_MEMORY, FROM_SOURCE, FROM_SOURCE_CHUNKED, FROM_HUNGRY_SOURCE, BODIES };

static void set_body(struct probe *p, enum body kind)
{
    static uint8_t body[9000];
    if (kind == FROM_MEMORY) {
        p->request.body = body;
        p->request.body_len = sizeof body;
    } else if (kind != NO_BODY) {
        probe_source(p, sizeof body, kind == FROM_SOURCE ? (int64_t)sizeof body : -1);
    }
    if (kind == FROM_HUNGRY_SOURCE) { /* it has nothing, and is not resumed */
        p->hunger = 1;
    }
}

/* One request to the script: how it ended, after so many ms. */
static uint64_t run(struct world *w, struct probe *p, const struct fake_script *script,
                    enum body kind)
{
    fake_next(&w->fake, script);
    probe_init(p, w, URL);
    set_body(p, kind);
    uint64_t before = w->fake.now_ms;
    probe_start(p);
    world_run(w);
    return w->fake.now_ms - before;
}

static void is_send_error(struct probe *p)
{
    assert_int_equal(p->result.native, 32);
    assert_int_equal(p->result.status, 0);
    assert_int_equal(p->result.retries, 0);
    probe_ended(p, MIDGE_ERR_SEND);
}

/* --- silence --- */

static void cause_is_reported(void **state)
{
    static const struct fake_script at_once = {.steps = {DEAF}};
    static const struct fake_script later = {.send_slice = 40, .steps = {SENT(40), DEAF}};
    (void)state;
    for (unsigned kind = 0; kind < 2U * BODIES; kind++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        uint64_t ms = run(&w, &p, kind % 2 ? &later : &at_once, (enum body)(kind / 2));
        assert_int_equal(ms, MIDGE_EARLY_ANSWER_MS);
        assert_int_equal(p.result.phase, MIDGE_PHASE_SEND);
        is_send_error(&p);
        world_turns(&w, 3);
        assert_int_equal(world_stats(&w).open_connections, 0);
        world_close(&w);
    }
}

/* Deadlines that come earlier do not take the cause's place. */
static void cause_before_deadline(void **state)
{
    static const struct fake_script deaf = {.send_slice = 100, .steps = {SENT(100), DEAF}};
    static const struct midge_timeouts limits[] = {
        {.idle_ms = 300}, {.total_ms = 300}, {.total_ms = MIDGE_EARLY_ANSWER_MS}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(limits); i++) {
        struct world w;
        struct probe p;
        uint32_t limit = i < 2 ? 300 : MIDGE_EARLY_ANSWER_MS;
        world_open(&w, &(struct midge_config){.timeouts = limits[i]});
        assert_int_equal(run(&w, &p, &deaf, FROM_SOURCE), limit - 1);
        is_send_error(&p);
        world_close(&w);
    }
}

/* No whole head of a final answer: none came. */
static void no_final_answer(void **state)
{
    static const struct fake_script scripts[] = {
        {.steps = {REQUEST, SAY(CONTINUE)}, .send_slice = 500, .send_breaks = 2000},
        {.steps = {SENT(500), SAY(CONTINUE), DEAF, OPEN(500)}, .window = 500},
        {.steps = {SENT(500), DEAF, SAY("HTTP/1.1 4")}, .send_slice = 500},
        {.steps = {SENT(500), DEAF, SAY(CONTINUE), RESET}, .send_slice = 500},
        {.steps = {SENT(500), DEAF, SAY(CONTINUE), FIN}, .send_slice = 500},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(scripts); i++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        uint64_t ms = run(&w, &p, &scripts[i], FROM_MEMORY);
        assert_true(ms <= MIDGE_EARLY_ANSWER_MS);
        is_send_error(&p);
        world_close(&w);
    }
}

/* --- answers --- */

static void early_answer_is_given(void **state)
{
    static const struct fake_script scripts[] = {
        {.steps = {DEAF, WAIT(900), SAY(REFUSED)}},
        {.steps = {SENT(100), DEAF, SAY(REFUSED)}, .send_slice = 100},
        {.steps = {SENT(100), DEAF, WAIT(900), SAY(REFUSED)}, .send_slice = 100},
        {.steps = {SENT(100), DEAF, SAY(CONTINUE), WAIT(900), SAY(REFUSED)}, .send_slice = 100},
        /* What has begun may take its time. */
        {.steps = {SENT(100), DEAF, SAY("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nn"),
                   WAIT(20000), SAY("o")},
         .send_slice = 100},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(scripts); i++) {
        for (unsigned kind = NO_BODY; kind < BODIES; kind++) {
            struct world w;
            struct probe p;
            world_open(&w, NULL);
            (void)run(&w, &p, &scripts[i],
                      kind == NO_BODY && i > 0 ? FROM_MEMORY : (enum body)kind);
            assert_int_equal(p.result.status, 413);
            assert_int_equal(p.len, 2);
            assert_int_equal(p.result.native, 0);
            assert_int_equal(p.result.complete, MIDGE_COMPLETE_YES);
            probe_ended(&p, MIDGE_OK);
            world_turns(&w, 3);
            assert_int_equal(world_stats(&w).open_connections, 0);
            world_close(&w);
        }
    }
}

/* A source that had nothing when sending broke is not waited for: the answer's deadline runs. */
static void answer_that_stalls(void **state)
{
    static const struct fake_script stalls = {
        .steps = {SENT(100), DEAF, SAY("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nn")},
        .send_slice = 100};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, &(struct midge_config){.timeouts = {.idle_ms = 5000}});
    assert_int_equal(run(&w, &p, &stalls, FROM_HUNGRY_SOURCE), 5000);
    assert_int_equal(p.result.status, 413);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

static struct midge__conn *only_conn(struct world *w)
{
    return MIDGE_CONTAINER_OF(midge__list_first(&w->client->conns), struct midge__conn, link);
}

/* It has come, and there is no memory for its head yet. */
static void answer_that_waits_for_memory(void **state)
{
    static const struct fake_script slow = {.steps = {SENT(100), DEAF, SAY("HTTP/1.1 413 No\r\n"),
                                                      WAIT(5000),
                                                      SAY("Content-Length: 2\r\n\r\nno")},
                                            .send_slice = 100};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &slow);
    probe_init(&p, &w, URL);
    set_body(&p, FROM_MEMORY);
    probe_start(&p);
    world_pass(&w, 10);
    only_conn(&w)->needs = 1;
    world_pass(&w, 2 * MIDGE_EARLY_ANSWER_MS);
    assert_int_equal(p.dones, 0);
    only_conn(&w)->needs = 0;
    world_run(&w);
    assert_int_equal(p.result.status, 413);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

/* There was memory, and no more of the answer came. */
static void answer_that_waited_for_memory(void **state)
{
    static const struct fake_script stalls = {
        .steps = {SENT(100), DEAF, SAY("HTTP/1.1 413 No\r\n")}, .send_slice = 100};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &stalls);
    probe_init(&p, &w, URL);
    set_body(&p, FROM_MEMORY);
    probe_start(&p);
    world_pass(&w, 10);
    assert_true(midge__conn_need(only_conn(&w), 1, false));
    midge__conn_wait_end(only_conn(&w));
    world_pass(&w, MIDGE_EARLY_ANSWER_MS);
    is_send_error(&p);
    world_close(&w);
}

/* --- a kept connection --- */

static void kept(struct world *w, const struct fake_script *script)
{
    struct probe first;
    world_open(w, NULL);
    (void)run(w, &first, script, NO_BODY);
    probe_is_hello(&first);
    assert_int_equal(world_stats(w).open_connections, 1);
}

/* Nothing was sent: no answer can come, and it is sent again at once, whatever the method. */
static void replayed_at_once(void **state)
{
    static const struct fake_script deaf = {.steps = {REQUEST, SAY(HELLO), DEAF}};
    (void)state;
    for (unsigned kind = NO_BODY; kind < BODIES - 1; kind++) {
        struct world w;
        struct probe p;
        kept(&w, &deaf);
        assert_int_equal(run(&w, &p, &fake_hello, (enum body)kind), 0);
        assert_int_equal(p.result.retries, 1);
        assert_int_equal(p.rewinds, kind >= FROM_SOURCE);
        probe_is_hello(&p);
        world_close(&w);
    }
}

/* Something was sent: after the wait, and only what may be sent twice. */
static void replayed_later(void **state)
{
    static const struct fake_script breaks = {.send_slice = 40,
                                              .steps = {REQUEST, SAY(HELLO), SENT(160), DEAF}};
    (void)state;
    for (unsigned post = 0; post < 2; post++) {
        struct world w;
        struct probe p;
        kept(&w, &breaks);
        probe_init(&p, &w, URL);
        p.request.method = post ? "POST" : "PUT";
        set_body(&p, FROM_MEMORY);
        uint64_t before = w.fake.now_ms;
        probe_start(&p);
        world_run(&w);
        assert_int_equal(w.fake.now_ms - before, MIDGE_EARLY_ANSWER_MS);
        assert_int_equal(p.result.retries, !post);
        if (post) {
            is_send_error(&p);
        } else {
            probe_is_hello(&p);
        }
        world_close(&w);
    }
}

/* --- memory --- */

static size_t held(struct world *w)
{
    return midge__memory_owner_live(&w->client->memory, only_conn(w)->owner);
}

/* Blocks that one request allocates; in the queue only, or with an exchange on a kept connection.
 */
static uint64_t blocks_of(struct world *w, bool queued)
{
    struct probe p;
    uint64_t before = world_stats(w).alloc_calls;
    probe_get(&p, w, URL);
    if (queued) {
        assert_int_equal(midge_cancel(w->client, p.id), MIDGE_OK);
    }
    world_run(w);
    uint64_t blocks = world_stats(w).alloc_calls - before;
    if (queued) {
        probe_ended(&p, MIDGE_ERR_CANCELED);
    } else {
        probe_is_hello(&p);
    }
    return blocks;
}

/* A head that comes whole is parsed where it was received: its exchange takes no memory. */
static void no_memory_of_its_own(void **state)
{
    struct world w;
    (void)state;
    kept(&w, &fake_hello);
    size_t at_rest = held(&w);
    assert_int_equal(blocks_of(&w, false), blocks_of(&w, true));
    assert_int_equal(held(&w), at_rest);
    world_close(&w);
}

/* In pieces it takes one block, until it is complete; then the body needs none. */
static void head_in_pieces(void **state)
{
    static const struct fake_script pieces = {
        .steps = {REQUEST, SAY(HELLO), REQUEST, SAY("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX:"),
                  WAIT(10), SAY(" yes\r\n"), WAIT(10), SAY("\r\nhel"), WAIT(10), SAY("lo")}};
    struct world w;
    struct probe p;
    (void)state;
    kept(&w, &pieces);
    size_t at_rest = held(&w);
    probe_get(&p, &w, URL);
    world_pass(&w, 15);
    assert_in_range(held(&w) - at_rest, 512, 600);
    while (p.len == 0) {
        world_turn(&w, -1);
    }
    assert_int_equal(held(&w), at_rest);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

/* All memory is taken, and a paused sink leaves bytes: they stay in the client's buffer. The other
   exchange waits until it comes back. */
static void buffer_is_held(void **state)
{
    static const struct fake_script chunks = {
        .steps = {REQUEST, WAIT(20), SAY(HELLO_CHUNKED "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")}};
    static const struct fake_script later = {.steps = {REQUEST, WAIT(40), SAY(HELLO)}};
    struct world w;
    struct probe p[2];
    void *eaten[64];
    unsigned n = 0;
    size_t most;
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 2});
    fake_listen(&w.fake, 81, &chunks);
    fake_listen(&w.fake, 82, &later);
    probe_init(&p[0], &w, "http://a.test:81/");
    probe_init(&p[1], &w, "http://b.test:82/");
    p[0].pause = true;
    probe_start(&p[0]);
    probe_start(&p[1]);
    world_pass(&w, 10); /* both are sent */
    while (n < MIDGE_ARRAY_LEN(eaten) &&
           (most = midge__memory_largest_free(&w.client->memory)) > 400) {
        eaten[n++] = midge_alloc(w.client, most);
    }
    char *spare = w.client->spare_head;
    w.client->spare_head = NULL;
    world_pass(&w, 100);
    assert_int_equal(p[0].len, 2);
    assert_null(w.client->recv_buffer);
    assert_int_equal(p[1].responses, 0);
    p[0].pause = false;
    assert_int_equal(midge_resume(w.client, p[0].id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(p[0].len, 5);
    assert_memory_equal(p[0].body, "abcde", 5);
    probe_ended(&p[0], MIDGE_OK);
    probe_is_hello(&p[1]);
    w.client->spare_head = spare;
    while (n > 0) {
        midge_free(w.client, eaten[--n]);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_is_held),
        cmocka_unit_test(no_memory_of_its_own),
        cmocka_unit_test(head_in_pieces),
        cmocka_unit_test(cause_is_reported),
        cmocka_unit_test(cause_before_deadline),
        cmocka_unit_test(no_final_answer),
        cmocka_unit_test(early_answer_is_given),
        cmocka_unit_test(answer_that_stalls),
        cmocka_unit_test(answer_that_waits_for_memory),
        cmocka_unit_test(answer_that_waited_for_memory),
        cmocka_unit_test(replayed_at_once),
        cmocka_unit_test(replayed_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
