/* SPDX-License-Identifier: BSD-3-Clause
 * Ring removal by smoothing along the angle: `filter` (algorithm 2 of doi:10.1364/OE.26.028396)
 * sorts only the part of low frequency, `fit` (algorithm 1) compares a polynomial fit of each
 * column with its neighbours, `norm` (Rivers) shifts every column by what its mean lacks against
 * the smoothed means.
 * As Algotom, including its windows centred half a sample below frequency 0 (the effect is that
 * of their mean with the mirror image). Differences: where the fit is 0, or the ratio of smooth
 * to fit not within 0 to 100, `fit` leaves the value alone; orders not below the number of angles
 * are lowered. `norm` needs no sorting: a shift of a whole column commutes with it. */
#include "recon/fft.h"
#include "recon/rings.h"

#include <math.h>
#include <string.h>

static int64_t padding(int64_t n)
{
	return n / 10 < 150 ? n / 10 : 150;
}

/* x reflected into [0, n) about the end samples (c b | a b c | b a). */
static int64_t mirror(int64_t x, int64_t n)
{
	int64_t period = n > 1 ? 2 * (n - 1) : 1;

	x %= period;
	if (x < 0)
		x += period;
	return x < n ? x : period - x;
}

static double gauss(double x)
{
	return exp(-0.5 * x * x);
}

/* ---- filter ---- */

/* The low frequencies of two columns at once, as one complex signal: with the window averaged
 * with its mirror image the filter is real. Frequency 0 is moved to the middle by (-1)^i. */
static void low_pass_pair(const struct fft *fft, const float *window, int64_t n, int64_t pad,
	float *a, float *b, int64_t n_angle, float complex *data)
{
	for (int64_t i = 0; i < n; i++) {
		int64_t from = mirror(i - pad, n_angle);
		float sign = i % 2 ? -1.0F : 1.0F;

		data[i] = sign * a[from] + sign * b[from] * I;
	}
	fft_complex_forward(fft, data);
	for (int64_t i = 0; i < n; i++)
		data[i] *= window[i];
	fft_complex_backward(fft, data);
	for (int64_t i = 0; i < n_angle; i++) {
		float sign = (i + pad) % 2 ? -1.0F : 1.0F;

		a[i] = sign * crealf(data[i + pad]);
		b[i] = sign * cimagf(data[i + pad]);
	}
}

static enum err low_pass(struct columns *columns, double sigma, struct arena *scratch)
{
	int64_t pad = padding(columns->n_angle), n = columns->n_angle + 2 * pad;
	const struct fft *fft;
	float complex *data;
	float *window;

	TRY(fft_complex(&fft, 1, n));
	NEED(data = ARENA_NEW(scratch, float complex, n));
	NEED(window = ARENA_NEW(scratch, float, n));
	for (int64_t i = 0; i < n; i++) {
		double middle = (double)(n - 1) / 2, other = (double)((n - i) % n);

		window[i] = (float)(0.5 / (double)n *
				    (gauss(((double)i - middle) / sigma) +
					    gauss((other - middle) / sigma)));
	}
	for (int64_t c = 0; c < columns->n_col; c += 2) {
		float *a = columns->value + c * columns->stride;
		float *b = c + 1 < columns->n_col ? a + columns->stride : a;

		low_pass_pair(fft, window, n, pad, a, b, columns->n_angle, data);
	}
	return OK;
}

int64_t rings_filter_bytes(const struct rings_settings *r, int64_t n_angle, int64_t n_col)
{
	return columns_bytes(n_angle, n_col, r->small) + 12 * (n_angle + 300) + 1024;
}

enum err rings_filter(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	struct columns columns;

	(void)counts;
	TRY(columns_new(&columns, sino, r->small, scratch));
	columns_load(&columns, sino);
	TRY(low_pass(&columns, fmax(r->filter_sigma, 1e-3), scratch));
	columns_add(&columns, -1, sino);
	columns_sort(&columns);
	columns_median(&columns, r->small, columns.value);
	columns_unsort(&columns);
	columns_add(&columns, 1, sino);
	return OK;
}

/* ---- fit ---- */

/* Weights of a least squares polynomial over -half..half, taken at its middle (Savitzky-Golay):
 * sum over orthogonal polynomials p(0) p(k) / |p|^2, made by their three-term recurrence. */
