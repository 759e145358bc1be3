/* SPDX-License-Identifier: BSD-3-Clause
 * Total variation against a plain solver of the same steps in double, against Chambolle's iteration run to the end,
 * and what must stay as it is. */
#include "core/parallel.h"
#include "segment/tv.h"
#include "tests/segment_make.h"

#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g is not %.9g within %g", a, b, tolerance);
}

enum { MOST = 200000 };
static float in[MOST], out[MOST], again[MOST];
static double p[3][MOST], r[3][MOST], u[MOST];

/* Offset of the next voxel along axis k, 0 at the volume's face. */
static int64_t next(const struct slab *s, int64_t i, int k)
{
	int64_t place[3] = {i / s->nx / s->ny, i / s->nx % s->ny, i % s->nx};
	int64_t size[3] = {s->nz, s->ny, s->nx}, stride[3] = {s->ny * s->nx, s->nx, 1};

	return place[k] + 1 < size[k] ? stride[k] : 0;
}

static int64_t before(const struct slab *s, int64_t i, int k)
{
	int64_t place[3] = {i / s->nx / s->ny, i / s->nx % s->ny, i % s->nx};
	int64_t stride[3] = {s->ny * s->nx, s->nx, 1};

	return place[k] > 0 ? stride[k] : 0;
}

static void make_u(const struct slab *s, double lambda, double (*dual)[MOST])
{
	for (int64_t i = 0; i < s->nz * s->ny * s->nx; i++) {
		double sum = 0;

		for (int k = 0; k < 3; k++)
			sum += dual[k][i] - (before(s, i, k) ? dual[k][i - before(s, i, k)] : 0);
		u[i] = (double)in[i] + lambda * sum;
	}
}

/* What is to be made least, of u. */
static double energy(const struct slab *s, double lambda)
{
	double sum = 0;

	for (int64_t i = 0; i < s->nz * s->ny * s->nx; i++) {
		double square = 0, off = u[i] - (double)in[i];

		for (int k = 0; k < 3; k++) {
			double d = u[i + next(s, i, k)] - u[i];

			square += d * d;
		}
		sum += sqrt(square) + off * off / (2 * lambda);
	}
	return sum;
}

/* fast: with the accelerated steps of segment/tv.h; else plain ones, of 1 / 6 as A. Chambolle advises. */
static void solve(const struct slab *s, double lambda, int steps, bool fast)
{
	double t = 1, rate = 1 / ((fast ? 12 : 6) * lambda);

	memset(p, 0, sizeof(p));
	memset(r, 0, sizeof(r));
	for (int step = 0; step < steps; step++) {
		double later = 0.5 + sqrt(0.25 + t * t), beta = fast ? (t - 1) / later : 0;

		make_u(s, lambda, r);
		for (int64_t i = 0; i < s->nz * s->ny * s->nx; i++) {
			double q[3], square = 0;

			for (int k = 0; k < 3; k++) {
				q[k] = r[k][i] + rate * (u[i + next(s, i, k)] - u[i]);
				square += q[k] * q[k];
			}
			for (int k = 0; k < 3; k++) {
				q[k] /= fmax(1, sqrt(square));
				r[k][i] = q[k] + beta * (q[k] - p[k][i]);
				p[k][i] = q[k];
			}
		}
		t = later;
	}
	make_u(s, lambda, p);
}

static void make_steps(int64_t n, uint64_t seed, float noise)
{
	make_noise(in, n, seed);
	for (int64_t i = 0; i < n; i++)
		in[i] = noise * in[i] + (i / 11 % 3 == 0);
}

/* Values of 1, 30 steps in float: 1e-5 holds with room. Shapes cross blocks in each direction. */
static void equals_plain_solver(void **state)
{
	static const int64_t shapes[][3] = {
		{1, 1, 1}, {1, 5, 3}, {7, 70, 20}, {3, 5, 300}, {80, 6, 19}};
	struct arena *arena = arena_new();

	(void)state;
	for (int k = 0; k < 5; k++) {
		struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);

		make_steps(s.nz * s.ny * s.nx, (uint64_t)k, 0.5F);
		for (int steps = 1; steps <= 31; steps += 10) {
			assert_int_equal(tv(&s, in, 0.4, steps, out, arena), OK);
			solve(&s, 0.4, steps, true);
			for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++)
				near((double)out[i], u[i], 1e-5);
		}
	}
	arena_free(arena);
}

/* Root of the mean square of what u is off. */
static double apart(const double *best, int64_t n)
{
	double sum = 0;

	for (int64_t i = 0; i < n; i++)
		sum += (u[i] - best[i]) * (u[i] - best[i]) / (double)n;
	return sqrt(sum);
}

/* A block of 1 on 0 under noise of 0.15 r.m.s., lambda 1.2 of it: how near to the solution. A value in a hundred of the
 * noise matters to nobody; a twentieth is the bound. */
