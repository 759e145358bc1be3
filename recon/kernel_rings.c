/* SPDX-License-Identifier: BSD-3-Clause
 * Hot loops of ring removal. Floats are compared as integers: x -> x ^ (x >> 31 & 0x7fffffff) on
 * the bits puts all finite floats in order (and -0 before +0), and integer min and max are one
 * instruction at every level. */
#include "recon/rings.h"

#include <string.h>

static inline int32_t ordered(int32_t bits)
{
	return bits ^ (int32_t)((uint32_t)(bits >> 31) >> 1); /* its own inverse */
}

static void transpose(const float *restrict in, int64_t in_stride, int32_t ni, int32_t nc,
	float *restrict out, int64_t out_stride)
{
	enum { ROWS = 64, COLS = 16 }; /* the lines of a block stay in the first cache */

	for (int32_t i0 = 0; i0 < ni; i0 += ROWS)
		for (int32_t c0 = 0; c0 < nc; c0 += COLS) {
			int32_t i1 = i0 + ROWS < ni ? i0 + ROWS : ni;
			int32_t c1 = c0 + COLS < nc ? c0 + COLS : nc;

			for (int32_t c = c0; c < c1; c++)
				for (int32_t i = i0; i < i1; i++)
					out[c * out_stride + i] = in[i * in_stride + c];
		}
}

/* Least significant digit radix sort, three digits that just cover the range of the column. */
struct digits {
	uint32_t low; /* smallest key */
	int shift[3];
	uint32_t mask;
};

static struct digits digits_of(const float *restrict value, int32_t n)
{
	int32_t least = INT32_MAX, most = INT32_MIN;
	struct digits d;
	int bits, step;

	for (int32_t i = 0; i < n; i++) {
		int32_t key;

		memcpy(&key, value + i, sizeof(key));
		key = ordered(key);
		least = key < least ? key : least;
		most = key > most ? key : most;
	}
	bits = most == least ? 1 : 32 - __builtin_clz((uint32_t)most - (uint32_t)least);
	step = (bits + 2) / 3;
	d.low = (uint32_t)least;
	d.mask = (1U << step) - 1;
	for (int k = 0; k < 3; k++)
		d.shift[k] = 32 + k * step;
	return d;
}

static void starts(uint32_t *restrict count, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t c = count[i];

		count[i] = sum;
		sum += c;
	}
}

static void sort(
	float *restrict value, uint32_t *restrict order, int32_t n, uint64_t *restrict space)
{
	uint64_t *restrict a = space, *restrict b = space + n;
	uint32_t *restrict count = (uint32_t *)(space + 2 * (int64_t)n);
	uint32_t *restrict count1 = count + RINGS_BINS, *restrict count2 = count1 + RINGS_BINS;
	struct digits d = digits_of(value, n);
	int shift0 = d.shift[0], shift1 = d.shift[1], shift2 = d.shift[2];

	memset(count, 0, (d.mask + 1) * sizeof(*count));
	memset(count1, 0, (d.mask + 1) * sizeof(*count));
	memset(count2, 0, (d.mask + 1) * sizeof(*count));
	for (int32_t i = 0; i < n; i++) {
		int32_t bits;
		uint64_t item;

		memcpy(&bits, value + i, sizeof(bits));
		item = (uint64_t)((uint32_t)ordered(bits) - d.low) << 32 | (uint32_t)i;
		a[i] = item;
		count[item >> shift0 & d.mask]++;
		count1[item >> shift1 & d.mask]++;
		count2[item >> shift2 & d.mask]++;
	}
	starts(count, d.mask + 1);
	starts(count1, d.mask + 1);
	starts(count2, d.mask + 1);
	for (int32_t i = 0; i < n; i++)
		b[count[a[i] >> shift0 & d.mask]++] = a[i];
	for (int32_t i = 0; i < n; i++)
		a[count1[b[i] >> shift1 & d.mask]++] = b[i];
	for (int32_t i = 0; i < n; i++) {
		uint32_t to = count2[a[i] >> shift2 & d.mask]++;
		int32_t bits = ordered((int32_t)((uint32_t)(a[i] >> 32) + d.low));

		memcpy(value + to, &bits, sizeof(bits));
		order[to] = (uint32_t)a[i];
	}
}

/* Each lane (a rank) has its window as a sorted list; the lists lie across the vectors, so one
 * sweep over the window takes the oldest value out of all lists and puts the newest in. */
