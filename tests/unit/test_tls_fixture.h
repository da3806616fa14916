/* SPDX-License-Identifier: MIT */
/*
 * For the TLS tests: a Python server on OpenSSL with the certificates of tests/server/certs.py, a
 * client's memory, and TLS over TCP to that server. Runs from the repository's root.
 *
 * A connection to the server: handshake, one line of command, the answer, the end it asks for:
 *     close      "hello", close_notify, FIN          cut     "hello", FIN
 *     send N     N bytes, close_notify, FIN          slow N  N bytes as records of 100 bytes
 * h2.12 and h2.13 choose "h2" by ALPN if the client offers it, and send a chain of 5 KB.
 * The servers of tests/server/tls12.py (deaf and after) know GET /bytes/N only, records.12 and .13
 * are those of tests/server/records.py.
 */
#ifndef MIDGE_TEST_TLS_FIXTURE_H
#define MIDGE_TEST_TLS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/stream.h"
#include "io/tls.h"
#include <midge/config.h>
#include <midge/port_posix.h>

#define OWNER        1U
#define OWNERS       4U
#define HANG_SECONDS 250

/* NAME.VERSION of a certificate, or NAME of a behaviour, and its port. */
struct fixture_port {
    char name[24];
    uint16_t number;
};

struct fixture {
    struct midge_port *posix;
    struct midge_port port; /* the same with a clock that tests may change */
    struct midge__memory memory;
    void *block;
    size_t block_size;
    struct midge__tls_context *context;
    struct fixture_port ports[40];
    size_t nports;
    char *ca;
    size_t ca_len;
    pid_t server;
};

static struct fixture fx;

static const char fixture_server[] =
    "import os, socket, ssl, sys, tempfile, threading\n"
    "sys.dont_write_bytecode = True\n"
    "sys.path.insert(0, 'tests/server')\n"
    "import certs, chains, records, tls12\n"
    "folder = tempfile.TemporaryDirectory()\n"
    "where = certs.ensure(folder.name)\n"
    "TLS = {'12': ssl.TLSVersion.TLSv1_2, '13': ssl.TLSVersion.TLSv1_3}\n"
    "def context(name, version):\n"
    "    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    "    c.minimum_version = c.maximum_version = TLS[version[:2]]\n"
    "    c.load_cert_chain(where / 'certs' / (name + '.pem'))\n"
    "    if version.endswith('id'):\n"
    "        c.options |= ssl.OP_NO_TICKET\n"
    "    return c\n"
    "def tls(c):\n"
    "    def serve(raw):\n"
    "        s = c.wrap_socket(raw, server_side=True)\n"
    "        line = b''\n"
    "        while not line.endswith(b'\\n'):\n"
    "            got = s.recv(1)\n"
    "            if not got:\n"
    "                return\n"
    "            line += got\n"
    "        word, _, n = line.decode().strip().partition(' ')\n"
    "        if word == 'slow':\n"
    "            for i in range(0, int(n), 100):\n"
    "                s.sendall(b'x' * min(100, int(n) - i))\n"
    "        else:\n"
    "            s.sendall(b'x' * int(n) if n else b'hello')\n"
    "        if word == 'cut':\n"
    "            s.shutdown(socket.SHUT_WR)\n"
    "        else:\n"
    "            s = s.unwrap()\n"
    "        s.close()\n"
    "    return serve\n"
    "def plain(s):\n"
    "    s.recv(1000)\n"
    "    s.sendall(b'HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n')\n"
    "    s.recv(1000)\n"
    "def gone(s):\n"
    "    s.recv(1000)\n"
    "def listen(name, serve):\n"
    "    def one(raw):\n"
    "        with raw:\n"
    "            try:\n"
    "                raw.settimeout(60)\n"
    "                serve(raw)\n"
    "            except (OSError, ValueError):\n"
    "                pass\n"
    "    def loop():\n"
    "        while True:\n"
    "            raw, _ = listener.accept()\n"
    "            threading.Thread(target=one, args=(raw,), daemon=True).start()\n"
    "    listener = socket.create_server(('127.0.0.1', 0))\n"
    "    threading.Thread(target=loop, daemon=True).start()\n"
    "    print(name, listener.getsockname()[1])\n"
    "for name in certs.NAMES:\n"
    "    for version in ('12', '13'):\n"
    "        listen(name + '.' + version, tls(context(name, version)))\n"
    "listen('good.12id', tls(context('good', '12id')))\n"
    "for version in ('12', '13'):\n"
    "    shared = context('chain5k', version)\n"
    "    shared.set_alpn_protocols(['h2'])\n"
    "    listen('h2.' + version, tls(shared))\n"
    "for name, options in (('deaf', {'record': 4096}), ('deaf.big', {'record': 4097}),\n"
    "                      ('deaf.pieces', {'record': 1000, 'piece': 100}),\n"
    "                      ('agrees', {'record': 512, 'piece': 512, 'agree': True}),\n"
    "                      ('lies', {'record': 700, 'agree': True})):\n"
    "    print(name, tls12.Server(where / 'certs' / 'good.pem', **options).port)\n"
    "for version in (12, 13):\n"
    "    server = records.Server(where / 'certs' / 'good.pem', version)\n"
    "    print(f'records.{version}', server.port)\n"
    "some = chains.Maker()\n"
    "chains.cross_cases(some)\n"
    "one = next(case for case in some.made if case.name == 'keys-without-clock')\n"
    "pem = one.chain[0].pem_key() + b''.join(map(chains.pem, one.chain))\n"
    "(where / 'certs' / 'noclock.pem').write_bytes(pem)\n"
    "for version in ('12', '13'):\n"
    "    listen('noclock.' + version, tls(context('noclock', version)))\n"
    "listen('plain', plain)\n"
    "listen('gone', gone)\n"
    "ca = (where / 'ca.pem').read_bytes() + b''.join(map(chains.pem, one.roots))\n"
    "print('ca', len(ca), flush=True)\n"
    "sys.stdout.buffer.write(ca)\n"
    "sys.stdout.buffer.flush()\n"
    "sys.stdin.read()\n";

