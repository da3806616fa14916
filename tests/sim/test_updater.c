/* SPDX-License-Identifier: MIT */
/* The example boards/examples/updater.c: good ends and bad ones, and an answer that is cut. */
#include "examples/updater.h"

#include "sim_world.h"

#include "unit/update_manifests.h"

enum { SIZE = 4096, BLOCK = 512 };

static struct sim_world w;
static struct updater_flash flash;
static struct updater updater;
static uint8_t bytes[SIZE + BLOCK], image[UPDATE_SIZE];
static int flash_error;
static unsigned requests, cuts;

static int erase(uint32_t at)
{
    memset(bytes + at, 0xff, BLOCK);
    return flash_error;
}

static int program(uint32_t at, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[at + i] &= ((const uint8_t *)data)[i];
    }
    return flash_error;
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    static char part[64];
    unsigned first = 0;
    const char *range = strstr(request->head, "\r\nRange: bytes=");
    (void)ctx;
    requests++;
    reply->headers = "ETag: \"1\"\r\n";
    if (range != NULL && sscanf(range + 15, "%u-", &first) == 1) {
        (void)snprintf(part, sizeof part, "ETag: \"1\"\r\nContent-Range: bytes %u-%u/%u\r\n", first,
                       UPDATE_SIZE - 1, UPDATE_SIZE);
        reply->headers = part;
        reply->status = 206;
    }
    reply->body = image + first;
    reply->body_len = UPDATE_SIZE - first;
    if (requests <= cuts) {
        reply->end = MIDGE_SIM_END_FIN;
        reply->cut_at = 1000;
    }
}

static int open_world(void **state)
{
    (void)state;
    flash_error = 0;
    requests = cuts = 0;
    memset(bytes, 0xff, sizeof bytes);
    for (uint32_t i = 0; i < UPDATE_SIZE; i++) {
        image[i] = update_image(17, i);
    }
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.retry_budget = 100});
    flash = (struct updater_flash){.memory = bytes, .erase = erase, .program = program};
    updater_flash_init(&flash, SIZE, BLOCK, 8);
    updater = (struct updater){.device = {.product = "thermostat",
                                          .hardware = "rev-c",
                                          .version = 16,
                                          .key = update_key,
                                          .key_len = sizeof update_key},
                               .store = &flash.store,
                               .manifest_url = "http://a.test/manifest",
                               .image_url = "http://a.test/image"};
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static int run(const struct midge_sim_reply *manifest)
{
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
    struct midge_result result;
    midge_id id;
    midge_sim_add_reply(host, 80, "/manifest", manifest);
    midge_sim_add_reply(host, 80, "/image", &(struct midge_sim_reply){.on_request = serve});
    assert_int_equal(midge_spawn(w.client, updater_task, &updater, &id), MIDGE_OK);
    (void)midge_wait(w.client, id, &result);
    return result.error;
}

static uint32_t booted(void)
{
    uint32_t words[2];
    memcpy(words, bytes + flash.switch_at, sizeof words);
    return words[0] == ~words[1] ? words[0] : 0;
}

static void good(void **state)
{
    (void)state;
    assert_int_equal(run(&(struct midge_sim_reply){.body = UPDATE_GOOD}), MIDGE_OK);
    assert_int_equal(booted(), 17);
    assert_memory_equal(bytes, image, UPDATE_SIZE);
    assert_int_equal(requests, 1);
}

static void cut(void **state)
{
    (void)state;
    cuts = 3;
    assert_int_equal(run(&(struct midge_sim_reply){.body = UPDATE_GOOD}), MIDGE_OK);
    assert_int_equal(booted(), 17);
    assert_memory_equal(bytes, image, UPDATE_SIZE);
    assert_int_equal(requests, 4);
    assert_int_equal(updater.update.download.parts, 3);
}

static void bad(void **state)
{
    (void)state;
    assert_int_equal(run(&(struct midge_sim_reply){.status = 404, .body = UPDATE_GOOD}),
                     MIDGE_ERR_HTTP_STATUS);
    (void)close_world(NULL);
    (void)open_world(NULL);
    assert_int_equal(run(&(struct midge_sim_reply){.body = UPDATE_SAME}), MIDGE_ERR_INSTALLED);
    (void)close_world(NULL);
    (void)open_world(NULL);
    image[2000]++;
    assert_int_equal(run(&(struct midge_sim_reply){.body = UPDATE_GOOD}), MIDGE_ERR_IMAGE);
    (void)close_world(NULL);
    (void)open_world(NULL);
    flash_error = -1;
    assert_int_equal(run(&(struct midge_sim_reply){.body = UPDATE_GOOD}), MIDGE_ERR_WRITE);
    assert_int_equal(booted(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good, open_world, close_world),
        cmocka_unit_test_setup_teardown(cut, open_world, close_world),
        cmocka_unit_test_setup_teardown(bad, open_world, close_world),
    };
    return cmocka_run_group_tests_name("updater", tests, NULL, NULL);
}
