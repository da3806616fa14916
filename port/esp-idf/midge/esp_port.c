/* SPDX-License-Identifier: MIT */
/*
 * The port itself: sockets of port/bsd, the clocks, and random numbers.
 *
 * esp_timer counts microseconds from the start of the program, also in light sleep. time() counts
 * from 1970 at power-on until a program sets it, by SNTP for example, and goes on over deep sleep
 * and resets: so a date before the floor of midge/config.h means that it is not set.
 */
#include "esp_internal.h"

#include <time.h>

#include <esp_random.h>
#include <esp_timer.h>

#include <midge/err.h>
#include <midge/port_bsd.h>

/* --- clocks --- */

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)((uint64_t)esp_timer_get_time() / 1000u);
}

static uint64_t clock_us(void *ctx)
{
    (void)ctx;
    return (uint64_t)esp_timer_get_time();
}

static int64_t wall_time(void *ctx)
{
    const time_t now = time(NULL);
    (void)ctx;
    return now >= (time_t)MIDGE_TIME_FLOOR ? (int64_t)now : MIDGE_ERR_CLOCK;
}

/* --- random numbers --- */

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct midge_esp *esp = midge_bsd_home(ctx);
    if (esp->radio == 0 && !esp->is_random) {
        return MIDGE_ERR_ENTROPY;
    }
    esp_fill_random(buf, len);
    return MIDGE_OK;
}

void midge_esp_random(struct midge_esp *esp, bool is_true)
{
    esp->is_random = is_true;
}

/* --- opening --- */

static int attach(struct midge_esp *esp, const struct midge_esp_config *config)
{
    const size_t given = config != NULL ? config->max_socks : 0;
    const struct midge_bsd_config bsd = {
        .home = esp,
        .max_socks = given > 0 ? given : MIDGE_MAX_CONNECTIONS,
        .name_servers = midge__esp_servers,
        .families = midge__esp_families,
    };
    return midge_bsd_attach(&esp->port, &bsd);
}

int midge_esp_open(struct midge_esp *esp, const struct midge_esp_config *config)
{
    if (esp == NULL) {
        return MIDGE_ERR_INVALID;
    }
    *esp = (struct midge_esp){.port = {.clock_ms = clock_ms,
                                       .clock_us = clock_us,
                                       .wall_time = wall_time,
                                       .entropy = entropy},
                              .files = config != NULL ? config->files : NULL};
    if (esp->files != NULL) {
        midge__esp_files(esp);
    }
    if (!midge__esp_radio_open(esp)) {
        return MIDGE_ERR_PORT;
    }
    const int err = attach(esp, config);
    if (err != MIDGE_OK) {
        midge__esp_radio_close(esp);
    }
    return err;
}

void midge_esp_close(struct midge_esp *esp)
{
    midge_bsd_detach(&esp->port);
    midge__esp_radio_close(esp);
}
