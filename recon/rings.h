/* SPDX-License-Identifier: BSD-3-Clause
 * Inside of the ring removal stage (recon/rings*.c, kernel_rings.c). Methods take a sinogram in
 * transmission, in place. Numbered algorithms are those of Vo, Atwood & Drakopoulos 2018,
 * doi:10.1364/OE.26.028396. No method makes NaN from finite input; windows wider than the
 * detector are cut to its width. */
#ifndef RECON_RINGS_H
#define RECON_RINGS_H

#include "core/isa.h"
#include "recon/stage.h"

/* ---- methods: recon/rings_sort.c, rings_large.c, rings_fit.c, rings_wavelet.c ---- */
typedef enum err rings_apply(const struct rings_settings *r, struct sinogram sino,
	struct arena *scratch, struct counts *counts);
rings_apply rings_sort, rings_large, rings_dead, rings_all;
rings_apply rings_filter, rings_fit, rings_norm, rings_wavelet;

/* Scratch bytes of one call for this shape. */
typedef int64_t rings_bytes(const struct rings_settings *r, int64_t n_angle, int64_t n_col);
rings_bytes rings_sort_bytes, rings_large_bytes, rings_filter_bytes, rings_fit_bytes;
rings_bytes rings_norm_bytes, rings_wavelet_bytes;

/* ---- the sinogram by columns: recon/rings_sort.c ---- */
struct columns {
	int64_t n_angle, n_col;
	int64_t stride;	 /* floats from column to column: a multiple of 16, not of a page */
	float *value;	 /* column c, angle or rank i: value[c * stride + i] */
	uint32_t *order; /* column c, rank i: the angle of the i-th smallest value */
	void *space;	 /* work space of the kernels */
};

/* `window`: the widest median that will be asked for. */
enum err columns_new(
	struct columns *columns, struct sinogram sino, int64_t window, struct arena *scratch);
int64_t columns_bytes(int64_t n_angle, int64_t n_col, int64_t window);

void columns_load(struct columns *columns, struct sinogram sino); /* transpose */
void columns_sort(struct columns *columns); /* each column ascending, stable; fills order */
/* Running median along the detector of every rank (window 2k: from -k to k-1, upper median),
 * going on beyond the detector as a point reflection about its outer columns, cut to its width.
 * out has the layout of value and may be value. */
void columns_median(const struct columns *columns, int64_t window, float *out);
void columns_unsort(struct columns *columns); /* back to angles */
void columns_store(const struct columns *columns, struct sinogram sino);
/* sino += sign * columns */
void columns_add(const struct columns *columns, float sign, struct sinogram sino);

/* x reflected into [0, n) about the outer edges of the end samples. */
static inline int64_t reflect(int64_t x, int64_t n)
{
	x %= 2 * n;
	if (x < 0)
		x += 2 * n;
	return x < n ? x : 2 * n - 1 - x;
}

/* ---- detection of stripes, algorithm 4: recon/rings_large.c ---- */
/* mask[n] = 1 where factor[] stands out of the line through its sorted middle half by snr; the
 * noise is at least least_noise. Returns the noise that was found; sorted: n doubles to work
 * in. */
double rings_detect(const double *factor, int64_t n, double snr, double least_noise, double *sorted,
	uint8_t *mask);

/* ---- orthogonal wavelets: recon/daubechies.c ---- */
enum { WAVELET_TAPS = 40 };
/* Scaling filter of "db1".."db20" and "sym2".."sym20" (sum sqrt 2, squares 1); number of taps,
 * or 0 when the name is not known. */
int daubechies(const char *name, double filter[WAVELET_TAPS]);

/* ---- hot loops: recon/kernel_rings.c ---- */
enum { RINGS_LANES = 16, RINGS_BINS = 2048 };
struct rings_kernels {
	/* out[c * out_stride + i] = in[i * in_stride + c], i < ni, c < nc */
	void (*transpose)(const float *in, int64_t in_stride, int32_t ni, int32_t nc, float *out,
		int64_t out_stride);
	/* One column, in place; space: 2 n uint64 and 3 * RINGS_BINS uint32. */
	void (*sort)(float *value, uint32_t *order, int32_t n, uint64_t *space);
	/* Columns of stride floats (a multiple of RINGS_LANES, all of them readable);
	 * space: (n_col + 2 window) * RINGS_LANES int32. */
	void (*median)(const float *in, float *out, int64_t stride, int32_t n_col, int32_t window,
		int32_t *space);
	double (*sum)(const float *x, int32_t n);
	void (*axpy)(float a, const float *x, float *y, int32_t n); /* y += a x */
	/* running += add - drop; rough += |x - running / size| */
	void (*roughness)(const float *x, const float *add, const float *drop, double *running,
		double *rough, double size, int32_t n);
};
ISA_DECLARE(struct rings_kernels, rings_kernels);

#endif
