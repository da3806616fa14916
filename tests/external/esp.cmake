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

# With compressed bodies: zlib's files are found, from the project's folder, and where they are missing
# that is said.
file(MAKE_DIRECTORY ${BUILD}/project)
file(CREATE_LINK ${ZLIB} ${BUILD}/project/zlib SYMBOLIC)
foreach(where project nothing)
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${esp} -B ${BUILD}/gunzip-${where} ${common}
        -DCMAKE_TOOLCHAIN_FILE=${esp}/toolchain.cmake -DSOURCE=${SOURCE} -DMBEDTLS=${MBEDTLS} -DLWIP=${LWIP}
        -DCJSON=${CJSON} -DSDKCONFIG=${BUILD}/options/gunzip -DPROJECT=${BUILD}/${where}
        RESULT_VARIABLE failed OUTPUT_VARIABLE out ERROR_VARIABLE out)
    string(FIND "${out}" "needs CONFIG_MIDGE_ZLIB_DIR" said)
    if((where STREQUAL "project" AND failed) OR (where STREQUAL "nothing" AND (NOT failed OR said LESS 0)))
        message(FATAL_ERROR "compressed bodies, zlib in ${where}:\n${out}")
    endif()
endforeach()

# Handshakes on the desktop: 20 s of CPU, so only when asked for.
if(DEFINED ENV{MIDGE_ESP_HANDSHAKES})
    build(handshakes ${esp}/handshakes -DCMAKE_BUILD_TYPE=Debug -DSOURCE=${SOURCE} -DMBEDTLS=${MBEDTLS}
        -DCJSON=${CJSON} -DSDKCONFIG=${BUILD}/options)
    run(${CMAKE_COMMAND} -E chdir ${SOURCE} ${BUILD}/handshakes/handshakes)
endif()
