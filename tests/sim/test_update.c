/* SPDX-License-Identifier: MIT */
/* Updates from simulated servers: signatures, a loss of power at each byte that is written and
   after each byte that came, servers that change the image or give other bytes. Never is a wrong,
   old or half image started, and with a good server each update ends well. */
#include "sim_world.h"

#include <midge/update.h>

#include "unit/chance.h"
#include "unit/fake_flash.h"
#include "unit/update_manifests.h"

enum { SIZE = 4096, BLOCK = 512 };
#define URL "http://a.test/image"

static uint8_t bytes[SIZE], image[2 * UPDATE_SIZE];
static struct fake_flash flash;
static struct sim_world w;
static struct sim_get get;
static struct midge_update update;
static struct midge_retry rules;
static struct midge_update_device device;

/* --- the server --- */

static struct {
    uint32_t version; /* of the image; each has an ETag */
    size_t len;
    uint64_t cut; /* of each answer; 0: none */
    int status;   /* in place of the right one; 0: none */
    bool changes; /* with each request */
    bool ignores; /* Range; */
    bool blind;   /* If-Range */
    bool chunked, compressed;
    const char *named; /* Content-Range in place of the right one */
    unsigned requests, parts;
} server;

static char headers[256];

static bool range_of(const char *head, unsigned *first)
{
    char line[64];
    const char *at = strstr(head, "\r\nRange: bytes=");
    (void)snprintf(line, sizeof line, "\r\nIf-Range: \"v%u\"\r\n", (unsigned)server.version);
    return at != NULL && sscanf(at + 15, "%u-", first) == 1 && !server.ignores &&
           (server.blind || strstr(head, line) != NULL);
}

static void set_headers(bool part, unsigned first)
{
    int n = snprintf(headers, sizeof headers, "ETag: \"v%u\"\r\n%s", (unsigned)server.version,
                     server.compressed ? "Content-Encoding: gzip\r\n" : "");
    if (part && server.named != NULL) {
        (void)snprintf(headers + n, sizeof headers - (size_t)n, "%s", server.named);
    } else if (part) {
        (void)snprintf(headers + n, sizeof headers - (size_t)n, "Content-Range: bytes %u-%u/%u\r\n",
                       first, (unsigned)server.len - 1, (unsigned)server.len);
    }
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    unsigned first = 0;
    (void)ctx;
    server.version += server.changes && server.requests > 0;
    server.requests++;
    for (uint32_t i = 0; i < sizeof image; i++) {
        image[i] = update_image(server.version, i);
    }
    const bool part = range_of(request->head, &first);
    const bool none = part && first >= server.len;
    first = part && !none ? first : 0;
    server.parts += part && !none;
    reply->status = server.status != 0 ? server.status : none ? 416 : part ? 206 : 200;
    set_headers(part, first);
    reply->headers = headers;
    reply->body = image + first;
    reply->body_len = server.len - first;
    reply->chunk = server.chunked ? 300 : 0;
    if (server.cut > 0) {
        reply->end = MIDGE_SIM_END_FIN;
        reply->cut_at = server.cut;
    }
}

/* --- the device --- */

static int setup(void **state)
{
    (void)state;
    memset(bytes, 0x5a, sizeof bytes);
    fake_flash_init(&flash, bytes, SIZE, BLOCK, 8);
    memset(&server, 0, sizeof server);
    server.version = 17;
    server.len = UPDATE_SIZE;
    rules = (struct midge_retry){0};
    device = (struct midge_update_device){.product = "thermostat",
                                          .hardware = "rev-c",
                                          .version = 16,
                                          .key = update_key,
                                          .key_len = sizeof update_key};
    return 0;
}

static int is_signed(void *ctx, const void *text, size_t len, const uint8_t *signature,
                     size_t signature_len)
{
    (void)ctx, (void)text, (void)len, (void)signature, (void)signature_len;
    return MIDGE_OK;
}

/* Signatures by P-256 take most of the time of a life; most tests are not about them. */
static void without_p256(void)
{
    device.verify = is_signed;
}

static int fetch(uint32_t ms)
{
    sim_get_init(&w, &get, URL);
    get.request.sink = &update.sink;
    get.request.hooks = &update.download.hook;
    get.request.retry = rules.max > 0 ? &rules : NULL;
    sim_get_start(&w, &get);
    (void)midge_sim_run(w.sim, w.client, ms);
    return get.dones > 0 ? get.result.error : MIDGE_ERR_TIMEOUT;
}

