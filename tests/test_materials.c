/* SPDX-License-Identifier: BSD-3-Clause
 * Materials as typed against published attenuation, the electron density, and what is refused. */
#include "truth/materials.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct material parse(const char *text)
{
	struct material m = {0, 0, 0};

	if (material_parse(text, "here", 80, &m) != OK)
		fail_msg("%s", error_message());
	return m;
}

static void expect(const char *text, double mu, double mu_share, double delta, double delta_share)
{
	struct material m = parse(text);

	if (!(fabs(m.mu - mu) <= mu_share * mu) || !(fabs(m.delta - delta) <= delta_share * delta))
		fail_msg("%s: mu %.5g, not %.5g; delta %.5g, not %.5g", text, m.mu, mu, m.delta,
			delta);
}

/* Mass attenuation at 80 keV in the tables of Hubbell and Seltzer (NISTIR 5632, doi:10.18434/T4D01F): Na
 * 0.1796, Al 0.2018, Si 0.2228, K 0.3251 cm2/g. xraylib has tables of its own: 0.5 %. */
static void elements_have_the_attenuation_of_the_tables(void **state)
{
	(void)state;
	expect("Na 0.968", 0.1796 * 0.968, 5e-3, 3.00e-8, 5e-3);
	expect("Al 2.699", 0.2018 * 2.699, 5e-3, 8.43e-8, 5e-3);
	expect("Si 2.329", 0.2228 * 2.329, 5e-3, 7.52e-8, 5e-3);
	expect("K 0.862", 0.3251 * 0.862, 5e-3, 2.72e-8, 5e-3);
}

/* Far above all edges delta = r_e lambda^2 n_e / (2 pi): the electrons of the formula, in numbers of
 * its own. Dispersion at 80 keV is 2e-3 of Z for zirconium and less for the others: 3e-3. */
static void delta_is_that_of_the_electrons(void **state)
{
	static const struct {
		const char *text;
		double electrons, molar, density;
	} known[] = {
		{"Al 2.7", 13, 26.98154, 2.7},
		{"Na 0.968", 11, 22.98977, 0.968},
		{"H2O 1", 10, 18.01528, 1},
		{"Na3Zr2Si2PO12 3.27", 3 * 11 + 2 * 40 + 2 * 14 + 15 + 12 * 8,
			3 * 22.98977 + 2 * 91.224 + 2 * 28.0855 + 30.97376 + 12 * 15.9994, 3.27},
	};
	const double radius = 2.8179403e-13, lambda = 12.39842e-8 / 80, avogadro = 6.02214076e23;

	(void)state;
	for (int i = 0; i < 4; i++) {
		double density = known[i].density * avogadro * known[i].electrons / known[i].molar;

		expect(known[i].text, parse(known[i].text).mu, 0,
			radius * lambda * lambda * density / (2 * M_PI), 3e-3);
	}
}

/* The cell at 80 keV: a NASICON pellet 95 % dense; liquid NaK at 20 C, of which the eutectic weighs 0.866
 * and, by the volumes of its liquids (0.9408 and 0.8372 there), the one with the least potassium 0.896;
 * PEEK; rubber as ethylene and propylene. */
static void materials_of_the_cell(void **state)
{
	(void)state;
	expect("Na3Zr2Si2PO12 3.1065", 2.215, 2e-3, 9.57e-8, 2e-3);
	expect("Na 60 wt% K 40 wt% 0.896", 0.2132, 5e-3, 2.80e-8, 5e-3);
	expect("Na 22 wt% K 78 wt% 0.866", 0.2538, 5e-3, 2.72e-8, 5e-3);
	expect("C19H12O3 1.32", 0.222, 5e-3, 4.45e-8, 5e-3);
	expect("CH2 0.95", 0.173, 5e-3, 3.51e-8, 5e-3);
}

