/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "host_port.h"

struct sonde_error *sonde_host_port_split(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	if (!colon || !colon[1])
		return sonde_error_create(
			SONDE_ERROR_INVALID, "\"%s\" is not HOST:PORT", text);
	if (strlen(colon + 1) == strspn(colon + 1, "0123456789") &&
		(strlen(colon + 1) > 5 || atoi(colon + 1) > 65535))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "there is no port %s", colon + 1);
	*colon = '\0';
	*port = colon + 1;
	*host = text;
	if (text[0] == '[' && colon > text && colon[-1] == ']') {
		colon[-1] = '\0';
		*host = text + 1;
	}
	if (!**host)
		*host = (char *)"localhost";
	return NULL;
}
