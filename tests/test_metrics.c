/* SPDX-License-Identifier: BSD-3-Clause
 * Numbers of steps: written and read again they are the same, both forms; CSV has a row a number; what is malformed is
 * told with its place. */
#include "io/metrics_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[256];
static struct arena *arena;

static int enter(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/tomochron-test-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	return mkdtemp(folder) && chdir(folder) == 0 && (arena = arena_new()) ? 0 : -1;
}

static int leave(void **state)
{
	char command[320];

	(void)state;
	arena_free(arena);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

/* Numbers that are all different, each tenth one not known. */
static double next(void)
{
	static int64_t n;

	n++;
	return n % 10 ? (double)n * 1.25 + 1e9 * (double)(n % 3) : NAN;
}

static void fill(void *object, const struct metric_field *field)
{
	for (; field->name; field++)
		*metric_at(object, field) = (struct quantity){next(), next()};
}

static struct step_metrics example(int64_t step)
{
	struct step_metrics m = metrics_unknown();

	m.step = step;
	m.name = step ? "step_01" : "pristine";
	m.scan = step ? "scan \"21\".nxs" : "";
	m.time_s = next();
	m.voxel_um = 1.3;
	for (int i = LABEL_VOID; i < N_LABELS; i++)
		m.phase_um3[i] = (struct quantity){next(), next()};
	m.n_bubbles = 3 * step;
	m.bubbles = ARENA_ZERO(arena, struct bubble_metrics, 3);
	m.n_cracks = 2 * step;
	m.cracks = ARENA_ZERO(arena, struct crack_metrics, 2);
	m.n_chips = step;
	m.chips = ARENA_ZERO(arena, struct chip_metrics, 1);
	for (int64_t i = 0; i < m.n_bubbles; i++) {
		struct bubble_metrics *b = &m.bubbles[i];

		b->id = 7 + i;
		fill(b, bubble_fields);
		for (int k = 0; k < 3; k++)
			b->centroid_um[k] = next();
		b->touches_interface = i == 1;
		b->n_parents = (int)i * 4;
		for (int k = 0; k < b->n_parents; k++)
			b->parents[k] = 100 * i + k;
	}
	for (int64_t i = 0; i < m.n_cracks; i++) {
		m.cracks[i].id = i;
		fill(&m.cracks[i], crack_fields);
		m.cracks[i].reaches_interface = i == 0;
	}
	for (int64_t i = 0; i < m.n_chips; i++)
		fill(&m.chips[i], chip_fields);
	m.has_interface = m.has_transform = step > 0;
	for (int i = 0; i < 3; i++)
		m.interface.plane[i] = step ? next() : NAN;
	if (step)
		fill(&m.interface, interface_fields);
	for (int i = 0; i < 12 * step; i++)
		m.transform[i / 4][i % 4] = i * 0.5;
	return m;
}

static void same_number(double a, double b)
{
	assert_true((isnan(a) && isnan(b)) || a == b);
}

static void same_fields(const void *a, const void *b, const struct metric_field *field)
{
	for (; field->name; field++) {
		same_number(metric_at(a, field)->value, metric_at(b, field)->value);
		same_number(metric_at(a, field)->sd, metric_at(b, field)->sd);
	}
}

static void same_bubble(const struct bubble_metrics *a, const struct bubble_metrics *b)
{
	assert_int_equal(a->id, b->id);
	same_fields(a, b, bubble_fields);
	for (int k = 0; k < 3; k++)
		same_number(a->centroid_um[k], b->centroid_um[k]);
	assert_int_equal(a->touches_interface, b->touches_interface);
	assert_int_equal(a->n_parents, b->n_parents);
	assert_memory_equal(a->parents, b->parents, sizeof(a->parents));
}

static void same_step(const struct step_metrics *a, const struct step_metrics *b)
{
	assert_int_equal(a->step, b->step);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->scan, b->scan);
	same_number(a->time_s, b->time_s);
	same_number(a->voxel_um, b->voxel_um);
	for (int i = 0; i < N_LABELS; i++) {
		same_number(a->phase_um3[i].value, b->phase_um3[i].value);
		same_number(a->phase_um3[i].sd, b->phase_um3[i].sd);
	}
	assert_int_equal(a->n_bubbles, b->n_bubbles);
	assert_int_equal(a->n_cracks, b->n_cracks);
	assert_int_equal(a->n_chips, b->n_chips);
	for (int64_t i = 0; i < a->n_bubbles; i++)
		same_bubble(&a->bubbles[i], &b->bubbles[i]);
	for (int64_t i = 0; i < a->n_cracks; i++) {
		assert_int_equal(a->cracks[i].id, b->cracks[i].id);
		same_fields(&a->cracks[i], &b->cracks[i], crack_fields);
		assert_int_equal(a->cracks[i].reaches_interface, b->cracks[i].reaches_interface);
	}
	for (int64_t i = 0; i < a->n_chips; i++)
		same_fields(&a->chips[i], &b->chips[i], chip_fields);
	assert_int_equal(a->has_interface, b->has_interface);
	for (int i = 0; i < 3; i++)
		same_number(a->interface.plane[i], b->interface.plane[i]);
	same_fields(&a->interface, &b->interface, interface_fields);
	assert_int_equal(a->has_transform, b->has_transform);
	assert_memory_equal(a->transform, b->transform, sizeof(a->transform));
}

