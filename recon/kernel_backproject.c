/* SPDX-License-Identifier: BSD-3-Clause
 * Sixteen (or eight) slices share one geometry: they are interleaved, so that a position is computed
 * once for all of them and every access is a whole vector. Runs of RUN pixels get their columns and
 * weights by vector integer arithmetic; then each pixel keeps its sum in a register over GROUP angles.
 * GNU vector types, because compilers turn the plain loop over lanes into gathers. */
#include "recon/kernel_backproject.h"

#include "core/isa.h"

typedef float vector8 __attribute__((vector_size(32)));
typedef float vector16 __attribute__((vector_size(64)));

enum {
	GROUP = 8,	    /* angles summed in registers */
	BLOCK_Y = 16,	    /* rows of an inner block: its pieces of GROUP projections stay in L1 */
	FRACTION_BITS = 25, /* of positions relative to a run: 6 bits are left for +-RUN columns */
	DROP = POSITION_BITS - FRACTION_BITS,
};

/* Columns (as offsets into the piece, in vectors) and weights of one run at one angle. */
struct run {
	int32_t column[GROUP][RUN];
	float weight[GROUP][RUN];
};

static inline int32_t limit(int64_t relative)
{
	int64_t far = (int64_t)1 << 30;

	return (int32_t)(relative < -far ? -far : relative > far ? far : relative);
}

static inline void place(int32_t *restrict column, float *restrict weight,
	const struct backproject_angle *restrict angle, int64_t position, int32_t base)
{
	int32_t mask = (1 << FRACTION_BITS) - 1;
	int32_t first = (int32_t)(position >> POSITION_BITS);
	int32_t start = (int32_t)(position >> DROP) & mask;
	int32_t step = (int32_t)((angle->step_x + (1 << (DROP - 1))) >> DROP);

	for (int32_t j = 0; j < RUN; j++) {
		int32_t at = start + j * step;

		column[j] = base + first + (at >> FRACTION_BITS);
		weight[j] = (float)(at & mask) * (1.0f / (float)(1 << FRACTION_BITS));
	}
	if (angle->clipped) {
		int64_t origin = (int64_t)first << FRACTION_BITS;
		int32_t low = limit((angle->low >> DROP) - origin);
		int32_t high = limit((angle->high >> DROP) - origin);

		for (int32_t j = 0; j < RUN; j++) {
			int32_t at = start + j * step;
			int32_t inside = at >= low && at <= high;

			column[j] = inside ? column[j] : base + angle->zero_bin;
			weight[j] = inside ? weight[j] : 0;
		}
	}
}

/* One inner block: a run of RUN pixels in the rows [y0, y1), n <= GROUP angles from a0 on. */
#define DEFINE_BACKPROJECT(vector, name)                                                           \
	static inline __attribute__((always_inline)) void block_##name(                            \
		const struct backproject_tile *tile, int32_t a0, int32_t n, int32_t y0,            \
		int32_t y1, int32_t run)                                                           \
	{                                                                                          \
		const vector *restrict piece = (const vector *)tile->packed;                       \
		struct run r;                                                                      \
                                                                                                   \
		for (int32_t y = y0; y < y1; y++) {                                                \
			vector *restrict sum =                                                     \
				(vector *)tile->sum + (int64_t)y * TILE_X + run * RUN;             \
                                                                                                   \
			if (run < tile->run_begin[y] || run >= tile->run_end[y])                   \
				continue;                                                          \
			for (int32_t k = 0; k < n; k++) {                                          \
				const struct backproject_angle *angle = tile->angle + a0 + k;      \
				int64_t position = angle->at + y * angle->step_y +                 \
						   (int64_t)run * RUN * angle->step_x;             \
                                                                                                   \
				place(r.column[k], r.weight[k], angle, position,                   \
					(a0 + k) * TILE_BINS);                                     \
			}                                                                          \
			for (int32_t j = 0; j < RUN; j++) {                                        \
				vector total = sum[j];                                             \
                                                                                                   \
				for (int32_t k = 0; k < n; k++) {                                  \
					const vector *at = piece + r.column[k][j];                 \
					vector left = at[0], right = at[1];                        \
                                                                                                   \
					total += left + r.weight[k][j] * (right - left);           \
				}                                                                  \
				sum[j] = total;                                                    \
			}                                                                          \
		}                                                                                  \
	}                                                                                          \
                                                                                                   \
	static void name(const struct backproject_tile *tile)                                      \
	{                                                                                          \
		for (int32_t y = 0; y < tile->ny; y += BLOCK_Y)                                    \
			for (int32_t run = 0; run < TILE_X / RUN; run++)                           \
				for (int32_t a = 0; a < tile->n_angle; a += GROUP) {               \
					int32_t end =                                              \
						y + BLOCK_Y < tile->ny ? y + BLOCK_Y : tile->ny;   \
                                                                                                   \
					if (a + GROUP <= tile->n_angle)                            \
						block_##name(tile, a, GROUP, y, end, run);         \
					else                                                       \
						block_##name(                                      \
							tile, a, tile->n_angle - a, y, end, run);  \
				}                                                                  \
	}

DEFINE_BACKPROJECT(vector8, lanes8)
DEFINE_BACKPROJECT(vector16, lanes16)

extern const struct backproject_kernels ISA_NAME(backproject_kernels);
const struct backproject_kernels ISA_NAME(backproject_kernels) = {lanes8, lanes16};
