/* SPDX-License-Identifier: BSD-3-Clause
 * The optics against themselves done plainly: a propagation by direct Fourier sums in double, the
 * convolutions in double, elementary functions; and what must hold to the byte. */
#include "core/isa.h"
#include "tests/optics_field.h"
#include "truth/optics_parts.h"

#include <complex.h>
#include <stdlib.h>

ISA_DECLARE(struct optics_kernels, optics_kernels);

static void empty_field_is_exactly_1(void **state)
{
	(void)state;
	for (int64_t oversample = 1; oversample <= 4; oversample++)
		for (int d = 0; d < 3; d++) {
			struct field f = field_new(plan_of(oversample, 450 * d, 0.3 * d), 9, 37);

			field_apply(&f);
			for (int64_t i = 0; i < f.n_row * f.n_col; i++)
				assert_true(f.out[i] == 1);
		}
}

/* A uniform slab: exp(-T) and no phase to be seen, within the floats' 5e-6; nothing gets through
 * T = 1000, and nothing negative comes out. */
static void plane_wave_keeps_its_intensity(void **state)
{
	static const float slab[] = {0.1F, 1.3F, 7, 1000};

	(void)state;
	for (int k = 0; k < 4; k++)
		for (int d = 0; d < 3; d++) {
			struct field f = field_new(plan_of(2, 350 * d, 0.6), 9, 37);

			for (int64_t i = 0; i < f.rows * f.cols; i++) {
				f.T[i] = slab[k];
				f.D[i] = 5.7e-4F;
			}
			field_apply(&f);
			for (int64_t i = 0; i < f.n_row * f.n_col; i++) {
				assert_near(f.out[i], exp(-(double)slab[k]), 5e-6);
				assert_true(f.out[i] >= 0);
			}
		}
}

static void wave_is_exp_sin_and_cos(void **state)
{
	enum { N = 1 << 16 };
	const struct optics_kernels *kernels = ISA_PICK(optics_kernels);
	float *T = ARENA_NEW(arena, float, N), *D = ARENA_NEW(arena, float, N);
	float *row = ARENA_NEW(arena, float, 2 * N), turns = (float)(1 / optics_wavelength(energy));
	uint64_t seed = 1;

	(void)state;
	assert_true(T && D && row);
	for (int i = 0; i < N; i++) {
		T[i] = (float)(uniform(&seed) * (i % 2 ? 0.1 : 30));
		D[i] = (float)((uniform(&seed) - 0.5) * (i % 3 ? 1e-5 : 2e-3)); /* to 400 rad */
	}
	T[0] = 1e30F;
	kernels->wave(T, D, N, turns, row, N);
	for (int i = 0; i < N; i++) {
		double phase = 2 * M_PI * (double)turns * (double)D[i];
		double complex wave = cexp(-0.5 * (double)T[i] - I * phase);
		double tolerance = 2e-7 + 6e-8 * fabs(phase);

		assert_near(row[i], creal(wave) - 1, tolerance);
		assert_near(row[N + i], cimag(wave), tolerance);
	}
	kernels->shadow(T, N, row);
	for (int i = 0; i < N; i++)
		assert_near(row[i], expm1(-(double)T[i]), 2e-7);
}

/* What optics_parts.h promises of the taps, at the distances of beamlines and at odd ones. */
static void taps_are_the_propagator(void **state)
{
	static const double q[] = {0, 0.01, 0.4, 1.5, 4.6, 9.2, 18.3, 37, 73, 147, 400};

	(void)state;
	for (int i = 0; i < (int)(sizeof(q) / sizeof(*q)); i++) {
		struct optics_taps taps;
		double complex sum;

		assert_int_equal(optics_taps_fit(&taps, q[i], arena), OK);
		assert_int_equal(taps.reach, optics_reach(q[i]));
		for (int step = 0; step <= 500; step++) {
			double u = 1e-3 * step;
			double complex want = cexp(-I * M_PI * q[i] * u * u);

			sum = (double)taps.re[0] + I * (double)taps.im[0];
			for (int64_t k = 1; k <= taps.reach; k++)
				sum += 2 * cos(2 * M_PI * u * (double)k) *
				       ((double)taps.re[k] + I * (double)taps.im[k]);
			if (step == 0)
				assert_near(cabs(sum - 1), 0, 1e-6); /* floats */
			else if (u <= 0.35)
				assert_near(cabs(sum - want), 0, q[i] < 18 ? 3e-4 : 1e-4);
			else
				assert_true(cabs(sum) < 1.001);
		}
		assert_near(cabs(sum), 0, 0.02); /* at Nyquist */
	}
}

