/* SPDX-License-Identifier: MIT */
/* Manifests (midge/update.h) for tests, signed by a key whose secret part was thrown away. All but
   one are for product "thermostat", hardware "rev-c", and most for images of update_image. */
#ifndef UPDATE_MANIFESTS_H
#define UPDATE_MANIFESTS_H

#include <stdint.h>

#define UPDATE_SIZE 2900U

/* Byte i of the image of a version. */
static inline uint8_t update_image(uint32_t version, uint32_t i)
{
    return (uint8_t)(i * 7 + version * 13 + (i >> 8) * 31);
}

static const uint8_t update_key[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x34, 0x56, 0xeb, 0xc3, 0x6e,
    0x87, 0x60, 0x58, 0x52, 0xd7, 0xd3, 0xb1, 0xf3, 0x65, 0x9a, 0x81, 0xbc, 0xf5, 0xff, 0x7c, 0xaa,
    0x03, 0x5e, 0xdb, 0x7a, 0xd0, 0x52, 0x94, 0xab, 0x8d, 0x8c, 0x06, 0x86, 0xeb, 0xfa, 0x35, 0x34,
    0x8b, 0xed, 0x50, 0x0e, 0x42, 0xfe, 0xd3, 0x97, 0x1f, 0x50, 0xdf, 0x03, 0xca, 0xbc, 0x05, 0x74,
    0x15, 0xb6, 0x12, 0x7d, 0x54, 0x98, 0xe6, 0x98, 0xc8, 0x11, 0xa6};

#define UPDATE_GOOD                                                                                \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: a1f4910348b3ff6c0f890d8ce41a874c73d4c21d968d81a5d8f840a59f565d0a\n"                   \
    "signature: 3044022033f6e95d8ec6ed44818ac47cca21658bb3b813dc26d521c6c00"                       \
    "e4c0c43d056ba022062d114f332c6d9468c82272f24715995c7c4bb372c5df967a24726fc30d2e"               \
    "fc8\n"

#define UPDATE_NEXT                                                                                \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 18\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: 38a76d3f46f492f09b62e32bdb3fb2150493bb6fad65652d9b09e22cbbe907b0\n"                   \
    "signature: 3045022037de002c572f32919fa5974818b5a57bbd16ce29e2e8a64d080"                       \
    "4b6b3f292eb96022100cc66df4e1ae92017a8fa5db7abd70394f96e3d35f92f9877b4292a8ab4c"               \
    "47a97\n"

#define UPDATE_OLD                                                                                 \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 15\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: 8ebb438d0cde2a9a7eb107407d06a6dd6ed34a6d64dc8b8a47aa2ef822a50357\n"                   \
    "signature: 304402207f4bf17f9fc44697b4ecf493697317fa4c7b738970496b5a6b0"                       \
    "2e7fe7e07c27e022003509ef9c7e642ded29c9050c68478c6f90e881171d559191decd19492fbe"               \
    "0ea\n"

#define UPDATE_SAME                                                                                \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 16\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: 3abec709505b5d0b9bd37589bc9fa5c7a92db8f831c079bf2e39364c913fd6d2\n"                   \
    "signature: 30450220196020743d9e1c7389ba0dd221579cf146238a9e486c02671f3"                       \
    "7deb7920c5af8022100c508a861ac1b2a41161d4d2a2d1b35e6e02de4197ea7649e39cc413419d"               \
    "92bed\n"

#define UPDATE_OTHER_PRODUCT                                                                       \
    "midge-update 1\n"                                                                             \
    "product: thermostat2\n"                                                                       \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: a1f4910348b3ff6c0f890d8ce41a874c73d4c21d968d81a5d8f840a59f565d0a\n"                   \
    "signature: 304502210086b7fb1b424fc1e1793000614e666718baa5e6012055cf145"                       \
    "42c9e278551424a02205dda90375d23e8582dbbdb82f3f1d7e856a3d7f7ec9cfaf83e7111ff5bc"               \
    "2c2b6\n"