static void fit_weights(double *weight, int64_t half, int64_t order, double *now, double *before)
{
	int64_t n = 2 * half + 1;
	double scale = half ? (double)half : 1, norm_before = 1;

	for (int64_t k = 0; k < n; k++) {
		weight[k] = before[k] = 0;
		now[k] = 1;
	}
	for (int64_t m = 0; m <= order; m++) {
		double norm = 0, at_middle = now[half];

		for (int64_t k = 0; k < n; k++)
			norm += now[k] * now[k];
		for (int64_t k = 0; k < n; k++) {
			double next = (double)(k - half) / scale * now[k];

			weight[k] += at_middle * now[k] / norm;
			next -= m ? norm / norm_before * before[k] : 0;
			before[k] = now[k];
			now[k] = next;
		}
		norm_before = norm;
	}
}

/* Spectrum of the weights, laid around sample 0 of a period of n, over n. It is real. */
static enum err fit_spectrum(float *spectrum, int64_t n_angle, int64_t order, int64_t n,
	const struct fft *fft, struct arena *scratch)
{
	int64_t half = (n_angle - 1) / 2;
	double *weight, *now, *before;
	float complex *out;
	float *in;

	NEED(weight = ARENA_NEW(scratch, double, n_angle));
	NEED(now = ARENA_NEW(scratch, double, n_angle));
	NEED(before = ARENA_NEW(scratch, double, n_angle));
	NEED(in = ARENA_ZERO(scratch, float, n));
	NEED(out = ARENA_NEW(scratch, float complex, n / 2 + 1));
	fit_weights(weight, half, order < 2 * half ? order : 2 * half, now, before);
	for (int64_t k = -half; k <= half; k++)
		in[k < 0 ? k + n : k] += (float)weight[k + half];
	fft_forward(fft, in, out);
	for (int64_t k = 0; k <= n / 2; k++)
		spectrum[k] = crealf(out[k]) / (float)n;
	return OK;
}

/* Every column replaced by its fit; ends mirrored, so that one period is 2 (n_angle - 1). */
static enum err fit_columns(struct columns *columns, int64_t order, struct arena *scratch)
{
	int64_t n_angle = columns->n_angle, n = 2 * (n_angle - 1);
	const struct fft *fft;
	float *line, *spectrum;
	float complex *bins;

	TRY(fft_real(&fft, n));
	NEED(line = ARENA_NEW(scratch, float, n));
	NEED(spectrum = ARENA_NEW(scratch, float, n / 2 + 1));
	NEED(bins = ARENA_NEW(scratch, float complex, n / 2 + 1));
	TRY(fit_spectrum(spectrum, n_angle, order, n, fft, scratch));
	for (int64_t c = 0; c < columns->n_col; c++) {
		float *value = columns->value + c * columns->stride;

		for (int64_t i = 0; i < n; i++)
			line[i] = value[i < n_angle ? i : n - i];
		fft_forward(fft, line, bins);
		for (int64_t k = 0; k <= n / 2; k++)
			bins[k] *= spectrum[k];
		fft_backward(fft, bins, line);
		memcpy(value, line, (size_t)n_angle * sizeof(*value));
	}
	return OK;
}

/* The image that the 2D filter works on: transposed (columns by angles), signs alternating, the
 * angles padded with the mean of the column, the detector with its end columns. */
static void fit_image(const struct columns *columns, int64_t pad, float complex *image)
{
	const struct rings_kernels *k = ISA_PICK(rings_kernels);
	int64_t n = columns->n_angle + 2 * pad;

	for (int64_t p = 0; p < columns->n_col + 2 * pad; p++) {
		int64_t last = columns->n_col - 1, c = p - pad;
		const float *value = columns->value + (c < 0		 ? 0
							      : c > last ? last
									 : c) *
							      columns->stride;
		float mean = (float)(k->sum(value, (int32_t)columns->n_angle) /
				     (double)columns->n_angle);

		for (int64_t i = 0; i < n; i++) {
			bool inside = i >= pad && i < pad + columns->n_angle;

			image[p * n + i] =
				((i + p) % 2 ? -1.0F : 1.0F) * (inside ? value[i - pad] : mean);
		}
	}
}