static void weights_blur_and_bin(void **state)
{
	float weight[64];

	(void)state;
	optics_weights(0, 3, weight);
	assert_int_equal(optics_spread(0, 3), 0);
	for (int i = 0; i < 3; i++)
		assert_near(weight[i], 1. / 3, 1e-7);
	for (int64_t oversample = 1; oversample <= 4; oversample++) {
		int64_t n = oversample + 2 * optics_spread(1.1, oversample);
		double sum = 0, square = 0;

		optics_weights(1.1, oversample, weight);
		for (int64_t j = 0; j < n; j++) {
			double x = ((double)j - 0.5 * (double)(n - 1)) / (double)oversample;

			assert_near(weight[j], (double)weight[n - 1 - j], 1e-9);
			sum += (double)weight[j];
			square += (double)weight[j] * x * x;
		}
		assert_near(sum, 1, 1e-6);
		/* variances add: Gaussian and a pixel; cut at 4 sigma, which takes 1e-3 of it */
		assert_near(square, 1.1 * 1.1 + 1. / 12, 2e-3);
	}
}

/* Convolution along one index with symmetric taps: out[i] for i in [reach, n - reach). */
static void convolve(const double complex *in, int64_t n, int64_t step,
	const struct optics_taps *taps, double complex *out)
{
	for (int64_t i = taps->reach; i < n - taps->reach; i++) {
		double complex sum = 0;

		for (int64_t k = -taps->reach; k <= taps->reach; k++)
			sum += in[(i + k) * step] *
			       ((double)taps->re[llabs(k)] + I * (double)taps->im[llabs(k)]);
		out[i * step] = sum;
	}
}

/* The whole of optics_apply() in double, from the taps and weights, for one pixel of the result. */
static double plain_pixel(const struct field *f, const double *change, int64_t row, int64_t column)
{
	int64_t spread = optics_spread(f->plan.blur_px, f->plan.oversample);
	int64_t n = f->plan.oversample + 2 * spread;
	int64_t i0 = (row + f->margin) * f->plan.oversample - spread;
	int64_t j0 = (column + f->margin) * f->plan.oversample - spread;
	float weight[256];
	double sum = 1;

	assert_true(n <= 256);
	optics_weights(f->plan.blur_px, f->plan.oversample, weight);
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j < n; j++)
			sum += (double)weight[i] * (double)weight[j] *
			       change[(i0 + i) * f->cols + j0 + j];
	return sum;
}

static void plain_change(const struct field *f, double *change)
{
	double step = f->plan.pixel_um / (double)f->plan.oversample;
	double lambda = optics_wavelength(f->plan.energy_kev);
	double complex *wave = ARENA_NEW(arena, double complex, f->rows * f->cols);
	double complex *next = ARENA_ZERO(arena, double complex, f->rows * f->cols);
	struct optics_taps taps;

	assert_true(wave && next);
	assert_int_equal(
		optics_taps_fit(&taps, lambda * 1e3 * f->plan.distance_mm / (step * step), arena),
		OK);
	for (int64_t i = 0; i < f->rows * f->cols; i++)
		wave[i] = cexp(-0.5 * (double)f->T[i] - I * 2 * M_PI / lambda * (double)f->D[i]);
	for (int64_t j = 0; j < f->cols; j++)
		convolve(wave + j, f->rows, f->cols, &taps, next + j);
	memset(wave, 0, (size_t)(f->rows * f->cols) * sizeof(*wave));
	for (int64_t i = 0; i < f->rows; i++)
		convolve(next + i * f->cols, f->cols, 1, &taps, wave + i * f->cols);
	for (int64_t i = 0; i < f->rows * f->cols; i++)
		change[i] = f->plan.distance_mm > 0 ? creal(wave[i]) * creal(wave[i]) +
							      cimag(wave[i]) * cimag(wave[i]) - 1
						    : expm1(-(double)f->T[i]);
}

static void random_field(const struct field *f, uint64_t seed)
{
	for (int64_t i = 0; i < f->rows * f->cols; i++) {
		f->T[i] = (float)(2 * uniform(&seed));
		f->D[i] = (float)(2e-5 * uniform(&seed)); /* 8 rad: the largest changes there are */
	}
}

