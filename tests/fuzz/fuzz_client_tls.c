/* SPDX-License-Identifier: MIT */
/* The whole client over TLS in place of TLS (tests/unit/fake_tls.h); client_run.h. The handshake's
   bytes are the input's, too, or one of the usual ones. */
#include "client_run.h"
#include "fake_tls.h"

static const struct fake_script healthy = {.steps = {CH, SAY("F"), REQUEST, SAY(HELLO), LOOP}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const usual[] = {"F", "pF", "S", "C", "BF", "N", "ppE", "F\1"};
    struct fuzz_in in = {data, size};
    unsigned choice = fuzz_choice(&in);
    const char *bytes = usual[choice % 8];
    const struct fake_step hello[] = {CH, {FAKE_SAY, bytes, strlen(bytes)}};
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
    const struct midge_config config = run_config(&in, (choice & 8) != 0);
    memset(run.requests, 0, sizeof run.requests);
    tls_world_open(&run.w, &config);
    run_listen(hello, (choice & 0xf0) == 0xf0 ? 1 : 2, &in);
    fake_listen(&run.w.fake, 444, &healthy);
    run_all("https://a.test/x", &in);
    run_check_healthy("https://b.test:444/");
    tls_world_close(&run.w);
    return 0;
}
