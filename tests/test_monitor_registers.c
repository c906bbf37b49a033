/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "recorded.h"

#include "arch.h"
#include "macros.h"
#include "monitor_registers.h"

#define PLACE "fuzz/corpus/fuzz_monitor_registers/"

enum {
	REGISTERS_MAX = 256,
};

/* What was parsed, for one test at a time. */
static struct sonde_register_value values[REGISTERS_MAX];
static const char *parsed;

static const struct sonde_register_value *find(const char *name)
{
	size_t count;
	const struct sonde_qemu_register *registers =
		sonde_qemu_registers_of(parsed, &count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(registers[i].name, name)) {
			assert_int_equal(values[i].bits, registers[i].bits);
			return &values[i];
		}
	fail_msg("there is no register %s", name);
	return NULL;
}

static void parse(const char *architecture, const char *text)
{
	parsed = architecture;
	memset(values, 0xee, sizeof(values));
	check(sonde_qemu_registers_parse(architecture, text, values));
}

static void parse_recorded(const char *architecture, const char *path)
{
	CLEANUP(cleanup_free) char *text = recorded(path);

	parse(architecture, text);
}

/* "name=value,name=value": an empty value is one that is not available. */
static void check_values(const char *expected)
{
	CLEANUP(cleanup_free) char *copy = strdup(expected);
	char *state = NULL;

	assert_non_null(copy);
	for (char *word = strtok_r(copy, ", ", &state); word;
		word = strtok_r(NULL, ", ", &state)) {
		char *sign = strchr(word, '='), text[40] = "";
		const struct sonde_register_value *value;

		assert_non_null(sign);
		*sign = '\0';
		value = find(word);
		if (value->available) {
			unsigned bytes = (value->bits + 7) / 8, used = 0;

			while (bytes > 1 && !value->bytes[bytes - 1])
				bytes--;
			while (bytes--)
				used += (unsigned)snprintf(text + used,
					sizeof(text) - used, used ? "%02x" : "%x",
					value->bytes[bytes]);
		}
		if (strcmp(text, sign + 1) != 0)
			fail_msg("%s is \"%s\", not \"%s\"", word, text, sign + 1);
	}
}

static unsigned count_available(void)
{
	unsigned available = 0;
	size_t count;

	sonde_qemu_registers_of(parsed, &count);
	for (size_t i = 0; i < count; i++)
		available += values[i].available;
	return available;
}

/* --- recorded --------------------------------------------------------------------- */

static void test_x86_reset(void **state)
{
	(void)state;
	parse_recorded("x86_64", PLACE "qemu-7.2-reset");
	check_values("rax=0,rdx=60fb1,rip=fff0,eflags=2,cs=f000,ss=0,r8=,r15=,"
		     "cr0=60000010,efer=0,gdt_limit=ffff,idt_base=0,ldt_limit=ffff,"
		     "tr=0,tr_base=0,fs_base=0,dr6=ffff0ff0,dr7=400,fctrl=37f,mxcsr=1f80,"
		     "ftag=ffff,st0=0,xmm7=0,xmm8=,k_gs_base=,cr8=,lstar=,ymm0h=");
	parse_recorded("i386", PLACE "qemu-7.2-i386-reset");
	check_values("eax=0,eip=fff0,eflags=2,cs=f000,cr0=60000010,efer=0,tr_limit=ffff,"
		     "dr7=400,st7=0,xmm7=0,pat=");
	/* The first CPU alone. */
	parse_recorded("x86_64", PLACE "qemu-7.2-reset-all");
	check_values("rdx=60fb1,cs=f000");
}

static void test_x86_guest(void **state)
{
	(void)state;
	parse_recorded("x86_64", PLACE "qemu-7.2-amd64-user");
	check_values("rax=1,rcx=47b7a0,r8=0,r9=558b93,r11=202,rsp=7ffc3726f3d0,"
		     "rip=4ef480,eflags=203,cs=10,ss=2b,ds=0,fs=0,gs=0,"
		     "fs_base=259e13c0,gs_base=ffff8a869f400000,ldt=0,tr=40,"
		     "tr_base=fffffe0000003000,tr_limit=4087,"
		     "gdt_base=fffffe0000001000,gdt_limit=7f,"
		     "idt_base=fffffe0000000000,idt_limit=fff,cr0=80050033,cr2=558bd1,"
		     "cr3=230c000,cr4=6b0,efer=d01,xmm15=0");
	parse_recorded("x86_64", PLACE "qemu-7.2-amd64-kernel");
	check_values("rip=ffffffff99bc2a10,rsp=ffffcd01c05aba90,r13=ffff8a86821c1800,"
		     "eflags=282");
}

