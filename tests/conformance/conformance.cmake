# SPDX-License-Identifier: MIT
# The conformance program on every port that runs here: ctest net.conformance_PORT. The template
# under port/template must build, and must be told by name what it does not do yet.

find_package(Threads REQUIRED)
file(GLOB _checks CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/check_*.c)
add_library(conformance STATIC ${_checks} ${CMAKE_CURRENT_LIST_DIR}/conformance.c
    ${CMAKE_CURRENT_LIST_DIR}/desktop.c)
target_compile_options(conformance PRIVATE ${MIDGE_WARNINGS} -Wconversion)
target_include_directories(conformance PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(conformance PUBLIC midge Threads::Threads)

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

set(_skips_raw "skipped [^i]")     # interest: it has no sockets of its own
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
    midge_test(conformance_sim sim 300 conformance-sim)
    if(TEST ${MIDGE_TEST_PREFIX}conformance_sim) # what is skipped: INVALID for too many sockets
        set_tests_properties(${MIDGE_TEST_PREFIX}conformance_sim PROPERTIES
            FAIL_REGULAR_EXPRESSION "skipped [^p]")
    endif()
endif()

# ---- The template ----

file(GLOB _template CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/port/template/*.c)
add_executable(conformance-template ${CMAKE_CURRENT_LIST_DIR}/template.c ${_template})
target_compile_options(conformance-template PRIVATE ${MIDGE_WARNINGS} -Wconversion)
target_include_directories(conformance-template PRIVATE ${PROJECT_SOURCE_DIR}/port/template)
target_link_libraries(conformance-template PRIVATE conformance)
conformance_test(template 127.0.0.1 "Sanitizer")
if(TEST ${MIDGE_TEST_PREFIX}net.conformance_template)
    set_tests_properties(${MIDGE_TEST_PREFIX}net.conformance_template PROPERTIES
        PASS_REGULAR_EXPRESSION "BROKEN  connect: writable and connected.*promises kept, [0-9]+ broken")
endif()
