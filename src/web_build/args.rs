//! The command line of `oes-web`. It is small, so it is read by hand: an argument parser would add to what a fresh
//! machine compiles before it sees the page.

use std::path::PathBuf;

use super::error::Error;
use super::previews::Site;

pub const HELP: &str = "\
Builds the page into dist/ and serves it on this machine.

Usage: oes-web [OPTIONS]

  --release        optimise the wasm for size (wasm-opt, from npm): dist/ is then ready to upload to any static host,
                   at any path
  --site URL       the address that the folder will have: the pages then name themselves and their pictures for link
                   previews, and each preset gets a page m/ID.html to share
  --offline        have browsers keep the page for offline use, as --release does
  --build-only     build dist/ and stop, serve nothing
  --no-build       serve what dist/ holds, build nothing
  --port N         serve on port N, and only there; 0 takes any free one (default: the first free from 8080 to 8099)
  --dist DIR       the folder to write and to serve (default: dist)
  --wasm FILE      take this already compiled module, do not run cargo
  -h, --help       print this text

Examples:
  oes-web
  oes-web --port 9000
  oes-web --release --build-only --site https://example.org/oes/
";

/// What `oes-web` was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args {
    pub release: bool,
    /// Browsers keep the page for offline use.
    pub offline: bool,
    pub build: bool,
    pub serve: bool,
    /// The one port to use; `None` looks for a free one.
    pub port: Option<u16>,
    pub dist: PathBuf,
    /// Where the folder will lie, for link previews.
    pub site: Option<Site>,
    /// A compiled module to take in place of running cargo.
    pub wasm: Option<PathBuf>,
    pub help: bool,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            release: false,
            offline: false,
            build: true,
            serve: true,
            port: None,
            dist: PathBuf::from("dist"),
            site: None,
            wasm: None,
            help: false,
        }
    }
}

impl Args {
    /// Reads the arguments after the program's name; `--name value` and `--name=value` both work.
    ///
    /// # Errors
    /// [`Error::Usage`] names the first argument that makes no sense.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, Error> {
        let mut args = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (name, mut inline) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
                _ => (word, None),
            };
            let mut value = || {
                inline
                    .take()
                    .or_else(|| words.next())
                    .ok_or_else(|| Error::Usage(format!("{name} needs a value")))
            };
            match name.as_str() {
                "--release" => args.release = true,
                "--offline" => args.offline = true,
                "--build-only" => args.serve = false,
                "--no-build" => args.build = false,
                "--port" => {
                    let text = value()?;
                    let port = text
                        .parse()
                        .map_err(|_| Error::Usage(format!("--port takes a number from 0 to 65535, not `{text}`")))?;
                    args.port = Some(port);
                }
                "--dist" => args.dist = PathBuf::from(value()?),
                "--site" => args.site = Some(Site::parse(&value()?)?),
                "--wasm" => args.wasm = Some(PathBuf::from(value()?)),
                "-h" | "--help" => args.help = true,
                _ => return Err(Error::Usage(format!("unknown argument `{name}`"))),
            }
            if inline.is_some() {
                return Err(Error::Usage(format!("{name} takes no value")));
            }
        }
        if !args.build && !args.serve {
            return Err(Error::Usage(
                "--no-build and --build-only together leave nothing to do".to_owned(),
            ));
        }
        if !args.build && args.site.is_some() {
            return Err(Error::Usage(
                "--site changes what is built, so not with --no-build".to_owned(),
            ));
        }
        Ok(args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, Error> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn values_follow_or_are_joined_by_an_equals_sign() {
        let expected = Args {
            release: true,
            port: Some(0),
            dist: PathBuf::from("out"),
            ..Args::default()
        };
        assert_eq!(parse("--release --port 0 --dist=out").expect("valid"), expected);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (line, part) in [
            ("--port", "--port needs a value"),
            ("--port 70000", "not `70000`"),
            ("--bogus", "unknown argument `--bogus`"),
            ("--release=yes", "--release takes no value"),
            ("--no-build --build-only", "nothing to do"),
            ("--no-build --site https://a/", "not with --no-build"),
            ("--site example.org", "not `example.org`"),
        ] {
            let message = parse(line).expect_err(line).to_string();
            assert!(message.contains(part), "{line}: {message}");
        }
    }
}
