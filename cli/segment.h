/* SPDX-License-Identifier: BSD-3-Clause
 * The passes of `segment` over a volume, and what they hand to each other. Planes are z in the files and d from the
 * electrode's side in segment/levels.h. */
#ifndef CLI_SEGMENT_H
#define CLI_SEGMENT_H

#include "config/settings.h"
#include "core/metrics.h"
#include "io/labels.h"
#include "io/volume_view.h"
#include "segment/components.h"
#include "segment/face.h"
#include "segment/sheet_surface.h"

struct segment_job {
	const struct settings *s;
	struct arena *arena;
	struct volume_view volume;
	double scale;	 /* of its values to 1/cm */
	bool known;	 /* values are in 1/cm then */
	double voxel_um; /* NAN: unknown */
	int64_t strange; /* values that were no numbers, taken as 0 */
	struct circle circle;
	struct survey survey;
	float *cupping; /* taken off, by bins about the middle; NULL: nothing */
	int64_t least;	/* voxels of a bubble */
	struct levels levels;
	struct phases phases;
	struct face face;
	int fd; /* labels of all planes, a byte a voxel, in a file without a name; -1 */
	const char *scratch;
	struct components *voids;
	int64_t count[N_LABELS];
	int64_t n_small,
		films; /* pieces of void that were too small; films of gas at the interface */
	double beyond, beyond_variance; /* volume of bubbles less their voxels */
	struct sheet sheet;		/* cracks, by d */
	double crack_limit;		/* aperture that can just be seen, voxels */
	double crack_volume[2];		/* empty and filled, voxels */
	double crack_sd[2];
	uint8_t *gas; /* columns whose front face gas touches */
};

/* Planes that --memory has room for at once when a plane takes so many bytes a voxel, and `halo` planes
 * more are needed. */
enum err segment_depth(const struct segment_job *job, double bytes, int64_t halo, int64_t *depth);

/* The same for segment_phases(), once the denoiser is chosen. */
enum err segment_phases_depth(const struct segment_job *job, int64_t *depth);

/* Plane z as 1/cm, filled beyond the circle once that is known. */
enum err segment_plane(struct segment_job *job, int64_t z, float *out);

/* Planes [p0, p1) counted from the electrode's side. */
enum err segment_planes(struct segment_job *job, int64_t p0, int64_t p1, float *out);

/* ERR_INTERRUPTED once the user wants to stop. */
enum err segment_stop(void);

enum err segment_survey(struct segment_job *job);   /* circle and levels */
enum err segment_phases(struct segment_job *job);   /* labels by grey value, faces of the ceramic */
enum err segment_contrast(struct segment_job *job); /* within planes, at the face */
enum err segment_finish(
	struct segment_job *job); /* labels by geometry; small pieces of void become liquid */
enum err segment_bubbles(
	struct segment_job *job, struct step_metrics *metrics); /* and their labels */
enum err segment_cracks(
	struct segment_job *job, struct step_metrics *metrics); /* and their labels */
enum err segment_write(struct segment_job *job, const struct labels_plan *plan);
enum err segment_measure(struct segment_job *job, struct step_metrics *metrics);

enum err segment_open(struct segment_job *job, const char *place); /* the volume */
enum err segment_circle(struct segment_job *job);
/* SEGMENT_SAMPLE values at most, from up to 64 planes, evenly; plane: scratch of one. */
enum { SEGMENT_SAMPLE = 1 << 20 };
enum err segment_sample(struct segment_job *job, float *plane, float *sample, int64_t *n);

/* The label file can be written; LABELS without its ending and then `tail`; what the label file says of itself. */
struct command_line;
enum err segment_place(const struct segment_job *job);
const char *segment_beside(const struct segment_job *job, const char *tail);
enum err segment_plan(
	struct segment_job *job, const struct command_line *line, struct labels_plan *plan);

/* Pictures of what was labelled beside the labels (cli/label_pictures.h), from the scratch file. `name`: of the label
 * file without its ending. */
enum err segment_pictures(struct segment_job *job, const struct step_metrics *metrics,
	const char *stem, const char *name);

#endif
