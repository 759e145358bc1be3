/* SPDX-License-Identifier: BSD-3-Clause
 * THE option table: one row a field of struct settings, in the order of the processing chain. The
 * type of a row is checked against the type of its field when this file is compiled.
 * `initial` is the default as a user would type it. Sections stand in config/sections.c. */
#include "config/options.h"

#include <math.h>

#define ROW(sec, field, c_type, row_type)                                                          \
	.section = #sec, .name = #field, .offset = offsetof(struct settings, sec.field),           \
	.type = _Generic(((struct settings *)0)->sec.field, c_type                                 \
			 : row_type)

#define BOOL(sec, field, value) ROW(sec, field, bool, TYPE_BOOL), .initial = value, .unit = ""
#define TEXT(sec, field, value)                                                                    \
	ROW(sec, field, const char *, TYPE_TEXT), .initial = value, .unit = ""
#define SWEEP(sec, field, value) ROW(sec, field, struct sweep, TYPE_SWEEP), .initial = value
#define CHOICE(sec, field, value, names)                                                           \
	ROW(sec, field, unsigned int, TYPE_CHOICE), .initial = value, .choices = names, .unit = ""
#define NUMBER(sec, field, c_type, row_type, value, least, most, name)                             \
	ROW(sec, field, c_type, row_type), .initial = value, .low = least, .high = most,           \
					   .unit = name
#define INT(sec, field, value, least, most, unit)                                                  \
	NUMBER(sec, field, int64_t, TYPE_INT, value, least, most, unit)
#define BYTES(sec, field, value, least, most)                                                      \
	NUMBER(sec, field, int64_t, TYPE_BYTES, value, least, most, "bytes")
#define REAL(sec, field, value, least, most, unit)                                                 \
	NUMBER(sec, field, double, TYPE_REAL, value, least, most, unit)
#define LENGTH(sec, field, value, least, most, unit)                                               \
	NUMBER(sec, field, double, TYPE_LENGTH, value, least, most, unit)
#define ENERGY(sec, field, value, least, most)                                                     \
	NUMBER(sec, field, double, TYPE_ENERGY, value, least, most, "keV")
/* low and high of a range bound its step */
#define RANGE(sec, field, value, most, unit)                                                       \
	NUMBER(sec, field, struct range, TYPE_RANGE, value, 1, most, unit)

/* Who knows a row. */
#define SCAN	IN_SCAN | IN_CHECK
#define CHAIN	IN_CENTER | IN_RECON | IN_CHECK
#define FILES	IN_INFO | IN_CENTER | IN_RECON | IN_SIMULATE | IN_EXPORT | IN_CHECK | IN_SEGMENT
#define VOLUMES IN_RECON | IN_EXPORT | IN_CHECK
#define SIM	IN_SIMULATE

#define NAMES(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static const char *const rings_names[] = {
	[RINGS_NONE] = "none",
	[RINGS_SORT] = "sort",
	[RINGS_FILTER] = "filter",
	[RINGS_FIT] = "fit",
	[RINGS_LARGE] = "large",
	[RINGS_DEAD] = "dead",
	[RINGS_ALL] = "all",
	[RINGS_NORM] = "norm",
	[RINGS_WAVELET] = "wavelet",
	NULL,
};
static const char *const filter_names[] = {
	[FILTER_RAMLAK] = "ramlak",
	[FILTER_SHEPP] = "shepp",
	[FILTER_COSINE] = "cosine",
	[FILTER_HANN] = "hann",
	[FILTER_HAMMING] = "hamming",
	[FILTER_BUTTERWORTH] = "butterworth",
	[FILTER_PARZEN] = "parzen",
	[FILTER_NONE] = "none",
	NULL,
};
static const char *const policy_names[] = {
	[ANGLES_STOP] = "stop",
	[ANGLES_AVERAGE] = "average",
	[ANGLES_TRUNCATE] = "truncate",
	[ANGLES_LINSPACE] = "linspace",
	NULL,
};
static const char *const layout_names[] = {
	[LAYOUT_HEX] = "hex",
	[LAYOUT_HEX_LEGACY] = "hex-legacy",
	[LAYOUT_NXTOMO] = "nxtomo",
	[LAYOUT_DXCHANGE] = "dxchange",
	[LAYOUT_TIFF] = "tiff",
	NULL,
};

