/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron: the command table, help, and exit codes. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/manual.h"
#include "core/parallel.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command commands[] = {
	{"info", IN_INFO, 1, "SCAN [--darks-flats SCAN] [-o PREFIX]",
		"what is in a scan, and an audit of the acquisition",
		"Prints frames, angles, flats, darks and what the files say of pixel size, energy "
		"and distance, then what an audit of the acquisition finds: missing or repeated "
		"angles, gaps and reversals of the sweep, loss of beam, saturation, dead and hot "
		"pixels, flats that do not fit. Large scans are sampled. Findings are results, "
		"not errors: the exit code is 0; those marked [!!] should be understood before "
		"going on.\n\n"
		"With -o, PREFIX.png shows projections, a sinogram, the intensity and the angle "
		"steps over the frames, and PREFIX.json has the numbers.",
		"tomochron info scan_00012.nxs --darks-flats scan_00011.nxs -o info12",
		command_info},
	{"center", IN_CENTER, 1, "SCAN [--darks-flats SCAN] [--sweep A:B:S -o DIR]",
		"rotation centre, with its confidence",
		"Finds the column of the rotation axis by two methods in several rows and says how "
		"far they agree. Columns count from 0, pixel centres are integers, and always on "
		"the full detector, whatever --cols and --bin select.\n\n"
		"With --sweep A:B:S one row is reconstructed with the centres A to B in steps of "
		"S, "
		"to decide by eye: DIR/center_NNNN.NN.tif and all of them in DIR/sweep.png.",
		"tomochron center scan.nxs\ntomochron center scan.nxs --sweep 268:278:1 -o sweep",
		command_center},
	{"recon", IN_RECON, 1, "SCAN [--darks-flats SCAN] -o VOLUME",
		"raw scan to attenuation volume (HDF5 file or folder of TIFFs)",
		"Reconstructs a scan. VOLUME is an HDF5 file when its name ends in .h5, .hdf5, "
		".hdf "
		"or .nxs, else a folder of TIFF slices. Values are in 1/cm, or per pixel when no "
		"pixel size is known. Beside it, VOLUME.log keeps messages, VOLUME.journal what "
		"is finished, and VOLUME.png shows cuts through the result. An automatic centre "
		"that is doubtful ends the run unless --center or --force is given.\n\n"
		"A run that was stopped or killed is taken up again by the same command, and the "
		"result has the same bytes as that of an unbroken run. What was done stands in "
		"the volume: options, centre, inputs, warnings, and for each slice how many values "
		"were replaced.",
		"tomochron recon scan_00012.nxs --darks-flats scan_00011.nxs "
		"--pixel-size 1.3um \\\n    --memory 24G -o scan_00012.h5",
		command_recon},
	{"simulate", IN_SIMULATE, 0, "[--scenario NAME] -o DIR",
		"raw scans of an operando cell, or of a phantom, whose truth is known",
		"Makes a series of raw scans of a cell (NaK on NASICON inside an O-ring) in which "
		"a "
		"crack grows and chips the ceramic (--scenario plating), bubbles grow (stripping) "
		"or nothing happens (quiet), with the noise and the faults of a real camera, in "
		"any "
		"of the layouts that are read. DIR/truth has labels and numbers of each step, to "
		"be "
		"compared by tomochron score, and steps.png; DIR/run.yaml names the scans; "
		"DIR/cell.mpt "
		"is the record of the potentiostat.\n\n"
		"The cell is described by the sections cell and materials: tomochron help cell. "
		"What "
		"a preset or --config FILE does not say stands in the table. With --phantom one "
		"scan "
		"of a simple object is made instead, with its true volume.\n\n"
		"The same options give the same bytes, for any number of threads. A run that was "
		"stopped or killed is taken up again by the same command.",
		"tomochron simulate -o cell --scenario plating --steps 6 --size 512\n"
		"tomochron simulate -o full --steps 1 --size 3072 --rows 256 --memory 8G\n"
		"tomochron simulate --phantom ellipsoids --size 512 --rows 32 --angles 901 -o raw",
		command_simulate},
	{"export", IN_EXPORT, 1, "VOLUME -o OUT",
		"volume to TIFF slices, one TIFF, a ParaView description or a picture",
		"Writes a volume (FILE, or FILE:KEY for any three-dimensional dataset) in the form "
		"that the name OUT asks for. FILE.tif: one TIFF of many pages that ImageJ opens as "
		"a "
		"stack with its voxel size; above 4 GB a BigTIFF, which ImageJ opens only with "
		"Bio-Formats. FILE.xdmf: a few lines by which ParaView reads the HDF5 file itself. "
		"FILE.png: cuts through it, as recon makes; VOLUME may be a folder of slices for "
		"this. Any other name: a folder of TIFF slices.\n\n"
		"Of a label file, FILE.png shows cuts with the labels, over the grey values of "
		"--volume VOLUME, and FILE.crack.png and FILE.contact.png the ceramic's face seen "
		"along z; FILE.vtp and FILE.stl are surfaces, FILE.OBJECT.vtp for each of "
		"--mesh.objects. docs/segment.md shows them.\n\n"
		"With --bits 16 or 8 all slices share one scale, --low to --high, or the 0.1 and "
		"99.9 percentiles of the whole volume; it is written into the TIFFs, so that "
		"ImageJ "
		"shows the true values.",
		"tomochron export scan_00012.h5 --bits 16 -o slices", command_export},
	{"segment", IN_SEGMENT, 1, "VOLUME -o LABELS",
		"volume to labels of its materials, and numbers",
		"Labels each voxel of a volume of the operando cell: void, NaK, NASICON, crack, "
		"hardware, outside. VOLUME is what recon wrote, FILE:KEY, or a folder of TIFFs; "
		"LABELS an "
		"HDF5 file. LABELS without .h5, with .metrics.json and .metrics.csv, has the "
		"numbers: volumes, bubbles, the interface with its plane, roughness and contact "
		"fraction, each with a standard deviation. .cuts.png, .crack.png and .contact.png "
		"are pictures; --mesh vtp adds surfaces for ParaView.\n\n"
		"Cracks are found as sheets, empty or filled; chips are not told from the pellet, "
		"nor "
		"O-ring and tube from the liquid, yet.\n\n"
		"For samples that are no cell: --train PAINTED learns a forest from a few slices "
		"painted in ImageJ or napari, says how sure it is, keeps it with --model-out, and "
		"labels VOLUME with it; --model FILE labels other volumes. docs/train.md says "
		"how.\n\n"
		"Nothing needs to be tuned: levels, noise, edge width and the stack of materials "
		"are found in the volume, and each choice is printed. docs/segment.md says how.",
		"tomochron segment scan_00012.h5 -o labels.h5 --memory 8G\n"
		"tomochron segment tooth.h5 --train slice_0040.tif --model-out tooth.forest -o "
		"labels.h5\n"
		"tomochron segment tooth2.h5 --model tooth.forest -o labels2.h5",
		command_segment},
	{"score", IN_SCORE, 2, "LABELS TRUTH [--register]",
		"how right labels, numbers or a volume are, against the truth",
		"Compares two label volumes: HDF5 files (FILE, or FILE:KEY for any dataset of "
		"whole "
		"numbers from 0 to 255), folders of TIFFs or TIFFs of many pages. Planes are put "
		"together by their detector rows where both files know them. For each phase: Dice, "
		"intersection over union, error of the volume, distance of the boundaries (mean "
		"and "
		"95 %). Cracks: the share of the true ones found within 2 voxels, and of the found "
		"ones that lie within 2 voxels of a true one. Bubbles are matched one to one: "
		"which "
		"are missed, invented, merged or split, and the errors of the others. The shift "
		"between both volumes is always said, and taken out first with --register.\n\n"
		"When metrics (JSON) lie beside both, or are given, each of their quantities is "
		"compared too, its error also in units of the standard deviation that is stated "
		"with it. When LABELS is a reconstructed volume, its values in the interior of "
		"each "
		"material are compared with the true attenuation.\n\n"
		"docs/score.md says what each number means.",
		"tomochron score out/steps/step_03/labels.h5 sim/truth/step_03.h5\n"
		"tomochron score volume.h5 sim/truth/step_00.h5 --json",
		command_score},
	{"check", IN_CHECK, -1, "[RUN.yaml] [--preset NAME]",
		"checks a run file and prints the complete one it stands for",
		"Reads a run file (YAML) as --config does, names the line of each mistake, and "
		"prints the complete run file, with a comment on each option. Without a file: the "
		"defaults of the preset, to begin one's own.",
		"tomochron check > my.yaml\ntomochron recon scan.nxs --config my.yaml -o volume.h5",
		command_check},
	{0},
};

