/* SPDX-License-Identifier: BSD-3-Clause
 * The manual page of the program as a whole; those of its commands are made from the option table
 * (config/manual.c). */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdio.h>

void program_man(FILE *out);

#endif
