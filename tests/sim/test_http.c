/* SPDX-License-Identifier: MIT */
/* The scripted server of port/sim: each thing that a reply can ask for, seen by a client. */
#include "sim_world.h"

#define URL "http://a.test/"

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_get get;

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "a.test");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void reply(const char *path, const struct midge_sim_reply *with)
{
    midge_sim_add_reply(host, 80, path, with);
}

static void fetch(const char *url, int error, int status, const char *text)
{
    sim_get(&w, &get, url);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, text);
}

static void plain(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "hello"});
    fetch(URL, MIDGE_OK, 200, "hello");
    assert_int_equal(get.result.reused, 0);
    fetch(URL, MIDGE_OK, 200, "hello");
    assert_int_equal(get.result.reused, 1);
    fetch(URL "?q=1", MIDGE_OK, 200, "hello");
    fetch(URL "none", MIDGE_OK, 404, "");
    struct midge_sim_counts counts = midge_sim_count(host, 80, "/");
    assert_int_equal(counts.requests, 3);
    assert_int_equal(counts.answers, 3);
    assert_int_equal(counts.connections, 1);
}

static void no_body(void **state)
{
    (void)state;
    reply("/*", &(struct midge_sim_reply){.status = 204});
    fetch(URL "a/b", MIDGE_OK, 204, "");
    fetch(URL, MIDGE_OK, 204, "");
}

static void head(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "hello", .headers = "ETag: \"1\"\r\n"});
    sim_get_init(&w, &get, URL);
    get.request.method = "HEAD";
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "");
    fetch(URL, MIDGE_OK, 200, "hello");
    assert_int_equal(get.result.reused, 1);
}

static void by_method(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.method = "PUT", .status = 201});
    reply("/", &(struct midge_sim_reply){.method = "GET", .body = "got"});
    fetch(URL, MIDGE_OK, 200, "got");
    sim_get_init(&w, &get, URL);
    get.request.method = "PUT";
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 201, "");
}

static void in_turn(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.status = 503, .times = 2});
    reply("/", &(struct midge_sim_reply){.body = "ok"});
    fetch(URL, MIDGE_OK, 503, "");
    fetch(URL, MIDGE_OK, 503, "");
    fetch(URL, MIDGE_OK, 200, "ok");
    fetch(URL, MIDGE_OK, 200, "ok");
}

/* A long body of the pattern: whole, in every framing. */
static void fetch_fill(const struct midge_sim_reply *with, const char *path, size_t len)
{
    char url[64];
    reply(path, with);
    (void)snprintf(url, sizeof url, "http://a.test%s", path);
    sim_get(&w, &get, url);
    sim_world_run(&w);
    assert_int_equal(get.body.len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(get.body.data[i], midge_sim_fill(i));
    }
    sim_get_ended(&get, MIDGE_OK, 200, NULL);
}

static void long_bodies(void **state)
{
    (void)state;
    fetch_fill(&(struct midge_sim_reply){.fill = 300000}, "/length", 300000);
    fetch_fill(&(struct midge_sim_reply){.fill = 100000, .chunk = 1000}, "/chunks", 100000);
    fetch_fill(&(struct midge_sim_reply){.fill = 300, .chunk = 1}, "/bytes", 300);
    fetch_fill(&(struct midge_sim_reply){.fill = 100000, .until_close = 1}, "/close", 100000);
}

static uint64_t took(const char *url)
{
    uint64_t before = midge_sim_now_ms(w.sim);
    fetch(url, MIDGE_OK, 200, NULL);
    return midge_sim_now_ms(w.sim) - before;
}

static void delays(void **state)
{
    (void)state;
    reply("/slow", &(struct midge_sim_reply){.body = "x", .delay_ms = 5000});
    reply("/late", &(struct midge_sim_reply){.body = "x", .body_ms = 3000});
    reply("/paced", &(struct midge_sim_reply){.fill = 10000, .bytes_per_s = 1000});
    uint64_t slow = took(URL "slow"), late = took(URL "late"), paced = took(URL "paced");
    assert_in_range(slow, 5000, 5010);
    assert_in_range(late, 3000, 3010);
    assert_in_range(paced, 9900, 10100);
}

static void upload(const char *body, int64_t length, int status)
{
    struct midge_buffer_source source;
    midge_buffer_source_init(&source, body, strlen(body));
    source.source.length = length;
    sim_get_init(&w, &get, URL);
    get.request.source = &source.source;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, status, NULL);
}

static void uploads(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.status = 201});
    upload("twelve bytes", 12, 201);
    upload("in chunks", -1, 201);
    struct midge_sim_counts counts = midge_sim_count(host, 80, "/");
    assert_int_equal(counts.body_bytes, 21);
    assert_int_equal(counts.connections, 1);
}

