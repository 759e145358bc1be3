/* SPDX-License-Identifier: BSD-3-Clause
 * The one door to threads for loops. Items must be independent: results may not depend on the order
 * or on the thread, so that any number of threads gives the same bytes. */
#ifndef CORE_PARALLEL_H
#define CORE_PARALLEL_H

#include "core/error.h"

#include <stdint.h>

/* Threads used by parallel_for(); 0 means one for each processor this process may run on. */
void parallel_set_threads(int threads);
int parallel_threads(void);

/* Calls item(context, i, thread) for i in [0, n), 0 <= thread < parallel_threads(). The first
 * failing item in index order gives the error; later items may then be skipped. */
typedef enum err parallel_item(void *context, int64_t i, int thread);
enum err parallel_for(int64_t n, parallel_item *item, void *context);

#endif
