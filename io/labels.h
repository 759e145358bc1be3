/* SPDX-License-Identifier: BSD-3-Clause
 * Label volumes: which material each voxel is (enum label, core/metrics.h).
 *
 * Written as HDF5: /entry/data/data uint8 (z, y, x), chunked and deflated, with NXdata axes z, y, x in um
 * as volumes have them (z is the detector row times the voxel; y and x are 0 in the middle of the
 * slice; px when the voxel is unknown); its attribute `labels` names the values in order.
 * /entry/data/fraction, when wanted: uint8, 0 to 255 for the share of the voxel that the material of its
 * label fills. /entry/data/aperture, when wanted: uint8, for voxels of cracks the aperture across the sheet there in
 * steps of 1/LABELS_APERTURE voxel, 255: that or more, 0: no crack. /entry/truth/attenuation, when known: 1/cm of each
 * label. /entry/data/confidence instead of fraction: 0 to 255 for how sure the label is. /entry/process: provenance.
 * What is written depends on the plan and the voxels alone: no dates, no host.
 *
 * Read from HDF5 (FILE or FILE:KEY: any whole numbers from 0 to 255 in three dimensions), from folders of
 * TIFFs (in natural order of their names) and from TIFFs of many pages.
 * libhdf5 is not thread-safe: one thread at a time in the whole process. */
#ifndef IO_LABELS_H
#define IO_LABELS_H

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"
#include "io/volume_view.h"

#include <stdbool.h>
#include <stdint.h>

struct labels_plan {
	const char *path;
	int64_t nz, ny, nx;
	int64_t first_row; /* detector row of plane 0 */
	double voxel_um;   /* NAN: unknown */
	bool fraction, aperture;
	bool confidence;	  /* what comes as the fraction is this */
	const char *const *names; /* of values 0, 1, ...; NULL: label_names */
	int n_names;
	const double *attenuation; /* N_LABELS values in 1/cm, or NULL */
	const char *config_yaml, *command, *version;
};

struct labels_writer;

/* The file appears, whole, with labels_finish(); until then it is PATH.tomochron-part. It replaces
 * one of that name. Memory: LABELS_DEPTH planes, twice with a fraction. The texts of the plan must
 * live until then. ERR_USAGE: no such place, no voxels; ERR_RESOURCE: no memory, no room. */
enum { LABELS_DEPTH = 8, LABELS_APERTURE = 16 };
enum err labels_create(
	struct labels_writer **writer, const struct labels_plan *plan, struct arena *arena);

/* Planes [z0, z0 + n), in order from 0, any number at once. fraction: NULL unless planned. */
enum err labels_put(struct labels_writer *writer, int64_t z0, int64_t n, const uint8_t *labels,
	const uint8_t *fraction);
/* The same with apertures, NULL unless planned. */
enum err labels_put_sheets(struct labels_writer *writer, int64_t z0, int64_t n,
	const uint8_t *labels, const uint8_t *fraction, const uint8_t *aperture);

enum err labels_finish(struct labels_writer *writer);
void labels_abandon(struct labels_writer *writer); /* after an error; NULL is fine */

/* An open label volume, to be read. */
struct labels {
	const char *path, *key; /* key: "" unless HDF5 */
	int64_t nz, ny, nx;
	int64_t first_row;	  /* -1: unknown */
	double voxel_um;	  /* NAN: unknown */
	const char *const *names; /* of values 0, 1, ...; NULL: the file does not say */
	int64_t n_names;
	const double *attenuation; /* N_LABELS values in 1/cm, or NULL */
	bool has_fraction, has_aperture;
	struct volume_view view; /* private from here on */
	struct hdf5_view fraction, aperture;
	void *wide; /* a plane in another type */
};

/* ERR_INPUT: no such volume, not three-dimensional, real numbers. The arena holds a plane when values
 * are not uint8. */
enum err labels_open(struct labels *labels, const char *place, struct arena *arena);
/* Planes [z0, z0 + n). ERR_INPUT names the first value that is not a whole number from 0 to 255. */
enum err labels_read(struct labels *labels, int64_t z0, int64_t n, uint8_t *out);
enum err labels_read_fraction(struct labels *labels, int64_t z0, int64_t n, uint8_t *out);
enum err labels_read_aperture(struct labels *labels, int64_t z0, int64_t n, uint8_t *out);
void labels_close(struct labels *labels); /* twice is fine */

/* Planes that are read best at once: as deep as the chunks of the file, at most 64. */
int64_t labels_depth(const struct labels *labels);

#endif
