/* SPDX-License-Identifier: BSD-3-Clause
 * Minima of shifted squares along an axis; see segment/distance_kernels.h. Four pairs of neighbours a round
 * keep the loads and stores of the running minimum few. */
#include "segment/distance.h"
#include "segment/distance_kernels.h"

static inline uint16_t lesser16(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

static inline int32_t lesser(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static void down(const uint8_t *labels, struct label_range object, uint8_t radius,
	const uint8_t *restrict before, int64_t n, uint8_t *restrict out)
{
	uint8_t first = object.first, span = (uint8_t)(object.last - object.first);

	for (int64_t i = 0; i < n; i++) {
		uint8_t d = (uint8_t)((before[i] < radius ? before[i] : radius) + 1);

		out[i] = (uint8_t)(labels[i] - first) <= span ? 0 : d;
	}
}

static void up(const uint8_t *restrict after, int64_t n, uint8_t *restrict row)
{
	for (int64_t i = 0; i < n; i++) {
		uint8_t d = (uint8_t)(after[i] + 1);

		row[i] = row[i] < d ? row[i] : d;
	}
}

static void square(const uint8_t *restrict in, uint8_t radius, int64_t n, uint16_t *restrict out)
{
	uint16_t most = (uint16_t)(radius * radius + 1);

	for (int64_t i = 0; i < n; i++) {
		uint16_t d = in[i], q = (uint16_t)(d * d);

		out[i] = q < most ? q : most;
	}
}

/* Four pairs of neighbours, k to k + 3 away. */
static inline void four(const uint16_t *const a[4], const uint16_t *const b[4], int64_t k,
	int64_t n, uint16_t *restrict out)
{
	const uint16_t *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3];
	const uint16_t *b0 = b[0], *b1 = b[1], *b2 = b[2], *b3 = b[3];
	uint16_t q0 = (uint16_t)(k * k), q1 = (uint16_t)((k + 1) * (k + 1));
	uint16_t q2 = (uint16_t)((k + 2) * (k + 2)), q3 = (uint16_t)((k + 3) * (k + 3));

	for (int64_t i = 0; i < n; i++) {
		uint16_t m0 = (uint16_t)(lesser16(a0[i], b0[i]) + q0);
		uint16_t m1 = (uint16_t)(lesser16(a1[i], b1[i]) + q1);
		uint16_t m2 = (uint16_t)(lesser16(a2[i], b2[i]) + q2);
		uint16_t m3 = (uint16_t)(lesser16(a3[i], b3[i]) + q3);

		m0 = lesser16(m0, m1);
		m2 = lesser16(m2, m3);
		out[i] = lesser16(out[i], lesser16(m0, m2));
	}
}

static inline void one(
	const uint16_t *a, const uint16_t *b, int64_t k, int64_t n, uint16_t *restrict out)
{
	uint16_t q = (uint16_t)(k * k);

	for (int64_t i = 0; i < n; i++)
		out[i] = lesser16(out[i], (uint16_t)(lesser16(a[i], b[i]) + q));
}

static void rows(const uint16_t *const *row, int64_t r, int64_t n, uint16_t *restrict out)
{
	int64_t k = 1;

	for (int64_t i = 0; i < n; i++)
		out[i] = row[r][i];
	for (; k + 3 <= r; k += 4) {
		const uint16_t *a[4] = {row[r - k], row[r - k - 1], row[r - k - 2], row[r - k - 3]};

		four(a, row + r + k, k, n, out);
	}
	for (; k <= r; k++)
		one(row[r - k], row[r + k], k, n, out);
}

static void line(const uint16_t *in, int64_t r, int64_t n, uint16_t *restrict out)
{
	int64_t k = 1;

	in += r;
	for (int64_t i = 0; i < n; i++)
		out[i] = in[i];
	for (; k + 3 <= r; k += 4) {
		const uint16_t *a[4] = {in - k, in - k - 1, in - k - 2, in - k - 3};
		const uint16_t *b[4] = {in + k, in + k + 1, in + k + 2, in + k + 3};

		four(a, b, k, n, out);
	}
	for (; k <= r; k++)
		one(in - k, in + k, k, n, out);
}

static void far_down(const uint8_t *labels, struct label_range object,
	const int32_t *restrict before, int64_t n, int32_t *restrict out)
{
	uint8_t first = object.first, span = (uint8_t)(object.last - object.first);

	for (int64_t i = 0; i < n; i++) {
		int32_t d = before ? lesser(before[i] + 1, DISTANCE_FAR) : DISTANCE_FAR;

		out[i] = (uint8_t)(labels[i] - first) <= span ? 0 : d;
	}
}

static void far_up(const int32_t *restrict after, int64_t n, int32_t *restrict row)
{
	for (int64_t i = 0; i < n; i++)
		row[i] = lesser(row[i], after[i] + 1);
}

static void far_square(int64_t n, int32_t *row)
{
	for (int64_t i = 0; i < n; i++) {
		int32_t d = row[i] < 1 << 15 ? row[i] : 0;

		row[i] = row[i] < 1 << 15 ? d * d : DISTANCE_FAR;
	}
}

static int near(const int32_t *middle, int64_t stride, int32_t *restrict out)
{
	int32_t m[DISTANCE_LANES], most;
	int32_t k = 1;

	for (int l = 0; l < DISTANCE_LANES; l++)
		m[l] = middle[l];
	for (;; k += 4) {
		const int32_t *a = middle - k * stride, *b = middle + k * stride;

		most = 0;
		for (int l = 0; l < DISTANCE_LANES; l++)
			most = most > m[l] ? most : m[l];
		if (most <= k * k || k > DISTANCE_NEAR)
			break;
		for (int l = 0; l < DISTANCE_LANES; l++) {
			int32_t m0 = lesser(a[l], b[l]) + k * k;
			int32_t m1 = lesser(a[l - stride], b[l + stride]) + (k + 1) * (k + 1);
			int32_t m2 =
				lesser(a[l - 2 * stride], b[l + 2 * stride]) + (k + 2) * (k + 2);
			int32_t m3 =
				lesser(a[l - 3 * stride], b[l + 3 * stride]) + (k + 3) * (k + 3);

			m0 = lesser(m0, m1);
			m2 = lesser(m2, m3);
			m[l] = lesser(m[l], lesser(m0, m2));
		}
	}
	for (int l = 0; l < DISTANCE_LANES; l++)
		out[l] = m[l];
	return most <= k * k;
}

const struct distance_kernels ISA_NAME(distance_kernels) = {
	down, up, square, rows, line, far_down, far_up, far_square, near};
