# SPDX-License-Identifier: MIT
# A part of run.cmake: the component of ESP-IDF, port/esp-idf, as far as that goes without ESP-IDF.
set(esp ${SOURCE}/tests/external/esp)
run(/usr/bin/python3 -B ${esp}/check.py before ${SOURCE} ${BUILD}/options)
list(FILTER common EXCLUDE REGEX "CMAKE_C_COMPILER=|CMAKE_BUILD_TYPE=")
# Not optimized: the test compiles faster, and looks at symbols only.
build(riscv32 ${esp} -DCMAKE_TOOLCHAIN_FILE=${esp}/toolchain.cmake -DCMAKE_BUILD_TYPE=Debug
    -DCMAKE_C_FLAGS_DEBUG=-O0 -DSOURCE=${SOURCE}
    -DMBEDTLS=${MBEDTLS} -DLWIP=${LWIP} -DCJSON=${CJSON} -DSDKCONFIG=${BUILD}/options)
run(/usr/bin/python3 -B ${esp}/check.py after ${SOURCE} ${BUILD}/options ${BUILD}/riscv32)
