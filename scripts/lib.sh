# Shared by ./oes-web and ./test: finds or installs what a build needs. POSIX sh, sourced with ROOT set, run in ROOT.
# shellcheck shell=sh

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$(basename "$0"): $*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# True where apt may be used: a Debian-like system, and we are root.
can_apt() { have apt-get && [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ]; }

APT_UPDATED=
# apt_install WHY PACKAGE... installs system packages; fails without apt or on apt's own failure.
apt_install() {
  why=$1
  shift
  can_apt || return 1
  missing=
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "Installing$missing ($why; a few minutes at most) ..."
  if [ -z "$APT_UPDATED" ]; then
    apt-get update -qq >/dev/null 2>&1 || say "apt-get update failed; trying with the package lists as they are"
    APT_UPDATED=yes
  fi
  apt_log=$(mktemp)
  if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$apt_log" 2>&1; then
    rm -f "$apt_log"
  else
    tail -n 5 "$apt_log" >&2
    rm -f "$apt_log"
    return 1
  fi
}

# need COMMAND WHY PACKAGE...: the command, from the packages if need be, or the end.
need() {
  command=$1
  why=$2
  shift 2
  have "$command" && return 0
  apt_install "$why" "$@" && have "$command" && return 0
  fail "\`$command\` is missing ($why); on Debian it is in the package(s): $*"
}

# Prints cargo's messages, but only every 25th status line, so that a long build is neither silent nor a flood. Keeps
# cargo's exit status, which a pipe would lose.
quiet_cargo() {
  status_file=$(mktemp)
  {
    code=0
    cargo "$@" 2>&1 || code=$?
    echo "$code" >"$status_file"
  } | {
    crates=0
    while IFS= read -r line; do
      case "$line" in
        *" Compiling "* | *" Checking "*)
          crates=$((crates + 1))
          [ $((crates % 25)) != 0 ] || say "  ... $crates crates so far"
          ;;
        *" Downloading "* | *" Downloaded "* | *" Updating "* | *" Locking "* | *" Adding "* | *" Finished "*) ;;
        *) say "$line" ;;
      esac
    done
  }
  code=$(cat "$status_file")
  rm -f "$status_file"
  return "$code"
}

# Takes cargo and rustup from their usual folder too, where no shell profile has put it on the PATH yet.
use_cargo_home() {
  cargo_bin=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
  case ":$PATH:" in
    *":$cargo_bin:"*) ;;
    *) PATH=$PATH:$cargo_bin && export PATH ;;
  esac
}

# The Rust version that Cargo.toml asks for, as "1.92".
wanted_rust() { sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml; }

# rust_is_new_enough CARGO...: whether that cargo exists, runs and has the wanted version.
rust_is_new_enough() {
  found=$("$@" --version 2>/dev/null | awk '{ print $2 }') || return 1
  [ -n "$found" ] || return 1
  printf '%s\n%s\n' "$(wanted_rust)" "$found" | sort -t. -k1,1n -k2,2n | head -n 1 | grep -qx "$(wanted_rust)"
}

# A Rust compiler that is new enough. Without one: rustup's own installer, else Debian's current compiler.
ensure_rust() {
  use_cargo_home
  need cc "the linker of Rust programs" gcc libc6-dev
  rust_is_new_enough cargo && return 0
  if have rustup; then
    say "Installing the current stable Rust with rustup (a minute or two) ..."
    if rustup toolchain install stable --profile minimal --component rustfmt --component clippy >/dev/null 2>&1; then
      RUSTUP_TOOLCHAIN=stable && export RUSTUP_TOOLCHAIN
      rust_is_new_enough cargo && return 0
    fi
  elif ! have cargo; then
    # Without curl the Debian compiler below is the way that is left.
    if have curl || apt_install "fetches rustup" curl ca-certificates; then
      say "Installing Rust with rustup into your home folder (a minute or two) ..."
      installer=$(mktemp)
      if curl --proto '=https' --tlsv1.2 -sSf https://static.rust-lang.org/rustup/rustup-init.sh -o "$installer" 2>/dev/null &&
        sh "$installer" -y --profile minimal --component rustfmt --component clippy --no-modify-path >/dev/null 2>&1; then
        rm -f "$installer"
        rust_is_new_enough cargo && return 0
      fi
      rm -f "$installer"
    fi
  fi
  debian_rust && rust_is_new_enough cargo && return 0
  fail "Rust $(wanted_rust) or newer is needed and could not be installed; see https://rustup.rs"
}

