/* SPDX-License-Identifier: BSD-3-Clause
 * The journal beside an output: what was asked for, and which slices are finished. Text:
 *
 *	tomochron journal 1
 *	NAME: VALUE                     everything that decides the bytes; nested by indentation
 *	end CRC                         of all before; without it the journal counts for nothing
 *	slab Z0 Z1 CRC:N,N,.. ... =CRC  a slice: CRC of its pixel bytes, its counters; then of the line
 *	complete
 *
 * Lines are appended with one write. Reading stops at the first line that is torn or wrong, and
 * writing goes on from there. Of two lines for one slice the later holds. */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct slice_record {
	bool done;
	uint32_t crc;
	int64_t *counts; /* n_counts of them */
};

enum journal_state {
	JOURNAL_NONE,	 /* no file, or one torn while it was made */
	JOURNAL_FOREIGN, /* not written by this program */
	JOURNAL_BEGUN,
	JOURNAL_COMPLETE,
};

struct journal_text {
	enum journal_state state;
	const char *head;  /* the NAME: VALUE lines */
	const char *lines; /* the sound ones after the head */
	int64_t good;	   /* bytes of the file that are sound */
};
enum err journal_read(struct journal_text *text, const char *path, struct arena *arena);

/* Fills the records (one a slice) that the sound lines tell of. ERR_USAGE when they do not fit. */
enum err journal_replay(const struct journal_text *text, const char *path,
	struct slice_record *slices, int64_t nz, int n_counts);

/* Do two heads ask for the same? Compared by names and values, so comments and order do not
 * count; output.path and run.* do not either. If not, *difference is "fbp.filter was hann, is
 * shepp" for the first that differs, else NULL. */
enum err journal_difference(
	const char *was, const char *is, const char **difference, struct arena *arena);

struct journal {
	int fd;
	const char *path;
	int64_t at; /* where the next line goes */
};
/* Written aside, synced and renamed, replacing what was there. */
enum err journal_create(
	struct journal *journal, const char *path, const char *head, struct arena *arena);
/* Cut to its sound part. ERR_USAGE when another process has it open. */
enum err journal_reopen(struct journal *journal, const char *path, int64_t good);
enum err journal_slab(struct journal *journal, int64_t z0, int64_t z1,
	const struct slice_record *slices, int n_counts, struct arena *arena);
enum err journal_complete(struct journal *journal);
/* Closes it, replaced by its head and "complete": the same text however often the run was broken. */
enum err journal_conclude(struct journal *journal, const char *head, struct arena *arena);
void journal_close(struct journal *journal);

#endif
