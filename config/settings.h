/* SPDX-License-Identifier: BSD-3-Clause
 * Every value a user can set, as the program uses it: one struct, filled from the option table
 * (config/options.c: one row a field), presets, run files and the command line.
 * Texts are never NULL; "" means not given. Unknown real numbers are NAN. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* A:B:S as typed; half open, end -1 means to the end, step 1 when not given. */
struct range {
	int64_t begin, end, step;
};

/* A:B:S of real numbers, both ends included (--sweep). step 0: not given. */
struct sweep {
	double begin, end, step;
};

enum angles_policy { ANGLES_STOP, ANGLES_AVERAGE, ANGLES_TRUNCATE, ANGLES_LINSPACE };
enum angles_unit { UNIT_AUTO, UNIT_DEGREES, UNIT_RADIANS };

struct input_settings {
	const char *scan;	 /* positional: file, folder or FILE:KEY */
	const char *data;	 /* FILE or FILE:KEY, each of these */
	const char *darks_flats; /* a second scan (or FILE, FOLDER) that holds darks and flats */
	const char *flats, *darks;
	const char *angles; /* FILE:KEY or a text file, one angle a line */
	enum angles_unit angles_unit;
	enum angles_policy angles_policy;
	double pixel_size;	       /* um, effective, before binning; NAN: from the file */
	double energy;		       /* keV; NAN: from the file */
	double distance;	       /* mm, sample to detector; NAN: from the file */
	struct range rows, cols, proj; /* in full-detector rows, columns, projections */
	int64_t bin;		       /* average bin x bin detector pixels */
};

enum average { AVERAGE_MEAN, AVERAGE_MEDIAN };
enum flats_in_time { FLATS_INTERPOLATE, FLATS_NEAREST, FLATS_POOLED };

struct normalise_settings {
	enum average average;
	enum flats_in_time flats_in_time; /* how flats before and after are combined */
};

enum zinger_method { ZINGER_NONE, ZINGER_RATIO };
enum zinger_sign { ZINGER_BRIGHT, ZINGER_BOTH };

struct zinger_settings {
	enum zinger_method method;
	double threshold;
	int64_t size;
	enum zinger_sign sign;
};

enum rings_method {
	RINGS_NONE,
	RINGS_SORT,
	RINGS_FILTER,
	RINGS_FIT,
	RINGS_LARGE,
	RINGS_DEAD,
	RINGS_ALL,
	RINGS_NORM,
	RINGS_WAVELET,
};

struct rings_settings {
	enum rings_method method;
	double snr;		 /* large, dead, all */
	int64_t large;		 /* median window of large, dead, all (Algotom's la_size) */
	int64_t small;		 /* median window of sort, filter, all (Algotom's sm_size) */
	int64_t reference_width; /* columns of the detector large and small are meant for; 0: any */
	double drop; /* share of rows dropped at both ends of the sorted columns (large) */
	double norm_sigma;
	double filter_sigma;
	int64_t fit_order;
	double fit_sigma;
	const char *wavelet; /* db1 to db20, sym2 to sym20 (those offered) */
	int64_t wavelet_level;
	double wavelet_sigma;
};

enum phase_method { PHASE_NONE, PHASE_RATIO, PHASE_PAGANIN };

struct phase_settings {
	enum phase_method method;
	double ratio;	   /* unitless, Algotom's fresnel_filter / HEX's -r */
	double delta_beta; /* delta over beta */
};

struct log_settings {
	double floor; /* smallest transmission kept */
};

struct hardening_settings {
	double a2, a3; /* p' = p + a2 p^2 + a3 p^3 */
};

enum center_method { CENTER_AUTO, CENTER_VO, CENTER_CORRELATION };

struct center_settings {
	double value; /* full-detector column, 0-based; NAN: automatic */
	enum center_method method;
	int64_t rows;  /* rows looked at by the automatic search */
	double search; /* half width of the search as a share of the width; */
	bool tilt;     /* follow the tilt of the axis that the automatic search finds */
	double slope; /* px a row, with `value` at the middle row of the detector; NAN: automatic */
	struct sweep sweep;
	int64_t row; /* row of the sweep, -1: middle of the selection */
};

enum fbp_method { FBP_DIRECT };
enum fbp_filter {
	FILTER_RAMLAK,
	FILTER_SHEPP,
	FILTER_COSINE,
	FILTER_HANN,
	FILTER_HAMMING,
	FILTER_BUTTERWORTH,
	FILTER_PARZEN,
	FILTER_NONE,
};
enum fbp_padding { PAD_EDGE, PAD_DECAY, PAD_ZERO, PAD_ELLIPSE };
enum fbp_weights { WEIGHTS_ARC, WEIGHTS_UNIFORM };

