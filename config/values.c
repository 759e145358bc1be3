/* SPDX-License-Identifier: BSD-3-Clause
 * One value of one row: looked up, set from text, printed as text. */
#include "config/table.h"
#include "config/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int option_count(void)
{
	int n = 0;

	while (options[n].name)
		n++;
	return n;
}

const struct section *find_section(const char *name)
{
	for (const struct section *section = sections; section->name; section++)
		if (same_name(section->name, name))
			return section;
	return NULL;
}

bool option_is(const struct option *option, const char *section, const char *name)
{
	return same_name(option->section, section) && same_name(option->name, name);
}

const struct option *find_option(const char *section, const char *name)
{
	for (const struct option *option = options; option->name; option++)
		if (option_is(option, section, name))
			return option;
	return NULL;
}

const struct option *find_alias(const char *alias, unsigned commands)
{
	for (const struct option *option = options; option->name; option++)
		if (option->alias && (option->commands & commands) &&
			same_name(option->alias, alias))
			return option;
	return NULL;
}

static enum err wrong_choice(const struct option *option, const char *value)
{
	struct near_miss near = {.typed = value};
	char list[512] = "";

	for (int i = 0; option->choices[i]; i++) {
		size_t n = strlen(list);
		snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", option->choices[i]);
		near_miss_try(&near, option->choices[i]);
	}
	if (near.name)
		return fail(ERR_USAGE, "'%.80s' is not one of %s; did you mean '%s'?", value, list,
			near.name);
	return fail(ERR_USAGE, "'%.80s' is not one of %s", value, list);
}

static int choice_index(const struct option *option, const char *value)
{
	for (int i = 0; option->choices[i]; i++)
		if (same_name(option->choices[i], value))
			return i;
	return -1;
}

static enum err in_limits(const struct option *option, const char *value, double number)
{
	if (option->low > option->high || (number >= option->low && number <= option->high))
		return OK;
	return fail(ERR_USAGE, "'%.80s' is out of range: %.10g to %.10g%s%s are allowed", value,
		option->low, option->high, *option->unit ? " " : "", option->unit);
}

static enum err set_whole(const struct option *option, const char *value, int64_t *field)
{
	int64_t number = 0;

	if (option->type == TYPE_BYTES)
		TRY(text_bytes(value, &number));
	else
		TRY(text_integer(value, &number));
	if (option->choices && choice_index(option, value) < 0)
		return wrong_choice(option, value);
	TRY(in_limits(option, value, (double)number));
	*field = number;
	return OK;
}

static enum err set_real(const struct option *option, const char *value, double *field)
{
	double number = NAN;
	bool can_be_auto = strcmp(option->initial, "auto") == 0;

	if (!can_be_auto || (*value && strcmp(value, "auto") != 0)) {
		enum err code = option->type == TYPE_REAL
					? text_real(value, &number)
					: text_quantity(value, option->unit, &number);
		if (code != OK)
			return code;
		TRY(in_limits(option, value, number));
	}
	*field = number;
	return OK;
}

static enum err set_range(const struct option *option, const char *value, struct range *field)
{
	struct range range;

	TRY(text_range(value, &range));
	if ((double)range.step > option->high)
		return option->high > 1
			       ? in_limits(option, value, (double)range.step)
			       : fail(ERR_USAGE, "'%.80s' has a step, but only A:B is allowed",
					 value);
	*field = range;
	return OK;
}

static enum err set_sweep(const char *value, struct sweep *field)
{
	struct sweep sweep;

	TRY(text_sweep(value, &sweep));
	*field = sweep;
	return OK;
}

static enum err set_text(const char *value, struct arena *arena, const char **field)
{
	char *copy;

	for (const char *at = value; *at;) {
		struct character next = text_character(at);
		if (next.length == 0)
			return fail(ERR_USAGE, "'%.80s' is not UTF-8 text", value);
		at += next.length;
	}
	copy = arena_copy(arena, value);
	NEED(copy);
	*field = copy;
	return OK;
}

/* Blanks around numbers and names say nothing. */
static enum err trim(const char *value, char *out, size_t size)
{
	size_t n;

