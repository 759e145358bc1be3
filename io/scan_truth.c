/* SPDX-License-Identifier: BSD-3-Clause
 * The true slices of a simulated scan. */
#include "io/hdf5_write.h"
#include "io/scan_write.h"

struct truth {
	struct hdf5_out out;
	int64_t width;
};

static enum err truth_describe(struct hdf5_out *f, const struct truth_plan *plan)
{
	const struct hdf5_array slices = {
		.type = HDF5_F32, .rank = 3, .shape = {plan->n, plan->width, plan->width}};
	const struct hdf5_array angles = {.type = HDF5_F64, .rank = 1, .shape = {plan->n_angle}};

	TRY(hdf5_group(f, "entry", "NXentry"));
	TRY(hdf5_group(f, "entry/data", "NXdata"));
	TRY(hdf5_note(f, "entry/data", "signal", "data"));
	TRY(hdf5_put(f, "entry/data/data", &slices, NULL, NULL));
	TRY(hdf5_note(f, "entry/data/data", "units", plan->units));
	TRY(hdf5_group(f, "entry/truth", "NXcollection"));
	TRY(hdf5_put_number(f, "entry/truth/center", plan->center));
	TRY(hdf5_put_number(f, "entry/truth/center_slope", plan->slope));
	TRY(hdf5_put_number(f, "entry/truth/voxel_size", plan->pixel_um));
	TRY(hdf5_note(f, "entry/truth/voxel_size", "units", "um"));
	TRY(hdf5_put(f, "entry/truth/angle", &angles, plan->angle, NULL));
	return hdf5_note(f, "entry/truth/angle", "units", "deg");
}

enum err truth_open(struct truth **truth, const struct truth_plan *plan, struct arena *arena)
{
	struct truth *t = ARENA_ZERO(arena, struct truth, 1);
	enum err e;

	NEED(t);
	t->width = plan->width;
	TRY(hdf5_create(&t->out, plan->path, false));
	e = truth_describe(&t->out, plan);
	if (e != OK)
		return hdf5_drop(&t->out, e);
	*truth = t;
	return OK;
}

enum err truth_put(struct truth *t, int64_t z, const float *slice)
{
	return hdf5_put_block(&t->out, "entry/data/data", (int64_t[]){z, 0, 0},
		(int64_t[]){1, t->width, t->width}, slice);
}

enum err truth_close(struct truth *t)
{
	return t ? hdf5_close(&t->out) : OK;
}
