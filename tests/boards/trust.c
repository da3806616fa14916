/* SPDX-License-Identifier: MIT */
/*
 * Pins and the time, as the app of a board (in place of boards/apps):
 *
 *     trust URL PIN [TIME_PORT…]
 *
 * Requests to URL with the pin (64 hexadecimal digits), with another one, and with a backup pin.
 * Then the SNTP server on each port of the URL's host (192.0.2.2) is asked for the time, and after
 * each one the URL once more: by a clock that is not set, until an answer was good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <midge/midge.h>

#include "board.h"
#include "examples/sntp_lwip.h"

static struct board *board;
static struct midge_client *client;
static struct midge_pin pins[2] = {{.sha256 = {1}}, {.host = NULL}};

static void say(const char *what, const char *result, long number)
{
    char line[120];
    int len = snprintf(line, sizeof line, "trust: %s: %s, %ld\n", what, result, number);
    board_write(board, BOARD_OUT, line, (size_t)len);
}

/* --- a clock that SNTP sets --- */

static struct sntp sntp;
static int64_t at_zero; /* seconds since 1970 when sys_now was 0; 0: the clock is not set */

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return at_zero == 0 ? 0 : at_zero + board->port->clock_ms(board->port->ctx) / 1000;
}

static void ask_time(unsigned port)
{
    static const char *const states[] = {"waits", "time", "refused", "late", "no memory"};
    uint8_t nonce[SNTP_NONCE];
    ip_addr_t server;
    IP_ADDR4(&server, 192, 0, 2, 2);
    if (board->port->entropy(board->port->ctx, nonce, sizeof nonce) < 0) {
        say("time", "no entropy", 0);
        return;
    }
    sntp_start(&sntp, &server, (uint16_t)port, nonce, MIDGE_TIME_FLOOR, 1500);
    while (sntp_step(&sntp) == SNTP_WAITS) {
        (void)midge_poll(client, 20);
    }
    if (sntp.state == SNTP_HAS_TIME) {
        at_zero = sntp.now - board->port->clock_ms(board->port->ctx) / 1000;
    }
    say("time", states[sntp.state], sntp.state == SNTP_HAS_TIME ? (long)(sntp.now / 86400) : 0);
}

/* --- requests --- */

static void fetch(const char *what, const char *url, const struct midge_pins *set)
{
    struct midge_request request = {.url = url, .pins = set, .no_reuse = 1};
    struct midge_result result;
    midge_id id;
    int err = midge_start(client, &request, &id);
    if (err == MIDGE_OK) {
        (void)midge_wait(client, id, &result);
        say(what, result.error == MIDGE_OK ? "OK" : midge_err_name(result.error), result.status);
        say("time_verified", result.resumed ? "resumed" : "full", result.time_verified);
    } else {
        say(what, midge_err_name(err), 0);
    }
}

static void fetch_all(const char *url)
{
    const struct midge_pins right = {pins + 1, 1, MIDGE_PIN_LEAF};
    const struct midge_pins only = {pins + 1, 1, MIDGE_PIN_ONLY};
    const struct midge_pins wrong = {pins, 1, MIDGE_PIN_LEAF};
    const struct midge_pins wrong_only = {pins, 1, MIDGE_PIN_ONLY};
    const struct midge_pins both = {pins, 2, MIDGE_PIN_LEAF};
    fetch("no pin", url, NULL);
    fetch("wrong pin", url, &wrong);
    fetch("right pin", url, &right);
    fetch("right pin again", url, &right);
    fetch("backup pin", url, &both);
    fetch("pin only", url, &only);
    fetch("wrong pin only", url, &wrong_only);
    fetch("wrong pin", url, &wrong);
}

static void read_pin(const char *text)
{
    for (size_t i = 0; i < 32 && strlen(text) == 64; i++) {
        const char digits[] = {text[2 * i], text[2 * i + 1], '\0'};
        pins[1].sha256[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

int board_app(struct board *with, int argc, char **argv)
{
    /* Sets without pins, each at its address: no session of another one is resumed. */
    static const struct midge_pins none[8];
    const struct midge_config config = {.max_connections = 1};
    board = with;
    board->port->wall_time = wall_time;
    if (argc < 3 || board_open(board, &config, 0, &client) != MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    read_pin(argv[2]);
    fetch_all(argv[1]);
    for (int i = 3; i < argc; i++) {
        ask_time((unsigned)strtoul(argv[i], NULL, 10));
        fetch("by that clock", argv[1], &none[i % 8]);
    }
    board_close(board, client);
    return BOARD_EXIT_OK;
}