/* out (layout of columns->value): the columns through a Gaussian window in 2D frequency. */
static enum err smooth_2d(const struct columns *columns, double sigma_col, double sigma_angle,
	float *out, struct arena *scratch)
{
	int64_t pad = padding(columns->n_angle);
	int64_t n = columns->n_angle + 2 * pad, np = columns->n_col + 2 * pad;
	const struct fft *fft;
	float complex *image;
	float *along;

	TRY(fft_complex(&fft, np, n));
	NEED(image = ARENA_NEW(scratch, float complex, np *n));
	NEED(along = ARENA_NEW(scratch, float, n));
	fit_image(columns, pad, image);
	fft_complex_forward(fft, image);
	for (int64_t i = 0; i < n; i++)
		along[i] = (float)(gauss(((double)i - (double)(n - 1) / 2) / sigma_angle) /
				   (double)(n * np));
	for (int64_t p = 0; p < np; p++) {
		float across = (float)gauss(((double)p - (double)(np - 1) / 2) / sigma_col);

		for (int64_t i = 0; i < n; i++)
			image[p * n + i] *= across * along[i];
	}
	fft_complex_backward(fft, image);
	for (int64_t c = 0; c < columns->n_col; c++)
		for (int64_t i = 0; i < columns->n_angle; i++)
			out[c * columns->stride + i] = ((i + c) % 2 ? -1.0F : 1.0F) *
						       crealf(image[(c + pad) * n + i + pad]);
	return OK;
}

static double mean_size(const struct columns *columns, const float *value)
{
	double sum = 0;

	for (int64_t c = 0; c < columns->n_col; c++)
		for (int64_t i = 0; i < columns->n_angle; i++)
			sum += fabs((double)value[c * columns->stride + i]);
	return sum / (double)(columns->n_col * columns->n_angle);
}

int64_t rings_fit_bytes(const struct rings_settings *r, int64_t n_angle, int64_t n_col)
{
	int64_t pad = padding(n_angle);

	(void)r;
	return columns_bytes(n_angle, n_col, 1) + 8 * (n_angle + 2 * pad) * (n_col + 2 * pad) +
	       64 * n_angle + 4096;
}

enum err rings_fit(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	int64_t tenth = sino.n_col / 10;
	double sigma_angle = tenth < 10 ? 10 : tenth > 60 ? 60 : (double)tenth, size;
	struct columns columns;
	float *smooth, level;

	(void)counts;
	if (sino.n_angle < 3)
		return OK;
	TRY(columns_new(&columns, sino, 1, scratch));
	smooth = (float *)columns.order; /* as large, and nothing is sorted here */
	columns_load(&columns, sino);
	TRY(fit_columns(&columns, r->fit_order, scratch));
	TRY(smooth_2d(&columns, fmax(r->fit_sigma, 1e-3), sigma_angle, smooth, scratch));
	size = mean_size(&columns, smooth);
	level = size > 0 ? (float)(mean_size(&columns, columns.value) / size) : 1;
	for (int64_t c = 0; c < sino.n_col; c++)
		for (int64_t i = 0; i < sino.n_angle; i++) {
			int64_t at = c * columns.stride + i;
			float ratio = level * smooth[at] / columns.value[at];

			columns.value[at] = ratio > 0 && ratio < 100 ? ratio : 1;
		}
	for (int64_t i = 0; i < sino.n_angle; i++)
		for (int64_t c = 0; c < sino.n_col; c++)
			sinogram_row(sino, i)[c] *= columns.value[c * columns.stride + i];
	return OK;
}

/* ---- norm ---- */

int64_t rings_norm_bytes(const struct rings_settings *r, int64_t n_angle, int64_t n_col)
{
	(void)r;
	(void)n_angle;
	return 12 * n_col + 256;
}

enum err rings_norm(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	double sigma = fmin(fmax(r->norm_sigma, 1e-3), (double)sino.n_col);
	int64_t radius = (int64_t)(4 * sigma + 0.5);
	double *mean;
	float *shift;

	(void)counts;
	NEED(mean = ARENA_ZERO(scratch, double, sino.n_col));
	NEED(shift = ARENA_NEW(scratch, float, sino.n_col));
	for (int64_t i = 0; i < sino.n_angle; i++)
		for (int64_t c = 0; c < sino.n_col; c++)
			mean[c] += (double)sinogram_row(sino, i)[c] / (double)sino.n_angle;
	for (int64_t c = 0; c < sino.n_col; c++) {
		double sum = 0, weights = 0;

		for (int64_t k = -radius; k <= radius; k++) {
			double weight = gauss((double)k / sigma);

			sum += weight * mean[reflect(c + k, sino.n_col)];
			weights += weight;
		}
		shift[c] = (float)(sum / weights - mean[c]);
	}
	for (int64_t i = 0; i < sino.n_angle; i++)
		for (int64_t c = 0; c < sino.n_col; c++)
			sinogram_row(sino, i)[c] += shift[c];
	return OK;
}
