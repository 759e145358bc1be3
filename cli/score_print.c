/* SPDX-License-Identifier: BSD-3-Clause
 * The table of tomochron score. */
#include "cli/score.h"

#include <math.h>
#include <string.h>

enum { LISTED = 10 };

struct text {
	char s[64];
};

struct label_text label_text(int label)
{
	struct label_text t;

	if (label < N_LABELS)
		snprintf(t.s, sizeof(t.s), "%s", label_names[label]);
	else
		snprintf(t.s, sizeof(t.s), "label_%d", label);
	return t;
}

/* A share of 1, never rounded up to 1 or down to 0. */
static struct text share(double value)
{
	struct text t = {"-"};

	if (isfinite(value))
		snprintf(t.s, sizeof(t.s), "%.5f",
			value < 1 && value > 0.999995	? 0.99999
			: value > 0 && value < 0.000005 ? 0.00001
							: value);
	return t;
}

static struct text fixed(double value, int decimals)
{
	struct text t = {"-"};

	if (isfinite(value))
		snprintf(t.s, sizeof(t.s), "%.*f", decimals, value);
	return t;
}

/* With its sign; never -0.00. */
static struct text signed_fixed(double value, int decimals)
{
	struct text t = {"-"};

	if (fabs(value) < 0.5 * pow(10, -decimals))
		value = 0;
	if (isfinite(value))
		snprintf(t.s, sizeof(t.s), "%+.*f", decimals, value);
	return t;
}

static struct text digits(double value, int decimals)
{
	struct text t = {"-"};

	if (isfinite(value))
		snprintf(t.s, sizeof(t.s), "%.*e", decimals, value);
	return t;
}

static void print_shift(FILE *out, const struct score_report *r)
{
	static const char axes[] = "zyx";
	const struct score_shift *s = &r->shift;
	int n = 0;

	fprintf(out, "offset     ");
	for (int k = 2; k >= 0; k--) {
		if (!(fabs(s->voxels[k]) >= 0.005))
			continue;
		fprintf(out, "%s%.2f voxel%s towards %c%c", n++ ? ", " : "labels lie ",
			fabs(s->voxels[k]), fabs(fabs(s->voxels[k]) - 1) < 0.005 ? "" : "s",
			s->voxels[k] < 0 ? '-' : '+', axes[k]);
	}
	fprintf(out, n ? " of the truth" : "none: labels lie where the truth does");
	for (int k = 2; k >= 0; k--)
		if (!isfinite(s->voxels[k]))
			fprintf(out, "; along %c it cannot be told", axes[k]);
	fprintf(out, "\n");
	if (s->at_limit)
		fprintf(out, "           that is the limit of the search: --score.search\n");
	if (r->moved)
		fprintf(out,
			"           scored after moving the labels by %lld %lld %lld (z y x)\n",
			(long long)-s->whole[0], (long long)-s->whole[1], (long long)-s->whole[2]);
}

static void print_phases(FILE *out, const struct score_report *r)
{
	const char *word = "absent in both:";

	fprintf(out, "\n%-11s%9s%9s%12s%14s%9s%9s%15s\n", "phase", "Dice", "IoU", "volume %",
		"boundary mean", "95 %", "beyond", "true voxels");
	for (int i = 0; i < r->score.n_phases; i++) {
		const struct score_phase *p = &r->score.phases[i];

		if (p->n_truth + p->n_found == 0)
			continue;
		fprintf(out, "%-11s%9s%9s%12s%14s%9s%9lld%15lld\n", label_text(p->label).s,
			share(p->dice).s, share(p->iou).s, signed_fixed(100 * p->volume_error, 3).s,
			fixed(p->boundary.mean, 3).s, fixed(p->boundary.most95, 2).s,
			(long long)p->boundary.beyond, (long long)p->n_truth);
	}
	for (int i = 0; i < r->score.n_phases; i++)
		if (r->score.phases[i].n_truth + r->score.phases[i].n_found == 0) {
			fprintf(out, "%s %s", word, label_text(r->score.phases[i].label).s);
			word = ",";
		}
	if (*word == ',')
		fprintf(out, "\n");
	fprintf(out, "Boundary distances are in voxels, at most %d; beyond: voxels farther off.\n",
		SCORE_REACH);
}

