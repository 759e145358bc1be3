/* SPDX-License-Identifier: BSD-3-Clause
 * Ring removal by wavelets and Fourier damping (Muench et al. 2009, doi:10.1364/OE.17.008567).
 * Stripes live in the bands that are smooth along the angle and detailed along the detector; in
 * these the frequencies of angle near 0 are damped by 1 - exp(-k^2 / (2 sigma^2)).
 * Padding, boundaries (symmetric) and levels as in Algotom's remove_stripe_based_wavelet_fft, but
 * the damping is centred on frequency 0: Algotom's is one off for bands of even height, which
 * leaves 40 % of a stripe there. By linearity only what is taken out is rebuilt and
 * subtracted, so that what is not touched stays exact and the other bands are never made. */
#include "recon/rings.h"

#include <math.h>
#include <string.h>

enum { MAX_LEVELS = 24 };

struct band {
	float *data;
	int64_t rows, cols;
};

struct wavelet {
	const struct rings_kernels *kernel;
	int64_t taps;
	float low[WAVELET_TAPS], high[WAVELET_TAPS];	       /* analysis */
	float low_back[WAVELET_TAPS], high_back[WAVELET_TAPS]; /* synthesis */
	float *even, *odd;				       /* half a row each, with margins */
};

struct level {
	struct band image, half, detail; /* before, smooth along the angle, and its detail */
};

static int64_t padding(int64_t rows, int64_t cols)
{
	int64_t tenth = (rows < cols ? rows : cols) / 10;

	return tenth < 150 ? tenth : 150;
}

static int n_levels(int64_t rows, int64_t cols, int64_t asked)
{
	int64_t least = (rows < cols ? rows : cols) / 16;
	int most = 0;

	while (least > 1 && most < MAX_LEVELS) {
		least /= 2;
		most++;
	}
	return asked < 1 || asked > most ? most : (int)asked;
}

static enum err band_new(struct band *band, int64_t rows, int64_t cols, struct arena *scratch)
{
	band->rows = rows;
	band->cols = cols;
	NEED(band->data = ARENA_NEW(scratch, float, rows *cols));
	return OK;
}

static int64_t halved(int64_t n, int64_t taps)
{
	return (n + taps - 1) / 2;
}

static enum err wavelet_new(
	struct wavelet *w, const char *name, int64_t cols, struct arena *scratch)
{
	double filter[WAVELET_TAPS];

	w->kernel = ISA_PICK(rings_kernels);
	w->taps = daubechies(name, filter);
	if (!w->taps)
		return fail(ERR_USAGE, "rings.wavelet: %s is not known", name);
	for (int64_t k = 0; k < w->taps; k++) {
		int64_t back = w->taps - 1 - k;

		w->low_back[k] = w->low[back] = (float)filter[k];
		w->high_back[k] = w->high[back] = (k % 2 ? -1.0F : 1.0F) * (float)filter[back];
	}
	NEED(w->even = ARENA_NEW(scratch, float, cols / 2 + 2 * WAVELET_TAPS));
	NEED(w->odd = ARENA_NEW(scratch, float, cols / 2 + 2 * WAVELET_TAPS));
	return OK;
}

/* Smooth and halve along the angle: out[k] = sum over j of low[j] in[2 k + 1 - j]. */
static void analyse_angle(const struct wavelet *w, struct band in, struct band out)
{
	for (int64_t k = 0; k < out.rows; k++) {
		float *row = out.data + k * out.cols;

		memset(row, 0, (size_t)out.cols * sizeof(*row));
		for (int64_t j = 0; j < w->taps; j++)
			w->kernel->axpy(w->low[j],
				in.data + reflect(2 * k + 1 - j, in.rows) * in.cols, row,
				(int32_t)out.cols);
	}
}

/* The same along the detector, smooth and detail. Samples 2 m - taps + 2 go to even[m], the
 * next to odd[m], so that output k needs even and odd from k on. */