	while (*value == ' ' || *value == '\t')
		value++;
	n = strlen(value);
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	if (n >= size)
		return fail(ERR_USAGE, "'%.80s...' is too long a value", value);
	memcpy(out, value, n);
	out[n] = 0;
	return OK;
}

static enum err set_choice(const struct option *option, const char *value, unsigned int *field)
{
	int index = choice_index(option, value);

	if (index < 0)
		return wrong_choice(option, value);
	*field = (unsigned int)index;
	return OK;
}

static enum err set(
	struct settings *s, struct arena *arena, const struct option *option, const char *typed)
{
	void *field = (char *)s + option->offset;
	char value[256];

	if (option->type == TYPE_TEXT)
		return set_text(typed, arena, field);
	TRY(trim(typed, value, sizeof(value)));
	if (!*value && *option->initial && strcmp(option->initial, "auto") != 0)
		return fail(ERR_USAGE, "a value is missing");
	switch (option->type) {
	case TYPE_BOOL:
		return text_bool(value, field);
	case TYPE_INT:
	case TYPE_BYTES:
		return set_whole(option, value, field);
	case TYPE_REAL:
	case TYPE_LENGTH:
	case TYPE_ENERGY:
		return set_real(option, value, field);
	case TYPE_CHOICE:
		return set_choice(option, value, field);
	case TYPE_RANGE:
		return set_range(option, value, field);
	case TYPE_SWEEP:
		return set_sweep(value, field);
	case TYPE_TEXT:
		break;
	}
	return fail(ERR_FAILED, "unknown type of option");
}

enum err settings_set(struct settings *s, struct arena *arena, const struct option *option,
	const char *value, const char *where)
{
	enum err code = set(s, arena, option, value);

	if (code == OK)
		return OK;
	return note(code, "%s: %s.%s", where, option->section, option->name);
}

enum err settings_defaults(struct settings *s, struct arena *arena)
{
	memset(s, 0, sizeof(*s));
	for (const struct option *option = options; option->name; option++)
		TRY(settings_set(s, arena, option, option->initial, "defaults"));
	return OK;
}

/* The shortest decimal that reads back as the same number. */
static const char *print_real(double value, struct arena *arena)
{
	char text[40];

	if (isnan(value))
		return "auto";
	if (fabs(value) < 1e15 && value == floor(value))
		return arena_format(arena, "%.0f", value);
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return arena_copy(arena, text);
}

static const char *print_bytes(int64_t value, struct arena *arena)
{
	int power = 0;

	while (power < 4 && value && value % 1024 == 0) {
		value /= 1024;
		power++;
	}
	return arena_format(arena, "%lld%.1s", (long long)value, &"\0KMGT"[power]);
}

static const char *print_range(const struct range *range, struct arena *arena)
{
	if (range->step == 1)
		return arena_format(
			arena, "%lld:%lld", (long long)range->begin, (long long)range->end);
	return arena_format(arena, "%lld:%lld:%lld", (long long)range->begin, (long long)range->end,
		(long long)range->step);
}

static const char *print_sweep(const struct sweep *sweep, struct arena *arena)
{
	const char *begin = print_real(sweep->begin, arena), *end = print_real(sweep->end, arena);
	const char *step = print_real(sweep->step, arena);

	if (sweep->step == 0)
		return "";
	return begin && end && step ? arena_format(arena, "%s:%s:%s", begin, end, step) : NULL;
}

const char *option_print(const struct settings *s, const struct option *option, struct arena *arena)
{
	const void *field = (const char *)s + option->offset;

	switch (option->type) {
	case TYPE_BOOL:
		return *(const bool *)field ? "true" : "false";
	case TYPE_INT:
		return arena_format(arena, "%lld", (long long)*(const int64_t *)field);
	case TYPE_BYTES:
		return print_bytes(*(const int64_t *)field, arena);
	case TYPE_REAL:
	case TYPE_LENGTH:
	case TYPE_ENERGY:
		return print_real(*(const double *)field, arena);
	case TYPE_CHOICE:
		return option->choices[*(const unsigned int *)field];
	case TYPE_TEXT:
		return *(const char *const *)field;
	case TYPE_RANGE:
		return print_range(field, arena);
	case TYPE_SWEEP:
		return print_sweep(field, arena);
	}
	return "";
}
