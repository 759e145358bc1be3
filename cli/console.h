/* SPDX-License-Identifier: BSD-3-Clause
 * stderr and the log file: warnings, progress, and the wish of a signal to stop. */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Installs the sink for core/log.h: warnings to stderr, notes too unless quiet, details if verbose. */
void console_start(bool quiet, bool verbose);

/* From now on everything is also appended, with the time, to this file; the first line says what
 * command was typed. */
enum err console_log_to(const char *path, int argc, char **argv);
void console_close(void);

/* SIGINT and SIGTERM end the program at once, with exit code 5 and a sentence; after console_orderly()
 * they ask for an orderly end by console_interrupted(), and a second one ends at once. */
void console_catch_signals(void);
void console_orderly(void);
bool console_interrupted(void);

/* Progress with rate and time left: one live line on a terminal, else a plain line now and then.
 * progress_add() may be called from any thread. */
void progress_start(const char *what, const char *unit, int64_t total);
void progress_add(int64_t done);
void progress_end(void);

/* Of a clock that only goes forward. */
double seconds_now(void);

/* What the user typed, kept by main for the log. */
extern int console_argc;
extern char **console_argv;

#endif
