/* SPDX-License-Identifier: MIT */
/* The short examples of boards/examples/snippets do what they say. */
#include "examples/snippets/snippets.h"

#include <midge/port_posix.h>

#include "sim_world.h"

static struct sim_world w;
static struct midge_sim_host *api;

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    api = midge_sim_add_host(w.sim, "api.test");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void reply(const char *path, struct midge_sim_reply answer)
{
    midge_sim_add_reply(api, 80, path, &answer);
}

static void answers(void **state)
{
    char text[80];
    (void)state;
    reply("/good",
          (struct midge_sim_reply){.headers = "Content-Type: text/plain\r\nETag: \"7\"\r\n"});
    reply("/untyped", (struct midge_sim_reply){.headers = "ETag: \"7\"\r\n"});
    assert_int_equal(answer_fetch(w.client, "http://api.test/good", text, sizeof text), MIDGE_OK);
    assert_string_equal(text, "\"7\"");
    assert_int_equal(answer_fetch(w.client, "http://api.test/untyped", text, sizeof text),
                     MIDGE_ERR_PROTOCOL);
    reply("/gone", (struct midge_sim_reply){.status = 404, .headers = "Content-Type: a\r\n"});
    assert_int_equal(answer_fetch(w.client, "http://api.test/gone", text, sizeof text),
                     MIDGE_ERR_HTTP_STATUS);
    assert_string_equal(text, "404 Client Error: Not Found for url: http://api.test/gone");
}

static void failures(void **state)
{
    int64_t date = 1;
    struct midge_request get = {
        .url = "http://none.test/", .ctx = &date, .on_response = answer_date};
    struct midge_result result;
    char text[40];
    midge_id id;
    (void)state;
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    (void)midge_wait(w.client, id, &result);
    answer_failed(&result, text, sizeof text);
    assert_string_equal(text, "RESOLVE in phase dns");
    get.url = "http://api.test/dated";
    reply("/dated", (struct midge_sim_reply){.headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"});
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &result), MIDGE_OK);
    assert_true(date == 0); /* http: it could be anyone's */
}

static void clients(void **state)
{
    struct midge_client *client;
    char text[40];
    void *roots = NULL, *block;
    size_t size = 0;
    (void)state;
    (void)setenv("SSL_CERT_FILE", "tests/certs/none.pem", 1);
    assert_int_equal(client_open(&client, midge_sim_port(w.sim), NULL, &size, &roots),
                     MIDGE_ERR_READ);
    (void)unsetenv("SSL_CERT_FILE");
    if (client_open(&client, midge_sim_port(w.sim), NULL, &size, &roots) == MIDGE_OK) {
        free(roots); /* a machine without roots has no more to show */
        block = malloc(size);
        assert_int_equal(client_open(&client, midge_sim_port(w.sim), block, &size, &roots),
                         MIDGE_OK);
        midge_close(client);
        free(roots);
        free(block);
    }
    client_about(text, sizeof text);
    assert_non_null(strstr(text, midge_tls_profile()));
    const char *name = NULL;
    assert_true(client_largest_part(&(struct midge_config){.max_connections = 100}, &name) >
                midge_memory_least(&(struct midge_config){0}));
    assert_string_equal(name, "connections");
    assert_int_equal(client_connections_use(w.client), 0);
    const struct midge_request get = {.url = "http://api.test/kept"};
    midge_id id;
    reply("/kept", (struct midge_sim_reply){.body = "x"});
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, NULL), MIDGE_OK);
    assert_true(client_connections_use(w.client) > 0); /* it is kept */
}

static char sent[4096]; /* the body of the last request */

static void keep_body(void *ctx, const struct midge_sim_request *request,
                      struct midge_sim_reply *answer)
{
    (void)ctx, (void)answer;
    assert_true(request->body_len < sizeof sent);
    memcpy(sent, request->body, request->body_len);
    sent[request->body_len] = '\0';
}

static int count_line(void *ctx, const char *line, size_t len)
{
    *(unsigned *)ctx += strlen(line) == len;
    return MIDGE_OK;
}

