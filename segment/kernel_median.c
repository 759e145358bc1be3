/* SPDX-License-Identifier: BSD-3-Clause
 * Networks of minimum and maximum; see segment/median_kernels.h. The 27 values are sorted in threes along z,
 * then merged to nines along y, which the windows of three neighbours along x share. Merging is by K. E.
 * Batcher, AFIPS Proc. 32 (1968) 307, DOI 10.1145/1468075.1468121; compilers drop the halves of
 * comparisons that nobody reads. 108 operations a vector. */
#include "segment/median_kernels.h"

/* Equal values stay where they are, so that a zero of either sign is neither lost nor doubled. */
static inline void order(float *a, float *b)
{
	float low = *b < *a ? *b : *a, high = *b < *a ? *a : *b;

	*a = low;
	*b = high;
}

static inline float lesser(float a, float b)
{
	return a < b ? a : b;
}

static inline float greater(float a, float b)
{
	return a > b ? a : b;
}

static void triples(const float *a, const float *b, const float *c, int64_t n, float *restrict out)
{
	float *restrict low = out, *restrict middle = out + MEDIAN_STRIDE;
	float *restrict high = out + 2 * MEDIAN_STRIDE;

	for (int64_t i = 0; i < n; i++) {
		float v[3] = {a[i], b[i], c[i]};

		order(v, v + 1);
		order(v + 1, v + 2);
		order(v, v + 1);
		low[i] = v[0];
		middle[i] = v[1];
		high[i] = v[2];
	}
}

/* Two sorted threes to a six, in order of places 0 1 2 4 3 5, and a third three to the nine, in order of
 * places 0 1 2 4 3 5 8 7 6. */
static inline void merge_nine(float v[9])
{
	order(v + 0, v + 3);
	order(v + 2, v + 5);
	order(v + 2, v + 3);
	order(v + 1, v + 4);
	order(v + 1, v + 2);
	order(v + 4, v + 3);

	order(v + 0, v + 6);
	order(v + 3, v + 6);
	order(v + 2, v + 8);
	order(v + 2, v + 3);
	order(v + 8, v + 6);
	order(v + 1, v + 7);
	order(v + 5, v + 7);
	order(v + 4, v + 5);
	order(v + 1, v + 2);
	order(v + 4, v + 3);
	order(v + 5, v + 8);
	order(v + 7, v + 6);
}

static void nines(const float *a, const float *b, const float *c, int64_t n, float *restrict out)
{
	static const int place[9] = {0, 1, 2, 4, 3, 5, 8, 7, 6};

	for (int64_t i = 0; i < n; i++) {
		float v[9];

		for (int k = 0; k < 3; k++) {
			v[k] = a[k * MEDIAN_STRIDE + i];
			v[3 + k] = b[k * MEDIAN_STRIDE + i];
			v[6 + k] = c[k * MEDIAN_STRIDE + i];
		}
		merge_nine(v);
		for (int k = 0; k < 9; k++)
			out[k * MEDIAN_STRIDE + i] = v[place[k]];
	}
}

/* Two sorted nines, of whose 18 values the fifth to the fourteenth come to stand at places 4 to 8 and 10 to
 * 14; the others matter no longer. */
static inline void merge_middle(float v[18])
{
	order(v + 0, v + 9);
	order(v + 8, v + 17);
	order(v + 8, v + 9);
	order(v + 4, v + 13);
	order(v + 4, v + 8);
	order(v + 13, v + 9);
	order(v + 2, v + 11);
	order(v + 6, v + 15);
	order(v + 6, v + 11);
	order(v + 2, v + 4);
	order(v + 6, v + 8);
	order(v + 11, v + 13);
	order(v + 15, v + 9);
	order(v + 1, v + 10);
	order(v + 5, v + 14);
	order(v + 5, v + 10);
	order(v + 3, v + 12);
	order(v + 7, v + 16);
	order(v + 7, v + 12);
	order(v + 3, v + 5);
	order(v + 7, v + 10);
	order(v + 12, v + 14);
	order(v + 3, v + 4);
	order(v + 5, v + 6);
	order(v + 7, v + 8);
	order(v + 10, v + 11);
	order(v + 12, v + 13);
	order(v + 14, v + 15);
}

/* The 14th of a sorted list x and a sorted nine c is the least of x(14) and max(x(14 - j), c(j)). */
static void median(const float *nine, int64_t n, float *restrict out)
{
	static const int place[10] = {4, 5, 6, 7, 8, 10, 11, 12, 13, 14};

	for (int64_t i = 0; i < n; i++) {
		float v[18], m;

		for (int k = 0; k < 9; k++) {
			v[k] = nine[k * MEDIAN_STRIDE + i];
			v[9 + k] = nine[k * MEDIAN_STRIDE + i + 1];
		}
		merge_middle(v);
		m = v[place[9]];
		for (int j = 1; j <= 9; j++)
			m = lesser(
				m, greater(v[place[9 - j]], nine[(j - 1) * MEDIAN_STRIDE + i + 2]));
		out[i] = m;
	}
}

const struct median_kernels ISA_NAME(median_kernels) = {triples, nines, median};
