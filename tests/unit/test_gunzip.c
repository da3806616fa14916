/* SPDX-License-Identifier: MIT */
/* Compressed bodies in every split, right and wrong. */
#include "gunzip_fixture.h"

/* The error of the packed bytes in pieces of that size. */
static int in_pieces(enum midge_encoding encoding, size_t size)
{
    begin(encoding);
    return gunzip_all(&gunzip, packed.data, packed.len, size);
}

/* All sizes of a short body, some of a long one. */
static size_t next_size(size_t size)
{
    return packed.len < 600 || size < 20 ? size + 1 : size + size / 3;
}

static void good(enum midge_encoding encoding, const void *text, size_t len)
{
    for (size_t size = 1; size <= packed.len + 1; size = next_size(size)) {
        const int err = in_pieces(encoding, size);
        if (err != MIDGE_OK) {
            fail_msg("in pieces of %zu: %s, %s", size, midge_err_name(err), gunzip.why);
        }
        is_whole(text, len);
        assert_int_equal(gunzip.read, packed.len);
    }
}

static void good_text(enum midge_encoding encoding)
{
    good(encoding, packed.text, packed.text_len);
}

/* len: bytes that are passed on before the fault. */
static void bad(enum midge_encoding encoding, int expected, const char *why, size_t len)
{
    for (size_t size = 1; size <= packed.len + 1; size = next_size(size)) {
        const int err = in_pieces(encoding, size);
        if (err != expected || strstr(gunzip.why, why) == NULL) {
            fail_msg("in pieces of %zu: %s, %s", size, midge_err_name(err), gunzip.why);
        }
        assert_int_equal(taken.len, len);
        assert_int_equal(taken.finishes, 1);
        assert_int_equal(taken.finish_err, expected);
        assert_int_equal(taken.complete, MIDGE_COMPLETE_NO);
        assert_int_equal(core.live_bytes, 0);
    }
}

static void pack_abc(void)
{
    packed_fixed(&packed, true);
    packed_text(&packed, "abc");
    packed_match(&packed, 3, 9);
    packed_end(&packed);
}

/* --- gzip --- */

static void each_header(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 32; flags++) {
        packed.len = 0;
        packed_gzip(&packed, flags);
        pack_abc();
        packed_gzip_end(&packed);
        good(MIDGE_ENCODING_GZIP, "abcabcabcabc", 12);
    }
}

static void bad_headers(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *why;
    } rows[] = {
        {0, 0x1e, "does not begin"},     {1, 0x8a, "does not begin"},
        {2, 7, "does not begin"},        {3, 0x22, "unknown flags"},
        {3, 0x40, "unknown flags"},      {3, 0x80, "unknown flags"},
        {10, 0, "checksum of the gzip"}, {11, 0, "checksum of the gzip"},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        packed.len = 0;
        packed_gzip(&packed, 2);
        pack_abc();
        packed_gzip_end(&packed);
        assert_int_not_equal(packed.data[rows[i].at], rows[i].value);
        packed.data[rows[i].at] = rows[i].value;
        bad(MIDGE_ENCODING_GZIP, MIDGE_ERR_ENCODING, rows[i].why, 0);
    }
}

static void empty_parts(void **state)
{
    (void)state;
    packed_bytes(&packed, "\x1f\x8b\x08\x0c\0\0\0\0\0\0\0\0\0", 13); /* extra field and name */
    pack_abc();
    packed_gzip_end(&packed);
    good(MIDGE_ENCODING_GZIP, "abcabcabcabc", 12);
}

/* Each byte of the trailer, wrong. */
static void bad_trailers(void **state)
{
    (void)state;
    packed_gzip(&packed, 0);
    pack_abc();
    packed_gzip_end(&packed);
    for (size_t i = 1; i <= 8; i++) {
        packed.data[packed.len - i] ^= 0x10;
        bad(MIDGE_ENCODING_GZIP, MIDGE_ERR_ENCODING, i > 4 ? "wrong checksum" : "wrong length", 12);
        packed.data[packed.len - i] ^= 0x10;
    }
    good_text(MIDGE_ENCODING_GZIP);
}

static void several_members(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        packed_gzip(&packed, i * 8);
        pack_abc();
        packed_gzip_end(&packed);
    }
    good(MIDGE_ENCODING_GZIP, "abcabcabcabcabcabcabcabcabcabcabcabc", 36);
    packed_byte(&packed, 0x1f); /* one more that is cut */
    bad(MIDGE_ENCODING_GZIP, MIDGE_ERR_PARTIAL, "too early", 36);
    packed.data[packed.len - 1] = 0;
    bad(MIDGE_ENCODING_GZIP, MIDGE_ERR_ENCODING, "behind the end", 36);
}

