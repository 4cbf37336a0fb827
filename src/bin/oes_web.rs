//! `oes-web`: builds the page and serves it. `./oes-web` compiles this program and runs it; see `--help`.

#[path = "../web_build/mod.rs"]
mod web_build;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use web_time::Instant;

use web_build::args::{Args, HELP};
use web_build::error::{Error, file};
use web_build::index::Index;
use web_build::{cargo, dist, offline, serve, wasm_opt};

/// Where the tool keeps what it can make again.
const SCRATCH: &str = "target/oes-web";

fn main() -> ExitCode {
    match Args::parse(std::env::args().skip(1)).and_then(|args| run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oes-web: {error}");
            ExitCode::from(if matches!(error, Error::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    if args.help {
        print!("{HELP}");
        return Ok(());
    }
    if args.build {
        build(args)?;
    }
    if args.serve {
        serve::serve(&args.dist, args.port)?;
    }
    Ok(())
}

/// Compiles the page in the current folder and fills `args.dist`.
fn build(args: &Args) -> Result<(), Error> {
    let started = Instant::now();
    let root = Path::new(".");
    let document = root.join("index.html");
    let html = std::fs::read_to_string(&document).map_err(file("read", &document))?;
    let index = Index::parse(&html)?;

    let wasm = match &args.wasm {
        Some(wasm) => wasm.clone(),
        None => {
            eprintln!("Compiling the page to WebAssembly (minutes the first time, seconds after) ...");
            cargo::build(index.rust())?
        }
    };

    let scratch = PathBuf::from(SCRATCH);
    let folder = scratch.join("dist");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(file("clear", &folder))?;
    }
    std::fs::create_dir_all(&folder).map_err(file("create the folder", &folder))?;
    let module = dist::bindgen(&wasm, &index.rust().bin, &folder)?;
    if args.release {
        eprintln!("Optimising the module for size (a minute or two) ...");
        if let Err(reason) = wasm_opt::optimise(&module, &index.rust().wasm_opt, &scratch)? {
            eprintln!("Going on without wasm-opt, the module stays a little larger: {reason}");
        }
    }
    let size = std::fs::metadata(&module).map_err(file("read", &module))?.len();
    dist::assemble(&index, root, &folder, args.site.as_ref())?;
    offline::write(&folder, args.release || args.offline)?;
    dist::replace(&folder, &args.dist)?;
    eprintln!(
        "Built {}/ in {:.0} s; the module has {} KB.",
        args.dist.display(),
        started.elapsed().as_secs_f64(),
        size.div_ceil(1000)
    );
    Ok(())
}
