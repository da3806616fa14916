/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

static char path[64];
#define MIDGE_BSD_RESOLV_CONF path

#include "../../port/bsd/resolv_conf.c"

static struct bsd p;

static void read_text(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    midge__bsd_read_conf(&p);
}

static void is_server(unsigned index, uint8_t family, const char *text)
{
    uint8_t bytes[16] = {0};

    assert_true(index < p.n_conf_servers);
    assert_int_equal(inet_pton(family == 6 ? AF_INET6 : AF_INET, text, bytes), 1);
    assert_int_equal(p.conf_servers[index].family, family);
    assert_memory_equal(p.conf_servers[index].bytes, bytes, sizeof bytes);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/midge-resolv.%ld", (long)getpid());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return 0;
}

static void servers_in_order(void **state)
{
    static const char text[] = "# made by hand\nsearch example\nnameserver 192.0.2.1\n"
                               "nameserver\t 2001:db8::1  # the second\noptions ndots:2\n"
                               "nameserver fe80::1%lo\r\nnameserver 192.0.2.4\n";

    (void)state;
    read_text(text, sizeof text - 1);
    assert_int_equal(p.n_conf_servers, MIDGE_RESOLVER_SERVERS); /* the fourth has no place */
    is_server(0, 4, "192.0.2.1");
    is_server(1, 6, "2001:db8::1");
    is_server(2, 6, "fe80::1");
    assert_int_equal(p.conf_servers[1].scope, 0);
    assert_int_equal(p.conf_servers[2].scope, if_nametoindex("lo"));
}

static void lines_that_are_none(void **state)
{
    static const char text[] =
        "nameserver\nnameserver \nnameserver 192.0.2\nnameserver name.example\n"
        "nameserver 192.0.2.1.9\nnameservers\n#nameserver 192.0.2.2\n"
        "nameserver 192.0.2.3";

    (void)state;
    read_text(text, sizeof text - 1);
    assert_int_equal(p.n_conf_servers, 1); /* the last one, which has no end of line */
    is_server(0, 4, "192.0.2.3");
}

static void none_is_this_machine(void **state)
{
    (void)state;
    read_text("search example\n", 15);
    assert_int_equal(p.n_conf_servers, 1);
    is_server(0, 4, "127.0.0.1");
    assert_int_equal(unlink(path), 0);
    midge__bsd_read_conf(&p);
    assert_int_equal(p.n_conf_servers, 1);
    is_server(0, 4, "127.0.0.1");
}

static void long_and_binary_files(void **state)
{
    static char text[3 * CONF_BYTES];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 22, "\nnameserver 192.0.2.1\n", 22);
    read_text(text, sizeof text); /* beyond what is read */
    is_server(0, 4, "127.0.0.1");
    memset(text, 0, 100);
    memcpy(text + 100, "\nnameserver 192.0.2.1\n", 22);
    read_text(text, 122); /* a line of zeros ends there */
    assert_int_equal(p.n_conf_servers, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_in_order),
        cmocka_unit_test(lines_that_are_none),
        cmocka_unit_test(none_is_this_machine),
        cmocka_unit_test(long_and_binary_files),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
