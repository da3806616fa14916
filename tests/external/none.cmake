# SPDX-License-Identifier: MIT
# A part of run.cmake: with a port of the user's.
set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/no-packages) # no c-ares
file(REMOVE_RECURSE ${BUILD}/none)
build(midge-none ${SOURCE} -DMIDGE_PORT=none -DMIDGE_DEPS_DIR=${BUILD}/deps
    -DCMAKE_INSTALL_PREFIX=${BUILD}/none -DCMAKE_INSTALL_LIBDIR=lib)
run(${CMAKE_COMMAND} --install ${BUILD}/midge-none)
build(consumer-none-installed ${SOURCE}/tests/external/none -DCMAKE_PREFIX_PATH=${BUILD}/none)
build(consumer-none ${SOURCE}/tests/external/none -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
run(${BUILD}/consumer-none-installed/consumer-none)
run(${BUILD}/consumer-none/consumer-none)
