/* SPDX-License-Identifier: MIT */
/* Credentials on the port in memory: which request has them, and each byte of the field. The
   entropy of that port is always the same. */
#include "fake_port.h"

#include "midge/auth.h"

#define URL   "http://example.com/"
#define BASIC "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n"
#define MD5   "Digest realm=\"r\", nonce=\"n\", qop=\"auth\""
#define SHA   "Digest algorithm=SHA-256, realm=\"r\", nonce=\"s\", qop=\"auth\""
#define REFUSE(fields)                                                                             \
    SAY("HTTP/1.1 401 x\r\nContent-Type: WWW-Authenticate\r\n" fields "Content-Length: 0\r\n\r\n")
#define ASK(challenge) REFUSE("WWW-Authenticate: " challenge "\r\n")
#define WELCOME        REQUEST, SAY(HELLO)

static struct world w;
static struct midge_auth auth;
static struct probe p;

static void open_with(unsigned schemes, const struct fake_script *server, uint32_t fail_alloc)
{
    world_open(&w, &(struct midge_config){.hooks = &auth.hook, .fail_alloc = fail_alloc});
    fake_listen(&w.fake, 80, server);
    midge_auth_init(&auth, &w.fake.port, schemes, URL, "me", "secret");
}

/* Asks for url, and expects so many requests on the first connection by now. */
static void ask_for(const char *url, int status, unsigned requests)
{
    probe_get(&p, &w, url);
    world_run(&w);
    assert_int_equal(p.result.status, status);
    probe_ended(&p, MIDGE_OK);
    assert_int_equal(w.fake.socks[0].requests, requests);
}

/* How often the text was sent on a connection. */
static unsigned count_sent(unsigned sock, const char *text)
{
    const struct fake_sock *s = &w.fake.socks[sock];
    unsigned n = 0;
    for (size_t i = 0; i + strlen(text) <= s->sent_len; i++) {
        n += memcmp(s->sent + i, text, strlen(text)) == 0;
    }
    return n;
}

#define DIGEST(url, nonce, count, algorithm, response)                                             \
    "\r\nAuthorization: Digest username=\"me\", realm=\"r\", nonce=\"" nonce "\", uri=\"" url      \
    "\"" algorithm ", qop=auth, nc=" count                                                         \
    ", cnonce=\"01080f161d242b323940474e\", response=\"" response "\"\r\n"

/* --- Basic --- */

static void basic_at_once(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, ASK("Basic realm=\"r\""), LOOP}};
    (void)state;
    open_with(MIDGE_AUTH_BASIC, &server, 0);
    ask_for(URL, 401, 1);
    ask_for(URL, 401, 2);
    assert_int_equal(count_sent(0, BASIC), 2);
    auth.password = "";
    ask_for(URL, 401, 3);
    assert_int_equal(count_sent(0, "\r\nAuthorization: Basic bWU6\r\n"), 1);
    auth.user = "";
    ask_for(URL, 401, 4);
    assert_int_equal(count_sent(0, "\r\nAuthorization: Basic Og==\r\n"), 1);
    world_close(&w);
}

static void control_characters(void **state)
{
    static const char *const texts[][2] = {{"a\nb", "c"}, {"a", "b\r"}, {"\x1f", ""}, {"", "\x7f"}};
    (void)state;
    open_with(MIDGE_AUTH_BASIC, &fake_hello, 0);
    for (unsigned i = 0; i < 4; i++) {
        auth.user = texts[i][0];
        auth.password = texts[i][1];
        probe_get(&p, &w, URL);
        world_run(&w);
        probe_ended(&p, MIDGE_ERR_HEADER);
    }
    world_close(&w);
}

static int zone(void *ctx, const char *name, uint32_t *number)
{
    (void)ctx;
    *number = (uint32_t)name[0];
    return MIDGE_OK;
}

