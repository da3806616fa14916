# SPDX-License-Identifier: MIT
# A part of run.cmake: on midge's own mbedTLS, and from C++.
file(REMOVE_RECURSE ${BUILD}/owned)
installed(owned)
build(consumer-cxx-installed ${SOURCE}/tests/external/cxx -DCMAKE_PREFIX_PATH=${BUILD}/owned)
build(consumer-cxx ${SOURCE}/tests/external/cxx -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
run(${BUILD}/consumer-cxx-installed/consumer-cxx)
run(${BUILD}/consumer-cxx/consumer-cxx)
