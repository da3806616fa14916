/* SPDX-License-Identifier: MIT */
/* The whole client over plain TCP; client_run.h. */
#include "client_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
    const struct midge_config config = run_config(&in, false);
    memset(run.requests, 0, sizeof run.requests);
    world_open(&run.w, &config);
    run_listen(NULL, 0, &in);
    run_all("http://a.test/x", &in);
    run_check_healthy("http://b.test:81/");
    world_close(&run.w);
    return 0;
}
