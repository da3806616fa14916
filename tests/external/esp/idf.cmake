# SPDX-License-Identifier: MIT
# The calls of ESP-IDF's build system that port/esp-idf makes, for its CMakeLists.txt files as they are.
# A component sees the headers of those components only that it requires, as in ESP-IDF.

# idf_component(NAME DIR): reads DIR/CMakeLists.txt; makes the library NAME of it.
macro(idf_component name dir)
    set(COMPONENT_LIB ${name})
    set(COMPONENT_DIR ${dir})
    add_subdirectory(${dir} ${CMAKE_BINARY_DIR}/${name})
endmacro()

# idf_given(NAME REQUIRES…): a component of ESP-IDF's; its headers are in include/NAME.
function(idf_given name)
    add_library(${name} INTERFACE)
    target_include_directories(${name} SYSTEM INTERFACE ${HERE}/include/${name})
    target_link_libraries(${name} INTERFACE ${ARGN})
endfunction()

function(idf_build_get_property out name)
    if(NOT name STREQUAL PROJECT_DIR)
        message(FATAL_ERROR "idf_build_get_property: ${name}")
    endif()
    set(${out} ${PROJECT} PARENT_SCOPE)
endfunction()

# Here no build has one of the components that are optional.
function(idf_component_optional_requires how)
    if(NOT how MATCHES "^(PRIVATE|PUBLIC)$")
        message(FATAL_ERROR "idf_component_optional_requires: ${how}")
    endif()
endfunction()

function(idf_component_register)
    cmake_parse_arguments(C "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES" ${ARGN})
    if(C_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${COMPONENT_LIB}: idf_component_register does not know ${C_UNPARSED_ARGUMENTS}")
    endif()
    foreach(list SRCS INCLUDE_DIRS PRIV_INCLUDE_DIRS)
        set(found "")
        foreach(path IN LISTS C_${list})
            get_filename_component(path ${path} ABSOLUTE BASE_DIR ${COMPONENT_DIR})
            if(NOT EXISTS ${path})
                message(FATAL_ERROR "${COMPONENT_LIB}: there is no ${path}")
            endif()
            list(APPEND found ${path})
        endforeach()
        set(C_${list} ${found})
    endforeach()
    foreach(required IN LISTS C_REQUIRES C_PRIV_REQUIRES)
        if(NOT TARGET ${required})
            message(FATAL_ERROR "${COMPONENT_LIB} requires ${required}, which ESP-IDF ${IDF_VERSION_MAJOR} lacks")
        endif()
    endforeach()
    add_library(${COMPONENT_LIB} STATIC ${C_SRCS})
    target_include_directories(${COMPONENT_LIB} PUBLIC ${C_INCLUDE_DIRS} PRIVATE ${C_PRIV_INCLUDE_DIRS})
    target_link_libraries(${COMPONENT_LIB} PUBLIC common ${C_REQUIRES} PRIVATE ${C_PRIV_REQUIRES})
    target_compile_options(${COMPONENT_LIB} PRIVATE -std=gnu17 -Wall -Wextra -Werror -ffunction-sections
        -fdata-sections)
endfunction()