static void bodies(void **state)
{
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf}; /* FIPS 180-2 B.1 */
    uint8_t digest[32];
    unsigned lines = 0;
    (void)state;
    midge_sim_put_file(w.sim, "log", "abcdef", 6);
    reply("/put", (struct midge_sim_reply){.on_request = keep_body});
    assert_int_equal(body_put_file(w.client, "http://api.test/put", "log"), MIDGE_OK);
    assert_string_equal(sent, "abcdef");
    assert_int_equal(body_put_file(w.client, "http://api.test/put", "none"), MIDGE_ERR_READ);
    reply("/form", (struct midge_sim_reply){.on_request = keep_body});
    assert_int_equal(body_send_form(w.client, "http://api.test/form", "PNG..."), MIDGE_OK);
    assert_non_null(strstr(sent, "name=\"file\"; filename=\"roof.png\"\r\n"
                                 "Content-Type: image/png\r\n\r\nPNG...\r\n"));
    reply("/lines", (struct midge_sim_reply){.body = "one\r\ntwo\nthree"});
    assert_int_equal(body_read_lines(w.client, "http://api.test/lines", count_line, &lines),
                     MIDGE_OK);
    assert_int_equal(lines, 3);
    reply("/abc", (struct midge_sim_reply){.body = "abc"});
    assert_int_equal(body_hash(w.client, "http://api.test/abc", digest), MIDGE_OK);
    assert_memory_equal(digest, abc, sizeof abc);
    assert_int_equal(body_is_signed(w.client, digest, abc, sizeof abc, abc, sizeof abc),
                     MIDGE_ERR_INVALID);
}

/* A file of 2,000 bytes 'x', of which the server gives parts; the first answer to a whole is cut.
 */
static char file[2001];
static unsigned cuts;

static void give_part(void *ctx, const struct midge_sim_request *request,
                      struct midge_sim_reply *answer)
{
    static char headers[160];
    const char *range = strstr(request->head, "Range: bytes=");
    unsigned first = 0, last = 1999;
    (void)ctx;
    if (range != NULL && sscanf(range + 13, "-%u", &last) == 1) {
        first = 2000 - last;
        last = 1999;
    } else if (range != NULL) {
        assert_true(sscanf(range + 13, "%u-%u", &first, &last) >= 1);
        last = last > 1999 ? 1999 : last;
    } else if (cuts > 0) {
        cuts--;
        answer->end = MIDGE_SIM_END_RESET;
        answer->cut_at = 700;
    }
    if (range != NULL) {
        answer->status = 206;
    }
    (void)snprintf(headers, sizeof headers,
                   range ? "ETag: \"1\"\r\nContent-Range: bytes %u-%u/2000\r\n" : "ETag: \"1\"\r\n",
                   first, last);
    answer->headers = headers;
    answer->body = file + first;
    answer->body_len = last + 1 - first;
}

static void parts(void **state)
{
    struct midge_null_sink sink;
    uint64_t total = 0;
    size_t len = 0;
    (void)state;
    memset(file, 'x', 2000);
    reply("/file", (struct midge_sim_reply){.on_request = give_part});
    midge_null_sink_init(&sink);
    assert_int_equal(part_last_kb(w.client, "http://api.test/file", &sink.sink, &total), MIDGE_OK);
    assert_int_equal(total, 2000);
    assert_int_equal(sink.len, 1024);
    assert_int_equal(part_in_slices(w.client, "http://api.test/file", "slices"), MIDGE_OK);
    assert_non_null(midge_sim_get_file(w.sim, "slices", &len));
    assert_int_equal(len, 2000);
    assert_int_equal(midge_sim_count(api, 80, "/file").requests, 1 + 4);
    cuts = 1;
    assert_int_equal(part_resumed(w.client, "http://api.test/file", "resumed"), MIDGE_OK);
    assert_non_null(midge_sim_get_file(w.sim, "resumed", &len));
    assert_int_equal(len, 2000);
    assert_int_equal(cuts, 0);
}

