/* SPDX-License-Identifier: BSD-3-Clause
 * Sixteen (or eight) slices share one geometry: they are interleaved, so that a position is computed
 * once for all of them and every access is a whole vector. Runs of RUN pixels get their columns and
 * weights by vector integer arithmetic; then each pixel keeps its sum in a register over GROUP angles.
 * GNU vector types, because compilers turn the plain loop over lanes into gathers. */
#include "recon/kernel_backproject.h"

#include "core/isa.h"

#include <string.h>
#ifdef ISA_v4
#include <immintrin.h>
#endif

/* The widest vectors of this level, no wider: compilers split wider ones badly. */
#if defined(ISA_v4)
enum { BYTES = 64, BYTES_8_LANES = 32 };
#elif defined(ISA_v3)
enum { BYTES = 32, BYTES_8_LANES = 32 };
#else
enum { BYTES = 16, BYTES_8_LANES = 16 };
#endif
typedef float vector8 __attribute__((vector_size(BYTES_8_LANES)));
typedef float vector16 __attribute__((vector_size(BYTES)));
typedef float reals __attribute__((vector_size(BYTES)));
typedef int32_t integers __attribute__((vector_size(BYTES)));

enum {
	GROUP = 8,	    /* angles summed in registers */
	BLOCK_Y = 16,	    /* rows of an inner block: its pieces of GROUP projections stay in L1 */
	FRACTION_BITS = 25, /* of positions relative to a run: 6 bits are left for +-RUN columns */
	DROP = POSITION_BITS - FRACTION_BITS,
};

/* Columns (as offsets in floats) and weights of one run at one angle. */
struct run {
	integers column[GROUP][RUN * 4 / BYTES];
	reals weight[GROUP][RUN * 4 / BYTES];
};

static const int32_t ramp[RUN]
	__attribute__((aligned(64))) = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static inline int32_t limit(int64_t relative)
{
	int64_t far = (int64_t)1 << 30;

	return (int32_t)(relative < -far ? -far : relative > far ? far : relative);
}

static inline void place(integers *restrict column, reals *restrict weight,
	const struct backproject_angle *restrict angle, int64_t position, int32_t base,
	int32_t lanes)
{
	int32_t mask = (1 << FRACTION_BITS) - 1;
	int32_t first = (int32_t)(position >> POSITION_BITS);
	int32_t start = (int32_t)(position >> DROP) & mask;
	int32_t step = (int32_t)((angle->step_x + (1 << (DROP - 1))) >> DROP);

	for (int32_t i = 0; i < RUN * 4 / BYTES; i++) {
		integers at = ((const integers *)ramp)[i] * step + start;

		column[i] = ((at >> FRACTION_BITS) + (base + first)) * (2 * lanes);
		weight[i] = __builtin_convertvector(at & mask, reals) *
			    (1.0f / (float)(1 << FRACTION_BITS));
		if (angle->clipped) {
			int64_t origin = (int64_t)first << FRACTION_BITS;
			int32_t low = limit((angle->low >> DROP) - origin);
			int32_t high = limit((angle->high >> DROP) - origin);
			integers inside = (at >= low) & (at <= high);
			integers zero = inside * 0 + (base + angle->zero_bin) * (2 * lanes);

			column[i] = (column[i] & inside) | (zero & ~inside);
			weight[i] = (reals)((integers)weight[i] & inside);
		}
	}
}

/* Values of the piece and, beside them, the step to the next column: interpolating then takes an
 * addition and a fused product instead of two and one. */
static inline __attribute__((always_inline)) void pack(
	const struct backproject_piece *piece, float *restrict packed, int32_t lanes)
{
	for (int32_t x = 0; x < piece->n; x++) {
		float *restrict to = packed + x * 2 * lanes;
		const float *restrict from = piece->row + (int64_t)x * piece->lanes;

		if (x >= piece->begin && x < piece->end && piece->lanes == lanes)
			memcpy(to, from, (size_t)lanes * sizeof(*to));
		else
			for (int32_t l = 0; l < lanes; l++)
				to[l] = x >= piece->begin && x < piece->end && l < piece->lanes
						? from[l]
						: 0;
	}
	for (int32_t x = 0; x < piece->n; x++) {
		float *restrict at = packed + x * 2 * lanes;

		for (int32_t l = 0; l < lanes; l++)
			at[lanes + l] = x + 1 < piece->n ? at[2 * lanes + l] - at[l] : 0;
	}
}

static void pack8(const struct backproject_piece *piece, float *packed)
{
	pack(piece, packed, 8);
}

static void pack16(const struct backproject_piece *piece, float *packed)
{
	pack(piece, packed, 16);
}

typedef void sum_fn(const float *packed, const struct run *r, int32_t n, float *out);

/* One inner block: a run of RUN pixels in BLOCK_Y rows from y0 on, GROUP angles from a0 on. */
static inline __attribute__((always_inline)) void block(const struct backproject_tile *tile,
	int32_t a0, int32_t y0, int32_t run, int32_t lanes, sum_fn *sum)
{
	int32_t y1 = y0 + BLOCK_Y < tile->ny ? y0 + BLOCK_Y : tile->ny;
	int32_t n = a0 + GROUP < tile->n_angle ? GROUP : tile->n_angle - a0;
	struct run r;

	for (int32_t y = y0; y < y1; y++) {
		if (run < tile->run_begin[y] || run >= tile->run_end[y])
			continue;
		for (int32_t k = 0; k < n; k++) {
			const struct backproject_angle *angle = tile->angle + a0 + k;
			int64_t position =
				angle->at + y * angle->step_y + (int64_t)run * RUN * angle->step_x;

			place(r.column[k], r.weight[k], angle, position, k * TILE_BINS, lanes);
		}
		sum(tile->packed + (int64_t)a0 * TILE_BINS * 2 * lanes, &r, n,
			tile->sum + ((int64_t)y * TILE_X + run * RUN) * lanes);
	}
}

