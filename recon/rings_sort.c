/* SPDX-License-Identifier: BSD-3-Clause
 * Ring removal by sorting (algorithm 3 of doi:10.1364/OE.26.028396), and the sinogram by columns
 * that the other methods build on. In every column the values are sorted along the angle; a
 * stripe is then a difference between neighbours of the same rank, taken out by a median along
 * the detector; then every value goes back to its angle.
 * As Algotom's remove_stripe_based_sorting, but equal values keep the order of the angles (there:
 * the order its sort happens to leave). */
#include "recon/rings.h"

static const struct rings_kernels *kernels(void)
{
	return ISA_PICK(rings_kernels);
}

static int64_t limited(int64_t window, int64_t n_col)
{
	return window < 1 ? 1 : window > n_col ? n_col : window;
}

/* Whole cache lines, and an odd number of them: neighbours in a rank do not share a cache set. */
static int64_t column_stride(int64_t n_angle)
{
	return ((n_angle + RINGS_LANES - 1) / RINGS_LANES | 1) * RINGS_LANES;
}

static int64_t space_bytes(int64_t n_angle, int64_t n_col, int64_t window)
{
	int64_t sorting = 16 * n_angle + 3 * RINGS_BINS * 4;
	int64_t median = (n_col + 2 * limited(window, n_col)) * RINGS_LANES * 4;

	return sorting > median ? sorting : median;
}

int64_t columns_bytes(int64_t n_angle, int64_t n_col, int64_t window)
{
	return 8 * column_stride(n_angle) * n_col + space_bytes(n_angle, n_col, window) + 192;
}

enum err columns_new(
	struct columns *columns, struct sinogram sino, int64_t window, struct arena *scratch)
{
	int64_t stride = column_stride(sino.n_angle);

	columns->n_angle = sino.n_angle;
	columns->n_col = sino.n_col;
	columns->stride = stride;
	NEED(columns->value = ARENA_NEW(scratch, float, sino.n_col *stride));
	NEED(columns->order = ARENA_NEW(scratch, uint32_t, sino.n_col * stride));
	NEED(columns->space =
			arena_alloc(scratch, space_bytes(sino.n_angle, sino.n_col, window), 1));
	return OK;
}

void columns_load(struct columns *columns, struct sinogram sino)
{
	kernels()->transpose(sino.data, sino.stride, (int32_t)sino.n_angle, (int32_t)sino.n_col,
		columns->value, columns->stride);
	for (int64_t c = 0; c < columns->n_col; c++)
		for (int64_t i = columns->n_angle; i < columns->stride; i++)
			columns->value[c * columns->stride + i] = 0; /* the median reads them */
}

void columns_sort(struct columns *columns)
{
	for (int64_t c = 0; c < columns->n_col; c++)
		kernels()->sort(columns->value + c * columns->stride,
			columns->order + c * columns->stride, (int32_t)columns->n_angle,
			columns->space);
}

void columns_median(const struct columns *columns, int64_t window, float *out)
{
	window = limited(window, columns->n_col);
	kernels()->median(columns->value, out, columns->stride, (int32_t)columns->n_col,
		(int32_t)window, columns->space);
}

void columns_unsort(struct columns *columns)
{
	float *copy = columns->space;

	for (int64_t c = 0; c < columns->n_col; c++) {
		float *value = columns->value + c * columns->stride;
		const uint32_t *order = columns->order + c * columns->stride;

		for (int64_t i = 0; i < columns->n_angle; i++)
			copy[order[i]] = value[i];
		for (int64_t i = 0; i < columns->n_angle; i++)
			value[i] = copy[i];
	}
}

void columns_store(const struct columns *columns, struct sinogram sino)
{
	kernels()->transpose(columns->value, columns->stride, (int32_t)sino.n_col,
		(int32_t)sino.n_angle, sino.data, sino.stride);
}

void columns_add(const struct columns *columns, float sign, struct sinogram sino)
{
	enum { BLOCK = 64 };

	for (int64_t c0 = 0; c0 < sino.n_col; c0 += BLOCK) {
		int64_t c1 = c0 + BLOCK < sino.n_col ? c0 + BLOCK : sino.n_col;

		for (int64_t i = 0; i < sino.n_angle; i++)
			for (int64_t c = c0; c < c1; c++)
				sinogram_row(sino, i)[c] +=
					sign * columns->value[c * columns->stride + i];
	}
}

int64_t rings_sort_bytes(const struct rings_settings *r, int64_t n_angle, int64_t n_col)
{
	return columns_bytes(n_angle, n_col, r->small);
}

enum err rings_sort(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	struct columns columns;

	(void)counts;
	TRY(columns_new(&columns, sino, r->small, scratch));
	columns_load(&columns, sino);
	columns_sort(&columns);
	columns_median(&columns, r->small, columns.value);
	columns_unsort(&columns);
	columns_store(&columns, sino);
	return OK;
}
