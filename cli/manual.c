/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/manual.h"

#include "cli/commands.h"

static void synopsis(FILE *out)
{
	fputs(".SH SYNOPSIS\n.nf\n", out);
	for (const struct command *c = commands; c->name; c++) {
		fprintf(out, "\\fBtomochron %s\\fR ", c->name);
		roff_text(out, c->synopsis);
		fputc('\n', out);
	}
	fputs("\\fBtomochron help\\fR [COMMAND | SECTION | OPTION]\n"
	      "\\fBtomochron \\-\\-version\\fR\n.fi\n",
		out);
}

static void command_list(FILE *out)
{
	fputs(".SH COMMANDS\n", out);
	for (const struct command *c = commands; c->name; c++) {
		fprintf(out, ".TP\n.BR tomochron\\-%s (1)\n", c->name);
		roff_text(out, c->summary);
		fputs(".\n", out);
	}
}

static void examples(FILE *out)
{
	static const char *const lines[][2] = {
		{"Look at a scan, find its centre, reconstruct it:",
			"tomochron info scan_00012.nxs --darks-flats scan_00011.nxs -o info12\n"
			"tomochron center scan_00012.nxs --darks-flats scan_00011.nxs\n"
			"tomochron recon scan_00012.nxs --darks-flats scan_00011.nxs "
			"--pixel-size 1.3um -o scan_00012.h5"},
		{"Slices for ImageJ:", "tomochron export scan_00012.h5 --bits 16 -o slices"},
		{"A scan to try things on:",
			"tomochron simulate --phantom ellipsoids --size 512 --rows 32 --angles 901 "
			"-o raw"},
		{"How right labels are:", "tomochron score labels.h5 truth/step_03.h5"},
	};

	fputs(".SH EXAMPLES\n", out);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		fputs(".PP\n", out);
		roff_text(out, lines[i][0]);
		fputs("\n.PP\n.RS\n.nf\n", out);
		roff_text(out, lines[i][1]);
		fputs("\n.fi\n.RE\n", out);
	}
}

static void rest(FILE *out)
{
	fputs(".SH ENVIRONMENT\n.TP\n.B TOMOCHRON_ISA\n"
	      "v2, v3 or v4: the instruction set level to use at most (x86\\-64\\-v2 and so on) "
	      "instead of the best that the processor has. "
	      "Results differ in their last bits between levels.\n"
	      ".TP\n.B SLURM_MEM_PER_NODE\nMemory of the job; three quarters of it are used when "
	      "\\-\\-memory is not given.\n",
		out);
	roff_exit_status(out);
	examples(out);
	fputs(".SH SEE ALSO\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, ".BR tomochron\\-%s (1)%s\n", c->name, c[1].name ? "," : "");
}

void program_man(FILE *out)
{
	fputs(".TH TOMOCHRON 1 \"\" \"tomochron " TOMO_VERSION "\" \"tomochron\"\n"
	      ".SH NAME\ntomochron \\- raw synchrotron tomography scans to volumes\n",
		out);
	synopsis(out);
	fputs(".SH DESCRIPTION\n", out);
	roff_text(out,
		"tomochron turns raw parallel-beam tomography scans (HEX, NXtomo, DXchange, other "
		"HDF5, folders of TIFF images) into volumes of attenuation in 1/cm: frames are "
		"checked, normalised by darks and flats, freed of zingers and rings, the rotation "
		"centre is found and judged, and slices are reconstructed by filtered "
		"back-projection in bounded memory. A run that is killed is taken up again by the "
		"same command, and gives the same bytes.");
	fputs("\n.PP\n", out);
	roff_text(out,
		"Results go to standard output (with --json as one JSON object), messages to "
		"standard error. No result that exists is overwritten without --force.");
	fputc('\n', out);
	command_list(out);
	rest(out);
}