static int fixture_stdin = -1;

/* The ports and the CA come through a pipe; the server ends when its stdin does. */
static void fixture_start_server(void)
{
    int in[2], out[2];
    char line[64];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    fx.server = fork();
    assert_true(fx.server >= 0);
    if (fx.server == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execl("/usr/bin/python3", "/usr/bin/python3", "-c", fixture_server, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    fixture_stdin = in[1];
    FILE *f = fdopen(out[0], "r");
    unsigned number = 0;
    for (;;) {
        struct fixture_port *p = &fx.ports[fx.nports];
        assert_non_null(fgets(line, sizeof line, f));
        assert_int_equal(sscanf(line, "%23s %u", p->name, &number), 2);
        if (strcmp(p->name, "ca") == 0) {
            break;
        }
        p->number = (uint16_t)number;
        assert_true(++fx.nports < sizeof fx.ports / sizeof fx.ports[0]);
    }
    fx.ca_len = number;
    fx.ca = malloc(number); /* exactly: no NUL behind it */
    assert_int_equal(fread(fx.ca, 1, number, f), number);
    fclose(f);
}

static int fixture_open(void **state)
{
    (void)state;
    alarm(HANG_SECONDS);
    assert_int_equal(midge_posix_open(&fx.posix, 0), MIDGE_OK);
    fx.port = *fx.posix;
    fixture_start_server();
    return 0;
}

static int fixture_close(void **state)
{
    (void)state;
    close(fixture_stdin);
    waitpid(fx.server, NULL, 0);
    free(fx.ca);
    midge_posix_close(fx.posix);
    return 0;
}

static uint16_t fixture_port_number(const char *name)
{
    for (size_t i = 0; i < fx.nports; ++i) {
        if (strcmp(fx.ports[i].name, name) == 0) {
            return fx.ports[i].number;
        }
    }
    fail_msg("no server %s", name);
    return 0;
}

/* --- a client's memory and context --- */

static const struct midge__tls_limits fixture_limits = {
    .ecp_max_ops = 200, .read_ahead = 300, .max_ticket = 4096};

static void fixture_memory_open(size_t size)
{
    fx.block = malloc(size);
    fx.block_size = size;
    assert_int_equal(midge__memory_init(&fx.memory, fx.block, size, OWNERS), MIDGE_OK);
    if (midge__tls_slot_in() != 0) {
        assert_int_equal(
            midge__memory_slots(&fx.memory, midge__tls_slot_in(), midge__tls_slot_out(), 2),
            MIDGE_OK);
    }
}

static void fixture_memory_close(void)
{
    midge__memory_verify(&fx.memory);
    assert_int_equal(midge__memory_live(&fx.memory), 0);
    midge__memory_deinit(&fx.memory);
    free(fx.block);
}

static void fixture_context_open(const struct midge_tls *settings)
{
    int err = midge__tls_context_open(&fx.context, &fx.memory, &fx.port, settings, &fixture_limits);
    assert_int_equal(err, MIDGE_OK);
}

/* Setup and teardown of one test: 1 MB, the test CA. */
static inline int client_open(void **state)
{
    (void)state;
    struct midge_tls settings = {.ca = fx.ca, .ca_len = fx.ca_len};
    fx.port = *fx.posix;
    fixture_memory_open(1 << 20);
    fixture_context_open(&settings);
    return 0;
}

static inline int client_close(void **state)
{
    (void)state;
    midge__tls_context_close(fx.context);
    fixture_memory_close();
    return 0;
}

/* --- a connection --- */

struct link {
    struct midge__tcp tcp;
    struct midge__tls tls;
    uint32_t calls; /* of handshake */
};

static void link_wait(struct link *link, bool recv, bool send, bool tls)
{
    struct midge__stream *s = tls ? &link->tls.s : &link->tcp.s;
    unsigned events = s->ops->interest(s, recv, send);
    assert_int_not_equal(events, 0);
    struct midge_pollfd fd = {.sock = link->tcp.sock, .events = (uint8_t)events};
    assert_int_equal(fx.posix->poll(fx.posix->ctx, &fd, 1, -1), MIDGE_OK);
    midge__tcp_polled(&link->tcp, fd.revents);
}

static void link_connect(struct link *link, const char *server)
{
    const struct midge_addr loopback = {.family = 4, .bytes = {127, 0, 0, 1}};
    int err;
    memset(link, 0, sizeof *link);
    err = midge__tcp_open(&link->tcp, &fx.port, &loopback, fixture_port_number(server));
    assert_int_equal(err, MIDGE_OK);
    while ((err = link->tcp.s.ops->handshake(&link->tcp.s)) == MIDGE_ERR_AGAIN) {
        link_wait(link, false, true, false);
    }
    assert_int_equal(err, MIDGE_OK);
}

/* No call may do two expensive things. */
static int link_handshake(struct link *link)
{
    for (;;) {
        uint32_t before = link->tls.crypto_steps;
        int err = link->tls.s.ops->handshake(&link->tls.s);
        link->calls++;
        assert_true(link->tls.crypto_steps - before <= 1);
        if (err == MIDGE_ERR_AGAIN) {
            link_wait(link, true, false, true);
        } else if (err != MIDGE_ERR_BUSY) {
            return err;
        }
    }
}

static inline int link_open(struct link *link, const char *server,
                            const struct midge__tls_params *params)
{
    link_connect(link, server);
    int err = midge__tls_open(&link->tls, fx.context, &link->tcp.s, params);
    return err == MIDGE_OK ? link_handshake(link) : err;
}

static inline void link_close(struct link *link)
{
    link->tls.s.ops->close(&link->tls.s);
    link->tls.s.ops->close(&link->tls.s); /* idempotent */
    link->tcp.s.ops->close(&link->tcp.s);
}

static inline void link_shutdown(struct link *link)
{
    int err;
    while ((err = link->tls.s.ops->shutdown(&link->tls.s)) == MIDGE_ERR_AGAIN) {
        link_wait(link, false, true, true);
    }
    assert_int_equal(err, MIDGE_OK);
}

static inline int link_send(struct link *link, const char *text)
{
    size_t len = strlen(text), n = 0;
    while (len > 0) {
        int err = link->tls.s.ops->send(&link->tls.s, (const uint8_t *)text, len, &n);
        if (err == MIDGE_ERR_AGAIN) {
            link_wait(link, false, true, true);
        } else if (err != MIDGE_OK && err != MIDGE_ERR_BUSY) {
            return err;
        }
        text += n;
        len -= n;
    }
    return MIDGE_OK;
}

/* Reads to the end; returns how it ended, and counts. Waits for the socket whenever recv says so:
   an AGAIN that leaves bytes behind would hang here. */
static inline int link_drain(struct link *link, size_t *total)
{
    uint8_t buf[700];
    size_t n;
    *total = 0;
    for (;;) {
        int err = link->tls.s.ops->recv(&link->tls.s, buf, sizeof buf, &n);
        if (err == MIDGE_OK) {
            assert_true(n > 0);
            *total += n;
        } else if (err == MIDGE_ERR_AGAIN) {
            link_wait(link, true, false, true);
        } else if (err != MIDGE_ERR_BUSY) {
            return err;
        }
    }
}

static inline bool has_tls13(void)
{
    return midge__tls_has_version(MIDGE_TLS_1_3);
}

#endif