static void usage(FILE *out)
{
	fputs("tomochron " TOMO_VERSION ": raw synchrotron tomography scans to volumes\n\nusage:\n",
		out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  tomochron %-9s %s\n", c->name, c->synopsis);
	fputs("  tomochron help      [COMMAND | SECTION | OPTION]\n\ncommands:\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-9s %s\n", c->name, c->summary);
	fputs("\nsections of options (tomochron help SECTION):\n ", out);
	for (const struct section *s = sections; s->name; s++)
		fprintf(out, " %s", s->name);
	fputs("\n\nexit codes: 0 done, 1 failed, 2 usage or configuration, 3 input inconsistent or "
	      "unreadable,\n            5 interrupted (the same command resumes), 6 out of memory "
	      "or "
	      "disk\n",
		out);
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static void command_help(const struct command *c)
{
	printf("tomochron %s %s\n\n%s\n\n", c->name, c->synopsis, c->summary);
	options_help(stdout, c->bit);
}

static enum err man_page(const char *name)
{
	const struct command *c;

	if (!name) {
		program_man(stdout);
		return OK;
	}
	c = find_command(name);
	if (!c)
		return fail(ERR_USAGE, "unknown command '%s'; tomochron help lists them", name);
	options_man(stdout,
		&(struct man_page){c->name, c->bit, c->summary, c->synopsis, c->about, c->example});
	return OK;
}

static enum err help(int argc, char **argv)
{
	const struct command *c;

	if (argc == 0) {
		usage(stdout);
		return OK;
	}
	if (!strcmp(argv[0], "--man"))
		return man_page(argc < 2 ? NULL : argv[1]);
	if (!strcmp(argv[0], "--markdown")) {
		options_markdown(stdout);
		return OK;
	}
	c = find_command(argv[0]);
	if (c)
		command_help(c);
	else
		return topic_help(stdout, argv[0]);
	return OK;
}

/* The word of the synopsis for what is not there, in small letters. */
static const char *missing_name(const struct command *c, int index, struct arena *arena)
{
	const char *word = c->synopsis;
	char *name;

	for (int i = 0; i < index; i++)
		word += strcspn(word, " ") + 1;
	name = arena_format(arena, "%.*s", (int)strcspn(word, " "), word);
	for (char *letter = name; letter && *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return name ? name : "file";
}

static enum err run(const struct command *c, int argc, char **argv, struct arena *arena)
{
	static struct settings s; /* zero until parsed */
	struct command_line line = {.command = c->bit};
	int most = c->n_positional < 0 ? -c->n_positional : c->n_positional;

	TRY(settings_parse(&s, arena, argc, argv, &line));
	if (line.help) {
		command_help(c);
		return OK;
	}
	if (line.n_positional < c->n_positional)
		return fail(ERR_USAGE, "the %s is missing: tomochron %s %s",
			missing_name(c, line.n_positional, arena), c->name, c->synopsis);
	if (line.n_positional > most)
		return fail(ERR_USAGE, "'%s' is one argument too many: tomochron %s %s",
			line.positional[most], c->name, c->synopsis);
	if (c->n_positional > 0)
		s.input.scan = line.positional[0];
	console_start(s.run.quiet || s.run.json, s.run.verbose);
	console_catch_signals();
	parallel_set_threads((int)s.run.threads);
	return c->run(&s, &line, arena);
}

static enum err dispatch(int argc, char **argv, struct arena *arena)
{
	const struct command *c;

	if (argc < 2) {
		usage(stderr);
		return fail(ERR_USAGE, "a command is missing");
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		puts("tomochron " TOMO_VERSION);
		return OK;
	}
	c = find_command(argv[1]);
	if (!c)
		return fail(ERR_USAGE, "unknown command '%s'; tomochron help lists them", argv[1]);
	return run(c, argc - 2, argv + 2, arena);
}

/* A closed stdin, stdout or stderr would lend its number to the first file opened, and what is printed
 * would go into that. What is written to these stays an error. */
static void keep_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return;
}

int main(int argc, char **argv)
{
	struct arena *arena;
	enum err e;

	keep_standard_streams();
	arena = arena_new();
	console_argc = argc;
	console_argv = argv;
	e = arena ? dispatch(argc, argv, arena) : ERR_RESOURCE;
	progress_end();
	if (e != OK)
		fprintf(stderr, "tomochron: %s\n", error_message());
	if ((fflush(stdout) != 0 || ferror(stdout)) && e == OK) {
		fputs("tomochron: cannot write to stdout\n", stderr);
		e = ERR_RESOURCE;
	}
	console_close();
	arena_free(arena);
	return (int)e;
}