static void what_is_written_is_read(void **state)
{
	struct step_metrics steps[] = {example(0), example(1)};
	struct metrics_file file;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(metrics_write("one.json", &steps[i], arena), OK);
		assert_int_equal(metrics_read("one.json", &file, arena), OK);
		assert_int_equal(file.n, 1);
		assert_string_equal(file.series, "");
		same_step(&steps[i], file.steps);
		assert_ptr_equal(metrics_find(&file, 77, "other"), file.steps);
	}
	assert_int_equal(metrics_write_series("all.json", "cell 4", steps, 2, arena), OK);
	assert_int_equal(metrics_read("all.json", &file, arena), OK);
	assert_int_equal(file.n, 2);
	assert_string_equal(file.series, "cell 4");
	same_step(&steps[0], &file.steps[0]);
	same_step(&steps[1], &file.steps[1]);
	assert_ptr_equal(metrics_find(&file, 1, ""), &file.steps[1]);
	assert_ptr_equal(metrics_find(&file, -1, "pristine"), &file.steps[0]);
	assert_null(metrics_find(&file, 2, ""));
	assert_null(metrics_find(&file, 1, "pristine"));
	assert_int_equal(metrics_write_series("none.json", "", NULL, 0, arena), OK);
	assert_int_equal(metrics_read("none.json", &file, arena), OK);
	assert_int_equal(file.n, 0);
	steps[0].name = "\xff";
	assert_int_equal(metrics_write("bad.json", &steps[0], arena), ERR_FAILED);
	assert_int_equal(metrics_write_series("bad.json", "", steps, 2, arena), ERR_FAILED);
	assert_int_not_equal(access("bad.json", F_OK), 0);
}

