/* SPDX-License-Identifier: MIT */
/*
 * The logic of port/esp-idf on the desktop: the rule for random numbers, the clocks, files and the
 * device key in NVS, the HMAC unit. ESP-IDF's calls are fakes below, port/bsd too; their headers
 * are those of tests/external/esp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <esp_event.h>
#include <esp_hmac.h>
#include <esp_random.h>
#include <esp_timer.h>
#include <esp_wifi.h>
#include <midge_esp.h>
#include <nvs.h>
#include <sdkconfig.h>

#include <midge/err.h>
#include <midge/port_bsd.h>

#include "port/esp-idf/midge/esp_internal.h"

enum { FAKES = 4, VALUE_BYTES = 8192 };

/* --- port/bsd --- */

static struct midge_bsd_config attached;
static int attach_err;

int midge_bsd_attach(struct midge_port *port, const struct midge_bsd_config *config)
{
    attached = *config;
    port->ctx = &attached;
    return attach_err;
}

void midge_bsd_detach(struct midge_port *port)
{
    port->ctx = NULL;
}

void *midge_bsd_home(void *ctx)
{
    return ((struct midge_bsd_config *)ctx)->home;
}

unsigned midge__esp_servers(void *home, struct midge_addr *servers, unsigned cap)
{
    (void)home;
    (void)servers;
    (void)cap;
    return 0;
}

unsigned midge__esp_families(void *home)
{
    (void)home;
    return 1;
}

/* --- time and noise --- */

static int64_t timer_us;
static time_t wall;
static unsigned random_calls;

int64_t esp_timer_get_time(void)
{
    return timer_us;
}

time_t time(time_t *out)
{
    if (out != NULL) {
        *out = wall;
    }
    return wall;
}

void esp_fill_random(void *buf, size_t len)
{
    random_calls++;
    memset(buf, 0xA5, len);
}

/* --- Wi-Fi's events --- */

esp_event_base_t const WIFI_EVENT = "wifi";
static esp_event_handler_t handler;
static void *handler_arg;
static esp_err_t event_err, mode_err, connection_err;

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t called,
                                     void *arg)
{
    assert_ptr_equal(base, WIFI_EVENT);
    assert_int_equal(id, ESP_EVENT_ANY_ID);
    if (event_err == ESP_OK) {
        handler = called;
        handler_arg = arg;
    }
    return event_err;
}

esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t id,
                                       esp_event_handler_t called)
{
    assert_ptr_equal(base, WIFI_EVENT);
    assert_int_equal(id, ESP_EVENT_ANY_ID);
    assert_ptr_equal(called, handler);
    handler = NULL;
    return ESP_OK;
}

esp_err_t esp_wifi_get_mode(wifi_mode_t *mode)
{
    *mode = WIFI_MODE_STA;
    return mode_err;
}

esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *ap_info)
{
    (void)ap_info;
    assert_int_equal(mode_err, ESP_OK); /* not before the driver is initialized */
    return connection_err;
}

static void tell(int32_t event)
{
    handler(handler_arg, WIFI_EVENT, event, NULL);
}

/* --- NVS --- */

static struct {
    char space[16], key[16];
    uint8_t bytes[VALUE_BYTES];
    size_t len;
    bool used;
} values[FAKES];
static char open_space[16];
static bool is_open, read_only;
static esp_err_t open_err, get_err, set_err, commit_err;
static int gets_until_cut; /* the blob is one byte shorter at that read; 0: never */

static void copy_name(char to[16], const char *name)
{
    assert_true(strlen(name) < NVS_KEY_NAME_MAX_SIZE);
    memcpy(to, name, strlen(name) + 1);
}

static int find(const char *key)
{
    for (int i = 0; i < FAKES; i++) {
        if (values[i].used && strcmp(values[i].key, key) == 0 &&
            strcmp(values[i].space, open_space) == 0) {
            return i;
        }
    }
    return -1;
}

esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t mode, nvs_handle_t *handle)
{
    if (open_err != ESP_OK) {
        return open_err;
    }
    assert_false(is_open);
    is_open = true;
    read_only = mode == NVS_READONLY;
    copy_name(open_space, namespace_name);
    *handle = 7;
    return ESP_OK;
}

void nvs_close(nvs_handle_t handle)
{
    assert_int_equal(handle, 7);
    assert_true(is_open);
    is_open = false;
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *length)
{
    const int i = find(key);
    assert_int_equal(handle, 7);
    assert_true(is_open);
    if (get_err != ESP_OK) {
        return get_err;
    }
    if (i < 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    const size_t len = values[i].len - (gets_until_cut > 0 && --gets_until_cut == 0);
    if (value != NULL && *length < len) {
        return ESP_ERR_NVS_INVALID_LENGTH;
    }
    if (value != NULL) {
        memcpy(value, values[i].bytes, len);
    }
    *length = len;
    return ESP_OK;
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length)
{
    int i = find(key);
    assert_int_equal(handle, 7);
    assert_true(is_open && !read_only);
    assert_true(value != NULL && length <= VALUE_BYTES && strlen(key) < NVS_KEY_NAME_MAX_SIZE);
    if (set_err != ESP_OK) {
        return set_err;
    }
    for (int k = 0; i < 0 && k < FAKES; k++) {
        i = values[k].used ? -1 : k;
    }
    assert_true(i >= 0);
    copy_name(values[i].space, open_space);
    copy_name(values[i].key, key);
    memcpy(values[i].bytes, value, length);
    values[i].len = length;
    values[i].used = true;
    return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    assert_int_equal(handle, 7);
    return commit_err;
}

/* --- the HMAC unit --- */

static esp_err_t hmac_err;

esp_err_t esp_hmac_calculate(hmac_key_id_t key_id, const void *message, size_t message_len,
                             uint8_t *hmac)
{
    assert_int_equal(key_id, HMAC_KEY3); /* desktop/sdkconfig.h */
    assert_true(message_len > 0 && message != NULL);
    memset(hmac, 0x3C, 32);
    return hmac_err;
}

/* --- the tests' own --- */

static struct midge_esp esp;
static const struct midge_esp_config with_files = {.files = "store"};

static int begin(void **state)
{
    (void)state;
    memset(values, 0, sizeof values);
    timer_us = 0;
    wall = 0;
    random_calls = 0;
    attach_err = MIDGE_OK;
    event_err = open_err = get_err = set_err = commit_err = hmac_err = mode_err = ESP_OK;
    connection_err = ESP_FAIL;
    gets_until_cut = 0;
    handler = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_false(is_open);
    assert_null(handler);
    return 0;
}

static int entropy(void)
{
    uint8_t bytes[8] = {0};
    const int err = esp.port.entropy(esp.port.ctx, bytes, sizeof bytes);
    assert_int_equal(bytes[7], err == MIDGE_OK ? 0xA5 : 0);
    return err;
}

/* --- opening --- */

static void test_open(void **state)
{
    (void)state;
    assert_int_equal(midge_esp_open(NULL, NULL), MIDGE_ERR_INVALID);
    event_err = ESP_FAIL;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_ERR_PORT);
    event_err = ESP_OK;
    attach_err = MIDGE_ERR_NO_MEMORY;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_ERR_NO_MEMORY);
    assert_null(handler);
    attach_err = MIDGE_OK;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_OK);
    assert_ptr_equal(attached.home, &esp);
    assert_int_equal(attached.max_socks, MIDGE_MAX_CONNECTIONS);
    assert_null(esp.port.file_open);
    assert_null(esp.port.device_key);
    midge_esp_close(&esp);
    const struct midge_esp_config more = {.max_socks = 12, .files = "store"};
    assert_int_equal(midge_esp_open(&esp, &more), MIDGE_OK);
    assert_int_equal(attached.max_socks, 12);
    assert_non_null(esp.port.file_open);
    midge_esp_close(&esp);
}

/* --- random numbers --- */