static void test_aarch64(void **state)
{
	(void)state;
	parse_recorded("aarch64", PLACE "qemu-7.2-arm64-kernel");
	check_values("pc=ffffc080f64fba3c,x0=cebdd50,x1=7,x9=ffffc080f5d6f744,"
		     "x30=ffffc080f5d6f744,sp=ffff800008003ea0,cpsr=200000c5,fpcr=0,"
		     "fpsr=0,v0=0,v31=0,TTBR1_EL1=,SCTLR=");
	parse_recorded("aarch64", PLACE "qemu-7.2-aarch64-reset");
	check_values("pc=0,x29=0,cpsr=400003c5,v0=,fpcr=");
}

static void test_riscv64(void **state)
{
	(void)state;
	parse_recorded("riscv64", PLACE "qemu-7.2-riscv64-reset");
	check_values("pc=1000,mhartid=0,mstatus=a00000000,satp=0,mip=80,fp=0,zero=0,"
		     "t6=0,ft11=0,fs0=0,priv=,sstatus=");
	parse_recorded("riscv64", PLACE "qemu-7.2-riscv64-all");
	check_values("pc=1000,mhartid=0");
}

/* --- what the recorded ones do not have --------------------------------------------- */

static void test_x86_compatibility(void **state)
{
	/* 32-bit code under a 64-bit kernel: tables are printed whole, bases are cut. */
	static const char text[] =
		"EAX=00000001 EBX=ffffffff ECX=00000000 EDX=00000000\r\n"
		"ESI=00000000 EDI=00000000 EBP=00000000 ESP=ffd3a000\r\n"
		"EIP=08049000 EFL=00000246 [---Z-P-] CPL=3 II=0 A20=1 SMM=0 HLT=0\r\n"
		"CS =0023 00000000 ffffffff 00cffb00 DPL=3 CS32 [-RA]\r\n"
		"FS =0000 00000000 ffffffff 00c00000\r\n"
		"GS =0063 f7f0d180 ffffffff 00d0f300 DPL=3 DS   [-WA]\r\n"
		"LDT=0000 00000000 00000000 00008200 DPL=0 LDT\r\n"
		"TR =0040 00003000 00004087 00008900 DPL=0 TSS64-avl\r\n"
		"GDT=     fffffe0000001000 0000007f\r\n"
		"CR0=80050033 CR2=00000000f7e01000 CR3=0000000102302000 CR4=000006b0\r\n"
		"%s\r\n";
	char with[2048];

	(void)state;
	snprintf(with, sizeof(with), text, "EFER=0000000000000d01");
	parse("x86_64", with);
	check_values("rax=1,rbx=ffffffff,rsp=ffd3a000,rip=8049000,r8=,eflags=246,cs=23,"
		     "gs=63,gs_base=,fs_base=,ldt=0,ldt_base=,ldt_limit=0,tr=40,tr_base=,"
		     "tr_limit=4087,gdt_base=fffffe0000001000,cr3=102302000");
	/* Without long mode there is no more than 32 bits. */
	snprintf(with, sizeof(with), text, "EFER=0000000000000000");
	parse("x86_64", with);
	check_values("gs_base=f7f0d180,tr_base=3000,ldt_base=0");
}

static void test_x86_vectors(void **state)
{
	(void)state;
	parse("x86_64", "XMM00=0000000000000002 0000000000000001 "
			"XMM01=00000000000000aa 0000000000000000\n");
	check_values("xmm0=20000000000000001,xmm1=aa0000000000000000,ymm0h=,xmm2=");
	/* XCR0 has AVX: four words, the highest first. */
	parse("x86_64", "YMM03=0000000000000004 0000000000000003 0000000000000002 "
			"0000000000000001\n");
	check_values("xmm3=20000000000000001,ymm3h=40000000000000003");
	parse("x86_64", "Opmask00=0000000000000000 Opmask01=00000000ffffffff\n"
			"ZMM31=0000000000000008 0000000000000007 0000000000000006 "
			"0000000000000005 0000000000000004 0000000000000003 "
			"0000000000000002 0000000000000001\n"
			"ZMM02=0000000000000008 0000000000000007 0000000000000006 "
			"0000000000000005 0000000000000004 0000000000000003 "
			"0000000000000002 0000000000000001\n");
	check_values("xmm31=20000000000000001,xmm2=20000000000000001,"
		     "ymm2h=40000000000000003,xmm0=");
}