#define UPDATE_OTHER_HARDWARE                                                                      \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-\n"                                                                             \
    "version: 17\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: a1f4910348b3ff6c0f890d8ce41a874c73d4c21d968d81a5d8f840a59f565d0a\n"                   \
    "signature: 3045022019248cb8c2afd50a128ec8e8560ab5360ade41b9ea86ee9acff"                       \
    "037d6b0f58dfe022100fae80ba9776229c846a6534f34f7d5f07964f606e67fc75ab3ba8b384da"               \
    "50d55\n"

#define UPDATE_FORGED                                                                              \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: a1f4910348b3ff6c0f890d8ce41a874c73d4c21d968d81a5d8f840a59f565d0a\n"                   \
    "signature: 304402203e6f3f5cc64ad3b7baf907c27fcae3572e66f8b99d6ae575719"                       \
    "3d83fb2b55c49022066213bb9c5b064ff67fa85a5953ad33ed2268f1c070f6c799796a67336277"               \
    "bc1\n"

#define UPDATE_WRONG_SIZE                                                                          \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 2901\n"                                                                                 \
    "sha256: a1f4910348b3ff6c0f890d8ce41a874c73d4c21d968d81a5d8f840a59f565d0a\n"                   \
    "signature: 3046022100be1958fe64bce1e010b44860989a2ce4cda58edfbba204942"                       \
    "e4594ec8228c8b6022100ada03abd5709ef86dfb37d27cc21ac2cd6b4f36fdc17a57b0b7596b03"               \
    "582a5cf\n"

#define UPDATE_WRONG_HASH                                                                          \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 2900\n"                                                                                 \
    "sha256: 5a1e43f38443e2adbf88746c2ec00c4ac32800d6bef579569ca8efa616be8f89\n"                   \
    "signature: 3046022100b7aba6a75af004a5d0dbf76e0e7d385e7acd482e684a4a808"                       \
    "536cc6c3695bef9022100baef62b5590fbe057d1a53f3fd33a706f3ba865b3f9cfbd2b45ef1db6"               \
    "6174b85\n"

#define UPDATE_TOO_LARGE                                                                           \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 1048576\n"                                                                              \
    "sha256: d02dda9426e8d8beea0e1a52851a2f6e0015b27cc5016c2449e8ed266c1e67cb\n"                   \
    "signature: 30450221008a4ff4e71532953ce45dff692951ca2794cdca0f14aa03192"                       \
    "4ff86a09cfa45f002203d58d4860e9e06ccee991c6f0f3d6137c49ec2100fa6248c56994220cae"               \
    "0d0b2\n"

#define UPDATE_TWO_BLOCKS                                                                          \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 1024\n"                                                                                 \
    "sha256: eee49a04c84668e1c59f20cca7b2757772a809dc3a3bd562332ebbae17245221\n"                   \
    "signature: 3046022100e18095e4194c1c2efdbc4f6111c76ffab91b510a41c7123da"                       \
    "638720226a70eb102210084387c0b8c2b25a8a96b353bc7f38ae56af3eb7ca17e154c10a0312ef"               \
    "cfed685\n"

#define UPDATE_TINY                                                                                \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "hardware: rev-c\n"                                                                            \
    "version: 17\n"                                                                                \
    "size: 1\n"                                                                                    \
    "sha256: 2795044ce0f83f718bc79c5f2add1e52521978df91ce9b7f82c9097191d33602\n"                   \
    "signature: 30450221008d0cc88ea18a65d6fa35d9eac083d6344f1b378cc5685b925"                       \
    "a30b8c35e6ab61202203f8bca64cca1a62483b13823dc8b8d1218d029dd3a5b6fe8b3214bae65d"               \
    "a4d6c\n"

#define UPDATE_ODD_FORM                                                                            \
    "midge-update 1\n"                                                                             \
    "product: thermostat\n"                                                                        \
    "signature: 304502207a8771ed958eefbe7d08137a5b2c5ce7d037a7c007a6409d918"                       \
    "ab23ebd60a9f9022100b85906cb6933b64d2e829ef34ef4dbc815a7b87146ce2cf7b458fa288e1"               \
    "80a1a\n"

#endif
