/* SPDX-License-Identifier: BSD-3-Clause
 * The numbers of one time step, as plain data: what `segment` measures, what the simulator knows, what
 * `score` compares. io/metrics_json.h writes and reads them.
 *
 * Lengths in um, areas in um2, volumes in um3. Positions are [z, y, x] on the axes of the volume's file:
 * z is the detector row times the voxel, y and x are 0 in the middle of the slice, (n - 1) / 2, which is
 * the rotation axis. The interface is the face of the ceramic towards the liquid; depth is measured
 * from its plane into the ceramic. */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values of a label volume. */
enum label {
	LABEL_OUTSIDE,	 /* beyond the field of view, or gas outside the electrode compartment */
	LABEL_VOID,	 /* gas inside the liquid: bubbles, gaps at the interface */
	LABEL_NAK,	 /* the liquid */
	LABEL_NASICON,	 /* the ceramic with its closed pores, the chip too */
	LABEL_CRACK,	 /* empty crack */
	LABEL_CRACK_NAK, /* crack filled with liquid */
	LABEL_HARDWARE,	 /* O-ring, PEEK, Al, Na */
	N_LABELS
};
extern const char *const label_names[N_LABELS]; /* "outside", "void", ... as files call them */

/* An estimate and its standard deviation; NAN: not known. The truth has sd 0. */
struct quantity {
	double value, sd;
};

struct bubble_metrics {
	int64_t id;
	struct quantity volume_um3, equivalent_diameter_um, sphericity;
	double centroid_um[3];
	bool touches_interface;
	/* Lineage, where it is known: ids in the step before whose gas this bubble holds. */
	int64_t parents[8];
	int n_parents;
};

struct crack_metrics {
	int64_t id;
	struct quantity volume_um3;
	struct quantity area_um2;			   /* of one face */
	struct quantity aperture_mean_um, aperture_max_um; /* across the sheet: volume over area */
	struct quantity depth_um;	   /* of the deepest point, from the interface plane */
	struct quantity lateral_extent_um; /* largest distance of two points, seen along the axis */
	struct quantity filled_fraction;   /* by area, 0 to 1 */
	bool reaches_interface;
};

struct chip_metrics {
	int64_t id;
	struct quantity volume_um3, depth_um;
	struct quantity area_um2;	  /* of the fracture surface */
	struct quantity severed_fraction; /* of that surface that is open, 0 to 1 */
};

struct interface_metrics {
	double plane[3];		  /* z_um at x = y = 0, dz/dx, dz/dy */
	struct quantity roughness_um;	  /* r.m.s. distance from the plane */
	struct quantity area_um2;	  /* of the ceramic's face inside the compartment in view */
	struct quantity contact_fraction; /* of that area that liquid touches, 0 to 1 */
};

struct step_metrics {
	int64_t step;
	const char *name, *scan; /* "" when not known */
	double time_s;		 /* middle of the scan on the series' clock; NAN */
	double voxel_um;
	struct quantity phase_um3[N_LABELS]; /* volumes in view */
	struct bubble_metrics *bubbles;
	struct crack_metrics *cracks;
	struct chip_metrics *chips;
	int64_t n_bubbles, n_cracks, n_chips;
	struct interface_metrics interface;
	/* Rows of the rigid motion [R t] (um) that carries a point of step 0 to where it is now. */
	double transform[3][4];
	bool has_interface, has_transform;
};

/* The quantities of an object by name, as files call them, with unit and place in its struct: writing,
 * reading, tables and comparisons are loops over these. Each ends with a row whose name is NULL. */
struct metric_field {
	const char *name, *unit;
	size_t offset; /* of a struct quantity */
};
extern const struct metric_field bubble_fields[], crack_fields[], chip_fields[], interface_fields[];

static inline struct quantity *metric_at(const void *object, const struct metric_field *field)
{
	return (struct quantity *)((char *)(uintptr_t)object + field->offset);
}

/* A step of which nothing is known: numbers NAN, texts "", no objects. */
struct step_metrics metrics_unknown(void);

#endif
