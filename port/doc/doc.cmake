# SPDX-License-Identifier: MIT
# Target doc: the reference of include/midge as HTML, in doc/html of the build folder. Needs Doxygen.
find_program(MIDGE_DOXYGEN doxygen)
mark_as_advanced(MIDGE_DOXYGEN)
if(MIDGE_DOXYGEN)
    set(MIDGE_DOC_DIR ${PROJECT_BINARY_DIR}/doc)
    file(MAKE_DIRECTORY ${MIDGE_DOC_DIR})
    configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in ${MIDGE_DOC_DIR}/Doxyfile @ONLY)
    add_custom_target(doc COMMAND ${MIDGE_DOXYGEN} ${MIDGE_DOC_DIR}/Doxyfile
        COMMENT "midge: the reference in ${MIDGE_DOC_DIR}/html/index.html" VERBATIM)
endif()