static void ways_to_type(void **state)
{
	struct material m = parse("Na0.5K0.5 0.88"), gas = parse("gas");
	/* weights of half a mole each */
	struct material share = parse("Na 37.027 wt% K 62.973wt% 0.88 g/cm3");

	(void)state;
	assert_true(fabs(m.mu - share.mu) < 1e-4 * m.mu);
	assert_true(fabs(m.delta - share.delta) < 1e-4 * m.delta);
	assert_true(fabs(m.density - 0.88) < 1e-12);
	assert_true(fabs(parse("  Al2O3\t3.97  g/cm^3 ").mu - parse("Al2O3 3.97g/cm3").mu) < 1e-12);
	assert_true(fabs(parse("Al 100 wt % 2.7").mu - parse("Al 2.7").mu) < 1e-12);
	assert_true(fabs(parse("Al 5.4").mu - 2 * parse("Al 2.7").mu) < 1e-12);
	assert_true(fabs(parse("Mg3(Si2O5(OH)2)2 2.5").mu - parse("Mg3Si4H4O14 2.5").mu) < 1e-12);
	assert_true(gas.mu == 0 && gas.delta == 0 && gas.density == 0);
	assert_true(parse("Vacuum").mu == 0);
}

static void refuse(const char *text, double energy, const char *part)
{
	struct material m = {7, 7, 7};

	assert_int_equal(material_parse(text, "cell.yaml:12", energy, &m), ERR_USAGE);
	if (strncmp(error_message(), "cell.yaml:12: ", 14) != 0 || !strstr(error_message(), part) ||
		strchr(error_message(), '\n'))
		fail_msg("'%s' gives: %s", text, error_message());
	assert_true(m.mu == 7 && m.delta == 7);
}

static void wrong_materials_are_refused(void **state)
{
	char many[400];

	(void)state;
	memset(many, 'A', sizeof(many));
	many[sizeof(many) - 1] = 0;
	refuse("", 80, "is not a material");
	refuse("   ", 80, "is not a material");
	refuse(many, 80, "is not a material");
	refuse("Al", 80, "no density");
	refuse("2.7", 80, "no density");
	refuse("Al g/cm3", 80, "no density");
	refuse("Al 2.7 kg", 80, "no density");
	refuse("Al 2.7x", 80, "no density");
	refuse("Al nan", 80, "no density");
	refuse("gas 1", 80, "'gas' is not a formula");
	refuse("Xx 3", 80, "'Xx' is not a formula");
	refuse("al2o3 3.97", 80, "'al2o3' is not a formula");
	refuse("Ca(OH 2.2", 80, "is not a formula");
	refuse("Ca(OH))2 2.2", 80, "is not a formula");
	refuse("Ca()2 2.2", 80, "is not a formula");
	refuse("Al0 2.7", 80, "is not a formula");
	refuse("Al2.1.3 2.7", 80, "is not a formula");
	refuse("2Al 2.7", 80, "is not a formula");
	refuse("Adenine 1.3", 80, "is not a formula"); /* xraylib would know this name */
	refuse("Al 0", 80, "density of 0");
	refuse("Al -2.7", 80, "density of -2.7");
	refuse("Al 2700", 80, "density of 2700");
	refuse("Na K 0.9", 80, "no share in wt% behind 'Na'");
	refuse("Na 22 wt% K 0.9", 80, "no share in wt% behind 'K'");
	refuse("Na 22 at% K 78 at% 0.9", 80, "no share in wt% behind 'Na'");
	refuse("Na 22 wt% K 70 wt% 0.9", 80, "add up to 92");
	refuse("Na -22 wt% K 122 wt% 0.9", 80, "share of -22");
	refuse("Al 2.7", 0.5, "0.5 keV");
	refuse("Al 2.7", 900, "900 keV");
	refuse("Al 2.7", NAN, "nan keV");
}

static void ends_of_the_tables_are_inside(void **state)
{
	struct material low, high;

	(void)state;
	assert_int_equal(material_parse("Al 2.7", "here", 1, &low), OK);
	assert_int_equal(material_parse("Al 2.7", "here", 800, &high), OK);
	assert_true(low.mu > 1000 && high.mu > 0 && high.mu < 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_have_the_attenuation_of_the_tables),
		cmocka_unit_test(delta_is_that_of_the_electrons),
		cmocka_unit_test(materials_of_the_cell),
		cmocka_unit_test(ways_to_type),
		cmocka_unit_test(wrong_materials_are_refused),
		cmocka_unit_test(ends_of_the_tables_are_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