static void early(void **state)
{
    static char body[200000];
    (void)state;
    memset(body, 'b', sizeof body - 1);
    reply("/", &(struct midge_sim_reply){.status = 413, .early = 1, .close = 1, .times = 1});
    reply("/", &(struct midge_sim_reply){.status = 201});
    upload(body, (int64_t)strlen(body), 413);
    upload("small", 5, 201);
}

static void look(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *to)
{
    unsigned *seen = ctx;
    ++*seen;
    assert_string_equal(request->method, "GET");
    assert_string_equal(request->target, "/?n=1");
    assert_non_null(strstr(request->head, "\r\nHost: a.test\r\n"));
    assert_int_equal(request->number, *seen);
    to->body = request->number == 1 ? "first" : "second";
}

static void by_function(void **state)
{
    unsigned seen = 0;
    (void)state;
    reply("/", &(struct midge_sim_reply){.on_request = look, .ctx = &seen});
    fetch(URL "?n=1", MIDGE_OK, 200, "first");
    fetch(URL "?n=1", MIDGE_OK, 200, "second");
    assert_int_equal(seen, 2);
}

static void raw(void **state)
{
    (void)state;
    reply("/good",
          &(struct midge_sim_reply){.raw = "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"});
    reply("/bad", &(struct midge_sim_reply){.raw = "HTTP/1.1 nonsense\r\n\r\n"});
    fetch(URL "good", MIDGE_OK, 200, "ok");
    fetch(URL "bad", MIDGE_ERR_PROTOCOL, 0, NULL);
}

/* A raw answer keeps its pace, and what comes for ever ends with the client. */
static void forever(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.raw = "HTTP/1.1 200 OK\r\n\r\n", .forever = "ab"});
    reply("/slow", &(struct midge_sim_reply){.raw = "HTTP/1.1 204 \r\n\r\n", .bytes_per_s = 1});
    sim_get_init(&w, &get, URL);
    get.request.max_body = 50001;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    assert_true(get.body.len > 40000);
    for (size_t i = 0; i < get.body.len; i++) {
        assert_int_equal(get.body.data[i], "ab"[i % 2]);
    }
    sim_get_ended(&get, MIDGE_ERR_TOO_LARGE, 200, NULL);
    uint64_t before = midge_sim_now_ms(w.sim);
    fetch(URL "slow", MIDGE_OK, 204, "");
    assert_in_range(midge_sim_now_ms(w.sim) - before, 16000, 17100);
}

static void closes(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "bye", .close = 1});
    fetch(URL, MIDGE_OK, 200, "bye");
    fetch(URL, MIDGE_OK, 200, "bye");
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 2);
}

static void cuts(void **state)
{
    (void)state;
    reply("/fin", &(struct midge_sim_reply){.fill = 1000, .end = MIDGE_SIM_END_FIN, .cut_at = 500});
    reply("/reset",
          &(struct midge_sim_reply){.fill = 200000, .end = MIDGE_SIM_END_RESET, .cut_at = 100000});
    reply("/none", &(struct midge_sim_reply){.fill = 1, .end = MIDGE_SIM_END_FIN});
    reply("/stall",
          &(struct midge_sim_reply){.fill = 1000, .end = MIDGE_SIM_END_STALL, .cut_at = 500});
    fetch(URL "fin", MIDGE_ERR_PARTIAL, 200, NULL);
    fetch(URL "reset", MIDGE_ERR_RECV, 200, NULL);
    fetch(URL "none", MIDGE_ERR_EMPTY_REPLY, 0, NULL);
    fetch(URL "stall", MIDGE_ERR_TIMEOUT, 200, NULL);
    assert_int_equal(midge_sim_count(host, 80, NULL).answers, 0);
}

static void https(void **state)
{
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "plain"});
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "in TLS"});
    int err = midge_sim_use_tls(host, 443, NULL);
    struct midge_sim_host *old = midge_sim_add_host(w.sim, "old.test");
    if (err == MIDGE_ERR_UNSUPPORTED) {
        return;
    }
    assert_int_equal(err, MIDGE_OK);
    assert_int_equal(midge_sim_use_tls(old, 443, &(struct midge_sim_tls){.until = 1000000000}),
                     MIDGE_OK);
    fetch("https://a.test/", MIDGE_OK, 200, "in TLS");
    fetch(URL, MIDGE_OK, 200, "plain");
    fetch("https://old.test/", MIDGE_ERR_CERT, 0, NULL);
    assert_int_equal(midge_sim_count(host, 443, "/").answers, 1);
}