static void replace(int32_t *restrict s, int32_t window, const int32_t *restrict old,
	const int32_t *restrict new)
{
	int32_t before[RINGS_LANES], here[RINGS_LANES], rest[RINGS_LANES], next[RINGS_LANES];

	for (int l = 0; l < RINGS_LANES; l++) {
		before[l] = INT32_MIN;
		here[l] = s[l];
	}
	for (int32_t j = 0; j < window - 1; j++) {
		int32_t *restrict at = s + (int64_t)j * RINGS_LANES;

		for (int l = 0; l < RINGS_LANES; l++) {
			int32_t high;

			next[l] = at[RINGS_LANES + l];
			rest[l] = here[l] < old[l] ? here[l] : next[l]; /* without old */
			high = new[l] > before[l] ? new[l] : before[l];
			at[l] = rest[l] < high ? rest[l] : high;
			before[l] = rest[l];
			here[l] = next[l];
		}
	}
	for (int l = 0; l < RINGS_LANES; l++)
		s[(window - 1) * RINGS_LANES + l] = new[l] > before[l] ? new[l] : before[l];
}

static void put(const int32_t *restrict from, float *restrict out)
{
	for (int l = 0; l < RINGS_LANES; l++) {
		int32_t bits = ordered(from[l]);

		memcpy(out + l, &bits, sizeof(bits));
	}
}

/* The column p of 16 ranks, also beyond the ends of the detector: there point-reflected about the mean of
 * the three outermost columns, so that a slope goes on as it is. (Mirrored, it would be flattened, and
 * the outer columns of a body wider than the detector with it: padding is made of those.) */
static void column(const float *in, int64_t stride, int64_t p, int64_t n_col, float *restrict out)
{
	int64_t end = p < 0 ? 0 : n_col - 3, inside = 2 * (end + 1) - p;
	const float *from;

	if ((p >= 0 && p < n_col) || n_col < 3 || inside < 0 || inside >= n_col) {
		memcpy(out, in + reflect(p, n_col) * stride, RINGS_LANES * sizeof(float));
		return;
	}
	from = in + inside * stride;
	for (int l = 0; l < RINGS_LANES; l++) {
		const float *three = in + end * stride + l;

		out[l] = (three[0] + three[stride] + three[2 * stride]) / 1.5F - from[l];
	}
}

static void median(
	const float *in, float *out, int64_t stride, int32_t n_col, int32_t window, int32_t *space)
{
	int32_t *strip = space, *s = space + (n_col + window) * RINGS_LANES;
	int32_t *middle = s + window / 2 * RINGS_LANES, greatest[RINGS_LANES];

	for (int l = 0; l < RINGS_LANES; l++)
		greatest[l] = INT32_MAX;
	for (int64_t r = 0; r < stride; r += RINGS_LANES) {
		for (int32_t p = 0; p < n_col + window - 1; p++) {
			float from[RINGS_LANES];

			column(in + r, stride, p - window / 2, n_col, from);
			for (int l = 0; l < RINGS_LANES; l++) {
				int32_t bits;

				memcpy(&bits, from + l, sizeof(bits));
				strip[p * RINGS_LANES + l] = ordered(bits);
			}
		}
		/* Starting from a window of the greatest number, each replaces one of them. */
		for (int32_t i = 0; i < window * RINGS_LANES; i++)
			s[i] = INT32_MAX;
		for (int32_t p = 0; p < window; p++)
			replace(s, window, greatest, strip + p * RINGS_LANES);
		put(middle, out + r);
		for (int32_t c = 1; c < n_col; c++) {
			replace(s, window, strip + (c - 1) * RINGS_LANES,
				strip + (c + window - 1) * RINGS_LANES);
			put(middle, out + c * stride + r);
		}
	}
}

static double sum(const float *restrict x, int32_t n)
{
	double part[16] = {0}, total = 0;
	int32_t i = 0;

	for (; i + 16 <= n; i += 16)
		for (int l = 0; l < 16; l++)
			part[l] += (double)x[i + l];
	for (; i < n; i++)
		total += (double)x[i];
	for (int l = 0; l < 16; l++)
		total += part[l];
	return total;
}

static void axpy(float a, const float *restrict x, float *restrict y, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		y[i] += a * x[i];
}

static void roughness(const float *restrict x, const float *add, const float *drop,
	double *restrict running, double *restrict rough, double size, int32_t n)
{
	double scale = 1 / size;

	for (int32_t i = 0; i < n; i++) {
		double d;

		running[i] += (double)add[i] - (double)drop[i];
		d = (double)x[i] - running[i] * scale;
		rough[i] += d < 0 ? -d : d;
	}
}

const struct rings_kernels ISA_NAME(rings_kernels) = {
	.transpose = transpose,
	.sort = sort,
	.median = median,
	.sum = sum,
	.axpy = axpy,
	.roughness = roughness,
};
