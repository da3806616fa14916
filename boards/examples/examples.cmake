# SPDX-License-Identifier: MIT
# midge_examples(NAME): compiles all examples and snippets, with all features, as the object library NAME.
# They need midge's headers only; two are for lwIP, and are compiled where it is. Nothing is linked here:
# README.md says which tests run them.
function(midge_examples name)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/boards/examples/*.c
        ${PROJECT_SOURCE_DIR}/boards/examples/snippets/*.c)
    list(FILTER sources EXCLUDE REGEX "/(sntp_lwip|rtos_thread)\\.c$")
    if(CMAKE_SYSTEM_NAME STREQUAL Generic)
        list(FILTER sources EXCLUDE REGEX "/(poll_loop|first)\\.c$") # a bare machine has no poll(2)
    endif()
    add_library(${name} OBJECT ${sources})
    target_compile_options(${name} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
endfunction()