/* A reference into the member before is a fault. */
static void members_are_apart(void **state)
{
    (void)state;
    packed_gzip(&packed, 0);
    pack_abc();
    packed_gzip_end(&packed);
    packed_gzip(&packed, 0);
    packed_fixed(&packed, true);
    packed_match(&packed, 3, 3);
    packed_end(&packed);
    packed_gzip_end(&packed);
    bad(MIDGE_ENCODING_GZIP, MIDGE_ERR_ENCODING, "distance", 12);
}

/* --- deflate --- */

static void zlib_and_raw(void **state)
{
    (void)state;
    packed_zlib(&packed, 15);
    pack_abc();
    packed_zlib_end(&packed);
    good_text(MIDGE_ENCODING_DEFLATE);
    packed_byte(&packed, 0);
    bad(MIDGE_ENCODING_DEFLATE, MIDGE_ERR_ENCODING, "behind the end", 12);

    setup(NULL);
    pack_abc();
    packed_align(&packed);
    good_text(MIDGE_ENCODING_DEFLATE);
    packed_byte(&packed, 0);
    bad(MIDGE_ENCODING_DEFLATE, MIDGE_ERR_ENCODING, "behind the end", 12);

    setup(NULL);
    packed_fixed(&packed, true); /* two bytes in all */
    packed_end(&packed);
    packed_align(&packed);
    assert_int_equal(packed.len, 2);
    good_text(MIDGE_ENCODING_DEFLATE);
}

static void bad_zlib(void **state)
{
    (void)state;
    packed_bytes(&packed, "\x78\xbb", 2); /* FDICT */
    bad(MIDGE_ENCODING_DEFLATE, MIDGE_ERR_ENCODING, "dictionary", 0);
    for (size_t i = 1; i <= 4; i++) {
        setup(NULL);
        packed_zlib(&packed, 10);
        pack_abc();
        packed_zlib_end(&packed);
        packed.data[packed.len - i] ^= 1;
        bad(MIDGE_ENCODING_DEFLATE, MIDGE_ERR_ENCODING, "wrong checksum", 12);
    }
}

/* --- the data --- */

