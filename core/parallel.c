/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/parallel.h"

#include <omp.h>
#include <stdatomic.h>
#include <string.h>

static int threads_wanted;

void parallel_set_threads(int threads)
{
	threads_wanted = threads;
}

int parallel_threads(void)
{
	return threads_wanted > 0 ? threads_wanted : omp_get_num_procs();
}

enum err parallel_for(int64_t n, parallel_item *item, void *context)
{
	_Atomic int64_t failed_at = n;
	enum err code = OK;
	char sentence[2048] = "";
	int threads = parallel_threads();

	if (threads > n)
		threads = n > 0 ? (int)n : 1;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
	for (int64_t i = 0; i < n; i++) {
		enum err e;

		if (i > atomic_load(&failed_at))
			continue;
		e = item(context, i, omp_get_thread_num());
		if (e == OK)
			continue;
#pragma omp critical(parallel_for_error)
		if (i < atomic_load(&failed_at)) {
			atomic_store(&failed_at, i);
			code = e;
			strncpy(sentence, error_message(), sizeof(sentence) - 1);
		}
	}
	return code == OK ? OK : fail(code, "%s", sentence);
}