static int install(void)
{
    int err;
    while ((err = midge_update_install(&update)) == MIDGE_ERR_AGAIN) {
    }
    return err;
}

static bool is_image(uint32_t version)
{
    for (uint32_t i = 0; i < UPDATE_SIZE; i++) {
        if (bytes[i] != update_image(version, i)) {
            return false;
        }
    }
    return true;
}

/* From power on to its loss, the end of the update, or an error. ms: the client is closed then. */
static int live(const char *manifest, uint32_t power, uint32_t ms)
{
    sim_world_open(&w, 1);
    midge_sim_add_reply(midge_sim_add_host(w.sim, "a.test"), 80, "/image",
                        &(struct midge_sim_reply){.on_request = serve});
    fake_flash_power(&flash, power);
    flash.boots = 0;
    int err =
        midge_update_open(&update, w.client, &device, &flash.store, manifest, strlen(manifest));
    if (err == MIDGE_OK && midge_update_left(&update) > 0) {
        err = fetch(ms);
    }
    if (err == MIDGE_OK) {
        err = install();
    }
    sim_world_close(&w);
    assert_int_equal(flash.faults, 0);
    if (flash.boots > 0) {
        assert_true(is_image(flash.booted.version));
        assert_true(flash.booted.version > device.version);
    }
    return err;
}

static int live_long(const char *manifest)
{
    return live(manifest, FAKE_FLASH_FOREVER, 3600000);
}

/* Bytes of the image that the store has. */
static uint32_t progress(const char *manifest)
{
    sim_world_open(&w, 1);
    assert_int_equal(
        midge_update_open(&update, w.client, &device, &flash.store, manifest, strlen(manifest)),
        MIDGE_OK);
    sim_world_close(&w);
    return update.image.size - midge_update_left(&update);
}

/* With a good server: the update that was begun ends well. */
static void ends_well(const char *manifest, uint32_t version)
{
    int err;
    server.version = version;
    server.len = UPDATE_SIZE;
    server.cut = 0;
    server.status = 0;
    server.changes = server.ignores = server.blind = server.chunked = server.compressed = false;
    server.named = NULL;
    for (unsigned n = 0; (err = live_long(manifest)) == MIDGE_ERR_IMAGE && n < 2; n++) {
    }
    assert_int_equal(err, MIDGE_OK);
    assert_int_equal(flash.boots, 1);
    assert_int_equal(flash.booted.version, version);
    assert_true(is_image(version));
}

/* --- manifests --- */

static void good(void **state)
{
    (void)state;
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(flash.boots, 1);
    assert_int_equal(flash.booted.version, 17);
    device.version = 17;
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_ERR_INSTALLED);
    ends_well(UPDATE_NEXT, 18);
}

static void refused(void **state)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = {
        {UPDATE_FORGED, MIDGE_ERR_SIGNATURE},
        {UPDATE_OTHER_PRODUCT, MIDGE_ERR_PRODUCT},
        {UPDATE_OTHER_HARDWARE, MIDGE_ERR_HARDWARE},
        {UPDATE_OLD, MIDGE_ERR_ROLLBACK},
        {UPDATE_SAME, MIDGE_ERR_INSTALLED},
        {UPDATE_TOO_LARGE, MIDGE_ERR_TOO_LARGE},
        {UPDATE_ODD_FORM, MIDGE_ERR_MANIFEST},
        {UPDATE_WRONG_HASH, MIDGE_ERR_IMAGE},
        {UPDATE_WRONG_SIZE, MIDGE_ERR_IMAGE},
        {UPDATE_TWO_BLOCKS, MIDGE_ERR_IMAGE},
        {UPDATE_TINY, MIDGE_ERR_IMAGE},
        {UPDATE_NEXT, MIDGE_ERR_IMAGE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(live_long(cases[i].text), cases[i].error);
        assert_int_equal(flash.boots, 0);
    }
    ends_well(UPDATE_GOOD, 17);
}