static void analyse_detector(
	const struct wavelet *w, struct band in, struct band smooth, struct band detail)
{
	int64_t pairs = smooth.cols + w->taps / 2;

	for (int64_t i = 0; i < in.rows; i++) {
		const float *row = in.data + i * in.cols;
		float *low = smooth.data + i * smooth.cols, *high = detail.data + i * detail.cols;

		for (int64_t m = 0; m < pairs; m++) {
			w->even[m] = row[reflect(2 * m - w->taps + 2, in.cols)];
			w->odd[m] = row[reflect(2 * m - w->taps + 3, in.cols)];
		}
		memset(low, 0, (size_t)smooth.cols * sizeof(*low));
		memset(high, 0, (size_t)detail.cols * sizeof(*high));
		for (int64_t j = 0; j < w->taps; j++) { /* sample 2 k + 1 - j */
			const float *x = (j % 2 ? w->even : w->odd) + (w->taps - 1 - j) / 2;

			w->kernel->axpy(w->low[j], x, low, (int32_t)smooth.cols);
			w->kernel->axpy(w->high[j], x, high, (int32_t)detail.cols);
		}
	}
}

/* detail := its part near frequency 0 of angle, sum over k of exp(-k^2 / (2 sigma^2)) x its k-th
 * Fourier component. Few frequencies, so sums of cosines and sines beat a transform. */
static enum err keep_stripes(
	const struct wavelet *w, struct band detail, double sigma, struct arena *scratch)
{
	int64_t n = detail.rows, cols = detail.cols;
	int64_t last = (int64_t)fmin(5.7 * sigma, (double)(n / 2));
	double turn = 2 * acos(-1) / (double)n;
	float *part;

	NEED(part = ARENA_ZERO(scratch, float, 2 * (last + 1) * cols));
	for (int64_t i = 0; i < n; i++)
		for (int64_t k = 0; k <= last; k++) {
			double angle = turn * (double)(i * k % n);
			const float *row = detail.data + i * cols;

			w->kernel->axpy((float)cos(angle), row, part + 2 * k * cols, (int32_t)cols);
			w->kernel->axpy(
				(float)sin(angle), row, part + (2 * k + 1) * cols, (int32_t)cols);
		}
	for (int64_t i = 0; i < n; i++) {
		float *row = detail.data + i * cols;

		memset(row, 0, (size_t)cols * sizeof(*row));
		for (int64_t k = 0; k <= last; k++) {
			double angle = turn * (double)(i * k % n), f = (double)k / sigma;
			double share = exp(-0.5 * f * f) * (k == 0 || 2 * k == n ? 1 : 2);

			share /= (double)n;
			w->kernel->axpy((float)(share * cos(angle)), part + 2 * k * cols, row,
				(int32_t)cols);
			w->kernel->axpy((float)(share * sin(angle)), part + (2 * k + 1) * cols, row,
				(int32_t)cols);
		}
	}
	return OK;
}

/* out = rebuilt from smooth (NULL data: zeros) and detail, along the detector. */
static void rebuild_detector(
	const struct wavelet *w, struct band smooth, struct band detail, struct band out)
{
	int64_t pairs = (out.cols + 1) / 2;

	for (int64_t i = 0; i < out.rows; i++) {
		float *row = out.data + i * out.cols;

		memset(w->even, 0, (size_t)pairs * sizeof(*w->even));
		memset(w->odd, 0, (size_t)pairs * sizeof(*w->odd));
		for (int64_t t = 0; t < w->taps / 2; t++) {
			int64_t tap = w->taps - 2 - 2 * t;
			const float *x = detail.data + i * detail.cols + t;

			w->kernel->axpy(w->high_back[tap], x, w->even, (int32_t)pairs);
			w->kernel->axpy(w->high_back[tap + 1], x, w->odd, (int32_t)pairs);
			if (!smooth.data)
				continue;
			x = smooth.data + i * smooth.cols + t;
			w->kernel->axpy(w->low_back[tap], x, w->even, (int32_t)pairs);
			w->kernel->axpy(w->low_back[tap + 1], x, w->odd, (int32_t)pairs);
		}
		for (int64_t c = 0; c < out.cols; c++)
			row[c] = (c % 2 ? w->odd : w->even)[c / 2];
	}
}

