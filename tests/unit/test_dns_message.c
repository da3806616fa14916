/* SPDX-License-Identifier: MIT */
/* Messages of DNS: the questions that are written, and what counts of an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/dns_message.h"

#include "dns_answer.h"

enum { NAME = DNS_QUESTION_NAME };

static struct midge__dns_question question = {
    .host = "www.a.test", .letters = 0x5, .id = 0x1234, .type = MIDGE__DNS_A};
static struct midge__dns_answer answer;

/* In memory of its own, so that sanitizers see each read beyond it. */
static enum midge__dns_verdict read_bytes(const void *bytes, size_t len, enum midge__dns_way way)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    memcpy(copy, bytes, len);
    enum midge__dns_verdict verdict = midge__dns_read(&question, copy, len, way, &answer);
    free(copy);
    return verdict;
}

static enum midge__dns_verdict read_answer(const struct dns_answer *a)
{
    return read_bytes(a->bytes, a->len, MIDGE__DNS_UDP);
}

static void begin(struct dns_answer *a, unsigned rcode)
{
    uint8_t asked[MIDGE__DNS_QUESTION_MAX];
    assert_true(midge__dns_ask(&question, asked) > 0);
    dns_begin(a, asked, rcode);
}

static void questions(void **state)
{
    static const uint8_t expected[] = {0x12, 0x34, 1, 0,   0, 1,   0,   0,   0,   0, 0, 0, 3, 'W',
                                       'w',  'W',  1, 'a', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};
    uint8_t out[MIDGE__DNS_QUESTION_MAX];
    struct midge__dns_question q = question;

    (void)state;
    assert_int_equal(midge__dns_ask(&q, out), sizeof expected);
    assert_memory_equal(out, expected, sizeof expected);
    q.host = "www.a.test."; /* the root's dot */
    assert_int_equal(midge__dns_ask(&q, out), sizeof expected);
    q.payload = 1232;
    assert_int_equal(midge__dns_ask(&q, out), sizeof expected + 11);
    assert_int_equal(out[11], 1);
    assert_memory_equal(out + sizeof expected, ((uint8_t[]){0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0}),
                        11);
}

/* n labels of len bytes each, with dots between them. */
static char *labels(size_t n, size_t len)
{
    static char host[400];
    char *at = host;
    for (size_t i = 0; i < n; i++) {
        memset(at, 'x', len);
        at += len;
        *at++ = '.';
    }
    at[-1] = '\0';
    return host;
}

static void names_that_dns_cannot_have(void **state)
{
    static const char *const bad[] = {"", ".", "a..b", ".a", "a.."};
    uint8_t out[MIDGE__DNS_QUESTION_MAX];
    struct midge__dns_question q = question;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        q.host = bad[i];
        assert_int_equal(midge__dns_ask(&q, out), 0);
    }
    q.host = labels(1, 64);
    assert_int_equal(midge__dns_ask(&q, out), 0);
    q.host = labels(1, 63);
    assert_int_not_equal(midge__dns_ask(&q, out), 0);
    q.host = labels(127, 1); /* 253 characters */
    assert_int_equal(midge__dns_ask(&q, out), 12 + 255 + 4);
    q.host = labels(128, 1);
    assert_int_equal(midge__dns_ask(&q, out), 0);
}

static void addresses(void **state)
{
    struct dns_answer a;

    (void)state;
    begin(&a, 0);
    for (unsigned i = 1; i <= MIDGE_DNS_ADDRS + 3; i++) {
        dns_address(&a, NAME, 4, 60 + i, (uint8_t)i);
    }
    assert_int_equal(read_answer(&a), MIDGE__DNS_FOUND);
    assert_int_equal(answer.count, MIDGE_DNS_ADDRS);
    assert_int_equal(answer.ttl_s, 61);
    assert_memory_equal(answer.addresses[7], ((uint8_t[]){192, 0, 2, 8}), 4);
    a.len--; /* the last record is not whole */
    assert_int_equal(read_answer(&a), MIDGE__DNS_MALFORMED);
    assert_int_equal(read_bytes(a.bytes, a.len, MIDGE__DNS_TCP_CUT), MIDGE__DNS_FOUND);
}

/* Records of other names, types, classes and sections. */
static void poison_does_not_count(void **state)
{
    struct dns_answer a;

    (void)state;
    begin(&a, 0);
    dns_address(&a, NAME + 4, 4, 60, 66); /* a.test */
    dns_address(&a, NAME, 6, 60, 66);
    dns_address(&a, NAME, 4, 60, 66);
    a.bytes[a.len - 11] = 3; /* class CH */
    dns_record(&a, 6, NAME, 1, 60, 5);
    dns_put(&a, "12345", 5);
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA);
    dns_address(&a, NAME, 4, 60, 7);
    assert_int_equal(read_answer(&a), MIDGE__DNS_FOUND);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.addresses[0][3], 7);
    begin(&a, 0);
    dns_address(&a, NAME, 4, 60, 66);
    a.bytes[7] = 0; /* in the authority section */
    a.bytes[9] = 1;
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA);
}

