# SPDX-License-Identifier: MIT
#   conformance_port(TARGET FOLDER)    the conformance program TARGET on the port in FOLDER: CMakeLists.txt
include_guard()
find_package(Threads REQUIRED)
if(NOT MIDGE_WARNINGS)
    set(MIDGE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow)
endif()
set(CONFORMANCE_DIR ${CMAKE_CURRENT_LIST_DIR})

file(GLOB _checks CONFIGURE_DEPENDS ${CONFORMANCE_DIR}/check_*.c)
add_library(conformance-checks STATIC ${_checks} ${CONFORMANCE_DIR}/conformance.c
    ${CONFORMANCE_DIR}/desktop.c)
target_compile_options(conformance-checks PRIVATE ${MIDGE_WARNINGS} -Wconversion)
target_compile_definitions(conformance-checks PRIVATE CONFORMANCE_MANY=512)
target_include_directories(conformance-checks PUBLIC ${CONFORMANCE_DIR} ${CONFORMANCE_DIR}/../../include)
target_link_libraries(conformance-checks PUBLIC Threads::Threads)

file(GLOB _resolver CONFIGURE_DEPENDS ${CONFORMANCE_DIR}/../../port/resolver/*.c)
add_library(conformance-resolver STATIC ${_resolver})
target_include_directories(conformance-resolver PRIVATE ${CONFORMANCE_DIR}/../../include)

foreach(_library conformance-checks conformance-resolver)
    set_target_properties(${_library} PROPERTIES C_STANDARD 11)
endforeach()

function(conformance_port target folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c)
    add_executable(${target} ${CONFORMANCE_DIR}/port.c ${sources})
    set_target_properties(${target} PROPERTIES C_STANDARD 11)
    target_compile_options(${target} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    target_include_directories(${target} PRIVATE ${folder} ${CONFORMANCE_DIR}/../../port)
    target_link_libraries(${target} PRIVATE conformance-checks conformance-resolver)
    if(EXISTS ${folder}/port.cmake)
        include(${folder}/port.cmake)
    endif()
endfunction()