static void rebuild_angle(const struct wavelet *w, struct band half, struct band out)
{
	for (int64_t i = 0; i < out.rows; i++) {
		float *row = out.data + i * out.cols;

		memset(row, 0, (size_t)out.cols * sizeof(*row));
		for (int64_t t = 0; t < w->taps / 2; t++)
			w->kernel->axpy(w->low_back[w->taps - 2 - 2 * t + i % 2],
				half.data + (i / 2 + t) * half.cols, row, (int32_t)out.cols);
	}
}

/* The sinogram with the mean of each column above and below, then its end columns repeated. */
static enum err pad_sinogram(
	struct sinogram sino, int64_t pad, struct band out, struct arena *scratch)
{
	int64_t n = sino.n_col;
	double *mean;

	NEED(mean = ARENA_ZERO(scratch, double, n));
	for (int64_t i = 0; i < sino.n_angle; i++)
		for (int64_t c = 0; c < n; c++)
			mean[c] += (double)sinogram_row(sino, i)[c] / (double)sino.n_angle;
	for (int64_t i = 0; i < out.rows; i++) {
		float *row = out.data + i * out.cols;

		if (i >= pad && i < pad + sino.n_angle)
			memcpy(row + pad, sinogram_row(sino, i - pad), (size_t)n * sizeof(*row));
		else
			for (int64_t c = 0; c < n; c++)
				row[c + pad] = (float)mean[c];
		for (int64_t c = 0; c < pad; c++) {
			row[c] = row[pad];
			row[pad + n + c] = row[pad + n - 1];
		}
	}
	return OK;
}

int64_t rings_wavelet_bytes(const struct rings_settings *r, int64_t n_angle, int64_t n_col)
{
	int64_t pad = padding(n_angle, n_col);
	int64_t rows = n_angle + 2 * pad, cols = n_col + 2 * pad, bytes = 4 * rows * cols;
	int64_t parts = 12 + (int64_t)(12 * fmin(r->wavelet_sigma, (double)rows));

	bytes += 12 * cols + 24 * WAVELET_TAPS;
	for (int k = n_levels(rows, cols, r->wavelet_level); k > 0; k--) {
		int64_t less = halved(rows, WAVELET_TAPS), narrow = halved(cols, WAVELET_TAPS);

		bytes += 4 * less * (cols + 2 * narrow + 16) + 4 * parts * narrow;
		rows = less;
		cols = narrow;
	}
	return bytes + 4096;
}

enum err rings_wavelet(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	int64_t pad = padding(sino.n_angle, sino.n_col);
	double sigma = fmax(r->wavelet_sigma, 1e-3);
	struct level level[MAX_LEVELS];
	struct band image, smooth = {0};
	struct wavelet w = {0};
	int levels;

	(void)counts;
	TRY(band_new(&image, sino.n_angle + 2 * pad, sino.n_col + 2 * pad, scratch));
	levels = n_levels(image.rows, image.cols, r->wavelet_level);
	TRY(wavelet_new(&w, r->wavelet, image.cols, scratch));
	TRY(pad_sinogram(sino, pad, image, scratch));
	for (int k = 0; k < levels; k++) {
		int64_t rows = halved(image.rows, w.taps), cols = halved(image.cols, w.taps);
		struct level *l = &level[k];

		l->image = image;
		TRY(band_new(&l->half, rows, image.cols, scratch));
		TRY(band_new(&l->detail, rows, cols, scratch));
		TRY(band_new(&image, rows, cols, scratch));
		analyse_angle(&w, l->image, l->half);
		analyse_detector(&w, l->half, image, l->detail);
		TRY(keep_stripes(&w, l->detail, sigma, scratch));
	}
	for (int k = levels - 1; k >= 0; k--) {
		rebuild_detector(&w, smooth, level[k].detail, level[k].half);
		rebuild_angle(&w, level[k].half, level[k].image);
		smooth = level[k].image;
	}
	for (int64_t i = 0; levels && i < sino.n_angle; i++)
		w.kernel->axpy(-1, smooth.data + (i + pad) * smooth.cols + pad,
			sinogram_row(sino, i), (int32_t)sino.n_col);
	return OK;
}
