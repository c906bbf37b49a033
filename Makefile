# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A thin front for meson and ninja. Every goal installs the Debian packages that it
# needs, if they are missing, and says which.
BUILD ?= build
PREFIX ?= /usr/local
SOURCES = $(shell git ls-files '*.c' '*.h')

.PHONY: all demo check check-long check-kgdb check-packages check-abi abi deb bench fmt fmt-check \
	lint san fuzz install clean support

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@scripts/install-packages --for build
	meson setup $(BUILD) --prefix=$(PREFIX) -Dtests=$(TESTS)

TESTS ?= auto

# What sonde is for, on a real guest.
demo:
	@scripts/install-packages --for demo
	@$(MAKE) --no-print-directory all
	@scripts/demo $(BUILD)

# All tests, in some minutes. The last line counts them.
check:
	@scripts/install-packages --for check
	@scripts/check $(BUILD)

# The same with the full counts and matrices, KGDB included.
check-long:
	@scripts/install-packages --for kgdb
	@scripts/install-packages --for packages
	@scripts/guest build amd64 --kgdb
	@scripts/check --long $(BUILD)

# On a kernel with KGDB, which the first time is compiled: 10 minutes, and 2 GB meanwhile.
check-kgdb:
	@scripts/install-packages --for kgdb
	@echo "check-kgdb: the kernel is"
	@scripts/guest build amd64 --kgdb
	@scripts/check --kgdb $(BUILD)

# The Debian packages, in a system of their own, and the library's ABI.
check-packages:
	@scripts/install-packages --for packages
	@scripts/check --packages $(BUILD)

# Debian packages of the tree as it is, in $(BUILD)/deb.
deb:
	@scripts/install-packages --for packages
	@scripts/build-packages $(BUILD)

# What compiled programs rely on: written down, and held against what is written.
abi check-abi: all
	@scripts/install-packages --for packages
	@scripts/abi $(if $(filter abi,$@),make,check) $(BUILD)

# Speed, as ratios measured side by side.
bench:
	@scripts/install-packages --for check
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix=$(PREFIX) -Dtests=enabled
	@meson configure $(BUILD) -Dtests=enabled
	@ninja -C $(BUILD) --quiet
	@bench/run $(BUILD)

fmt:
	@scripts/install-packages --for check
	@clang-format -i $(SOURCES)

fmt-check:
	@scripts/install-packages --for check
	@clang-format --dry-run --Werror $(SOURCES)

lint:
	@scripts/install-packages --for check
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix=$(PREFIX)
	@scripts/lint $(BUILD)

# The tests that need no guest, with ASan and UBSan.
san:
	@scripts/install-packages --for check
	@scripts/check --sanitize $(BUILD)-san

fuzz:
	@scripts/install-packages --for check
	@scripts/fuzz $(BUILD)-fuzz $(SECONDS)

SECONDS ?= 10

# docs/support.md, from what the conformance suite printed last.
support:
	@scripts/install-packages --for check
	@scripts/make-support $(BUILD)

install: all
	@meson configure $(BUILD) --prefix=$(PREFIX)
	@ninja -C $(BUILD) --quiet
	@meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

clean:
	rm -rf $(BUILD) $(BUILD)-san $(BUILD)-fuzz