/* Random samples excite every frequency; floats are promised to 5e-6 of the open beam. */
static void floats_follow_the_convolution_in_double(void **state)
{
	static const struct {
		int64_t oversample, n_row, n_col;
		double distance, blur;
	} cases[] = {{1, 5, 9, 500, 0.6}, {2, 19, 33, 500, 0.6}, {2, 9, 1, 1000, 0},
		{2, 3, 7, 0, 0.6}, {3, 11, 17, 300, 1.3}, {4, 2, 5, 700, 0.6}, {1, 1, 1, 0, 0},
		{2, 17, 300, 40, 0.3}};

	(void)state;
	for (int c = 0; c < (int)(sizeof(cases) / sizeof(*cases)); c++) {
		struct field f =
			field_new(plan_of(cases[c].oversample, cases[c].distance, cases[c].blur),
				cases[c].n_row, cases[c].n_col);
		double *change = ARENA_NEW(arena, double, f.rows *f.cols);

		assert_non_null(change);
		random_field(&f, (uint64_t)c + 1);
		field_apply(&f);
		plain_change(&f, change);
		for (int64_t p = 0; p < f.n_row; p++)
			for (int64_t q = 0; q < f.n_col; q++)
				assert_near(f.out[p * f.n_col + q], plain_pixel(&f, change, p, q),
					5e-6);
	}
}

/* Propagation of a periodic field by its discrete Fourier transform, written as sums: no window, no
 * short kernel, no float. row: [samples][samples], transformed along both indices. */
static void transform(double complex *field, int64_t n, double sign)
{
	double complex *turn = ARENA_NEW(arena, double complex, n), *line;

	line = ARENA_NEW(arena, double complex, n);
	assert_true(turn && line);
	for (int64_t k = 0; k < n; k++)
		turn[k] = cexp(sign * I * 2 * M_PI * (double)k / (double)n);
	for (int64_t index = 0; index < 2 * n; index++) {
		int64_t step = index < n ? 1 : n;
		double complex *at = field + (index < n ? index * n : index - n);

		for (int64_t k = 0; k < n; k++) {
			line[k] = 0;
			for (int64_t i = 0; i < n; i++)
				line[k] += at[i * step] * turn[i * k % n];
		}
		for (int64_t k = 0; k < n; k++)
			at[k * step] = line[k] / sqrt((double)n);
	}
}

static void fourier_propagate(double complex *field, int64_t n, double q)
{
	transform(field, n, -1);
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j < n; j++) {
			double u = (double)(i <= n / 2 ? i : i - n) / (double)n;
			double v = (double)(j <= n / 2 ? j : j - n) / (double)n;

			field[i * n + j] *= cexp(-I * M_PI * q * (u * u + v * v));
		}
	transform(field, n, 1);
}

/* Two blobs that are not on the grid's axes and overlap, one of them absorbing. */
static double blobs_T(double x, double y, const void *context)
{
	(void)context;
	return 0.8 * exp(-((x - 2) * (x - 2) + (y + 3) * (y + 3)) / 18);
}

static double blobs_D(double x, double y, const void *context)
{
	(void)context;
	return 5e-6 * exp(-((x + 1.5) * (x + 1.5) + (y - x) * (y - x)) / 14) +
	       2e-6 * blobs_T(x, y, NULL);
}

/* The wave is smooth: beyond 0.7 of Nyquist it has less than 1e-4, and it ends inside the field, so that
 * the periodic one is the same. The taps err by 1e-4 of a component in each of two passes, which is
 * twice that in intensity: 4e-4 if all of a change as large as the wave were at the worst frequency; half of that is allowed. */
static void propagation_is_that_of_the_fourier_transform(void **state)
{
	struct field f = field_new(plan_of(2, 500, 0), 24, 24);
	double complex *wave = ARENA_NEW(arena, double complex, f.rows *f.cols);
	double q = optics_wavelength(energy) * 5e5 / (0.65 * 0.65), most = 0, least = 9;

	(void)state;
	assert_non_null(wave);
	field_fill(&f, f.T, blobs_T, NULL);
	field_fill(&f, f.D, blobs_D, NULL);
	field_apply(&f);
	for (int64_t i = 0; i < f.rows * f.cols; i++)
		wave[i] = cexp(-0.5 * (double)f.T[i] - I * wave_number() * (double)f.D[i]) - 1;
	fourier_propagate(wave, f.rows, q);
	for (int64_t p = 0; p < 24; p++)
		for (int64_t r = 0; r < 24; r++) {
			double sum = 0;

			for (int k = 0; k < 4; k++) {
				double complex w = 1 + wave[(2 * (p + f.margin) + k / 2) * f.cols +
							       2 * (r + f.margin) + k % 2];

				sum += 0.25 * (creal(w) * creal(w) + cimag(w) * cimag(w));
			}
			assert_near(f.out[p * 24 + r], sum, 2e-4);
			most = sum > most ? sum : most;
			least = sum < least ? sum : least;
		}
	assert_true(most > 1.2 && least < 0.6); /* there was something to see */
}

