# SPDX-License-Identifier: MIT
# The simulated network (include/midge/sim.h), a library of its own: programs for devices and
# desktop programs on real sockets do not contain it.

set(MIDGE_SIM_TLS_OBJECT "")
set(_unused https)
if(MIDGE_TLS STREQUAL owned) # from the same sources as the client's mbedTLS
    include(${CMAKE_CURRENT_LIST_DIR}/tls/tls.cmake)
    set(_unused https_none)
endif()
file(GLOB MIDGE_SIM_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
list(FILTER MIDGE_SIM_SOURCES EXCLUDE REGEX "/${_unused}\\.c$")

# midge_sim_library(TARGET LIBRARY): the simulation for programs on LIBRARY.
function(midge_sim_library target library)
    add_library(${target} STATIC ${MIDGE_SIM_SOURCES} ${MIDGE_SIM_TLS_OBJECT})
    target_compile_options(${target} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    midge_harden(${target})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src) # h2.c: the codec
    target_include_directories(${target} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/port/sim>)
    target_link_libraries(${target} PUBLIC ${library})
endfunction()
