/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libvirt.so.0 that does what a test wants, by the names that it is given:
 * "test:hang" as a daemon never answers, at "test:none" there is none; there are the
 * domains "vm", "stubborn", which hangs when it is let go, and one with a UUID.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_libvirt.h"

struct error {
	int code, origin;
	const char *message;
};

static __thread struct error last;
static void (*handler)(void *user, void *error);
static int connection, read_only_connection;
static char domains[3];

int fake_libvirt_fail(int code, const char *message)
{
	last = (struct error){code, 10, message};
	if (handler)
		handler(NULL, &last);
	else
		fprintf(stderr, "libvirt: error : %s\n", message);
	return -1;
}

static void hang(void)
{
	for (;;)
		pause();
}

void virSetErrorFunc(void *user, void (*function)(void *, void *))
{
	(void)user;
	handler = function;
}

const struct error *virGetLastError(void)
{
	return last.code ? &last : NULL;
}

static void *open_uri(const char *uri, int *ret)
{
	if (!strcmp(uri, "test:hang"))
		hang();
	if (!strcmp(uri, "test:denied"))
		fake_libvirt_fail(45, "authentication failed");
	else if (!strcmp(uri, "test:vm"))
		return ret;
	else
		fake_libvirt_fail(38, "Failed to connect socket");
	return NULL;
}

void *virConnectOpen(const char *uri)
{
	return open_uri(uri, &connection);
}

void *virConnectOpenReadOnly(const char *uri)
{
	return open_uri(uri, &read_only_connection);
}

int virConnectClose(void *one)
{
	(void)one;
	return 0;
}

void *virDomainLookupByName(const void *from, const char *name)
{
	if (!strcmp(name, "vm"))
		return from == &connection ? &domains[0] : &domains[1];
	if (!strcmp(name, "stubborn"))
		return &domains[2];
	fake_libvirt_fail(42, "Domain not found: no domain with matching name");
	return NULL;
}

void *virDomainLookupByUUIDString(const void *from, const char *uuid)
{
	if (!strcmp(uuid, "77b5e13e-775a-46e6-8d92-31b83e1e00fb"))
		return virDomainLookupByName(from, "vm");
	fake_libvirt_fail(42, "Domain not found: no domain with matching uuid");
	return NULL;
}

/* 3: paused, of the one that is looked at without rights to more. */
int virDomainGetState(const void *domain, int *state, int *reason, unsigned flags)
{
	(void)flags;
	*state = domain == &domains[1] ? 3 : 1;
	*reason = 0;
	return 0;
}

int virDomainFree(const void *domain)
{
	if (domain == &domains[2])
		hang();
	return 0;
}