static void test_x86_floats(void **state)
{
	/* Two numbers on the stack, 1.0 on top of 0.0, so that its top is at 6. */
	static const char text[] =
		"FCW=037f FSW=3000 [ST=6] FTW=c0 MXCSR=00001f80\n"
		"FPR0=0000000000000000 0000 FPR1=1111111111111111 0000\n"
		"FPR2=0000000000000000 0000 FPR3=0000000000000000 0000\n"
		"FPR4=0000000000000000 0000 FPR5=0000000000000000 0000\n"
		"FPR6=8000000000000000 3fff FPR7=0000000000000000 0000\n";

	(void)state;
	parse("x86_64", text);
	check_values("st0=3fff8000000000000000,st1=0,st3=1111111111111111,fstat=3000,"
		     "fctrl=37f,ftag=4fff");
	/* An infinity, a denormal and an unnormal are all special. */
	parse("x86_64", "FSW=0000 FTW=07 FPR0=8000000000000000 7fff "
			"FPR1=0000000000000001 0000 FPR2=0000000000000001 4000");
	check_values("ftag=ffea,st0=7fff8000000000000000");
	/* Nobody knows the top. */
	parse("x86_64", "FPR0=8000000000000000 7fff");
	check_values("st0=,fstat=,ftag=");
}

static void test_aarch64_vectors(void **state)
{
	(void)state;
	parse("aarch64", "FPCR=03000000 FPSR=0000001f\n"
			 "Q00=0000000000000002:0000000000000001 "
			 "Q31=00000000000000ff:0000000000000000\n");
	check_values("v0=20000000000000001,v31=ff0000000000000000,v1=,fpcr=3000000,"
		     "fpsr=1f");
	/* SVE: the lowest words are the last ones, however many there are. */
	parse("aarch64",
		"P00=00ff P01=0000 FFR=ffff\n"
		"Z00=0000000000000004:0000000000000003:0000000000000002:"
		"0000000000000001\n"
		"Z01=000000000000000a:0000000000000009:0000000000000008:0000000000000007:"
		"0000000000000006:0000000000000005:0000000000000004:0000000000000003:"
		"0000000000000002:0000000000000001\n"
		"Z02[3-2]=0000000000000004:0000000000000003\n"
		"   [1-0]=0000000000000002:0000000000000001\n");
	check_values("v0=20000000000000001,v1=20000000000000001,v2=");
}

static void test_riscv64_names(void **state)
{
	(void)state;
	parse("riscv64", " V      =   1\n pc       ffffffe000000000\n satp     "
			 "8000000000080002\n x8/s0    0000000000000008 x9/s1    "
			 "0000000000000009\n f10/fa0  3ff0000000000000 nonsense "
			 "0000000000000001 x10/a0 12 x11/a1   000000000000000b\n"
			 " hgatp    0000000000000001\n");
	check_values(
		"hgatp=,pc=ffffffe000000000,satp=8000000000080002,fp=8,s1=9,a0=,a1=b,"
		"fa0=3ff0000000000000");
}

static void test_which_cpu(void **state)
{
	(void)state;
	parse("x86_64", "\r\nCPU#3\r\nRAX=1\r\nCPU#4\r\nRAX=2 RBX=3");
	check_values("rax=1,rbx=");
	parse("x86_64", "RAX=1 CPU#0 RAX=2");
	check_values("rax=1");
	parse("x86_64", "CPU#12RAX=5");
	check_values("rax=5");
}

