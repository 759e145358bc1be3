/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[2048];

enum err fail(enum err code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return code;
}

enum err note(enum err code, const char *format, ...)
{
	char place[1024], rest[sizeof(message)];
	va_list args;

	va_start(args, format);
	vsnprintf(place, sizeof(place), format, args);
	va_end(args);
	memcpy(rest, message, sizeof(rest));
	snprintf(message, sizeof(message), "%s: %.1000s", place, rest);
	return code;
}

const char *error_message(void)
{
	return message;
}
