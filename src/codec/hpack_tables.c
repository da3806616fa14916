/* SPDX-License-Identifier: MIT */
/* Written by hpack_tables.py. */
#include "codec/hpack_tables.h"

#if MIDGE_WITH_HTTP2

/* clang-format off */
const char midge__hpack_fields[] =
    "\012" ":authority" ""
    "\007" ":method" "GET"
    "\000" "" "POST"
    "\005" ":path" "/"
    "\000" "" "/index.html"
    "\007" ":scheme" "http"
    "\000" "" "https"
    "\007" ":status" "200"
    "\000" "" "204"
    "\000" "" "206"
    "\000" "" "304"
    "\000" "" "400"
    "\000" "" "404"
    "\000" "" "500"
    "\016" "accept-charset" ""
    "\017" "accept-encoding" "gzip, deflate"
    "\017" "accept-language" ""
    "\015" "accept-ranges" ""
    "\006" "accept" ""
    "\033" "access-control-allow-origin" ""
    "\003" "age" ""
    "\005" "allow" ""
    "\015" "authorization" ""
    "\015" "cache-control" ""
    "\023" "content-disposition" ""
    "\020" "content-encoding" ""
    "\020" "content-language" ""
    "\016" "content-length" ""
    "\020" "content-location" ""
    "\015" "content-range" ""
    "\014" "content-type" ""
    "\006" "cookie" ""
    "\004" "date" ""
    "\004" "etag" ""
    "\006" "expect" ""
    "\007" "expires" ""
    "\004" "from" ""
    "\004" "host" ""
    "\010" "if-match" ""
    "\021" "if-modified-since" ""
    "\015" "if-none-match" ""
    "\010" "if-range" ""
    "\023" "if-unmodified-since" ""
    "\015" "last-modified" ""
    "\004" "link" ""
    "\010" "location" ""
    "\014" "max-forwards" ""
    "\022" "proxy-authenticate" ""
    "\023" "proxy-authorization" ""
    "\005" "range" ""
    "\007" "referer" ""
    "\007" "refresh" ""
    "\013" "retry-after" ""
    "\006" "server" ""
    "\012" "set-cookie" ""
    "\031" "strict-transport-security" ""
    "\021" "transfer-encoding" ""
    "\012" "user-agent" ""
    "\004" "vary" ""
    "\003" "via" ""
    "\020" "www-authenticate" ""
;

const uint16_t midge__hpack_places[] = {
    0, 11, 22, 27, 34, 46, 58, 64, 75, 79, 83, 87, 91, 95, 99, 114,
    143, 159, 173, 180, 208, 212, 218, 232, 246, 266, 283, 300, 315, 332, 346, 359,
    366, 371, 376, 383, 391, 396, 401, 410, 428, 442, 451, 471, 485, 490, 499, 512,
    531, 551, 557, 565, 573, 585, 592, 603, 629, 647, 658, 663, 667, 684};

const uint32_t midge__hpack_codes[] = {
    0x00000000, 0x50000000, 0xb8000000, 0xf8000000, 0xfe000000, 0xff400000, 0xffa00000, 0xffc00000, 0xfff00000, 0xfff80000, 0xfffe0000, 0xfffe6000, 0xfffee000, 0xffff4800, 0xffffb000, 0xffffea00,
    0xfffff600, 0xfffff800, 0xfffffbc0, 0xfffffe20, 0xfffffff0};

const uint8_t midge__hpack_code_bits[] = {
    5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24,
    25, 26, 27, 28};

const uint8_t midge__hpack_code_symbols[] = {
    0, 10, 36, 68, 74, 79, 82, 84, 90, 92, 95, 98, 106, 119, 145, 174,
    186, 190, 205, 224};

const uint8_t midge__hpack_symbols[] = {
    48, 49, 50, 97, 99, 101, 105, 111, 115, 116, 32, 37, 45, 46, 47, 51,
    52, 53, 54, 55, 56, 57, 61, 65, 95, 98, 100, 102, 103, 104, 108, 109,
    110, 112, 114, 117, 58, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76,
    77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 89, 106, 107, 113, 118,
    119, 120, 121, 122, 38, 42, 44, 59, 88, 90, 33, 34, 40, 41, 63, 39,
    43, 124, 35, 62, 0, 36, 64, 91, 93, 126, 94, 125, 60, 96, 123, 92,
    195, 208, 128, 130, 131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177,
    179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134, 136, 146, 154, 156, 160,
    163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232,
    233, 1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157,
    158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9, 142,
    144, 145, 148, 159, 171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193,
    200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255, 203, 204, 211,
    212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254,
    2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20,
    21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249};

/* clang-format on */

#endif