# Debian's current compiler, as packaged for its browsers: the way out where rustup's server is out of reach.
debian_rust() {
  apt_install "a current Rust compiler from Debian" rustc-web cargo-web rust-web-src lld || return 1
  if have rustup; then
    rustup toolchain link oes-debian /usr >/dev/null 2>&1 || return 1
    RUSTUP_TOOLCHAIN=oes-debian && export RUSTUP_TOOLCHAIN
  fi
}

# Whether the compiler in use can build for wasm32.
has_wasm_std() {
  sysroot=$(rustc --print sysroot 2>/dev/null) || return 1
  for library in "$sysroot"/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib; do
    [ -f "$library" ] && return 0
  done
  return 1
}

# The standard library for wasm32: from rustup; else built from Debian's sources into Debian's compiler.
ensure_wasm() {
  ensure_rust
  # A compiler that an earlier run had to take from Debian.
  if have rustup && ! has_wasm_std && rustup toolchain list | grep -q '^oes-debian'; then
    RUSTUP_TOOLCHAIN=oes-debian && export RUSTUP_TOOLCHAIN
  fi
  use_wasm_linker
  has_wasm_std && return 0
  if have rustup && [ "${RUSTUP_TOOLCHAIN:-}" != oes-debian ]; then
    say "Adding the wasm32 target with rustup ..."
    rustup target add wasm32-unknown-unknown >/dev/null 2>&1 && has_wasm_std && return 0
    say "rustup could not add it; trying Debian's compiler"
  fi
  debian_rust || fail "the target wasm32-unknown-unknown is missing; \`rustup target add wasm32-unknown-unknown\` adds it"
  use_wasm_linker
  has_wasm_std && return 0
  build_wasm_std || fail "the standard library for wasm32 could not be built from Debian's sources"
  has_wasm_std
}

# A compiler from Debian has no rust-lld of its own: there the linker is lld's wasm-ld.
use_wasm_linker() {
  sysroot=$(rustc --print sysroot 2>/dev/null) || return 0
  for linker in "$sysroot"/lib/rustlib/*/bin/rust-lld; do
    [ -x "$linker" ] && return 0
  done
  if have wasm-ld; then
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
  fi
}

# Builds std for wasm32 once, in an empty crate, and puts the libraries where the compiler looks for them.
build_wasm_std() {
  say "Building the standard library for wasm32 (about a minute) ..."
  sysroot=$(rustc --print sysroot)
  crate=$(mktemp -d)
  mkdir -p "$crate/src"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n' >"$crate/Cargo.toml"
  printf '#![no_std]\n' >"$crate/src/lib.rs"
  built=yes
  # With bitcode, which the page's link-time optimisation needs and cargo leaves out of libraries.
  (cd "$crate" && RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$crate/target" \
    cargo build --quiet --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort,test) >&2 || built=no
  if [ "$built" = yes ]; then
    folder=$sysroot/lib/rustlib/wasm32-unknown-unknown/lib
    mkdir -p "$folder"
    cp "$crate"/target/wasm32-unknown-unknown/release/deps/*.rlib "$folder"/
    rm -f "$folder"/libempty-*.rlib
  fi
  rm -rf "$crate"
  [ "$built" = yes ]
}

# The host tool that builds and serves the page.
build_oes_web() {
  say "Compiling the build tool (2-3 minutes the first time, seconds after) ..."
  quiet_cargo build --locked --release --bin oes-web --no-default-features --features web-build
}

target_dir() { printf '%s\n' "${CARGO_TARGET_DIR:-$ROOT/target}"; }
