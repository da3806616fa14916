/* SPDX-License-Identifier: MIT */
#include <midge/midge.h>

int main()
{
    return midge_err_name(MIDGE_OK) == nullptr;
}
