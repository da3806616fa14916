/* SPDX-License-Identifier: MIT */
/* Blocks of every size between the least and what is needed for all at once: requests wait for
   memory, none fails for want of it, whatever their responses' heads take. */
#include "fake_port.h"

#define A "http://a.test:81/"
#define B "http://b.test:82/"

enum { N = 24, CONNECTIONS = 8 };

/* A head of `size` bytes and five of a body. */
static const char *answer(size_t size)
{
    static const char before[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ";
    static const char after[] = "\r\n\r\nhello";
    static char text[4096];
    size_t fill = size - (sizeof before - 1) - 4;
    assert_true(size > sizeof before && size + 8 < sizeof text);
    memcpy(text, before, sizeof before - 1);
    memset(text + sizeof before - 1, 'x', fill);
    memcpy(text + sizeof before - 1 + fill, after, sizeof after);
    return text;
}

/* Connections open at once. */
static unsigned crowd(size_t size, size_t head)
{
    struct world w;
    static struct probe p[N];
    const struct midge_config config = {.max_connections = CONNECTIONS,
                                        .max_per_origin = CONNECTIONS,
                                        .max_awaitables = N + 2,
                                        .queued_requests = N,
                                        .memory_size = size};
    const char *text = answer(head);
    const struct fake_script slow = {
        .steps = {REQUEST, WAIT(10), {FAKE_SAY, text, strlen(text)}, LOOP}};
    world_open(&w, &config);
    fake_listen(&w.fake, 81, &slow);
    fake_listen(&w.fake, 82, &slow);
    for (unsigned i = 0; i < N; i++) {
        probe_init(&p[i], &w, i % 3 ? A : B);
        while (midge_start(w.client, &p[i].request, &p[i].id) == MIDGE_ERR_NO_MEMORY) {
            world_turn(&w, -1); /* there is no room to wait: that comes before the start */
        }
    }
    world_run(&w);
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&p[i]);
    }
    struct midge_stats stats = world_stats(&w);
    assert_true(stats.alloc_peak <= size);
    world_close(&w);
    return stats.peak_connections;
}

static void heads_of_all_sizes(void **state)
{
    static const size_t heads[] = {60, 511, 512, 513, 1000, 1030, 1800, 2000};
    const struct midge_config config = {
        .max_connections = CONNECTIONS, .max_awaitables = N + 2, .queued_requests = N};
    size_t least = midge_memory_least(&config), needed = midge_memory_needed(&config);
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        unsigned most = 0;
        for (size_t size = least; size < needed; size += (needed - least) / 60) {
            unsigned n = crowd(size, heads[i]);
            most = n > most ? n : most;
        }
        assert_int_equal(crowd(needed, heads[i]), CONNECTIONS);
        assert_int_equal(most, CONNECTIONS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_all_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