static void documents(void **state)
{
    static const char text[] =
        "{\"sensors\": [{\"celsius\": 21.5}], \"count\": 3, \"data\": [1, 2]}";
    double celsius = 0;
    int64_t count = 0;
    char out[80];
    size_t len;
    (void)state;
    assert_int_equal(json_read(w.client, text, sizeof text - 1, &celsius, &count), MIDGE_OK);
    assert_true(celsius == 21.5);
    assert_int_equal(count, 3);
    assert_int_equal(json_read(w.client, text, 9, &celsius, &count), MIDGE_ERR_JSON);
    assert_int_equal(json_copy(w.client, text, sizeof text - 1, out, sizeof out), MIDGE_OK);
    assert_string_equal(out, "[1,2]");
    assert_int_equal(json_copy(w.client, text, sizeof text - 1, out, 5), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(json_write(out, sizeof out, &len), MIDGE_OK);
    assert_string_equal(out, "{\"device\":\"a1\",\"values\":[1,0.5,true,null],\"raw\":{\"x\":1}}");
}

static void waits(void **state)
{
    struct queue queue;
    struct midge_result result;
    (void)state;
    reply("/slow", (struct midge_sim_reply){.delay_ms = 1000});
    assert_int_equal(limited_run(w.client, "http://api.test/slow", 6), MIDGE_OK);
    assert_int_equal(midge_sim_count(api, 80, "/slow").answers, 6);
    assert_in_range(midge_sim_now_ms(w.sim), 3000, 3999); /* two at a time */

    reply("/queue", (struct midge_sim_reply){.body = "thanks", .on_request = keep_body});
    assert_int_equal(queue_start(w.client, &queue, "http://api.test/queue"), MIDGE_OK);
    queue_put(&queue, "one,", 0);
    (void)midge_sim_run(w.sim, w.client, 1000);
    queue_put(&queue, "two", 1);
    (void)midge_sim_run(w.sim, w.client, 1000);
    queue_put(&queue, NULL, 1); /* also the answer's next piece */
    assert_int_equal(midge_wait(w.client, queue.id, &result), MIDGE_OK);
    assert_string_equal(sent, "one,two");
    assert_int_equal(result.body_len, 6);
}

static void loops(void **state)
{
    struct midge_pollfd fds[8];
    struct midge_request get = {.url = "http://api.test/"};
    midge_id id;
    size_t n = 0;
    (void)state;
    reply("/", (struct midge_sim_reply){.delay_ms = 100});
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    for (int turns = 0; turns < 100 && midge_done(w.client, id) == 0; turns++) {
        assert_true(loop_turn(w.client, fds, 8, &n) >= 0);
        loop_link_changed(w.client, turns == 0, 0);
    }
    assert_int_equal(midge_done(w.client, id), 1);
    assert_int_equal(midge_wait(w.client, id, NULL), MIDGE_OK);
}

static void keep_head(void *ctx, const struct midge_sim_request *request,
                      struct midge_sim_reply *answer)
{
    (void)ctx, (void)answer;
    (void)snprintf(sent, sizeof sent, "%s", request->head);
}

static void identities(void **state)
{
    struct midge_cookies jar;
    char memory[300], text[40];
    struct midge_tls tls = {0};
    (void)state;
    reply("/login", (struct midge_sim_reply){.on_request = keep_head});
    assert_int_equal(cookies_login(w.client, midge_sim_port(w.sim), "http://api.test/login"),
                     MIDGE_OK);
    assert_non_null(strstr(sent, "seen=1"));
    assert_non_null(strstr(sent, "language=de"));
    assert_non_null(strstr(sent, "Authorization: Basic bWU6c2VjcmV0\r\n"));

    midge_cookies_init(&jar, midge_sim_port(w.sim), memory, sizeof memory);
    assert_int_equal(midge_cookies_set(&jar, "http://a.test/", "a=1; Max-Age=60"), MIDGE_OK);
    assert_int_equal(midge_cookies_set(&jar, "http://a.test/", "b=2"), MIDGE_OK);
    assert_int_equal(cookies_save(&jar, text, sizeof text), MIDGE_OK);
    assert_string_equal(text, "a=1\n");
    assert_int_equal(cookies_save(&jar, text, 4), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(trust_partition(&tls, "MIDGERT1", 8), MIDGE_ERR_CA);
}

/* A client that notes certificates and events, and gives its sessions to another one. */
static void watched_client(void **state)
{
    struct midge_config config = {.on_peer = trust_show};
    struct midge_sim_reply hello = {.body = "hello"};
    struct midge_request get = {.url = "https://tls.test/"};
    struct sim_world first = {0}, second = {0};
    char certificate[600] = "", ram[8192];
    void *block = malloc(2048), *copy = malloc(2048);
    struct midge_event_log *log;
    struct midge_result result;
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "tls.test");
    midge_id id;
    (void)state;
    if (midge_sim_use_tls(host, 443, NULL) == MIDGE_ERR_UNSUPPORTED) {
        free(block);
        free(copy);
        return; /* midge was built with MIDGE_TLS=external: there is no server to ask */
    }
    midge_sim_add_reply(host, 443, "/", &hello);
    config.port = midge_sim_port(w.sim);
    config.trace_ctx = certificate;
    log = log_begin(&config, block, 2048);
    assert_non_null(log);
    first.sim = second.sim = w.sim;
    sim_world_client(&first, &config);
    assert_int_equal(midge_start(first.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_wait(first.client, id, &result), MIDGE_OK);
    assert_non_null(strstr(certificate, "tls.test"));
    assert_int_equal(log_save(log, copy, 2048), MIDGE_EVENT_LOG_SIZE(log->cells));
    assert_int_equal(log_save(log, copy, 100), 0);

    sim_world_client(&second, NULL);
    (void)midge_sim_run(w.sim, first.client, 1000);
    assert_int_equal(sessions_keep(first.client, second.client, ram, sizeof ram), MIDGE_OK);
    assert_int_equal(midge_start(second.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_wait(second.client, id, &result), MIDGE_OK);
    assert_int_equal(result.resumed, 1);
    midge_close(first.client);
    midge_close(second.client);
    free(first.block);
    free(second.block);
    free(block);
    free(copy);
}

static void reports(void **state)
{
    struct midge_event event = {.kind = MIDGE_EVENT_ENDED};
    struct midge_sse sse;
    char text[16] = "", memory[64];
    (void)state;
    reply("/report", (struct midge_sim_reply){.on_request = keep_body});
    assert_int_equal(report_thrice(w.client, "http://api.test/report"), MIDGE_OK);
    assert_string_equal(sent, "three");
    assert_int_equal(midge_sim_count(api, 80, "/report").answers, 3);
    log_print(text, &event, NULL);
    assert_string_equal(text, "ended");
    midge_sse_init(&sse, memory, sizeof memory, NULL, NULL);
    memcpy(sse.id, "17", 3);
    stream_again(&sse);
    assert_string_equal(sse.id, "17");
}

static void urls(void **state)
{
    char out[80];
    (void)state;
    assert_int_equal(url_search(out, sizeof out, "https://a.test", "a/b c"), MIDGE_OK);
    assert_string_equal(out, "https://a.test/a%2Fb%20c?q=a%2Fb%20c&lang=en");
    assert_int_equal(url_search(out, 20, "https://a.test", "a/b c"), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(url_follow(out, sizeof out, "HTTPS://A.test/x/y", "../z"), MIDGE_OK);
    assert_string_equal(out, "https://a.test/z");
    assert_true(url_is_below("https://a.test/images/1", "a.test", "/images/"));
    assert_false(url_is_below("http://a.test/images/1", "a.test", "/images/"));
    assert_false(url_is_below("https://a.test/", "a.test", "/images/"));
}

static void ports(void **state)
{
    static union {
        long long align;
        unsigned char bytes[8192];
    } memory;
    struct midge_port *posix, bsd;
    size_t needed = 0;
    (void)state;
    assert_int_equal(port_of_linux(&posix, "127.0.0.1:5353"), MIDGE_OK);
    midge_posix_close(posix);
    assert_int_equal(port_of_linux(&posix, "not a list"), MIDGE_ERR_INVALID);
    assert_null(posix);
    assert_int_equal(port_of_sockets(&bsd, memory.bytes, sizeof memory, &needed), MIDGE_OK);
    assert_in_range(needed, 1, sizeof memory);
    assert_int_equal(port_of_sockets(&bsd, memory.bytes, needed - 1, &needed), MIDGE_ERR_INVALID);
}

static void worlds(void **state)
{
    uint64_t hash[3];
    (void)state;
    int err = world_run(7, &hash[0]);
    if (err == MIDGE_ERR_UNSUPPORTED) {
        return; /* MIDGE_TLS=external */
    }
    assert_int_equal(err, MIDGE_OK);
    assert_int_equal(world_run(7, &hash[1]), MIDGE_OK);
    assert_true(hash[0] == hash[1]);
    assert_int_equal(world_run(8, &hash[2]), MIDGE_OK);
    assert_false(hash[0] == hash[2]);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(answers),        IN_WORLD(failures),      IN_WORLD(clients),
        IN_WORLD(bodies),         IN_WORLD(parts),         IN_WORLD(documents),
        IN_WORLD(waits),          IN_WORLD(loops),         IN_WORLD(identities),
        IN_WORLD(watched_client), IN_WORLD(reports),       cmocka_unit_test(urls),
        cmocka_unit_test(ports),  cmocka_unit_test(worlds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
