/* SPDX-License-Identifier: MIT */
/* HTTP/2: a head in one record of 6 KB, of a server without max_fragment_length. A client whose
   handshake has no larger input buffer (profile tiny) ends the request at once: another connection
   would not hold the record either. */
#include "http.h"
#include "sim_world.h"
#include "tls_peer.h"

#if MIDGE_WITH_HTTP2

#if defined(MIDGE_PROFILE_TINY)
#define ERROR MIDGE_ERR_TLS_RECORD_SIZE
#else
#define ERROR MIDGE_OK
#endif

static char text[6000];

static void head_beyond(void **state)
{
    struct sim_world w;
    struct sim_get get;
    (void)state;
    (void)snprintf(text, sizeof text, "X-Fill: %0*d\r\n", (int)sizeof text - 11, 0);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.http = MIDGE_HTTP_2, .max_header = 16384});
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
    struct sim_tls *tls = midge__sim_tls_open(
        &(const struct sim_tls_settings){.inner = midge__sim_http_type(true),
                                         .inner_config = midge__sim_site(host, 443),
                                         .alpn = "h2",
                                         .no_fragment = true});
    assert_non_null(tls);
    assert_int_equal(midge__sim_listen(w.sim, "a.test", 443, &midge__sim_tls_peer, tls), MIDGE_OK);
    midge_sim_add_reply(host, 443, "/",
                        &(struct midge_sim_reply){.headers = text, .body = "hello"});
    sim_get(&w, &get, "https://a.test/");
    sim_world_run(&w);
    assert_int_equal(get.result.retries, 0);
    sim_get_ended(&get, ERROR, ERROR == MIDGE_OK ? 200 : 0, NULL);
    assert_int_equal(midge__sim_tls_count(tls).full + midge__sim_tls_count(tls).resumed, 1);
    sim_world_close(&w);
    midge__sim_tls_close(tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(head_beyond)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
