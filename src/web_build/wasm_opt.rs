//! Shrinks the module with Binaryen's wasm-opt. It comes from npm, into a folder of its own below target/.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{Error, file};

const PACKAGE: &str = include_str!("../../scripts/wasm-opt/package.json");
const LOCK: &str = include_str!("../../scripts/wasm-opt/package-lock.json");

/// What rustc's wasm32 target may use, and all browsers with WebGPU have.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Optimises `module` in place at `level` (as in `-Oz`), or returns why wasm-opt is not to be had.
///
/// # Errors
/// [`Error::Tool`] when wasm-opt is there and fails, [`Error::File`] when the result cannot be put in place.
pub fn optimise(module: &Path, level: &str, tools: &Path) -> Result<Result<(), String>, Error> {
    let program = match install(tools)? {
        Ok(program) => program,
        Err(reason) => return Ok(Err(reason)),
    };
    let smaller = module.with_extension("opt.wasm");
    let mut command = Command::new(&program);
    command.arg(format!("-O{level}")).args(FEATURES);
    command.arg(module).arg("-o").arg(&smaller);
    let output = command.output().map_err(|source| Error::Start {
        program: program.display().to_string(),
        source,
    })?;
    if !output.status.success() {
        return Err(Error::Tool {
            program: "wasm-opt",
            status: output.status,
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    std::fs::rename(&smaller, module).map_err(file("replace the module", module))?;
    Ok(Ok(()))
}

/// Installs the locked version unless it is there already.
fn install(tools: &Path) -> Result<Result<PathBuf, String>, Error> {
    let folder = tools.join("wasm-opt");
    let program = folder.join("node_modules/.bin/wasm-opt");
    let lock = folder.join("package-lock.json");
    if program.exists() && std::fs::read_to_string(&lock).is_ok_and(|text| text == LOCK) {
        return Ok(Ok(program));
    }
    std::fs::create_dir_all(&folder).map_err(file("create the folder", &folder))?;
    let package = folder.join("package.json");
    std::fs::write(&package, PACKAGE).map_err(file("write", &package))?;
    std::fs::write(&lock, LOCK).map_err(file("write", &lock))?;
    eprintln!("Installing wasm-opt from npm (a minute at most) ...");
    let outcome = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder)
        .output();
    Ok(match outcome {
        Ok(output) if output.status.success() => Ok(program),
        Ok(output) => {
            // The lock stays only beside a complete installation.
            std::fs::remove_file(&lock).map_err(file("remove", &lock))?;
            let text = String::from_utf8_lossy(&output.stderr);
            Err(format!(
                "npm could not install it: {}",
                text.lines().next().unwrap_or("it gives no reason")
            ))
        }
        Err(error) => Err(format!("npm does not start: {error}")),
    })
}