static void aliases(void **state)
{
    struct dns_answer a;
    unsigned at = NAME;

    (void)state;
    begin(&a, 0);
    for (unsigned i = 0; i < 8; i++) {
        at = dns_alias(&a, at, (char)('a' + i), 100 - i);
    }
    struct dns_answer longer = a;
    dns_address(&a, at, 4, 600, 9);
    assert_int_equal(read_answer(&a), MIDGE__DNS_FOUND);
    assert_int_equal(answer.ttl_s, 93);
    at = dns_alias(&longer, at, 'z', 100);
    dns_address(&longer, at, 4, 600, 9);
    assert_int_equal(read_answer(&longer), MIDGE__DNS_MALFORMED);
    begin(&a, 0); /* a loop of two, and one of one */
    at = dns_alias(&a, NAME, 'a', 60);
    dns_record(&a, 6, at, 5, 60, 2);
    dns_put16(&a, 0xc000 | NAME);
    assert_int_equal(read_answer(&a), MIDGE__DNS_MALFORMED);
    begin(&a, 0);
    dns_record(&a, 6, NAME, 5, 60, 2);
    dns_put16(&a, 0xc000 | NAME);
    assert_int_equal(read_answer(&a), MIDGE__DNS_MALFORMED);
}

/* The chain's records in the other order. */
static void aliases_in_any_order(void **state)
{
    struct dns_answer a;

    (void)state;
    begin(&a, 0);
    dns_address(&a, NAME, 4, 60, 9);
    size_t record = a.len - 16;
    unsigned alias = dns_alias(&a, NAME, 'a', 60);
    a.bytes[record] = (uint8_t)(0xc0 | alias >> 8); /* its name lies behind it */
    a.bytes[record + 1] = (uint8_t)alias;
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA); /* pointers lead back only */
    a.bytes[record + 1] = NAME + 4;
    a.bytes[record] = 0xc0; /* a.test, as the alias */
    assert_int_equal(read_answer(&a), MIDGE__DNS_FOUND);
}

static void negative_answers(void **state)
{
    struct dns_answer a;

    (void)state;
    begin(&a, 3);
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_NAME);
    assert_int_equal(answer.ttl_s, 0); /* RFC 2308 5: without a SOA it is not kept */
    dns_soa(&a, NAME + 6, 900, 60);    /* test */
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_NAME);
    assert_int_equal(answer.ttl_s, 60);
    a.bytes[3] = 0x80;
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA);
    assert_int_equal(answer.ttl_s, 60);
    begin(&a, 0);
    dns_soa(&a, NAME, 30, 60);
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA);
    assert_int_equal(answer.ttl_s, 30);
    begin(&a, 3); /* another zone's */
    unsigned other = dns_alias(&a, NAME + 4, 'b', 60);
    dns_soa(&a, other, 30, 60);
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_NAME);
    assert_int_equal(answer.ttl_s, 0);
    begin(&a, 3); /* addresses of a name that does not exist */
    dns_address(&a, NAME, 4, 60, 66);
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_NAME);
}

static void times(void **state)
{
    static const uint32_t given[] = {0, 1, INT32_MAX, UINT32_C(0x80000000), UINT32_MAX};
    static const uint32_t taken[] = {0, 1, INT32_MAX, 0, 0}; /* RFC 2181 8 */
    struct dns_answer a;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        begin(&a, 0);
        dns_address(&a, NAME, 4, given[i], 1);
        assert_int_equal(read_answer(&a), MIDGE__DNS_FOUND);
        assert_int_equal(answer.ttl_s, taken[i]);
    }
}