/* 2086 bytes of words, by dynamic codes. */
static const uint8_t dynamic_block[] = {
    0x7d, 0x55, 0xbb, 0x6e, 0xc3, 0x30, 0x0c, 0xdc, 0xf9, 0x15, 0x84, 0xe7, 0x64, 0x68, 0xbb, 0xf5,
    0x57, 0x82, 0x0e, 0x2a, 0x6a, 0xa4, 0x43, 0x52, 0x74, 0xc8, 0x50, 0xa0, 0xe8, 0xbf, 0x57, 0xa2,
    0x28, 0xbe, 0x44, 0x39, 0x30, 0x6c, 0x87, 0x22, 0xa9, 0x3b, 0xf2, 0x44, 0x5f, 0x9e, 0x4e, 0xcf,
    0xa7, 0x97, 0xb7, 0xdf, 0xed, 0xab, 0xdc, 0xf7, 0xed, 0x15, 0xb7, 0x9f, 0xed, 0xef, 0x7c, 0xc6,
    0x72, 0xfb, 0xfe, 0x2c, 0x88, 0x1f, 0xfb, 0xed, 0x51, 0xe8, 0xfd, 0x5a, 0xee, 0xf7, 0xf2, 0xbe,
    0x3f, 0x8a, 0xf3, 0x64, 0x0f, 0xa8, 0x11, 0x6d, 0x4d, 0xdd, 0xbb, 0xf9, 0xd2, 0x93, 0x53, 0x2c,
    0x48, 0x06, 0x7a, 0x41, 0xa4, 0x07, 0xdd, 0x28, 0x42, 0xc3, 0xe8, 0xa6, 0xab, 0x97, 0x04, 0x21,
    0xb9, 0xd4, 0x4d, 0xd5, 0xd5, 0x6d, 0x48, 0xb9, 0x5c, 0x00, 0x4c, 0xf9, 0x26, 0x2e, 0xcb, 0xd8,
    0xe6, 0x99, 0x81, 0x60, 0x1b, 0xa2, 0xb3, 0x32, 0x3b, 0xe6, 0x47, 0xd9, 0xd6, 0xa8, 0xc8, 0x54,
    0x79, 0x40, 0x62, 0x46, 0xd4, 0xc2, 0x13, 0x3b, 0xa9, 0x70, 0xd8, 0xb1, 0xc6, 0xc7, 0xff, 0x02,
    0xed, 0x90, 0x25, 0x48, 0xc6, 0xc3, 0x7c, 0x84, 0x20, 0x4b, 0xc2, 0x5d, 0x3f, 0xa8, 0x8d, 0xef,
    0xb9, 0xa0, 0xd2, 0xd2, 0xb4, 0xb5, 0xc6, 0x5f, 0xbb, 0x9f, 0x97, 0x18, 0x82, 0x50, 0x42, 0x09,
    0x82, 0x64, 0x40, 0xb6, 0x84, 0x99, 0x49, 0xa7, 0x6e, 0x01, 0x32, 0xa0, 0x8a, 0xa3, 0xfd, 0x82,
    0xc0, 0xd9, 0x31, 0x20, 0x69, 0x1b, 0x34, 0xd5, 0x73, 0xfc, 0xbc, 0x4b, 0x73, 0x90, 0xe0, 0xea,
    0xd8, 0xaf, 0x49, 0x57, 0xce, 0x60, 0xc5, 0xb2, 0xec, 0xa8, 0xc7, 0xb3, 0xa0, 0x87, 0xa8, 0x21,
    0x79, 0x41, 0x15, 0x99, 0x5b, 0xcf, 0x9c, 0xbd, 0x36, 0x33, 0xb1, 0xaf, 0x53, 0x8c, 0x12, 0x8d,
    0xe7, 0xdc, 0x62, 0x81, 0x42, 0x25, 0x1d, 0xce, 0xa0, 0xf8, 0xac, 0x62, 0xb5, 0xcf, 0x68, 0xf2,
    0x59, 0xde, 0xc1, 0x90, 0x8f, 0x2d, 0xce, 0x30, 0xa6, 0x48, 0x57, 0x44, 0xa0, 0xa1, 0x87, 0x63,
    0xc6, 0x9c, 0x9c, 0x64, 0x46, 0x09, 0x2c, 0xe8, 0xd9, 0x5d, 0x99, 0x98, 0x33, 0x93, 0xa8, 0x62,
    0xd9, 0x58, 0x80, 0xe8, 0x6a, 0x67, 0x28, 0x58, 0xea, 0xb9, 0xb2, 0x60, 0x32, 0x8f, 0xae, 0x78,
    0x2a, 0x00, 0x3c, 0x65, 0x54, 0xf3, 0x60, 0xcf, 0x6f, 0xd4, 0x10, 0xcc, 0xe5, 0x88, 0x2e, 0x5c,
    0x70, 0x39, 0xf2, 0x0c, 0xd6, 0xb6, 0xb6, 0xb3, 0x50, 0xf5, 0x6a, 0xbd, 0x18, 0x8d, 0x0a, 0xc0,
    0xa7, 0x8d, 0xa8, 0x28, 0xba, 0x6d, 0xa2, 0x69, 0xbd, 0xcb, 0xa2, 0xe2, 0xfa, 0xd5, 0x5b, 0xcb,
    0x39, 0x4c, 0x21, 0x8d, 0xec, 0x93, 0x76, 0x7c, 0x91, 0x7a, 0xb9, 0x6b, 0x4b, 0xda, 0x65, 0x99,
    0xa2, 0x1d, 0x98, 0x6e, 0x10, 0x79, 0x4e, 0x5c, 0x2f, 0x4a, 0x9c, 0x76, 0x0c, 0x06, 0x5a, 0x51,
    0xa9, 0x11, 0x97, 0x90, 0x9f, 0x05, 0x0d, 0xa6, 0x09, 0x12, 0xba, 0x18, 0xd0, 0x46, 0x5c, 0xff,
};

static void dynamic_codes(void **state)
{
    (void)state;
    packed_gzip(&packed, 0);
    packed_bytes(&packed, (const char *)dynamic_block, sizeof dynamic_block);
    packed_bytes(&packed, "\x1c\x20\x08\xdd\x26\x08\x00\x00", 8);
    for (size_t size = 1; size <= packed.len; size++) {
        assert_int_equal(in_pieces(MIDGE_ENCODING_GZIP, size), MIDGE_OK);
        assert_int_equal(taken.len, 2086);
        assert_int_equal(packed_crc(taken.bytes, taken.len), 0xdd08201c);
    }
}