static void test_random_follows_the_radio(void **state)
{
    static const int32_t starts[] = {WIFI_EVENT_STA_START, WIFI_EVENT_AP_START};
    static const int32_t stops[] = {WIFI_EVENT_STA_STOP, WIFI_EVENT_AP_STOP};
    (void)state;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_OK);
    assert_int_equal(entropy(), MIDGE_ERR_ENTROPY);
    assert_int_equal(random_calls, 0);
    for (size_t i = 0; i < 2; i++) {
        tell(starts[i]);
        assert_int_equal(entropy(), MIDGE_OK);
        tell(WIFI_EVENT_STA_DISCONNECTED); /* the radio goes on searching */
        assert_int_equal(entropy(), MIDGE_OK);
        tell(stops[i]);
        assert_int_equal(entropy(), MIDGE_ERR_ENTROPY);
    }
    tell(WIFI_EVENT_STA_START);
    tell(WIFI_EVENT_AP_START);
    tell(WIFI_EVENT_STA_STOP);
    assert_int_equal(entropy(), MIDGE_OK); /* the access point's is on */
    midge_esp_close(&esp);
}

static void test_random_of_a_radio_that_was_on_before(void **state)
{
    (void)state;
    connection_err = ESP_OK;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_OK);
    assert_int_equal(entropy(), MIDGE_OK);
    midge_esp_close(&esp);
    mode_err = ESP_FAIL; /* never initialized */
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_OK);
    assert_int_equal(entropy(), MIDGE_ERR_ENTROPY);
    midge_esp_close(&esp);
}

static void test_random_that_the_program_answers_for(void **state)
{
    (void)state;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_OK);
    midge_esp_random(&esp, true); /* bootloader_random_enable */
    assert_int_equal(entropy(), MIDGE_OK);
    tell(WIFI_EVENT_STA_STOP);
    assert_int_equal(entropy(), MIDGE_OK);
    midge_esp_random(&esp, false);
    assert_int_equal(entropy(), MIDGE_ERR_ENTROPY);
    midge_esp_close(&esp);
}

/* --- clocks --- */

static void test_clocks(void **state)
{
    (void)state;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_OK);
    struct midge_port *port = &esp.port;
    timer_us = INT64_C(5000999);
    assert_int_equal(port->clock_ms(port->ctx), 5000);
    assert_int_equal(port->clock_us(port->ctx), 5000999);
    timer_us = (INT64_C(1) << 32) * 1000 + 7000; /* 49.7 days: it wraps */
    assert_int_equal(port->clock_ms(port->ctx), 7);
    wall = 0; /* as after power-on */
    assert_int_equal(port->wall_time(port->ctx), MIDGE_ERR_CLOCK);
    wall = MIDGE_TIME_FLOOR - 1;
    assert_int_equal(port->wall_time(port->ctx), MIDGE_ERR_CLOCK);
    wall = MIDGE_TIME_FLOOR;
    assert_int_equal(port->wall_time(port->ctx), MIDGE_TIME_FLOOR);
    midge_esp_close(&esp);
}

/* --- files --- */

static int write_file(const char *path, const void *bytes, size_t len, int commit)
{
    struct midge_port *port = &esp.port;
    midge_file file;
    int native = 9;
    int err = port->file_open(port->ctx, path, MIDGE_FILE_REPLACE, &file, &native);
    if (err != MIDGE_OK) {
        return err;
    }
    assert_int_equal(native, 0);
    for (size_t at = 0; at < len && err == MIDGE_OK; at += 100) {
        const size_t n = len - at < 100 ? len - at : 100;
        err = port->file_write(port->ctx, file, (const uint8_t *)bytes + at, n, &native);
    }
    const int finished = port->file_finish(port->ctx, file, commit, &native);
    return finished != MIDGE_OK ? finished : err;
}

