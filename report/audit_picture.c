/* SPDX-License-Identifier: BSD-3-Clause */
#include "report/audit_picture.h"

#include "report/picture.h"

#include <math.h>

static enum err name_projections(const struct audit *a, struct grey *greys, struct arena *arena)
{
	static const char *const names[] = {"first", "middle", "last"};

	for (int k = 0; k < 3; k++) {
		int64_t i = a->projection_index[k];

		greys[k] = (struct grey){.data = a->projection[k],
			.ny = a->scan->n_row,
			.nx = a->scan->n_col,
			.low = NAN,
			.high = NAN,
			.title = arena_format(arena, "%s projection (%lld, %.3f degrees)", names[k],
				(long long)i, a->scan->angle[i])};
		NEED(greys[k].title);
	}
	return OK;
}

enum err audit_picture(const struct audit *a, const char *path, struct arena *arena)
{
	struct grey projections[3];
	struct picture *p;
	const char *title;
	double low; /* where the lower half begins: projections may be flat */
	double *step = ARENA_NEW(arena, double, a->scan->n_proj);
	double *index = ARENA_NEW(arena, double, a->scan->n_proj);
	struct grey sinogram = {.data = a->sinogram,
		.ny = a->sampled_frames,
		.nx = a->scan->n_col,
		.low = NAN,
		.high = NAN,
		.title = "sinogram of the middle row",
		.fill = true};
	struct curve intensity = {.x = a->frame,
		.y = a->intensity,
		.n = a->sampled_frames,
		.title = a->scan->n_flat_groups ? "mean transmission of each frame"
						: "mean value of each frame",
		.x_label = "projection",
		.y_label = ""};
	struct curve steps = {.x = index,
		.y = step,
		.n = a->scan->n_proj - 1,
		.title = "step from each angle to the next (degrees)",
		.x_label = "projection",
		.y_label = ""};

	NEED(step);
	NEED(index);
	for (int64_t i = 0; i + 1 < a->scan->n_proj; i++) {
		index[i] = (double)i;
		step[i] = a->scan->angle[i + 1] - a->scan->angle[i];
	}
	title = arena_format(arena, "%s (%s, %lld projections of %lld x %lld)", a->scan->path,
		a->scan->layout, (long long)a->scan->n_proj, (long long)a->scan->n_row,
		(long long)a->scan->n_col);
	NEED(title);
	TRY(name_projections(a, projections, arena));
	low = 50 + picture_fit((struct box){0, 0, 450, 400}, &projections[0]).h + 20;
	TRY(picture_new(&p, 1420, (int)low + 430, arena));
	picture_text(p, 16, 28, 1388, 15, title);
	for (int k = 0; k < 3; k++)
		TRY(picture_grey(p, (struct box){16 + 466 * k, 50, 450, 400}, &projections[k]));
	TRY(picture_grey(p, (struct box){16, low, 450, 400}, &sinogram));
	picture_curve(p, (struct box){482, low, 922, 200}, &intensity);
	picture_curve(p, (struct box){482, low + 210, 922, 200}, &steps);
	return picture_save(p, path);
}
