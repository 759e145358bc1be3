/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/isa.h"

#include <stdlib.h>
#include <string.h>

static enum isa detect(void)
{
	const char *limit = getenv("TOMOCHRON_ISA");
	enum isa level = ISA_V2;

	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		__builtin_cpu_supports("bmi2"))
		level = ISA_V3;
	if (level == ISA_V3 && __builtin_cpu_supports("avx512f") &&
		__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512vl"))
		level = ISA_V4;
	if (limit && !strcmp(limit, "v2"))
		level = ISA_V2;
	if (limit && !strcmp(limit, "v3") && level > ISA_V3)
		level = ISA_V3;
	return level;
}

enum isa isa_level(void)
{
	static _Thread_local int known = -1; /* per thread: no locking, and detection is cheap */

	if (known < 0)
		known = (int)detect();
	return (enum isa)known;
}

const char *isa_name(void)
{
	static const char *const names[] = {"x86-64-v2", "x86-64-v3", "x86-64-v4"};

	return names[isa_level()];
}