struct fbp_settings {
	enum fbp_method method;
	enum fbp_filter filter;
	double cutoff; /* share of Nyquist */
	int64_t order; /* of butterworth */
	enum fbp_padding padding;
	enum fbp_weights weights;
	double mask; /* radius of the circle kept, as a share of half the width; 0: no mask */
};

enum stitch_mode { STITCH_AUTO, STITCH_NONE, STITCH_HALF };

struct stitch_settings {
	enum stitch_mode mode; /* 360 degree half acquisition */
};

enum output_format { OUTPUT_AUTO, OUTPUT_HDF5, OUTPUT_TIFF };

struct output_settings {
	const char *path;
	enum output_format format; /* auto: .h5 .hdf .hdf5 .nxs are HDF5, a folder is TIFF */
	int64_t bits;		   /* 32 float, 16 or 8 unsigned on the global scale below */
	double low, high;	   /* values that become 0 and the largest number; NAN: not given */
};

enum layout { LAYOUT_HEX, LAYOUT_HEX_LEGACY, LAYOUT_NXTOMO, LAYOUT_DXCHANGE, LAYOUT_TIFF };
enum compression { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_SZIP };
enum phantom_kind { PHANTOM_NONE, PHANTOM_ELLIPSOIDS, PHANTOM_CYLINDER, PHANTOM_BALL };
enum scenario { SCENARIO_PLATING, SCENARIO_STRIPPING, SCENARIO_QUIET };

/* `simulate`: raw scans of an operando cell (cell_settings) over time or, with --phantom, of ellipsoids
 * with exact line integrals. */
struct simulate_settings {
	enum scenario scenario;
	int64_t steps;
	enum phantom_kind phantom;
	bool own_flats;	  /* darks and flats before each scan, not only the first */
	bool attenuation; /* also write the true volume of each step */
	enum layout layout;
	enum compression compression;
	int64_t size, rows, angles; /* columns, rows, projections; 0: rows and angles go by size */
	double span;		    /* degrees, first to last projection */
	double start;		    /* degrees */
	bool endpoint;	      /* the last projection is at start + span (else one step before) */
	double object;	      /* diameter of the object over the width of the detector */
	double center_offset; /* px from the middle (W-1)/2 */
	double tilt;	      /* degrees: the centre moves by tan(tilt) px a row */
	double photons;	      /* a pixel, in the flats; 0: no noise */
	double absorption;    /* attenuation of the object along its diameter, about */
	int64_t flats, darks;
	double zingers;			/* share of the pixels hit */
	double stripes;			/* r.m.s. gain error that flats do not remove */
	int64_t stripes_partial;	/* columns off in a part of the angles */
	int64_t stripes_wide;		/* bands 5 to 30 px wide */
	int64_t stripes_drifting;	/* columns whose error changes */
	double stripe_size;		/* gain error of these three, about */
	int64_t dead_columns;		/* stuck at one value */
	double dead_pixels, hot_pixels; /* a megapixel */
	double read_noise;		/* counts r.m.s. */
	double jitter;			/* r.m.s. of the angles, in steps */
	bool reversed;			/* swept backwards */
	double decay;			/* share of the beam lost from first to last frame */
	double beam_drift;		/* px that the beam moves, flats to last frame */
	double beam_flicker;		/* r.m.s. of the frames' intensity */
	int64_t averaged;		/* angle readings a projection (HEX frame averaging) */
	int64_t drop_frames;		/* projections missing from the file, the angles kept */
	double blur;	    /* sigma of the scintillator's point spread, px; not for phantoms */
	int64_t oversample; /* fine samples a pixel, each way; not for phantoms */
	int64_t seed;
};

/* The cell of `simulate`, up its axis: Na, ceramic pellet, liquid inside an O-ring, Al; around them a
 * tube. Lengths in um. Those marked * are shrunk by `scale`, so that a small detector sees as much of the
 * cell as the real one; those of the microstructure are not. */