/* Its length; negative: the error. */
static int read_file(const char *path, uint8_t *bytes, size_t cap)
{
    struct midge_port *port = &esp.port;
    midge_file file;
    uint64_t size = 0;
    size_t len = 0, n;
    int native = 9;
    int err = port->file_open(port->ctx, path, MIDGE_FILE_READ, &file, &native);
    if (err != MIDGE_OK) {
        return err;
    }
    assert_int_equal(port->file_size(port->ctx, file, &size), MIDGE_OK);
    while ((err = port->file_read(port->ctx, file, bytes + len, cap - len > 33 ? 33 : cap - len, &n,
                                  &native)) == MIDGE_OK) {
        assert_true(n > 0);
        len += n;
    }
    assert_int_equal(err, MIDGE_ERR_EOF);
    assert_int_equal(size, len);
    assert_int_equal(port->file_finish(port->ctx, file, 0, &native), MIDGE_OK);
    return (int)len;
}

static void test_files(void **state)
{
    uint8_t bytes[CONFIG_MIDGE_FILE_MAX], back[CONFIG_MIDGE_FILE_MAX];
    const size_t lens[] = {0, 1, 99, 100, 256, 257, 1000, sizeof bytes};
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    assert_int_equal(midge_esp_open(&esp, &with_files), MIDGE_OK);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        assert_int_equal(write_file("log", bytes, lens[i], 1), MIDGE_OK);
        assert_int_equal(read_file("log", back, sizeof back), lens[i]);
        assert_memory_equal(back, bytes, lens[i]);
    }
    assert_int_equal(write_file("log", "other", 5, 0), MIDGE_OK); /* discarded */
    assert_int_equal(read_file("log", back, sizeof back), sizeof bytes);
    assert_int_equal(write_file("fifteen_letters", "x", 1, 1), MIDGE_OK);
    assert_int_equal(write_file("sixteen_letters_", "x", 1, 1), MIDGE_ERR_WRITE);
    assert_int_equal(write_file("", "x", 1, 1), MIDGE_ERR_WRITE);
    assert_int_equal(read_file("sixteen_letters_", back, sizeof back), MIDGE_ERR_READ);
    assert_int_equal(read_file("none", back, sizeof back), MIDGE_ERR_READ);
    midge_esp_close(&esp);
}

static void test_file_too_long(void **state)
{
    static uint8_t bytes[CONFIG_MIDGE_FILE_MAX + 1];
    uint8_t back[4];
    (void)state;
    assert_int_equal(midge_esp_open(&esp, &with_files), MIDGE_OK);
    assert_int_equal(write_file("log", "old", 3, 1), MIDGE_OK);
    assert_int_equal(write_file("log", bytes, sizeof bytes, 1), MIDGE_ERR_WRITE);
    assert_int_equal(read_file("log", back, sizeof back), 3); /* unchanged */
    midge_esp_close(&esp);
}

static void test_file_seek(void **state)
{
    midge_file file;
    uint8_t byte;
    size_t n;
    (void)state;
    assert_int_equal(midge_esp_open(&esp, &with_files), MIDGE_OK);
    struct midge_port *port = &esp.port;
    assert_int_equal(write_file("log", "abcdef", 6, 1), MIDGE_OK);
    assert_int_equal(port->file_open(port->ctx, "log", MIDGE_FILE_READ, &file, NULL), MIDGE_OK);
    assert_int_equal(port->file_seek(port->ctx, file, 4), MIDGE_OK);
    assert_int_equal(port->file_read(port->ctx, file, &byte, 1, &n, NULL), MIDGE_OK);
    assert_int_equal(byte, 'e');
    assert_int_equal(port->file_seek(port->ctx, file, UINT64_MAX), MIDGE_OK);
    assert_int_equal(port->file_read(port->ctx, file, &byte, 1, &n, NULL), MIDGE_ERR_EOF);
    assert_int_equal(port->file_write(port->ctx, file, &byte, 1, NULL), MIDGE_ERR_WRITE);
    assert_int_equal(port->file_finish(port->ctx, file, 0, NULL), MIDGE_OK);
    midge_esp_close(&esp);
}

