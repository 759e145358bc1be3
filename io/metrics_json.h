/* SPDX-License-Identifier: BSD-3-Clause
 * The numbers of time steps (core/metrics.h) as JSON and CSV.
 *
 * One step is one object:
 *	{"step": 3, "name": "step_03", "scan": "...", "time": 5400.0 (s), "voxel_um": 1.3,
 *	 "phases": {"void": {"volume_um3": ..., "volume_um3_sd": ...}, "nak": ..., ...},
 *	 "bubbles": [{"id", "volume_um3", "equivalent_diameter_um", "sphericity", "centroid_um" [z, y, x],
 *	              "touches_interface", "parents" when known}],
 *	 "cracks": [{"id", "volume_um3", "area_um2", "aperture_mean_um", "aperture_max_um", "depth_um",
 *	             "lateral_extent_um", "filled_fraction", "reaches_interface"}],
 *	 "chips": [{"id", "volume_um3", "depth_um", "area_um2", "severed_fraction"}],
 *	 "interface": {"plane" [z_um, dz/dx, dz/dy], "roughness_um", "area_um2", "contact_fraction"},
 *	 "transform": three rows of four}
 * Each quantity has a sibling NAME_sd, its standard deviation. null: not known. A series is
 * {"series": NAME, "steps": [step, ...]}.
 *
 * CSV: step,object,id,quantity,value,sd,unit with a row a number; quantities have the names of the JSON;
 * what is not known is empty. Files appear whole or not at all. */
#ifndef IO_METRICS_JSON_H
#define IO_METRICS_JSON_H

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"

#include <stdint.h>

enum err metrics_write(const char *path, const struct step_metrics *step, struct arena *arena);
enum err metrics_write_series(const char *path, const char *name, const struct step_metrics *steps,
	int64_t n, struct arena *arena);
enum err metrics_write_csv(
	const char *path, const struct step_metrics *steps, int64_t n, struct arena *arena);

struct metrics_file {
	const char *path, *series; /* series: "" for a single step */
	struct step_metrics *steps;
	int64_t n;
};

/* Either form. What is missing is not known; keys that are not ours are passed over. ERR_INPUT: not
 * JSON (with the line), or a value of another kind than it should be (with its place). */
enum err metrics_read(const char *path, struct metrics_file *file, struct arena *arena);

/* The step of that number (-1: any) or name ("": any). A file of one step has only that one to
 * give. NULL: none. */
const struct step_metrics *metrics_find(
	const struct metrics_file *file, int64_t step, const char *name);

#endif
