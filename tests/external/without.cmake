# SPDX-License-Identifier: MIT
# A part of run.cmake: with a port of the user's, without any feature.
set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/no-packages) # no c-ares
file(REMOVE_RECURSE ${BUILD}/without)
build(midge-without ${SOURCE} -DMIDGE_PORT=none -DMIDGE_WITHOUT=all -DMIDGE_WERROR=ON
    -DMIDGE_DEPS_DIR=${BUILD}/deps -DCMAKE_INSTALL_PREFIX=${BUILD}/without -DCMAKE_INSTALL_LIBDIR=lib)
run(${CMAKE_COMMAND} --install ${BUILD}/midge-without)
build(consumer-without ${SOURCE}/tests/external/none -DCMAKE_PREFIX_PATH=${BUILD}/without)
run(${BUILD}/consumer-without/consumer-none)
file(READ ${BUILD}/without/lib/pkgconfig/midge.pc text)
file(READ ${BUILD}/without/lib/cmake/midge/midge-targets.cmake more)
if(NOT text MATCHES "-DMIDGE_WITH_TASKS=0" OR NOT more MATCHES "MIDGE_WITH_TASKS=0"
        OR text MATCHES "midge-cjson")
    message(FATAL_ERROR "users of a midge without features see others than it has:\n${text}\n${more}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD}/midge-typo ${common} -DMIDGE_PORT=none
    "-DMIDGE_WITHOUT=gather_all" -DMIDGE_DEPS_DIR=${BUILD}/deps
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE text)
if(NOT failed OR NOT text MATCHES "there is no feature 'gather_all'")
    message(FATAL_ERROR "MIDGE_WITHOUT accepts a feature that does not exist:\n${text}")
endif()