static void test_file_errors(void **state)
{
    uint8_t back[8];
    (void)state;
    assert_int_equal(midge_esp_open(&esp, &with_files), MIDGE_OK);
    assert_int_equal(write_file("log", "old", 3, 1), MIDGE_OK);
    open_err = ESP_FAIL;
    assert_int_equal(write_file("log", "new", 3, 1), MIDGE_ERR_WRITE);
    assert_int_equal(read_file("log", back, sizeof back), MIDGE_ERR_READ);
    open_err = ESP_OK;
    set_err = ESP_ERR_NVS_NOT_ENOUGH_SPACE;
    assert_int_equal(write_file("log", "new", 3, 1), MIDGE_ERR_WRITE);
    set_err = ESP_OK;
    assert_int_equal(read_file("log", back, sizeof back), 3);
    assert_memory_equal(back, "old", 3);
    commit_err = ESP_FAIL;
    assert_int_equal(write_file("log", "new", 3, 1), MIDGE_ERR_WRITE);
    commit_err = ESP_OK;
    get_err = ESP_FAIL;
    assert_int_equal(read_file("log", back, sizeof back), MIDGE_ERR_READ);
    get_err = ESP_OK;
    gets_until_cut = 2; /* shorter than its length was */
    assert_int_equal(read_file("log", back, sizeof back), MIDGE_ERR_READ);
    gets_until_cut = 1; /* longer */
    assert_int_equal(read_file("log", back, sizeof back), MIDGE_ERR_READ);
    midge_esp_close(&esp);
}

/* --- the device key --- */

static int nvs_key(uint8_t key[32])
{
    return midge_esp_key_nvs(esp.port.ctx, key);
}

static void test_key_in_nvs(void **state)
{
    uint8_t first[32], second[32], none[32] = {0};
    (void)state;
    assert_int_equal(midge_esp_open(&esp, NULL), MIDGE_OK);
    assert_int_equal(nvs_key(first), MIDGE_ERR_ENTROPY); /* it must be made */
    assert_memory_equal(first, none, 32);
    midge_esp_random(&esp, true);
    set_err = ESP_FAIL;
    assert_int_equal(nvs_key(first), MIDGE_ERR_PORT);
    assert_memory_equal(first, none, 32); /* a key that is not stored is not used */
    set_err = ESP_OK;
    assert_int_equal(nvs_key(first), MIDGE_OK);
    midge_esp_random(&esp, false);
    assert_int_equal(nvs_key(second), MIDGE_OK);
    assert_memory_equal(first, second, 32);
    values[0].len = 31;
    assert_int_equal(nvs_key(second), MIDGE_ERR_READ);
    values[0].len = 33;
    assert_int_equal(nvs_key(second), MIDGE_ERR_READ);
    values[0].len = 32;
    get_err = ESP_FAIL;
    assert_int_equal(nvs_key(second), MIDGE_ERR_PORT);
    assert_memory_equal(second, none, 32);
    open_err = ESP_FAIL;
    assert_int_equal(nvs_key(second), MIDGE_ERR_PORT);
    midge_esp_close(&esp);
}

static void test_key_of_the_hmac_unit(void **state)
{
    uint8_t key[32];
    (void)state;
    assert_int_equal(midge_esp_key_hmac(NULL, key), MIDGE_OK);
    assert_int_equal(key[31], 0x3C);
    hmac_err = ESP_FAIL;
    assert_int_equal(midge_esp_key_hmac(NULL, key), MIDGE_ERR_PORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open, begin, end),
        cmocka_unit_test_setup_teardown(test_random_follows_the_radio, begin, end),
        cmocka_unit_test_setup_teardown(test_random_of_a_radio_that_was_on_before, begin, end),
        cmocka_unit_test_setup_teardown(test_random_that_the_program_answers_for, begin, end),
        cmocka_unit_test_setup_teardown(test_clocks, begin, end),
        cmocka_unit_test_setup_teardown(test_files, begin, end),
        cmocka_unit_test_setup_teardown(test_file_too_long, begin, end),
        cmocka_unit_test_setup_teardown(test_file_seek, begin, end),
        cmocka_unit_test_setup_teardown(test_file_errors, begin, end),
        cmocka_unit_test_setup_teardown(test_key_in_nvs, begin, end),
        cmocka_unit_test_setup_teardown(test_key_of_the_hmac_unit, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
