# SPDX-License-Identifier: MIT
# cmake -DBUILD=FOLDER [-DALSO=TARGET,TARGET] -P calls.cmake: builds the library and the ports there,
# then calls.sh. ALSO: the library of other profiles, whose builds have other calls
string(REPLACE "," ";" also "${ALSO}")
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --target midge midge-sim lwip-raw
        lwip-sockets bsd-poll ${also}
    OUTPUT_VARIABLE log ERROR_VARIABLE log RESULT_VARIABLE bad)
if(bad)
    message(FATAL_ERROR "${log}")
endif()
list(TRANSFORM also REPLACE "(.+)" "${BUILD}/CMakeFiles/\\1.dir")
execute_process(COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/calls.sh ${CMAKE_CURRENT_LIST_DIR}/../..
    ${BUILD}/CMakeFiles/midge.dir ${BUILD}/CMakeFiles/midge-sim.dir
    ${BUILD}/tests/CMakeFiles/lwip-raw.dir
    ${BUILD}/tests/CMakeFiles/lwip-sockets.dir
    ${BUILD}/tests/CMakeFiles/bsd-poll.dir ${also} RESULT_VARIABLE bad)
if(bad)
    message(FATAL_ERROR "calls.sh: a call goes upwards or in a circle")
endif()
