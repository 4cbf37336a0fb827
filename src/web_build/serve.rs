//! A file server for the built page, on this machine only.

use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use tiny_http::{HTTPVersion, Header, Method, Request, Response, Server, StatusCode};

use super::error::Error;
use super::{CONTENT_SECURITY_POLICY, FRAMING_POLICY};

/// Requests answered at the same time.
const THREADS: usize = 4;
/// Where the search for a free port starts and ends.
const PORTS: (u16, u16) = (8080, 8099);

/// Serves `folder` until the process ends. Prints the address first, as `http://127.0.0.1:PORT/`.
///
/// # Errors
/// [`Error::NotBuilt`] when there is no page in the folder, [`Error::Port`] when no port is free.
pub fn serve(folder: &Path, port: Option<u16>) -> Result<(), Error> {
    if !folder.join("index.html").is_file() {
        return Err(Error::NotBuilt(folder.join("index.html")));
    }
    let server = bind(port)?;
    println!("The page is at http://{}/", server.server_addr());
    println!("Open it in Chrome, Edge, Firefox or Safari 26. Ctrl-C stops the server.");
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for request in server.incoming_requests() {
                    answer(request, folder);
                }
            });
        }
    });
    Ok(())
}

/// The wanted port, or the first free one of [`PORTS`].
fn bind(port: Option<u16>) -> Result<Server, Error> {
    let (first, last) = port.map_or(PORTS, |port| (port, port));
    let mut reason = String::new();
    for port in first..=last {
        match Server::http(("127.0.0.1", port)) {
            Ok(server) => return Ok(server),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(Error::Port { first, last, reason })
}

fn answer(request: Request, folder: &Path) {
    let path = match request.method() {
        Method::Get | Method::Head => locate(folder, request.url()),
        _ => Err(405),
    };
    let opened = path.and_then(|path| match std::fs::File::open(&path) {
        Ok(file) => Ok((path, file)),
        Err(_) => Err(404),
    });
    let outcome = match opened {
        Ok((path, file)) => {
            let mut response = Response::from_file(file);
            for (name, value) in headers(&path) {
                if let Ok(header) = Header::from_bytes(name, value) {
                    response.add_header(header);
                }
            }
            respond(request, response)
        }
        Err(status) => respond(request, Response::empty(StatusCode(status))),
    };
    // A browser that went away in the middle is its own business; anything else is worth a line.
    if let Err(error) = outcome
        && !matches!(
            error.kind(),
            std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset
        )
    {
        eprintln!("a request could not be answered: {error}");
    }
}

/// Answers as HTTP/1.0, so that the browser closes the connection. tiny_http counts on a thread that is about to take
/// another connection, and would leave a new one waiting for as long as the others are kept open.
fn respond<R: Read>(request: Request, response: Response<R>) -> std::io::Result<()> {
    let head_only = *request.method() == Method::Head;
    let headers = request.headers().to_vec();
    let mut writer = request.into_writer();
    response.raw_print(&mut writer, HTTPVersion(1, 0), &headers, head_only, None)?;
    writer.flush()
}

/// The headers of a file. `no-cache` makes the browser ask again, so that a rebuilt page is never mixed with an old one.
fn headers(path: &Path) -> [(&'static str, &'static str); 6] {
    [
        ("Content-Type", mime(path)),
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("Content-Security-Policy", FRAMING_POLICY),
        ("Cache-Control", "no-cache"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ]
}

/// The file that an address names, or the status to answer with.
fn locate(folder: &Path, url: &str) -> Result<PathBuf, u16> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let decoded = percent_decode(path.trim_start_matches('/')).ok_or(400_u16)?;
    let relative = Path::new(&decoded);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || decoded.contains(['\0', '\\']) {
        return Err(400);
    }
    let mut file = folder.join(relative);
    if file.is_dir() {
        file.push("index.html");
    }
    if file.is_file() { Ok(file) } else { Err(404) }
}

/// Undoes `%20` and the like; `None` if it is malformed or no UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The media type by file name. Browsers compile wasm while it loads only under its own type.
fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|name| name.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        Some("json" | "map") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("gif") => "image/gif",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "md" | "wgsl") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_find_files_and_never_leave_the_folder() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("dist");
        std::fs::create_dir_all(folder.join("a b")).expect("created");
        std::fs::write(folder.join("index.html"), "").expect("written");
        std::fs::write(folder.join("a b/c.wasm"), "").expect("written");
        std::fs::write(root.path().join("secret"), "").expect("written");
        assert_eq!(locate(&folder, "/"), Ok(folder.join("index.html")));
        assert_eq!(locate(&folder, "/?x=1"), Ok(folder.join("index.html")));
        assert_eq!(locate(&folder, "/a%20b/c.wasm"), Ok(folder.join("a b/c.wasm")));
        for (url, status) in [
            ("/../secret", 400),
            ("/%2e%2e/secret", 400),
            ("/%2e%2e%2fsecret", 400),
            ("/a\\..\\secret", 400),
            ("/%zz", 400),
            ("/%f", 400),
            ("/a%20b", 404),
            ("/secret", 404),
        ] {
            assert_eq!(locate(&folder, url), Err(status), "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_address_is_answered(url in "[/.%0-9a-fA-F\\\\?]{0,40}") {
            let folder = Path::new("no-such-folder");
            prop_assert!(locate(folder, &url).is_err());
        }
    }
}
