/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KEPT = 100 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static log_sink *sink;
static char *kept[MAX_KEPT];
static int n_warnings;

void log_set_sink(log_sink *new_sink)
{
	sink = new_sink;
}

static void put(enum log_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static void put(enum log_level level, const char *format, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof(text), format, args);
	pthread_mutex_lock(&lock);
	if (level == LOG_WARNING) {
		if (n_warnings < MAX_KEPT)
			kept[n_warnings] = strdup(text);
		n_warnings++;
	}
	if (sink)
		sink(level, text);
	pthread_mutex_unlock(&lock);
}

#define DEFINE_LOG(name, level)                                                                    \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		put(level, format, args);                                                          \
		va_end(args);                                                                      \
	}

DEFINE_LOG(log_warning, LOG_WARNING)
DEFINE_LOG(log_info, LOG_INFO)
DEFINE_LOG(log_debug, LOG_DEBUG)

const char *log_warning_at(int index)
{
	return index >= 0 && index < n_warnings && index < MAX_KEPT ? kept[index] : NULL;
}

int log_warning_count(void)
{
	return n_warnings;
}
