/* SPDX-License-Identifier: BSD-3-Clause
 * Raw rows to transmission. Unusable pixels are NAN in the prepared flats, so they come out of the
 * division like raw values that are not finite, are counted by the kernel, and only then looked for. */
#include "recon/normalise.h"

#include "recon/point.h"

#include <math.h>

/* The flats on either side of a time and the weight of the second. */
struct bracket {
	int before, after;
	float weight;
};

static struct bracket bracket_of(const struct fields *f, double time)
{
	int k = 0;
	double share;

	while (k + 1 < f->n_flats && f->at[k + 1] <= time)
		k++;
	if (k + 1 == f->n_flats || time <= f->at[k])
		return (struct bracket){k, k, 0};
	share = (time - f->at[k]) / (f->at[k + 1] - f->at[k]);
	if (f->flats_in_time == FLATS_NEAREST) {
		k += share > 0.5;
		return (struct bracket){k, k, 0};
	}
	return (struct bracket){k, k + 1, (float)share};
}

static const void *sample_at(const void *raw, enum raw_type type, int64_t i)
{
	static const int64_t bytes[] = {[RAW_U8] = 1, [RAW_U16] = 2, [RAW_F32] = 4};

	return (const char *)raw + i * bytes[type];
}

/* Runs of values that are not finite, by linear interpolation between the good ones at their ends. */
static void fill_gaps(float *row, int64_t n)
{
	int64_t last = -1; /* the last good column */

	for (int64_t i = 0; i <= n; i++) {
		float left, right;

		if (i < n && !isfinite(row[i]))
			continue;
		if (i - last > 1) {
			left = last >= 0 ? row[last] : i < n ? row[i] : 1;
			right = i < n ? row[i] : left;
			for (int64_t j = last + 1; j < i; j++) {
				double w = (double)(j - last) / (double)(i - last);

				row[j] = (float)((1 - w) * (double)left + w * (double)right);
			}
		}
		last = i;
	}
}

static void normalise_row(const struct fields *f, int64_t row, double time, const void *raw,
	enum raw_type type, const float *dark, float *out, struct counts *counts)
{
	const struct point_kernels *kernels = point_kernels();
	struct bracket b = bracket_of(f, time);
	int32_t n = (int32_t)f->n_col, bad = 0;
	const float *f0 = f->flat[b.before] + row * f->n_col;
	const float *f1 = f->flat[b.after] + row * f->n_col;

	switch (type) {
	case RAW_U8:
		bad = kernels->normalise_u8(out, raw, dark, f0, f1, b.weight, n);
		break;
	case RAW_U16:
		bad = kernels->normalise_u16(out, raw, dark, f0, f1, b.weight, n);
		break;
	case RAW_F32:
		bad = kernels->normalise_f32(out, raw, dark, f0, f1, b.weight, n);
		break;
	}
	if (bad == 0)
		return;
	counts->n[COUNT_UNUSABLE_FLAT] += f->n_unusable[row];
	counts->n[COUNT_NOT_FINITE] += bad - f->n_unusable[row];
	fill_gaps(out, n);
}

void normalise_sinogram(const struct fields *fields, int64_t row, const void *raw,
	enum raw_type type, int64_t raw_stride, struct sinogram out, struct counts *counts)
{
	const float *dark = fields->dark + row * fields->n_col;

	for (int64_t i = 0; i < out.n_angle; i++)
		normalise_row(fields, row, (double)i, sample_at(raw, type, i * raw_stride), type,
			dark, sinogram_row(out, i), counts);
}

void normalise_image(const struct fields *fields, int64_t row0, int64_t n, int64_t projection,
	const void *raw, enum raw_type type, float *out, struct counts *counts, bool per_row)
{
	int64_t n_col = fields->n_col;

	for (int64_t i = 0; i < n; i++)
		normalise_row(fields, row0 + i, (double)projection, sample_at(raw, type, i * n_col),
			type, fields->dark + (row0 + i) * n_col, out + i * n_col,
			per_row ? counts + i : counts);
}