struct cell_settings {
	double scale;			       /* NAN: detector width over 4 mm */
	double tube_inner, tube_wall;	       /* * diameter, thickness */
	double ring_inner, ring_cord;	       /* * O-ring: inner diameter, thickness */
	double gap;			       /* * height of the liquid */
	double pellet_diameter, pellet_height; /* * */
	double view;			       /* * middle of the detector below the interface */
	double offset;			       /* * of the cell's axis from the rotation axis */
	double lean;			       /* degrees, of the cell's axis */
	double tilt;			       /* degrees, of the interface in the cell */
	double roughness, grain;	       /* of the interface: r.m.s., size of its hills */
	double porosity;		       /* share of the pellet's volume */
	double pore_small, pore_large;	       /* radii */
	double chip_diameter, chip_depth;      /* * */
	double crack_aperture;		       /* of the widest part, before the chip moves */
	double crack_roughness;		       /* r.m.s. */
	double ligaments;		       /* share of the fracture surface that holds */
	int64_t branches;
	double chip_shift;	  /* that the loose chip moves, per step */
	int64_t bubbles;	  /* at the beginning */
	double bubble_radius;	  /* * about, at the end */
	double contact_loss;	  /* share of the interface that loses contact (stripping) */
	double drift, turn, sway; /* r.m.s. per step: um, degrees about the axis, degrees of lean */
	double settle;		  /* um that the cell sinks during a scan */
	double current_density;	  /* mA/cm2 */
	double area;		  /* cm2 */
	double interval, exposure; /* s between starts of scans, s a projection */
};

/* "FORMULA DENSITY" each, or "gas" */
struct material_settings {
	const char *nasicon, *nak, *na, *al, *peek, *ring;
};

/* `score LABELS TRUTH`. */
struct score_settings {
	int64_t min_voxels; /* of a bubble */
	int64_t search;	    /* of the shift, voxels */
	bool registered;    /* take the whole-voxel shift out first */
	double mask; /* radius scored, as a share of half the width; NAN: all of labels, 1 of a
		      * volume */
	const char *metrics, *truth_metrics; /* "": those beside the files, if any */
};

enum denoise_method { DENOISE_GAUSSIAN, DENOISE_MEDIAN, DENOISE_NLM, DENOISE_TV };
enum electrode_side { ELECTRODE_AUTO, ELECTRODE_ABOVE, ELECTRODE_BELOW };

/* `segment VOLUME`. */
struct segment_settings {
	double nasicon, nak, al; /* expected attenuation, 1/cm */
	enum denoise_method denoise;
	double sigma;		       /* of the Gaussian, voxels; NAN: by the noise */
	enum electrode_side electrode; /* on which side of the ceramic the liquid is */
	int64_t min_bubble;	       /* voxels; smaller pieces of void are liquid */
	double mask; /* radius of the circle of view, as a share of half the width; NAN: found */
	bool cracks; /* look for cracks */
	double crack_low,
		crack_high;   /* sheetness over what the bulk reaches in one voxel of a hundred */
	double crack_support; /* share of the surroundings that must be of the same sheet */
	int64_t min_crack;    /* points of a piece of crack */
	bool pictures;
};

enum forest_grey_choice { FOREST_GREY_AUTO, FOREST_GREY_VALUES, FOREST_GREY_PERCENTILES };

/* `segment VOLUME --train PAINTED`, `--model FILE`. */
struct forest_settings {
	const char *train, *slices, *names; /* painted files, their slices, names of the values */
	const char *model, *model_out;
	int64_t trees, depth;
	int64_t scale;	 /* widest Gaussian of the features, voxels */
	int64_t samples; /* voxels of a class, at most */
	int64_t seed;
	enum forest_grey_choice grey;
	bool confidence; /* a second dataset beside the labels */
};

/* Pictures of labels. */
struct picture_settings {
	const char *volume; /* that the labels are of; "": none */
};

enum mesh_format { MESH_NONE, MESH_VTP, MESH_STL };

struct mesh_settings {
	enum mesh_format format;
	const char *objects; /* names with commas between */
	int64_t smooth;	     /* rounds */
};

struct run_settings {
	int64_t threads; /* 0: all processors */
	int64_t memory;	 /* bytes; 0: three quarters of what the machine or job has */
	int64_t slab;	 /* rows a slab; 0: as many as --memory allows */
	bool quiet, verbose, force, dry_run, json;
	const char *
		scratch; /* folder for the reordering of compressed frames; "": beside the output */
	const char *preset, *config; /* --preset NAME, --config FILE: seen to by settings_parse() */
};

struct settings {
	struct input_settings input;
	struct normalise_settings normalise;
	struct zinger_settings zinger;
	struct rings_settings rings;
	struct phase_settings phase;
	struct log_settings log;
	struct hardening_settings hardening;
	struct center_settings center;
	struct fbp_settings fbp;
	struct stitch_settings stitch;
	struct output_settings output;
	struct simulate_settings simulate;
	struct cell_settings cell;
	struct material_settings materials;
	struct segment_settings segment;
	struct forest_settings forest;
	struct picture_settings picture;
	struct mesh_settings mesh;
	struct score_settings score;
	struct run_settings run;
};

#endif
