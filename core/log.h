/* SPDX-License-Identifier: BSD-3-Clause
 * Messages from the libraries go to the sink that cli/ installs (stderr and the log file).
 * Safe from any thread. Warnings are also kept, so that outputs can record them. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

enum log_level { LOG_WARNING, LOG_INFO, LOG_DEBUG };

typedef void log_sink(enum log_level level, const char *text);
void log_set_sink(log_sink *sink); /* NULL: silent, the default */

void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The warnings so far, in order; index from 0, NULL past the last. At most 100 are kept. */
const char *log_warning_at(int index);
int log_warning_count(void); /* of all, kept or not */

#endif
