# SPDX-License-Identifier: MIT
# midge as others use it, built and run:
#
#   external  on an mbedTLS 3.6 that its own CMake built with its own default configuration,
#             installed, found by find_package(midge) and by pkg-config
#   owned     the same with midge's mbedTLS
#   subdirectory  by add_subdirectory
#
# cmake -DSOURCE= -DBUILD= -DMBEDTLS= -DCJSON= [-DCOMPILER=] [-DLAUNCHER=] -P run.cmake
foreach(given SOURCE BUILD MBEDTLS CJSON)
    if(NOT ${given})
        message(FATAL_ERROR "run.cmake needs -D${given}=")
    endif()
endforeach()
set(common -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo)
if(COMPILER)
    list(APPEND common -DCMAKE_C_COMPILER=${COMPILER})
endif()
if(LAUNCHER)
    list(APPEND common -DCMAKE_C_COMPILER_LAUNCHER=${LAUNCHER})
endif()
# The trees that the build around us found, whatever their folders are called.
file(MAKE_DIRECTORY ${BUILD}/deps)
file(CREATE_LINK ${MBEDTLS} ${BUILD}/deps/mbedtls SYMBOLIC)
file(CREATE_LINK ${CJSON} ${BUILD}/deps/cjson SYMBOLIC)

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(failed)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "failed: ${command}\n${out}")
    endif()
endfunction()

# build(NAME SOURCE OPTIONS…): configure and build in BUILD/NAME.
function(build name source)
    message(STATUS "building ${name}")
    file(REMOVE ${BUILD}/${name}/CMakeCache.txt)
    run(${CMAKE_COMMAND} -S ${source} -B ${BUILD}/${name} ${common} ${ARGN})
    run(${CMAKE_COMMAND} --build ${BUILD}/${name})
endfunction()

build(mbedtls ${MBEDTLS} -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF -DGEN_FILES=OFF
    -DCMAKE_INSTALL_PREFIX=${BUILD}/external)
file(REMOVE_RECURSE ${BUILD}/external ${BUILD}/owned)
run(${CMAKE_COMMAND} --install ${BUILD}/mbedtls)

set(consumers "")
foreach(mode external owned)
    build(midge-${mode} ${SOURCE} -DMIDGE_TLS=${mode} -DMIDGE_DEPS_DIR=${BUILD}/deps
        -DMIDGE_PROGRAM=OFF -DMIDGE_TESTS=OFF -DCMAKE_PREFIX_PATH=${BUILD}/external
        -DCMAKE_INSTALL_PREFIX=${BUILD}/${mode} -DCMAKE_INSTALL_LIBDIR=lib)
    run(${CMAKE_COMMAND} --install ${BUILD}/midge-${mode})
    set(ENV{PKG_CONFIG_PATH} ${BUILD}/${mode}/lib/pkgconfig)
    build(consumer-${mode} ${SOURCE}/tests/external/installed
        -DCMAKE_PREFIX_PATH=${BUILD}/${mode})
    list(APPEND consumers ${BUILD}/consumer-${mode}/consumer-cmake
        ${BUILD}/consumer-${mode}/consumer-pkgconfig)
endforeach()

build(consumer-subdirectory ${SOURCE}/tests/external/subdirectory -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
list(APPEND consumers ${BUILD}/consumer-subdirectory/consumer-subdirectory)

execute_process(COMMAND /usr/bin/python3 -B ${SOURCE}/tests/external/fetch.py ${BUILD}/server
    ${consumers} RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "a consumer failed")
endif()
