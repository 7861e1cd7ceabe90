#!/bin/bash
# Tests a package at the AVX-512 level on a machine without AVX-512: in Bochs, which emulates a processor that has it.
#
#   scripts/avx512/run.sh KERNEL PACKAGE [FLAG...]
#   scripts/avx512/run.sh vmlinuz ./internal/kernel -test.v -test.run Gemm
#   FILES=fixtures/dense scripts/avx512/run.sh vmlinuz ./runtime -test.run Fixtures
#
# KERNEL is a Linux kernel for amd64 with a serial console built in, as distributions have them. FILES are files and
# folders of the repository that the test reads. Debian's packages bochs, bochs-term, bochsbios, vgabios, isolinux,
# syslinux-common, xorriso and cpio have the rest; other places: BIOS, VGABIOS, ISOLINUX, SYSLINUX.
#
# It emulates some fifty million instructions a second: starting takes most of a minute, tests take a hundred times as long.
# It proves what is computed, and says nothing about speed.
set -euo pipefail

kernel=$(realpath "$1") package=$2
shift 2
cd "$(dirname "$0")/../.."
bios=${BIOS:-/usr/share/bochs/BIOS-bochs-latest}
vgabios=${VGABIOS:-/usr/share/bochs/VGABIOS-lgpl-latest}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir -p "$dir"/root/{proc,sys,dev,tmp,repo} "$dir"/iso
CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -o "$dir/root/init" scripts/avx512/init.go
CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go test -c -ldflags=-w -o "$dir/root/test" "$package"
mkdir -p "$dir/root/repo/$package"
printf '%s\n' "/repo/$package" "$@" >"$dir/root/args"
for f in ${FILES:-}; do
	cp -r --parents "$f" "$dir/root/repo/"
done
(cd "$dir/root" && find . | cpio --quiet -o -H newc | gzip -1) >"$dir/iso/initrd.gz"

cp "$kernel" "$dir/iso/vmlinuz"
cp "${ISOLINUX:-/usr/lib/ISOLINUX}/isolinux.bin" "${SYSLINUX:-/usr/lib/syslinux/modules/bios}/ldlinux.c32" "$dir/iso/"
# The emulator's sizes of the compacted register areas (xsavec, xsaves: bits 321 and 323) are wrong, and Linux would then
# do without AVX altogether.
cat >"$dir/iso/isolinux.cfg" <<-END
	default linux
	label linux
	  kernel /vmlinuz
	  append initrd=/initrd.gz console=ttyS0 quiet panic=1 mitigations=off tsc=reliable clearcpuid=321,323
END
xorriso -as mkisofs -quiet -o "$dir/boot.iso" -b isolinux.bin -c boot.cat \
	-no-emul-boot -boot-load-size 4 -boot-info-table "$dir/iso" 2>"$dir/xorriso.log"

cat >"$dir/bochsrc" <<-END
	config_interface: textconfig
	display_library: term
	megs: ${MEGS:-1024}
	romimage: file=$bios
	vgaromimage: file=$vgabios
	cpu: model=corei7_skylake_x, count=1, ips=100000000
	clock: sync=none
	ata0-master: type=cdrom, path=$dir/boot.iso, status=inserted
	boot: cdrom
	com1: enabled=1, mode=file, dev=$dir/serial.log
	log: $dir/bochs.log
	panic: action=fatal
	error: action=ignore
	info: action=ignore
	sound: waveoutdrv=dummy
END
options=(-q -f "$dir/bochsrc")
help=$(bochs --help 2>&1 || true)
if [[ $help == *-rc* ]]; then # built with its debugger, which waits for a command
	echo continue >"$dir/commands"
	options+=(-rc "$dir/commands")
fi
: >"$dir/serial.log"
tail -f "$dir/serial.log" &
tail=$!
TERM=vt100 script -qfc "bochs ${options[*]}" /dev/null </dev/null >"$dir/screen.log" 2>&1 || true
sleep 1
kill $tail
grep -q '^exit: <nil>' "$dir/serial.log"