static void only_its_origin(void **state)
{
    static const struct {
        const char *own, *url;
        bool ours;
    } some[] = {
        {URL, URL "a?b", true},
        {"http://EXAMPLE.com:80/x", URL, true},
        {URL, "http://other.com/", false},
        {URL, "http://example.com:81/", false},
        {"https://example.com/", URL, false},
        {"https://example.com:80/", URL, false},
        {"no URL", URL, false},
        {"http://[fe80::1%25a]/", "http://[fe80::1%25a]/", true},
        {"http://[fe80::1%25a]/", "http://[fe80::1%25b]/", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        for (unsigned all = 0; all < 2; all++) {
            open_with(MIDGE_AUTH_BASIC, &fake_hello, 0);
            w.fake.port.zone = zone;
            auth.url = some[i].own;
            auth.all_origins = (uint8_t)all;
            probe_get(&p, &w, some[i].url);
            world_run(&w);
            const bool sent = w.fake.n_socks > 0 && count_sent(0, BASIC) == 1;
            assert_int_equal(sent, w.fake.n_socks > 0 && (some[i].ours || all));
            probe_ended(&p, p.result.error);
            world_close(&w);
        }
    }
}

static void own_field_stays(void **state)
{
    static const struct midge_header own = {"authorization", "mine"};
    (void)state;
    open_with(MIDGE_AUTH_BASIC, &fake_hello, 0);
    probe_init(&p, &w, URL);
    p.request.headers = &own;
    p.request.n_headers = 1;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(count_sent(0, "\r\nauthorization: mine\r\n"), 1);
    assert_int_equal(count_sent(0, "Authorization: "), 0);
    world_close(&w);
}

/* --- Digest --- */

static void digest_bytes(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, ASK(MD5), WELCOME, WELCOME, WELCOME}};
    (void)state;
    open_with(MIDGE_AUTH_DIGEST, &server, 0);
    ask_for(URL "a?b=c", 200, 2);
    assert_int_equal(count_sent(0, "Authorization: "), 1);
    ask_for(URL, 200, 3);
    ask_for("http://example.com?q", 200, 4);
    assert_int_equal(count_sent(0, "Authorization: "), 3);
    assert_int_equal(
        count_sent(0, DIGEST("/a?b=c", "n", "00000001", "", "2d960c1ebb46979bbdb04029afb6dd24")),
        1);
    assert_int_equal(
        count_sent(0, DIGEST("/", "n", "00000002", "", "3e54744f4b45ce69aaa2413f09fdc20c")), 1);
    assert_int_equal(
        count_sent(0, DIGEST("/?q", "n", "00000003", "", "4c528c1e5be66718d1ec64e2aebe8fb2")), 1);
    world_close(&w);
}

/* The best of several fields and of several challenges in one field. */
static void best_challenge(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST,
                  REFUSE("WWW-Authenticate: Basic realm=\"r\", " MD5 "\r\nWWW-Authenticate: " SHA
                         "\r\nWWW-Authenticate: " MD5 ", Basic realm=\"r\"\r\n"
                         "Proxy-Authenticate: " SHA "\r\n"),
                  WELCOME}};
    (void)state;
    open_with(MIDGE_AUTH_BASIC | MIDGE_AUTH_DIGEST, &server, 0);
    ask_for(URL, 200, 2);
    assert_int_equal(
        count_sent(0, DIGEST("/", "s", "00000001", ", algorithm=SHA-256",
                             "02a31e29fdb9dc4eb6ab20c773474acc12697660f86f9f9360e8608b430919bb")),
        1);
    assert_int_equal(auth.chosen, MIDGE_AUTH_DIGEST);
    world_close(&w);
}

/* Basic is chosen only if it is allowed and nothing better is offered. */
static void basic_is_chosen(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, ASK("Other, Basic realm=\"r\""), WELCOME, WELCOME}};
    (void)state;
    open_with(MIDGE_AUTH_BASIC | MIDGE_AUTH_DIGEST, &server, 0);
    ask_for(URL, 200, 2);
    assert_int_equal(auth.chosen, MIDGE_AUTH_BASIC);
    ask_for(URL, 200, 3);
    assert_int_equal(count_sent(0, BASIC), 2);
    world_close(&w);
    open_with(MIDGE_AUTH_DIGEST, &server, 0);
    ask_for(URL, 401, 1);
    assert_int_equal(auth.chosen, 0);
    world_close(&w);
}

/* A wrong password: once more after each challenge, if the credentials were sent at once. */
static void wrong_password(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, ASK(MD5), LOOP}};
    (void)state;
    open_with(MIDGE_AUTH_DIGEST, &server, 0);
    ask_for(URL, 401, 2);
    assert_int_equal(count_sent(0, "Authorization: "), 1);
    ask_for(URL, 401, 4);
    assert_int_equal(count_sent(0, "Authorization: "), 3);
    assert_int_equal(count_sent(0, "nc=00000001"), 2);
    assert_int_equal(count_sent(0, "nc=00000002"), 1);
    world_close(&w);
    open_with(MIDGE_AUTH_BASIC | MIDGE_AUTH_DIGEST, &server, 0);
    auth.chosen = MIDGE_AUTH_BASIC;
    ask_for(URL, 401, 1);
    world_close(&w);
}

