/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One instruction as text, by capstone (https://www.capstone-engine.org/), in Intel
 * syntax on x86.
 *
 * Capstone is large and most sessions never disassemble: it is not linked, but loaded
 * when it is first needed, and can be left out of an installation.
 */
#include <capstone/capstone.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "arch.h"
#include "error.h"
#include "library.h"
#include "macros.h"

struct capstone {
	__typeof__(&cs_open) open;
	__typeof__(&cs_close) close;
	__typeof__(&cs_disasm) disasm;
	__typeof__(&cs_malloc) new;
	__typeof__(&cs_disasm_iter) next;
	__typeof__(&cs_free) free;
	__typeof__(&cs_errno) last_error;
	__typeof__(&cs_strerror) describe;
	/** All of the above were found. */
	bool available;
};

static const struct sonde_library_function functions[] = {
	{"cs_open", offsetof(struct capstone, open)},
	{"cs_close", offsetof(struct capstone, close)},
	{"cs_disasm", offsetof(struct capstone, disasm)},
	{"cs_malloc", offsetof(struct capstone, new)},
	{"cs_disasm_iter", offsetof(struct capstone, next)},
	{"cs_free", offsetof(struct capstone, free)},
	{"cs_errno", offsetof(struct capstone, last_error)},
	{"cs_strerror", offsetof(struct capstone, describe)},
};

/*
 * The one mutable global of this folder, written once and the same for all users of
 * the library: loading and relocating a library anew for each instruction takes far
 * longer than decoding it. It stays loaded.
 */
static struct capstone capstone;
static pthread_once_t capstone_once = PTHREAD_ONCE_INIT;

static void load_capstone(void)
{
	const char *missing;
	char name[32];

	snprintf(name, sizeof(name), "libcapstone.so.%d", CS_API_MAJOR);
	capstone.available = sonde_library_load(
		name, functions, ARRAY_SIZE(functions), &capstone, &missing);
}

static struct sonde_error *open_capstone(
	const struct sonde_arch *arch, int mode, csh *ret)
{
	struct sonde_error *error;
	cs_err failure;

	if (arch->capstone_arch < 0) {
		error = sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"capstone %d does not know %s", CS_API_MAJOR, arch->name);
		return sonde_error_suggest(error, "read the bytes with `sonde read`");
	}
	pthread_once(&capstone_once, load_capstone);
	if (!capstone.available) {
		error = sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"libcapstone.so.%d cannot be loaded", CS_API_MAJOR);
		return sonde_error_suggest(error,
			"install capstone; on Debian: apt install libcapstone%d",
			CS_API_MAJOR);
	}
	failure = capstone.open((cs_arch)arch->capstone_arch, (cs_mode)mode, ret);
	if (failure == CS_ERR_MEM)
		return sonde_error_no_memory();
	if (failure != CS_ERR_OK)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "capstone: %s",
			capstone.describe(failure));
	return NULL;
}

static void cleanup_handle(csh *handle)
{
	if (*handle)
		capstone.close(handle);
}

static bool is_x86(const struct sonde_arch *arch)
{
	return arch->capstone_arch == CS_ARCH_X86;
}

/* The longest instruction of @p arch: fewer bytes may be an instruction cut short. */
static size_t longest(const struct sonde_arch *arch)
{
	return is_x86(arch) ? 15 : 4;
}

/* Where to look for the next instruction, after bytes that are none. */
static unsigned shortest(const struct sonde_arch *arch)
{
	return is_x86(arch) ? 1 : 4;
}

static struct sonde_error *decode_failed(
	const struct sonde_arch *arch, csh handle, size_t length)
{
	if (capstone.last_error(handle) == CS_ERR_MEM)
		return sonde_error_no_memory();
	if (length < longest(arch))
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"no instruction within %zu bytes of code", length);
	return NULL;
}

struct sonde_error *sonde_arch_disassemble(const struct sonde_arch *arch, int mode,
	uint64_t address, const uint8_t *code, size_t length,
	struct sonde_instruction *ret)
{
	struct sonde_instruction instruction = {.address = address, .text = "(bad)"};
	CLEANUP(cleanup_handle) csh handle = 0;
	cs_insn *decoded;

	CHECK(open_capstone(arch, mode, &handle));
	if (length > longest(arch))
		length = longest(arch);
	if (capstone.disasm(handle, code, length, address, 1, &decoded) == 1) {
		instruction.length = decoded->size;
		snprintf(instruction.text, sizeof(instruction.text), "%s%s%s",
			decoded->mnemonic, *decoded->op_str ? " " : "", decoded->op_str);
		capstone.free(decoded, 1);
	} else {
		CHECK(decode_failed(arch, handle, length));
		instruction.length = shortest(arch);
	}
	memcpy(instruction.bytes, code, instruction.length);
	*ret = instruction;
	return NULL;
}

/* --- one after the other --------------------------------------------------------------
 */

struct walk {
	const struct sonde_arch *arch;
	uint64_t address;
	const uint8_t *code;
	size_t left;
};

static void pass(struct walk *walk, unsigned length)
{
	walk->address += length;
	walk->code += length;
	walk->left -= length;
}

static struct sonde_error *walk_decoding(
	struct walk *walk, sonde_flow_visitor *visit, void *user)
{
	struct sonde_flow flow;

	while (walk->arch->decode(walk->address, walk->code, walk->left, &flow)) {
		CHECK(visit(user, &flow));
		pass(walk, flow.length);
	}
	return NULL;
}

/* Capstone goes on by itself from where it was. */
static struct sonde_error *walk_capstone(struct walk *walk, csh handle, cs_insn *decoded,
	sonde_flow_visitor *visit, void *user)
{
	while (walk->left) {
		struct sonde_flow flow = {.address = walk->address};
		uint64_t address = walk->address;
		const uint8_t *code = walk->code;
		size_t left = walk->left;
		char text[200];

		if (capstone.next(handle, &code, &left, &address, decoded)) {
			flow.length = decoded->size;
			snprintf(text, sizeof(text), "%s %s", decoded->mnemonic,
				decoded->op_str);
			sonde_flow_classify(walk->arch, text, &flow);
		} else {
			if (walk->left < longest(walk->arch))
				break;
			flow.length = shortest(walk->arch);
		}
		CHECK(visit(user, &flow));
		pass(walk, flow.length);
	}
	return NULL;
}

struct sonde_error *sonde_arch_walk(const struct sonde_arch *arch, int mode,
	uint64_t address, const uint8_t *code, size_t length, sonde_flow_visitor *visit,
	void *user)
{
	struct walk walk = {arch, address, code, length};
	CLEANUP(cleanup_handle) csh handle = 0;
	struct sonde_error *error;
	cs_insn *decoded;

	if (arch->decode)
		return walk_decoding(&walk, visit, user);
	CHECK(open_capstone(arch, mode, &handle));
	decoded = capstone.new(handle);
	if (!decoded)
		return sonde_error_no_memory();
	error = walk_capstone(&walk, handle, decoded, visit, user);
	capstone.free(decoded, 1);
	return error;
}
