/* SPDX-License-Identifier: BSD-3-Clause
 * edit FILE VERB ...: breaks HDF5 files on purpose, for the shell tests.
 *	delete PATH			unlink
 *	group PATH			a group in its place
 *	shape PATH TYPE VALUE N...	a dataset of this shape, all VALUE; TYPE u8 u16 u32 f32 f64 text
 *	fill PATH VALUE			all values of what is there
 *	multiply PATH FACTOR		all values of what is there
 *	unit PATH TEXT			the attribute units
 *	link PATH FILE TARGET		an external link
 *	flip SEED N			N bytes anywhere in the file become random */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int64_t status, const char *what)
{
	if (status >= 0)
		return;
	fprintf(stderr, "edit: %s failed\n", what);
	exit(2);
}

static hid_t type_named(const char *name)
{
	static char buffer[] = "junk";

	if (!strcmp(name, "text")) {
		hid_t type = H5Tcopy(H5T_C_S1);

		check(H5Tset_size(type, sizeof(buffer)), "text");
		return type;
	}
	return !strcmp(name, "u8")    ? H5T_NATIVE_UINT8
	       : !strcmp(name, "u16") ? H5T_NATIVE_UINT16
	       : !strcmp(name, "u32") ? H5T_NATIVE_UINT32
	       : !strcmp(name, "f32") ? H5T_NATIVE_FLOAT
				      : H5T_NATIVE_DOUBLE;
}

static void unlink_if_there(hid_t file, const char *path)
{
	if (H5Lexists(file, path, H5P_DEFAULT) > 0)
		check(H5Ldelete(file, path, H5P_DEFAULT), path);
}

static int64_t count(hid_t set)
{
	hid_t space = H5Dget_space(set);
	int64_t n = H5Sget_simple_extent_npoints(space);

	H5Sclose(space);
	return n;
}

static void change(hid_t set, double factor, double value)
{
	int64_t n = count(set);
	double *v = malloc((size_t)n * sizeof(double));

	check(v ? 0 : -1, "memory");
	check(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v), "read");
	for (int64_t i = 0; i < n; i++)
		v[i] = factor != 0 ? v[i] * factor : value;
	check(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v), "write");
	free(v);
}

static void shape(hid_t file, char **arg, int n)
{
	hsize_t size[8];
	hid_t type = type_named(arg[1]), space, set;

	for (int i = 0; i < n - 3 && i < 8; i++)
		size[i] = strtoull(arg[3 + i], NULL, 10);
	space = n > 3 ? H5Screate_simple(n - 3, size, NULL) : H5Screate(H5S_SCALAR);
	unlink_if_there(file, arg[0]);
	set = H5Dcreate2(file, arg[0], type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	check(set, arg[0]);
	if (strcmp(arg[1], "text") && count(set) > 0)
		change(set, 0, atof(arg[2]));
	H5Dclose(set);
	H5Sclose(space);
}

static void set_unit(hid_t file, const char *path, const char *text)
{
	hid_t set = H5Oopen(file, path, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
	hid_t space = H5Screate(H5S_SCALAR), attribute;

	check(set, path);
	check(H5Tset_size(type, strlen(text) + 1), "unit");
	if (H5Aexists(set, "units") > 0)
		H5Adelete(set, "units");
	attribute = H5Acreate2(set, "units", type, space, H5P_DEFAULT, H5P_DEFAULT);
	check(H5Awrite(attribute, type, text), "unit");
	H5Aclose(attribute);
	H5Sclose(space);
	H5Tclose(type);
	H5Oclose(set);
}

static void flip(const char *path, uint64_t seed, int n)
{
	FILE *f = fopen(path, "r+b");
	long size;

	check(f ? 0 : -1, path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	for (int i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		fseek(f, (long)((seed >> 20) % (uint64_t)size), SEEK_SET);
		fputc((int)(seed >> 56), f);
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	const char *verb;
	char **arg = argv + 3;
	hid_t file, set;

	if (argc < 4)
		return 2;
	verb = argv[2];
	if (!strcmp(verb, "flip") && argc == 5) {
		flip(argv[1], strtoull(arg[0], NULL, 10), atoi(argv[4]));
		return 0;
	}
	file = H5Fopen(argv[1], H5F_ACC_RDWR, H5P_DEFAULT);
	check(file, argv[1]);
	if (!strcmp(verb, "delete")) {
		check(H5Ldelete(file, arg[0], H5P_DEFAULT), arg[0]);
	} else if (!strcmp(verb, "group")) {
		unlink_if_there(file, arg[0]);
		check(H5Gclose(H5Gcreate2(file, arg[0], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)),
			arg[0]);
	} else if (!strcmp(verb, "shape") && argc >= 6) {
		shape(file, arg, argc - 3);
	} else if ((!strcmp(verb, "fill") || !strcmp(verb, "multiply")) && argc == 5) {
		double x = atof(arg[1]);

		set = H5Dopen2(file, arg[0], H5P_DEFAULT);
		check(set, arg[0]);
		change(set, verb[0] == 'm' ? x : 0, x);
		H5Dclose(set);
	} else if (!strcmp(verb, "unit") && argc == 5) {
		set_unit(file, arg[0], arg[1]);
	} else if (!strcmp(verb, "link") && argc == 6) {
		unlink_if_there(file, arg[0]);
		check(H5Lcreate_external(arg[1], arg[2], file, arg[0], H5P_DEFAULT, H5P_DEFAULT),
			arg[0]);
	} else {
		check(-1, verb);
	}
	check(H5Fclose(file), "close");
	return 0;
}
