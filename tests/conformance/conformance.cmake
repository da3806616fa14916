# SPDX-License-Identifier: MIT
# The conformance program on every port that runs here: ctest net.conformance_PORT. The template
# under port/template must build, and must be told by name what it does not do yet.

include(${CMAKE_CURRENT_LIST_DIR}/port.cmake)
add_library(conformance INTERFACE)
target_link_libraries(conformance INTERFACE conformance-checks midge)

# conformance_test(PORT ADDRESS FORBIDDEN): the peer runs conformance-PORT and is seen at ADDRESS. No
# line may look like FORBIDDEN: what else than the port cannot have was skipped.
function(conformance_test port address forbidden)
    midge_test(net.conformance_${port} net 300 /usr/bin/python3
        ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/peer.py --answer ${address} --
        $<TARGET_FILE:conformance-${port}>)
    if(TEST ${MIDGE_TEST_PREFIX}net.conformance_${port})
        midge_waits(net.conformance_${port})
        set_tests_properties(${MIDGE_TEST_PREFIX}net.conformance_${port} PROPERTIES
            FAIL_REGULAR_EXPRESSION "${forbidden}")
    endif()
endfunction()

add_executable(conformance-posix ${CMAKE_CURRENT_LIST_DIR}/posix.c)
target_compile_options(conformance-posix PRIVATE ${MIDGE_WARNINGS} -Wconversion)
target_link_libraries(conformance-posix PRIVATE conformance)
conformance_test(posix 127.0.0.1 "skipped ")

# BSD sockets in both forms. The known weakness of the second one: poll reports no error unasked.
set(_skips_poll "skipped ")
set(_skips_select "skipped [^p]|skipped poll: [^a]")
foreach(form poll select)
    add_executable(conformance-bsd_${form} ${CMAKE_CURRENT_LIST_DIR}/bsd.c)
    target_compile_options(conformance-bsd_${form} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    target_link_libraries(conformance-bsd_${form} PRIVATE conformance bsd-${form})
    conformance_test(bsd_${form} 127.0.0.1 "${_skips_${form}}")
endforeach()

# port/bsd on lwIP, as ESP-IDF has it; lwIP keeps each segment as it came.
if(TARGET lwip-bsd)
    foreach(form poll select)
        add_executable(conformance-bsd_lwip_${form} ${CMAKE_CURRENT_LIST_DIR}/bsd_lwip.c ${bsd_sources})
        set_target_properties(conformance-bsd_lwip_${form} PROPERTIES C_EXTENSIONS ON)
        target_compile_definitions(conformance-bsd_lwip_${form} PRIVATE
            "MIDGE_BSD_SYSTEM_H=\"bsd_lwip.h\"" $<$<STREQUAL:${form},select>:MIDGE_BSD_SELECT=1>)
        target_compile_options(conformance-bsd_lwip_${form} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
        target_link_libraries(conformance-bsd_lwip_${form} PRIVATE conformance lwip-bsd)
        conformance_test(bsd_lwip_${form} 192.0.2.2 "skipped [^p]|skipped poll")
    endforeach()
endif()

set(_skips_raw "skipped [^i]")     # interest: it is NULL
set(_skips_sockets "skipped [^p]") # paused connections and single bytes: a known weakness
foreach(port raw sockets)
    if(TARGET lwip-${port})
        add_executable(conformance-lwip_${port} ${CMAKE_CURRENT_LIST_DIR}/lwip.c)
        target_compile_options(conformance-lwip_${port} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
        target_link_libraries(conformance-lwip_${port} PRIVATE conformance lwip-${port})
        conformance_test(lwip_${port} 192.0.2.2 "${_skips_${port}}")
    endif()
endforeach()

# In virtual time, with peers of its own: alone it need not be, and peer.py does nothing.
if(TARGET midge-sim)
    add_executable(conformance-sim ${CMAKE_CURRENT_LIST_DIR}/sim.c)
    target_compile_options(conformance-sim PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    target_link_libraries(conformance-sim PRIVATE conformance midge-sim)
    foreach(sockets 32 1 4 8 200) # few and many
        set(name conformance_sim-${sockets})
        if(sockets EQUAL 32)
            set(name conformance_sim)
        endif()
        midge_test(${name} sim 300 conformance-sim ${sockets})
        if(TEST ${MIDGE_TEST_PREFIX}${name} AND NOT sockets EQUAL 1)
            set_tests_properties(${MIDGE_TEST_PREFIX}${name} PROPERTIES # INVALID for too many sockets
                FAIL_REGULAR_EXPRESSION "skipped [^p]")
        endif()
    endforeach()
endif()

# ---- Ports in folders of their own ----

conformance_port(conformance-epoll ${PROJECT_SOURCE_DIR}/port/epoll)
conformance_test(epoll 127.0.0.1 "skipped [^f]")


conformance_port(conformance-template ${PROJECT_SOURCE_DIR}/port/template)
conformance_test(template 127.0.0.1 "Sanitizer")
if(TEST ${MIDGE_TEST_PREFIX}net.conformance_template)
    set_tests_properties(${MIDGE_TEST_PREFIX}net.conformance_template PROPERTIES
        PASS_REGULAR_EXPRESSION "BROKEN  connect: writable and connected.*promises kept, [0-9]+ broken")
endif()

# The guide's command, on a copy of the template in a folder outside, with a blank in its path.
set(_copy "${CMAKE_CURRENT_BINARY_DIR}/a copy")
if(NOT MIDGE_TEST_PREFIX) # it does not depend on this build's compiler flags
    midge_test(net.conformance_command net 300 sh -c
        "rm -rf '${_copy}' && mkdir '${_copy}' && cp -r port/template '${_copy}/port' && \
exec sh tests/conformance/port.sh '${_copy}/port' -DCMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER}")
endif()
if(TEST ${MIDGE_TEST_PREFIX}net.conformance_command)
    midge_waits(net.conformance_command)
    set_tests_properties(${MIDGE_TEST_PREFIX}net.conformance_command PROPERTIES
        ENVIRONMENT "${ENV_SANITIZERS};CONFORMANCE_BUILD=${_copy}/build"
        PASS_REGULAR_EXPRESSION "9 promises kept, 33 broken, 16 skipped")
endif()
