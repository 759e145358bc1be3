/* SPDX-License-Identifier: BSD-3-Clause
 * Overlap of reading, computing and writing with two helper threads at most. Reading runs one item
 * ahead in a second buffer; writing runs one job behind. Nothing here decides what is computed,
 * so results do not depend on the overlap. */
#ifndef CORE_PIPELINE_H
#define CORE_PIPELINE_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct pipeline {
	int64_t n;   /* items, in order */
	int buffers; /* 1: read and compute in turn; 2: read one item ahead */
	void *context;
	enum err (*read)(void *context, int64_t item, int buffer);    /* on the reader thread */
	enum err (*compute)(void *context, int64_t item, int buffer); /* on the caller's thread */
	bool (*stop)(
		void); /* asked before each item; true ends with ERR_INTERRUPTED. May be NULL */
};

/* The first error in item order; reading errors come after the items before them were computed. */
enum err pipeline_run(const struct pipeline *pipeline);

/* One thread that does one job at a time. */
struct worker;
typedef enum err worker_job(void *argument);
struct worker *worker_start(void); /* NULL with fail() */
/* Waits for the job before, then starts this one. Returns the error of the job before, if any;
 * after an error no further job is started. */
enum err worker_submit(struct worker *worker, worker_job *job, void *argument);
enum err worker_wait(struct worker *worker); /* for the job in progress */
void worker_stop(struct worker *worker);     /* waits and frees; NULL is fine */

#endif