const struct option options[] = {
	{TEXT(input, scan, ""), .commands = SCAN,
		.help = "The scan: a file, a folder of TIFF images, or FILE:KEY for one dataset "
			"in a file"},
	{TEXT(input, data, ""), .alias = "data", .commands = SCAN,
		.help = "Where the projections are, as FILE or FILE:KEY, when they are not "
			"found by themselves"},
	{TEXT(input, darks_flats, ""), .alias = "darks_flats", .commands = SCAN,
		.help = "The scan, file or folder that holds darks and flats, when the scan "
			"itself has none"},
	{TEXT(input, flats, ""), .alias = "flats", .commands = SCAN,
		.help = "Where the flats are (beam without sample), as FILE, FILE:KEY or folder"},
	{TEXT(input, darks, ""), .alias = "darks", .commands = SCAN,
		.help = "Where the darks are (no beam), as FILE, FILE:KEY or folder"},
	{TEXT(input, angles, ""), .alias = "angles", .commands = SCAN,
		.help = "Where the rotation angles are: FILE:KEY, or a text file with one angle "
			"a line"},
	{CHOICE(input, angles_unit, "auto", NAMES("auto", "degrees", "radians")), .commands = SCAN,
		.help = "Unit of the angles; auto believes the file, and takes degrees where it "
			"is silent"},
	{CHOICE(input, angles_policy, "stop", policy_names), .alias = "angles_policy",
		.commands = SCAN,
		.help = "What to do when there are not as many angles as projections: stop, "
			"average groups of readings, truncate the longer, or spread them evenly "
			"(linspace)"},
	{LENGTH(input, pixel_size, "auto", 1e-4, 1e5, "um"), .alias = "pixel_size",
		.commands = SCAN | SIM | IN_SEGMENT,
		.help = "Effective pixel size at the sample, before binning; auto takes it from "
			"the file, and without one the volume is per pixel"},
	{ENERGY(input, energy, "auto", 0.01, 1e5), .alias = "energy", .commands = SCAN | SIM,
		.help = "Photon energy; auto takes it from the file (only phase method paganin "
			"needs it)"},
	{LENGTH(input, distance, "auto", 0, 1e6, "mm"), .alias = "distance", .commands = SCAN | SIM,
		.help = "Distance from sample to detector; auto takes it from the file (only "
			"phase method paganin needs it)"},
	{RANGE(input, rows, "0:-1", 1, "px"), .alias = "rows", .commands = CHAIN,
		.help = "Detector rows to use, A:B without B, -1 for the end; one row is one "
			"slice"},
	{RANGE(input, cols, "0:-1", 1, "px"), .alias = "cols", .commands = CHAIN,
		.help = "Detector columns to use, A:B without B, -1 for the end"},
	{RANGE(input, proj, "0:-1", 1000000, ""), .alias = "proj", .commands = SCAN,
		.help = "Projections to use, A:B or A:B:S to take every S-th; a step makes a "
			"quick look"},
	{INT(input, bin, "1", 1, 64, "px"), .alias = "bin", .commands = CHAIN,
		.help = "Average this many by this many detector pixels into one, for a quick "
			"look or less noise"},

	{CHOICE(normalise, average, "mean", NAMES("mean", "median")), .commands = CHAIN,
		.help = "How darks and flats are averaged; median withstands zingers in them "
			"and is slower"},
	{CHOICE(normalise, flats_in_time, "interpolate", NAMES("interpolate", "nearest", "pooled")),
		.commands = CHAIN,
		.help = "How flats taken before and after the scan are combined for each "
			"projection: interpolated in time, the nearest group, or all pooled"},

	{CHOICE(zinger, method, "ratio", NAMES("none", "ratio")), .alias = "zinger",
		.commands = CHAIN,
		.help = "Removal of zingers, single pixels hit by stray X-rays: ratio compares "
			"a value with the mean of its neighbours"},
	{REAL(zinger, threshold, "0.08", 0.001, 1000, ""), .commands = CHAIN,
		.help = "Relative excess over the neighbours that makes a zinger; raise it for "
			"noisy scans"},
	{INT(zinger, size, "1", 1, 50, "px"), .commands = CHAIN,
		.help = "Distance to the neighbours compared with, about the size of a zinger"},
	{CHOICE(zinger, sign, "bright", NAMES("bright", "both")), .commands = CHAIN,
		.help = "Replace too bright values only, or too dark ones as well"},

	{CHOICE(rings, method, "all", rings_names), .alias = "rings", .commands = CHAIN,
		.help = "Ring removal: sort for common rings, filter for wide ones, fit for "
			"low-pass ones, large and dead for defects, all for dead, large and "
			"sort together, norm and wavelet for comparison"},
	{REAL(rings, snr, "3", 1, 1000, ""), .commands = CHAIN,
		.help = "Ratio to the noise above which a column counts as defective (large, "
			"dead, all); lower it to catch weaker rings"},
	{INT(rings, large, "51", 1, 10001, "px"), .commands = CHAIN,
		.help = "Median window of large, dead and all; more than the widest defect in "
			"columns"},
	{INT(rings, small, "21", 1, 10001, "px"), .commands = CHAIN,
		.help = "Median window of sort, filter and all; smaller keeps more detail, "
			"larger removes wider rings"},
	{INT(rings, reference_width, "0", 0, 100000, "px"), .commands = CHAIN,
		.help = "Width of the detector that the windows large and small are meant for: on "
			"a "
			"narrower (or binned) one they shrink, unless they are given; 0 keeps "
			"them"},
	{REAL(rings, drop, "0.1", 0, 0.9, ""), .commands = CHAIN,
		.help = "Share of the sorted values left out, half at each end, when large and "
			"all look for defects"},
	{REAL(rings, norm_sigma, "15", 0.1, 10000, "px"), .commands = CHAIN,
		.help = "Width of the Gaussian that norm smooths the mean of the columns with"},
	{REAL(rings, filter_sigma, "3", 0.1, 10000, ""), .commands = CHAIN,
		.help = "Width of the low-pass along the angles in filter, in samples of the "
			"spectrum"},
	{INT(rings, fit_order, "2", 0, 10, ""), .commands = CHAIN,
		.help = "Order of the polynomial that fit lays through each column"},
	{REAL(rings, fit_sigma, "10", 0.1, 10000, ""), .commands = CHAIN,
		.help = "Width across the columns of the low-pass in fit, in samples of the "
			"spectrum"},
	{TEXT(rings, wavelet, "db9"), .commands = CHAIN,
		.help = "Wavelet of method wavelet, such as db5, db9 or sym16"},
	{INT(rings, wavelet_level, "5", 1, 12, ""), .commands = CHAIN,
		.help = "Levels of decomposition of method wavelet; more levels remove wider "
			"rings"},
	{REAL(rings, wavelet_sigma, "1", 0.01, 1000, ""), .commands = CHAIN,
		.help = "Width of the band of angular frequencies that method wavelet damps"},

	{CHOICE(phase, method, "none", NAMES("none", "ratio", "paganin")), .alias = "phase",
		.commands = CHAIN,
		.help = "Phase retrieval: ratio is a low-pass of one number, paganin uses pixel "
			"size, energy, distance and delta over beta"},
	{REAL(phase, ratio, "100", 0, 1e9, ""), .commands = CHAIN,
		.help = "Strength of method ratio, about 100 to 1000; larger is smoother (it is "
			"not delta over beta)"},
	{REAL(phase, delta_beta, "500", 0, 1e6, ""), .commands = CHAIN,
		.help = "Refraction over absorption of the material, delta / beta, for method "
			"paganin; larger is smoother"},

	{REAL(log, floor, "1e-4", 1e-12, 0.5, ""), .commands = CHAIN,
		.help = "Smallest transmission kept before the logarithm; values below it are "
			"raised to it and counted"},

	{REAL(hardening, a2, "0", -100, 100, ""), .commands = CHAIN,
		.help = "Beam hardening: a2 of p + a2 p^2 + a3 p^3 for line integrals p; 0 for "
			"monochromatic beam"},
	{REAL(hardening, a3, "0", -100, 100, ""), .commands = CHAIN,
		.help = "Beam hardening: a3 of p + a2 p^2 + a3 p^3 for line integrals p"},

	{REAL(center, value, "auto", -1e6, 1e6, "px"), .alias = "center", .commands = CHAIN,
		.help = "Rotation centre as a column of the full detector, counted from 0 at "
			"pixel centres; auto looks for it"},
	{CHOICE(center, method, "auto", NAMES("auto", "vo", "correlation")), .commands = CHAIN,
		.help = "How the centre is found: vo (Fourier of the sinogram), correlation (of "
			"the projections at 0 and 180 degrees), or what suits the scan"},
	{INT(center, rows, "9", 1, 1000, ""), .commands = CHAIN,
		.help = "How many rows the automatic search looks at; their spread tells how "
			"sure it is"},
	{REAL(center, search, "0.25", 0.001, 0.5, ""), .commands = CHAIN,
		.help = "How far from the middle of the detector the search goes, as a share of "
			"the width"},
	{BOOL(center, tilt, "true"), .alias = "tilt", .commands = CHAIN,
		.help = "Follow the tilt of the axis when the automatic search finds one"},
	{REAL(center, slope, "auto", -1, 1, "px a row"), .commands = CHAIN,
		.help = "How far the centre moves from row to row, when known; the centre given is "
			"then that of the detector's middle row"},
	{SWEEP(center, sweep, ""), .unit = "px", .alias = "sweep", .commands = IN_CENTER,
		.help = "Reconstruct one slice at each centre A:B:S, both ends included, to "
			"choose by eye"},
	{INT(center, row, "-1", -1, 1000000, "px"), .alias = "row", .commands = IN_CENTER,
		.help = "Detector row of the slice for the sweep; -1 is the middle of the "
			"selection"},

	{CHOICE(fbp, method, "direct", NAMES("direct")), .commands = CHAIN,
		.help = "How filtered back-projection is computed; direct interpolates linearly "
			"between columns"},
	{CHOICE(fbp, filter, "hann", filter_names), .alias = "filter", .commands = CHAIN,
		.help = "Window on the ramp filter: ramlak is sharpest and noisiest, hann and "
			"parzen are smoother; none is plain back-projection"},
	{REAL(fbp, cutoff, "1", 0.01, 1, ""), .commands = CHAIN,
		.help = "Where the window ends, as a share of the Nyquist frequency; lower is "
			"smoother"},
	{INT(fbp, order, "4", 1, 100, ""), .commands = CHAIN,
		.help = "Steepness of the butterworth window"},
	{CHOICE(fbp, padding, "ellipse", NAMES("edge", "decay", "zero", "ellipse")),
		.commands = CHAIN,
		.help = "What is assumed beyond the detector: the chords of an ellipse fitted to "
			"both sides (ellipse), a smooth decay, the last value (edge), or nothing "
			"(zero), right only for objects that fit"},
	{CHOICE(fbp, weights, "arc", NAMES("arc", "uniform")), .commands = CHAIN,
		.help = "Weight of a projection: the arc its measured angle stands for, or the "
			"same for all"},
	{REAL(fbp, mask, "1", 0, 1.5, ""), .commands = CHAIN,
		.help = "Radius of the circle that is kept, as a share of half the width; 0 "
			"keeps the square"},

	{CHOICE(stitch, mode, "auto", NAMES("auto", "none", "half")), .alias = "stitch",
		.commands = CHAIN,
		.help = "360 degree scans with the axis near one edge: half joins opposite "
			"projections, auto does so when the scan looks like one"},

	{TEXT(output, path, ""), .alias = "output", .letter = 'o', .commands = FILES,
		.execution = true,
		.help = "Where the result goes; recon: a file ending in .h5, .hdf, .hdf5 or .nxs, "
			"or a folder for TIFF slices; export: FILE.tif, FILE.xdmf, FILE.png, "
			"FILE.vtp, FILE.stl or a folder; info: how its files begin; center "
			"--sweep, simulate: a folder; "
			"segment: FILE.h5"},
	{CHOICE(output, format, "auto", NAMES("auto", "hdf5", "tiff")), .alias = "format",
		.commands = IN_RECON | IN_CHECK, .execution = true,
		.help = "File format of the volume; auto goes by the name of the output"},
	{INT(output, bits, "32", 8, 32, ""), .alias = "bits", .choices = NAMES("8", "16", "32"),
		.commands = VOLUMES,
		.help = "Bits a voxel: 32 keeps attenuation as numbers, 16 and 8 scale it "
			"between low and high"},
	{REAL(output, low, "auto", -1e30, 1e30, ""), .alias = "low", .commands = VOLUMES,
		.help = "Value that becomes 0 in 16 and 8 bits, the same for all slices"},
	{REAL(output, high, "auto", -1e30, 1e30, ""), .alias = "high", .commands = VOLUMES,
		.help = "Value that becomes the largest number in 16 and 8 bits"},

#include "config/options_simulate.h"

	{REAL(segment, nasicon, "2.3", 0.01, 1000, "1/cm"), .commands = IN_SEGMENT,
		.help = "Attenuation to be expected of the ceramic; only its ratio to the others "
			"matters much, since levels are found in the volume"},
	{REAL(segment, nak, "0.225", 0.001, 1000, "1/cm"), .commands = IN_SEGMENT,
		.help = "Attenuation to be expected of the liquid: its contrast to gas"},
	{REAL(segment, al, "0.545", 0.001, 1000, "1/cm"), .commands = IN_SEGMENT,
		.help = "Attenuation to be expected of the current collector"},
	{CHOICE(segment, denoise, "gaussian", NAMES("gaussian", "median", "nlm", "tv")),
		.alias = "denoise", .commands = IN_SEGMENT,
		.help = "What takes noise off before materials are told apart: a Gaussian, the "
			"median of 27, non-local means or total variation, each followed by a "
			"small Gaussian"},
	{REAL(segment, sigma, "auto", 0.5, 4, "voxels"), .alias = "sigma", .commands = IN_SEGMENT,
		.help = "Width of the Gaussian that denoises; auto is 1.5, and more where the "
			"noise then hides bubbles; 1 where it follows another denoiser"},
	{CHOICE(segment, electrode, "auto", NAMES("auto", "above", "below")), .alias = "electrode",
		.commands = IN_SEGMENT,
		.help = "Where the liquid is: above the ceramic (lower rows), below it, or on the "
			"side that is in view or has the current collector (auto)"},
	{INT(segment, min_bubble, "30", 1, 1e9, "voxels"), .commands = IN_SEGMENT,
		.help = "Pieces of void smaller than this are taken for noise"},
	{REAL(segment, mask, "auto", 0.1, 1.5, ""), .commands = IN_SEGMENT,
		.help = "Radius of the circle of view, as a share of half the width; auto finds "
			"where the corners are constant"},
	{BOOL(segment, cracks, "true"), .alias = "cracks", .commands = IN_SEGMENT,
		.help = "Look for cracks in the ceramic"},
	{REAL(segment, crack_low, "1.5", 0.1, 100, ""), .commands = IN_SEGMENT,
		.help = "Points of a crack bend the grey values by so many times what the bulk of "
			"the ceramic reaches in one voxel of a hundred"},
	{REAL(segment, crack_high, "3", 0.1, 100, ""), .commands = IN_SEGMENT,
		.help = "And each piece of a crack has points that reach so many times that"},
	{REAL(segment, crack_support, "0.4", 0, 1, ""), .commands = IN_SEGMENT,
		.help = "Share of the surroundings of a point, in the plane of the crack, in which "
			"there must be other points: pores have less"},
	{INT(segment, min_crack, "150", 10, 1e9, ""), .commands = IN_SEGMENT,
		.help = "Points of the smallest piece of crack, about voxels of its area"},
	{BOOL(segment, pictures, "true"), .alias = "pictures", .commands = IN_SEGMENT,
		.execution = true,
		.help = "Draw cuts with the labels over them, the cracks seen from above and the "
			"contact map: NAME.cuts.png, NAME.crack.png, NAME.contact.png"},
	{TEXT(forest, train, ""), .alias = "train", .commands = IN_SEGMENT,
		.help = "Painted labels to learn from: TIFF slices or stacks (or a folder of them) "
			"as wide and high as the volume, 0 where nothing is painted; several "
			"separated by commas"},
	{TEXT(forest, slices, ""), .alias = "train-slices", .commands = IN_SEGMENT,
		.help = "Slices of the volume that the painted pages are, counted from 0 and "
			"separated by commas; without, the number in each file's name, or all "
			"slices where there are as many pages"},
	{TEXT(forest, names, ""), .alias = "train-names", .commands = IN_SEGMENT,
		.help = "Names of painted values, as 1=dentine,2=enamel"},
	{TEXT(forest, model, ""), .alias = "model", .commands = IN_SEGMENT,
		.help = "Forest to label the volume with, as --model-out wrote it"},
	{TEXT(forest, model_out, ""), .alias = "model-out", .commands = IN_SEGMENT,
		.execution = true, .help = "Where the forest that was trained goes"},
	{INT(forest, trees, "30", 1, 500, ""), .alias = "trees", .commands = IN_SEGMENT,
		.help = "Trees that are trained: labelling takes as much longer"},
	{INT(forest, depth, "12", 1, 16, ""), .commands = IN_SEGMENT,
		.help = "Branches from a tree's root to its leaves, at most"},
	{INT(forest, scale, "4", 1, 8, "voxels"), .choices = NAMES("1", "2", "4", "8"),
		.commands = IN_SEGMENT,
		.help = "Widest Gaussian that the forest sees the volume through: 1, 2, 4 or 8"},
	{INT(forest, samples, "50000", 100, 1e7, "voxels"), .commands = IN_SEGMENT,
		.help = "Painted voxels of a value that are learnt from, at most; drawn evenly"},
	{INT(forest, seed, "1", 0, 1e15, ""), .commands = IN_SEGMENT,
		.help = "Where the draws of voxels, places and features begin"},
	{CHOICE(forest, grey, "auto", NAMES("auto", "values", "percentiles")),
		.commands = IN_SEGMENT,
		.help = "Grey values as they are, or between the 1 and 99 percentiles of each "
			"volume; auto takes them as they are when they are attenuations"},
	{BOOL(forest, confidence, "false"), .alias = "confidence", .commands = IN_SEGMENT,
		.help = "Also write which share of the trees' votes each label got, 0 to 255"},
	{TEXT(picture, volume, ""), .alias = "volume", .commands = IN_EXPORT, .execution = true,
		.help = "The volume that the labels are of, drawn beside and below them"},
	{CHOICE(mesh, format, "none", NAMES("none", "vtp", "stl")), .alias = "mesh",
		.commands = IN_SEGMENT, .execution = true,
		.help = "Write surfaces too, a file an object (NAME.crack.vtp ...): vtp for "
			"ParaView with numbers on them, stl bare"},
	{TEXT(mesh, objects, "crack,void,nasicon"), .commands = IN_SEGMENT | IN_EXPORT,
		.execution = true,
		.help = "Surfaces of what: crack, void, nak, nasicon, hardware, with commas "
			"between"},
	{INT(mesh, smooth, "10", 0, 50, "rounds"), .commands = IN_SEGMENT | IN_EXPORT,
		.execution = true,
		.help = "How often the surfaces are smoothed; points stay within half a voxel of "
			"where the label ends"},

	{INT(score, min_voxels, "30", 1, 1e9, "voxels"), .commands = IN_SCORE,
		.help = "Pieces of void smaller than this are no bubbles; a partner may be down to "
			"a quarter of it"},
	{INT(score, search, "3", 0, 8, "voxels"), .commands = IN_SCORE,
		.help = "How far to either side the shift between labels and truth is looked for"},
	{BOOL(score, registered, "false"), .alias = "register", .commands = IN_SCORE,
		.help = "Move the labels by the whole voxels of that shift before they are scored"},
	{REAL(score, mask, "auto", 0.01, 1.5, ""), .commands = IN_SCORE,
		.help = "Radius of the circle that is scored, as a share of half the width; auto "
			"is "
			"all of labels, and 1 for a reconstructed volume"},
	{TEXT(score, metrics, ""), .alias = "metrics", .commands = IN_SCORE,
		.help = "Metrics (JSON) that go with LABELS; without, NAME.metrics.json or "
			"metrics.json beside them if there is one"},
	{TEXT(score, truth_metrics, ""), .alias = "truth_metrics", .commands = IN_SCORE,
		.help = "Metrics (JSON) that go with TRUTH; without, metrics.json beside it if "
			"there is one"},

	{INT(run, threads, "0", 0, 4096, ""), .alias = "threads", .commands = IN_ALL,
		.execution = true, .help = "Threads to use; 0 is one for each processor"},
	{BYTES(run, memory, "0", 0, 1e15), .alias = "memory", .commands = CHAIN | SIM | IN_SEGMENT,
		.execution = true,
		.help = "Memory to use, such as 24G; 0 is three quarters of what the machine or "
			"job has"},
	{INT(run, slab, "0", 0, 1000000, "rows"), .alias = "slab", .commands = CHAIN,
		.execution = true,
		.help = "Detector rows read and reconstructed together; 0 is as many as the "
			"memory allows"},
	{BOOL(run, quiet, "false"), .alias = "quiet", .letter = 'q', .commands = IN_ALL,
		.execution = true, .help = "Say nothing but results, warnings and errors"},
	{BOOL(run, verbose, "false"), .alias = "verbose", .letter = 'v', .commands = IN_ALL,
		.execution = true, .help = "Say more: what was found, chosen and how long it took"},
	{BOOL(run, force, "false"), .alias = "force", .commands = FILES, .execution = true,
		.help = "Overwrite an output that exists already"},
	{BOOL(run, dry_run, "false"), .alias = "dry_run", .commands = IN_RECON, .execution = true,
		.help = "Check everything and print the plan, but reconstruct and write nothing"},
	{BOOL(run, json, "false"), .alias = "json", .commands = IN_ALL, .execution = true,
		.help = "Print the result as one JSON object on standard output"},
	{TEXT(run, scratch, ""), .alias = "scratch", .commands = CHAIN, .execution = true,
		.help = "Folder for a temporary copy when frames are compressed, as large as "
			"the scan; beside the output if not given"},
	{TEXT(run, preset, "auto"), .alias = "preset", .commands = CHAIN | SIM, .execution = true,
		.help = "Shipped settings to start from: hex is what the beamline runs, raw "
			"only normalises and reconstructs, cell is the cell and the camera that "
			"simulate begins with, none is the bare defaults; auto is hex, for "
			"simulate cell, with --phantom none"},
	{TEXT(run, config, ""), .alias = "config", .commands = IN_ALL, .execution = true,
		.command_line = true,
		.help = "Run file (YAML) with settings, read after the preset and before the "
			"other options"},
	{.name = NULL},
};
