# SPDX-License-Identifier: MIT
# ESP-IDF's first look at a component: its CMakeLists.txt without options and without targets.
# cmake -DFILE=CMakeLists.txt -DIDF_VERSION_MAJOR= -P scan.cmake    prints SRCS and what is required
macro(idf_component_register)
    cmake_parse_arguments(C "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES" ${ARGN})
    foreach(path IN LISTS C_SRCS)
        message(NOTICE "source ${path}")
    endforeach()
    foreach(name IN LISTS C_REQUIRES C_PRIV_REQUIRES)
        message(NOTICE "requires ${name}")
    endforeach()
    return()
endmacro()
get_filename_component(CMAKE_CURRENT_LIST_DIR ${FILE} DIRECTORY)
include(${FILE})