/* No byte of a signed manifest can be changed. */
static void each_byte_signed(void **state)
{
    static const char text[] = UPDATE_GOOD;
    char copy[sizeof text];
    (void)state;
    sim_world_open(&w, 1);
    for (size_t at = 0; at < sizeof text - 1; at++) {
        memcpy(copy, text, sizeof text);
        copy[at] ^= 1;
        const int err =
            midge_update_open(&update, w.client, &device, &flash.store, copy, sizeof text - 1);
        assert_true(err == MIDGE_ERR_SIGNATURE || err == MIDGE_ERR_MANIFEST);
    }
    sim_world_close(&w);
}

static void wrong_keys(void **state)
{
    uint8_t key[sizeof update_key + 1];
    (void)state;
    sim_world_open(&w, 1);
    memcpy(key, update_key, sizeof update_key);
    device.key = key;
    for (size_t i = 0; i < sizeof update_key; i++) {
        key[i] ^= 1;
        const int err = midge_update_open(&update, w.client, &device, &flash.store, UPDATE_GOOD,
                                          strlen(UPDATE_GOOD));
        assert_true(err == MIDGE_ERR_INVALID || err == MIDGE_ERR_SIGNATURE);
        key[i] ^= 1;
    }
    for (device.key_len = 0; device.key_len <= sizeof key; device.key_len++) {
        assert_int_equal(midge_update_open(&update, w.client, &device, &flash.store, UPDATE_GOOD,
                                           strlen(UPDATE_GOOD)),
                         device.key_len == sizeof update_key ? MIDGE_OK : MIDGE_ERR_INVALID);
    }
    device.key = NULL;
    assert_int_equal(midge_update_open(&update, w.client, &device, &flash.store, UPDATE_GOOD,
                                       strlen(UPDATE_GOOD)),
                     MIDGE_ERR_INVALID);
    sim_world_close(&w);
}

/* Whichever allocation fails: NO_MEMORY, and nothing leaks. */
static void each_allocation(void **state)
{
    unsigned failed = 0;
    int err = MIDGE_ERR_NO_MEMORY;
    (void)state;
    struct midge_stats stats;
    sim_world_open(&w, 1);
    midge_client_stats(w.client, &stats);
    sim_world_close(&w);
    for (uint32_t n = 1; err != MIDGE_OK && n < 10000; n++) {
        const struct midge_config config = {.fail_alloc = (uint32_t)stats.alloc_calls + n};
        sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
        err = midge_update_open(&update, w.client, &device, &flash.store, UPDATE_GOOD,
                                strlen(UPDATE_GOOD));
        failed += err == MIDGE_ERR_NO_MEMORY;
        assert_true(err == MIDGE_ERR_NO_MEMORY || err == MIDGE_OK);
        sim_world_close(&w);
    }
    assert_int_equal(err, MIDGE_OK);
    assert_true(failed > 5);
}

/* --- servers --- */

static void other_answers(void **state)
{
    static const int statuses[] = {201, 204, 304, 400, 404, 416, 500, 503};
    (void)state;
    without_p256();
    server.cut = 1800; /* some progress first, which such an answer must not cost */
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_ERR_PARTIAL);
    server.cut = 0;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        server.status = statuses[i];
        const int err = live_long(UPDATE_GOOD);
        assert_true(err == MIDGE_ERR_HTTP_STATUS || (statuses[i] == 416 && err == MIDGE_ERR_RANGE));
        assert_int_equal(progress(UPDATE_GOOD), 3 * BLOCK);
    }
    server.status = 0;
    server.compressed = true;
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_ERR_ENCODING);
    server.compressed = false;
    server.len = UPDATE_SIZE + 1;
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_ERR_IMAGE);
    server.len = UPDATE_SIZE - 1;
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_ERR_IMAGE);
    server.chunked = true;
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_ERR_IMAGE);
    server.len = 2 * UPDATE_SIZE;
    assert_int_equal(live_long(UPDATE_GOOD), MIDGE_ERR_IMAGE);
    assert_int_equal(flash.boots, 0);
    ends_well(UPDATE_GOOD, 17);
}

