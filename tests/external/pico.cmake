# SPDX-License-Identifier: MIT
# A part of run.cmake: Pico W and Pico 2 W, one in each mode of cyw43_arch. cyw43-driver cannot be had, so
# the sources are compiled with declarations in its place and not linked. pico-sdk is the pinned one of
# port/deps.cmake. The wired boards are built and run in the suite boards.
include(${SOURCE}/port/deps.cmake)
midge_deps_find(pico-sdk sdk)

foreach(way pico_w:background pico2_w:poll)
    string(REPLACE ":" ";" parts ${way})
    list(GET parts 0 board)
    list(GET parts 1 mode)
    message(STATUS "compiling ${board} in ${mode} mode")
    file(REMOVE ${BUILD}/${board}/CMakeCache.txt)
    run(${CMAKE_COMMAND} -S ${SOURCE}/boards/pico/wireless -B ${BUILD}/${board} -G Ninja -DMIDGE_DEPS_DIR=${BUILD}/deps
        -DPICO_SDK_PATH=${sdk} -DPICO_LWIP_PATH=${LWIP} -DPICO_BOARD=${board} -DWIFI_MODE=${mode}
        -DMIDGE_PICO_DECLARATIONS=${SOURCE}/tests/external/pico/driver)
    run(${CMAKE_COMMAND} --build ${BUILD}/${board} --target ${board})

    # lwIP's random numbers are midge's, not pico-sdk's software generator.
    file(GLOB_RECURSE objects ${BUILD}/${board}/CMakeFiles/${board}.dir/*.o ${BUILD}/${board}/CMakeFiles/${board}.dir/*.obj)
    run(arm-none-eabi-nm ${objects} OUTPUT symbols)
    if(NOT symbols MATCHES "U midge__lwip_rand" OR symbols MATCHES "U get_rand_")
        message(FATAL_ERROR "${board}: lwIP has other random numbers than midge__lwip_rand")
    endif()
endforeach()
