# SPDX-License-Identifier: MIT
# A part of run.cmake: on port/bsd, without any package of this machine. Installed; and for aarch64,
# where the whole program is linked, as nothing is missing.
set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/no-packages) # no c-ares
file(REMOVE_RECURSE ${BUILD}/bsd)
build(midge-bsd ${SOURCE} -DMIDGE_PORT=bsd -DMIDGE_TESTS=OFF -DMIDGE_PROGRAM=OFF
    -DMIDGE_DEPS_DIR=${BUILD}/deps
    -DCMAKE_INSTALL_PREFIX=${BUILD}/bsd -DCMAKE_INSTALL_LIBDIR=lib)
run(${CMAKE_COMMAND} --install ${BUILD}/midge-bsd)
set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/bsd/lib/pkgconfig)
build(consumer-bsd-installed ${SOURCE}/tests/external/bsd -DCMAKE_PREFIX_PATH=${BUILD}/bsd)
fetch(${BUILD}/consumer-bsd-installed/consumer-bsd ${BUILD}/consumer-bsd-installed/consumer-bsd-pkgconfig)

set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/no-packages)
message(STATUS "building consumer-bsd-aarch64")
run(${CMAKE_COMMAND} -S ${SOURCE}/tests/external/bsd -B ${BUILD}/consumer-bsd-aarch64 -G Ninja
    -DMIDGE_SOURCE=${SOURCE} -DMIDGE_DEPS_DIR=${BUILD}/deps -DCMAKE_C_COMPILER_LAUNCHER=${LAUNCHER}
    -DCMAKE_TOOLCHAIN_FILE=${SOURCE}/tests/external/aarch64.cmake -DMIDGE_BSD_SELECT=ON)
run(${CMAKE_COMMAND} --build ${BUILD}/consumer-bsd-aarch64)
run(aarch64-linux-gnu-readelf -d ${BUILD}/consumer-bsd-aarch64/consumer-bsd OUTPUT needs)
string(REGEX MATCHALL "NEEDED[^\n]*" needs "${needs}")
list(FILTER needs EXCLUDE REGEX "\\[(libc|libm|ld-linux-aarch64)\\.so")
if(needs)
    message(FATAL_ERROR "a program on port/bsd needs more than the C library: ${needs}")
endif()
