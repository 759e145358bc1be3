/* SPDX-License-Identifier: BSD-3-Clause
 * Errors, arenas, parallel loops and the pipeline. */
#include "core/arena.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static enum err make_error(enum err code, const char *text)
{
	return fail(code, "%s", text); /* before cmocka.h, which has a fail() too */
}

#include <cmocka.h>

static void test_errors_name_places(void **state)
{
	(void)state;
	assert_int_equal(note(make_error(ERR_INPUT, "is empty"), "%s:%d", "a.h5", 3), ERR_INPUT);
	assert_string_equal(error_message(), "a.h5:3: is empty");
}

static void test_arena_gives_back(void **state)
{
	struct arena *a = arena_new();
	struct arena_mark mark = arena_mark(a);
	char *big, *again;

	(void)state;
	big = ARENA_NEW(a, char, 1 << 20);
	memset(big, 7, 1 << 20);
	arena_release(a, mark);
	again = ARENA_NEW(a, char, 1 << 20);
	assert_ptr_equal(big, again); /* warm pages are reused */
	for (int i = 0; i < 1000; i++) {
		char *small = ARENA_ZERO(a, char, 100);

		assert_int_equal((uintptr_t)small % 64, 0);
		assert_int_equal(small[99], 0);
		memset(small, 1, 100);
	}
	assert_null(arena_alloc(a, INT64_MAX / 2, 8)); /* overflow is no small number */
	assert_non_null(strstr(error_message(), "out of memory"));
	arena_free(a);
}

/* Blocks of growing size, released and taken again, must never overlap. */
/* A block for each thread of a large machine, all held at once. */
static void test_arena_holds_many_blocks(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_alloc(a, 100000, 1));
	arena_free(a);
}

static void test_arena_blocks_do_not_overlap(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct arena_mark mark = arena_mark(a);
		unsigned char *part[8];

		for (int i = 0; i < 8; i++) {
			part[i] = ARENA_NEW(a, unsigned char, 1000 << ((i * 7 + round) % 9));
			memset(part[i], i, (size_t)1000 << ((i * 7 + round) % 9));
		}
		for (int i = 0; i < 8; i++)
			for (int k = 0; k < 1000 << ((i * 7 + round) % 9); k += 499)
				assert_int_equal(part[i][k], i);
		arena_release(a, mark);
	}
	for (int i = 0; i < 1000; i++) /* each too large to share a block */
		assert_non_null(memset(ARENA_NEW(a, char, 70000), i, 70000));
	arena_free(a);
}

static enum err square(void *context, int64_t i, int thread)
{
	int64_t *out = context;

	if (thread < 0 || thread >= parallel_threads())
		return ERR_FAILED;
	out[i] = i * i;
	return OK;
}

static enum err fail_late(void *context, int64_t i, int thread)
{
	char text[32];

	(void)context;
	(void)thread;
	snprintf(text, sizeof(text), "item %d", (int)i);
	return i == 30 || i == 70 ? make_error(ERR_INPUT, text) : OK;
}

static void test_parallel_lowest_error(void **state)
{
	int64_t out[100];

	(void)state;
	for (int threads = 1; threads <= 4; threads++) {
		parallel_set_threads(threads);
		assert_int_equal(parallel_for(100, square, out), OK);
		for (int64_t i = 0; i < 100; i++)
			assert_int_equal(out[i], i * i);
		assert_int_equal(parallel_for(100, fail_late, NULL), ERR_INPUT);
		assert_string_equal(error_message(), "item 30");
	}
	parallel_set_threads(0);
}

struct flow {
	int buffer[2];
	int64_t sum, bad_read, bad_compute;
};

static enum err read_one(void *context, int64_t item, int buffer)
{
	struct flow *f = context;

	f->buffer[buffer] = (int)item;
	return item == f->bad_read ? make_error(ERR_INPUT, "cannot read") : OK;
}

static enum err compute_one(void *context, int64_t item, int buffer)
{
	struct flow *f = context;

	assert_int_equal(f->buffer[buffer], item); /* reading ahead does not reach this buffer */
	f->sum += item;
	return item == f->bad_compute ? make_error(ERR_RESOURCE, "disk full") : OK;
}

static void test_pipeline_orders_and_stops(void **state)
{
	(void)state;
	for (int buffers = 1; buffers <= 2; buffers++) {
		struct flow f = {.bad_read = -1, .bad_compute = -1};
		struct pipeline p = {.n = 50,
			.buffers = buffers,
			.context = &f,
			.read = read_one,
			.compute = compute_one};

		assert_int_equal(pipeline_run(&p), OK);
		assert_int_equal(f.sum, 49 * 50 / 2);
		f = (struct flow){.bad_read = 10, .bad_compute = -1};
		assert_int_equal(pipeline_run(&p), ERR_INPUT);
		assert_int_equal(f.sum, 45); /* those before were computed */
		f = (struct flow){.bad_read = -1, .bad_compute = 5};
		assert_int_equal(pipeline_run(&p), ERR_RESOURCE);
		assert_string_equal(error_message(), "disk full");
	}
}

static enum err job(void *argument)
{
	int *n = argument;

	return ++*n == 3 ? make_error(ERR_RESOURCE, "third") : OK;
}

static void test_worker_reports_once_and_stops(void **state)
{
	struct worker *w = worker_start();
	int n = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(worker_submit(w, job, &n), OK);
	assert_int_equal(worker_submit(w, job, &n), ERR_RESOURCE);
	assert_int_equal(worker_wait(w), ERR_RESOURCE);
	assert_string_equal(error_message(), "third");
	assert_int_equal(n, 3);
	worker_stop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_name_places),
		cmocka_unit_test(test_arena_gives_back),
		cmocka_unit_test(test_arena_holds_many_blocks),
		cmocka_unit_test(test_arena_blocks_do_not_overlap),
		cmocka_unit_test(test_parallel_lowest_error),
		cmocka_unit_test(test_pipeline_orders_and_stops),
		cmocka_unit_test(test_worker_reports_once_and_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