static void stale_nonces(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, ASK(MD5), REQUEST, ASK(MD5 ", stale=true"), WELCOME}};
    static const struct fake_script always = {.steps = {REQUEST, ASK(MD5 ", stale=TRUE"), LOOP}};
    (void)state;
    open_with(MIDGE_AUTH_DIGEST, &server, 0);
    ask_for(URL, 200, 3);
    assert_int_equal(count_sent(0, "nc=00000001"), 2);
    world_close(&w);
    open_with(MIDGE_AUTH_DIGEST, &always, 0);
    ask_for(URL, 401, 1 + MIDGE_HOOK_REPEATS);
    world_close(&w);
}

/* Not a 401, not its origin: nothing is repeated, nothing is kept. */
static void others_are_ignored(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 403 x\r\nWWW-Authenticate: " MD5 "\r\nContent-Length: 0\r\n\r\n"),
                  REQUEST, ASK(MD5)}};
    (void)state;
    open_with(MIDGE_AUTH_DIGEST, &server, 0);
    ask_for(URL, 403, 1);
    auth.url = "http://other.com/";
    ask_for(URL, 401, 2);
    assert_int_equal(auth.chosen, 0);
    assert_int_equal(count_sent(0, "Authorization"), 0);
    world_close(&w);
}

/* A challenge that does not fit is not answered, and the next request has no credentials. */
static void long_challenge(void **state)
{
    static char head[MIDGE_AUTH_BYTES + 200], realm[MIDGE_AUTH_BYTES + 1];
    (void)state;
    for (unsigned over = 0; over < 2; over++) {
        memset(realm, 'r', sizeof realm);
        realm[MIDGE_AUTH_BYTES - 1 + over] = '\0';
        const size_t n =
            (size_t)snprintf(head, sizeof head,
                             "HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm=\"%s\", "
                             "nonce=\"n\"\r\nContent-Length: 0\r\n\r\n",
                             realm);
        const struct fake_script server = {
            .steps = {REQUEST, ASK(MD5), WELCOME, REQUEST, {FAKE_SAY, head, n}, WELCOME, WELCOME}};
        open_with(MIDGE_AUTH_DIGEST, &server, 0);
        ask_for(URL, 200, 2);
        ask_for(URL, over ? 401 : 200, over ? 3 : 4);
        assert_int_equal(auth.chosen, over ? 0 : MIDGE_AUTH_DIGEST);
        ask_for(URL, 200, over ? 4 : 5);
        world_close(&w);
    }
}

static int no_entropy_call(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx, (void)buf, (void)len;
    return MIDGE_ERR_ENTROPY;
}

static void no_entropy(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, ASK(MD5), LOOP}};
    (void)state;
    open_with(MIDGE_AUTH_DIGEST, &server, 0);
    struct midge_port port = w.fake.port;
    port.entropy = no_entropy_call;
    auth.port = &port;
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_ENTROPY);
    assert_int_equal(auth.count, 0);
    world_close(&w);
}

/* Each allocation fails once: the request waits for it, or ends with NO_MEMORY. */
static void fail_each(unsigned schemes, const struct fake_script *server)
{
    unsigned failed = 0;
    open_with(schemes, server, 0);
    const uint64_t opened = world_stats(&w).alloc_calls;
    ask_for(URL, 200, schemes == MIDGE_AUTH_BASIC ? 1 : 2);
    const uint64_t all = world_stats(&w).alloc_calls;
    world_close(&w);
    for (uint64_t nth = opened + 1; nth <= all; nth++) {
        open_with(schemes, server, (uint32_t)nth);
        probe_init(&p, &w, URL);
        if (midge_start(w.client, &p.request, &p.id) == MIDGE_OK) {
            world_run(&w);
            failed += p.result.error == MIDGE_ERR_NO_MEMORY;
            probe_ended(&p, p.result.error == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_NO_MEMORY);
        }
        world_close(&w);
    }
    assert_true(failed > 0);
}

static void no_memory(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, ASK(MD5), WELCOME}};
    (void)state;
    fail_each(MIDGE_AUTH_BASIC, &fake_hello);
    fail_each(MIDGE_AUTH_DIGEST, &server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basic_at_once),   cmocka_unit_test(control_characters),
        cmocka_unit_test(only_its_origin), cmocka_unit_test(own_field_stays),
        cmocka_unit_test(digest_bytes),    cmocka_unit_test(best_challenge),
        cmocka_unit_test(basic_is_chosen), cmocka_unit_test(wrong_password),
        cmocka_unit_test(stale_nonces),    cmocka_unit_test(others_are_ignored),
        cmocka_unit_test(long_challenge),  cmocka_unit_test(no_entropy),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
