# SPDX-License-Identifier: MIT
# cmake -DHEADERS= -DOUTPUT= -DNODE= -P exports.cmake: the version script of the functions that
# the public headers declare. A name that is only a type does no harm.
file(GLOB headers ${HEADERS}/*.h)
set(names "")
foreach(header IN LISTS headers)
    file(READ ${header} text)
    string(REGEX MATCHALL "[ *(]midge_[a-z0-9_]+\\(" calls "${text}")
    list(APPEND names ${calls})
endforeach()
list(TRANSFORM names REPLACE "[ *(]" "")
list(REMOVE_DUPLICATES names)
list(SORT names)
list(JOIN names ";\n    " names)
file(WRITE ${OUTPUT} "${NODE} {\nglobal:\n    ${names};\n    cJSON_*;\nlocal:\n    *;\n};\n")
