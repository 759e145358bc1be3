/* SPDX-License-Identifier: BSD-3-Clause
 * Raw scans as folders of TIFFs. A frame is a file that is whole or not there. */
#include "io/disk.h"
#include "io/scan_layouts.h"
#include "io/tiff_write.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err name_tiff(struct scan_writer *w)
{
	static const char *const folders[] = {"proj", "flats", "darks"};
	static const char *const stems[] = {"proj", "flat", "dark"};
	const struct scan_plan *plan = &w->plan;
	const int64_t n[] = {plan->n_proj, plan->n_flat, plan->n_dark};

	w->scan = plan->dir;
	if (plan->step >= 0)
		NEED(w->scan = arena_format(
			     w->arena, "%s/scan_%02lld", plan->dir, (long long)plan->step));
	if (plan->step > 0 && !plan->own_flats)
		NEED(w->darks_flats = arena_format(w->arena, "%s/scan_00", plan->dir));
	NEED(w->angles = arena_format(w->arena, "%s/angles.txt", w->scan));
	for (int kind = 0; kind < 3; kind++) {
		struct target *t = &w->target[kind];

		*t = (struct target){.stem = stems[kind], .n = n[kind], .fd = -1};
		NEED(t->folder = arena_format(w->arena, "%s/%s", w->scan, folders[kind]));
	}
	return OK;
}

static enum err make_tiff(struct scan_writer *w)
{
	const struct scan_plan *plan = &w->plan;
	FILE *file;
	bool good;

	for (int kind = 0; kind < 3; kind++)
		if (kind == FRAME_PROJECTION || plan->step <= 0 || plan->own_flats)
			TRY(make_folders(w->target[kind].folder));
	file = fopen(w->angles, "w");
	if (!file)
		return fail(ERR_RESOURCE, "%s: cannot write: %s", w->angles, strerror(errno));
	for (int64_t i = 0; i < plan->n_reading; i++)
		fprintf(file, "%.9f\n", plan->reading[i]);
	good = !ferror(file);
	good = fclose(file) == 0 && good;
	return good ? OK : fail(ERR_RESOURCE, "%s: cannot write: %s", w->angles, strerror(errno));
}

const struct scan_layout scan_tiff = {name_tiff, make_tiff};

/* As area detectors write it: uint16, one strip. */
static struct tiff_plan page_of(const struct scan_writer *w)
{
	return (struct tiff_plan){.n = 1,
		.ny = w->plan.n_row,
		.nx = w->plan.n_col,
		.bits = 16,
		.voxel_um = NAN,
		.step_um = NAN,
		.min = NAN,
		.max = NAN,
		.low = NAN,
		.high = NAN,
		.units = "counts",
		.origin = "tomochron simulate"};
}

static const char *path_of(const struct scan_writer *w, enum frame_kind kind, int64_t frame)
{
	const struct target *t = &w->target[kind];

	return arena_format(w->scratch, "%s/%s_%05lld.tif", t->folder, t->stem, (long long)frame);
}

enum err scan_tiff_write(
	const struct scan_writer *w, enum frame_kind kind, int64_t frame, const uint16_t *pixels)
{
	const struct tiff_plan plan = page_of(w);
	struct arena_mark mark = arena_mark(w->scratch);
	const char *path = path_of(w, kind, frame);

	NEED(path);
	TRY(tiff_save(path, &plan, pixels, w->scratch));
	arena_release(w->scratch, mark);
	return OK;
}

enum err scan_tiff_checksum(const struct scan_writer *w, enum frame_kind kind, int64_t frame,
	void *scratch, int64_t scratch_bytes, uint32_t *crc)
{
	const struct tiff_plan plan = page_of(w);
	struct arena_mark mark = arena_mark(w->scratch);
	const char *path = path_of(w, kind, frame);
	struct tiff_head head;
	enum err e;
	int fd;

	NEED(path);
	TRY(tiff_head(&head, &plan, w->scratch));
	TRY(disk_open(&fd, path, O_RDONLY));
	e = disk_checksum(fd, path, head.n, head.page_bytes, scratch, scratch_bytes, crc);
	close(fd);
	arena_release(w->scratch, mark);
	return e;
}