static void print_cracks(FILE *out, const struct score_report *r)
{
	if (r->score.crack[CRACK_ALL].n_truth + r->score.crack[CRACK_ALL].n_found == 0)
		return;
	fprintf(out, "\n%-11s%22s%33s\n", "crack", "true, found within", "found, true within");
	fprintf(out, "%-11s%22s%11s%11s%11s\n", "", "2 voxels", "2", "3", "7 voxels");
	for (int i = 0; i < CRACK_KINDS; i++) {
		const struct score_crack *c = &r->score.crack[i];

		if (c->n_truth + c->n_found)
			fprintf(out, "%-11s%22s%11s%11s%11s\n", c->name, share(c->truth_found[0]).s,
				share(c->found_true[0]).s, share(c->found_true[1]).s,
				share(c->found_true[2]).s);
	}
}

static void print_sheet(FILE *out, const struct score_sheet *s)
{
	const char *word = "recall";

	for (int i = 0; i < APERTURES; i++)
		if (s->n[i]) {
			fprintf(out, "%-11s%22s  of the true crack %g to %g voxels wide\n", word,
				share(s->recall[i]).s, aperture_from[i], aperture_from[i + 1]);
			word = "";
		}
	if (isfinite(s->told))
		fprintf(out, "filling    told for %s of what was found, wrong for %s\n",
			share(s->told).s, share(s->wrong).s);
	for (int i = 0; i < FACES; i++)
		if (s->skins[i])
			fprintf(out, "false skin on %s of the ceramic's %lld face voxels to %s\n",
				share(s->skin[i]).s, (long long)s->faces[i], face_names[i]);
}

static void print_large(FILE *out, const struct score_large *l)
{
	const struct score_bubbles *b = &l->bubbles;

	if (b->n_truth + b->n_found)
		fprintf(out,
			"large      radius 5 voxels and more, without films: %lld true, %lld "
			"found, "
			"%lld "
			"missed, %lld invented; Dice %s\n",
			(long long)b->n_truth, (long long)b->n_found, (long long)b->n_missed,
			(long long)b->n_invented, share(l->dice).s);
}

static void list_blobs(
	FILE *out, const char *what, const struct blob *blobs, const int64_t *list, int64_t n)
{
	for (int64_t i = 0; i < n && i < LISTED; i++) {
		double c[3];

		blob_centroid(&blobs[list[i]], c);
		fprintf(out, "  %-9s%lld voxels at z %.1f, y %.1f, x %.1f\n", i ? "" : what,
			(long long)blobs[list[i]].n, c[0], c[1], c[2]);
	}
	if (n > LISTED)
		fprintf(out, "  %-9sand %lld more\n", "", (long long)(n - LISTED));
}

static void print_bubbles(FILE *out, const struct score_report *r)
{
	const struct score_bubbles *b = &r->score.bubbles;

	fprintf(out,
		"\nbubbles    %lld true, %lld found (of %lld voxels and more): %lld matched, %lld "
		"missed, %lld invented, %lld merged, %lld split\n",
		(long long)b->n_truth, (long long)b->n_found, (long long)b->min_voxels,
		(long long)b->n_pairs, (long long)b->n_missed, (long long)b->n_invented,
		(long long)b->n_merged, (long long)b->n_split);
	if (b->n_pairs)
		fprintf(out,
			"           volume error %s %% on average, %s %% at most; centroids %.3f "
			"voxels "
			"apart, %.3f at most\n",
			fixed(100 * b->mean_error, 3).s, fixed(100 * b->most_error, 3).s,
			b->mean_distance, b->most_distance);
	list_blobs(out, "missed", b->blobs.blob[SCORE_TRUTH], b->missed, b->n_missed);
	list_blobs(out, "invented", b->blobs.blob[SCORE_FOUND], b->invented, b->n_invented);
	list_blobs(out, "merged", b->blobs.blob[SCORE_TRUTH], b->merged, b->n_merged);
	list_blobs(out, "split", b->blobs.blob[SCORE_FOUND], b->split, b->n_split);
}

