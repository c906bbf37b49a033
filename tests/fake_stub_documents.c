/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the fake stub's machine describes its registers. */
#include <stdio.h>
#include <string.h>

#include "fake_stub_guest.h"

static const char target_xml[] =
	"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
	"<architecture>i386:x86-64</architecture><xi:include href=\"core.xml\"/>"
	"<xi:include href=\"system.xml\"/></target>";
static const char core_xml[] =
	"<?xml version=\"1.0\"?>\n<!DOCTYPE feature SYSTEM \"gdb-target.dtd\">\n"
	"<feature name=\"org.gnu.gdb.i386.core\">\n"
	"<reg name=\"rax\" bitsize=\"64\" type=\"int64\" regnum=\"0\"/>\n"
	"<reg name=\"rbx\" bitsize=\"64\"/><reg name=\"rcx\" bitsize=\"64\"/>"
	"<reg name=\"rdx\" bitsize=\"64\"/><reg name=\"rsi\" bitsize=\"64\"/>"
	"<reg name=\"rdi\" bitsize=\"64\"/><reg name=\"rbp\" bitsize=\"64\"/>"
	"<reg name=\"rsp\" bitsize=\"64\"/><reg name=\"r8\" bitsize=\"64\"/>"
	"<reg name=\"r9\" bitsize=\"64\"/><reg name=\"r10\" bitsize=\"64\"/>"
	"<reg name=\"r11\" bitsize=\"64\"/><reg name=\"r12\" bitsize=\"64\"/>"
	"<reg name=\"r13\" bitsize=\"64\"/><reg name=\"r14\" bitsize=\"64\"/>"
	"<reg name=\"r15\" bitsize=\"64\"/>\n"
	"<reg name=\"rip\" bitsize=\"64\" type=\"code_ptr\"/>"
	"<reg name=\"eflags\" bitsize=\"32\"/><reg name=\"cs\" bitsize=\"32\"/>"
	"<reg name=\"ss\" bitsize=\"32\"/><reg name=\"ds\" bitsize=\"32\"/>"
	"<reg name=\"es\" bitsize=\"32\"/><reg name=\"fs\" bitsize=\"32\"/>"
	"<reg name=\"gs\" bitsize=\"32\"/>\n"
	"<reg name=\"st0\" bitsize=\"80\" type=\"i387_ext\"/></feature>\n";
static const char system_xml[] =
	"<feature name=\"org.qemu.sonde.system\">"
	"<reg name=\"cr3\" bitsize=\"64\" regnum=\"60\"/>"
	"<reg name=\"hidden\" bitsize=\"64\" regnum=\"80\"/></feature>";

/* OpenOCD has all in one document, and sends that whatever is asked for. */
static const char *openocd_document(struct fake_guest *guest)
{
	snprintf(guest->document, sizeof(guest->document),
		"<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
		"<target version=\"1.0\">\n<architecture>i386:x86-64</architecture>\n"
		"%s%s</target>\n",
		strstr(core_xml, "<feature"), system_xml);
	return guest->document;
}

static bool is(const char *name, size_t length, const char *text)
{
	return length == strlen(text) && !memcmp(name, text, length);
}

const char *fake_guest_document(struct fake_guest *guest, const char *name, size_t length)
{
	if (guest->options->kind == FAKE_OPENOCD)
		return openocd_document(guest);
	if (is(name, length, "target.xml"))
		return guest->options->target_xml ?: target_xml;
	if (is(name, length, "core.xml"))
		return core_xml;
	return is(name, length, "system.xml") ? system_xml : NULL;
}