/* After each cut of the first answer, each kind of server. */
static void servers_after_a_cut(void **state)
{
    unsigned rounds = 0;
    (void)state;
    for (uint64_t cut = 100; cut < UPDATE_SIZE; cut += 61) {
        for (unsigned kind = 0; kind < 10; kind++, rounds++) {
            setup(NULL);
            without_p256();
            server.cut = cut;
            assert_true(live_long(UPDATE_GOOD) != MIDGE_OK);
            server.cut = 0;
            server.ignores = kind == 1;
            server.version += kind == 2 || kind == 3; /* another image, */
            server.blind = kind == 3;                 /* mixed with the old one */
            server.named = kind == 4   ? "Content-Range: bytes 0-99/2900\r\n"
                           : kind == 5 ? "Content-Range: bytes */2900\r\n"
                                       : NULL;
            server.status = kind == 6 ? 416 : kind == 7 ? 206 : 0;
            server.len += kind == 8 ? 1 : 0;
            server.chunked = kind == 9;
            const int err = live_long(UPDATE_GOOD);
            assert_true((kind == 0 || kind == 1 || kind == 9) ? err == MIDGE_OK : true);
            assert_true((kind == 2 || kind == 3 || kind == 8) ? err != MIDGE_OK : true);
            flash.boots = 0;
            ends_well(UPDATE_GOOD, 17);
        }
    }
    print_message("%u rounds\n", rounds);
}

/* The image changes with each request of one life, which repeats after cuts. */
static void changes(void **state)
{
    unsigned rounds = 0;
    (void)state;
    for (uint64_t cut = 100; cut < UPDATE_SIZE + 200; cut += 31, rounds++) {
        setup(NULL);
        without_p256();
        rules = (struct midge_retry){.max = 4, .first_ms = 1, .all_errors = 1};
        server.changes = true;
        server.cut = cut;
        (void)live_long(UPDATE_GOOD);
        assert_true(flash.boots == 0 || cut > UPDATE_SIZE);
        ends_well(UPDATE_NEXT, 18);
    }
    print_message("%u rounds\n", rounds);
}

/* --- power --- */

/* A loss of power at each byte that is written, then at another one. */
static void each_write(void **state)
{
    unsigned rounds = 0;
    (void)state;
    for (uint32_t at = 0;; at++, rounds += 2) {
        setup(NULL);
        without_p256();
        flash.random = at;
        if (live(UPDATE_GOOD, at, 3600000) == MIDGE_OK) {
            break;
        }
        (void)live(UPDATE_GOOD, flash.random % 4000, 3600000);
        ends_well(UPDATE_GOOD, 17);
    }
    print_message("%u losses of power\n", rounds);
    assert_true(rounds > 2 * UPDATE_SIZE);
}

/* The client stops at any byte that arrives, as the cut of an answer, and power is lost at any. */
static void by_chance(void **state)
{
    unsigned rounds = 0, parts = 0, installed = 0;
    (void)state;
    for (uint64_t trial = 1; trial <= 300; trial++) {
        setup(NULL);
        without_p256();
        seed = trial;
        flash.random = (uint32_t)trial;
        fake_flash_init(&flash, bytes, SIZE, BLOCK, (uint16_t)(1U << chance(9)));
        for (unsigned n = 1 + chance(8); n > 0; n--, rounds++) {
            server.version = one_in(6) ? 18 : 17;
            server.cut = one_in(2) ? 1 + chance(UPDATE_SIZE) : 0;
            server.ignores = one_in(8);
            server.blind = one_in(8);
            server.chunked = one_in(4);
            server.len = UPDATE_SIZE + (one_in(8) ? chance(50) : 0);
            server.status = one_in(10) ? 503 : 0;
            rules.max = one_in(2) ? 3 : 0;
            rules.all_errors = 1;
            rules.first_ms = 1;
            installed +=
                live(one_in(6) ? UPDATE_NEXT : UPDATE_GOOD,
                     one_in(3) ? FAKE_FLASH_FOREVER : chance(5000), 1 + chance(2000)) == MIDGE_OK;
        }
        parts += server.parts;
        rules.max = 0;
        ends_well(UPDATE_NEXT, 18);
    }
    print_message("%u rounds, %u answers with the rest, %u installed before the end\n", rounds,
                  parts, installed);
    assert_true(parts > rounds / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good, setup),
        cmocka_unit_test_setup(refused, setup),
        cmocka_unit_test_setup(each_byte_signed, setup),
        cmocka_unit_test_setup(wrong_keys, setup),
        cmocka_unit_test_setup(each_allocation, setup),
        cmocka_unit_test_setup(other_answers, setup),
        cmocka_unit_test_setup(servers_after_a_cut, setup),
        cmocka_unit_test_setup(changes, setup),
        cmocka_unit_test_setup(each_write, setup),
        cmocka_unit_test_setup(by_chance, setup),
    };
    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