static void test_odd_texts(void **state)
{
	(void)state;
	/* Lines broken elsewhere, blanks, upper case. */
	parse("x86_64",
		"RAX = 12\r\n\r\n  RBX\t=1 RCX=\r\n  ABCDEF RDX=ffffffffffffffff");
	check_values("rax=12,rcx=abcdef,rdx=ffffffffffffffff");
	/* No numbers, or too long ones. */
	parse("x86_64", "RAX=xyz RBX= RCX=12x RDX=11111111111111111 RSI=-1 RDI=1");
	check_values("rax=,rbx=,rcx=,rdx=,rsi=,rdi=1");
	/* What does not fit is cut. */
	parse("x86_64", "EFL=fffffffff CS=12345678 LDT=12345678");
	check_values("eflags=ffffffff,cs=12345678,ldt=5678");
	parse("i386", "EAX=1 DR0=ffffffff00000001 RAX=2");
	check_values("eax=1,dr0=1");
	assert_int_equal(count_available(), 2);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", "CPU#0", "CPU#0 CPU#0 RAX=1", "=", "=1",
		"RAX", "RAX=", "no CPU available", "R00=00000000 R01=00000000 PSR=0",
		"====", "CPU#"};
	static const char *const architectures[] = {
		"x86_64", "i386", "aarch64", "riscv64"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (size_t j = 0; j < ARRAY_SIZE(architectures); j++)
			check_fails(sonde_qemu_registers_parse(
					    architectures[j], bad[i], values),
				SONDE_ERROR_BAD_DATA);
	check_fails(sonde_qemu_registers_parse("m68k", "D0=1", values),
		SONDE_ERROR_UNSUPPORTED);
}

/* --- the tables -------------------------------------------------------------------- */

/* What is in the layout of `g` has the same width and group here. */
static void check_against(const struct sonde_arch *arch,
	const struct sonde_qemu_register *registers, size_t count)
{
	for (unsigned i = 0; i < arch->register_count; i++) {
		const struct sonde_arch_register *wanted = &arch->registers[i];
		size_t j = 0;

		while (j < count && strcmp(registers[j].name, wanted->name) != 0)
			j++;
		/* The stub of QEMU has none of these either. */
		if (j == count && (!strcmp(wanted->name, "fflags") ||
					  !strcmp(wanted->name, "frm") ||
					  !strcmp(wanted->name, "fcsr")))
			continue;
		if (j == count)
			fail_msg("%s has no %s", arch->name, wanted->name);
		assert_int_equal(registers[j].bits, wanted->bits);
		assert_string_equal(registers[j].group, wanted->group);
	}
}

static void test_tables(void **state)
{
	static const struct sonde_arch *const archs[] = {&sonde_arch_x86_64,
		&sonde_arch_i386, &sonde_arch_aarch64, &sonde_arch_riscv64};
	size_t count;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		const struct sonde_qemu_register *registers =
			sonde_qemu_registers_of(archs[i]->name, &count);

		assert_in_range(count, 1, REGISTERS_MAX);
		check_against(archs[i], registers, count);
		for (size_t j = 0; j < count; j++) {
			assert_string_equal(registers[j].group,
				archs[i]->group_of(registers[j].name));
			for (size_t k = 0; k < j; k++)
				assert_string_not_equal(
					registers[j].name, registers[k].name);
		}
	}
	assert_null(sonde_qemu_registers_of("m68k", &count));
	assert_int_equal(count, 0);
}

/* In 64-bit mode with SSE, all is told that is not said to be untold. */
static void test_all_told(void **state)
{
	size_t count;
	const struct sonde_qemu_register *registers;

	(void)state;
	parse_recorded("x86_64", PLACE "qemu-7.2-amd64-user");
	registers = sonde_qemu_registers_of("x86_64", &count);
	for (size_t i = 0; i < count; i++) {
		bool is_wide = !strncmp(registers[i].name, "ymm", 3) ||
			       (!strncmp(registers[i].name, "xmm", 3) &&
				       atoi(registers[i].name + 3) >= 16);

		if (values[i].available != (!registers[i].why_not && !is_wide))
			fail_msg("%s", registers[i].name);
	}
	parse_recorded("aarch64", PLACE "qemu-7.2-arm64-kernel");
	registers = sonde_qemu_registers_of("aarch64", &count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(values[i].available, !registers[i].why_not);
	parse_recorded("riscv64", PLACE "qemu-7.2-riscv64-reset");
	registers = sonde_qemu_registers_of("riscv64", &count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(values[i].available, !registers[i].why_not);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_reset),
		cmocka_unit_test(test_x86_guest),
		cmocka_unit_test(test_aarch64),
		cmocka_unit_test(test_riscv64),
		cmocka_unit_test(test_x86_compatibility),
		cmocka_unit_test(test_x86_vectors),
		cmocka_unit_test(test_x86_floats),
		cmocka_unit_test(test_aarch64_vectors),
		cmocka_unit_test(test_riscv64_names),
		cmocka_unit_test(test_which_cpu),
		cmocka_unit_test(test_odd_texts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_all_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
