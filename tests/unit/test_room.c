/* SPDX-License-Identifier: MIT */
/* Blocks of every size between the least and what is needed for all at once: requests wait for
   memory, none fails for want of it, whatever their responses' heads take. */
#include "chance.h"
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

/* --- mixtures made by chance --- */

enum { MIXED = 60, PORTS = 4, URL_MAX = 1200, HEADERS = 12 };

static const size_t port_heads[PORTS] = {60, 1500, 2500, 3900};
static struct probe mixed[MIXED];
static char urls[MIXED][URL_MAX];

static void long_url(char *url, unsigned ports)
{
    int at = snprintf(url, URL_MAX, "http://h%u.test:%u/", chance(20), 81 + chance(ports));
    size_t more = chance(2) ? chance(1000) : 0;
    memset(url + at, 'u', more);
    url[(size_t)at + more] = '\0';
}

static void dress(struct probe *p, struct midge_header *headers)
{
    p->request.headers = headers;
    p->request.n_headers = chance(2) ? chance(HEADERS) : 0;
    for (size_t i = 0; i < p->request.n_headers; i++) {
        headers[i] =
            (struct midge_header){"X-Name", "a value of ordinary length, forty bytes long"};
    }
    p->request.no_reuse = chance(6) == 0;
    if (chance(4) == 0) {
        probe_source(p, chance(3000), -1);
        p->request.method = "PUT";
    }
}

static int nothing(struct midge_task *task, void *state)
{
    (void)state;
    return midge_task_return(task, MIDGE_OK, 0);
}

/* Either takes memory or says that there is none. */
static void take_beside(struct world *w)
{
    midge_id id;
    int err = chance(2) ? midge_sleep(w->client, chance(30), &id)
                        : midge_spawn(w->client, nothing, NULL, &id);
    if (err == MIDGE_OK) {
        assert_int_equal(midge_detach(w->client, id), MIDGE_OK);
    }
}

static unsigned ended(unsigned started)
{
    unsigned n = 0;
    for (unsigned i = 0; i < started; i++) {
        n += mixed[i].dones;
    }
    return n;
}

static void mixture(size_t more, unsigned connections)
{
    /* What is reserved has room for a head of 2048 bytes, and for more where a handshake needs it.
     */
    bool long_heads = more > 12000 && midge__tls_slot_in() != 0;
    struct world w;
    struct midge_config config = {.max_connections = (uint16_t)connections, .max_awaitables = 200};
    char texts[PORTS][4096];
    struct fake_script slow[PORTS];
    config.memory_size = midge_memory_least(&config) + more;
    world_open(&w, &config);
    for (unsigned i = 0; i < PORTS; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%s", answer(port_heads[i]));
        slow[i] = (struct fake_script){
            .steps = {REQUEST, WAIT(10), {FAKE_SAY, texts[i], strlen(texts[i])}, LOOP}};
        fake_listen(&w.fake, (uint16_t)(81 + i), &slow[i]);
    }
    for (unsigned i = 0; i < MIXED; i++) {
        struct midge_header headers[HEADERS];
        long_url(urls[i], long_heads ? PORTS : 2);
        probe_init(&mixed[i], &w, urls[i]);
        dress(&mixed[i], headers);
        take_beside(&w);
        while (midge_start(w.client, &mixed[i].request, &mixed[i].id) == MIDGE_ERR_NO_MEMORY) {
            assert_true(ended(i) < i); /* one lives that it can wait for */
            world_turn(&w, -1);
        }
    }
    world_run(&w);
    for (unsigned i = 0; i < MIXED; i++) {
        probe_is_hello(&mixed[i]);
    }
    world_close(&w);
}

static void mixtures(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 60; k++) {
        seed = k * 0x9e3779b97f4a7c15ULL + 1;
        mixture(k * 1777, 1 + k % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_all_sizes),
        cmocka_unit_test(mixtures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