static void nearer_than_plain_steps(void **state)
{
	static double best[MOST];
	struct slab s = slab_whole(20, 20, 20);
	struct arena *arena = arena_new();
	double least, ours, plain;

	(void)state;
	make_noise(in, 8000, 4);
	for (int64_t i = 0; i < 8000; i++)
		in[i] = 0.26F * in[i] +
			(i / 400 > 5 && i / 400 < 14 && i / 20 % 20 > 5 && i % 20 < 14);
	solve(&s, 0.18, 4000, true);
	memcpy(best, u, sizeof(best));
	least = energy(&s, 0.18);
	solve(&s, 0.18, 60, false);
	plain = apart(best, 8000);
	assert_int_equal(tv(&s, in, 0.18, TV_STEPS, out, arena), OK);
	for (int64_t i = 0; i < 8000; i++)
		u[i] = (double)out[i];
	ours = apart(best, 8000);
	print_message("off by %.4f of the noise after %d steps, %.4f after 60 plain ones\n",
		ours / 0.15, TV_STEPS, plain / 0.15);
	assert_true(energy(&s, 0.18) >= least * (1 - 1e-5));
	assert_true(ours < plain);
	assert_true(ours < 0.05 * 0.15);
	arena_free(arena);
}

/* Flat stays flat, the mean is kept (the divergence sums to nothing), an edge stays where it is: halves of 20
 * voxels, one of height 1, come nearer by lambda / 20 each, no more (after many steps: that is the exact solution). */
static void flat_mean_edges(void **state)
{
	struct slab s = slab_whole(10, 12, 40);
	double mean = 0, kept = 0;
	struct arena *arena = arena_new();

	(void)state;
	for (int64_t i = 0; i < 4800; i++)
		in[i] = 0.3F;
	assert_int_equal(tv(&s, in, 0.5, TV_STEPS, out, arena), OK);
	for (int64_t i = 0; i < 4800; i++)
		near((double)out[i], (double)0.3F, 1e-6);
	make_steps(4800, 9, 0.4F);
	assert_int_equal(tv(&s, in, 0.5, TV_STEPS, out, arena), OK);
	for (int64_t i = 0; i < 4800; i++) {
		mean += (double)in[i] / 4800;
		kept += (double)out[i] / 4800;
	}
	near(mean, kept, 1e-6);
	for (int64_t i = 0; i < 4800; i++)
		in[i] = i % 40 < 20;
	assert_int_equal(tv(&s, in, 0.2, 800, out, arena), OK);
	for (int64_t i = 0; i < 4800; i++) /* exact: 1 - 0.2 / 20 and 0.2 / 20 */
		near((double)out[i], i % 40 < 20 ? 0.99 : 0.01, 1e-3);
	arena_free(arena);
}

static void slabs_and_threads(void **state)
{
	struct slab whole = slab_whole(70, 40, 61);
	struct arena *arena = arena_new();
	int64_t plane = whole.ny * whole.nx;

	(void)state;
	make_steps(whole.nz * plane, 5, 0.3F);
	parallel_set_threads(1);
	assert_int_equal(tv(&whole, in, 0.3, 12, out, arena), OK);
	for (int64_t step = 5; step < 70; step += 20) {
		parallel_set_threads((int)step / 20 + 1);
		for (int64_t z = 0; z < whole.nz; z += step) {
			struct slab s =
				slab_cut(whole, z, z + step < whole.nz ? z + step : whole.nz, 12);

			assert_int_equal(
				tv(&s, in + s.p0 * plane, 0.3, 12, again + z * plane, arena), OK);
		}
		assert_memory_equal(out, again, (size_t)(whole.nz * plane) * sizeof(*out));
	}
	parallel_set_threads(0);
	arena_free(arena);
}

static void finite_and_refused(void **state)
{
	struct arena *arena = arena_new();
	struct slab s = slab_whole(6, 9, 30);

	(void)state;
	for (int64_t i = 0; i < 6 * 9 * 30; i++)
		in[i] = ldexpf(i % 2 ? 1 : -1, (int)(i * 7919 % 100) - 50);
	assert_int_equal(tv(&s, in, 1e-12, TV_STEPS, out, arena), OK);
	for (int64_t i = 0; i < 6 * 9 * 30; i++)
		assert_true(isfinite(out[i]));
	assert_int_equal(tv(&s, in, 0, 20, out, arena), ERR_USAGE);
	assert_int_equal(tv(&s, in, (double)NAN, 20, out, arena), ERR_USAGE);
	assert_int_equal(tv(&s, in, 1, 0, out, arena), ERR_USAGE);
	s = slab_cut(slab_whole(19, 4, 4), 8, 10, 2);
	assert_int_equal(tv(&s, in, 1, 3, out, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "planes 5 to 13 are needed"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_plain_solver),
		cmocka_unit_test(nearer_than_plain_steps),
		cmocka_unit_test(flat_mean_edges),
		cmocka_unit_test(slabs_and_threads),
		cmocka_unit_test(finite_and_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
