/* SPDX-License-Identifier: MIT */
/* Two examples of hooks (boards/examples/token.c, hop_log.c): a token that expires while requests
   are under way, and a log of their hops. */
#include "examples/hop_log.h"
#include "examples/token.h"

#include "sim_world.h"

enum { MANY = 10 };

static struct sim_world w;
static struct midge_sim_host *api, *login;
static struct token token;
static struct hop_log hop_log;
static struct sim_get gets[MANY];
static const char *good;
static char lines[2000];

static void log_line(const struct midge_hop *hop, int status)
{
    size_t n = strlen(lines);
    if (status == 0) {
        (void)snprintf(lines + n, sizeof lines - n, "> %s %s\n", hop->method, hop->url);
    } else {
        (void)snprintf(lines + n, sizeof lines - n, "< %d %s\n", status, hop->url);
    }
}

static void guard(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    (void)ctx;
    if (strstr(request->head, good) == NULL) {
        reply->status = 401;
        reply->headers = NULL;
        reply->body = "who?";
    }
}

static int open_world(void **state)
{
    (void)state;
    hop_log_init(&hop_log, log_line);
    token_init(&token, "http://api.test/", "http://login.test/token");
    token.hook.next = &hop_log.hook;
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.hooks = &token.hook});
    api = midge_sim_add_host(w.sim, "api.test");
    login = midge_sim_add_host(w.sim, "login.test");
    midge_sim_add_reply(api, 80, "/", &(struct midge_sim_reply){.body = "ok", .on_request = guard});
    good = "\r\nAuthorization: Bearer t1\r\n";
    lines[0] = '\0';
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void add_token(const char *text, int status)
{
    midge_sim_add_reply(
        login, 80, "/token",
        &(struct midge_sim_reply){.status = status, .body = text, .delay_ms = 200, .times = 1});
}

static void go(int status, const char *text)
{
    for (unsigned i = 0; i < MANY; i++) {
        sim_get(&w, &gets[i], "http://api.test/");
    }
    sim_world_run(&w);
    for (unsigned i = 0; i < MANY; i++) {
        sim_get_ended(&gets[i], MIDGE_OK, status, text);
    }
}

static unsigned renewals(void)
{
    return midge_sim_count(login, 80, "/token").requests;
}

static void renewed_once_for_all(void **state)
{
    (void)state;
    add_token("t1", 200);
    add_token("t2", 200);
    go(200, "ok");
    assert_int_equal(renewals(), 1);
    go(200, "ok");
    assert_int_equal(renewals(), 1);
    good = "\r\nAuthorization: Bearer t2\r\n"; /* t1 has expired */
    go(200, "ok");
    assert_int_equal(renewals(), 2);
}

static void no_new_token(void **state)
{
    (void)state;
    add_token("sorry", 503);
    add_token("t1", 200);
    go(401, "who?");
    assert_int_equal(renewals(), 1);
    go(200, "ok");
}

static void a_token_that_does_not_help(void **state)
{
    (void)state;
    add_token("t0", 200);
    go(401, "who?");
    assert_int_equal(renewals(), 1);
}

static void an_answer_of_401_for_the_token_itself(void **state)
{
    (void)state;
    token.url = "http://api.test/token";
    midge_sim_add_reply(api, 80, "/token", &(struct midge_sim_reply){.status = 401});
    go(401, "who?");
    assert_int_equal(midge_sim_count(api, 80, "/token").requests, 1);
}

/* Redirected from there to here, and back: each hop is logged, and the token stays here. */
static void log_of_hops(void **state)
{
    (void)state;
    add_token("t1", 200);
    midge_sim_add_reply(
        login, 80, "/to",
        &(struct midge_sim_reply){.status = 302, .headers = "Location: http://api.test/back\r\n"});
    midge_sim_add_reply(api, 80, "/back",
                        &(struct midge_sim_reply){.status = 302,
                                                  .headers = "Location: http://login.test/end\r\n",
                                                  .on_request = guard});
    midge_sim_add_reply(login, 80, "/end",
                        &(struct midge_sim_reply){.status = 401, .body = "not here"});
    sim_get_init(&w, &gets[0], "http://login.test/to");
    gets[0].request.max_redirects = 5;
    sim_get_start(&w, &gets[0]);
    sim_world_run(&w);
    sim_get_ended(&gets[0], MIDGE_OK, 401, "not here");
    assert_string_equal(lines, "> GET http://login.test/to\n< 302 http://login.test/to\n"
                               "> GET http://api.test/back\n< 401 http://api.test/back\n"
                               "> POST http://login.test/token\n< 200 http://login.test/token\n"
                               "> GET http://api.test/back\n< 302 http://api.test/back\n"
                               "> GET http://login.test/end\n< 401 http://login.test/end\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(renewed_once_for_all),
        TEST(no_new_token),
        TEST(a_token_that_does_not_help),
        TEST(an_answer_of_401_for_the_token_itself),
        TEST(log_of_hops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
