# SPDX-License-Identifier: MIT
# A part of run.cmake: on an mbedTLS that midge did not configure.
build(mbedtls ${MBEDTLS} -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF -DGEN_FILES=OFF
    -DCMAKE_INSTALL_PREFIX=${BUILD}/external)
file(REMOVE_RECURSE ${BUILD}/external)
run(${CMAKE_COMMAND} --install ${BUILD}/mbedtls)
installed(external -DCMAKE_PREFIX_PATH=${BUILD}/external)

# What an mbedTLS that midge did not build does with certificate chains, as include/midge/tls.h says.
build(program-external ${SOURCE} -DMIDGE_TLS=external -DMIDGE_DEPS_DIR=${BUILD}/deps
    -DMIDGE_TESTS=OFF -DCMAKE_PREFIX_PATH=${BUILD}/external)
run(${CMAKE_COMMAND} -E env MIDGE_TLS=external MIDGE_BIN=${BUILD}/program-external/midge
    /usr/bin/python3 -B ${SOURCE}/tests/net/test_chains.py)
