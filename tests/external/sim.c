/* SPDX-License-Identifier: MIT */
/* The test of a user who installed midge: a request on the simulated network. Exit 0 when all went
   right. */
#include <midge/midge.h>
#include <midge/sim.h>

#include <stdlib.h>

int main(void)
{
    struct midge_sim *sim;
    struct midge_client *client;
    struct midge_config config = {.max_connections = 1};
    const struct midge_request request = {.url = "http://a.test/"};
    struct midge_result result = {0};
    midge_id id;
    if (midge_sim_open(&sim, &(struct midge_sim_config){.seed = 1}) != MIDGE_OK) {
        return 1;
    }
    midge_sim_add_reply(midge_sim_add_host(sim, "a.test"), 80, "/",
                        &(struct midge_sim_reply){.body = "hello", .delay_ms = 3600000});
    config.port = midge_sim_port(sim);
    config.timeouts.first_byte_ms = MIDGE_NO_TIMEOUT;
    config.timeouts.idle_ms = MIDGE_NO_TIMEOUT;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (midge_open(&client, &config) != MIDGE_OK ||
        midge_start(client, &request, &id) != MIDGE_OK) {
        return 1;
    }
    (void)midge_wait(client, id, &result);
    midge_close(client);
    free(config.memory);
    return midge_sim_close(sim) != 0 || result.body_len != 5;
}
