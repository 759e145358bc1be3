/* SPDX-License-Identifier: BSD-3-Clause
 * How the passes of `segment` read the volume; see cli/segment.h. */
#include "cli/console.h"
#include "cli/plan.h"
#include "cli/segment.h"

#include <math.h>

/* Deeper slabs are no faster. */
enum { MOST_DEPTH = 64 };

enum err segment_stop(void)
{
	return console_interrupted() ? fail(ERR_INTERRUPTED, "interrupted; nothing was written")
				     : OK;
}

enum err segment_depth(const struct segment_job *job, double bytes, int64_t halo, int64_t *depth)
{
	double plane = bytes * (double)(job->volume.ny * job->volume.nx);
	/* maps of the faces, labels being compressed, components of void */
	double rest = 40.0 * (double)(job->volume.ny * job->volume.nx) + 1e8;
	double room = 0.9 * (double)memory_limit(job->s) - rest;
	int64_t planes = (int64_t)(room / plane) - 2 * halo;

	if (planes < 1)
		return fail(ERR_RESOURCE,
			"--memory %lldM is too little: planes of %lld x %lld voxels need --memory "
			"%lldM",
			(long long)(memory_limit(job->s) >> 20), (long long)job->volume.ny,
			(long long)job->volume.nx,
			(long long)((rest + plane * (double)(2 * halo + 1)) / 0.9 / 1048576) + 1);
	*depth = planes > MOST_DEPTH ? MOST_DEPTH : planes;
	return OK;
}

enum err segment_plane(struct segment_job *job, int64_t z, float *out)
{
	const struct volume_view *v = &job->volume;
	const struct hdf5_window all = {.z = z, .step = 1, .n = v->ny, .m = v->nx};

	TRY(volume_view_read(&job->volume, &all, out));
	for (int64_t i = 0; i < v->ny * v->nx; i++) {
		out[i] = (float)(job->scale * (double)out[i]);
		if (!isfinite(out[i])) {
			out[i] = 0;
			job->strange++;
		}
	}
	for (int64_t i = 0; job->cupping && i < v->ny * v->nx; i++)
		out[i] -= job->cupping[circle_bin(&job->circle, i)];
	if (job->circle.mirror)
		circle_fill(&job->circle, out);
	return OK;
}

enum err segment_planes(struct segment_job *job, int64_t p0, int64_t p1, float *out)
{
	int64_t n = job->volume.ny * job->volume.nx;

	for (int64_t d = p0; d < p1; d++) {
		int64_t z = job->levels.below ? job->volume.nz - 1 - d : d;

		TRY(segment_plane(job, z, out + (d - p0) * n));
	}
	return segment_stop();
}