static void print_materials(FILE *out, const struct score_report *r)
{
	fprintf(out, "\n%-11s%13s%11s%11s%12s%10s%10s%11s%12s\n", "interior", "voxels", "true 1/cm",
		"mean", "bias", "bias %", "sd", "rmse", "rmse %");
	for (int i = LABEL_VOID; i < N_LABELS; i++) {
		const struct score_material *m = &r->material[i];

		if (m->n)
			fprintf(out, "%-11s%13lld%11s%11s%12s%10s%10s%11s%12s\n", label_names[i],
				(long long)m->n, fixed(m->truth, 5).s, fixed(m->mean, 5).s,
				digits(m->bias, 2).s, signed_fixed(100 * m->relative_bias, 3).s,
				digits(m->sd, 2).s, digits(m->rmse, 2).s,
				fixed(100 * m->relative_rmse, 3).s);
	}
	fprintf(out, "Interior: the 5 x 5 x 5 voxels around are of the same material%s.\n",
		r->has_fraction ? " and full of it" : "");
}

static struct text object_text(const struct metric_score *m)
{
	struct text t;

	if (*m->name)
		snprintf(t.s, sizeof(t.s), "%s", m->name);
	else if (m->truth_id >= 0)
		snprintf(t.s, sizeof(t.s), "%s %lld", m->object, (long long)m->truth_id);
	else
		snprintf(t.s, sizeof(t.s), "%s", m->object);
	return t;
}

static void print_metrics(FILE *out, const struct score_report *r)
{
	const struct metrics_score *m = &r->numbers;

	if (!r->has_metrics)
		return;
	fprintf(out, "\nnumbers    %s against %s, step %s\n", r->metrics, r->truth_metrics,
		r->step);
	for (int i = 0; i < 3; i++)
		fprintf(out, "           %s: %lld true, %lld found, %lld matched\n",
			m->objects[i].object, (long long)m->objects[i].n_truth,
			(long long)m->objects[i].n_found, (long long)m->objects[i].matched);
	fprintf(out, "%-13s%-24s%14s%14s%12s%10s%8s\n", "", "quantity", "true", "found", "error",
		"error %", "in sd");
	for (int64_t i = 0; i < m->n; i++) {
		const struct metric_score *row = &m->rows[i];

		fprintf(out, "%-13s%-24s%14.6g%14.6g%12s%10s%8s\n", object_text(row).s,
			row->quantity, row->truth, row->found, digits(row->error, 2).s,
			signed_fixed(100 * row->relative, 2).s, signed_fixed(row->z, 2).s);
	}
	if (m->n_z)
		fprintf(out,
			"%lld of %lld errors (%.1f %%) are within 2 of their stated standard "
			"deviations\n",
			(long long)m->n_within, (long long)m->n_z, 100 * m->within);
}

void score_print(FILE *out, const struct score_report *r)
{
	const int64_t *n = r->setup.n;

	fprintf(out, "%-11s%s\n%-11s%s\n", r->is_volume ? "volume" : "labels", r->labels, "truth",
		r->truth);
	fprintf(out, "scored     %lld x %lld x %lld voxels (z y x)", (long long)n[0],
		(long long)n[1], (long long)n[2]);
	if (r->first_row >= 0)
		fprintf(out, ", detector rows %lld to %lld", (long long)r->first_row,
			(long long)(r->first_row + n[0] - 1));
	fprintf(out, "\n");
	if (r->is_volume) {
		print_materials(out, r);
		print_metrics(out, r);
		return;
	}
	print_shift(out, r);
	fprintf(out, "agreement  %s of the voxels have the same label\n",
		share(r->score.agreement).s);
	print_phases(out, r);
	print_cracks(out, r);
	print_sheet(out, &r->score.sheet);
	print_bubbles(out, r);
	print_large(out, &r->score.large);
	print_metrics(out, r);
}