static int64_t lines_with(const char *path, const char *text)
{
	char line[256];
	int64_t n = 0;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

static void csv_has_a_row_a_number(void **state)
{
	struct step_metrics steps[] = {example(0), example(1)};
	/* each step: time, voxel, 6 phases; step 1: 3 bubbles of 3 + 4, 2 cracks of 7 + 1, 4 of the
	 * chip, 3 + 3 of the interface; one head */
	int64_t rows = 1 + 2 * 8 + 3 * 7 + 2 * 8 + 4 + 6;

	(void)state;
	steps[1].bubbles[2].volume_um3 = (struct quantity){1234.5, NAN};
	assert_int_equal(metrics_write_csv("m.csv", steps, 2, arena), OK);
	assert_int_equal(lines_with("m.csv", ""), rows);
	assert_int_equal(lines_with("m.csv", "step,object,id,quantity,value,sd,unit"), 1);
	assert_int_equal(lines_with("m.csv", "1,bubble,9,volume_um3,1234.5,,um3\n"), 1);
	assert_int_equal(lines_with("m.csv", "1,phase,void,volume_um3,"), 1);
	assert_int_equal(lines_with("m.csv", "1,bubble,8,touches_interface,1,,"), 1);
	assert_int_equal(lines_with("m.csv", "nan"), 0);
}

static void save(const char *text)
{
	FILE *file = fopen("bad.json", "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void malformed_files_are_told(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"{\"phases\": ", "bad.json:1: is not JSON"},
		{"", "bad.json:1: is not JSON"},
		{"{\"step\": 1,\n\"step\": 2}", "bad.json:2: is not JSON: duplicate"},
		{"{\"phases\": {}, \"time\": 1e999}", "is not JSON: real number overflow"},
		{"[1, 2]", "is not a JSON object"},
		{"{\"center\": 3}", "neither `steps` nor `phases`"},
		{"{\"steps\": {}}", "steps is an object; a list of objects is expected"},
		{"{\"steps\": [3]}", "steps[0] is a number; an object is expected"},
		{"{\"phases\": []}", "phases is a list; an object is expected"},
		{"{\"phases\": {\"nak\": 3}}", "phases.nak is a number; an object"},
		{"{\"phases\": {\"nak\": {\"volume_um3\": \"3\"}}}",
			"phases.nak.volume_um3 is a text; a number or null is expected"},
		{"{\"steps\": [{}, {\"bubbles\": [{}, {\"sphericity_sd\": true}]}]}",
			"steps[1].bubbles[1].sphericity_sd is true; a number or null"},
		{"{\"bubbles\": [{\"centroid_um\": [1, 2]}]}",
			"bubbles[0].centroid_um has 2 numbers; 3 are expected"},
		{"{\"bubbles\": [{\"centroid_um\": [1, 2, \"3\"]}]}",
			"bubbles[0].centroid_um is a list; a list of numbers"},
		{"{\"bubbles\": [{\"id\": 1.5}]}", "bubbles[0].id is a number; a whole number"},
		{"{\"bubbles\": [{\"parents\": [1,2,3,4,5,6,7,8,9]}]}",
			"bubbles[0].parents is not a list of at most 8 ids"},
		{"{\"bubbles\": 3}", "bubbles is a number; a list of objects"},
		{"{\"bubbles\": [], \"cracks\": [{\"reaches_interface\": 1}]}",
			"cracks[0].reaches_interface is a number; true or false"},
		{"{\"bubbles\": [], \"name\": 1}", "name is a number; a text"},
		{"{\"bubbles\": [], \"transform\": [[1]]}", "transform is a list; three rows"},
		{"{\"bubbles\": [], \"transform\": [[1],[],[]]}", "transform has 1 numbers; 4"},
		{"{\"bubbles\": [], \"interface\": {\"plane\": 1}}",
			"interface.plane is a number; a list of numbers"},
	};
	struct metrics_file file;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		save(cases[i].text);
		assert_int_equal(metrics_read("bad.json", &file, arena), ERR_INPUT);
		if (!strstr(error_message(), cases[i].sentence))
			fail_msg("%s: %s", cases[i].text, error_message());
		assert_null(strchr(error_message(), '\n'));
	}
	assert_int_equal(metrics_read("nowhere.json", &file, arena), ERR_INPUT);
}

static void what_is_missing_is_not_known(void **state)
{
	struct metrics_file file;

	(void)state;
	save("{\"phases\": {\"void\": {\"volume_um3\": 5}, \"gas\": 1}, \"bubbles\": [{}], "
	     "\"time\": null, \"interface\": null, \"later\": [1]}");
	assert_int_equal(metrics_read("bad.json", &file, arena), OK);
	assert_true(file.steps->phase_um3[LABEL_VOID].value == 5);
	assert_true(isnan(file.steps->phase_um3[LABEL_VOID].sd));
	assert_true(isnan(file.steps->phase_um3[LABEL_NAK].value));
	assert_true(isnan(file.steps->time_s));
	assert_true(isnan(file.steps->bubbles[0].volume_um3.value));
	assert_true(isnan(file.steps->bubbles[0].centroid_um[2]));
	assert_int_equal(file.steps->n_bubbles, 1);
	assert_int_equal(file.steps->n_cracks, 0);
	assert_false(file.steps->has_interface);
	assert_false(file.steps->has_transform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(csv_has_a_row_a_number),
		cmocka_unit_test(malformed_files_are_told),
		cmocka_unit_test(what_is_missing_is_not_known),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