/* The weight of pixel j in all lanes. Loads bound the sums, so where a register holds the weights of
 * a whole run it comes from there (8 percent faster), else from memory. */
#ifdef ISA_v4
static inline vector16 spread_lanes16(reals weights, int32_t j)
{
	return (vector16)_mm512_permutexvar_ps(_mm512_set1_epi32(j), (__m512)weights);
}

static inline vector8 spread_lanes8(reals weights, int32_t j)
{
	return (vector8)_mm512_castps512_ps256((__m512)spread_lanes16(weights, j));
}

#define HOLD(k)		const reals held##k = r->weight[k][0]
#define WEIGHT(k, name) spread_##name(held##k, j)
#else
#define HOLD(k)		const float *held##k = (const float *)r->weight[k]
#define WEIGHT(k, name) held##k[j]
#endif

/* Adds angle k of the group to the sum of pixel j. */
#define ADD(k, weight)                                                                             \
	do {                                                                                       \
		const vector *at = (const vector *)(piece + column[(k)*RUN + j]);                  \
		total += at[0];                                                                    \
		total += (weight)*at[parts];                                                       \
	} while (0)

/* One row of an inner block: a run of RUN pixels, n <= GROUP angles; `whole` if all of GROUP. */
#define DEFINE_BACKPROJECT(vector_type, name, lanes)                                               \
	static inline void whole_##name(                                                           \
		const float *packed, const struct run *restrict r, float *out)                     \
	{                                                                                          \
		typedef vector_type vector;                                                        \
		enum { parts = (int)(lanes * sizeof(float) / sizeof(vector)) };                    \
		const int32_t *column = (const int32_t *)r->column;                                \
		HOLD(0);                                                                           \
		HOLD(1);                                                                           \
		HOLD(2);                                                                           \
		HOLD(3);                                                                           \
		HOLD(4);                                                                           \
		HOLD(5);                                                                           \
		HOLD(6);                                                                           \
		HOLD(7);                                                                           \
                                                                                                   \
		for (int32_t j = 0; j < RUN; j++)                                                  \
			for (int32_t part = 0; part < parts; part++) {                             \
				const float *piece =                                               \
					packed + (uint32_t)part * sizeof(vector) / sizeof(float);  \
				vector *restrict sum = (vector *)out + j * parts + part;           \
				vector total = *sum;                                               \
                                                                                                   \
				ADD(0, WEIGHT(0, name));                                           \
				ADD(1, WEIGHT(1, name));                                           \
				ADD(2, WEIGHT(2, name));                                           \
				ADD(3, WEIGHT(3, name));                                           \
				ADD(4, WEIGHT(4, name));                                           \
				ADD(5, WEIGHT(5, name));                                           \
				ADD(6, WEIGHT(6, name));                                           \
				ADD(7, WEIGHT(7, name));                                           \
				*sum = total;                                                      \
			}                                                                          \
	}                                                                                          \
                                                                                                   \
	static inline void sum_##name(                                                             \
		const float *packed, const struct run *restrict r, int32_t n, float *out)          \
	{                                                                                          \
		typedef vector_type vector;                                                        \
		enum { parts = (int)(lanes * sizeof(float) / sizeof(vector)) };                    \
		const int32_t *column = (const int32_t *)r->column;                                \
		const float *weight = (const float *)r->weight;                                    \
                                                                                                   \
		if (n == GROUP) {                                                                  \
			whole_##name(packed, r, out);                                              \
			return;                                                                    \
		}                                                                                  \
		for (int32_t j = 0; j < RUN; j++)                                                  \
			for (int32_t part = 0; part < parts; part++) {                             \
				const float *piece =                                               \
					packed + (uint32_t)part * sizeof(vector) / sizeof(float);  \
				vector *restrict sum = (vector *)out + j * parts + part;           \
				vector total = *sum;                                               \
                                                                                                   \
				for (int32_t k = 0; k < n; k++)                                    \
					ADD(k, weight[k * RUN + j]);                               \
				*sum = total;                                                      \
			}                                                                          \
	}                                                                                          \
                                                                                                   \
	static void name(const struct backproject_tile *tile)                                      \
	{                                                                                          \
		for (int32_t y = 0; y < tile->ny; y += BLOCK_Y)                                    \
			for (int32_t run = 0; run < TILE_X / RUN; run++)                           \
				for (int32_t a = 0; a < tile->n_angle; a += GROUP)                 \
					block(tile, a, y, run, lanes, sum_##name);                 \
	}

DEFINE_BACKPROJECT(vector8, lanes8, 8)
DEFINE_BACKPROJECT(vector16, lanes16, 16)

extern const struct backproject_kernels ISA_NAME(backproject_kernels);
const struct backproject_kernels ISA_NAME(backproject_kernels) = {lanes8, lanes16, pack8, pack16};
