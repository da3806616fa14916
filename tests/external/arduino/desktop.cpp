// SPDX-License-Identifier: MIT
// Midge.h's logic on the simulated network: loop() never waits, each callback comes once, and may
// start, end and start again.
#include <Midge.h>

#include <midge/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "desktop.cpp:%d: not %s\n", __LINE__, #condition);                     \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static midge_sim *sim;

static void open_sim()
{
    midge_sim_config config = {};
    config.seed = 1;
    config.call_ns = UINT32_MAX; // calls take no time: only a wait would
    CHECK(midge_sim_open(&sim, &config) == MIDGE_OK);
    midge_sim_host *host = midge_sim_add_host(sim, "a.test");
    static midge_sim_reply hello = {}, missing = {}, slow = {};
    hello.body = "hello";
    missing.status = 404;
    missing.body = "nothing";
    slow.body = "late";
    slow.delay_ms = 60000;
    midge_sim_add_reply(host, 80, "/", &hello);
    midge_sim_add_reply(host, 80, "/missing", &missing);
    midge_sim_add_reply(host, 80, "/slow", &slow);
}

// Arduino's loop: time goes on outside of it only.
static void run(MidgeClient &web, unsigned ms)
{
    for (unsigned at = 0; at < ms; at++) {
        const uint64_t before = midge_sim_now_ms(sim);
        for (int i = 0; i < 4; i++) {
            CHECK(web.loop() >= 0);
        }
        CHECK(midge_sim_now_ms(sim) == before);
        midge_sim_advance(sim, 1);
    }
}

// A request is under way for a minute.
static void waits(MidgeClient &web)
{
    int done = 0;

    CHECK(web.get("http://a.test/slow", [&](const MidgeAnswer &answer) {
        CHECK(answer.ok());
        done++;
    }) == MIDGE_OK);
    run(web, 100);
    CHECK(done == 0);
    run(web, 60000);
    CHECK(done == 1);
}

static void answers(MidgeClient &web)
{
    int done = 0;
    std::string body;

    CHECK(web.get("http://a.test/", [&](const MidgeAnswer &answer) {
        CHECK(answer.ok() && answer.status == 200 && answer.length == 5);
        body = answer.body;
        done++;
        // A request from within a callback.
        CHECK(web.get("http://a.test/missing", [&](const MidgeAnswer &next) {
            CHECK(!next.ok() && next.error == MIDGE_OK && next.status == 404);
            CHECK(strlen(next.why()) > 0);
            done++;
        }) == MIDGE_OK);
    }) == MIDGE_OK);
    run(web, 2000);
    CHECK(done == 2 && body == "hello");
}

static void posts(MidgeClient &web)
{
    int done = 0;
    char body[] = "a=1";

    CHECK(web.post("http://a.test/", "application/x-www-form-urlencoded", body,
                   [&](const MidgeAnswer &answer) {
                       CHECK(answer.ok());
                       done++;
                   }) == MIDGE_OK);
    body[0] = '?'; // it was copied
    run(web, 2000);
    CHECK(done == 1);
}

static void errors(MidgeClient &web)
{
    int done = 0;

    CHECK(web.get("ftp://a.test/", [&](const MidgeAnswer &) { done++; }) == MIDGE_ERR_SCHEME);
    CHECK(web.get("http://a.test/", [&](const MidgeAnswer &answer) {
        CHECK(answer.error == MIDGE_ERR_TOO_LARGE && answer.body[0] == '\0' && !answer.ok());
        done++;
    }, 2) == MIDGE_OK);
    CHECK(web.get("http://a.test/", nullptr) == MIDGE_OK);
    run(web, 2000);
    CHECK(done == 1);
}

// end() within a callback of loop(), with another request under way.
static void ends()
{
    MidgeClient web;
    int closed = 0, ended = 0;

    CHECK(web.loop() == 0 && web.get("http://a.test/", nullptr) == MIDGE_ERR_CLOSED);
    CHECK(web.begin(midge_sim_port(sim), nullptr) == MIDGE_OK);
    CHECK(web.begin(midge_sim_port(sim), nullptr) == MIDGE_ERR_BUSY);
    CHECK(web.get("http://a.test/slow", [&](const MidgeAnswer &answer) {
        CHECK(answer.error == MIDGE_ERR_CLOSED);
        CHECK(web.get("http://a.test/", nullptr) == MIDGE_ERR_CLOSED);
        closed++;
    }) == MIDGE_OK);
    CHECK(web.get("http://a.test/", [&](const MidgeAnswer &) {
        web.end();
        CHECK(web.begin(midge_sim_port(sim), nullptr) == MIDGE_ERR_BUSY);
        ended++;
    }) == MIDGE_OK);
    run(web, 2000);
    CHECK(closed == 1 && ended == 1);
    CHECK(web.begin(midge_sim_port(sim), nullptr) == MIDGE_OK);
    answers(web);
}

int main()
{
    open_sim();
    {
        MidgeClient web;
        CHECK(web.begin(midge_sim_port(sim), nullptr, 100) == MIDGE_ERR_NO_MEMORY);
        CHECK(web.begin(midge_sim_port(sim), nullptr) == MIDGE_OK);
        answers(web);
        posts(web);
        errors(web);
        waits(web);
    }
    ends();
    CHECK(midge_sim_close(sim) == 0);
    puts("Midge.h: ok");
    return 0;
}
