/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything a program needs; sonde/helper.h is for those who write or load helpers. */
#ifndef SONDE_SONDE_H
#define SONDE_SONDE_H

#include <sonde/argument.h>
#include <sonde/breakpoint.h>
#include <sonde/change.h>
#include <sonde/context.h>
#include <sonde/control.h>
#include <sonde/disassemble.h>
#include <sonde/discovery.h>
#include <sonde/error.h>
#include <sonde/expression.h>
#include <sonde/filter.h>
#include <sonde/kernel.h>
#include <sonde/linux.h>
#include <sonde/line.h>
#include <sonde/local.h>
#include <sonde/place.h>
#include <sonde/probe.h>
#include <sonde/register.h>
#include <sonde/space.h>
#include <sonde/symbol.h>
#include <sonde/target.h>
#include <sonde/thread.h>
#include <sonde/translate.h>
#include <sonde/type.h>
#include <sonde/value.h>
#include <sonde/walk.h>

#endif
