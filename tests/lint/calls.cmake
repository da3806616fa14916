# SPDX-License-Identifier: MIT
# cmake -DBUILD=FOLDER -P calls.cmake: builds the library and the ports there, then calls.sh
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --target midge midge-sim lwip-raw
        lwip-sockets bsd-poll
    OUTPUT_VARIABLE log ERROR_VARIABLE log RESULT_VARIABLE bad)
if(bad)
    message(FATAL_ERROR "${log}")
endif()
execute_process(COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/calls.sh ${CMAKE_CURRENT_LIST_DIR}/../..
    ${BUILD}/CMakeFiles/midge.dir ${BUILD}/CMakeFiles/midge-sim.dir
    ${BUILD}/tests/CMakeFiles/lwip-raw.dir
    ${BUILD}/tests/CMakeFiles/lwip-sockets.dir
    ${BUILD}/tests/CMakeFiles/bsd-poll.dir RESULT_VARIABLE bad)
if(bad)
    message(FATAL_ERROR "calls.sh: a call goes upwards or in a circle")
endif()
