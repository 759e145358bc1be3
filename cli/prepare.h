/* SPDX-License-Identifier: BSD-3-Clause
 * What `center` and `recon` share: a scan opened, its rows selected, flats and darks reduced, the
 * rotation centre given or found. Rows count from the first selected one, after binning. */
#ifndef CLI_PREPARE_H
#define CLI_PREPARE_H

#include "io/rows.h"
#include "recon/center.h"
#include "recon/normalise.h"
#include "recon/stage.h"
#include "recon/stitch.h"

struct prepared {
	struct settings *settings;
	struct rings_settings rings_meant; /* before the windows were fitted to the detector */
	struct scan *scan;
	struct rows rows;
	int64_t halo;	    /* rows that phase retrieval needs above and below */
	int64_t field_row0; /* row of the first row of `fields`: -halo or nearer */
	struct fields fields;
	struct geometry geometry; /* of the sinograms read; its centre is set by prepare_center() */
	struct center_result found; /* when the centre was searched for */
	bool searched;
	bool half; /* 360 degree half acquisition: stitch */
	struct stitch stitch;
	struct geometry final; /* of the sinograms that are back-projected */
};

/* Opens, selects, reads and reduces flats and darks. given: the options given, as in command_line. Missing darks or flats: ERR_INPUT. */
enum err prepare_open(
	struct prepared *p, struct settings *s, const bool *given, struct arena *arena);
void prepare_close(struct prepared *p);

/* The centre as given, or the automatic search over rows of the selection; then the stitching of
 * half acquisitions. A doubtful automatic centre is no error here: see `found`. */
enum err prepare_center(struct prepared *p, bool search, struct arena *arena);

/* The full-detector column to give as center.value, with center.slope, for the same result. */
double center_to_give(const struct prepared *p);

/* How the normalisation calls a sample type. */
enum raw_type raw_type(enum sample type);

/* Column of this (cropped, binned) frame to full-detector column. */
double full_column(const struct prepared *p, double column);

/* Raw rows to one finished sinogram: normalised, all active stages, stitched if need be. `raw`
 * starts at this row of projection 0, `stride` samples to the next; normalised: floats that
 * phase retrieval delivered. out must have the shape of p->final. */
struct raw_row {
	const void *data;
	int64_t stride, row;
	bool normalised;
};
enum err prepare_sinogram(const struct prepared *p, struct raw_row raw, struct sinogram out,
	struct arena *scratch, struct counts *counts);

/* Scratch bytes of one prepare_sinogram(). */
int64_t prepare_scratch(const struct prepared *p);

#endif