/* A strip cut out of the field, rows from `row` and columns from `column`: the same bytes. */
static void cut(
	const struct field *whole, int64_t row, int64_t column, int64_t n_row, int64_t n_col)
{
	struct field f = field_new(whole->plan, n_row, n_col);
	int64_t at = (row * whole->cols + column) * whole->plan.oversample;

	for (int64_t i = 0; i < f.rows; i++) {
		size_t bytes = (size_t)f.cols * sizeof(float);

		memcpy(f.T + i * f.cols, whole->T + at + i * whole->cols, bytes);
		memcpy(f.D + i * f.cols, whole->D + at + i * whole->cols, bytes);
	}
	field_apply(&f);
	for (int64_t p = 0; p < n_row; p++)
		assert_memory_equal(f.out + p * n_col,
			whole->out + (row + p) * whole->n_col + column,
			(size_t)n_col * sizeof(float));
}

static void strips_and_columns_do_not_matter(void **state)
{
	static const double distance[] = {0, 300, 700};

	(void)state;
	for (int64_t oversample = 1; oversample <= 3; oversample++)
		for (int d = 0; d < 3; d++) {
			/* several tiles across, several bands down, the last ones partial */
			struct field f = field_new(
				plan_of(oversample, distance[d], 0.6), 21, 1100 / oversample);

			random_field(&f, 5);
			field_apply(&f);
			for (int64_t row = 0; row < f.n_row; row += 4)
				cut(&f, row, 0, f.n_row - row < 4 ? f.n_row - row : 4, f.n_col);
			cut(&f, 3, 0, 17, f.n_col);
			cut(&f, 1, 7, 19, 131);
			cut(&f, 20, 100, 1, 1);
			cut(&f, 0, 45, 9, 2);
		}
}

static void same_input_same_bytes_from_a_used_arena(void **state)
{
	struct field f = field_new(plan_of(2, 500, 0.6), 10, 70);
	float *again = ARENA_NEW(arena, float, 700);
	char *dirt;

	(void)state;
	random_field(&f, 8);
	field_apply(&f);
	dirt = arena_alloc(arena, optics_scratch_bytes(f.optics), 1);
	assert_true(again && dirt);
	memset(dirt, 0xff, (size_t)optics_scratch_bytes(f.optics));
	for (int k = 0; k < 3; k++)
		assert_int_equal(optics_apply(f.optics, 10, 70, f.T, f.D, again, arena), OK);
	assert_memory_equal(again, f.out, 700 * sizeof(float));
}

static void distance_0_does_not_read_D(void **state)
{
	struct field f = field_new(plan_of(2, 0, 0), 3, 5);

	(void)state;
	random_field(&f, 2);
	assert_int_equal(f.margin, 0);
	assert_int_equal(optics_apply(f.optics, 3, 5, f.T, NULL, f.out, arena), OK);
	for (int64_t i = 0; i < 15; i++) {
		const float *T = f.T + i / 5 * 2 * f.cols + i % 5 * 2;
		double mean = 0.25 * (exp(-(double)T[0]) + exp(-(double)T[1]) +
					     exp(-(double)T[f.cols]) + exp(-(double)T[f.cols + 1]));

		assert_near(f.out[i], mean, 3e-7);
	}
}

/* One thing wrong in each plan. */
static void wrong_plans_are_refused(void **state)
{
	static const struct {
		struct optics_plan plan;
		const char *part;
	} wrong[] = {
		{{0, 1.3, 80, 500, 0.6}, "oversampling of 0"},
		{{5, 1.3, 80, 500, 0.6}, "oversampling of 5"},
		{{2, 0, 80, 500, 0.6}, "pixel size of 0"},
		{{2, 1.3, -80, 500, 0.6}, "energy of -80"},
		{{2, 1.3, 80, -1, 0.6}, "distance of -1"},
		{{2, 1.3, 80, 500, -0.6}, "blur of -0.6"},
		{{2, 1.3, 80, 500, NAN}, "blur of nan"},
		{{4, 1.3, 80, 20000, 0.6}, "too far"},
	};
	struct optics *o;

	(void)state;
	for (int i = 0; i < (int)(sizeof(wrong) / sizeof(*wrong)); i++) {
		assert_int_equal(optics_new(&o, &wrong[i].plan, arena), ERR_USAGE);
		if (!strstr(error_message(), wrong[i].part))
			fail_msg("%s", error_message());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_field_is_exactly_1),
		cmocka_unit_test(plane_wave_keeps_its_intensity),
		cmocka_unit_test(wave_is_exp_sin_and_cos),
		cmocka_unit_test(taps_are_the_propagator),
		cmocka_unit_test(weights_blur_and_bin),
		cmocka_unit_test(floats_follow_the_convolution_in_double),
		cmocka_unit_test(propagation_is_that_of_the_fourier_transform),
		cmocka_unit_test(strips_and_columns_do_not_matter),
		cmocka_unit_test(same_input_same_bytes_from_a_used_arena),
		cmocka_unit_test(distance_0_does_not_read_D),
		cmocka_unit_test(wrong_plans_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
