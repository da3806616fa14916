/* SPDX-License-Identifier: MIT */
/* Credentials in a client: which hop has them, stale and forgotten nonces, wrong passwords, other
   origins, each failed allocation. */
#include "sim_world.h"

#define URL "http://a.test/"

static struct sim_world w;
static struct sim_get get;
static struct midge_auth auth;

/* The server: which nonce is good, and the line of its challenge. */
static unsigned good_nonce, n_requests, n_with;
static const char *more; /* in the challenge */
static char challenge[200], last[400];

static void guard(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    const char *field = strstr(request->head, "\r\nAuthorization: ");
    char nonce[20];
    (void)ctx;
    n_requests++;
    n_with += field != NULL;
    (void)snprintf(nonce, sizeof nonce, "nonce=\"%u\"", good_nonce);
    (void)snprintf(last, sizeof last, "%.*s", field != NULL ? (int)strcspn(field + 2, "\r") : 0,
                   field != NULL ? field + 2 : "");
    if (strstr(last, nonce) == NULL) {
        (void)snprintf(challenge, sizeof challenge,
                       "WWW-Authenticate: Digest realm=\"r\", nonce=\"%u\", qop=\"auth\"%s\r\n",
                       good_nonce, more);
        *reply = (struct midge_sim_reply){.status = 401, .headers = challenge, .body = "who?"};
    }
}

static void open_world(uint32_t fail_alloc, unsigned schemes)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.hooks = &auth.hook, .fail_alloc = fail_alloc});
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/*",
                        &(struct midge_sim_reply){.body = "in", .on_request = guard});
    midge_auth_init(&auth, midge_sim_port(w.sim), schemes, URL, "me", "secret");
    good_nonce = 1;
    n_requests = n_with = 0;
    more = "";
}

static int open_digest(void **state)
{
    (void)state;
    open_world(0, MIDGE_AUTH_DIGEST);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

/* Asks; it took so many requests, and so many of them had credentials. */
static void ask(const char *url, int status, unsigned requests, unsigned with)
{
    n_requests = n_with = 0;
    sim_get_init(&w, &get, url);
    get.request.max_redirects = 3;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, status, status == 200 ? "in" : NULL);
    assert_int_equal(n_requests, requests);
    assert_int_equal(n_with, with);
}

static void digest(void **state)
{
    (void)state;
    ask(URL "x?y=1", 200, 2, 1);
    assert_non_null(strstr(last, "Digest username=\"me\", realm=\"r\", nonce=\"1\", "
                                 "uri=\"/x?y=1\", qop=auth, nc=00000001, cnonce=\""));
    ask(URL, 200, 1, 1);
    assert_non_null(strstr(last, "nc=00000002"));
}

static void stale(void **state)
{
    (void)state;
    ask(URL, 200, 2, 1);
    good_nonce = 2;
    more = ", stale=true";
    ask(URL, 200, 2, 2);
    good_nonce = 3; /* the server was restarted: it knows nothing of nonces */
    more = "";
    ask(URL, 200, 2, 2);
    assert_non_null(strstr(last, "nc=00000001"));
}

/* Another server, which answers every request with 401 and that header. */
static void refuse_always(const char *header)
{
    midge_sim_add_reply(midge_sim_add_host(w.sim, "b.test"), 80, "/",
                        &(struct midge_sim_reply){.status = 401, .headers = header});
    auth.url = "http://b.test/";
}

static void is_refused(void)
{
    sim_get(&w, &get, "http://b.test/");
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 401, NULL);
}

static void wrong_password(void **state)
{
    (void)state;
    refuse_always("WWW-Authenticate: Digest realm=\"r\", nonce=\"x\"\r\n");
    is_refused();
    assert_int_equal(auth.count, 1);
    is_refused();
    assert_int_equal(auth.count, 1); /* of the new nonce */
}

static void stale_for_ever(void **state)
{
    (void)state;
    refuse_always("WWW-Authenticate: Digest realm=\"r\", nonce=\"x\", stale=true\r\n");
    is_refused();
}

/* Neither credentials nor an answer to its challenge. */
static void other_origin(void **state)
{
    static const struct midge_sim_reply to_us = {.status = 302, .headers = "Location: " URL "\r\n"};
    (void)state;
    midge_sim_add_reply(midge_sim_add_host(w.sim, "b.test"), 80, "/", &to_us);
    auth.url = "http://b.test/";
    ask("http://b.test/", 401, 1, 0);
    auth.url = "https://a.test/";
    ask("http://b.test/", 401, 1, 0);
    auth.url = "http://a.test:8080/";
    ask("http://b.test/", 401, 1, 0);
    auth.all_origins = 1;
    ask("http://b.test/", 200, 2, 1);
    auth.all_origins = 0;
    ask("http://b.test/", 401, 1, 0);
}

static void basic(void **state)
{
    (void)state;
    open_world(0, MIDGE_AUTH_BASIC);
    ask(URL, 401, 1, 1);
    assert_string_equal(last, "Authorization: Basic bWU6c2VjcmV0");
    auth.password = "";
    ask(URL, 401, 1, 1);
    assert_string_equal(last, "Authorization: Basic bWU6");
    auth.password = "a\nb";
    sim_get(&w, &get, URL);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_ERR_HEADER, 0, NULL);
    sim_world_close(&w);
}

/* Each allocation fails once: the request waits, or ends with NO_MEMORY. */
static void no_memory(void **state)
{
    struct midge_stats stats;
    uint64_t n = 1, before = 0;
    (void)state;
    for (uint64_t nth = 0; nth <= n; nth = nth > before ? nth + 1 : before + 1) {
        open_world((uint32_t)nth, MIDGE_AUTH_DIGEST);
        midge_client_stats(w.client, &stats);
        before = stats.alloc_calls;
        sim_get_init(&w, &get, URL);
        if (midge_start(w.client, &get.request, NULL) == MIDGE_OK) {
            sim_world_run(&w);
            assert_int_equal(get.dones, 1);
            assert_true(get.result.error == MIDGE_OK ? get.result.status == 200
                                                     : get.result.error == MIDGE_ERR_NO_MEMORY);
        }
        sim_get_free(&get);
        midge_client_stats(w.client, &stats);
        n = nth == 0 ? stats.alloc_calls : n;
        sim_world_close(&w);
    }
    assert_true(n > before + 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(digest, open_digest, close_world),
        cmocka_unit_test_setup_teardown(stale, open_digest, close_world),
        cmocka_unit_test_setup_teardown(wrong_password, open_digest, close_world),
        cmocka_unit_test_setup_teardown(stale_for_ever, open_digest, close_world),
        cmocka_unit_test_setup_teardown(other_origin, open_digest, close_world),
        cmocka_unit_test(basic),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