/* A client of its own, that sends two requests at once. */
static void pipelining(void **state)
{
    static const char two[] = "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    const struct midge_port *port = midge_sim_port(w.sim);
    const struct midge_addr addr = {.family = 4, .bytes = {10, 0, 0, 1}};
    struct midge_pollfd fd = {.events = MIDGE_POLL_OUT};
    size_t n;
    int native;
    (void)state;
    reply("/", &(struct midge_sim_reply){.body = "x", .delay_ms = 10});
    assert_int_equal(port->connect(port->ctx, &addr, 80, &fd.sock, &native), MIDGE_OK);
    assert_int_equal(port->poll(port->ctx, &fd, 1, -1), MIDGE_OK);
    assert_int_equal(port->send(port->ctx, fd.sock, (const uint8_t *)two, sizeof two - 1, &n, NULL),
                     MIDGE_OK);
    fd.events = MIDGE_POLL_IN;
    assert_int_equal(port->poll(port->ctx, &fd, 1, -1), MIDGE_OK);
    assert_true(fd.revents & MIDGE_POLL_ERR);
    port->close(port->ctx, fd.sock);
    assert_int_equal(midge_sim_count(host, 80, NULL).pipelined, 1);
}

/* A short answer over TLS is one record, as usual servers send it; and of the client's ciphers the
   server takes the first one that it knows. */
static void one_record(void **state)
{
    (void)state;
    assert_int_equal(
        midge_sim_use_tls(host, 443, &(struct midge_sim_tls){.max_version = MIDGE_TLS_1_2}),
        MIDGE_OK);
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    midge_sim_add_reply(host, 443, "/chunks",
                        &(struct midge_sim_reply){.body = "hello", .chunk = 5});
    w.wanted = "WITH-AES-128-GCM";
    fetch("https://a.test/", MIDGE_OK, 200, "hello");
    assert_int_equal(w.found, 1);
    w.wanted = "tls sends";
    w.found = 0;
    fetch("https://a.test/", MIDGE_OK, 200, "hello");
    assert_int_equal(w.found, 1);
    fetch("https://a.test/chunks", MIDGE_OK, 200, "hello");
    assert_int_equal(w.found, 1 + 2); /* and the last chunk */
}

static size_t ask(struct midge_pollfd *fd, const char *request, uint8_t *answer, size_t cap)
{
    const struct midge_port *port = midge_sim_port(w.sim);
    size_t n;
    if (*request != '\0') {
        const uint8_t *bytes = (const uint8_t *)request;
        assert_int_equal(port->send(port->ctx, fd->sock, bytes, strlen(request), &n, NULL),
                         MIDGE_OK);
    }
    fd->events = MIDGE_POLL_IN;
    assert_int_equal(port->poll(port->ctx, fd, 1, -1), MIDGE_OK);
    assert_int_equal(port->recv(port->ctx, fd->sock, answer, cap, &n, NULL), MIDGE_OK);
    return n;
}

/* After a short answer was read, a system with a small buffer does not tell the server of so little
   room (RFC 1122, 4.2.3.3): the next answer has room for the rest only, until that is read. */
static void small_window(void **state)
{
    static uint8_t answer[2000];
    const struct midge_port *port = midge_sim_port(w.sim);
    const struct midge_addr addr = {.family = 4, .bytes = {10, 0, 0, 1}};
    struct midge_pollfd fd = {.events = MIDGE_POLL_OUT};
    int native;
    (void)state;
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.recv_buffer = 1000});
    reply("/", &(struct midge_sim_reply){.body = "hello"});
    reply("/long", &(struct midge_sim_reply){.fill = 990});
    assert_int_equal(port->connect(port->ctx, &addr, 80, &fd.sock, &native), MIDGE_OK);
    assert_int_equal(port->poll(port->ctx, &fd, 1, -1), MIDGE_OK);
    size_t first = ask(&fd, "GET / HTTP/1.1\r\n\r\n", answer, sizeof answer);
    assert_in_range(first, 20, 499);
    assert_int_equal(ask(&fd, "GET /long HTTP/1.1\r\n\r\n", answer, sizeof answer), 1000 - first);
    assert_in_range(ask(&fd, "", answer, sizeof answer), 1, 999);
    port->close(port->ctx, fd.sock);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(plain),   TEST(no_body),    TEST(head),         TEST(by_method), TEST(in_turn),
        TEST(delays),  TEST(uploads),    TEST(long_bodies),  TEST(early),     TEST(by_function),
        TEST(raw),     TEST(https),      TEST(closes),       TEST(cuts),      TEST(pipelining),
        TEST(forever), TEST(one_record), TEST(small_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