static void blocks_of_all_kinds(void **state)
{
    char text[3000];
    (void)state;
    memset(text, 'x', sizeof text);
    packed_gzip(&packed, 0);
    packed_stored(&packed, false, "", 0);
    packed_stored(&packed, false, text, sizeof text);
    packed_fixed(&packed, false);
    packed_end(&packed);
    packed_fixed(&packed, false);
    packed_text(&packed, "hello, \xff\x90");
    packed_match(&packed, 2000, 258);
    packed_match(&packed, 1, 10);
    packed_end(&packed);
    packed_stored(&packed, true, "", 0);
    packed_gzip_end(&packed);
    good_text(MIDGE_ENCODING_GZIP);
}

static void malformed_data(void **state)
{
    static const struct {
        const char *data;
        size_t len;
        const char *why;
    } rows[] = {
        {"\x07", 1, "invalid block type"},
        {"\x01\x00\x00\x00\x00", 5, "invalid stored block lengths"},
        {"\x05\xc0\x81", 3, ""}, /* dynamic: 286 codes, then too few bits */
        {"\xfd\xff\xff\xff\xff", 5, "too many"},
        {"\x04\x00\xfe\xff\xff\xff", 6, "invalid code lengths set"},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        packed.len = 0;
        packed_gzip(&packed, 0);
        packed_bytes(&packed, rows[i].data, rows[i].len);
        bad(MIDGE_ENCODING_GZIP, rows[i].why[0] != '\0' ? MIDGE_ERR_ENCODING : MIDGE_ERR_PARTIAL,
            rows[i].why, 0);
    }
}

/* Cut at each byte: an error, and never "complete". Nothing at all is an empty body. */
static void cut_at_each_byte(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        setup(NULL);
        const enum midge_encoding how = kind == 0 ? MIDGE_ENCODING_GZIP : MIDGE_ENCODING_DEFLATE;
        if (kind == 0) {
            packed_gzip(&packed, 31);
        } else if (kind == 1) {
            packed_zlib(&packed, 15);
        }
        pack_abc();
        packed_align(&packed);
        if (kind == 0) {
            packed_gzip_end(&packed);
        } else if (kind == 1) {
            packed_zlib_end(&packed);
        }
        for (const size_t whole = packed.len; packed.len > 1;) {
            packed.len--;
            assert_int_equal(in_pieces(how, whole), MIDGE_ERR_PARTIAL);
            assert_int_equal(taken.complete, MIDGE_COMPLETE_NO);
            assert_int_equal(taken.finish_err, MIDGE_ERR_PARTIAL);
        }
        packed.len = 0;
        assert_int_equal(in_pieces(how, 1), MIDGE_OK);
        is_whole("", 0);
    }
}

/* --- the window --- */

/* A window's bytes without a repeat that a wrong window would hide, then one reference. */
static void pack_reference(unsigned bits, unsigned distance, unsigned before)
{
    static char text[65535];
    for (unsigned i = 0; i < before; i++) {
        text[i] = (char)(i * 7 + i / 251);
    }
    setup(NULL);
    packed_zlib(&packed, bits);
    packed_stored(&packed, false, text, (uint16_t)before);
    packed_fixed(&packed, true);
    packed_match(&packed, distance, 5);
    packed_end(&packed);
    packed_zlib_end(&packed);
}

static void each_window(void **state)
{
    (void)state;
    for (unsigned bits = 8; bits <= 15; bits++) {
        const unsigned window = 1U << bits;
        pack_reference(bits, window, window + 300);
        good_text(MIDGE_ENCODING_DEFLATE);
        pack_reference(bits, window, window);
        good_text(MIDGE_ENCODING_DEFLATE);
        pack_reference(bits, window - 100, window - 100); /* the window is not full yet */
        good_text(MIDGE_ENCODING_DEFLATE);
        pack_reference(bits, window - 99, window - 100);
        bad(MIDGE_ENCODING_DEFLATE, MIDGE_ERR_ENCODING, "distance", window - 100);
        if (bits < 15) {
            pack_reference(bits, window + 1, window + 300);
            bad(MIDGE_ENCODING_DEFLATE, MIDGE_ERR_WINDOW, "beyond the window", window + 300);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_header),         TEST(bad_headers),     TEST(empty_parts),
        TEST(bad_trailers),        TEST(several_members), TEST(members_are_apart),
        TEST(zlib_and_raw),        TEST(bad_zlib),        TEST(dynamic_codes),
        TEST(blocks_of_all_kinds), TEST(malformed_data),  TEST(cut_at_each_byte),
        TEST(each_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
