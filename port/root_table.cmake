# SPDX-License-Identifier: MIT
# midge_root_table(TARGET FILE… [NAME name] [OPTIONS option…]): adds a table of the trusted roots in
# these files (PEM) to the target's sources, as the array `name` (roots) and its length `name`_len. The
# options are root_table.py's: --only, --without, --max-bytes.
include_guard()

set(MIDGE_ROOT_TABLE_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/root_table.py)

function(midge_root_table target)
    cmake_parse_arguments(arg "" "NAME" "OPTIONS" ${ARGN})
    if(NOT arg_NAME)
        set(arg_NAME roots)
    endif()
    set(files "")
    foreach(file IN LISTS arg_UNPARSED_ARGUMENTS)
        get_filename_component(file ${file} ABSOLUTE)
        list(APPEND files ${file})
    endforeach()
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_${arg_NAME}.c)
    add_custom_command(OUTPUT ${source} VERBATIM
        COMMAND ${Python3_EXECUTABLE} ${MIDGE_ROOT_TABLE_SCRIPT} -o ${source} --name ${arg_NAME}
            ${arg_OPTIONS} ${files}
        DEPENDS ${MIDGE_ROOT_TABLE_SCRIPT} ${files}
        COMMENT "Table of roots for ${target}")
    target_sources(${target} PRIVATE ${source})
endfunction()
