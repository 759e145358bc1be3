/* SPDX-License-Identifier: BSD-3-Clause
 * Text of a material -> xraylib's cross sections and refractive index. */
#include "truth/materials.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xraylib/xraylib.h>

enum { MAX_WORDS = 64, MAX_TEXT = 256 };

static const char wanted[] =
	"a formula and its density in g/cm3 would be right, as in 'Al2O3 3.97', "
	"'Na 22 wt% K 78 wt% 0.87' or 'gas'";

/* The words of a text, cut at blanks. */
struct words {
	char text[MAX_TEXT];
	char *word[MAX_WORDS];
	int n;
};

static bool split(const char *text, struct words *w)
{
	char *rest, *word;

	w->n = 0;
	if (strlen(text) >= sizeof(w->text))
		return false;
	strcpy(w->text, text);
	for (word = strtok_r(w->text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (w->n == MAX_WORDS)
			return false;
		w->word[w->n++] = word;
	}
	return w->n > 0;
}

/* A number at the front of a word; what follows it is left in *rest. */
static bool number(const char *word, double *value, const char **rest)
{
	char *end;

	*value = strtod(word, &end);
	*rest = end;
	return end != word && isfinite(*value);
}

static bool is_unit(const char *text)
{
	return strcmp(text, "g/cm3") == 0 || strcmp(text, "g/cm^3") == 0 ||
	       strcmp(text, "g/cc") == 0;
}

/* The density that ends the words, with or without its unit; takes it from them. */
static bool take_density(struct words *w, double *density)
{
	const char *rest;
	int n = w->n;

	if (n > 1 && is_unit(w->word[n - 1]))
		n--;
	if (n < 2 || !number(w->word[n - 1], density, &rest))
		return false;
	if (*rest && (n < w->n || !is_unit(rest)))
		return false;
	w->n = n - 1;
	return true;
}

/* "22 wt%", "22wt%" or "22 wt %" at word *i; moves *i behind it. */
static bool take_share(const struct words *w, int *i, double *share)
{
	const char *unit;

	if (*i >= w->n || !number(w->word[*i], share, &unit))
		return false;
	++*i;
	if (!*unit && *i < w->n)
		unit = w->word[(*i)++];
	if (strcmp(unit, "wt") == 0 && *i < w->n)
		return strcmp(w->word[(*i)++], "%") == 0;
	return strcmp(unit, "wt%") == 0;
}

static bool is_element(const char *symbol, size_t n)
{
	char name[3] = {0};
	xrl_error *error = NULL;

	memcpy(name, symbol, n);
	SymbolToAtomicNumber(name, &error);
	if (error)
		xrl_error_free(error);
	return !error;
}

/* Characters of a number above 0 at the front, 0 if there is none, -1 if it is not above 0. */
static int count_length(const char *text)
{
	size_t n = strspn(text, "0123456789.");
	char *end;

	if (n == 0)
		return 0;
	return strtod(text, &end) > 0 && end == text + n ? (int)n : -1;
}

/* Elements and groups in parentheses, each with a count or none. Looked at before xraylib does, because
 * that takes names of materials too, and loses memory over what it cannot read. */
static bool is_formula(const char *at)
{
	int depth = 0, n;

	while (*at) {
		size_t letters =
			at[0] >= 'A' && at[0] <= 'Z' ? 1 + (at[1] >= 'a' && at[1] <= 'z') : 0;

		if (*at == '(') {
			depth++;
			at++;
			continue;
		}
		if (!letters && (*at != ')' || --depth < 0 || at[-1] == '('))
			return false;
		if (letters && !is_element(at, letters))
			return false;
		at += letters ? letters : 1;
		n = count_length(at);
		if (n < 0)
			return false;
		at += n;
	}
	return depth == 0;
}

/* Adds a share of a formula: per g/cm3 of the whole, both laws are linear. */
static bool add_formula(const char *formula, double share, double energy, struct material *sum)
{
	xrl_error *error = NULL;
	double mu = CS_Total_CP(formula, energy, &error);
	double delta = error ? 0 : 1 - Refractive_Index_Re(formula, energy, 1, &error);

	if (error) {
		xrl_error_free(error);
		return false;
	}
	sum->mu += share * mu;
	sum->delta += share * delta;
	return true;
}

/* Formulae and shares by weight: what a density of 1 g/cm3 gives. */
static enum err read_formulae(
	const char *text, const struct words *w, double energy, struct material *sum)
{
	double share = 100, total = 0;

	for (int i = 0; i < w->n;) {
		const char *formula = w->word[i++];

		if (w->n > 1 && !take_share(w, &i, &share))
			return fail(ERR_USAGE,
				"material '%.80s' has no share in wt%% behind '%.40s'; %s", text,
				formula, wanted);
		if (!(share > 0))
			return fail(ERR_USAGE,
				"material '%.80s' has a share of %g wt%%; shares are above 0", text,
				share);
		if (!is_formula(formula) || !add_formula(formula, share / 100, energy, sum))
			return fail(ERR_USAGE,
				"material '%.80s': '%.40s' is not a formula of known elements; %s",
				text, formula, wanted);
		total += share;
	}
	if (fabs(total - 100) > 0.1)
		return fail(ERR_USAGE,
			"material '%.80s' has shares that add up to %g wt%%; 100 would be right",
			text, total);
	return OK;
}

static enum err read_material(const char *text, double energy, struct material *m)
{
	struct words w;
	double density;

	if (!(energy >= 1 && energy <= 800))
		return fail(ERR_USAGE,
			"an energy of %g keV is outside the tables of cross sections; 1 to 800 keV "
			"would be right",
			energy);
	if (!split(text, &w))
		return fail(ERR_USAGE, "'%.80s' is not a material; %s", text, wanted);
	if (w.n == 1 && (strcasecmp(w.word[0], "gas") == 0 || strcasecmp(w.word[0], "vacuum") == 0))
		return OK;
	if (!take_density(&w, &density))
		return fail(
			ERR_USAGE, "material '%.80s' has no density at its end; %s", text, wanted);
	/* osmium, the densest element, has 22.6 */
	if (!(density > 0 && density <= 25))
		return fail(ERR_USAGE,
			"material '%.80s' has a density of %g g/cm3; above 0 and at most 25 would "
			"be "
			"right",
			text, density);
	TRY(read_formulae(text, &w, energy, m));
	m->mu *= density;
	m->delta *= density;
	m->density = density;
	return OK;
}

enum err material_parse(
	const char *text, const char *where, double energy_kev, struct material *material)
{
	struct material found = {0, 0, 0};
	enum err e = read_material(text, energy_kev, &found);

	if (e != OK)
		return note(e, "%s", where);
	*material = found;
	return OK;
}
