#!/usr/bin/env bash
# Builds the packages, and installs and tries them as a host would (make packages):
#   lintian finds no errors and no warnings in the deb;
#   the deb, the rpm and the apk install into a new Debian without systemd, the deb into
#   one with systemd; each has its user, folder, settings file, licence and changelog, and
#   the links in its documents work;
#   the installed confab finds its folder and its settings by itself, starts and answers;
#   installing again keeps the settings, and removing keeps the data.
# It needs root, because it runs programs in other root folders. An apk needs Alpine's
# programs, so it is only unpacked here, and its script is run.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
	echo "packaging/check.sh: run this as root: it installs packages into other root folders" >&2
	exit 1
fi
if [ -z "${IN_MOUNTS:-}" ]; then # what is mounted below goes away with this process
	IN_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
fi

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
fail() {
	echo "FAILED: $*" >&2
	exit 1
}

step "tools"
declare -A packages=([lintian]=lintian [mmdebstrap]=mmdebstrap [rpm]=rpm [ssh-keyscan]=openssh-client)
missing=()
for tool in "${!packages[@]}"; do
	command -v "$tool" >/dev/null || missing+=("${packages[$tool]}")
done
if ((${#missing[@]})); then
	apt-get update -q
	apt-get install -qy --no-install-recommends "${missing[@]}"
fi
# Everything is in memory, and goes away with this process.
work=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$work"
export TMPDIR=$work
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; cd /; umount --lazy "$work"; rmdir "$work"' EXIT

step "build"
arch=$(go env GOARCH)
version=1.0.0
packaging/files.sh "$version"
CGO_ENABLED=0 go build -trimpath -ldflags=-s -o "$work/confab" ./cmd/confab
packaging/build.sh "$version" "$arch" "$work/confab" "$work"
deb=$(echo "$work"/*.deb) rpm=$(echo "$work"/*.rpm) apk=$(echo "$work"/*.apk)

step "lintian"
lintian --allow-root --fail-on error,warning "$deb"

step "a new Debian, without and with systemd"
# The machine's own sources say where Debian is.
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
	[ ! -s "$file" ] || sources+=("$file")
done
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mmdebstrap --quiet --variant=essential --include=adduser "$suite" "$work/plain.tar" "${sources[@]}"
mmdebstrap --quiet --variant=essential --include=adduser,systemd "$suite" "$work/systemd.tar" "${sources[@]}"

root= # where the next package goes
# fresh TAR makes a new root folder.
fresh() {
	root=$work/root-$1
	rm -rf --one-file-system "$root"
	mkdir "$root"
	tar -xf "$work/$1.tar" -C "$root"
	mount -t proc proc "$root/proc"
}
used() {
	umount "$root/proc"
	rm -rf --one-file-system "$root"
}
# (host COMMAND...) runs a command as the user of the package, as sudo -u confab does.
host() { exec chroot "$root" setpriv --reuid=confab --regid=confab --init-groups env -i HOME=/var/lib/confab PATH=/usr/bin:/bin "$@"; }

# installed LICENCE CHANGELOG checks what a package has installed. A package that has its
# changelog elsewhere names none.
installed() {
	local file doc=$root/usr/share/doc/confab
	chroot "$root" getent passwd confab | grep -q ':/var/lib/confab:' || fail "there is no user confab with the home /var/lib/confab"
	[ "$(chroot "$root" stat -c '%U:%G %a' /var/lib/confab)" = "confab:confab 700" ] || fail "/var/lib/confab belongs to somebody else"
	for file in "$root/$1" ${2:+"$root/$2"} "$doc/LICENSE" "$root/usr/share/man/man1/confab.1.gz" "$root/usr/lib/systemd/system/confab.socket"; do
		[ -s "$file" ] || fail "$file is missing or empty"
	done
	links "$doc"
}

# links FOLDER checks that the links in documents lead to files.
links() {
	local document link found=0
	while IFS= read -r document; do
		while IFS= read -r link; do
			[ -e "$(dirname "$document")/${link%%#*}" ] || fail "$document links to $link, which is not in the package"
			found=$((found + 1))
		done < <(grep -oE '\]\([^)]+\)|(src|srcset)="[^"]+"' "$document" | sed -E 's/^[^("]*[("]//; s/[)"]$//' | grep -vE '^(#|[a-z]+:)' || true)
	done < <(find "$1" -name '*.md')
	((found > 20)) || fail "only $found links were found in $1"
	echo "$found links work"
}

# starts checks that the installed confab finds its places by itself, starts and answers.
starts() {
	local address fingerprint
	(host confab config check) >"$work/out"
	cat "$work/out"
	grep -qxF '/etc/confab/confab.yaml is valid: 0 settings' "$work/out" || fail "the installed settings file is not found, or not valid"
	sed -i 's/^#listen: .*/listen: 127.0.0.1:0/' "$root/etc/confab/confab.yaml"
	host confab serve >"$work/out" 2>"$work/log" &
	server=$!
	until grep -qxF 'confab: ready' "$work/out"; do
		kill -0 "$server" || { cat "$work/log" >&2; fail "the server does not start"; }
		sleep 0.1
	done
	cat "$work/out"
	grep -qxF '  data      /var/lib/confab' "$work/out" || fail "the server does not use /var/lib/confab"
	address=$(sed -n 's/^confab listens on //p' "$work/out")
	fingerprint=$(sed -n 's/^  host key  //p' "$work/out")
	ssh-keyscan -p "${address##*:}" "${address%:*}" 2>/dev/null | ssh-keygen -lf - | grep -qF "$fingerprint" || fail "the server does not answer on $address"
	(host confab doctor)
	kill "$server"
	wait "$server" || fail "the server did not stop well"
	server=
	[ -s "$root/var/lib/confab/confab.db" ] || fail "the server has not made its database"
}

# kept checks that a settings file that the host has changed and the data are still there.
kept() {
	grep -q '^listen: 127.0.0.1:0' "$root/etc/confab/confab.yaml" || fail "$1 has lost the settings"
	[ -s "$root/var/lib/confab/confab.db" ] || fail "$1 has lost the data"
}

for base in plain systemd; do
	step "the deb, $base"
	fresh "$base"
	cp "$deb" "$root/confab.deb"
	if [ "$base" = systemd ]; then
		mkdir -p "$root/run/systemd/system" # as if systemd ran; systemctl notices the chroot
	fi
	chroot "$root" dpkg -i /confab.deb
	chroot "$root" dpkg-query -W -f '${Conffiles}\n' confab | grep -q '^ /etc/confab/confab.yaml ' || fail "confab.yaml is not marked as a settings file"
	installed usr/share/doc/confab/copyright usr/share/doc/confab/changelog.Debian.gz
	if [ "$base" = systemd ]; then
		# Verifying reads the units as systemd does. It says what it does not know.
		chroot "$root" systemd-analyze verify --man=no confab.service confab.socket confab-backup.service confab-backup.timer
	fi
	starts
	chroot "$root" dpkg -i /confab.deb
	kept "installing again"
	chroot "$root" dpkg -r confab
	kept "removing"
	[ ! -e "$root/usr/bin/confab" ] || fail "removing leaves the binary"
	used
done

step "the rpm"
fresh plain
cp "$rpm" "$root/confab.rpm"
# rpm knows nothing of what dpkg has installed.
rpm --root "$root" --nodeps -i "$root/confab.rpm"
rpm --root "$root" -q --qf '[%{FILENAMES} %{FILEFLAGS:fflags}\n]' confab | grep -qx '/etc/confab/confab.yaml cn' || fail "confab.yaml is not marked as a settings file"
rpm --root "$root" -q --qf '[%{FILENAMES} %{FILEFLAGS:fflags}\n]' confab | grep -qx '/usr/share/licenses/confab/LICENSE l' || fail "LICENSE is not marked as the licence"
rpm --root "$root" -q --changelog confab | grep -q '^- ' || fail "the rpm has no changelog"
installed usr/share/licenses/confab/LICENSE ''
starts
rpm --root "$root" --nodeps -U --replacepkgs "$root/confab.rpm"
kept "installing again"
rpm --root "$root" -e confab
[ -s "$root/var/lib/confab/confab.db" ] && grep -q '^listen:' "$root/etc/confab/confab.yaml.rpmsave" || fail "removing has lost the settings or the data"
used

step "the apk"
fresh plain
tar --warning=no-unknown-keyword -xzf "$apk" -C "$root" --ignore-zeros
grep -qx 'license = MIT' "$root/.PKGINFO" || fail "the apk names no licence"
chroot "$root" sh /.post-install
chroot "$root" sh /.post-upgrade
[ -x "$root/etc/init.d/confab" ] || fail "the apk has no service for OpenRC"
sh -n "$root/etc/init.d/confab"
installed usr/share/licenses/confab/LICENSE ''
starts
used

step "done: all packages install, start and answer"