/* One byte of the header or the question is another one. */
static void not_the_question(void **state)
{
    static const struct {
        size_t at;
        uint8_t flip;
        enum midge__dns_verdict verdict;
    } cases[] = {
        {0, 1, MIDGE__DNS_FOREIGN},        {1, 0x80, MIDGE__DNS_FOREIGN},
        {2, 0x80, MIDGE__DNS_FOREIGN}, /* a question */
        {2, 0x08, MIDGE__DNS_FOREIGN}, /* another operation */
        {2, 0x02, MIDGE__DNS_TRUNCATED},   {5, 1, MIDGE__DNS_FOREIGN},
        {5, 3, MIDGE__DNS_FOREIGN},        {13, 1, MIDGE__DNS_FOREIGN},
        {13, 0x20, MIDGE__DNS_WRONG_CASE}, {16, 2, MIDGE__DNS_FOREIGN},
        {25, 29, MIDGE__DNS_FOREIGN},      {27, 2, MIDGE__DNS_FOREIGN},
        {3, 2, MIDGE__DNS_FAILED},         {3, 5, MIDGE__DNS_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dns_answer a;
        begin(&a, 0);
        dns_address(&a, NAME, 4, 60, 1);
        a.bytes[cases[i].at] ^= cases[i].flip;
        assert_int_equal(read_answer(&a), cases[i].verdict);
    }
}

/* Some servers do not know EDNS, and answer with a header alone. */
static void bare_errors(void **state)
{
    static const uint8_t formerr[12] = {0x12, 0x34, 0x80, 0x81},
                         refused[12] = {0x12, 0x34, 0x80, 0x85};

    (void)state;
    assert_int_equal(read_bytes(formerr, 12, MIDGE__DNS_UDP), MIDGE__DNS_FAILED);
    assert_int_equal(answer.rcode, 1);
    assert_int_equal(read_bytes(refused, 12, MIDGE__DNS_UDP), MIDGE__DNS_FOREIGN);
}

static void by_tcp(void **state)
{
    struct dns_answer a;

    (void)state;
    begin(&a, 0);
    dns_address(&a, NAME, 4, 60, 1);
    a.bytes[2] |= 2;     /* truncated */
    a.bytes[13] ^= 0x20; /* other letters */
    assert_int_equal(read_bytes(a.bytes, a.len, MIDGE__DNS_TCP), MIDGE__DNS_FOUND);
    begin(&a, 0);
    dns_address(&a, NAME + 4, 4, 60, 1);
    assert_int_equal(read_bytes(a.bytes, a.len - 1, MIDGE__DNS_TCP_CUT), MIDGE__DNS_MALFORMED);
}

/* Pointers in the name of a record, which is NAME's otherwise. */
static void pointers(void **state)
{
    struct dns_answer a;

    (void)state;
    begin(&a, 0);
    const size_t record = a.len;
    dns_address(&a, (unsigned)record, 4, 60, 1); /* to itself */
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA);
    a.bytes[record] = 0xff; /* behind the message */
    a.bytes[record + 1] = 0xff;
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA);
    a.bytes[record] = 0x40; /* neither label nor pointer */
    assert_int_equal(read_answer(&a), MIDGE__DNS_MALFORMED);
    a.bytes[record] = 0x80;
    assert_int_equal(read_answer(&a), MIDGE__DNS_MALFORMED);
    begin(&a, 0); /* two that lead to each other, in the data of a record */
    dns_record(&a, 6, NAME + 4, 16, 60, 4);
    const unsigned data = (unsigned)a.len;
    dns_put16(&a, 0xc000 | (data + 2));
    dns_put16(&a, 0xc000 | data);
    dns_address(&a, data + 2, 4, 60, 1);
    assert_int_equal(read_answer(&a), MIDGE__DNS_NO_DATA);
}

/* A name of a thousand pointers is not followed to its end. */
static void many_pointers(void **state)
{
    for (unsigned n = 60; n <= 70; n++) {
        struct dns_answer a;
        begin(&a, 0);
        dns_record(&a, 6, NAME + 4, 16, 60, 2 * n);
        unsigned at = NAME;
        for (unsigned i = 0; i < n; i++) {
            unsigned here = (unsigned)a.len;
            dns_put16(&a, 0xc000 | at);
            at = here;
        }
        dns_address(&a, at, 4, 60, 1);
        assert_int_equal(read_answer(&a), n + 1 <= 64 ? MIDGE__DNS_FOUND : MIDGE__DNS_NO_DATA);
    }
    (void)state;
}

/* Each beginning of an answer, and each with one byte changed: none is read beyond. */
static void cut_and_changed(void **state)
{
    struct dns_answer a;

    (void)state;
    begin(&a, 0);
    unsigned alias = dns_alias(&a, NAME, 'a', 60);
    dns_address(&a, alias, 4, 60, 1);
    dns_soa(&a, NAME + 6, 60, 60);
    for (size_t len = 0; len < a.len; len++) {
        assert_int_not_equal(read_bytes(a.bytes, len, MIDGE__DNS_UDP), MIDGE__DNS_NO_NAME);
        (void)read_bytes(a.bytes, len, MIDGE__DNS_TCP_CUT);
    }
    for (size_t at = 0; at < a.len; at++) {
        const uint8_t kept = a.bytes[at];
        for (unsigned value = 0; value < 256; value++) {
            a.bytes[at] = (uint8_t)value;
            (void)read_answer(&a);
            assert_true(answer.count <= MIDGE_DNS_ADDRS);
        }
        a.bytes[at] = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions),        cmocka_unit_test(names_that_dns_cannot_have),
        cmocka_unit_test(addresses),        cmocka_unit_test(poison_does_not_count),
        cmocka_unit_test(aliases),          cmocka_unit_test(aliases_in_any_order),
        cmocka_unit_test(negative_answers), cmocka_unit_test(times),
        cmocka_unit_test(not_the_question), cmocka_unit_test(bare_errors),
        cmocka_unit_test(by_tcp),           cmocka_unit_test(pointers),
        cmocka_unit_test(many_pointers),    cmocka_unit_test(cut_and_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
