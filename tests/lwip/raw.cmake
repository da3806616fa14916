# SPDX-License-Identifier: MIT
# port/lwip_raw against a scripted peer: unit test test_lwip_raw. Included by tests/CMakeLists.txt when
# lwIP's sources and cmocka are there.
include(${PROJECT_SOURCE_DIR}/port/lwip.cmake)

midge_lwip(lwip-raw-unit ${PROJECT_SOURCE_DIR}/port/lwip_raw)
target_include_directories(lwip-raw-unit SYSTEM BEFORE PUBLIC ${CMAKE_CURRENT_LIST_DIR}/raw_unit)

# random.c is part of test_lwip_raw.c.
file(GLOB _port CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/port/lwip_raw/*.c)
list(FILTER _port EXCLUDE REGEX "/random\\.c$")
add_executable(test_lwip_raw ${CMAKE_CURRENT_LIST_DIR}/test_lwip_raw.c ${CMAKE_CURRENT_LIST_DIR}/raw_wire.c
    ${_port})
target_compile_options(test_lwip_raw PRIVATE ${MIDGE_WARNINGS} -Wconversion)
target_include_directories(test_lwip_raw PRIVATE ${CMAKE_CURRENT_LIST_DIR}
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/port/lwip_raw)
target_compile_definitions(test_lwip_raw PRIVATE MIDGE_WITH_RESOLVER=0) # as the boards' images
target_link_libraries(test_lwip_raw PRIVATE lwip-raw-unit PkgConfig::CMOCKA)
midge_test(test_lwip_raw unit 300 test_lwip_raw)
if(MIDGE_VALGRIND AND valgrind IN_LIST MIDGE_TEST_SUITES)
    midge_test(valgrind.test_lwip_raw unit 300 ${MIDGE_VALGRIND} --quiet --error-exitcode=1
        --leak-check=full $<TARGET_FILE:test_lwip_raw>)
endif()

# A board's Ethernet driver on the same lwIP: unit test test_stm32_eth.
add_executable(test_stm32_eth ${CMAKE_CURRENT_LIST_DIR}/test_stm32_eth.c
    ${PROJECT_SOURCE_DIR}/port/lwip_raw/random.c)
target_compile_options(test_stm32_eth PRIVATE ${MIDGE_WARNINGS})
target_include_directories(test_stm32_eth PRIVATE ${PROJECT_SOURCE_DIR}/boards
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/port/lwip_raw)
target_link_libraries(test_stm32_eth PRIVATE lwip-raw-unit PkgConfig::CMOCKA)
midge_test(test_stm32_eth unit 300 test_stm32_eth)
