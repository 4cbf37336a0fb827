# Finds or installs what only the tests need: node, browsers, a Vulkan driver, the linters. Sourced after lib.sh.
# shellcheck shell=sh

# node and npm, and the packages of tests/browser at their locked versions.
ensure_node() {
  need node "runs the browser tests" nodejs
  need npm "installs the browser tests' packages" npm
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || (a === 18 && b >= 19) ? 0 : 1)' ||
    fail "node $(node --version) is too old for the browser tests; they need 18.19 or newer"
  # The lock that the packages were installed from lies beside them.
  lock=tests/browser/package-lock.json
  if ! cmp -s "$lock" tests/browser/node_modules/.installed-lock; then
    say "Installing the browser tests' packages with npm (under a minute) ..."
    (cd tests/browser && npm ci --no-audit --no-fund --loglevel=error >/dev/null) ||
      fail "npm could not install the packages in $lock"
    cp "$lock" tests/browser/node_modules/.installed-lock
  fi
}

# Chromium, without which nothing here is tested, and Firefox: where that cannot be installed the tests go on without it, and say so.
ensure_browsers() {
  for browser in chromium firefox; do
    node tests/browser/browsers.mjs | grep -qx "$browser" && continue
    package=$browser
    [ "$browser" != firefox ] || package=firefox-esr
    apt_install "a browser for the tests" "$package" && continue
    [ "$browser" != chromium ] || fail "Chromium (or Chrome) is missing, and the tests need it (on Debian: the package $package)"
    say "$browser is missing (on Debian: the package $package); the browser tests go on without it"
  done
  OES_BROWSERS=$(node tests/browser/browsers.mjs | paste -sd, -)
  export OES_BROWSERS
}

has_hardware_gpu() {
  for device in /dev/dri/renderD* /dev/nvidiactl; do
    [ -e "$device" ] && return 0
  done
  return 1
}

# The manifest of lavapipe, Mesa's Vulkan driver for the processor.
find_lavapipe() {
  for folder in /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d /etc/vulkan/icd.d; do
    # This machine's architecture first: others may be installed beside it.
    for manifest in "$folder/lvp_icd.$(uname -m).json" "$folder"/lvp_icd*.json; do
      if [ -f "$manifest" ]; then
        printf '%s\n' "$manifest"
        return 0
      fi
    done
  done
  return 1
}

# A Vulkan driver on Linux: the hardware's, or lavapipe, chosen explicitly since a driver without its GPU may be found
# first. A choice that the caller made in the environment stands.
ensure_vulkan() {
  [ "$(uname -s)" = Linux ] || return 0
  # Mesa's loader complains on every start where there is none.
  XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-${TMPDIR:-/tmp}}
  export XDG_RUNTIME_DIR
  [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] || return 0
  has_hardware_gpu && return 0
  if ! find_lavapipe >/dev/null || ! ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; then
    apt_install "Vulkan on the processor" mesa-vulkan-drivers libvulkan1 ||
      say "a Vulkan driver may be missing (on Debian: the packages mesa-vulkan-drivers and libvulkan1)"
  fi
  VK_DRIVER_FILES=$(find_lavapipe) || fail "there is no GPU and no lavapipe (Mesa's Vulkan driver for the processor)"
  # The older name, for Vulkan loaders before 1.3.207.
  VK_ICD_FILENAMES=$VK_DRIVER_FILES
  export VK_DRIVER_FILES VK_ICD_FILENAMES
}

ensure_lints() {
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return 0
  if have rustup && rustup component add rustfmt clippy >/dev/null 2>&1; then return 0; fi
  apt_install "Rust's formatter and linter" rustfmt-web rust-web-clippy && cargo fmt --version >/dev/null 2>&1 &&
    cargo clippy --version >/dev/null 2>&1 && return 0
  fail "rustfmt or clippy is missing; \`rustup component add rustfmt clippy\` adds them"
}
