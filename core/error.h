/* SPDX-License-Identifier: BSD-3-Clause
 * Errors are returned codes with one sentence. Who detects a fault calls fail() with the sentence;
 * who passes it on uses TRY(), adding note() where it knows a place. Only cli/ prints.
 * The sentence is kept per thread. It starts in lower case, has no full stop, names the file, the
 * dataset or line first, then what is wrong, then what would be right. The codes are exit statuses. */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

enum err {
	OK = 0,
	ERR_FAILED = 1,	     /* anything else */
	ERR_USAGE = 2,	     /* command line or configuration */
	ERR_INPUT = 3,	     /* input inconsistent or unreadable */
	ERR_INTERRUPTED = 5, /* stopped by a signal; the same command resumes */
	ERR_RESOURCE = 6,    /* out of memory or disk */
};

/* Record the sentence and return the code, so that callers write `return fail(...)`. */
enum err fail(enum err code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Put "PLACE: " in front of the sentence of an error that is on its way up; returns the code. */
enum err note(enum err code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* The sentence of the last fail() on this thread ("" when there was none). */
const char *error_message(void);

#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum err try_err_ = (call);                                                        \
		if (try_err_ != OK)                                                                \
			return try_err_;                                                           \
	} while (0)

/* For pointers that come with their own fail(): arena allocations. */
#define NEED(pointer)                                                                              \
	do {                                                                                       \
		if (!(pointer))                                                                    \
			return ERR_RESOURCE;                                                       \
	} while (0)

#endif
