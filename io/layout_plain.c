/* SPDX-License-Identifier: BSD-3-Clause
 * A dataset that the user named by FILE:KEY, in a file of no known layout (or of a known one, asked to
 * be read otherwise). Angles are taken from beside it if they have a usual name. */
#include "io/hdf5_read.h"

#include <string.h>

enum err layout_plain(
	struct scan_source *source, struct hdf5_file *file, const char *key, struct found *found)
{
	static const char *const names[] = {"rotation_angle", "theta", "Angle", "angles", "angle"};
	const char *group = folder_of(key, source->arena);
	struct stack *stack;

	NEED(group);
	found->layout = "HDF5 dataset";
	TRY(hdf5_stack(source, file, key, false, &stack));
	TRY(series_all(source, &found->proj, stack));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *path = arena_format(source->arena, "%s/%s", group, names[i]);
		struct hdf5_shape shape;
		struct spec spec;

		NEED(path);
		shape = hdf5_look(file, path, NULL);
		if (shape.kind != HDF5_DATASET || shape.rank != 1 || !shape.number)
			continue;
		spec = (struct spec){file->path, file->path, path, 0, -1};
		return angles_read(source, &found->angles, &spec);
	}
	return OK;
}
